#include "model/viewing.h"
#include "pane/pane_matrix_images.h"

#include "option/recipe_text.h"
#include "pane/pane.h"
#include "text/axis.h"
#include "text/pixels.h"
#include "text/tiles.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Sides of pictures: of units' inputs at least, and of all at most. */
#define SIDE_LEAST 8
#define SIDE_MOST  256

/* Tiles of small kernels have room for their numbers, and are no larger than so many times that. */
#define TILE_LEAST 6
#define ZOOM_MOST  8

/* Colours end at so many standard deviations. */
#define SPAN 3

#define LEGEND 9

/*
 * How a tensor is made of pictures: place (y, x) of picture n is in the row and the column of
 * locate().  Of kernels n counts inputs within outputs.
 */
typedef struct images {
    uint64_t count, rows, cols;
    uint64_t inputs;    /* kernels of an output; 1: pictures have one number */
    bool is_kernel;     /* else a unit's inputs */
    bool is_transposed; /* the last index is the output: (h, w, in, out), (in, out) */
} images;

static uint64_t square_root(uint64_t n)
{
    const uint64_t root = (uint64_t)llround(sqrt((double)n));
    return root * root == n ? root : 0;
}

/* count 0 where the tensor has none. */
static images images_of(const model *m)
{
    const detinit_recipe *r = &m->settings.recipe;
    const uint64_t *shape = r->shape;
    const bool transposed = r->fan_in == DETINIT_FAN_IN_ROWS;
    images i = {.inputs = 1, .is_transposed = transposed, .is_kernel = r->rank > 2};
    if (r->rank == 2) {
        i.rows = i.cols = square_root(shape[transposed ? 0 : 1]);
        i.count = i.rows >= SIDE_LEAST ? shape[transposed ? 1 : 0] : 0;
    } else if (r->rank == 4) {
        const uint64_t *kernel = transposed ? shape : shape + 2;
        const uint64_t *ends = transposed ? shape + 2 : shape;
        i.rows = kernel[0];
        i.cols = kernel[1];
        i.inputs = ends[transposed ? 0 : 1];
        i.count = ends[0] * ends[1];
    } else if (r->rank == 3 && !transposed) {
        i.rows = shape[1];
        i.cols = shape[2];
        i.count = shape[0];
    }
    if (viewing_is_table(m) || i.rows > SIDE_MOST || i.cols > SIDE_MOST || i.rows * i.cols < 2)
        i.count = 0;
    return i;
}

static void locate(const images *i, uint64_t n, uint64_t y, uint64_t x, uint64_t *row,
                   uint64_t *col)
{
    const uint64_t at = y * i->cols + x;
    if (i->is_transposed) {
        *row = i->is_kernel ? at * i->inputs + n % i->inputs : at;
        *col = i->is_kernel ? n / i->inputs : n;
    } else {
        *row = i->is_kernel ? n * i->rows + y : n;
        *col = i->is_kernel ? x : at;
    }
}

/* The picture and the place in it that the cursor is at. */
static uint64_t locate_cursor(const model *m, const images *i, uint64_t *y, uint64_t *x)
{
    const uint64_t row = m->view.row, col = m->view.col;
    uint64_t n, at;
    if (i->is_transposed) {
        n = i->is_kernel ? col * i->inputs + row % i->inputs : col;
        at = i->is_kernel ? row / i->inputs : row;
    } else {
        n = i->is_kernel ? row / i->rows : row;
        at = i->is_kernel ? row % i->rows * i->cols + col : col;
    }
    *y = at / i->cols;
    *x = at % i->cols;
    return n;
}

bool matrix_images_fit(const model *m)
{
    return images_of(m).count > 0;
}

static bool make_tiles(const model *m, rect inside, images *i, tiles *t)
{
    uint64_t y, x;
    *i = images_of(m);
    if (i->count == 0)
        return false;
    *t = (tiles){.area = {inside.x + 1, inside.y, inside.width - 2, inside.height - 1},
                 .rows = (size_t)i->rows,
                 .cols = (size_t)i->cols,
                 .count = i->count,
                 .current = locate_cursor(m, i, &y, &x),
                 .group = (size_t)i->inputs};
    const size_t least = (TILE_LEAST + t->cols - 1) / t->cols;
    const bool tiny = t->rows <= TILE_LEAST && t->cols <= TILE_LEAST;
    return tiles_fit(t, tiny ? least : 1, ZOOM_MOST);
}

/* ----------------------------------------------------------------- picture */

typedef struct picture {
    const tiles *t;
    double *weights; /* of its places, from the mean on; NAN: it could not be made */
    double scale;    /* the weight of the last colour */
} picture;

static double weight_at(const void *data, size_t place)
{
    return ((const picture *)data)->weights[place];
}

static unsigned pixel(const void *data, int row, int col)
{
    const picture *p = data;
    return pixels_signed(tiles_mean(p->t, row, col, weight_at, p) / p->scale);
}

static void make_weights(const model *m, const images *i, uint64_t n, double *weights)
{
    const detinit_recipe *r = viewing_law(m);
    const double mean = detinit_recipe_is_drawn(r) ? r->mean : 0;
    for (uint64_t at = 0, run; at < i->rows * i->cols; at += run) {
        uint64_t row, col;
        locate(i, n, at / i->cols, at % i->cols, &row, &col);
        run = i->is_transposed ? 1 : i->cols; /* that lie side by side */
        const bool made = viewing_window(m, row, col, 1, (size_t)run, weights + at, (size_t)run);
        for (uint64_t k = at; k < at + run; k++)
            weights[k] = made ? weights[k] - mean : NAN;
    }
}

/* "12", and of kernels the output and the input: "4,1". */
static int number_text(const images *i, uint64_t n, char *buffer, size_t size)
{
    if (i->inputs == 1)
        return snprintf(buffer, size, "%llu", (unsigned long long)n);
    return snprintf(buffer, size, "%llu,%llu", (unsigned long long)(n / i->inputs),
                    (unsigned long long)(n % i->inputs));
}

static void draw_tile(const model *m, cells *c, const images *i, const picture *p, size_t n)
{
    const tiles *t = p->t;
    const bool chosen = t->first + n == t->current;
    char number[48];
    int x, y;
    tiles_place(t, n, &x, &y);
    const rect area = {x, y - 1, (int)t->wide, 1 + (int)(t->high + 1) / 2};
    make_weights(m, i, t->first + n, p->weights);
    if (number_text(i, t->first + n, number, sizeof number) <= area.width)
        cells_text(c, area, x, y - 1, chosen ? ROLE_ACCENT : ROLE_DIM, chosen ? ATTR_BOLD : 0,
                   number);
    pixels_draw(c, (rect){x, y, area.width, area.height - 1}, (int)t->high, (int)t->wide, pixel, p);
    if (!chosen)
        return;
    uint64_t down, across;
    locate_cursor(m, i, &down, &across);
    cells_put(c, x + (int)(across / t->block * t->zoom), y + (int)(down / t->block * t->zoom / 2),
              '+', ROLE_TEXT, ATTR_REVERSE);
}

/* What the colours mean, and what the numbers are. */
static void draw_legend(cells *c, rect inside, const images *i, double scale)
{
    static const char *const kernels[] = {"  kernels: output,input", "", NULL};
    static const char *const others[] = {"  by output", "", NULL};
    char low[AXIS_LABEL], high[AXIS_LABEL];
    const double step = pow(10, floor(log10(scale)) - 1);
    const int y = inside.y + inside.height - 1;
    axis_number(-scale, step, c->ascii, low);
    axis_number(scale, step, c->ascii, high);
    const int x =
        inside.x + 1 + pixels_legend(c, inside, inside.x + 1, y, LEGEND, ROLE_SIGNED, low, high);
    cells_text(c, inside, x, y, ROLE_DIM, 0,
               cells_fitting(inside.x + inside.width - x, i->inputs > 1 ? kernels : others));
}

void matrix_images_draw(const model *m, cells *c, rect inside)
{
    images i;
    tiles t;
    if (!make_tiles(m, inside, &i, &t)) {
        const rect area = {inside.x + 1, inside.y, inside.width - 2, inside.height};
        cells_paragraph(c, area, ROLE_DIM,
                        i.count > 0 ? "no room"
                                    : "No pictures here: kernels have some (shape OUT,IN,H,W), and "
                                      "units that look at square images (cols 784 = 28 x 28).");
        return;
    }
    picture p = {&t, malloc(t.rows * t.cols * sizeof *p.weights),
                 SPAN * weight_size(viewing_law(m)) / (double)t.block};
    for (size_t n = 0; n < tiles_shown(&t) && p.weights != NULL; n++)
        draw_tile(m, c, &i, &p, n);
    free(p.weights);
    draw_legend(c, inside, &i, p.scale);
}

bool matrix_images_at(const model *m, rect inside, int x, int y, uint64_t *row, uint64_t *col)
{
    images i;
    tiles t;
    uint64_t n;
    size_t down, across;
    if (!make_tiles(m, inside, &i, &t) || !tiles_at(&t, x, y, &n, &down, &across))
        return false;
    locate(&i, n, down, across, row, col);
    return true;
}

void matrix_images_note(const model *m, rect inside, char *buffer, size_t size)
{
    images i;
    tiles t;
    buffer[0] = '\0';
    if (!make_tiles(m, inside, &i, &t))
        return;
    const int length =
        snprintf(buffer, size, "%zu x %zu pictures %llu-%llu of %llu", t.rows, t.cols,
                 (unsigned long long)t.first, (unsigned long long)(t.first + tiles_shown(&t) - 1),
                 (unsigned long long)t.count);
    if (t.block > 1 && (size_t)length < size)
        snprintf(buffer + length, size - (size_t)length, ", %zu x %zu a pixel", t.block, t.block);
}
