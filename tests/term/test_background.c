/*
 * The terminal's background: what answers mean, and the program itself on a pseudo-terminal that
 * answers late, never, or in the middle of keys.
 */
#include "term/background.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Nothing may take longer, in milliseconds. */
#define LIMIT 60000

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

typedef struct terminal {
    int master;
    pid_t child;
    char *shown; /* all that was written since it was last looked at */
    size_t length;
} terminal;

static void open_terminal(terminal *t, const char *background)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    char *program = getenv("DETINIT");
    *t = (terminal){.shown = calloc(1, 1 << 20)};
    assert_non_null(t->shown);
    if (program == NULL)
        fail_msg("no program in $DETINIT");
    t->child = forkpty(&t->master, NULL, NULL, &size);
    assert_true(t->child >= 0);
    if (t->child == 0) {
        setenv("TERM", "xterm-256color", 1);
        setenv("COLORTERM", "truecolor", 1);
        unsetenv("NO_COLOR");
        unsetenv("COLORFGBG");
        execl(program, program, "--rows", "10", "--cols", "20", "--background", background, "-i",
              (char *)NULL);
        _exit(127);
    }
}

/* Whether all that was written since the last of these holds a text; waits for it, or not. */
static bool shows(terminal *t, const char *text, int milliseconds)
{
    struct pollfd output = {.fd = t->master, .events = POLLIN};
    for (int waited = 0; strstr(t->shown, text) == NULL; waited += 10) {
        if (waited > milliseconds)
            return false;
        if (poll(&output, 1, 10) <= 0)
            continue;
        ssize_t got = read(t->master, t->shown + t->length, (1 << 20) - 1 - t->length);
        if (got <= 0)
            return false;
        t->length += (size_t)got;
        t->shown[t->length] = '\0';
    }
    return true;
}

static void type(terminal *t, const char *keys)
{
    t->length = 0;
    t->shown[0] = '\0';
    assert_int_equal(write(t->master, keys, strlen(keys)), (ssize_t)strlen(keys));
}

static void close_terminal(terminal *t)
{
    int status;
    char rest[4096];
    type(t, "q");
    while (read(t->master, rest, sizeof rest) > 0)
        continue;
    assert_int_equal(waitpid(t->child, &status, 0), t->child);
    assert_int_equal(status, 0);
    close(t->master);
    free(t->shown);
}

/* The first screen does not wait for the answer; when it comes, the colours change. */
static void the_answer_is_awaited_by_nothing(void **state)
{
    terminal t;
    (void)state;
    open_terminal(&t, "auto");
    assert_true(shows(&t, BACKGROUND_QUESTION, LIMIT));
    assert_true(shows(&t, ON_DARK, LIMIT));
    assert_true(shows(&t, "Statistics", LIMIT));
    type(&t, "\x1b]11;rgb:ffff/ffff/ffff\x1b\\");
    assert_true(shows(&t, ON_LIGHT, LIMIT));
    type(&t, "+");
    assert_true(shows(&t, "43", LIMIT)); /* no byte of the answer was taken for a key */
    close_terminal(&t);
}

/* Escape, and keys before and behind the answer, are still keys. */
static void keys_around_it_are_keys(void **state)
{
    terminal t;
    (void)state;
    open_terminal(&t, "auto");
    assert_true(shows(&t, "Statistics", LIMIT));
    type(&t, "\x1b");
    usleep(100000);
    type(&t, "+\x1b]11;rgb:ff/ff/ff\a+");
    assert_true(shows(&t, ON_LIGHT, LIMIT));
    assert_true(shows(&t, "4", LIMIT));
    type(&t, "+");
    assert_true(shows(&t, "5", LIMIT)); /* 42, and three */
    close_terminal(&t);
}

static void who_says_it_is_not_asked(void **state)
{
    terminal t;
    (void)state;
    open_terminal(&t, "light");
    assert_true(shows(&t, ON_LIGHT, LIMIT));
    assert_true(shows(&t, "Statistics", LIMIT));
    assert_false(shows(&t, BACKGROUND_QUESTION, 0));
    close_terminal(&t);
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
