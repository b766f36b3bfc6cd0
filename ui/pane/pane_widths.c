/*
 * How large activations are against a network's width, as it trains: the standard parametrization
 * beside muP.
 */
#include "text/plot.h"
#include "pane/pane.h"
#include "verb/command_line.h"
#include "verb/verb.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LAYERS DETINIT_COORDINATE_LAYERS

/* From these sizes on: both side by side, all steps beside one another, and slopes in words. */
#define BESIDE_WIDTH 56
#define STEPS_WIDTH  150
#define STEPS_HEIGHT 24
#define WORDS_HEIGHT 10

/* Between two plots. */
#define GAP 2

/* Views are moments, the last one first: it teaches most. */
static const size_t steps_of_views[] = {3, 0, 1, 2};
static const pane_view views[] = {
    {.name = "step3"}, {.name = "start"}, {.name = "step1"}, {.name = "step2"}, {.name = NULL},
};

_Static_assert(sizeof steps_of_views / sizeof *steps_of_views == COORDINATES_TIMES,
               "a view for each moment");

static size_t step_now(const model *m)
{
    return steps_of_views[pane_view_now(m, &pane_widths)];
}

/* "at the start", "after 1 step" */
static const char *moment_text(size_t step, char *buffer, size_t size)
{
    if (step == 0)
        snprintf(buffer, size, "at the start");
    else
        snprintf(buffer, size, "after %zu step%s", step, step == 1 ? "" : "s");
    return buffer;
}

/* ------------------------------------------------------------------- plots */

/* One for all plots of the pane, so that they compare. */
static axis size_axis(const coordinates *c)
{
    double low = INFINITY, high = 0;
    for (int p = 0; p < DETINIT_PARAMETRIZATION_COUNT; p++)
        for (size_t step = 0; step < COORDINATES_TIMES; step++)
            for (size_t layer = 0; layer < LAYERS; layer++)
                for (size_t n = 0; n < c->count; n++) {
                    const double size = c->sizes[p][step][layer][n];
                    low = size > 0 ? fmin(low, size) : low;
                    high = isfinite(size) ? fmax(high, size) : high;
                }
    if (!(low < high))
        return (axis){.low = 0.1, .high = 10, .log = true};
    return (axis){.low = fmax(low / 1.3, 1e-300), .high = fmin(high * 1.3, 1e300), .log = true};
}

static axis width_axis(const coordinates *c)
{
    return (axis){.low = (double)coordinates_width(0) / 1.3,
                  .high = (double)coordinates_width(c->wanted - 1) * 1.3,
                  .log = true,
                  .name = "width"};
}

static void draw_plot(const coordinates *check, cells *c, rect area,
                      detinit_parametrization parametrization, size_t step)
{
    double widths[COORDINATES_MOST];
    series all[LAYERS];
    for (size_t n = 0; n < check->count; n++)
        widths[n] = (double)coordinates_width(n);
    for (size_t layer = 0; layer < LAYERS; layer++)
        all[layer] = (series){.name = coordinates_layer_name(layer),
                              .role = series_role((int)layer),
                              .mark = series_mark((int)layer),
                              .x = widths,
                              .y = check->sizes[parametrization][step][layer],
                              .count = (int)check->count};
    plot_all(c, area, width_axis(check), size_axis(check), all, LAYERS);
}

/* ------------------------------------------------------------------- words */

/* "input flat, hidden grows as n^0.95", a line for each layer. */
static void draw_words(const coordinates *check, cells *c, rect area,
                       detinit_parametrization parametrization, size_t step)
{
    for (size_t layer = 0; layer < LAYERS && (int)layer < area.height; layer++) {
        const int y = area.y + (int)layer;
        char words[32], text[64];
        snprintf(text, sizeof text, "%-6s %s", coordinates_layer_name(layer),
                 coordinates_words(check, parametrization, step, layer, words));
        if ((int)strlen(text) <= area.width)
            cells_text(c, area, area.x, y, series_role((int)layer), 0, text);
    }
}

/* A plot under its name, with what it shows in words below. */
static void draw_panel(const coordinates *check, cells *c, rect area,
                       detinit_parametrization parametrization, size_t step, bool highlighted)
{
    char moment[40], full[80];
    const char *name = detinit_parametrization_name(parametrization);
    const char *const texts[] = {full, name, NULL};
    const int words = area.height >= WORDS_HEIGHT ? LAYERS : 0;
    snprintf(full, sizeof full, "%s %s", name, moment_text(step, moment, sizeof moment));
    cells_text(c, area, area.x, area.y, highlighted ? ROLE_ACCENT : ROLE_TEXT, ATTR_BOLD,
               cells_fitting(area.width, texts));
    draw_plot(check, c, (rect){area.x, area.y + 1, area.width, area.height - 1 - words},
              parametrization, step);
    draw_words(check, c, (rect){area.x, area.y + area.height - words, area.width, words},
               parametrization, step);
}

/* -------------------------------------------------------------------- pane */

/* What the sizes are of: as much as fits. */
static void draw_heading(const model *m, cells *c, rect area)
{
    const detinit_coordinate_check request = coordinates_request(&m->settings.recipe);
    char full[160], middle[100];
    const char *const texts[] = {full, middle, "mean |output| by width", NULL};
    snprintf(middle, sizeof middle, "mean |output| of each layer by width, %s, Adam %g",
             detinit_activation_name(request.activation), request.learning_rate);
    snprintf(full, sizeof full, "%s, %zu inputs, two hidden layers, %d outputs", middle,
             DETINIT_COORDINATE_INPUTS, (int)DETINIT_COORDINATE_OUTPUTS);
    cells_text(c, area, area.x, area.y, ROLE_DIM, 0, cells_fitting(area.width, texts));
}

/* The place of one plot among so many columns and rows of them. */
static rect panel(rect area, int columns, int rows, int column, int row)
{
    const int width = (area.width - GAP * (columns - 1)) / columns, height = area.height / rows;
    return (rect){area.x + column * (width + GAP), area.y + row * height, width, height};
}

static void draw_panels(const model *m, cells *c, rect area)
{
    const coordinates *check = &m->results.coordinates;
    const bool all = area.width >= STEPS_WIDTH && area.height >= STEPS_HEIGHT;
    const bool beside = area.width >= BESIDE_WIDTH;
    for (int p = 0; p < DETINIT_PARAMETRIZATION_COUNT; p++)
        for (size_t step = 0; step < COORDINATES_TIMES; step++) {
            const rect one = all      ? panel(area, COORDINATES_TIMES, 2, (int)step, p)
                             : beside ? panel(area, 2, 1, p, 0)
                                      : panel(area, 1, 2, 0, p);
            if (all || step == step_now(m))
                draw_panel(check, c, one, (detinit_parametrization)p, step, step == step_now(m));
        }
}

static void draw(const model *m, cells *c, rect inside)
{
    const coordinates *check = &m->results.coordinates;
    const rect area = {inside.x + 1, inside.y, inside.width - 2, inside.height};
    if (check->refusal[0] != '\0' && check->count == 0) {
        cells_paragraph(c, area, ROLE_DIM, check->refusal);
        return;
    }
    if (check->count == 0) {
        cells_text(c, area, area.x, area.y + area.height / 2, ROLE_DIM, 0, "computing ...");
        return;
    }
    if (area.width < 12 || area.height < 4)
        return;
    draw_heading(m, c, area);
    draw_panels(m, c, (rect){area.x, area.y + 1, area.width, area.height - 1});
}

/* It trains networks that nobody asked for: only while one looks at it. */
static bool idle(const model *m)
{
    (void)m;
    return true;
}

static void note(const model *m, rect inside, char *buffer, size_t size)
{
    const coordinates *check = &m->results.coordinates;
    char moment[40];
    (void)inside;
    if (check->count > 0 && check->count < check->wanted)
        snprintf(buffer, size, "%zu of %zu widths", check->count, check->wanted);
    else
        snprintf(buffer, size, "%s; v or arrows: another step",
                 moment_text(step_now(m), moment, sizeof moment));
}

/* From step to step, as the arrows point. */
static void move(model *m, motion by)
{
    uint64_t step = step_now(m);
    int number = 0;
    step = motion_apply(step, by.cols, 1, COORDINATES_TIMES);
    step = motion_apply(step, by.rows, 1, COORDINATES_TIMES);
    step = motion_apply(step, by.pages, COORDINATES_TIMES, COORDINATES_TIMES);
    while (steps_of_views[number] != step)
        number++;
    pane_show_view(m, &pane_widths, number);
}

static hint_list hints(const model *m)
{
    static const key_hint zoomed[] = {{"Enter", "back"}, {"arrows v", "step"}, {":", "command"},
                                      {"+/-", "seed"},   {"m", "mode"},        {"o", "orthogonal"},
                                      {"y", "copy"}};
    static const key_hint among[] = {{"Tab", "pane"},     {"Enter", "zoom"}, {"arrows v", "step"},
                                     {":", "command"},    {"+/-", "seed"},   {"m", "mode"},
                                     {"o", "orthogonal"}, {"y", "copy"}};
    return m->view.zoomed ? HINT_LIST(zoomed) : HINT_LIST(among);
}

static void command_line(const model *m, char *buffer, size_t size)
{
    command_line_of(&m->settings, &verb_coordinates, buffer, size);
}

static const char about[] =
    "Why wide networks need muP: networks of growing width take three steps of Adam, and "
    "their activations are measured, in the standard parametrization and in muP.\n"
    "A line that is flat means that a layer changes as much in a wide network as in a "
    "narrow one. In the standard parametrization lines rise: the learning rate that suits a "
    "narrow network is too large for a wide one. The views show the sizes at the start and "
    "after each step.";

static const char *const words[] = {"muP", "Adam", "activation", "fan_in", "std", NULL};

const pane pane_widths = {
    .name = "widths",
    .title = "Widths",
    .about = about,
    .words = words,
    .pieces = 1u << PIECE_COORDINATES,
    .early = true,
    .views = views,
    .idle = idle,
    .draw = draw,
    .note = note,
    .move = move,
    .hints = hints,
    .command_line = command_line,
};
