/*
 * The bulk kernels, from one source for every instruction set: KERNEL names the
 * table that this compilation defines.
 *
 * A normal is one long chain, about 200 cycles of latency, and a processor looks
 * ahead over two or three of them only.  So the chain is cut in two: while the
 * keys of one vector are hashed, the arithmetic of the vector before it is
 * done, and the multipliers work beside the divider.
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

/* The keys of the two draws of an attempt at Box-Muller. */
typedef struct draw_keys {
    word u1, u2;
} draw_keys;

/* `hashed` are the hashed numbers of the two draws. */
static inline draw_keys keys_of(word unhashed, const uint64_t hashed[2])
{
    const word key = hash_but_last(unhashed), shifted = key >> 31;
    return (draw_keys){hash_lanes(xor3(key, shifted, all_words(hashed[0]))),
                       hash_lanes(xor3(key, shifted, all_words(hashed[1])))};
}

static inline void draw_normals_from(const uint64_t *unhashed, size_t count,
                                     const uint64_t hashed[2], double std, double *out)
{
    const size_t end = whole_vectors(count);
    draw_keys next = keys_of(load_words(unhashed), hashed);
    for (size_t n = 0; n < end; n += LANES) {
        const draw_keys now = next;
        const size_t ahead = n + LANES < end ? n + LANES : n;
        next = keys_of(load_words(unhashed + ahead), hashed);
        store_reals(out + n, std * box_muller(uniforms_of(now.u1), uniforms_of(now.u2)));
    }
}

static void draw_normals(const uint64_t *unhashed, size_t count, double std, double *out)
{
    const uint64_t hashed[2] = {HASHED_DRAW_0, HASHED_DRAW_1};
    draw_normals_from(unhashed, count, hashed, std, out);
}

static void draw_uniforms(const uint64_t *unhashed, size_t count, double std, double *out)
{
    for (size_t n = 0; n < count; n += LANES) {
        const word key = hash_lanes(load_words(unhashed + n));
        const real u = uniforms_of(hash_lanes(key ^ HASHED_DRAW_0));
        store_reals(out + n, std * (SQRT_3 * (2.0 * u - 1.0)));
    }
}

/* Places of those of `z` at `places` that lie beyond the cut, written over `places`. */
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
static void redraw_cut_off(const uint64_t *unhashed, size_t count, double *z)
{
    uint16_t places[KERNEL_CHUNK];
    uint64_t again[KERNEL_CHUNK];
    double redrawn[KERNEL_CHUNK];
    for (size_t n = 0; n < count; n++)
        places[n] = (uint16_t)n;
    count = keep_cut_off(z, count, places);
    for (uint64_t attempt = 1; count > 0; attempt++) {
        const uint64_t hashed[2] = {hash64(2 * attempt), hash64(2 * attempt + 1)};
        for (size_t n = 0; n < whole_vectors(count); n++)
            again[n] = unhashed[places[n < count ? n : 0]];
        draw_normals_from(again, count, hashed, 1.0, redrawn);
        for (size_t n = 0; n < count; n++)
            z[places[n]] = redrawn[n];
        count = keep_cut_off(z, count, places);
    }
}

static void draw_truncated(const uint64_t *unhashed, size_t count, double std, double *out)
{
    draw_normals(unhashed, count, 1.0, out);
    redraw_cut_off(unhashed, count, out);
    for (size_t n = 0; n < count; n += LANES)
        store_reals(out + n, std * (load_reals(out + n) / TRUNCATED_STD));
}

static void draw(detinit_dist dist, const uint64_t *unhashed, size_t count, double std, double *out)
{
    if (dist == DETINIT_DIST_UNIFORM)
        draw_uniforms(unhashed, count, std, out);
    else if (dist == DETINIT_DIST_TRUNCATED)
        draw_truncated(unhashed, count, std, out);
    else
        draw_normals(unhashed, count, std, out);
}

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
    const word normal = (rebased + ((1ull << (type.cut - 1)) - 1) + tie) >> type.cut;
    const word subnormal =
        word_of(magnitude + type.subnormal_unit) - bits_of_double(type.subnormal_unit);
    const word finite = select_words((word)(magnitude < type.smallest_normal), subnormal, normal);
    return sign |
           select_words((word)(magnitude >= type.overflow), all_words(type.infinity), finite);
}

static inline void encode_halves(half_type type, const double *weights, size_t count, uint16_t *out)
{
    typedef uint16_t halves __attribute__((vector_size(2 * LANES)));
    size_t n = 0;
    for (; n + LANES <= count; n += LANES) {
        const halves h = __builtin_convertvector(halves_of(load_reals(weights + n), type), halves);
        memcpy(out + n, &h, sizeof h);
    }
    for (; n < count; n++)
        out[n] = (uint16_t)halves_of((real){0} + weights[n], type)[0];
}

static void encode(detinit_dtype dtype, const double *weights, size_t count, void *out)
{
    float *singles = out;
    switch (dtype) {
    case DETINIT_FLOAT32:
        for (size_t n = 0; n < count; n++)
            singles[n] = (float)weights[n];
        break;
    case DETINIT_FLOAT16:
        encode_halves(float16, weights, count, out);
        break;
    case DETINIT_BFLOAT16:
        encode_halves(bfloat16, weights, count, out);
        break;
    default:
        memcpy(out, weights, count * sizeof *weights);
    }
}

const kernel KERNEL = {hash_indices, draw, encode};
