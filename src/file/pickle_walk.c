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
#define KEY_MOST  256 /* of a key that is made a name */

/* Bytes of all texts together that are told on as metadata: the same one may be met again. */
#define TEXTS_MOST ((size_t)16 << 20)

typedef struct walk {
    tensorlist *list;
    const char *shown;
    detinit_status (*found)(void *context, member *m, const pickle_tensor *tensor,
                            detinit_error *error);
    void *context;
    size_t steps, text_bytes;
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
        return strlen(value->text) == value->length ? value->text : NULL;
    default:
        return NULL;
    }
}

static detinit_status add_text(walk *w, const pickle_value *value)
{
    char number[64];
    const char *text = text_of(value, number);
    const size_t bytes = text != NULL ? strlen(text) : 0;
    if (text == NULL || bytes > TEXTS_MOST - w->text_bytes)
        return DETINIT_OK;
    w->text_bytes += bytes;
    const char *key = arena_text(&w->list->arena, w->name, strlen(w->name));
    const char *copy = arena_text(&w->list->arena, text, bytes);
    text_pair *pair = tensorlist_add_pair(w->list);
    if (key == NULL || copy == NULL || pair == NULL)
        return no_memory(w);
    *pair = (text_pair){key, copy};
    return DETINIT_OK;
}

static detinit_status leave_out(walk *w, const char *name, const char *why)
{
    text_pair *pair = tensorlist_add_left_out(w->list);
    const char *key = arena_text(&w->list->arena, name, strlen(name));
    if (pair == NULL || key == NULL)
        return no_memory(w);
    *pair = (text_pair){key, why};
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

/* A key of a dict as a part of a name: (1, 'a') is "(1, a)". NULL where it can be none. */
static const char *name_of(const pickle_value *key, char name[KEY_MOST])
{
    char number[64];
    size_t length = 1;
    if (key->kind != PICKLE_TUPLE)
        return text_of(key, name);
    name[0] = '(';
    for (uint32_t n = 0; n < key->count; n++) {
        const char *text = text_of(key->items[n], number);
        if (text == NULL || length + strlen(text) + 4 > KEY_MOST)
            return NULL;
        length +=
            (size_t)snprintf(name + length, KEY_MOST - length, "%s%s", n > 0 ? ", " : "", text);
    }
    memcpy(name + length, ")", 2);
    return name;
}

/* What a tensor may be in has no name, and is left out. */
static detinit_status visit_nameless(walk *w, const pickle_value *value)
{
    static const char why[] = "it has a key that is neither text nor number";
    switch (value->kind) {
    case PICKLE_TENSOR:
    case PICKLE_DICT:
    case PICKLE_LIST:
    case PICKLE_TUPLE:
    case PICKLE_UNREAD:
        return leave_out(w, w->name[0] != '\0' ? w->name : "?", why);
    default:
        return DETINIT_OK;
    }
}

static detinit_status visit_dict(walk *w, const pickle_value *dict, size_t depth)
{
    char key[KEY_MOST];
    detinit_status status = DETINIT_OK;
    for (uint32_t n = 0; n + 1 < dict->count && status == DETINIT_OK; n += 2) {
        const char *name = name_of(dict->items[n], key);
        const pickle_value *value = dict->items[n + 1];
        status = name != NULL ? visit_named(w, name, value, depth, true) : visit_nameless(w, value);
    }
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
    case PICKLE_SET:
        return visit_list(w, value, depth + 1);
    case PICKLE_UNREAD:
        return leave_out(w, w->name, value->text);
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
