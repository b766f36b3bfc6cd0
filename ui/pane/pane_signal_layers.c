/* What the activations of some layers look like: for each scheme a row of small histograms. */
#include "pane/pane_signal.h"

#include "text/chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Columns of the names, and of a histogram: the more the fewer layers fit. */
#define NAMES 14
#define GAP   1

/* At least so many layers are shown, where there is room for them with narrower histograms. */
#define LAYERS_LEAST 6
#define LAYERS_MOST  40

/* Histograms are no higher. */
#define HEIGHT_MOST 8

/* How the view is cut: bands of schemes, columns of layers. */
typedef struct grid {
    rect area;
    int band;        /* rows of a scheme, the share below its histograms among them */
    int width, step; /* columns of a histogram; from one to the next */
    size_t layers[LAYERS_MOST];
    size_t count;
} grid;

static size_t layers_fitting(rect area, int width)
{
    const int fit = (area.width - NAMES) / (width + GAP);
    return fit < 0 ? 0 : fit > LAYERS_MOST ? LAYERS_MOST : (size_t)fit;
}

static grid grid_make(const model *m, rect inside)
{
    grid g = {.area = {inside.x + 1, inside.y, inside.width - 2, inside.height}};
    const size_t depth = (size_t)m->settings.signal.depth;
    const size_t least = depth < LAYERS_LEAST ? depth : LAYERS_LEAST;
    g.width = DETINIT_SIGNAL_BINS;
    while (g.width > 8 && layers_fitting(g.area, g.width) < least)
        g.width /= 2;
    g.count = signal_layers_shown(depth, layers_fitting(g.area, g.width), g.layers);
    g.band = (g.area.height - 1) / DETINIT_SCHEME_COUNT;
    if (g.band > HEIGHT_MOST + 2)
        g.band = HEIGHT_MOST + 2;
    if (g.band < 1)
        g.band = 1;
    const int most = 2 * g.width, even = g.count > 0 ? (g.area.width - NAMES) / (int)g.count : 0;
    g.step = even < most ? even : most;
    return g;
}

static void draw_headings(cells *c, const grid *g)
{
    for (size_t n = 0; n < g->count; n++)
        cells_print(c, g->area, g->area.x + NAMES + (int)n * g->step, g->area.y, ROLE_DIM, 0,
                    n == 0 && g->width >= 8 ? "layer %zu" : "%zu", g->layers[n] + 1);
}

/* Its name, and below it what becomes of signals and in which phase it is, as far as rows go. */
static void draw_name(cells *c, const grid *g, int y, const signal_scheme *s)
{
    const signal_data *d = s->data;
    cells_print(c, g->area, g->area.x, y, s->role, s->attributes, "%s%s", s->mine ? "> " : "  ",
                s->name);
    if (d == NULL)
        return;
    if (g->band >= 2)
        cells_print(c, g->area, g->area.x, y + 1, ROLE_TEXT, 0, "%s",
                    detinit_fate_name(d->verdict.both));
    if (g->band >= 3)
        cells_print(c, g->area, g->area.x, y + 2, ROLE_DIM, 0, "%s", signal_phase(d));
}

/* A histogram over its share, or alone where there is a single row. */
static void draw_histogram(cells *c, const grid *g, int x, int y, const signal_scheme *s,
                           size_t layer)
{
    double heights[DETINIT_SIGNAL_BINS];
    char share[16], text[32];
    const int rows = g->band > 3 ? g->band - 2 : g->band > 1 ? g->band - 1 : 1;
    const unsigned role = s->follows ? ROLE_DIM : s->role;
    signal_histogram(s->data, layer, g->width, heights);
    for (int n = 0; n < g->width; n++)
        chart_bar(c, x + n, y + rows - 1, rows, heights[n], role);
    snprintf(text, sizeof text, "%s", signal_share(signal_lost(s->data, layer), share));
    if (g->band > 1)
        cells_text(c, g->area, x, y + rows, ROLE_DIM, 0, text);
}

static void draw_scheme(cells *c, const grid *g, int y, const signal_scheme *s)
{
    char text[208];
    const rect room = {g->area.x + NAMES, y, g->area.width - NAMES, 1};
    draw_name(c, g, y, s);
    if (s->data == NULL) {
        snprintf(text, sizeof text, "%s", s->refusal[0] != '\0' ? s->refusal : "computing ...");
        cells_shorten(text, room.width);
        cells_text(c, room, room.x, y, ROLE_DIM, 0, text);
        return;
    }
    for (size_t n = 0; n < g->count; n++)
        draw_histogram(c, g, g->area.x + NAMES + (int)n * g->step, y, s, g->layers[n]);
}

/* What the figures below the histograms are, where a line is left for it. */
static void draw_legend(const model *m, cells *c, const grid *g)
{
    const int y = g->area.y + 1 + g->band * DETINIT_SCHEME_COUNT;
    const detinit_activation activation = m->settings.signal.activation;
    char text[160];
    double low, high;
    detinit_activation_range(activation, &low, &high);
    snprintf(text, sizeof text, "%s%g to %g, bars cut at %d times the next; below: %s",
             low < 0 ? (c->ascii ? "-" : "−") : "", fabs(low), high, SIGNAL_CUT,
             signal_saturates(activation) ? "values saturated" : "units dead (0 for all inputs)");
    if (g->band > 1 && y < g->area.y + g->area.height &&
        cells_columns(text, strlen(text)) <= g->area.width)
        cells_text(c, g->area, g->area.x, y, ROLE_DIM, 0, text);
}

void signal_layers_draw(const model *m, cells *c, rect inside)
{
    signal_scheme schemes[DETINIT_SCHEME_COUNT];
    const grid g = grid_make(m, inside);
    if (g.area.width < NAMES)
        return;
    signal_schemes(m, schemes);
    draw_headings(c, &g);
    for (int n = 0; n < DETINIT_SCHEME_COUNT && 1 + (n + 1) * g.band <= g.area.height; n++)
        draw_scheme(c, &g, g.area.y + 1 + n * g.band, &schemes[n]);
    draw_legend(m, c, &g);
}
