#include "file/hdf5_tree.h"

#include "base/error.h"

#include <string.h>

/* Levels of a tree, at most: each has many times as many entries as the one above it. */
#define LEVELS_MOST 64

/* ------------------------------------------------------------------- version 1 */

/* A tree as it is gone through. */
typedef struct old_tree {
    hdf5_old_tree kind;
    uint64_t key; /* bytes */
    hdf5_take_record *take;
    void *context;
} old_tree;

/* A node; *level gets how far it is from the leaves. */
static detinit_status read_node(hdf5 *h, const old_tree *t, uint64_t address, unsigned *level,
                                uint64_t *count, hdf5_bytes *out, detinit_error *error)
{
    static const char *const what = "a node of a tree";
    const uint64_t head = 8 + 2 * (uint64_t)h->address_bytes;
    hdf5_bytes b;
    detinit_status status = hdf5_signed_block(h, address, head, "TREE", what, &b, error);
    if (status != DETINIT_OK)
        return status;
    if (hdf5_number(&b, 1) != t->kind)
        return hdf5_wrong(h, address, "a tree of another kind was expected", error);
    *level = (unsigned)hdf5_number(&b, 1);
    *count = hdf5_number(&b, 2);
    return hdf5_block(h, address + head, *count * (t->key + h->address_bytes), what, out, error);
}

static detinit_status each_old(hdf5 *h, const old_tree *t, uint64_t address, unsigned above,
                               detinit_error *error)
{
    unsigned level = 0;
    uint64_t count = 0;
    hdf5_bytes b;
    detinit_status status = read_node(h, t, address, &level, &count, &b, error);
    if (status == DETINIT_OK && (level >= above || level > LEVELS_MOST))
        return hdf5_wrong(h, address, "a tree whose levels go down was expected", error);
    for (; count > 0 && status == DETINIT_OK; count--) {
        hdf5_bytes entry = hdf5_part(&b, t->key + h->address_bytes), child = entry;
        hdf5_take(&child, t->key);
        status = level == 0 ? t->take(t->context, entry, error)
                            : each_old(h, t, hdf5_address(h, &child), level, error);
    }
    return status;
}

detinit_status hdf5_old_tree_each(hdf5 *h, uint64_t address, hdf5_old_tree kind, uint64_t key,
                                  hdf5_take_record *take, void *context, detinit_error *error)
{
    const old_tree t = {kind, key, take, context};
    return each_old(h, &t, address, LEVELS_MOST + 2, error);
}

/* ------------------------------------------------------------------- version 2 */

typedef struct tree {
    unsigned type;
    uint64_t node, record;             /* bytes */
    unsigned count_bytes;              /* of the number of records of a node */
    unsigned total_bytes[LEVELS_MOST]; /* of those of all nodes below one of this level */
    hdf5_take_record *take;
    void *context;
} tree;

/* What a node has beside records: letters, version, type, checksum. */
#define NODE_HEAD  6
#define NODE_LEAST (NODE_HEAD + 4)

/* How wide the counts of each level are: they follow from how many records a node can have. */
static bool measure(const hdf5 *h, tree *t, unsigned depth)
{
    uint64_t most = (t->node - NODE_LEAST) / t->record, total = most;
    t->count_bytes = hdf5_bytes_for(most);
    t->total_bytes[0] = 0;
    for (unsigned level = 1; level <= depth; level++) {
        const uint64_t pointer = h->address_bytes + t->count_bytes + t->total_bytes[level - 1];
        if (t->node < NODE_LEAST + pointer)
            return false;
        most = (t->node - NODE_LEAST - pointer) / (t->record + pointer);
        if (__builtin_mul_overflow(most + 1, total, &total) ||
            __builtin_add_overflow(most, total, &total))
            return false;
        t->total_bytes[level] = hdf5_bytes_for(total);
    }
    return true;
}

static detinit_status each(hdf5 *h, const tree *t, uint64_t address, uint64_t count, unsigned level,
                           detinit_error *error)
{
    static const char *const what = "a node of a tree";
    const unsigned below = level > 0 ? t->total_bytes[level - 1] : 0;
    const uint64_t pointer = level > 0 ? h->address_bytes + t->count_bytes + below : 0;
    hdf5_bytes b;
    detinit_status status =
        hdf5_summed_block(h, address, NODE_LEAST + count * (t->record + pointer) + pointer,
                          level > 0 ? "BTIN" : "BTLF", what, &b, error);
    if (status != DETINIT_OK)
        return status;
    hdf5_take(&b, 2);
    hdf5_bytes records = hdf5_part(&b, count * t->record);
    for (uint64_t n = 0; n <= count && status == DETINIT_OK; n++) {
        if (level > 0) {
            const uint64_t child = hdf5_address(h, &b), has = hdf5_number(&b, t->count_bytes);
            hdf5_take(&b, below);
            status = each(h, t, child, has, level - 1, error);
        }
        if (n < count && status == DETINIT_OK)
            status = t->take(t->context, hdf5_part(&records, t->record), error);
    }
    return status;
}

detinit_status hdf5_tree_each(hdf5 *h, uint64_t address, const unsigned types[2],
                              hdf5_take_record *take, void *context, detinit_error *error)
{
    tree t = {.take = take, .context = context};
    hdf5_bytes b;
    detinit_status status = hdf5_summed_block(
        h, address, 22 + (uint64_t)h->address_bytes + h->length_bytes, "BTHD", "a tree", &b, error);
    if (status != DETINIT_OK)
        return status;
    hdf5_take(&b, 1);
    t.type = (unsigned)hdf5_number(&b, 1);
    t.node = hdf5_number(&b, 4);
    t.record = hdf5_number(&b, 2);
    const unsigned depth = (unsigned)hdf5_number(&b, 2);
    hdf5_take(&b, 2);
    const uint64_t root = hdf5_address(h, &b), count = hdf5_number(&b, 2);
    if (b.over || (t.type != types[0] && t.type != types[1]) || t.record == 0 ||
        t.node < NODE_LEAST || depth >= LEVELS_MOST || !measure(h, &t, depth))
        return hdf5_wrong(h, address, "the header of a tree is damaged", error);
    return root == HDF5_NOWHERE ? DETINIT_OK : each(h, &t, root, count, depth, error);
}
