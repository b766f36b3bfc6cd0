/* What every unit test needs: cmocka, and checks of doubles, which cmocka rounds to float. */
#ifndef DETINIT_CHECK_H
#define DETINIT_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Fails unless |actual - expected| <= tolerance; a NaN fails. */
#define assert_double_near(actual, expected, tolerance)                                            \
    check_double_near((actual), (expected), (tolerance), __FILE__, __LINE__)

/* Fails unless both have the same bits. */
#define assert_double_same(actual, expected)                                                       \
    check_double_same((actual), (expected), __FILE__, __LINE__)

static inline void check_double_near(double actual, double expected, double tolerance,
                                     const char *file, int line)
{
    if (!(fabs(actual - expected) <= tolerance)) {
        print_error("%.17g is not within %g of %.17g\n", actual, tolerance, expected);
        _fail(file, line);
    }
}

static inline void check_double_same(double actual, double expected, const char *file, int line)
{
    if (memcmp(&actual, &expected, sizeof actual) != 0) {
        print_error("%.17g (%a) is not %.17g (%a)\n", actual, actual, expected, expected);
        _fail(file, line);
    }
}

/* Opens `name` in the directory that the environment variable names, or fails. */
static inline FILE *open_in(const char *variable, const char *name)
{
    const char *directory = getenv(variable);
    char path[4096];
    assert_non_null(directory);
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    return file;
}

/* malloc that fails the test rather than returning NULL. */
static inline void *allocate(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);
    assert_non_null(memory);
    return memory;
}

#endif
