/* Commands that look elsewhere: the cursor, the pane in focus, its view. */
#include "explorer/command_row.h"

#include "explorer/screen.h"
#include "option/place.h"
#include "option/refuse.h"
#include "pane/pane.h"
#include "text/word.h"

/* ------------------------------------------------------------------ moving */

static bool move_rows(model *m, int by, detinit_error *error)
{
    (void)error;
    screen_move(m, (motion){.rows = by});
    return true;
}

static bool move_pages(model *m, int by, detinit_error *error)
{
    (void)error;
    screen_move(m, (motion){.pages = by});
    return true;
}

static bool move_cols(model *m, int by, detinit_error *error)
{
    (void)error;
    screen_move(m, (motion){.cols = by});
    return true;
}

static command_word move_words(int n)
{
    static const command_word words[] = {
        {"up", move_rows, -1, true},
        {"down", move_rows, 1, true},
        {"left", move_cols, -1, false},
        {"right", move_cols, 1, false},
        {"page-up", move_pages, -1, false},
        {"page-down", move_pages, 1, true},
        {"top", move_rows, MOTION_TO_FIRST, true},
        {"bottom", move_rows, MOTION_TO_LAST, false},
        {"first", move_cols, MOTION_TO_FIRST, true},
        {"last", move_cols, MOTION_TO_LAST, false},
        {.name = NULL},
    };
    return words[n];
}

static bool move_to_place(model *m, const char *name, const char *value, detinit_error *error)
{
    const detinit_recipe *recipe = &m->settings.recipe;
    tensor_place place;
    uint64_t row, col;
    char expected[80];
    if (!place_parse(value, &place))
        return refuse(error, "%s: '%.60s' is not a place: %s", name, value,
                      place_expected(recipe->rank, expected, sizeof expected));
    if (!place_find(recipe, &place, name, &row, &col, error))
        return false;
    model_move_to(m, row, col);
    return true;
}

static bool run_goto(model *m, const char *value, detinit_error *error)
{
    return move_to_place(m, "goto", value, error);
}

static bool run_weight(model *m, const char *value, detinit_error *error)
{
    if (value != NULL && !move_to_place(m, "weight", value, error))
        return false;
    pane_focus(m, &pane_weight);
    return true;
}

/* ------------------------------------------------------------------- panes */

static bool go_to(model *m, int number, detinit_error *error)
{
    (void)error;
    pane_focus(m, panes[number]);
    return true;
}

static bool go_on(model *m, int by, detinit_error *error)
{
    return go_to(m, command_step(m->view.pane, by, PANE_COUNT), error);
}

/* All panes, then the ways from one to the next. */
static command_word pane_words(int n)
{
    static const command_word steps[] = {
        {"next", go_on, 1, false}, {"previous", go_on, -1, false}, {.name = NULL}};
    if (n < PANE_COUNT)
        return (command_word){panes[n]->name, go_to, n, false};
    return steps[n - PANE_COUNT];
}

/* A pane, as all commands name it, comes before a word that begins alike. */
static bool run_pane(model *m, const char *value, detinit_error *error)
{
    const int found = pane_find(value);
    return found >= 0 ? go_to(m, found, error)
                      : command_run_word(m, "pane", pane_words, value, error);
}

static bool set_zoom(model *m, int on, detinit_error *error)
{
    (void)error;
    m->view.zoomed = on != 0;
    return true;
}

static command_word zoom_words(int n)
{
    static const command_word words[] = {
        {"on", set_zoom, true, false}, {"off", set_zoom, false, false}, {.name = NULL}};
    return words[n];
}

static bool run_zoom(model *m, const char *value, detinit_error *error)
{
    return value != NULL ? command_run_word(m, "zoom", zoom_words, value, error)
                         : set_zoom(m, !m->view.zoomed, error);
}

static bool run_choose(model *m, const char *value, detinit_error *error)
{
    const pane *p = panes[m->view.pane];
    if (!m->view.help && p->choose != NULL && p->choose(m))
        return true;
    return run_zoom(m, value, error);
}

/* ------------------------------------------------------------------- views */

/* The view that stands at place n among those of all panes; false after the last. */
static bool find_view(int n, const pane **p, int *number)
{
    for (int at = 0; at < PANE_COUNT; at++) {
        const int count = pane_view_count(panes[at]);
        if (n < count) {
            *p = panes[at];
            *number = n;
            return true;
        }
        n -= count;
    }
    return false;
}

static bool show_view(model *m, int n, detinit_error *error)
{
    const pane *p;
    int number;
    (void)error;
    if (find_view(n, &p, &number))
        pane_show_view(m, p, number);
    return true;
}

static command_word view_words(int n)
{
    const pane *p;
    int number;
    if (!find_view(n, &p, &number))
        return (command_word){.name = NULL};
    return (command_word){p->views[number].name, show_view, n, p->views[number].in_help};
}

static const char *view_name(const void *list, int n)
{
    const pane *p = list;
    return n < pane_view_count(p) ? p->views[n].name : NULL;
}

/*
 * A view of the pane in focus, or else of any pane.  Without a value the next one of the pane in
 * focus; where that has only one, of the first pane that has several, if that is on the screen.
 */
static bool run_view(model *m, const char *value, detinit_error *error)
{
    const pane *p = panes[m->view.pane];
    const int own = value != NULL ? word_find(value, view_name, p) : -1;
    if (value != NULL && own < 0)
        return command_run_word(m, "view", view_words, value, error);
    if (p->views == NULL && m->view.zoomed)
        return refuse(error, "view: %s has one view alone", p->title);
    for (int n = 0; p->views == NULL; n++)
        p = panes[n];
    pane_show_view(m, p, own >= 0 ? own : pane_view_next(m, p));
    return true;
}

const command look_commands[] = {
    {.name = "goto", .value = "I,J", .help = "put the cursor at row I, column J", .run = run_goto},
    {.name = "weight",
     .value = "[I,J]",
     .help = "how the weight at row I, column J was made",
     .run = run_weight},
    {.name = "move", .value = "WHERE", .words = move_words, .help = "move the cursor:"},
    {.name = "pane",
     .value = "NAME",
     .words = pane_words,
     .help = "go to a pane, by its name or number",
     .run = run_pane},
    {.name = "zoom",
     .value = "[on|off]",
     .words = zoom_words,
     .help = "show the pane alone, or all again",
     .run = run_zoom},
    {.name = "choose",
     .help = "take what the pane's cursor is at; else as zoom",
     .run = run_choose},
    {.name = "view",
     .value = "[NAME]",
     .words = view_words,
     .help = "another view of the pane:",
     .run = run_view},
    {.name = NULL},
};
