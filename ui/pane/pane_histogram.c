/* The distribution of the weights, with what theory expects over it. */
#include "text/chart.h"
#include "text/plot.h"
#include "detinit_describe.h"
#include "model/viewing.h"
#include "pane/pane.h"
#include "pane/pane_histogram.h"
#include "pane/pane_matrix.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Counts of less than one weight are not seen on a log scale. */
#define LOG_BASE 0.5

/* The axis reaches so many std from the mean at most. */
#define FARTHEST 6

/* Points of the theory's curve in each column. */
#define POINTS 2

/* Where the curve and the bars of all columns are kept. */
typedef struct columns {
    double *drawn;       /* by column, counts of a bar */
    double *at, *theory; /* by point */
    double *quantile;    /* by point: of the weights, where theory has `at` */
    int count, points;
} columns;

static bool columns_init(columns *k, int width)
{
    *k = (columns){.count = width, .points = width * POINTS};
    double *all = calloc((size_t)(k->count + 3 * k->points) + 1, sizeof *all);
    k->drawn = all;
    k->at = all + k->count;
    k->theory = k->at + k->points;
    k->quantile = k->theory + k->points;
    return all != NULL;
}

static double between(double low, double high, double share)
{
    return low * (1 - share) + high * share;
}

/* Where the axis of weights ends: a few numbers of a file far out do not press all others together,
 * but on a log scale, which shows tails. */
static axis weights_axis(const model *m, bool log)
{
    const detinit_histogram *h = &m->results.survey.histogram;
    const detinit_statistics *t = &m->results.survey.statistics;
    axis a = {.low = h->edges[0], .high = h->edges[h->bins], .name = "weight"};
    if (viewing_is_measured(m) && !log && t->std > 0) {
        a.low = fmax(a.low, t->mean - FARTHEST * t->std);
        a.high = fmin(a.high, t->mean + FARTHEST * t->std);
    }
    return a;
}

/* Counts of each column; where columns are narrower than bins, counts of a bin. Returns the most.
 */
static double fill_counts(columns *k, const model *m, const axis *weights)
{
    const detinit_histogram *h = &m->results.survey.histogram;
    const detinit_recipe *recipe = viewing_law(m);
    const double total = (double)m->results.survey.statistics.count;
    const double low = weights->low, high = weights->high;
    const double bins = (double)h->bins * (high - low) / (h->edges[h->bins] - h->edges[0]);
    const double per_bin = (double)k->count / bins, scale = per_bin > 1 ? per_bin : 1;
    double most = 1e-300;
    for (int n = 0; n < k->count; n++) {
        const double from = between(low, high, (double)n / k->count);
        const double to = between(low, high, (n + 1.0) / k->count);
        k->drawn[n] = scale * chart_count(h, from, to);
        most = fmax(most, k->drawn[n]);
    }
    for (int n = 0; n < k->points; n++) {
        const double middle = (n + 0.5) / k->points, half = 0.5 / k->count;
        k->at[n] = between(low, high, middle);
        k->theory[n] = scale * total *
                       (detinit_theory_cdf(recipe, between(low, high, middle + half)) -
                        detinit_theory_cdf(recipe, between(low, high, middle - half)));
        most = fmax(most, k->theory[n]);
    }
    return most;
}

/* Labels take columns from the bars, and bars of fewer columns count more: hence twice. */
static plot place_counts(const model *m, cells *c, rect inside, columns *k, bool log)
{
    const axis weights = weights_axis(m, log);
    axis counts = {.low = log ? LOG_BASE : 0, .log = log};
    plot p = {.data = inside};
    for (int n = 0; n < 3 && p.data.width > 0; n++) {
        k->count = p.data.width;
        k->points = k->count * POINTS;
        counts.high = fmax(fill_counts(k, m, &weights), log ? 10 * LOG_BASE : 0);
        p = plot_place(c, inside, weights, counts, 1);
    }
    return p;
}

static plot draw_counts(const model *m, cells *c, rect inside, bool log)
{
    const detinit_histogram *h = &m->results.survey.histogram;
    columns k;
    if (h->bins == 0 || inside.width < 4 || !columns_init(&k, inside.width))
        return (plot){.data = {0}};
    const plot p = place_counts(m, c, inside, &k, log);
    plot_axes(&p);
    if (p.data.width == k.count) {
        plot_bars(&p, k.drawn, ROLE_BAR);
        for (int n = 0; n < k.points; n++)
            k.theory[n] = k.theory[n] > p.y.low ? k.theory[n] : NAN;
        plot_series(
            &p, &(series){
                    .role = ROLE_THEORY, .mark = 'o', .x = k.at, .y = k.theory, .count = k.points});
    }
    free(k.drawn);
    return p;
}

plot histogram_draw(const model *m, cells *c, rect area)
{
    return draw_counts(m, c, area, false);
}

static void draw_linear(const model *m, cells *c, rect inside)
{
    draw_counts(m, c, inside, false);
}

/* Counts on a log scale: shows the tails. */
static void draw_log(const model *m, cells *c, rect inside)
{
    draw_counts(m, c, inside, true);
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
static void draw_qq(const model *m, cells *c, rect inside)
{
    const detinit_histogram *h = &m->results.survey.histogram;
    const double total = (double)m->results.survey.statistics.count;
    columns k;
    if (h->bins == 0 || inside.width < 4 || !columns_init(&k, inside.width))
        return;
    const axis quantiles = {.low = h->edges[0], .high = h->edges[h->bins], .name = "theory"};
    for (int n = 0; n < k.points; n++) {
        k.at[n] = between(quantiles.low, quantiles.high, (n + 0.5) / k.points);
        const double share = detinit_theory_cdf(viewing_law(m), k.at[n]);
        const bool seen = share * total >= 0.5 && (1 - share) * total >= 0.5;
        k.quantile[n] = seen ? sample_quantile(h, share, total) : NAN;
    }
    const series both[] = {
        {.name = "theory",
         .role = ROLE_THEORY,
         .mark = '.',
         .x = k.at,
         .y = k.at,
         .count = k.points},
        {.name = "drawn",
         .role = ROLE_DRAWN,
         .attributes = ATTR_BOLD,
         .mark = '*',
         .points = true,
         .x = k.at,
         .y = k.quantile,
         .count = k.points},
    };
    plot_all(c, inside, quantiles, (axis){.low = quantiles.low, .high = quantiles.high}, both, 2);
    free(k.drawn);
}

static const pane_view views[] = {
    {.name = "linear", .note = "█ drawn  ⠒ theory", .draw = draw_linear},
    {.name = "log", .in_help = true, .note = "log scale: █ drawn  ⠒ theory", .draw = draw_log},
    {.name = "qq",
     .in_help = true,
     .note = "Q-Q: quantiles as drawn over those of theory",
     .draw = draw_qq},
    {.name = NULL},
};

/* What the curve of a file's numbers is, in no more columns than there are. */
static const char *law_text(const model *m, int room, char *buffer, size_t size)
{
    const likely_law *found = viewing_found(m);
    const detinit_statistics *t = &m->results.survey.statistics;
    char full[DETINIT_AUDIT_WORDS + 24], brief[DETINIT_AUDIT_WORDS];
    if (viewed_is_promised(&m->viewed))
        return "as drawn";
    if (found == NULL || found->origin > DETINIT_ORIGIN_MADE) {
        const char *const texts[] = {"normal of its std: no scheme fits", "normal of its std",
                                     "normal", NULL};
        return viewing_law(m)->mode == DETINIT_CONSTANT
                   ? "one value"
                   : cells_fitting(room, texts + (found == NULL));
    }
    const char *const texts[] = {full, found->words, brief, "its scheme", "scheme", NULL};
    snprintf(brief, sizeof brief, "%.*s", (int)strcspn(found->words, ",:"), found->words);
    snprintf(full, sizeof full, t->ks_count > 0 ? "%s, p = %.2g" : "%s", found->words, t->ks_p);
    snprintf(buffer, size, "%s", cells_fitting(room, texts));
    return buffer;
}

/* "; 12 beyond": how many lie outside the axis, or "". */
static void beyond_text(const model *m, bool log, char *buffer, size_t size)
{
    const detinit_histogram *h = &m->results.survey.histogram;
    buffer[0] = '\0';
    if (h->bins == 0)
        return;
    const axis a = weights_axis(m, log);
    const double all = chart_count(h, h->edges[0], h->edges[h->bins]);
    const double beyond = round(all - chart_count(h, a.low, a.high));
    if (beyond >= 1)
        snprintf(buffer, size, "; %.0f beyond", beyond);
}

/* What the bars and the curve are; of a file the curve may be what is most like it. */
static void note(const model *m, rect inside, char *buffer, size_t size)
{
    const pane_view *now = &views[pane_view_now(m, &pane_histogram)];
    if (!viewing_is_measured(m) || now->draw == draw_qq) {
        snprintf(buffer, size, "%s", now->note);
        return;
    }
    char bars[48], law[DETINIT_AUDIT_WORDS + 24], beyond[48];
    snprintf(bars, sizeof bars, "%s█ %s  ⠒ ", now->draw == draw_log ? "log scale: " : "",
             m->viewed.face == FACE_TRAINED ? "w" : "w - w0");
    beyond_text(m, now->draw == draw_log, beyond, sizeof beyond);
    const int room = inside.width - 2 - cells_columns(bars, strlen(bars)) - (int)strlen(beyond);
    const char *curve = law_text(m, room, law, sizeof law);
    if (curve[0] == '\0')
        *strstr(bars, "  ⠒") = '\0'; /* nothing says what that is */
    snprintf(buffer, size, "%s%s%s", bars, curve, beyond);
}

static void command_line(const model *m, char *buffer, size_t size)
{
    pane_matrix_line(m, " --show-dist", buffer, size);
}

static const char about[] =
    "How many weights lie where: bars are the weights as drawn, the dotted curve is the "
    "distribution that the recipe promises.\n"
    "Bars should follow the curve, but for the noise of small counts. log shows the tails, "
    "which a linear scale hides. qq puts the weights in order and draws them over where "
    "theory has them: dots on the line fit, an end that bends away is a tail too heavy or "
    "too light.";

static const char *const words[] = {"Q-Q", "std", "truncated", "standard error", NULL};

const pane pane_histogram = {
    .name = "histogram",
    .title = "Histogram",
    .faced = true,
    .about = about,
    .words = words,
    .pieces = 1u << PIECE_SURVEY,
    .views = views,
    .note = note,
    .move = matrix_move,
    .command_line = command_line,
};
