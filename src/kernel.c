/*
 * The bulk kernels, from one source for every instruction set: KERNEL names the
 * table that this compilation defines.
 *
 * A weight's arithmetic is one long chain, about 200 cycles of latency, and the
 * processor looks ahead over two or three weights only.  So the work is cut
 * into passes over blocks small enough for the first-level cache; each pass is
 * a short chain, and many of them are in flight at once.
 */
#include "kernel.h"

#include "address.h"
#include "gaussian.h"

#if defined(__AVX2__) && !defined(__AVX512DQ__)
#include <immintrin.h>
#endif

/* Weights in a block: its five arrays of 8 bytes each fit a first-level cache of 32 KB. */
#define BLOCK 256

/* Several 64-bit integers in one register. */
#if defined(__AVX512DQ__)
#define LANES 8
#elif defined(__AVX2__)
#define LANES 4
#else
#define LANES 2
#endif
typedef uint64_t lanes __attribute__((vector_size(8 * LANES)));

static inline lanes load(const uint64_t *from)
{
    lanes x;
    memcpy(&x, from, sizeof x);
    return x;
}

static inline void store(uint64_t *to, lanes x)
{
    memcpy(to, &x, sizeof x);
}

/*
 * x * factor modulo 2^64.  AVX2 multiplies 32 bits at a time: both cross products
 * come from one 32-bit multiply by the factor with its halves swapped, of
 * which the lower 32 bits are all that counts.
 */
static inline lanes multiply(lanes x, uint64_t factor)
{
#if defined(__AVX2__) && !defined(__AVX512DQ__)
    __m256i f = _mm256_set1_epi64x((long long)factor);
    __m256i swapped = _mm256_set1_epi64x((long long)(factor << 32 | factor >> 32));
    __m256i cross = _mm256_mullo_epi32((__m256i)x, swapped);
    __m256i sum = _mm256_add_epi32(cross, _mm256_slli_epi64(cross, 32));
    __m256i upper = _mm256_and_si256(sum, _mm256_set1_epi64x((long long)0xFFFFFFFF00000000u));
    return (lanes)_mm256_add_epi64(_mm256_mul_epu32((__m256i)x, f), upper);
#else
    return x * factor;
#endif
}

/* hash64 in every lane. */
static inline lanes hash_lanes(lanes x)
{
    x += 0x9E3779B97F4A7C15u;
    x = multiply(x ^ x >> 30, 0xBF58476D1CE4E5B9u);
    x = multiply(x ^ x >> 27, 0x94D049BB133111EBu);
    return x ^ x >> 31;
}

static void hash_indices(uint64_t first, size_t count, uint64_t *hashed)
{
    for (size_t n = 0; n < count; n++)
        hashed[n] = hash64(first + n);
}

static void fold_row(uint64_t row_key, const uint64_t *hashed, size_t count, uint64_t *keys)
{
    size_t n = 0;
    for (; n + LANES <= count; n += LANES)
        store(keys + n, hash_lanes(load(hashed + n) ^ row_key));
    for (; n < count; n++)
        keys[n] = fold_hashed(row_key, hashed[n]);
}

/* The uniform of one draw of each key. */
static inline void uniforms(const uint64_t *keys, uint64_t hashed_draw, size_t count, double *u)
{
    uint64_t drawn[BLOCK];
    fold_row(hashed_draw, keys, count, drawn);
    for (size_t n = 0; n < count; n++)
        u[n] = u01(drawn[n]);
}

static void draw_normals(const uint64_t *keys, size_t count, double *z)
{
    double r[BLOCK], cosine[BLOCK];
    uniforms(keys, HASHED_DRAW_0, count, r);
    uniforms(keys, HASHED_DRAW_1, count, cosine);
    for (size_t n = 0; n < count; n++)
        r[n] = -2.0 * log_unit(clamp_u1(r[n]));
    for (size_t n = 0; n < count; n++)
        z[n] = __builtin_sqrt(r[n]) * cos_turns(cosine[n]);
}

static void draw_uniforms(const uint64_t *keys, size_t count, double *out)
{
    uniforms(keys, HASHED_DRAW_0, count, out);
    for (size_t n = 0; n < count; n++)
        out[n] = uniform_of_u01(out[n]);
}

/* One weight in 22 is cast away and drawn again, by the scalar definition. */
static void draw_truncated(const uint64_t *keys, size_t count, double *out)
{
    uint64_t attempt;
    draw_normals(keys, count, out);
    for (size_t n = 0; n < count; n++)
        if (!(__builtin_fabs(out[n]) <= TRUNCATED_AT))
            out[n] = cut_normal_of_key(keys[n], 1, &attempt);
    for (size_t n = 0; n < count; n++)
        out[n] /= TRUNCATED_STD;
}

static void draw(detinit_dist dist, const uint64_t *keys, size_t count, double *out)
{
    for (size_t n = 0; n < count; n += BLOCK) {
        size_t part = count - n < BLOCK ? count - n : BLOCK;
        if (dist == DETINIT_DIST_UNIFORM)
            draw_uniforms(keys + n, part, out + n);
        else if (dist == DETINIT_DIST_TRUNCATED)
            draw_truncated(keys + n, part, out + n);
        else
            draw_normals(keys + n, part, out + n);
    }
}

static void scale(double std, const double *draws, size_t count, detinit_dtype dtype, void *out)
{
    double *doubles = out;
    float *singles = out;
    if (dtype == DETINIT_FLOAT64) {
        for (size_t n = 0; n < count; n++)
            doubles[n] = std * draws[n];
    } else if (dtype == DETINIT_FLOAT32) {
        for (size_t n = 0; n < count; n++)
            singles[n] = (float)(std * draws[n]);
    } else {
        double weights[BLOCK];
        for (size_t done = 0; done < count; done += BLOCK) {
            size_t part = count - done < BLOCK ? count - done : BLOCK;
            for (size_t n = 0; n < part; n++)
                weights[n] = std * draws[done + n];
            detinit_encode(dtype, weights, part, (unsigned char *)out + 2 * done);
        }
    }
}

const kernel KERNEL = {hash_indices, fold_row, draw, scale};
