/* Eigenvalues of symmetric matrices, against those that formulas tell. */
#include "check.h"

#include "audit/eigenvalues.h"

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A symmetric circulant matrix has the cosine sums of its first row. */
static void eigenvalues_of_circulants(void **state)
{
    const double pi = acos(-1);
    (void)state;
    for (size_t n = 1; n < 41; n += 3) {
        double a[1600], c[40], expected[40], values[40], work[80];
        for (size_t j = 0; j <= n / 2; j++)
            c[j] = c[(n - j) % n] = cos(3.7 * (double)j * (double)j) / (1 + (double)j);
        for (size_t i = 0; i < n; i++) {
            expected[i] = 0;
            for (size_t j = 0; j < n; j++) {
                a[i * n + j] = c[(j + n - i) % n];
                expected[i] += c[j] * cos(2 * pi * (double)(i * j) / (double)n);
            }
        }
        assert_true(eigenvalues_of(a, n, values, work));
        qsort(values, n, sizeof *values, ascending);
        qsort(expected, n, sizeof *expected, ascending);
        for (size_t i = 0; i < n; i++)
            assert_double_near(values[i], expected[i], 1e-13 * (double)(n + 4));
    }
}

/* Rows that are diagonal already, numbers so small that their squares are 0, and nearly equal ones.
 */
static void eigenvalues_of_least_numbers(void **state)
{
    const double m = 0x1p-1074;
    double diagonal[] = {3, 0, 0, 0, 1, 0, 0, 0, 2}, values[3], work[6];
    double least[] = {-2 * m, m, 0, m, -2 * m, m, 0, m, 0};
    (void)state;
    assert_true(eigenvalues_of(diagonal, 3, values, work));
    assert_true(values[0] == 3 && values[1] == 1 && values[2] == 2);
    assert_true(eigenvalues_of(least, 3, values, work));
    for (size_t n = 0; n < 3; n++) /* Gershgorin: -4 m .. m, and as much for rounding */
        assert_true(values[n] >= -8 * m && values[n] <= 5 * m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eigenvalues_of_circulants),
        cmocka_unit_test(eigenvalues_of_least_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
