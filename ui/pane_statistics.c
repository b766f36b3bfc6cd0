/* What can be said of all weights at once. */
#include "pane_draw.h"
#include "place.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A figure is as promised within this many standard errors. */
#define WITHIN_ERRORS 3.0

/* Columns that a label and its figure take. */
#define FIGURE_COLUMNS 20

typedef struct sheet {
    cells *c;
    rect inside;
    int y;
} sheet;

static void put_label(sheet *s, const char *label)
{
    cells_text(s->c, s->inside, s->inside.x + 1, s->y, ROLE_DIM, 0, label);
}

/* A label, a figure, its mark and how far off it is; errors NAN: no mark. */
static void put_figure(sheet *s, const char *label, const char *figure, double errors,
                       const char *after)
{
    bool good = fabs(errors) <= WITHIN_ERRORS;
    int x = s->inside.x + 10;
    put_label(s, label);
    x += cells_print(s->c, s->inside, x, s->y, ROLE_TEXT, 0, "%s ", figure);
    if (!isnan(errors)) {
        x += cells_text(s->c, s->inside, x, s->y, good ? ROLE_GOOD : ROLE_BAD, 0, good ? "✓" : "✗");
        x += cells_print(s->c, s->inside, x, s->y, good ? ROLE_DIM : ROLE_BAD, 0, " %.1fσ",
                         fabs(errors));
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
                        uint64_t row, uint64_t col)
{
    char figure[32], place[PLACE_TEXT + 3] = "at ";
    place_text(recipe, row, col, place + 3, sizeof place - 3);
    const bool fits = FIGURE_COLUMNS + (int)strlen(place) <= s->inside.width;
    put_figure(s, label, figure_text(value, figure, sizeof figure), NAN, fits ? place : place + 3);
}

static void put_counts(sheet *s, const detinit_statistics *t)
{
    put_label(s, "weights");
    cells_print(s->c, s->inside, s->inside.x + 10, s->y++, ROLE_TEXT, 0, "%llu%s",
                (unsigned long long)t->count, t->sampled ? " sampled" : "");
}

/* "√(2/20)": where the target comes from. */
static const char *target_source(const detinit_recipe *r, char *buffer, size_t size)
{
    double in = detinit_recipe_fan_in(r), out = detinit_recipe_fan_out(r);
    const char *gain = r->gain != 1 ? "gain " : "";
    if (r->orthogonal)
        snprintf(buffer, size, "gain/√longer side");
    else if (r->mode == DETINIT_HE)
        snprintf(buffer, size, "%s√(2/%.6g)", gain, in);
    else if (r->mode == DETINIT_XAVIER)
        snprintf(buffer, size, "%s√(2/%.6g)", gain, in + out);
    else if (r->mode == DETINIT_LECUN)
        snprintf(buffer, size, "%s√(1/%.6g)", gain, in);
    else if (r->mode == DETINIT_TORCH)
        snprintf(buffer, size, "%s√(1/%.6g)", gain, 3 * in);
    else
        snprintf(buffer, size, "as given");
    return buffer;
}

void pane_statistics_draw(const model *m, cells *c, rect inside)
{
    const detinit_recipe *recipe = &m->settings.recipe;
    const detinit_statistics *t = &m->results.survey.statistics;
    sheet s = {c, inside, inside.y};
    char figure[32], source[64];
    if (!m->results.has[PIECE_SURVEY]) {
        pane_draw_waiting(c, inside);
        return;
    }
    put_counts(&s, t);
    put_figure(&s, "mean", figure_text(t->mean, figure, sizeof figure), t->mean_errors, "");
    put_figure(&s, "std", figure_text(t->std, figure, sizeof figure), t->std_errors, "");
    put_figure(&s, "target", figure_text(t->target_std, figure, sizeof figure), NAN,
               target_source(recipe, source, sizeof source));
    put_extreme(&s, recipe, "min", t->min, t->min_row, t->min_col);
    put_extreme(&s, recipe, "max", t->max, t->max_row, t->max_col);
    put_figure(&s, "skew", figure_text(t->skewness, figure, sizeof figure), t->skewness_errors, "");
    put_figure(&s, "kurtosis", figure_text(t->excess_kurtosis, figure, sizeof figure),
               t->kurtosis_errors, "");
    bool fits = t->ks_p > 0.001;
    if (inside.height > 9)
        s.y++;
    put_label(&s, "fits?");
    cells_print(c, inside, inside.x + 10, s.y, fits ? ROLE_GOOD : ROLE_BAD, 0, " p = %.3f %s%s",
                t->ks_p, fits ? "✓" : "✗", recipe->orthogonal ? " indicative" : "");
    if (inside.height > 13)
        cells_print(c, inside, inside.x + 1, s.y + 2, ROLE_DIM, 0,
                    "σ: standard errors off; p: Kolmogorov-Smirnov of %llu",
                    (unsigned long long)t->ks_count);
    if (m->results.has[PIECE_REPRODUCIBILITY] && inside.height > 10)
        cells_print(c, inside, inside.x + 1, s.y + 1, ROLE_DIM, 0, "SHA-256 %s",
                    m->results.reproducibility.sha256);
}
