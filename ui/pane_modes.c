/*
 * All modes side by side, and why they exist: what each does to a signal on its
 * way through fifty layers.
 */
#include "chart.h"
#include "pane_draw.h"

#include <math.h>
#include <stdio.h>

/* The signal's curve spans this factor below and above its start. */
#define CURVE_DECADES 8.0

static const struct verdict {
    double from; /* decades that the signal gained at least */
    const char *word;
    unsigned role;
} verdicts[] = {
    {1.0, "explodes", ROLE_BAD},
    {-1.0, "holds", ROLE_GOOD},
    {-4.0, "fades", ROLE_ACCENT},
    {-INFINITY, "gone", ROLE_BAD},
};

/* log10 of how much the signal grew from the first layer to layer n. */
static double decades(const double *signal, int n)
{
    if (signal[n] <= 0)
        return -400;
    return log10(signal[n] / signal[0]);
}

static const struct verdict *judge(const double *signal)
{
    double gained = decades(signal, DETINIT_SIGNAL_DEPTH - 1);
    const struct verdict *v = verdicts;
    while (!(gained >= v->from))
        v++;
    return v;
}

/* Decades as heights: the start at seven eighths where signals fade, so that falls show. */
static void curve_of(const double *signal, double *values, int count)
{
    for (int n = 0; n < count; n++) {
        int layer = n * (DETINIT_SIGNAL_DEPTH - 1) / (count > 1 ? count - 1 : 1);
        values[n] = 0.8 + decades(signal, layer) / CURVE_DECADES;
    }
}

static int draw_curve(cells *c, rect inside, int x, int y, const double *signal, int width)
{
    double values[DETINIT_SIGNAL_DEPTH];
    int count = width < DETINIT_SIGNAL_DEPTH ? width : DETINIT_SIGNAL_DEPTH;
    if (count < 1)
        return 0;
    curve_of(signal, values, count);
    return chart_line(c, inside, x, y, values, count, ROLE_BAR);
}

/* A histogram one row high. */
static void draw_spark(cells *c, rect inside, int x, int y, int width, const detinit_histogram *h)
{
    double sums[64] = {0}, most = 1;
    for (size_t n = 0; n < h->bins; n++) {
        size_t at = n * (size_t)width / h->bins;
        sums[at] += (double)h->counts[n];
        most = fmax(most, sums[at]);
    }
    for (int n = 0; n < width; n++)
        sums[n] /= most;
    chart_line(c, inside, x, y, sums, width, ROLE_DIM);
}

static void draw_row(const model *m, cells *c, rect inside, int y, int mode, int curve)
{
    const mode_result *r = &m->results.modes[mode];
    const struct verdict *v = judge(r->signal);
    bool mine = m->settings.recipe.mode == (detinit_mode)mode;
    int x = inside.x + 1;
    x += cells_print(c, inside, x, y, mine ? ROLE_ACCENT : ROLE_TEXT, mine ? ATTR_BOLD : 0,
                     "%-7s%.*f ", detinit_mode_name((detinit_mode)mode), inside.width < 36 ? 3 : 4,
                     r->survey.statistics.std);
    x += draw_curve(c, inside, x, y, r->signal, curve) + 1;
    x += cells_print(c, inside, x, y, v->role, 0, "%-8s", v->word);
    if (inside.x + inside.width - x > 50) {
        const detinit_statistics *s = &r->survey.statistics;
        x += cells_print(c, inside, x, y, ROLE_DIM, 0, " x%8.1e ",
                         r->signal[DETINIT_SIGNAL_DEPTH - 1] / r->signal[0]);
        x += cells_print(c, inside, x, y, ROLE_TEXT, 0, "%+9.4f ..%+8.4f  ", s->min, s->max);
        draw_spark(c, inside, x, y, 16, &r->survey.histogram);
    }
}

/* What each mode is made for; below the table, where there is room. */
static void draw_purposes(cells *c, rect inside, int y)
{
    for (int mode = 0; mode < DETINIT_MODE_COUNT; mode++)
        cells_print(c, inside, inside.x + 1, y + mode, ROLE_DIM, 0, "%-7s %-29s for %s",
                    detinit_mode_name((detinit_mode)mode), detinit_mode_formula((detinit_mode)mode),
                    detinit_mode_purpose((detinit_mode)mode));
}

void pane_modes_draw(const model *m, cells *c, rect inside)
{
    const char *activation = m->view.activation == DETINIT_TANH ? "tanh" : "ReLU";
    int curve =
        inside.width >= 110 ? DETINIT_SIGNAL_DEPTH : inside.width - (inside.width < 36 ? 23 : 25);
    curve = curve > DETINIT_SIGNAL_DEPTH ? DETINIT_SIGNAL_DEPTH : curve;
    if (!m->results.has[PIECE_MODES]) {
        pane_draw_waiting(c, inside);
        return;
    }
    cells_print(c, inside, inside.x + 8, inside.y, ROLE_DIM, 0, "std%s %s%d %s layers",
                inside.width < 36 ? "  " : "    ", inside.width >= 36 ? "signal through " : "",
                DETINIT_SIGNAL_DEPTH, activation);
    for (int mode = 0; mode < DETINIT_MODE_COUNT; mode++)
        draw_row(m, c, inside, inside.y + 1 + mode, mode, curve);
    if (inside.height > 2 * DETINIT_MODE_COUNT + 2)
        draw_purposes(c, inside, inside.y + DETINIT_MODE_COUNT + 2);
}

void pane_modes_note(const model *m, rect inside, char *buffer, size_t size)
{
    (void)m;
    snprintf(buffer, size, "%s",
             inside.width > 40 ? "v: ReLU or tanh; curves in decades" : "v: tanh");
}
