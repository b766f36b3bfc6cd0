/*
 * A block becomes, where the code is masked, a bit for each item; then the bytes of the items that
 * are stored, all of one place together, the highest first.  Of weights it is the difference of
 * ordered integers: those that count floats from the lowest up, so that near weights are near
 * numbers, whose high bytes are 0.  Each such plane is a frame of zstd, since what is of one kind
 * becomes smaller alone.
 */
#include "track/block_code.h"

#include "base/byteorder.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

size_t block_code_room(size_t item)
{
    return CODED_BLOCK / 8 + CODED_BLOCK * item;
}

static size_t mask_bytes(const block_code *code, size_t count)
{
    return code->masked ? (count + 7) / 8 : 0;
}

/* -------------------------------------------------- differences, byte by byte */

/*
 * For weights of so many bits: their ordered integers; both directions of "the difference of the
 * ordered integers, zigzag" between all weights of a block, those with a bit in `mask` alone where
 * that is not NULL, and byte planes; each returns how many they are.
 */
#define FOR_BITS(bits)                                                                             \
    static inline uint##bits##_t ordered_##bits(uint##bits##_t w)                                  \
    {                                                                                              \
        const uint##bits##_t low = (uint##bits##_t)(UINT##bits##_MAX >> 1);                        \
        return (uint##bits##_t)(w > low ? w ^ low : w);                                            \
    }                                                                                              \
                                                                                                   \
    static size_t split_##bits(const unsigned char *sleeping, size_t count,                        \
                               const unsigned char *initial, const unsigned char *items,           \
                               unsigned char *room, unsigned char *planes)                         \
    {                                                                                              \
        uint##bits##_t *z = (void *)room;                                                          \
        size_t stored = 0;                                                                         \
        for (size_t n = 0; n < count; n++) {                                                       \
            uint##bits##_t w, w0, d;                                                               \
            memcpy(&w, items + n * sizeof w, sizeof w);                                            \
            memcpy(&w0, initial + n * sizeof w0, sizeof w0);                                       \
            turn_little_endian(&w, sizeof w, 1);                                                   \
            turn_little_endian(&w0, sizeof w0, 1);                                                 \
            d = (uint##bits##_t)(ordered_##bits(w) - ordered_##bits(w0));                          \
            z[stored] = (uint##bits##_t)(d << 1 ^ (d >> (bits - 1) ? UINT##bits##_MAX : 0));       \
            stored += sleeping == NULL || sleeping[n] == 0;                                        \
        }                                                                                          \
        for (int shift = bits - 8; shift >= 0; shift -= 8, planes += stored)                       \
            for (size_t n = 0; n < stored; n++)                                                    \
                planes[n] = (unsigned char)(z[n] >> shift);                                        \
        return stored;                                                                             \
    }                                                                                              \
                                                                                                   \
    static void join_##bits(const unsigned char *mask, size_t count, const unsigned char *initial, \
                            const unsigned char *planes, size_t stored, unsigned char *out)        \
    {                                                                                              \
        for (size_t n = 0, k = 0; n < count; n++) {                                                \
            uint##bits##_t w, z = 0;                                                               \
            memcpy(&w, initial + n * sizeof w, sizeof w);                                          \
            turn_little_endian(&w, sizeof w, 1);                                                   \
            if (mask == NULL || (mask[n / 8] >> n % 8 & 1) != 0) {                                 \
                for (size_t p = 0; p < sizeof w; p++)                                              \
                    z = (uint##bits##_t)((uint64_t)z << 8 | planes[p * stored + k]);               \
                k++;                                                                               \
                z = (uint##bits##_t)(z >> 1 ^ ((z & 1) != 0 ? UINT##bits##_MAX : 0));              \
                w = ordered_##bits((uint##bits##_t)(ordered_##bits(w) + z));                       \
            }                                                                                      \
            turn_little_endian(&w, sizeof w, 1);                                                   \
            memcpy(out + n * sizeof w, &w, sizeof w);                                              \
        }                                                                                          \
    }

FOR_BITS(16)
FOR_BITS(32)
FOR_BITS(64)

static size_t split_weights(size_t item, const unsigned char *sleeping, size_t count,
                            const unsigned char *initial, const unsigned char *items,
                            unsigned char *room, unsigned char *planes)
{
    return (item == 2   ? split_16
            : item == 4 ? split_32
                        : split_64)(sleeping, count, initial, items, room, planes);
}

static void join_weights(size_t item, const unsigned char *mask, size_t count,
                         const unsigned char *initial, const unsigned char *planes, size_t stored,
                         unsigned char *out)
{
    (item == 2   ? join_16
     : item == 4 ? join_32
                 : join_64)(mask, count, initial, planes, stored, out);
}

/* The same of items as they are. */
static void split_items(size_t item, size_t count, const unsigned char *items,
                        unsigned char *planes)
{
    for (size_t p = item; p-- > 0; planes += count)
        for (size_t n = 0; n < count; n++)
            planes[n] = items[n * item + p];
}

static void join_items(size_t item, size_t count, const unsigned char *planes, unsigned char *out)
{
    for (size_t p = item; p-- > 0; planes += count)
        for (size_t n = 0; n < count; n++)
            out[n * item + p] = planes[n];
}

/* -------------------------------------------------------------------- zstd */

static void set_bits(const unsigned char *sleeping, size_t count, unsigned char *mask)
{
    memset(mask, 0, (count + 7) / 8);
    for (size_t n = 0; n < count; n++)
        mask[n / 8] |= (unsigned char)((sleeping[n] ^ 1u) << n % 8);
}

/*
 * The frames of a section: of its mask, where there is one, and of `planes` pieces of one size.  0:
 * they are not below `most` bytes.
 */
static size_t compress_section(int level, const unsigned char *section, size_t mask, size_t planes,
                               size_t stored, unsigned char *out, size_t most, bool *failed)
{
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    const unsigned char *piece = section;
    size_t size = 0, added = 0;
    *failed = zstd == NULL;
    for (size_t n = mask > 0 ? 0 : 1; n <= planes && zstd != NULL; n++, size += added) {
        const size_t bytes = n == 0 ? mask : stored;
        added = ZSTD_compressCCtx(zstd, out + size, most - size, piece, bytes, level);
        if (ZSTD_isError(added))
            break;
        piece += bytes;
    }
    ZSTD_freeCCtx(zstd);
    *failed =
        *failed || (ZSTD_isError(added) && ZSTD_getErrorCode(added) != ZSTD_error_dstSize_tooSmall);
    return ZSTD_isError(added) || size >= most ? 0 : size;
}

static uint32_t crc_of(const unsigned char *items, size_t bytes)
{
    return (uint32_t)crc32_z(0, items, bytes);
}

bool block_encode(const block_code *code, int level, size_t count, const unsigned char *sleeping,
                  const unsigned char *initial, const unsigned char *items, unsigned char *section,
                  unsigned char *out, coded_block *about)
{
    const size_t bytes = count * code->item, mask = mask_bytes(code, count);
    size_t stored = count;
    bool failed;
    if (code->masked)
        set_bits(sleeping, count, section);
    if (code->difference)
        stored = split_weights(code->item, code->masked ? sleeping : NULL, count, initial, items,
                               out, section + mask);
    else
        split_items(code->item, count, items, section);
    const size_t size =
        compress_section(level, section, mask, code->item, stored, out, bytes, &failed);
    *about = (coded_block){.size = (uint32_t)(size > 0 ? size : bytes),
                           .crc = crc_of(items, bytes),
                           .whole = size == 0};
    return !failed;
}

/* ---------------------------------------------------------------- decoding */

static size_t count_bits(const unsigned char *mask, size_t count)
{
    size_t bits = 0;
    for (size_t n = 0; n < count; n++)
        bits += mask[n / 8] >> n % 8 & 1;
    return bits;
}

/* What is wrong with `size` bytes of a section, or NULL. */
static const char *join(const block_code *code, size_t count, const unsigned char *section,
                        size_t size, const unsigned char *initial, unsigned char *out)
{
    const size_t mask = mask_bytes(code, count);
    if (size < mask)
        return "a block of it ends within its bits";
    const size_t stored = code->masked ? count_bits(section, count) : count;
    if (size - mask != stored * code->item)
        return "there must be a value for each bit that is set in a block";
    if (code->difference)
        join_weights(code->item, code->masked ? section : NULL, count, initial, section + mask,
                     stored, out);
    else
        join_items(code->item, count, section, out);
    return NULL;
}

const char block_no_memory[] = "no memory for a block of it";

const char *block_decode(const block_code *code, const coded_block *block, size_t count,
                         const unsigned char *coded, const unsigned char *initial,
                         unsigned char *section, unsigned char *out)
{
    const size_t bytes = count * code->item;
    const char *wrong = NULL;
    if (block->whole) {
        memcpy(out, coded, bytes);
    } else {
        const size_t size =
            ZSTD_decompress(section, mask_bytes(code, count) + bytes, coded, block->size);
        if (ZSTD_isError(size))
            return ZSTD_getErrorCode(size) == ZSTD_error_memory_allocation
                       ? block_no_memory
                       : "a block of it is not what zstd makes of its bytes";
        wrong = join(code, count, section, size, initial, out);
    }
    if (wrong == NULL && crc_of(out, bytes) != block->crc)
        wrong = "a block of it does not become what was packed; its CRC-32 is another";
    return wrong;
}
