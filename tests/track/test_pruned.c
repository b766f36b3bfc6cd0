/* Pruned files, what pruning does to outputs, and verifying: against plain loops. */
#include "trained.h"

#include "detinit_track.h"
static trained t;

#define THRESHOLD 4e-3

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

static detinit_pruning find(const detinit_tracked *tracked, size_t count, double threshold)
{
    detinit_pruning pruning;
    assert_int_equal(detinit_pruning_find(tracked, count, threshold, true, NULL, &pruning, NULL),
                     DETINIT_OK);
    return pruning;
}

/* ------------------------------------------------------- the plain reference */

/* All weights of all tensors by |w|, then by place. */
typedef struct ranked {
    double size;
    size_t tensor, place;
} ranked;

static int by_size_and_place(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return x->tensor != y->tensor ? (x->tensor < y->tensor ? -1 : 1)
                                  : (x->place > y->place) - (x->place < y->place);
}

/* pruned[tensor][place], by sorting; returns how many sleep. */
static uint64_t reference_flags(detinit_prune way, double threshold, unsigned char **pruned)
{
    uint64_t sleeping = 0, total = 0;
    for (size_t n = 0; n < TRACKED; n++)
        total += t.known[n].count;
    ranked *all = allocate(total * sizeof *all), *next = all;
    for (size_t n = 0; n < TRACKED; n++) {
        pruned[n] = allocate(t.known[n].count);
        for (size_t m = 0; m < t.known[n].count; m++) {
            const double w = fabs(t.known[n].trained_values[m]);
            pruned[n][m] = sleeps(&t.known[n], m, threshold);
            sleeping += pruned[n][m];
            *next++ = (ranked){isnan(w) ? INFINITY : w, n, m};
        }
    }
    if (way == DETINIT_PRUNE_MAGNITUDE) {
        qsort(all, total, sizeof *all, by_size_and_place);
        for (uint64_t n = 0; n < total; n++)
            pruned[all[n].tensor][all[n].place] = n < sleeping;
    }
    free(all);
    return sleeping;
}

/* The data of a tensor of a file. */
static unsigned char *get_data(const detinit_tensorfile *file, const detinit_tensor *tensor)
{
    unsigned char *data = allocate(tensor->count * tensor->item_bytes);
    assert_int_equal(detinit_tensor_read(file, tensor, 0, tensor->count, data, NULL), DETINIT_OK);
    return data;
}

static void check_tensor(const detinit_tensorfile *file, size_t n, detinit_prune way,
                         const unsigned char *pruned)
{
    const known_tensor *known = &t.known[n];
    const size_t item = detinit_dtype_size(known->recipe.dtype);
    const unsigned char zero[8] = {0};
    const detinit_tensor *tensor = detinit_tensorfile_find(file, known->name);
    assert_non_null(tensor);
    assert_int_equal(tensor->dtype, known->recipe.dtype);
    assert_int_equal(tensor->rank, known->recipe.rank);
    assert_memory_equal(tensor->shape, known->recipe.shape, tensor->rank * sizeof(uint64_t));
    unsigned char *data = get_data(file, tensor);
    for (size_t m = 0; m < known->count; m++) {
        const unsigned char *expected = !pruned[m]                  ? known->trained + m * item
                                        : way == DETINIT_PRUNE_INIT ? known->initial + m * item
                                                                    : zero;
        assert_memory_equal(data + m * item, expected, item);
    }
    free(data);
}

/* Everything else is as it was, in its order. */
static void check_rest(const detinit_tensorfile *file)
{
    assert_int_equal(detinit_tensorfile_count(file), TRACKED + UNTRACKED);
    for (size_t n = 0; n < TRACKED + UNTRACKED; n++)
        assert_string_equal(detinit_tensorfile_tensor(file, n)->name,
                            detinit_tensorfile_tensor(t.file, n)->name);
    assert_string_equal(detinit_tensorfile_metadata(file, "format"), "pt");
    assert_string_equal(detinit_tensorfile_metadata(file, "a \"note\""), "\xC3\xA9\n");
    for (size_t n = 0; n < UNTRACKED; n++) {
        const detinit_tensor *tensor = detinit_tensorfile_find(file, untracked[n].name);
        unsigned char *data = get_data(file, tensor);
        assert_string_equal(tensor->type, untracked[n].type);
        assert_memory_equal(data, untracked[n].data, untracked[n].bytes);
        free(data);
    }
}

static void check_way(detinit_prune way, double threshold)
{
    unsigned char *pruned[TRACKED];
    detinit_tensorfile *file;
    uint64_t bytes;
    size_t size;
    const detinit_pruning pruning = find(t.tracked, TRACKED, threshold);
    assert_int_equal(pruning.sleeping, reference_flags(way, threshold, pruned));
    assert_int_equal(detinit_prune_save(t.file, t.tracked, TRACKED, way, &pruning, "p.safetensors",
                                        NULL, &bytes, NULL),
                     DETINIT_OK);
    free(get_file("p.safetensors", &size));
    assert_int_equal(size, bytes);
    assert_int_equal(detinit_tensorfile_open("p.safetensors", &file, NULL), DETINIT_OK);
    for (size_t n = 0; n < TRACKED; n++) {
        check_tensor(file, n, way, pruned[n]);
        free(pruned[n]);
    }
    check_rest(file);
    detinit_tensorfile_close(file);
}

/* At 0 the zeros of "tiny" sleep; at 1 all but what is not finite, infinities of equal size. */
static void test_ways(void **state)
{
    (void)state;
    for (int way = 0; way < DETINIT_PRUNE_COUNT; way++) {
        check_way((detinit_prune)way, THRESHOLD);
        check_way((detinit_prune)way, 0);
        check_way((detinit_prune)way, 1);
    }
    remove("p.safetensors");
    assert_string_equal(detinit_prune_name(DETINIT_PRUNE_MAGNITUDE), "magnitude");
    assert_null(detinit_prune_name(DETINIT_PRUNE_COUNT));
}

static void test_threads(void **state)
{
    (void)state;
    const detinit_run other = {.threads = 3, .isa = DETINIT_ISA_BASELINE};
    detinit_pruning again, pruning = find(t.tracked, TRACKED, THRESHOLD);
    assert_int_equal(
        detinit_pruning_find(t.tracked, TRACKED, THRESHOLD, true, &other, &again, NULL),
        DETINIT_OK);
    assert_double_same(again.magnitude, pruning.magnitude);
    assert_int_equal(again.tie_tensor, pruning.tie_tensor);
    assert_int_equal(again.tie_position, pruning.tie_position);
    for (int way = 0; way < DETINIT_PRUNE_COUNT; way++) {
        assert_int_equal(detinit_prune_save(t.file, t.tracked, TRACKED, (detinit_prune)way,
                                            &pruning, "a.safetensors", &(detinit_run){.threads = 1},
                                            NULL, NULL),
                         DETINIT_OK);
        assert_int_equal(detinit_prune_save(t.file, t.tracked, TRACKED, (detinit_prune)way,
                                            &pruning, "b.safetensors", &other, NULL, NULL),
                         DETINIT_OK);
        assert_same_files("a.safetensors", "b.safetensors");
    }
    remove("a.safetensors");
    remove("b.safetensors");
}

/* A .npy file becomes one, or a .safetensors file; the file that is read can be replaced. */
static void test_npy_in_place(void **state)
{
    (void)state;
    detinit_tensorfile *file;
    detinit_tracked tracked;
    const known_tensor *known = &t.known[0];
    size_t before, after;
    track_npy(known, "w.npy", &file, &tracked);
    const detinit_pruning pruning = find(&tracked, 1, THRESHOLD);
    unsigned char *old = get_file("w.npy", &before);
    assert_int_equal(detinit_prune_save(file, &tracked, 1, DETINIT_PRUNE_INIT, &pruning,
                                        "w.safetensors", NULL, NULL, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_prune_save(file, &tracked, 1, DETINIT_PRUNE_INIT, &pruning, "w.npy",
                                        NULL, NULL, NULL),
                     DETINIT_OK);
    unsigned char *new = get_file("w.npy", &after);
    assert_int_equal(before, after);
    assert_memory_equal(old, new, 128);
    for (size_t n = 0; n < known->count; n++)
        assert_memory_equal(new + 128 + 4 * n,
                            (sleeps(known, n, THRESHOLD) ? known->initial : known->trained) + 4 * n,
                            4);
    detinit_tensorfile_close(file);
    assert_int_equal(detinit_tensorfile_open("w.safetensors", &file, NULL), DETINIT_OK);
    unsigned char *data = get_data(file, detinit_tensorfile_find(file, "weight"));
    assert_memory_equal(data, new + 128, 4 * known->count);
    detinit_tensorfile_close(file);
    free(data);
    free(old);
    free(new);
    remove("w.npy");
    remove("w.safetensors");
}

/* --------------------------------------------------------------- equal weights */

/* Of equal |w| the first go first, exactly as many as sleep. */
static void test_ties(void **state)
{
    (void)state;
    detinit_tensorwriter *writer;
    detinit_tensorfile *file;
    detinit_tracked tracked[3];
    const uint64_t shape[] = {70000};
    const detinit_recipe recipe = recipe_of(DETINIT_FLOAT32, 0, 1, shape);
    float *w = allocate(70000 * sizeof *w);
    const char *const names[] = {"a", "b", "c"};
    assert_int_equal(detinit_tensorwriter_open("ties.safetensors", &writer, NULL), DETINIT_OK);
    for (size_t n = 0; n < 3; n++)
        assert_int_equal(
            detinit_tensorwriter_announce(writer, names[n], "F32", 1, shape, NULL, NULL),
            DETINIT_OK);
    for (size_t n = 0; n < 70000; n++)
        w[n] = n % 3 == 0 ? 0.5f : n % 3 == 1 ? -0.5f : 2;
    turn_little_endian(w, sizeof *w, 70000);
    for (size_t n = 0; n < 3; n++)
        assert_int_equal(detinit_tensorwriter_write(writer, w, 280000, NULL), DETINIT_OK);
    free(w);
    assert_int_equal(detinit_tensorwriter_commit(writer, NULL, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_open("ties.safetensors", &file, NULL), DETINIT_OK);
    for (size_t n = 0; n < 3; n++)
        assert_int_equal(
            detinit_track(file, detinit_tensorfile_tensor(file, n), &recipe, &tracked[n], NULL),
            DETINIT_OK);
    detinit_pruning pruning = find(tracked, 3, 0.4999);
    assert_true(pruning.sleeping > 46667 && pruning.sleeping < 4 * 46667);
    assert_double_same(pruning.magnitude, 0.5);
    assert_int_equal(detinit_prune_save(file, tracked, 3, DETINIT_PRUNE_MAGNITUDE, &pruning,
                                        "p.safetensors", NULL, NULL, NULL),
                     DETINIT_OK);
    detinit_tensorfile_close(file);
    assert_int_equal(detinit_tensorfile_open("p.safetensors", &file, NULL), DETINIT_OK);
    uint64_t left = pruning.sleeping;
    for (size_t n = 0; n < 3; n++) {
        float *data = (float *)get_data(file, detinit_tensorfile_tensor(file, n));
        turn_little_endian(data, sizeof *data, 70000);
        for (size_t m = 0; m < 70000; m++) {
            const bool zero = m % 3 != 2 && left > 0;
            left -= zero;
            assert_true(data[m] == (zero ? 0 : m % 3 == 0 ? 0.5f : m % 3 == 1 ? -0.5f : 2));
        }
        free(data);
    }
    assert_int_equal(left, 0);
    detinit_tensorfile_close(file);
    remove("p.safetensors");
    remove("ties.safetensors");
}

/* -------------------------------------------------------------------- effects */

/* The same by the definition; unit and input of a weight from its place. */
static void reference_effect(size_t n, const unsigned char *const *pruned, detinit_effect *out)
{
    const known_tensor *known = &t.known[n];
    const detinit_recipe *recipe = &known->recipe;
    const bool columns = recipe->rank == 2 && recipe->fan_in == DETINIT_FAN_IN_ROWS;
    const uint64_t units = recipe->rank == 1 ? 1 : recipe->shape[columns ? 1 : 0];
    const uint64_t inputs = known->count / units;
    detinit_recipe random = detinit_recipe_matrix(42, UINT64_MAX, inputs, 256);
    detinit_matrix *matrix;
    random.mode = DETINIT_NORMAL;
    random.std = 1;
    assert_int_equal(detinit_matrix_new(&random, NULL, &matrix, NULL), DETINIT_OK);
    double *x = allocate(inputs * 256 * sizeof *x);
    assert_int_equal(detinit_matrix_fill(matrix, NULL, x, NULL), DETINIT_OK);
    turn_little_endian(x, sizeof *x, inputs * 256);
    detinit_matrix_free(matrix);
    *out = (detinit_effect){0};
    for (uint64_t unit = 0; unit < units; unit++) {
        for (size_t s = 0; s < 256; s++) {
            double y = 0, change[DETINIT_PRUNE_COUNT] = {0};
            for (uint64_t input = 0; input < inputs; input++) {
                const uint64_t m = columns ? input * units + unit : unit * inputs + input;
                const double w = known->trained_values[m], w0 = known->initial_values[m];
                y += w * x[input * 256 + s];
                for (int way = 0; way < DETINIT_PRUNE_COUNT; way++)
                    if (pruned[way][m])
                        change[way] +=
                            ((way == DETINIT_PRUNE_INIT ? w0 : 0) - w) * x[input * 256 + s];
            }
            out->output += y * y;
            for (int way = 0; way < DETINIT_PRUNE_COUNT; way++)
                out->change[way] += change[way] * change[way];
        }
    }
    for (int way = 0; way < DETINIT_PRUNE_COUNT; way++)
        for (uint64_t m = 0; m < known->count; m++)
            out->pruned[way] += pruned[way][m];
    free(x);
}

static void assert_same_effects(const detinit_effect *a, const detinit_effect *b, double tolerance)
{
    if (isnan(b->output))
        assert_true(isnan(a->output));
    else if (isfinite(b->output) && b->output != 0)
        assert_double_near(a->output / b->output, 1, tolerance);
    for (int way = 0; way < DETINIT_PRUNE_COUNT; way++) {
        assert_int_equal(a->pruned[way], b->pruned[way]);
        if (b->change[way] == 0)
            assert_double_same(a->change[way], 0);
        else
            assert_double_near(a->change[way] / b->change[way], 1, tolerance);
    }
}

static void test_effects(void **state)
{
    (void)state;
    unsigned char *pruned[DETINIT_PRUNE_COUNT][TRACKED];
    detinit_effect effects[TRACKED], again[TRACKED], expected;
    const detinit_run one = {.threads = 1}, other = {.threads = 3, .isa = DETINIT_ISA_BASELINE};
    const detinit_pruning pruning = find(t.tracked, TRACKED, THRESHOLD);
    for (int way = 0; way < DETINIT_PRUNE_COUNT; way++)
        reference_flags((detinit_prune)way, THRESHOLD, pruned[way]);
    assert_int_equal(detinit_prune_effects(t.tracked, TRACKED, &pruning, &one, effects, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_prune_effects(t.tracked, TRACKED, &pruning, &other, again, NULL),
                     DETINIT_OK);
    for (size_t n = 0; n < TRACKED; n++) {
        const unsigned char *const of_tensor[] = {pruned[0][n], pruned[1][n], pruned[2][n]};
        reference_effect(n, of_tensor, &expected);
        assert_same_effects(&effects[n], &expected, 1e-11);
        assert_memory_equal(effects[n].change, again[n].change, sizeof again[n].change);
        for (int way = 0; way < DETINIT_PRUNE_COUNT; way++)
            free(pruned[way][n]);
    }
}

static void test_relative(void **state)
{
    (void)state;
    const detinit_effect effect = {.output = 100, .change = {1, 0, NAN}}, none = {0};
    assert_double_near(detinit_effect_relative(&effect, DETINIT_PRUNE_INIT), 0.1, 1e-16);
    assert_double_same(detinit_effect_relative(&effect, DETINIT_PRUNE_ZERO), 0);
    assert_true(isnan(detinit_effect_relative(&effect, DETINIT_PRUNE_MAGNITUDE)));
    assert_double_same(detinit_effect_relative(&none, DETINIT_PRUNE_INIT), 0);
}

/* ------------------------------------------------------------------ verifying */

static void test_verify(void **state)
{
    (void)state;
    for (size_t n = 0; n < TRACKED; n++) {
        known_tensor known = t.known[n];
        const size_t item = detinit_dtype_size(known.recipe.dtype);
        detinit_tensorfile *file;
        detinit_tracked tracked;
        detinit_verification found;
        unsigned char *initial = allocate(known.count * item);
        memcpy(initial, known.initial, known.count * item);
        for (size_t bit = 0; bit < 2; bit++) {
            const size_t place = bit == 0 ? known.count : known.count * 2 / 3;
            if (place < known.count)
                initial[place * item + item - 1] ^= 0x80;
            known.trained = initial;
            track_npy(&known, "v.npy", &file, &tracked);
            assert_int_equal(detinit_tracked_verify(&tracked, NULL, &found, NULL), DETINIT_OK);
            assert_int_equal(found.total_weights, known.count);
            assert_int_equal(found.different, bit);
            assert_int_equal(found.first, place);
            if (bit == 1) {
                assert_int_equal(found.found ^ found.expected, (uint64_t)1 << (8 * item - 1));
                assert_double_same(found.expected_value, known.initial_values[place]);
                assert_double_same(found.found_value, -known.initial_values[place]);
            }
            detinit_tensorfile_close(file);
        }
        free(initial);
    }
    remove("v.npy");
}

/* ------------------------------------------------------------------- failures */

static bool stop(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    assert_true(done <= total);
    return done < 80000;
}

static void test_refused(void **state)
{
    (void)state;
    detinit_error error;
    detinit_pruning pruning = {.threshold = -1};
    detinit_tracked twice[2] = {t.tracked[0], t.tracked[0]}, foreign = t.tracked[0];
    detinit_tensor elsewhere = *foreign.tensor;
    assert_int_equal(detinit_pruning_find(t.tracked, 1, NAN, false, NULL, &pruning, &error),
                     DETINIT_INVALID);
    assert_int_equal(detinit_prune_save(t.file, t.tracked, 1, DETINIT_PRUNE_INIT, &pruning, "p.npy",
                                        NULL, NULL, &error),
                     DETINIT_INVALID);
    pruning = find(t.tracked, 1, THRESHOLD);
    assert_int_equal(detinit_prune_save(t.file, twice, 2, DETINIT_PRUNE_INIT, &pruning, "p.npy",
                                        NULL, NULL, &error),
                     DETINIT_INVALID);
    assert_non_null(strstr(error.message, "comes twice"));
    foreign.tensor = &elsewhere;
    assert_int_equal(detinit_prune_save(t.file, &foreign, 1, DETINIT_PRUNE_INIT, &pruning, "p.npy",
                                        NULL, NULL, &error),
                     DETINIT_INVALID);
    assert_int_equal(detinit_prune_save(t.file, t.tracked, 1, DETINIT_PRUNE_INIT, &pruning, "p.npy",
                                        NULL, NULL, &error),
                     DETINIT_INVALID);
    assert_non_null(strstr(error.message, "a .npy file holds one tensor"));
    assert_int_equal(detinit_prune_save(t.file, t.tracked, 1, DETINIT_PRUNE_INIT, &pruning,
                                        "p.safetensors", &(detinit_run){.progress = stop}, NULL,
                                        &error),
                     DETINIT_CANCELLED);
    assert_int_equal(count_entries(NULL), 1);
}

static void test_shrinking(void **state)
{
    (void)state;
    detinit_error error;
    detinit_tensorfile *file;
    detinit_tracked tracked;
    detinit_effect effect;
    detinit_verification found;
    track_npy(&t.known[0], "w.npy", &file, &tracked);
    const detinit_pruning pruning = find(&tracked, 1, THRESHOLD);
    assert_int_equal(truncate("w.npy", 200000), 0);
    assert_int_equal(detinit_prune_save(file, &tracked, 1, DETINIT_PRUNE_ZERO, &pruning, "w.npy",
                                        NULL, NULL, &error),
                     DETINIT_IO);
    assert_non_null(strstr(error.message, "became shorter"));
    assert_int_equal(detinit_prune_effects(&tracked, 1, &pruning, NULL, &effect, &error),
                     DETINIT_IO);
    assert_int_equal(detinit_tracked_verify(&tracked, NULL, &found, &error), DETINIT_IO);
    assert_int_equal(count_entries(NULL), 2);
    detinit_tensorfile_close(file);
    remove("w.npy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ways),      cmocka_unit_test(test_threads),
        cmocka_unit_test(test_ties),      cmocka_unit_test(test_npy_in_place),
        cmocka_unit_test(test_effects),   cmocka_unit_test(test_relative),
        cmocka_unit_test(test_verify),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_shrinking),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
