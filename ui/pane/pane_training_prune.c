/* A part of the Training pane: what pruning the sleeping weights costs, by three ways. */
#include "pane/pane_training.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The ways of pruning are compared in so many lines, or, where it is narrow, in one. */
#define COMPARISON       2
#define COMPARISON_WIDTH 44

/* A share of accuracy lost that the showcase's promise allows: 0.3 points. */
#define ALLOWED_LOSS 0.003

/* Of the network that was pruned, where that was measured beside; else of the last epoch. */
static double trained_accuracy(const trained_network *t)
{
    const trained_pruning *none = trained_find_pruning(t, 0);
    if (none != NULL)
        return none->accuracy[DETINIT_PRUNE_INIT];
    return t->epoch_rows[t->epoch].accuracy;
}

/* Points of accuracy that pruning one way gained, below 0: lost. */
static double gained(const trained_network *t, const trained_pruning *measured, int way)
{
    return 100 * (measured->accuracy[way] - trained_accuracy(t));
}

/* An accuracy, in the colour of what it lost. */
static int put_accuracy(training_page *p, int x, int width, double accuracy)
{
    bool kept = accuracy >= trained_accuracy(p->t) - ALLOWED_LOSS;
    return cells_print(p->c, p->area, x, p->y, kept ? ROLE_GOOD : ROLE_BAD, 0, "%*.2f", width,
                       100 * accuracy);
}

/* What stands where the accuracies at this threshold are not known. */
static const char *not_measured(const trained_network *t)
{
    if (t->steps == 0)
        return "";
    return t->ended ? "measuring ..." : "measured when the training ends";
}

/* How many sleep, and how many of these did not move at all. */
static void put_asleep(training_page *p)
{
    const trained_network *t = p->t;
    uint64_t changed = 0;
    for (size_t k = 0; k < t->layer_count; k++)
        changed += t->layers[k].above[0];
    cells_print(p->c, p->area, p->area.x, p->y++, ROLE_TEXT, 0, "%5.1f %% asleep",
                training_percent(t->total - t->awake, t->total));
    cells_print(p->c, p->area, p->area.x, p->y++, ROLE_TEXT, 0, "%5.1f %% did not move at all",
                training_percent(t->total - changed, t->total));
}

/* The three ways at the threshold, a line for each. */
static void put_pruning(training_page *p)
{
    static const char *const ways[DETINIT_PRUNE_COUNT] = {
        [DETINIT_PRUNE_INIT] = "set back to w0",
        [DETINIT_PRUNE_ZERO] = "set to zero",
        [DETINIT_PRUNE_MAGNITUDE] = "smallest |w| to zero",
    };
    const trained_network *t = p->t;
    const trained_pruning *measured = trained_find_pruning(t, t->total - t->awake);
    int x = p->area.x;
    x += cells_print(p->c, p->area, x, p->y, ROLE_TEXT, 0, "%.1f %% asleep",
                     training_percent(t->total - t->awake, t->total));
    cells_text(p->c, p->area, x, p->y++, ROLE_DIM, 0, ", pruned: accuracy");
    if (measured == NULL) {
        cells_text(p->c, p->area, p->area.x + 2, p->y++, ROLE_DIM, 0, not_measured(t));
        return;
    }
    for (int way = 0; way < DETINIT_PRUNE_COUNT; way++) {
        x = p->area.x + 2;
        cells_text(p->c, p->area, x, p->y, ROLE_TEXT, 0, ways[way]);
        x += 21 + put_accuracy(p, x + 21, 6, measured->accuracy[way]);
        cells_print(p->c, p->area, x, p->y++, ROLE_DIM, 0, " %% %+6.2f", gained(t, measured, way));
    }
}

/* "Setting back gains 0.05 points, zeroing costs 3.00": what each way does, in words. */
static void put_comparison(training_page *p)
{
    static const char *const ways[DETINIT_PRUNE_COUNT] = {
        [DETINIT_PRUNE_INIT] = "Setting back",
        [DETINIT_PRUNE_ZERO] = ", zeroing",
        [DETINIT_PRUNE_MAGNITUDE] = ", zeroing the smallest",
    };
    const trained_network *t = p->t;
    const trained_pruning *measured = trained_find_pruning(t, t->total - t->awake);
    char text[160] = "";
    size_t length = 0;
    if (measured == NULL)
        return;
    if (p->area.width < COMPARISON_WIDTH) {
        cells_print(p->c, p->area, p->area.x, p->y++, ROLE_ACCENT, 0,
                    "setting back %+.2f, zeroing %+.2f", gained(t, measured, DETINIT_PRUNE_INIT),
                    gained(t, measured, DETINIT_PRUNE_ZERO));
        return;
    }
    for (int way = 0; way < DETINIT_PRUNE_COUNT && length < sizeof text; way++) {
        const double cost = -gained(t, measured, way);
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "%s %s %.2f%s", ways[way],
                             cost < 0 ? "gains" : "costs", fabs(cost), way == 0 ? " points" : "");
    }
    const rect area = {p->area.x, p->y, p->area.width, training_lines_left(p)};
    if (area.height > 0)
        p->y += cells_paragraph(p->c, area, ROLE_ACCENT, text);
}

/* The same on one line, for a small pane. */
void training_prune_put_line(training_page *p)
{
    static const char *const ways[DETINIT_PRUNE_COUNT] = {
        [DETINIT_PRUNE_INIT] = "back",
        [DETINIT_PRUNE_ZERO] = " zeroed",
        [DETINIT_PRUNE_MAGNITUDE] = " smallest",
    };
    const trained_network *t = p->t;
    const trained_pruning *measured = trained_find_pruning(t, t->total - t->awake);
    int x = p->area.x;
    if (measured == NULL) {
        cells_text(p->c, p->area, x, p->y++, ROLE_DIM, 0, not_measured(t));
        return;
    }
    for (int way = 0; way < DETINIT_PRUNE_COUNT; way++) {
        if (x + (int)strlen(ways[way]) + 5 > p->area.x + p->area.width)
            break;
        x += cells_print(p->c, p->area, x, p->y, ROLE_DIM, 0, "%s ", ways[way]);
        bool kept = measured->accuracy[way] >= trained_accuracy(t) - ALLOWED_LOSS;
        x += cells_print(p->c, p->area, x, p->y, kept ? ROLE_GOOD : ROLE_BAD, 0, "%.1f",
                         100 * measured->accuracy[way]);
    }
    p->y++;
}

/* All prunings that were measured, the one at the threshold pointed out. */
static void put_table(training_page *p)
{
    const trained_network *t = p->t;
    uint64_t sleeping = t->total - t->awake;
    cells_text(p->c, p->area, p->area.x, p->y++, ROLE_DIM, 0,
               "  asleep  |w - w0| <=  set back  zeroed  smallest |w|");
    for (size_t n = 0; n < t->pruning_count; n++) {
        const trained_pruning *row = &t->prunings[n];
        bool here = row->sleeping == sleeping;
        char threshold[32] = "none";
        int x = p->area.x;
        if (row->threshold >= 0)
            snprintf(threshold, sizeof threshold, "%.3g", row->threshold);
        cells_text(p->c, p->area, x, p->y, ROLE_ACCENT, ATTR_BOLD, here ? ">" : "");
        x += 1 + cells_print(p->c, p->area, x + 1, p->y, ROLE_TEXT, 0, "%5.1f %% %12s",
                             training_percent(row->sleeping, t->total), threshold);
        x += put_accuracy(p, x, 10, row->accuracy[DETINIT_PRUNE_INIT]);
        x += put_accuracy(p, x, 8, row->accuracy[DETINIT_PRUNE_ZERO]);
        put_accuracy(p, x, 14, row->accuracy[DETINIT_PRUNE_MAGNITUDE]);
        p->y++;
    }
    if (trained_find_pruning(t, sleeping) == NULL)
        cells_print(p->c, p->area, p->area.x, p->y++, ROLE_DIM, 0, "%6.1f %% %12.3g  %s",
                    training_percent(sleeping, t->total), t->threshold, not_measured(t));
}

/* Room for a table of all that was measured. */
static bool is_table(const training_page *p)
{
    return p->area.width >= 54 && p->area.height >= 30 && p->t->pruning_count > 0;
}

int training_prune_lines(const training_page *p)
{
    const int comparison = p->area.width < COMPARISON_WIDTH ? 1 : COMPARISON;
    if (p->t->steps == 0)
        return 2;
    return comparison + (is_table(p) ? 2 + (int)p->t->pruning_count : 4);
}

void training_prune_put(training_page *p)
{
    if (is_table(p))
        put_table(p);
    else if (p->t->steps > 0)
        put_pruning(p);
    else
        put_asleep(p);
    if (p->t->steps > 0)
        put_comparison(p);
}
