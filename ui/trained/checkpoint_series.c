#include "trained/checkpoint_series.h"

#include "base/array.h"
#include "base/error.h"
#include "file/format.h"
#include "file/retry.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define INDEX_ENDING ".index.json"

/* ------------------------------------------------------------------- names */

/* Digits of a step at most: more of them are a date or a digest. */
#define DIGITS_MOST 18

bool checkpoint_series_step(const char *name, uint64_t *step)
{
    bool found = false, said = false;
    for (const char *at = name; *at != '\0';) {
        const size_t digits = strspn(at, "0123456789");
        if (digits == 0) {
            at++;
            continue;
        }
        const char *before = at;
        while (before > name && strchr("-_=.", before[-1]) != NULL)
            before--;
        const bool says = before - name >= 4 && strncasecmp(before - 4, "step", 4) == 0;
        if (digits <= DIGITS_MOST && (says || !said)) {
            *step = strtoull(at, NULL, 10);
            found = true;
            said = says;
        }
        at += digits;
    }
    return found;
}

static bool ends_with(const char *name, const char *ending)
{
    const size_t length = strlen(name), last = strlen(ending);
    return length > last && strcmp(name + length - last, ending) == 0;
}

/* Bytes of a name before its ending, where it is that of a file of tensors; else 0. */
static size_t stem_of(const char *name)
{
    const file_format *format = format_of_path(name);
    if (ends_with(name, ".ckpt")) /* Lightning's, which are torch.save's */
        return strlen(name) - strlen(".ckpt");
    return format != NULL && format_is_read(format) ? format_stem(format, name) : 0;
}

/* What a Trainer saves beside its model. */
static bool is_of_trainer(const char *name)
{
    static const char *const beginnings[] = {"optimizer", "scheduler", "rng_state", "scaler",
                                             "training_args"};
    for (size_t n = 0; n < sizeof beginnings / sizeof beginnings[0]; n++)
        if (strncmp(name, beginnings[n], strlen(beginnings[n])) == 0)
            return true;
    return false;
}

static bool is_checkpoint(const char *name)
{
    return stem_of(name) > 0 && !is_of_trainer(name);
}

static bool is_index(const char *name)
{
    return ends_with(name, INDEX_ENDING);
}

/* "model-00001-of-00003.safetensors" */
static bool is_shard(const char *name)
{
    const char *of = strstr(name, "-of-");
    return of != NULL && of > name && isdigit((unsigned char)of[-1]) &&
           isdigit((unsigned char)of[4]);
}

/* ------------------------------------------------------------------ folders */

typedef struct entry {
    char name[NAME_MAX + 1];
    bool folder;
    uint64_t inode, bytes;
    int64_t modified;
} entry;

typedef struct entries {
    size_t count, room;
    entry *all;
} entries;

static int64_t nanoseconds(const struct stat *s)
{
    return s->st_mtim.tv_sec * INT64_C(1000000000) + s->st_mtim.tv_nsec;
}

static bool add_entry(entries *e, const char *name, const struct stat *s)
{
    entry *grown = array_grow(e->all, e->count, &e->room, sizeof *grown);
    if (grown == NULL)
        return false;
    e->all = grown;
    entry *to = &e->all[e->count++];
    snprintf(to->name, sizeof to->name, "%s", name);
    to->folder = S_ISDIR(s->st_mode);
    to->inode = (uint64_t)s->st_ino;
    to->bytes = (uint64_t)s->st_size;
    to->modified = nanoseconds(s);
    return true;
}

/* Files of tensors and folders; what goes meanwhile is passed over. */
static detinit_status read_folder(const char *path, entries *out, detinit_error *error)
{
    struct stat s;
    const struct dirent *found;
    DIR *folder = opendir(path);
    bool enough = true;
    *out = (entries){0};
    if (folder == NULL)
        return errno == ENOENT ? DETINIT_OK
                               : error_set(error, DETINIT_IO, "cannot read '%.300s': %s", path,
                                           strerror(errno));
    for (errno = 0; enough && (found = readdir(folder)) != NULL; errno = 0) {
        if (found->d_name[0] == '.' || strncmp(found->d_name, "tmp", 3) == 0 ||
            fstatat(dirfd(folder), found->d_name, &s, 0) != 0)
            continue;
        if (S_ISDIR(s.st_mode) || (S_ISREG(s.st_mode) && is_checkpoint(found->d_name)))
            enough = add_entry(out, found->d_name, &s);
    }
    const int reason = enough ? errno : 0;
    closedir(folder);
    if (reason != 0)
        return error_set(error, DETINIT_IO, "cannot read '%.300s': %s", path, strerror(reason));
    return enough ? DETINIT_OK
                  : error_set(error, DETINIT_NO_MEMORY, "not enough memory for '%.200s'", path);
}

/* The file by which a folder of one model is opened, or NULL. */
static const entry *model_of(const entries *e)
{
    const entry *only = NULL;
    size_t files = 0;
    for (size_t n = 0; n < e->count; n++)
        if (is_index(e->all[n].name))
            return &e->all[n];
    for (size_t n = 0; n < e->count; n++) {
        if (e->all[n].folder)
            continue;
        files++;
        if (only == NULL || strcmp(e->all[n].name, "model.safetensors") == 0)
            only = &e->all[n];
    }
    return files == 1 || (only != NULL && strcmp(only->name, "model.safetensors") == 0) ? only
                                                                                        : NULL;
}

/* All files together: of what lies in shards. */
static void add_up(const entries *e, sighting *to)
{
    to->inode = 0;
    to->bytes = 0;
    to->modified = 0;
    for (size_t n = 0; n < e->count; n++) {
        if (e->all[n].folder)
            continue;
        to->bytes += e->all[n].bytes;
        to->modified = e->all[n].modified > to->modified ? e->all[n].modified : to->modified;
    }
}

/* ------------------------------------------------------------------ sightings */

static detinit_status add(checkpoint_series *to, const char *folder, const char *name,
                          const sighting *like, detinit_error *error)
{
    char path[PATH_MAX];
    sighting *all = realloc(to->all, (to->count + 1) * sizeof *all);
    if (all == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for '%.200s'", folder);
    to->all = all;
    snprintf(path, sizeof path, "%s%s%s", folder, name[0] != '\0' ? "/" : "", name);
    sighting *s = &all[to->count];
    *s = *like;
    s->path = strdup(path);
    s->name = strdup(name[0] != '\0' ? name : folder);
    to->count++; /* what is freed with it */
    return s->path != NULL && s->name != NULL
               ? DETINIT_OK
               : error_set(error, DETINIT_NO_MEMORY, "not enough memory for '%.200s'", folder);
}

static detinit_status add_file(checkpoint_series *to, const char *folder, const entry *file,
                               detinit_error *error)
{
    char stem[NAME_MAX + 1];
    sighting s = {.inode = file->inode, .bytes = file->bytes, .modified = file->modified};
    snprintf(stem, sizeof stem, "%.*s", (int)stem_of(file->name), file->name);
    s.numbered = checkpoint_series_step(stem, &s.step);
    return add(to, folder, file->name, &s, error);
}

/* A folder in the folder, where it holds a model and its name tells a step. */
static detinit_status add_below(checkpoint_series *to, const char *folder, const char *name,
                                detinit_error *error)
{
    char path[PATH_MAX], file[2 * NAME_MAX + 2];
    entries e;
    sighting s = {.numbered = true};
    if (!checkpoint_series_step(name, &s.step))
        return DETINIT_OK;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    detinit_status status = read_folder(path, &e, error);
    const entry *model = status == DETINIT_OK ? model_of(&e) : NULL;
    if (model != NULL) {
        s.inode = model->inode;
        s.bytes = model->bytes;
        s.modified = model->modified;
        if (is_index(model->name))
            add_up(&e, &s);
        snprintf(file, sizeof file, "%s/%s", name, model->name);
        status = add(to, folder, file, &s, error);
    }
    free(e.all);
    return status;
}

/* The folder as one checkpoint. */
static detinit_status add_whole(checkpoint_series *to, const char *path, const entries *e,
                                detinit_error *error)
{
    sighting s = {.numbered = false};
    add_up(e, &s);
    return add(to, path, "", &s, error);
}

static int compare(const void *a, const void *b)
{
    const sighting *x = a, *y = b;
    if (x->step != y->step)
        return x->step < y->step ? -1 : 1;
    return (x->modified > y->modified) - (x->modified < y->modified);
}

static void drop(sighting *s)
{
    free(s->path);
    free(s->name);
}

/* By steps; where any name tells one, without those that do not, and one of each step. */
static void put_in_order(checkpoint_series *s)
{
    bool numbered = false;
    size_t kept = 0;
    for (size_t n = 0; n < s->count; n++)
        numbered = numbered || s->all[n].numbered;
    if (s->count > 0)
        qsort(s->all, s->count, sizeof *s->all, compare);
    for (size_t n = 0; n < s->count; n++) {
        const bool last =
            n + 1 == s->count || s->all[n + 1].step != s->all[n].step || !s->all[n + 1].numbered;
        if (numbered && (!s->all[n].numbered || !last))
            drop(&s->all[n]);
        else
            s->all[kept++] = s->all[n];
    }
    s->count = kept;
}

static detinit_status look_into(const char *path, checkpoint_series *out, detinit_error *error)
{
    entries e;
    size_t plain = 0;
    bool numbered = false, whole = false;
    uint64_t step;
    detinit_status status = read_folder(path, &e, error);
    for (size_t n = 0; n < e.count && status == DETINIT_OK; n++) {
        const char *name = e.all[n].name;
        if (e.all[n].folder) {
            status = add_below(out, path, name, error);
            continue;
        }
        char stem[NAME_MAX + 1];
        snprintf(stem, sizeof stem, "%.*s", (int)stem_of(name), name);
        whole = whole || is_index(name) || is_shard(name);
        plain++;
        numbered = numbered || (!is_shard(name) && checkpoint_series_step(stem, &step));
    }
    numbered = numbered || out->count > 0;
    whole = !numbered && (whole || plain == 1);
    if (status == DETINIT_OK && whole)
        status = add_whole(out, path, &e, error);
    for (size_t n = 0; n < e.count && status == DETINIT_OK && !whole; n++)
        if (!e.all[n].folder && !is_index(e.all[n].name) && !is_shard(e.all[n].name))
            status = add_file(out, path, &e.all[n], error);
    put_in_order(out);
    free(e.all);
    return status;
}

/* ------------------------------------------------------------------ looking */

/* A file without an ending that tells: JSON is not taken for an index. */
static bool begins_as_one(const char *path)
{
    unsigned char first[FORMAT_FIRST];
    const int fd = retry_open(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    ssize_t count = -1;
    do
        count = fd >= 0 ? read(fd, first, sizeof first) : -1;
    while (fd >= 0 && retry_needed(count));
    if (fd >= 0)
        close(fd);
    if (count <= 0 || isspace(first[0]) || first[0] == '{')
        return false;
    return format_of_bytes(first, (size_t)count) != NULL ||
           (count > 2 && memcmp(first, "PK", 2) == 0);
}

bool checkpoint_series_is_at(const char *path)
{
    struct stat s;
    if (stat(path, &s) != 0)
        return false;
    return S_ISDIR(s.st_mode) || (S_ISREG(s.st_mode) && (stem_of(path) > 0 || begins_as_one(path)));
}

detinit_status checkpoint_series_look(const char *path, checkpoint_series *out,
                                      detinit_error *error)
{
    struct stat s;
    *out = (checkpoint_series){0};
    if (stat(path, &s) != 0)
        return errno == ENOENT ? DETINIT_OK
                               : error_set(error, DETINIT_IO, "cannot read '%.300s': %s", path,
                                           strerror(errno));
    out->there = true;
    out->folder = S_ISDIR(s.st_mode);
    if (out->folder)
        return look_into(path, out, error);
    const sighting file = {
        .inode = (uint64_t)s.st_ino, .bytes = (uint64_t)s.st_size, .modified = nanoseconds(&s)};
    return add(out, path, "", &file, error);
}

void checkpoint_series_free(checkpoint_series *series)
{
    for (size_t n = 0; n < series->count; n++)
        drop(&series->all[n]);
    free(series->all);
    *series = (checkpoint_series){0};
}
