#include "pane/pane_watch.h"

#include "text/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Points of a curve that are drawn at most: more than a screen has dots in a row. */
#define DRAWN_POINTS 512

/* The curves: those of the layers that have a hue, the one that is chosen, and all together. */
#define CURVES (SERIES_MOST + 2)

/* -------------------------------------------------------------------- names */

int watch_longest_name(const history *h)
{
    int longest = 3; /* "all" */
    for (size_t n = 0; n < h->layer_count; n++) {
        const char *name = h->layers[n].name;
        const int width = cells_columns(name, strlen(name));
        longest = width > longest ? width : longest;
    }
    return longest;
}

watch_naming watch_naming_of(const history *h, int columns)
{
    watch_naming names = {.columns = columns};
    if (watch_longest_name(h) > columns)
        history_common(h, &names.before, &names.behind);
    return names;
}

void watch_put_name(const watch_naming *names, const char *name, char buffer[WATCH_NAME_TEXT])
{
    char whole[WATCH_NAME_TEXT];
    const size_t length = strlen(name) - names->before - names->behind;
    snprintf(whole, sizeof whole, "%.*s", (int)length, name + names->before);
    snprintf(buffer, WATCH_NAME_TEXT, "%s", whole);
    if (cells_columns(whole, strlen(whole)) <= names->columns)
        return;
    const char *tail = whole;
    cells_shorten(buffer, names->columns / 2);
    const int left = names->columns - cells_columns(buffer, strlen(buffer));
    while (*tail != '\0' && cells_columns(tail, strlen(tail)) > left)
        cells_next_rune(&tail);
    const size_t head = strlen(buffer);
    snprintf(buffer + head, WATCH_NAME_TEXT - head, "%s", tail);
}

/* ------------------------------------------------------------------- layers */

double watch_latest(const history *h, size_t layer, history_figure figure)
{
    return h->layers[layer].at[figure][h->count - 1];
}

int watch_hue_of(const watch_hues *all, size_t layer)
{
    for (int n = 0; n < all->count; n++)
        if (all->at[n] == layer)
            return n;
    return -1;
}

/* The layer without a hue that has the most, or the least, of a figure; layer_count: none has it.
 */
static size_t outermost(const history *h, const watch_hues *all, history_figure figure, bool most)
{
    size_t found = h->layer_count;
    for (size_t n = 0; n < h->layer_count; n++) {
        const double value = watch_latest(h, n, figure);
        if (isnan(value) || watch_hue_of(all, n) >= 0)
            continue;
        if (found == h->layer_count || (most ? value > watch_latest(h, found, figure)
                                             : value < watch_latest(h, found, figure)))
            found = n;
    }
    return found;
}

static void put_in_order(watch_hues *all, size_t layer)
{
    int n = all->count++;
    for (; n > 0 && all->at[n - 1] > layer; n--)
        all->at[n] = all->at[n - 1];
    all->at[n] = layer;
}

/* All layers; of more than there are hues those with the most and those with the least. */
watch_hues watch_choose_hues(const history *h, history_figure figure)
{
    watch_hues all = {.count = 0};
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
    char names[CURVES][WATCH_NAME_TEXT];
    series all[CURVES];
} curves;

static size_t point_at(const history *h, int n, int points)
{
    return points > 1 ? (size_t)((double)(h->count - 1) * n / (points - 1) + 0.5) : 0;
}

/* A curve more; `layer` is one of the history, or layer_count for all together. */
static void add_curve(curves *c, const history *h, const watch_chart *chart, size_t layer,
                      unsigned role, unsigned attributes, char mark)
{
    double *y = c->y[c->count];
    for (int n = 0; n < c->points; n++) {
        const size_t point = point_at(h, n, c->points);
        y[n] = chart->scale * (layer < h->layer_count ? h->layers[layer].at[chart->figure][point]
                                                      : history_of_all(h, chart->figure, point));
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
static void make_curves(const history *h, size_t on_top, curves *c, const watch_chart *chart,
                        int name_width)
{
    const watch_hues hue = watch_choose_hues(h, chart->figure);
    const watch_naming names = watch_naming_of(h, name_width);

    c->count = 0;
    c->points = h->count < DRAWN_POINTS ? (int)h->count : DRAWN_POINTS;
    for (int n = 0; n < c->points; n++)
        c->x[n] = (double)h->points[point_at(h, n, c->points)].step;
    for (int n = 0; n < hue.count; n++) {
        if (hue.at[n] + 1 == on_top)
            continue;
        watch_put_name(&names, h->layers[hue.at[n]].name, c->names[c->count]);
        add_curve(c, h, chart, hue.at[n], series_role(n), 0, series_mark(n));
    }
    if (h->layer_count != 1 && !isnan(history_of_all(h, chart->figure, h->count - 1))) {
        snprintf(c->names[c->count], sizeof c->names[0], "all");
        add_curve(c, h, chart, h->layer_count, on_top == 0 ? ROLE_ACCENT : ROLE_TEXT,
                  on_top == 0 ? ATTR_BOLD : 0, 'a');
    }
    if (on_top > 0) {
        watch_put_name(&names, h->layers[on_top - 1].name, c->names[c->count]);
        add_curve(c, h, chart, on_top - 1, ROLE_ACCENT, ATTR_BOLD, '#');
    }
}

static axis value_axis(const curves *c, const watch_chart *chart)
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

void watch_draw_chart(const history *h, const watch_chart *chart, size_t chosen, cells *c,
                      rect area)
{
    static curves all; /* large; panes are drawn by one thread */
    const double first = (double)h->points[0].step;
    const double last = (double)h->points[h->count - 1].step;
    const axis steps = {
        .low = first, .high = last > first ? last : first + 1, .whole = true, .name = "step"};
    if (area.width < WATCH_CHART_WIDTH || area.height < WATCH_CHART_HEIGHT)
        return;
    make_curves(h, chosen, &all, chart, area.width / 4 - 1);
    cells_text(c, area, area.x, area.y, ROLE_DIM, 0, cells_fitting(area.width, chart->titles));
    plot_all(c, (rect){area.x, area.y + 1, area.width, area.height - 1}, steps,
             value_axis(&all, chart), all.all, all.count);
}
