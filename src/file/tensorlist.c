#include "file/tensorlist.h"

#include "base/array.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

member *tensorlist_add(tensorlist *list)
{
    member *grown = array_grow(list->members, list->count, &list->room, sizeof *grown);
    if (grown == NULL)
        return NULL;
    list->members = grown;
    return memset(&grown[list->count++], 0, sizeof *grown);
}

text_pair *tensorlist_add_pair(tensorlist *list)
{
    text_pair *grown = array_grow(list->pairs, list->pair_count, &list->pair_room, sizeof *grown);
    if (grown == NULL)
        return NULL;
    list->pairs = grown;
    return memset(&grown[list->pair_count++], 0, sizeof *grown);
}

text_pair *tensorlist_add_left_out(tensorlist *list)
{
    text_pair *grown =
        array_grow(list->left_out, list->left_out_count, &list->left_out_room, sizeof *grown);
    if (grown == NULL)
        return NULL;
    list->left_out = grown;
    return memset(&grown[list->left_out_count++], 0, sizeof *grown);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const member *const *)a)->tensor.name,
                  (*(const member *const *)b)->tensor.name);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const text_pair *)a)->key, ((const text_pair *)b)->key);
}

void tensorlist_sort_metadata(tensorlist *list)
{
    if (list->pair_count > 0)
        qsort(list->pairs, list->pair_count, sizeof *list->pairs, by_key);
}

detinit_status tensorlist_index(tensorlist *list, const char *shown, detinit_error *error)
{
    list->by_name = malloc((list->count + 1) * sizeof *list->by_name);
    if (list->by_name == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for the header of '%.200s'", shown);
    for (size_t n = 0; n < list->count; n++)
        list->by_name[n] = &list->members[n];
    qsort(list->by_name, list->count, sizeof *list->by_name, by_name);
    tensorlist_sort_metadata(list);
    for (size_t n = 1; n < list->count; n++)
        if (by_name(&list->by_name[n - 1], &list->by_name[n]) == 0)
            return error_set(error, DETINIT_INVALID, "'%.200s' has two tensors named '%.200s'",
                             shown, list->by_name[n]->tensor.name);
    for (size_t n = 1; n < list->pair_count; n++)
        if (by_key(&list->pairs[n - 1], &list->pairs[n]) == 0)
            return error_set(error, DETINIT_INVALID, "'%.200s' has '%.200s' twice in __metadata__",
                             shown, list->pairs[n].key);
    return DETINIT_OK;
}

const member *tensorlist_find(const tensorlist *list, const char *name)
{
    const member wanted = {.tensor = {.name = name}}, *key = &wanted;
    const member *const *found =
        list->count == 0 ? NULL : bsearch(&key, list->by_name, list->count, sizeof key, by_name);
    return found != NULL ? *found : NULL;
}

const char *tensorlist_metadata(const tensorlist *list, const char *key)
{
    const text_pair wanted = {.key = key};
    const text_pair *found = list->pair_count == 0 ? NULL
                                                   : bsearch(&wanted, list->pairs, list->pair_count,
                                                             sizeof wanted, by_key);
    return found != NULL ? found->value : NULL;
}

void tensorlist_free(tensorlist *list)
{
    free(list->members);
    free(list->by_name);
    free(list->pairs);
    free(list->left_out);
    free(list->texts);
    arena_free(&list->arena);
    *list = (tensorlist){0};
}
