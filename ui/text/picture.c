#include "text/picture.h"

#include "text/palette.h"
#include "text/svg.h"
#include "text/terminal_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const endings[PICTURE_FORMAT_COUNT] = {".txt", ".ansi", ".svg"};

bool picture_format_of_path(const char *path, picture_format *format)
{
    const char *dot = strrchr(path, '.');
    for (int n = 0; dot != NULL && n < PICTURE_FORMAT_COUNT; n++) {
        if (strcmp(dot, endings[n]) == 0) {
            *format = (picture_format)n;
            return true;
        }
    }
    return false;
}

/* Columns of a line up to its last cell that shows something. */
static int line_length(const cells *c, int y)
{
    int length = c->width;
    while (length > 0) {
        const cell *last = &c->at[y * c->width + length - 1];
        if (last->rune != ' ' || last->paper != ROLE_TEXT || last->attributes != 0)
            break;
        length--;
    }
    return length;
}

static bool same_look(const cell *a, const cell *b)
{
    return a->role == b->role && a->paper == b->paper && a->attributes == b->attributes;
}

static void write_text(FILE *out, const cells *c, bool color, bool light)
{
    const int colors = color ? PALETTE_DIRECT : 0;
    for (int y = 0; y < c->height; y++) {
        const cell plain = {.rune = ' '}, *before = &plain;
        for (int x = 0; x < line_length(c, y); x++) {
            const cell *at = &c->at[y * c->width + x];
            const look l = palette_look(at, colors, light);
            if (color && !same_look(at, before))
                terminal_look(out, &l, colors);
            before = at;
            terminal_rune(out, l.rune);
        }
        if (color && !same_look(before, &plain))
            fputs("\x1b[0m", out);
        fputc('\n', out);
    }
}

char *picture_of_cells(const cells *c, picture_format format, bool color, bool light)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    bool whole = true;
    if (format == PICTURE_SVG)
        whole = svg_write(out, c, color, light);
    else
        write_text(out, c, format == PICTURE_ANSI && color, light);
    if (fclose(out) == 0 && whole)
        return text;
    free(text);
    return NULL;
}
