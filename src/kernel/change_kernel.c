/* See change_kernel.h. */
#include "kernel/change_kernel.h"

#include "kernel/build.h"
#include "number/dtype.h"
#include "number/lanes.h"
#include "base/strict.h"

/* Vectors that hold one weight of each lane of the sums. */
#define VECTORS (CHANGE_LANES / LANES)

#define INLINE static inline __attribute__((always_inline))

/* ------------------------------------------------------------------ widening */

typedef float singles __attribute__((vector_size(4 * LANES)));
typedef uint32_t single_bits __attribute__((vector_size(4 * LANES)));
typedef uint16_t halves __attribute__((vector_size(2 * LANES)));

/* Compilers cut conversions into 512 bits into pieces, hence the intrinsics. */
INLINE real widen_float32(singles stored)
{
#if LANES == 8
    return (real)_mm512_cvtps_pd((__m256)stored);
#elif LANES == 4
    return (real)_mm256_cvtps_pd((__m128)stored);
#else
    return __builtin_convertvector(stored, real);
#endif
}

INLINE real widen_half(half_type type, halves stored)
{
    const word half = __builtin_convertvector(stored, word);
    const word sign = half >> 15 << 63, magnitude = half & 0x7FFF;
    const word rebased = (magnitude << type.cut) + type.rebase;
    /* A subnormal is a multiple of the last place of subnormal_unit. */
    const word subnormal =
        word_of(real_of(magnitude | bits_of_double(type.subnormal_unit)) - type.subnormal_unit);
    const word finite =
        select_words((word)(magnitude < (uint64_t)1 << type.fraction_bits), subnormal, rebased);
    const word special = (word)(magnitude >= type.infinity) & type.rebase;
    return real_of(sign | (finite + special));
}

#if LANES == 8
/* The type that machines of this instruction set widen by themselves: IEEE's binary16. */
#define BINARY16_FRACTION_BITS 10

INLINE real widen_binary16(halves stored)
{
    return widen_float32((singles)_mm256_maskz_cvtph_ps(0xFF, (__m128i)stored));
}
#endif

/* With so many fraction bits a type of 16 bits is the upper half of a float32. */
#define UPPER_FRACTION_BITS 7

INLINE real widen_upper(halves stored)
{
#if LANES == 8
    const single_bits bits = (single_bits)_mm256_cvtepu16_epi32((__m128i)stored);
#else
    const single_bits bits = __builtin_convertvector(stored, single_bits);
#endif
    return widen_float32((singles)(bits << 16));
}

/* Weights n .. n + LANES - 1 of `stored`: exact. */
INLINE real widen(detinit_dtype dtype, const void *stored, size_t n)
{
    if (dtype_bytes(dtype) == 8) {
        real x = load_reals((const double *)stored + n);
        turn_little_endian(&x, 8, LANES);
        return x;
    }
    if (dtype_bytes(dtype) == 4) {
        singles s;
        memcpy(&s, (const float *)stored + n, sizeof s);
        turn_little_endian(&s, 4, LANES);
        return widen_float32(s);
    }
    halves h;
    memcpy(&h, (const uint16_t *)stored + n, sizeof h);
    turn_little_endian(&h, 2, LANES);
#if LANES == 8
    if (dtype_fraction_bits(dtype) == BINARY16_FRACTION_BITS)
        return widen_binary16(h);
#endif
    return dtype_fraction_bits(dtype) == UPPER_FRACTION_BITS ? widen_upper(h)
                                                             : widen_half(half_type_of(dtype), h);
}

/* --------------------------------------------------------------- comparison */

/* The upper halves of binary64 values: sign, exponent and 20 bits of the fraction. */
typedef uint32_t uppers __attribute__((vector_size(8 * LANES)));
typedef uint8_t bytes __attribute__((vector_size(LANES == 8 ? 32 : 8 * LANES)));

INLINE real magnitude_of(real x)
{
    return real_of(word_of(x) & 0x7FFFFFFFFFFFFFFFu);
}

/* Of two vectors, in an order that suits the machine. */
INLINE uppers uppers_of(real a, real b)
{
#if LANES == 8
    return (uppers)_mm512_shuffle_ps((__m512)a, (__m512)b, 0xDD);
#elif LANES == 4
    return (uppers)_mm256_shuffle_ps((__m256)a, (__m256)b, 0xDD);
#elif defined(__SSE2__)
    return (uppers)_mm_shuffle_ps((__m128)a, (__m128)b, 0xDD);
#else
    enum { UPPER = MACHINE_IS_LITTLE_ENDIAN };
    const uppers x = (uppers)a, y = (uppers)b;
    return (uppers){x[UPPER], x[2 + UPPER], y[UPPER], y[2 + UPPER]};
#endif
}

/* The larger of each lane; none has its sign bit set. */
INLINE uppers larger_uppers(uppers a, uppers b)
{
#if LANES == 8
    return (uppers)_mm512_max_epi32((__m512i)a, (__m512i)b);
#elif LANES == 4
    return (uppers)_mm256_max_epi32((__m256i)a, (__m256i)b);
#else
    typedef int32_t integers __attribute__((vector_size(8 * LANES)));
    const uppers above = (uppers)((integers)a > (integers)b);
    return (a & above) | (b & ~above);
#endif
}

INLINE uppers select_uppers(uint32_t mask, uppers a, uppers b)
{
#if LANES == 8
    return (uppers)_mm512_ternarylogic_epi32(_mm512_set1_epi32((int)mask), (__m512i)a, (__m512i)b,
                                             0xCA);
#else
    return (a & mask) | (b & ~mask);
#endif
}

/* The lower 8 bits of the exponents in four vectors. */
INLINE uppers exponents_of(const uppers x[4])
{
    const uppers first = select_uppers(0xFF000000, x[0] << 4, x[1] >> 4);
    const uppers last = select_uppers(0x0000FF00, x[2] >> 12, x[3] >> 20);
    return select_uppers(0xFFFF0000, first, last);
}

/* A bit for each lane above `limit`. */
INLINE unsigned lanes_above(real x, real limit)
{
#if LANES == 8
    return _mm512_cmp_pd_mask((__m512d)x, (__m512d)limit, _CMP_GT_OQ);
#elif LANES == 4
    return (unsigned)_mm256_movemask_pd(_mm256_cmp_pd((__m256d)x, (__m256d)limit, _CMP_GT_OQ));
#elif defined(__SSE2__)
    return (unsigned)_mm_movemask_pd(_mm_cmpgt_pd((__m128d)x, (__m128d)limit));
#else
    unsigned above = 0;
    for (int n = 0; n < LANES; n++)
        above |= (unsigned)(x[n] > limit[n]) << n;
    return above;
#endif
}

/*
 * sum + a b.  The product of two weights of a narrow type is exact, so that one rounding is
 * what two are.
 */
INLINE real add_product(detinit_dtype dtype, real sum, real a, real b)
{
#if LANES == 8
    if (2 * (dtype_fraction_bits(dtype) + 1) <= 53)
        return (real)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)sum);
#endif
    (void)dtype;
    return sum + a * b;
}

/* A group: as many weights as exponents fill a vector. */
#define GROUP (8 * LANES)

typedef struct lane_sums {
    real deltas[VECTORS], products[VECTORS], squares[VECTORS];
} lane_sums;

/* What stays the same from group to group, and what is gathered. */
typedef struct comparison {
    detinit_dtype dtype;
    const void *initial, *trained;
    real limit;
    lane_sums sums;
    uppers most;
    word equal;       /* counters, as wide as a weight is stored */
    uint8_t *changed; /* of the group */
} comparison;

/* equal + 1 in each lane of `type` that is the same in both. */
#define ADD_EQUAL(type, equal, a, b)                                                               \
    do {                                                                                           \
        typedef type vector __attribute__((vector_size(8 * LANES)));                               \
        (equal) = (word)((vector)(equal) - (vector)((vector)(a) == (vector)(b)));                  \
    } while (0)

#if LANES == 8
/* Compilers spread the mask out first, and have no 512-bit comparison of 16-bit lanes. */
INLINE word add_equal(detinit_dtype dtype, word equal, word a, word b)
{
    const __m512i sum = (__m512i)equal, x = (__m512i)a, y = (__m512i)b;
    const __m512i minus_one = _mm512_set1_epi32(-1);
    if (dtype_bytes(dtype) == 8)
        return (word)_mm512_mask_sub_epi64(sum, _mm512_cmpeq_epi64_mask(x, y), sum, minus_one);
    if (dtype_bytes(dtype) == 4)
        return (word)_mm512_mask_sub_epi32(sum, _mm512_cmpeq_epi32_mask(x, y), sum, minus_one);
    const __m256i lower =
        _mm256_sub_epi16(_mm512_castsi512_si256(sum),
                         _mm256_cmpeq_epi16(_mm512_castsi512_si256(x), _mm512_castsi512_si256(y)));
    const __m256i upper = _mm256_sub_epi16(
        _mm512_extracti64x4_epi64(sum, 1),
        _mm256_cmpeq_epi16(_mm512_extracti64x4_epi64(x, 1), _mm512_extracti64x4_epi64(y, 1)));
    return (word)_mm512_inserti64x4(_mm512_castsi256_si512(lower), upper, 1);
}
#else
INLINE word add_equal(detinit_dtype dtype, word equal, word a, word b)
{
    if (dtype_bytes(dtype) == 8)
        ADD_EQUAL(uint64_t, equal, a, b);
    else if (dtype_bytes(dtype) == 4)
        ADD_EQUAL(uint32_t, equal, a, b);
    else
        ADD_EQUAL(uint16_t, equal, a, b);
    return equal;
}
#endif

/* Counts the weights of the group that begins with weight n whose bits are the same. */
INLINE void count_equal(comparison *c, size_t n)
{
    const size_t item = dtype_bytes(c->dtype);
    const uint8_t *initial = (const uint8_t *)c->initial + n * item;
    const uint8_t *trained = (const uint8_t *)c->trained + n * item;
    for (size_t k = 0; k < GROUP * item; k += sizeof(word)) {
        word a, b;
        memcpy(&a, initial + k, sizeof a);
        memcpy(&b, trained + k, sizeof b);
        c->equal = add_equal(c->dtype, c->equal, a, b);
    }
}

/* The sum of counters of any width: it is below 2^16, so that their upper parts are 0. */
INLINE size_t sum_equal(word equal)
{
    typedef uint16_t parts __attribute__((vector_size(8 * LANES)));
    const parts all = (parts)equal;
    size_t sum = 0;
    for (size_t n = 0; n < sizeof all / sizeof all[0]; n++)
        sum += all[n];
    return sum;
}

/*
 * w - w0.  With wide vectors adders are busier than multipliers: w - 1 w0 has the same one
 * rounding.
 */
INLINE real difference(real w, real w0)
{
#if LANES == 8
    return (real)_mm512_fnmadd_pd((__m512d)w0, _mm512_set1_pd(1), (__m512d)w);
#else
    return w - w0;
#endif
}

/* Vector `v` of the group that begins with weight n. */
INLINE real compare_vector(comparison *c, size_t n, size_t v, unsigned *changed)
{
    const real w0 = widen(c->dtype, c->initial, n + v * LANES);
    const real w = widen(c->dtype, c->trained, n + v * LANES);
    const real delta = magnitude_of(difference(w, w0));
    const size_t lane = v % VECTORS;
    c->sums.deltas[lane] += delta;
    c->sums.products[lane] = add_product(c->dtype, c->sums.products[lane], w, w0);
    c->sums.squares[lane] = add_product(c->dtype, c->sums.squares[lane], w0, w0);
    *changed = lanes_above(delta, c->limit);
    return delta;
}

/* Vectors `v` and v + 1 of the group. */
INLINE uppers compare_pair(comparison *c, size_t n, size_t v)
{
    unsigned changed[2];
    const real a = compare_vector(c, n, v, &changed[0]);
    const real b = compare_vector(c, n, v + 1, &changed[1]);
    const uppers upper = uppers_of(a, b);
    c->most = larger_uppers(c->most, upper);
    uint8_t *bits = c->changed + v * LANES / 8;
    if (LANES == 8) {
        bits[0] = (uint8_t)changed[0];
        bits[1] = (uint8_t)changed[1];
    } else if (LANES == 4) {
        bits[0] = (uint8_t)(changed[0] | changed[1] << 4);
    } else {
        const unsigned both = (changed[0] | changed[1] << 2) << 2 * (v & 2);
        bits[0] = (uint8_t)((v & 2) == 0 ? both : bits[0] | both);
    }
    return larger_uppers(upper, (uppers){0} + CHANGE_EXPONENT_LEAST * 0x100000u);
}

INLINE void compare_as(detinit_dtype dtype, const void *initial, const void *trained, size_t count,
                       double threshold, change_sums *sums, change_piece *out)
{
    comparison c = {.dtype = dtype,
                    .initial = initial,
                    .trained = trained,
                    .limit = (real){0} + threshold,
                    .changed = out->changed};
    memcpy(&c.sums.deltas, sums->deltas, sizeof c.sums.deltas);
    memcpy(&c.sums.products, sums->products, sizeof c.sums.products);
    memcpy(&c.sums.squares, sums->squares, sizeof c.sums.squares);
    for (size_t n = 0; n < count; n += GROUP) {
        const uppers upper[4] = {compare_pair(&c, n, 0), compare_pair(&c, n, 2),
                                 compare_pair(&c, n, 4), compare_pair(&c, n, 6)};
        const uppers packed = exponents_of(upper);
        memcpy(out->exponents + n, &packed, sizeof packed);
        count_equal(&c, n);
        c.changed += GROUP / 8;
    }
    out->equal = sum_equal(c.equal);
    memcpy(sums->deltas, &c.sums.deltas, sizeof c.sums.deltas);
    memcpy(sums->products, &c.sums.products, sizeof c.sums.products);
    memcpy(sums->squares, &c.sums.squares, sizeof c.sums.squares);
    out->most = 0;
    for (size_t lane = 0; lane < 2 * LANES; lane++)
        out->most = c.most[lane] > out->most ? c.most[lane] : out->most;
}

static void compare(detinit_dtype dtype, const void *initial, const void *trained, size_t count,
                    double threshold, change_sums *sums, change_piece *out){
#define LOOP(dtype) compare_as(dtype, initial, trained, count, threshold, sums, out)
    FOR_EACH_DTYPE(dtype, LOOP)
#undef LOOP
}

INLINE
    void add_unchanged_as(detinit_dtype dtype, const void *initial, size_t count, change_sums *sums)
{
    real squares[CHANGE_SQUARE_LANES / LANES];
    memcpy(&squares, sums->unchanged, sizeof squares);
    for (size_t n = 0; n < count; n += CHANGE_SQUARE_LANES) {
        for (size_t v = 0; v < CHANGE_SQUARE_LANES / LANES; v++) {
            const real w0 = widen(dtype, initial, n + v * LANES);
            squares[v] = add_product(dtype, squares[v], w0, w0);
        }
    }
    memcpy(sums->unchanged, &squares, sizeof squares);
}

static void add_unchanged(detinit_dtype dtype, const void *initial, size_t count,
                          change_sums *sums){
#define LOOP(dtype) add_unchanged_as(dtype, initial, count, sums)
    FOR_EACH_DTYPE(dtype, LOOP)
#undef LOOP
}

/* ------------------------------------------------------------------ counting */

/* Exponents are counted this many at a time: as many counters fit the registers. */
#define BATCH 4

INLINE size_t sum_bytes(bytes counts)
{
    size_t sum = 0;
    for (size_t n = 0; n < sizeof counts; n += 8) {
        uint64_t eight;
        memcpy(&eight, (const uint8_t *)&counts + n, sizeof eight);
        const uint64_t pairs = (eight & 0x00FF00FF00FF00FFu) + (eight >> 8 & 0x00FF00FF00FF00FFu);
        sum += (size_t)(pairs * 0x0001000100010001u >> 48);
    }
    return sum;
}

/* Counters of a byte hold so many rounds. */
#define ROUNDS_MOST 255

static void count_exponents(const uint8_t *exponents, size_t count, unsigned highest,
                            uint32_t counts[4])
{
    const bytes wanted = (bytes){0} + (uint8_t)highest;
    counts[0] = counts[1] = counts[2] = counts[3] = 0;
    for (size_t n = 0; n < count;) {
        bytes c0 = {0}, c1 = {0}, c2 = {0}, c3 = {0};
        const size_t left = (count - n) / sizeof(bytes);
        const size_t rounds = left < ROUNDS_MOST ? left : ROUNDS_MOST;
        for (const size_t end = n + rounds * sizeof(bytes); n < end; n += sizeof(bytes)) {
            bytes x;
            memcpy(&x, exponents + n, sizeof x);
            c0 -= (bytes)(x == wanted);
            c1 -= (bytes)(x == wanted - 1);
            c2 -= (bytes)(x == wanted - 2);
            c3 -= (bytes)(x == wanted - 3);
        }
        counts[0] += (uint32_t)sum_bytes(c0);
        counts[1] += (uint32_t)sum_bytes(c1);
        counts[2] += (uint32_t)sum_bytes(c2);
        counts[3] += (uint32_t)sum_bytes(c3);
    }
}

/* A bit for each lane that is at most `most`. */
INLINE uint32_t bytes_at_most(bytes x, uint8_t most)
{
#if LANES >= 4
    const __m256i limit = _mm256_set1_epi8((char)most);
    const __m256i within = _mm256_cmpeq_epi8(_mm256_min_epu8((__m256i)x, limit), (__m256i)x);
    return (uint32_t)_mm256_movemask_epi8(within);
#elif defined(__SSE2__)
    const __m128i limit = _mm_set1_epi8((char)most);
    const __m128i within = _mm_cmpeq_epi8(_mm_min_epu8((__m128i)x, limit), (__m128i)x);
    return (uint32_t)_mm_movemask_epi8(within);
#else
    uint32_t within = 0;
    for (size_t n = 0; n < sizeof x; n++)
        within |= (uint32_t)(x[n] <= most) << n;
    return within;
#endif
}

static void count_few(const uint8_t *exponents, size_t count, unsigned highest, uint64_t *counts)
{
    const uint8_t most = (uint8_t)(highest - CHANGE_EXPONENT_LEAST);
    for (size_t n = 0; n < count; n += sizeof(bytes)) {
        bytes bins;
        memcpy(&bins, exponents + n, sizeof bins);
        uint32_t within = bytes_at_most(bins - (uint8_t)CHANGE_EXPONENT_LEAST, most);
        for (; within != 0; within &= within - 1)
            counts[(uint8_t)(exponents[n + (size_t)__builtin_ctz(within)] -
                             CHANGE_EXPONENT_LEAST)]++;
    }
}

/* The bits are counted in groups of 2, 4, 8: not every machine has an instruction for it. */
static size_t count_bits(const uint8_t *bits, size_t count)
{
    const uint64_t thirds = 0x5555555555555555u, fifths = 0x3333333333333333u;
    size_t sum = 0;
    for (size_t n = 0; n < count / 8; n += 8) {
        uint64_t x;
        memcpy(&x, bits + n, sizeof x);
        x -= x >> 1 & thirds;
        x = (x & fifths) + (x >> 2 & fifths);
        x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
        sum += (size_t)(x * 0x0101010101010101u >> 56);
    }
    return sum;
}

/* -------------------------------------------------------------- differences */

INLINE void differences_as(detinit_dtype dtype, const void *initial, const void *trained,
                           size_t count, double *deltas)
{
    for (size_t n = 0; n < count; n += LANES)
        store_reals(deltas + n, magnitude_of(widen(dtype, trained, n) - widen(dtype, initial, n)));
}

static void differences(detinit_dtype dtype, const void *initial, const void *trained, size_t count,
                        double *deltas)
{
#define LOOP(dtype) differences_as(dtype, initial, trained, count, deltas)
    FOR_EACH_DTYPE(dtype, LOOP)
#undef LOOP
}

const change_kernel OF_BUILD(change_kernel) = {
    .compare = compare,
    .add_unchanged = add_unchanged,
    .count_exponents = count_exponents,
    .count_few = count_few,
    .count_bits = count_bits,
    .differences = differences,
};
