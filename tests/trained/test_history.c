/* Lines of a Tracker: what they tell, what is wrong with them, and a file that grows. */
#include "scratch.h"

#include "trained/history_file.h"

/* ------------------------------------------------------------------- lines */

#define HEAD "{\"step\": 3, \"threshold\": 0.5, \"weights\": 8, \"changed\": 2, \"awake\": 0.25"

static detinit_status add(history *h, const char *line, detinit_error *error)
{
    return history_add(h, line, strlen(line), error);
}

static void add_good(history *h, const char *line)
{
    detinit_error error;
    if (add(h, line, &error) != DETINIT_OK)
        fail_msg("%s: %s", line, error.message);
}

/* A step with a share of one tensor. */
static void add_step(history *h, unsigned step, const char *name, double awake)
{
    char line[300];
    snprintf(line, sizeof line,
             "{\"step\": %u, \"threshold\": 0, \"weights\": 8, \"changed\": 0, \"awake\": 0, "
             "\"tensors\": {\"%s\": {\"awake\": %.17g, \"changed\": %.17g}}}",
             step, name, awake, 8 * awake);
    add_good(h, line);
}

static void a_line_is_taken_whole(void **state)
{
    history h = {0};
    (void)state;
    add_good(&h, HEAD ", \"more\": [], \"tensors\": {"
                      "\"a\": {\"awake\": 0.5, \"changed\": 2, \"mean_delta\": 0.1, "
                      "\"max_delta\": null, \"decay\": -3e-7, \"other\": \"text\"}, "
                      "\"b\\u00e9\": {}}}");
    assert_int_equal(h.count, 1);
    assert_int_equal(h.points[0].step, 3);
    assert_int_equal(h.points[0].weights, 8);
    assert_int_equal(h.points[0].changed, 2);
    assert_double_same(h.points[0].threshold, 0.5);
    assert_double_same(h.points[0].awake, 0.25);
    assert_int_equal(h.layer_count, 2);
    assert_string_equal(h.layers[0].name, "a");
    assert_string_equal(h.layers[1].name, "b\u00e9");
    assert_double_same(h.layers[0].at[HISTORY_AWAKE][0], 0.5);
    assert_double_same(h.layers[0].at[HISTORY_CHANGED][0], 2);
    assert_double_same(h.layers[0].at[HISTORY_MEAN_DELTA][0], 0.1);
    assert_double_same(h.layers[0].at[HISTORY_DECAY][0], -3e-7);
    assert_true(isnan(h.layers[0].at[HISTORY_MAX_DELTA][0]));
    assert_int_equal(h.layers[0].weights, 4);
    assert_int_equal(h.layers[1].weights, 0);
    for (int figure = 0; figure < HISTORY_FIGURES; figure++) {
        assert_true(isnan(h.layers[1].at[figure][0]));
        assert_int_equal(h.tells[figure], figure != HISTORY_MAX_DELTA && figure <= HISTORY_DECAY);
    }
    history_clear(&h);
    assert_int_equal(h.count, 0);
}

/* Each with its sentence; nothing is changed. */
static void wrong_lines_are_told(void **state)
{
    static const char *const lines[][2] = {
        {"", "not JSON: "},
        {"nonsense", "not JSON: "},
        {"{\"step\": 1", "not JSON: "},
        {"{\"step\": 1, \"step\": 2}", "not JSON: "},
        {HEAD ", \"tensors\": {}} {}", "not JSON: "},
        {"[1, 2]", "expected an object, {\"step\": ...}"},
        {"7", "expected an object, {\"step\": ...}"},
        {"{}", "'step' must be a whole number, 0 or more"},
        {"{\"step\": 1.5}", "'step' must be a whole number, 0 or more"},
        {"{\"step\": -1}", "'step' must be a whole number, 0 or more"},
        {"{\"step\": 1}", "'weights' must be a whole number, 0 or more"},
        {"{\"step\": 1, \"weights\": 2, \"changed\": \"3\"}",
         "'changed' must be a whole number, 0 or more"},
        {"{\"step\": 1, \"weights\": 2, \"changed\": 1, \"awake\": 0.5, \"threshold\": null}",
         "'threshold' must be a number, 0 or more"},
        {"{\"step\": 1, \"weights\": 2, \"changed\": 1, \"threshold\": 0, \"awake\": 1.5}",
         "'awake' must be a share, 0 to 1"},
        {HEAD "}", "'tensors' must be an object, of figures by name"},
        {HEAD ", \"tensors\": []}", "'tensors' must be an object, of figures by name"},
        {HEAD ", \"tensors\": {\"a\": 3}}", "tensor 'a': expected an object of figures"},
        {HEAD ", \"tensors\": {\"a\": {\"awake\": -0.1}}}",
         "tensor 'a': 'awake' must be a share, 0 to 1, or null"},
        {HEAD ", \"tensors\": {\"a\": {\"awake\": 1}, \"b\": {\"decay\": \"x\"}}}",
         "tensor 'b': 'decay' must be a number, or null"},
    };
    history h = {0};
    (void)state;
    add_step(&h, 1, "first", 0.5);
    for (size_t n = 0; n < sizeof lines / sizeof lines[0]; n++) {
        detinit_error error;
        assert_int_equal(add(&h, lines[n][0], &error), DETINIT_IO);
        if (strncmp(error.message, lines[n][1], strlen(lines[n][1])) != 0)
            fail_msg("'%s' is refused by '%s', not by '%s'", lines[n][0], error.message,
                     lines[n][1]);
        assert_int_equal(h.count, 1);
        assert_int_equal(h.layer_count, 1);
    }
    history_clear(&h);
}

/* A run that is taken up at an earlier step goes on from there; other tensors have gaps. */
static void steps_ascend(void **state)
{
    static const unsigned steps[] = {0, 10, 20, 30, 20, 25, 25};
    history h = {0}, part = {0};
    (void)state;
    for (size_t n = 0; n < 7; n++)
        add_step(&h, steps[n], n < 5 ? "a" : "b", (double)n / 8);
    for (size_t n = 3; n < 7; n++)
        add_step(&part, steps[n], n < 5 ? "a" : "b", (double)n / 8);
    for (int joined = 0; joined < 2; joined++) {
        assert_int_equal(h.count, 4);
        assert_int_equal(h.points[2].step, 20);
        assert_int_equal(h.points[3].step, 25);
        assert_int_equal(h.layer_count, 2);
        assert_double_same(h.layers[0].at[HISTORY_AWAKE][1], 1.0 / 8);
        assert_double_same(h.layers[0].at[HISTORY_AWAKE][2], 4.0 / 8);
        assert_double_same(h.layers[1].at[HISTORY_AWAKE][3], 6.0 / 8);
        assert_true(isnan(h.layers[0].at[HISTORY_AWAKE][3]));
        assert_true(isnan(h.layers[1].at[HISTORY_AWAKE][2]));
        assert_int_equal(h.layers[1].weights, 8);
        assert_true(history_join(&h, &part)); /* the same again changes nothing */
    }
    history_clear(&h);
    history_clear(&part);
}

static void many_steps_are_held(void **state)
{
    history h = {0}, part = {0};
    (void)state;
    for (unsigned n = 0; n < 1000; n++)
        add_step(n < 500 ? &h : &part, n, n % 2 == 0 ? "even" : "odd", n / 1000.0);
    assert_true(history_join(&h, &part));
    assert_int_equal(h.count, 1000);
    for (unsigned n = 0; n < 1000; n++) {
        assert_int_equal(h.points[n].step, n);
        assert_double_same(h.layers[n % 2].at[HISTORY_AWAKE][n], n / 1000.0);
        assert_true(isnan(h.layers[1 - n % 2].at[HISTORY_AWAKE][n]));
    }
    history_clear(&h);
    history_clear(&part);
}

/* Cut at points, so that every name keeps some of its own. */
static void what_names_share_is_found(void **state)
{
    static const struct {
        const char *names[3];
        size_t before, behind;
    } cases[] = {
        {{"model.layers.0.q.weight", "model.layers.10.k.weight", "model.layers.1.norm.weight"},
         13,
         7},
        {{"0.weight", "0.bias", "2.weight"}, 0, 0},
        {{"a.weight", "a.bias"}, 2, 0},
        {{"a.b", "a.c.b"}, 2, 0},
        {{"a.b.w"}, 0, 0},
        {{"a.", "a.b"}, 0, 0},
        {{"la.weight", "lb.weight"}, 0, 7},
    };
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        history h = {0};
        size_t before, behind;
        for (unsigned k = 0; k < 3 && cases[n].names[k] != NULL; k++)
            add_step(&h, k, cases[n].names[k], 0);
        history_common(&h, &before, &behind);
        assert_int_equal(before, cases[n].before);
        assert_int_equal(behind, cases[n].behind);
        history_clear(&h);
    }
}

/* -------------------------------------------------------------------- files */

static void append(const char *path, const char *text)
{
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void append_step(const char *path, unsigned step)
{
    char line[200];
    snprintf(line, sizeof line,
             "{\"step\": %u, \"threshold\": 0, \"weights\": 8, \"changed\": 4, \"awake\": 0.5, "
             "\"tensors\": {}}\n",
             step);
    append(path, line);
}

/* Looks again; what is expected is told, and no more. */
static void look(history_place *place, bool anew, size_t count, uint64_t last, uint64_t wrong)
{
    history_news news;
    detinit_error error;
    if (history_read("run.jsonl", place, &news, NULL, &error) != DETINIT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(news.anew, anew);
    assert_int_equal(news.told.count, count);
    if (count > 0)
        assert_int_equal(news.told.points[count - 1].step, last);
    assert_int_equal(news.wrong_lines, wrong);
    *place = news.place;
    history_clear(&news.told);
}

static void a_file_is_followed(void **state)
{
    history_place place = {0};
    (void)state;
    look(&place, false, 0, 0, 0);
    assert_false(place.there);
    append("run.jsonl", "");
    look(&place, false, 0, 0, 0);
    assert_true(place.there);
    append_step("run.jsonl", 0);
    append_step("run.jsonl", 1);
    look(&place, false, 2, 1, 0);
    look(&place, false, 0, 0, 0);
    append("run.jsonl", "{\"step\": 2, \"threshold\": 0, \"weights\": 8, ");
    look(&place, false, 0, 0, 0);
    append("run.jsonl", "\"changed\": 4, \"awake\": 0.5, \"tensors\": {}}");
    look(&place, false, 0, 0, 0); /* its end is still to come */
    append("run.jsonl", "\n");
    look(&place, false, 1, 2, 0);
    append("run.jsonl", "wrong\n\n");
    append_step("run.jsonl", 3);
    look(&place, false, 1, 3, 2);
    assert_int_equal(place.lines, 6);
}

/* Emptied, even where it is as long as before; written anew under its name; gone and back. */
static void a_file_begun_anew_is_read_anew(void **state)
{
    history_place place = {0};
    (void)state;
    put_file("run.jsonl", "");
    append_step("run.jsonl", 5);
    append_step("run.jsonl", 6);
    look(&place, false, 2, 6, 0);
    put_file("run.jsonl", "");
    append_step("run.jsonl", 7);
    look(&place, true, 1, 7, 0);
    put_file("run.jsonl", "");
    append_step("run.jsonl", 8);
    place.changed.tv_nsec ^= 1; /* as if the clock had gone on */
    look(&place, true, 1, 8, 0);
    put_file("run.jsonl", "");
    append_step("run.jsonl", 9);
    append_step("run.jsonl", 10);
    look(&place, true, 2, 10, 0);
    put_file("other", "");
    append_step("other", 9);
    append_step("other", 10);
    append_step("other", 11);
    assert_int_equal(rename("other", "run.jsonl"), 0);
    look(&place, true, 3, 11, 0);
    assert_int_equal(remove("run.jsonl"), 0);
    look(&place, true, 0, 0, 0);
    assert_false(place.there);
    append_step("run.jsonl", 1);
    look(&place, false, 1, 1, 0);
}

static bool stop_at_once(void *context, uint64_t done, uint64_t total)
{
    (void)done;
    (void)total;
    (*(int *)context)++;
    return false;
}

static void what_is_no_file_is_refused(void **state)
{
    history_place start = {0};
    history_news news;
    detinit_error error;
    char text[512];
    int asked = 0;
    const detinit_run run = {.progress = stop_at_once, .context = &asked};
    (void)state;
    assert_int_equal(mkdir("folder", 0700), 0);
    assert_int_equal(history_read("folder", &start, &news, NULL, &error), DETINIT_IO);
    assert_string_equal(error.message, "'folder' is no file of lines; expected that which a "
                                       "Tracker writes");
    put_file("run.jsonl", "1\n2\n3\n");
    assert_int_equal(history_read("run.jsonl/x", &start, &news, NULL, &error), DETINIT_IO);
    assert_string_equal(error.message, "cannot read 'run.jsonl/x': Not a directory");
    assert_int_equal(history_read("run.jsonl", &start, &news, &run, &error), DETINIT_CANCELLED);
    assert_int_equal(asked, 1);
    assert_int_equal(history_read("run.jsonl", &start, &news, NULL, &error), DETINIT_OK);
    assert_string_equal(history_wrong_text(&news, text, sizeof text),
                        "line 1: expected an object, {\"step\": ...}; skipped, and 2 more");
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, enter_scratch, leave_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_taken_whole),
        cmocka_unit_test(wrong_lines_are_told),
        cmocka_unit_test(steps_ascend),
        cmocka_unit_test(many_steps_are_held),
        cmocka_unit_test(what_names_share_is_found),
        IN_SCRATCH(a_file_is_followed),
        IN_SCRATCH(a_file_begun_anew_is_read_anew),
        IN_SCRATCH(what_is_no_file_is_refused),
    };
    return cmocka_run_group_tests_name("histories", tests, NULL, NULL);
}
