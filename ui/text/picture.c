#include "text/picture.h"

#include "text/palette.h"

#include <stdio.h>
#include <string.h>

/* Size of a character in the SVG, in pixels, of a font of 14 pixels. */
#define CELL_WIDTH  8.4
#define CELL_HEIGHT 17

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

static void put_utf8(FILE *out, uint32_t rune)
{
    int more = rune < 0x80 ? 0 : rune < 0x800 ? 1 : rune < 0x10000 ? 2 : 3;
    static const uint32_t first[] = {0, 0xC0, 0xE0, 0xF0};
    if (rune == CELL_TAKEN)
        return;
    fputc((int)(first[more] | rune >> 6 * more), out);
    while (more-- > 0)
        fputc((int)(0x80 | (rune >> 6 * more & 0x3F)), out);
}

/* Columns of a line up to its last cell that shows something. */
static int line_length(const cells *c, int y)
{
    int length = c->width;
    while (length > 0) {
        const cell *last = &c->at[y * c->width + length - 1];
        if (last->rune != ' ' || last->role >= ROLE_HEAT || last->attributes != 0)
            break;
        length--;
    }
    return length;
}

static bool same_look(const cell *a, const cell *b)
{
    return a->role == b->role && a->attributes == b->attributes;
}

/* -------------------------------------------------------------- text, ANSI */

static void write_sgr(FILE *out, const cell *look, bool light)
{
    ink i = palette_ink(look->role, 256, light);
    unsigned attributes = look->attributes | i.attributes;
    fputs("\x1b[0", out);
    if ((attributes & ATTR_BOLD) != 0)
        fputs(";1", out);
    if ((attributes & ATTR_REVERSE) != 0)
        fputs(";7", out);
    if (i.foreground >= 0)
        fprintf(out, ";38;5;%d", i.foreground);
    if (i.background >= 0)
        fprintf(out, ";48;5;%d", i.background);
    fputc('m', out);
}

static void write_text(FILE *out, const cells *c, bool color, bool light)
{
    for (int y = 0; y < c->height; y++) {
        const cell plain = {.rune = ' '}, *look = &plain;
        for (int x = 0; x < line_length(c, y); x++) {
            const cell *at = &c->at[y * c->width + x];
            if (color && !same_look(at, look))
                write_sgr(out, at, light);
            look = at;
            put_utf8(out, at->rune);
        }
        if (color && !same_look(look, &plain))
            fputs("\x1b[0m", out);
        fputc('\n', out);
    }
}

/* --------------------------------------------------------------------- SVG */

static void write_color(FILE *out, int color, const char *otherwise)
{
    int rgb[3];
    if (color < 0) {
        fputs(otherwise, out);
        return;
    }
    palette_rgb(color, rgb);
    fprintf(out, "#%02x%02x%02x", (unsigned)rgb[0], (unsigned)rgb[1], (unsigned)rgb[2]);
}

static void write_svg_rune(FILE *out, uint32_t rune)
{
    if (rune == '&')
        fputs("&amp;", out);
    else if (rune == '<')
        fputs("&lt;", out);
    else if (rune == '>')
        fputs("&gt;", out);
    else
        put_utf8(out, rune);
}

/* Eighths of a cell, which as letters of any font would leave gaps between the rows. */
static bool is_block(uint32_t rune)
{
    return rune >= 0x2581 && rune <= 0x2588;
}

/* Cells of one look, from x up to end: their background, then their text. */
static void write_svg_run(FILE *out, const cells *c, int y, int x, int end, bool color, bool light)
{
    const char *text = light ? "#222222" : "#d8d8d8", *paper = light ? "#fdfdf8" : "#16181d";
    const cell *look = &c->at[y * c->width + x];
    ink i = palette_ink(look->role, color ? 256 : 0, light);
    bool reverse = ((look->attributes | i.attributes) & ATTR_REVERSE) != 0;
    double left = x * CELL_WIDTH, width = (end - x) * CELL_WIDTH;
    if (i.background >= 0 || reverse) {
        fprintf(out, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"", left,
                y * CELL_HEIGHT, width, CELL_HEIGHT);
        write_color(out, reverse ? i.foreground : i.background, text);
        fputs("\"/>\n", out);
    }
    if (i.background >= 0 && i.foreground == i.background)
        return; /* characters that colour stands in for */
    if (is_block(look->rune)) {
        double height = CELL_HEIGHT * (look->rune - 0x2580) / 8.0;
        fprintf(out, "<rect x=\"%.1f\" y=\"%.2f\" width=\"%.1f\" height=\"%.2f\" fill=\"", left,
                (y + 1) * CELL_HEIGHT - height, width, height);
        write_color(out, reverse ? i.background : i.foreground, reverse ? paper : text);
        fputs("\"/>\n", out);
        return;
    }
    fprintf(out, "<text x=\"%.1f\" y=\"%d\" textLength=\"%.1f\" fill=\"", left,
            y * CELL_HEIGHT + 13, width);
    write_color(out, reverse ? i.background : i.foreground, reverse ? paper : text);
    fputs(((look->attributes | i.attributes) & ATTR_BOLD) != 0 ? "\" font-weight=\"bold\">" : "\">",
          out);
    for (int n = x; n < end; n++)
        write_svg_rune(out, c->at[y * c->width + n].rune);
    fputs("</text>\n", out);
}

/* Cells that only show the paper are left out. */
static bool is_blank(const cell *at)
{
    return at->rune == ' ' && at->role < ROLE_HEAT && (at->attributes & ATTR_REVERSE) == 0;
}

/* Whether two cells go into one element. */
static bool same_run(const cell *a, const cell *b)
{
    bool blocks = is_block(a->rune) || is_block(b->rune);
    return is_blank(a) == is_blank(b) && same_look(a, b) && (!blocks || a->rune == b->rune);
}

static void write_svg_line(FILE *out, const cells *c, int y, bool color, bool light)
{
    const cell *line = c->at + y * c->width;
    for (int x = 0; x < c->width;) {
        int end = x + 1;
        bool blank = is_blank(&line[x]);
        while (end < c->width && same_run(&line[end], &line[x]))
            end++;
        if (!blank)
            write_svg_run(out, c, y, x, end, color, light);
        x = end;
    }
}

static void write_svg(FILE *out, const cells *c, bool color, bool light)
{
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%d\" "
            "font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"14\" "
            "xml:space=\"preserve\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"%s\"/>\n",
            c->width * CELL_WIDTH, c->height * CELL_HEIGHT, light ? "#fdfdf8" : "#16181d");
    for (int y = 0; y < c->height; y++)
        write_svg_line(out, c, y, color, light);
    fputs("</svg>\n", out);
}

char *picture_of_cells(const cells *c, picture_format format, bool color, bool light)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    if (format == PICTURE_SVG)
        write_svg(out, c, color, light);
    else
        write_text(out, c, format == PICTURE_ANSI && color, light);
    return fclose(out) == 0 ? text : NULL;
}
