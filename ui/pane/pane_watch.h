/* What the files of the Watch pane share: names, hues and the chart of a history. */
#ifndef UI_PANE_PANE_WATCH_H
#define UI_PANE_PANE_WATCH_H

#include "text/axis.h"
#include "text/cell.h"
#include "text/plot.h"
#include "trained/history.h"

/* A chart is no smaller. */
#define WATCH_CHART_WIDTH  24
#define WATCH_CHART_HEIGHT 5

/* Bytes of the longest name that is told whole. */
#define WATCH_NAME_TEXT 256

/* What a curve is of. */
typedef struct watch_chart {
    const char *const titles[3]; /* longest first */
    history_figure figure;
    double scale; /* what is drawn is so many times the figure */
    bool from_0;
} watch_chart;

/* How names are told in so many columns: where not all fit, without what all of them share. */
typedef struct watch_naming {
    int columns;
    size_t before, behind; /* bytes that are left out */
} watch_naming;

int watch_longest_name(const history *h);
watch_naming watch_naming_of(const history *h, int columns);

/* What still does not fit loses its middle: the number of a layer stands before it, its kind
 * behind. */
void watch_put_name(const watch_naming *names, const char *name, char buffer[WATCH_NAME_TEXT]);

/* Layers that have a hue of their own, in their order: role n belongs to at[n]. */
typedef struct watch_hues {
    size_t at[SERIES_MOST];
    int count;
} watch_hues;

/* All layers; of more than there are hues those with the most and those with the least. */
watch_hues watch_choose_hues(const history *h, history_figure figure);

/* The hue of a layer, or -1. */
int watch_hue_of(const watch_hues *all, size_t layer);

/* What the last point tells of a layer. */
double watch_latest(const history *h, size_t layer, history_figure figure);

/* The curves of a history that has points; `chosen` is a layer from 1, 0: all together. */
void watch_draw_chart(const history *h, const watch_chart *chart, size_t chosen, cells *c,
                      rect area);

#endif
