#include "file/hdf5_walk.h"

#include "base/array.h"
#include "base/error.h"
#include "base/utf8.h"
#include "file/hdf5_links.h"
#include "file/hdf5_texts.h"

#include <stdlib.h>
#include <string.h>

/* Links of a file, at most, and bytes of names, shapes and texts: memory is bounded by both. */
#define LINKS_MOST   ((size_t)1 << 18)
#define LASTING_MOST ((size_t)96 << 20)

/* An object that is to be looked at, in the order in which they are found, so that a group has the
 * shortest path to it; or a soft link that is to be followed. */
typedef struct waiting {
    uint64_t address;
    const char *path;
    const char *target; /* of a soft link */
} waiting;

typedef struct waiting_list {
    size_t count, room;
    waiting *items; /* malloc'ed */
} waiting_list;

typedef struct walk {
    hdf5 *h;
    tensorlist *list;
    hdf5_sets *sets;
    waiting_list objects, soft; /* those of a group in the order of their names */
    const char *path;           /* of the object that is looked at */
    uint64_t *visited;          /* groups, by a hash of their addresses; 0: none; malloc'ed */
    size_t visited_count, visited_room;
    size_t links;
} walk;

static detinit_status no_memory(const walk *w, detinit_error *error)
{
    return input_no_memory(w->h->in->path, error);
}

/* ----------------------------------------------------------- lists that grow */

static detinit_status put_off(const walk *w, waiting_list *list, const waiting *item,
                              detinit_error *error)
{
    waiting *grown = array_grow(list->items, list->count, &list->room, sizeof *grown);
    if (grown == NULL)
        return no_memory(w, error);
    list->items = grown;
    list->items[list->count++] = *item;
    return DETINIT_OK;
}

/* The place of a group, or of none where it would be put. */
static size_t find_visited(const walk *w, uint64_t address)
{
    size_t at = (size_t)(address * 0x9E3779B97F4A7C15 >> 20) & (w->visited_room - 1);
    while (w->visited[at] != 0 && w->visited[at] != address)
        at = (at + 1) & (w->visited_room - 1);
    return at;
}

static detinit_status grow_visited(walk *w, detinit_error *error)
{
    const size_t before = w->visited_room;
    uint64_t *old = w->visited;
    w->visited_room = before == 0 ? 64 : 2 * before;
    w->visited = calloc(w->visited_room, sizeof *w->visited);
    if (w->visited == NULL) {
        free(old);
        return no_memory(w, error);
    }
    for (size_t n = 0; n < before; n++)
        if (old[n] != 0)
            w->visited[find_visited(w, old[n])] = old[n];
    free(old);
    return DETINIT_OK;
}

/* *again: the group was there before. */
static detinit_status visit(walk *w, uint64_t address, bool *again, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    if (2 * w->visited_count >= w->visited_room)
        status = grow_visited(w, error);
    if (status != DETINIT_OK)
        return status;
    uint64_t *place = &w->visited[find_visited(w, address)];
    *again = *place != 0;
    w->visited_count += *again ? 0 : 1;
    *place = address;
    return DETINIT_OK;
}

/* -------------------------------------------------------------- what is found */

static detinit_status leave_out(const walk *w, const char *path, const char *why,
                                detinit_error *error)
{
    text_pair *pair = tensorlist_add_left_out(w->list);
    if (pair == NULL)
        return no_memory(w, error);
    *pair = (text_pair){path, why};
    return DETINIT_OK;
}

static detinit_status add_set(walk *w, const hdf5_object *object, detinit_error *error)
{
    hdf5_sets *s = w->sets;
    hdf5_data data;
    detinit_tensor tensor;
    const char *why;
    detinit_status status =
        hdf5_data_read(w->h, object, &w->list->arena, &data, &tensor, &why, error);
    if (status != DETINIT_OK)
        return status;
    if (why != NULL)
        return leave_out(w, w->path, why, error);
    hdf5_data *grown = array_grow(s->sets, s->count, &s->room, sizeof *grown);
    if (grown == NULL)
        return no_memory(w, error);
    s->sets = grown;
    member *m = tensorlist_add(w->list);
    if (m == NULL)
        return no_memory(w, error);
    *m = (member){tensor, s->count};
    m->tensor.name = w->path;
    s->sets[s->count++] = data;
    return DETINIT_OK;
}

/* "PATH/NAME", or the name alone in the root. */
static const char *path_of(const walk *w, const char *name, char between)
{
    const size_t before = strlen(w->path), length = strlen(name);
    char *path = arena_new(&w->list->arena, before + length + 2);
    if (path == NULL)
        return NULL;
    memcpy(path, w->path, before);
    if (before > 0)
        path[before] = between;
    memcpy(path + before + (before > 0 ? 1 : 0), name, length);
    return path;
}

static detinit_status take_link(void *context, const hdf5_link *link, detinit_error *error)
{
    walk *w = context;
    arena *lasting = &w->list->arena;
    if (!utf8_is_text(link->name, strlen(link->name)))
        return error_set(error, DETINIT_INVALID, "'%.200s' has a name that is not UTF-8",
                         w->h->in->path);
    const waiting found = {.address = link->address,
                           .path = path_of(w, link->name, '/'),
                           .target = link->kind == HDF5_SOFT
                                         ? arena_text(lasting, link->target, strlen(link->target))
                                         : NULL};
    if (found.path == NULL || (link->kind == HDF5_SOFT && found.target == NULL) ||
        ++w->links > LINKS_MOST)
        return error_set(error, DETINIT_NO_MEMORY,
                         "'%.200s' has more than the %zu links, or longer paths, than are read",
                         w->h->in->path, LINKS_MOST);
    if (link->kind == HDF5_ELSEWHERE)
        return leave_out(w, found.path, "it is a link to another file, which is not opened", error);
    return put_off(w, link->kind == HDF5_SOFT ? &w->soft : &w->objects, &found, error);
}

static detinit_status take_text(void *context, const char *name, const char *text,
                                detinit_error *error)
{
    walk *w = context;
    const char *key = path_of(w, name, '@');
    const char *value = arena_text(&w->list->arena, text, strlen(text));
    text_pair *pair = key != NULL && value != NULL ? tensorlist_add_pair(w->list) : NULL;
    if (pair == NULL)
        return no_memory(w, error);
    *pair = (text_pair){key, value};
    return DETINIT_OK;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const waiting *)a)->path, ((const waiting *)b)->path);
}

static detinit_status look_into(walk *w, const hdf5_object *group, detinit_error *error)
{
    const size_t before = w->objects.count;
    detinit_status status = hdf5_texts_each(w->h, group, take_text, w, error);
    if (status == DETINIT_OK)
        status = hdf5_links_each(w->h, group, take_link, w, error);
    if (w->objects.count > before)
        qsort(w->objects.items + before, w->objects.count - before, sizeof *w->objects.items,
              by_path);
    return status;
}

static detinit_status look_at(walk *w, const waiting *what, detinit_error *error)
{
    hdf5_object object;
    bool again = false;
    w->path = what->path;
    detinit_status status = hdf5_object_read(w->h, what->address, &object, error);
    if (status != DETINIT_OK)
        return status;
    const bool group = hdf5_is_group(&object);
    if (!group && what->address == w->h->root)
        return hdf5_wrong(w->h, what->address, "a group was expected", error);
    if (!group && hdf5_object_find(&object, HDF5_LAYOUT) != NULL)
        return add_set(w, &object, error);
    if (!group)
        return DETINIT_OK; /* a type by a name */
    status = visit(w, what->address, &again, error);
    if (status == DETINIT_OK && again)
        return leave_out(w, what->path, "it is a group that is there by another path, too", error);
    return status == DETINIT_OK ? look_into(w, &object, error) : status;
}

/* ----------------------------------------------------------------- soft links */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const member *)a)->tensor.name, ((const member *)b)->tensor.name);
}

/* Where a link at `path` leads to, without dots and doubled slashes; NULL without memory. */
static const char *resolve(walk *w, const char *path, const char *target)
{
    const char *slash = strrchr(path, '/');
    const size_t base = target[0] == '/' || slash == NULL ? 0 : (size_t)(slash - path);
    char *out = hdf5_new(w->h, base + strlen(target) + 2);
    size_t length = base;
    if (out == NULL)
        return NULL;
    memcpy(out, path, base);
    while (*target != '\0') {
        const size_t part = strcspn(target, "/");
        if (part > 0 && !(part == 1 && target[0] == '.')) {
            if (length > 0)
                out[length++] = '/';
            memcpy(out + length, target, part);
            length += part;
        }
        target += part + (target[part] == '/' ? 1 : 0);
    }
    out[length] = '\0';
    return out;
}

/* The tensor that a soft link leads to, also by others; *found NULL: none. `known` are those that
 * hard links lead to. */
static detinit_status follow(walk *w, const waiting *link, size_t known, const member **found,
                             detinit_error *error)
{
    enum { TURNS_MOST = 16 };
    *found = NULL;
    for (unsigned turn = 0; link != NULL && *found == NULL && turn < TURNS_MOST; turn++) {
        const waiting next = {.path = resolve(w, link->path, link->target)};
        const member wanted = {.tensor = {.name = next.path}};
        if (next.path == NULL)
            return hdf5_no_memory(w->h, error);
        if (known > 0)
            *found = bsearch(&wanted, w->list->members, known, sizeof wanted, by_name);
        link = bsearch(&next, w->soft.items, w->soft.count, sizeof next, by_path);
    }
    return DETINIT_OK;
}

static detinit_status follow_all(walk *w, detinit_error *error)
{
    const size_t known = w->list->count;
    detinit_status status = DETINIT_OK;
    if (w->soft.count > 0)
        qsort(w->soft.items, w->soft.count, sizeof *w->soft.items, by_path);
    for (size_t n = 0; n < w->soft.count && status == DETINIT_OK; n++) {
        const member *found;
        status = follow(w, &w->soft.items[n], known, &found, error);
        if (status != DETINIT_OK)
            return status;
        const member copy = found != NULL ? *found : (member){.where = 0};
        member *m = found != NULL ? tensorlist_add(w->list) : NULL;
        if (found == NULL)
            status = leave_out(w, w->soft.items[n].path,
                               "it is a soft link, and leads to no tensor here", error);
        else if (m == NULL)
            return no_memory(w, error);
        else {
            *m = copy;
            m->tensor.name = w->soft.items[n].path;
        }
        arena_free(&w->h->blocks);
    }
    return status;
}

/* ------------------------------------------------------------------ the whole */

static detinit_status walk_all(walk *w, detinit_error *error)
{
    const waiting root = {.address = w->h->root, .path = ""};
    detinit_status status = put_off(w, &w->objects, &root, error);
    for (size_t n = 0; n < w->objects.count && status == DETINIT_OK; n++) {
        const waiting next = w->objects.items[n];
        status = look_at(w, &next, error);
        arena_free(&w->h->blocks);
    }
    if (status != DETINIT_OK)
        return status;
    if (w->list->count > 0)
        qsort(w->list->members, w->list->count, sizeof *w->list->members, by_name);
    status = follow_all(w, error);
    if (w->list->count > 0 && w->soft.count > 0)
        qsort(w->list->members, w->list->count, sizeof *w->list->members, by_name);
    return status;
}

detinit_status hdf5_walk(hdf5 *h, tensorlist *list, hdf5_sets *sets, detinit_error *error)
{
    walk w = {.h = h, .list = list, .sets = sets};
    list->arena.most = LASTING_MOST;
    detinit_status status = walk_all(&w, error);
    free(w.objects.items);
    free(w.soft.items);
    free(w.visited);
    return status;
}
