/*
 * The header is JSON of one fixed form, read here as such: objects within objects that can be
 * anything else are wrong, so nothing is nested, and memory is bounded by the header's own size.
 * Texts, the part of JSON that has escapes, are jansson's.
 */
#include "file/safetensors.h"

#include "detinit_files.h"
#include "base/error.h"
#include "base/whole.h"
#include "file/format.h"
#include "file/tensortype.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define METADATA "__metadata__"

/* How deep lists lie within one another in a field that is passed over. */
#define NESTED_MOST 120

/* Where the reader is, and what it has read. */
typedef struct reader {
    char *at, *end; /* `at` is never past `end` */
    uint64_t data_size;
    const char *shown;
    tensorlist parsed;
    bool has_metadata;
    detinit_error *error;
} reader;

static detinit_status no_memory(const reader *r)
{
    return error_set(r->error, DETINIT_NO_MEMORY, "no memory for the header of '%.200s'", r->shown);
}

/* ------------------------------------------------------------------- tokens */

/* "'f': at byte 17 of its header ':' was expected". */
static detinit_status expected(const reader *r, const char *what)
{
    return error_set(r->error, DETINIT_INVALID, "'%.200s': at byte %zu of its header %s", r->shown,
                     (size_t)(r->at - r->parsed.texts), what);
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

/* Whether a text stands for itself: ASCII without escapes and control characters. */
static bool is_plain(const char *at, const char *end)
{
    while (at < end && *at >= 0x20 && *at < 0x7F && *at != '\\')
        at++;
    return at == end;
}

/* A text between quotes; it stands, decoded and ended by a NUL, in the place of its source. */
static detinit_status take_text(reader *r, const char **text)
{
    json_error_t why = {0};
    skip_space(r);
    if (r->at == r->end || *r->at != '"')
        return expected(r, "a text in quotes was expected");
    char *close = r->at + 1;
    while (close < r->end && *close != '"')
        close += *close == '\\' ? 2 : 1;
    if (close >= r->end)
        return expected(r, "a text begins that does not end");
    const size_t size = (size_t)(close - r->at) + 1;
    if (is_plain(r->at + 1, close)) {
        *close = '\0';
        *text = r->at + 1;
        r->at += size;
        return DETINIT_OK;
    }
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
    skip_space(r);
    const char *behind = whole_digits(r->at, r->end, DETINIT_MAX_DIMENSION, number);
    if (behind == NULL || (*r->at == '0' && behind != r->at + 1))
        return false;
    r->at += behind - r->at;
    return true;
}

/* A number, true, false or null. */
static detinit_status skip_word(reader *r)
{
    char *end = r->at;
    while (end < r->end && strchr(",]} \n\t\r", *end) == NULL)
        end++;
    json_t *value = json_loadb(r->at, (size_t)(end - r->at), JSON_DECODE_ANY, NULL);
    if (value == NULL)
        return expected(r, "a value was expected");
    json_decref(value);
    r->at = end;
    return DETINIT_OK;
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
    for (const char *at = r->at; at < r->end && *at != ']'; at++)
        most += *at == ',';
    return arena_new(&r->parsed.arena, most * sizeof(uint64_t));
}

static detinit_status take_shape(reader *r, entry *e)
{
    static const char *const what = "its shape must be a list of whole numbers from 0 to 2^63 - 1";
    detinit_tensor *tensor = e->tensor;
    e->has_shape = true;
    if (!take(r, '['))
        return tensor_wrong(r, e->name, what);
    if (take(r, ']'))
        return DETINIT_OK;
    uint64_t *shape = shape_room(r);
    if (shape == NULL)
        return no_memory(r);
    tensor->shape = shape;
    do
        if (!take_number(r, &shape[tensor->rank++]))
            return tensor_wrong(r, e->name, what);
    while (take(r, ','));
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

/*
 * A value of a field that is not known, of any kind: its own library passes over it, too, and
 * goes as deep.
 */
static detinit_status skip_value(reader *r, size_t depth)
{
    const char *text;
    skip_space(r);
    if (r->at == r->end || depth > NESTED_MOST)
        return expected(r, depth > NESTED_MOST ? "too much is nested" : "a value was expected");
    if (*r->at == '"')
        return take_text(r, &text);
    if (*r->at != '[' && *r->at != '{')
        return skip_word(r);
    const char close = *r->at == '[' ? ']' : '}';
    r->at++;
    if (take(r, close))
        return DETINIT_OK;
    do {
        if (close == '}') {
            detinit_status status = take_text(r, &text);
            if (status != DETINIT_OK)
                return status;
            if (!take(r, ':'))
                return expected(r, "':' was expected");
        }
        detinit_status status = skip_value(r, depth + 1);
        if (status != DETINIT_OK)
            return status;
    } while (take(r, ','));
    return take(r, close) ? DETINIT_OK : expected(r, "',' or the end of a list was expected");
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
    if (strcmp(key, "dtype") != 0 && strcmp(key, "shape") != 0 && strcmp(key, "data_offsets") != 0)
        return skip_value(r, 0);
    return error_set(r->error, DETINIT_INVALID,
                     "'%.160s', tensor '%.100s': it has '%.40s' twice", r->shown, e->name, key);
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
    e->added->where = e->begin;
    return DETINIT_OK;
}

static detinit_status take_tensor(reader *r, const char *name)
{
    member *added = tensorlist_add(&r->parsed);
    if (added == NULL)
        return no_memory(r);
    entry e = {.name = name, .added = added, .tensor = &added->tensor};
    e.tensor->name = name;
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
    return check_entry(r, &e);
}

static detinit_status take_pair(reader *r)
{
    text_pair *pair = tensorlist_add_pair(&r->parsed);
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
    return take_text(r, &pair->value);
}

static detinit_status take_metadata(reader *r)
{
    if (r->has_metadata)
        return error_set(r->error, DETINIT_INVALID, "'%.200s' has " METADATA " twice", r->shown);
    r->has_metadata = true;
    skip_space(r);
    if (r->end - r->at >= 4 && memcmp(r->at, "null", 4) == 0) {
        r->at += 4;
        return DETINIT_OK;
    }
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
    return tensorlist_index(p, r->shown, r->error);
}

/* Checks that the data leave no holes, and makes the offsets those of the file. */
static detinit_status join_data(reader *r, uint64_t data_start)
{
    tensorlist *p = &r->parsed;
    uint64_t at = 0;
    for (size_t n = 0; n < p->count && p->members[n].where <= at; n++) {
        member *m = &p->members[n];
        if (m->where < at)
            return error_set(r->error, DETINIT_INVALID,
                             "'%.160s': the data of its tensors '%.100s' and '%.100s' overlap",
                             r->shown, m[-1].tensor.name, m->tensor.name);
        at += bytes_of(m);
        m->where += data_start;
    }
    if (at != r->data_size)
        return error_set(r->error, DETINIT_INVALID,
                         "'%.200s': from byte %llu on its data belong to no tensor", r->shown,
                         (unsigned long long)at);
    return DETINIT_OK;
}

bool safetensors_begins(const char *header, size_t size)
{
    size_t n = 0;
    while (n < size && (header[n] == ' ' || header[n] == '\n' || header[n] == '\t' ||
                        header[n] == '\r'))
        n++;
    return n < size && header[n] == '{';
}

detinit_status safetensors_parse(char *header, size_t size, uint64_t file_size, const char *shown,
                                 tensorlist *out, detinit_error *error)
{
    const uint64_t start = SAFETENSORS_PREFIX + (uint64_t)size;
    reader r = {.at = header,
                .end = header + size,
                .data_size = file_size - start,
                .shown = shown,
                .parsed = {.texts = header},
                .error = error};
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
