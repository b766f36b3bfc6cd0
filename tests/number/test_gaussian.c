/* The standard normal: error, exact places, and the table that was published. */
#include "check.h"

#include "detinit.h"

#define ALLOWED_ERROR 6e-16 /* times r */

/* sqrt(-2 ln u1) as Box-Muller takes it. */
static double radius(double u1)
{
    return sqrt(-2 * log(u1 < 1e-12 ? 1e-12 : u1));
}

static void errors_of_the_vectors_are_small(void **state)
{
    (void)state;
    FILE *file = open_in("TEST_DATA", "addresses.csv");
    char line[512];
    size_t lines = 0;
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned long long seed, a[3], u1;
        double z;
        assert_int_equal(sscanf(line, "%llu,%llu,%llu,%llu,%*x,%llx,%*x,%lf", &seed, &a[0], &a[1],
                                &a[2], &u1, &z),
                         6);
        const uint64_t address[3] = {a[0], a[1], a[2]};
        assert_double_near(detinit_gaussian(seed, address, 3), z,
                           ALLOWED_ERROR * radius(detinit_u01(u1)));
        lines++;
    }
    fclose(file);
    assert_int_equal(lines, 2000);
}

/* Addresses built backwards: u1 clamped or next to 1, u2 at the quarters. */
static void errors_at_the_edges_are_small(void **state)
{
    (void)state;
    FILE *file = open_in("TEST_DATA", "edges.csv");
    char line[512];
    size_t lines = 0, quarters = 0;
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned long long seed, a[3], k1, k2;
        double z;
        const char *numbers = strchr(line, ',');
        assert_non_null(numbers);
        assert_int_equal(sscanf(numbers + 1, "%llu,%llu,%llu,%llu,%llx,%llx,%lf", &seed, &a[0],
                                &a[1], &a[2], &k1, &k2, &z),
                         7);
        const uint64_t address[3] = {a[0], a[1], a[2]};
        const double u2 = detinit_u01(k2), ours = detinit_gaussian(seed, address, 3);
        assert_double_near(ours, z, ALLOWED_ERROR * radius(detinit_u01(k1)));
        if (u2 == 0.25 || u2 == 0.75) {
            assert_double_near(ours, 0, 0);
            quarters++;
        }
        lines++;
    }
    fclose(file);
    assert_int_equal(lines, 23);
    assert_true(quarters >= 2);
}

/* The C library's long double is the reference: far more exact than what is asked for. */
static void error_of_random_addresses_is_small(void **state)
{
    (void)state;
    const long double pi = 3.14159265358979323846264338327950288L;
    long double worst = 0;
    for (uint64_t n = 0; n < 30000; n++) {
        const uint64_t address[4] = {1, n, 0, 0}, second[4] = {1, n, 0, 1};
        long double u1 = detinit_u01(detinit_key(11, address, 4));
        const long double u2 = detinit_u01(detinit_key(11, second, 4));
        if (u1 < 1e-12L)
            u1 = 1e-12;
        const long double r = sqrtl(-2 * logl(u1));
        const long double turn = 4 * (fabsl(u2 - 0.5L) - 0.25L); /* in quarters, exact */
        const long double z = r * sinl(pi / 2 * turn);
        const long double error = fabsl((long double)detinit_gaussian(11, address, 3) - z) / r;
        worst = error > worst ? error : worst;
    }
    print_message("# worst error %.3Lg r\n", worst);
    assert_true(worst <= ALLOWED_ERROR);
}

/* The first corner of a 10 x 20 matrix, seed 42, in (fan_in, fan_out) order. */
static void published_table_is_reproduced(void **state)
{
    (void)state;
    detinit_recipe recipe = detinit_recipe_matrix(42, 0, 10, 20);
    detinit_matrix *matrix;
    recipe.fan_in = DETINIT_FAN_IN_ROWS;
    assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
    FILE *file = open_in("TEST_DATA", "published_table.txt");
    char line[512];
    uint64_t row = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        double printed[4], weight;
        if (line[0] == '#')
            continue;
        assert_int_equal(
            sscanf(line, "%lf %lf %lf %lf", &printed[0], &printed[1], &printed[2], &printed[3]), 4);
        for (uint64_t col = 0; col < 4; col++) {
            assert_int_equal(detinit_matrix_weight(matrix, row, col, &weight), DETINIT_OK);
            assert_double_near(weight, printed[col], 0.5000001e-6);
        }
        row++;
    }
    fclose(file);
    detinit_matrix_free(matrix);
    assert_int_equal(row, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_of_the_vectors_are_small),
        cmocka_unit_test(errors_at_the_edges_are_small),
        cmocka_unit_test(error_of_random_addresses_is_small),
        cmocka_unit_test(published_table_is_reproduced),
    };
    return cmocka_run_group_tests_name("gaussian", tests, NULL, NULL);
}
