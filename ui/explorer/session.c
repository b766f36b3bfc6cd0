#include "explorer/session.h"

#include "explorer/screen.h"

void session_update(model *m, queue *q)
{
    detinit_error error;
    const bool waited = m->waiting != NULL;
    screen_fit(m, m->width, m->height);
    if (waited && !command_resume(m, &error))
        model_say(m, MESSAGE_BAD, "%s", error.message);
    if (waited)
        screen_fit(m, m->width, m->height);
    queue_update(q, m);
}

void session_run(model *m, queue *q, const char *line)
{
    detinit_error error;
    m->message[0] = '\0';
    if (!command_run(m, line, &error))
        model_say(m, MESSAGE_BAD, "%s", error.message);
    session_update(m, q);
}

void session_do(model *m, queue *q, const command_call *call)
{
    detinit_error error;
    m->message[0] = '\0';
    if (!command_do(m, call, &error))
        model_say(m, MESSAGE_BAD, "%s", error.message);
    session_update(m, q);
}

void session_resize(model *m, queue *q, int width, int height)
{
    m->width = width;
    m->height = height;
    session_update(m, q);
}

bool session_collect(model *m, queue *q)
{
    if (!queue_collect(q, m))
        return false;
    session_update(m, q); /* a sample that came is a survey to refine */
    return true;
}

void session_cancel(model *m, queue *q)
{
    const bool busy = queue_busy(q) || m->waiting != NULL;
    queue_stop(q, m);
    model_forget_waiting(m);
    model_say(m, MESSAGE_INFO, busy ? "stopped" : "nothing to stop; q leaves");
}
