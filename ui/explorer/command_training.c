#include "explorer/command_training.h"

#include "option/option.h"
#include "option/refuse.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const train_words[] = {"small", NULL};

/* ---------------------------------------------------------------- requests */

/* Goes to the pane where a network that was asked for will be seen. */
static bool show_network(model *m, bool asked, detinit_error *error)
{
    if (!asked)
        return refuse(error, "not enough memory");
    m->view.pane = PANE_TRAINING;
    m->view.help = false;
    return true;
}

bool train_run(model *m, const char *value, detinit_error *error)
{
    if (value != NULL && strcmp(value, train_words[0]) != 0)
        return refuse(error, "train: '%.60s' is unknown; it takes small, or nothing", value);
    return show_network(m, model_ask_training(m, value != NULL), error);
}

/* FILE, or FILE --manifest FILE, as the command line has it. */
bool open_run(model *m, const char *value, detinit_error *error)
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
    return show_network(m, model_ask_opening(m, path, manifest), error);
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

bool prune_run(model *m, const char *value, detinit_error *error)
{
    const option_choice *ways = options[OPTION_TO].choice;
    int chosen;
    char way[32];
    size_t length = strcspn(value, " \t");
    snprintf(way, sizeof way, "%.*s", (int)(length < 31 ? length : 31), value);
    const char *path = value + length + strspn(value + length, " \t");
    if (!ways->parse(way, &chosen))
        return refuse(error, "prune: '%.31s' is unknown; it takes %s, and the name of a file", way,
                      ways->described);
    if (path[0] == '\0')
        return refuse(error, "prune: needs the name of a file: prune %s FILE", way);
    return ask_file(m, "prune", WORK_PRUNE, (detinit_prune)chosen, path, error);
}

bool pack_run(model *m, const char *value, detinit_error *error)
{
    return ask_file(m, "pack", WORK_PACK, DETINIT_PRUNE_INIT, value, error);
}

/* --------------------------------------------------- a network that is there */

static bool need_network(const model *m, const char *name, detinit_error *error)
{
    return m->trained != NULL ||
           refuse(error, "%s: there is no trained network yet: train, or open FILE", name);
}

/* The tensor of that name, of the only name that begins so, or of that number from 1; or -1. */
static int find_tensor(const trained_network *t, const char *text)
{
    int found = -1;
    for (size_t k = 0; k < t->layer_count; k++) {
        if (strcmp(t->layers[k].name, text) == 0)
            return (int)k;
        if (strncmp(t->layers[k].name, text, strlen(text)) == 0)
            found = found == -1 ? (int)k : -2;
    }
    char *end;
    errno = 0;
    unsigned long number = isdigit((unsigned char)text[0]) ? strtoul(text, &end, 10) : 0;
    if (found < 0 && number >= 1 && number <= t->layer_count && *end == '\0')
        return (int)number - 1;
    return found >= 0 ? found : -1;
}

static void show_tensor(model *m, size_t tensor)
{
    training_view *v = &m->view.training;
    if (v->tensor == tensor)
        return;
    *v = (training_view){.tensor = tensor, .detail = v->detail};
}

bool tensor_run(model *m, const char *value, detinit_error *error)
{
    if (!need_network(m, "tensor", error))
        return false;
    int tensor = find_tensor(m->trained, value);
    if (tensor < 0)
        return refuse(error,
                      "tensor: '%.60s' is unknown; expected a name, or a number from 1 to %zu",
                      value, m->trained->layer_count);
    show_tensor(m, (size_t)tensor);
    return true;
}

bool training_step_tensor(model *m, int by, detinit_error *error)
{
    if (!need_network(m, by > 0 ? "next" : "previous", error))
        return false;
    size_t count = m->trained->layer_count;
    show_tensor(m, (m->view.training.tensor + (by > 0 ? 1 : count - 1)) % count);
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

/* A place moved by so many cells, within 0 .. total - 1. */
static uint64_t moved(uint64_t place, int by, uint64_t jump, uint64_t total)
{
    uint64_t last = total > 0 ? total - 1 : 0, far;
    if (by == INT_MAX || by == INT_MIN)
        return by > 0 ? last : 0;
    if (by < 0) {
        far = (uint64_t)-by * jump;
        return place > far ? place - far : 0;
    }
    far = (uint64_t)by * jump;
    return last - place > far ? place + far : last;
}

void training_move(model *m, int word)
{
    training_view *v = &m->view.training;
    const int page = (int)v->page_rows;
    const int rows[] = {-1, 1, 0, 0, -page, page, INT_MIN, INT_MAX, 0, 0};
    const int cols[] = {0, 0, -1, 1, 0, 0, 0, 0, INT_MIN, INT_MAX};
    if (m->trained == NULL || m->trained->layer_count == 0)
        return;
    const trained_layer *layer = &m->trained->layers[v->tensor];
    v->row = moved(v->row, rows[word], v->row_jump > 0 ? v->row_jump : 1, layer->rows);
    v->col = moved(v->col, cols[word], v->col_jump > 0 ? v->col_jump : 1, layer->cols);
}
