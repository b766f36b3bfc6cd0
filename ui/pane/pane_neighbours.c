/*
 * How independent a weight is of its neighbours: how many bits of its key they
 * change, and how the draws around it correlate with the draws beside them.
 */
#include "pane/pane_neighbours.h"

#include "option/place.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Side of the part of the matrix whose draws are correlated. */
#define SIDE ((uint64_t)64)

/* A correlation is as independence has it within this many standard errors. */
#define WITHIN_ERRORS 3.0

/* Columns that a line takes, without and with its standard errors. */
#define LEAST_WIDTH  32
#define ERRORS_WIDTH 39

/* A neighbour is so many steps away. */
typedef struct neighbour {
    const char *name;
    int rows, cols;
    uint64_t layers, seeds;
} neighbour;

/* A window of standard normal draws around the cursor. */
typedef struct window {
    uint64_t top, left;
    size_t rows, cols;
    double *draws;
} window;

/* Where a window of `room` begins, so that the cursor is in its middle or it ends with the matrix.
 */
static uint64_t begin(uint64_t cursor, uint64_t room, uint64_t total)
{
    uint64_t first = cursor > room / 2 ? cursor - room / 2 : 0;
    return first > total - room ? total - room : first;
}

static window window_at_cursor(const model *m)
{
    uint64_t rows = model_rows(m) < SIDE ? model_rows(m) : SIDE;
    uint64_t cols = model_cols(m) < SIDE ? model_cols(m) : SIDE;
    return (window){.top = begin(m->view.row, rows, model_rows(m)),
                    .left = begin(m->view.col, cols, model_cols(m)),
                    .rows = (size_t)rows,
                    .cols = (size_t)cols};
}

/* Fills a window with the draws z of an address, as they are before any mode scales them. */
static bool fill(window *w, const detinit_recipe *address)
{
    detinit_matrix *matrix;
    detinit_run run = {.threads = 1};
    detinit_recipe recipe =
        detinit_recipe_tensor(address->seed, address->layer, address->rank, address->shape);
    recipe.mode = DETINIT_NORMAL;
    recipe.std = 1;
    w->draws = malloc(w->rows * w->cols * sizeof *w->draws);
    if (w->draws == NULL || detinit_matrix_new(&recipe, &run, &matrix, NULL) != DETINIT_OK)
        return false;
    bool filled = detinit_matrix_window(matrix, w->top, w->left, w->rows, w->cols, w->draws,
                                        w->cols) == DETINIT_OK;
    detinit_matrix_free(matrix);
    return filled;
}

/* The mean product of draws `rows` and `cols` apart: of variance 1, so this is the correlation. */
static double correlate(const window *a, const window *b, size_t rows, size_t cols, size_t *pairs)
{
    double sum = 0;
    *pairs = (a->rows - rows) * (a->cols - cols);
    for (size_t row = 0; row + rows < a->rows; row++)
        for (size_t col = 0; col + cols < a->cols; col++)
            sum += a->draws[row * a->cols + col] * b->draws[(row + rows) * b->cols + col + cols];
    return sum / (double)*pairs;
}

static uint64_t key_at(const detinit_recipe *recipe, const neighbour *n, uint64_t row, uint64_t col)
{
    uint64_t index[1 + DETINIT_MAX_RANK] = {recipe->layer + n->layers};
    size_t rank = place_indices(recipe, row, col, index + 1);
    return detinit_key(recipe->seed + n->seeds, index, 1 + rank);
}

static int bits_changed(const model *m, const neighbour *n)
{
    const neighbour none = {.name = ""};
    const uint64_t row = m->view.row, col = m->view.col;
    return __builtin_popcountll(key_at(&m->settings.recipe, &none, row, col) ^
                                key_at(&m->settings.recipe, n, row + (uint64_t)(int64_t)n->rows,
                                       col + (uint64_t)(int64_t)n->cols));
}

static void draw_one(const model *m, cells *c, rect area, int y, const neighbour *n,
                     const window *here)
{
    window there = *here;
    detinit_recipe recipe = m->settings.recipe;
    size_t pairs;
    bool apart = n->layers + n->seeds != 0;
    recipe.layer += n->layers;
    recipe.seed += n->seeds;
    if (apart && !fill(&there, &recipe)) {
        free(there.draws);
        return;
    }
    double r = correlate(here, &there, (size_t)abs(n->rows), (size_t)abs(n->cols), &pairs);
    double errors = fabs(r) * sqrt((double)pairs);
    bool good = errors <= WITHIN_ERRORS;
    int x = area.x;
    x += cells_print(c, area, x, y, ROLE_TEXT, 0, "%-10s  %2d of 64    %+.3f ", n->name,
                     bits_changed(m, n), r);
    x += cells_text(c, area, x, y, good ? ROLE_GOOD : ROLE_BAD, 0, good ? "✓" : "✗");
    if (area.width >= ERRORS_WIDTH)
        cells_print(c, area, x, y, good ? ROLE_DIM : ROLE_BAD, 0, " %.1fσ", errors);
    if (apart)
        free(there.draws);
}

void neighbours_draw(const model *m, cells *c, rect area)
{
    const view *v = &m->view;
    bool last_row = v->row + 1 == model_rows(m), last_col = v->col + 1 == model_cols(m);
    const neighbour all[] = {
        {last_col ? "left" : "right", 0, last_col ? -1 : 1, 0, 0},
        {last_row ? "above" : "below", last_row ? -1 : 1, 0, 0, 0},
        {"next layer", 0, 0, 1, 0},
        {"next seed", 0, 0, 0, 1},
    };
    window here = window_at_cursor(m);
    if (area.height >= 2 && area.width >= LEAST_WIDTH && fill(&here, &m->settings.recipe)) {
        int y = area.y;
        char heading[80];
        const char *const texts[] = {heading, "neighbour   bits        correlation", "", NULL};
        snprintf(heading, sizeof heading, "neighbour   bits        correlation of %zu x %zu around",
                 here.rows, here.cols);
        cells_text(c, area, area.x, y++, ROLE_DIM, 0, cells_fitting(area.width, texts));
        for (size_t n = 0; n < sizeof all / sizeof all[0] && y < area.y + area.height; n++)
            if ((all[n].rows == 0 || here.rows > 1) && (all[n].cols == 0 || here.cols > 1))
                draw_one(m, c, area, y++, &all[n], &here);
    }
    free(here.draws);
}
