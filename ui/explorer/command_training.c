/* Commands of the Training pane: a network or a file, files made of it, what of it is shown. */
#include "explorer/command_training.h"

#include "explorer/command_file.h"
#include "explorer/command_option.h"
#include "explorer/command_row.h"

#include "model/viewing.h"
#include "model/watching.h"
#include "option/option.h"
#include "option/refuse.h"
#include "pane/pane.h"
#include "pane/pane_training.h"
#include "text/word.h"
#include "verb/verb.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- requests */

/* Goes to the pane where what was asked for will be seen. */
static bool show(model *m, const pane *where, bool asked, detinit_error *error)
{
    if (!asked)
        return refuse_memory(error);
    pane_focus(m, where);
    return true;
}

static command_word train_words(int n)
{
    static const command_word words[] = {{.name = "small"}, {.name = "compare"}, {.name = NULL}};
    return words[n];
}

static bool run_train(model *m, const char *value, detinit_error *error)
{
    if (value != NULL && strcmp(value, "compare") == 0)
        return show(m, &pane_race, model_ask_race(m), error);
    if (value != NULL && strcmp(value, "small") != 0)
        return refuse(error, "train: '%.60s' is unknown; it takes small, compare, or nothing",
                      value);
    return show(m, &pane_training, model_ask_training(m, value != NULL), error);
}

/* Asks for a file made of the network that is shown or waited for. */
static bool ask_file(model *m, const char *name, work_kind kind, detinit_prune way,
                     const char *path, detinit_error *error)
{
    if (m->training == 0)
        return refuse(error, "%s: there is no trained network yet: train, or open FILE", name);
    if (strlen(path) >= sizeof m->opened)
        return refuse(error, "%s: the name of the file is too long", name);
    return model_ask_file(m, kind, way, path) || refuse_memory(error);
}

static bool run_prune(model *m, const char *value, detinit_error *error)
{
    const option_choice *ways = options[OPTION_TO].choice;
    int chosen;
    char way[32], choices[CHOICES_TEXT];
    size_t length = strcspn(value, " \t");
    snprintf(way, sizeof way, "%.*s", (int)(length < 31 ? length : 31), value);
    const char *path = value + length + strspn(value + length, " \t");
    if (!ways->parse(way, &chosen))
        return refuse(error, "prune: '%.31s' is unknown; it takes %s, and the name of a file", way,
                      option_choices(&options[OPTION_TO], choices, sizeof choices));
    if (path[0] == '\0')
        return refuse(error, "prune: needs the name of a file: prune %s FILE", way);
    return ask_file(m, "prune", WORK_PRUNE, (detinit_prune)chosen, path, error);
}

static bool run_pack(model *m, const char *value, detinit_error *error)
{
    return ask_file(m, "pack", WORK_PACK, DETINIT_PRUNE_INIT, value, error);
}

/* --------------------------------------------------- a network that is there */

static bool need_network(const model *m, const char *name, detinit_error *error)
{
    return m->trained != NULL ||
           refuse(error, "%s: there is no trained network yet: train, or open FILE", name);
}

static const char *tensor_name(const void *list, int n)
{
    const trained_network *t = list;
    return (size_t)n < t->layer_count ? t->layers[n].name : NULL;
}

/* The tensor of that name, of the only name that begins so, or of that number from 1; or -1. */
static int find_tensor(const trained_network *t, const char *text)
{
    char *end;
    const int found = word_find(text, tensor_name, t);
    errno = 0;
    unsigned long number = isdigit((unsigned char)text[0]) ? strtoul(text, &end, 10) : 0;
    if (found < 0 && number >= 1 && number <= t->layer_count && *end == '\0')
        return (int)number - 1;
    return found;
}

/* Whether tensors are those of a file, and not of what is trained here and looked at. */
static bool is_about_file(const model *m)
{
    const bool trains = m->trained != NULL && m->trained->steps > 0;
    return viewing_list(m) != NULL && !(trains && pane_in_focus(m, &pane_training));
}

static bool run_tensor(model *m, const char *value, detinit_error *error)
{
    if (is_about_file(m))
        return file_choose_tensor(m, value, error);
    if (!need_network(m, "tensor", error))
        return false;
    int tensor = find_tensor(m->trained, value);
    if (tensor < 0)
        return refuse(error,
                      "tensor: '%.60s' is unknown; expected a name, or a number from 1 to %zu",
                      value, m->trained->layer_count);
    training_show_tensor(m, (size_t)tensor);
    return true;
}

bool training_step_tensor(model *m, int by, detinit_error *error)
{
    if (is_about_file(m))
        return file_step_tensor(m, by);
    if (!need_network(m, by > 0 ? "next" : "previous", error))
        return false;
    size_t count = m->trained->layer_count;
    training_show_tensor(m, (training_look_at(m).tensor + (by > 0 ? 1 : count - 1)) % count);
    return true;
}

bool training_step_threshold(model *m, int by, detinit_error *error)
{
    char text[32];
    if (!need_network(m, by > 0 ? "next" : "previous", error))
        return false;
    snprintf(text, sizeof text, "%.17g", trained_threshold_step(m->trained, by));
    return option_command(m, &options[OPTION_THRESHOLD], text, error);
}

/* --------------------------------------------------------- a run elsewhere */

/* PATH [--manifest FILE] [--save FILE]; the command line tells them by its own options. */
static bool begin_watch(model *m, char *path, detinit_error *error)
{
    const bool of_command_line = m->settings.verb == &verb_watch && m->watch.number == 0;
    char *save = of_command_line ? m->settings.output.save : command_cut_flag(path, " --save ");
    char *manifest =
        of_command_line ? m->settings.network.manifest : command_cut_flag(path, " --manifest ");
    if (strlen(path) >= sizeof m->watch.path)
        return refuse(error, "watch: the name of the file is too long");
    return show(m, &pane_watch, watching_begin(m, path, manifest, save), error);
}

static bool run_watch(model *m, const char *value, detinit_error *error)
{
    if (strcmp(value, "off") == 0) {
        if (m->watch.path[0] == '\0')
            return refuse(error, "watch: nothing is watched; watch PATH follows a file or folder");
        watching_end(m);
        return true;
    }
    char *copy = strdup(value);
    const bool done = copy != NULL ? begin_watch(m, copy, error) : refuse_memory(error);
    free(copy);
    return done;
}

const command training_commands[] = {
    {.name = "train",
     .value = "[small|compare]",
     .words = train_words,
     .help = "train a network on this seed, or compare: five schemes in a race",
     .run = run_train},
    {.name = "watch",
     .value = "PATH|off",
     .help = "follow a Tracker's lines, or checkpoints [--manifest FILE] [--save FILE]",
     .run = run_watch},
    {.name = "tensor",
     .value = "NAME",
     .help = "look at a tensor, by its name or its number from 1",
     .run = run_tensor},
    {.name = "prune",
     .value = "WAY FILE",
     .help = "save it pruned: init, zero or magnitude",
     .run = run_prune},
    {.name = "pack", .value = "FILE", .help = "save only what training changed", .run = run_pack},
    {.name = NULL},
};
