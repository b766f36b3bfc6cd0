#include "file/safetensors.h"

#include "detinit_files.h"
#include "base/error.h"
#include "file/format.h"
#include "file/jsontext.h"
#include "file/tensortype.h"

#include <stdlib.h>
#include <string.h>

#define METADATA "__metadata__"

/* Where the reader is, and what it has read. */
typedef struct reader {
    jsontext json;
    uint64_t data_size;
    tensorlist parsed;
    bool has_metadata;
} reader;

static detinit_status tensor_wrong(const reader *r, const char *name, const char *what)
{
    return error_set(r->json.error, DETINIT_INVALID, "'%.160s', tensor '%.100s': %s", r->json.shown,
                     name, what);
}

/* ------------------------------------------------------------------ entries */

/* What an entry tells, each once. */
typedef struct entry {
    const char *name, *type;
    member *added;
    detinit_tensor *tensor; /* of `added` */
    bool has_shape, has_place;
    uint64_t begin, end;
} entry;

/* Room for the dimensions of the list that `r` is in: one more than it has commas. */
static uint64_t *shape_room(reader *r)
{
    size_t most = 1;
    for (const char *at = r->json.at; at < r->json.end && *at != ']'; at++)
        most += *at == ',';
    return arena_new(&r->parsed.arena, most * sizeof(uint64_t));
}

static detinit_status take_shape(reader *r, entry *e)
{
    static const char *const what = "its shape must be a list of whole numbers from 0 to 2^63 - 1";
    detinit_tensor *tensor = e->tensor;
    e->has_shape = true;
    if (!jsontext_take(&r->json, '['))
        return tensor_wrong(r, e->name, what);
    if (jsontext_take(&r->json, ']'))
        return DETINIT_OK;
    uint64_t *shape = shape_room(r);
    if (shape == NULL)
        return jsontext_no_memory(&r->json);
    tensor->shape = shape;
    do
        if (!jsontext_take_number(&r->json, &shape[tensor->rank++]))
            return tensor_wrong(r, e->name, what);
    while (jsontext_take(&r->json, ','));
    return jsontext_take(&r->json, ']') ? DETINIT_OK : tensor_wrong(r, e->name, what);
}

static detinit_status take_place(reader *r, entry *e)
{
    e->has_place = true;
    if (jsontext_take(&r->json, '[') && jsontext_take_number(&r->json, &e->begin) &&
        jsontext_take(&r->json, ',') && jsontext_take_number(&r->json, &e->end) &&
        jsontext_take(&r->json, ']'))
        return DETINIT_OK;
    return tensor_wrong(r, e->name,
                        "its data_offsets must be two whole numbers from 0 to 2^63 - 1");
}

static detinit_status take_field(reader *r, entry *e)
{
    const char *key;
    detinit_status status = jsontext_take_key(&r->json, &key);
    if (status != DETINIT_OK)
        return status;
    if (strcmp(key, "dtype") == 0 && e->type == NULL)
        return jsontext_take_text(&r->json, &e->type);
    if (strcmp(key, "shape") == 0 && !e->has_shape)
        return take_shape(r, e);
    if (strcmp(key, "data_offsets") == 0 && !e->has_place)
        return take_place(r, e);
    if (strcmp(key, "dtype") != 0 && strcmp(key, "shape") != 0 && strcmp(key, "data_offsets") != 0)
        return jsontext_skip_value(&r->json);
    return error_set(r->json.error, DETINIT_INVALID,
                     "'%.160s', tensor '%.100s': it has '%.40s' twice", r->json.shown, e->name,
                     key);
}

/* Whether the fields fit one another and the file. */
static detinit_status check_entry(const reader *r, const entry *e)
{
    detinit_tensor *tensor = e->tensor;
    uint64_t bytes;
    if (e->type == NULL || !e->has_shape || !e->has_place)
        return tensor_wrong(r, e->name, "dtype, shape and data_offsets were expected");
    const tensor_type *type = tensor_type_named(e->type);
    if (type == NULL)
        return error_set(r->json.error, DETINIT_INVALID,
                         "'%.160s', tensor '%.100s': its dtype '%.40s' is none of the format's",
                         r->json.shown, e->name, e->type);
    const char *wrong = tensor_measure(tensor, type, &bytes);
    if (wrong != NULL)
        return tensor_wrong(r, e->name, wrong);
    if (e->begin > e->end || e->end > r->data_size)
        return error_set(r->json.error, DETINIT_INVALID,
                         "'%.160s', tensor '%.100s': its data_offsets %llu to %llu do not lie "
                         "within the %llu bytes of data",
                         r->json.shown, e->name, (unsigned long long)e->begin,
                         (unsigned long long)e->end, (unsigned long long)r->data_size);
    if (bytes != e->end - e->begin)
        return error_set(r->json.error, DETINIT_INVALID,
                         "'%.160s', tensor '%.100s': its data_offsets hold %llu bytes; its shape "
                         "and dtype take %llu",
                         r->json.shown, e->name, (unsigned long long)(e->end - e->begin),
                         (unsigned long long)bytes);
    e->added->where = e->begin;
    return DETINIT_OK;
}

static detinit_status take_tensor(reader *r, const char *name)
{
    member *added = tensorlist_add(&r->parsed);
    if (added == NULL)
        return jsontext_no_memory(&r->json);
    entry e = {.name = name, .added = added, .tensor = &added->tensor};
    e.tensor->name = name;
    if (!jsontext_take(&r->json, '{'))
        return tensor_wrong(r, name, "an object of dtype, shape and data_offsets was expected");
    if (!jsontext_take(&r->json, '}')) {
        detinit_status status;
        do
            status = take_field(r, &e);
        while (status == DETINIT_OK && jsontext_take(&r->json, ','));
        if (status != DETINIT_OK)
            return status;
        if (!jsontext_take(&r->json, '}'))
            return jsontext_expected(&r->json, "',' or '}' was expected");
    }
    return check_entry(r, &e);
}

static detinit_status take_pair(reader *r)
{
    text_pair *pair = tensorlist_add_pair(&r->parsed);
    if (pair == NULL)
        return jsontext_no_memory(&r->json);
    detinit_status status = jsontext_take_key(&r->json, &pair->key);
    if (status != DETINIT_OK)
        return status;
    jsontext_skip_space(&r->json);
    if (r->json.at < r->json.end && *r->json.at != '"')
        return error_set(r->json.error, DETINIT_INVALID,
                         "'%.200s': " METADATA " must map texts to texts; '%.100s' has none",
                         r->json.shown, pair->key);
    return jsontext_take_text(&r->json, &pair->value);
}

static detinit_status take_metadata(reader *r)
{
    if (r->has_metadata)
        return error_set(r->json.error, DETINIT_INVALID, "'%.200s' has " METADATA " twice",
                         r->json.shown);
    r->has_metadata = true;
    jsontext_skip_space(&r->json);
    if (r->json.end - r->json.at >= 4 && memcmp(r->json.at, "null", 4) == 0) {
        r->json.at += 4;
        return DETINIT_OK;
    }
    if (!jsontext_take(&r->json, '{'))
        return error_set(r->json.error, DETINIT_INVALID,
                         "'%.200s': " METADATA " must map texts to texts", r->json.shown);
    if (jsontext_take(&r->json, '}'))
        return DETINIT_OK;
    detinit_status status;
    do
        status = take_pair(r);
    while (status == DETINIT_OK && jsontext_take(&r->json, ','));
    if (status != DETINIT_OK)
        return status;
    return jsontext_take(&r->json, '}') ? DETINIT_OK
                                        : jsontext_expected(&r->json, "',' or '}' was expected");
}

static detinit_status take_entry(reader *r)
{
    const char *name;
    detinit_status status = jsontext_take_key(&r->json, &name);
    if (status != DETINIT_OK)
        return status;
    return strcmp(name, METADATA) == 0 ? take_metadata(r) : take_tensor(r, name);
}

static detinit_status take_header(reader *r)
{
    if (!jsontext_take(&r->json, '{'))
        return jsontext_expected(&r->json, "'{' was expected");
    if (!jsontext_take(&r->json, '}')) {
        detinit_status status;
        do
            status = take_entry(r);
        while (status == DETINIT_OK && jsontext_take(&r->json, ','));
        if (status != DETINIT_OK)
            return status;
        if (!jsontext_take(&r->json, '}'))
            return jsontext_expected(&r->json, "',' or '}' was expected");
    }
    jsontext_skip_space(&r->json);
    return r->json.at == r->json.end
               ? DETINIT_OK
               : jsontext_expected(&r->json, "nothing but spaces was expected");
}

/* -------------------------------------------------------- joining the entries */

static uint64_t bytes_of(const member *m)
{
    return m->tensor.count * m->tensor.item_bytes;
}

static int by_place(const void *a, const void *b)
{
    const member *x = a, *y = b;
    if (x->where != y->where)
        return x->where < y->where ? -1 : 1;
    uint64_t p = bytes_of(x), q = bytes_of(y);
    return p != q ? (p < q ? -1 : 1) : strcmp(x->tensor.name, y->tensor.name);
}

/* Brings all into order, and checks that no name is there twice. */
static detinit_status join_names(reader *r)
{
    tensorlist *p = &r->parsed;
    if (p->count > 0)
        qsort(p->members, p->count, sizeof *p->members, by_place);
    return tensorlist_index(p, r->json.shown, r->json.error);
}

/* Checks that the data leave no holes, and makes the offsets those of the file. */
static detinit_status join_data(reader *r, uint64_t data_start)
{
    tensorlist *p = &r->parsed;
    uint64_t at = 0;
    for (size_t n = 0; n < p->count && p->members[n].where <= at; n++) {
        member *m = &p->members[n];
        if (m->where < at)
            return error_set(r->json.error, DETINIT_INVALID,
                             "'%.160s': the data of its tensors '%.100s' and '%.100s' overlap",
                             r->json.shown, m[-1].tensor.name, m->tensor.name);
        at += bytes_of(m);
        m->where += data_start;
    }
    if (at != r->data_size)
        return error_set(r->json.error, DETINIT_INVALID,
                         "'%.200s': from byte %llu on its data belong to no tensor", r->json.shown,
                         (unsigned long long)at);
    return DETINIT_OK;
}

bool safetensors_begins(const char *header, size_t size)
{
    size_t n = 0;
    while (n < size &&
           (header[n] == ' ' || header[n] == '\n' || header[n] == '\t' || header[n] == '\r'))
        n++;
    return n < size && header[n] == '{';
}

detinit_status safetensors_parse(char *header, size_t size, uint64_t file_size, const char *shown,
                                 tensorlist *out, detinit_error *error)
{
    const uint64_t start = SAFETENSORS_PREFIX + (uint64_t)size;
    reader r = {.json = {.start = header,
                         .at = header,
                         .end = header + size,
                         .shown = shown,
                         .part = " of its header",
                         .error = error},
                .data_size = file_size - start,
                .parsed = {.texts = header}};
    detinit_status status = DETINIT_OK;
    if (!safetensors_begins(header, size))
        status = format_unknown(shown, error);
    if (status == DETINIT_OK)
        status = take_header(&r);
    if (status == DETINIT_OK)
        status = join_names(&r);
    if (status == DETINIT_OK)
        status = join_data(&r, start);
    if (status != DETINIT_OK)
        tensorlist_free(&r.parsed);
    else
        *out = r.parsed;
    return status;
}
