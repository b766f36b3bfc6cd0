/*
 * All modes side by side, and why they exist: what each does to a signal on its
 * way through fifty layers.
 */
#include "text/chart.h"
#include "text/plot.h"
#include "detinit_describe.h"
#include "pane/pane.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAST (DETINIT_SIGNAL_DEPTH - 1)

/* The signal's curve in one row spans so many powers of ten below its start. */
#define CURVE_DECADES 8.0

/* The chart spans no more than so many powers of ten below and above 1. */
#define CHART_DECADES 12

/* With this std most of tanh's outputs are near -1 and 1, where its slope is nearly 0. */
#define SATURATED 0.8

/* The table's: its heading and one for each mode. */
#define ROWS (DETINIT_SCHEME_COUNT + 1)

/* Columns of a histogram in the table. */
#define SPARK 9

/* From this size on the pane is a table with a chart below it. */
#define TABLE_WIDTH  78
#define TABLE_HEIGHT (DETINIT_SCHEME_COUNT + 9)

/* A purpose is told where it has so many columns. */
#define PURPOSE 32

/* Columns of the longest verdict. */
#define VERDICT 9

/* A chart below the curves of single rows is no smaller. */
#define CHART_WIDTH  30
#define CHART_HEIGHT 5

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

/* log10 of how much the signal grew from the first layer to layer n; what overflowed exploded. */
static double decades(const double *signal, int n)
{
    if (signal[n] <= 0)
        return -400;
    if (!isfinite(signal[n]))
        return 400;
    return log10(signal[n] / signal[0]);
}

static const struct verdict *judge(const model *m, const double *signal)
{
    static const struct verdict saturates = {0, "saturates", ROLE_BAD};
    double gained = decades(signal, LAST);
    const struct verdict *v = verdicts;
    if (m->view.activation == DETINIT_TANH && signal[LAST] > SATURATED)
        return &saturates;
    while (gained < v->from) /* infinite from the first layer on, it explodes */
        v++;
    return v;
}

/* The cursor: it stands at the mode of the recipe until it is moved, and when that changes. */
typedef struct modes_look {
    detinit_mode of; /* the mode of the recipe when it was moved */
    int at;
} modes_look;

/* The mode that the cursor is at; none of the table where the recipe's is none of it. */
static int cursor_of(const model *m)
{
    const modes_look *look = pane_state(m, &pane_modes);
    return look->of == m->settings.recipe.mode ? look->at : (int)m->settings.recipe.mode;
}

static bool is_mine(const model *m, int mode)
{
    return m->settings.recipe.mode == (detinit_mode)mode;
}

/* ------------------------------------------------------------------- table */

/* The curve in one row, from seven eighths of its height where signals fade, so that falls show. */
static int draw_curve(cells *c, rect inside, int x, int y, const double *signal, int width,
                      unsigned role)
{
    double values[DETINIT_SIGNAL_DEPTH];
    int count = width < DETINIT_SIGNAL_DEPTH ? width : DETINIT_SIGNAL_DEPTH;
    for (int n = 0; n < count; n++)
        values[n] = 0.8 + decades(signal, n * LAST / (count > 1 ? count - 1 : 1)) / CURVE_DECADES;
    return count > 0 ? chart_line(c, inside, x, y, values, count, role) : 0;
}

/* A histogram one row high. */
static int draw_spark(cells *c, rect inside, int x, int y, const detinit_histogram *h)
{
    double sums[SPARK], most = 1;
    double low = h->bins > 0 ? h->edges[0] : 0, high = h->bins > 0 ? h->edges[h->bins] : 0;
    for (int n = 0; n < SPARK; n++) {
        sums[n] =
            chart_count(h, low + (high - low) * n / SPARK, low + (high - low) * (n + 1) / SPARK);
        most = fmax(most, sums[n]);
    }
    for (int n = 0; n < SPARK; n++)
        sums[n] /= most;
    return chart_line(c, inside, x, y, sums, SPARK, ROLE_DIM);
}

/* Columns of the longest name. */
static int name_width(void)
{
    size_t widest = 0;
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT; mode++) {
        const size_t width = strlen(detinit_mode_name((detinit_mode)mode));
        widest = width > widest ? width : widest;
    }
    return (int)widest;
}

/* In the hue of its curves, behind the cursor. */
static int draw_name(const model *m, cells *c, rect inside, int x, int y, int mode)
{
    if (pane_in_focus(m, &pane_modes) && mode == cursor_of(m))
        cells_text(c, inside, x - 1, y, ROLE_ACCENT, ATTR_BOLD, ">");
    return cells_print(c, inside, x, y, series_role(mode), is_mine(m, mode) ? ATTR_BOLD : 0, "%-*s",
                       name_width(), detinit_mode_name((detinit_mode)mode));
}

/* As %.1e has it, without what an exponent does not need: -3.0e300, 1.0e-4. */
static void put_exponent(double value, int decimals, char *buffer, size_t size)
{
    char digits[40];
    snprintf(digits, sizeof digits, "%.*e", decimals, value);
    const char *e = strchr(digits, 'e');
    if (e == NULL) /* inf, nan */
        snprintf(buffer, size, "%.8s", digits);
    else
        snprintf(buffer, size, "%.*se%d", (int)(e - digits), digits, atoi(e + 1));
}

/* So many decimals in four columns more, or one significant figure less and a power of ten. */
static const char *figure(double value, int decimals, char *buffer, size_t size)
{
    const double magnitude = fabs(value);
    char text[24] = "-"; /* of too few weights */
    if (magnitude == 0 || (magnitude >= 0.001 && magnitude < 100))
        snprintf(text, sizeof text, "%.*f", decimals, value);
    else if (!isnan(value))
        put_exponent(value, decimals - 3, text, sizeof text);
    snprintf(buffer, size, "%*.24s", decimals + 4, text);
    return buffer;
}

/* By how much something grew: x0.71, x3e-24. */
static const char *factor_text(double factor, char *buffer, size_t size)
{
    char text[40];
    if (factor >= 0.01 && factor < 100)
        snprintf(text, sizeof text, "%.2f", factor);
    else
        put_exponent(factor, 0, text, sizeof text);
    snprintf(buffer, size, "x%s", isnan(factor) ? "?" : factor == 0 ? "0" : text);
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
                         figure(figures[n], 4, text, sizeof text));
    return x + draw_spark(c, inside, x, y, &r->survey.histogram) - from;
}

/* What it does to the signal: in a layer, in all of them, in a word. */
static void draw_effect(const model *m, const mode_result *r, cells *c, rect inside, int x, int y)
{
    const struct verdict *v = judge(m, r->signal);
    const double factor = r->signal[LAST] / r->signal[0];
    char each[48], all[48];
    cells_print(c, inside, x + 2, y, ROLE_TEXT, 0, "%s",
                factor_text(pow(factor, 1.0 / LAST), each, sizeof each));
    cells_print(c, inside, x + 9, y, ROLE_DIM, 0, "%s", factor_text(factor, all, sizeof all));
    cells_print(c, inside, x + 17, y, v->role, 0, "%s", v->word);
}

/* ------------------------------------------------------------------- chart */

/* As many decades as the signals take, within reason. */
static axis signal_axis(const model *m)
{
    double low = INFINITY, high = 0;
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT; mode++)
        for (int n = 0; n < DETINIT_SIGNAL_DEPTH; n++) {
            const double value = m->results.modes[mode].signal[n];
            low = value > 0 ? fmin(low, value) : low;
            high = isfinite(value) ? fmax(high, value) : high;
        }
    const double least = pow(10, -CHART_DECADES), most = pow(10, CHART_DECADES);
    low = fmax(fmin(low, most / 100), least);
    high = fmin(fmax(high, 10 * low), fmax(most, 10 * low));
    return (axis){.low = low / 1.5, .high = high * 1.5, .log = true};
}

/* The std of activations layer by layer, a curve for each mode, the chosen one on top; without
 * names where these stand in their hues above. */
static void draw_chart(const model *m, cells *c, rect area, bool named)
{
    static const axis layers = {
        .low = 1, .high = DETINIT_SIGNAL_DEPTH, .whole = true, .name = "layer"};
    double x[DETINIT_SIGNAL_DEPTH];
    series all[DETINIT_SCHEME_COUNT + 1];
    int count = 0;
    for (int n = 0; n < DETINIT_SIGNAL_DEPTH; n++)
        x[n] = n + 1;
    for (int n = 0; n < 2 * DETINIT_SCHEME_COUNT; n++) {
        const int mode = n % DETINIT_SCHEME_COUNT;
        if (is_mine(m, mode) != (n >= DETINIT_SCHEME_COUNT))
            continue;
        all[count++] = (series){.name = named ? detinit_mode_name((detinit_mode)mode) : NULL,
                                .role = series_role(mode),
                                .attributes = is_mine(m, mode) ? ATTR_BOLD : 0,
                                .mark = detinit_mode_mark((detinit_mode)mode),
                                .x = x,
                                .y = m->results.modes[mode].signal,
                                .count = DETINIT_SIGNAL_DEPTH};
    }
    plot_all(c, area, layers, signal_axis(m), all, count);
}

/* -------------------------------------------------------------------- pane */

static void draw_purpose(cells *c, rect inside, int x, int y, int mode)
{
    char text[96];
    snprintf(text, sizeof text, "for %s", detinit_mode_purpose((detinit_mode)mode));
    cells_shorten(text, inside.x + inside.width - x);
    if (inside.x + inside.width - x >= PURPOSE)
        cells_text(c, inside, x, y, ROLE_DIM, 0, text);
}

static void draw_wide(const model *m, cells *c, rect inside)
{
    const int below = inside.y + ROWS + 1;
    cells_print(c, inside, inside.x + 7, inside.y, ROLE_DIM, 0,
                "     std   target      min      max histogram a layer all %d",
                DETINIT_SIGNAL_DEPTH);
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT; mode++) {
        const mode_result *r = &m->results.modes[mode];
        int x = inside.x + 1, y = inside.y + 1 + mode;
        x += draw_name(m, c, inside, x, y, mode);
        x += draw_figures(r, c, inside, x, y);
        draw_effect(m, r, c, inside, x, y);
        draw_purpose(c, inside, x + 29, y, mode);
    }
    cells_print(c, inside, inside.x + 1, below, ROLE_ACCENT, 0, "%s", reasons[m->view.activation]);
    draw_chart(
        m, c,
        (rect){inside.x + 1, below + 1, inside.width - 2, inside.y + inside.height - below - 1},
        true);
}

/* Heading of the curves: as much as fits. */
static void draw_curve_heading(const model *m, cells *c, rect inside, int x)
{
    char full[64], middle[64], brief[64];
    const char *const texts[] = {full, middle, brief, NULL};
    const char *of = views[m->view.activation].note;
    snprintf(full, sizeof full, "signal through %d %s layers", DETINIT_SIGNAL_DEPTH, of);
    snprintf(middle, sizeof middle, "%d %s layers", DETINIT_SIGNAL_DEPTH, of);
    snprintf(brief, sizeof brief, "%d %s", DETINIT_SIGNAL_DEPTH, of);
    cells_text(c, inside, x, inside.y, ROLE_DIM, 0,
               cells_fitting(inside.x + inside.width - x, texts));
}

/* Where there is no room for the table. */
static void draw_narrow(const model *m, cells *c, rect inside)
{
    const int decimals = inside.width < 36 ? 3 : 4, left = inside.height - ROWS;
    const int x0 = inside.x + 1, name = name_width(),
              after = x0 + name + decimals + 5 + (inside.width >= 36);
    const int curve = inside.x + inside.width - after - VERDICT - 1;
    cells_text(c, inside, x0 + name + decimals + 1, inside.y, ROLE_DIM, 0, "std");
    draw_curve_heading(m, c, inside, after);
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT && mode + 1 < inside.height; mode++) {
        const mode_result *r = &m->results.modes[mode];
        const struct verdict *v = judge(m, r->signal);
        const int y = inside.y + 1 + mode;
        char std[48];
        draw_name(m, c, inside, x0, y, mode);
        cells_text(c, inside, x0 + name, y, ROLE_TEXT, 0,
                   figure(r->survey.statistics.std, decimals, std, sizeof std));
        if (curve >= 4)
            draw_curve(c, inside, after, y, r->signal, curve, series_role(mode));
        cells_text(c, inside, curve >= 4 ? after + curve + 1 : after, y, v->role, 0, v->word);
    }
    if (inside.width >= CHART_WIDTH && left >= CHART_HEIGHT)
        draw_chart(m, c, (rect){x0, inside.y + ROWS, inside.width - 2, left}, false);
}

static void draw(const model *m, cells *c, rect inside)
{
    if (inside.width >= TABLE_WIDTH && inside.height >= TABLE_HEIGHT)
        draw_wide(m, c, inside);
    else
        draw_narrow(m, c, inside);
}

static void note(const model *m, rect inside, char *buffer, size_t size)
{
    const int next = (pane_view_now(m, &pane_modes) + 1) % pane_view_count(&pane_modes);
    snprintf(buffer, size,
             inside.width > 60 ? "v: %s; the std of activations, layer by layer" : "v: %s",
             views[next].note);
}

static void command_line(const model *m, char *buffer, size_t size)
{
    pane_matrix_line(m, " --compare-modes", buffer, size);
}

/* ------------------------------------------------------------------ choosing */

static void put_cursor(model *m, int mode)
{
    modes_look *look = pane_state_to_change(m, &pane_modes);
    *look = (modes_look){.of = m->settings.recipe.mode, .at = mode};
}

static void take_mode(model *m, int mode)
{
    detinit_recipe recipe = m->settings.recipe;
    detinit_error error;
    recipe.mode = (detinit_mode)mode;
    if (!model_set_recipe(m, &recipe, &error))
        model_say(m, MESSAGE_BAD, "%s", error.message);
    put_cursor(m, (int)m->settings.recipe.mode);
}

static bool choose(model *m)
{
    const int mode = cursor_of(m);
    if (is_mine(m, mode))
        return false;
    take_mode(m, mode);
    return true;
}

static void click(model *m, rect inside, int x, int y)
{
    const int mode = y - inside.y - 1;
    (void)x;
    if (mode >= 0 && mode < DETINIT_SCHEME_COUNT && mode + 1 < inside.height)
        take_mode(m, mode);
}

/* Rows are modes, columns activations. */
static void move(model *m, motion by)
{
    const int count = pane_view_count(&pane_modes), now = pane_view_now(m, &pane_modes);
    const int next = (int)motion_apply((uint64_t)now, by.cols, 1, (uint64_t)count);
    uint64_t at = motion_apply((uint64_t)cursor_of(m), by.rows, 1, DETINIT_SCHEME_COUNT);
    at = motion_apply(at, by.pages, DETINIT_SCHEME_COUNT, DETINIT_SCHEME_COUNT);
    if (next != now)
        pane_show_view(m, &pane_modes, next);
    if (by.cols == 0)
        put_cursor(m, (int)at);
}

static hint_list hints(const model *m)
{
    static const key_hint at_another[] = {
        {"Enter", "choose"}, {"arrows", "mode"}, {"v", "view"}, {"Tab", "pane"}, {"z", "zoom"},
        {":", "command"},    {"+/-", "seed"},    {"m", "mode"}, {"u", "undo"},   {"y", "copy"}};
    static const key_hint at_mine[] = {{"Enter", "zoom"}, {"arrows", "mode"}, {"v", "view"},
                                       {"Tab", "pane"},   {":", "command"},   {"+/-", "seed"},
                                       {"m", "mode"},     {"u", "undo"},      {"y", "copy"}};
    return is_mine(m, cursor_of(m)) ? HINT_LIST(at_mine) : HINT_LIST(at_another);
}

static const char about[] =
    "Every scheme beside the others, and why they exist: a random input is sent through "
    "fifty layers of 256 units that each scheme has drawn.\n"
    "A signal that holds its size can be learned from. One that fades leaves nothing for "
    "the last layers; one that explodes overflows. relu and tanh are two views, because the "
    "right size of weights depends on the activation: he is made for ReLU, xavier for tanh.";

static const char *const words[] = {"mode",       "std",       "fan_in", "fan_out",
                                    "activation", "saturated", NULL};

const pane pane_modes = {
    .name = "modes",
    .title = "Modes",
    .about = about,
    .words = words,
    .state = sizeof(modes_look),
    .pieces = 1u << PIECE_MODES,
    .views = views,
    .draw = draw,
    .note = note,
    .move = move,
    .choose = choose,
    .click = click,
    .hints = hints,
    .command_line = command_line,
};
