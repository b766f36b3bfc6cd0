/* What can be said of all weights at once. */
#include "text/grouped.h"
#include "detinit_track.h"
#include "number/dist.h"
#include "model/viewing.h"
#include "pane/pane.h"
#include "pane/pane_matrix.h"
#include "pane/pane_statistics_pictures.h"
#include "option/figure_text.h"
#include "option/place.h"
#include "option/recipe_text.h"

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

/* Lines from the most telling on: what is below the pane's last is left out. */
typedef struct sheet {
    cells *c;
    rect inside;
    int y;
    bool of_file;  /* the weights are those of a file, whatever made them */
    double untold; /* the furthest off that no line says more of, in standard errors; 0: none */
} sheet;

static int lines_left(const sheet *s)
{
    return s->inside.y + s->inside.height - s->y;
}

/* Columns from x on. */
static int room_at(const sheet *s, int x)
{
    return s->inside.x + s->inside.width - x;
}

/* Text in the present line, where all of it fits. Returns its columns. */
static int put(sheet *s, int x, unsigned role, const char *text)
{
    if (lines_left(s) <= 0 || cells_columns(text, strlen(text)) > room_at(s, x))
        return 0;
    return cells_text(s->c, s->inside, x, s->y, role, 0, text);
}

static void put_label(sheet *s, const char *label)
{
    put(s, s->inside.x + 1, ROLE_DIM, label);
}

/* A mark and what it is about, good or bad. Returns the columns it took. */
static int put_mark(sheet *s, int x, bool good, const char *text)
{
    const int begun = x;
    x += put(s, x, good ? ROLE_GOOD : ROLE_BAD, good ? "✓" : "✗") + 1;
    x += put(s, x, good ? ROLE_DIM : ROLE_BAD, text);
    return x - begun;
}

/* "chance does this once in 700": how often chance goes so many standard errors off. */
static const char *chance_text(double errors, char *buffer, size_t size)
{
    const double once = 1 / erfc(fabs(errors) / M_SQRT2);
    char count[32];
    if (!(once < 1e9)) {
        snprintf(buffer, size, "chance never does this");
        return buffer;
    }
    const double digit = pow(10, floor(log10(once)));
    grouped((uint64_t)(round(once / digit) * digit), count);
    snprintf(buffer, size, "chance does this once in %s", count);
    return buffer;
}

/* What a figure should be, and of one out of bounds how often chance does that. */
static void put_after(sheet *s, int x, double errors, const char *after)
{
    char chance[64], both[160];
    const char *const texts[] = {both, chance, "", NULL};
    if (isnan(errors) || fabs(errors) <= WITHIN_ERRORS) {
        put(s, x, ROLE_DIM, after);
        return;
    }
    chance_text(errors, chance, sizeof chance);
    snprintf(both, sizeof both, "%s%s%s", after, after[0] != '\0' ? "; " : "", chance);
    const char *told = cells_fitting(room_at(s, x), texts);
    if (told[0] == '\0')
        s->untold = fmax(s->untold, fabs(errors));
    put(s, x, ROLE_DIM, told);
}

/* The same in a line of its own, where no line of a figure had room for it. */
static void put_untold(sheet *s)
{
    char chance[64], text[96];
    if (s->untold == 0)
        return;
    snprintf(text, sizeof text, "%.1fσ: %s", s->untold,
             chance_text(s->untold, chance, sizeof chance));
    s->y += put(s, s->inside.x + 1, ROLE_BAD, text) > 0 ||
            put(s, s->inside.x + 1, ROLE_BAD, chance) > 0;
}

/* A label, a figure, how far off it is, and what it should be; errors NAN: no mark. */
static void put_figure(sheet *s, const char *label, const char *figure, double errors,
                       const char *after)
{
    int x = s->inside.x + LABEL;
    char off[32] = "";
    put_label(s, label);
    x += put(s, x, ROLE_TEXT, figure) + 1;
    if (!isnan(errors)) {
        if (isfinite(errors))
            snprintf(off, sizeof off, "%.*fσ", fabs(fabs(errors) - WITHIN_ERRORS) < 0.05 ? 2 : 1,
                     fabs(errors));
        x += put_mark(s, x, fabs(errors) <= WITHIN_ERRORS, off);
        x = s->inside.x + AFTER;
    }
    put_after(s, x, errors, after);
    s->y++;
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
    const bool is = !isnan(value), none = s->of_file && t->overflowed == t->count && t->count > 0;
    const char *why = none ? "none is finite" : no_figure_text(t);
    put_figure(s, label, is ? figure_text(value, figure, sizeof figure) : why, errors,
               is && s->inside.width >= WIDE ? after : "");
}

static void put_extreme(sheet *s, const detinit_recipe *recipe, const char *label, double value,
                        double std, uint64_t row, uint64_t col)
{
    char figure[32], place[PLACE_TEXT], at[PLACE_TEXT + 4], far[PLACE_TEXT + 40];
    const char *const texts[] = {far, at, place, NULL};
    const bool tells_far = std > 0 && isfinite(value);
    if (isnan(value))
        return;
    place_text(recipe, row, col, place, sizeof place);
    snprintf(at, sizeof at, "at %s", place);
    snprintf(far, sizeof far, "%s, %.1f std from 0", at, tells_far ? fabs(value) / std : 0);
    put_figure(s, label, figure_text(value, figure, sizeof figure), NAN,
               cells_fitting(s->inside.width - LABEL - 10, texts + !tells_far));
}

/* How many weights, of how many; and what comes while that is a sample. */
static void put_counts(sheet *s, const model *m, const detinit_statistics *t)
{
    char shown[32], all[32] = "more than 2^64", sampled[64];
    const char *const texts[] = {sampled, " sampled", NULL};
    uint64_t count;
    put_label(s, t->count == 1 ? "weight" : "weights");
    int x = s->inside.x + LABEL;
    x += put(s, x, ROLE_TEXT, grouped(t->count, shown));
    if (t->sampled && detinit_recipe_count(&m->settings.recipe, &count))
        grouped(count, all);
    snprintf(sampled, sizeof sampled, " sampled of %s", all);
    if (t->sampled)
        put(s, x, ROLE_ACCENT, cells_fitting(room_at(s, x), texts));
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
        if (text[0] == '\0' || lines_left(s) <= 0)
            continue;
        put_label(s, "range");
        s->y += cells_paragraph(
            s->c, (rect){s->inside.x + LABEL, s->y, s->inside.width - LABEL - 1, lines_left(s)},
            ROLE_BAD, text);
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

/* The same with what the fan in it is, where that fits so many columns. */
static const char *target_words(const detinit_recipe *r, const detinit_statistics *t, int columns,
                                char *buffer, size_t size)
{
    char fan[80];
    target_source(r, t, buffer, size);
    fan_text(r, fan, sizeof fan);
    const size_t length = strlen(buffer);
    if (fan[0] != '\0' && strstr(buffer, "√(") != NULL &&
        cells_columns(buffer, length) + 2 + (int)strlen(fan) <= columns)
        snprintf(buffer + length, size - length, "; %s", fan);
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
    char label[16], p[32], distance[64], reason[FIGURE_TEXT], untested[FIGURE_TEXT + 16];
    const char *const texts[] = {untested, "not tested", NULL};
    int x = s->inside.x + LABEL;
    const char *name = detinit_dist_name(dist);
    const bool is_named = dist != DETINIT_DIST_OF_MODE && strlen(name) + 2 < LABEL;
    snprintf(label, sizeof label, "%.14s?", name);
    put_label(s, t->ks_count > 0 && is_named ? label : "fits?");
    if (t->ks_count == 0) {
        snprintf(untested, sizeof untested, "not tested, %s", no_test_text(r, t, reason));
        put(s, x, ROLE_DIM, cells_fitting(room_at(s, x), texts));
        s->y++;
        return;
    }
    snprintf(p, sizeof p, "p = %.3f", t->ks_p);
    snprintf(distance, sizeof distance,
             r->dtype == DETINIT_FLOAT64 ? "largest distance %.2g"
                                         : "largest distance %.2g, as rounded",
             t->ks_distance);
    x += put(s, x, ROLE_TEXT, p) + 1;
    x += put_mark(s, x, t->ks_p > LEAST_P, test_is_indicative(r) ? "indicative" : "") + 1;
    if (s->inside.width >= WIDE)
        put(s, x < s->inside.x + AFTER ? s->inside.x + AFTER : x, ROLE_DIM, distance);
    s->y++;
}

static void put_reproducibility(sheet *s, const detinit_reproducibility *r)
{
    char count[32], full[64], brief[64];
    const char *const texts[] = {full, brief, NULL};
    const int x = s->inside.x + LABEL, room = room_at(s, x) - 1;
    s->y += lines_left(s) > 2;
    snprintf(full, sizeof full, "every bit the same in %s comparisons",
             grouped(r->compared, count));
    snprintf(brief, sizeof brief, "every bit the same");
    if (!r->equal)
        put(s, s->inside.x + 1, ROLE_BAD, "THE BITS DIFFER");
    else
        put(s, s->inside.x + 1, ROLE_GOOD, cells_fitting(s->inside.width - 1, texts));
    s->y++;
    put_label(s, "SHA-256");
    snprintf(full, sizeof full, "%.*s…", room > 17 ? 16 : room > 1 ? room - 1 : 0, r->sha256);
    put(s, x, ROLE_TEXT, room >= 64 ? r->sha256 : full);
    s->y++;
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
    for (size_t n = 0; n < sizeof lines / sizeof lines[0]; n++) {
        if (lines_left(s) > 0)
            s->y += cells_paragraph(
                s->c, (rect){s->inside.x + 1, s->y, s->inside.width - 2, lines_left(s)}, ROLE_DIM,
                lines[n]);
    }
}

/* Lines that the legend takes. */
static int legend_lines(const sheet *s)
{
    return s->inside.width >= 66 ? 4 : s->inside.width >= 36 ? 7 : 12;
}

/* Numbers of a file that are none. */
static void put_not_finite(sheet *s, const detinit_statistics *t)
{
    char count[32];
    if (t->overflowed == 0)
        return;
    put_label(s, "NaN, inf");
    put(s, s->inside.x + LABEL, ROLE_BAD, grouped(t->overflowed, count));
    s->y++;
}

/* What the recipe drew, beside what the file holds. */
static const char *drawn_as(const model *m, double target, char *buffer, size_t size)
{
    buffer[0] = '\0';
    if (viewing_has_recipe(m) && m->viewed.face == FACE_TRAINED)
        snprintf(buffer, size, "drawn with %.6g", target);
    return buffer;
}

/* The law that its histogram is compared with. */
static void put_law_fit(sheet *s, const model *m, const detinit_statistics *t)
{
    const detinit_recipe *law = viewing_law(m);
    if (t->ks_count > 0)
        put_fit(s, law, t);
    if (t->min == t->max && t->count > 0 && t->overflowed == 0) {
        put_label(s, "constant");
        s->y++;
    }
}

/* The scheme that an audit finds; false where its p is still to be told. */
static bool put_found(sheet *s, const model *m, const detinit_statistics *t)
{
    const likely_law *found = viewing_found(m);
    char full[DETINIT_AUDIT_WORDS + 24], brief[DETINIT_AUDIT_WORDS];
    const char *const fits[] = {full, found != NULL ? found->words : "", brief, "", NULL};
    if (found == NULL)
        return true;
    snprintf(brief, sizeof brief, "%.*s", (int)strcspn(found->words, ",:"), found->words);
    snprintf(full, sizeof full,
             t->ks_count > 0 && found->origin < DETINIT_ORIGIN_NONE ? "%s, p = %.2g" : "%s",
             found->words, t->ks_p);
    put_label(s, "scheme");
    const char *text = cells_fitting(s->inside.width - LABEL, fits);
    put(s, s->inside.x + LABEL, found->origin <= DETINIT_ORIGIN_MADE ? ROLE_GOOD : ROLE_TEXT, text);
    s->y++;
    return text == full || found->origin >= DETINIT_ORIGIN_NONE;
}

/* Of what a file holds nothing is promised: figures alone. Returns the lines that they take. */
static int draw_measured(const model *m, cells *c, rect inside)
{
    const detinit_statistics *t = &m->results.survey.statistics;
    const detinit_recipe *r = &m->settings.recipe;
    sheet s = {.c = c, .inside = inside, .y = inside.y, .of_file = true};
    char text[160];
    put_counts(&s, m, t);
    put_not_finite(&s, t);
    put_compared(&s, t, "mean", t->mean, NAN, drawn_as(m, t->target_mean, text, sizeof text));
    put_compared(&s, t, "std", t->std, NAN, drawn_as(m, t->target_std, text, sizeof text));
    const bool told = put_found(&s, m, t);
    if (!told)
        put_law_fit(&s, m, t);
    put_extreme(&s, r, "min", t->min, t->std, t->min_row, t->min_col);
    put_extreme(&s, r, "max", t->max, t->std, t->max_row, t->max_col);
    put_compared(&s, t, "skew", t->skewness, NAN, "");
    put_compared(&s, t, "kurtosis", t->excess_kurtosis, NAN, "a bell's is 0");
    s.y += lines_left(&s) > 1 + 2 * t->sampled;
    if (told)
        put_law_fit(&s, m, t);
    if (t->sampled)
        put_sample(&s, m);
    return s.y - inside.y;
}

/* Returns the lines that they take. */
static int draw_figures(const model *m, cells *c, rect inside)
{
    const detinit_statistics *t = &m->results.survey.statistics;
    const detinit_recipe *r = &m->settings.recipe;
    const int proof = m->results.has[PIECE_REPRODUCIBILITY] ? 2 : 0;
    sheet s = {.c = c, .inside = inside, .y = inside.y};
    char figure[32], text[160];
    if (viewing_is_measured(m))
        return draw_measured(m, c, inside);
    put_counts(&s, m, t);
    put_range(&s, r, t);
    put_compared(&s, t, "mean", t->mean, t->mean_errors,
                 should_be(t->target_mean, text, sizeof text));
    put_compared(&s, t, "std", t->std, t->std_errors, "should be the target");
    put_figure(&s, "target", figure_text(t->target_std, figure, sizeof figure), NAN,
               target_words(r, t, inside.width - LABEL - 10, text, sizeof text));
    put_extreme(&s, r, "min", t->min, t->target_std, t->min_row, t->min_col);
    put_extreme(&s, r, "max", t->max, t->target_std, t->max_row, t->max_col);
    put_compared(&s, t, "skew", t->skewness, t->skewness_errors,
                 should_be(t->target_skewness, text, sizeof text));
    put_compared(&s, t, "kurtosis", t->excess_kurtosis, t->kurtosis_errors,
                 kurtosis_source(r, t, text, sizeof text));
    s.y += lines_left(&s) > 1 + 2 * t->sampled + proof;
    put_fit(&s, r, t);
    put_untold(&s);
    if (t->sampled)
        put_sample(&s, m);
    if (proof > 0)
        put_reproducibility(&s, &m->results.reproducibility);
    if (lines_left(&s) >= legend_lines(&s))
        put_legend(&s);
    return s.y - inside.y;
}

static void draw(const model *m, cells *c, rect inside)
{
    rect figures = inside;
    if (inside.width < STATISTICS_PICTURES_WIDTH || inside.height < STATISTICS_PICTURES_HEIGHT) {
        draw_figures(m, c, inside);
        return;
    }
    figures.width = STATISTICS_FIGURES_WIDTH;
    const int taken = draw_figures(m, c, figures) + 1;
    const rect pictures = {inside.x + figures.width + 1, inside.y, inside.width - figures.width - 2,
                           inside.height};
    const rect below = {inside.x + 1, inside.y + taken, figures.width - 2, inside.height - taken};
    statistics_pictures_draw(m, c, pictures, below);
}

static const char about[] =
    "Whether the weights are what the recipe promises: mean, standard deviation, extremes, "
    "skew and kurtosis of all weights, each beside what it should be.\n"
    "The mark behind a figure says how many standard errors it is off. Up to 3 is chance; "
    "where it is more, the pane says how often chance goes so far. One cross among many "
    "figures happens; the same cross for every seed would be a fault. The last figure tests "
    "the whole distribution: a p below 0.001 speaks against it.";

static const char *const words[] = {
    "std",    "standard error", "skew", "excess kurtosis", "Kolmogorov-Smirnov", "p",
    "fan_in", "gain",           NULL};

const pane pane_statistics = {
    .name = "statistics",
    .title = "Statistics",
    .faced = true,
    .about = about,
    .words = words,
    .pieces = 1u << PIECE_SURVEY,
    .draw = draw,
    .move = matrix_move,
};
