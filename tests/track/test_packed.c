/* Packed files: unpacked they are what pruning writes; broken ones are refused. */
#include "packed_file.h"

#include "detinit_pack.h"

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

/* -------------------------------------------------------------- round trips */

static void test_round_trip(void **state)
{
    (void)state;
    const double thresholds[] = {0, 1e-5, 4e-3, 1e9};
    for (size_t k = 0; k < sizeof thresholds / sizeof thresholds[0]; k++) {
        detinit_packing packing;
        size_t size;
        uint64_t total = 0, stored = 0;
        for (size_t n = 0; n < TRACKED; n++) {
            total += t.known[n].count;
            for (size_t m = 0; m < t.known[n].count; m++)
                stored += !sleeps(&t.known[n], m, thresholds[k]);
        }
        assert_int_equal(detinit_pack_save(t.file, t.tracked, TRACKED, PACK_AT(thresholds[k]),
                                           "packed.safetensors", NULL, &packing, NULL),
                         DETINIT_OK);
        assert_int_equal(packing.total_weights, total);
        assert_int_equal(packing.stored_weights, stored);
        free(get_file("packed.safetensors", &size));
        assert_int_equal(packing.bytes, size);
        free(get_file("trained.safetensors", &size));
        assert_int_equal(packing.dense_bytes, size);
        prune(t.file, t.tracked, TRACKED, thresholds[k], "pruned.safetensors");
        assert_int_equal(unpack("packed.safetensors", "unpacked.safetensors", NULL), DETINIT_OK);
        assert_same_files("pruned.safetensors", "unpacked.safetensors");
    }
    remove("pruned.safetensors");
    remove("unpacked.safetensors");
}

static void test_threads(void **state)
{
    (void)state;
    const detinit_run one = {.threads = 1}, other = {.threads = 3, .isa = DETINIT_ISA_BASELINE};
    assert_int_equal(detinit_pack_save(t.file, t.tracked, TRACKED, PACK_AT(4e-3), "a.safetensors",
                                       &one, NULL, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_pack_save(t.file, t.tracked, TRACKED, PACK_AT(4e-3), "b.safetensors",
                                       &other, NULL, NULL),
                     DETINIT_OK);
    assert_same_files("a.safetensors", "b.safetensors");
    remove("a.safetensors");
    remove("b.safetensors");
}

/* Every bit of the file comes back, also of its header; and every weight in another format. */
static void test_lossless(void **state)
{
    (void)state;
    detinit_packing packing;
    detinit_tensorfile *file;
    detinit_tracked tracked;
    detinit_pack_options how = *PACK_AT(0);
    how.lossless = true;
    assert_int_equal(
        detinit_pack_save(t.file, t.tracked, TRACKED, &how, "l.safetensors", NULL, &packing, NULL),
        DETINIT_OK);
    assert_true(packing.lossless && packing.stored_weights == packing.total_weights);
    assert_int_equal(unpack("l.safetensors", "u.safetensors", NULL), DETINIT_OK);
    assert_same_files("trained.safetensors", "u.safetensors");
    track_npy(&t.known[0], "w.npy", &file, &tracked);
    assert_int_equal(detinit_pack_save(file, &tracked, 1, &how, "l.safetensors", NULL, NULL, NULL),
                     DETINIT_OK);
    detinit_tensorfile_close(file);
    assert_int_equal(unpack("l.safetensors", "u.npy", NULL), DETINIT_OK);
    assert_same_files("w.npy", "u.npy");
    assert_int_equal(unpack("l.safetensors", "u.safetensors", NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_open("u.safetensors", &file, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_tensor(file, 0)->count, t.known[0].count);
    detinit_tensorfile_close(file);
    assert_int_equal(
        remove("w.npy") | remove("l.safetensors") | remove("u.npy") | remove("u.safetensors"), 0);
}

/* The array of a .npy file is packed, and unpacked as either format; also over itself. */
static void test_npy(void **state)
{
    (void)state;
    detinit_tensorfile *file;
    detinit_tracked tracked;
    track_npy(&t.known[2], "w.npy", &file, &tracked);
    assert_int_equal(
        detinit_pack_save(file, &tracked, 1, PACK_AT(4e-3), "w.safetensors", NULL, NULL, NULL),
        DETINIT_OK);
    prune(file, &tracked, 1, 4e-3, "p.npy");
    prune(file, &tracked, 1, 4e-3, "p.safetensors");
    detinit_tensorfile_close(file);
    assert_int_equal(unpack("w.safetensors", "u.npy", NULL), DETINIT_OK);
    assert_same_files("p.npy", "u.npy");
    assert_int_equal(unpack("w.safetensors", "w.safetensors", NULL), DETINIT_OK);
    assert_same_files("p.safetensors", "w.safetensors");
    assert_int_equal(remove("w.npy") | remove("w.safetensors") | remove("p.npy") |
                         remove("p.safetensors") | remove("u.npy"),
                     0);
}

/* ------------------------------------------------------------------- failures */

static bool stop(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    assert_true(done <= total);
    return done < 100000;
}

static void test_refused(void **state)
{
    (void)state;
    detinit_error error;
    const detinit_run stopping = {.progress = stop};
    assert_int_equal(
        detinit_pack_save(t.file, t.tracked, 1, PACK_AT(NAN), "p.safetensors", NULL, NULL, NULL),
        DETINIT_INVALID);
    assert_int_equal(
        detinit_pack_save(t.file, t.tracked, 0, PACK_AT(0), "p.safetensors", NULL, NULL, NULL),
        DETINIT_INVALID);
    assert_int_equal(detinit_pack_save(t.file, t.tracked, 1, &(detinit_pack_options){.level = 20},
                                       "p.safetensors", NULL, NULL, NULL),
                     DETINIT_INVALID);
    assert_int_equal(
        detinit_pack_save(t.file, t.tracked, 1, PACK_AT(0), "p.npy", NULL, NULL, &error),
        DETINIT_INVALID);
    assert_non_null(strstr(error.message, "must end in .safetensors"));
    assert_int_equal(unpack("trained.safetensors", "out.safetensors", &error), DETINIT_INVALID);
    assert_non_null(strstr(error.message, "is not a packed file"));
    assert_int_equal(unpack("packed.safetensors", "out.npy", &error), DETINIT_INVALID);
    assert_int_equal(detinit_pack_save(t.file, t.tracked, TRACKED, PACK_AT(0), "p.safetensors",
                                       &stopping, NULL, &error),
                     DETINIT_CANCELLED);
    assert_int_equal(count_entries(NULL), 2);
}

/* Half way a file shrinks, or a byte near its end changes. */
static bool meddle(void *context, uint64_t done, uint64_t total)
{
    const char *path = context;
    if (done < total / 2)
        return true;
    if (strcmp(path, "w.npy") == 0)
        return truncate(path, 1000) == 0;
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, -100, SEEK_END), 0);
    fputc('x', file);
    assert_int_equal(fclose(file), 0);
    return true;
}

/* Few weights, and bytes that are not worth compressing: these are read twice. */
static void write_noise(const char *path)
{
    enum { BYTES = 100000 };
    detinit_tensorwriter *w;
    const known_tensor *tiny = &t.known[5];
    unsigned char noise[BYTES];
    for (uint64_t n = 0; n < BYTES; n++)
        noise[n] = (unsigned char)detinit_key(1, &n, 1);
    assert_int_equal(detinit_tensorwriter_open(path, &w, NULL), DETINIT_OK);
    assert_int_equal(
        detinit_tensorwriter_announce(w, "tiny", "F16", 1, tiny->recipe.shape, NULL, NULL),
        DETINIT_OK);
    assert_int_equal(
        detinit_tensorwriter_announce(w, "noise", "U8", 1, &(uint64_t){BYTES}, NULL, NULL),
        DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_write(w, tiny->trained, 2 * tiny->count, NULL), 0);
    assert_int_equal(detinit_tensorwriter_write(w, noise, BYTES, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_commit(w, NULL, NULL), DETINIT_OK);
}

static void check_meddling(const detinit_tensorfile *file, const detinit_tracked *tracked,
                           const char *path, const char *sentence)
{
    detinit_error error;
    const detinit_run run = {.threads = 1, .progress = meddle, .context = (void *)(uintptr_t)path};
    assert_int_equal(
        detinit_pack_save(file, tracked, 1, PACK_AT(4e-3), "p.safetensors", &run, NULL, &error),
        DETINIT_IO);
    assert_non_null(strstr(error.message, sentence));
    assert_int_equal(count_entries(NULL), 3);
    remove(path);
}

static void test_meddling(void **state)
{
    (void)state;
    detinit_tensorfile *file;
    detinit_tracked tracked;
    track_npy(&t.known[0], "w.npy", &file, &tracked);
    check_meddling(file, &tracked, "w.npy", "became shorter");
    detinit_tensorfile_close(file);
    write_noise("n.safetensors");
    assert_int_equal(detinit_tensorfile_open("n.safetensors", &file, NULL), DETINIT_OK);
    assert_int_equal(detinit_track(file, detinit_tensorfile_find(file, "tiny"), &t.known[5].recipe,
                                   &tracked, NULL),
                     DETINIT_OK);
    check_meddling(file, &tracked, "n.safetensors", "changed while");
    detinit_tensorfile_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_threads),
        cmocka_unit_test(test_npy),        cmocka_unit_test(test_lossless),
        cmocka_unit_test(test_refused),    cmocka_unit_test(test_meddling),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
