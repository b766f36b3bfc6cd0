/* Packed files as they are documented, decoded by hand; and read as the files that were packed. */
#include "packed_file.h"

#include "detinit_pack.h"
#include <zlib.h>
#include <zstd.h>

static trained t;

static int set_up(void **state)
{
    enter_scratch(state);
    open_trained(&t);
    return 0;
}

static int tear_down(void **state)
{
    close_trained(&t);
    return leave_scratch(state);
}

/* What a stored weight of 16 .. 64 bits is, of its planes and its initial value. */
static uint64_t weight_of(const unsigned char *planes, size_t stored, size_t k, size_t item,
                          uint64_t w0)
{
    const uint64_t all = UINT64_MAX >> (64 - 8 * item), low = all >> 1;
    uint64_t z = 0;
    for (size_t p = 0; p < item; p++)
        z = z << 8 | planes[p * stored + k];
    uint64_t d = z >> 1, o = w0 > low ? w0 ^ low : w0;
    d = (z & 1) != 0 ? ~d & all : d;
    o = (o + d) & all;
    return o > low ? o ^ low : o;
}

/* All of a tensor out of its blocks, as the header documents them. */
static void decode(const detinit_tensorfile *file, const char *name, const known_tensor *known,
                   bool lossless, unsigned char *out)
{
    const detinit_tensor *held = detinit_tensorfile_find(file, name);
    const size_t item = detinit_dtype_size(known->recipe.dtype);
    const size_t blocks = (size_t)(known->count + 65535) / 65536;
    unsigned char *bytes = allocate(held->count), *room = allocate(65536 * 9);
    const unsigned char *at = bytes + 8 * blocks;
    assert_string_equal(held->type, "U8");
    assert_int_equal(detinit_tensor_read(file, held, 0, held->count, bytes, NULL), DETINIT_OK);
    for (size_t b = 0; b < blocks; b++) {
        const size_t first = b * 65536, left = known->count - first;
        const size_t count = left < 65536 ? left : 65536, mask = lossless ? 0 : (count + 7) / 8;
        uint32_t size, crc;
        memcpy(&size, bytes + 8 * b, 4);
        memcpy(&crc, bytes + 8 * b + 4, 4);
        turn_little_endian(&size, sizeof size, 1);
        turn_little_endian(&crc, sizeof crc, 1);
        const bool whole = size >> 31 != 0;
        size &= INT32_MAX;
        if (whole)
            memcpy(out + first * item, at, size);
        const size_t held_bytes = whole ? 0 : ZSTD_decompress(room, 65536 * 9, at, size);
        assert_false(ZSTD_isError(held_bytes));
        const size_t stored = (held_bytes - mask) / item;
        for (size_t n = 0, k = 0; n < count && !whole; n++) {
            uint64_t w = 0;
            memcpy(&w, known->initial + (first + n) * item, item);
            turn_little_endian(&w, sizeof w, 1);
            if (lossless || (room[n / 8] >> n % 8 & 1) != 0)
                w = weight_of(room + mask, stored, k++, item, w);
            turn_little_endian(&w, sizeof w, 1);
            memcpy(out + (first + n) * item, &w, item);
        }
        assert_int_equal(crc32(0, out + first * item, (unsigned)(count * item)), crc);
        at += size;
    }
    assert_ptr_equal(at, bytes + held->count);
    free(bytes);
    free(room);
}

/* Whether a weight is what it was, or, if it sleeps, what it began as. */
static void check_weights(const known_tensor *known, const unsigned char *weights, bool lossless)
{
    const size_t item = detinit_dtype_size(known->recipe.dtype);
    for (size_t n = 0; n < known->count; n++) {
        const bool back = !lossless && sleeps(known, n, 4e-3);
        assert_memory_equal(weights + n * item, (back ? known->initial : known->trained) + n * item,
                            item);
    }
}

/* Blocks as documented, under names that nothing else has. */
static void test_layout(void **state)
{
    (void)state;
    for (int lossless = 0; lossless < 2; lossless++) {
        detinit_tensorfile *file;
        detinit_packed *packed;
        const detinit_pack_options how = {
            .threshold = 4e-3, .level = 1 + 8 * lossless, .lossless = lossless != 0};
        assert_int_equal(detinit_pack_save(t.file, t.tracked, TRACKED, &how, "packed.safetensors",
                                           NULL, NULL, NULL),
                         DETINIT_OK);
        assert_int_equal(detinit_tensorfile_open("packed.safetensors", &file, NULL), DETINIT_OK);
        assert_true(detinit_tensorfile_is_packed(file));
        assert_false(detinit_tensorfile_is_packed(t.file));
        assert_string_equal(detinit_tensorfile_find(file, "fc1.blocks")->type, "BOOL");
        for (size_t k = 0; k < TRACKED; k++) {
            const known_tensor *known = &t.known[k];
            char name[32];
            unsigned char *weights = allocate(known->count * sizeof(double));
            snprintf(name, sizeof name, "%s.blocks%s", known->name, k == 0 ? "_" : "");
            decode(file, name, known, lossless != 0, weights);
            check_weights(known, weights, lossless != 0);
            free(weights);
        }
        assert_int_equal(detinit_packed_open(file, &packed, NULL), DETINIT_OK);
        assert_int_equal(detinit_packed_count(packed), TRACKED + UNTRACKED);
        assert_int_equal(detinit_packed_network(packed)->count, TRACKED);
        assert_string_equal(detinit_packed_network(packed)->layers[1].name, "conv");
        assert_true(detinit_packed_network(packed)->layers[1].recipe.zero_mean);
        assert_double_same(detinit_packed_packing(packed)->threshold, 4e-3);
        assert_int_equal(detinit_packed_packing(packed)->lossless, lossless);
        detinit_packed_free(packed);
        detinit_tensorfile_close(file);
    }
}

/* Any part of any tensor, out of a packed file as the one that was packed. */
static void test_unpacked(void **state)
{
    (void)state;
    detinit_tensorfile *file, *whole;
    assert_int_equal(detinit_pack_save(t.file, t.tracked, TRACKED, PACK_AT(4e-3),
                                       "packed.safetensors", NULL, NULL, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_tensorfile_open("packed.safetensors", &file, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_unpacked(file, &whole, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_count(whole), TRACKED + UNTRACKED);
    assert_string_equal(detinit_tensorfile_metadata(whole, "format"), "pt");
    assert_non_null(detinit_tensorfile_metadata(whole, "detinit.manifest"));
    for (size_t k = 0; k < TRACKED; k++) {
        const known_tensor *known = &t.known[k];
        const detinit_tensor *tensor = detinit_tensorfile_find(whole, known->name);
        unsigned char *weights = allocate(known->count * tensor->item_bytes);
        assert_int_equal(tensor->count, known->count);
        for (uint64_t end = known->count, n = 0; end > 0; n++) {
            const uint64_t most = detinit_key(k, &n, 1) % 70000 + 1, part = end < most ? end : most;
            end -= part;
            assert_int_equal(detinit_tensor_read(whole, tensor, end, part,
                                                 weights + end * tensor->item_bytes, NULL),
                             DETINIT_OK);
        }
        check_weights(known, weights, false);
        free(weights);
    }
    uint64_t step[3];
    assert_int_equal(
        detinit_tensor_read(whole, detinit_tensorfile_find(whole, "step"), 0, 3, step, NULL),
        DETINIT_OK);
    assert_memory_equal(step, trained_step, sizeof step);
    detinit_tensorfile_close(whole);
    assert_int_equal(detinit_tensorfile_open("trained.safetensors", &file, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_unpacked(file, &whole, NULL), DETINIT_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_unpacked),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
