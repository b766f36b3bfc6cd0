#include "file/hdf5_dense.h"

#include "file/hdf5_heap.h"

/* What differs between the two. */
typedef struct dense_row {
    unsigned by_name[2];  /* type of the tree's records */
    unsigned order_bytes; /* of the greatest order of creation, where the message has one */
    unsigned hash_bytes;  /* before the id in a record */
    bool skips_huge;      /* too large for the heap's blocks: no link is, and no text asked for,
                             which where it is long lies in the global heap */
} dense_row;

static const dense_row rows[] = {
    [HDF5_DENSE_LINKS] = {.by_name = {5, 5}, .order_bytes = 8, .hash_bytes = 4},
    [HDF5_DENSE_ATTRIBUTES] = {.by_name = {8, 8}, .order_bytes = 2, .skips_huge = true},
};

typedef struct giving {
    const hdf5 *h;
    const dense_row *row;
    hdf5_fractal heap;
    hdf5_take_record *take;
    void *context;
} giving;

static detinit_status take_id(void *context, hdf5_bytes record, detinit_error *error)
{
    giving *g = context;
    hdf5_bytes object;
    hdf5_take(&record, g->row->hash_bytes);
    const hdf5_bytes id = hdf5_part(&record, g->heap.id_bytes);
    if (g->row->skips_huge && hdf5_fractal_is_huge(id))
        return DETINIT_OK;
    detinit_status status = hdf5_fractal_object(g->h, &g->heap, id, &object, error);
    return status == DETINIT_OK ? g->take(g->context, object, error) : status;
}

detinit_status hdf5_dense_each(hdf5 *h, hdf5_dense_kind kind, hdf5_bytes info,
                               hdf5_take_record *take, void *context, detinit_error *error)
{
    enum { HAS_ORDER = 1 };
    giving g = {.h = h, .row = &rows[kind], .take = take, .context = context};
    hdf5_take(&info, 1);
    const unsigned flags = (unsigned)hdf5_number(&info, 1);
    hdf5_take(&info, (flags & HAS_ORDER) != 0 ? g.row->order_bytes : 0);
    const uint64_t heap = hdf5_address(h, &info), tree = hdf5_address(h, &info);
    if (heap == HDF5_NOWHERE)
        return DETINIT_OK;
    detinit_status status = hdf5_fractal_open(h, heap, &g.heap, error);
    return status == DETINIT_OK ? hdf5_tree_each(h, tree, g.row->by_name, take_id, &g, error)
                                : status;
}
