/* The map of the Training pane as pictures: a tile for each unit of an image network, or kernel. */
#include "text/pixels.h"
#include "text/tiles.h"
#include "pane/pane.h"
#include "pane/pane_training.h"

#include <stdio.h>

/* Kernels of up to so many places a side are drawn twice as large. */
#define TINY 4

static const trained_layer *layer_of(const model *m)
{
    return &m->trained->layers[training_look_at(m).tensor];
}

/* False where the tensor has no pictures, or there is no room for one. */
static bool make_tiles(const model *m, rect area, tiles *t)
{
    const training_look look = training_look_at(m);
    const trained_layer *l = layer_of(m);
    if (pane_view_now(m, &pane_training) != TRAINING_PICTURES || l->picture_rows == 0 ||
        l->row_step * l->col_step != 1)
        return false;
    const size_t each = l->picture_rows * l->picture_cols, zoom = l->picture_rows <= TINY ? 2 : 1;
    *t = (tiles){.area = {area.x, area.y + 1, area.width, area.height - 1},
                 .rows = l->picture_rows,
                 .cols = l->picture_cols,
                 .count = l->held_rows * l->held_cols / each,
                 .current = ((size_t)look.row * l->held_cols + (size_t)look.col) / each,
                 .group = 1};
    return tiles_fit(t, zoom, zoom);
}

/* One picture, and what its colours mean. */
typedef struct picture {
    const tiles *t;
    const double *held; /* |w - w0| of its places */
    double threshold;
} picture;

static double brightness_at(const void *data, size_t place)
{
    const picture *p = data;
    return training_brightness(p->held[place], p->threshold);
}

static unsigned pixel(const void *data, int row, int col)
{
    const picture *p = data;
    return pixels_ramp(tiles_mean(p->t, row, col, brightness_at, p));
}

static void draw_tile(const model *m, cells *c, const tiles *t, size_t n)
{
    const uint64_t number = t->first + n;
    const picture p = {t, layer_of(m)->held + number * t->rows * t->cols, training_reference(m)};
    char text[32];
    int x, y;
    tiles_place(t, n, &x, &y);
    const rect area = {x, y - 1, (int)t->wide, 1 + (int)(t->high + 1) / 2};
    const bool chosen = number == t->current && pane_in_focus(m, &pane_training);
    const int length = snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    if (length <= area.width)
        cells_text(c, area, x, y - 1, chosen ? ROLE_ACCENT : ROLE_DIM, chosen ? ATTR_BOLD : 0,
                   text);
    pixels_draw(c, (rect){x, y, area.width, area.height - 1}, (int)t->high, (int)t->wide, pixel,
                &p);
}

bool training_tiles_draw(const model *m, cells *c, rect area)
{
    tiles t;
    if (!make_tiles(m, area, &t))
        return false;
    for (size_t n = 0; n < tiles_shown(&t); n++)
        draw_tile(m, c, &t, n);
    const training_look look = training_look_at(m);
    const size_t place = (size_t)look.row * layer_of(m)->held_cols + (size_t)look.col;
    const size_t inside = place % (t.rows * t.cols);
    int x, y;
    tiles_place(&t, (size_t)(t.current - t.first), &x, &y);
    if (pane_in_focus(m, &pane_training))
        cells_put(c, x + (int)(inside % t.cols / t.block * t.zoom),
                  y + (int)(inside / t.cols / t.block * t.zoom / 2), '+', ROLE_TEXT, ATTR_REVERSE);
    return true;
}

bool training_tiles_note(const model *m, rect area, char *buffer, size_t size)
{
    tiles t;
    if (!make_tiles(m, area, &t))
        return false;
    snprintf(buffer, size,
             t.block > 1 ? "  %zu x %zu pictures, %zu x %zu a pixel" : "  %zu x %zu pictures",
             t.rows, t.cols, t.block, t.block);
    return true;
}

bool training_tiles_at(const model *m, rect area, int x, int y, bool *hit, uint64_t *row,
                       uint64_t *col)
{
    tiles t;
    uint64_t number;
    size_t down, across;
    *hit = false;
    if (!make_tiles(m, area, &t))
        return false;
    *hit = tiles_at(&t, x, y, &number, &down, &across);
    if (!*hit)
        return true;
    const uint64_t place = number * t.rows * t.cols + down * t.cols + across;
    *row = place / layer_of(m)->held_cols;
    *col = place % layer_of(m)->held_cols;
    return true;
}
