/* Every byte of packed files changed, one after another: it is refused, or nothing is different. */
#include "packed_file.h"

#include "detinit_pack.h"

static trained t;

/* Of each byte one bit is turned, the bit that makes letters capital, and all of them. */
#define FLIPS 3

/* A file of some tensors with and without recipes, and metadata. */
static void write_small(const char *path)
{
    detinit_tensorwriter *w;
    const known_tensor *conv = &t.known[1], *tiny = &t.known[5];
    assert_int_equal(detinit_tensorwriter_open(path, &w, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_metadata(w, "note", "by hand", NULL), DETINIT_OK);
    assert_int_equal(
        detinit_tensorwriter_announce(w, "conv", "F16", 4, conv->recipe.shape, NULL, NULL), 0);
    assert_int_equal(
        detinit_tensorwriter_announce(w, "step", "U64", 1, (uint64_t[]){3}, NULL, NULL), 0);
    assert_int_equal(
        detinit_tensorwriter_announce(w, "tiny", "F16", 1, tiny->recipe.shape, NULL, NULL), 0);
    assert_int_equal(detinit_tensorwriter_write(w, conv->trained, 2 * conv->count, NULL), 0);
    assert_int_equal(detinit_tensorwriter_write(w, trained_step, sizeof trained_step, NULL), 0);
    assert_int_equal(detinit_tensorwriter_write(w, tiny->trained, 2 * tiny->count, NULL), 0);
    assert_int_equal(detinit_tensorwriter_commit(w, NULL, NULL), DETINIT_OK);
}

static int set_up(void **state)
{
    if (enter_scratch(state) != 0)
        return -1;
    open_trained(&t);
    write_small("small.safetensors");
    return 0;
}

static int tear_down(void **state)
{
    close_trained(&t);
    return leave_scratch(state);
}

static unsigned char *pack_small(bool lossless, size_t *size)
{
    detinit_tensorfile *file;
    detinit_tracked tracked[2];
    void *buffer;
    const detinit_pack_options how = {
        .threshold = 4e-3, .lossless = lossless, .level = DETINIT_PACK_LEVEL};
    assert_int_equal(detinit_tensorfile_open("small.safetensors", &file, NULL), DETINIT_OK);
    for (size_t n = 0; n < 2; n++) {
        const known_tensor *known = &t.known[n == 0 ? 1 : 5];
        assert_int_equal(detinit_track(file, detinit_tensorfile_find(file, known->name),
                                       &known->recipe, &tracked[n], NULL),
                         DETINIT_OK);
    }
    assert_int_equal(detinit_pack_memory(file, tracked, 2, &how, NULL, &buffer, size, NULL, NULL),
                     DETINIT_OK);
    detinit_tensorfile_close(file);
    return buffer;
}

/* The status of unpacking a file in memory into `path`. */
static detinit_status unpack_bytes(const unsigned char *bytes, size_t size, const char *path,
                                   detinit_error *error)
{
    detinit_tensorfile *file;
    detinit_packed *packed;
    detinit_status status = detinit_tensorfile_open_memory(bytes, size, "bytes", &file, error);
    if (status != DETINIT_OK)
        return status;
    status = detinit_packed_open(file, &packed, error);
    if (status == DETINIT_OK) {
        status = detinit_unpack_save(packed, path, NULL, NULL, error);
        detinit_packed_free(packed);
    }
    detinit_tensorfile_close(file);
    return status;
}

static void flip_all(bool lossless)
{
    size_t size, harmless = 0;
    unsigned char *bytes = pack_small(lossless, &size);
    assert_int_equal(unpack_bytes(bytes, size, "good.safetensors", NULL), DETINIT_OK);
    for (size_t n = 0; n < FLIPS * size; n++) {
        detinit_error error;
        unsigned char *at = &bytes[n / FLIPS];
        const unsigned char flips[FLIPS] = {(unsigned char)(1 << n / FLIPS % 8), 0x20, 0xFF};
        *at ^= flips[n % FLIPS];
        const detinit_status status = unpack_bytes(bytes, size, "flipped.safetensors", &error);
        *at ^= flips[n % FLIPS];
        if (status == DETINIT_OK) {
            assert_same_files("good.safetensors", "flipped.safetensors");
            harmless++;
            continue;
        }
        assert_true(status == DETINIT_INVALID || status == DETINIT_IO);
        assert_true(error.message[0] != '\0' && strchr(error.message, '\n') == NULL);
    }
    print_message("%zu of %zu changes do nothing\n", harmless, FLIPS * size);
    assert_true(harmless <= 32);
    assert_int_equal(remove("good.safetensors"), 0);
    remove("flipped.safetensors");
    free(bytes);
}

static void test_flips(void **state)
{
    (void)state;
    flip_all(false);
    flip_all(true);
}

/* Files cut short anywhere. */
static void test_short(void **state)
{
    (void)state;
    size_t size;
    unsigned char *bytes = pack_small(false, &size);
    for (size_t length = 0; length < size; length++)
        assert_int_not_equal(unpack_bytes(bytes, length, "out.safetensors", NULL), DETINIT_OK);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flips),
        cmocka_unit_test(test_short),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
