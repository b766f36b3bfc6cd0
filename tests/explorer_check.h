/*
 * An explorer without a screen: a model, and the work beside it, collected as the loop does.
 * begin() is each test's own; it ends with explorer_start.
 */
#ifndef TESTS_EXPLORER_CHECK_H
#define TESTS_EXPLORER_CHECK_H

#include "explorer/command.h"
#include "explorer/session.h"
#include "model/queue.h"
#include "explorer/screen.h"
#include "scratch.h"

#include <fcntl.h>
#include <poll.h>

/*
 * Nothing here takes longer than this, in milliseconds; what waits longer has failed.  Without
 * optimization, or under the thread sanitizer, all is many times slower.
 */
#if defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
#define LIMIT 1200000
#else
#define LIMIT 60000
#endif

typedef struct explorer {
    model m;
    queue *queue;
    int pipe[2];
} explorer;

/* Carries out a line, and lets the workers know. */
static inline void command_line(explorer *e, const char *line)
{
    detinit_error error;
    if (!command_run(&e->m, line, &error))
        fail_msg("%s: %s", line, error.message);
    session_update(&e->m, e->queue);
}

/* Lays the panes out and starts the workers. */
static inline void explorer_start(explorer *e)
{
    screen_fit(&e->m, e->m.width, e->m.height);
    assert_int_equal(pipe2(e->pipe, O_NONBLOCK | O_CLOEXEC), 0);
    e->queue = queue_start(e->pipe[1]);
    assert_non_null(e->queue);
}

static inline void end(explorer *e)
{
    queue_free(e->queue);
    model_free(&e->m);
    close(e->pipe[0]);
    close(e->pipe[1]);
}

/* What the loop does when it is woken. */
static inline void collect(explorer *e)
{
    char bytes[64];
    struct pollfd woken = {.fd = e->pipe[0], .events = POLLIN};
    poll(&woken, 1, 10);
    while (read(e->pipe[0], bytes, sizeof bytes) > 0)
        continue;
    session_collect(&e->m, e->queue);
}

typedef bool condition(explorer *e);

static inline void wait_until(explorer *e, condition *holds)
{
    for (int turn = 0; !holds(e); turn++) {
        if (turn > LIMIT / 10)
            fail_msg("waited in vain; the last message: %s", e->m.message);
        collect(e);
    }
}

static inline bool said(explorer *e)
{
    return e->m.message[0] != '\0';
}

#endif
