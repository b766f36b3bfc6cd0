/* Commands of files of tensors: opening, choosing a tensor, its face, what of it is shown. */
#include "explorer/command_file.h"

#include "explorer/command_row.h"
#include "model/viewing.h"
#include "option/option.h"
#include "option/place.h"
#include "option/refuse.h"
#include "pane/pane.h"
#include "text/word.h"
#include "verb/verb.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool need_file(const model *m, const char *name, detinit_error *error)
{
    return viewing_list(m) != NULL ||
           refuse(error, "%s: no file is open; open FILE opens one", name);
}

/* A tensor of the file must be looked at. */
static bool need_tensor(const model *m, const char *name, detinit_error *error)
{
    return viewing_is_of_file(m) ||
           refuse(error, "%s: no tensor of a file is looked at; open FILE, or tensor NAME", name);
}

/* FILE [--manifest FILE] [--names RULES] [--partial] in this order; cuts `text`. */
static bool read_choice(char *text, open_choice *what, detinit_error *error)
{
    const char *behind = command_cut_flag(text, " --partial");
    *what = (open_choice){.file = text, .partial = behind != NULL};
    what->names = command_cut_flag(text, " --names ");
    what->manifest = command_cut_flag(text, " --manifest ");
    return behind == NULL || *behind == '\0' ||
           refuse(error, "open: FILE --manifest FILE --names RULES --partial was expected, in this "
                         "order");
}

/* What the command line said by its own options. */
static open_choice choice_of_command_line(const model *m, char *path)
{
    const network_settings *asked = &m->settings.network;
    return (open_choice){path, asked->manifest, asked->names, asked->partial};
}

static bool open_file(model *m, char *text, detinit_error *error)
{
    open_choice what = choice_of_command_line(m, text);
    const bool of_command_line = m->settings.verb == &verb_open && m->viewings == 0;
    if (!of_command_line && !read_choice(text, &what, error))
        return false;
    if (strlen(text) >= sizeof m->opened)
        return refuse(error, "open: the name of the file is too long");
    if (!viewing_ask(m, &what))
        return refuse_memory(error);
    pane_focus(m, &pane_tensors);
    return true;
}

static bool run_open(model *m, const char *value, detinit_error *error)
{
    char *text = strdup(value);
    const bool done = text != NULL ? open_file(m, text, error) : refuse_memory(error);
    free(text);
    return done;
}

/* ------------------------------------------------------------------ tensors */

static const char *name_in_list(const void *list, int n)
{
    const tensor_list *l = list;
    const detinit_tensor *t = detinit_tensorfile_tensor(l->file->held.file, (size_t)n);
    return t != NULL ? t->name : NULL;
}

/* The number of a tensor by its name, the beginning of only one, or its place from 1; or -1. */
static int find_tensor(const tensor_list *l, const char *text)
{
    char *end;
    const int found = word_find(text, name_in_list, l);
    errno = 0;
    const unsigned long number = isdigit((unsigned char)text[0]) ? strtoul(text, &end, 10) : 0;
    if (found < 0 && number >= 1 && *end == '\0' &&
        number <= detinit_tensorfile_count(l->file->held.file))
        return (int)number - 1;
    return found;
}

bool file_choose_tensor(model *m, const char *name, detinit_error *error)
{
    tensor_list *l = viewing_list(m);
    const int tensor = find_tensor(l, name);
    if (tensor < 0)
        return refuse(error,
                      "tensor: '%.60s' is unknown; expected a name, or a number from 1 to %zu",
                      name, detinit_tensorfile_count(l->file->held.file));
    viewing_choose(m, l, (size_t)tensor);
    return true;
}

bool file_step_tensor(model *m, int by)
{
    tensor_list *l = viewing_list(m);
    const tensor_tree *t = &l->file->tree;
    if (t->count == 0)
        return true;
    size_t node = viewing_is_of_file(m) ? t->node_of[m->viewed.tensor] : 0;
    do
        node = (node + (by > 0 ? 1 : t->count - 1)) % t->count;
    while (t->nodes[node].tensor == TENSOR_NONE);
    viewing_choose(m, l, t->nodes[node].tensor);
    return true;
}

/* -------------------------------------------------------------------- faces */

static bool show_face(model *m, int number, detinit_error *error)
{
    viewed at;
    memcpy(&at, &m->viewed, sizeof at);
    if (!need_tensor(m, "face", error))
        return false;
    if (number != FACE_TRAINED && !viewing_has_recipe(m)) {
        const char *why = m->viewed.list->file->no_recipes;
        return refuse(error, "face: %.300s; open FILE --manifest FILE tells recipes",
                      why[0] != '\0' ? why : "no recipe is of this tensor");
    }
    at.face = (tensor_face)number;
    viewing_show(m, &at);
    return true;
}

static command_word face_words(int n)
{
    if (n >= FACE_COUNT)
        return (command_word){.name = NULL};
    return (command_word){options[OPTION_FACE].choice->name(n), show_face, n, true};
}

static bool run_face(model *m, const char *value, detinit_error *error)
{
    return value != NULL ? command_run_word(m, "face", face_words, value, error)
                         : show_face(m, (int)(m->viewed.face + 1) % FACE_COUNT, error);
}

/* ------------------------------------------------------------------- tables */

static bool show_table(model *m, const table_choice *table)
{
    viewed at;
    memcpy(&at, &m->viewed, sizeof at);
    memcpy(&at.table, table, sizeof at.table);
    viewing_show(m, &at);
    return true;
}

/* Two dimensions from 0, rows first; off: the tensor seen as a matrix; nothing: the next two. */
static bool run_dims(model *m, const char *value, detinit_error *error)
{
    table_choice t = m->viewed.table;
    const size_t rank = m->settings.recipe.rank;
    tensor_place dims;
    if (!need_tensor(m, "dims", error))
        return false;
    if (rank < 3)
        return refuse(error, "dims: this has %zu dimension%s, and all are shown", rank,
                      rank == 1 ? "" : "s");
    if (value == NULL) {
        do {
            t.cols = (t.cols + 1) % rank;
            t.rows = t.cols == 0 ? (t.rows + 1) % rank : t.rows;
        } while (t.rows == t.cols && t.rows != 0);
    } else if (strcmp(value, "off") == 0) {
        t.rows = t.cols = 0;
    } else if (!place_parse(value, &dims) || dims.rank != 2 || dims.index[0] >= rank ||
               dims.index[1] >= rank || dims.index[0] == dims.index[1]) {
        return refuse(error,
                      "dims: '%.60s' is not two dimensions: expected A,B from 0 to %zu, "
                      "or off",
                      value, rank - 1);
    } else {
        t.rows = (size_t)dims.index[0];
        t.cols = (size_t)dims.index[1];
    }
    return show_table(m, &t);
}

/* The indices of the dimensions that are not shown, put where all are. */
static bool spread(const table_choice *t, size_t rank, tensor_place *place)
{
    if (t->rows == t->cols || place->rank + 2 != rank)
        return false;
    const tensor_place others = *place;
    size_t taken = 0;
    place->rank = rank;
    for (size_t d = 0; d < rank; d++)
        place->index[d] = d == t->rows || d == t->cols ? 0 : others.index[taken++];
    return true;
}

/* All indices, of which those of the dimensions that are shown do not matter, or the others. */
static bool run_slice(model *m, const char *value, detinit_error *error)
{
    table_choice t = m->viewed.table;
    const detinit_recipe *r = &m->settings.recipe;
    tensor_place place;
    char expected[80];
    if (!need_tensor(m, "slice", error))
        return false;
    if (!place_parse(value, &place) || (place.rank != r->rank && !spread(&t, r->rank, &place)))
        return refuse(error, "slice: '%.60s' is not a place: %s", value,
                      place_expected(r->rank, expected, sizeof expected));
    for (size_t d = 0; d < r->rank; d++)
        if (place.index[d] >= r->shape[d])
            return refuse(error, "slice: index %llu of dimension %zu: expected less than %llu",
                          (unsigned long long)place.index[d], d, (unsigned long long)r->shape[d]);
    memcpy(t.at, place.index, sizeof t.at);
    return show_table(m, &t);
}

/* The last of the other dimensions goes first, and carries into those before it. */
bool file_step_slice(model *m, int by, detinit_error *error)
{
    table_choice t = m->viewed.table;
    const detinit_recipe *r = &m->settings.recipe;
    if (!need_tensor(m, "slice", error))
        return false;
    if (!viewing_is_table(m))
        return refuse(error, "slice: all of the tensor is shown; dims A,B shows two dimensions of "
                             "it, at one index of each other");
    for (size_t d = r->rank; d-- > 0;) {
        if (d == t.rows || d == t.cols || r->shape[d] == 0)
            continue;
        const bool carries = by > 0 ? t.at[d] + 1 == r->shape[d] : t.at[d] == 0;
        t.at[d] = carries ? (by > 0 ? 0 : r->shape[d] - 1) : t.at[d] + (uint64_t)(int64_t)by;
        if (!carries)
            break;
    }
    return show_table(m, &t);
}

/* ----------------------------------------------------------------- the list */

static bool run_find(model *m, const char *value, detinit_error *error)
{
    if (!need_file(m, "find", error))
        return false;
    tensor_list *l = viewing_list(m);
    snprintf(l->search, sizeof l->search, "%s", value);
    pane_focus(m, &pane_tensors);
    return tensor_list_find(l, value, 0) ||
           refuse(error, "find: no tensor's name holds '%.60s'", value);
}

void file_preview(model *m, const char *line)
{
    static const char find[] = "find ";
    tensor_list *l = viewing_list(m);
    if (l == NULL)
        return;
    const bool finds = line != NULL && strncmp(line, find, strlen(find)) == 0;
    if (finds && !l->previews) {
        l->previews = true;
        l->cursor_before = l->cursor;
        memcpy(l->search_before, l->search, sizeof l->search);
    }
    if (!l->previews)
        return;
    l->cursor = l->cursor_before < l->row_count ? l->cursor_before : 0;
    snprintf(l->search, sizeof l->search, "%s", finds ? line + strlen(find) : l->search_before);
    if (!finds)
        l->previews = false;
    else if (l->search[0] != '\0')
        tensor_list_find(l, l->search, 0);
}

bool file_step_found(model *m, int by, detinit_error *error)
{
    if (!need_file(m, "found", error))
        return false;
    tensor_list *l = viewing_list(m);
    if (l->search[0] == '\0')
        return refuse(error, "found: nothing was looked for; find TEXT does");
    return tensor_list_find(l, l->search, by) ||
           refuse(error, "found: no tensor's name holds '%.60s'", l->search);
}

static bool sort_by(model *m, int order, detinit_error *error)
{
    if (!need_file(m, "sort", error))
        return false;
    tensor_list_sort(viewing_list(m), (list_order)order);
    pane_focus(m, &pane_tensors);
    return true;
}

static command_word sort_words(int n)
{
    if (n >= LIST_ORDER_COUNT)
        return (command_word){.name = NULL};
    return (command_word){list_order_names[n], sort_by, n, true};
}

/* The next order; that by the share awake only where there are recipes. */
static bool run_sort(model *m, const char *value, detinit_error *error)
{
    if (value != NULL)
        return command_run_word(m, "sort", sort_words, value, error);
    if (!need_file(m, "sort", error))
        return false;
    const tensor_list *l = viewing_list(m);
    const int count = l->file->held.count > 0 ? LIST_ORDER_COUNT : LIST_AWAKE;
    return sort_by(m, ((int)l->order + 1) % count, error);
}

static bool fold_all(model *m, int on, detinit_error *error)
{
    if (!need_file(m, "fold", error))
        return false;
    tensor_list_fold_all(viewing_list(m), on != 0);
    return true;
}

static command_word fold_words(int n)
{
    static const command_word words[] = {
        {"on", fold_all, 1, true}, {"off", fold_all, 0, true}, {.name = NULL}};
    return words[n];
}

/* All folders are closed, or, where they are, opened. */
static bool run_fold(model *m, const char *value, detinit_error *error)
{
    if (value != NULL)
        return command_run_word(m, "fold", fold_words, value, error);
    if (!need_file(m, "fold", error))
        return false;
    const tensor_list *l = viewing_list(m);
    bool open = false;
    for (size_t n = 0; n < l->file->tree.count; n++)
        open = open || (l->unfolded[n] && l->file->tree.nodes[n].tensor == TENSOR_NONE);
    return fold_all(m, open, error);
}

const command file_commands[] = {
    {.name = "open",
     .value = "FILE",
     .help = "look at the tensors of a file [--manifest FILE]",
     .run = run_open},
    {.name = "e", .value = "FILE", .help = "the same as open", .run = run_open},
    {.name = "face",
     .value = "[NAME]",
     .words = face_words,
     .help = "the face of a file's tensor:",
     .run = run_face},
    {.name = "dims",
     .value = "[A,B|off]",
     .help = "the two dimensions that the matrix shows, from 0",
     .run = run_dims},
    {.name = "slice",
     .value = "I,J,...",
     .help = "the indices of the other dimensions, or of all",
     .run = run_slice},
    {.name = "find",
     .value = "TEXT",
     .help = "look for a tensor whose name holds a text",
     .run = run_find},
    {.name = "sort",
     .value = "[BY]",
     .words = sort_words,
     .help = "the order of the tensors:",
     .run = run_sort},
    {.name = "fold",
     .value = "[on|off]",
     .words = fold_words,
     .help = "fold all of the tree of tensors:",
     .run = run_fold},
    {.name = NULL},
};
