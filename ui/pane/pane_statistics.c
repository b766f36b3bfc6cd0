/* What can be said of all weights at once. */
#include "text/grouped.h"
#include "detinit_track.h"
#include "number/dist.h"
#include "pane/pane.h"
#include "pane/pane_matrix.h"
#include "option/place.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A figure is as promised within this many standard errors. */
#define WITHIN_ERRORS 3.0

/* The distribution is as promised where chance gives a larger distance this often. */
#define LEAST_P 0.001

/* Columns of the labels. */
#define LABEL 10

/* Where it says what a figure should be. */
#define AFTER 29

/* From this width on it does. */
#define WIDE 56

typedef struct sheet {
    cells *c;
    rect inside;
    int y;
} sheet;

static void put_label(sheet *s, const char *label)
{
    cells_text(s->c, s->inside, s->inside.x + 1, s->y, ROLE_DIM, 0, label);
}

/* A mark and what it is about, good or bad. Returns the columns it took. */
static int put_mark(sheet *s, int x, bool good, const char *text)
{
    int begun = x;
    x += cells_text(s->c, s->inside, x, s->y, good ? ROLE_GOOD : ROLE_BAD, 0, good ? "✓" : "✗");
    x += cells_print(s->c, s->inside, x, s->y, good ? ROLE_DIM : ROLE_BAD, 0, " %s", text);
    return x - begun;
}

/* A label, a figure, how far off it is, and what it should be; errors NAN: no mark. */
static void put_figure(sheet *s, const char *label, const char *figure, double errors,
                       const char *after)
{
    int x = s->inside.x + LABEL;
    char off[32];
    put_label(s, label);
    x += cells_print(s->c, s->inside, x, s->y, ROLE_TEXT, 0, "%s ", figure);
    if (!isnan(errors)) {
        snprintf(off, sizeof off, "%.*fσ", fabs(fabs(errors) - WITHIN_ERRORS) < 0.05 ? 2 : 1,
                 fabs(errors));
        x += put_mark(s, x, fabs(errors) <= WITHIN_ERRORS, off);
        x = s->inside.x + AFTER;
    }
    cells_text(s->c, s->inside, x, s->y++, ROLE_DIM, 0, after);
}

/* Nine significant characters, aligned. */
static const char *figure_text(double value, char *buffer, size_t size)
{
    double magnitude = fabs(value);
    if (magnitude != 0 && (magnitude < 1e-3 || magnitude >= 1e4))
        snprintf(buffer, size, "%+9.2e", value);
    else
        snprintf(buffer, size, "%+9.6f", value);
    return buffer;
}

static void put_extreme(sheet *s, const detinit_recipe *recipe, const char *label, double value,
                        double std, uint64_t row, uint64_t col)
{
    char figure[32], at[PLACE_TEXT + 40] = "at ", *place = at + 3;
    place_text(recipe, row, col, place, PLACE_TEXT);
    const bool fits = LABEL + 10 + (int)strlen(at) <= s->inside.width;
    if (s->inside.width >= WIDE && std > 0)
        snprintf(at + strlen(at), sizeof at - strlen(at), ", %.1f std from 0", fabs(value) / std);
    put_figure(s, label, figure_text(value, figure, sizeof figure), NAN, fits ? at : place);
}

/* How many weights, of how many; and what comes while that is a sample. */
static void put_counts(sheet *s, const model *m, const detinit_statistics *t)
{
    char shown[32], all[32] = "more than 2^64";
    uint64_t count;
    put_label(s, "weights");
    int x = s->inside.x + LABEL +
            cells_print(s->c, s->inside, s->inside.x + LABEL, s->y, ROLE_TEXT, 0, "%s",
                        grouped(t->count, shown));
    if (t->sampled && detinit_recipe_count(&m->settings.recipe, &count))
        grouped(count, all);
    if (t->sampled)
        cells_print(s->c, s->inside, x, s->y, ROLE_ACCENT, 0,
                    s->inside.width >= LABEL + 40 ? " sampled of %s" : " sampled", all);
    s->y++;
}

/* What a sample is, below the figures. */
static void put_sample(sheet *s, const model *m)
{
    put_label(s, s->inside.width >= 70
                     ? "the sample: 1,024 stretches of 1,024, at places hashed from the shape"
                     : "1,024 stretches of 1,024");
    s->y++;
    put_label(s, model_refines(m) ? "refined in the background" : "too many to look at all");
    s->y++;
}

/* "√(2/20)": where the target comes from. */
static const char *target_source(const detinit_recipe *r, char *buffer, size_t size)
{
    double numerator, denominator;
    if (r->orthogonal)
        snprintf(buffer, size, "gain/√longer");
    else if (detinit_recipe_variance(r, &numerator, &denominator))
        snprintf(buffer, size, "%s√(%.6g/%.6g)", r->gain != 1 ? "gain " : "", numerator,
                 denominator);
    else
        snprintf(buffer, size, "as given");
    return buffer;
}

/* The excess kurtosis that is meant. */
static const char *kurtosis_source(const detinit_recipe *r, char *buffer, size_t size)
{
    if (r->orthogonal || r->zero_mean) /* near a normal distribution's */
        return "";
    snprintf(buffer, size, "should be %s", dist_rows[detinit_recipe_dist(r)].kurtosis);
    return buffer;
}

/* Whether the distribution is the promised one, by Kolmogorov and Smirnov. */
static void put_fit(sheet *s, const detinit_recipe *r, const detinit_statistics *t)
{
    detinit_dist dist = r->orthogonal ? DETINIT_DIST_NORMAL : detinit_recipe_dist(r);
    char label[16], text[96];
    snprintf(label, sizeof label, "%.8s?", detinit_dist_name(dist));
    snprintf(text, sizeof text, "%s", r->orthogonal ? "indicative" : "");
    put_label(s, label);
    int x = s->inside.x + LABEL;
    x += cells_print(s->c, s->inside, x, s->y, ROLE_TEXT, 0, "p = %.3f ", t->ks_p);
    x += put_mark(s, x, t->ks_p > LEAST_P, text);
    if (s->inside.width >= WIDE)
        cells_print(s->c, s->inside, s->inside.x + AFTER, s->y, ROLE_DIM, 0,
                    "largest distance %.2g", t->ks_distance);
    s->y++;
}

static void put_reproducibility(sheet *s, const detinit_reproducibility *r)
{
    char count[32];
    s->y++;
    put_label(s, r->equal ? "every bit the same" : "THE BITS DIFFER");
    cells_print(s->c, s->inside, s->inside.x + 20, s->y++, ROLE_TEXT, 0, "in %s comparisons",
                grouped(r->compared, count));
    put_label(s, "SHA-256");
    cells_print(s->c, s->inside, s->inside.x + LABEL, s->y++, ROLE_TEXT, 0, "%.*s",
                s->inside.width >= 76 ? 64 : 16, r->sha256);
    if (s->inside.width < 76)
        cells_print(s->c, s->inside, s->inside.x + LABEL + 16, s->y - 1, ROLE_DIM, 0, "...");
}

/* What the marks mean; where there is room. */
static void put_legend(sheet *s)
{
    static const char *const lines[] = {
        "σ: standard errors off what the recipe promises; ✓ within 3",
        "skew: leaning to one side; kurtosis: tails against a bell's",
        "p: how often chance alone lies further off (Kolmogorov-Smirnov)",
    };
    s->y++;
    for (size_t n = 0; n < sizeof lines / sizeof lines[0]; n++, s->y++)
        put_label(s, lines[n]);
}

static void draw(const model *m, cells *c, rect inside)
{
    const detinit_statistics *t = &m->results.survey.statistics;
    const detinit_recipe *r = &m->settings.recipe;
    sheet s = {c, inside, inside.y};
    char figure[32], text[64];
    bool wide = inside.width >= WIDE;
    put_counts(&s, m, t);
    put_figure(&s, "mean", figure_text(t->mean, figure, sizeof figure), t->mean_errors,
               wide ? "should be 0" : "");
    put_figure(&s, "std", figure_text(t->std, figure, sizeof figure), t->std_errors,
               wide ? "should be the target" : "");
    put_figure(&s, "target", figure_text(t->target_std, figure, sizeof figure), NAN,
               target_source(r, text, sizeof text));
    put_extreme(&s, r, "min", t->min, t->target_std, t->min_row, t->min_col);
    put_extreme(&s, r, "max", t->max, t->target_std, t->max_row, t->max_col);
    put_figure(&s, "skew", figure_text(t->skewness, figure, sizeof figure), t->skewness_errors,
               wide ? "should be 0" : "");
    put_figure(&s, "kurtosis", figure_text(t->excess_kurtosis, figure, sizeof figure),
               t->kurtosis_errors, wide ? kurtosis_source(r, text, sizeof text) : "");
    if (inside.height > 9 + 2 * t->sampled)
        s.y++;
    put_fit(&s, r, t);
    if (t->sampled)
        put_sample(&s, m);
    if (m->results.has[PIECE_REPRODUCIBILITY] && inside.height > 10)
        put_reproducibility(&s, &m->results.reproducibility);
    if (inside.height > 14)
        put_legend(&s);
}

const pane pane_statistics = {
    .name = "statistics",
    .title = "Statistics",
    .pieces = 1u << PIECE_SURVEY,
    .draw = draw,
    .move = matrix_move,
};
