/* What training changed: who is awake, layer by layer and step by step, and what pruning costs. */
#include "pane/pane_training.h"

#include "text/chart.h"
#include "text/grouped.h"
#include "option/option.h"
#include "pane/invitation.h"
#include "pane/layout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From this size on the map stands beside the figures, and from this height on both have room. */
#define MAP_WIDTH   70
#define MAP_HEIGHT  8
#define FULL_HEIGHT 16

/* What pruning costs is told in words from this width on. */
#define PRUNE_WIDTH 38

/* From this height on the threshold is explained in words, which take so many lines. */
#define REASON_HEIGHT 28
#define WORDS_HEIGHT  6

/* Before a training: columns of the keys, where what will be seen stands beside them, and of it. */
#define PARAGRAPH      52
#define PROMISE_BESIDE (2 * PARAGRAPH + 6)
#define PROMISE_MOST   90

/* ------------------------------------------------------------------- heads */

/* Says plainly what the figures below are. */
static void put_rule(training_page *p)
{
    int x = p->area.x;
    if (p->area.width >= 36)
        x += cells_text(p->c, p->area, x, p->y, ROLE_DIM, 0, "awake: ");
    x += cells_text(p->c, p->area, x, p->y, ROLE_TEXT, 0, "|w - w0| > ");
    x += cells_print(p->c, p->area, x, p->y, ROLE_ACCENT, ATTR_BOLD, "%.3g", p->t->threshold);
    if (!p->t->ended && p->area.width >= 36)
        cells_print(p->c, p->area, x, p->y, ROLE_DIM, 0, "  step %llu",
                    (unsigned long long)p->t->step);
    p->y++;
}

/* Why the threshold is what it is. */
static const char *reason_of(const model *m)
{
    const threshold_choice choice = threshold_chosen(&m->settings);
    if (choice.kind == THRESHOLD_SHARE)
        return "the share that sleeps there was asked for";
    if (choice.kind == THRESHOLD_VALUE && choice.value != THRESHOLD_AUTO)
        return "chosen by hand";
    if (choice.kind == THRESHOLD_VALUE || m->trained->steps == 0)
        return "automatic";
    if (m->trained->keep < 1)
        return "whatever is not kept stands at w0";
    return "fixed at 2^-7 while weights wake up";
}

/*
 * Says so, and what the rule of the automatic threshold looks at: in one line, or in words where
 * there is room for them.
 */
static void put_reason(training_page *p, bool in_words)
{
    const trained_network *t = p->t;
    const double share = 100 * t->asleep_change, way = 100 * sqrt(t->asleep_change);
    char brief[64], words[400];
    snprintf(brief, sizeof brief, "setting back undoes %.2g %% of the way", way);
    snprintf(words, sizeof words,
             "Why %.3g: %s. What sleeps holds %.2g %% of the squared change, so that setting it "
             "back undoes the root of it, %.2g %% of the way that training went; automatic is "
             "%g %%, a tenth of the way.",
             t->threshold, reason_of(p->m), share, way, 100 * DETINIT_AUTO_SHARE);
    if (isnan(share)) {
        snprintf(brief, sizeof brief, "nothing has changed");
        snprintf(words, sizeof words, "Why %.3g: %s. Nothing has changed yet.", t->threshold,
                 reason_of(p->m));
    }
    const char *const texts[] = {brief, "", NULL};
    if (!in_words) {
        cells_text(p->c, p->area, p->area.x, p->y++, ROLE_DIM, 0,
                   cells_fitting(p->area.width, texts));
        return;
    }
    const rect area = {p->area.x, p->y, p->area.width, WORDS_HEIGHT};
    cells_paragraph(p->c, area, ROLE_DIM, words);
    p->y += WORDS_HEIGHT;
}

/* ------------------------------------------------------------------ layers */

typedef struct columns {
    int name, count, share, curve; /* widths; 0: left out */
} columns;

static columns divide(const trained_network *t, int width)
{
    columns cols = {.name = 3, .share = 8};
    for (size_t k = 0; k < t->layer_count; k++) {
        int length = (int)strlen(t->layers[k].name);
        cols.name = length > cols.name ? length : cols.name;
    }
    if (cols.name > width / 3)
        cols.name = width / 3 > 3 ? width / 3 : 3;
    cols.count = width >= 44 ? 13 : 0;
    cols.curve = width - 1 - cols.name - cols.count - cols.share - 1;
    if (cols.curve < 4)
        cols.curve = 0;
    return cols;
}

/* The share awake over the steps, from 0 to all; of a file, a bar of it. */
static void put_curve(training_page *p, size_t layer, int x, int width, int rows, double share)
{
    const trained_network *t = p->t;
    if (t->steps == 0) {
        chart_lying_bar(p->c, p->area, x, p->y, width, share / 100, ROLE_BAR);
        return;
    }
    for (int n = 0; n < width && t->point_count > 0; n++) {
        uint64_t step = (uint64_t)((double)t->steps * n / (width > 1 ? width - 1 : 1));
        size_t point = 0;
        if (step > t->point_steps[t->point_count - 1])
            break;
        while (point + 1 < t->point_count && t->point_steps[point + 1] <= step)
            point++;
        chart_bar(p->c, x + n, p->y + rows - 1, rows, trained_point_share(t, point, layer),
                  ROLE_BAR);
    }
}

static void put_layer(training_page *p, const columns *cols, size_t layer, int rows)
{
    const trained_network *t = p->t;
    bool all = layer == t->layer_count;
    bool chosen = !all && layer == training_look_at(p->m).tensor && t->layer_count > 1;
    const char *name = all ? "all" : t->layers[layer].name;
    uint64_t total = all ? t->total : t->layers[layer].total;
    double share = training_percent(all ? t->awake : t->layers[layer].awake, total);
    unsigned look = chosen ? ROLE_ACCENT : ROLE_TEXT;
    char count[32];
    int x = p->area.x, at = x + cols->name + 1, bottom = p->y + rows - 1;
    cells_print(p->c, p->area, x, bottom, look, chosen ? ATTR_BOLD : 0, "%-*.*s", cols->name,
                cols->name, name);
    if (cols->count > 0)
        cells_print(p->c, p->area, at, bottom, ROLE_DIM, 0, "%*s", cols->count - 1,
                    grouped(total, count));
    at += cols->count;
    at += cells_print(p->c, p->area, at, bottom, ROLE_TEXT, 0, "%5.1f %%", share) + 1;
    if (cols->curve > 0 && training_lines_left(p) >= rows)
        put_curve(p, layer, at, cols->curve, rows, share);
    p->y += rows;
}

static void put_layer_heading(training_page *p, const columns *cols)
{
    int at = p->area.x + cols->name + 1;
    if (cols->count > 0)
        cells_print(p->c, p->area, at, p->y, ROLE_DIM, 0, "%*s", cols->count - 1, "weights");
    at += cols->count;
    cells_text(p->c, p->area, at, p->y, ROLE_DIM, 0, "  awake");
    if (cols->curve >= 12 && p->t->steps > 0)
        cells_text(p->c, p->area, at + 8, p->y, ROLE_DIM, 0,
                   cols->curve >= 24 ? "over the steps, 0 to 100 %" : "over the steps");
    p->y++;
}

/* As many layers as `room` lines hold, the chosen one among them, then all together. */
static void put_layers(training_page *p, int room, int rows)
{
    columns cols = divide(p->t, p->area.width);
    size_t count = p->t->layer_count, chosen = training_look_at(p->m).tensor, first = 0;
    size_t shown = room > rows ? (size_t)((room - 1) / rows) : 1;
    if (count == 1)
        shown = 1;
    if (shown > count)
        shown = count;
    if (chosen >= shown)
        first = chosen - shown + 1;
    for (size_t k = first; k < first + shown; k++)
        put_layer(p, &cols, k, rows);
    if (count > 1)
        put_layer(p, &cols, count, rows);
}

/* ------------------------------------------------------------------ epochs */

static void put_epochs(training_page *p, int room)
{
    const trained_network *t = p->t;
    size_t first = 0;
    if (t->point_count == 0 || room < 2)
        return;
    cells_text(p->c, p->area, p->area.x, p->y++, ROLE_DIM, 0, "epoch     loss   accuracy");
    if (t->epoch + 1 > (size_t)(room - 1))
        first = t->epoch + 1 - (size_t)(room - 1);
    for (size_t n = first; n <= t->epoch; n++) {
        const trained_epoch *e = &t->epoch_rows[n];
        char loss[32] = "";
        if (!isnan(e->loss))
            snprintf(loss, sizeof loss, "%.4f", e->loss);
        cells_print(p->c, p->area, p->area.x, p->y++, ROLE_TEXT, 0, "%5zu %8s %8.2f %%", n, loss,
                    100 * e->accuracy);
    }
}

/* ------------------------------------------------------------------- pages */

/* Room for nothing but the layers, and what the network can do. */
static void draw_small(training_page *p)
{
    const trained_network *t = p->t;
    bool trains = t->steps > 0;
    int after = trains ? 2 : 0;
    int room = training_lines_left(p) - 1 - after;
    put_rule(p);
    put_layers(p, room > 1 ? room : 1, 1);
    if (!trains || t->point_count == 0)
        return;
    cells_print(p->c, p->area, p->area.x, p->y++, ROLE_TEXT, 0, "epoch %zu: %.2f %% right",
                t->epoch, 100 * t->epoch_rows[t->epoch].accuracy);
    if (p->area.width >= PRUNE_WIDTH && training_lines_left(p) > training_prune_lines(p)) {
        p->y++;
        training_prune_put(p);
    } else {
        training_prune_put_line(p);
    }
}

/* Lines that each of so many layers and their sum may take. */
static int rows_of_layer(const trained_network *t, int room)
{
    int count = t->layer_count > 1 ? (int)t->layer_count + 1 : 1;
    int rows = t->steps > 0 && count < 16 ? room / count : 1;
    return rows < 1 ? 1 : rows > 4 ? 4 : rows;
}

static void draw_figures(training_page *p)
{
    const trained_network *t = p->t;
    columns cols = divide(t, p->area.width);
    int layers = t->layer_count > 1 ? (int)t->layer_count + 1 : 1;
    int pruning = training_prune_lines(p);
    bool in_words = p->area.height >= REASON_HEIGHT;
    int epochs = t->steps > 0 ? (int)t->epoch + 2 : 0;
    int most = p->area.height - (in_words ? 3 + WORDS_HEIGHT : 3) - pruning - 1 -
               (epochs > 0 ? (epochs < 5 ? epochs : 5) + 1 : 0);
    int rows = rows_of_layer(t, most);
    put_rule(p);
    put_reason(p, in_words);
    put_layer_heading(p, &cols);
    put_layers(p, layers * rows < most ? layers * rows : most, rows);
    p->y++;
    if (epochs > 0) {
        int room = training_lines_left(p) - pruning - 1;
        put_epochs(p, epochs < room ? epochs : room);
        p->y++;
    }
    training_prune_put(p);
}

/* What the pane will show, beside the keys or below them, where it fits. */
static void put_promise(cells *c, rect area)
{
    static const invitation_row figures[] = {
        {"layers", "the share of each layer's weights that is awake: further from w0, the initial "
                   "weight, than a threshold; step by step while the network learns"},
        {"map", "one layer, weight by weight: brighter where it has gone further"},
        {"accuracy", "the test examples that come out right, after each pass"},
        {"pruning", "what it costs to give up the weights that sleep: set back to w0, set to 0, "
                    "or the smallest of all set to 0"},
        {"< >", "move the threshold then: the more sleep, the less must be stored"},
        {"L", "lessons: awake goes through all of it"},
    };
    enum { COUNT = sizeof figures / sizeof figures[0], COLUMN = 10 };
    if (area.height < 2 + invitation_lines(area.width, COLUMN, figures, COUNT))
        return;
    cells_text(c, area, area.x, area.y, ROLE_DIM, 0, "What you will see");
    area.y += 2;
    area.height -= 2;
    invitation_put(c, area, ROLE_TEXT, COLUMN, figures, COUNT);
}

static void draw_invitation(const model *m, cells *c, rect inside)
{
    static const invitation_row keys[] = {
        {"t", "train a small network on this seed, in a second, and watch its weights wake up"},
        {"T", "the same on all of Fashion-MNIST, in some 15 seconds"},
        {"C", "compare five schemes in a race through 20 ReLU layers"},
        {"O", "open a trained .safetensors or .npy file and see what changed since its initial "
              "weights"},
    };
    const bool beside = inside.width >= PROMISE_BESIDE;
    rect area = {inside.x + 1, inside.y, beside ? PARAGRAPH : inside.width - 2, inside.height};
    const int top = area.height > 8, gap = 1 + (area.height > 7);
    const bool waits = m->training != 0;
    area.y += top;
    area.height -= top;
    cells_text(c, area, area.x, area.y, ROLE_TEXT, 0,
               waits ? "beginning ..." : "Nothing is trained yet.");
    if (waits)
        return;
    const rect below = {area.x, area.y + gap, area.width, area.height - gap};
    const int lines =
        gap + invitation_put(c, below, ROLE_ACCENT, 3, keys, sizeof keys / sizeof keys[0]);
    rect promise = {area.x, area.y + lines + 1, area.width, area.height - lines - 1};
    if (beside) {
        const int left = inside.width - PARAGRAPH - 6;
        promise = (rect){area.x + PARAGRAPH + 4, area.y, left < PROMISE_MOST ? left : PROMISE_MOST,
                         area.height};
    }
    put_promise(c, promise);
}

static int figures_width(rect inside)
{
    int width = inside.width * 2 / 5;
    return inside.width < 96 ? PRUNE_WIDTH : width < 56 ? 44 : 56;
}

/* The right part of the pane; width 0 where there is no room for one. */
static rect right_part(const model *m, rect inside)
{
    int left = figures_width(inside) + 3;
    if (m->trained == NULL || inside.width < MAP_WIDTH || inside.height < MAP_HEIGHT)
        return (rect){0, 0, 0, 0};
    return (rect){inside.x + left, inside.y, inside.width - left - 1, inside.height};
}

static int histogram_height(rect right)
{
    return right.height >= FULL_HEIGHT ? right.height / 5 + 2 : 0;
}

rect training_map_area(const model *m, rect inside)
{
    rect right = right_part(m, inside);
    right.height -= histogram_height(right);
    return right;
}

static void draw(const model *m, cells *c, rect inside)
{
    rect map = training_map_area(m, inside), right = right_part(m, inside);
    rect histogram = {right.x, map.y + map.height, right.width, right.height - map.height};
    const bool narrow = inside.width < 10;
    rect figures = {inside.x + !narrow, inside.y, inside.width - 2 * !narrow, inside.height};
    if (m->trained == NULL) {
        draw_invitation(m, c, inside);
        return;
    }
    training_page p = {m, m->trained, c, figures, figures.y};
    if (map.width > 0)
        p.area.width = figures_width(inside);
    if (map.width > 0 && inside.height >= FULL_HEIGHT)
        draw_figures(&p);
    else
        draw_small(&p);
    training_map_draw(m, c, map);
    training_histogram_draw(m, c, histogram);
}

static void note(const model *m, rect inside, char *buffer, size_t size)
{
    rect map = training_map_area(m, inside);
    if (map.width > 0)
        training_map_place(m, map, buffer, size);
    else if (m->trained != NULL)
        snprintf(buffer, size, inside.width >= 34 ? "< > threshold  Enter zoom" : "< > threshold");
}

/* -------------------------------------------------------------------- pane */

/* Not even a training was asked for. */
static bool idle(const model *m)
{
    return m->training == 0;
}

/* Nothing came of what was asked for yet. */
static bool waits(const model *m)
{
    return m->training != 0 && m->trained == NULL;
}

static void subject(const model *m, char *buffer, size_t size)
{
    if (m->trained != NULL)
        snprintf(buffer, size, "%s, %s", m->trained->source, m->trained->recipe);
}

static hint_list hints(const model *m)
{
    static const key_hint untrained[] = {
        {"t", "train small"}, {"T", "Fashion-MNIST"}, {"C", "compare schemes"},
        {"O", "open a file"}, {"Tab", "pane"},        {"Enter", "zoom"},
        {":", "command"},
    };
    static const key_hint trained[] = {
        {"v", "view"},   {"< >", "threshold"}, {"{ }", "tensor"}, {"p", "prune"},
        {"P", "pack"},   {"t T", "train"},     {"C", "compare"},  {"O", "open"},
        {"Tab", "pane"}, {"Enter", "zoom"},    {":", "command"},
    };
    const bool has_map = training_map_area(m, layout_inside_of(m, &pane_training)).width > 0;
    hint_list list = m->trained != NULL ? HINT_LIST(trained) : HINT_LIST(untrained);
    return m->trained == NULL || has_map ? list : (hint_list){list.hints + 1, list.count - 1};
}

/* A file is analyzed at the threshold of the pane; the showcase chooses its own. */
static void command_line(const model *m, char *buffer, size_t size)
{
    const trained_network *t = m->trained;
    char text[32];
    if (t == NULL) {
        pane_matrix_line(m, "", buffer, size);
        return;
    }
    const settings at = {.tracking = {.threshold = t->threshold}};
    if (t->steps > 0)
        snprintf(buffer, size, "%s", t->command);
    else
        snprintf(buffer, size, "%s --threshold %s", t->command,
                 option_text(&at, &options[OPTION_THRESHOLD], text, sizeof text));
}

static const pane_view views[] = {
    [TRAINING_WHOLE] = {.name = "whole"},
    [TRAINING_DETAIL] = {.name = "detail"},
    [TRAINING_PICTURES] = {.name = "pictures"},
    {.name = NULL},
};

static const char about[] =
    "Which weights a training changes: a small network is trained on these initial weights, "
    "or a trained file is opened, and each weight is compared with the one that the seed "
    "makes.\n"
    "The map is brighter the further a weight has gone; the curves show the share of each "
    "layer that is awake. Below stands what pruning the sleeping weights costs: set back to "
    "w0 they need not be stored, since the seed makes them again. < and > move the "
    "threshold.";

static const char *const words[] = {"w0",       "threshold", "awake", "sleeping", "prune",
                                    "accuracy", "loss",      "seed",  NULL};

const pane pane_training = {
    .name = "training",
    .title = "Training",
    .about = about,
    .words = words,
    .state = sizeof(training_look),
    .wide = true,
    .views = views,
    .idle = idle,
    .waits = waits,
    .subject = subject,
    .fit = training_map_fit,
    .draw = draw,
    .note = note,
    .move = training_map_move,
    .click = training_map_click,
    .hints = hints,
    .command_line = command_line,
};
