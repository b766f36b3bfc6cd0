/* Masks: against plain loops over all weights, in memory and as files. */
#include "trained.h"

#include "detinit_track.h"
#include "track/parts.h"

static trained t;

static const double thresholds[] = {0, 1e-3, 4e-3, 1};

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

static void test_in_memory(void **state)
{
    (void)state;
    for (size_t n = 0; n < TRACKED; n++) {
        const known_tensor *known = &t.known[n];
        unsigned char *mask = allocate(known->count);
        for (size_t k = 0; k < sizeof thresholds / sizeof thresholds[0]; k++) {
            const detinit_run run = {.threads = k % 2 == 0 ? 1 : 3};
            uint64_t changed, expected = 0;
            memset(mask, 7, known->count);
            assert_int_equal(
                detinit_tracked_mask(&t.tracked[n], thresholds[k], &run, mask, &changed, NULL),
                DETINIT_OK);
            for (size_t m = 0; m < known->count; m++) {
                assert_int_equal(mask[m], !sleeps(known, m, thresholds[k]));
                expected += mask[m];
            }
            assert_int_equal(changed, expected);
        }
        free(mask);
    }
}

/* A zero that has lost its sign has not changed; infinity and what is no number have. */
static void test_special(void **state)
{
    (void)state;
    const known_tensor *tiny = &t.known[5], *fc1 = &t.known[0];
    unsigned char *mask = allocate(fc1->count);
    size_t signs = 0;
    assert_int_equal(detinit_tracked_mask(&t.tracked[5], 0, NULL, mask, NULL, NULL), DETINIT_OK);
    for (size_t n = 0; n < tiny->count; n++) {
        assert_int_equal(mask[n], 0);
        signs += memcmp(tiny->initial + 2 * n, tiny->trained + 2 * n, 2) != 0;
    }
    assert_true(signs > 10);
    assert_int_equal(detinit_tracked_mask(&t.tracked[0], 1e300, NULL, mask, NULL, NULL),
                     DETINIT_OK);
    for (size_t n = 0; n < fc1->count; n++)
        assert_int_equal(mask[n], !isfinite(fc1->trained_values[n]));
    assert_true(isnan(fc1->trained_values[802]) || isnan(fc1->trained_values[400]));
    free(mask);
}

static void test_safetensors(void **state)
{
    (void)state;
    detinit_tensorfile *file;
    uint64_t changed[TRACKED], bytes;
    assert_int_equal(detinit_mask_save(t.tracked, TRACKED, 4e-3, "mask.safetensors", NULL, changed,
                                       &bytes, NULL),
                     DETINIT_OK);
    size_t size;
    free(get_file("mask.safetensors", &size));
    assert_int_equal(size, bytes);
    assert_int_equal(detinit_tensorfile_open("mask.safetensors", &file, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_count(file), TRACKED);
    for (size_t n = 0; n < TRACKED; n++) {
        const known_tensor *known = &t.known[n];
        const detinit_tensor *tensor = detinit_tensorfile_tensor(file, n);
        unsigned char *mask = allocate(known->count);
        uint64_t expected = 0;
        assert_string_equal(tensor->name, known->name);
        assert_string_equal(tensor->type, "BOOL");
        assert_int_equal(tensor->rank, known->recipe.rank);
        assert_memory_equal(tensor->shape, known->recipe.shape, tensor->rank * sizeof(uint64_t));
        assert_int_equal(detinit_tensor_read(file, tensor, 0, known->count, mask, NULL),
                         DETINIT_OK);
        for (size_t m = 0; m < known->count; m++) {
            assert_int_equal(mask[m], !sleeps(known, m, 4e-3));
            expected += mask[m];
        }
        assert_int_equal(changed[n], expected);
        free(mask);
    }
    detinit_tensorfile_close(file);
    assert_int_equal(detinit_mask_save(t.tracked, TRACKED, 4e-3, "again.safetensors",
                                       &(detinit_run){.threads = 4, .isa = DETINIT_ISA_BASELINE},
                                       NULL, NULL, NULL),
                     DETINIT_OK);
    assert_same_files("mask.safetensors", "again.safetensors");
    remove("mask.safetensors");
    remove("again.safetensors");
}

/* What numpy.save writes for such a mask; the header was taken from it. */
static void test_npy(void **state)
{
    (void)state;
    detinit_tensorfile *file;
    detinit_tracked tracked;
    const known_tensor *known = &t.known[3];
    track_npy(known, "w.npy", &file, &tracked);
    assert_int_equal(detinit_mask_save(&tracked, 1, 4e-3, "mask.npy", NULL, NULL, NULL, NULL),
                     DETINIT_OK);
    size_t size;
    unsigned char *bytes = get_file("mask.npy", &size);
    assert_int_equal(size, 128 + known->count);
    assert_memory_equal(bytes,
                        "\x93NUMPY\x01\x00\x76\x00{'descr': '|b1', 'fortran_order': False, "
                        "'shape': (20, 30), }  ",
                        72);
    assert_int_equal(bytes[127], '\n');
    for (size_t n = 0; n < known->count; n++)
        assert_int_equal(bytes[128 + n], !sleeps(known, n, 4e-3));
    free(bytes);
    assert_int_equal(detinit_mask_save(&tracked, 1, 4e-3, "m.safetensors", NULL, NULL, NULL, NULL),
                     DETINIT_OK);
    detinit_tensorfile_close(file);
    assert_int_equal(detinit_tensorfile_open("m.safetensors", &file, NULL), DETINIT_OK);
    assert_non_null(detinit_tensorfile_find(file, "weight"));
    detinit_tensorfile_close(file);
    remove("w.npy");
    remove("mask.npy");
    remove("m.safetensors");
}

static bool stop(void *context, uint64_t done, uint64_t total)
{
    (void)context, (void)total;
    return done < 1000;
}

static void test_refused(void **state)
{
    (void)state;
    detinit_error error;
    unsigned char none;
    const double bad[] = {-1e-9, NAN, INFINITY};
    for (size_t n = 0; n < 3; n++) {
        assert_int_equal(detinit_tracked_mask(t.tracked, bad[n], NULL, &none, NULL, &error),
                         DETINIT_INVALID);
        assert_int_equal(detinit_mask_save(t.tracked, 1, bad[n], "m.npy", NULL, NULL, NULL, &error),
                         DETINIT_INVALID);
        assert_non_null(strstr(error.message, "finite threshold"));
    }
    assert_int_equal(detinit_mask_save(t.tracked, 2, 0, "m.npy", NULL, NULL, NULL, &error),
                     DETINIT_INVALID);
    assert_non_null(strstr(error.message, "holds one tensor"));
    assert_int_equal(detinit_mask_save(t.tracked, 1, 0, "m.csv", NULL, NULL, NULL, &error),
                     DETINIT_INVALID);
    assert_non_null(strstr(error.message, "must end in .safetensors"));
    assert_int_equal(detinit_mask_save(t.tracked, TRACKED, 0, "m.safetensors",
                                       &(detinit_run){.progress = stop}, NULL, NULL, &error),
                     DETINIT_CANCELLED);
    assert_int_equal(count_entries(NULL), 1);
}

/* Parts are put together where a file can be, and only where they are all there. */
static void test_merging_nowhere(void **state)
{
    (void)state;
    const char *const places[] = {"no.txt", "none/no.safetensors"};
    uint64_t changed[TRACKED], bytes;
    detinit_packing packing;
    detinit_error error;
    for (size_t n = 0; n < 2; n++) {
        const detinit_status expected = n == 0 ? DETINIT_INVALID : DETINIT_IO;
        assert_int_equal(
            part_merge_masks(t.tracked, 0, NULL, 0, places[n], NULL, changed, &bytes, &error),
            expected);
        assert_int_equal(part_merge_packs(t.file, t.tracked, TRACKED, PACK_AT(0), NULL, 0,
                                          places[n], NULL, &packing, &error),
                         expected);
    }
    assert_int_equal(part_merge_masks(t.tracked, TRACKED, NULL, 0, "no.safetensors", NULL, changed,
                                      &bytes, &error),
                     DETINIT_INVALID);
    assert_string_equal(error.message, "the parts hold 0 masks of 6 tensors");
    assert_int_equal(part_merge_packs(t.file, t.tracked, TRACKED, PACK_AT(0), NULL, 0,
                                      "no.safetensors", NULL, &packing, &error),
                     DETINIT_INVALID);
    assert_string_equal(error.message, "the parts hold 0 of 9 tensors");
    assert_false(exists("no.safetensors"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_memory),   cmocka_unit_test(test_special),
        cmocka_unit_test(test_safetensors), cmocka_unit_test(test_npy),
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_merging_nowhere),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
