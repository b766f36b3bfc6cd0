/* Commands of the Training pane: a network or a file, files made of it, what of it is shown. */
#include "explorer/command_training.h"

#include "explorer/command_row.h"

#include "model/watching.h"
#include "option/option.h"
#include "option/refuse.h"
#include "pane/pane.h"
#include "pane/pane_training.h"
#include "text/word.h"

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
        return refuse(error, "not enough memory");
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

/* FILE, or FILE --manifest FILE, as the command line has it. */
static bool run_open(model *m, const char *value, detinit_error *error)
{
    static const char flag[] = " --manifest ";
    char path[sizeof m->opened + sizeof flag + PATH_MAX];
    if (strlen(value) >= sizeof path)
        return refuse(error, "open: the name of the file is too long");
    strcpy(path, value);
    char *manifest = strstr(path, flag);
    if (manifest != NULL) {
        *manifest = '\0';
        manifest += strlen(flag);
    }
    if (strlen(path) >= sizeof m->opened)
        return refuse(error, "open: the name of the file is too long");
    return show(m, &pane_training, model_ask_opening(m, path, manifest), error);
}

/* Asks for a file made of the network that is shown or waited for. */
static bool ask_file(model *m, const char *name, work_kind kind, detinit_prune way,
                     const char *path, detinit_error *error)
{
    if (m->training == 0)
        return refuse(error, "%s: there is no trained network yet: train, or open FILE", name);
    if (strlen(path) >= sizeof m->opened)
        return refuse(error, "%s: the name of the file is too long", name);
    return model_ask_file(m, kind, way, path) || refuse(error, "not enough memory");
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

static bool run_tensor(model *m, const char *value, detinit_error *error)
{
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
    if (!option_set(&m->settings, &options[OPTION_THRESHOLD], text, false, error))
        return false;
    m->settings.given[OPTION_SPARSITY] = false;
    model_apply_threshold(m);
    return true;
}

/* --------------------------------------------------------- a run elsewhere */

static bool run_watch(model *m, const char *value, detinit_error *error)
{
    if (strcmp(value, "off") == 0) {
        if (m->watch.path[0] == '\0')
            return refuse(error, "watch: nothing is watched; watch FILE follows a file");
        watching_end(m);
        return true;
    }
    if (strlen(value) >= sizeof m->watch.path)
        return refuse(error, "watch: the name of the file is too long");
    return show(m, &pane_watch, watching_begin(m, value), error);
}

const command training_commands[] = {
    {.name = "train",
     .value = "[small|compare]",
     .words = train_words,
     .help = "train a network on this seed, or compare: five schemes in a race",
     .run = run_train},
    {.name = "open",
     .value = "FILE",
     .help = "what changed in a trained file [--manifest FILE]",
     .run = run_open},
    {.name = "e", .value = "FILE", .help = "the same as open", .run = run_open},
    {.name = "watch",
     .value = "FILE|off",
     .help = "follow what a Tracker of detinit.torch writes",
     .run = run_watch},
    {.name = "tensor",
     .value = "NAME",
     .help = "which tensor the map shows, by its name or its number from 1",
     .run = run_tensor},
    {.name = "prune",
     .value = "WAY FILE",
     .help = "save it pruned: init, zero or magnitude",
     .run = run_prune},
    {.name = "pack", .value = "FILE", .help = "save only what training changed", .run = run_pack},
    {.name = NULL},
};
