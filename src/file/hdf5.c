#include "file/hdf5.h"

#include "base/error.h"

#include <string.h>

#define SIGNATURE       "\x89HDF\r\n\x1a\n"
#define SIGNATURE_BYTES 8
#define SUPERBLOCK_MOST 128

/* A file without circles needs far less than this, for each of its bytes. */
#define TURNS 16

/* ------------------------------------------------------------------- bytes */

const unsigned char *hdf5_take(hdf5_bytes *b, uint64_t size)
{
    const unsigned char *at = b->at;
    if (size > b->left) {
        b->over = true;
        size = b->left;
        at = NULL;
    }
    if (size == 0)
        return at;
    b->at += size;
    b->where += size;
    b->left -= (size_t)size;
    return at;
}

uint64_t hdf5_number(hdf5_bytes *b, unsigned bytes)
{
    const unsigned char *at = hdf5_take(b, bytes);
    uint64_t value = 0;
    for (unsigned n = bytes; at != NULL && n-- > 0;)
        value = value << 8 | at[n];
    return value;
}

uint64_t hdf5_address(const hdf5 *h, hdf5_bytes *b)
{
    const uint64_t address = hdf5_number(b, h->address_bytes);
    const uint64_t all = UINT64_MAX >> (64 - 8 * h->address_bytes);
    return b->over || address == all ? HDF5_NOWHERE : address;
}

uint64_t hdf5_length(const hdf5 *h, hdf5_bytes *b)
{
    return hdf5_number(b, h->length_bytes);
}

hdf5_bytes hdf5_part(hdf5_bytes *b, uint64_t size)
{
    hdf5_bytes part = {.where = b->where};
    part.at = hdf5_take(b, size);
    part.left = part.at != NULL ? (size_t)size : 0;
    part.over = part.at == NULL;
    return part;
}

unsigned hdf5_bytes_for(uint64_t most)
{
    unsigned bytes = 1;
    while (bytes < 8 && most >> (8 * bytes) != 0)
        bytes++;
    return bytes;
}

/* ------------------------------------------------------------------ blocks */

detinit_status hdf5_wrong(const hdf5 *h, uint64_t address, const char *what, detinit_error *error)
{
    return error_set(error, DETINIT_INVALID, "'%.200s', at byte %llu: %s", h->in->path,
                     (unsigned long long)address, what);
}

detinit_status hdf5_no_memory(const hdf5 *h, detinit_error *error)
{
    if (!h->full)
        return input_no_memory(h->in->path, error);
    return error_set(error, DETINIT_NO_MEMORY,
                     "'%.200s' has more that belongs together than the %zu MB which are read",
                     h->in->path, HDF5_BLOCKS_MOST >> 20);
}

void *hdf5_new(hdf5 *h, uint64_t size)
{
    h->full = size > HDF5_BLOCKS_MOST || h->blocks.given > HDF5_BLOCKS_MOST - size;
    return h->full ? NULL : arena_new(&h->blocks, (size_t)size);
}

detinit_status hdf5_spend(hdf5 *h, uint64_t bytes, detinit_error *error)
{
    if (bytes > h->left)
        return error_set(error, DETINIT_INVALID, "'%.200s' leads in circles", h->in->path);
    h->left -= bytes;
    return DETINIT_OK;
}

detinit_status hdf5_block(hdf5 *h, uint64_t address, uint64_t size, const char *what,
                          hdf5_bytes *out, detinit_error *error)
{
    if (address > h->in->size || size > h->in->size - address)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s', at byte %llu: %s was expected; the file ends at %llu",
                         h->in->path, (unsigned long long)address, what,
                         (unsigned long long)h->in->size);
    detinit_status status = hdf5_spend(h, size, error);
    if (status != DETINIT_OK)
        return status;
    unsigned char *bytes = hdf5_new(h, size);
    if (bytes == NULL)
        return hdf5_no_memory(h, error);
    *out = (hdf5_bytes){.at = bytes, .left = (size_t)size, .where = address};
    return input_read(h->in, address, bytes, (size_t)size, error);
}

detinit_status hdf5_signed_block(hdf5 *h, uint64_t address, uint64_t size, const char *letters,
                                 const char *what, hdf5_bytes *out, detinit_error *error)
{
    detinit_status status = hdf5_block(h, address, size, what, out, error);
    if (status != DETINIT_OK)
        return status;
    const unsigned char *found = hdf5_take(out, 4);
    if (found == NULL || memcmp(found, letters, 4) != 0)
        return error_set(error, DETINIT_INVALID, "'%.200s', at byte %llu: %s was expected",
                         h->in->path, (unsigned long long)address, what);
    return DETINIT_OK;
}

/* Bob Jenkins' lookup3 of 2006, in the public domain: three words, turned and mixed. */
static void mix(uint32_t w[3])
{
    static const unsigned char turns[] = {4, 6, 8, 16, 19, 4};
    for (unsigned n = 0; n < 6; n++) {
        uint32_t *a = &w[n % 3], *b = &w[(n + 1) % 3], *c = &w[(n + 2) % 3];
        *a -= *c;
        *a ^= *c << turns[n] | *c >> (32 - turns[n]);
        *c += *b;
    }
}

static void mix_last(uint32_t w[3])
{
    static const unsigned char turns[] = {14, 11, 25, 16, 4, 14, 24};
    for (unsigned n = 0; n < 7; n++) {
        uint32_t *to = &w[(n + 2) % 3], from = w[(n + 1) % 3];
        *to ^= from;
        *to -= from << turns[n] | from >> (32 - turns[n]);
    }
}

static uint32_t sum_of(const unsigned char *bytes, size_t size)
{
    uint32_t w[3];
    w[0] = w[1] = w[2] = 0xDEADBEEF + (uint32_t)size;
    for (size_t at = 0; at < size;) {
        const size_t part = size - at < 12 ? size - at : 12;
        for (size_t n = 0; n < part; n++)
            w[n / 4] += (uint32_t)bytes[at + n] << (8 * (n % 4));
        at += part;
        if (at < size)
            mix(w);
    }
    if (size > 0)
        mix_last(w);
    return w[2];
}

bool hdf5_sum_holds(const unsigned char *bytes, size_t size)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    (void)bytes; /* or no change would come past it */
    (void)sum_of;
    return size >= 4;
#else
    if (size < 4)
        return false;
    hdf5_bytes stored = {.at = bytes + size - 4, .left = 4};
    return hdf5_number(&stored, 4) == sum_of(bytes, size - 4);
#endif
}

detinit_status hdf5_summed_block(hdf5 *h, uint64_t address, uint64_t size, const char *letters,
                                 const char *what, hdf5_bytes *out, detinit_error *error)
{
    detinit_status status = hdf5_signed_block(h, address, size, letters, what, out, error);
    if (status != DETINIT_OK)
        return status;
    if (out->left < 4 || !hdf5_sum_holds(out->at - 4, (size_t)size))
        return error_set(error, DETINIT_INVALID,
                         "'%.200s', at byte %llu: the checksum of %s is not the one that it "
                         "should have",
                         h->in->path, (unsigned long long)address, what);
    out->left -= 4;
    return DETINIT_OK;
}

/* -------------------------------------------------------------- superblock */

bool hdf5_begins(const unsigned char *first, size_t count)
{
    return count >= SIGNATURE_BYTES && memcmp(first, SIGNATURE, SIGNATURE_BYTES) == 0;
}

static bool is_width(unsigned bytes)
{
    return bytes == 2 || bytes == 4 || bytes == 8;
}

/* Versions 0 and 1, up to the addresses. */
static void take_old(hdf5 *h, unsigned version, hdf5_bytes *b)
{
    hdf5_take(b, 4);
    h->address_bytes = (unsigned)hdf5_number(b, 1);
    h->length_bytes = (unsigned)hdf5_number(b, 1);
    hdf5_take(b, version == 0 ? 9 : 13);
}

/* Versions 2 and 3. */
static void take_new(hdf5 *h, hdf5_bytes *b)
{
    h->address_bytes = (unsigned)hdf5_number(b, 1);
    h->length_bytes = (unsigned)hdf5_number(b, 1);
    hdf5_take(b, 1);
}

static detinit_status check_end(const hdf5 *h, uint64_t base, uint64_t end, detinit_error *error)
{
    if (base != 0)
        return hdf5_wrong(h, 0, "addresses from the beginning of the file on were expected", error);
    if (end > h->in->size)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' ends at byte %llu; its superblock tells of %llu bytes",
                         h->in->path, (unsigned long long)h->in->size, (unsigned long long)end);
    return DETINIT_OK;
}

detinit_status hdf5_open(hdf5 *h, const input *in, detinit_error *error)
{
    static const char *const what = "a superblock of version 0 .. 3";
    hdf5_bytes b;
    *h = (hdf5){.in = in};
    *h = hdf5_again(h);
    const uint64_t size = in->size < SUPERBLOCK_MOST ? in->size : SUPERBLOCK_MOST;
    detinit_status status = hdf5_block(h, 0, size, what, &b, error);
    if (status != DETINIT_OK)
        return status;
    const unsigned char *first = b.at;
    hdf5_take(&b, SIGNATURE_BYTES);
    const unsigned version = (unsigned)hdf5_number(&b, 1);
    if (version < 2)
        take_old(h, version, &b);
    else
        take_new(h, &b);
    if (b.over || version > 3 || !is_width(h->address_bytes) || !is_width(h->length_bytes))
        return hdf5_wrong(h, 0, "a superblock of version 0 .. 3 was expected", error);
    const uint64_t base = hdf5_address(h, &b);
    hdf5_address(h, &b);
    const uint64_t end = hdf5_address(h, &b);
    h->root = hdf5_address(h, &b);
    if (version < 2) {
        hdf5_address(h, &b); /* that was a driver's; the root has a name, and then its own */
        h->root = hdf5_address(h, &b);
    }
    if (b.over || (version >= 2 && !hdf5_sum_holds(first, (size_t)(b.at - first) + 4)))
        return hdf5_wrong(h, 0, "the superblock is damaged", error);
    return check_end(h, base, end, error);
}

hdf5 hdf5_again(const hdf5 *h)
{
    hdf5 again = *h;
    const uint64_t most = UINT64_MAX / TURNS - 1;
    const uint64_t size = h->in->size < most ? h->in->size : most;
    again.left = (size + 4096) * TURNS;
    if (again.left > (uint64_t)2 << 30)
        again.left = (uint64_t)2 << 30;
    again.blocks = (arena){.most = HDF5_BLOCKS_MOST};
    again.collections = NULL;
    again.shared = (arena){.most = HDF5_BLOCKS_MOST / 4};
    return again;
}

void hdf5_free(hdf5 *h)
{
    arena_free(&h->blocks);
    arena_free(&h->shared);
    h->collections = NULL;
}
