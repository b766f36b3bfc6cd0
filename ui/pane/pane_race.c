/* Schemes racing: one deep network trained from five initial states, figure by figure. */
#include "text/plot.h"
#include "pane/invitation.h"
#include "pane/layout.h"
#include "train/race.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* From these sizes of their room on there are two charts side by side, and four. */
#define TWO_WIDTH   72
#define FOUR_HEIGHT 22

/* A chart is no smaller. */
#define CHART_WIDTH  24
#define CHART_HEIGHT 6

/* Lines that the lesson takes where there is room for charts. */
#define LESSON_MOST 4

/* In one that is narrower, names at the ends of lines are short. */
#define NAMED_WIDTH 46

/* Loss and gradient are shown in these bounds: what is beyond them lies at the edge. */
#define LEAST 1e-9
#define MOST  1e3

/* Columns of the table. */
#define NAME    11
#define VERDICT 9

/* What a point says, and how it is drawn; the views begin with one each. */
static const struct chart {
    const char *const titles[4]; /* longest first */
    bool log;
    double scale; /* what is drawn is so many times the figure */
    size_t offset;
    double before; /* where the axis begins before a race; 0 where it is not one of logarithms */
} charts[] = {
    {{"loss on the training batches, log scale", "loss, log scale", "loss", NULL},
     true,
     1,
     offsetof(race_point, loss),
     0.05},
    {{"length of the gradient of all weights, log scale", "length of the gradient, log scale",
      "gradient, log", NULL},
     true,
     1,
     offsetof(race_point, gradient),
     1e-9},
    {{"% right of the test examples", "% right in the test", "% right", NULL},
     false,
     100,
     offsetof(race_point, accuracy),
     0},
    {{"% of weights awake: |w - w0| > 2^-7", "% of weights awake", "% awake", NULL},
     false,
     100,
     offsetof(race_point, awake),
     0},
};
enum { CHARTS = sizeof charts / sizeof charts[0] };

static const pane_view views[] = {
    {.name = "loss"}, {.name = "gradient"}, {.name = "accuracy"}, {.name = "awake"}, {.name = NULL},
};

/* Hues as the Modes pane has them, and one more. */
static unsigned role_of(int scheme)
{
    return race_schemes[scheme].orthogonal ? series_role(DETINIT_SCHEME_COUNT)
                                           : series_role((int)race_schemes[scheme].mode);
}

static const char *name_of(int scheme, int width)
{
    return race_schemes[scheme].orthogonal && width < NAMED_WIDTH ? "ortho"
                                                                  : race_schemes[scheme].name;
}

static char mark_of(int scheme)
{
    return race_schemes[scheme].orthogonal ? 'o' : detinit_mode_mark(race_schemes[scheme].mode);
}

/* ------------------------------------------------------------------- charts */

static double figure_at(const race *r, const struct chart *chart, int scheme, size_t point)
{
    double figure;
    memcpy(&figure, (const char *)&r->tracks[scheme].points[point] + chart->offset, sizeof figure);
    figure *= chart->scale;
    return chart->log && isfinite(figure) ? fmin(fmax(figure, LEAST), MOST) : figure;
}

static axis axis_of(const race *r, const struct chart *chart)
{
    double low = chart->log ? INFINITY : 0, high = chart->log ? 0 : r->point_count > 0 ? 1 : 100;
    for (int n = 0; n < RACE_SCHEMES; n++)
        for (size_t k = 0; k < r->point_count; k++) {
            const double figure = figure_at(r, chart, n, k);
            low = figure < low ? figure : low;
            high = figure > high ? figure : high;
        }
    if (!chart->log)
        return (axis){.low = 0, .high = high * 1.05};
    if (r->point_count == 0)
        return (axis){.low = chart->before, .high = 10, .log = true};
    low = isfinite(low) ? low : 1; /* no loss is finite */
    return (axis){.low = fmax(low / 1.5, LEAST), .high = fmax(high, low) * 1.5, .log = true};
}

static void draw_chart(const race *r, cells *c, rect area, const struct chart *chart)
{
    static const axis steps = {.low = 0, .high = RACE_STEPS, .whole = true, .name = "step"};
    double x[RACE_POINTS + 1], y[RACE_SCHEMES][RACE_POINTS + 1];
    series all[RACE_SCHEMES];
    const rect below = {area.x, area.y + 1, area.width, area.height - 1};
    for (size_t k = 0; k < r->point_count; k++)
        x[k] = race_steps_at(k);
    for (int n = 0; n < RACE_SCHEMES; n++) {
        for (size_t k = 0; k < r->point_count; k++)
            y[n][k] = figure_at(r, chart, n, k);
        all[n] = (series){.name = name_of(n, area.width),
                          .role = role_of(n),
                          .mark = mark_of(n),
                          .x = x,
                          .y = y[n],
                          .count = (int)r->point_count};
    }
    cells_text(c, area, area.x, area.y, ROLE_DIM, 0, cells_fitting(area.width, chart->titles));
    plot_all(c, below, steps, axis_of(r, chart), all, RACE_SCHEMES);
}

/* As many as there is room for, that of the view first. */
static void draw_charts(const model *m, cells *c, rect area)
{
    const int across = area.width >= TWO_WIDTH ? 2 : 1;
    const int down = across == 2 && area.height >= FOUR_HEIGHT ? 2 : 1;
    const int first = pane_view_now(m, &pane_race), gap = across - 1;
    const int width = (area.width - gap) / across, height = area.height / down;
    if (area.width < CHART_WIDTH || area.height < CHART_HEIGHT)
        return;
    for (int n = 0; n < across * down; n++) {
        const rect place = {area.x + n % across * (width + gap), area.y + n / across * height,
                            width, height};
        draw_chart(&m->race, c, place, &charts[(first + n) % CHARTS]);
    }
}

/* -------------------------------------------------------------------- table */

/* "2.8", "5e-03": at most five columns. */
static const char *brief(double value, char *buffer, size_t size)
{
    snprintf(buffer, size, value == 0 || (value >= 0.01 && value < 1000) ? "%.3g" : "%.0e", value);
    return buffer;
}

/* What a column says of a scheme; each is left out where there is no room for it. */
typedef struct column {
    const char *heading, *full; /* the second where all columns have room for it */
    int width, wide;
    void (*put)(const race *r, int scheme, char *buffer, size_t size);
} column;

static const race_point *last_of(const race *r, int scheme)
{
    return &r->tracks[scheme].points[r->point_count - 1];
}

static void put_factor(const race *r, int n, char *buffer, size_t size)
{
    snprintf(buffer, size, "x%.2f", r->tracks[n].factor);
}

static void put_signal(const race *r, int n, char *buffer, size_t size)
{
    char text[32];
    snprintf(buffer, size, "x%s", brief(r->tracks[n].signal, text, sizeof text));
}

static void put_gradient(const race *r, int n, char *buffer, size_t size)
{
    brief(r->tracks[n].points[0].gradient, buffer, size);
}

static void put_loss(const race *r, int n, char *buffer, size_t size)
{
    const double loss = last_of(r, n)->loss;
    snprintf(buffer, size, loss < 1000 ? "%.3f" : isnan(loss) ? "-" : "%.0e", loss);
}

static void put_accuracy(const race *r, int n, char *buffer, size_t size)
{
    snprintf(buffer, size, "%.1f %%", 100 * last_of(r, n)->accuracy);
}

static void put_awake(const race *r, int n, char *buffer, size_t size)
{
    snprintf(buffer, size, "%.1f %%", 100 * last_of(r, n)->awake);
}

/* In the order of the table; the last of `telling` go first where it is narrow. */
static const column columns[] = {
    {"a layer", "signal: a layer", 8, 17, put_factor},
    {"in all", "all layers", 7, 12, put_signal},
    {"gradient", "gradient at first", 9, 19, put_gradient},
    {"loss", "loss now", 7, 10, put_loss},
    {"right", "right in the test", 8, 19, put_accuracy},
    {"awake", "weights awake", 8, 15, put_awake},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };
static const int telling[COLUMNS] = {3, 4, 0, 5, 1, 2};

/* The widths of the columns that fit, 0 for the others. Returns whether all are wide. */
static bool choose_columns(int width, int widths[COLUMNS])
{
    int left = width - NAME - VERDICT, all = 0;
    for (int n = 0; n < COLUMNS; n++)
        all += columns[n].wide;
    const bool full = all <= left;
    for (int n = 0; n < COLUMNS; n++) {
        const column *c = &columns[telling[n]];
        const int needed = full ? c->wide : c->width;
        widths[telling[n]] = left >= needed ? needed : 0;
        left = left >= needed ? left - needed : 0;
    }
    return full;
}

static unsigned verdict_role(race_verdict v)
{
    return v == RACE_LEARNS ? ROLE_GOOD : v == RACE_SLOW ? ROLE_ACCENT : ROLE_BAD;
}

static void draw_row(const race *r, cells *c, rect area, int scheme, const int *widths)
{
    const race_verdict verdict = race_judge(r, scheme);
    const int y = area.y + 1 + scheme;
    int x = area.x + NAME;
    cells_text(c, area, area.x, y, role_of(scheme), 0, race_schemes[scheme].name);
    for (int n = 0; n < COLUMNS; n++) {
        char text[32];
        if (widths[n] == 0)
            continue;
        columns[n].put(r, scheme, text, sizeof text);
        cells_print(c, area, x, y, ROLE_TEXT, 0, "%*s", widths[n] - 1, text);
        x += widths[n];
    }
    if (x + VERDICT <= area.x + area.width + 1)
        cells_text(c, area, x, y, verdict_role(verdict), 0, race_verdict_name(verdict));
}

static void draw_table(const race *r, cells *c, rect area)
{
    int widths[COLUMNS], x = area.x + NAME;
    const bool full = choose_columns(area.width, widths);
    for (int n = 0; n < COLUMNS; n++)
        if (widths[n] > 0) {
            cells_print(c, area, x, area.y, ROLE_DIM, 0, "%*s", widths[n] - 1,
                        full ? columns[n].full : columns[n].heading);
            x += widths[n];
        }
    for (int n = 0; n < RACE_SCHEMES && n + 1 < area.height; n++)
        draw_row(r, c, area, n, widths);
}

/* --------------------------------------------------------------------- pane */

/* What is raced, or how far. */
static void draw_state(const model *m, cells *c, rect area)
{
    char full[224], middle[160], brief[96], step[48];
    const char *const texts[] = {full, middle, brief, step, "", NULL};
    const unsigned done = race_steps_at(m->race.point_count - 1);
    snprintf(step, sizeof step, "step %u of %d%s", done, RACE_STEPS,
             m->race_ended && done < RACE_STEPS ? ", stopped" : "");
    snprintf(brief, sizeof brief, "%s on %zu classes", step, m->race.classes);
    snprintf(middle, sizeof middle, "%s; SGD, rate %g to 0; no normalization", brief, RACE_RATE);
    snprintf(full, sizeof full, "%s; all on the same batches, so that the scheme alone decides",
             middle);
    cells_text(c, area, area.x, area.y, ROLE_DIM, 0, cells_fitting(area.width, texts));
}

/* What to learn from it, which has to be so. */
static int draw_lesson(const model *m, cells *c, rect area)
{
    const bool ended = m->race.point_count == RACE_POINTS + 1;
    const char *text =
        !ended ? "A ReLU layer drops half of a signal's power, and of a gradient's: twenty of them "
                 "leave 2^-10 of its size, unless the weights make up for it."
        : race_is_as_theory_says(&m->race)
            ? "As theory says: he and orthogonal give back what ReLU drops, and learn; the others "
              "leave next to nothing of signal and gradient: no start in 600 steps."
            : "Not as theory says: on these data more than the scheme decides.";
    return cells_paragraph(c, area, ROLE_ACCENT, text);
}

/* The key, and where there is room what its curves will say, and their empty charts. */
static void draw_invitation(const model *m, cells *c, rect inside)
{
    static const invitation_row key = {
        "C", "train 20 ReLU layers from he, xavier, lecun, torch and orthogonal, side by side on "
             "the same data: the scheme alone decides who learns. It takes seconds."};
    static const invitation_row figures[] = {
        {"guess", "first: which of the five will learn, and which will not move at all?"},
        {"loss", "how surprised a network is by the right answers: falls where it learns, and "
                 "stays at ln 4 = 1.39 where it only guesses among the 4 classes"},
        {"gradient", "what a step goes along: where it has faded, no step gets anywhere"},
        {"right", "the share of test examples that come out right; 25 % is guessing"},
        {"awake", "the share of weights that have left their initial values"},
        {"L", "lessons: race goes through all of it"},
    };
    enum { COUNT = sizeof figures / sizeof figures[0], KEY_COLUMN = 3, FIGURE_COLUMN = 10 };
    rect area = {inside.x + 1, inside.y, inside.width - 2, inside.height};
    if (m->races > 0 && !m->race_ended) {
        cells_text(c, area, area.x, area.y, ROLE_TEXT, 0, "beginning ...");
        return;
    }
    const int before = invitation_put(c, area, ROLE_ACCENT, KEY_COLUMN, &key, 1) + 1;
    area.y += before;
    area.height -= before;
    if (area.height < invitation_lines(area.width, FIGURE_COLUMN, figures, COUNT))
        return;
    const int lines = invitation_put(c, area, ROLE_TEXT, FIGURE_COLUMN, figures, COUNT) + 1;
    area.y += lines;
    area.height -= lines;
    draw_charts(m, c, area);
}

static void draw(const model *m, cells *c, rect inside)
{
    rect area = {inside.x + 1, inside.y, inside.width - 2, inside.height};
    if (m->race.point_count == 0) {
        draw_invitation(m, c, inside);
        return;
    }
    if (area.height > RACE_SCHEMES + 1) {
        draw_state(m, c, area);
        area.y++;
        area.height--;
    }
    draw_table(&m->race, c, area);
    area.y += RACE_SCHEMES + 1;
    area.height -= RACE_SCHEMES + 1;
    if (area.height >= 3 && area.width >= 40) {
        const int lines = draw_lesson(m, c, area) + (area.height > FOUR_HEIGHT);
        area.y += lines;
        area.height -= lines;
    }
    draw_charts(m, c, area);
}

/* Whether a chart is drawn, of which v shows another. */
static bool has_charts(const model *m, rect inside)
{
    return m->race.point_count > 0 && inside.width >= CHART_WIDTH + 2 &&
           inside.height >= 2 + RACE_SCHEMES + LESSON_MOST + CHART_HEIGHT;
}

static void note(const model *m, rect inside, char *buffer, size_t size)
{
    const int next = (pane_view_now(m, &pane_race) + 1) % CHARTS;
    if (has_charts(m, inside))
        snprintf(buffer, size, "v: %s", views[next].name);
}

/* No race was asked for. */
static bool idle(const model *m)
{
    return m->races == 0;
}

/* Nothing came of what was asked for yet. */
static bool waits(const model *m)
{
    return m->races > 0 && m->race.point_count == 0 && !m->race_ended;
}

static void subject(const model *m, char *buffer, size_t size)
{
    if (m->race.point_count > 0)
        snprintf(buffer, size, "%d ReLU layers of %d, seed %llu", RACE_DEPTH, RACE_WIDTH,
                 (unsigned long long)m->race.seed);
}

static hint_list hints(const model *m)
{
    static const key_hint before[] = {
        {"C", "race"}, {"Tab", "pane"}, {"Enter", "zoom"}, {":", "command"}};
    static const key_hint after[] = {
        {"C", "race again"}, {"Tab", "pane"}, {"Enter", "zoom"}, {":", "command"}};
    static const key_hint with_charts[] = {
        {"v", "chart"}, {"C", "race again"}, {"Tab", "pane"}, {"Enter", "zoom"}, {":", "command"}};
    if (has_charts(m, layout_inside_of(m, &pane_race)))
        return HINT_LIST(with_charts);
    return m->race.point_count > 0 ? HINT_LIST(after) : HINT_LIST(before);
}

static void command_line(const model *m, char *buffer, size_t size)
{
    if (m->races > 0)
        snprintf(buffer, size, "%s", m->race_line);
    else
        pane_matrix_line(m, "", buffer, size);
}

/* There is nothing to move. */
static void stay(model *m, motion by)
{
    (void)m;
    (void)by;
}

static const char about[] =
    "Five schemes train the same deep ReLU network on the same data, from the same seed, at "
    "once; only the size of their initial weights differs.\n"
    "A curve that stays flat has not learned. The views show the loss, the length of the "
    "gradient, the share of test examples that are right, and the share of weights awake: a "
    "scheme whose signal fades has no gradient, and one whose signal explodes cannot step.";

static const char *const words[] = {"loss", "gradient",   "accuracy", "awake",
                                    "mode", "activation", NULL};

const pane pane_race = {
    .name = "race",
    .title = "Race",
    .about = about,
    .words = words,
    .wide = true,
    .views = views,
    .idle = idle,
    .waits = waits,
    .subject = subject,
    .draw = draw,
    .note = note,
    .move = stay,
    .hints = hints,
    .command_line = command_line,
};
