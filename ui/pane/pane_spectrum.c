#include "pane/pane_spectrum.h"

#include "model/viewing.h"
#include "text/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From this size on there is a plot below the words. */
#define PLOT_WIDTH  12
#define PLOT_HEIGHT 4

/* From this width on the two ellipses stand side by side. */
#define BESIDE_WIDTH 44

/* Points of an ellipse, and of a circle that is dotted. */
#define ELLIPSE 160
#define CIRCLE  40

/* How far an axis reaches beyond what is on it. */
#define MARGIN 1.08

#define PI 3.14159265358979323846

const char *spectrum_drawn_name(const model *m)
{
    detinit_recipe drawn = m->settings.recipe;
    if (viewing_is_measured(m))
        return m->viewed.face == FACE_TRAINED ? "w" : "w - w0";
    drawn.orthogonal = false;
    return detinit_dist_name(detinit_recipe_dist(&drawn));
}

/* ------------------------------------------------------------------- words */

/* "━ normal  " and of some texts the first that fits, longest first. */
static void draw_head(cells *c, rect area, int y, unsigned role, char mark, const char *name,
                      const char *const *texts)
{
    int x = area.x;
    if (y >= area.y + area.height || (int)strlen(name) + 2 > area.width)
        return;
    cells_put(c, x, y, c->ascii ? (uint32_t)mark : 0x2501, role, 0);
    x += 2 + cells_text(c, area, x + 2, y, role, ATTR_BOLD, name) + 2;
    const char *text = cells_fitting(area.x + area.width - x, texts);
    if (text[0] != '\0')
        cells_text(c, area, x, y, ROLE_DIM, 0, text);
}

static void draw_drawn_head(const model *m, cells *c, rect area, int y, const char *const *texts)
{
    draw_head(c, area, y, ROLE_DRAWN, '#', spectrum_drawn_name(m), texts);
}

static void draw_orthogonal_head(cells *c, rect area, int y, const char *const *texts)
{
    draw_head(c, area, y, ROLE_ORTHOGONAL, '|', "orthogonal", texts);
}

/* "0.4142 .. 2.414", or one number where both are the same to so many figures. */
static const char *range_text(double low, double high, char *buffer, size_t size)
{
    char least[32], most[32];
    snprintf(least, sizeof least, "%.4g", low);
    snprintf(most, sizeof most, "%.4g", high);
    if (strcmp(least, most) == 0)
        snprintf(buffer, size, "all %s", least);
    else
        snprintf(buffer, size, "%s .. %s", least, most);
    return buffer;
}

/* ----------------------------------------------------------------- density */

/* Singular values as bars on an axis, and the law that expects so many in each of them. */
typedef struct density {
    const double *values;
    size_t count;
    axis across;
    int columns, each; /* of a bar */
    double *bars;      /* by column */
    double *at, *law;  /* by column: where it is, and what is expected in a bar there */
} density;

static bool density_init(density *d, const double *values, size_t count, axis across, int columns)
{
    const double wanted = 1.5 * sqrt((double)count) + 6;
    *d = (density){.values = values, .count = count, .across = across, .columns = columns};
    d->each = (int)fmax(1, floor(columns / wanted));
    d->bars = calloc(3 * (size_t)columns + 1, sizeof *d->bars);
    d->at = d->bars + columns;
    d->law = d->at + columns;
    return d->bars != NULL;
}

/* The value at a share of the axis. */
static double value_at(const axis *a, double share)
{
    return a->log ? a->low * pow(a->high / a->low, share) : a->low + (a->high - a->low) * share;
}

/* Returns the most of a bar. */
static double count_values(density *d)
{
    double most = 1;
    for (size_t n = 0; n < d->count; n++) {
        const double share = axis_share(&d->across, d->values[n]);
        if (!(share >= 0 && share < 1))
            continue;
        const int first = (int)(share * d->columns) / d->each * d->each;
        for (int k = first; k < first + d->each && k < d->columns; k++)
            most = fmax(most, ++d->bars[k]);
    }
    return most;
}

/* The probability that a law has for values between two. */
typedef double probability(const void *law, double from, double to);

/*
 * What is expected in a bar about each column; at an end of the axis by what of the bar is on it.
 * Returns the most.
 */
static double expect(density *d, probability *between, const void *law)
{
    const double bar = (double)d->each / d->columns;
    double most = 0;
    for (int k = 0; k < d->columns; k++) {
        const double share = (k + 0.5) / d->columns;
        const double from = fmax(share - bar / 2, 0), to = fmin(share + bar / 2, 1);
        d->at[k] = value_at(&d->across, share);
        d->law[k] = (double)d->count * bar / (to - from) *
                    between(law, value_at(&d->across, from), value_at(&d->across, to));
        most = fmax(most, d->law[k]);
        if (!(d->law[k] > 0))
            d->law[k] = NAN; /* beyond the edges: no curve */
    }
    return most;
}

/*
 * A mark in the last line of an area with its number beside it, in the columns from..to - 1: on the
 * left of it or else on the right, or the other way round. Returns the column behind both.
 */
static int draw_mark(const plot *p, rect area, int x, double value, int from, int to,
                     bool right_first)
{
    char text[32];
    const int y = area.y + area.height - 1;
    const int width = snprintf(text, sizeof text, "%.4g", value);
    const bool left_fits = x - 1 - width >= from, right_fits = x + 2 + width <= to;
    cells_put(p->c, x, y, 0x25B2, ROLE_THEORY, 0);
    if (right_fits && (right_first || !left_fits))
        return x + 2 + cells_text(p->c, area, x + 2, y, ROLE_THEORY, 0, text);
    if (left_fits)
        cells_text(p->c, area, x - 1 - width, y, ROLE_THEORY, 0, text);
    return x + 1;
}

/* The column of a value; -1: it is not on the axis. */
static int mark_column(const plot *p, double value)
{
    const double share = axis_share(&p->x, value);
    if (!(share >= 0 && share <= 1))
        return -1;
    return p->data.x + (int)lround(share * (2 * p->data.width - 1)) / 2;
}

/* Both edges of a law, apart from one another. */
static void draw_marks(const plot *p, rect area, double lower, double upper)
{
    const int low = mark_column(p, lower), high = mark_column(p, upper);
    int from = area.x;
    if (low >= 0 && low < high)
        from = 1 + draw_mark(p, area, low, lower, area.x, high - 1, false);
    if (high >= 0)
        draw_mark(p, area, high, upper, from, area.x + area.width, true);
}

/* What a plot of a density shows beside the values. */
typedef struct density_law {
    probability *between; /* NULL: there is none */
    const void *law;
    double lower, upper;    /* edges, marked; a lower one that is not on the axis is not */
    double least, greatest; /* of the orthogonal matrix's singular values */
} density_law;

/* Counts and curve for so many columns. Returns the most of either; below 0 without memory. */
static double fill(density *d, const double *values, size_t count, axis across,
                   const density_law *law, int columns)
{
    if (columns <= 0 || !density_init(d, values, count, across, columns))
        return -1;
    const double most = count_values(d);
    return law->between != NULL ? fmax(most, expect(d, law->between, law->law)) : most;
}

/* Bars, the law's curve over them, and the line that the orthogonal values are. */
static void draw_data(const plot *p, const density *d, const density_law *law)
{
    const double middle = 0.5 * (law->least + law->greatest);
    const double x[] = {middle, middle}, y[] = {0, p->y.high};
    const series curve = {.role = ROLE_THEORY,
                          .mark = 'o',
                          .x = d->at,
                          .y = d->law,
                          .count = law->between != NULL ? d->columns : 0};
    const series line = {.role = ROLE_ORTHOGONAL, .mark = '|', .x = x, .y = y, .count = 2};
    plot_axes(p);
    plot_bars(p, d->bars, ROLE_BAR);
    plot_series(p, &curve);
    plot_series(p, &line);
}

/* The same with marks at the law's edges, in a line of their own below the axis. */
static void draw_density(cells *c, rect area, const double *values, size_t count, axis across,
                         const density_law *law)
{
    density d;
    axis up = {.low = 0, .high = 10, .whole = true};
    const rect room = {area.x, area.y, area.width, area.height - (area.height > PLOT_HEIGHT)};
    if (area.width < PLOT_WIDTH || area.height < PLOT_HEIGHT)
        return;
    plot p = plot_place(c, room, across, up, 0);
    const double most = fill(&d, values, count, across, law, p.data.width);
    if (most < 0)
        return;
    free(d.bars);
    up.high = most * MARGIN;
    p = plot_place(c, room, across, up, 0); /* numbers may be wider */
    if (fill(&d, values, count, across, law, p.data.width) < 0)
        return;
    draw_data(&p, &d, law);
    free(d.bars);
    if (law->between == NULL || room.height == area.height)
        return;
    draw_marks(&p, area, law->lower, law->upper);
}

/* ------------------------------------------------------------- this matrix */

static double between_marchenko_pastur(const void *law, double from, double to)
{
    return detinit_singular_cdf(law, to) - detinit_singular_cdf(law, from);
}

/* How many values there are and where, and where the law has them. */
static void draw_density_heads(const model *m, cells *c, rect area)
{
    const spectrum *s = &m->results.spectrum;
    const bool has_law = s->no_law[0] == '\0';
    char full[300], brief[240], middle[200], range[80], law[80];
    const char *const texts[] = {full, brief, middle, range, NULL};
    range_text(s->normal[s->count - 1], s->normal[0], range, sizeof range);
    range_text(s->law.lower, s->law.upper, law, sizeof law);
    snprintf(middle, sizeof middle, has_law ? "%s, law %s" : "%s, no law", range, law);
    snprintf(brief, sizeof brief, has_law ? "%s, %zu beyond" : "%s", middle, spectrum_beyond(s));
    snprintf(full, sizeof full,
             has_law ? "%s, Marchenko-Pastur's law %s, %zu of %zu beyond"
                     : "%s, no law: its weights depend on one another",
             range, law, spectrum_beyond(s), s->count);
    draw_drawn_head(m, c, area, area.y, texts);
    range_text(s->orthogonal[s->count - 1], s->orthogonal[0], range, sizeof range);
    draw_orthogonal_head(c, area, area.y + 1, (const char *const[]){range, NULL});
}

void spectrum_draw_density(const model *m, cells *c, rect inside)
{
    const spectrum *s = &m->results.spectrum;
    const rect area = {inside.x + 1, inside.y, inside.width - 2, inside.height};
    const bool has_law = s->refusal[0] == '\0' && s->no_law[0] == '\0';
    if (s->refusal[0] != '\0') {
        cells_paragraph(c, area, ROLE_DIM, s->refusal);
        return;
    }
    const density_law law = {.between = has_law ? between_marchenko_pastur : NULL,
                             .law = &s->law,
                             .lower = s->law.lower,
                             .upper = s->law.upper,
                             .least = s->orthogonal[s->count - 1],
                             .greatest = s->orthogonal[0]};
    const double high = fmax(fmax(s->normal[0], s->orthogonal[0]), has_law ? s->law.upper : 0);
    const axis across = {.low = 0, .high = high * MARGIN, .name = "singular values"};
    draw_density_heads(m, c, area);
    if (high > 0)
        draw_density(c, (rect){area.x, area.y + 2, area.width, area.height - 2}, s->normal,
                     s->count, across, &law);
}

/* ----------------------------------------------------------------- product */

/* By the density, which is even on an axis of logarithms: its integral would take too long. */
static double between_fuss_catalan(const void *law, double from, double to)
{
    const double middle = sqrt(from) * sqrt(to);
    return detinit_product_pdf(*(const unsigned *)law, middle) * middle * log(to / from);
}

/* From the least singular value that is not rounding to the law's end. */
static axis product_axis(const product_spectrum *p)
{
    size_t last = PRODUCT_WIDTH - 1 - p->rounded;
    const double high = fmax(fmax(p->normal[0], detinit_product_upper(p->factors)), 1) * 1.5;
    const double low = fmin(fmin(p->normal[last], p->orthogonal[PRODUCT_WIDTH - 1]) / 1.5, 0.1);
    return (axis){
        .low = fmax(low, high * 1e-16), .high = high, .log = true, .name = "singular values"};
}

static void draw_product_heads(const model *m, cells *c, rect area)
{
    const product_spectrum *p = &m->results.product;
    char full[200], middle[120], brief[80], condition[SPECTRUM_TEXT], head[120], name[60];
    const char *const texts[] = {full, middle, brief, condition, NULL};
    const char *const heads[] = {head, name, NULL};
    snprintf(name, sizeof name, "product of %u", p->factors);
    snprintf(head, sizeof head, "product of %u matri%s of %zu x %zu, over %s^%u", p->factors,
             p->factors == 1 ? "x" : "ces", PRODUCT_WIDTH, PRODUCT_WIDTH, c->ascii ? "sigma" : "σ",
             p->factors);
    cells_text(c, area, area.x, area.y, ROLE_TEXT, 0, cells_fitting(area.width, heads));
    snprintf(brief, sizeof brief, "condition %s", condition_text(p->condition_normal, condition));
    snprintf(middle, sizeof middle, "%s, law up to %.4g", brief, detinit_product_upper(p->factors));
    snprintf(full, sizeof full,
             p->rounded > 0 ? "%s, Fuss-Catalan's law up to %.4g, %zu values of %zu are rounding"
                            : "%s, Fuss-Catalan's law up to %.4g",
             brief, detinit_product_upper(p->factors), p->rounded, PRODUCT_WIDTH);
    draw_drawn_head(m, c, area, area.y + 1, texts);
    snprintf(brief, sizeof brief, "condition %s",
             condition_text(p->condition_orthogonal, condition));
    snprintf(middle, sizeof middle, "%s: it stays one", brief);
    draw_orthogonal_head(c, area, area.y + 2, (const char *const[]){middle, brief, NULL});
}

void spectrum_draw_product(const model *m, cells *c, rect inside)
{
    const product_spectrum *p = &m->results.product;
    const rect area = {inside.x + 1, inside.y, inside.width - 2, inside.height};
    if (p->refusal[0] != '\0') {
        cells_paragraph(c, area, ROLE_DIM, p->refusal);
        return;
    }
    const density_law law = {.between = between_fuss_catalan,
                             .law = &p->factors,
                             .lower = NAN,
                             .upper = detinit_product_upper(p->factors),
                             .least = p->orthogonal[PRODUCT_WIDTH - 1],
                             .greatest = p->orthogonal[0]};
    draw_product_heads(m, c, area);
    draw_density(c, (rect){area.x, area.y + 3, area.width, area.height - 3}, p->normal,
                 PRODUCT_WIDTH, product_axis(p), &law);
}

/* ----------------------------------------------------------------- ellipse */

/* An ellipse about 0, its longer half axis across. */
typedef struct outline {
    double x[ELLIPSE + 1], y[ELLIPSE + 1];
} outline;

/* Of so many points, and the first once more. */
static void make_outline(outline *o, double across, double up, int points)
{
    for (int n = 0; n <= points; n++) {
        o->x[n] = across * cos(2 * PI * n / points);
        o->y[n] = up * sin(2 * PI * n / points);
    }
}

/*
 * Where both axes have one scale, so that a circle is one: a dot is as high as it is wide.  In
 * ASCII a cell is twice as high as wide.
 */
static plot place_round(cells *c, rect area, double reach)
{
    axis x = {.low = -reach, .high = reach}, y = x;
    plot p = plot_place(c, area, x, y, 0);
    if (p.data.width <= 0)
        return p;
    const double across = 2.0 * p.data.width, up = 4.0 * p.data.height;
    const double unit = fmin(across, up) / (2 * reach);
    x = (axis){.low = -across / unit / 2, .high = across / unit / 2};
    y = (axis){.low = -up / unit / 2, .high = up / unit / 2};
    return plot_place(c, area, x, y, 0);
}

/* The circle of radius 1, and what the matrix makes of it in the plane of its extremes. */
static void draw_outlines(cells *c, rect area, const double *values, size_t count, double reach,
                          unsigned role, char mark)
{
    outline circle, ellipse;
    if (area.width < PLOT_WIDTH || area.height < PLOT_HEIGHT)
        return;
    const plot p = place_round(c, area, reach);
    make_outline(&circle, 1, 1, CIRCLE);
    make_outline(&ellipse, values[0], values[count - 1], ELLIPSE);
    const series both[] = {
        {.role = ROLE_DIM,
         .mark = '.',
         .points = true,
         .x = circle.x,
         .y = circle.y,
         .count = CIRCLE},
        {.role = role,
         .attributes = ATTR_BOLD,
         .mark = mark,
         .x = ellipse.x,
         .y = ellipse.y,
         .count = ELLIPSE + 1},
    };
    plot_axes(&p);
    for (int n = 0; n < 2; n++)
        plot_series(&p, &both[n]);
}

/* What each does to lengths. Returns the lines that it took. */
static int draw_words(const model *m, cells *c, rect area)
{
    const spectrum *s = &m->results.spectrum;
    const char *const names[] = {spectrum_drawn_name(m), "orthogonal"};
    const double conditions[] = {s->condition_normal, s->condition_orthogonal};
    const unsigned roles[] = {ROLE_DRAWN, ROLE_ORTHOGONAL};
    char words[SPECTRUM_TEXT], text[2 * SPECTRUM_TEXT];
    int y = 0;
    for (int n = 0; n < 2 && y < area.height; n++) {
        snprintf(text, sizeof text, "%s %s", names[n], condition_words(conditions[n], words));
        y += cells_paragraph(c, (rect){area.x, area.y + y, area.width, area.height - y}, roles[n],
                             text);
    }
    if (y < area.height - PLOT_HEIGHT && area.width >= BESIDE_WIDTH)
        y += cells_paragraph(
            c, (rect){area.x, area.y + y, area.width, 3}, ROLE_DIM,
            area.width >= 72
                ? "a circle (dotted) becomes an ellipse, along what is stretched most and least"
                : "a circle (dotted) becomes an ellipse");
    return y;
}

void spectrum_draw_ellipse(const model *m, cells *c, rect inside)
{
    const spectrum *s = &m->results.spectrum;
    const rect area = {inside.x + 1, inside.y, inside.width - 2, inside.height};
    if (s->refusal[0] != '\0') {
        cells_paragraph(c, area, ROLE_DIM, s->refusal);
        return;
    }
    const int words = draw_words(m, c, area);
    const double reach = fmax(fmax(s->normal[0], s->orthogonal[0]), 1) * MARGIN;
    rect left = {area.x, area.y + words, area.width, area.height - words}, right = left;
    if (area.width >= BESIDE_WIDTH) {
        left.width = right.width = area.width / 2 - 1;
        right.x += area.width - right.width;
    } else if (left.height >= 2 * PLOT_HEIGHT) {
        left.height = right.height = left.height / 2;
        right.y += left.height;
    } else {
        right.height = 0; /* there is room for one */
    }
    draw_outlines(c, left, s->normal, s->count, reach, ROLE_DRAWN, '*');
    draw_outlines(c, right, s->orthogonal, s->count, reach, ROLE_ORTHOGONAL, 'o');
}
