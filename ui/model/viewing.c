#include "model/viewing.h"

#include "base/error.h"
#include "file/tensortype.h"
#include "option/place.h"
#include "option/option.h"
#include "text/grouped.h"
#include "verb/command_line.h"
#include "verb/verb.h"
#include "trained/tensor_sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------ what is shown */

bool viewing_is_of_file(const model *m)
{
    return m->viewed.list != NULL;
}

bool viewing_has_recipe(const model *m)
{
    return viewed_tracked(&m->viewed) != NULL;
}

const detinit_tensor *viewing_tensor(const model *m)
{
    return viewed_tensor(&m->viewed);
}

const char *viewing_name(const model *m)
{
    return checkpoint_name(&m->viewed.list->file->held, viewing_tensor(m));
}

bool viewing_is_measured(const model *m)
{
    return viewing_is_of_file(m) && m->viewed.face != FACE_INITIAL;
}

tensor_list *viewing_list(const model *m)
{
    return m->viewed.list != NULL ? m->viewed.list : m->files;
}

tensor_subject viewing_subject(const model *m)
{
    return viewed_subject(&m->viewed, &m->settings.recipe, m->results.matrix);
}

bool viewing_window(const model *m, uint64_t row, uint64_t col, size_t rows, size_t cols,
                    double *out, size_t stride)
{
    const tensor_subject s = viewing_subject(m);
    return subject_window(&s, row, col, rows, cols, out, stride, NULL) == DETINIT_OK;
}

const detinit_recipe *viewing_law(const model *m)
{
    return viewed_is_promised(&m->viewed) ? &m->settings.recipe : &m->law.recipe;
}

const likely_law *viewing_found(const model *m)
{
    return !viewed_is_promised(&m->viewed) && m->law.audited ? &m->law : NULL;
}

bool viewing_is_whole(const model *m)
{
    if (!viewing_is_of_file(m))
        return false;
    const tensor_coding coding = tensor_type_anywhere(viewing_tensor(m)->type)->coding;
    return coding == CODING_UNSIGNED || coding == CODING_SIGNED;
}

bool viewing_is_table(const model *m)
{
    return viewing_is_of_file(m) && m->viewed.table.rows != m->viewed.table.cols;
}

void viewing_place(const model *m, uint64_t *row, uint64_t *col)
{
    const table_place t = viewing_subject(m).table;
    const uint64_t number = t.base + *row * t.row_step + *col * t.col_step;
    const uint64_t cols = detinit_recipe_cols(&m->settings.recipe);
    if (!viewing_is_table(m) || cols == 0)
        return;
    *row = number / cols;
    *col = number % cols;
}

const char *viewing_place_text(const model *m, uint64_t row, uint64_t col, char *buffer,
                               size_t size)
{
    viewing_place(m, &row, &col);
    return place_text(&m->settings.recipe, row, col, buffer, size);
}

const char *viewing_row_text(const model *m, uint64_t row, char *buffer, size_t size)
{
    if (!viewing_is_table(m))
        return place_row_text(&m->settings.recipe, row, buffer, size);
    snprintf(buffer, size, "%llu", (unsigned long long)row);
    return buffer;
}

int viewing_row_width(const model *m)
{
    char text[PLACE_TEXT];
    const uint64_t rows = model_rows(m);
    return (int)strlen(viewing_row_text(m, rows > 0 ? rows - 1 : 0, text, sizeof text));
}

/* ---------------------------------------------------------------- choosing */

void viewing_show(model *m, const viewed *at)
{
    const undo_step before = undo_step_of(&m->settings, &m->viewed);
    const bool other = at->list != m->viewed.list || at->tensor != m->viewed.tensor;
    undo_step now = before;
    memcpy(&now.viewed, at, sizeof *at);
    if (other && at->list != NULL)
        now.recipe = viewed_recipe(at);
    if (memcmp(&before, &now, sizeof now) == 0)
        return;
    if (other)
        m->view.row = m->view.col = 0;
    model_go_to(m, &now);
    model_remember(m, &before);
}

static void choose(model *m, tensor_list *list, size_t tensor, tensor_face wanted)
{
    viewed at;
    memset(&at, 0, sizeof at); /* looks are compared byte by byte */
    at.list = list;
    at.tensor = tensor;
    at.face = viewed_tracked(&at) != NULL ? wanted : FACE_TRAINED;
    tensor_list_show(list, tensor);
    viewing_show(m, &at);
}

void viewing_choose(model *m, tensor_list *list, size_t tensor)
{
    choose(m, list, tensor, m->viewed.face);
}

void viewing_command_line(const model *m, char *buffer, size_t size)
{
    const tensor_list *l = viewing_list(m);
    settings shown;
    if (l == NULL) {
        command_line_of(&m->settings, &verb_print, buffer, size);
        return;
    }
    settings_init(&shown);
    shown.file = (char *)(uintptr_t)detinit_tensorfile_path(l->file->held.file);
    shown.network.manifest = l->file->manifest;
    if (viewing_is_of_file(m)) {
        shown.viewing.tensor = (char *)(uintptr_t)viewing_tensor(m)->name;
        shown.viewing.face = m->viewed.face;
    }
    if (viewing_is_of_file(m) && l->file->of_view)
        shown.recipe = m->settings.recipe;
    command_line_of(&shown, &verb_open, buffer, size);
}

/* ----------------------------------------------------------------- opening */

bool viewing_ask(model *m, const open_choice *what)
{
    work_request *r = request_view(&m->settings, what, m->viewings + 1);
    if (r == NULL)
        return false;
    if (!model_ask_opening(m, what)) {
        request_free(r);
        return false;
    }
    m->viewings++;
    requests_append(&m->asked, r);
    return true;
}

detinit_status viewing_open(work_request *r, const work_tools *tools, detinit_error *error)
{
    view_request *asked = &r->of.view;
    const checkpoint_source from = {.file = asked->file,
                                    .manifest = asked->manifest,
                                    .recipe = &asked->recipe,
                                    .given = asked->given,
                                    .names = asked->names,
                                    .partial = asked->partial};
    (void)tools;
    return opened_file_new(&from, &asked->opened, error);
}

bool viewing_is_outdated(const work_request *r, const model *m)
{
    return r->generation != m->viewings;
}

/* The first tensor that is a matrix of weights, else the first that holds anything. */
static size_t first_of_interest(const opened_file *f)
{
    const tensor_tree *t = &f->tree;
    size_t any = TENSOR_NONE;
    for (size_t n = 0; n < t->count; n++) {
        if (t->nodes[n].tensor == TENSOR_NONE || t->nodes[n].values == 0)
            continue;
        const detinit_tensor *tensor = detinit_tensorfile_tensor(f->held.file, t->nodes[n].tensor);
        if (tensor->weights && tensor->rank >= 2)
            return t->nodes[n].tensor;
        any = any == TENSOR_NONE ? t->nodes[n].tensor : any;
    }
    return any == TENSOR_NONE && t->count > 0 ? 0 : any;
}

/* The number of the tensor of that name or number from 1; TENSOR_NONE: there is none. */
static size_t named_tensor(const opened_file *f, const char *name)
{
    const size_t count = detinit_tensorfile_count(f->held.file);
    char *end;
    for (size_t n = 0; n < count; n++)
        if (strcmp(detinit_tensorfile_tensor(f->held.file, n)->name, name) == 0)
            return n;
    const unsigned long number = strtoul(name, &end, 10);
    return number >= 1 && number <= count && *end == '\0' ? number - 1 : TENSOR_NONE;
}

static void end_opening(model *m, const work_request *r, bool failed)
{
    m->viewings_ended = r->generation;
    m->viewing_failed = failed;
}

void viewing_fail(model *m, work_request *r)
{
    end_opening(m, r, true);
}

static void say_opened(model *m, const view_request *asked, const opened_file *f)
{
    const size_t count = detinit_tensorfile_count(f->held.file);
    uint64_t bytes = 0;
    size_t left_out = 0;
    char text[2][32], rest[64] = "";
    const char *why;
    for (size_t n = 0; n < f->tree.count; n = f->tree.nodes[n].end)
        bytes += f->tree.nodes[n].bytes;
    while (detinit_tensorfile_left_out(f->held.file, left_out, &why) != NULL)
        left_out++;
    if (left_out > 0)
        snprintf(rest, sizeof rest, "; %zu not read: see detinit list", left_out);
    model_say(m, MESSAGE_GOOD, "opened %.300s: %s tensor%s, %s bytes%s", asked->file,
              grouped(count, text[0]), count == 1 ? "" : "s", grouped(bytes, text[1]), rest);
}

void viewing_take(model *m, work_request *r)
{
    view_request *asked = &r->of.view;
    opened_file *f = asked->opened;
    const bool same =
        viewing_is_of_file(m) &&
        strcmp(detinit_tensorfile_path(m->viewed.list->file->held.file), asked->file) == 0;
    viewing_settings *first = &m->settings.viewing; /* what the command line asked for */
    const char *name = first->tensor != NULL ? first->tensor
                       : same                ? viewing_tensor(m)->name
                                             : NULL;
    size_t tensor = name != NULL ? named_tensor(f, name) : TENSOR_NONE;
    const bool unknown = first->tensor != NULL && tensor == TENSOR_NONE;
    if (tensor == TENSOR_NONE)
        tensor = first_of_interest(f);
    const tensor_face wanted = first->tensor != NULL || !same ? first->face : m->viewed.face;
    tensor_list *list = tensor_list_new(f);
    asked->opened = NULL;
    end_opening(m, r, list == NULL);
    if (list == NULL) {
        model_say(m, MESSAGE_BAD, "not enough memory for a list of tensors");
        return;
    }
    list->next = m->files;
    m->files = list;
    if (unknown)
        model_say(m, MESSAGE_BAD, "tensor: %.100s has no tensor called '%.60s'", asked->file, name);
    else
        say_opened(m, asked, f);
    if (tensor != TENSOR_NONE)
        choose(m, list, tensor, wanted);
    free(first->tensor);
    *first = (viewing_settings){.face = FACE_TRAINED};
}

/* ----------------------------------------------------------------- figures */

/* At which a weight counts as awake. */
static double threshold_of(const model *m)
{
    return m->trained != NULL ? m->trained->threshold : 0;
}

static bool is_there(const tensor_list *l, size_t tensor, double threshold)
{
    const tensor_figures *f = &l->figures[tensor];
    return f->there && (isnan(f->awake) || f->threshold == threshold);
}

/*
 * Notes the tensors whose figures are missing: those on the screen first, then, where the list is
 * sorted by them, all others. Returns how many, at most SAMPLED_AT_ONCE.
 */
static size_t missing(const model *m, size_t numbers[SAMPLED_AT_ONCE])
{
    const tensor_list *l = viewing_list(m);
    const double threshold = threshold_of(m);
    size_t count = 0;
    if (l == NULL || !m->shown_tensors)
        return 0;
    const bool all = l->order == LIST_STD || l->order == LIST_AWAKE;
    for (size_t row = l->top;
         row < l->row_count && row < l->top + m->shown_tensors && count < SAMPLED_AT_ONCE; row++) {
        const size_t tensor = tensor_list_node(l, row)->tensor;
        if (tensor != TENSOR_NONE && !is_there(l, tensor, threshold))
            numbers[count++] = tensor;
    }
    const size_t tensors = detinit_tensorfile_count(l->file->held.file);
    for (size_t n = 0; all && n < tensors && count < SAMPLED_AT_ONCE; n++)
        if (!is_there(l, n, threshold))
            numbers[count++] = n;
    return count;
}

bool viewing_lacks_figures(const model *m)
{
    size_t numbers[SAMPLED_AT_ONCE];
    return missing(m, numbers) > 0;
}

work_request *viewing_ask_figures(const model *m)
{
    work_request *r = request_new(WORK_SAMPLE, m->viewings, m->settings.run.threads);
    if (r == NULL)
        return NULL;
    sample_request *asked = &r->of.sample;
    asked->file = opened_file_share(viewing_list(m)->file);
    asked->threshold = threshold_of(m);
    asked->count = missing(m, asked->numbers);
    return r;
}

detinit_status viewing_sample(work_request *r, const work_tools *tools, detinit_error *error)
{
    sample_request *asked = &r->of.sample;
    for (size_t n = 0; n < asked->count; n++) {
        if (atomic_load(&r->give_up))
            return error_set(error, DETINIT_CANCELLED, "cancelled");
        asked->figures[n] =
            tensor_sample(asked->file, asked->numbers[n], asked->threshold, tools->run);
    }
    return DETINIT_OK;
}

bool viewing_sample_is_outdated(const work_request *r, const model *m)
{
    const tensor_list *l = viewing_list(m);
    return l == NULL || r->of.sample.file != l->file || r->of.sample.threshold != threshold_of(m);
}

void viewing_take_sample(model *m, work_request *r)
{
    const sample_request *asked = &r->of.sample;
    tensor_list *l = viewing_list(m);
    for (size_t n = 0; n < asked->count; n++)
        l->figures[asked->numbers[n]] = asked->figures[n];
    if (l->order == LIST_STD || l->order == LIST_AWAKE)
        tensor_list_sort(l, l->order);
}
