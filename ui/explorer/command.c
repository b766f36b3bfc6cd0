#include "explorer/command.h"

#include "detinit_files.h"
#include "explorer/command_training.h"
#include "option/option.h"
#include "option/place.h"
#include "option/refuse.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number of the word that `text` is, or begins and no other does; -1 otherwise. */
static int find_word(const char *const *words, const char *text)
{
    int found = -1;
    for (int n = 0; words[n] != NULL; n++) {
        if (strcmp(words[n], text) == 0)
            return n;
        if (strncmp(words[n], text, strlen(text)) == 0)
            found = found == -1 ? n : -2;
    }
    return found >= 0 ? found : -1;
}

/* "he, xavier, lecun": the words, for a message. */
static const char *list_words(const char *const *words, char *buffer, size_t size)
{
    size_t length = 0;
    buffer[0] = '\0';
    for (int n = 0; words[n] != NULL && length < size; n++)
        length +=
            (size_t)snprintf(buffer + length, size - length, "%s%s", n > 0 ? ", " : "", words[n]);
    return buffer;
}

static bool refuse_word(detinit_error *error, const char *name, const char *const *words,
                        const char *value)
{
    char known[200];
    return refuse(error, "%s: '%.60s' is unknown; it takes %s", name, value,
                  list_words(words, known, sizeof known));
}

/* The next or the previous of `count` values, around the ends. */
static int around(int value, int by, int count)
{
    return (value + by + count) % count;
}

/* ------------------------------------------------------------------ moving */

static const char *const move_words[] = {"up",  "down",   "left",  "right", "page-up", "page-down",
                                         "top", "bottom", "first", "last",  NULL};

static uint64_t minus(uint64_t from, uint64_t step)
{
    return from > step ? from - step : 0;
}

static uint64_t plus(uint64_t from, uint64_t step)
{
    return from + step > from ? from + step : UINT64_MAX;
}

static void scroll_help(model *m, int word)
{
    const int page = m->height > 6 ? m->height - 6 : 1;
    const int steps[] = {-1, 1, 0, 0, -page, page, -10000, 10000, -10000, 10000};
    m->view.help_top += steps[word];
    if (m->view.help_top < 0)
        m->view.help_top = 0;
}

static bool run_move(model *m, const char *value, detinit_error *error)
{
    uint64_t row = m->view.row, col = m->view.col;
    int word = find_word(move_words, value);
    if (word < 0)
        return refuse_word(error, "move", move_words, value);
    if (m->view.help) {
        scroll_help(m, word);
        return true;
    }
    if (m->view.pane == PANE_TRAINING) {
        training_move(m, word);
        return true;
    }
    switch (word) {
    case 0:
        row = minus(row, 1);
        break;
    case 1:
        row = plus(row, 1);
        break;
    case 2:
        col = minus(col, 1);
        break;
    case 3:
        col = plus(col, 1);
        break;
    case 4:
        row = minus(row, m->view.page_rows);
        break;
    case 5:
        row = plus(row, m->view.page_rows);
        break;
    case 6:
        row = 0;
        break;
    case 7:
        row = UINT64_MAX;
        break;
    case 8:
        col = 0;
        break;
    default:
        col = UINT64_MAX;
    }
    model_move_to(m, row, col);
    return true;
}

static bool run_goto(model *m, const char *value, detinit_error *error)
{
    const detinit_recipe *recipe = &m->settings.recipe;
    tensor_place place;
    uint64_t row, col;
    char expected[80];
    if (!place_parse(value, &place))
        return refuse(error, "goto: '%.60s' is not a place: %s", value,
                      place_expected(recipe->rank, expected, sizeof expected));
    if (!place_find(recipe, &place, "goto", &row, &col, error))
        return false;
    model_move_to(m, row, col);
    return true;
}

/* ------------------------------------------------------------------- panes */

static const char *const pane_words[] = {"matrix",        "statistics", "histogram", "modes",
                                         "orthogonality", "weight",     "training",  "next",
                                         "previous",      NULL};

static bool run_pane(model *m, const char *value, detinit_error *error)
{
    int word = value[0] >= '1' && value[0] < '1' + PANE_COUNT && value[1] == '\0'
                   ? value[0] - '1'
                   : find_word(pane_words, value);
    if (word < 0)
        return refuse_word(error, "pane", pane_words, value);
    if (word == PANE_COUNT)
        word = around((int)m->view.pane, 1, PANE_COUNT);
    else if (word == PANE_COUNT + 1)
        word = around((int)m->view.pane, -1, PANE_COUNT);
    m->view.pane = (pane_id)word;
    m->view.help = false;
    return true;
}

static const char *const on_off_words[] = {"on", "off", NULL};

static bool run_zoom(model *m, const char *value, detinit_error *error)
{
    int word = value != NULL ? find_word(on_off_words, value) : (int)m->view.zoomed;
    if (word < 0)
        return refuse_word(error, "zoom", on_off_words, value);
    m->view.zoomed = word == 0;
    return true;
}

static const char *const view_words[] = {"numbers", "heat", "linear", "log",    "qq",
                                         "relu",    "tanh", "whole",  "detail", NULL};

/* Without a value: the next view of the pane in focus. */
static bool run_view(model *m, const char *value, detinit_error *error)
{
    view *v = &m->view;
    int word = value != NULL ? find_word(view_words, value) : -1;
    if (value != NULL && word < 0)
        return refuse_word(error, "view", view_words, value);
    if (value == NULL && v->pane == PANE_HISTOGRAM)
        v->histogram = (histogram_view)((v->histogram + 1) % HISTOGRAM_VIEW_COUNT);
    else if (value == NULL && v->pane == PANE_MODES)
        word = v->activation == DETINIT_RELU ? 6 : 5;
    else if (value == NULL && v->pane == PANE_TRAINING)
        word = v->training.detail ? 7 : 8;
    else if (value == NULL)
        v->matrix = (matrix_view)((v->matrix + 1) % MATRIX_VIEW_COUNT);
    if (word >= 7) {
        v->training.detail = word == 8;
    } else if (word >= 5 && v->activation != (detinit_activation)(word - 5)) {
        v->activation = (detinit_activation)(word - 5);
        m->results.has[PIECE_MODES] = false;
    } else if (word >= 2 && word < 5) {
        v->histogram = (histogram_view)(word - 2);
    } else if (word >= 0 && word < 2) {
        v->matrix = (matrix_view)word;
    }
    return true;
}

/* ----------------------------------------------------------- small changes */

static const char *const step_words[] = {"seed",   "layer",     "mode",   "dist",
                                         "fan-in", "threshold", "tensor", NULL};

/* Only the two sides of a matrix can change their parts. */
static bool refuse_fan_in(detinit_error *error)
{
    return refuse(error,
                  "fan-in: needs a matrix; otherwise all dimensions but the first are fan_in");
}

static bool step(model *m, const char *name, const char *value, int by, detinit_error *error)
{
    detinit_recipe r = m->settings.recipe;
    int word = find_word(step_words, value);
    switch (word) {
    case 0:
        r.seed += (uint64_t)(int64_t)by;
        break;
    case 1:
        r.layer += (uint64_t)(int64_t)by;
        break;
    case 2:
        r.mode = (detinit_mode)around((int)r.mode, by, DETINIT_MODE_COUNT);
        break;
    case 3:
        if (r.orthogonal)
            return refuse(error, "dist: an orthogonal matrix is made from normal draws");
        r.dist = (detinit_dist)around((int)r.dist, by, DETINIT_DIST_COUNT);
        break;
    case 4:
        if (r.rank != 2)
            return refuse_fan_in(error);
        r.fan_in = (detinit_axis)around((int)r.fan_in, by, DETINIT_AXIS_COUNT);
        break;
    case 5:
        return training_step_threshold(m, by, error);
    case 6:
        return training_step_tensor(m, by, error);
    default:
        return refuse_word(error, name, step_words, value);
    }
    return model_set_recipe(m, &r, error);
}

static bool run_next(model *m, const char *value, detinit_error *error)
{
    return step(m, "next", value, 1, error);
}

static bool run_previous(model *m, const char *value, detinit_error *error)
{
    return step(m, "previous", value, -1, error);
}

static const char *const toggle_words[] = {"orthogonal", NULL};

static bool run_toggle(model *m, const char *value, detinit_error *error)
{
    detinit_recipe r = m->settings.recipe;
    if (find_word(toggle_words, value) < 0)
        return refuse_word(error, "toggle", toggle_words, value);
    r.orthogonal = !r.orthogonal;
    if (r.orthogonal)
        r.dist = DETINIT_DIST_OF_MODE;
    return model_set_recipe(m, &r, error);
}

static bool run_undo(model *m, const char *value, detinit_error *error)
{
    (void)value;
    return model_undo(m) || refuse(error, "undo: nothing was changed yet");
}

/* ------------------------------------------------------------- the program */

static bool run_help(model *m, const char *value, detinit_error *error)
{
    (void)error;
    m->view.help = value != NULL || !m->view.help;
    m->view.help_top = 0;
    snprintf(m->view.help_search, sizeof m->view.help_search, "%s", value != NULL ? value : "");
    return true;
}

static bool run_recipe(model *m, const char *value, detinit_error *error)
{
    char line[512];
    (void)value, (void)error;
    model_say(m, MESSAGE_GOOD, "%s", model_command_line(m, line, sizeof line));
    return true;
}

static bool run_prompt(model *m, const char *value, detinit_error *error)
{
    (void)error;
    snprintf(m->prompt_text, sizeof m->prompt_text, "%s%s", value != NULL ? value : "",
             value != NULL ? " " : "");
    m->requests |= REQUEST_PROMPT;
    return true;
}

/* Closes what is on top; false where nothing is. */
static bool close_top(model *m)
{
    if (m->view.help && m->view.help_search[0] != '\0')
        m->view.help_search[0] = '\0';
    else if (m->view.help)
        m->view.help = false;
    else if (m->view.zoomed)
        m->view.zoomed = false;
    else
        return false;
    return true;
}

static bool run_back(model *m, const char *value, detinit_error *error)
{
    (void)value, (void)error;
    close_top(m);
    return true;
}

static bool run_quit(model *m, const char *value, detinit_error *error)
{
    (void)value, (void)error;
    m->quit = true;
    return true;
}

static bool run_close(model *m, const char *value, detinit_error *error)
{
    (void)value, (void)error;
    if (!close_top(m))
        m->quit = true;
    return true;
}

static bool run_redraw(model *m, const char *value, detinit_error *error)
{
    (void)value, (void)error;
    m->requests |= REQUEST_REDRAW;
    return true;
}

static bool run_cancel(model *m, const char *value, detinit_error *error)
{
    (void)value, (void)error;
    m->requests |= REQUEST_CANCEL;
    return true;
}

static bool run_suspend(model *m, const char *value, detinit_error *error)
{
    (void)value, (void)error;
    m->requests |= REQUEST_SUSPEND;
    return true;
}

const command commands[] = {
    {"goto", "I,J", NULL, "put the cursor at row I, column J", run_goto},
    {"move", "WHERE", move_words, "move the cursor: up, down, page-down, top, first, ...",
     run_move},
    {"pane", "NAME", pane_words, "go to a pane, by its name or number", run_pane},
    {"zoom", "[on|off]", on_off_words, "show the pane alone, or all again", run_zoom},
    {"view", "[NAME]", view_words, "another view of the pane: numbers, heat, log, qq, tanh, ...",
     run_view},
    {"next", "NAME", step_words, "next seed, layer, mode, dist, fan-in, threshold or tensor",
     run_next},
    {"previous", "NAME", step_words,
     "previous seed, layer, mode, dist, fan-in, threshold or tensor", run_previous},
    {"toggle", "NAME", toggle_words, "turn orthogonal on or off", run_toggle},
    {"undo", NULL, NULL, "take the last change back", run_undo},
    {"recipe", NULL, NULL, "show the command line that prints this, to copy", run_recipe},
    {"train", "[small]", train_words, "train a network on this seed and watch its weights wake up",
     train_run},
    {"open", "FILE", NULL, "what changed in a trained file [--manifest FILE]", open_run},
    {"tensor", "NAME", NULL, "which tensor the map shows, by its name or its number from 1",
     tensor_run},
    {"prune", "WAY FILE", NULL, "save it pruned: init, zero or magnitude", prune_run},
    {"pack", "FILE", NULL, "save only what training changed", pack_run},
    {"export", "FILE [PANE] [WxH]", NULL, "draw the screen or a pane into .txt, .ansi or .svg",
     export_run},
    {"prompt", "[TEXT]", NULL, "open the prompt", run_prompt},
    {"help", "[TEXT]", NULL, "this page, or its lines with a text", run_help},
    {"redraw", NULL, NULL, "draw the screen anew", run_redraw},
    {"cancel", NULL, NULL, "stop what is being computed", run_cancel},
    {"suspend", NULL, NULL, "go back to the shell for a while", run_suspend},
    {"back", NULL, NULL, "close what is on top", run_back},
    {"close", NULL, NULL, "close what is on top; then leave", run_close},
    {"quit", NULL, NULL, "leave", run_quit},
};
const int command_count = sizeof commands / sizeof commands[0];

/* ----------------------------------------------------------------- options */

/* Options that ask for something become a pane or a piece of work. */
static bool ask(model *m, const option *which, detinit_error *error)
{
    detinit_format format;
    settings *s = &m->settings;
    switch ((option_id)(which - options)) {
    case OPTION_COMPARE_MODES:
        s->output.compare_modes = false;
        return run_pane(m, "modes", error);
    case OPTION_SHOW_DIST:
        s->output.show_dist = false;
        return run_pane(m, "histogram", error);
    case OPTION_TEST_REPRO:
        s->output.test_repro = false;
        m->wanted |= 1u << PIECE_REPRODUCIBILITY;
        m->results.has[PIECE_REPRODUCIBILITY] = false;
        return true;
    case OPTION_SAVE:
        if (!detinit_format_of_path(s->output.save, &format)) {
            refuse(error,
                   "save: '%.200s' must end in .npy, .csv or .safetensors, which names the format",
                   s->output.save);
            free(s->output.save);
            s->output.save = NULL;
            return false;
        }
        return model_ask_save(m, s->output.save) || refuse(error, "save: not enough memory");
    default:
        return true;
    }
}

/* Sets an option: the recipe's through model_set_recipe, so that it can be undone. */
static bool run_option(model *m, const option *which, const char *value, detinit_error *error)
{
    settings changed = m->settings;
    if ((which->uses & OPTION_IN_RECIPE) == 0) {
        if (!option_set(&m->settings, which, value, false, error))
            return false;
        if (which == &options[OPTION_EXACT])
            m->results.has[PIECE_SURVEY] = false;
        if (which == &options[OPTION_THRESHOLD] || which == &options[OPTION_SPARSITY]) {
            m->settings.given[OPTION_THRESHOLD] = which == &options[OPTION_THRESHOLD];
            m->settings.given[OPTION_SPARSITY] = which == &options[OPTION_SPARSITY];
            model_apply_threshold(m);
        }
        return (which->uses & OPTION_ASKS) == 0 || ask(m, which, error);
    }
    if (changed.recipe.rank != 2 && which == &options[OPTION_FAN_IN])
        return refuse_fan_in(error);
    if (changed.recipe.rank != 2 &&
        (which == &options[OPTION_ROWS] || which == &options[OPTION_COLS]))
        return refuse(error,
                      "%s: a tensor of %zu dimension%s is shown; shape ROWS,COLS makes it a "
                      "matrix",
                      which->name, changed.recipe.rank, changed.recipe.rank > 1 ? "s" : "");
    if (!option_set(&changed, which, value, false, error))
        return false;
    if (which == &options[OPTION_STD])
        changed.recipe.mode = DETINIT_NORMAL;
    if (which == &options[OPTION_ORTHOGONAL] && changed.recipe.orthogonal)
        changed.recipe.dist = DETINIT_DIST_OF_MODE;
    if (which == &options[OPTION_DIST] && changed.recipe.orthogonal &&
        changed.recipe.dist != DETINIT_DIST_OF_MODE && changed.recipe.dist != DETINIT_DIST_NORMAL)
        return refuse(error, "dist: an orthogonal matrix is made from normal draws");
    return model_set_recipe(m, &changed.recipe, error);
}

/* ----------------------------------------------------------------- running */

const char *command_name(int index)
{
    int options_seen = 0;
    if (index < command_count)
        return commands[index].name;
    for (int n = 0; n < OPTION_COUNT; n++)
        if ((options[n].uses & OPTION_AT_PROMPT) != 0 && options_seen++ == index - command_count)
            return options[n].name;
    return NULL;
}

static int name_count(void)
{
    int count = command_count;
    while (command_name(count) != NULL)
        count++;
    return count;
}

const command *command_find(const char *name)
{
    for (int n = 0; n < command_count; n++)
        if (strcmp(commands[n].name, name) == 0)
            return &commands[n];
    return NULL;
}

static bool run_one(model *m, const char *name, const char *value, detinit_error *error)
{
    const command *c = command_find(name);
    const option *which = option_find(name);
    if (c != NULL && value == NULL && c->value != NULL && c->value[0] != '[')
        return refuse(error, "%s: needs a value: %s", name, c->value);
    if (c != NULL && value != NULL && c->value == NULL)
        return refuse(error, "%s: takes no value", name);
    if (c != NULL)
        return c->run(m, value, error);
    if (which != NULL && (which->uses & OPTION_AT_PROMPT) != 0)
        return run_option(m, which, value, error);
    const char *nearest = option_nearest(name, command_name, name_count());
    if (nearest != NULL)
        return refuse(error, "%.60s: no such command, did you mean %s?", name, nearest);
    return refuse(error, "%.60s: no such command; help lists them", name);
}

/* Cuts a command into its name and the rest; blanks around both go. */
static bool run_text(model *m, char *text, detinit_error *error)
{
    while (isspace((unsigned char)*text) || *text == ':')
        text++;
    char *end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        *--end = '\0';
    if (*text == '\0')
        return true;
    char *value = text + strcspn(text, " \t=");
    if (*value != '\0') {
        *value++ = '\0';
        value += strspn(value, " \t");
    }
    return run_one(m, text, *value != '\0' ? value : NULL, error);
}

bool command_run(model *m, const char *line, detinit_error *error)
{
    char *copy = strdup(line), *next = copy;
    bool done = copy != NULL || refuse(error, "not enough memory");
    if (copy != NULL)
        copy[strcspn(copy, "#")] = '\0';
    while (done && next != NULL)
        done = run_text(m, strsep(&next, ";\n"), error);
    free(copy);
    return done;
}
