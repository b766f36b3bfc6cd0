/* The map of the Training pane: where in a tensor weights woke up, and how far all moved. */
#include "model/viewing.h"
#include "text/chart.h"
#include "text/pixels.h"
#include "text/plot.h"
#include "pane/pane.h"
#include "pane/pane_training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The layer of the file's tensor that is looked at; layer_count: it has none. */
static size_t layer_of_file(const model *m)
{
    size_t n = 0;
    const bool compared = m->trained->steps == 0 && viewing_is_of_file(m);
    const char *name = compared ? viewing_name(m) : "";
    while (n < m->trained->layer_count && strcmp(m->trained->layers[n].name, name) != 0)
        n++;
    return n;
}

training_look training_look_at(const model *m)
{
    const training_look *look = pane_state(m, &pane_training);
    if (m->trained == NULL)
        return *look;
    const size_t of_file = layer_of_file(m);
    if (of_file < m->trained->layer_count && of_file != look->tensor)
        return (training_look){.tensor = of_file};
    if (look->tensor >= m->trained->layer_count)
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

/* Columns of colours in the legend. */
#define LEGEND 6

/* How the map lies over what is held of a tensor. */
typedef struct grid {
    const trained_layer *layer;
    rect area;           /* for the map, whose pixels are half a cell high */
    size_t top, left;    /* the first held row and column shown */
    size_t down, across; /* how many are shown */
    size_t rows, cols;   /* in so many places, each of one of them or more */
    size_t side;         /* pixels of a place: 1, or an even number where all fit several times */
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
    size_t rows = g.area.height > 0 ? 2 * (size_t)g.area.height : 0;
    size_t cols = g.area.width > 0 ? (size_t)g.area.width : 0;
    g.side = smaller(rows / layer->held_rows, cols / layer->held_cols);
    g.side = g.side < 2 ? 1 : g.side - g.side % 2;
    g.rows = smaller(rows, layer->held_rows);
    g.cols = smaller(cols, layer->held_cols);
    g.down = in_detail(m) ? g.rows : layer->held_rows;
    g.across = in_detail(m) ? g.cols : layer->held_cols;
    g.top = centred((size_t)(look.row / layer->row_step), g.down, layer->held_rows);
    g.left = centred((size_t)(look.col / layer->col_step), g.across, layer->held_cols);
    return g;
}

/* Where the n-th of `parts` places over `count` places begins; the end, for n = parts. */
static size_t begin_of(size_t n, size_t count, size_t parts)
{
    return n * count / parts;
}

/* Where a weight lies: the last that begins at or before it. */
static size_t place_of(size_t place, size_t count, size_t parts)
{
    return ((place + 1) * parts - 1) / count;
}

/* --------------------------------------------------------------------- map */

/* The held weights of a place that are awake; how many it has, and the number of the first. */
static size_t count_place(const grid *g, size_t row, size_t col, double threshold, size_t *total,
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

/* Colours of what is awake begin here: what sleeps is told from all of it. */
#define AWAKE_FROM 0.25

/* A single weight is as bright as can be so many octaves past the threshold. */
#define OCTAVES 3

/* The brightness of what is awake, by a share from 0 to 1. */
static double shade(double share)
{
    return AWAKE_FROM + (1 - AWAKE_FROM) * fmin(fmax(share, 0), 1);
}

double training_brightness(double change, double reference)
{
    return change > reference ? shade(log2(change / reference) / OCTAVES) : 0;
}

/* Of a block, the share awake; of a single weight, by how many octaves it passed the threshold. */
static double brightness(const grid *g, size_t row, size_t col, double threshold, double reference)
{
    size_t total, first, awake = count_place(g, row, col, threshold, &total, &first);
    if (awake == 0)
        return 0;
    if (g->down <= g->rows && g->across <= g->cols)
        return shade((log2(g->layer->held[first] / reference)) / OCTAVES);
    return shade((double)awake / (double)total);
}

double training_reference(const model *m)
{
    const trained_layer *layer = &m->trained->layers[training_look_at(m).tensor];
    double most = 0;
    if (m->trained->threshold > 0)
        return m->trained->threshold;
    for (size_t n = 0; n < layer->held_rows * layer->held_cols; n++)
        if (layer->held[n] < INFINITY)
            most = fmax(most, layer->held[n]);
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
    char pictures[64];
    const int legend = pixels_legend_width(LEGEND, "asleep", "awake") + 2;
    /* Where there is no room for both, what single weights are is told rather than the colours. */
    const bool has_legend = end - x >= legend + (detail ? 16 : 0);
    const int room = has_legend ? end - x - legend : end - x;
    if (training_tiles_note(m, area, pictures, sizeof pictures)) {
        if (room >= (int)strlen(pictures))
            cells_text(c, area, x, area.y, ROLE_DIM, 0, pictures);
    } else if (detail && l->row_step * l->col_step == 1 && room >= 16) {
        cells_text(c, area, x, area.y, ROLE_DIM, 0, "  single weights");
    } else if (down * across > 1 && room >= 20) {
        cells_print(c, area, x, area.y, ROLE_DIM, 0,
                    detail       ? "  every %llu x %llu"
                    : room >= 37 ? "  share awake, %llu x %llu a pixel"
                                 : "  %llu x %llu a pixel",
                    down, across);
    }
    if (has_legend)
        pixels_legend(c, area, end - legend + 2, area.y, LEGEND, ROLE_RAMP, "asleep", "awake");
}

/* What the map is made of. */
typedef struct picture {
    const grid *g;
    double threshold, reference;
} picture;

static unsigned pixel(const void *data, int row, int col)
{
    const picture *p = data;
    const size_t side = p->g->side;
    return pixels_ramp(
        brightness(p->g, (size_t)row / side, (size_t)col / side, p->threshold, p->reference));
}

/* Over all cells of a place. */
static void draw_cursor(cells *c, const grid *g, size_t row, size_t col)
{
    const int x = g->area.x + (int)(col * g->side), y = g->area.y + (int)(row * g->side / 2);
    const int side = (int)g->side;
    for (int down = 0; down < (side + 1) / 2; down++)
        for (int across = 0; across < side; across++)
            cells_put(c, x + across, y + down, '+', ROLE_TEXT, ATTR_REVERSE);
}

void training_map_draw(const model *m, cells *c, rect area)
{
    const training_look look = training_look_at(m);
    if (area.width <= 0 || area.height <= 0 || m->trained->layer_count == 0)
        return;
    grid g = make_grid(m, area);
    double threshold = m->trained->threshold;
    draw_heading(m, c, area, &g);
    if (g.rows == 0 || g.cols == 0 || training_tiles_draw(m, c, area))
        return;
    const picture p = {&g, threshold, training_reference(m)};
    pixels_draw(c, g.area, (int)(g.rows * g.side), (int)(g.cols * g.side), pixel, &p);
    size_t row = (size_t)(look.row / g.layer->row_step);
    size_t col = (size_t)(look.col / g.layer->col_step);
    if (pane_in_focus(m, &pane_training) && row < g.layer->held_rows && col < g.layer->held_cols)
        draw_cursor(c, &g, place_of(row - g.top, g.down, g.rows),
                    place_of(col - g.left, g.across, g.cols));
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
    if (training_tiles_note(m, area, NULL, 0)) /* each weight is in a picture of its own */
        v->row_jump = v->col_jump = 1;
}

bool training_map_at(const model *m, rect area, int x, int y, uint64_t *row, uint64_t *col)
{
    if (m->trained == NULL || m->trained->layer_count == 0 || area.width <= 0 || area.height <= 0)
        return false;
    bool hit;
    if (training_tiles_at(m, area, x, y, &hit, row, col))
        return hit;
    grid g = make_grid(m, area);
    if (x < g.area.x || y < g.area.y)
        return false;
    const int across = (x - g.area.x) / (int)g.side, down = 2 * (y - g.area.y) / (int)g.side;
    if ((size_t)across >= g.cols || (size_t)down >= g.rows)
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

/* Bars of a histogram of change: counts by column, of what sleeps and of what is awake. */
typedef struct change_bars {
    axis x;
    int width;
    double *asleep, *awake;
} change_bars;

/* Where on the axis a difference lies, in columns. */
static double column_of(const change_bars *b, double delta)
{
    return axis_share(&b->x, delta) * b->width;
}

/* Spreads the weights of each bin over the columns that it covers. Returns the most in one. */
static double fill_bars(const change_bars *b, const trained_network *t, size_t low, size_t high)
{
    const double mark = t->threshold > 0 ? floor(column_of(b, t->threshold)) : -1;
    double most = 0;
    for (int n = 0; n < b->width; n++)
        b->asleep[n] = b->awake[n] = 0;
    for (size_t n = low; n < high; n++) {
        double begin = column_of(b, trained_edge(n)), end = column_of(b, trained_edge(n + 1));
        double density = between(t, n, n + 1) / (end - begin);
        for (int col = (int)begin; col < b->width && (double)col < end; col++) {
            double *counts = col < mark ? b->asleep : b->awake;
            counts[col] += density * (fmin(end, col + 1) - fmax(begin, col));
            most = fmax(most, counts[col]);
        }
    }
    return most;
}

void training_histogram_draw(const model *m, cells *c, rect area)
{
    const trained_network *t = m->trained;
    const rect below = {area.x, area.y + 1, area.width, area.height - 1};
    size_t low, high;
    if (area.height < 3 || area.width < 24)
        return;
    cells_text(c, area, area.x, area.y, ROLE_DIM, 0, "how far weights moved");
    double *counts = calloc(2 * (size_t)area.width, sizeof *counts);
    if (counts != NULL && find_span(t, &low, &high)) {
        change_bars b = {
            .x = {trained_edge(low), trained_edge(high), .log = true, .name = "|w - w0|"},
            .width = area.width,
            .asleep = counts,
            .awake = counts + area.width};
        axis y = {.high = fill_bars(&b, t, low, high)};
        b.width = plot_place(c, below, b.x, y, 0).data.width;
        y.high = fill_bars(&b, t, low, high);
        const plot p = plot_place(c, below, b.x, y, 0);
        plot_axes(&p);
        if (p.data.width == b.width) {
            plot_bars(&p, b.asleep, ROLE_DIM);
            plot_bars(&p, b.awake, ROLE_BAR);
        }
    }
    free(counts);
}
