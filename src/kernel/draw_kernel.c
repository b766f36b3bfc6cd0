/*
 * See draw_kernel.h.
 *
 * A normal is one long chain, about 200 cycles of latency, and a processor looks ahead
 * over two or three of them only.  So a block of normals, small enough for the first-level
 * cache, goes through short chains one after the other, GROUP vectors side by side.
 */
#include "kernel/draw_kernel.h"

#include "kernel/build.h"
#include "number/dist.h"
#include "number/dtype.h"
#include "number/lanes.h"
#include "base/strict.h"

/* So many chains hide their latency, and their numbers nearly fit the registers. */
#define GROUP (LANES == 8 ? 2 : 4)
#include "number/gaussian_steps.h"

/* Weights that are made side by side. */
#define STEP ((size_t)(GROUP * LANES))

static size_t whole_steps(size_t count)
{
    return (count + STEP - 1) / STEP * STEP;
}

/* hash64 up to its last step, x ^ x >> 31, of `count` vectors side by side. */
static inline void hash_but_last(word *x, size_t count)
{
    for (size_t k = 0; k < count; k++)
        x[k] += HASH_INCREMENT;
    for (size_t k = 0; k < count; k++)
        x[k] = multiply(x[k] ^ x[k] >> 30, HASH_FACTOR_1);
    for (size_t k = 0; k < count; k++)
        x[k] = multiply(x[k] ^ x[k] >> 27, HASH_FACTOR_2);
}

static inline void hash(word *x, size_t count)
{
    hash_but_last(x, count);
    for (size_t k = 0; k < count; k++)
        x[k] ^= x[k] >> 31;
}

static void hash_indices(uint64_t first, size_t count, uint64_t *hashed)
{
    word lane = {0};
    for (size_t l = 0; l < LANES; l++)
        lane[l] = l;
    for (size_t n = 0; n < count; n += STEP) {
        word index[GROUP];
        EACH index[k] = lane + (first + n + k * LANES);
        hash(index, GROUP);
        EACH store_words(hashed + n + k * LANES, index[k]);
    }
}

/* ------------------------------------------------------ rounding and storing */

/* The bits of each lane in a 16-bit type: one rounding, to nearest even; no NaN. */
static inline word halves_of(real x, half_type type)
{
    const word sign = word_of(x) >> 63 << 15;
    const word bits = word_of(x) & 0x7FFFFFFFFFFFFFFFu;
    const real magnitude = real_of(bits);
    const word rebased = bits - type.rebase;
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
    if (dtype_bytes(dtype) == 8) {
        store_reals((double *)out + n, weights);
        turn_little_endian((double *)out + n, 8, LANES);
    } else if (dtype_bytes(dtype) == 4) {
        const singles s = __builtin_convertvector(weights, singles);
        memcpy((float *)out + n, &s, sizeof s);
        turn_little_endian((float *)out + n, 4, LANES);
    } else {
        const word bits = halves_of(weights, half_type_of(dtype));
        const halves h = __builtin_convertvector(bits, halves);
        memcpy((uint16_t *)out + n, &h, sizeof h);
        turn_little_endian((uint16_t *)out + n, 2, LANES);
    }
}

/* ------------------------------------------------------------------- normals */

/* What the normals of a row are made from. */
typedef struct row_source {
    uint64_t row_key;
    const uint64_t *hashed; /* indices along the row */
    uint64_t hashed_draw[2];
    double cut; /* of truncated normals */
} row_source;

/* Normals that go through the passes together. */
#define BLOCK ((size_t)256)

typedef struct normal_block {
    uint64_t keys[2][BLOCK]; /* of the draws; at first, in keys[0], those of the weights but */
                             /* for the last step of their hash, which three may share */
    double half_logs[BLOCK]; /* -ln(u1) / 2 */
} normal_block;

static void fold_indices(const row_source *from, size_t count, normal_block *b)
{
    for (size_t n = 0; n < count; n += STEP) {
        word keys[GROUP];
        EACH keys[k] = load_words(from->hashed + n + k * LANES) ^ from->row_key;
        hash_but_last(keys, GROUP);
        EACH store_words(b->keys[0] + n + k * LANES, keys[k]);
    }
}

static void fold_draws(const row_source *from, size_t count, normal_block *b)
{
    for (size_t n = 0; n < count; n += STEP) {
        word u1[2 * GROUP], *u2 = u1 + GROUP; /* keys, hashed all together */
        EACH
        {
            const word key = load_words(b->keys[0] + n + k * LANES), shifted = key >> 31;
            u1[k] = xor3(key, shifted, all_words(from->hashed_draw[0]));
            u2[k] = xor3(key, shifted, all_words(from->hashed_draw[1]));
        }
        hash(u1, 2 * GROUP);
        EACH store_words(b->keys[0] + n + k * LANES, u1[k]);
        EACH store_words(b->keys[1] + n + k * LANES, u2[k]);
    }
}

static void take_logs(size_t count, normal_block *b)
{
    for (size_t n = 0; n < count; n += STEP) {
        real scaled_u1[GROUP], half_logs[GROUP];
        EACH scaled_u1[k] = upper_bits_of(load_words(b->keys[0] + n + k * LANES));
        half_minus_logs(scaled_u1, half_logs);
        EACH store_reals(b->half_logs + n + k * LANES, half_logs[k]);
    }
}

static inline void finish_as(detinit_dtype dtype, const normal_block *b, size_t count, double std,
                             void *out)
{
    for (size_t n = 0; n < count; n += STEP) {
        real turns[GROUP], z[GROUP];
        EACH turns[k] = turns_of(load_words(b->keys[1] + n + k * LANES));
        twice_cosines(turns, z);
        EACH z[k] = real_sqrt(load_reals(b->half_logs + n + k * LANES)) * z[k];
        EACH store_weights(dtype, std * z[k], n + k * LANES, out);
    }
}

/* Whole steps only. */
static inline void draw_normals_as(detinit_dtype dtype, row_source from, size_t count, double std,
                                   void *out)
{
    unsigned char *to = out;
    normal_block b;
    while (count > 0) {
        const size_t part = count < BLOCK ? count : BLOCK;
        fold_indices(&from, part, &b);
        fold_draws(&from, part, &b);
        take_logs(part, &b);
        finish_as(dtype, &b, part, std, to);
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
    for (size_t n = 0; n < count; n += STEP) {
        word keys[GROUP];
        EACH keys[k] = load_words(from.hashed + n + k * LANES) ^ from.row_key;
        hash(keys, GROUP);
        EACH keys[k] ^= from.hashed_draw[0];
        hash(keys, GROUP);
        EACH
        {
            const real u = 0x1p-52 * upper_bits_of(keys[k]) - 1.0;
            store_weights(dtype, std * (SQRT_3 * u), n + k * LANES, out);
        }
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
#define CUT_BLOCK 1024

/* The places where `z` lies beyond the cut; how many they are. */
static size_t find_cut_off(const double *z, double cut, size_t count, uint16_t *places)
{
    size_t found = 0;
    for (size_t n = 0; n < count; n++) {
        places[found] = (uint16_t)n;
        found += __builtin_fabs(z[n]) <= cut ? 0 : 1;
    }
    return found;
}

/* Puts each redrawn normal into its place; keeps those places where it lies beyond, too. */
static size_t put_redrawn(const double *redrawn, double cut, size_t count, uint16_t *places,
                          double *z)
{
    size_t kept = 0;
    for (size_t n = 0; n < count; n++) {
        const uint16_t place = places[n];
        z[place] = redrawn[n];
        places[kept] = place;
        kept += __builtin_fabs(redrawn[n]) <= cut ? 0 : 1;
    }
    return kept;
}

/* At a cut of 2 one normal in 22 is cast away: those are gathered, and drawn again all together. */
static void redraw_cut_off(row_source from, size_t count, double *z)
{
    uint16_t places[CUT_BLOCK];
    uint64_t again[CUT_BLOCK];
    double redrawn[CUT_BLOCK];
    count = find_cut_off(z, from.cut, count, places);
    for (uint64_t attempt = 1; count > 0; attempt++) {
        const row_source redraw = {
            from.row_key, again, {hash64(2 * attempt), hash64(2 * attempt + 1)}, from.cut};
        const size_t whole = whole_steps(count);
        for (size_t n = 0; n < whole; n++)
            again[n] = from.hashed[places[n < count ? n : 0]];
        draw_normals(redraw, whole, 1.0, DETINIT_FLOAT64, redrawn);
        turn_little_endian(redrawn, sizeof *redrawn, whole);
        count = put_redrawn(redrawn, from.cut, count, places, z);
    }
}

static inline void store_cut_as(detinit_dtype dtype, const double *z, size_t count, double divisor,
                                double std, void *out)
{
    for (size_t n = 0; n < count; n += LANES)
        store_weights(dtype, std * (load_reals(z + n) / divisor), n, out);
}

static inline void draw_cut(row_source from, size_t count, double divisor, double std,
                            detinit_dtype dtype, void *out)
{
    unsigned char *to = out;
    double z[CUT_BLOCK];
    while (count > 0) {
        const size_t part = count < CUT_BLOCK ? count : CUT_BLOCK;
        draw_normals(from, part, 1.0, DETINIT_FLOAT64, z);
        turn_little_endian(z, sizeof *z, part);
        redraw_cut_off(from, part, z);
#define LOOP(dtype) store_cut_as(dtype, z, part, divisor, std, to)
        FOR_EACH_DTYPE(dtype, LOOP)
#undef LOOP
        from.hashed += part;
        to += part * detinit_dtype_size(dtype);
        count -= part;
    }
}

static void draw_truncated(row_source from, size_t count, double std, detinit_dtype dtype,
                           void *out)
{
    draw_cut(from, count, TRUNCATED_STD, std, dtype, out);
}

static void draw_trunc_normal(row_source from, size_t count, double std, detinit_dtype dtype,
                              void *out)
{
    draw_cut(from, count, 1.0, std, dtype, out);
}

/* ---------------------------------------------------------------- the tables */

/* Of each distribution: whole steps of its draws. */
static void (*const draw_steps[DETINIT_DIST_COUNT])(row_source from, size_t count, double std,
                                                    detinit_dtype dtype, void *out) = {
    [DETINIT_DIST_NORMAL] = draw_normals,
    [DETINIT_DIST_UNIFORM] = draw_uniforms,
    [DETINIT_DIST_TRUNCATED] = draw_truncated,
    [DETINIT_DIST_TRUNC_NORMAL] = draw_trunc_normal,
};

static void draw(detinit_dist dist, double cut, uint64_t row_key, const uint64_t *hashed,
                 size_t count, double std, detinit_dtype dtype, void *out)
{
    const size_t whole = count / STEP * STEP, rest = count - whole;
    const size_t size = detinit_dtype_size(dtype);
    row_source from = {row_key, hashed, {HASHED_DRAW_0, HASHED_DRAW_1}, cut};
    draw_steps[dist](from, whole, std, dtype, out);
    if (rest > 0) {
        uint64_t padded[STEP] = {0};
        double last[STEP]; /* room for any type */
        memcpy(padded, hashed + whole, rest * sizeof *padded);
        from.hashed = padded;
        draw_steps[dist](from, STEP, std, dtype, last);
        memcpy((unsigned char *)out + whole * size, last, rest * size);
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

const draw_kernel OF_BUILD(draw_kernel) = {
    .hash_indices = hash_indices,
    .draw = draw,
    .scale = scale,
};
