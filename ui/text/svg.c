#include "text/svg.h"

#include "text/palette.h"
#include "text/terminal_text.h"

#include <stdlib.h>

/*
 * A cell, in pixels: two square ones of a map, 2 x 4 dots at even distances.  Fonts of 15 pixels
 * are about as wide; letters are stretched to it.
 */
#define CELL_WIDTH  9
#define CELL_HEIGHT 18
#define FONT_SIZE   15
#define BASELINE    13.5
#define MARGIN      9

/* Pixels of lines, and of a dot's diameter. */
#define THIN  1
#define THICK 3
#define DOT   "2.9"

#define NONE (-1)

typedef struct svg {
    FILE *out;
    const cells *c;
    look *looks; /* by cell; colours that are the picture's own are put in */
    bool *done;  /* by cell: is in the layer that is written */
    int text, paper;
} svg;

/* --------------------------------------------------------------------- cells */

static bool is_braille(uint32_t rune)
{
    return rune >= 0x2800 && rune <= 0x28FF;
}

static bool is_block(uint32_t rune)
{
    return rune >= CELL_PIXELS && rune <= 0x2588;
}

enum { LEFT = 1, RIGHT = 2, UP = 4, DOWN = 8 };

/* Lines of frames and axes, by the sides of the cell that they reach; 0: it is none. */
static unsigned arms_of(uint32_t rune)
{
    static const struct {
        uint32_t rune;
        unsigned arms;
    } lines[] = {
        {0x2500, LEFT | RIGHT},      {0x2501, LEFT | RIGHT},
        {0x2502, UP | DOWN},         {0x250C, RIGHT | DOWN},
        {0x2510, LEFT | DOWN},       {0x2514, RIGHT | UP},
        {0x2518, LEFT | UP},         {0x251C, RIGHT | UP | DOWN},
        {0x2524, LEFT | UP | DOWN},  {0x252C, LEFT | RIGHT | DOWN},
        {0x2534, LEFT | RIGHT | UP}, {0x253C, LEFT | RIGHT | UP | DOWN},
    };
    for (size_t n = 0; n < sizeof lines / sizeof lines[0]; n++)
        if (lines[n].rune == rune)
            return lines[n].arms;
    return 0;
}

static bool is_text(uint32_t rune)
{
    return rune != ' ' && rune != CELL_TAKEN && !is_braille(rune) && !is_block(rune) &&
           arms_of(rune) == 0;
}

/* Reversed cells change their colours, and what is of no colour has the picture's. */
static look look_of(const cell *at, bool color, bool light, int text, int paper)
{
    look l = palette_look(at, color ? PALETTE_DIRECT : 0, light);
    const bool reverse = (l.attributes & ATTR_REVERSE) != 0;
    const int foreground = l.foreground < 0 ? text : l.foreground, background = l.background;
    l.foreground = reverse ? (background < 0 ? paper : background) : foreground;
    l.background = reverse ? foreground : background;
    if (is_text(l.rune) && l.foreground == l.background)
        l.rune = ' '; /* colour stands in for it */
    return l;
}

/* -------------------------------------------------------------------- shapes */

/* What a cell is made of in one layer: its colour, NONE where it has nothing there. */
typedef int layer_color(const look *l);

/* Draws cells of one look and one rune from x up to end. */
typedef void layer_draw(const svg *s, int x, int end, int y);

static void put_rect(const svg *s, double x, double y, double width, double height)
{
    fprintf(s->out, "M%g %gh%gv%gh%gz", x, y, width, height, -width);
}

static int paper_color(const look *l)
{
    return l->background;
}

static void draw_paper(const svg *s, int x, int end, int y)
{
    put_rect(s, x * CELL_WIDTH, y * CELL_HEIGHT, (end - x) * CELL_WIDTH, CELL_HEIGHT);
}

static int block_color(const look *l)
{
    return is_block(l->rune) && l->foreground != l->background ? l->foreground : NONE;
}

static void draw_block(const svg *s, int x, int end, int y)
{
    const uint32_t rune = s->looks[y * s->c->width + x].rune;
    const double height =
        rune == CELL_PIXELS ? CELL_HEIGHT / 2.0 : CELL_HEIGHT * (double)(rune - CELL_PIXELS) / 8;
    put_rect(s, x * CELL_WIDTH, y * CELL_HEIGHT + (rune == CELL_PIXELS ? 0 : CELL_HEIGHT - height),
             (end - x) * CELL_WIDTH, height);
}

static int line_color(const look *l)
{
    return arms_of(l->rune) != 0 ? l->foreground : NONE;
}

static void draw_lines(const svg *s, int x, int end, int y)
{
    const uint32_t rune = s->looks[y * s->c->width + x].rune;
    const unsigned arms = arms_of(rune);
    const int thick = rune == 0x2501 ? THICK : THIN;
    const int across = (CELL_WIDTH - thick) / 2, down = (CELL_HEIGHT - thick) / 2;
    const int left = x * CELL_WIDTH, right = end * CELL_WIDTH;
    const int top = y * CELL_HEIGHT, bottom = top + CELL_HEIGHT;
    if ((arms & (LEFT | RIGHT)) != 0) {
        const int from = (arms & LEFT) != 0 ? left : left + across;
        const int to = (arms & RIGHT) != 0 ? right : right - CELL_WIDTH + across + thick;
        put_rect(s, from, top + down, to - from, thick);
    }
    if ((arms & (UP | DOWN)) != 0) {
        const int from = (arms & UP) != 0 ? top : top + down;
        const int to = (arms & DOWN) != 0 ? bottom : top + down + thick;
        for (; x < end; x++)
            put_rect(s, x * CELL_WIDTH + across, from, thick, to - from);
    }
}

static int dots_color(const look *l)
{
    return is_braille(l->rune) ? l->foreground : NONE;
}

/* Lines of no length, whose round ends are the dots. */
static void draw_dots(const svg *s, int x, int end, int y)
{
    static const uint8_t bits[2][4] = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};
    for (; x < end; x++)
        for (int n = 0; n < 8; n++)
            if ((s->looks[y * s->c->width + x].rune & bits[n / 4][n % 4]) != 0)
                fprintf(s->out, "M%g %gh0", CELL_WIDTH * (x + (2 * (n / 4) + 1) / 4.0),
                        CELL_HEIGHT * (y + (2 * (n % 4) + 1) / 8.0));
}

/* From back to front. */
static const struct layer {
    layer_color *color;
    layer_draw *draw;
    bool any_rune; /* cells of one colour are drawn together, whatever is in them */
    const char *paint, *attributes;
} layers[] = {
    {paper_color, draw_paper, true, "fill", ""},
    {block_color, draw_block, false, "fill", ""},
    {line_color, draw_lines, false, "fill", ""},
    {dots_color, draw_dots, true, "stroke",
     " fill=\"none\" stroke-linecap=\"round\" stroke-width=\"" DOT "\""},
};

/* A layer's cells of one colour, from the first of it on, as one path. */
static void write_color(const svg *s, const struct layer *layer, int first)
{
    const int width = s->c->width, count = width * s->c->height;
    const int wanted = layer->color(&s->looks[first]);
    fprintf(s->out, "<path %s=\"#%06x\" d=\"", layer->paint, (unsigned)wanted);
    for (int n = first, end; n < count; n = end) {
        end = n + 1;
        if (layer->color(&s->looks[n]) != wanted)
            continue;
        while (end % width != 0 && layer->color(&s->looks[end]) == wanted &&
               (layer->any_rune || s->looks[end].rune == s->looks[n].rune))
            end++;
        layer->draw(s, n % width, n % width + end - n, n / width);
        for (int k = n; k < end; k++)
            s->done[k] = true;
    }
    fputs("\"/>\n", s->out);
}

static void write_layer(const svg *s, const struct layer *layer)
{
    const int count = s->c->width * s->c->height;
    for (int n = 0; n < count; n++)
        s->done[n] = layer->color(&s->looks[n]) == NONE;
    fprintf(s->out, "<g shape-rendering=\"%s\"%s>\n",
            layer->draw == draw_dots ? "auto" : "crispEdges", layer->attributes);
    for (int n = 0; n < count; n++)
        if (!s->done[n])
            write_color(s, layer, n);
    fputs("</g>\n", s->out);
}

/* ---------------------------------------------------------------------- text */

static void write_rune(FILE *out, uint32_t rune)
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

/* A word, or a part of it, from x up to end. */
static void write_word(const svg *s, int x, int end, int y)
{
    const look *l = &s->looks[y * s->c->width];
    fprintf(s->out, "<text x=\"%d\" y=\"%g\" textLength=\"%d\" fill=\"#%06x\"%s>", x * CELL_WIDTH,
            y * CELL_HEIGHT + BASELINE, (end - x) * CELL_WIDTH, (unsigned)l[x].foreground,
            (l[x].attributes & ATTR_BOLD) != 0 ? " font-weight=\"bold\"" : "");
    for (; x < end; x++)
        write_rune(s->out, l[x].rune);
    fputs("</text>\n", s->out);
}

static void write_text(const svg *s)
{
    const int width = s->c->width;
    for (int y = 0; y < s->c->height; y++)
        for (int x = 0, end; x < width; x = end) {
            const look *l = &s->looks[y * width];
            end = x + 1;
            if (!is_text(l[x].rune))
                continue;
            while (end < width && (is_text(l[end].rune) || l[end].rune == CELL_TAKEN) &&
                   l[end].foreground == l[x].foreground && l[end].attributes == l[x].attributes)
                end++;
            write_word(s, x, end, y);
        }
}

/* ------------------------------------------------------------------- picture */

static void write_picture(const svg *s)
{
    const int width = s->c->width * CELL_WIDTH + 2 * MARGIN;
    const int height = s->c->height * CELL_HEIGHT + 2 * MARGIN;
    fprintf(s->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "viewBox=\"%d %d %d %d\">\n<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
            "rx=\"6\" fill=\"#%06x\"/>\n",
            width, height, -MARGIN, -MARGIN, width, height, -MARGIN, -MARGIN, width, height,
            (unsigned)s->paper);
    for (size_t n = 0; n < sizeof layers / sizeof layers[0]; n++)
        write_layer(s, &layers[n]);
    fprintf(s->out,
            "<g font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" "
            "font-size=\"%d\" xml:space=\"preserve\">\n",
            FONT_SIZE);
    write_text(s);
    fputs("</g>\n</svg>\n", s->out);
}

bool svg_write(FILE *out, const cells *c, bool color, bool light)
{
    svg s = {.out = out,
             .c = c,
             .text = palette_color_of_text(light),
             .paper = palette_color_of_paper(light)};
    const size_t count = (size_t)c->width * (size_t)c->height;
    s.looks = calloc(count + 1, sizeof *s.looks);
    s.done = calloc(count + 1, sizeof *s.done);
    const bool has_memory = s.looks != NULL && s.done != NULL;
    for (size_t n = 0; has_memory && n < count; n++)
        s.looks[n] = look_of(&c->at[n], color, light, s.text, s.paper);
    if (has_memory)
        write_picture(&s);
    free(s.looks);
    free(s.done);
    return has_memory;
}
