/* What a training run elsewhere writes of its weights, as it goes: curves of layers, and figures.
 */
#include "pane/layout.h"
#include "pane/pane.h"
#include "text/grouped.h"
#include "text/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* From this width on the table stands beside the curves; below it, under them. */
#define BESIDE_WIDTH 100
#define CHART_WIDTH  24
#define CHART_HEIGHT 5

/* Points of a curve that are drawn at most: more than a screen has dots in a row. */
#define DRAWN_POINTS 512

/* The curves: those of the layers that have a hue, the one that is chosen, and all together. */
#define CURVES (SERIES_MOST + 2)

/* Bytes of the longest name that is told whole. */
#define NAME_TEXT 256

/* What a curve is of; the views begin with one each. */
static const struct chart {
    const char *const titles[3]; /* longest first */
    history_figure figure;
    double scale; /* what is drawn is so many times the figure */
    bool from_0;
} charts[] = {
    {{"% of weights awake: |w - w0| > threshold", "% awake", NULL}, HISTORY_AWAKE, 100, true},
    {{"mean |w - w0|", "mean", NULL}, HISTORY_MEAN_DELTA, 1, true},
    {{"largest |w - w0|", "largest", NULL}, HISTORY_MAX_DELTA, 1, true},
    {{"decay: the c for which c w0 fits w best", "decay", NULL}, HISTORY_DECAY, 1, false},
};

static bool tells_mean(const model *m)
{
    return history_tells(&m->watch.history, HISTORY_MEAN_DELTA);
}

static bool tells_max(const model *m)
{
    return history_tells(&m->watch.history, HISTORY_MAX_DELTA);
}

static bool tells_decay(const model *m)
{
    return history_tells(&m->watch.history, HISTORY_DECAY);
}

static const pane_view views[] = {
    {.name = "shares"},
    {.name = "mean-delta", .fits = tells_mean},
    {.name = "max-delta", .fits = tells_max},
    {.name = "decay", .fits = tells_decay},
    {.name = NULL},
};

_Static_assert(sizeof views / sizeof views[0] == sizeof charts / sizeof charts[0] + 1,
               "a view for each chart");

/* What the pane keeps: the layer that was chosen, from 1; 0: all together. */
typedef struct looked_at {
    size_t layer;
} looked_at;

static size_t chosen(const model *m)
{
    const size_t layer = ((const looked_at *)pane_state(m, &pane_watch))->layer;
    return layer <= m->watch.history.layer_count ? layer : 0;
}

static const struct chart *chart_now(const model *m)
{
    return &charts[pane_view_now(m, &pane_watch)];
}

/* -------------------------------------------------------------------- names */

/* How names are told in so many columns: where not all fit, without what all of them share. */
typedef struct naming {
    int columns;
    size_t before, behind; /* bytes that are left out */
} naming;

static int longest_name(const history *h)
{
    int longest = 3; /* "all" */
    for (size_t n = 0; n < h->layer_count; n++) {
        const char *name = h->layers[n].name;
        const int width = cells_columns(name, strlen(name));
        longest = width > longest ? width : longest;
    }
    return longest;
}

static naming naming_of(const history *h, int columns)
{
    naming names = {.columns = columns};
    if (longest_name(h) > columns)
        history_common(h, &names.before, &names.behind);
    return names;
}

/* What still does not fit loses its middle: the number of a layer stands before it, its kind
 * behind. */
static void put_name(const naming *names, const char *name, char buffer[NAME_TEXT])
{
    char whole[NAME_TEXT];
    const size_t length = strlen(name) - names->before - names->behind;
    snprintf(whole, sizeof whole, "%.*s", (int)length, name + names->before);
    snprintf(buffer, NAME_TEXT, "%s", whole);
    if (cells_columns(whole, strlen(whole)) <= names->columns)
        return;
    const char *tail = whole;
    cells_shorten(buffer, names->columns / 2);
    const int left = names->columns - cells_columns(buffer, strlen(buffer));
    while (*tail != '\0' && cells_columns(tail, strlen(tail)) > left)
        cells_next_rune(&tail);
    const size_t head = strlen(buffer);
    snprintf(buffer + head, NAME_TEXT - head, "%s", tail);
}

/* ------------------------------------------------------------------- layers */

/* Layers that have a hue of their own, in their order: role n belongs to at[n]. */
typedef struct hues {
    size_t at[SERIES_MOST];
    int count;
} hues;

static double latest(const history *h, size_t layer, history_figure figure)
{
    return h->layers[layer].at[figure][h->count - 1];
}

static int hue_of(const hues *all, size_t layer)
{
    for (int n = 0; n < all->count; n++)
        if (all->at[n] == layer)
            return n;
    return -1;
}

/* The layer without a hue that has the most, or the least, of a figure; layer_count: none has it.
 */
static size_t outermost(const history *h, const hues *all, history_figure figure, bool most)
{
    size_t found = h->layer_count;
    for (size_t n = 0; n < h->layer_count; n++) {
        const double value = latest(h, n, figure);
        if (isnan(value) || hue_of(all, n) >= 0)
            continue;
        if (found == h->layer_count ||
            (most ? value > latest(h, found, figure) : value < latest(h, found, figure)))
            found = n;
    }
    return found;
}

static void put_in_order(hues *all, size_t layer)
{
    int n = all->count++;
    for (; n > 0 && all->at[n - 1] > layer; n--)
        all->at[n] = all->at[n - 1];
    all->at[n] = layer;
}

/* All layers; of more than there are hues those with the most and those with the least. */
static hues choose_hues(const history *h, history_figure figure)
{
    hues all = {.count = 0};
    const bool enough = h->layer_count <= SERIES_MOST;
    for (size_t n = 0; enough && n < h->layer_count; n++)
        put_in_order(&all, n);
    for (int n = 0; !enough && n < SERIES_MOST; n++) {
        const size_t layer = outermost(h, &all, figure, n % 2 == 0);
        if (layer < h->layer_count)
            put_in_order(&all, layer);
    }
    return all;
}

/* ------------------------------------------------------------------- curves */

typedef struct curves {
    int count, points;
    double x[DRAWN_POINTS], y[CURVES][DRAWN_POINTS];
    char names[CURVES][NAME_TEXT];
    series all[CURVES];
} curves;

static size_t point_at(const history *h, int n, int points)
{
    return points > 1 ? (size_t)((double)(h->count - 1) * n / (points - 1) + 0.5) : 0;
}

/* A curve more; `layer` is one of the history, or layer_count for all together. */
static void add_curve(curves *c, const history *h, const struct chart *chart, size_t layer,
                      unsigned role, unsigned attributes, char mark)
{
    double *y = c->y[c->count];
    for (int n = 0; n < c->points; n++) {
        const size_t point = point_at(h, n, c->points);
        y[n] = chart->scale * (layer < h->layer_count ? h->layers[layer].at[chart->figure][point]
                                                      : h->points[point].awake);
    }
    c->all[c->count] = (series){.name = c->names[c->count],
                                .role = role,
                                .attributes = attributes,
                                .mark = mark,
                                .x = c->x,
                                .y = y,
                                .count = c->points};
    c->count++;
}

/* The chosen one last, on top of the others. */
static void make_curves(const model *m, curves *c, const struct chart *chart, int name_width)
{
    const history *h = &m->watch.history;
    const hues hue = choose_hues(h, chart->figure);
    const naming names = naming_of(h, name_width);
    const size_t on_top = chosen(m);
    c->count = 0;
    c->points = h->count < DRAWN_POINTS ? (int)h->count : DRAWN_POINTS;
    for (int n = 0; n < c->points; n++)
        c->x[n] = (double)h->points[point_at(h, n, c->points)].step;
    for (int n = 0; n < hue.count; n++) {
        if (hue.at[n] + 1 == on_top)
            continue;
        put_name(&names, h->layers[hue.at[n]].name, c->names[c->count]);
        add_curve(c, h, chart, hue.at[n], series_role(n), 0, series_mark(n));
    }
    if (chart->figure == HISTORY_AWAKE && h->layer_count != 1) {
        snprintf(c->names[c->count], sizeof c->names[0], "all");
        add_curve(c, h, chart, h->layer_count, on_top == 0 ? ROLE_ACCENT : ROLE_TEXT,
                  on_top == 0 ? ATTR_BOLD : 0, 'a');
    }
    if (on_top > 0) {
        put_name(&names, h->layers[on_top - 1].name, c->names[c->count]);
        add_curve(c, h, chart, on_top - 1, ROLE_ACCENT, ATTR_BOLD, '#');
    }
}

static axis value_axis(const curves *c, const struct chart *chart)
{
    double low = chart->from_0 ? 0 : INFINITY, high = -INFINITY;
    for (int n = 0; n < c->count; n++)
        for (int k = 0; k < c->points; k++) {
            low = fmin(low, c->y[n][k]);
            high = fmax(high, c->y[n][k]);
        }
    if (!(isfinite(low) && isfinite(high)))
        return (axis){.low = 0, .high = 1};
    const double margin = high > low ? (high - low) / 20 : fmax(fabs(high), 1) / 20;
    return (axis){.low = chart->from_0 ? 0 : low - margin, .high = high + margin};
}

static void draw_chart(const model *m, cells *c, rect area)
{
    static curves all; /* large; panes are drawn by one thread */
    const struct chart *chart = chart_now(m);
    const history *h = &m->watch.history;
    const double first = (double)h->points[0].step;
    const double last = (double)h->points[h->count - 1].step;
    const axis steps = {
        .low = first, .high = last > first ? last : first + 1, .whole = true, .name = "step"};
    if (area.width < CHART_WIDTH || area.height < CHART_HEIGHT)
        return;
    make_curves(m, &all, chart, area.width / 4 - 1);
    cells_text(c, area, area.x, area.y, ROLE_DIM, 0, cells_fitting(area.width, chart->titles));
    plot_all(c, (rect){area.x, area.y + 1, area.width, area.height - 1}, steps,
             value_axis(&all, chart), all.all, all.count);
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

/* Beside names and weights; the last ones go first where the table is narrow. */
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
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

#define NAME_LEAST   12
#define NAME_USUAL   20
#define WEIGHTS_WIDE 15

/* Columns of names, of weights (0: none) and how many of the figures there is room for. */
typedef struct widths {
    int name, weights, figures;
    naming names;
} widths;

static widths divide(const history *h, int width)
{
    widths w = {.name = longest_name(h)};
    const int names = w.name < NAME_LEAST ? NAME_LEAST : w.name < NAME_USUAL ? w.name : NAME_USUAL;
    int left = width - names;
    for (; w.figures < COLUMNS && columns[w.figures].width <= left; w.figures++) {
        left -= columns[w.figures].width;
        if (w.figures == 0 && left >= WEIGHTS_WIDE) {
            w.weights = WEIGHTS_WIDE;
            left -= WEIGHTS_WIDE;
        }
    }
    const int most = left + names < width ? left + names : width;
    w.name = w.name < most ? w.name : most;
    w.names = naming_of(h, w.name);
    return w;
}

/* Over the names: what was left out of all of them, "model.layers.*.weight". */
static void draw_heading(const history *h, cells *c, rect area, const widths *w)
{
    const char *first = h->layer_count > 0 ? h->layers[0].name : "";
    char text[NAME_TEXT];
    const char *const texts[] = {text, "tensor", "", NULL};
    int x = area.x + w->name;
    snprintf(text, sizeof text, "%.*s*%s", (int)w->names.before, first,
             first + strlen(first) - w->names.behind);
    cells_text(c, area, area.x, area.y, ROLE_DIM, 0,
               cells_fitting(w->name, texts + (w->names.before + w->names.behind == 0)));
    if (w->weights > 0)
        cells_print(c, area, x, area.y, ROLE_DIM, 0, "%*s", w->weights, "weights");
    x += w->weights;
    for (int n = 0; n < w->figures; n++) {
        cells_print(c, area, x, area.y, ROLE_DIM, 0, "%*s", columns[n].width, columns[n].heading);
        x += columns[n].width;
    }
}

/* Of a layer, from 1, or of all together, 0. */
static void draw_row(const model *m, cells *c, rect area, int y, const widths *w, const hues *hue,
                     size_t row)
{
    const history *h = &m->watch.history;
    const int own = row > 0 ? hue_of(hue, row - 1) : -1;
    const bool here = row == chosen(m);
    const unsigned role = here ? ROLE_ACCENT : own >= 0 ? series_role(own) : ROLE_TEXT;
    const uint64_t weights =
        row == 0 ? h->points[h->count - 1].weights : h->layers[row - 1].weights;
    char name[NAME_TEXT] = "all", text[32];
    int x = area.x + w->name;
    if (row > 0)
        put_name(&w->names, h->layers[row - 1].name, name);
    cells_text(c, area, area.x, y, role, here ? ATTR_BOLD : 0, name);
    if (w->weights > 0)
        cells_print(c, area, x, y, ROLE_DIM, 0, "%*s", w->weights,
                    weights > 0 ? grouped(weights, text) : "-");
    x += w->weights;
    for (int n = 0; n < w->figures; n++) {
        const history_figure figure = columns[n].figure;
        const double value = row > 0                   ? latest(h, row - 1, figure)
                             : figure == HISTORY_AWAKE ? h->points[h->count - 1].awake
                                                       : NAN;
        columns[n].put(value, text, sizeof text);
        if (row > 0 || figure == HISTORY_AWAKE)
            cells_print(c, area, x, y, ROLE_TEXT, 0, "%*s", columns[n].width, text);
        x += columns[n].width;
    }
}

/* All together, then as many layers as there is room for, the chosen one among them. */
static void draw_table(const model *m, cells *c, rect area)
{
    const history *h = &m->watch.history;
    const widths w = divide(h, area.width);
    const hues hue = choose_hues(h, chart_now(m)->figure);
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
    char full[200], middle[120], brief[64], step[32], weights[32], rate[48] = "", wrong[48] = "";
    const char *const texts[] = {full, middle, brief, step, "", NULL};
    grouped(last->step, step);
    if (w->rate > 0)
        snprintf(rate, sizeof rate, "; %.3g steps/s", w->rate);
    if (w->wrong_lines > 0)
        snprintf(wrong, sizeof wrong, "; wrong lines: %s", grouped(w->wrong_lines, weights));
    snprintf(brief, sizeof brief, "step %s: %.1f %% awake", step, 100 * last->awake);
    snprintf(middle, sizeof middle, "%s%s%s", brief, rate, wrong);
    snprintf(full, sizeof full, "%s of %s weights, threshold %g%s%s", brief,
             grouped(last->weights, weights), last->threshold, rate, wrong);
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
        const int most = area.height >= 2 * CHART_HEIGHT ? area.height * 2 / 5 : area.height;
        const int under = layers + 2 < (size_t)most ? (int)layers + 2 : most;
        table = (rect){area.x, area.y + area.height - under, area.width, under};
        chart = (rect){area.x, area.y, area.width, area.height - under};
    }
    draw_chart(m, c, chart);
    draw_table(m, c, table);
}

/* Why there is nothing to draw. */
static void draw_waiting(const model *m, cells *c, rect area)
{
    const watched_file *w = &m->watch;
    char text[600];
    if (w->path[0] == '\0')
        snprintf(text, sizeof text, "%s",
                 ":watch FILE follows what a training run writes: detinit.torch.Tracker, in "
                 "Python, adds a line of JSON every so many steps.");
    else if (w->place.there)
        snprintf(text, sizeof text, "waiting for the first line of %s", w->path);
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
    const int next = pane_view_next(m, &pane_watch);
    return next != pane_view_now(m, &pane_watch) ? views[next].name : NULL;
}

static bool has_chart(const model *m, rect inside)
{
    return m->watch.history.count > 0 && m->watch.trouble[0] == '\0' &&
           inside.width >= CHART_WIDTH + 2 && inside.height > 2 * CHART_HEIGHT;
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
    "What a training run tells of its weights while it goes on: a Tracker of detinit.torch, in "
    "Python, writes a line every so many steps, and watch FILE follows the file. Each curve is the "
    "share of a layer's weights that are awake, over the steps; of many layers those with the most "
    "and the least are drawn. Arrows choose one.\n"
    "A curve that stays low is of a layer that hardly learns: its weights need not be stored. The "
    "other views show how far weights went, and the decay. Steps a second are told by the times "
    "at which lines were written. A file that is begun anew is shown anew.";

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
