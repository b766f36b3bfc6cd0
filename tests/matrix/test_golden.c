/*
 * The contract: SHA-256 of weights, made by an independent program, on every
 * instruction set and with other thread counts.  Where a line of the table
 * fails, the generator is no longer version 1.
 */
#include "check.h"
#include "digest.h"

#include "detinit.h"

/* "6x4x3x3" */
static void read_shape(char *text, detinit_recipe *recipe)
{
    recipe->rank = 0;
    for (char *n = strtok(text, "x"); n != NULL; n = strtok(NULL, "x"))
        recipe->shape[recipe->rank++] = strtoull(n, NULL, 10);
}

/* One line of the table; false for a comment. */
static bool read_line(const char *line, detinit_recipe *recipe, char digest[DIGEST_TEXT])
{
    unsigned long long seed, layer;
    char shape[64], mode[16], dist[16], axis[16], dtype[16];
    int zero_mean;
    if (line[0] == '#')
        return false;
    *recipe = detinit_recipe_matrix(0, 0, 1, 1);
    assert_int_equal(sscanf(line, "%llu %llu %63s %15s %15s %15s %lf %lf %d %15s %64s", &seed,
                            &layer, shape, mode, dist, axis, &recipe->std, &recipe->gain,
                            &zero_mean, dtype, digest),
                     11);
    recipe->seed = seed;
    recipe->layer = layer;
    recipe->zero_mean = zero_mean != 0;
    read_shape(shape, recipe);
    assert_true(detinit_mode_parse(mode, &recipe->mode));
    assert_true(detinit_dist_parse(dist, &recipe->dist));
    assert_true(detinit_axis_parse(axis, &recipe->fan_in));
    assert_true(detinit_dtype_parse(dtype, &recipe->dtype));
    return true;
}

static void check_digest(const detinit_recipe *recipe, detinit_isa isa, unsigned threads,
                         const char *expected)
{
    const detinit_run run = {.isa = isa, .threads = threads};
    const size_t bytes = detinit_recipe_rows(recipe) * detinit_recipe_cols(recipe) *
                         detinit_dtype_size(recipe->dtype);
    void *weights = allocate(bytes);
    char digest[DIGEST_TEXT];
    detinit_matrix *matrix;
    assert_int_equal(detinit_matrix_new(recipe, &run, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_fill(matrix, &run, weights, NULL), DETINIT_OK);
    digest_of(weights, bytes, digest);
    assert_string_equal(digest, expected);
    detinit_matrix_free(matrix);
    free(weights);
}

static void weights_have_their_digest(void **state)
{
    const detinit_isa isa = *(const detinit_isa *)*state;
    FILE *file = open_in("TEST_GOLDEN", "weights.txt");
    char line[512];
    size_t recipes = 0;
    if (detinit_isa_available(isa) != isa) {
        fclose(file);
        skip();
    }
    while (fgets(line, sizeof line, file) != NULL) {
        detinit_recipe recipe;
        char digest[DIGEST_TEXT];
        if (!read_line(line, &recipe, digest))
            continue;
        for (unsigned threads = 1; threads <= 7; threads += threads == 1 ? 1 : 5)
            check_digest(&recipe, isa, threads, digest);
        recipes++;
    }
    fclose(file);
    assert_true(recipes >= 90);
}

/* One test for each instruction set. */
int main(void)
{
    enum { COUNT = DETINIT_ISA_COUNT - DETINIT_ISA_BASELINE };
    static detinit_isa isas[COUNT];
    static char names[COUNT][64];
    struct CMUnitTest tests[COUNT];
    for (int n = 0; n < COUNT; n++) {
        isas[n] = (detinit_isa)(DETINIT_ISA_BASELINE + n);
        snprintf(names[n], sizeof names[n], "weights have their digest on %s%s",
                 n == 0 ? "the " : "", detinit_isa_name(isas[n]));
        tests[n] = (struct CMUnitTest){names[n], weights_have_their_digest, NULL, NULL, &isas[n]};
    }
    return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
