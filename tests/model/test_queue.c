/*
 * Work beside the explorer: what is outdated never appears, what is cancelled ends, a save keeps
 * to the recipe that it was asked of, and a script's failures keep their status.  A pipe without
 * a reader holds a save up for as long as a test wants.
 */
#include "explorer_check.h"

#include "detinit_describe.h"
#include "detinit_track.h"
#include "matrix/matrix_private.h"
#include "trained/trained_network.h"
#include <errno.h>
#include <string.h>

static void begin(explorer *e, const char *line)
{
    settings s;
    detinit_error error;
    settings_init(&s);
    model_init(&e->m, &s);
    if (!command_run(&e->m, line, &error))
        fail_msg("%s: %s", line, error.message);
    explorer_start(e);
    queue_update(e->queue, &e->m);
}

static bool idle(explorer *e)
{
    return !queue_busy(e->queue);
}
static bool surveyed(explorer *e)
{
    return e->m.results.has[PIECE_SURVEY];
}
static bool compared(explorer *e)
{
    return e->m.results.has[PIECE_MODES];
}
static bool saving(explorer *e)
{
    return strcmp(e->m.busy, "saving") == 0;
}

/* The survey is of the recipe that the model has: the mean is what this thread finds itself. */
static void assert_current(explorer *e)
{
    detinit_matrix *matrix;
    detinit_survey expected;
    detinit_run one = {.threads = 1};
    assert_int_equal(detinit_matrix_new(&e->m.settings.recipe, &one, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_survey(matrix, false, &one, &expected, NULL), DETINIT_OK);
    assert_true(expected.statistics.mean == e->m.results.survey.statistics.mean);
    detinit_survey_free(&expected);
    detinit_matrix_free(matrix);
}

static void outdated_results_never_appear(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "rows 60; cols 50");
    for (int n = 0; n < 60; n++) {
        command_line(&e, n % 3 == 2 ? "previous seed" : "next seed");
        if (n % 4 == 0)
            wait_until(&e, surveyed);
        else if (n % 4 == 1)
            collect(&e);
        if (surveyed(&e))
            assert_current(&e);
    }
    wait_until(&e, surveyed);
    assert_current(&e);
    end(&e);
}

static void another_activation_is_another_result(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "rows 20; cols 30");
    wait_until(&e, compared);
    wait_until(&e, idle);
    double relu = e.m.results.modes[0].signal[DETINIT_SIGNAL_DEPTH - 1];
    for (int n = 0; n < 20; n++) {
        command_line(&e, "next seed");
        e.m.view.activation = n % 2 == 0 ? DETINIT_TANH : DETINIT_RELU;
        queue_update(e.queue, &e.m);
        command_line(&e, "previous seed");
        e.m.view.activation = DETINIT_RELU;
        queue_update(e.queue, &e.m);
        wait_until(&e, compared);
        assert_true(e.m.results.modes[0].signal[DETINIT_SIGNAL_DEPTH - 1] == relu);
    }
    end(&e);
}

static void cancelled_work_ends_and_comes_again(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "rows 60000; cols 60000; exact"); /* would take minutes */
    collect(&e);
    assert_true(queue_busy(e.queue));
    queue_stop(e.queue, &e.m);
    wait_until(&e, idle);
    queue_update(e.queue, &e.m); /* what was given up is not begun anew */
    assert_true(idle(&e));
    assert_false(surveyed(&e));
    command_line(&e, "rows 60; cols 60");
    wait_until(&e, surveyed);
    assert_current(&e);
    end(&e);
}

static void progress_grows(void **state)
{
    explorer e;
    uint64_t before = 0;
    int seen = 0;
    (void)state;
    begin(&e, "rows 60000; cols 60000; exact");
    for (int turn = 0; seen < 20 && turn < LIMIT / 10; turn++) {
        collect(&e);
        if (strcmp(e.m.busy, "surveying") != 0 || e.m.busy_done == 0)
            continue;
        assert_true(e.m.busy_done >= before && e.m.busy_done <= e.m.busy_total);
        before = e.m.busy_done;
        seen++;
    }
    assert_int_equal(seen, 20);
    end(&e);
}

/* Reads a named pipe to its end, or a file; the text is the caller's to free. */
static char *read_all(explorer *e, const char *path, size_t *length)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    char *text = malloc(1 << 20);
    *length = 0;
    assert_true(fd >= 0 && text != NULL);
    for (int turn = 0; turn < LIMIT / 10; turn++) {
        ssize_t got = read(fd, text + *length, (1 << 20) - *length);
        if (got > 0)
            *length += (size_t)got;
        else if (got == 0 && *length > 0)
            break;
        else
            collect(e); /* no writer yet, or nothing more for now */
    }
    close(fd);
    return text;
}

/* The file ends with the weights of the seed. */
static void assert_weights(explorer *e, const char *path, uint64_t seed)
{
    detinit_recipe recipe = e->m.settings.recipe;
    detinit_matrix *matrix;
    detinit_run one = {.threads = 1};
    size_t length, size = 20 * 30 * sizeof(double);
    double *expected = malloc(size);
    char *text = read_all(e, path, &length);
    recipe.seed = seed;
    assert_non_null(expected);
    assert_int_equal(detinit_matrix_new(&recipe, &one, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_fill(matrix, &one, expected, NULL), DETINIT_OK);
    assert_true(length > size);
    assert_memory_equal(text + length - size, expected, size);
    detinit_matrix_free(matrix);
    free(expected);
    free(text);
}

static void saves_keep_to_their_recipe(void **state)
{
    explorer e;
    (void)state;
    assert_int_equal(mkfifo("pipe.npy", 0600), 0);
    begin(&e, "rows 20; cols 30; dtype float64; seed 1");
    command_line(&e, "save pipe.npy");
    wait_until(&e, saving); /* and goes on until the pipe is read */
    command_line(&e, "seed 2; save second.npy");
    command_line(&e, "seed 3; save third.npy");
    command_line(&e, "seed 4");
    wait_until(&e, surveyed);
    assert_current(&e);
    assert_weights(&e, "pipe.npy", 1);
    wait_until(&e, idle);
    assert_weights(&e, "second.npy", 2);
    assert_weights(&e, "third.npy", 3);
    assert_current(&e);
    end(&e);
}

static void a_cancelled_save_leaves_nothing(void **state)
{
    explorer e;
    (void)state;
    assert_int_equal(mkfifo("held.npy", 0600), 0);
    begin(&e, "rows 20; cols 30");
    command_line(&e, "save held.npy");
    wait_until(&e, saving);
    command_line(&e, "save never.npy");
    queue_stop(e.queue, &e.m);
    wait_until(&e, idle);
    assert_int_equal(access("never.npy", F_OK), -1);
    command_line(&e, "save after.npy");
    wait_until(&e, idle);
    assert_int_equal(access("after.npy", F_OK), 0);
    end(&e);
}

static void failures_are_told_once_for_their_recipe(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "rows 20; cols 30");
    wait_until(&e, idle);
    collect(&e);
    e.m.message[0] = '\0';
    command_line(&e, "save missing/weights.npy");
    wait_until(&e, said);
    assert_int_equal(e.m.message_kind, MESSAGE_BAD);
    e.m.message[0] = '\0';
    command_line(&e, "save weights.npy");
    wait_until(&e, said);
    assert_int_equal(e.m.message_kind, MESSAGE_GOOD);
    end(&e);
}

/* No work is begun again and again that cannot be done. */
static void what_cannot_be_made_is_not_tried_again(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "rows 1000000; cols 1000000; orthogonal on");
    wait_until(&e, said);
    assert_non_null(strstr(e.m.message, "orthogonal: a matrix of this shape needs"));
    wait_until(&e, idle);
    collect(&e); /* what another lane has just finished */
    e.m.message[0] = '\0';
    for (int turn = 0; turn < 20; turn++) {
        collect(&e);
        queue_update(e.queue, &e.m);
        assert_true(idle(&e));
    }
    assert_string_equal(e.m.message, "");
    command_line(&e, "test-repro"); /* asked for by itself, it is */
    wait_until(&e, said);
    assert_int_equal(e.m.message_kind, MESSAGE_BAD);
    wait_until(&e, idle);
    e.m.message[0] = '\0';
    command_line(&e, "save never.npy"); /* nor does it wait for such a matrix */
    wait_until(&e, said);
    assert_int_equal(e.m.message_kind, MESSAGE_BAD);
    assert_null(e.m.asked);
    command_line(&e, "rows 20; cols 20");
    wait_until(&e, surveyed);
    end(&e);
}

/* The matrix may still be under way when the recipe changes; else the save shares it. */
static void saves_of_orthogonal_matrices_keep_to_theirs(void **state)
{
    explorer e;
    detinit_run one = {.threads = 1};
    (void)state;
    begin(&e, "rows 90; cols 100; dtype float64; orthogonal on; seed 1; save first.npy; seed 2");
    wait_until(&e, surveyed);
    command_line(&e, "save second.npy; seed 3; save third.npy");
    wait_until(&e, surveyed);
    wait_until(&e, idle);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        const char *path = seed == 1 ? "first.npy" : seed == 2 ? "second.npy" : "third.npy";
        const size_t size = 90 * 100 * sizeof(double);
        size_t length;
        detinit_recipe recipe = e.m.settings.recipe;
        detinit_matrix *matrix;
        double *expected = malloc(size);
        char *text = read_all(&e, path, &length);
        recipe.seed = seed;
        assert_non_null(expected);
        assert_int_equal(detinit_matrix_new(&recipe, &one, &matrix, NULL), DETINIT_OK);
        assert_int_equal(detinit_matrix_fill(matrix, &one, expected, NULL), DETINIT_OK);
        assert_int_equal(length, 128 + size);
        assert_memory_equal(text + 128, expected, size);
        detinit_matrix_free(matrix);
        free(expected);
        free(text);
    }
    end(&e);
}

/* ---------------------------------------------------------- several lanes */

static bool training(explorer *e)
{
    return e->m.trained != NULL && !e->m.trained->ended && e->m.trained->step > 0;
}
static bool found_spectrum(explorer *e)
{
    return e->m.results.has[PIECE_SPECTRUM];
}

/* Surveys are answered while a network trains; what needs OpenBLAS as well waits for it. */
static void lanes_work_beside_one_another(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "threads 1; rows 60; cols 50; epochs 1000; train small; pane orthogonality");
    wait_until(&e, training);
    for (int n = 0; n < 30; n++) {
        command_line(&e, "next seed");
        assert_false(surveyed(&e));
        wait_until(&e, surveyed);
        assert_current(&e);
        assert_true(training(&e));
        assert_false(found_spectrum(&e));
    }
    queue_stop(e.queue, &e.m);
    wait_until(&e, idle);
    collect(&e);
    assert_true(e.m.trained->ended);
    assert_false(found_spectrum(&e)); /* it was stopped as well */
    command_line(&e, "next seed");
    wait_until(&e, found_spectrum);
    end(&e);
}

/* ------------------------------------------------- pieces that views ask for */

static bool multiplied(explorer *e)
{
    return e->m.results.has[PIECE_PRODUCT];
}
static bool one_width(explorer *e)
{
    return e->m.results.coordinates.count >= 1;
}
static bool all_widths(explorer *e)
{
    return e->m.results.has[PIECE_COORDINATES];
}

/* Widths come one by one, of this recipe only; what is stopped is not begun anew by itself. */
static void widths_come_one_by_one(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "widest 512; pane widths");
    wait_until(&e, one_width);
    const double first = e.m.results.coordinates.sizes[0][0][0][0];
    wait_until(&e, all_widths);
    assert_int_equal(e.m.results.coordinates.count, 4);
    assert_true(e.m.results.coordinates.sizes[0][0][0][0] == first);
    command_line(&e, "next seed");
    assert_int_equal(e.m.results.coordinates.count, 0);
    wait_until(&e, one_width);
    assert_true(e.m.results.coordinates.sizes[0][0][0][0] != first);
    command_line(&e, "widest 128");
    wait_until(&e, all_widths);
    assert_int_equal(e.m.results.coordinates.count, 2);
    command_line(&e, "widest 8192");
    wait_until(&e, one_width);
    queue_stop(e.queue, &e.m);
    wait_until(&e, idle);
    collect(&e);
    queue_update(e.queue, &e.m);
    assert_true(idle(&e));
    assert_false(all_widths(&e));
    assert_true(e.m.results.coordinates.count < 8);
    end(&e);
}

/* A product is made while its view is shown, and anew for another number of factors. */
static void a_product_follows_its_factors(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "pane orthogonality; view values");
    wait_until(&e, found_spectrum);
    wait_until(&e, idle);
    assert_false(multiplied(&e));
    command_line(&e, "view product");
    wait_until(&e, multiplied);
    assert_int_equal(e.m.results.product.factors, 10);
    for (int n = 0; n < 30; n++)
        command_line(&e, n % 3 == 0 ? "move down" : "move up");
    wait_until(&e, multiplied);
    assert_int_equal(e.m.results.product.factors, 20);
    assert_true(e.m.results.product.normal[0] < 1.05 * detinit_product_upper(20));
    end(&e);
}

static void a_queued_request_is_stopped(void **state)
{
    explorer e;
    (void)state;
    assert_int_equal(mkfifo("held.npy", 0600), 0);
    begin(&e, "rows 20; cols 30");
    command_line(&e, "save held.npy");
    wait_until(&e, saving);
    command_line(&e, "pane orthogonality"); /* waits behind the save */
    wait_until(&e, surveyed);
    assert_false(found_spectrum(&e));
    queue_stop(e.queue, &e.m);
    wait_until(&e, idle);
    collect(&e);
    queue_update(e.queue, &e.m);
    assert_true(idle(&e));
    assert_false(found_spectrum(&e));
    command_line(&e, "next seed");
    wait_until(&e, found_spectrum);
    end(&e);
}

/* Which work nobody sees is not begun, and comes when its pane is shown. */
static void what_is_no_longer_shown_is_dropped(void **state)
{
    explorer e;
    (void)state;
    assert_int_equal(mkfifo("held.npy", 0600), 0);
    begin(&e, "rows 20; cols 30; pane orthogonality");
    wait_until(&e, found_spectrum);
    command_line(&e, "save held.npy");
    wait_until(&e, saving);
    command_line(&e, "next seed");
    command_line(&e, "pane matrix; zoom on");
    free(read_all(&e, "held.npy", &(size_t){0}));
    wait_until(&e, idle);
    collect(&e);
    assert_false(found_spectrum(&e));
    command_line(&e, "pane orthogonality");
    wait_until(&e, found_spectrum);
    end(&e);
}

/* --------------------------------------------------------------- in place */

static bool bits_differ;
detinit_status __real_detinit_matrix_reproduce(const detinit_matrix *matrix, const char *path,
                                               const detinit_run *run, detinit_reproducibility *out,
                                               detinit_error *error);
detinit_status __wrap_detinit_matrix_reproduce(const detinit_matrix *matrix, const char *path,
                                               const detinit_run *run, detinit_reproducibility *out,
                                               detinit_error *error);
detinit_status __wrap_detinit_matrix_reproduce(const detinit_matrix *matrix, const char *path,
                                               const detinit_run *run, detinit_reproducibility *out,
                                               detinit_error *error)
{
    detinit_status status = __real_detinit_matrix_reproduce(matrix, path, run, out, error);
    out->equal = out->equal && !bits_differ;
    return status;
}

/* What a script would come to. */
static detinit_status finished(const char *line, model *m, detinit_error *error)
{
    settings s;
    queue *q = queue_new();
    settings_init(&s);
    model_init(m, &s);
    assert_non_null(q);
    if (!command_run(m, line, error))
        fail_msg("%s: %s", line, error->message);
    bool done = queue_finish(q, m, error);
    queue_free(q);
    return done ? DETINIT_OK : error->status;
}

static void a_script_does_the_same_in_place(void **state)
{
    model m;
    detinit_error error;
    (void)state;
    assert_int_equal(finished("rows 20; cols 30; orthogonal; save w.npy; test-repro; sparsity 0.5; "
                              "epochs 1; train small; prune init p.safetensors",
                              &m, &error),
                     DETINIT_OK);
    assert_true(m.results.has[PIECE_MATRIX] && m.results.has[PIECE_REPRODUCIBILITY]);
    assert_true(m.trained != NULL && m.trained->ended);
    assert_non_null(trained_find_pruning(m.trained, m.trained->total - m.trained->awake));
    assert_null(m.asked);
    assert_int_equal(access("w.npy", F_OK), 0);
    assert_int_equal(access("p.safetensors", F_OK), 0);
    assert_memory_equal(m.message, "saved p.safetensors (", 21);
    model_free(&m);
}

/* A request that waits is brought up to date again and again: whatever it shares it gives back. */
static void requests_that_wait_lose_nothing(void **state)
{
    model m;
    settings s;
    detinit_error error;
    (void)state;
    settings_init(&s);
    model_init(&m, &s);
    assert_true(command_run(&m, "rows 20; cols 30; pane signal; zoom", &error));
    screen_fit(&m, m.width, m.height);
    queue *q = queue_new();
    assert_non_null(q);
    for (int n = 0; n < 3; n++)
        queue_update(q, &m);
    assert_true(queue_busy(q));
    queue_free(q);
    assert_int_equal(atomic_load(&m.results.matrix->owners), 1);
    model_free(&m);
}

static void failures_keep_their_status(void **state)
{
    static const struct {
        const char *line;
        detinit_status status;
        const char *message;
    } cases[] = {
        {"save missing/w.npy", DETINIT_IO, "missing"},
        {"open missing.npy", DETINIT_IO, "cannot open 'missing.npy'"},
        {"open two.safetensors --manifest missing.json", DETINIT_IO, "missing.json"},
        {"learning-rate 1e30; train small", DETINIT_NUMERIC, "no longer finite"},
        {"rows 1000000; cols 1000000; orthogonal; save w.npy", DETINIT_INVALID, "of memory"},
        {"test-repro", DETINIT_NUMERIC, "THE BITS DIFFER"},
    };
    static const uint64_t shape[] = {3, 4};
    detinit_tensorwriter *writer;
    (void)state;
    assert_int_equal(detinit_tensorwriter_open("two.safetensors", &writer, NULL), DETINIT_OK);
    for (int n = 0; n < 2; n++)
        assert_int_equal(
            detinit_tensorwriter_announce(writer, n ? "b" : "a", "F32", 2, shape, NULL, NULL),
            DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_write(writer, (float[24]){0}, 96, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_commit(writer, NULL, NULL), DETINIT_OK);
    bits_differ = true;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        model m;
        detinit_error error = {0};
        detinit_status status = finished(cases[n].line, &m, &error);
        if (status != cases[n].status || strstr(error.message, cases[n].message) == NULL)
            fail_msg("%s: %d, %s", cases[n].line, status, error.message);
        model_free(&m);
    }
    bits_differ = false;
}

static void many_begin_and_end(void **state)
{
    (void)state;
    for (int n = 0; n < 100; n++) {
        explorer e;
        begin(&e, "rows 300; cols 300");
        if (n % 3 == 1)
            collect(&e);
        if (n % 3 == 2)
            command_line(&e, "next seed");
        if (n % 5 == 0)
            command_line(&e, "save weights.npy");
        end(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outdated_results_never_appear),
        cmocka_unit_test(another_activation_is_another_result),
        cmocka_unit_test(cancelled_work_ends_and_comes_again),
        cmocka_unit_test(progress_grows),
        cmocka_unit_test_setup_teardown(saves_keep_to_their_recipe, enter_scratch, leave_scratch),
        cmocka_unit_test_setup_teardown(a_cancelled_save_leaves_nothing, enter_scratch,
                                        leave_scratch),
        cmocka_unit_test_setup_teardown(failures_are_told_once_for_their_recipe, enter_scratch,
                                        leave_scratch),
        cmocka_unit_test(what_cannot_be_made_is_not_tried_again),
        cmocka_unit_test_setup_teardown(saves_of_orthogonal_matrices_keep_to_theirs, enter_scratch,
                                        leave_scratch),
        cmocka_unit_test(lanes_work_beside_one_another),
        cmocka_unit_test(widths_come_one_by_one),
        cmocka_unit_test(a_product_follows_its_factors),
        cmocka_unit_test_setup_teardown(a_queued_request_is_stopped, enter_scratch, leave_scratch),
        cmocka_unit_test_setup_teardown(what_is_no_longer_shown_is_dropped, enter_scratch,
                                        leave_scratch),
        cmocka_unit_test_setup_teardown(a_script_does_the_same_in_place, enter_scratch,
                                        leave_scratch),
        cmocka_unit_test(requests_that_wait_lose_nothing),
        cmocka_unit_test_setup_teardown(failures_keep_their_status, enter_scratch, leave_scratch),
        cmocka_unit_test_setup_teardown(many_begin_and_end, enter_scratch, leave_scratch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
