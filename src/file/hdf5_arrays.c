#include "file/hdf5_arrays.h"

#include "base/error.h"

/* What both kinds have: elements of so many bytes, in pages where a block has more than one. */
typedef struct array {
    uint64_t address;   /* of its header */
    unsigned element;   /* bytes */
    unsigned page_bits; /* a page has 2^page_bits elements */
    hdf5_take_element *take;
    void *context;
} array;

/* Elements from number `index` on, one behind the other. */
static detinit_status take_elements(const array *a, uint64_t index, uint64_t count, hdf5_bytes b,
                                    detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    for (; count > 0 && b.left >= a->element && status == DETINIT_OK; count--)
        status = a->take(a->context, index++, hdf5_part(&b, a->element), error);
    return status;
}

/* Whether a bit is set, the highest of a byte first. */
static bool bit_is_set(hdf5_bytes bits, uint64_t index)
{
    return index / 8 < bits.left && (bits.at[index / 8] & 0x80 >> index % 8) != 0;
}

/* Pages, of `count` elements in all, from `at` on in the file; those whose bit is set, from bit
 * `first` on. */
static detinit_status take_pages(hdf5 *h, const array *a, uint64_t at, uint64_t index,
                                 uint64_t count, hdf5_bytes bits, uint64_t first,
                                 detinit_error *error)
{
    const uint64_t whole = (uint64_t)1 << a->page_bits;
    detinit_status status = DETINIT_OK;
    for (uint64_t page = 0; count > 0 && (first + page) / 8 < bits.left && status == DETINIT_OK;
         page++) {
        const uint64_t part = count < whole ? count : whole;
        const uint64_t size = part * a->element + 4;
        hdf5_bytes b;
        if (bit_is_set(bits, first + page)) {
            status = hdf5_block(h, at, size, "a page of an array", &b, error);
            if (status == DETINIT_OK && !hdf5_sum_holds(b.at, b.left))
                return hdf5_wrong(
                    h, at, "the checksum of a page is not the one that it should have", error);
            if (status == DETINIT_OK)
                status = take_elements(a, index, part, b, error);
        }
        at += size;
        index += part;
        count -= part;
    }
    return status;
}

static detinit_status damaged(const hdf5 *h, const array *a, detinit_error *error)
{
    return hdf5_wrong(h, a->address, "the header of an array of chunks is damaged", error);
}

/* ------------------------------------------------------------- of fixed size */

detinit_status hdf5_fixed_array_each(hdf5 *h, uint64_t address, hdf5_take_element *take,
                                     void *context, detinit_error *error)
{
    static const char *const what = "an array of chunks";
    array a = {.address = address, .take = take, .context = context};
    hdf5_bytes b, bits;
    detinit_status status = hdf5_summed_block(
        h, address, 12 + (uint64_t)h->length_bytes + h->address_bytes, "FAHD", what, &b, error);
    if (status != DETINIT_OK)
        return status;
    hdf5_take(&b, 2);
    a.element = (unsigned)hdf5_number(&b, 1);
    a.page_bits = (unsigned)hdf5_number(&b, 1);
    const uint64_t count = hdf5_length(h, &b), block = hdf5_address(h, &b);
    if (b.over || a.element == 0 || a.page_bits > 31 || count > h->in->size)
        return damaged(h, &a, error);
    if (block == HDF5_NOWHERE)
        return DETINIT_OK;
    const uint64_t head = 6 + (uint64_t)h->address_bytes, pages = ((count - 1) >> a.page_bits) + 1;
    const bool paged = count > (uint64_t)1 << a.page_bits;
    const uint64_t size = head + (paged ? (pages + 7) / 8 : count * a.element) + 4;
    status = hdf5_summed_block(h, block, size, "FADB", what, &b, error);
    if (status != DETINIT_OK)
        return status;
    hdf5_take(&b, head - 4);
    bits = b;
    return paged ? take_pages(h, &a, block + size, 0, count, bits, 0, error)
                 : take_elements(&a, 0, count, b, error);
}

/* --------------------------------------------------------------- that grow */

/* Blocks of data belong to superblocks, of which each second one has more of them, and each other
 * one larger ones.  The smallest are those of the index itself. */
typedef struct growing {
    array a;
    hdf5 *h;
    uint64_t in_index;    /* elements in the index block */
    uint64_t least;       /* elements of the smallest block of data */
    unsigned direct;      /* superblocks whose blocks the index block tells of */
    unsigned superblocks; /* in all */
    unsigned place_bytes; /* of the place of a block in the array */
    uint64_t next;        /* the first element of the next block */
} growing;

/* A block of data; `bits`, from bit `first` on, tell which of its pages are there. */
static detinit_status take_block(growing *g, uint64_t address, uint64_t count, hdf5_bytes bits,
                                 uint64_t first, detinit_error *error)
{
    const uint64_t index = g->next, head = 6 + (uint64_t)g->h->address_bytes + g->place_bytes;
    const bool paged = count > (uint64_t)1 << g->a.page_bits;
    const uint64_t size = head + (paged ? 0 : count * g->a.element) + 4;
    hdf5_bytes b;
    g->next += count;
    if (address == HDF5_NOWHERE)
        return DETINIT_OK;
    detinit_status status =
        hdf5_summed_block(g->h, address, size, "EADB", "a block of an array", &b, error);
    if (status != DETINIT_OK)
        return status;
    hdf5_take(&b, head - 4);
    return paged ? take_pages(g->h, &g->a, address + size, index, count, bits, first, error)
                 : take_elements(&g->a, index, count, b, error);
}

static uint64_t blocks_of(unsigned superblock)
{
    return (uint64_t)1 << superblock / 2;
}

static uint64_t block_elements(const growing *g, unsigned superblock)
{
    return g->least << (superblock + 1) / 2;
}

static detinit_status take_superblock(growing *g, uint64_t address, unsigned number,
                                      detinit_error *error)
{
    const uint64_t blocks = blocks_of(number), count = block_elements(g, number);
    const uint64_t pages = count >> g->a.page_bits;
    const uint64_t head = 2 + (uint64_t)g->h->address_bytes + g->place_bytes;
    const uint64_t bitmap = pages > 1 ? blocks * ((pages + 7) / 8) : 0;
    hdf5_bytes b;
    if (address == HDF5_NOWHERE) {
        g->next += blocks * count;
        return DETINIT_OK;
    }
    detinit_status status =
        hdf5_summed_block(g->h, address, 4 + head + bitmap + blocks * g->h->address_bytes + 4,
                          "EASB", "a superblock of an array", &b, error);
    if (status != DETINIT_OK)
        return status;
    hdf5_take(&b, head);
    const hdf5_bytes bits = hdf5_part(&b, bitmap);
    for (uint64_t n = 0; n < blocks && status == DETINIT_OK; n++)
        status = take_block(g, hdf5_address(g->h, &b), count, bits, n * pages, error);
    return status;
}

static detinit_status take_index(growing *g, uint64_t address, detinit_error *error)
{
    hdf5 *h = g->h;
    uint64_t blocks = 0;
    hdf5_bytes b;
    for (unsigned n = 0; n < g->direct; n++)
        blocks += blocks_of(n);
    const uint64_t addresses = blocks + g->superblocks - g->direct;
    const uint64_t head = 2 + (uint64_t)h->address_bytes;
    detinit_status status = hdf5_summed_block(
        h, address, 4 + head + g->in_index * g->a.element + addresses * h->address_bytes + 4,
        "EAIB", "the index of an array", &b, error);
    if (status != DETINIT_OK)
        return status;
    hdf5_take(&b, head);
    status = take_elements(&g->a, 0, g->in_index, hdf5_part(&b, g->in_index * g->a.element), error);
    g->next = g->in_index;
    for (unsigned n = 0; n < g->superblocks && status == DETINIT_OK; n++)
        for (uint64_t k = 0; k < (n < g->direct ? blocks_of(n) : 1) && status == DETINIT_OK; k++) {
            const uint64_t child = hdf5_address(h, &b);
            status = n < g->direct ? take_block(g, child, block_elements(g, n),
                                                (hdf5_bytes){.left = 0}, 0, error)
                                   : take_superblock(g, child, n, error);
        }
    return status;
}

static bool is_power(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

detinit_status hdf5_growing_array_each(hdf5 *h, uint64_t address, hdf5_take_element *take,
                                       void *context, detinit_error *error)
{
    growing g = {.a = {.address = address, .take = take, .context = context}, .h = h};
    hdf5_bytes b;
    detinit_status status =
        hdf5_summed_block(h, address, 16 + 6 * (uint64_t)h->length_bytes + h->address_bytes, "EAHD",
                          "an array of chunks", &b, error);
    if (status != DETINIT_OK)
        return status;
    hdf5_take(&b, 2);
    g.a.element = (unsigned)hdf5_number(&b, 1);
    const unsigned index_bits = (unsigned)hdf5_number(&b, 1);
    g.in_index = hdf5_number(&b, 1);
    g.least = hdf5_number(&b, 1);
    const uint64_t pointers = hdf5_number(&b, 1);
    g.a.page_bits = (unsigned)hdf5_number(&b, 1);
    hdf5_take(&b, 6 * h->length_bytes);
    const uint64_t index = hdf5_address(h, &b);
    if (b.over || g.a.element == 0 || !is_power(g.least) || !is_power(pointers) ||
        g.a.page_bits > 31 || index_bits > 56)
        return damaged(h, &g.a, error);
    const unsigned least_bits = (unsigned)__builtin_ctzll(g.least);
    g.direct = 2 * (unsigned)__builtin_ctzll(pointers);
    g.superblocks = 1 + index_bits - least_bits;
    g.place_bytes = (index_bits + 7) / 8;
    if (index_bits < least_bits || g.superblocks < g.direct)
        return damaged(h, &g.a, error);
    return index == HDF5_NOWHERE ? DETINIT_OK : take_index(&g, index, error);
}
