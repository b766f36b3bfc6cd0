/*
 * What deep layers of each scheme do to a signal, to a gradient, and to the difference of two
 * inputs; and where the scheme stands between order and chaos.
 */
#include "pane/pane_signal.h"

#include "option/option.h"
#include "pane/pane.h"
#include "text/plot.h"
#include "verb/command_line.h"
#include "verb/verb.h"

#include <math.h>
#include <stdio.h>

/* A page of layers. */
#define PAGE 10

/* ----------------------------------------------------------------- schemes */

void signal_schemes(const model *m, signal_scheme all[DETINIT_SCHEME_COUNT])
{
    for (int n = 0; n < DETINIT_SCHEME_COUNT; n++) {
        const detinit_propagation request = signal_request(&m->settings, (detinit_mode)n);
        const signal_data *exact = signals_of(&m->signals, &request);
        const signal_data *d = exact != NULL ? exact : signals_near(&m->signals, &request);
        const bool mine = m->settings.recipe.mode == (detinit_mode)n;
        const bool refused = d != NULL && d->refusal[0] != '\0';
        all[n] = (signal_scheme){.mode = (detinit_mode)n,
                                 .name = detinit_mode_name((detinit_mode)n),
                                 .role = series_role(n),
                                 .attributes = mine ? ATTR_BOLD : 0,
                                 .mine = mine,
                                 .data = refused ? NULL : d,
                                 .follows = exact == NULL,
                                 .refusal = refused ? d->refusal : ""};
    }
}

const signal_scheme *signal_mine(const signal_scheme all[DETINIT_SCHEME_COUNT])
{
    for (int n = 0; n < DETINIT_SCHEME_COUNT; n++)
        if (all[n].mine)
            return &all[n];
    return NULL;
}

size_t signal_layer(const model *m)
{
    const signal_look *look = pane_state(m, &pane_signal);
    const size_t last = (size_t)m->settings.signal.depth - 1;
    return look->back < last ? last - look->back : 0;
}

const char *signal_share(double share, char buffer[16])
{
    if (share > 0 && share < 0.01)
        snprintf(buffer, 16, "< 1 %%");
    else
        snprintf(buffer, 16, "%.0f %%", 100 * share);
    return buffer;
}

double signal_lost(const signal_data *d, size_t layer)
{
    const detinit_signal_layer *l = &d->layers[layer];
    return signal_saturates(d->request.activation) ? l->saturated : l->dead;
}

void signal_histogram(const signal_data *d, size_t layer, int columns, double *heights)
{
    double most = 0, next = 0;
    for (int n = 0; n < columns; n++) {
        heights[n] = 0;
        for (int bin = n * DETINIT_SIGNAL_BINS / columns;
             bin < (n + 1) * DETINIT_SIGNAL_BINS / columns; bin++)
            heights[n] += (double)d->layers[layer].histogram[bin];
        next = fmax(next, fmin(most, heights[n]));
        most = fmax(most, heights[n]);
    }
    const double full = next > 0 ? fmin(most, SIGNAL_CUT * next) : most;
    for (int n = 0; n < columns; n++)
        heights[n] = full > 0 ? fmin(heights[n] / full, 1) : 0;
}

/* -------------------------------------------------------------------- pane */

enum { VIEW_CURVES, VIEW_LAYERS, VIEW_PHASE };

static const pane_view views[] = {
    [VIEW_CURVES] = {.name = "curves", .draw = signal_curves_draw},
    [VIEW_LAYERS] = {.name = "layers", .in_help = true, .draw = signal_layers_draw},
    [VIEW_PHASE] = {.name = "phase", .in_help = true, .draw = signal_phase_draw},
    {.name = NULL},
};

/* "tanh, 50 layers of 256, 64 inputs" */
static void subject(const model *m, char *buffer, size_t size)
{
    signal_layers_text(&m->settings, m->settings.screen.ascii, buffer, size);
}

static void note(const model *m, rect inside, char *buffer, size_t size)
{
    static const char *const long_notes[] = {
        [VIEW_CURVES] = "dots: mean-field theory; arrows: scheme and layer; v: layers",
        [VIEW_LAYERS] = "arrows: scheme; v: phase map",
        [VIEW_PHASE] = "arrows move the point; v: curves",
    };
    static const char *const brief_notes[] = {
        [VIEW_CURVES] = "v: layers", [VIEW_LAYERS] = "v: phase", [VIEW_PHASE] = "v: curves"};
    const int now = pane_view_now(m, &pane_signal);
    snprintf(buffer, size, "%s", inside.width > 70 ? long_notes[now] : brief_notes[now]);
}

/* Rows are schemes, columns layers. */
static void move(model *m, motion by)
{
    signal_look *look = pane_state_to_change(m, &pane_signal);
    const detinit_mode mode = m->settings.recipe.mode;
    const uint64_t depth = m->settings.signal.depth;
    detinit_recipe recipe = m->settings.recipe;
    if (pane_view_now(m, &pane_signal) == VIEW_PHASE) {
        signal_phase_move(m, by);
        return;
    }
    const uint64_t layer = motion_apply(signal_layer(m), by.cols, 1, depth);
    look->back = (size_t)(depth - 1 - motion_apply(layer, by.pages, PAGE, depth));
    recipe.mode = (detinit_mode)motion_apply(mode, by.rows, 1, DETINIT_SCHEME_COUNT);
    if (by.rows != 0)
        model_set_recipe(m, &recipe, NULL);
}

static void click(model *m, rect inside, int x, int y)
{
    const int now = pane_view_now(m, &pane_signal);
    const int scheme = now == VIEW_CURVES ? signal_curves_scheme_at(inside, y) : -1;
    detinit_recipe recipe = m->settings.recipe;
    if (now == VIEW_PHASE)
        signal_phase_click(m, inside, x, y);
    if (scheme < 0)
        return;
    recipe.mode = (detinit_mode)scheme;
    model_set_recipe(m, &recipe, NULL);
}

static hint_list hints(const model *m)
{
    static const key_hint keys[] = {
        {"v", "view"},       {"arrows", "move"}, {"a", "activation"}, {"m", "mode"},
        {"o", "orthogonal"}, {"R", "residual"},  {"N", "normalize"},  {"Tab", "pane"},
        {"Enter", "zoom"},   {":", "command"},   {"u", "undo"},       {"+/-", "seed"},
    };
    (void)m;
    return HINT_LIST(keys);
}

/* A recipe that draws nothing is none that the command would take. */
static void command_line(const model *m, char *buffer, size_t size)
{
    if (detinit_mode_is_drawn(m->settings.recipe.mode))
        command_line_of(&m->settings, &verb_signal, buffer, size);
    else
        pane_matrix_line(m, "", buffer, size);
}

static const char about[] =
    "What deep layers do to a signal on its way up, and to a gradient on its way back, for "
    "every scheme; dots are what theory expects of very wide layers.\n"
    "Three things should hold: the size of the signal, the size of the gradient, and the "
    "similarity of two inputs. layers shows what comes out of each layer; phase shows how "
    "deep signals reach for every size of weights and biases, with the critical line "
    "between order and chaos, on which deep networks learn. Arrows choose a scheme and a "
    "layer, or a point of the map.";

static const char *const words[] = {"activation", "gradient",      "mean field", "chi", "ordered",
                                    "chaotic",    "edge of chaos", "saturated",  "std", NULL};

const pane pane_signal = {
    .name = "signal",
    .title = "Signal",
    .about = about,
    .words = words,
    .state = sizeof(signal_look),
    .pieces = PIECES_OF_SIGNALS | PIECE_BIT(PIECE_PHASE),
    .wide = true,
    .early = true,
    .views = views,
    .subject = subject,
    .note = note,
    .move = move,
    .click = click,
    .hints = hints,
    .command_line = command_line,
};
