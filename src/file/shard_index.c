#include "file/shard_index.h"

#include "base/array.h"
#include "base/error.h"
#include "file/jsontext.h"

#include <stdlib.h>
#include <string.h>

typedef struct index_reader {
    jsontext json;
    tensorlist *list;
    shard_index index;
    bool has_map;
} index_reader;

void shard_index_free(shard_index *index)
{
    free(index->entries);
    *index = (shard_index){0};
}

/* Calls `take` for each key of an object, at its value. */
static detinit_status each_key(index_reader *r,
                               detinit_status (*take)(index_reader *r, const char *key))
{
    const char *key;
    if (!jsontext_take(&r->json, '{'))
        return jsontext_expected(&r->json, "'{' was expected");
    if (jsontext_take(&r->json, '}'))
        return DETINIT_OK;
    do {
        detinit_status status = jsontext_take_key(&r->json, &key);
        if (status == DETINIT_OK)
            status = take(r, key);
        if (status != DETINIT_OK)
            return status;
    } while (jsontext_take(&r->json, ','));
    return jsontext_take(&r->json, '}') ? DETINIT_OK
                                        : jsontext_expected(&r->json, "',' or '}' was expected");
}

/* Texts and numbers are told on, as they stand there; lists are not. */
static detinit_status take_metadata(index_reader *r, const char *key)
{
    jsontext_skip_space(&r->json);
    const char *begin = r->json.at;
    const bool text = begin < r->json.end && *begin == '"';
    const bool nested = begin < r->json.end && (*begin == '{' || *begin == '[');
    const char *value = NULL;
    detinit_status status =
        text ? jsontext_take_text(&r->json, &value) : jsontext_skip_value(&r->json);
    if (status != DETINIT_OK || nested)
        return status;
    if (!text)
        value = arena_text(&r->list->arena, begin, (size_t)(r->json.at - begin));
    text_pair *pair = tensorlist_add_pair(r->list);
    if (pair == NULL || value == NULL)
        return jsontext_no_memory(&r->json);
    *pair = (text_pair){key, value};
    return DETINIT_OK;
}

/* Whether a file lies in the folder of the index. */
static bool is_beside(const char *file)
{
    return file[0] != '\0' && strchr(file, '/') == NULL && strcmp(file, ".") != 0 &&
           strcmp(file, "..") != 0;
}

static detinit_status take_weight(index_reader *r, const char *name)
{
    shard_index *index = &r->index;
    const char *file;
    detinit_status status = jsontext_take_text(&r->json, &file);
    if (status != DETINIT_OK)
        return status;
    if (!is_beside(file))
        return error_set(r->json.error, DETINIT_INVALID,
                         "'%.160s': the file '%.100s' of '%.60s' does not lie beside it",
                         r->json.shown, file, name);
    shard_entry *grown = array_grow(index->entries, index->count, &index->room, sizeof *grown);
    if (grown == NULL)
        return jsontext_no_memory(&r->json);
    index->entries = grown;
    index->entries[index->count++] = (shard_entry){name, file};
    return DETINIT_OK;
}

static detinit_status take_top(index_reader *r, const char *key)
{
    if (strcmp(key, "metadata") == 0)
        return each_key(r, take_metadata);
    if (strcmp(key, "weight_map") != 0)
        return jsontext_skip_value(&r->json);
    if (r->has_map)
        return jsontext_expected(&r->json, "weight_map comes twice");
    r->has_map = true;
    return each_key(r, take_weight);
}

static int by_file(const void *a, const void *b)
{
    const shard_entry *x = a, *y = b;
    const int files = strcmp(x->file, y->file);
    return files != 0 ? files : strcmp(x->name, y->name);
}

static detinit_status take_index(index_reader *r)
{
    detinit_status status = each_key(r, take_top);
    jsontext_skip_space(&r->json);
    if (status == DETINIT_OK && r->json.at != r->json.end)
        status = jsontext_expected(&r->json, "nothing but spaces was expected");
    if (status == DETINIT_OK && r->index.count == 0)
        status =
            error_set(r->json.error, DETINIT_INVALID,
                      r->has_map ? "'%.200s' has a weight_map that names no tensor"
                                 : "'%.200s' has no weight_map, which tells the files of tensors",
                      r->json.shown);
    if (status == DETINIT_OK)
        qsort(r->index.entries, r->index.count, sizeof *r->index.entries, by_file);
    return status;
}

detinit_status shard_index_read(const input *in, tensorlist *list, shard_index *out,
                                detinit_error *error)
{
    if (in->size > SHARD_INDEX_MOST)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' is larger than any index, of at most %llu bytes", in->path,
                         (unsigned long long)SHARD_INDEX_MOST);
    const size_t size = (size_t)in->size;
    char *text = list->texts = malloc(size + 1);
    if (text == NULL)
        return input_no_memory(in->path, error);
    detinit_status status = input_read(in, 0, text, size, error);
    index_reader r = {.json = {.start = text,
                               .at = text,
                               .end = text + size,
                               .shown = in->path,
                               .part = "",
                               .error = error},
                      .list = list};
    if (status == DETINIT_OK)
        status = take_index(&r);
    if (status == DETINIT_OK)
        *out = r.index;
    else
        shard_index_free(&r.index);
    return status;
}
