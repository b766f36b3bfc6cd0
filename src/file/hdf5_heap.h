/* Heaps of HDF5 files, where names, texts and what is too large for a header lie. */
#ifndef DETINIT_FILE_HDF5_HEAP_H
#define DETINIT_FILE_HDF5_HEAP_H

#include "file/hdf5.h"

/* The names of an old group, NUL after each. */
detinit_status hdf5_local_heap(hdf5 *h, uint64_t address, hdf5_bytes *out, detinit_error *error);

/* The text at that place of such a heap, or NULL: it does not end within it. */
const char *hdf5_local_text(const hdf5_bytes *heap, uint64_t place);

/* An object of the global heap, by which texts of any length are kept. */
detinit_status hdf5_global_object(hdf5 *h, uint64_t address, uint64_t index, hdf5_bytes *out,
                                  detinit_error *error);

/* A block of a heap, by the place of its first byte in the heap. */
typedef struct hdf5_heap_block {
    uint64_t start;
    hdf5_bytes bytes;
} hdf5_heap_block;

/* A heap of links or attributes: blocks that double in size, all of them read. */
typedef struct hdf5_fractal {
    uint64_t address;
    unsigned id_bytes;
    unsigned width;          /* blocks of a row */
    uint64_t start, largest; /* bytes of the first blocks, of the last ones */
    unsigned offset_bytes, size_bytes;
    size_t count, room;
    hdf5_heap_block *blocks; /* in the order of their places */
} hdf5_fractal;

detinit_status hdf5_fractal_open(hdf5 *h, uint64_t address, hdf5_fractal *out,
                                 detinit_error *error);

/* Whether an object of this name is among those that are too large for the blocks. */
bool hdf5_fractal_is_huge(hdf5_bytes id);

/* The object of this name, which is `id_bytes` long. */
detinit_status hdf5_fractal_object(const hdf5 *h, const hdf5_fractal *f, hdf5_bytes id,
                                   hdf5_bytes *out, detinit_error *error);

#endif
