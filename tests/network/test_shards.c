/* Plans of shards: what stands in which file, who writes it, and what is refused. */
#include "network_check.h"

#include <limits.h>

#define MOST_TENSORS 8

/* A network of float16 vectors of so many bytes each; 0 ends the list. */
static detinit_network vectors(const uint64_t *bytes)
{
    detinit_network network = {.layers = calloc(MOST_TENSORS, sizeof *network.layers)};
    assert_non_null(network.layers);
    for (; bytes[network.count] > 0; network.count++) {
        char name[] = {(char)('a' + network.count), '\0'};
        detinit_layer *layer = &network.layers[network.count];
        layer->name = strdup(name);
        layer->recipe = detinit_recipe_matrix(1, network.count, bytes[network.count] / 2, 1);
        layer->recipe.rank = 1;
        layer->recipe.dtype = DETINIT_FLOAT16;
    }
    return network;
}

static void test_plan(void **state)
{
    (void)state;
    const struct {
        uint64_t most, bytes[MOST_TENSORS];
        size_t files, file_of[MOST_TENSORS];
    } cases[] = {
        {10, {10}, 1, {0}},
        {9, {10}, 1, {0}},
        {UINT64_MAX, {4, 4}, 1, {0, 0}},
        {10, {4, 6, 2}, 2, {0, 0, 1}}, /* just full */
        {10, {4, 8, 6}, 3, {0, 1, 2}}, /* no file is gone back to: no bin packing */
        {10, {2, 4, 8, 2}, 2, {0, 0, 1, 1}},
        {10, {12, 2}, 2, {0, 1}},
        {10, {4, 12, 4, 4}, 3, {1, 0, 1, 2}}, /* around a larger one goes on, behind it */
        {10, {4, 12, 14, 4, 2, 20}, 4, {3, 0, 1, 3, 3, 2}},
        {1, {2, 4, 6}, 3, {0, 1, 2}},
    };
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        detinit_network network = vectors(cases[n].bytes);
        detinit_shard_plan plan;
        uint64_t total = 0;
        assert_int_equal(detinit_shard_plan_make(&network, cases[n].most, &plan, NULL), DETINIT_OK);
        assert_int_equal(plan.files, cases[n].files);
        assert_int_equal(plan.count, network.count);
        for (size_t k = 0; k < network.count; k++) {
            assert_int_equal(plan.file_of[k], cases[n].file_of[k]);
            total += cases[n].bytes[k];
        }
        assert_int_equal(plan.bytes, total);
        for (size_t file = 0; file < plan.files; file++) {
            uint64_t bytes = 0;
            for (size_t k = plan.first[file]; k < plan.first[file + 1]; k++) {
                assert_int_equal(plan.file_of[plan.tensors[k]], file);
                assert_true(k == plan.first[file] || plan.tensors[k - 1] < plan.tensors[k]);
                bytes += cases[n].bytes[plan.tensors[k]];
            }
            assert_int_equal(plan.begin[file + 1] - plan.begin[file], bytes);
        }
        detinit_shard_plan_free(&plan);
        detinit_network_free(&network);
    }
}

static void test_names(void **state)
{
    (void)state;
    char name[DETINIT_SHARD_NAME];
    const detinit_shard_plan one = {.files = 1}, some = {.files = 12}, many = {.files = 123456};
    assert_string_equal(detinit_shard_name(&one, 0, name), "model.safetensors");
    assert_string_equal(detinit_shard_name(&some, 8, name), "model-00009-of-00012.safetensors");
    assert_string_equal(detinit_shard_name(&many, 123455, name),
                        "model-123456-of-123456.safetensors");
}

static void test_parts(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {5, 0, 9, 1, 1, 30, 2, 2, 0};
    const size_t count = sizeof sizes / sizeof sizes[0];
    assert_int_equal(detinit_part_of(0, 0, 0, 7), 1);
    assert_int_equal(detinit_part_of(0, 10, 10, 1), 1);
    assert_int_equal(detinit_part_of(0, 10, 10, 2), 2);
    assert_int_equal(detinit_part_of(0, 5, 10, 2), 1);
    assert_int_equal(detinit_part_of(5, 5, 10, 2), 2);
    assert_int_equal(detinit_part_of(10, 0, 10, 2), 2); /* empty, behind all */
    assert_int_equal(detinit_part_of(INT64_MAX - 1, 1, INT64_MAX, UINT64_MAX), UINT64_MAX - 1);
    for (uint64_t parts = 1; parts < 20; parts++) {
        uint64_t before = 0, last = 1, own[20] = {0};
        for (size_t n = 0; n < count; n++) {
            const uint64_t part = detinit_part_of(before, sizes[n], 50, parts);
            assert_true(part >= last && part <= parts); /* runs of what stands in order */
            before += sizes[n];
            own[part] += sizes[n];
            last = part;
        }
        /* No more than an even share and one tensor, the largest. */
        for (uint64_t part = 1; part <= parts; part++)
            assert_true(own[part] <= 50 / parts + 1 + 30);
    }
    for (uint64_t parts = 1; parts < 20; parts++) /* equal ones, as many as parts: one each */
        for (uint64_t n = 0; n < parts; n++)
            assert_int_equal(detinit_part_of(n * 1000, 1000, parts * 1000, parts), n + 1);
}

/* Each is refused before anything is written. */
static void test_refused(void **state)
{
    (void)state;
    static const uint64_t bytes[] = {4, 4, 0};
    detinit_network good = vectors(bytes), huge = vectors(bytes), none = {0};
    huge.layers[1].recipe.shape[0] = INT64_MAX / 2;
    const struct {
        const detinit_network *network;
        uint64_t most, part, parts;
        const char *message;
    } cases[] = {
        {&good, 0, 1, 1, "the size of a shard must be above 0"},
        {&good, 4, 0, 2, "a part is one of 1 .. 2, not 0"},
        {&good, 4, 3, 2, "a part is one of 1 .. 2, not 3"},
        {&good, 4, 1, 0, "a part is one of 1 .. 0, not 1"},
        {&huge, 4, 1, 2, "the network is larger than any file can be"},
        {&none, 4, 1, 1, "a network has 1 .. 1048576 tensors, not 0"},
    };
    const int entries = count_entries(NULL);
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        detinit_error error = {0};
        assert_int_equal(detinit_network_save_shards(cases[n].network, "r", cases[n].most,
                                                     cases[n].part, cases[n].parts, NULL, NULL,
                                                     &error),
                         DETINIT_INVALID);
        assert_string_equal(error.message, cases[n].message);
        assert_int_equal(count_entries(NULL), entries);
    }
    detinit_network_free(&good);
    detinit_network_free(&huge);
}

static bool stop_late(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    return 3 * done < 2 * total;
}

/* What was whole before stays, of what was under way there is nothing. */
static void test_cancelled(void **state)
{
    (void)state;
    static const uint64_t bytes[] = {1 << 20, 1 << 20, 1 << 20, 0};
    const detinit_run run = {.threads = 1, .progress = stop_late};
    detinit_network network = vectors(bytes);
    detinit_shards_saved saved = {0};
    assert_int_equal(detinit_network_save_shards(&network, "c", 1 << 20, 1, 1, &run, &saved, NULL),
                     DETINIT_CANCELLED);
    assert_int_equal(saved.files, 0);
    assert_true(exists("c/model-00001-of-00003.safetensors"));
    assert_false(exists("c/model-00003-of-00003.safetensors"));
    assert_false(exists("c/model.safetensors.index.json"));
    assert_int_equal(
        detinit_network_save_shards(&network, "c//", 1 << 20, 1, 1, NULL, &saved, NULL),
        DETINIT_OK);
    assert_int_equal(saved.files, 3);
    assert_int_equal(saved.all_files, 3);
    assert_true(saved.index);
    assert_true(exists("c/model.safetensors.index.json"));
    detinit_network_free(&network);
}

/* Room for the names of shards is needed behind the folder's. */
static void test_long_folder(void **state)
{
    (void)state;
    static const uint64_t bytes[] = {4, 0};
    detinit_network network = vectors(bytes);
    detinit_error error = {0};
    char folder[PATH_MAX + 1], expected[300];
    memset(folder, 'f', PATH_MAX);
    folder[PATH_MAX] = '\0';
    snprintf(expected, sizeof expected, "cannot write '%.200s': File name too long", folder);
    for (size_t length = PATH_MAX; length >= PATH_MAX - 8; length -= 8) {
        folder[length] = '\0';
        assert_int_equal(detinit_network_save_shards(&network, folder, 8, 1, 1, NULL, NULL, &error),
                         DETINIT_IO);
        assert_memory_equal(error.message, expected, 150);
        assert_non_null(strstr(error.message, "File name too long"));
    }
    detinit_network_free(&network);
}

/* What is no shard's name, however like one, is in nobody's way. */
static void test_files_beside_shards(void **state)
{
    (void)state;
    static const char *const names[] = {"model-00001-of-00009.safetensors.bak", "model-1-of-x",
                                        "model-00001-of-00009.npz", "model.safetensors2"};
    static const uint64_t bytes[] = {1 << 20, 1 << 20, 0};
    detinit_network network = vectors(bytes);
    detinit_shards_saved saved = {0};
    char path[80];
    assert_int_equal(mkdir("beside", 0700), 0);
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        snprintf(path, sizeof path, "beside/%s", names[n]);
        assert_int_equal(fclose(fopen(path, "w")), 0);
    }
    assert_int_equal(
        detinit_network_save_shards(&network, "beside", 1 << 20, 1, 1, NULL, &saved, NULL),
        DETINIT_OK);
    assert_int_equal(saved.all_files, 2);
    assert_true(exists("beside/model-00002-of-00002.safetensors"));
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        snprintf(path, sizeof path, "beside/%s", names[n]);
        assert_true(exists(path));
    }
    static const char *const left[] = {"model-00000-of-00002.safetensors",
                                       "model-00003-of-00002.safetensors",
                                       "model-1-of-2.safetensors"};
    for (size_t n = 0; n < sizeof left / sizeof left[0]; n++) {
        detinit_error error = {0};
        snprintf(path, sizeof path, "beside/%s", left[n]);
        assert_int_equal(fclose(fopen(path, "w")), 0);
        assert_int_equal(
            detinit_network_save_shards(&network, "beside", 1 << 20, 1, 1, NULL, &saved, &error),
            DETINIT_IO);
        assert_non_null(strstr(error.message, left[n]));
        assert_int_equal(unlink(path), 0);
    }
    detinit_network_free(&network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cancelled),
        cmocka_unit_test(test_long_folder),
        cmocka_unit_test(test_files_beside_shards),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
