/* What a training run elsewhere writes of its weights, as it goes: curves of layers, and figures.
 */
#include "pane/layout.h"
#include "pane/pane.h"
#include "pane/pane_watch.h"
#include "text/grouped.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* From this width on the table stands beside the curves; below it, under them. */
#define BESIDE_WIDTH 100

/* The views begin with one each. */
static const watch_chart charts[] = {
    {{"% of weights awake: |w - w0| > threshold", "% awake", NULL}, HISTORY_AWAKE, 100, true},
    {{"mean |w - w0|", "mean", NULL}, HISTORY_MEAN_DELTA, 1, true},
    {{"largest |w - w0|", "largest", NULL}, HISTORY_MAX_DELTA, 1, true},
    {{"decay: the c for which c w0 fits w best", "decay", NULL}, HISTORY_DECAY, 1, false},
    {{"norm: the root of the sum of w^2", "norm", NULL}, HISTORY_NORM, 1, false},
    {{"std of the weights", "std", NULL}, HISTORY_STD, 1, false},
    {{"spectral norm: the largest singular value", "spectral", NULL}, HISTORY_SPECTRAL, 1, false},
};

/* A view for a figure that some line tells. */
#define TELLS(figure)                                                                              \
    static bool tells_##figure(const model *m)                                                     \
    {                                                                                              \
        return m->watch.history.tells[HISTORY_##figure];                                           \
    }
TELLS(AWAKE)
TELLS(MEAN_DELTA)
TELLS(MAX_DELTA)
TELLS(DECAY)
TELLS(NORM)
TELLS(STD)
TELLS(SPECTRAL)
#undef TELLS

static const pane_view views[] = {
    {.name = "shares", .fits = tells_AWAKE},
    {.name = "mean-delta", .fits = tells_MEAN_DELTA},
    {.name = "max-delta", .fits = tells_MAX_DELTA},
    {.name = "decay", .fits = tells_DECAY},
    {.name = "norms", .fits = tells_NORM},
    {.name = "stds", .fits = tells_STD},
    {.name = "spectra", .fits = tells_SPECTRAL},
    {.name = NULL},
};
enum { CHARTS = sizeof charts / sizeof charts[0] };

_Static_assert(sizeof views / sizeof views[0] == CHARTS + 1, "a view for each chart");

/* What the pane keeps: the layer that was chosen, from 1; 0: all together. */
typedef struct looked_at {
    size_t layer;
} looked_at;

static size_t chosen(const model *m)
{
    const size_t layer = ((const looked_at *)pane_state(m, &pane_watch))->layer;
    return layer <= m->watch.history.layer_count ? layer : 0;
}

/* The view that is shown: where nothing tells of it, the next of those that have something. */
static int view_now(const model *m)
{
    const int now = pane_view_now(m, &pane_watch);
    return views[now].fits(m) ? now : pane_view_next(m, &pane_watch);
}

static const watch_chart *chart_now(const model *m)
{
    return &charts[view_now(m)];
}

/* -------------------------------------------------------------------- table */

static void put_small(double value, char *buffer, size_t size)
{
    snprintf(buffer, size, isnan(value) ? "-" : value == 0 ? "0" : "%.2e", value);
}

static void put_share(double value, char *buffer, size_t size)
{
    snprintf(buffer, size, isnan(value) ? "-" : "%.1f %%", 100 * value);
}

static void put_factor(double value, char *buffer, size_t size)
{
    snprintf(buffer, size, isnan(value) ? "-" : "%.4f", value);
}

static void put_amount(double value, char *buffer, size_t size)
{
    snprintf(buffer, size, isnan(value) ? "-" : "%.4g", value);
}

/* Beside names and weights, those that are told; that of the chart stands first, and the last ones
 * go first where the table is narrow. */
static const struct column {
    const char *heading;
    int width;
    history_figure figure;
    void (*put)(double value, char *buffer, size_t size);
} columns[] = {
    {"awake", 9, HISTORY_AWAKE, put_share},
    {"mean delta", 12, HISTORY_MEAN_DELTA, put_small},
    {"max delta", 11, HISTORY_MAX_DELTA, put_small},
    {"decay", 9, HISTORY_DECAY, put_factor},
    {"norm", 9, HISTORY_NORM, put_amount},
    {"std", 11, HISTORY_STD, put_small},
    {"spectral", 10, HISTORY_SPECTRAL, put_amount},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

#define NAME_LEAST   12
#define NAME_USUAL   20
#define WEIGHTS_WIDE 15

/* Columns of names, of weights (0: none) and the figures that there is room for. */
typedef struct widths {
    int name, weights, count;
    const struct column *figures[COLUMNS];
    watch_naming names;
} widths;

/* The columns in their order, that of a figure first. Returns how many are told. */
static int choose_columns(const history *h, history_figure first,
                          const struct column *chosen[COLUMNS])
{
    int count = 0;
    for (int turn = 0; turn < 2; turn++)
        for (int n = 0; n < COLUMNS; n++)
            if (h->tells[columns[n].figure] && (columns[n].figure == first) == (turn == 0))
                chosen[count++] = &columns[n];
    return count;
}

static widths divide(const history *h, history_figure first, int width)
{
    widths w = {.name = watch_longest_name(h)};
    const int told = choose_columns(h, first, w.figures);
    const int names = w.name < NAME_LEAST ? NAME_LEAST : w.name < NAME_USUAL ? w.name : NAME_USUAL;
    int left = width - names;
    for (; w.count < told && w.figures[w.count]->width <= left; w.count++) {
        left -= w.figures[w.count]->width;
        if (w.count == 0 && left >= WEIGHTS_WIDE) {
            w.weights = WEIGHTS_WIDE;
            left -= WEIGHTS_WIDE;
        }
    }
    const int most = left + names < width ? left + names : width;
    w.name = w.name < most ? w.name : most;
    w.names = watch_naming_of(h, w.name);
    return w;
}

/* Over the names: what was left out of all of them, "model.layers.*.weight". */
static void draw_heading(const history *h, cells *c, rect area, const widths *w)
{
    const char *first = h->layer_count > 0 ? h->layers[0].name : "";
    char text[WATCH_NAME_TEXT];
    const char *const texts[] = {text, "tensor", "", NULL};
    int x = area.x + w->name;
    snprintf(text, sizeof text, "%.*s*%s", (int)w->names.before, first,
             first + strlen(first) - w->names.behind);
    cells_text(c, area, area.x, area.y, ROLE_DIM, 0,
               cells_fitting(w->name, texts + (w->names.before + w->names.behind == 0)));
    if (w->weights > 0)
        cells_print(c, area, x, area.y, ROLE_DIM, 0, "%*s", w->weights, "weights");
    x += w->weights;
    for (int n = 0; n < w->count; n++) {
        cells_print(c, area, x, area.y, ROLE_DIM, 0, "%*s", w->figures[n]->width,
                    w->figures[n]->heading);
        x += w->figures[n]->width;
    }
}

/* Of a layer, from 1, or of all together, 0. */
static void draw_row(const model *m, cells *c, rect area, int y, const widths *w,
                     const watch_hues *hue, size_t row)
{
    const history *h = &m->watch.history;
    const int own = row > 0 ? watch_hue_of(hue, row - 1) : -1;
    const bool here = row == chosen(m);
    const unsigned role = here ? ROLE_ACCENT : own >= 0 ? series_role(own) : ROLE_TEXT;
    const uint64_t weights =
        row == 0 ? h->points[h->count - 1].weights : h->layers[row - 1].weights;
    char name[WATCH_NAME_TEXT] = "all", text[32];
    int x = area.x + w->name;
    if (row > 0)
        watch_put_name(&w->names, h->layers[row - 1].name, name);
    cells_text(c, area, area.x, y, role, here ? ATTR_BOLD : 0, name);
    if (w->weights > 0)
        cells_print(c, area, x, y, ROLE_DIM, 0, "%*s", w->weights,
                    weights > 0 ? grouped(weights, text) : "-");
    x += w->weights;
    for (int n = 0; n < w->count; n++) {
        const history_figure figure = w->figures[n]->figure;
        const double value =
            row > 0 ? watch_latest(h, row - 1, figure) : history_of_all(h, figure, h->count - 1);
        w->figures[n]->put(value, text, sizeof text);
        if (row > 0 || !isnan(value))
            cells_print(c, area, x, y, ROLE_TEXT, 0, "%*s", w->figures[n]->width, text);
        x += w->figures[n]->width;
    }
}

/* All together, then as many layers as there is room for, the chosen one among them. */
static void draw_table(const model *m, cells *c, rect area)
{
    const history *h = &m->watch.history;
    const history_figure figure = chart_now(m)->figure;
    const widths w = divide(h, figure, area.width);
    const watch_hues hue = watch_choose_hues(h, figure);
    const int room = area.height - 2;
    const int row = (int)chosen(m);
    const int first = row > room ? row - room + 1 : 1;
    if (area.height < 2 || area.width < NAME_LEAST)
        return;
    draw_heading(h, c, area, &w);
    draw_row(m, c, area, area.y + 1, &w, &hue, 0);
    for (int n = 0; n < room && (size_t)(first + n) <= h->layer_count; n++)
        draw_row(m, c, area, area.y + 2 + n, &w, &hue, (size_t)(first + n));
}

/* --------------------------------------------------------------------- pane */

/* How far the run has come. */
static void draw_state(const model *m, cells *c, rect area)
{
    const watched_file *w = &m->watch;
    const history_point *last = &w->history.points[w->history.count - 1];
    const double norm = history_of_all(&w->history, HISTORY_NORM, w->history.count - 1);
    char full[320], middle[240], brief[96], step[32], text[32], rate[48] = "", rest[80] = "";
    const char *const texts[] = {full, middle, brief, step, "", NULL};
    grouped(last->step, step);
    if (w->rate > 0)
        snprintf(rate, sizeof rate, "; %.3g steps/s", w->rate);
    if (w->wrong_lines > 0)
        snprintf(rest, sizeof rest, "; not read: %s", grouped(w->wrong_lines, text));
    else if (last->sampled)
        snprintf(rest, sizeof rest, "; sampled");
    if (!isnan(last->awake))
        snprintf(brief, sizeof brief, "step %s: %.1f %% awake", step, 100 * last->awake);
    else
        snprintf(brief, sizeof brief, "step %s: norm %.4g", step, norm);
    snprintf(middle, sizeof middle, "%s%s%s", brief, rate, rest);
    grouped(last->weights, text);
    if (!isnan(last->awake))
        snprintf(full, sizeof full, "%s of %s weights, threshold %g%s%s", brief, text,
                 last->threshold, rate, rest);
    else
        snprintf(full, sizeof full, "%s of %s weights%s%s", brief, text, rate, rest);
    cells_text(c, area, area.x, area.y, ROLE_DIM, 0, cells_fitting(area.width, texts));
}

/* Of one line at least. */
static void draw_history(const model *m, cells *c, rect area)
{
    const size_t layers = m->watch.history.layer_count;
    rect table, chart;
    draw_state(m, c, area);
    area.y++;
    area.height--;
    if (area.width >= BESIDE_WIDTH) {
        const int left = area.width * 11 / 20;
        chart = (rect){area.x, area.y, left, area.height};
        table = (rect){area.x + left + 2, area.y, area.width - left - 2, area.height};
    } else {
        const int most = area.height >= 2 * WATCH_CHART_HEIGHT ? area.height * 2 / 5 : area.height;
        const int under = layers + 2 < (size_t)most ? (int)layers + 2 : most;
        table = (rect){area.x, area.y + area.height - under, area.width, under};
        chart = (rect){area.x, area.y, area.width, area.height - under};
    }
    watch_draw_chart(&m->watch.history, chart_now(m), chosen(m), c, chart);
    draw_table(m, c, table);
}

/* Why there is nothing to draw. */
static void draw_waiting(const model *m, cells *c, rect area)
{
    const watched_file *w = &m->watch;
    char text[600];
    if (w->path[0] == '\0')
        snprintf(text, sizeof text, "%s",
                 ":watch PATH follows what a training run writes: the lines of "
                 "detinit.torch.Tracker, in Python, or its checkpoints, a file or a folder.");
    else if (w->waiting > 0)
        snprintf(text, sizeof text, "waiting for a checkpoint in %s to be complete", w->path);
    else if (w->there)
        snprintf(text, sizeof text, "waiting for the first line, or checkpoint, of %s", w->path);
    else
        snprintf(text, sizeof text, "waiting for %s", w->path);
    cells_paragraph(c, area, ROLE_TEXT, text);
}

static void draw(const model *m, cells *c, rect inside)
{
    const rect area = {inside.x + 1, inside.y, inside.width - 2, inside.height};
    if (m->watch.trouble[0] != '\0')
        cells_paragraph(c, area, ROLE_BAD, m->watch.trouble);
    else if (m->watch.history.count > 0)
        draw_history(m, c, area);
    else
        draw_waiting(m, c, area);
}

/* The view that v shows, where it is another one. */
static const char *next_view(const model *m)
{
    const int now = view_now(m);
    int next = (now + 1) % CHARTS;
    while (next != now && !views[next].fits(m))
        next = (next + 1) % CHARTS;
    return next != now ? views[next].name : NULL;
}

static bool has_chart(const model *m, rect inside)
{
    return m->watch.history.count > 0 && m->watch.trouble[0] == '\0' &&
           inside.width >= WATCH_CHART_WIDTH + 2 && inside.height > 2 * WATCH_CHART_HEIGHT;
}

static void note(const model *m, rect inside, char *buffer, size_t size)
{
    if (has_chart(m, inside) && next_view(m) != NULL)
        snprintf(buffer, size, "v: %s", next_view(m));
}

/* Nothing is watched. */
static bool idle(const model *m)
{
    return m->watch.path[0] == '\0';
}

static bool waits(const model *m)
{
    return m->watch.path[0] != '\0' && !m->watch.looked;
}

static void subject(const model *m, char *buffer, size_t size)
{
    const char *slash = strrchr(m->watch.path, '/');
    snprintf(buffer, size, "%s", slash != NULL ? slash + 1 : m->watch.path);
}

static void move(model *m, motion by)
{
    looked_at *at = pane_state_to_change(m, &pane_watch);
    const size_t count = m->watch.history.layer_count + 1;
    size_t layer = (size_t)motion_apply(chosen(m), by.rows, 1, count);
    layer = (size_t)motion_apply(layer, by.cols, 1, count);
    at->layer = (size_t)motion_apply(layer, by.pages, 10, count);
}

static hint_list hints(const model *m)
{
    static const key_hint all[] = {
        {"v", "chart"}, {"arrows", "layer"}, {"Tab", "pane"}, {"Enter", "zoom"}, {":", "command"}};
    static const size_t count = sizeof all / sizeof all[0];
    if (m->watch.history.count == 0 || m->watch.trouble[0] != '\0')
        return (hint_list){all + 2, count - 2};
    const bool with_views = has_chart(m, layout_inside_of(m, &pane_watch)) && next_view(m) != NULL;
    return with_views ? HINT_LIST(all) : (hint_list){all + 1, count - 1};
}

static void command_line(const model *m, char *buffer, size_t size)
{
    if (m->watch.path[0] != '\0')
        snprintf(buffer, size, "%s", m->watch.line);
    else
        pane_matrix_line(m, "", buffer, size);
}

static const char about[] =
    "What a training run tells of its weights while it goes on: watch PATH follows the lines that "
    "a "
    "Tracker of detinit.torch, in Python, writes every so many steps; or a checkpoint that is "
    "replaced, or a folder that checkpoints are added to, each measured once it is complete: "
    "norms, "
    "stds and largest singular values, and, where a manifest tells the initial weights, what is "
    "awake. Each curve is a layer over the steps; of many layers those with the most and the least "
    "are drawn. Arrows choose one.\n"
    "A share that stays low is of a layer that hardly learns: its weights need not be stored. The "
    "other views show how far weights went, the decay, and how large they are. Steps a second are "
    "told by the times of writing. A file of lines that is begun anew is shown anew.";

static const char *const words[] = {"awake", "sleeping", "threshold", "w0", "delta", "decay", NULL};

const pane pane_watch = {
    .name = "watch",
    .title = "Watch",
    .about = about,
    .words = words,
    .state = sizeof(looked_at),
    .wide = true,
    .views = views,
    .idle = idle,
    .waits = waits,
    .subject = subject,
    .draw = draw,
    .note = note,
    .move = move,
    .hints = hints,
    .command_line = command_line,
};
