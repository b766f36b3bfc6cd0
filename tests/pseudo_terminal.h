/* A pseudo-terminal of 80x24 with a program on it: what is typed to it, and what it showed. */
#ifndef DETINIT_PSEUDO_TERMINAL_H
#define DETINIT_PSEUDO_TERMINAL_H

#include "check.h"

#include <poll.h>
#include <pty.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

/* Nothing may take longer, in milliseconds. */
#define PSEUDO_TERMINAL_LIMIT 60000

#define PSEUDO_TERMINAL_SHOWS ((size_t)1 << 20)

typedef struct pseudo_terminal {
    int master;
    pid_t child;
    char *shown; /* all that was written since something was typed */
    size_t length;
} pseudo_terminal;

static inline char *tested_program(void)
{
    char *program = getenv("DETINIT");
    if (program == NULL)
        fail_msg("no program in $DETINIT");
    return program;
}

/* Runs a program in a session of its own; the arguments begin with its path and end with NULL. */
static inline void pseudo_terminal_open(pseudo_terminal *t, char *const *arguments)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    *t = (pseudo_terminal){.shown = calloc(1, PSEUDO_TERMINAL_SHOWS)};
    assert_non_null(t->shown);
    t->child = forkpty(&t->master, NULL, NULL, &size);
    assert_true(t->child >= 0);
    if (t->child == 0) {
        setenv("TERM", "xterm-256color", 1);
        setenv("COLORTERM", "truecolor", 1);
        unsetenv("NO_COLOR");
        unsetenv("COLORFGBG");
        execv(arguments[0], arguments);
        _exit(127);
    }
}

/* Whether all that was written since something was typed holds a text; waits for it, or not. */
static inline bool shows(pseudo_terminal *t, const char *text, int milliseconds)
{
    struct pollfd output = {.fd = t->master, .events = POLLIN};
    for (int waited = 0; strstr(t->shown, text) == NULL; waited += 10) {
        if (waited > milliseconds)
            return false;
        if (poll(&output, 1, 10) <= 0)
            continue;
        ssize_t got = read(t->master, t->shown + t->length, PSEUDO_TERMINAL_SHOWS - 1 - t->length);
        if (got <= 0)
            return false;
        t->length += (size_t)got;
        t->shown[t->length] = '\0';
    }
    return true;
}

static inline void type(pseudo_terminal *t, const char *keys)
{
    t->length = 0;
    t->shown[0] = '\0';
    assert_int_equal(write(t->master, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* The program must end by itself, with 0. */
static inline void pseudo_terminal_close(pseudo_terminal *t)
{
    int status;
    char rest[4096];
    while (read(t->master, rest, sizeof rest) > 0)
        continue;
    assert_int_equal(waitpid(t->child, &status, 0), t->child);
    assert_int_equal(status, 0);
    close(t->master);
    free(t->shown);
}

#endif
