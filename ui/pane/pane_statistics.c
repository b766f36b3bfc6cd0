/* What can be said of all weights at once. */
#include "text/grouped.h"
#include "detinit_track.h"
#include "number/dist.h"
#include "pane/pane.h"
#include "pane/pane_matrix.h"
#include "option/figure_text.h"
#include "option/place.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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
    char off[32] = "";
    put_label(s, label);
    x += cells_print(s->c, s->inside, x, s->y, ROLE_TEXT, 0, "%s ", figure);
    if (!isnan(errors)) {
        if (isfinite(errors))
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

/* A figure that is compared with what it should be, or why there is none. */
static void put_compared(sheet *s, const detinit_statistics *t, const char *label, double value,
                         double errors, const char *after)
{
    char figure[32];
    const bool is = !isnan(value);
    put_figure(s, label, is ? figure_text(value, figure, sizeof figure) : no_figure_text(t), errors,
               is && s->inside.width >= WIDE ? after : "");
}

static void put_extreme(sheet *s, const detinit_recipe *recipe, const char *label, double value,
                        double std, uint64_t row, uint64_t col)
{
    char figure[32], at[PLACE_TEXT + 40] = "at ", *place = at + 3;
    place_text(recipe, row, col, place, PLACE_TEXT);
    if (isnan(value))
        return;
    const bool fits = LABEL + 10 + (int)strlen(at) <= s->inside.width;
    if (s->inside.width >= WIDE && std > 0 && isfinite(value))
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

/* What the storage type did to weights; nothing where it did nothing. */
static void put_range(sheet *s, const detinit_recipe *r, const detinit_statistics *t)
{
    char text[FIGURE_TEXT];
    for (int n = 0; n < 2; n++) {
        n == 0 ? overflow_text(r, t, text) : underflow_text(r, t, text);
        if (text[0] == '\0')
            continue;
        put_label(s, "range");
        cells_text(s->c, s->inside, s->inside.x + LABEL, s->y++, ROLE_BAD, 0, text);
    }
}

/* "√(2/20)": where the target comes from. */
static const char *target_source(const detinit_recipe *r, const detinit_statistics *t, char *buffer,
                                 size_t size)
{
    double numerator, denominator;
    const double drawn = detinit_recipe_std(r);
    if (fabs(t->target_std - drawn) > 1e-12 * drawn)
        snprintf(buffer, size, "of all weights");
    else if (r->orthogonal)
        snprintf(buffer, size, "gain/√longer");
    else if (detinit_recipe_variance(r, &numerator, &denominator))
        snprintf(buffer, size, "%s√(%.6g/%.6g)",
                 drawn != sqrt(numerator / denominator) ? "gain " : "", numerator, denominator);
    else
        snprintf(buffer, size, "as given");
    return buffer;
}

static const char *should_be(double target, char *buffer, size_t size)
{
    snprintf(buffer, size, "should be %.6g", target);
    return buffer;
}

/* The excess kurtosis that is meant. */
static const char *kurtosis_source(const detinit_recipe *r, const detinit_statistics *t,
                                   char *buffer, size_t size)
{
    if (r->orthogonal || r->zero_mean) /* near a normal distribution's */
        return "";
    if (!detinit_recipe_is_drawn(r) || r->zero > 0 || r->has_zero_row)
        return should_be(t->target_excess_kurtosis, buffer, size);
    snprintf(buffer, size, "should be %s", dist_rows[detinit_recipe_dist(r)].kurtosis);
    return buffer;
}

/* Whether the distribution is the promised one, by Kolmogorov and Smirnov. */
static void put_fit(sheet *s, const detinit_recipe *r, const detinit_statistics *t)
{
    detinit_dist dist = r->orthogonal ? DETINIT_DIST_NORMAL : detinit_recipe_dist(r);
    char label[16], text[96], reason[FIGURE_TEXT];
    snprintf(label, sizeof label, "%.8s?", detinit_dist_name(dist));
    snprintf(text, sizeof text, "%s", test_is_indicative(r) ? "indicative" : "");
    put_label(s, t->ks_count > 0 ? label : "fits?");
    int x = s->inside.x + LABEL;
    if (t->ks_count == 0) {
        cells_print(s->c, s->inside, x, s->y++, ROLE_DIM, 0, "not tested, %s",
                    no_test_text(r, t, reason));
        return;
    }
    x += cells_print(s->c, s->inside, x, s->y, ROLE_TEXT, 0, "p = %.3f ", t->ks_p);
    x += put_mark(s, x, t->ks_p > LEAST_P, text);
    if (s->inside.width >= WIDE)
        cells_print(s->c, s->inside, s->inside.x + AFTER, s->y, ROLE_DIM, 0,
                    r->dtype == DETINIT_FLOAT64 ? "largest distance %.2g"
                                                : "largest distance %.2g, as rounded",
                    t->ks_distance);
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
    put_counts(&s, m, t);
    put_range(&s, r, t);
    put_compared(&s, t, "mean", t->mean, t->mean_errors,
                 should_be(t->target_mean, text, sizeof text));
    put_compared(&s, t, "std", t->std, t->std_errors, "should be the target");
    put_figure(&s, "target", figure_text(t->target_std, figure, sizeof figure), NAN,
               target_source(r, t, text, sizeof text));
    put_extreme(&s, r, "min", t->min, t->target_std, t->min_row, t->min_col);
    put_extreme(&s, r, "max", t->max, t->target_std, t->max_row, t->max_col);
    put_compared(&s, t, "skew", t->skewness, t->skewness_errors,
                 should_be(t->target_skewness, text, sizeof text));
    put_compared(&s, t, "kurtosis", t->excess_kurtosis, t->kurtosis_errors,
                 kurtosis_source(r, t, text, sizeof text));
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
