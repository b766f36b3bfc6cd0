/* Data sets of the showcase: IDX files read, and data that is made. */
#include "scratch.h"

#include "train/dataset.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <zlib.h>

static dataset made(uint64_t seed, size_t features, size_t classes, size_t train, size_t test)
{
    dataset d;
    assert_int_equal(dataset_make(seed, features, classes, 0.25, train, test, &d, NULL),
                     DETINIT_OK);
    return d;
}

/* A file of hexadecimal bytes. */
static void put_bytes(const char *path, const char *hex)
{
    FILE *file = fopen(path, "w");
    unsigned byte;
    int used;
    assert_non_null(file);
    for (; sscanf(hex, " %2x%n", &byte, &used) == 1; hex += used)
        assert_int_equal(fputc((int)byte, file), (int)byte);
    assert_int_equal(fclose(file), 0);
}

#define IMAGES "00000803 00000003 00000001 00000002 00ff 3380 0102"
#define LABELS "00000801 00000003 020001"

static void idx_is_read(void **state)
{
    static const float expected[] = {0, 1, 0.2f, 128 / 255.0f, 1 / 255.0f, 2 / 255.0f};
    static const unsigned char labels[] = {2, 0, 1};
    examples e;
    size_t size;
    (void)state;
    put_bytes("images", IMAGES);
    put_bytes("labels", LABELS);
    for (int gzipped = 0; gzipped < 2; gzipped++) {
        assert_int_equal(examples_read("images", "labels", &e, NULL), DETINIT_OK);
        assert_int_equal(e.count, 3);
        assert_int_equal(e.features, 2);
        assert_int_equal(e.classes, 3);
        assert_memory_equal(e.inputs, expected, sizeof expected);
        assert_memory_equal(e.labels, labels, sizeof labels);
        examples_free(&e);

        unsigned char *plain = get_file("images", &size);
        gzFile stream = gzopen("images", "wb");
        assert_int_equal(gzwrite(stream, plain, (unsigned)size), (int)size);
        assert_int_equal(gzclose(stream), Z_OK);
        free(plain);
    }
}

static const struct {
    const char *what, *images, *labels, *expected;
} bad[] = {
    {"an empty file", "", LABELS, "images: expected as many bytes"},
    {"a cut magic number", "000008", LABELS, "images: expected as many bytes"},
    {"a first byte", "01000803 00000001 00000001 00000001 00", LABELS, "magic 0x00000803"},
    {"a second byte", "00010803 00000001 00000001 00000001 00", LABELS, "magic 0x00000803"},
    {"signed bytes", "00000903 00000001 00000001 00000001 00", LABELS, "magic 0x00000803"},
    {"labels for images", LABELS, LABELS, "3 dimensions, magic 0x00000803"},
    {"images for labels", IMAGES, IMAGES, "labels: expected an IDX file of unsigned bytes in 1"},
    {"a cut dimension", "00000803 00000003 0000", LABELS, "images: expected as many bytes"},
    {"no images", "00000803 00000000 00000001 00000001", LABELS, "at least 1, got 0"},
    {"no rows", "00000803 00000003 00000000 00000001", LABELS, "at least 1, got 0"},
    {"no columns", "00000803 00000003 00000001 00000000", LABELS, "at least 1, got 0"},
    {"too much", "00000803 7fffffff 00000100 00000100", LABELS, "at most 2^30 pixels"},
    {"a product beyond 2^64", "00000803 ffffffff ffffffff ffffffff", LABELS, "at most 2^30 pixels"},
    {"a missing pixel", "00000803 00000003 00000001 00000002 00ff 3380 01", LABELS, "got fewer"},
    {"a pixel too many", IMAGES "03", LABELS,
     "images: expected as many bytes as its header "
     "announces, got more"},
    {"a label too few", IMAGES, "00000801 00000002 0200", "a label for each of 3 images, got 2"},
    {"a missing label", IMAGES, "00000801 00000003 0200", "labels: expected as many bytes"},
    {"labels too many", IMAGES, LABELS "00", "announces, got more"},
    {"gzip cut short", "1f8b0800 00000000 0003 63", LABELS, "images: expected"},
    {"damaged gzip", "1f8b0800 00000000 0003 ffffffffffffffff", LABELS, "sound gzip data"},
};

static void bad_idx_is_refused(void **state)
{
    examples e = {0};
    detinit_error error;
    (void)state;
    for (size_t n = 0; n < sizeof bad / sizeof bad[0]; n++) {
        put_bytes("images", bad[n].images);
        put_bytes("labels", bad[n].labels);
        detinit_status status = examples_read("images", "labels", &e, &error);
        if (status != DETINIT_INVALID || strstr(error.message, bad[n].expected) == NULL)
            fail_msg("%s: status %d, %s", bad[n].what, status,
                     status != DETINIT_OK ? error.message : "no message");
        assert_null(e.inputs);
    }
    assert_int_equal(examples_read("absent", "labels", &e, &error), DETINIT_IO);
    assert_int_equal(mkdir("folder", 0700), 0);
    assert_int_equal(examples_read("folder", "labels", &e, &error), DETINIT_IO);
}

/* What stands behind the last pixel is looked at, too, also where it is gzipped by itself. */
static void damage_behind_all_images_is_seen(void **state)
{
    static const unsigned char damaged[] = {0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xFF, 0xFF};
    examples e = {0};
    detinit_error error;
    size_t size;
    (void)state;
    put_bytes("plain", IMAGES);
    put_bytes("labels", LABELS);
    unsigned char *plain = get_file("plain", &size);
    gzFile stream = gzopen("images", "wb");
    assert_int_equal(gzwrite(stream, plain, (unsigned)size), (int)size);
    assert_int_equal(gzclose(stream), Z_OK);
    free(plain);
    assert_int_equal(examples_read("images", "labels", &e, NULL), DETINIT_OK);
    examples_free(&e);
    FILE *file = fopen("images", "a");
    assert_int_equal(fwrite(damaged, 1, sizeof damaged, file), sizeof damaged);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(examples_read("images", "labels", &e, &error), DETINIT_INVALID);
    assert_non_null(strstr(error.message, "images: expected sound gzip data"));
}

/* A pipe has no size that could tell what it may hold. */
static void images_come_through_a_pipe(void **state)
{
    examples e;
    int status;
    (void)state;
    put_bytes("labels", LABELS);
    assert_int_equal(mkfifo("images", 0600), 0);
    const pid_t writer = fork();
    if (writer == 0) {
        put_bytes("images", IMAGES);
        _exit(0);
    }
    assert_int_equal(examples_read("images", "labels", &e, NULL), DETINIT_OK);
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_int_equal(e.count, 3);
    assert_true(e.inputs[1] == 1);
    examples_free(&e);
}

/* No memory is asked for what a file is too short for. */
static void announced_bytes_are_not_believed(void **state)
{
    struct rlimit before, least = {.rlim_cur = (rlim_t)1 << 30};
    examples e = {0};
    detinit_error error;
    (void)state;
    put_bytes("images", "00000803 00000100 00000800 00000800 00");
    put_bytes("labels", "00000801 00000100 00");
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    least.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_AS, &least), 0);
    const detinit_status status = examples_read("images", "labels", &e, &error);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_int_equal(status, DETINIT_INVALID);
    assert_non_null(strstr(error.message, "images: expected as many bytes"));
}

static void directories(void **state)
{
    dataset d;
    detinit_error error;
    (void)state;
    assert_false(dataset_is_in("."));
    put_bytes("train-images-idx3-ubyte", IMAGES);
    put_bytes("train-labels-idx1-ubyte", LABELS);
    put_bytes("t10k-images-idx3-ubyte.gz", "00000803 00000001 00000001 00000002 0102");
    put_bytes("t10k-labels-idx1-ubyte.gz", "00000801 00000001 01");
    assert_true(dataset_is_in("."));
    assert_int_equal(dataset_read(".", &d, NULL), DETINIT_OK);
    assert_int_equal(d.train.count, 3);
    assert_int_equal(d.test.count, 1);
    assert_int_equal(d.test.classes, 3);
    dataset_free(&d);
    put_bytes("t10k-labels-idx1-ubyte.gz", "00000801 00000001 03");
    assert_int_equal(dataset_read(".", &d, &error), DETINIT_INVALID);
    assert_non_null(strstr(error.message, "3 classes, got 2 and 4"));
    put_bytes("t10k-labels-idx1-ubyte.gz", "00000801 00000001 00");
    put_bytes("t10k-images-idx3-ubyte.gz", "00000803 00000001 00000001 00000001 01");
    assert_int_equal(dataset_read(".", &d, &error), DETINIT_INVALID);
    assert_non_null(strstr(error.message, "2 pixels and 3 classes, got 1 and 1"));
}

/* Noise of variance 1 about prototypes of variance 1/16; train and test differ. */
static void made_data(void **state)
{
    dataset a = made(9, 10, 5, 1000, 1000), b = made(9, 10, 5, 1000, 1000);
    double sum = 0, squares = 0, count = 10000;
    (void)state;
    assert_memory_equal(a.train.inputs, b.train.inputs, 10000 * sizeof(float));
    assert_memory_not_equal(a.train.inputs, a.test.inputs, 10000 * sizeof(float));
    for (size_t n = 0; n < 10000; n++) {
        sum += (double)a.train.inputs[n];
        squares += (double)a.train.inputs[n] * (double)a.train.inputs[n];
    }
    assert_double_near(sum / count, 0, 0.15);
    assert_double_near(squares / count, 1.0625, 0.08);
    for (size_t n = 0; n < 1000; n++)
        assert_int_equal(a.train.labels[n], n % 5);
    dataset_free(&a);
    dataset_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(idx_is_read, enter_scratch, leave_scratch),
        cmocka_unit_test_setup_teardown(bad_idx_is_refused, enter_scratch, leave_scratch),
        cmocka_unit_test_setup_teardown(damage_behind_all_images_is_seen, enter_scratch,
                                        leave_scratch),
        cmocka_unit_test_setup_teardown(images_come_through_a_pipe, enter_scratch, leave_scratch),
        cmocka_unit_test_setup_teardown(announced_bytes_are_not_believed, enter_scratch,
                                        leave_scratch),
        cmocka_unit_test_setup_teardown(directories, enter_scratch, leave_scratch),
        cmocka_unit_test(made_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
