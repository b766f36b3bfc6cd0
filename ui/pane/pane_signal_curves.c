/* Curves by layer, and a table of what became of each scheme. */
#include "pane/pane_signal.h"

#include "text/chart.h"
#include "text/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A chart spans no more than so many powers of ten below and above 1. */
#define CHART_DECADES 14

/* A chart is no smaller, and at most so many columns stand between two. */
#define CHART_WIDTH  22
#define CHART_HEIGHT 4
#define GAP          2

/* From this width on the table stands beside the charts where they are low. */
#define BESIDE_WIDTH  110
#define BESIDE_HEIGHT 18

/* The table's: its heading and one for each scheme; with what it says of the recipe's below it. */
#define ROWS         (DETINIT_SCHEME_COUNT + 1)
#define ROWS_OF_BOTH (ROWS + 1)

/* ------------------------------------------------------------------- charts */

/* The figures that have curves. */
static const struct curve_row {
    const char *heading, *brief;
    size_t measured, expected;
    bool log;
} curve_rows[CURVE_COUNT] = {
    [CURVE_STD] = {"std of activations", "std", offsetof(detinit_signal_layer, std),
                   offsetof(detinit_predicted_layer, std), true},
    [CURVE_GRADIENT] = {"std of gradients", "gradients", offsetof(detinit_signal_layer, gradient),
                        offsetof(detinit_predicted_layer, gradient), true},
    [CURVE_ALIKE] = {"similarity of two inputs", "alike",
                     offsetof(detinit_signal_layer, correlation),
                     offsetof(detinit_predicted_layer, correlation), false},
};

/* The lines of one chart: each scheme as expected and as measured, on the same layers. */
typedef struct lines {
    double *values; /* owned; the layers, then all that is drawn */
    series all[2 * DETINIT_SCHEME_COUNT + 1];
    int count;
    double low, high; /* of what is drawn, above 0 and finite */
} lines;

static void note_range(lines *l, double value, bool log)
{
    if (!isfinite(value) || (log && !(value > 0)))
        return;
    l->low = fmin(l->low, value);
    l->high = fmax(l->high, value);
}

/* One line more through a field of all layers. */
static series *add_line(lines *l, const struct curve_row *row, const void *layers, size_t size,
                        size_t offset, size_t depth)
{
    double *y = l->values + depth * (size_t)(l->count + 1);
    series *s = &l->all[l->count++];
    for (size_t n = 0; n < depth; n++) {
        y[n] = *(const double *)((const char *)layers + n * size + offset);
        note_range(l, y[n], row->log);
    }
    *s = (series){.x = l->values, .y = y, .count = (int)depth};
    return s;
}

static void add_expected(lines *l, const struct curve_row *row, const signal_scheme *scheme)
{
    const signal_data *d = scheme->data;
    if (d->expected == NULL)
        return;
    series *s = add_line(l, row, d->expected, sizeof *d->expected, row->expected, d->request.depth);
    s->role = ROLE_DIM;
    s->mark = '.';
    s->points = true;
}

static void add_measured(lines *l, const struct curve_row *row, const signal_scheme *scheme,
                         bool named)
{
    const signal_data *d = scheme->data;
    series *s = add_line(l, row, d->layers, sizeof *d->layers, row->measured, d->request.depth);
    s->name = named ? scheme->name : NULL;
    s->role = scheme->follows ? ROLE_DIM : scheme->role;
    s->attributes = scheme->attributes;
    s->mark = detinit_mode_mark(scheme->mode);
}

/* The recipe's scheme comes last, on top. */
static void add_schemes(lines *l, const struct curve_row *row,
                        const signal_scheme schemes[DETINIT_SCHEME_COUNT], bool all, bool named)
{
    for (int pass = 0; pass < 3; pass++)
        for (int n = 0; n < DETINIT_SCHEME_COUNT; n++) {
            const signal_scheme *s = &schemes[n];
            if (s->data == NULL || (!all && !s->mine))
                continue;
            if (pass == 0)
                add_expected(l, row, s);
            else if (s->mine == (pass == 2))
                add_measured(l, row, s, named);
        }
}

/* As many decades as the lines take, within reason; similarity from 0, or below, to 1. */
static axis axis_of(const lines *l, const struct curve_row *row)
{
    if (!row->log)
        return (axis){.low = fmin(l->low, 0), .high = 1};
    const double least = pow(10, -CHART_DECADES), most = pow(10, CHART_DECADES);
    const double low = fmax(fmin(l->low, most / 100), least);
    const double high = fmin(fmax(l->high, 10 * low), most);
    return (axis){.low = low / 1.5, .high = high * 1.5, .log = true};
}

/* The layer that is looked at, unless it is the last: a line up and down, below all others. */
static void add_layer(const model *m, lines *l, axis y, double at[4])
{
    const size_t layer = signal_layer(m);
    at[0] = at[1] = (double)layer + 1;
    at[2] = y.low;
    at[3] = y.high;
    memmove(&l->all[1], &l->all[0], (size_t)l->count++ * sizeof l->all[0]);
    l->all[0] = (series){.role = ROLE_THEORY, .mark = '|', .x = at, .y = at + 2, .count = 2};
}

void signal_curve_draw(const model *m, cells *c, rect area, signal_curve which, bool all,
                       bool named)
{
    const struct curve_row *row = &curve_rows[which];
    const size_t depth = (size_t)m->settings.signal.depth;
    const char *const headings[] = {row->heading, row->brief, NULL};
    signal_scheme schemes[DETINIT_SCHEME_COUNT];
    double layer[4];
    lines l = {.low = INFINITY, .high = -INFINITY};
    axis x = {.low = 1, .high = depth > 1 ? (double)depth : 2, .whole = true, .name = "layer"};
    cells_text(c, area, area.x, area.y, ROLE_DIM, 0, cells_fitting(area.width, headings));
    l.values = calloc(depth * (2 * DETINIT_SCHEME_COUNT + 1), sizeof *l.values);
    if (l.values == NULL)
        return;
    for (size_t n = 0; n < depth; n++)
        l.values[n] = (double)n + 1;
    signal_schemes(m, schemes);
    add_schemes(&l, row, schemes, all, named);
    const axis y = axis_of(&l, row);
    if (signal_layer(m) + 1 < depth && all)
        add_layer(m, &l, y, layer);
    if (l.count > 0)
        plot_all(c, (rect){area.x, area.y + 1, area.width, area.height - 1}, x, y, l.all, l.count);
    free(l.values);
}

/* -------------------------------------------------------------------- table */

/* With all its columns. */
#define TABLE_WIDTH 80

/* A row of the table is drawn into its columns, from left to right. */
typedef struct table_row {
    const model *m;
    cells *c;
    rect area;
    int y;
    const signal_scheme *scheme;
    size_t layer;
} table_row;

static unsigned text_role(const table_row *r)
{
    return r->scheme->follows ? ROLE_DIM : ROLE_TEXT;
}

/* Three figures, at the right end of so many columns. */
static void draw_number(const table_row *r, int x, int width, double value)
{
    char text[32] = "-";
    if (!isnan(value))
        snprintf(text, sizeof text, "%.3g", value);
    if ((int)strlen(text) >= width)
        snprintf(text, sizeof text, "%.1g", value);
    cells_print(r->c, r->area, x, r->y, text_role(r), 0, "%*s", width, text);
}

static void draw_name(const table_row *r, int x, int width)
{
    (void)width;
    cells_print(r->c, r->area, x, r->y, r->scheme->role, r->scheme->attributes, "%s%s",
                r->scheme->mine ? "> " : "  ", r->scheme->name);
}

static void draw_sigma_w(const table_row *r, int x, int width)
{
    char text[32] = "-";
    const double sigma_w = r->scheme->data->field.sigma_w;
    if (!isnan(sigma_w))
        snprintf(text, sizeof text, sigma_w < 100 ? "%.2f" : "%.0e", sigma_w);
    cells_print(r->c, r->area, x, r->y, text_role(r), 0, "%*s", width, text);
}

static void draw_std(const table_row *r, int x, int width)
{
    draw_number(r, x, width, r->scheme->data->layers[r->layer].std);
}

static void draw_gradient(const table_row *r, int x, int width)
{
    draw_number(r, x, width, r->scheme->data->layers[0].gradient); /* what arrives there */
}

static void draw_alike(const table_row *r, int x, int width)
{
    char text[32] = "-";
    const double value = r->scheme->data->layers[r->layer].correlation;
    if (!isnan(value))
        snprintf(text, sizeof text, "%.2f", value);
    cells_print(r->c, r->area, x, r->y, text_role(r), 0, "%*s", width, text);
}

static void draw_histogram(const table_row *r, int x, int width)
{
    double heights[DETINIT_SIGNAL_BINS];
    signal_histogram(r->scheme->data, r->layer, width, heights);
    for (int n = 0; n < width; n++)
        if (heights[n] == 0)
            heights[n] = NAN;
    chart_line(r->c, r->area, x, r->y, heights, width, text_role(r));
}

static void draw_lost(const table_row *r, int x, int width)
{
    char share[16];
    cells_print(r->c, r->area, x, r->y, text_role(r), 0, "%*s", width,
                signal_share(signal_lost(r->scheme->data, r->layer), share));
}

static void draw_fate(const table_row *r, int x, int width)
{
    static const unsigned roles[DETINIT_FATE_COUNT] = {[DETINIT_FATE_HOLDS] = ROLE_GOOD,
                                                       [DETINIT_FATE_FADES] = ROLE_ACCENT,
                                                       [DETINIT_FATE_GONE] = ROLE_BAD,
                                                       [DETINIT_FATE_EXPLODES] = ROLE_BAD};
    const detinit_fate fate = r->scheme->data->verdict.both;
    (void)width;
    cells_text(r->c, r->area, x, r->y, r->scheme->follows ? ROLE_DIM : roles[fate], 0,
               detinit_fate_name(fate));
}

static void draw_phase(const table_row *r, int x, int width)
{
    (void)width;
    cells_text(r->c, r->area, x, r->y, text_role(r), 0, signal_phase(r->scheme->data));
}

/* Columns from left to right; of those for which there is no room the ones of high rank go. */
static const struct table_column {
    const char *heading; /* of what stands at its right end, where it is a figure */
    int width, gap;      /* gap: before it */
    int rank;
    bool figure;
    void (*draw)(const table_row *r, int x, int width);
} columns[] = {
    {"", 9, 0, 0, false, draw_name},      {"σ_w", 6, 0, 8, true, draw_sigma_w},
    {"std", 9, 0, 3, true, draw_std},     {"grad at 1", 10, 0, 4, true, draw_gradient},
    {"alike", 6, 0, 5, true, draw_alike}, {"", 8, 2, 6, false, draw_histogram},
    {"", 6, 1, 7, true, draw_lost},       {"", 8, 2, 1, false, draw_fate},
    {"", 13, 1, 2, false, draw_phase},
};
#define COLUMNS ((int)(sizeof columns / sizeof columns[0]))

/* How many ranks fit; returns the rank from which on columns go. */
static int ranks_fitting(int width)
{
    int rank = 0;
    for (int left = width; rank < COLUMNS; rank++) {
        for (int n = 0; n < COLUMNS; n++)
            if (columns[n].rank == rank)
                left -= columns[n].width + columns[n].gap;
        if (left < 0)
            break;
    }
    return rank;
}

/* Of the figures that are of one layer; and what is lost of it. */
static const char *heading_of(const model *m, const struct table_column *column, char buffer[32])
{
    if (column->draw == draw_histogram)
        snprintf(buffer, 32, signal_layer(m) < 999 ? "layer %zu" : "%zu", signal_layer(m) + 1);
    else if (column->draw == draw_lost)
        snprintf(buffer, 32, "%s",
                 signal_saturates(m->settings.signal.activation) ? "satur." : "dead");
    else
        snprintf(buffer, 32, "%s", column->heading);
    return buffer;
}

static void draw_headings(const model *m, cells *c, rect area, int ranks)
{
    char text[32];
    int x = area.x;
    for (int n = 0; n < COLUMNS; n++) {
        if (columns[n].rank >= ranks)
            continue;
        heading_of(m, &columns[n], text);
        const int before =
            columns[n].figure ? columns[n].width - cells_columns(text, strlen(text)) : 0;
        cells_text(c, area, x + columns[n].gap + before, area.y, ROLE_DIM, 0, text);
        x += columns[n].gap + columns[n].width;
    }
}

static void draw_row(const table_row *r, int ranks)
{
    char text[208];
    int x = r->area.x;
    if (r->scheme->data == NULL) {
        draw_name(r, x, columns[0].width);
        snprintf(text, sizeof text, "%s",
                 r->scheme->refusal[0] != '\0' ? r->scheme->refusal : "...");
        cells_shorten(text, r->area.width - columns[0].width - 1);
        cells_text(r->c, r->area, x + columns[0].width + 1, r->y, ROLE_DIM, 0, text);
        return;
    }
    for (int n = 0; n < COLUMNS; n++) {
        if (columns[n].rank >= ranks)
            continue;
        columns[n].draw(r, x + columns[n].gap, columns[n].width);
        x += columns[n].gap + columns[n].width;
    }
}

/* By how often something grew, or to what part of itself it fell; "?" where it left float64. */
static const char *times(double ratio, char buffer[24])
{
    if (isnan(ratio))
        return "?";
    snprintf(buffer, 24, ratio >= 0.1 && ratio < 100 ? "%.2f" : "%.0e", ratio);
    return buffer;
}

/* What becomes of the recipe's scheme, in as many words as fit. */
static void draw_sentence(const table_row *r)
{
    const signal_data *d = r->scheme->data;
    const double alike = d->layers[d->request.depth - 1].correlation;
    char full[200], middle[160], brief[96], up[24], down[24], end[64] = "";
    const char *const texts[] = {full, middle, brief, NULL};
    const char *sign = r->c->ascii ? "x" : "×";
    if (!isnan(alike))
        snprintf(end, sizeof end, ", inputs %.2g alike end %.2f alike", DETINIT_SIGNAL_CORRELATION,
                 alike);
    snprintf(brief, sizeof brief, "%s: signal %s%s, gradient %s%s", r->scheme->name, sign,
             times(d->verdict.signal_ratio, up), sign, times(d->verdict.gradient_ratio, down));
    snprintf(middle, sizeof middle, "%s%s", brief, end);
    snprintf(full, sizeof full, "%s on its way back%s", brief, end);
    cells_text(r->c, r->area, r->area.x, r->y, text_role(r), 0,
               cells_fitting(r->area.width, texts));
}

static void draw_table(const model *m, cells *c, rect area)
{
    signal_scheme schemes[DETINIT_SCHEME_COUNT];
    const int ranks = ranks_fitting(area.width);
    signal_schemes(m, schemes);
    const signal_scheme *mine = signal_mine(schemes);
    const table_row below = {m, c, area, area.y + ROWS, mine, signal_layer(m)};
    if (mine != NULL && mine->data != NULL && area.height > ROWS)
        draw_sentence(&below);
    draw_headings(m, c, area, ranks);
    for (int n = 0; n < DETINIT_SCHEME_COUNT && n + 1 < area.height; n++) {
        const table_row r = {m, c, area, area.y + 1 + n, &schemes[n], signal_layer(m)};
        draw_row(&r, ranks);
    }
}

/* --------------------------------------------------------------------- view */

/* All of the table, but that the charts have room. */
static rect beside_charts(rect all)
{
    const int left = all.width - CURVE_COUNT * (CHART_WIDTH + GAP);
    const int width = left < TABLE_WIDTH ? left : TABLE_WIDTH;
    return (rect){all.x + all.width - width, all.y, width, all.height};
}

/* Where the table is: below the charts, or beside them where they are wide and low. */
static rect table_area(rect inside)
{
    const rect all = {inside.x + 1, inside.y, inside.width - 2, inside.height};
    if (inside.width < 10)
        return inside;
    if (inside.width >= BESIDE_WIDTH && inside.height < BESIDE_HEIGHT)
        return beside_charts(all);
    if (inside.height < ROWS + 1 + CHART_HEIGHT)
        return all;
    const int rows = inside.height >= ROWS_OF_BOTH + 1 + CHART_HEIGHT ? ROWS_OF_BOTH : ROWS;
    return (rect){all.x, all.y + all.height - rows, all.width, rows};
}

int signal_curves_scheme_at(rect inside, int y)
{
    const int row = y - table_area(inside).y - 1;
    return row >= 0 && row < DETINIT_SCHEME_COUNT ? row : -1;
}

/* As many charts as there is room for, side by side, or one below the other. */
static void draw_charts(const model *m, cells *c, rect area)
{
    int across = area.width / CHART_WIDTH, down = 1;
    across = across > CURVE_COUNT ? CURVE_COUNT : across;
    while (across == 1 && down < CURVE_COUNT && area.height / (down + 1) > CHART_HEIGHT + 2)
        down++;
    if (across == 0 || area.height < CHART_HEIGHT)
        return;
    const int width = (area.width - GAP * (across - 1)) / across, height = area.height / down;
    for (int n = 0; n < across * down; n++)
        signal_curve_draw(m, c,
                          (rect){area.x + n % across * (width + GAP), area.y + n / across * height,
                                 width, height},
                          (signal_curve)n, true, false);
}

void signal_curves_draw(const model *m, cells *c, rect inside)
{
    const rect table = table_area(inside);
    rect charts = {inside.x + 1, inside.y, inside.width - 2, table.y - inside.y};
    if (table.x > inside.x + 1)
        charts = (rect){inside.x + 1, inside.y, table.x - inside.x - 3, inside.height};
    draw_charts(m, c, charts);
    draw_table(m, c, table);
}
