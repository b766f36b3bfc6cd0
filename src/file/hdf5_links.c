#include "file/hdf5_links.h"

#include "base/error.h"
#include "file/hdf5_dense.h"
#include "file/hdf5_heap.h"

#include <string.h>

/* What goes on while links are given away. */
typedef struct giving {
    hdf5 *h;
    hdf5_bytes names; /* of an old group */
    hdf5_take_link *take;
    void *context;
} giving;

bool hdf5_is_group(const hdf5_object *object)
{
    return hdf5_object_find(object, HDF5_SYMBOLS) != NULL ||
           hdf5_object_find(object, HDF5_LINK_INFO) != NULL ||
           hdf5_object_find(object, HDF5_LINK) != NULL;
}

/* -------------------------------------------------------------- old groups */

static detinit_status take_symbol(giving *g, hdf5_bytes b, detinit_error *error)
{
    enum { IS_SOFT = 2 };
    const uint64_t where = b.where;
    hdf5_link link = {.name = hdf5_local_text(&g->names, hdf5_length(g->h, &b))};
    link.address = hdf5_address(g->h, &b);
    const unsigned cached = (unsigned)hdf5_number(&b, 4);
    hdf5_take(&b, 4);
    if (cached == IS_SOFT) {
        link.kind = HDF5_SOFT;
        link.target = hdf5_local_text(&g->names, hdf5_number(&b, 4));
    }
    if (link.name == NULL || (link.kind == HDF5_SOFT && link.target == NULL))
        return hdf5_wrong(g->h, where, "a link whose name is in the heap was expected", error);
    return g->take(g->context, &link, error);
}

static detinit_status take_symbols(void *context, hdf5_bytes entry, detinit_error *error)
{
    static const char *const what = "a node of links";
    giving *g = context;
    const uint64_t size = 2 * (uint64_t)g->h->address_bytes + 24;
    hdf5_bytes b;
    hdf5_take(&entry, g->h->length_bytes);
    const uint64_t address = hdf5_address(g->h, &entry);
    detinit_status status = hdf5_signed_block(g->h, address, 8, "SNOD", what, &b, error);
    if (status != DETINIT_OK)
        return status;
    hdf5_take(&b, 2);
    uint64_t count = hdf5_number(&b, 2);
    status = hdf5_block(g->h, address + 8, count * size, what, &b, error);
    for (; count > 0 && status == DETINIT_OK; count--)
        status = take_symbol(g, hdf5_part(&b, size), error);
    return status;
}

static detinit_status each_symbol(giving *g, hdf5_bytes b, detinit_error *error)
{
    const uint64_t tree = hdf5_address(g->h, &b), heap = hdf5_address(g->h, &b);
    detinit_status status = hdf5_local_heap(g->h, heap, &g->names, error);
    return status == DETINIT_OK ? hdf5_old_tree_each(g->h, tree, HDF5_TREE_OF_SYMBOLS,
                                                     g->h->length_bytes, take_symbols, g, error)
                                : status;
}

/* -------------------------------------------------------------- new groups */

/* A copy with a NUL behind it; NULL where there is one within, or, and then *full, without memory.
 */
static const char *text_of(hdf5 *h, hdf5_bytes b, bool *full)
{
    if (b.over || (b.left > 0 && memchr(b.at, 0, b.left) != NULL))
        return NULL;
    char *copy = hdf5_new(h, (uint64_t)b.left + 1);
    *full = *full || copy == NULL;
    return copy == NULL || b.left == 0 ? copy : memcpy(copy, b.at, b.left);
}

static detinit_status take_link(void *context, hdf5_bytes b, detinit_error *error)
{
    giving *g = context;
    enum { HAS_KIND = 8, HAS_ORDER = 4, HAS_CHARSET = 0x10, WIDTH = 3 };
    const uint64_t where = b.where, version = hdf5_number(&b, 1);
    const unsigned flags = (unsigned)hdf5_number(&b, 1);
    const uint64_t kind = (flags & HAS_KIND) != 0 ? hdf5_number(&b, 1) : 0;
    hdf5_take(&b, ((flags & HAS_ORDER) != 0 ? 8u : 0) + ((flags & HAS_CHARSET) != 0 ? 1u : 0));
    hdf5_link link = {.kind = kind < HDF5_ELSEWHERE ? (hdf5_link_kind)kind : HDF5_ELSEWHERE};
    const uint64_t length = hdf5_number(&b, 1u << (flags & WIDTH));
    bool full = false;
    link.name = text_of(g->h, hdf5_part(&b, length), &full);
    if (link.kind == HDF5_HARD)
        link.address = hdf5_address(g->h, &b);
    else if (link.kind == HDF5_SOFT)
        link.target = text_of(g->h, hdf5_part(&b, hdf5_number(&b, 2)), &full);
    if (full)
        return hdf5_no_memory(g->h, error);
    if (version != 1 || b.over || link.name == NULL ||
        (link.kind == HDF5_SOFT && link.target == NULL))
        return hdf5_wrong(g->h, where, "a whole link was expected", error);
    return g->take(g->context, &link, error);
}

detinit_status hdf5_links_each(hdf5 *h, const hdf5_object *group, hdf5_take_link *take,
                               void *context, detinit_error *error)
{
    giving g = {.h = h, .take = take, .context = context};
    detinit_status status = DETINIT_OK;
    for (size_t n = 0; n < group->count && status == DETINIT_OK; n++) {
        const hdf5_message *m = &group->messages[n];
        if (m->kind == HDF5_SYMBOLS)
            status = each_symbol(&g, m->body, error);
        else if (m->kind == HDF5_LINK)
            status = take_link(&g, m->body, error);
        else if (m->kind == HDF5_LINK_INFO)
            status = hdf5_dense_each(h, HDF5_DENSE_LINKS, m->body, take_link, &g, error);
    }
    return status;
}
