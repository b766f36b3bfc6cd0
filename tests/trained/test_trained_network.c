/*
 * A trained network beside its initial weights: counts at any threshold against counting,
 * thresholds against sorting and against what the library finds in the same file.
 */
#include "scratch.h"

#include "detinit_track.h"
#include "trained.h"
#include "option/option.h"
#include "training_sample.h"

static double at_random(uint64_t n)
{
    return detinit_u01(detinit_hash64(n));
}

/* Differences of every size: none, on an edge, within the octaves and beyond, not finite. */
static double odd_delta(uint64_t n)
{
    static const double odd[] = {0, 0x1p-40, 0x1p-41, 5e-324, 0x1p8, 1e300, INFINITY, 0x1.1p-10};
    uint64_t random = detinit_hash64(n);
    if (random % 4 == 0)
        return odd[random / 4 % (sizeof odd / sizeof odd[0])];
    if (random % 4 == 1)
        return trained_edge(1 + random / 4 % (TRAINED_EDGES - 1));
    return ldexp(1 + at_random(random), (int)(random / 4 % 60) - 45);
}

/* One tensor of odd differences; all of them are held where `most` allows. */
static trained_network *odd_network(uint64_t rows, uint64_t cols, size_t most, double *all)
{
    trained_network *t = trained_network_new(1, 0);
    assert_non_null(t);
    assert_true(trained_layer_shape(&t->layers[0], "w", rows, cols, most));
    trained_layer *l = &t->layers[0];
    for (uint64_t n = 0; n < rows * cols; n++) {
        uint64_t row = n / cols, col = n % cols;
        all[n] = odd_delta(n);
        if (row % l->row_step == 0 && col % l->col_step == 0)
            l->held[row / l->row_step * l->held_cols + col / l->col_step] = all[n];
    }
    trained_layer_add(l, all, rows * cols / 2);
    trained_layer_add(l, all + rows * cols / 2, rows * cols - rows * cols / 2);
    trained_network_finish(t);
    return t;
}

static uint64_t count_beyond(const double *all, size_t count, double threshold)
{
    uint64_t beyond = 0;
    for (size_t n = 0; n < count; n++)
        beyond += all[n] > threshold;
    return beyond;
}

/* ------------------------------------------------------------------- tests */

static void edges_ascend_and_are_found(void **state)
{
    (void)state;
    assert_double_same(trained_edge(0), 0);
    assert_double_same(trained_edge(1), 0x1p-40);
    assert_double_same(trained_edge(17), 0x1p-39);
    assert_double_same(trained_edge(TRAINED_EDGES - 1), 0x1p8);
    for (size_t n = 1; n < TRAINED_EDGES; n++) {
        double edge = trained_edge(n);
        assert_true(edge > trained_edge(n - 1));
        assert_int_equal(trained_edge_below(edge), n);
        assert_int_equal(trained_edge_below(nextafter(edge, 0)), n - 1);
    }
    assert_int_equal(trained_edge_below(0), 0);
    assert_int_equal(trained_edge_below(INFINITY), TRAINED_EDGES - 1);
}

static void counts_are_those_beyond_each_edge(void **state)
{
    enum { COUNT = 37 * 101 };
    static double all[COUNT];
    (void)state;
    trained_network *t = odd_network(37, 101, COUNT, all);
    assert_true(t->exact);
    assert_int_equal(t->total, COUNT);
    for (size_t n = 0; n < TRAINED_EDGES; n++)
        assert_int_equal(t->layers[0].above[n], count_beyond(all, COUNT, trained_edge(n)));
    trained_network_free(t);
}

static void any_threshold_is_counted_exactly(void **state)
{
    enum { COUNT = 37 * 101 };
    static double all[COUNT];
    (void)state;
    trained_network *t = odd_network(37, 101, COUNT, all);
    for (uint64_t n = 0; n < 300; n++) {
        double threshold = n == 0 ? 0 : n % 2 ? all[n] : ldexp(at_random(n), -(int)(n % 40));
        trained_set_threshold(t, threshold);
        assert_double_same(t->threshold, threshold);
        assert_int_equal(t->awake, count_beyond(all, COUNT, threshold));
        assert_int_equal(t->layers[0].awake, t->awake);
    }
    trained_network_free(t);
}

static void what_is_too_large_is_held_in_steps(void **state)
{
    enum { COUNT = 120 * 90 };
    static double all[COUNT];
    (void)state;
    trained_network *t = odd_network(120, 90, 1000, all);
    const trained_layer *l = &t->layers[0];
    assert_false(t->exact);
    assert_true(l->held_rows * l->held_cols <= 1000 && l->held_rows * l->held_cols > 200);
    for (size_t n = 0; n < l->held_rows * l->held_cols; n++)
        assert_double_same(
            l->held[n], all[n / l->held_cols * l->row_step * 90 + n % l->held_cols * l->col_step]);
    for (uint64_t n = 0; n < 200; n++) {
        double threshold = ldexp(at_random(n), -(int)(n % 40));
        trained_set_threshold(t, threshold);
        assert_true(t->threshold <= threshold);
        assert_true(threshold < trained_edge(trained_edge_below(threshold) + 1));
        assert_int_equal(t->awake, count_beyond(all, COUNT, t->threshold));
    }
    double half = trained_threshold_of_share(t, 0.5);
    assert_true(COUNT - count_beyond(all, COUNT, half) >= COUNT / 2);
    assert_int_equal(trained_edge_below(half),
                     trained_edge_below(trained_edge(trained_edge_below(half))));
    trained_network_free(t);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void shares_are_places_of_the_sorted_order(void **state)
{
    enum { COUNT = 37 * 101 };
    static double all[COUNT];
    (void)state;
    trained_network *t = odd_network(37, 101, COUNT, all);
    qsort(all, COUNT, sizeof all[0], ascending);
    size_t finite = COUNT - (size_t)count_beyond(all, COUNT, 1e308);
    for (int percent = 0; percent <= 100; percent++) {
        double share = percent / 100.0;
        size_t rank = (size_t)ceil(share * COUNT);
        double expected = rank == 0                  ? 0
                          : all[rank - 1] < INFINITY ? all[rank - 1]
                                                     : all[finite - 1];
        assert_double_same(trained_threshold_of_share(t, share), expected);
    }
    trained_network_free(t);
}

/* Tracked tensors, read by the library block by block. */
typedef struct reading {
    trained_layer *layer;
    uint64_t next;
} reading;

static detinit_status take(void *context, uint64_t first, size_t count, const double *deltas,
                           detinit_error *error)
{
    reading *r = context;
    (void)error;
    assert_int_equal(first, r->next);
    r->next += count;
    memcpy(r->layer->held + first, deltas, count * sizeof *deltas);
    trained_layer_add(r->layer, deltas, count);
    return DETINIT_OK;
}

static trained_network *read_all(const trained *known)
{
    trained_network *t = trained_network_new(TRACKED, 0);
    assert_non_null(t);
    for (size_t k = 0; k < TRACKED; k++) {
        reading r = {&t->layers[k], 0};
        const detinit_recipe *recipe = &known->tracked[k].recipe;
        assert_true(trained_layer_shape(r.layer, known->known[k].name, detinit_recipe_rows(recipe),
                                        detinit_recipe_cols(recipe), 1 << 20));
        assert_int_equal(detinit_tracked_deltas(&known->tracked[k], take, &r, NULL, NULL),
                         DETINIT_OK);
        assert_int_equal(r.next, known->known[k].count);
    }
    trained_network_finish(t);
    return t;
}

static void a_file_is_read_as_it_is(void **state)
{
    static trained known;
    (void)state;
    open_trained(&known);
    trained_network *t = read_all(&known);
    for (size_t k = 0; k < TRACKED; k++)
        for (size_t n = 0; n < known.known[k].count; n++) {
            double w = known.known[k].trained_values[n], w0 = known.known[k].initial_values[n];
            double delta = w == w0 ? 0 : fabs(w - w0);
            assert_double_same(t->layers[k].held[n], delta <= INFINITY ? delta : INFINITY);
        }
    for (uint64_t n = 0; n < 20; n++) {
        double threshold = n == 0 ? 0 : ldexp(at_random(n), -(int)n);
        trained_set_threshold(t, threshold);
        for (size_t k = 0; k < TRACKED; k++) {
            detinit_change change;
            assert_int_equal(
                detinit_tracked_change(&known.tracked[k], threshold, false, NULL, &change, NULL),
                DETINIT_OK);
            assert_int_equal(t->layers[k].awake, change.changed_weights);
        }
    }
    trained_network_free(t);
    close_trained(&known);
}

static void thresholds_are_those_of_the_library(void **state)
{
    static trained known;
    double expected;
    (void)state;
    open_trained(&known);
    trained_network *t = read_all(&known);
    assert_int_equal(detinit_threshold_auto(known.tracked, TRACKED, NULL, &expected, NULL), 0);
    assert_double_same(trained_threshold_auto(t), expected);
    for (int percent = 0; percent <= 90; percent += 10) {
        assert_int_equal(detinit_threshold_of_sparsity(known.tracked, TRACKED, percent / 100.0,
                                                       NULL, &expected, NULL),
                         DETINIT_OK);
        assert_double_same(trained_threshold_of_share(t, percent / 100.0), expected);
    }
    trained_network_free(t);
    close_trained(&known);
}

static void keys_step_by_quarter_octaves(void **state)
{
    (void)state;
    trained_network *t = sample_network(SAMPLE_POINTS, false);
    assert_non_null(t);
    trained_set_threshold(t, 0);
    uint64_t asleep = t->total - t->awake;
    double ladder[200];
    size_t steps = 0;
    for (; steps < 200; steps++) {
        ladder[steps] = trained_threshold_step(t, 1);
        if (ladder[steps] == t->threshold)
            break;
        if (steps == 0) /* the first is where something falls asleep */
            assert_true(ladder[0] > 0);
        else
            assert_true(ladder[steps] > ladder[steps - 1] * 1.16 &&
                        ladder[steps] < ladder[steps - 1] * 1.22);
        trained_set_threshold(t, ladder[steps]);
        assert_true(t->total - t->awake > asleep || steps > 0);
    }
    assert_true(steps > 40 && steps < 200);
    assert_int_equal(t->awake, 0); /* the last puts all to sleep */
    for (size_t n = steps - 1; n > 0; n--) {
        double below = trained_threshold_step(t, -1);
        assert_double_same(below, ladder[n - 1]);
        trained_set_threshold(t, below);
    }
    trained_set_threshold(t, trained_threshold_step(t, -1));
    assert_double_same(t->threshold, 0);
    assert_double_same(trained_threshold_step(t, -1), 0);
    trained_set_threshold(t, 0.001); /* between two steps */
    assert_true(trained_threshold_step(t, 1) > 0.001 && trained_threshold_step(t, 1) < 0.0012);
    assert_true(trained_threshold_step(t, -1) < 0.001 && trained_threshold_step(t, -1) > 0.0008);
    trained_network_free(t);
}

static void the_wanted_threshold_is_what_was_asked_for(void **state)
{
    settings s;
    detinit_error error;
    (void)state;
    trained_network *t = sample_network(SAMPLE_POINTS, false),
                    *file = sample_network(SAMPLE_POINTS, true);
    assert_true(t != NULL && file != NULL);
    settings_init(&s);
    assert_double_same(trained_wanted_threshold(t, threshold_chosen(&s)), 0x1p-7);
    assert_double_same(trained_wanted_threshold(file, threshold_chosen(&s)),
                       trained_threshold_auto(file));
    assert_true(option_set(&s, option_find("threshold"), "0.25", false, &error));
    assert_double_same(trained_wanted_threshold(file, threshold_chosen(&s)), 0.25);
    assert_true(option_set(&s, option_find("threshold"), "auto", false, &error));
    assert_double_same(trained_wanted_threshold(t, threshold_chosen(&s)),
                       trained_threshold_auto(t));
    assert_true(option_set(&s, option_find("sparsity"), "0.6", false, &error));
    assert_double_same(trained_wanted_threshold(t, threshold_chosen(&s)),
                       trained_threshold_of_share(t, 0.6));
    trained_network_free(t);
    trained_network_free(file);
}

/* By the rule of the automatic threshold, from its definition. */
static void what_sleeps_holds_its_share_of_the_change(void **state)
{
    trained_network *t = sample_network(SAMPLE_POINTS, true);
    (void)state;
    assert_non_null(t);
    const double thresholds[] = {0, 1e-3, trained_threshold_auto(t), 0.02, INFINITY};
    for (size_t n = 0; n < sizeof thresholds / sizeof thresholds[0]; n++) {
        double asleep = 0, all = 0;
        for (size_t k = 0; k < t->layer_count; k++)
            for (size_t i = 0; i < t->layers[k].total; i++) {
                const double delta = t->layers[k].held[i];
                all += delta * delta;
                asleep += delta <= thresholds[n] ? delta * delta : 0;
            }
        trained_set_threshold(t, thresholds[n]);
        assert_double_near(t->asleep_change, asleep / all, 1e-12);
        if (n == 2)
            assert_true(t->asleep_change <= DETINIT_AUTO_SHARE &&
                        t->asleep_change > 0.5 * DETINIT_AUTO_SHARE);
    }
    trained_network_free(t);
}

/* Kernels, and the images of MNIST; nothing else lies as pictures one behind the other. */
static void pictures_are_kernels_and_images(void **state)
{
    static const struct {
        size_t rank;
        uint64_t shape[4];
        detinit_axis fan_in;
        size_t rows, cols;
    } cases[] = {
        {4, {8, 4, 3, 5}, DETINIT_FAN_IN_COLS, 3, 5}, {4, {3, 5, 4, 8}, DETINIT_FAN_IN_ROWS, 0, 0},
        {4, {8, 4, 1, 1}, DETINIT_FAN_IN_COLS, 0, 0}, {2, {256, 784}, DETINIT_FAN_IN_COLS, 28, 28},
        {2, {784, 256}, DETINIT_FAN_IN_COLS, 0, 0},   {2, {50, 100}, DETINIT_FAN_IN_COLS, 0, 0},
        {3, {8, 28, 28}, DETINIT_FAN_IN_COLS, 0, 0},
    };
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        detinit_recipe recipe = detinit_recipe_tensor(1, 0, cases[n].rank, cases[n].shape);
        recipe.fan_in = cases[n].fan_in;
        trained_layer layer = {.cols = detinit_recipe_cols(&recipe)};
        trained_layer_pictures(&layer, &recipe);
        assert_int_equal(layer.picture_rows, cases[n].rows);
        assert_int_equal(layer.picture_cols, cases[n].cols);
    }
}

static void curves_keep_their_shape_with_few_points(void **state)
{
    (void)state;
    trained_network *t = sample_network(0, false);
    assert_non_null(t);
    t->steps = 100000;
    trained_set_threshold(t, 0);
    for (size_t point = 1; point <= 5000; point++) {
        trained_layer *l = &t->layers[0];
        trained_layer_clear(l);
        for (size_t n = 0; n < point; n++) /* as many are awake as points went by */
            trained_layer_add(l, &(double){1}, 1);
        trained_network_finish(t);
        t->step = point * 20;
        trained_add_point(t);
    }
    assert_true(t->point_count > TRAINED_POINTS / 2 && t->point_count <= TRAINED_POINTS);
    for (size_t n = 0; n < t->point_count; n++) {
        assert_true(n == 0 || t->point_steps[n] > t->point_steps[n - 1]);
        assert_double_near(trained_point_share(t, n, 0), (double)t->point_steps[n] / 20 / 5000,
                           1e-12);
    }
    assert_true(t->point_steps[t->point_count - 1] > 100000 - 20 * 64);
    trained_network_free(t);
}

static void a_copy_is_a_network_of_its_own(void **state)
{
    (void)state;
    trained_network *t = sample_network(SAMPLE_POINTS, false);
    trained_network *copy = trained_network_copy(t);
    assert_non_null(copy);
    assert_int_equal(copy->point_count, t->point_count);
    trained_set_threshold(t, 0.01);
    double share = trained_point_share(t, t->point_count / 2, 1);
    sample_point(t, 1);
    trained_set_threshold(copy, 0.01);
    assert_double_same(trained_point_share(copy, copy->point_count / 2, 1), share);
    trained_network_free(t);
    assert_double_same(copy->layers[2].held[3], sample_delta(2, 3, 1));
    assert_int_equal(copy->pruning_count, 3);
    assert_non_null(trained_find_pruning(copy, 0));
    trained_network_free(copy);
}

static void prunings_stand_in_order(void **state)
{
    (void)state;
    trained_network *t = sample_network(SAMPLE_POINTS, false);
    assert_non_null(t);
    for (size_t n = 0; n < 20; n++) {
        trained_pruning p = {.threshold = (double)((n * 7) % 20) / 100, .sleeping = n};
        trained_add_pruning(t, &p);
    }
    assert_int_equal(t->pruning_count, TRAINED_PRUNINGS);
    for (size_t n = 1; n < t->pruning_count; n++)
        assert_true(t->prunings[n].threshold > t->prunings[n - 1].threshold);
    trained_pruning again = {.threshold = t->prunings[2].threshold, .sleeping = 77};
    trained_add_pruning(t, &again);
    assert_int_equal(t->pruning_count, TRAINED_PRUNINGS);
    assert_int_equal(trained_find_pruning(t, 77)->sleeping, 77);
    assert_null(trained_find_pruning(t, 78));
    trained_network_free(t);
}

int main(void)
{
#define IN_SCRATCH(name) cmocka_unit_test_setup_teardown(name, enter_scratch, leave_scratch)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_ascend_and_are_found),
        cmocka_unit_test(counts_are_those_beyond_each_edge),
        cmocka_unit_test(any_threshold_is_counted_exactly),
        cmocka_unit_test(what_is_too_large_is_held_in_steps),
        cmocka_unit_test(shares_are_places_of_the_sorted_order),
        IN_SCRATCH(a_file_is_read_as_it_is),
        IN_SCRATCH(thresholds_are_those_of_the_library),
        cmocka_unit_test(keys_step_by_quarter_octaves),
        cmocka_unit_test(the_wanted_threshold_is_what_was_asked_for),
        cmocka_unit_test(what_sleeps_holds_its_share_of_the_change),
        cmocka_unit_test(pictures_are_kernels_and_images),
        cmocka_unit_test(curves_keep_their_shape_with_few_points),
        cmocka_unit_test(a_copy_is_a_network_of_its_own),
        cmocka_unit_test(prunings_stand_in_order),
    };
    return cmocka_run_group_tests_name("trained network", tests, NULL, NULL);
}
