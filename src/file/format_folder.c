/*
 * Networks that lie in several files of one folder: the shards that Hugging Face's index tells, or
 * those of a folder without one; the arrays that detinit saved, one for each tensor.  The files are
 * open as long as the folder is, and their tensors are its own.
 */
#include "file/format.h"

#include "base/array.h"
#include "base/error.h"
#include "file/folder_list.h"
#include "file/jsondump.h"
#include "file/shard_index.h"
#include "file/tensorfile.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANIFEST_FILE "manifest.json"
#define MANIFEST_KEY  "detinit.manifest"
#define MANIFEST_MOST ((uint64_t)100000000)

/* A file of the folder. */
typedef struct shard {
    const char *name;
    detinit_tensorfile *file;
} shard;

/* Where a tensor of the folder is; a member's `where` is its number. */
typedef struct place {
    const detinit_tensorfile *file;
    const detinit_tensor *tensor;
} place;

typedef struct folder {
    char path[PATH_MAX]; /* with a slash at its end */
    folder_list listing;
    shard_index index;
    size_t shard_count;
    shard *shards;
    size_t place_count, place_room;
    place *places;
    atomic_size_t last; /* the place that was read last: files of others keep nothing in memory */
} folder;

static detinit_status no_memory(const format_reader *r, detinit_error *error)
{
    return input_no_memory(r->in->path, error);
}

/* ---------------------------------------------------------------- opening */

static detinit_status make_folder(format_reader *r, const char *path, size_t length,
                                  detinit_error *error)
{
    folder *own = r->own = calloc(1, sizeof *own);
    if (own == NULL)
        return no_memory(r, error);
    if (length + 2 > sizeof own->path)
        return error_set(error, DETINIT_IO, "cannot open '%.200s': %s", r->in->path,
                         strerror(ENAMETOOLONG));
    memcpy(own->path, path, length);
    if (length > 0 && path[length - 1] != '/')
        own->path[length] = '/';
    return DETINIT_OK;
}

static detinit_status leave_out(format_reader *r, const char *name, const char *why,
                                detinit_error *error)
{
    text_pair *pair = tensorlist_add_left_out(&r->list);
    if (pair == NULL)
        return no_memory(r, error);
    *pair = (text_pair){name, why};
    return DETINIT_OK;
}

static detinit_status open_shard(format_reader *r, const char *name, detinit_error *error)
{
    folder *own = r->own;
    char path[PATH_MAX + NAME_MAX + 1];
    detinit_tensorfile *file;
    if (snprintf(path, sizeof path, "%s%s", own->path, name) >= PATH_MAX)
        return error_set(error, DETINIT_IO, "cannot open '%.200s': %s", path,
                         strerror(ENAMETOOLONG));
    detinit_status status = tensorfile_open_part(path, &file, error);
    if (status != DETINIT_OK)
        return status;
    own->shards[own->shard_count++] = (shard){name, file};
    r->size += tensorfile_size(file);
    const char *left_out, *why;
    for (size_t n = 0;
         status == DETINIT_OK && (left_out = detinit_tensorfile_left_out(file, n, &why)) != NULL;
         n++)
        status = leave_out(r, left_out, why, error);
    return status;
}

static detinit_status make_shards(format_reader *r, size_t count, detinit_error *error)
{
    folder *own = r->own;
    own->shards = calloc(count + 1, sizeof *own->shards);
    return own->shards != NULL ? DETINIT_OK : no_memory(r, error);
}

static detinit_status add_tensor(format_reader *r, const detinit_tensorfile *file,
                                 const detinit_tensor *tensor, const char *name,
                                 detinit_error *error)
{
    folder *own = r->own;
    place *grown = array_grow(own->places, own->place_count, &own->place_room, sizeof *grown);
    if (grown == NULL)
        return no_memory(r, error);
    own->places = grown;
    member *m = tensorlist_add(&r->list);
    if (m == NULL)
        return no_memory(r, error);
    *m = (member){.tensor = *tensor, .where = own->place_count};
    m->tensor.name = name;
    own->places[own->place_count++] = (place){file, tensor};
    return DETINIT_OK;
}

/* ---------------------------------------------------------------- metadata */

/* What a shard says, where all say the same. */
static detinit_status add_common(format_reader *r, detinit_error *error)
{
    const folder *own = r->own;
    const size_t before = r->list.pair_count; /* what an index says goes first */
    const char *key;
    tensorlist_sort_metadata(&r->list);
    for (size_t n = 0; own->shard_count > 0 &&
                       (key = detinit_tensorfile_metadata_key(own->shards[0].file, n)) != NULL;
         n++) {
        const char *value = detinit_tensorfile_metadata(own->shards[0].file, key);
        const tensorlist said = {.pairs = r->list.pairs, .pair_count = before};
        bool common = strcmp(key, MANIFEST_KEY) != 0 && tensorlist_metadata(&said, key) == NULL;
        for (size_t k = 1; k < own->shard_count && common; k++) {
            const char *other = detinit_tensorfile_metadata(own->shards[k].file, key);
            common = other != NULL && strcmp(other, value) == 0;
        }
        text_pair *pair = common ? tensorlist_add_pair(&r->list) : NULL;
        if (common && pair == NULL)
            return no_memory(r, error);
        if (pair != NULL)
            *pair = (text_pair){key, value};
    }
    return DETINIT_OK;
}

/* The manifests of all shards as one; NULL where one has none, or they do not fit together. */
static json_t *join_manifests(const folder *own)
{
    json_t *joined = NULL, *tensors = NULL;
    bool good = own->shard_count > 0;
    for (size_t n = 0; n < own->shard_count && good; n++) {
        const char *text = detinit_tensorfile_metadata(own->shards[n].file, MANIFEST_KEY);
        json_t *part = text != NULL ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
        json_t *list = json_incref(json_object_get(part, "tensors"));
        if (n == 0) {
            joined = json_incref(part);
            tensors = json_incref(list);
        } else if (json_is_array(list) && json_is_array(tensors)) {
            json_object_set(part, "tensors", tensors);
            good = json_equal(part, joined) && json_array_extend(tensors, list) == 0;
        }
        good = good && json_is_array(list) && json_is_object(part);
        json_decref(list);
        json_decref(part);
    }
    json_decref(tensors);
    if (good)
        return joined;
    json_decref(joined);
    return NULL;
}

static detinit_status add_manifest(format_reader *r, const char *text, size_t length,
                                   detinit_error *error)
{
    const char *copy = arena_text(&r->list.arena, text, length);
    text_pair *pair = tensorlist_add_pair(&r->list);
    if (copy == NULL || pair == NULL)
        return no_memory(r, error);
    *pair = (text_pair){MANIFEST_KEY, copy};
    return DETINIT_OK;
}

static detinit_status add_metadata(format_reader *r, detinit_error *error)
{
    detinit_status status = add_common(r, error);
    json_t *joined = status == DETINIT_OK ? join_manifests(r->own) : NULL;
    char *text = jsondump_text(joined, JSON_COMPACT);
    if (text != NULL)
        status = add_manifest(r, text, strlen(text), error);
    else if (joined != NULL)
        status = no_memory(r, error);
    json_decref(joined);
    free(text);
    return status;
}

static detinit_status read_manifest(format_reader *r, detinit_error *error)
{
    const folder *own = r->own;
    char path[PATH_MAX + sizeof MANIFEST_FILE];
    input in;
    snprintf(path, sizeof path, "%s" MANIFEST_FILE, own->path);
    detinit_status status = input_open(&in, path, error);
    if (status != DETINIT_OK)
        return status;
    char *text = in.size <= MANIFEST_MOST ? malloc((size_t)in.size + 1) : NULL;
    if (text == NULL)
        status = no_memory(r, error);
    if (status == DETINIT_OK)
        status = input_read(&in, 0, text, (size_t)in.size, error);
    if (status == DETINIT_OK)
        status = add_manifest(r, text, strnlen(text, (size_t)in.size), error);
    free(text);
    input_close(&in);
    return status;
}

/* ------------------------------------------------------------------ shards */

/* Opens a file, all of whose tensors are the network's. */
static detinit_status add_shard(format_reader *r, const char *name, detinit_error *error)
{
    const folder *own = r->own;
    detinit_status status = open_shard(r, name, error);
    if (status != DETINIT_OK)
        return status;
    const detinit_tensorfile *file = own->shards[own->shard_count - 1].file;
    for (size_t n = 0; n < detinit_tensorfile_count(file) && status == DETINIT_OK; n++) {
        const detinit_tensor *tensor = detinit_tensorfile_tensor(file, n);
        status = add_tensor(r, file, tensor, tensor->name, error);
    }
    return status;
}

/* All files that end so, and all that they hold. */
static detinit_status open_ending(format_reader *r, const char *ending, detinit_error *error)
{
    folder *own = r->own;
    char missing[FOLDER_NAME_ROOM];
    const char *beside = folder_list_lacks(&own->listing, ending, missing);
    if (beside != NULL)
        return error_set(error, DETINIT_INVALID,
                         "'%.100s' has '%.80s' and not '%.80s', which goes with it", r->in->path,
                         beside, missing);
    detinit_status status = make_shards(r, folder_list_count(&own->listing, ending), error);
    for (size_t n = 0; n < own->listing.count && status == DETINIT_OK; n++) {
        if (folder_list_ends(own->listing.files[n], ending))
            status = add_shard(r, own->listing.files[n], error);
    }
    return status == DETINIT_OK ? add_metadata(r, error) : status;
}

static int by_entry(const void *name, const void *entry)
{
    return strcmp(name, ((const shard_entry *)entry)->name);
}

/* What the newest shard holds and the index does not know: it knows entries from `first` on. */
static detinit_status leave_unmapped(format_reader *r, size_t first, size_t end,
                                     detinit_error *error)
{
    const folder *own = r->own;
    const detinit_tensorfile *file = own->shards[own->shard_count - 1].file;
    const size_t held = detinit_tensorfile_count(file);
    detinit_status status = DETINIT_OK;
    for (size_t n = 0; n < held && held > end - first && status == DETINIT_OK; n++) {
        const char *name = detinit_tensorfile_tensor(file, n)->name;
        if (bsearch(name, own->index.entries + first, end - first, sizeof *own->index.entries,
                    by_entry) == NULL)
            status = leave_out(r, name, "the index does not say that it is there", error);
    }
    return status;
}

/* What the index says is in the newest shard: entries from `first` on; *end is the one behind. */
static detinit_status add_mapped(format_reader *r, size_t first, size_t *end, detinit_error *error)
{
    folder *own = r->own;
    const shard *s = &own->shards[own->shard_count - 1];
    detinit_status status = DETINIT_OK;
    size_t n = first;
    for (; n < own->index.count && status == DETINIT_OK; n++) {
        const shard_entry *entry = &own->index.entries[n];
        if (strcmp(entry->file, s->name) != 0)
            break;
        const detinit_tensor *tensor = detinit_tensorfile_find(s->file, entry->name);
        status = tensor != NULL
                     ? add_tensor(r, s->file, tensor, entry->name, error)
                     : error_set(error, DETINIT_INVALID,
                                 "'%.160s': its weight_map has '%.80s' in '%.80s', which has none",
                                 r->in->path, entry->name, s->name);
    }
    *end = n;
    return status == DETINIT_OK ? leave_unmapped(r, first, n, error) : status;
}

static detinit_status open_index(format_reader *r, const input *in, detinit_error *error)
{
    folder *own = r->own;
    size_t files = 0;
    detinit_status status = shard_index_read(in, &r->list, &own->index, error);
    for (size_t n = 0; n < own->index.count; n++)
        files += n == 0 || strcmp(own->index.entries[n].file, own->index.entries[n - 1].file) != 0;
    if (status == DETINIT_OK)
        status = make_shards(r, files, error);
    for (size_t n = 0; n < own->index.count && status == DETINIT_OK;) {
        status = open_shard(r, own->index.entries[n].file, error);
        if (status == DETINIT_OK)
            status = add_mapped(r, n, &n, error);
    }
    return status == DETINIT_OK ? add_metadata(r, error) : status;
}

/* ------------------------------------------------------------------ arrays */

/* The name that a file is for: its own without the ending, %2F a slash, and so on. */
static const char *name_of_file(format_reader *r, const char *file, size_t length)
{
    char *name = arena_text(&r->list.arena, file, length), *to = name;
    for (const char *at = name; name != NULL && *at != '\0'; at++) {
        unsigned byte;
        if (at[0] == '%' && isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2]) &&
            sscanf(at + 1, "%2x", &byte) == 1 && byte != 0) {
            *to++ = (char)byte;
            at += 2;
        } else {
            *to++ = *at;
        }
    }
    if (name != NULL)
        *to = '\0';
    return name;
}

/* A file may be another than its name says. */
static detinit_status add_array(format_reader *r, const char *file, const char *ending,
                                detinit_error *error)
{
    folder *own = r->own;
    detinit_status status = open_shard(r, file, error);
    if (status != DETINIT_OK)
        return status;
    const detinit_tensorfile *array = own->shards[own->shard_count - 1].file;
    if (tensorfile_format(array) != &format_npy)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s%.200s': one array, as numpy.save writes it, was expected",
                         own->path, file);
    const char *name = name_of_file(r, file, strlen(file) - strlen(ending));
    return name == NULL ? no_memory(r, error)
                        : add_tensor(r, array, detinit_tensorfile_tensor(array, 0), name, error);
}

static detinit_status open_arrays(format_reader *r, detinit_error *error)
{
    folder *own = r->own;
    const char *ending = format_npy.endings[0];
    detinit_status status = make_shards(r, folder_list_count(&own->listing, ending), error);
    for (size_t n = 0; n < own->listing.count && status == DETINIT_OK; n++) {
        const char *file = own->listing.files[n];
        if (folder_list_ends(file, ending))
            status = add_array(r, file, ending, error);
    }
    if (status == DETINIT_OK && folder_list_has(&own->listing, MANIFEST_FILE))
        status = read_manifest(r, error);
    return status;
}

/* ------------------------------------------------------------------- rows */

static detinit_status open_beside(format_reader *r, const char *file, detinit_error *error)
{
    const folder *own = r->own;
    char path[PATH_MAX + NAME_MAX + 1];
    input in;
    snprintf(path, sizeof path, "%s%s", own->path, file);
    detinit_status status = input_open(&in, path, error);
    if (status != DETINIT_OK)
        return status;
    status = open_index(r, &in, error);
    input_close(&in);
    return status;
}

/* The one file beside its index that transformers and diffusers prefer to it: X of X.index.json. */
static const char *whole_of(const format_reader *r, const char *index)
{
    const folder_list *list = &((const folder *)r->own)->listing;
    const size_t length = strlen(index) - strlen(format_index.endings[0]);
    for (size_t n = 0; n < list->count; n++)
        if (strlen(list->files[n]) == length && strncmp(list->files[n], index, length) == 0)
            return list->files[n];
    return NULL;
}

static detinit_status open_whole(format_reader *r, const char *file, detinit_error *error)
{
    detinit_status status = make_shards(r, 1, error);
    if (status == DETINIT_OK)
        status = add_shard(r, file, error);
    return status == DETINIT_OK ? add_metadata(r, error) : status;
}

/* What there is, the first of these. */
static detinit_status open_listed(format_reader *r, detinit_error *error)
{
    static const char *const indexes[] = {".safetensors.index.json", ".bin.index.json"};
    static const char *const shards[] = {".safetensors", ".bin", ".pth", ".pt"};
    folder *own = r->own;
    for (size_t n = 0; n < sizeof indexes / sizeof indexes[0]; n++) {
        const char *file = folder_list_first(&own->listing, indexes[n]);
        if (file == NULL)
            continue;
        const char *whole = whole_of(r, file);
        if (whole != NULL)
            return open_whole(r, whole, error);
        return folder_list_count(&own->listing, indexes[n]) == 1
                   ? open_beside(r, file, error)
                   : error_set(error, DETINIT_INVALID,
                               "'%.200s' holds more than one %s; name the one that is meant",
                               r->in->path, indexes[n]);
    }
    if (folder_list_has(&own->listing, MANIFEST_FILE) &&
        folder_list_first(&own->listing, format_npy.endings[0]) != NULL)
        return open_arrays(r, error);
    for (size_t n = 0; n < sizeof shards / sizeof shards[0]; n++)
        if (folder_list_first(&own->listing, shards[n]) != NULL)
            return open_ending(r, shards[n], error);
    if (folder_list_first(&own->listing, format_npy.endings[0]) != NULL)
        return open_arrays(r, error);
    return error_set(error, DETINIT_INVALID,
                     "'%.200s' is a folder without an index.json, .safetensors, .bin, .pt or .npy "
                     "file",
                     r->in->path);
}

static detinit_status open_folder(format_reader *r, detinit_error *error)
{
    const char *path = r->in->path;
    detinit_status status = make_folder(r, path, strlen(path), error);
    folder *own = r->own;
    if (status == DETINIT_OK)
        status = folder_list_read(own->path, &own->listing, error);
    if (status == DETINIT_OK)
        status = open_listed(r, error);
    return status == DETINIT_OK ? tensorlist_index(&r->list, path, error) : status;
}

static detinit_status open_index_file(format_reader *r, detinit_error *error)
{
    const char *path = r->in->path, *slash = strrchr(path, '/');
    if (r->in->memory != NULL)
        return error_set(error, DETINIT_INVALID, "'%.200s': an index needs the folder of its files",
                         path);
    detinit_status status =
        make_folder(r, path, slash != NULL ? (size_t)(slash - path) + 1 : 0, error);
    if (status == DETINIT_OK)
        status = open_index(r, r->in, error);
    return status == DETINIT_OK ? tensorlist_index(&r->list, path, error) : status;
}

static detinit_status read_items(const format_reader *r, const member *m, uint64_t first,
                                 size_t count, void *items, detinit_error *error)
{
    folder *own = r->own;
    const place *p = &own->places[m->where];
    const detinit_tensorfile *before =
        own->places[atomic_exchange(&own->last, (size_t)m->where)].file;
    if (before != p->file)
        tensorfile_rest(before);
    return detinit_tensor_read(p->file, p->tensor, first, count, items, error);
}

static void close_folder(format_reader *r)
{
    folder *own = r->own;
    if (own == NULL)
        return;
    for (size_t n = 0; n < own->shard_count; n++)
        detinit_tensorfile_close(own->shards[n].file);
    free(own->shards);
    free(own->places);
    folder_list_free(&own->listing);
    shard_index_free(&own->index);
    free(own);
}

/* A text, as JSON is, that begins with a brace. */
static bool recognizes(const unsigned char *first, size_t count)
{
    size_t n = 0;
    while (n < count && isspace(first[n]))
        n++;
    return n < count && first[n] == '{' && memchr(first, '\0', count) == NULL;
}

const file_format format_index = {
    .name = ".index.json",
    .endings = {".index.json"},
    .many = true,
    .of_files = true,
    .recognizes = recognizes,
    .open = open_index_file,
    .read = read_items,
    .close = close_folder,
};

const file_format format_folder = {
    .name = "folder",
    .many = true,
    .of_files = true,
    .open = open_folder,
    .read = read_items,
    .close = close_folder,
};
