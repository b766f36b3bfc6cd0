/* A file that is watched beside the interface: what the model knows of it, look by look. */
#include "explorer_check.h"

#include "model/watching.h"
#include "pane/pane.h"

static void begin(explorer *e)
{
    settings s;
    settings_init(&s);
    model_init(&e->m, &s);
    explorer_start(e);
}

static bool looked(explorer *e)
{
    return !e->m.watch.asked;
}

/* What the loop does once a second. */
static void look(explorer *e)
{
    assert_true(watching_look(&e->m));
    assert_false(watching_look(&e->m)); /* one at a time */
    queue_update(e->queue, &e->m);
    wait_until(e, looked);
}

static void write_steps(const char *path, const char *mode, unsigned first, unsigned last)
{
    FILE *file = fopen(path, mode);
    assert_non_null(file);
    for (unsigned n = first; n <= last; n++)
        fprintf(file,
                "{\"step\": %u, \"threshold\": 0, \"weights\": 8, \"changed\": 4, \"awake\": 0.5, "
                "\"tensors\": {\"a\": {\"awake\": 0.5}}}\n",
                n);
    assert_int_equal(fclose(file), 0);
}

static void a_file_is_followed(void **state)
{
    explorer e;
    (void)state;
    begin(&e);
    assert_true(pane_watch.idle(&e.m));
    assert_false(watching_look(&e.m));
    command_line(&e, "watch run.jsonl");
    assert_true(pane_in_focus(&e.m, &pane_watch));
    assert_false(pane_ready(&e.m, &pane_watch)); /* nobody has looked yet: pictures wait */
    wait_until(&e, looked);
    assert_true(pane_ready(&e.m, &pane_watch));
    assert_false(e.m.watch.there);
    assert_string_equal(e.m.watch.line, "detinit watch run.jsonl");
    write_steps("run.jsonl", "a", 0, 3);
    look(&e);
    assert_int_equal(e.m.watch.history.count, 4);
    write_steps("run.jsonl", "a", 4, 9);
    put_file("other.jsonl", "wrong\n");
    look(&e);
    assert_int_equal(e.m.watch.history.count, 10);
    assert_int_equal(e.m.watch.history.points[9].step, 9);
    write_steps("run.jsonl", "w", 0, 1);
    look(&e);
    assert_int_equal(e.m.watch.history.count, 2);
    command_line(&e, "watch other.jsonl");
    wait_until(&e, looked);
    assert_int_equal(e.m.watch.history.count, 0);
    assert_int_equal(e.m.watch.wrong_lines, 1);
    assert_non_null(strstr(e.m.message, "'other.jsonl': line 1: not JSON: "));
    command_line(&e, "watch off");
    assert_true(pane_watch.idle(&e.m));
    end(&e);
}

/* Nothing else is made that would have the screen drawn. */
static bool idle(explorer *e)
{
    return looked(e) && !queue_busy(e->queue);
}

/* A look that found nothing has nothing drawn anew; trouble is told once. */
static void nothing_new_is_not_drawn(void **state)
{
    explorer e;
    (void)state;
    begin(&e);
    write_steps("run.jsonl", "w", 0, 1);
    command_line(&e, "watch run.jsonl");
    wait_until(&e, idle);
    collect(&e);
    for (int turn = 0; turn < 2; turn++) {
        bool drawn = false;
        if (turn == 1)
            write_steps("run.jsonl", "a", 2, 2);
        assert_true(watching_look(&e.m));
        queue_update(e.queue, &e.m);
        while (e.m.watch.asked)
            drawn = session_collect(&e.m, e.queue) || drawn;
        assert_int_equal(drawn, turn == 1);
    }
    assert_int_equal(remove("run.jsonl"), 0);
    assert_int_equal(mkfifo("run.jsonl", 0700), 0);
    look(&e);
    assert_non_null(strstr(e.m.message, "'run.jsonl' is no file of lines"));
    assert_int_equal(e.m.watch.history.count, 3); /* what it told stays told */
    e.m.message[0] = '\0';
    look(&e);
    assert_string_equal(e.m.message, "");
    assert_int_equal(remove("run.jsonl"), 0);
    look(&e);
    assert_string_equal(e.m.watch.trouble, "");
    assert_int_equal(e.m.watch.history.count, 0);
    end(&e);
}

/* What is stopped is looked at again; a network that is asked for leaves the look in its place. */
static void a_stop_does_not_end_it(void **state)
{
    explorer e;
    detinit_error error;
    (void)state;
    begin(&e);
    write_steps("run.jsonl", "w", 0, 1);
    if (!command_run(&e.m, "watch run.jsonl; open nowhere.npy", &error))
        fail_msg("%s", error.message);
    session_update(&e.m, e.queue);
    queue_stop(e.queue, &e.m);
    wait_until(&e, looked);
    look(&e);
    assert_int_equal(e.m.watch.history.count, 2);
    end(&e);
}

/* Steps a second, by the times at which lines were written. */
static void the_rate_is_of_the_file(void **state)
{
    static const struct {
        unsigned last;
        time_t at;
        double rate;
    } looks[] = {{0, 1000, 0}, {20, 1010, 2}, {60, 1020, 3}};
    explorer e;
    (void)state;
    begin(&e);
    for (size_t n = 0; n < 3; n++) {
        const struct timespec times[2] = {{.tv_sec = looks[n].at}, {.tv_sec = looks[n].at}};
        write_steps("run.jsonl", "a", n == 0 ? 0 : looks[n - 1].last + 1, looks[n].last);
        assert_int_equal(utimensat(AT_FDCWD, "run.jsonl", times, 0), 0);
        if (n == 0)
            command_line(&e, "watch run.jsonl");
        else
            look(&e);
        wait_until(&e, looked);
        assert_double_near(e.m.watch.rate, looks[n].rate, 1e-9);
    }
    end(&e);
}

static void what_makes_no_sense_is_refused(void **state)
{
    explorer e;
    detinit_error error;
    char line[1000];
    (void)state;
    begin(&e);
    assert_false(command_run(&e.m, "watch off", &error));
    assert_string_equal(error.message,
                        "watch: nothing is watched; watch PATH follows a file or folder");
    snprintf(line, sizeof line, "watch %0600d", 0);
    assert_false(command_run(&e.m, line, &error));
    assert_string_equal(error.message, "watch: the name of the file is too long");
    assert_int_equal(e.m.watch.number, 0);
    end(&e);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, enter_scratch, leave_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(a_file_is_followed),
        IN_SCRATCH(nothing_new_is_not_drawn),
        IN_SCRATCH(a_stop_does_not_end_it),
        IN_SCRATCH(the_rate_is_of_the_file),
        IN_SCRATCH(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests_name("watching", tests, NULL, NULL);
}
