/*
 * The matrix from afar: each pixel a block of weights.  A repaint makes no more weights than
 * AFAR_MOST, so that it is as fast for any size; of larger blocks a few rows are looked at.
 */
#include "model/viewing.h"
#include "pane/pane_matrix_afar.h"

#include "text/axis.h"
#include "text/pixels.h"
#include "option/place.h"
#include "option/recipe_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Weights that one picture is made of, and those of a run where blocks are wide. */
#define AFAR_MOST ((uint64_t)1 << 17)
#define RUN_MOST  ((uint64_t)8)

/* A weight is drawn over no more than so many times as many pixels in one direction. */
#define STRETCH 8

/* Colours end at so many standard deviations of what they show. */
#define SPAN 3

#define LEGEND        9
#define LEGEND_HEIGHT 6

/* Where the map lies, and how: in so many blocks, each of so many pixels. */
typedef struct afar {
    rect area;
    uint64_t rows, cols; /* of the matrix */
    int down, across;    /* blocks */
    int high, wide;      /* pixels of a block */
    bool legend;
} afar;

static int smaller(uint64_t a, int b)
{
    return a < (uint64_t)b ? (int)a : b;
}

/* How often n places fit into so many pixels; 1 where they do not. */
static int magnified(int pixels, uint64_t n)
{
    return n < (uint64_t)pixels ? pixels / (int)n : 1;
}

static afar afar_of(const model *m, rect inside)
{
    afar a = {.rows = model_rows(m), .cols = model_cols(m)};
    int label = viewing_row_width(m) + 2;
    if (label > inside.width / 3)
        label = 0;
    a.legend = inside.height >= LEGEND_HEIGHT;
    a.area = (rect){inside.x + label, inside.y + 1, inside.width - label - (label > 0),
                    inside.height - 1 - a.legend};
    if (a.area.width <= 0 || a.area.height <= 0) {
        a.area.width = a.area.height = 0;
        return a;
    }
    a.down = smaller(a.rows, 2 * a.area.height);
    a.across = smaller(a.cols, a.area.width);
    a.high = magnified(2 * a.area.height, a.rows);
    a.wide = magnified(a.area.width, a.cols);
    a.high = a.high > STRETCH * a.wide ? STRETCH * a.wide : a.high;
    a.wide = a.wide > STRETCH * a.high ? STRETCH * a.high : a.wide;
    if (a.rows <= (uint64_t)a.down && a.cols <= (uint64_t)a.across)
        a.high = a.wide = a.high < a.wide ? a.high : a.wide; /* all of it fits: squares */
    return a;
}

/* Where the n-th of `parts` blocks over `count` places begins. */
static uint64_t begin_of(int n, uint64_t count, int parts)
{
    const uint64_t whole = count / (uint64_t)parts, rest = count % (uint64_t)parts;
    return (uint64_t)n * whole + (uint64_t)n * rest / (uint64_t)parts;
}

/* The block that a place lies in. */
static int block_of(uint64_t place, uint64_t count, int parts)
{
    int n = (int)((double)place / (double)count * parts);
    n = n >= parts ? parts - 1 : n;
    while (n > 0 && begin_of(n, count, parts) > place)
        n--;
    while (n + 1 < parts && begin_of(n + 1, count, parts) <= place)
        n++;
    return n;
}

/* ----------------------------------------------------------------- weights */

/* What was looked at of each block: by down x across. */
typedef struct blocks {
    double *value;
    uint64_t each; /* weights looked at in a block of average size */
    bool all;      /* that is all of them */
} blocks;

static void take(double *value, double weight, afar_kind kind)
{
    if (kind == AFAR_MEAN)
        *value += weight;
    else if (fabs(weight) > fabs(*value))
        *value = weight;
}

/* One row of the matrix into a row of blocks: all of it, or the beginning of each block. */
static uint64_t take_row(const model *m, const afar *a, uint64_t row, bool whole, double *weights,
                         double *values, afar_kind kind)
{
    uint64_t most = 0;
    if (whole && !viewing_window(m, row, 0, 1, (size_t)a->cols, weights, (size_t)a->cols))
        return 0;
    for (int n = 0; n < a->across; n++) {
        const uint64_t from = begin_of(n, a->cols, a->across);
        uint64_t count = begin_of(n + 1, a->cols, a->across) - from;
        double *piece = weights + (whole ? from : 0);
        count = whole || count < RUN_MOST ? count : RUN_MOST;
        if (!whole && !viewing_window(m, row, from, 1, (size_t)count, piece, (size_t)count))
            return 0;
        double sum = 0;
        for (uint64_t k = 0; k < count; k++)
            take(&sum, piece[k], kind);
        take(&values[n], kind == AFAR_MEAN ? sum / (double)count : sum, kind);
        most = count > most ? count : most;
    }
    return most;
}

static blocks make_blocks(const model *m, const afar *a, afar_kind kind)
{
    const uint64_t high = (a->rows + (uint64_t)a->down - 1) / (uint64_t)a->down;
    const bool whole = a->cols <= AFAR_MOST / (uint64_t)a->down;
    const uint64_t each = whole ? a->cols : RUN_MOST * (uint64_t)a->across;
    uint64_t rows = AFAR_MOST / (each * (uint64_t)a->down);
    rows = rows < 1 ? 1 : rows > high ? high : rows;
    blocks b = {.value = calloc((size_t)(a->down * a->across), sizeof *b.value)};
    double *weights = malloc((size_t)(whole ? a->cols : RUN_MOST) * sizeof *weights);
    for (int n = 0; n < a->down && b.value != NULL && weights != NULL; n++) {
        const uint64_t from = begin_of(n, a->rows, a->down);
        const uint64_t count = begin_of(n + 1, a->rows, a->down) - from;
        const uint64_t taken = count < rows ? count : rows;
        double *values = b.value + n * a->across;
        for (uint64_t k = 0; k < taken; k++)
            b.each =
                taken * take_row(m, a, from + k * (count / taken), whole, weights, values, kind);
        for (int k = 0; k < a->across && kind == AFAR_MEAN; k++)
            values[k] /= (double)taken;
    }
    b.all = whole && rows == high;
    free(weights);
    return b;
}

/* ------------------------------------------------------------------ picture */

typedef struct picture {
    const afar *a;
    const double *value;
    double scale; /* the value of the last colour */
} picture;

static unsigned pixel(const void *data, int row, int col)
{
    const picture *p = data;
    const int n = row / p->a->high * p->a->across + col / p->a->wide;
    return pixels_signed(p->value[n] / p->scale);
}

/* What the last colour stands for: means of many weights lie closer to 0. */
static double scale_of(const model *m, const blocks *b, afar_kind kind)
{
    double scale = SPAN * weight_size(viewing_law(m));
    if (kind == AFAR_MEAN && b->each > 0 && detinit_recipe_is_drawn(viewing_law(m)))
        scale /= sqrt((double)b->each);
    if (kind == AFAR_EXTREME && b->each > 8)
        scale *= 4.0 / SPAN; /* chance goes further out in more weights */
    return scale;
}

/* The first and the last row and column, beside the map. */
static void draw_labels(const model *m, cells *c, rect inside, const afar *a)
{
    const int label = a->area.x - inside.x, rows = (a->down * a->high + 1) / 2;
    const int right = a->area.x + a->across * a->wide;
    char text[PLACE_TEXT + 2];
    const rect rooms = {inside.x, inside.y, label, inside.height};
    for (int n = 0; n < 2 && label > 0; n++) {
        const uint64_t row = n == 0 ? 0 : a->rows - 1;
        if (n == 1 && rows < 2)
            break;
        viewing_row_text(m, row, text, sizeof text);
        cells_print(c, rooms, inside.x, a->area.y + (n == 0 ? 0 : rows - 1), ROLE_DIM, 0, "%*s",
                    label - 1, text);
    }
    cells_text(c, inside, a->area.x, inside.y, ROLE_DIM, 0, "0");
    snprintf(text, sizeof text, "%llu", (unsigned long long)(a->cols - 1));
    if (right - (int)strlen(text) > a->area.x + 1)
        cells_text(c, inside, right - (int)strlen(text), inside.y, ROLE_DIM, 0, text);
}

static void draw_legend(const blocks *b, cells *c, rect inside, double scale, afar_kind kind)
{
    char low[AXIS_LABEL], high[AXIS_LABEL], text[96];
    const int y = inside.y + inside.height - 1;
    const double step = pow(10, floor(log10(scale)) - 1);
    axis_number(-scale, step, c->ascii, low);
    axis_number(scale, step, c->ascii, high);
    int x = inside.x + 1;
    x += pixels_legend(c, inside, x, y, LEGEND, ROLE_SIGNED, low, high);
    if (b->each <= 1)
        snprintf(text, sizeof text, "  %s", kind == AFAR_MEAN ? "a weight" : "extreme of 1");
    else
        snprintf(text, sizeof text, "  %s of %s%llu", kind == AFAR_MEAN ? "mean" : "extreme",
                 b->all ? "" : "a sample of ", (unsigned long long)b->each);
    if (x + (int)strlen(text) <= inside.x + inside.width)
        cells_text(c, inside, x, y, ROLE_DIM, 0, text);
}

void matrix_afar_draw(const model *m, cells *c, rect inside, afar_kind kind)
{
    const afar a = afar_of(m, inside);
    if (a.area.width == 0)
        return;
    blocks b = make_blocks(m, &a, kind);
    if (b.value == NULL)
        return;
    const picture p = {&a, b.value, scale_of(m, &b, kind)};
    pixels_draw(c, a.area, a.down * a.high, a.across * a.wide, pixel, &p);
    cells_put(c, a.area.x + block_of(m->view.col, a.cols, a.across) * a.wide,
              a.area.y + block_of(m->view.row, a.rows, a.down) * a.high / 2, '+', ROLE_TEXT,
              ATTR_REVERSE);
    draw_labels(m, c, inside, &a);
    if (a.legend)
        draw_legend(&b, c, inside, p.scale, kind);
    free(b.value);
}

bool matrix_afar_at(const model *m, rect inside, int x, int y, uint64_t *row, uint64_t *col)
{
    const afar a = afar_of(m, inside);
    if (a.area.width == 0 || x < a.area.x || y < a.area.y)
        return false;
    const int across = (x - a.area.x) / a.wide, down = 2 * (y - a.area.y) / a.high;
    if (across >= a.across || down >= a.down)
        return false;
    *row = begin_of(down, a.rows, a.down);
    *col = begin_of(across, a.cols, a.across);
    return true;
}

void matrix_afar_note(const model *m, rect inside, char *buffer, size_t size)
{
    const afar a = afar_of(m, inside);
    buffer[0] = '\0';
    if (a.area.width == 0 || (a.rows <= (uint64_t)a.down && a.cols <= (uint64_t)a.across))
        return;
    snprintf(buffer, size, "each pixel %llu x %llu",
             (unsigned long long)((a.rows + (uint64_t)a.down / 2) / (uint64_t)a.down),
             (unsigned long long)((a.cols + (uint64_t)a.across / 2) / (uint64_t)a.across));
}
