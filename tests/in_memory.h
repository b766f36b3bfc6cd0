/* The weights of a trained file in memory, with strides of every kind, for tests. */
#ifndef DETINIT_IN_MEMORY_H
#define DETINIT_IN_MEMORY_H

#include "trained.h"

/* How the weights of a tensor can lie in memory. */
typedef enum layout {
    PACKED,
    UNALIGNED,     /* from an odd address on */
    FORTRAN,       /* transposed: the first index runs fastest */
    CHANNELS_LAST, /* the second index runs fastest */
    BACKWARDS,     /* all steps negative */
    GAPS,          /* every second place */
    LAYOUT_COUNT
} layout;

/* The places of dimensions in memory, the slowest first. */
static inline void order_of(layout how, size_t rank, size_t order[DETINIT_MAX_RANK])
{
    for (size_t n = 0; n < rank; n++)
        order[n] = how == FORTRAN ? rank - 1 - n : n;
    if (how == CHANNELS_LAST && rank > 1) {
        memmove(order + 1, order + 2, (rank - 2) * sizeof *order);
        order[rank - 1] = 1;
    }
}

typedef struct array {
    detinit_memory_tensor tensor;
    int64_t strides[DETINIT_MAX_RANK];
    unsigned char *memory;
    size_t bytes;
} array;

/* Where weight `n` lies, by the definition of strides. */
static inline unsigned char *place_of(const array *a, uint64_t n)
{
    int64_t place = 0;
    for (size_t d = a->tensor.rank; d-- > 0; n /= a->tensor.shape[d])
        place += (int64_t)(n % a->tensor.shape[d]) * a->strides[d];
    return (unsigned char *)a->tensor.data + place;
}

static inline void lay_out(layout how, const char *name, detinit_dtype dtype, size_t rank,
                           const uint64_t *shape, const unsigned char *stored, array *a)
{
    const size_t item = detinit_dtype_size(dtype);
    size_t order[DETINIT_MAX_RANK], count = 1;
    int64_t step = (int64_t)(how == GAPS ? 2 * item : item), last = 0;
    *a = (array){.tensor = {.name = name, .dtype = dtype, .rank = rank}};
    memcpy(a->tensor.shape, shape, rank * sizeof *shape);
    order_of(how, rank, order);
    for (size_t n = rank; n-- > 0; step *= (int64_t)shape[order[n]]) {
        a->strides[order[n]] = how == BACKWARDS ? -step : step;
        last += ((int64_t)shape[order[n]] - 1) * step;
        count *= (size_t)shape[order[n]];
    }
    a->bytes = 2 * count * item + 1;
    a->memory = allocate(a->bytes);
    memset(a->memory, 0xA5, a->bytes);
    a->tensor.data = a->memory + (how == UNALIGNED) + (how == BACKWARDS && count > 0 ? last : 0);
    a->tensor.strides = how == PACKED || how == UNALIGNED ? NULL : a->strides;
    for (size_t n = 0; n < count; n++)
        memcpy(place_of(a, n), stored + n * item, item);
}

/* The known tensors in memory; arrays are freed by release_all. */
static inline void lay_out_all(const trained *t, layout how, array arrays[TRACKED],
                               detinit_tracked tracked[TRACKED])
{
    for (size_t n = 0; n < TRACKED; n++) {
        const known_tensor *k = &t->known[n];
        lay_out(how, k->name, k->recipe.dtype, k->recipe.rank, k->recipe.shape, k->trained,
                &arrays[n]);
        assert_int_equal(detinit_track_memory(&arrays[n].tensor, &k->recipe, &tracked[n], NULL),
                         DETINIT_OK);
    }
}

static inline void release_all(array arrays[TRACKED])
{
    for (size_t n = 0; n < TRACKED; n++)
        free(arrays[n].memory);
}

/* What every way of pruning leaves of a weight, by the definition of sleeping. */
static inline void assert_restored(const array *a, const known_tensor *k, detinit_prune way,
                                   uint64_t *zeroed)
{
    const size_t item = detinit_dtype_size(k->recipe.dtype);
    const unsigned char zero[8] = {0};
    for (size_t n = 0; n < k->count; n++) {
        const bool asleep = sleeps(k, n, 4e-3);
        const unsigned char *found = place_of(a, n), *before = k->trained + n * item;
        if (way == DETINIT_PRUNE_INIT)
            assert_memory_equal(found, asleep ? k->initial + n * item : before, item);
        else if (way == DETINIT_PRUNE_ZERO)
            assert_memory_equal(found, asleep ? zero : before, item);
        else if (memcmp(found, before, item) != 0)
            assert_memory_equal(found, zero, item);
        *zeroed += memcmp(found, zero, item) == 0 && memcmp(before, zero, item) != 0;
    }
}

#endif
