/* NumPy's archives of arrays, numpy.savez: a zip archive of .npy files, each an array's name. */
#include "file/format.h"

#include "base/error.h"
#include "file/zip.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The arrays, each a file of its own to the reader of these; a member's `where` is its number. */
typedef struct npz_reader {
    size_t count;
    input *inputs;
    format_reader *arrays;
    atomic_size_t last; /* the array that was read last: others keep nothing in memory */
} npz_reader;

static detinit_status no_memory(const format_reader *r, detinit_error *error)
{
    return input_no_memory(r->in->path, error);
}

/* What is no array of numbers is left out, and said to be. */
static detinit_status leave_out(format_reader *r, const char *name, const char *why,
                                detinit_error *error)
{
    text_pair *pair = tensorlist_add_left_out(&r->list);
    const char *copy = arena_text(&r->list.arena, why, strlen(why));
    if (pair == NULL || copy == NULL)
        return no_memory(r, error);
    *pair = (text_pair){name, copy};
    return DETINIT_OK;
}

static detinit_status add_array(format_reader *r, const char *name, detinit_error *error)
{
    npz_reader *own = r->own;
    const format_reader *array = &own->arrays[own->count - 1];
    member *m = tensorlist_add(&r->list);
    if (m == NULL)
        return no_memory(r, error);
    *m = (member){.tensor = array->list.members[0].tensor, .where = own->count - 1};
    m->tensor.name = name;
    return DETINIT_OK;
}

static detinit_status open_array(format_reader *r, const zip_entry *entry, detinit_error *error)
{
    npz_reader *own = r->own;
    format_reader *array = &own->arrays[own->count];
    char shown[512];
    detinit_error why;
    const size_t stem = format_stem(&format_npy, entry->name);
    const char *name = arena_text(&r->list.arena, entry->name, stem);
    if (name == NULL)
        return no_memory(r, error);
    if (stem == 0)
        return leave_out(r, entry->name, "it is no .npy file", error);
    snprintf(shown, sizeof shown, "%.300s, %.180s", r->in->path, entry->name);
    detinit_status status =
        zip_member_open(r->archive, entry, shown, &own->inputs[own->count], error);
    if (status != DETINIT_OK)
        return status;
    array->in = &own->inputs[own->count++];
    status = format_npy.open(array, &why);
    if (status == DETINIT_OK)
        return add_array(r, name, error);
    return array->foreign ? leave_out(r, name, why.message, error)
                          : error_set(error, status, "%s", why.message);
}

static detinit_status open_archive(format_reader *r, detinit_error *error)
{
    npz_reader *own = r->own = calloc(1, sizeof *own);
    if (own == NULL)
        return no_memory(r, error);
    detinit_status status = DETINIT_OK;
    own->inputs = calloc(r->archive->count + 1, sizeof *own->inputs);
    own->arrays = calloc(r->archive->count + 1, sizeof *own->arrays);
    if (own->inputs == NULL || own->arrays == NULL)
        return no_memory(r, error);
    for (size_t n = 0; n < r->archive->count && status == DETINIT_OK; n++)
        status = open_array(r, &r->archive->entries[n], error);
    return status == DETINIT_OK ? tensorlist_index(&r->list, r->in->path, error) : status;
}

static detinit_status read_items(const format_reader *r, const member *m, uint64_t first,
                                 size_t count, void *items, detinit_error *error)
{
    npz_reader *own = r->own;
    const format_reader *array = &own->arrays[m->where];
    const size_t before = atomic_exchange(&own->last, (size_t)m->where);
    if (before != m->where)
        format_npy.rest(&own->arrays[before]);
    return format_npy.read(array, &array->list.members[0], first, count, items, error);
}

static void close_archive(format_reader *r)
{
    npz_reader *own = r->own;
    if (own == NULL)
        return;
    for (size_t n = 0; n < own->count; n++) {
        format_npy.close(&own->arrays[n]);
        tensorlist_free(&own->arrays[n].list);
        input_close(&own->inputs[n]);
    }
    free(own->inputs);
    free(own->arrays);
    free(own);
}

/* numpy.savez() of nothing is an archive of nothing. */
static bool recognizes_archive(const zip *archive)
{
    for (size_t n = 0; n < archive->count; n++)
        if (format_stem(&format_npy, archive->entries[n].name) > 0)
            return true;
    return archive->count == 0;
}

const file_format format_npz = {
    .name = ".npz",
    .endings = {".npz"},
    .many = true,
    .recognizes_archive = recognizes_archive,
    .open = open_archive,
    .read = read_items,
    .close = close_archive,
};
