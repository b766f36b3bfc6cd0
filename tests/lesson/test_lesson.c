/* Files of lessons: what is read, and the sentence of each that is wrong. */
#include "lesson/lesson_list.h"
#include "scratch.h"

#define SHOWN "my.lesson"

static const char whole[] = "# a comment\n"
                            "title: Sums\n"
                            "\n"
                            "say: One and\n"
                            "  one, with √ and ✓.\r\n"
                            "do: rows 2; cols 3\n"
                            "do: seed 7\n"
                            "see: two\n"
                            "ask: What is it?\n"
                            "a: 2\n"
                            "b: 3\n"
                            "right: a\n"
                            "why: Count\n"
                            "   them.\n"
                            "say:   The end  \n";

static void a_lesson_is_read(void **state)
{
    lesson l;
    detinit_error error;
    (void)state;
    assert_true(lesson_parse(whole, "sums", SHOWN, &l, &error));
    assert_string_equal(l.name, "sums");
    assert_string_equal(l.title, "Sums");
    assert_int_equal(l.step_count, 2);
    const lesson_step *s = &l.steps[0];
    assert_string_equal(s->say.text, "One and one, with √ and ✓.");
    assert_int_equal(s->say.number, 4);
    assert_int_equal(s->commands.count, 2);
    assert_string_equal(s->commands.at[0].text, "rows 2; cols 3");
    assert_string_equal(s->commands.at[1].text, "seed 7");
    assert_int_equal(s->commands.at[1].number, 7);
    assert_int_equal(s->sees.count, 1);
    assert_string_equal(s->sees.at[0].text, "two");
    assert_string_equal(s->ask.text, "What is it?");
    assert_string_equal(s->answers[1].text, "3");
    assert_null(s->answers[2].text);
    assert_int_equal(s->right, 0);
    assert_string_equal(s->why.text, "Count them.");
    assert_string_equal(l.steps[1].say.text, "The end");
    assert_null(l.steps[1].ask.text);
    lesson_free(&l);
    assert_null(l.name);
}

static void what_is_wrong_is_said(void **state)
{
#define ASKED "title: T\nsay: S\nask: Q\n"
    static const struct {
        const char *text, *sentence;
    } wrong[] = {
        {"", "1: expected title: TEXT before all else"},
        {"\n# only this\n", "2: expected title: TEXT before all else"},
        {"say: S\n", "1: expected title: TEXT before all else"},
        {" more\n", "1: expected title: TEXT before all else"},
        {"title: T\n", "1: expected say: TEXT, which begins a step"},
        {"title: T\ndo: seed 7\n", "2: expected say: TEXT, which begins a step"},
        {"title: T\ntitle: U\n", "2: title: was given twice"},
        {"title: T\nsay:\n", "2: say: expected text behind it"},
        {"title: T\nsay: S\nsing: la\n", "3: 'sing: la' is unknown; expected say, do, see, ask, a, "
                                         "b, c, right or why, and a colon"},
        {"title: T\nsay: S\nno colon\n", "3: 'no colon' is unknown; expected say, do, see, ask, a, "
                                         "b, c, right or why, and a colon"},
        {"title: T\nsay: S\nask: Q\nask: R\n", "4: ask: was given twice in this step"},
        {"title: T\nsay: S\na: yes\n", "3: expected ask: TEXT in the same step"},
        {"title: T\nsay: S\nright: a\n", "3: expected ask: TEXT in the same step"},
        {ASKED "a: yes\nright: a\nwhy: W\n",
         "3: ask: expected the answers a: and b: in the same step"},
        {ASKED "a: yes\nb: no\nwhy: W\n", "3: ask: expected right: and the letter of an answer"},
        {ASKED "a: yes\nb: no\nright: c\nwhy: W\n",
         "6: right: expected the letter of an answer: a, b or c"},
        {ASKED "a: yes\nb: no\nright: ab\nwhy: W\n",
         "6: right: expected the letter of an answer: a, b or c"},
        {ASKED "a: yes\nb: no\nright: a\nsay: next\n",
         "3: ask: expected why: TEXT, which is told after the answer"},
        {"title: T\nsay: \x1b[31m\n", "2: expected UTF-8 text without control characters"},
        {"title: \xff\n", "1: expected UTF-8 text without control characters"},
    };
    (void)state;
    for (size_t n = 0; n < sizeof wrong / sizeof wrong[0]; n++) {
        lesson l;
        detinit_error error;
        char sentence[200];
        assert_false(lesson_parse(wrong[n].text, "x", SHOWN, &l, &error));
        snprintf(sentence, sizeof sentence, "%s:%s", SHOWN, wrong[n].sentence);
        assert_string_equal(error.message, sentence);
        assert_int_equal(error.status, DETINIT_IO);
    }
}

/* Every text that is cut short is a lesson or is refused, and nothing is lost or read beyond. */
static void any_part_is_read_or_refused(void **state)
{
    (void)state;
    for (size_t length = 0; length < sizeof whole; length++) {
        lesson l;
        detinit_error error;
        char *part = strndup(whole, length);
        if (lesson_parse(part, "x", SHOWN, &l, &error))
            lesson_free(&l);
        else
            assert_memory_equal(error.message, SHOWN ":", strlen(SHOWN ":"));
        free(part);
    }
}

static void put_lesson(const char *name, const char *text)
{
    char path[200];
    mkdir("detinit", 0700);
    mkdir("detinit/lessons", 0700);
    snprintf(path, sizeof path, "detinit/lessons/%s", name);
    put_file(path, text);
}

static void the_users_lessons_are_listed(void **state)
{
    lesson_list list;
    lesson l;
    detinit_error error;
    size_t built_in = 0;
    char sentence[600];
    setenv("XDG_DATA_HOME", *state, 1);
    while (lesson_built_in_name((int)built_in) != NULL)
        built_in++;
    assert_true(built_in >= 6);
    put_lesson("zoo.lesson", "title: Zoo\nsay: S\n");
    put_lesson("relu.lesson", "title: Mine\nsay: S\n");
    put_lesson("bad.lesson", "title: Bad\n");
    put_lesson("notes.txt", "no lesson");
    assert_true(lesson_list_load(&list, &error));
    assert_int_equal(list.count, built_in + 2);
    assert_string_equal(list.at[0].title, "Mine"); /* in the place of the built-in one */
    assert_string_equal(list.at[built_in].name, "bad");
    assert_non_null(list.at[built_in].wrong);
    assert_string_equal(list.at[built_in + 1].title, "Zoo");
    lesson_list_free(&list);

    assert_true(lesson_find("zo", &l, &error));
    assert_string_equal(l.title, "Zoo");
    lesson_free(&l);
    assert_true(lesson_find("1", &l, &error));
    assert_string_equal(l.title, "Mine");
    lesson_free(&l);
    assert_true(lesson_find("./detinit/lessons/zoo.lesson", &l, &error));
    assert_string_equal(l.name, "zoo");
    lesson_free(&l);
    assert_false(lesson_find("bad", &l, &error));
    snprintf(sentence, sizeof sentence,
             "%s/detinit/lessons/bad.lesson:1: expected say: TEXT, which begins a step",
             (const char *)*state);
    assert_string_equal(error.message, sentence);
    assert_false(lesson_find("99", &l, &error));
    assert_int_equal(error.status, DETINIT_INVALID);
    assert_false(lesson_find("./none.lesson", &l, &error));
    assert_int_equal(error.status, DETINIT_IO);
}

static void large_files_and_no_texts_are_refused(void **state)
{
    lesson l;
    detinit_error error;
    (void)state;
    char *large = allocate(70000);
    memset(large, '#', 69999);
    large[69999] = '\0';
    put_file("large.lesson", large);
    free(large);
    assert_false(lesson_find("./large.lesson", &l, &error));
    assert_string_equal(error.message, "learn: './large.lesson' is larger than any lesson, 64 KB");
    FILE *file = fopen("binary.lesson", "w");
    assert_non_null(file);
    fwrite("title: T\0say: S\n", 1, 16, file);
    fclose(file);
    assert_false(lesson_find("./binary.lesson", &l, &error));
    assert_string_equal(error.message, "learn: './binary.lesson' is no text");
}

int main(void)
{
#define IN_SCRATCH(name) cmocka_unit_test_setup_teardown(name, enter_scratch, leave_scratch)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lesson_is_read),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(any_part_is_read_or_refused),
        IN_SCRATCH(the_users_lessons_are_listed),
        IN_SCRATCH(large_files_and_no_texts_are_refused),
    };
    return cmocka_run_group_tests_name("lesson", tests, NULL, NULL);
}
