/* The map of the Training pane as pictures: a tile for each unit of an image network, or kernel. */
#include "text/pixels.h"
#include "pane/pane.h"
#include "pane/pane_training.h"

#include <stdio.h>

/* A tile is made smaller until so many fit, but no smaller than this many pixels. */
#define TILES_WANTED 6
#define TILE_LEAST   8

/* Kernels of up to so many places a side are drawn twice as large. */
#define TINY 4

/* How tiles lie in the area of the map. */
typedef struct tiles {
    const trained_layer *layer;
    rect area;             /* below the heading */
    size_t block, zoom;    /* places of the picture a pixel stands for, or pixels of a place */
    size_t high, wide;     /* pixels of a tile */
    size_t across, down;   /* tiles */
    size_t each, count;    /* places of a picture, and pictures of the tensor */
    size_t first, current; /* the first that is shown, and that of the cursor */
} tiles;

static size_t blocks_of(size_t places, size_t block)
{
    return (places + block - 1) / block;
}

/* How many tiles fit at this size; the row above each is for its number. */
static size_t fit_tiles(tiles *t)
{
    const trained_layer *l = t->layer;
    t->high = blocks_of(l->picture_rows, t->block) * t->zoom;
    t->wide = blocks_of(l->picture_cols, t->block) * t->zoom;
    t->across = ((size_t)t->area.width + 1) / (t->wide + 1);
    t->down = (size_t)t->area.height / (1 + (t->high + 1) / 2);
    return t->across * t->down;
}

/* False where the tensor has no pictures, or there is no room for one. */
static bool make_tiles(const model *m, rect area, tiles *t)
{
    const training_look look = training_look_at(m);
    const trained_layer *l = &m->trained->layers[look.tensor];
    *t = (tiles){.layer = l, .block = 1, .zoom = l->picture_rows <= TINY ? 2 : 1};
    t->area = (rect){area.x, area.y + 1, area.width, area.height - 1};
    if (pane_view_now(m, &pane_training) != TRAINING_PICTURES || l->picture_rows == 0 ||
        l->row_step * l->col_step != 1 || t->area.width < 1 || t->area.height < 2)
        return false;
    while (fit_tiles(t) < TILES_WANTED && blocks_of(l->picture_rows, t->block + 1) >= TILE_LEAST)
        t->block++;
    t->each = l->picture_rows * l->picture_cols;
    t->count = l->held_rows * l->held_cols / t->each;
    t->current = ((size_t)look.row * l->held_cols + (size_t)look.col) / t->each;
    const size_t shown = t->across * t->down;
    t->first = shown > 0 ? t->current / shown * shown : 0;
    return shown > 0;
}

/* The upper left cell of tile n of those shown, below its number. */
static void tile_at(const tiles *t, size_t n, int *x, int *y)
{
    *x = t->area.x + (int)(n % t->across * (t->wide + 1));
    *y = t->area.y + (int)(n / t->across * (1 + (t->high + 1) / 2)) + 1;
}

/* One picture, and what its colours mean. */
typedef struct picture {
    const tiles *t;
    const double *held; /* |w - w0| of its places */
    double threshold;
} picture;

static unsigned pixel(const void *data, int row, int col)
{
    const picture *p = data;
    const trained_layer *l = p->t->layer;
    const size_t block = p->t->block, top = (size_t)row / p->t->zoom * block;
    const size_t left = (size_t)col / p->t->zoom * block;
    size_t count = 0;
    double sum = 0;
    for (size_t r = top; r < top + block && r < l->picture_rows; r++)
        for (size_t n = left; n < left + block && n < l->picture_cols; n++, count++)
            sum += training_brightness(p->held[r * l->picture_cols + n], p->threshold);
    return pixels_ramp(sum / (double)count);
}

static void draw_tile(const model *m, cells *c, const tiles *t, size_t n)
{
    const picture p = {t, t->layer->held + (t->first + n) * t->each, training_reference(m)};
    char number[32];
    int x, y;
    tile_at(t, n, &x, &y);
    const rect area = {x, y - 1, (int)t->wide, 1 + (int)(t->high + 1) / 2};
    const bool chosen = t->first + n == t->current && pane_in_focus(m, &pane_training);
    const int length = snprintf(number, sizeof number, "%zu", t->first + n);
    if (length <= area.width)
        cells_text(c, area, x, y - 1, chosen ? ROLE_ACCENT : ROLE_DIM, chosen ? ATTR_BOLD : 0,
                   number);
    pixels_draw(c, (rect){x, y, area.width, area.height - 1}, (int)t->high, (int)t->wide, pixel,
                &p);
}

bool training_tiles_draw(const model *m, cells *c, rect area)
{
    tiles t;
    if (!make_tiles(m, area, &t))
        return false;
    for (size_t n = 0; n < t.across * t.down && t.first + n < t.count; n++)
        draw_tile(m, c, &t, n);
    const training_look look = training_look_at(m);
    const size_t inside = ((size_t)look.row * t.layer->held_cols + (size_t)look.col) % t.each;
    int x, y;
    tile_at(&t, t.current - t.first, &x, &y);
    if (pane_in_focus(m, &pane_training))
        cells_put(c, x + (int)(inside % t.layer->picture_cols / t.block * t.zoom),
                  y + (int)(inside / t.layer->picture_cols / t.block * t.zoom / 2), '+', ROLE_TEXT,
                  ATTR_REVERSE);
    return true;
}

bool training_tiles_note(const model *m, rect area, char *buffer, size_t size)
{
    tiles t;
    if (!make_tiles(m, area, &t))
        return false;
    snprintf(buffer, size,
             t.block > 1 ? "  %zu x %zu pictures, %zu x %zu a pixel" : "  %zu x %zu pictures",
             t.layer->picture_rows, t.layer->picture_cols, t.block, t.block);
    return true;
}

bool training_tiles_at(const model *m, rect area, int x, int y, bool *hit, uint64_t *row,
                       uint64_t *col)
{
    tiles t;
    int left, top;
    *hit = false;
    if (!make_tiles(m, area, &t))
        return false;
    for (size_t n = 0; n < t.across * t.down && t.first + n < t.count; n++) {
        tile_at(&t, n, &left, &top);
        const size_t across = (size_t)(x - left) / t.zoom * t.block;
        const size_t down = (size_t)(y - top) * 2 / t.zoom * t.block;
        if (x < left || y < top || across >= t.layer->picture_cols || down >= t.layer->picture_rows)
            continue;
        const size_t place = (t.first + n) * t.each + down * t.layer->picture_cols + across;
        *row = place / t.layer->held_cols;
        *col = place % t.layer->held_cols;
        *hit = true;
    }
    return true;
}
