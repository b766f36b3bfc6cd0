#include "file/pickle_walk.h"

#include "base/error.h"
#include "base/plain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How deep collections lie in one another, and values in all: the same one may be met again. */
#define DEPTH_MOST 64
#define STEPS_MOST ((size_t)4 << 20)

#define NAME_MOST 4096

/* Characters of a text that is told on as metadata. */
#define TEXT_MOST 256

typedef struct walk {
    tensorlist *list;
    const char *shown;
    detinit_status (*found)(void *context, member *m, const pickle_tensor *tensor,
                            detinit_error *error);
    void *context;
    size_t steps;
    char name[NAME_MOST + 1];
    detinit_error *error;
} walk;

static detinit_status no_memory(const walk *w)
{
    return error_set(w->error, DETINIT_NO_MEMORY, "no memory for reading '%.200s'", w->shown);
}

static detinit_status wrong(const walk *w, const char *what)
{
    return error_set(w->error, DETINIT_INVALID, "'%.160s', '%.100s': %s", w->shown, w->name, what);
}

/* A key of a dict as a part of a name; false where it can be none. */
static bool name_of(const pickle_value *key, char number[32], const char **text)
{
    *text = number;
    if (key->kind == PICKLE_WHOLE)
        snprintf(number, 32, "%" PRId64, key->whole);
    else if (key->kind == PICKLE_TEXT)
        *text = key->text;
    else
        return false;
    return key->kind == PICKLE_WHOLE || strlen(key->text) == key->length;
}

/* A value that is no collection, as text; NULL: it is not told on. */
static const char *text_of(const pickle_value *value, char number[64])
{
    switch (value->kind) {
    case PICKLE_NONE:
        return "None";
    case PICKLE_BOOL:
        return value->yes ? "True" : "False";
    case PICKLE_WHOLE:
        snprintf(number, 64, "%" PRId64, value->whole);
        return number;
    case PICKLE_REAL:
        for (int digits = 15; digits <= 17; digits++) {
            plain_print(number, 64, "%.*g", digits, value->real);
            if (plain_read(number, NULL) == value->real)
                break;
        }
        return number;
    case PICKLE_TEXT:
        return value->length <= TEXT_MOST && strlen(value->text) == value->length ? value->text
                                                                                  : NULL;
    default:
        return NULL;
    }
}

static detinit_status add_text(walk *w, const pickle_value *value)
{
    char number[64];
    const char *text = text_of(value, number);
    if (text == NULL)
        return DETINIT_OK;
    const char *key = arena_text(&w->list->arena, w->name, strlen(w->name));
    const char *copy = arena_text(&w->list->arena, text, strlen(text));
    text_pair *pair = tensorlist_add_pair(w->list);
    if (key == NULL || copy == NULL || pair == NULL)
        return no_memory(w);
    *pair = (text_pair){key, copy};
    return DETINIT_OK;
}

static detinit_status add_tensor(walk *w, const pickle_tensor *tensor)
{
    uint64_t bytes;
    member *m = tensorlist_add(w->list);
    if (m == NULL)
        return no_memory(w);
    m->tensor.name = arena_text(&w->list->arena, w->name, strlen(w->name));
    m->tensor.rank = tensor->rank;
    m->tensor.shape = arena_shape(&w->list->arena, tensor->rank, tensor->shape);
    if (m->tensor.name == NULL || m->tensor.shape == NULL)
        return no_memory(w);
    const char *what = tensor_measure(&m->tensor, tensor->type, &bytes);
    if (what != NULL)
        return wrong(w, what);
    return w->found(w->context, m, tensor, w->error);
}

static detinit_status visit(walk *w, const pickle_value *value, size_t depth, bool told);

/* Visits what is called so within what w->name says. */
static detinit_status visit_named(walk *w, const char *name, const pickle_value *value,
                                  size_t depth, bool told)
{
    const size_t before = strlen(w->name), length = strlen(name);
    if (before + 1 + length > NAME_MOST)
        return wrong(w, "names within it become longer than 4096 bytes");
    if (before > 0)
        w->name[before] = '.';
    memcpy(w->name + before + (before > 0), name, length + 1);
    detinit_status status = visit(w, value, depth, told);
    if (status == DETINIT_OK)
        w->name[before] = '\0';
    return status;
}

static detinit_status visit_dict(walk *w, const pickle_value *dict, size_t depth)
{
    char number[32];
    const char *name;
    detinit_status status = DETINIT_OK;
    for (uint32_t n = 0; n + 1 < dict->count && status == DETINIT_OK; n += 2)
        if (name_of(dict->items[n], number, &name))
            status = visit_named(w, name, dict->items[n + 1], depth, true);
    return status;
}

static detinit_status visit_list(walk *w, const pickle_value *list, size_t depth)
{
    char number[32];
    detinit_status status = DETINIT_OK;
    for (uint32_t n = 0; n < list->count && status == DETINIT_OK; n++) {
        snprintf(number, sizeof number, "%" PRIu32, n);
        status = visit_named(w, number, list->items[n], depth, false);
    }
    return status;
}

static detinit_status visit(walk *w, const pickle_value *value, size_t depth, bool told)
{
    if (depth > DEPTH_MOST || ++w->steps > STEPS_MOST)
        return wrong(w, depth > DEPTH_MOST ? "more than 64 collections lie in one another"
                                           : "more than four million values are met");
    switch (value->kind) {
    case PICKLE_TENSOR:
        return add_tensor(w, value->tensor);
    case PICKLE_DICT:
        return visit_dict(w, value, depth + 1);
    case PICKLE_LIST:
    case PICKLE_TUPLE:
        return visit_list(w, value, depth + 1);
    default:
        return told ? add_text(w, value) : DETINIT_OK;
    }
}

/* Of texts of one name, such as {1: 2, "1": 3} has, the first is told. */
static int by_key(const void *a, const void *b)
{
    const int names = strcmp(((const text_pair *)a)->key, ((const text_pair *)b)->key);
    return names != 0 ? names
                      : (((const text_pair *)a)->value < ((const text_pair *)b)->value ? -1 : 1);
}

static void drop_repeated(tensorlist *list)
{
    size_t kept = 0;
    if (list->pair_count > 0)
        qsort(list->pairs, list->pair_count, sizeof *list->pairs, by_key);
    for (size_t n = 0; n < list->pair_count; n++)
        if (kept == 0 || strcmp(list->pairs[kept - 1].key, list->pairs[n].key) != 0)
            list->pairs[kept++] = list->pairs[n];
    list->pair_count = kept;
}

detinit_status pickle_walk(const pickle_value *value, tensorlist *list, const char *shown,
                           detinit_status (*found)(void *context, member *m,
                                                   const pickle_tensor *tensor,
                                                   detinit_error *error),
                           void *context, detinit_error *error)
{
    walk w = {.list = list, .shown = shown, .found = found, .context = context, .error = error};
    detinit_status status = visit(&w, value, 0, false);
    if (status == DETINIT_OK)
        drop_repeated(list);
    return status;
}
