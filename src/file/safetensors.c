/*
 * The header is JSON of one fixed form, read here as such: objects within objects that can be
 * anything else are wrong, so nothing is nested, and memory is bounded by the header's own size.
 * Texts, the part of JSON that has escapes, are jansson's.
 */
#include "file/safetensors.h"

#include "detinit_files.h"
#include "base/error.h"
#include "file/tensortype.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define METADATA "__metadata__"

/* Where the reader is, and what it has read. */
typedef struct reader {
    char *at, *end; /* `at` is never past `end` */
    uint64_t data_size;
    const char *shown;
    safetensors parsed;
    size_t tensor_room, pair_room;
    bool has_metadata;
    detinit_error *error;
} reader;

void safetensors_free(safetensors *parsed)
{
    free(parsed->header);
    free(parsed->tensors);
    free(parsed->by_name);
    free(parsed->pairs);
}

static detinit_status no_memory(const reader *r)
{
    return error_set(r->error, DETINIT_NO_MEMORY, "no memory for the header of '%.200s'", r->shown);
}

/* ------------------------------------------------------------------- tokens */

/* "'f': at byte 17 of its header ':' was expected". */
static detinit_status expected(const reader *r, const char *what)
{
    return error_set(r->error, DETINIT_INVALID, "'%.200s': at byte %zu of its header %s", r->shown,
                     (size_t)(r->at - r->parsed.header), what);
}

static detinit_status tensor_wrong(const reader *r, const char *name, const char *what)
{
    return error_set(r->error, DETINIT_INVALID, "'%.160s', tensor '%.100s': %s", r->shown, name,
                     what);
}

static void skip_space(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

static bool take(reader *r, char mark)
{
    skip_space(r);
    if (r->at == r->end || *r->at != mark)
        return false;
    r->at++;
    return true;
}

/* Why jansson could not read a text. */
static detinit_status text_wrong(const reader *r, const json_error_t *why)
{
    if (why->text[0] == '\0')
        return no_memory(r);
    if (json_error_code(why) == json_error_null_character)
        return expected(r, "a text holds a NUL, which names here cannot");
    if (json_error_code(why) == json_error_invalid_utf8)
        return expected(r, "a text is not UTF-8");
    return expected(r, "a text is not JSON");
}

/* A text between quotes; it stands, decoded and ended by a NUL, in the place of its source. */
static detinit_status take_text(reader *r, const char **text)
{
    json_error_t why = {0};
    skip_space(r);
    if (r->at == r->end || *r->at != '"')
        return expected(r, "a text in quotes was expected");
    const char *close = r->at + 1;
    while (close < r->end && *close != '"')
        close += *close == '\\' ? 2 : 1;
    if (close >= r->end)
        return expected(r, "a text begins that does not end");
    const size_t size = (size_t)(close - r->at) + 1;
    json_t *decoded = json_loadb(r->at, size, JSON_DECODE_ANY, &why);
    if (decoded == NULL)
        return text_wrong(r, &why);
    /* Decoded, a text is no longer than its source, which has two quotes more. */
    memcpy(r->at, json_string_value(decoded), json_string_length(decoded) + 1);
    json_decref(decoded);
    *text = r->at;
    r->at += size;
    return DETINIT_OK;
}

/*
 * 0 .. 2^63 - 1, and written as such: no sign, no zeros before it, and the comma or bracket that
 * the caller wants behind it leaves no room for a point or an exponent.
 */
static bool take_number(reader *r, uint64_t *number)
{
    uint64_t value = 0;
    skip_space(r);
    const char *first = r->at;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
        unsigned digit = (unsigned)(*r->at - '0');
        if (value > (DETINIT_MAX_DIMENSION - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *number = value;
    return r->at > first && (*first != '0' || r->at == first + 1);
}

/* ------------------------------------------------------------------ entries */

/* What an entry tells, each once. */
typedef struct entry {
    const char *name, *type;
    detinit_tensor *tensor;
    bool has_shape, has_place;
    uint64_t begin, end;
} entry;

static detinit_status take_shape(reader *r, entry *e)
{
    static const char *const what = "its shape must be a list of whole numbers from 0 to 2^63 - 1";
    detinit_tensor *tensor = e->tensor;
    e->has_shape = true;
    if (!take(r, '['))
        return tensor_wrong(r, e->name, what);
    if (take(r, ']'))
        return DETINIT_OK;
    do {
        uint64_t dimension;
        if (!take_number(r, &dimension))
            return tensor_wrong(r, e->name, what);
        if (tensor->rank == DETINIT_MAX_RANK)
            return tensor_wrong(r, e->name,
                                "it has more than 8 dimensions, the most that can be read");
        tensor->shape[tensor->rank++] = dimension;
    } while (take(r, ','));
    return take(r, ']') ? DETINIT_OK : tensor_wrong(r, e->name, what);
}

static detinit_status take_place(reader *r, entry *e)
{
    e->has_place = true;
    if (take(r, '[') && take_number(r, &e->begin) && take(r, ',') && take_number(r, &e->end) &&
        take(r, ']'))
        return DETINIT_OK;
    return tensor_wrong(r, e->name,
                        "its data_offsets must be two whole numbers from 0 to 2^63 - 1");
}

static detinit_status take_field(reader *r, entry *e)
{
    const char *key;
    detinit_status status = take_text(r, &key);
    if (status != DETINIT_OK)
        return status;
    if (!take(r, ':'))
        return expected(r, "':' was expected");
    if (strcmp(key, "dtype") == 0 && e->type == NULL)
        return take_text(r, &e->type);
    if (strcmp(key, "shape") == 0 && !e->has_shape)
        return take_shape(r, e);
    if (strcmp(key, "data_offsets") == 0 && !e->has_place)
        return take_place(r, e);
    return error_set(r->error, DETINIT_INVALID,
                     "'%.160s', tensor '%.100s': it has '%.40s' where dtype, shape and "
                     "data_offsets were expected once each",
                     r->shown, e->name, key);
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
        return error_set(r->error, DETINIT_INVALID,
                         "'%.160s', tensor '%.100s': its dtype '%.40s' is none of the format's",
                         r->shown, e->name, e->type);
    const char *wrong = tensor_measure(tensor, type, &bytes);
    if (wrong != NULL)
        return tensor_wrong(r, e->name, wrong);
    if (e->begin > e->end || e->end > r->data_size)
        return error_set(r->error, DETINIT_INVALID,
                         "'%.160s', tensor '%.100s': its data_offsets %llu to %llu do not lie "
                         "within the %llu bytes of data",
                         r->shown, e->name, (unsigned long long)e->begin,
                         (unsigned long long)e->end, (unsigned long long)r->data_size);
    if (bytes != e->end - e->begin)
        return error_set(r->error, DETINIT_INVALID,
                         "'%.160s', tensor '%.100s': its data_offsets hold %llu bytes; its shape "
                         "and dtype take %llu",
                         r->shown, e->name, (unsigned long long)(e->end - e->begin),
                         (unsigned long long)bytes);
    tensor->offset = e->begin;
    return DETINIT_OK;
}

/* One more element in an array that grows; NULL without memory. */
static void *grow(void **array, size_t count, size_t *room, size_t size)
{
    if (count == *room) {
        size_t more = *room < 8 ? 8 : *room + *room / 2;
        void *moved = realloc(*array, more * size);
        if (moved == NULL)
            return NULL;
        *array = moved;
        *room = more;
    }
    return (char *)*array + count * size;
}

static detinit_status take_tensor(reader *r, const char *name)
{
    safetensors *p = &r->parsed;
    void *tensors = p->tensors;
    entry e = {.name = name,
               .tensor = grow(&tensors, p->count, &r->tensor_room, sizeof *p->tensors)};
    p->tensors = tensors;
    if (e.tensor == NULL)
        return no_memory(r);
    *e.tensor = (detinit_tensor){.name = name};
    if (!take(r, '{'))
        return tensor_wrong(r, name, "an object of dtype, shape and data_offsets was expected");
    if (!take(r, '}')) {
        detinit_status status;
        do
            status = take_field(r, &e);
        while (status == DETINIT_OK && take(r, ','));
        if (status != DETINIT_OK)
            return status;
        if (!take(r, '}'))
            return expected(r, "',' or '}' was expected");
    }
    p->count++;
    return check_entry(r, &e);
}

static detinit_status take_pair(reader *r)
{
    safetensors *p = &r->parsed;
    void *pairs = p->pairs;
    safetensors_pair *pair = grow(&pairs, p->pair_count, &r->pair_room, sizeof *p->pairs);
    p->pairs = pairs;
    if (pair == NULL)
        return no_memory(r);
    detinit_status status = take_text(r, &pair->key);
    if (status != DETINIT_OK)
        return status;
    if (!take(r, ':'))
        return expected(r, "':' was expected");
    skip_space(r);
    if (r->at < r->end && *r->at != '"')
        return error_set(r->error, DETINIT_INVALID,
                         "'%.200s': " METADATA " must map texts to texts; '%.100s' has none",
                         r->shown, pair->key);
    p->pair_count++;
    return take_text(r, &pair->value);
}

static detinit_status take_metadata(reader *r)
{
    if (r->has_metadata)
        return error_set(r->error, DETINIT_INVALID, "'%.200s' has " METADATA " twice", r->shown);
    r->has_metadata = true;
    if (!take(r, '{'))
        return error_set(r->error, DETINIT_INVALID,
                         "'%.200s': " METADATA " must map texts to texts", r->shown);
    if (take(r, '}'))
        return DETINIT_OK;
    detinit_status status;
    do
        status = take_pair(r);
    while (status == DETINIT_OK && take(r, ','));
    if (status != DETINIT_OK)
        return status;
    return take(r, '}') ? DETINIT_OK : expected(r, "',' or '}' was expected");
}

static detinit_status take_entry(reader *r)
{
    const char *name;
    detinit_status status = take_text(r, &name);
    if (status != DETINIT_OK)
        return status;
    if (!take(r, ':'))
        return expected(r, "':' was expected");
    return strcmp(name, METADATA) == 0 ? take_metadata(r) : take_tensor(r, name);
}

static detinit_status take_header(reader *r)
{
    if (!take(r, '{'))
        return expected(r, "'{' was expected");
    if (!take(r, '}')) {
        detinit_status status;
        do
            status = take_entry(r);
        while (status == DETINIT_OK && take(r, ','));
        if (status != DETINIT_OK)
            return status;
        if (!take(r, '}'))
            return expected(r, "',' or '}' was expected");
    }
    skip_space(r);
    return r->at == r->end ? DETINIT_OK : expected(r, "nothing but spaces was expected");
}

/* -------------------------------------------------------- joining the entries */

static uint64_t bytes_of(const detinit_tensor *tensor)
{
    return tensor->count * tensor->item_bytes;
}

static int by_offset(const void *a, const void *b)
{
    const detinit_tensor *x = a, *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    uint64_t p = bytes_of(x), q = bytes_of(y);
    return p != q ? (p < q ? -1 : 1) : strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const detinit_tensor *const *)a)->name,
                  (*(const detinit_tensor *const *)b)->name);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const safetensors_pair *)a)->key, ((const safetensors_pair *)b)->key);
}

/* Brings all into order, and checks that no name is there twice. */
static detinit_status join_names(reader *r)
{
    safetensors *p = &r->parsed;
    if (p->count > 0)
        qsort(p->tensors, p->count, sizeof *p->tensors, by_offset);
    p->by_name = malloc((p->count + 1) * sizeof(detinit_tensor *));
    if (p->by_name == NULL)
        return no_memory(r);
    for (size_t n = 0; n < p->count; n++)
        p->by_name[n] = &p->tensors[n];
    qsort(p->by_name, p->count, sizeof(detinit_tensor *), by_name);
    if (p->pair_count > 0)
        qsort(p->pairs, p->pair_count, sizeof *p->pairs, by_key);
    for (size_t n = 1; n < p->count; n++)
        if (by_name(&p->by_name[n - 1], &p->by_name[n]) == 0)
            return error_set(r->error, DETINIT_INVALID, "'%.200s' has two tensors named '%.200s'",
                             r->shown, p->by_name[n]->name);
    for (size_t n = 1; n < p->pair_count; n++)
        if (by_key(&p->pairs[n - 1], &p->pairs[n]) == 0)
            return error_set(r->error, DETINIT_INVALID, "'%.200s' has '%.200s' twice in " METADATA,
                             r->shown, p->pairs[n].key);
    return DETINIT_OK;
}

/* Checks that the data leave no holes, and makes the offsets those of the file. */
static detinit_status join_data(reader *r, uint64_t data_start)
{
    safetensors *p = &r->parsed;
    uint64_t at = 0;
    for (size_t n = 0; n < p->count && p->tensors[n].offset <= at; n++) {
        detinit_tensor *tensor = &p->tensors[n];
        if (tensor->offset < at)
            return error_set(r->error, DETINIT_INVALID,
                             "'%.160s': the data of its tensors '%.100s' and '%.100s' overlap",
                             r->shown, tensor[-1].name, tensor->name);
        at += bytes_of(tensor);
        tensor->offset += data_start;
    }
    if (at != r->data_size)
        return error_set(r->error, DETINIT_INVALID,
                         "'%.200s': from byte %llu on its data belong to no tensor", r->shown,
                         (unsigned long long)at);
    return DETINIT_OK;
}

detinit_status safetensors_parse(char *header, size_t size, uint64_t file_size, const char *shown,
                                 safetensors *out, detinit_error *error)
{
    const uint64_t start = SAFETENSORS_PREFIX + (uint64_t)size;
    reader r = {.at = header,
                .end = header + size,
                .data_size = file_size - start,
                .shown = shown,
                .parsed = {.header = header},
                .error = error};
    detinit_status status = DETINIT_OK;
    if (size == 0 || header[0] != '{')
        status = error_set(error, DETINIT_INVALID,
                           "'%.200s' is neither a .npy nor a .safetensors file", shown);
    if (status == DETINIT_OK)
        status = take_header(&r);
    if (status == DETINIT_OK)
        status = join_names(&r);
    if (status == DETINIT_OK)
        status = join_data(&r, start);
    if (status != DETINIT_OK)
        safetensors_free(&r.parsed);
    else
        *out = r.parsed;
    return status;
}

/* ------------------------------------------------------------------ look-ups */

const detinit_tensor *safetensors_find(const safetensors *parsed, const char *name)
{
    const detinit_tensor wanted = {.name = name}, *key = &wanted;
    const detinit_tensor *const *found =
        parsed->count == 0 ? NULL
                           : bsearch(&key, parsed->by_name, parsed->count, sizeof key, by_name);
    return found == NULL ? NULL : *found;
}

const char *safetensors_metadata(const safetensors *parsed, const char *key)
{
    const safetensors_pair wanted = {.key = key};
    const safetensors_pair *found =
        parsed->pair_count == 0
            ? NULL
            : bsearch(&wanted, parsed->pairs, parsed->pair_count, sizeof wanted, by_key);
    return found == NULL ? NULL : found->value;
}
