/*
 * What torch.save writes since PyTorch 1.6: a zip archive of a pickle, data.pkl, and a file for
 * each storage, data/KEY, in one folder.  Tensors are views of storages.
 */
#include "file/format.h"

#include "base/array.h"
#include "base/error.h"
#include "base/byteorder.h"
#include "file/pickle_walk.h"
#include "file/strides.h"
#include "file/zip.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PICKLE_FILE "data.pkl"

#define FOLDER_ROOM 256

/* What files begin with that were written before 1.6: a number that says so. */
#define BARE_PICKLE "\x8a\x0al\xfc\x9c\x46\xf9\x20j\xa8P\x19."

/* What a member's `where` is the number of. */
typedef struct view {
    const pickle_tensor *tensor;
    const zip_entry *storage;
} view;

typedef struct pt_reader {
    char folder[FOLDER_ROOM]; /* "NAME/": where all files lie */
    bool big_endian;
    arena memory;         /* of the pickle's values */
    pthread_mutex_t lock; /* of what follows */
    input *storages;      /* for each member of the archive; all zero until it is read */
    size_t view_count, view_room;
    view *views;
    const zip_entry *found; /* the storage that was found last; the next one lies behind it */
} pt_reader;

static detinit_status no_memory(const format_reader *r, detinit_error *error)
{
    return input_no_memory(r->in->path, error);
}

/* The member FOLDER/NAME, or NULL. */
static const zip_entry *find(const format_reader *r, const char *name)
{
    const pt_reader *own = r->own;
    char path[512];
    snprintf(path, sizeof path, "%s%.200s", own->folder, name);
    return zip_find(r->archive, path);
}

/* ------------------------------------------------------------------ opening */

/* Reads a whole member, which must not be longer; malloc'ed. */
static detinit_status read_member(format_reader *r, const zip_entry *entry, size_t most,
                                  unsigned char **out, detinit_error *error)
{
    char shown[512];
    input in;
    if (entry->size > most)
        return error_set(error, DETINIT_INVALID,
                         "'%.160s', member '%.100s': it has %llu bytes; at most %zu are read",
                         r->in->path, entry->name, (unsigned long long)entry->size, most);
    snprintf(shown, sizeof shown, "%.300s, %.180s", r->in->path, entry->name);
    detinit_status status = zip_member_open(r->archive, entry, shown, &in, error);
    if (status != DETINIT_OK)
        return status;
    *out = malloc((size_t)entry->size + 1);
    status =
        *out != NULL ? input_read(&in, 0, *out, (size_t)entry->size, error) : no_memory(r, error);
    input_close(&in);
    return status;
}

/* The pickle of an archive; *folder gets the bytes of its path before its name. */
static const zip_entry *find_pickle(const zip *archive, size_t *folder)
{
    const size_t name = strlen(PICKLE_FILE);
    for (size_t n = 0; n < archive->count; n++) {
        const char *path = archive->entries[n].name;
        const size_t length = strlen(path);
        *folder = length - (length < name ? length : name);
        if (strcmp(path + *folder, PICKLE_FILE) == 0 && *folder < FOLDER_ROOM &&
            (*folder == 0 || path[*folder - 1] == '/'))
            return &archive->entries[n];
    }
    return NULL;
}

static detinit_status read_order(format_reader *r, detinit_error *error)
{
    pt_reader *own = r->own;
    const zip_entry *entry = find(r, "byteorder");
    unsigned char *text = NULL;
    if (entry == NULL)
        return DETINIT_OK; /* files of PyTorch before 2.1 */
    detinit_status status = read_member(r, entry, 16, &text, error);
    if (status == DETINIT_OK) {
        const bool little = entry->size == 6 && memcmp(text, "little", 6) == 0;
        own->big_endian = entry->size == 3 && memcmp(text, "big", 3) == 0;
        if (!little && !own->big_endian)
            status =
                error_set(error, DETINIT_INVALID,
                          "'%.200s' has a byte order that is neither little nor big", r->in->path);
    }
    free(text);
    return status;
}

/* ----------------------------------------------------------------- storages */

/* Whether a member is FOLDER/data/KEY. */
static bool is_storage(const pt_reader *own, const char *name, const char *key)
{
    static const char data[] = "data/";
    const size_t folder = strlen(own->folder);
    return strncmp(name, own->folder, folder) == 0 &&
           strncmp(name + folder, data, sizeof data - 1) == 0 &&
           strcmp(name + folder + sizeof data - 1, key) == 0;
}

/* The file of a storage, or NULL.  They stand in the order in which pickles name them, nearly
 * always. */
static const zip_entry *look_for_storage(const format_reader *r, const char *key)
{
    pt_reader *own = r->own;
    const zip_entry *end = r->archive->entries + r->archive->count;
    const zip_entry *next = own->found != NULL ? own->found + 1 : end;
    char name[256];
    if (own->found != NULL && is_storage(own, own->found->name, key))
        return own->found;
    if (next < end && is_storage(own, next->name, key))
        return own->found = next;
    snprintf(name, sizeof name, "data/%.200s", key);
    next = find(r, name);
    if (next != NULL)
        own->found = next;
    return next;
}

/* The file of a storage, which must have the size that the pickle tells. */
static detinit_status find_storage(const format_reader *r, const pickle_storage *what,
                                   const zip_entry **out, detinit_error *error)
{
    const pt_reader *own = r->own;
    const uint64_t item = what->type != NULL ? what->type->bits / 8 : 1;
    const zip_entry *entry = look_for_storage(r, what->key);
    if (entry == NULL)
        return error_set(error, DETINIT_INVALID, "'%.160s' has no member %.100sdata/%.95s",
                         r->in->path, own->folder, what->key);
    if (what->count > UINT64_MAX / 16 || entry->size != what->count * item)
        return error_set(error, DETINIT_INVALID,
                         "'%.160s', member '%.100s': it has %llu bytes where the pickle tells of "
                         "%llu items of %llu",
                         r->in->path, entry->name, (unsigned long long)entry->size,
                         (unsigned long long)what->count, (unsigned long long)item);
    *out = entry;
    return DETINIT_OK;
}

/* The file of a storage as an input, opened when it is first read. */
static detinit_status open_storage(const format_reader *r, const zip_entry *entry,
                                   const input **out, detinit_error *error)
{
    pt_reader *own = r->own;
    input *in = &own->storages[entry - r->archive->entries];
    char shown[512];
    detinit_status status = DETINIT_OK;
    snprintf(shown, sizeof shown, "%.300s, %.180s", r->in->path, entry->name);
    pthread_mutex_lock(&own->lock);
    if (in->path == NULL)
        status = zip_member_open(r->archive, entry, shown, in, error);
    pthread_mutex_unlock(&own->lock);
    *out = in;
    return status;
}

static detinit_status add_view(void *context, member *m, const pickle_tensor *tensor,
                               detinit_error *error)
{
    format_reader *r = context;
    pt_reader *own = r->own;
    view *grown = array_grow(own->views, own->view_count, &own->view_room, sizeof *grown);
    if (grown == NULL)
        return no_memory(r, error);
    own->views = grown;
    view *added = &own->views[own->view_count];
    *added = (view){.tensor = tensor};
    m->where = own->view_count++;
    return find_storage(r, tensor->storage, &added->storage, error);
}

static detinit_status read_tensors(format_reader *r, const zip_entry *entry, detinit_error *error)
{
    pt_reader *own = r->own;
    unsigned char *pickle = NULL;
    pickle_value *value = NULL;
    detinit_status status = read_member(r, entry, PICKLE_MOST, &pickle, error);
    if (status == DETINIT_OK)
        status = pickle_load(pickle, (size_t)entry->size, r->in->path, &own->memory, &value, error);
    free(pickle);
    if (status == DETINIT_OK)
        status = pickle_walk(value, &r->list, r->in->path, add_view, r, error);
    return status == DETINIT_OK ? tensorlist_index(&r->list, r->in->path, error) : status;
}

static detinit_status open_archive(format_reader *r, detinit_error *error)
{
    size_t folder;
    if (r->archive == NULL)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' is a bare pickle, as torch.save wrote before PyTorch 1.6; load "
                         "and save it with a newer one",
                         r->in->path);
    pt_reader *own = r->own = calloc(1, sizeof *own);
    if (own == NULL)
        return no_memory(r, error);
    const zip_entry *pickle = find_pickle(r->archive, &folder);
    memcpy(own->folder, pickle->name, folder);
    pthread_mutex_init(&own->lock, NULL);
    own->storages = calloc(r->archive->count + 1, sizeof *own->storages);
    if (own->storages == NULL)
        return no_memory(r, error);
    if (find(r, "constants.pkl") != NULL)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' is a TorchScript program; save its state_dict", r->in->path);
    detinit_status status = read_order(r, error);
    return status == DETINIT_OK ? read_tensors(r, pickle, error) : status;
}

static detinit_status read_items(const format_reader *r, const member *m, uint64_t first,
                                 size_t count, void *items, detinit_error *error)
{
    const pt_reader *own = r->own;
    const view *v = &own->views[m->where];
    const size_t item = (size_t)m->tensor.item_bytes, parts = tensor_type_parts(v->tensor->type);
    const input *in;
    detinit_status status = open_storage(r, v->storage, &in, error);
    if (status != DETINIT_OK)
        return status;
    const strides s = {
        in, v->tensor->offset * item, item, v->tensor->rank, v->tensor->shape, v->tensor->strides};
    status = strides_read(&s, first, count, items, error);
    if (status == DETINIT_OK && own->big_endian && item / parts > 1)
        swap_bytes(items, item / parts, count * parts);
    return status;
}

static void close_archive(format_reader *r)
{
    pt_reader *own = r->own;
    if (own == NULL)
        return;
    for (size_t n = 0; own->storages != NULL && n < r->archive->count; n++)
        if (own->storages[n].path != NULL)
            input_close(&own->storages[n]);
    free(own->storages);
    free(own->views);
    pthread_mutex_destroy(&own->lock);
    arena_free(&own->memory);
    free(own);
}

static bool recognizes_archive(const zip *archive)
{
    size_t folder;
    return find_pickle(archive, &folder) != NULL;
}

/* A pickle of protocol 2 .. 5. */
static bool recognizes(const unsigned char *first, size_t count)
{
    const size_t length = sizeof BARE_PICKLE - 1;
    return count >= 2 + length && first[0] == 0x80 && memcmp(first + 2, BARE_PICKLE, length) == 0;
}

const file_format format_pt = {
    .name = ".pt",
    .endings = {".pt", ".pth", ".bin"},
    .many = true,
    .recognizes = recognizes,
    .recognizes_archive = recognizes_archive,
    .open = open_archive,
    .read = read_items,
    .close = close_archive,
};
