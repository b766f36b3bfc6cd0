#include "model/viewing.h"
#include "pane/pane_statistics_pictures.h"

#include "detinit_describe.h"
#include "option/figure_text.h"
#include "pane/pane_histogram.h"
#include "text/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A line of rows or columns has so many points at most, made of so many weights in all. */
#define POINTS_MOST  240
#define WEIGHTS_MOST ((uint64_t)1 << 16)

/* Smaller charts say nothing. */
#define CHART_HEIGHT 6

/* The std of single rows, or columns, of a matrix. */
typedef struct lines {
    double at[POINTS_MOST], std[POINTS_MOST];
    int count;     /* of lines that were looked at */
    uint64_t each; /* weights of one that were */
} lines;

static double std_of(const double *weights, uint64_t count, double mean)
{
    double sum = 0;
    for (uint64_t n = 0; n < count; n++)
        sum += (weights[n] - mean) * (weights[n] - mean);
    return sqrt(sum / (double)count);
}

/* Of the first weights of lines that are spread over the matrix; none without memory. */
static void look_at_lines(const model *m, bool of_rows, lines *l)
{
    const uint64_t all = of_rows ? model_rows(m) : model_cols(m);
    const uint64_t length = of_rows ? model_cols(m) : model_rows(m);
    const double mean = m->results.survey.statistics.target_mean;
    double *weights;
    l->count = all < POINTS_MOST ? (int)all : POINTS_MOST;
    l->each =
        WEIGHTS_MOST / (uint64_t)l->count < length ? WEIGHTS_MOST / (uint64_t)l->count : length;
    weights = malloc((size_t)l->each * sizeof *weights);
    for (int n = 0; n < l->count; n++) {
        const uint64_t line = (uint64_t)((double)n / l->count * (double)all);
        const bool made =
            weights != NULL &&
            (of_rows ? viewing_window(m, line, 0, 1, (size_t)l->each, weights, (size_t)l->each)
                     : viewing_window(m, 0, line, (size_t)l->each, 1, weights, 1));
        l->at[n] = (double)line;
        l->std[n] = made ? std_of(weights, l->each, mean) : NAN;
    }
    free(weights);
}

/* How far the std of so many weights is off by chance, typically. */
static double error_of_std(const detinit_statistics *t, uint64_t count)
{
    return t->target_std * sqrt((t->target_excess_kurtosis + 2) / (4 * (double)count));
}

static void draw_lines(const model *m, cells *c, rect area, bool of_rows)
{
    const detinit_statistics *t = &m->results.survey.statistics;
    const double std = t->target_std;
    lines l;
    if (area.height < CHART_HEIGHT || !(std > 0) || !m->results.has[PIECE_MATRIX] ||
        !isfinite(t->target_excess_kurtosis))
        return;
    look_at_lines(m, of_rows, &l);
    if (l.count < 2)
        return;
    const double band = WITHIN_ERRORS * error_of_std(t, l.each), last = l.at[l.count - 1];
    double low = std - 1.2 * band, high = std + 1.2 * band;
    for (int n = 0; n < l.count; n++) {
        low = fmin(low, l.std[n]);
        high = fmax(high, l.std[n]);
    }
    const double ends[] = {0, last}, middle[] = {std, std};
    const double above[] = {std + band, std + band}, below[] = {std - band, std - band};
    const series all[] = {
        {.name = "3 std. errors", .role = ROLE_DIM, .mark = '.', .x = ends, .y = above, .count = 2},
        {.role = ROLE_DIM, .mark = '.', .x = ends, .y = below, .count = 2},
        {.name = "target", .role = ROLE_THEORY, .mark = '-', .x = ends, .y = middle, .count = 2},
        {.name = of_rows ? "std of each row" : "std of each column",
         .role = ROLE_TEXT,
         .attributes = ATTR_BOLD,
         .mark = '*',
         .points = true,
         .x = l.at,
         .y = l.std,
         .count = l.count},
    };
    plot_legend(c, area, area.x, area.y, all, sizeof all / sizeof all[0]);
    series unnamed[sizeof all / sizeof all[0]];
    for (size_t n = 0; n < sizeof all / sizeof all[0]; n++) {
        unnamed[n] = all[n];
        unnamed[n].name = NULL;
    }
    area.y++;
    area.height--;
    plot_all(c, area,
             (axis){.low = 0, .high = last, .whole = true, .name = of_rows ? "row" : "column"},
             (axis){.low = low, .high = high}, unnamed, sizeof unnamed / sizeof unnamed[0]);
}

/* The Histogram pane's, and above it where the mean and the standard deviations are. */
static void draw_distribution(const model *m, cells *c, rect area)
{
    static const char *const names[] = {"-3", "-2", "-1 std", "mean", "+1 std", "+2", "+3"};
    const detinit_statistics *t = &m->results.survey.statistics;
    const detinit_histogram *h = &m->results.survey.histogram;
    const rect chart = {area.x, area.y + 2, area.width, area.height - 2};
    const plot p = histogram_draw(m, c, chart);
    if (h->bins == 0 || p.data.width < 40 || !(t->target_std > 0))
        return;
    int end = p.data.x;
    for (int n = -3; n <= 3; n++) {
        const double share = axis_share(&p.x, t->target_mean + n * t->target_std);
        const int at = p.data.x + (int)lround(share * (p.data.width - 1));
        const int width = cells_columns(names[n + 3], 16), left = at - width / 2;
        if (!(share >= 0 && share <= 1) || left < end || left + width > area.x + area.width)
            continue;
        cells_text(c, area, left, area.y, ROLE_DIM, 0, names[n + 3]);
        cells_put(c, at, area.y + 1, 0x25BC, n == 0 ? ROLE_ACCENT : ROLE_THEORY, 0);
        end = left + width + 1;
    }
}

void statistics_pictures_draw(const model *m, cells *c, rect area, rect beside)
{
    rect upper = area, lower = area;
    upper.height = area.height * 3 / 5;
    lower.y += upper.height + 1;
    lower.height -= upper.height + 1;
    draw_distribution(m, c, upper);
    draw_lines(m, c, lower, true);
    draw_lines(m, c, beside, false);
}
