/*
 * All modes side by side, and why they exist: what each does to a signal on its
 * way through fifty layers.
 */
#include "text/chart.h"
#include "detinit_describe.h"
#include "pane/pane.h"
#include "pane/pane_matrix.h"

#include <math.h>
#include <stdio.h>

#define LAST (DETINIT_SIGNAL_DEPTH - 1)

/* The signal's curve in one row spans so many powers of ten below its start. */
#define CURVE_DECADES 8.0

/* The chart spans no more than so many below and above. */
#define CHART_DECADES 12

/* With this std most of tanh's outputs are near -1 and 1, where its slope is nearly 0. */
#define SATURATED 0.8

/* The table's: its heading and one for each mode. */
#define ROWS (DETINIT_SCHEME_COUNT + 1)

/* Columns of the chart's labels, and of a histogram in the table. */
#define LABELS 8
#define SPARK  9

/* From this size on the pane is a table with a chart below it. */
#define CHART_WIDTH  74
#define CHART_HEIGHT (DETINIT_SCHEME_COUNT + 9)

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

/* Why, in one line each. */
static const char *const reasons[DETINIT_ACTIVATION_COUNT] = {
    [DETINIT_RELU] = "ReLU drops half of a signal's power: std = sqrt(2 / fan_in) makes up for it",
    [DETINIT_TANH] = "tanh keeps small signals as they are: std = sqrt(1 / fan) holds them",
};

/* The signal is another: it is to be sent anew. */
static void take_activation(model *m)
{
    const detinit_activation chosen = (detinit_activation)pane_view_now(m, &pane_modes);
    if (m->view.activation != chosen)
        m->results.has[PIECE_MODES] = false;
    m->view.activation = chosen;
}

static const pane_view views[] = {
    [DETINIT_RELU] = {.name = "relu", .note = "ReLU", .chosen = take_activation},
    [DETINIT_TANH] = {.name = "tanh", .in_help = true, .note = "tanh", .chosen = take_activation},
    {.name = NULL},
};

/* log10 of how much the signal grew from the first layer to layer n. */
static double decades(const double *signal, int n)
{
    if (signal[n] <= 0)
        return -400;
    return log10(signal[n] / signal[0]);
}

static const struct verdict *judge(const model *m, const double *signal)
{
    static const struct verdict saturates = {0, "saturates", ROLE_BAD};
    double gained = decades(signal, LAST);
    const struct verdict *v = verdicts;
    if (m->view.activation == DETINIT_TANH && signal[LAST] > SATURATED)
        return &saturates;
    while (!(gained >= v->from))
        v++;
    return v;
}

static bool is_mine(const model *m, int mode)
{
    return m->settings.recipe.mode == (detinit_mode)mode;
}

/* ------------------------------------------------------------------- table */

/* The curve in one row, from seven eighths of its height where signals fade, so that falls show. */
static int draw_curve(cells *c, rect inside, int x, int y, const double *signal, int width)
{
    double values[DETINIT_SIGNAL_DEPTH];
    int count = width < DETINIT_SIGNAL_DEPTH ? width : DETINIT_SIGNAL_DEPTH;
    for (int n = 0; n < count; n++)
        values[n] = 0.8 + decades(signal, n * LAST / (count > 1 ? count - 1 : 1)) / CURVE_DECADES;
    return count > 0 ? chart_line(c, inside, x, y, values, count, ROLE_BAR) : 0;
}

/* A histogram one row high. */
static int draw_spark(cells *c, rect inside, int x, int y, const detinit_histogram *h)
{
    double sums[SPARK], most = 1;
    double low = h->bins > 0 ? h->edges[0] : 0, high = h->bins > 0 ? h->edges[h->bins] : 0;
    for (int n = 0; n < SPARK; n++) {
        sums[n] = chart_count(h, low + (high - low) * n / SPARK,
                              low + (high - low) * (n + 1) / SPARK, false);
        most = fmax(most, sums[n]);
    }
    for (int n = 0; n < SPARK; n++)
        sums[n] /= most;
    return chart_line(c, inside, x, y, sums, SPARK, ROLE_DIM);
}

static int draw_name(const model *m, cells *c, rect inside, int x, int y, int mode)
{
    bool mine = is_mine(m, mode);
    return cells_print(c, inside, x, y, mine ? ROLE_ACCENT : ROLE_TEXT, mine ? ATTR_BOLD : 0,
                       "%-6s", detinit_mode_name((detinit_mode)mode));
}

/* Four significant figures in eight columns. */
static const char *figure(double value, char *buffer, size_t size)
{
    double magnitude = fabs(value);
    bool plain = magnitude == 0 || (magnitude >= 0.001 && magnitude < 100);
    if (isnan(value))
        snprintf(buffer, size, "%8s", "-");
    else
        snprintf(buffer, size, plain ? "%8.4f" : "%8.1e", value);
    return buffer;
}

/* What a mode is: std as drawn and as meant, range, histogram. */
static int draw_figures(const mode_result *r, cells *c, rect inside, int x, int y)
{
    const detinit_statistics *s = &r->survey.statistics;
    const double figures[] = {s->std, s->target_std, s->min, s->max};
    char text[32];
    int from = x;
    for (int n = 0; n < 4; n++)
        x += cells_print(c, inside, x, y, n == 1 ? ROLE_DIM : ROLE_TEXT, 0, "%s ",
                         figure(figures[n], text, sizeof text));
    return x + draw_spark(c, inside, x, y, &r->survey.histogram) - from;
}

/* What it does to the signal: in a layer, in all of them, in a word. */
static void draw_effect(const model *m, const mode_result *r, cells *c, rect inside, int x, int y)
{
    const struct verdict *v = judge(m, r->signal);
    double factor = r->signal[LAST] / r->signal[0];
    bool plain = factor >= 0.01 && factor < 100;
    x += cells_print(c, inside, x, y, ROLE_TEXT, 0, "  x%-4.2f", pow(factor, 1.0 / LAST));
    x += cells_print(c, inside, x, y, ROLE_DIM, 0, plain ? "  x%-6.2f " : "  x%-6.0e ", factor);
    cells_print(c, inside, x, y, v->role, 0, "%s", v->word);
}

/* ------------------------------------------------------------------- chart */

typedef struct chart {
    rect plot;
    int low, high; /* decades */
} chart;

static int chart_row(const chart *k, double value)
{
    double share = (k->high - value) / (k->high - k->low);
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return k->plot.y + (int)(share * (k->plot.height - 1) + 0.5);
}

static int chart_column(const chart *k, int layer)
{
    return k->plot.x + layer * (k->plot.width - 1) / LAST;
}

/* As many decades as the signals take, within reason. */
static void choose_decades(const model *m, chart *k)
{
    double low = -2, high = 0;
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT; mode++)
        for (int n = 0; n < DETINIT_SIGNAL_DEPTH; n++) {
            double value = decades(m->results.modes[mode].signal, n);
            low = fmin(low, value);
            high = fmax(high, value);
        }
    k->low = (int)floor(fmax(low, -CHART_DECADES));
    k->high = (int)ceil(fmin(high, CHART_DECADES) - 0.3);
}

static void draw_axes(cells *c, rect inside, const chart *k)
{
    int bottom = k->plot.y + k->plot.height, every = (k->high - k->low) / k->plot.height + 1;
    for (int y = k->plot.y; y < bottom; y++)
        cells_put(c, k->plot.x - 1, y, 0x2502, ROLE_DIM, 0);
    for (int decade = k->high / every * every; decade >= k->low; decade -= every) {
        char label[16];
        snprintf(label, sizeof label, decade == 0 ? "1" : "1e%d", decade);
        cells_print(c, inside, inside.x + 1, chart_row(k, decade), ROLE_DIM, 0, "%*s", LABELS - 3,
                    label);
    }
    for (int layer = 0; layer <= LAST; layer += layer == 0 ? 9 : 10)
        cells_print(c, inside, chart_column(k, layer), bottom, ROLE_DIM, 0, "%d", layer + 1);
    cells_text(c, inside, k->plot.x + k->plot.width + 2, bottom, ROLE_DIM, 0, "layer");
}

/* A mode's line is made of its mark. */
static void draw_line(const model *m, cells *c, const chart *k, int mode)
{
    bool mine = is_mine(m, mode);
    const double *signal = m->results.modes[mode].signal;
    uint32_t mark = (uint32_t)detinit_mode_mark((detinit_mode)mode);
    for (int x = 0; x < k->plot.width; x++) {
        double value = decades(signal, x * LAST / (k->plot.width - 1));
        if (value >= k->low - 0.5 && value <= k->high + 0.5)
            cells_put(c, k->plot.x + x, chart_row(k, value), mark, mine ? ROLE_ACCENT : ROLE_BAR,
                      mine ? ATTR_BOLD : 0);
    }
}

static void draw_chart(const model *m, cells *c, rect inside, int y)
{
    chart k = {.plot = {inside.x + LABELS, y + 1, inside.width - LABELS - 8,
                        inside.y + inside.height - y - 2}};
    cells_print(c, inside, inside.x + 1, y, ROLE_ACCENT, 0, "%s", reasons[m->view.activation]);
    choose_decades(m, &k);
    draw_axes(c, inside, &k);
    for (int mode = DETINIT_SCHEME_COUNT - 1; mode >= 0; mode--)
        draw_line(m, c, &k, mode);
    if (detinit_mode_is_drawn(m->settings.recipe.mode))
        draw_line(m, c, &k, (int)m->settings.recipe.mode);
}

/* -------------------------------------------------------------------- pane */

static void draw_wide(const model *m, cells *c, rect inside)
{
    bool purposes = inside.width >= 112;
    cells_print(c, inside, inside.x + 7, inside.y, ROLE_DIM, 0,
                "     std   target      min      max histogram a layer all %d",
                DETINIT_SIGNAL_DEPTH);
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT; mode++) {
        const mode_result *r = &m->results.modes[mode];
        int x = inside.x + 1, y = inside.y + 1 + mode;
        x += draw_name(m, c, inside, x, y, mode);
        x += draw_figures(r, c, inside, x, y);
        draw_effect(m, r, c, inside, x, y);
        if (purposes)
            cells_print(c, inside, inside.x + 78, y, ROLE_DIM, 0, "for %s",
                        detinit_mode_purpose((detinit_mode)mode));
    }
    draw_chart(m, c, inside, inside.y + ROWS + 1);
}

/* What there is no room for in the rows of the curves. */
static void draw_details(const model *m, cells *c, rect inside, int y)
{
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT; mode++, y++) {
        const mode_result *r = &m->results.modes[mode];
        const detinit_statistics *s = &r->survey.statistics;
        char target[32], min[32], max[32];
        int x = inside.x + 1;
        x += draw_name(m, c, inside, x, y, mode);
        x += cells_print(c, inside, x, y, ROLE_DIM, 0, "  target%s  ",
                         figure(s->target_std, target, sizeof target) + 1);
        x += cells_print(c, inside, x, y, ROLE_TEXT, 0, "%s ..%s ", figure(s->min, min, sizeof min),
                         figure(s->max, max, sizeof max));
        draw_spark(c, inside, x, y, &r->survey.histogram);
    }
}

static void draw_narrow(const model *m, cells *c, rect inside)
{
    int curve = inside.width - (inside.width < 36 ? 23 : 25), left = inside.height - ROWS;
    cells_print(c, inside, inside.x + 8, inside.y, ROLE_DIM, 0, "std%s %d %s layers",
                inside.width < 36 ? "  " : "    signal through", DETINIT_SIGNAL_DEPTH,
                views[m->view.activation].note);
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT; mode++) {
        const mode_result *r = &m->results.modes[mode];
        const struct verdict *v = judge(m, r->signal);
        int x = inside.x + 1, y = inside.y + 1 + mode;
        x += draw_name(m, c, inside, x, y, mode);
        const int decimals = inside.width < 36 ? 3 : 4;
        if (isnan(r->survey.statistics.std))
            x += cells_print(c, inside, x, y, ROLE_TEXT, 0, " %*s ", decimals + 2, "-");
        else
            x += cells_print(c, inside, x, y, ROLE_TEXT, 0, " %.*f ", decimals,
                             r->survey.statistics.std);
        x += draw_curve(c, inside, x, y, r->signal, curve) + 1;
        cells_print(c, inside, x, y, v->role, 0, "%s", v->word);
    }
    if (inside.width >= 56 && left >= DETINIT_SCHEME_COUNT)
        draw_details(m, c, inside, inside.y + ROWS + (left > DETINIT_SCHEME_COUNT));
}

static void draw(const model *m, cells *c, rect inside)
{
    if (inside.width >= CHART_WIDTH && inside.height >= CHART_HEIGHT)
        draw_wide(m, c, inside);
    else
        draw_narrow(m, c, inside);
}

static void note(const model *m, rect inside, char *buffer, size_t size)
{
    const int next = (pane_view_now(m, &pane_modes) + 1) % pane_view_count(&pane_modes);
    snprintf(buffer, size,
             inside.width > 40 ? "v: %s; the std of activations in powers of ten" : "v: %s",
             views[next].note);
}

static void command_line(const model *m, char *buffer, size_t size)
{
    pane_matrix_line(m, " --compare-modes", buffer, size);
}

const pane pane_modes = {
    .name = "modes",
    .title = "Modes",
    .pieces = 1u << PIECE_MODES,
    .views = views,
    .draw = draw,
    .note = note,
    .move = matrix_move,
    .command_line = command_line,
};
