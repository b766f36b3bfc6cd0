/* Streams: order, coverage, failure and cancellation, whatever the threads. */
#include "check.h"

#include "detinit.h"
#include "base/error.h"

typedef struct sink_state {
    const detinit_recipe *recipe;
    unsigned char *stored; /* all weights so far */
    uint64_t taken;        /* weights */
    uint64_t blocks;
    uint64_t fail_at; /* take fails at this block */
    uint64_t sum;     /* over the partials */
} sink_state;

/* A partial: the sum of the block's bytes, and its first place. */
typedef struct partial {
    uint64_t sum, row, col;
} partial;

static void map(void *context, const detinit_block *block, void *to)
{
    const sink_state *s = context;
    const size_t count = block->rows * block->cols;
    const unsigned char *bytes = block->stored;
    partial p = {0, block->row, block->col};
    for (size_t n = 0; n < count * detinit_dtype_size(s->recipe->dtype); n++)
        p.sum += bytes[n];
    memcpy(to, &p, sizeof p);
}

static detinit_status take(void *context, const detinit_block *block, const void *from,
                           detinit_error *error)
{
    sink_state *s = context;
    const size_t count = block->rows * block->cols, size = detinit_dtype_size(s->recipe->dtype);
    partial p;
    if (s->blocks == s->fail_at)
        return error_set(error, DETINIT_IO, "the disk is full");
    memcpy(&p, from, sizeof p);
    assert_true(p.row == block->row && p.col == block->col);
    assert_true(block->row * detinit_recipe_cols(s->recipe) + block->col == s->taken);
    for (size_t n = 0; n < count; n += 1 + count / 7) {
        double widened;
        detinit_decode(s->recipe->dtype, (const unsigned char *)block->stored + n * size, 1,
                       &widened);
        assert_double_same(block->values[n], widened);
    }
    memcpy(s->stored + s->taken * size, block->stored, count * size);
    s->taken += count;
    s->blocks++;
    s->sum += p.sum;
    return DETINIT_OK;
}

static const detinit_sink pattern = {
    .needs_values = true, .partial_size = sizeof(partial), .map = map, .take = take};

static detinit_status run_sink(const detinit_matrix *matrix, const detinit_run *run,
                               sink_state *state, detinit_error *error)
{
    detinit_sink sink = pattern;
    sink.context = state;
    return detinit_matrix_stream(matrix, run, &sink, error);
}

static sink_state new_state(const detinit_recipe *recipe)
{
    const uint64_t count = detinit_recipe_rows(recipe) * detinit_recipe_cols(recipe);
    return (sink_state){.recipe = recipe,
                        .stored = allocate(count * detinit_dtype_size(recipe->dtype)),
                        .fail_at = UINT64_MAX};
}

static void check_stream(const detinit_recipe *recipe)
{
    const uint64_t count = detinit_recipe_rows(recipe) * detinit_recipe_cols(recipe);
    const size_t bytes = count * detinit_dtype_size(recipe->dtype);
    unsigned char *expected = allocate(bytes);
    uint64_t sum = 0;
    detinit_matrix *matrix;
    assert_int_equal(detinit_matrix_new(recipe, NULL, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_fill(matrix, NULL, expected, NULL), DETINIT_OK);
    for (size_t n = 0; n < bytes; n++)
        sum += expected[n];
    for (unsigned threads = 1; threads <= 7; threads += 3) {
        const detinit_run run = {.threads = threads};
        sink_state state = new_state(recipe);
        assert_int_equal(run_sink(matrix, &run, &state, NULL), DETINIT_OK);
        assert_true(state.taken == count);
        assert_true(state.sum == sum);
        assert_memory_equal(state.stored, expected, bytes);
        free(state.stored);
    }
    free(expected);
    detinit_matrix_free(matrix);
}

static void a_stream_is_the_matrix_in_order(void **state)
{
    (void)state;
    const uint64_t shapes[][2] = {{1, 1},     {3, 5},      {700, 300},  {2, 131072},
                                  {3, 65537}, {1, 200000}, {150000, 1}, {513, 128}};
    for (size_t n = 0; n < sizeof shapes / sizeof *shapes; n++) {
        detinit_recipe recipe = detinit_recipe_matrix(n, 0, shapes[n][0], shapes[n][1]);
        recipe.dtype = (detinit_dtype)(n % DETINIT_DTYPE_COUNT);
        check_stream(&recipe);
    }
}

static void a_failing_sink_ends_the_stream(void **state)
{
    (void)state;
    const detinit_recipe recipe = detinit_recipe_matrix(1, 0, 1000, 1000);
    detinit_matrix *matrix;
    assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
    for (unsigned threads = 1; threads <= 4; threads++) {
        const detinit_run run = {.threads = threads};
        sink_state s = new_state(&recipe);
        detinit_error error = {0};
        s.fail_at = 3;
        assert_int_equal(run_sink(matrix, &run, &s, &error), DETINIT_IO);
        assert_string_equal(error.message, "the disk is full");
        assert_true(s.blocks == 3);
        free(s.stored);
    }
    detinit_matrix_free(matrix);
}

typedef struct progress_state {
    uint64_t last, total, calls, stop_at;
} progress_state;

static bool progress(void *context, uint64_t done, uint64_t total)
{
    progress_state *p = context;
    assert_true(done >= p->last && done <= total);
    p->last = done;
    p->total = total;
    return ++p->calls != p->stop_at;
}

static void progress_is_told_and_may_cancel(void **state)
{
    (void)state;
    const detinit_recipe recipe = detinit_recipe_matrix(1, 0, 1000, 1000);
    detinit_matrix *matrix;
    assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
    for (unsigned threads = 1; threads <= 4; threads++) {
        progress_state p = {0};
        const detinit_run run = {.threads = threads, .progress = progress, .context = &p};
        sink_state s = new_state(&recipe);
        assert_int_equal(run_sink(matrix, &run, &s, NULL), DETINIT_OK);
        assert_true(p.calls > 0 && p.last == p.total);
        free(s.stored);

        p = (progress_state){.stop_at = 2};
        detinit_error error = {0};
        s = new_state(&recipe);
        assert_int_equal(run_sink(matrix, &run, &s, &error), DETINIT_CANCELLED);
        assert_true(strlen(error.message) > 0);
        assert_true(s.taken < 1000000);
        free(s.stored);
    }
    detinit_matrix_free(matrix);
}

static void a_fill_may_be_cancelled(void **state)
{
    (void)state;
    const detinit_recipe recipe = detinit_recipe_matrix(1, 0, 1000, 1000);
    detinit_matrix *matrix;
    double *weights = allocate(1000000 * sizeof *weights);
    assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
    for (unsigned threads = 1; threads <= 3; threads++) {
        progress_state p = {0};
        const detinit_run run = {.threads = threads, .progress = progress, .context = &p};
        assert_int_equal(detinit_matrix_fill(matrix, &run, weights, NULL), DETINIT_OK);
        assert_true(p.calls > 0 && p.last == p.total);
        p = (progress_state){.stop_at = 1};
        assert_int_equal(detinit_matrix_fill(matrix, &run, weights, NULL), DETINIT_CANCELLED);
    }
    free(weights);
    detinit_matrix_free(matrix);
}

static void a_sink_may_leave_out_either_function(void **state)
{
    (void)state;
    const detinit_recipe recipe = detinit_recipe_matrix(1, 0, 300, 1000);
    const detinit_sink nothing = {0};
    const detinit_run run = {.threads = 3};
    detinit_matrix *matrix;
    assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_stream(matrix, &run, &nothing, NULL), DETINIT_OK);
    detinit_matrix_free(matrix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_the_matrix_in_order),
        cmocka_unit_test(a_failing_sink_ends_the_stream),
        cmocka_unit_test(progress_is_told_and_may_cancel),
        cmocka_unit_test(a_fill_may_be_cancelled),
        cmocka_unit_test(a_sink_may_leave_out_either_function),
    };
    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
