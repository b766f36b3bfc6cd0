/*
 * SIGTSTP from outside on a pseudo-terminal, while the explorer writes to it and while it waits:
 * it stops once for each, and the shell that began it goes on.
 */
#include "pseudo_terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <termios.h>

#define LIMIT PSEUDO_TERMINAL_LIMIT

/*
 * A shell with job control begins the explorer; whenever that stops, it says so and goes on.
 * Colours of a table are curses' to write.
 */
static void open_shell(pseudo_terminal *t)
{
    char *arguments[] = {"/bin/sh", "-mc",
                         "unset COLORTERM; \"$0\" --rows 10 --cols 20 -i; "
                         "echo once; fg; echo twice; fg; echo end",
                         tested_program(), NULL};
    pseudo_terminal_open(t, arguments);
    assert_true(shows(t, "Statistics", LIMIT));
}

static void stop(const pseudo_terminal *t)
{
    assert_int_equal(kill(-tcgetpgrp(t->master), SIGTSTP), 0);
}

/* All that was shown was seen; what comes now is new. */
static void forget(pseudo_terminal *t)
{
    type(t, "");
}

static void leave(pseudo_terminal *t)
{
    type(t, "q");
    assert_true(shows(t, "end\r\n", LIMIT));
    pseudo_terminal_close(t);
}

static void it_stops_while_it_waits(void **state)
{
    pseudo_terminal t;
    (void)state;
    open_shell(&t);
    type(&t, "+");
    assert_true(shows(&t, "43", LIMIT));
    stop(&t);
    assert_true(shows(&t, "once\r\n", LIMIT));
    assert_true(shows(&t, "Statistics", LIMIT));
    forget(&t);
    stop(&t);
    assert_true(shows(&t, "twice\r\n", LIMIT));
    assert_true(shows(&t, "Statistics", LIMIT));
    leave(&t);
}

/* Output that is held keeps the explorer in the middle of drawing, where curses ignored the stop.
 */
static void it_stops_while_it_draws(void **state)
{
    pseudo_terminal t;
    (void)state;
    open_shell(&t);
    const int slave = open(ptsname(t.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(slave >= 0);
    assert_int_equal(tcflow(slave, TCOOFF), 0);
    type(&t, "+");
    usleep(300000);
    stop(&t);
    usleep(10000);
    assert_int_equal(tcflow(slave, TCOON), 0);
    close(slave);
    assert_true(shows(&t, "once\r\n", LIMIT));
    assert_true(shows(&t, "Statistics", LIMIT));
    leave(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_stops_while_it_waits),
        cmocka_unit_test(it_stops_while_it_draws),
    };
    return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
