#include "text/picture.h"

#include "text/palette.h"
#include "text/terminal_text.h"

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

/* -------------------------------------------------------------- text, ANSI */

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

/* --------------------------------------------------------------------- SVG */

static void write_color(FILE *out, int rgb, const char *otherwise)
{
    if (rgb < 0)
        fputs(otherwise, out);
    else
        fprintf(out, "#%06x", (unsigned)rgb);
}

/* The dots of a braille character, which few fonts for terminals have. */
static bool is_braille(uint32_t rune)
{
    return rune >= 0x2800 && rune <= 0x28FF;
}

static void write_dots(FILE *out, uint32_t rune, double left, double top, int rgb,
                       const char *otherwise)
{
    static const uint8_t bits[2][4] = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};
    fputs("<path fill=\"", out);
    write_color(out, rgb, otherwise);
    fputs("\" d=\"", out);
    for (int x = 0; x < 2; x++)
        for (int y = 0; y < 4; y++)
            if ((rune & bits[x][y]) != 0)
                fprintf(out, "M%.1f %.1fh2.4v2.4h-2.4z", left + CELL_WIDTH * (2 * x + 1) / 4 - 1.2,
                        top + CELL_HEIGHT * (2 * y + 1) / 8.0 - 1.2);
    fputs("\"/>\n", out);
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
        terminal_rune(out, rune);
}

/* Parts of a cell, which as letters of any font would leave gaps between the rows. */
static bool is_block(uint32_t rune)
{
    return rune >= 0x2580 && rune <= 0x2588;
}

static void write_rect(FILE *out, double x, double y, double width, double height, int rgb,
                       const char *otherwise)
{
    fprintf(out, "<rect x=\"%.1f\" y=\"%.2f\" width=\"%.1f\" height=\"%.2f\" fill=\"", x, y, width,
            height);
    write_color(out, rgb, otherwise);
    fputs("\"/>\n", out);
}

/* Cells of one look, from x up to end: their background, then their text. */
static void write_svg_run(FILE *out, const cells *c, int y, int x, int end, bool color, bool light)
{
    const char *text = light ? "#222222" : "#d8d8d8", *paper = light ? "#fdfdf8" : "#16181d";
    const look l = palette_look(&c->at[y * c->width + x], color ? PALETTE_DIRECT : 0, light);
    const bool reverse = (l.attributes & ATTR_REVERSE) != 0;
    const double left = x * CELL_WIDTH, top = y * CELL_HEIGHT, width = (end - x) * CELL_WIDTH;
    if (l.background >= 0 || reverse)
        write_rect(out, left, top, width, CELL_HEIGHT, reverse ? l.foreground : l.background, text);
    if (l.background >= 0 && l.foreground == l.background)
        return; /* characters that colour stands in for */
    if (is_block(l.rune)) {
        const double eighths = l.rune == CELL_PIXELS ? 4 : l.rune - 0x2580;
        const double height = CELL_HEIGHT * eighths / 8;
        write_rect(out, left, l.rune == CELL_PIXELS ? top : top + CELL_HEIGHT - height, width,
                   height, reverse ? l.background : l.foreground, reverse ? paper : text);
        return;
    }
    if (is_braille(l.rune)) {
        for (int n = x; n < end; n++)
            write_dots(out, c->at[y * c->width + n].rune, n * CELL_WIDTH, top,
                       reverse ? l.background : l.foreground, reverse ? paper : text);
        return;
    }
    fprintf(out, "<text x=\"%.1f\" y=\"%d\" textLength=\"%.1f\" fill=\"", left,
            y * CELL_HEIGHT + 13, width);
    write_color(out, reverse ? l.background : l.foreground, reverse ? paper : text);
    fputs((l.attributes & ATTR_BOLD) != 0 ? "\" font-weight=\"bold\">" : "\">", out);
    for (int n = x; n < end; n++)
        write_svg_rune(
            out, palette_look(&c->at[y * c->width + n], color ? PALETTE_DIRECT : 0, light).rune);
    fputs("</text>\n", out);
}

/* Cells that only show the paper are left out. */
static bool is_blank(const cell *at)
{
    return at->rune == ' ' && at->paper == ROLE_TEXT && (at->attributes & ATTR_REVERSE) == 0;
}

/* Whether two cells go into one element. */
static bool same_run(const cell *a, const cell *b)
{
    bool blocks = is_block(a->rune) || is_block(b->rune);
    return is_blank(a) == is_blank(b) && same_look(a, b) && (!blocks || a->rune == b->rune) &&
           is_braille(a->rune) == is_braille(b->rune);
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
