/*
 * The recipes of real networks: SHA-256 of weights, made by an independent program from a
 * tensor as manifests state it, on every instruction set and with other thread counts; and
 * each weight by itself, by ranges and by windows.
 */
#include "check.h"
#include "digest.h"

#include "detinit_network.h"

#include <string.h>

#define LINE_MOST 2048

/* One line of the table, a tensor of a manifest and a digest; false for a comment. */
static bool read_line(char *line, detinit_network *network, char digest[DIGEST_TEXT])
{
    char manifest[LINE_MOST + sizeof "{\"tensors\": []}"];
    detinit_error error = {.message = ""};
    char *tab = strchr(line, '\t');
    if (line[0] == '#')
        return false;
    assert_non_null(tab);
    *tab = '\0';
    assert_int_equal(sscanf(tab + 1, "%64s", digest), 1);
    snprintf(manifest, sizeof manifest, "{\"tensors\": [%s]}", line);
    if (detinit_network_parse(manifest, strlen(manifest), line, network, &error) != DETINIT_OK)
        fail_msg("%s", error.message);
    return true;
}

static void check_digest(const detinit_recipe *recipe, const char *name, detinit_isa isa,
                         unsigned threads, const char *expected)
{
    const detinit_run run = {.isa = isa, .threads = threads};
    const size_t bytes = detinit_recipe_rows(recipe) * detinit_recipe_cols(recipe) *
                         detinit_dtype_size(recipe->dtype);
    void *weights = allocate(bytes + 1);
    char digest[DIGEST_TEXT];
    detinit_matrix *matrix;
    assert_int_equal(detinit_matrix_new(recipe, &run, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_fill(matrix, &run, weights, NULL), DETINIT_OK);
    digest_of(weights, bytes, digest);
    if (strcmp(digest, expected) != 0)
        fail_msg("%s: %s, not %s", name, digest, expected);
    detinit_matrix_free(matrix);
    free(weights);
}

/* Calls `check` for each line of the table; how many there are. */
static size_t for_each_line(void (*check)(const detinit_layer *layer, const char *digest,
                                          void *context),
                            void *context)
{
    FILE *file = open_in("TEST_GOLDEN", "recipes.txt");
    char line[LINE_MOST], digest[DIGEST_TEXT];
    size_t count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        detinit_network network;
        if (!read_line(line, &network, digest))
            continue;
        check(&network.layers[0], digest, context);
        detinit_network_free(&network);
        count++;
    }
    fclose(file);
    return count;
}

static void check_on_isa(const detinit_layer *layer, const char *digest, void *context)
{
    for (unsigned threads = 1; threads <= 7; threads += threads == 1 ? 1 : 5)
        check_digest(&layer->recipe, layer->name, *(detinit_isa *)context, threads, digest);
}

static void weights_have_their_digest(void **state)
{
    detinit_isa isa = *(detinit_isa *)*state;
    if (detinit_isa_available(isa) != isa)
        skip();
    assert_true(for_each_line(check_on_isa, &isa) >= 200);
}

/* ------------------------------------------------------- other ways to the same */

#define WAYS_MOST 20000

static void check_ways(const detinit_layer *layer, const char *digest, void *context)
{
    const uint64_t rows = detinit_recipe_rows(&layer->recipe);
    const uint64_t cols = detinit_recipe_cols(&layer->recipe), count = rows * cols;
    const size_t size = detinit_dtype_size(layer->recipe.dtype);
    detinit_matrix *matrix;
    (void)digest;
    (void)context;
    if (count > WAYS_MOST)
        return;
    unsigned char *whole = allocate(count * size + 1), *part = allocate(count * size + 1);
    double *values = allocate((count + 1) * sizeof *values), window[7];
    assert_int_equal(detinit_matrix_new(&layer->recipe, NULL, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_fill(matrix, NULL, whole, NULL), DETINIT_OK);
    detinit_decode(layer->recipe.dtype, whole, count, values);
    for (uint64_t n = 0; n < count; n++) {
        double weight;
        detinit_trace trace;
        assert_int_equal(detinit_matrix_weight(matrix, n / cols, n % cols, &weight), DETINIT_OK);
        assert_double_same(weight, values[n]);
        if (n % 97 == 0) {
            assert_int_equal(detinit_matrix_trace(matrix, n / cols, n % cols, &trace), DETINIT_OK);
            assert_double_same(trace.weight, weight);
        }
        const size_t wide = cols - n % cols < 7 ? (size_t)(cols - n % cols) : 7;
        assert_int_equal(detinit_matrix_window(matrix, n / cols, n % cols, 1, wide, window, wide),
                         DETINIT_OK);
        assert_memory_equal(window, values + n, wide * sizeof *window);
    }
    for (uint64_t first = 0; first < count; first += 1 + count / 13) {
        const uint64_t length = (count - first) / 2 + 1;
        assert_int_equal(detinit_matrix_range(matrix, first, length, NULL, part, NULL), DETINIT_OK);
        assert_memory_equal(part, whole + first * size, length * size);
    }
    detinit_matrix_free(matrix);
    free(whole);
    free(part);
    free(values);
}

static void each_way_makes_the_same(void **state)
{
    (void)state;
    assert_true(for_each_line(check_ways, NULL) >= 200);
}

int main(void)
{
    enum { COUNT = DETINIT_ISA_COUNT - DETINIT_ISA_BASELINE };
    static detinit_isa isas[COUNT];
    static char names[COUNT][64];
    struct CMUnitTest tests[COUNT + 1];
    for (int n = 0; n < COUNT; n++) {
        isas[n] = (detinit_isa)(DETINIT_ISA_BASELINE + n);
        snprintf(names[n], sizeof names[n], "recipes have their digest on %s%s",
                 n == 0 ? "the " : "", detinit_isa_name(isas[n]));
        tests[n] = (struct CMUnitTest){names[n], weights_have_their_digest, NULL, NULL, &isas[n]};
    }
    tests[COUNT] = (struct CMUnitTest)cmocka_unit_test(each_way_makes_the_same);
    return cmocka_run_group_tests_name("recipes", tests, NULL, NULL);
}
