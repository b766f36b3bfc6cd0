/* The map of the Training pane: where in a tensor weights woke up, and how far all moved. */
#include "text/chart.h"
#include "pane/pane.h"
#include "pane/pane_training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

training_look training_look_at(const model *m)
{
    const training_look *look = pane_state(m, &pane_training);
    if (m->trained != NULL && look->tensor >= m->trained->layer_count)
        return (training_look){.tensor = 0};
    return *look;
}

void training_show_tensor(model *m, size_t tensor)
{
    training_look *look = pane_state_to_change(m, &pane_training);
    if (training_look_at(m).tensor != tensor)
        *look = (training_look){.tensor = tensor};
}

static bool in_detail(const model *m)
{
    return pane_view_now(m, &pane_training) == TRAINING_DETAIL;
}

/* How the map lies over what is held of a tensor. */
typedef struct grid {
    const trained_layer *layer;
    rect area;           /* for the cells of the map */
    size_t top, left;    /* the first held row and column shown */
    size_t down, across; /* how many are shown */
    size_t rows, cols;   /* in so many cells, each of one of them or more */
} grid;

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The first of `room` places that has `place` in the middle, as far as there are more. */
static size_t centred(size_t place, size_t room, size_t total)
{
    size_t first = place > room / 2 ? place - room / 2 : 0;
    return total <= room ? 0 : smaller(first, total - room);
}

static grid make_grid(const model *m, rect area)
{
    const training_look look = training_look_at(m);
    const trained_layer *layer = &m->trained->layers[look.tensor];
    grid g = {.layer = layer, .area = {area.x, area.y + 1, area.width, area.height - 1}};
    size_t rows = g.area.height > 0 ? (size_t)g.area.height : 0;
    size_t cols = g.area.width > 0 ? (size_t)g.area.width : 0;
    g.rows = smaller(rows, layer->held_rows);
    g.cols = smaller(cols, layer->held_cols);
    g.down = in_detail(m) ? g.rows : layer->held_rows;
    g.across = in_detail(m) ? g.cols : layer->held_cols;
    g.top = centred((size_t)(look.row / layer->row_step), g.down, layer->held_rows);
    g.left = centred((size_t)(look.col / layer->col_step), g.across, layer->held_cols);
    return g;
}

/* Where the n-th of `parts` cells over `count` places begins; the end, for n = parts. */
static size_t begin_of(size_t n, size_t count, size_t parts)
{
    return n * count / parts;
}

/* The cell of a place: the last that begins at or before it. */
static size_t cell_of(size_t place, size_t count, size_t parts)
{
    return ((place + 1) * parts - 1) / count;
}

/* --------------------------------------------------------------------- map */

/* The held weights of a cell that are awake; how many it has, and the number of the first. */
static size_t count_cell(const grid *g, size_t row, size_t col, double threshold, size_t *total,
                         size_t *first)
{
    const trained_layer *l = g->layer;
    size_t top = g->top + begin_of(row, g->down, g->rows);
    size_t bottom = g->top + begin_of(row + 1, g->down, g->rows);
    size_t left = g->left + begin_of(col, g->across, g->cols);
    size_t right = g->left + begin_of(col + 1, g->across, g->cols), awake = 0;
    for (size_t r = top; r < bottom; r++)
        for (size_t n = left; n < right; n++)
            awake += l->held[r * l->held_cols + n] > threshold;
    *total = (bottom - top) * (right - left);
    *first = top * l->held_cols + left;
    return awake;
}

/* Of a block, the share awake; of a single weight, by how many octaves it passed the threshold. */
static int level_of(const grid *g, size_t row, size_t col, double threshold, double reference)
{
    const int most = WAKE_LEVELS - 1;
    size_t total, first, awake = count_cell(g, row, col, threshold, &total, &first);
    if (awake == 0)
        return 0;
    if (g->down > g->rows || g->across > g->cols)
        return (int)ceil((double)awake * most / (double)total);
    double octaves = log2(g->layer->held[first] / reference);
    return octaves < 0 ? 1 : octaves < 3 ? 1 + (int)(2 * octaves) : most;
}

/* What single weights are measured by: the threshold, or, where that is 0, the largest of them. */
static double reference_of(const grid *g, double threshold)
{
    double most = 0;
    size_t held = g->layer->held_rows * g->layer->held_cols;
    if (threshold > 0)
        return threshold;
    for (size_t n = 0; n < held; n++)
        if (g->layer->held[n] < INFINITY)
            most = fmax(most, g->layer->held[n]);
    return most > 0 ? most / 16 : 1;
}

/* Rows of the tensor in a cell, or columns, as nearly as a whole number tells. */
static unsigned long long weights_across(size_t count, size_t parts, uint64_t step)
{
    return parts > 0 ? (unsigned long long)((count + parts / 2) / parts * step) : 0;
}

static void draw_heading(const model *m, cells *c, rect area, const grid *g)
{
    const trained_layer *l = g->layer;
    bool detail = in_detail(m);
    unsigned long long down = weights_across(g->down, g->rows, l->row_step);
    unsigned long long across = weights_across(g->across, g->cols, l->col_step);
    int x = area.x, end = area.x + area.width;
    x += cells_print(c, area, x, area.y, ROLE_ACCENT, ATTR_BOLD, "%.20s", l->name);
    x += cells_print(c, area, x, area.y, ROLE_TEXT, 0, "  %llu x %llu", (unsigned long long)l->rows,
                     (unsigned long long)l->cols);
    if (detail && l->row_step * l->col_step == 1 && end - x >= 18)
        x += cells_text(c, area, x, area.y, ROLE_DIM, 0, "  single weights");
    else if (down * across > 1 && end - x >= 20)
        x += cells_print(c, area, x, area.y, ROLE_DIM, 0,
                         detail          ? "  every %llu x %llu"
                         : end - x >= 36 ? "  share awake, %llu x %llu a cell"
                                         : "  %llu x %llu a cell",
                         down, across);
    /* The legend, at the right end. */
    if (end - x < 24)
        return;
    x = end - WAKE_LEVELS / 2 - 14;
    x += cells_text(c, area, x, area.y, ROLE_DIM, 0, "asleep ");
    for (int level = 0; level < WAKE_LEVELS; level += level == 0 ? 1 : 2)
        chart_wake(c, x++, area.y, level);
    cells_text(c, area, x, area.y, ROLE_DIM, 0, " awake");
}

void training_map_draw(const model *m, cells *c, rect area)
{
    const training_look look = training_look_at(m);
    if (area.width <= 0 || area.height <= 0 || m->trained->layer_count == 0)
        return;
    grid g = make_grid(m, area);
    double threshold = m->trained->threshold;
    draw_heading(m, c, area, &g);
    if (g.rows == 0 || g.cols == 0)
        return;
    double reference = reference_of(&g, threshold);
    for (size_t row = 0; row < g.rows; row++)
        for (size_t col = 0; col < g.cols; col++)
            chart_wake(c, g.area.x + (int)col, g.area.y + (int)row,
                       level_of(&g, row, col, threshold, reference));
    size_t row = (size_t)(look.row / g.layer->row_step);
    size_t col = (size_t)(look.col / g.layer->col_step);
    if (pane_in_focus(m, &pane_training) && row < g.layer->held_rows && col < g.layer->held_cols)
        cells_put(c, g.area.x + (int)cell_of(col - g.left, g.across, g.cols),
                  g.area.y + (int)cell_of(row - g.top, g.down, g.rows), '+', ROLE_TEXT,
                  ATTR_REVERSE);
}

void training_map_fit(model *m, rect inside)
{
    training_look *v = pane_state_to_change(m, &pane_training);
    *v = training_look_at(m);
    rect area = training_map_area(m, inside);
    v->row_jump = v->col_jump = v->page_rows = 1;
    if (area.width <= 0 || m->trained->layer_count == 0)
        return;
    grid g = make_grid(m, area);
    if (g.rows == 0 || g.cols == 0)
        return;
    v->row_jump = (g.down + g.rows - 1) / g.rows * g.layer->row_step;
    v->col_jump = (g.across + g.cols - 1) / g.cols * g.layer->col_step;
    v->page_rows = g.rows;
}

bool training_map_at(const model *m, rect area, int x, int y, uint64_t *row, uint64_t *col)
{
    if (m->trained == NULL || m->trained->layer_count == 0 || area.width <= 0 || area.height <= 0)
        return false;
    grid g = make_grid(m, area);
    const int across = x - g.area.x, down = y - g.area.y;
    if (across < 0 || down < 0 || (size_t)across >= g.cols || (size_t)down >= g.rows)
        return false;
    *row = (g.top + begin_of((size_t)down, g.down, g.rows)) * g.layer->row_step;
    *col = (g.left + begin_of((size_t)across, g.across, g.cols)) * g.layer->col_step;
    return true;
}

void training_map_click(model *m, rect inside, int x, int y)
{
    training_look look = training_look_at(m);
    if (!training_map_at(m, training_map_area(m, inside), x, y, &look.row, &look.col))
        return;
    *(training_look *)pane_state_to_change(m, &pane_training) = look;
}

void training_map_move(model *m, motion by)
{
    training_look look = training_look_at(m);
    if (m->trained == NULL || m->trained->layer_count == 0)
        return;
    const trained_layer *layer = &m->trained->layers[look.tensor];
    const uint64_t row_jump = look.row_jump > 0 ? look.row_jump : 1;
    const uint64_t col_jump = look.col_jump > 0 ? look.col_jump : 1;
    look.row = motion_apply(look.row, by.rows, row_jump, layer->rows);
    look.row = motion_apply(look.row, by.pages, look.page_rows * row_jump, layer->rows);
    look.col = motion_apply(look.col, by.cols, col_jump, layer->cols);
    *(training_look *)pane_state_to_change(m, &pane_training) = look;
}

void training_map_place(const model *m, rect area, char *buffer, size_t size)
{
    const training_look look = training_look_at(m);
    if (m->trained->layer_count == 0)
        return;
    grid g = make_grid(m, area);
    const trained_layer *l = g.layer;
    size_t row = (size_t)(look.row / l->row_step), col = (size_t)(look.col / l->col_step);
    if (g.rows == 0 || row >= l->held_rows || col >= l->held_cols)
        return;
    double delta = l->held[row * l->held_cols + col];
    snprintf(buffer, size, "at %llu,%llu: |w - w0| = %.3g, %s",
             (unsigned long long)(row * l->row_step), (unsigned long long)(col * l->col_step),
             delta, delta > m->trained->threshold ? "awake" : "asleep");
}

/* --------------------------------------------------------------- histogram */

/* Weights of all layers between two edges, and past the second. */
static double between(const trained_network *t, size_t from, size_t to)
{
    double count = 0;
    for (size_t k = 0; k < t->layer_count; k++)
        count += (double)(t->layers[k].above[from] - t->layers[k].above[to]);
    return count;
}

/* The edges between which all but a few weights lie. */
static bool find_span(const trained_network *t, size_t *low, size_t *high)
{
    double some = (double)t->total * 2e-4;
    size_t last = TRAINED_EDGES - 1;
    *low = 1;
    *high = last;
    if (between(t, 0, last) <= 0)
        return false;
    while (*high > 2 && between(t, *high - 1, last) <= 0)
        --*high;
    while (*low + 1 < *high && between(t, 0, *low + 1) <= some)
        ++*low;
    return *low < *high;
}

typedef struct plot {
    const trained_network *t;
    rect bars;
    size_t low, high;     /* edges */
    double from, octaves; /* the axis, log2 */
} plot;

/* Where on the axis a difference lies, in columns. */
static double column_of(const plot *p, double delta)
{
    return (log2(delta) - p->from) / p->octaves * p->bars.width;
}

/* Spreads the weights of each bin over the columns that it covers. */
static void fill_columns(const plot *p, double *counts)
{
    for (size_t n = p->low; n < p->high; n++) {
        double begin = column_of(p, trained_edge(n)), end = column_of(p, trained_edge(n + 1));
        double density = between(p->t, n, n + 1) / (end - begin);
        for (int col = (int)begin; col < p->bars.width && (double)col < end; col++)
            counts[col] += density * (fmin(end, col + 1) - fmax(begin, col));
    }
}

static void draw_axis(const plot *p, cells *c, rect area, int mark)
{
    int y = p->bars.y + p->bars.height;
    char text[32];
    cells_print(c, area, p->bars.x, y, ROLE_DIM, 0, "%.1e", trained_edge(p->low));
    int length = snprintf(text, sizeof text, "%.1e", trained_edge(p->high));
    cells_text(c, area, p->bars.x + p->bars.width - length, y, ROLE_DIM, 0, text);
    if (mark >= 0 && mark < p->bars.width)
        cells_put(c, p->bars.x + mark, y, 0x25B2, ROLE_ACCENT, ATTR_BOLD);
}

void training_histogram_draw(const model *m, cells *c, rect area)
{
    const trained_network *t = m->trained;
    plot p = {.t = t, .bars = {area.x, area.y + 1, area.width, area.height - 2}};
    if (p.bars.height < 1 || p.bars.width < 20)
        return;
    cells_text(c, area, area.x, area.y, ROLE_DIM, 0, "how far weights moved");
    if (!find_span(t, &p.low, &p.high))
        return;
    p.from = log2(trained_edge(p.low));
    p.octaves = log2(trained_edge(p.high)) - p.from;
    double *counts = calloc((size_t)p.bars.width, sizeof *counts), most = 0;
    int mark = t->threshold > 0 ? (int)floor(column_of(&p, t->threshold)) : -1;
    if (counts != NULL)
        fill_columns(&p, counts);
    for (int n = 0; n < p.bars.width && counts != NULL; n++)
        most = fmax(most, counts[n]);
    for (int n = 0; n < p.bars.width && most > 0; n++)
        chart_bar(c, p.bars.x + n, p.bars.y + p.bars.height - 1, p.bars.height, counts[n] / most,
                  n < mark ? ROLE_DIM : ROLE_BAR);
    draw_axis(&p, c, area, mark);
    free(counts);
}
