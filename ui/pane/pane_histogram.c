/* The distribution of the weights, with what theory expects over it. */
#include "text/chart.h"
#include "detinit_describe.h"
#include "pane/pane.h"
#include "pane/pane_matrix.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Columns for the counts at the left edge. */
#define AXIS 8

typedef struct plot {
    const detinit_histogram *h;
    rect area; /* the bars */
    double low, high;
    double *drawn, *theory; /* per column */
    double most;
    bool log;
} plot;

static double column_edge(const plot *p, int column)
{
    return p->low + (p->high - p->low) * column / p->area.width;
}

/* Height of a count, 0 .. 1. */
static double height_of(const plot *p, double count)
{
    if (p->log)
        return count <= 0 ? 0 : log1p(count) / log1p(p->most);
    return count / p->most;
}

/* Counts of each column; where columns are narrower than bins, counts of a bin. */
static void fill_columns(plot *p)
{
    double columns_per_bin = (double)p->area.width / (double)p->h->bins;
    double scale = columns_per_bin > 1 ? columns_per_bin : 1;
    p->most = 1e-300;
    for (int n = 0; n < p->area.width; n++) {
        double low = column_edge(p, n), high = column_edge(p, n + 1);
        p->drawn[n] = scale * chart_count(p->h, low, high, false);
        p->theory[n] = scale * chart_count(p->h, low, high, true);
        p->most = fmax(p->most, fmax(p->drawn[n], p->theory[n]));
    }
}

static void draw_bars(const plot *p, cells *c)
{
    int bottom = p->area.y + p->area.height - 1;
    for (int n = 0; n < p->area.width; n++) {
        double drawn = height_of(p, p->drawn[n]);
        int row = (int)(height_of(p, p->theory[n]) * p->area.height);
        bool over = drawn * p->area.height >= row + 1;
        chart_bar(c, p->area.x + n, bottom, p->area.height, drawn, ROLE_BAR);
        if (row < p->area.height && p->theory[n] > 0)
            cells_put(c, p->area.x + n, bottom - row, 0x2022, over ? ROLE_OVER : ROLE_THEORY,
                      ATTR_BOLD);
    }
}

/* The vertical axis: counts for each column of the picture. */
static void draw_counts(const plot *p, cells *c, rect inside)
{
    for (int y = 0; y < p->area.height; y++)
        cells_put(c, p->area.x - 1, p->area.y + y, 0x2502, ROLE_DIM, 0);
    cells_print(c, inside, inside.x, p->area.y, ROLE_DIM, 0, "%*.*f", AXIS - 2,
                p->most < 10 ? 1 : 0, p->most);
    cells_put(c, p->area.x - 1, p->area.y, 0x2524, ROLE_DIM, 0);
    cells_print(c, inside, inside.x, p->area.y + p->area.height - 1, ROLE_DIM, 0, "%*d", AXIS - 2,
                0);
    cells_put(c, p->area.x - 1, p->area.y + p->area.height - 1, 0x2524, ROLE_DIM, 0);
}

/* A round number, such that a few of its multiples lie in a range: 1, 2 or 5 times a power of 10.
 */
static double round_step(double range, int most)
{
    double step = pow(10, floor(log10(range / most)));
    for (int n = 0; range / step > most; n++)
        step *= n % 3 == 1 ? 2.5 : 2;
    return step;
}

/* The horizontal axis: round numbers under their columns. */
static void draw_values(const plot *p, cells *c, rect inside)
{
    int y = p->area.y + p->area.height, free_from = inside.x, end = inside.x + inside.width;
    double range = p->high - p->low, step = round_step(range, 1 + p->area.width / 12);
    if (y >= inside.y + inside.height || !(range > 0) || !isfinite(range))
        return;
    for (double n = ceil(p->low / step); n * step <= p->high; n++) {
        char text[32];
        int width = snprintf(text, sizeof text, n == 0 ? "0" : "%+.4g", n * step);
        int x = p->area.x + (int)((n * step - p->low) / range * p->area.width) - width / 2;
        if (x >= free_from && x + width <= end)
            free_from = x + 1 + cells_text(c, inside, x, y, ROLE_DIM, 0, text);
    }
}

/* The weight below which a share `p` of all lies, read off the histogram. */
static double sample_quantile(const detinit_histogram *h, double p, double total)
{
    double below = 0, wanted = p * total;
    for (size_t n = 0; n < h->bins; n++) {
        double count = (double)h->counts[n];
        if (below + count >= wanted && count > 0)
            return h->edges[n] + (h->edges[n + 1] - h->edges[n]) * (wanted - below) / count;
        below += count;
    }
    return h->edges[h->bins];
}

/* Quantiles of the weights against the theory's: on the diagonal where they agree. */
static void fill_qq(const model *m, plot *p, cells *c, rect inside)
{
    (void)inside;
    const detinit_recipe *recipe = &m->settings.recipe;
    double total = (double)m->results.survey.statistics.count;
    int bottom = p->area.y + p->area.height - 1;
    for (int n = 0; n < p->area.width; n++) {
        double theory = (column_edge(p, n) + column_edge(p, n + 1)) / 2;
        double share = detinit_theory_cdf(recipe, theory);
        int diagonal = (int)((theory - p->low) / (p->high - p->low) * p->area.height);
        cells_put(c, p->area.x + n, bottom - diagonal, 0x00B7, ROLE_THEORY, 0);
        if (share * total < 0.5 || (1 - share) * total < 0.5)
            continue;
        double drawn = sample_quantile(p->h, share, total);
        int row = (int)((drawn - p->low) / (p->high - p->low) * p->area.height);
        if (row >= 0 && row < p->area.height)
            cells_put(c, p->area.x + n, bottom - row, 0x2022, ROLE_BAR, ATTR_BOLD);
    }
}

/* Makes room for the bars and draws them as `fill` does; nothing where there is no room. */
static void draw_plot(const model *m, cells *c, rect inside, bool log,
                      void (*fill)(const model *m, plot *p, cells *c, rect inside))
{
    const detinit_histogram *h = &m->results.survey.histogram;
    plot p = {.h = h, .log = log};
    p.area = (rect){inside.x + AXIS, inside.y, inside.width - AXIS - 1, inside.height - 1};
    if (p.area.width < 2 || p.area.height < 1 || h->bins == 0)
        return;
    p.low = h->edges[0];
    p.high = h->edges[h->bins];
    p.drawn = calloc((size_t)p.area.width, sizeof *p.drawn);
    p.theory = calloc((size_t)p.area.width, sizeof *p.theory);
    if (p.drawn != NULL && p.theory != NULL) {
        fill(m, &p, c, inside);
        draw_values(&p, c, inside);
    }
    free(p.drawn);
    free(p.theory);
}

static void fill_bars(const model *m, plot *p, cells *c, rect inside)
{
    (void)m;
    fill_columns(p);
    draw_bars(p, c);
    draw_counts(p, c, inside);
}

static void draw_linear(const model *m, cells *c, rect inside)
{
    draw_plot(m, c, inside, false, fill_bars);
}

/* Counts on a log scale: shows the tails. */
static void draw_log(const model *m, cells *c, rect inside)
{
    draw_plot(m, c, inside, true, fill_bars);
}

static void draw_qq(const model *m, cells *c, rect inside)
{
    draw_plot(m, c, inside, false, fill_qq);
}

static const pane_view views[] = {
    {.name = "linear", .note = "█ drawn  • theory", .draw = draw_linear},
    {.name = "log", .in_help = true, .note = "log scale: █ drawn  • theory", .draw = draw_log},
    {.name = "qq", .in_help = true, .note = "Q-Q: • drawn  · as theory has it", .draw = draw_qq},
    {.name = NULL},
};

static void command_line(const model *m, char *buffer, size_t size)
{
    pane_matrix_line(m, " --show-dist", buffer, size);
}

const pane pane_histogram = {
    .name = "histogram",
    .title = "Histogram",
    .pieces = 1u << PIECE_SURVEY,
    .views = views,
    .move = matrix_move,
    .command_line = command_line,
};
