/* Pruning of the showcase's arrays, three ways. */
#include "check.h"

#include "train/prune.h"

#define PRUNED 500

typedef struct ranked {
    double distance;
    size_t position;
} ranked;

static int by_distance(const void *a, const void *b)
{
    const ranked *left = a, *right = b;
    if (left->distance != right->distance)
        return left->distance < right->distance ? -1 : 1;
    return left->position < right->position ? -1 : 1;
}

/* Weights with many ties: changes and sizes are few multiples of a power of two. */
static void draw_weights(float *weights, float *initial)
{
    for (uint64_t n = 0; n < PRUNED; n++) {
        uint64_t key = detinit_key(1, &n, 1);
        initial[n] = (float)(int)(key % 41 - 20) * 0x1p-6f;
        weights[n] = initial[n] + (float)(int)(key / 64 % 17 - 8) * 0x1p-9f;
    }
}

/* Weights with all their bits, some of them an ulp apart, over many magnitudes. */
static void draw_fine_weights(float *weights, float *initial)
{
    for (uint64_t n = 0; n < PRUNED; n++) {
        uint64_t key = detinit_key(2, &n, 1);
        initial[n] = n % 5 == 0 ? 0 : (float)detinit_gaussian(3, &n, 1);
        weights[n] = initial[n] + ldexpf((float)(key % 16777216), -24 - (int)(key >> 60) * 3);
        if (n % 5 == 0 && n > 0)
            weights[n] = nextafterf(weights[n - 5], 2);
    }
}

static void follows_a_sort(const float *weights, const float *initial)
{
    static const size_t sizes[] = {0, 1, 2, 17, 250, 311, 499, 500};
    float out[PRUNED];
    ranked order[PRUNED];
    for (int way = 0; way < DETINIT_PRUNE_COUNT; way++) {
        for (size_t n = 0; n < PRUNED; n++) {
            float from = way == DETINIT_PRUNE_MAGNITUDE ? 0 : initial[n];
            order[n] = (ranked){fabs((double)weights[n] - (double)from), n};
        }
        qsort(order, PRUNED, sizeof order[0], by_distance);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            size_t k = sizes[i];
            double distance;
            assert_int_equal(
                prune_weights((detinit_prune)way, weights, initial, PRUNED, k, out, NULL),
                DETINIT_OK);
            for (size_t n = 0; n < PRUNED; n++) {
                size_t at = order[n].position;
                float replacement = way == DETINIT_PRUNE_INIT ? initial[at] : 0;
                assert_true(out[at] == (n < k ? replacement : weights[at]));
            }
            assert_int_equal(prune_kth_distance(weights,
                                                way == DETINIT_PRUNE_MAGNITUDE ? NULL : initial,
                                                PRUNED, k, &distance, NULL),
                             DETINIT_OK);
            assert_double_same(distance, k > 0 ? order[k - 1].distance : 0);
        }
    }
}

static void pruning_follows_a_sort(void **state)
{
    float weights[PRUNED], initial[PRUNED];
    (void)state;
    draw_weights(weights, initial);
    follows_a_sort(weights, initial);
    draw_fine_weights(weights, initial);
    follows_a_sort(weights, initial);
}

static void pruning_counts(void **state)
{
    const float weights[] = {1, 1.5f, -2, NAN, INFINITY, 0}, initial[] = {1, 1, -2.25f, 1, 1, 0};
    float out[6];
    detinit_error error;
    (void)state;
    assert_int_equal(prune_count_within(weights, initial, 6, -1), 0);
    assert_int_equal(prune_count_within(weights, initial, 6, 0), 2);
    assert_int_equal(prune_count_within(weights, initial, 6, 0.25), 3);
    assert_int_equal(prune_count_within(weights, initial, 6, 1e300), 4);
    assert_int_equal(prune_count_of_share(0.623, 1000), 623);
    assert_int_equal(prune_count_of_share(0.623, 6100), 3801);
    assert_int_equal(prune_count_of_share(1, 6100), 6100);
    assert_int_equal(prune_count_of_share(0, 6100), 0);
    assert_int_equal(prune_weights(DETINIT_PRUNE_INIT, weights, initial, 6, 4, out, NULL),
                     DETINIT_OK);
    assert_true(isnan(out[3]) && isinf(out[4]) && out[2] == -2.25f);
    assert_int_equal(prune_weights(DETINIT_PRUNE_ZERO, weights, initial, 6, 5, out, &error),
                     DETINIT_INVALID);
    assert_int_equal(prune_weights(DETINIT_PRUNE_ZERO, weights, initial, 6, 7, out, &error),
                     DETINIT_INVALID);
    assert_non_null(strstr(error.message, "at least 7 finite weights"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pruning_follows_a_sort),
        cmocka_unit_test(pruning_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
