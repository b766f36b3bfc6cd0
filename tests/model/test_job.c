/*
 * Work beside the explorer: what is outdated never appears, what is cancelled ends, a save keeps
 * to the recipe that it was asked of.  A pipe without a reader holds a save up for as long as a
 * test wants.
 */
#include "explorer_check.h"

#include "detinit_describe.h"
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
    job_update(e->j, &e->m);
}

static bool idle(explorer *e)
{
    return !job_busy(e->j);
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
        job_update(e.j, &e.m);
        command_line(&e, "previous seed");
        e.m.view.activation = DETINIT_RELU;
        job_update(e.j, &e.m);
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
    assert_true(job_busy(e.j));
    job_cancel(e.j, &e.m);
    wait_until(&e, idle);
    job_update(e.j, &e.m); /* what was given up is not begun anew */
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
    job_cancel(e.j, &e.m);
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
        cmocka_unit_test_setup_teardown(many_begin_and_end, enter_scratch, leave_scratch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
