/* Modes, fans, names and the checks of recipes. */
#include "check.h"

#include "detinit.h"

static detinit_recipe tensor(size_t rank, const uint64_t *shape)
{
    detinit_recipe recipe = detinit_recipe_matrix(1, 2, 1, 1);
    recipe.rank = rank;
    memcpy(recipe.shape, shape, rank * sizeof *shape);
    return recipe;
}

static void modes_have_their_std(void **state)
{
    (void)state;
    detinit_recipe r = detinit_recipe_matrix(1, 0, 30, 50);
    const double expected[DETINIT_SCHEME_COUNT] = {sqrt(2.0 / 50), sqrt(2.0 / 80), sqrt(1.0 / 50),
                                                   sqrt(1.0 / 150), 0.02};
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT; mode++) {
        r.mode = (detinit_mode)mode;
        r.gain = 1;
        assert_double_same(detinit_recipe_std(&r), expected[mode]);
        r.gain = 0.3;
        assert_double_same(detinit_recipe_std(&r), expected[mode] * 0.3);
    }
    r = detinit_recipe_matrix(1, 0, 30, 50);
    r.fan_in = DETINIT_FAN_IN_ROWS;
    assert_double_same(detinit_recipe_std(&r), sqrt(2.0 / 30));
    r.orthogonal = true;
    assert_double_near(detinit_recipe_std(&r), sqrt(2.0 / 50), 1e-16);
    assert_double_near(detinit_recipe_orthogonal_gain(&r), sqrt(2.0), 3e-16);
}

static void fans_follow_the_rank(void **state)
{
    (void)state;
    const uint64_t shape[] = {64, 32, 3, 5, 7};
    const double in[] = {0, 64, 32, 32 * 3, 32 * 3 * 5, 32 * 3 * 5 * 7};
    const double out[] = {0, 64, 64, 64 * 3, 64 * 3 * 5, 64 * 3 * 5 * 7};
    for (size_t rank = 1; rank <= 5; rank++) {
        const detinit_recipe r = tensor(rank, shape);
        assert_double_same(detinit_recipe_fan_in(&r), in[rank]);
        assert_double_same(detinit_recipe_fan_out(&r), out[rank]);
    }
}

static void a_tensor_is_seen_as_a_matrix(void **state)
{
    (void)state;
    const uint64_t shape[] = {4, 5, 6, 7};
    const uint64_t huge[] = {DETINIT_MAX_DIMENSION, DETINIT_MAX_DIMENSION};
    uint64_t count = 3;
    detinit_recipe r = tensor(4, shape);
    assert_true(detinit_recipe_rows(&r) == 120 && detinit_recipe_cols(&r) == 7);
    assert_true(detinit_recipe_count(&r, &count) && count == 840);
    r = tensor(1, shape);
    assert_true(detinit_recipe_rows(&r) == 1 && detinit_recipe_cols(&r) == 4);
    r = tensor(2, huge);
    assert_false(detinit_recipe_count(&r, &count));
    assert_true(count == 840);
    assert_int_equal(detinit_recipe_check(&r, NULL), DETINIT_OK);
}

static void names_come_back(void **state)
{
    (void)state;
    detinit_mode mode;
    detinit_dist dist;
    detinit_axis axis;
    detinit_dtype dtype;
    for (int n = 0; n < DETINIT_MODE_COUNT; n++) {
        assert_true(detinit_mode_parse(detinit_mode_name((detinit_mode)n), &mode));
        assert_int_equal(mode, n);
        assert_non_null(detinit_mode_purpose(mode));
        assert_non_null(detinit_mode_formula(mode));
        assert_true(detinit_mode_mark(mode) > ' ' && detinit_mode_mark(mode) <= '~');
        for (int other = 0; other < n; other++)
            assert_true(detinit_mode_mark((detinit_mode)other) != detinit_mode_mark(mode));
    }
    for (int n = 0; n < DETINIT_DIST_COUNT; n++)
        assert_true(detinit_dist_parse(detinit_dist_name((detinit_dist)n), &dist) &&
                    (int)dist == n);
    for (int n = 0; n < DETINIT_AXIS_COUNT; n++)
        assert_true(detinit_axis_parse(detinit_axis_name((detinit_axis)n), &axis) &&
                    (int)axis == n);
    for (int n = 0; n < DETINIT_DTYPE_COUNT; n++)
        assert_true(detinit_dtype_parse(detinit_dtype_name((detinit_dtype)n), &dtype) &&
                    (int)dtype == n);
    assert_true(detinit_mode_parse("kaiming", &mode) && mode == DETINIT_HE);
    assert_true(detinit_mode_parse("glorot", &mode) && mode == DETINIT_XAVIER);
    assert_true(detinit_dtype_parse("f2", &dtype) && dtype == DETINIT_FLOAT16);
    assert_true(detinit_dtype_parse("bf16", &dtype) && dtype == DETINIT_BFLOAT16);
    assert_true(detinit_mode_parse("He", &mode) && mode == DETINIT_HE);
    assert_true(detinit_mode_parse("Delta-Orthogonal", &mode) && mode == DETINIT_DELTA_ORTHOGONAL);
    assert_false(detinit_mode_parse("hee", &mode));
    assert_false(detinit_dtype_parse("", &dtype));
    assert_false(detinit_axis_parse("diagonals", &axis));
    for (int n = 0; n < DETINIT_FAN_MODE_COUNT; n++) {
        detinit_fan_mode fan_mode = DETINIT_FAN_MODE_COUNT;
        assert_true(detinit_fan_mode_parse(detinit_fan_mode_name((detinit_fan_mode)n), &fan_mode) &&
                    (int)fan_mode == n);
        assert_false(detinit_fan_mode_parse("fan_through", &fan_mode));
    }
}

static void there_is_nothing_beyond_the_names(void **state)
{
    (void)state;
    const detinit_mode mode = DETINIT_MODE_COUNT;
    assert_null(detinit_mode_name(mode));
    assert_null(detinit_mode_alias(mode));
    assert_null(detinit_mode_purpose(mode));
    assert_null(detinit_mode_formula(mode));
    assert_int_equal(detinit_mode_mark(mode), 0);
    assert_false(detinit_mode_takes_std(mode));
    assert_null(detinit_axis_name(DETINIT_AXIS_COUNT));
    assert_null(detinit_dtype_name(DETINIT_DTYPE_COUNT));
    assert_string_equal(detinit_mode_alias(DETINIT_XAVIER), "glorot");
    assert_string_equal(detinit_dtype_alias(DETINIT_BFLOAT16), "bf16");
    assert_null(detinit_mode_alias(DETINIT_LECUN));
    assert_null(detinit_dist_alias(DETINIT_DIST_NORMAL)); /* gaussian is not told */
    assert_null(detinit_axis_alias(DETINIT_FAN_IN_COLS));
}

/* A mode either sets a fraction, whose root is its std, or takes the recipe's. */
static void a_mode_sets_a_std_or_takes_one(void **state)
{
    (void)state;
    detinit_recipe r = detinit_recipe_matrix(1, 0, 30, 50);
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT; mode++) {
        double numerator = -1, denominator = -2;
        r.mode = (detinit_mode)mode;
        if (detinit_recipe_variance(&r, &numerator, &denominator)) {
            assert_false(detinit_mode_takes_std(r.mode));
            assert_double_same(detinit_recipe_std(&r), sqrt(numerator / denominator));
            assert_null(strstr(detinit_mode_formula(r.mode), "std"));
        } else {
            assert_true(detinit_mode_takes_std(r.mode));
            assert_true(numerator == -1 && denominator == -2);
            assert_double_same(detinit_recipe_std(&r), r.std);
        }
        const double gain = detinit_recipe_orthogonal_gain(&r);
        assert_true(gain >= 1 && gain < 2);
        assert_true(detinit_recipe_dist(&r) != DETINIT_DIST_OF_MODE);
    }
    r.mode = DETINIT_XAVIER;
    double numerator, denominator;
    assert_true(detinit_recipe_variance(&r, &numerator, &denominator));
    assert_true(numerator == 2 && denominator == 80);
    assert_true(detinit_mode_takes_std(DETINIT_NORMAL));
}

static void distributions_follow_the_mode(void **state)
{
    (void)state;
    detinit_recipe r = detinit_recipe_matrix(1, 0, 3, 5);
    assert_int_equal(detinit_recipe_dist(&r), DETINIT_DIST_NORMAL);
    r.mode = DETINIT_TORCH;
    assert_int_equal(detinit_recipe_dist(&r), DETINIT_DIST_UNIFORM);
    r.dist = DETINIT_DIST_TRUNCATED;
    assert_int_equal(detinit_recipe_dist(&r), DETINIT_DIST_TRUNCATED);
}

/* Refused, with a sentence. */
static void assert_refused(const detinit_recipe *recipe)
{
    detinit_error error = {0};
    assert_int_equal(detinit_recipe_check(recipe, &error), DETINIT_INVALID);
    assert_int_equal(error.status, DETINIT_INVALID);
    assert_true(strlen(error.message) > 10);
    assert_int_equal(detinit_recipe_check(recipe, NULL), DETINIT_INVALID);
}

static void bad_shapes_are_refused(void **state)
{
    (void)state;
    const detinit_recipe good = detinit_recipe_matrix(1, 0, 3, 5);
    assert_int_equal(detinit_recipe_check(&good, NULL), DETINIT_OK);
    detinit_recipe r = good;
    r.rank = 0; /* one weight */
    assert_int_equal(detinit_recipe_check(&r, NULL), DETINIT_OK);
    r.rank = DETINIT_MAX_RANK + 1;
    assert_refused(&r);
    r = good;
    r.shape[1] = 0; /* holds nothing */
    assert_int_equal(detinit_recipe_check(&r, NULL), DETINIT_OK);
    r.shape[1] = DETINIT_MAX_DIMENSION + 1;
    assert_refused(&r);
    r = good;
    r.rank = 3;
    r.shape[0] = r.shape[1] = UINT64_C(1) << 33;
    r.shape[2] = 1;
    assert_refused(&r);
    r = good;
    r.zero_mean = true;
    assert_refused(&r);
    r = detinit_recipe_tensor(1, 0, 4, (const uint64_t[]){2, 3, 1 << 10, 1 << 10});
    r.zero_mean = true; /* slices of 2^20 weights, the most, and of none */
    assert_int_equal(detinit_recipe_check(&r, NULL), DETINIT_OK);
    r.shape[3]++;
    assert_refused(&r);
    r.shape[2] = 0;
    assert_int_equal(detinit_recipe_check(&r, NULL), DETINIT_OK);
    r = good;
    const uint64_t ranks[DETINIT_MAX_RANK + 1] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    r = detinit_recipe_tensor(1, 0, DETINIT_MAX_RANK + 1, ranks);
    assert_refused(&r);
    r = detinit_recipe_tensor(1, 0, DETINIT_MAX_RANK, ranks);
    assert_int_equal(detinit_recipe_check(&r, NULL), DETINIT_OK);
    r = good;
    r.orthogonal = true;
    r.rank = 1;
    assert_refused(&r);
}

static void bad_scales_and_choices_are_refused(void **state)
{
    (void)state;
    const detinit_recipe good = detinit_recipe_matrix(1, 0, 3, 5);
    const double bad[] = {0, -1, NAN, HUGE_VAL, -0.0};
    for (size_t n = 0; n < sizeof bad / sizeof *bad; n++) {
        detinit_recipe r = good;
        r.gain = bad[n];
        assert_refused(&r);
        r = good;
        r.std = bad[n];
        assert_int_equal(detinit_recipe_check(&r, NULL), DETINIT_OK);
        r.mode = DETINIT_NORMAL;
        assert_refused(&r);
    }
    detinit_recipe r = good;
    r.mode = DETINIT_MODE_COUNT;
    assert_refused(&r);
    r = good;
    r.dtype = DETINIT_DTYPE_COUNT;
    assert_refused(&r);
    r = good;
    r.dist = DETINIT_DIST_COUNT;
    assert_refused(&r);
    r = good;
    r.fan_in = DETINIT_AXIS_COUNT;
    assert_refused(&r);
}

/* A tensor that is good but for what `spoil` does to it. */
#define assert_spoiled(...)                                                                        \
    do {                                                                                           \
        const uint64_t shape[] = {4, 6, 3, 3};                                                     \
        detinit_recipe r = detinit_recipe_tensor(1, 0, 4, shape);                                  \
        assert_int_equal(detinit_recipe_check(&r, NULL), DETINIT_OK);                              \
        __VA_ARGS__;                                                                               \
        assert_refused(&r);                                                                        \
    } while (0)

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    assert_spoiled(r.mean = HUGE_VAL);
    assert_spoiled(r.value = NAN);
    assert_spoiled(r.zero = -0.1);
    assert_spoiled(r.zero = 1.1);
    assert_spoiled(r.zero = NAN);
    assert_spoiled(r.slope = -HUGE_VAL);
    assert_spoiled(r.fans[0] = 3);
    assert_spoiled(r.fans[1] = 3);
    assert_spoiled(r.has_zero_row = true, r.zero_row = 4);
    assert_spoiled(r.has_zero_row = true, r.rank = 0);
    assert_spoiled(r.dist = DETINIT_DIST_TRUNC_NORMAL, r.cut = 0.4);
    assert_spoiled(r.dist = DETINIT_DIST_TRUNC_NORMAL, r.cut = 8.5);
    assert_spoiled(r.dist = DETINIT_DIST_TRUNC_NORMAL, r.cut = NAN);
    assert_spoiled(r.dist = DETINIT_DIST_TRUNCATED, r.cut = 3);
    assert_spoiled(r.mode = DETINIT_IDENTITY);
    assert_spoiled(r.zero_mean = true, r.shape[2] = 1 << 11, r.shape[3] = 1 << 10);
    assert_spoiled(r.zero_mean = true, r.shape[2] = 1 << 21);
    assert_spoiled(r.has_zero_row = true, r.shape[0] = 0);
    assert_spoiled(r.mode = DETINIT_NORMAL, r.std = 1e-300, r.gain = 1e-300);
    assert_spoiled(r.mode = DETINIT_DIRAC, r.rank = 2);
    assert_spoiled(r.mode = DETINIT_DELTA_ORTHOGONAL, r.rank = 6);
    assert_spoiled(r.mode = DETINIT_CONSTANT, r.orthogonal = true);
    assert_spoiled(r.orthogonal = true, r.rank = 1);
    assert_spoiled(r.zero_mean = true, r.fan_in = DETINIT_FAN_IN_ROWS);
    assert_spoiled(r.via = DETINIT_DTYPE_COUNT);
    assert_spoiled(r.fan_mode = DETINIT_FAN_MODE_COUNT);
    assert_spoiled(r.nonlinearity = DETINIT_NONLINEARITY_COUNT);
}

static void parts_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    const uint64_t shape[] = {3, 5};
    detinit_recipe parts[2] = {detinit_recipe_tensor(1, 0, 2, shape),
                               detinit_recipe_tensor(1, 1, 2, shape)};
    detinit_recipe whole = detinit_recipe_matrix(1, 0, 6, 5);
    whole.parts = parts;
    whole.part_count = 2;
    assert_int_equal(detinit_recipe_check(&whole, NULL), DETINIT_OK);
    detinit_recipe bad = whole;
    bad.shape[0] = 7;
    assert_refused(&bad);
    bad.shape[0] = 5;
    assert_refused(&bad);
    bad = whole;
    bad.rank = 0;
    bad.shape[0] = 0;
    assert_refused(&bad);
    const detinit_recipe good = parts[1];
    parts[1].shape[1] = 4;
    assert_refused(&whole);
    parts[1] = good;
    parts[1].dtype = DETINIT_FLOAT32;
    assert_refused(&whole);
    parts[1] = good;
    parts[1].via = DETINIT_FLOAT32;
    assert_refused(&whole);
    parts[1] = good;
    parts[1].seed = 2;
    assert_refused(&whole);
    parts[1] = good;
    parts[1].fan_in = DETINIT_FAN_IN_ROWS;
    assert_refused(&whole);
    parts[1] = good;
    parts[1].rank = 1;
    assert_refused(&whole);
    parts[1] = good;
    parts[1].gain = 0;
    assert_refused(&whole);
    parts[1] = good;
    bad = whole;
    bad.parts = NULL;
    assert_refused(&bad);
    detinit_error error;
    bad = whole;
    bad.part_axis = 2; /* a matrix has no third dimension */
    assert_int_equal(detinit_recipe_check(&bad, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "only parts of a matrix can lie side by side");
    bad.part_axis = 1;
    bad.shape[0] = 3; /* 5 + 5 columns are not 5 */
    assert_int_equal(detinit_recipe_check(&bad, &error), DETINIT_INVALID);
    assert_string_equal(error.message,
                        "the columns of its parts must add up to its second dimension");
    parts[1].shape[0] = 4;
    assert_int_equal(detinit_recipe_check(&bad, &error), DETINIT_INVALID);
    assert_string_equal(error.message,
                        "part 2 must be like the whole in rank, all dimensions but the second, "
                        "seed, fan_in, via and dtype, and not fused itself");
    parts[1] = good;
    parts[1].parts = &good;
    parts[1].part_count = 1;
    assert_refused(&whole);
}

/* Initializers as people type them; what PyTorch and Keras mean by them. */
static void initializers_have_the_names_of_other_libraries(void **state)
{
    (void)state;
    const struct {
        const char *name;
        detinit_mode mode;
        detinit_dist dist;
    } known[] = {
        {"kaiming_normal_", DETINIT_HE, DETINIT_DIST_NORMAL},
        {"HeNormal", DETINIT_HE, DETINIT_DIST_TRUNCATED},
        {"glorot_uniform", DETINIT_XAVIER, DETINIT_DIST_UNIFORM},
        {"XAVIER_NORMAL", DETINIT_XAVIER, DETINIT_DIST_NORMAL},
        {"lecun_normal", DETINIT_LECUN, DETINIT_DIST_TRUNCATED},
        {"trunc_normal_", DETINIT_NORMAL, DETINIT_DIST_TRUNC_NORMAL},
        {"zeros", DETINIT_CONSTANT, DETINIT_DIST_OF_MODE},
        {"eye", DETINIT_IDENTITY, DETINIT_DIST_OF_MODE},
        {"he", DETINIT_HE, DETINIT_DIST_OF_MODE},
    };
    for (size_t n = 0; n < sizeof known / sizeof known[0]; n++) {
        detinit_recipe r = detinit_recipe_matrix(1, 0, 3, 5);
        assert_true(detinit_recipe_set_initializer(&r, known[n].name));
        assert_int_equal(r.mode, known[n].mode);
        assert_int_equal(r.dist, known[n].dist);
    }
    detinit_recipe r = detinit_recipe_matrix(1, 0, 3, 5), same = r;
    assert_true(detinit_recipe_set_initializer(&r, "Ones") && r.value == 1);
    assert_true(detinit_recipe_set_initializer(&r, "zeros_") && r.value == 0);
    assert_true(detinit_recipe_set_initializer(&r, "orthogonal") && r.orthogonal);
    assert_double_same(detinit_recipe_orthogonal_gain(&r), 1);
    assert_false(detinit_recipe_set_initializer(&same, "kaiming_cauchy"));
    assert_int_equal(same.mode, DETINIT_HE);
}

static void nonlinearities_are_parsed(void **state)
{
    (void)state;
    detinit_nonlinearity n = DETINIT_NONLINEARITY_COUNT;
    double slope = 7;
    assert_true(detinit_nonlinearity_parse("Leaky_ReLU:0.2", &n, &slope));
    assert_true(n == DETINIT_NONLINEARITY_LEAKY_RELU && slope == 0.2);
    assert_true(detinit_nonlinearity_parse("leaky_relu", &n, &slope) && slope == 0.01);
    assert_true(detinit_nonlinearity_parse("conv", &n, &slope));
    assert_int_equal(n, DETINIT_NONLINEARITY_LINEAR);
    for (const char **bad = (const char *[]){"", "relu:0.1", "leaky_relu:", "leaky_relu:x",
                                             "leaky_relu:inf", "leaky_relu:0.1x", "gelu",
                                             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL};
         *bad != NULL; bad++)
        assert_false(detinit_nonlinearity_parse(*bad, &n, &slope));
    assert_int_equal(n, DETINIT_NONLINEARITY_LINEAR);
}

static void recipes_are_compared_by_what_counts(void **state)
{
    (void)state;
    detinit_recipe a = detinit_recipe_matrix(1, 0, 3, 5), b = a;
    b.std = 0.5; /* not looked at by he */
    b.shape[3] = 9;
    b.dist = DETINIT_DIST_NORMAL; /* he's own */
    assert_true(detinit_recipe_equal(&a, &b));
    b.gain = 2;
    assert_false(detinit_recipe_equal(&a, &b));
    b = a;
    b.layer = 1;
    assert_false(detinit_recipe_equal(&a, &b));
    b = a;
    b.dtype = DETINIT_FLOAT32;
    assert_false(detinit_recipe_equal(&a, &b));
    b = a;
    b.shape[1] = 6;
    assert_false(detinit_recipe_equal(&a, &b));
    b = a;
    a.has_zero_row = b.has_zero_row = true;
    assert_true(detinit_recipe_equal(&a, &b));
    b.zero_row = 1;
    assert_false(detinit_recipe_equal(&a, &b));
    a.has_zero_row = b.has_zero_row = false; /* which row counts for nothing then */
    assert_true(detinit_recipe_equal(&a, &b));
    a.nonlinearity = b.nonlinearity = DETINIT_NONLINEARITY_LEAKY_RELU;
    assert_true(detinit_recipe_equal(&a, &b));
    b.slope = 0.5;
    assert_false(detinit_recipe_equal(&a, &b));
    a.nonlinearity = b.nonlinearity = DETINIT_NONLINEARITY_TANH;
    assert_true(detinit_recipe_equal(&a, &b));
}

static void fused_recipes_are_compared_part_by_part(void **state)
{
    (void)state;
    const detinit_recipe part = detinit_recipe_matrix(1, 0, 3, 3);
    detinit_recipe parts[2] = {part, part}, others[2] = {part, part};
    detinit_recipe a = detinit_recipe_matrix(1, 0, 6, 3), b = a;
    a.parts = parts;
    b.parts = others;
    a.part_count = b.part_count = 2;
    assert_true(detinit_recipe_equal(&a, &b));
    others[1].gain = 2;
    assert_false(detinit_recipe_equal(&a, &b));
    others[1] = part;
    b.part_axis = 1;
    assert_false(detinit_recipe_equal(&a, &b));
    b.part_axis = 0;
    b.part_count = 1;
    assert_false(detinit_recipe_equal(&a, &b));
    a.part_count = b.part_count = 0;
    b.part_axis = 1; /* of no parts, which counts for nothing */
    assert_true(detinit_recipe_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modes_have_their_std),
        cmocka_unit_test(fans_follow_the_rank),
        cmocka_unit_test(a_tensor_is_seen_as_a_matrix),
        cmocka_unit_test(names_come_back),
        cmocka_unit_test(there_is_nothing_beyond_the_names),
        cmocka_unit_test(a_mode_sets_a_std_or_takes_one),
        cmocka_unit_test(distributions_follow_the_mode),
        cmocka_unit_test(bad_shapes_are_refused),
        cmocka_unit_test(bad_scales_and_choices_are_refused),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(parts_that_do_not_fit_are_refused),
        cmocka_unit_test(initializers_have_the_names_of_other_libraries),
        cmocka_unit_test(nonlinearities_are_parsed),
        cmocka_unit_test(recipes_are_compared_by_what_counts),
        cmocka_unit_test(fused_recipes_are_compared_part_by_part),
    };
    return cmocka_run_group_tests_name("scheme", tests, NULL, NULL);
}
