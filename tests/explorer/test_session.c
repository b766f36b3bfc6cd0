/*
 * Commands beside work: what shows results waits for them, is drawn as it was asked for, and never
 * tells of a picture that it has not made.
 */
#include "explorer_check.h"

#include "model/viewing.h"
#include "model/work.h"
#include "pane/pane.h"

#include <string.h>

/* No result is there yet when the first command comes. */
static void begin(explorer *e, const char *line)
{
    settings s;
    detinit_error error;
    settings_init(&s);
    model_init(&e->m, &s);
    if (!command_run(&e->m, line, &error))
        fail_msg("%s: %s", line, error.message);
    explorer_start(e);
}

static bool drawn(explorer *e)
{
    return e->m.waiting == NULL && strncmp(e->m.message, "drew ", 5) == 0;
}
static bool given_up(explorer *e)
{
    return e->m.waiting == NULL && e->m.message_kind == MESSAGE_BAD;
}
static bool idle(explorer *e)
{
    return !queue_busy(e->queue);
}

/* The same commands, each with its results made first, as a script has them. */
static void draw_with_results(const char *line, const char *more)
{
    settings s;
    static model m;
    detinit_error error;
    settings_init(&s);
    model_init(&m, &s);
    assert_true(command_run(&m, line, &error));
    screen_fit(&m, m.width, m.height);
    queue *q = queue_new();
    assert_non_null(q);
    assert_true(queue_finish(q, &m, &error));
    queue_free(q);
    assert_true(command_run(&m, more, &error));
    assert_null(m.waiting);
    model_free(&m);
}

static void assert_no_waiting_in(const char *path)
{
    size_t size;
    unsigned char *text = get_file(path, &size);
    assert_null(strstr((const char *)text, "computing"));
    assert_null(strstr((const char *)text, "beginning"));
    free(text);
}

static void a_picture_waits_for_its_results(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "rows 300; cols 200");
    session_run(&e.m, e.queue, ":export a.txt");
    assert_false(exists("a.txt"));
    assert_string_equal(e.m.message,
                        "export: waits until all of it is computed; Ctrl-C gives it up");
    wait_until(&e, drawn);
    assert_string_equal(e.m.message, "drew a.txt");
    assert_no_waiting_in("a.txt");
    draw_with_results("rows 300; cols 200", "export b.txt");
    assert_same_files("a.txt", "b.txt");
    session_run(&e.m, e.queue, "export c.txt"); /* now they are there */
    assert_string_equal(e.m.message, "drew c.txt");
    assert_same_files("c.txt", "b.txt");
    end(&e);
}

static void a_picture_is_what_was_looked_at(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "rows 300; cols 200; goto 250,150; pane statistics; zoom");
    session_run(&e.m, e.queue, "export a.txt 100x30");
    session_run(&e.m, e.queue, "zoom off; pane matrix; move top; view heat; help");
    wait_until(&e, drawn);
    assert_true(e.m.view.help && !e.m.view.zoomed && e.m.view.row == 0); /* and goes on */
    assert_true(pane_in_focus(&e.m, &pane_matrix));
    assert_int_equal(e.m.width, 80);
    draw_with_results("rows 300; cols 200; goto 250,150; pane statistics; zoom",
                      "export b.txt 100x30");
    assert_same_files("a.txt", "b.txt");
    session_run(&e.m, e.queue,
                "help; pane matrix; view numbers; goto 250,150; export c.txt m 40x12");
    assert_int_equal(e.m.message_kind, MESSAGE_BAD); /* matrix or modes */
    end(&e);
}

/* Of one pane its own results are enough. */
static void a_pane_waits_for_its_own_results(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "rows 60000; cols 60000; exact"); /* a survey of minutes */
    session_run(&e.m, e.queue, "export whole.txt");
    session_run(&e.m, e.queue, "export matrix.txt matrix");
    assert_string_equal(e.m.message, "drew matrix.txt");
    assert_false(exists("whole.txt"));
    session_run(&e.m, e.queue, "export statistics.txt statistics");
    session_cancel(&e.m, e.queue);
    assert_string_equal(e.m.message, "stopped");
    wait_until(&e, idle);
    session_update(&e.m, e.queue);
    assert_null(e.m.waiting);
    assert_false(exists("whole.txt") || exists("statistics.txt"));
    end(&e);
}

static void a_line_waits_as_a_whole(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "rows 300; cols 200");
    session_run(&e.m, e.queue, "export a.txt; next seed; export=b.txt; pane 3 # and so on");
    session_run(&e.m, e.queue, "export c.txt matrix");
    wait_until(&e, idle);
    for (int turn = 0; (e.m.waiting != NULL || !exists("b.txt")) && turn < LIMIT / 10; turn++)
        collect(&e);
    assert_int_equal(e.m.settings.recipe.seed, 43);
    assert_true(pane_in_focus(&e.m, &pane_histogram));
    draw_with_results("rows 300; cols 200", "export a2.txt");
    draw_with_results("rows 300; cols 200; seed 43", "export b2.txt");
    assert_same_files("a.txt", "a2.txt");
    assert_same_files("b.txt", "b2.txt");
    end(&e);
}

static void another_recipe_is_another_picture(void **state)
{
    static const char *const changes[] = {"next seed", "view tanh", "rows 7", "mode xavier"};
    (void)state;
    for (size_t n = 0; n < sizeof changes / sizeof changes[0]; n++) {
        explorer e;
        begin(&e, "rows 300; cols 200");
        session_run(&e.m, e.queue, "export a.txt; pane 5");
        session_run(&e.m, e.queue, changes[n]);
        assert_true(given_up(&e));
        assert_string_equal(
            e.m.message, "export: given up, since the recipe has changed before all was computed");
        assert_true(pane_in_focus(&e.m, &pane_matrix)); /* nor what came after it */
        wait_until(&e, idle);
        assert_false(exists("a.txt"));
        end(&e);
    }
}

static void what_cannot_be_had_is_given_up(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "rows 9000000; cols 9000000; zoom");
    session_run(&e.m, e.queue, "orthogonal on; export a.txt");
    wait_until(&e, given_up);
    assert_memory_equal(e.m.message, "export: given up: orthogonal: a matrix of this shape", 52);
    assert_false(exists("a.txt"));
    end(&e);
}

static void a_network_is_waited_for(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "pane training; zoom");
    session_run(&e.m, e.queue, "train small; export a.txt");
    assert_false(exists("a.txt"));
    for (int turn = 0; !exists("a.txt") && turn < LIMIT / 10; turn++)
        collect(&e);
    assert_no_waiting_in("a.txt");
    end(&e);
}

static bool looks_at_b(explorer *e)
{
    return e->m.waiting == NULL && e->m.viewed.list != NULL &&
           strcmp(viewing_tensor(&e->m)->name, "b") == 0;
}

/* What follows on a line needs the file; where that fails, nothing of it is done. */
static void a_line_waits_for_its_file(void **state)
{
    static const char header[] =
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]},"
        "\"b\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[4,12]}}";
    const unsigned char length[8] = {(unsigned char)(sizeof header - 1)}, data[12] = {0};
    FILE *file = fopen("two.safetensors", "wb");
    explorer e;
    (void)state;
    assert_non_null(file);
    fwrite(length, 1, sizeof length, file);
    fwrite(header, 1, sizeof header - 1, file);
    fwrite(data, 1, sizeof data, file);
    fclose(file);
    begin(&e, "rows 3; cols 3");
    session_run(&e.m, e.queue, "open two.safetensors; tensor b; pane weight");
    wait_until(&e, looks_at_b);
    assert_ptr_equal(panes[e.m.view.pane], &pane_weight);
    session_run(&e.m, e.queue, "open absent.safetensors; pane matrix");
    wait_until(&e, given_up);
    assert_ptr_equal(panes[e.m.view.pane], &pane_tensors);
    assert_non_null(strstr(e.m.message, "absent.safetensors"));
    end(&e);
}

static void the_end_forgets_what_waits(void **state)
{
    (void)state;
    for (int n = 0; n < 20; n++) {
        explorer e;
        begin(&e, "rows 300; cols 300");
        session_run(&e.m, e.queue, "export a.txt; export b.txt");
        session_run(&e.m, e.queue, "export c.txt");
        if (n % 2 == 0)
            collect(&e);
        end(&e);
    }
}

int main(void)
{
#define IN_SCRATCH(name) cmocka_unit_test_setup_teardown(name, enter_scratch, leave_scratch)
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(a_picture_waits_for_its_results),   IN_SCRATCH(a_picture_is_what_was_looked_at),
        IN_SCRATCH(a_pane_waits_for_its_own_results),  IN_SCRATCH(a_line_waits_as_a_whole),
        IN_SCRATCH(another_recipe_is_another_picture), IN_SCRATCH(what_cannot_be_had_is_given_up),
        IN_SCRATCH(a_network_is_waited_for),           IN_SCRATCH(a_line_waits_for_its_file),
        IN_SCRATCH(the_end_forgets_what_waits),
    };
    return cmocka_run_group_tests_name("sessions", tests, NULL, NULL);
}
