#include "file/hdf5_heap.h"

#include "base/error.h"

#include <string.h>

/* -------------------------------------------------------------- local heaps */

detinit_status hdf5_local_heap(hdf5 *h, uint64_t address, hdf5_bytes *out, detinit_error *error)
{
    static const char *const what = "a heap of names";
    hdf5_bytes b;
    const uint64_t head = 8 + 2 * (uint64_t)h->length_bytes + h->address_bytes;
    detinit_status status = hdf5_signed_block(h, address, head, "HEAP", what, &b, error);
    if (status != DETINIT_OK)
        return status;
    hdf5_take(&b, 4);
    const uint64_t size = hdf5_length(h, &b);
    hdf5_length(h, &b);
    return hdf5_block(h, hdf5_address(h, &b), size, what, out, error);
}

const char *hdf5_local_text(const hdf5_bytes *heap, uint64_t place)
{
    if (place >= heap->left || memchr(heap->at + place, 0, heap->left - (size_t)place) == NULL)
        return NULL;
    return (const char *)heap->at + place;
}

/* ------------------------------------------------------------- global heaps */

struct hdf5_collection {
    uint64_t address;
    hdf5_bytes objects;
    hdf5_collection *next;
};

/* Keeps a copy in h->shared, where it fits; what was there goes where there is no room beside it.
 */
static void share(hdf5 *h, uint64_t address, hdf5_bytes *objects)
{
    if (h->shared.given + sizeof(hdf5_collection) + objects->left > h->shared.most / 2) {
        arena_free(&h->shared);
        h->collections = NULL;
    }
    hdf5_collection *c = arena_new(&h->shared, sizeof *c);
    unsigned char *copy = c != NULL ? arena_new(&h->shared, objects->left + 1) : NULL;
    if (copy == NULL)
        return;
    objects->at = memcpy(copy, objects->at, objects->left);
    *c = (hdf5_collection){address, *objects, h->collections};
    h->collections = c;
}

static detinit_status read_collection(hdf5 *h, uint64_t address, hdf5_bytes *objects,
                                      detinit_error *error)
{
    static const char *const what = "a heap of texts";
    hdf5_bytes b;
    const uint64_t head = 8 + (uint64_t)h->length_bytes;
    detinit_status status = hdf5_signed_block(h, address, head, "GCOL", what, &b, error);
    if (status != DETINIT_OK)
        return status;
    hdf5_take(&b, 4);
    const uint64_t size = hdf5_length(h, &b);
    if (size < head)
        return hdf5_wrong(h, address, "a heap of more bytes was expected", error);
    return hdf5_block(h, address + head, size - head, what, objects, error);
}

/* The objects of the collection at an address. The one that is asked for comes first next time. */
static detinit_status find_collection(hdf5 *h, uint64_t address, hdf5_bytes *objects,
                                      detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    for (hdf5_collection **at = &h->collections; *at != NULL; at = &(*at)->next) {
        hdf5_collection *const c = *at;
        status = hdf5_spend(h, 1, error);
        if (status != DETINIT_OK)
            return status;
        if (c->address != address)
            continue;
        *at = c->next;
        c->next = h->collections;
        h->collections = c;
        *objects = c->objects;
        return DETINIT_OK;
    }
    status = read_collection(h, address, objects, error);
    if (status == DETINIT_OK)
        share(h, address, objects);
    return status;
}

detinit_status hdf5_global_object(hdf5 *h, uint64_t address, uint64_t index, hdf5_bytes *out,
                                  detinit_error *error)
{
    const uint64_t head = 8 + (uint64_t)h->length_bytes;
    hdf5_bytes b;
    detinit_status status = find_collection(h, address, &b, error);
    *out = (hdf5_bytes){.over = true};
    while (status == DETINIT_OK && out->over && b.left >= head) {
        const uint64_t found = hdf5_number(&b, 2);
        hdf5_take(&b, 6);
        const uint64_t bytes = hdf5_length(h, &b), padding = (8 - bytes % 8) % 8;
        if (found == 0)
            break; /* free space, to the end */
        const hdf5_bytes object = hdf5_part(&b, bytes);
        hdf5_take(&b, padding < b.left ? padding : b.left);
        if (object.over)
            break;
        if (found == index)
            *out = object;
        status = hdf5_spend(h, 1, error);
    }
    if (status == DETINIT_OK && out->over)
        return hdf5_wrong(h, address, "a heap with the text that is asked for was expected", error);
    return status;
}

/* ------------------------------------------------------------ fractal heaps */

static unsigned log2_of(uint64_t value)
{
    return value == 0 ? 0 : 63 - (unsigned)__builtin_clzll(value);
}

static bool is_power(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static uint64_t head_bytes(const hdf5 *h)
{
    return 22 + 3 * (uint64_t)h->address_bytes + 12 * (uint64_t)h->length_bytes + 4;
}

static detinit_status add_block(hdf5 *h, hdf5_fractal *f, uint64_t start, uint64_t address,
                                uint64_t size, detinit_error *error)
{
    if (f->count == f->room) {
        const size_t room = f->room == 0 ? 8 : 2 * f->room;
        hdf5_heap_block *grown = hdf5_new(h, room * sizeof *grown);
        if (grown == NULL)
            return hdf5_no_memory(h, error);
        if (f->count > 0)
            memcpy(grown, f->blocks, f->count * sizeof *grown);
        f->blocks = grown;
        f->room = room;
    }
    hdf5_heap_block *block = &f->blocks[f->count++];
    block->start = start;
    detinit_status status =
        hdf5_signed_block(h, address, size, "FHDB", "a block of a heap", &block->bytes, error);
    if (status != DETINIT_OK)
        return status;
    block->bytes.at -= 4; /* places count from its first byte on */
    block->bytes.left += 4;
    return DETINIT_OK;
}

/* The blocks that a table at `address` tells of, from place `start` of the heap on. */
static detinit_status add_table(hdf5 *h, hdf5_fractal *f, uint64_t start, uint64_t address,
                                unsigned rows, detinit_error *error)
{
    const uint64_t head = 1 + (uint64_t)h->address_bytes + f->offset_bytes;
    const uint64_t first = f->width * f->start;
    hdf5_bytes b;
    detinit_status status =
        hdf5_summed_block(h, address, 4 + head + (uint64_t)rows * f->width * h->address_bytes + 4,
                          "FHIB", "a table of a heap's blocks", &b, error);
    if (status != DETINIT_OK)
        return status;
    hdf5_take(&b, head);
    for (unsigned n = 0; n < rows * f->width && status == DETINIT_OK; n++) {
        const unsigned row = n / f->width;
        const uint64_t size = f->start << (row == 0 ? 0 : row - 1);
        const uint64_t child = hdf5_address(h, &b);
        if (child != HDF5_NOWHERE && size <= f->largest)
            status = add_block(h, f, start, child, size, error);
        else if (child != HDF5_NOWHERE && size < first)
            status = hdf5_wrong(h, address, "a heap of larger blocks was expected", error);
        else if (child != HDF5_NOWHERE)
            status = add_table(h, f, start, child, log2_of(size) - log2_of(first) + 1, error);
        start += size;
    }
    return status;
}

/* What stands between the sizes of objects and the table of blocks is not needed. */
static void take_fields(const hdf5 *h, hdf5_fractal *f, hdf5_bytes *b, unsigned *filters)
{
    hdf5_take(b, 1);
    f->id_bytes = (unsigned)hdf5_number(b, 2);
    *filters = (unsigned)hdf5_number(b, 2);
    hdf5_take(b, 1);
    const uint64_t object_most = hdf5_number(b, 4);
    hdf5_take(b, 2 * h->address_bytes + 10 * h->length_bytes);
    f->width = (unsigned)hdf5_number(b, 2);
    f->start = hdf5_length(h, b);
    f->largest = hdf5_length(h, b);
    f->offset_bytes = ((unsigned)hdf5_number(b, 2) + 7) / 8;
    hdf5_take(b, 2);
    const unsigned of_block = hdf5_bytes_for(f->largest), of_object = hdf5_bytes_for(object_most);
    f->size_bytes = of_block < of_object ? of_block : of_object;
}

detinit_status hdf5_fractal_open(hdf5 *h, uint64_t address, hdf5_fractal *out, detinit_error *error)
{
    enum { ROWS_MOST = 40 };
    hdf5_bytes b;
    unsigned filters;
    *out = (hdf5_fractal){.address = address};
    detinit_status status =
        hdf5_summed_block(h, address, head_bytes(h), "FRHP", "a heap", &b, error);
    if (status != DETINIT_OK)
        return status;
    take_fields(h, out, &b, &filters);
    const uint64_t root = hdf5_address(h, &b);
    const unsigned rows = (unsigned)hdf5_number(&b, 2);
    if (filters != 0)
        return hdf5_wrong(h, address, "a heap without filters was expected", error);
    if (b.over || !is_power(out->width) || out->width > 1024 || !is_power(out->start) ||
        !is_power(out->largest) || out->largest < out->start || out->largest > UINT32_MAX ||
        out->start < 64 || out->offset_bytes == 0 || out->offset_bytes > 8 || rows > ROWS_MOST ||
        out->id_bytes < 1 + out->offset_bytes + out->size_bytes)
        return hdf5_wrong(h, address, "the header of a heap is damaged", error);
    if (root == HDF5_NOWHERE)
        return DETINIT_OK;
    return rows == 0 ? add_block(h, out, 0, root, out->start, error)
                     : add_table(h, out, 0, root, rows, error);
}

/* The block that holds a place, or NULL. */
static const hdf5_heap_block *find_block(const hdf5_fractal *f, uint64_t place)
{
    size_t low = 0, high = f->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (f->blocks[middle].start <= place)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &f->blocks[low - 1] : NULL;
}

static void take_managed(const hdf5_fractal *f, hdf5_bytes id, hdf5_bytes *out)
{
    const uint64_t place = hdf5_number(&id, f->offset_bytes);
    const uint64_t size = hdf5_number(&id, f->size_bytes);
    const hdf5_heap_block *block = find_block(f, place);
    *out = (hdf5_bytes){.over = true};
    if (block == NULL || id.over)
        return;
    hdf5_bytes b = block->bytes;
    hdf5_take(&b, place - block->start);
    *out = hdf5_part(&b, size);
    out->over = b.over;
}

enum { HEAP_MANAGED = 0, HEAP_HUGE = 1, HEAP_TINY = 2 };

bool hdf5_fractal_is_huge(hdf5_bytes id)
{
    return (hdf5_number(&id, 1) >> 4 & 3) == HEAP_HUGE;
}

detinit_status hdf5_fractal_object(const hdf5 *h, const hdf5_fractal *f, hdf5_bytes id,
                                   hdf5_bytes *out, detinit_error *error)
{
    enum { LONG_TINY = 18 }; /* of names of so many bytes, lengths take another one */
    const unsigned first = (unsigned)hdf5_number(&id, 1), type = first >> 4 & 3;
    *out = (hdf5_bytes){.over = true};
    if (type == HEAP_MANAGED)
        take_managed(f, id, out);
    else if (type == HEAP_TINY && f->id_bytes < LONG_TINY)
        *out = hdf5_part(&id, (first & 15) + 1);
    return out->over
               ? hdf5_wrong(h, f->address, "a heap with what is asked for was expected", error)
               : DETINIT_OK;
}
