/*
 * The bulk kernels, from one source for every instruction set: KERNEL names the
 * table that this compilation defines.
 *
 * A normal is one long chain, about 200 cycles of latency, and a processor looks
 * ahead over two or three of them only.  So the chain is cut in three: while the
 * keys of one vector are hashed, the division of the vector before it and the
 * square root of the one before that are done, each beside the multipliers.
 */
#include "kernel.h"

#include "gaussian.h"
#include "lanes.h"
#include "strict.h"

#include "gaussian_steps.h"

static size_t whole_vectors(size_t count)
{
    return (count + LANES - 1) / LANES * LANES;
}

static word hash_lanes(word x)
{
    x = hash_but_last(x);
    return x ^ x >> 31;
}

static void hash_indices(uint64_t first, size_t count, uint64_t *hashed)
{
    for (size_t n = 0; n < count; n += LANES) {
        word index = all_words(first + n);
        for (uint64_t lane = 1; lane < LANES; lane++)
            index[lane] += lane;
        store_words(hashed + n, hash_lanes(index));
    }
}

/* ------------------------------------------------------ rounding and storing */

/* A 16-bit type, by the numbers that rounding to it needs. */
typedef struct half_type {
    int cut;                /* fraction bits that binary64 has more */
    uint64_t bias;          /* what the exponent's bias is less, in its place in binary64 */
    double smallest_normal; /* below, the type's numbers are multiples of ... */
    double subnormal_unit;  /* ... the last place of this number */
    double overflow;        /* rounds to infinity from here on */
    uint64_t infinity;
} half_type;

static const half_type float16 = {42, 1008ull << 52, 0x1p-14, 0x1p28, 65520.0, 0x7C00};
static const half_type bfloat16 = {45, 896ull << 52, 0x1p-126, 0x1p-81, 0x1.FFp127, 0x7F80};

/* The bits of each lane in a 16-bit type: one rounding, to nearest even; no NaN. */
static inline word halves_of(real x, half_type type)
{
    const word sign = word_of(x) >> 63 << 15;
    const word bits = word_of(x) & 0x7FFFFFFFFFFFFFFFu;
    const real magnitude = real_of(bits);
    const word rebased = bits - type.bias;
    const word tie = (rebased >> type.cut) & 1;
    const word normal = (rebased + (((uint64_t)1 << (type.cut - 1)) - 1) + tie) >> type.cut;
    const word subnormal =
        word_of(magnitude + type.subnormal_unit) - bits_of_double(type.subnormal_unit);
    const word finite = select_words((word)(magnitude < type.smallest_normal), subnormal, normal);
    return sign |
           select_words((word)(magnitude >= type.overflow), all_words(type.infinity), finite);
}

/* Puts weights n .. n + LANES - 1 into `out`. */
static inline void store_weights(detinit_dtype dtype, real weights, size_t n, void *out)
{
    typedef float singles __attribute__((vector_size(4 * LANES)));
    typedef uint16_t halves __attribute__((vector_size(2 * LANES)));
    if (dtype == DETINIT_FLOAT64) {
        store_reals((double *)out + n, weights);
    } else if (dtype == DETINIT_FLOAT32) {
        const singles s = __builtin_convertvector(weights, singles);
        memcpy((float *)out + n, &s, sizeof s);
    } else {
        const word bits = halves_of(weights, dtype == DETINIT_FLOAT16 ? float16 : bfloat16);
        const halves h = __builtin_convertvector(bits, halves);
        memcpy((uint16_t *)out + n, &h, sizeof h);
    }
}

/*
 * For each distribution there is one loop, written with the storage type as an
 * argument and compiled once for each: `dtype` is a constant in each of these.
 */
#define FOR_EACH_DTYPE(dtype, loop)                                                                \
    switch (dtype) {                                                                               \
    case DETINIT_FLOAT32:                                                                          \
        loop(DETINIT_FLOAT32);                                                                     \
        break;                                                                                     \
    case DETINIT_FLOAT16:                                                                          \
        loop(DETINIT_FLOAT16);                                                                     \
        break;                                                                                     \
    case DETINIT_BFLOAT16:                                                                         \
        loop(DETINIT_BFLOAT16);                                                                    \
        break;                                                                                     \
    default:                                                                                       \
        loop(DETINIT_FLOAT64);                                                                     \
    }

/* ------------------------------------------------------------------- normals */

/* What the normals of a row are made from. */
typedef struct row_source {
    uint64_t row_key;
    const uint64_t *hashed; /* indices along the row */
    uint64_t hashed_draw[2];
} row_source;

/* The keys of both draws. */
typedef struct draw_keys {
    word u1, u2;
} draw_keys;

/*
 * With 32 registers all three hashes go beside the arithmetic; with 16 the first
 * of them is better a pass of its own over a block that stays in cache.
 */
#define FOLDS_AHEAD (LANES < 8)
#define FOLD_BLOCK  256

/* What keys_at starts from: the folded keys, in `room`, or the hashed indices as they are. */
static const uint64_t *fold_block(const row_source *from, size_t count, uint64_t *room)
{
    if (!FOLDS_AHEAD)
        return from->hashed;
    for (size_t n = 0; n < count; n += LANES)
        store_words(room + n, hash_lanes(load_words(from->hashed + n) ^ from->row_key));
    return room;
}

static inline draw_keys keys_at(const row_source *from, const uint64_t *folded, size_t n)
{
    const word start = load_words(folded + n);
    const word key = FOLDS_AHEAD ? start : hash_but_last(start ^ from->row_key);
    const word shifted = FOLDS_AHEAD ? all_words(0) : key >> 31;
    return (draw_keys){hash_lanes(xor3(key, shifted, all_words(from->hashed_draw[0]))),
                       hash_lanes(xor3(key, shifted, all_words(from->hashed_draw[1])))};
}

/* Half way from keys to a normal: past the division. */
typedef struct half_made {
    reduced u1;
    word u2_key;
} half_made;

static inline half_made begin_normals(draw_keys keys)
{
    return (half_made){reduce(uniforms_of(keys.u1)), keys.u2};
}

static inline real finish_normals(half_made begun)
{
    return box_muller(begun.u1, turns_of(begun.u2_key));
}

/* Whole vectors only, and at least one; FOLD_BLOCK weights at most where keys are folded ahead. */
static inline void draw_block_as(detinit_dtype dtype, const row_source *from, size_t count,
                                 double std, void *out)
{
    uint64_t room[FOLD_BLOCK];
    const uint64_t *keys = fold_block(from, count, room);
    draw_keys second = keys_at(from, keys, 0);
    half_made first = begin_normals(second);
    if (count > LANES)
        second = keys_at(from, keys, LANES);
    size_t n = 0;
    for (; n + 2 * LANES < count; n += LANES) {
        const draw_keys third = keys_at(from, keys, n + 2 * LANES);
        const half_made next = begin_normals(second);
        store_weights(dtype, std * finish_normals(first), n, out);
        first = next;
        second = third;
    }
    store_weights(dtype, std * finish_normals(first), n, out);
    if (n + LANES < count)
        store_weights(dtype, std * finish_normals(begin_normals(second)), n + LANES, out);
}

static inline void draw_normals_as(detinit_dtype dtype, row_source from, size_t count, double std,
                                   void *out)
{
    unsigned char *to = out;
    while (count > 0) {
        const size_t part = FOLDS_AHEAD && count > FOLD_BLOCK ? FOLD_BLOCK : count;
        draw_block_as(dtype, &from, part, std, to);
        from.hashed += part;
        to += part * detinit_dtype_size(dtype);
        count -= part;
    }
}

static void draw_normals(row_source from, size_t count, double std, detinit_dtype dtype, void *out)
{
#define LOOP(dtype) draw_normals_as(dtype, from, count, std, out)
    FOR_EACH_DTYPE(dtype, LOOP)
#undef LOOP
}

/* ------------------------------------------------------------------ uniforms */

static inline void draw_uniforms_as(detinit_dtype dtype, row_source from, size_t count, double std,
                                    void *out)
{
    for (size_t n = 0; n < count; n += LANES) {
        const word key = hash_lanes(load_words(from.hashed + n) ^ from.row_key);
        const real u = uniforms_of(hash_lanes(key ^ from.hashed_draw[0]));
        store_weights(dtype, std * (SQRT_3 * (2.0 * u - 1.0)), n, out);
    }
}

static void draw_uniforms(row_source from, size_t count, double std, detinit_dtype dtype, void *out)
{
#define LOOP(dtype) draw_uniforms_as(dtype, from, count, std, out)
    FOR_EACH_DTYPE(dtype, LOOP)
#undef LOOP
}

/* --------------------------------------------------------- truncated normals */

/* Normals are cut and stored this many at a time: they stay in the first-level cache. */
#define CUT_BLOCK 512

/* Keeps the first of `places`, those where `z` lies beyond the cut; how many they are. */
static size_t keep_cut_off(const double *z, size_t count, uint16_t *places)
{
    size_t kept = 0;
    for (size_t n = 0; n < count; n++) {
        const uint16_t place = places[n];
        places[kept] = place;
        kept += __builtin_fabs(z[place]) <= TRUNCATED_AT ? 0 : 1;
    }
    return kept;
}

/* One normal in 22 is cast away: those are gathered, and drawn again all together. */
static void redraw_cut_off(row_source from, size_t count, double *z)
{
    uint16_t places[CUT_BLOCK];
    uint64_t again[CUT_BLOCK];
    double redrawn[CUT_BLOCK];
    for (size_t n = 0; n < count; n++)
        places[n] = (uint16_t)n;
    count = keep_cut_off(z, count, places);
    for (uint64_t attempt = 1; count > 0; attempt++) {
        const row_source redraw = {
            from.row_key, again, {hash64(2 * attempt), hash64(2 * attempt + 1)}};
        for (size_t n = 0; n < whole_vectors(count); n++)
            again[n] = from.hashed[places[n < count ? n : 0]];
        draw_normals(redraw, whole_vectors(count), 1.0, DETINIT_FLOAT64, redrawn);
        for (size_t n = 0; n < count; n++)
            z[places[n]] = redrawn[n];
        count = keep_cut_off(z, count, places);
    }
}

static inline void store_cut_as(detinit_dtype dtype, const double *z, size_t count, double std,
                                void *out)
{
    for (size_t n = 0; n < count; n += LANES)
        store_weights(dtype, std * (load_reals(z + n) / TRUNCATED_STD), n, out);
}

static void draw_truncated(row_source from, size_t count, double std, detinit_dtype dtype,
                           void *out)
{
    unsigned char *to = out;
    double z[CUT_BLOCK];
    while (count > 0) {
        const size_t part = count < CUT_BLOCK ? count : CUT_BLOCK;
        draw_normals(from, part, 1.0, DETINIT_FLOAT64, z);
        redraw_cut_off(from, part, z);
#define LOOP(dtype) store_cut_as(dtype, z, part, std, to)
        FOR_EACH_DTYPE(dtype, LOOP)
#undef LOOP
        from.hashed += part;
        to += part * detinit_dtype_size(dtype);
        count -= part;
    }
}

/* ----------------------------------------------------------------- the table */

static void draw(detinit_dist dist, uint64_t row_key, const uint64_t *hashed, size_t count,
                 double std, detinit_dtype dtype, void *out)
{
    static void (*const draws[DETINIT_DIST_COUNT])(row_source, size_t, double, detinit_dtype,
                                                   void *) = {draw_normals, draw_normals,
                                                              draw_uniforms, draw_truncated};
    const size_t whole = count / LANES * LANES, rest = count - whole;
    const size_t size = detinit_dtype_size(dtype);
    row_source from = {row_key, hashed, {HASHED_DRAW_0, HASHED_DRAW_1}};
    draws[dist](from, whole, std, dtype, out);
    if (rest > 0) {
        uint64_t padded[LANES] = {0};
        real last; /* room for a vector of any type */
        memcpy(padded, hashed + whole, rest * sizeof *padded);
        from.hashed = padded;
        draws[dist](from, LANES, std, dtype, &last);
        memcpy((unsigned char *)out + whole * size, &last, rest * size);
    }
}

static inline void scale_as(detinit_dtype dtype, double std, const double *draws, size_t count,
                            void *out)
{
    for (size_t n = 0; n < count; n += LANES)
        store_weights(dtype, std * load_reals(draws + n), n, out);
}

static void scale(double std, const double *draws, size_t count, detinit_dtype dtype, void *out)
{
    const size_t whole = count / LANES * LANES, rest = count - whole;
    const size_t size = detinit_dtype_size(dtype);
#define LOOP(dtype) scale_as(dtype, std, draws, whole, out)
    FOR_EACH_DTYPE(dtype, LOOP)
#undef LOOP
    if (rest > 0) {
        double last[LANES] = {0};
        real stored;
        memcpy(last, draws + whole, rest * sizeof *last);
#define LOOP(dtype) scale_as(dtype, std, last, LANES, &stored)
        FOR_EACH_DTYPE(dtype, LOOP)
#undef LOOP
        memcpy((unsigned char *)out + whole * size, &stored, rest * size);
    }
}

const kernel KERNEL = {hash_indices, draw, scale};
