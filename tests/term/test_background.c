/*
 * The terminal's background: what answers mean, and the program itself on a pseudo-terminal that
 * answers late, never, or in the middle of keys.
 */
#include "term/background.h"

#include "pseudo_terminal.h"

#define LIMIT PSEUDO_TERMINAL_LIMIT

/* The accent's colour on dark and on light backgrounds. */
#define ON_DARK  "38;2;255;175;95"
#define ON_LIGHT "38;2;175;95;0"

static void check_answer(const char *answer, bool is_one, bool light)
{
    bool found = !light;
    assert_int_equal(background_of_answer(answer, &found), is_one);
    assert_int_equal(found, is_one ? light : !light);
}

static void answers_are_understood(void **state)
{
    (void)state;
    check_answer("11;rgb:0000/0000/0000", true, false);
    check_answer("11;rgb:ffff/ffff/ffff", true, true);
    check_answer("11;rgb:f/f/f", true, true);
    check_answer("11;rgba:fd/f6/e3/ff", true, true);
    check_answer("11;rgb:00/2b/36", true, false);
    check_answer("11;rgb:0000/ffff/0000", true, true);  /* green is bright, */
    check_answer("11;rgb:0000/0000/ffff", true, false); /* blue is not */
    check_answer("10;rgb:ffff/ffff/ffff", false, true);
    check_answer("11;rgb:ffff/ffff", false, true);
    check_answer("11;rgb:fffff/0/0", false, true);
    check_answer("11;rgb:", false, true);
    check_answer("11;?", false, true);
    check_answer("", false, true);
}

static void open_explorer(pseudo_terminal *t, const char *background)
{
    char *arguments[] = {tested_program(), "--rows",           "10", "--cols", "20",
                         "--background",   (char *)background, "-i", NULL};
    pseudo_terminal_open(t, arguments);
}

static void leave(pseudo_terminal *t)
{
    type(t, "q");
    pseudo_terminal_close(t);
}

/* The first screen does not wait for the answer; when it comes, the colours change. */
static void the_answer_is_awaited_by_nothing(void **state)
{
    pseudo_terminal t;
    (void)state;
    open_explorer(&t, "auto");
    assert_true(shows(&t, BACKGROUND_QUESTION, LIMIT));
    assert_true(shows(&t, ON_DARK, LIMIT));
    assert_true(shows(&t, "Statistics", LIMIT));
    type(&t, "\x1b]11;rgb:ffff/ffff/ffff\x1b\\");
    assert_true(shows(&t, ON_LIGHT, LIMIT));
    type(&t, "+");
    assert_true(shows(&t, "43", LIMIT)); /* no byte of the answer was taken for a key */
    leave(&t);
}

/* Escape, and keys before and behind the answer, are still keys. */
static void keys_around_it_are_keys(void **state)
{
    pseudo_terminal t;
    (void)state;
    open_explorer(&t, "auto");
    assert_true(shows(&t, "Statistics", LIMIT));
    type(&t, "\x1b");
    usleep(100000);
    type(&t, "+\x1b]11;rgb:ff/ff/ff\a+");
    assert_true(shows(&t, ON_LIGHT, LIMIT));
    assert_true(shows(&t, "4", LIMIT));
    type(&t, "+");
    assert_true(shows(&t, "5", LIMIT)); /* 42, and three */
    leave(&t);
}

static void who_says_it_is_not_asked(void **state)
{
    pseudo_terminal t;
    (void)state;
    open_explorer(&t, "light");
    assert_true(shows(&t, ON_LIGHT, LIMIT));
    assert_true(shows(&t, "Statistics", LIMIT));
    assert_false(shows(&t, BACKGROUND_QUESTION, 0));
    leave(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_understood),
        cmocka_unit_test(the_answer_is_awaited_by_nothing),
        cmocka_unit_test(keys_around_it_are_keys),
        cmocka_unit_test(who_says_it_is_not_asked),
    };
    return cmocka_run_group_tests_name("background", tests, NULL, NULL);
}
