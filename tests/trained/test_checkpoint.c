/* Files of weights find their recipes, and what does not fit is refused in one sentence. */
#include "scratch.h"

#include "detinit_track.h"
#include "trained/checkpoint.h"
#include "option/option.h"

#include <stdint.h>

static settings started(const char *file)
{
    settings s;
    settings_init(&s);
    s.file = strdup(file);
    return s;
}

static detinit_status open_file(const settings *s, checkpoint *c, detinit_error *error)
{
    const checkpoint_source from = {.file = s->file,
                                    .manifest = s->network.manifest,
                                    .recipe = &s->recipe,
                                    .given = s->given,
                                    .names = s->network.names,
                                    .partial = s->network.partial};
    return checkpoint_open(&from, c, error);
}

static void set(settings *s, const char *name, const char *value)
{
    detinit_error error;
    assert_true(option_set(s, option_find(name), value, true, &error));
}

static void save_npy(const char *path, uint64_t rows, uint64_t cols, detinit_dtype dtype)
{
    detinit_recipe recipe = detinit_recipe_matrix(42, 0, rows, cols);
    detinit_matrix *matrix;
    recipe.dtype = dtype;
    assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_save(matrix, path, DETINIT_NPY, NULL, NULL, NULL, NULL),
                     DETINIT_OK);
    detinit_matrix_free(matrix);
}

/* A tensor of zeros to be written. */
typedef struct part {
    const char *name, *type;
    size_t rank;
    uint64_t shape[4];
} part;

static void save_parts(const char *path, const part *parts, size_t count, const char *key,
                       const char *value)
{
    detinit_tensorwriter *writer;
    uint64_t bytes[8];
    assert_int_equal(detinit_tensorwriter_open(path, &writer, NULL), DETINIT_OK);
    if (key != NULL)
        assert_int_equal(detinit_tensorwriter_metadata(writer, key, value, NULL), DETINIT_OK);
    for (size_t n = 0; n < count; n++)
        assert_int_equal(detinit_tensorwriter_announce(writer, parts[n].name, parts[n].type,
                                                       parts[n].rank, parts[n].shape, &bytes[n],
                                                       NULL),
                         DETINIT_OK);
    for (size_t n = 0; n < count; n++) {
        void *zeros = calloc(1, (size_t)bytes[n] + 1);
        assert_int_equal(detinit_tensorwriter_write(writer, zeros, (size_t)bytes[n], NULL),
                         DETINIT_OK);
        free(zeros);
    }
    assert_int_equal(detinit_tensorwriter_commit(writer, NULL, NULL), DETINIT_OK);
}

static void refused(settings *s, detinit_status expected, const char *message)
{
    checkpoint c;
    detinit_error error = {0};
    detinit_status status = open_file(s, &c, &error);
    if (status == DETINIT_OK)
        checkpoint_close(&c);
    assert_string_equal(error.message, message);
    assert_int_equal(status, expected);
    assert_int_equal(error.status, expected);
    settings_free(s);
}

static const part layers[] = {{"fc1", "F32", 2, {4, 6}},
                              {"fc1.bias", "F32", 1, {4}},
                              {"steps", "U64", 0, {0}},
                              {"fc2", "F16", 2, {3, 4}}};

#define MANIFEST                                                                                   \
    "{\"seed\": 7, \"tensors\": [{\"name\": \"fc2\", \"shape\": [3, 4]},"                          \
    " {\"name\": \"fc1\", \"shape\": [4, 6], \"mode\": \"xavier\"}]}"

static void test_flags(void **state)
{
    (void)state;
    checkpoint c;
    detinit_error error;
    double threshold;
    save_npy("w.npy", 5, 7, DETINIT_FLOAT32);
    settings s = started("w.npy");
    set(&s, "mode", "lecun");
    set(&s, "rows", "5");
    set(&s, "dtype", "float32");
    assert_int_equal(open_file(&s, &c, &error), DETINIT_OK);
    assert_int_equal(c.count, 1);
    assert_int_equal(c.network.count, 1);
    assert_int_equal(c.tracked[0].recipe.mode, DETINIT_LECUN);
    assert_int_equal(c.tracked[0].recipe.shape[1], 7);
    assert_int_equal(c.tracked[0].recipe.dtype, DETINIT_FLOAT32);
    assert_string_equal(checkpoint_name(&c, c.tracked[0].tensor), "w.npy");
    assert_ptr_equal(checkpoint_find(&c, 0), &c.tracked[0]);
    assert_null(checkpoint_find(&c, 1));
    set(&s, "threshold", "0.25");
    assert_int_equal(checkpoint_threshold(&c, threshold_chosen(&s), NULL, &threshold, &error),
                     DETINIT_OK);
    assert_double_same(threshold, 0.25);
    checkpoint_close(&c);
    checkpoint_close(&c);
    settings_free(&s);
}

static void test_only_matrix_beside_biases(void **state)
{
    (void)state;
    checkpoint c;
    detinit_error error;
    save_parts("one.safetensors", layers, 3, NULL, NULL);
    settings s = started("one.safetensors");
    assert_int_equal(open_file(&s, &c, &error), DETINIT_OK);
    assert_int_equal(c.count, 1);
    assert_string_equal(c.tracked[0].tensor->name, "fc1");
    checkpoint_close(&c);
    settings_free(&s);
}

static void assert_joined(const settings *s)
{
    checkpoint c;
    detinit_error error;
    if (open_file(s, &c, &error) != DETINIT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(c.count, 2);
    size_t tracked = 0;
    for (size_t n = 0; n < 4; n++) {
        const detinit_tracked *it = checkpoint_find(&c, n);
        bool is_fc1 = strcmp(detinit_tensorfile_tensor(c.file, n)->name, "fc1") == 0;
        if (it == NULL)
            continue;
        assert_ptr_equal(it, &c.tracked[tracked++]); /* in the order of the file */
        assert_int_equal(it->recipe.mode, is_fc1 ? DETINIT_XAVIER : DETINIT_HE);
        assert_int_equal(it->recipe.dtype, is_fc1 ? DETINIT_FLOAT32 : DETINIT_FLOAT16);
        assert_int_equal(it->recipe.layer, is_fc1 ? 1 : 0);
        assert_int_equal(it->recipe.seed, 7);
    }
    assert_int_equal(tracked, 2);
    checkpoint_close(&c);
}

static void test_manifest(void **state)
{
    (void)state;
    put_file("net.json", MANIFEST);
    save_parts("plain.safetensors", layers, 4, NULL, NULL);
    settings s = started("plain.safetensors");
    set(&s, "manifest", "net.json");
    assert_joined(&s);
    settings_free(&s);
    save_parts("own.safetensors", layers, 4, "detinit.manifest", MANIFEST);
    s = started("own.safetensors");
    assert_joined(&s);
    set(&s, "seed", "7");
    refused(&s, DETINIT_INVALID, "--seed: 'own.safetensors' tells the recipes; leave it out");
    s = started("plain.safetensors"); /* as a training saves it, beside what it began with */
    set(&s, "manifest", "own.safetensors");
    assert_joined(&s);
    settings_free(&s);
    s = started("plain.safetensors");
    set(&s, "manifest", "net.json");
    set(&s, "rows", "4");
    refused(&s, DETINIT_INVALID, "--rows: 'net.json' tells the recipes; leave it out");
}

/* A .npy file of a network is found by its name. */
static void test_npy_of_network(void **state)
{
    (void)state;
    checkpoint c;
    detinit_error error;
    put_file("net.json", MANIFEST);
    assert_int_equal(mkdir("out", 0777), 0);
    save_npy("out/fc2.npy", 3, 4, DETINIT_FLOAT64);
    settings s = started("out/fc2.npy");
    set(&s, "manifest", "net.json");
    assert_int_equal(open_file(&s, &c, &error), DETINIT_OK);
    assert_int_equal(c.count, 1);
    assert_int_equal(c.tracked[0].recipe.layer, 0);
    checkpoint_close(&c);
    settings_free(&s);
    assert_int_equal(rename("out/fc2.npy", "out/fc22.npy"), 0);
    s = started("out/fc22.npy");
    set(&s, "manifest", "net.json");
    refused(&s, DETINIT_IO,
            "'out/fc22.npy': its name is that of none of the network's 2 tensors, such as fc2.npy");
    put_file("one.json", "{\"seed\": 1, \"tensors\": [{\"name\": \"a\", \"shape\": [3, 4]}]}");
    s = started("out/fc22.npy");
    set(&s, "manifest", "one.json");
    assert_int_equal(open_file(&s, &c, &error), DETINIT_OK);
    assert_int_equal(c.tracked[0].recipe.seed, 1);
    checkpoint_close(&c);
    settings_free(&s);
}

static void test_refusals_of_flags(void **state)
{
    (void)state;
    save_npy("w.npy", 5, 7, DETINIT_FLOAT32);
    settings s = started("nothing.npy");
    refused(&s, DETINIT_IO, "cannot open 'nothing.npy': No such file or directory");
    s = started("w.npy");
    set(&s, "cols", "8");
    refused(&s, DETINIT_INVALID,
            "--cols: 'w.npy' holds 5 x 7; the file tells the shape, leave it out");
    s = started("w.npy");
    set(&s, "rows", "7");
    set(&s, "cols", "5");
    refused(&s, DETINIT_INVALID,
            "--rows: 'w.npy' holds 5 x 7, the transpose of what was asked for; the file tells "
            "the shape, leave it out");
    s = started("w.npy");
    set(&s, "dtype", "float16");
    refused(&s, DETINIT_INVALID,
            "--dtype: 'w.npy' holds float32; the file tells the type, leave it out");
    save_parts("many.safetensors", layers, 4, NULL, NULL);
    s = started("many.safetensors");
    refused(&s, DETINIT_INVALID,
            "'many.safetensors' holds 2 tensors of weights; --manifest FILE must tell their "
            "recipes: the initial .safetensors file that detinit saved, or JSON, {\"seed\": 42, "
            "\"tensors\": [{\"name\": ..., \"shape\": [...]}]}");
    save_parts("none.safetensors", &layers[2], 1, NULL, NULL);
    s = started("none.safetensors");
    refused(
        &s, DETINIT_IO,
        "'none.safetensors' holds no tensor of weights: float64, float32, float16 or bfloat16 in "
        "1 to 8 dimensions");
}

static void test_refusals_of_manifests(void **state)
{
    (void)state;
    save_parts("plain.safetensors", layers, 4, NULL, NULL);
    const struct {
        const char *manifest, *message;
    } cases[] = {
        {"{\"tensors\": [{\"name\": \"fc3\", \"shape\": [4, 6]}]}",
         "'plain.safetensors' has no tensor 'fc3'; nearest: 'fc1' and 'fc2'"},
        {"{\"tensors\": [{\"name\": \"fc1\", \"shape\": [4, 7]}]}",
         "'plain.safetensors': 'fc1' has the shape 4 x 6; 4 x 7 was expected"},
        {"{\"tensors\": [{\"name\": \"fc1\", \"shape\": [4, 6, 1]}]}",
         "'plain.safetensors': 'fc1' has the shape 4 x 6; 4 x 6 x 1 was expected"},
        {"{\"tensors\": [{\"name\": \"fc1\", \"shape\": [6, 4]}]}",
         "'plain.safetensors': 'fc1' has the shape 4 x 6; 6 x 4 was expected, whose transpose "
         "it is"},
        {"{\"tensors\": [{\"name\": \"steps\", \"shape\": [1]}]}",
         "'plain.safetensors': 'steps' holds U64, not weights"},
    };
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        settings s = started("plain.safetensors");
        put_file("net.json", cases[n].manifest);
        set(&s, "manifest", "net.json");
        refused(&s, DETINIT_IO, cases[n].message);
    }
    settings s = started("plain.safetensors");
    set(&s, "manifest", "nowhere.json");
    refused(&s, DETINIT_IO, "--manifest: cannot open 'nowhere.json': No such file or directory");
    s = started("plain.safetensors");
    set(&s, "manifest", "nowhere.safetensors");
    refused(&s, DETINIT_IO,
            "--manifest: cannot open 'nowhere.safetensors': No such file or directory");
    s = started("plain.safetensors");
    set(&s, "manifest", "plain.safetensors");
    refused(&s, DETINIT_IO,
            "--manifest: 'plain.safetensors' tells no recipes; files that detinit saved do");
    put_file("cut.safetensors", "\1\2\3\4");
    s = started("plain.safetensors");
    set(&s, "manifest", "cut.safetensors");
    refused(&s, DETINIT_IO,
            "'cut.safetensors' is neither a .npy, a .npz, a .pt, a .h5, a .index.json nor a "
            ".safetensors "
            "file");
    save_parts("later.safetensors", layers, 4, "detinit.version", "2");
    s = started("plain.safetensors");
    set(&s, "manifest", "later.safetensors");
    refused(&s, DETINIT_IO,
            "'later.safetensors' was made by another version of the generator than this "
            "program's, 1");
    s = started("plain.safetensors");
    set(&s, "manifest", ".");
    refused(&s, DETINIT_IO, "--manifest: cannot read '.': Is a directory");
    put_file("net.json", "");
    assert_int_equal(truncate("net.json", ((off_t)1 << 28) + 1), 0);
    s = started("plain.safetensors");
    set(&s, "manifest", "net.json");
    refused(&s, DETINIT_IO, "--manifest: 'net.json' is larger than any manifest, 256 MB");
    checkpoint c;
    detinit_error error;
    put_file("net.json", "{");
    s = started("plain.safetensors");
    set(&s, "manifest", "net.json");
    assert_int_equal(open_file(&s, &c, &error), DETINIT_IO);
    assert_non_null(strstr(error.message, "net.json"));
    settings_free(&s);
}

static void test_other_generator(void **state)
{
    (void)state;
    save_parts("old.safetensors", layers, 1, "detinit.version", "2");
    settings s = started("old.safetensors");
    refused(
        &s, DETINIT_IO,
        "'old.safetensors' was made by another version of the generator than this program's, 1");
}

/* An orthogonal matrix beyond all memory is refused, not begun. */
static void test_memory(void **state)
{
    (void)state;
    FILE *file = fopen("large.npy", "w");
    assert_non_null(file);
    fprintf(file, "\x93NUMPY\x01%c\x76%c%-117s\n", 0, 0,
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1048576, 1048576), }");
    assert_int_equal(fclose(file), 0);
    if (truncate("large.npy", 128 + ((off_t)1 << 42)) != 0)
        skip(); /* the file system holds no such file */
    settings s = started("large.npy");
    checkpoint c;
    detinit_error error;
    set(&s, "orthogonal", NULL);
    assert_int_equal(open_file(&s, &c, &error), DETINIT_INVALID);
    assert_non_null(strstr(error.message, "'large.npy': an orthogonal matrix needs"));
    settings_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_only_matrix_beside_biases),
        cmocka_unit_test(test_manifest),
        cmocka_unit_test(test_npy_of_network),
        cmocka_unit_test(test_refusals_of_flags),
        cmocka_unit_test(test_refusals_of_manifests),
        cmocka_unit_test(test_other_generator),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
