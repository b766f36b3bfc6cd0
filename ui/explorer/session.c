#include "explorer/session.h"

#include "explorer/command.h"
#include "explorer/screen.h"

void session_update(model *m, job *j)
{
    detinit_error error;
    const bool waited = m->waiting != NULL;
    screen_fit(m, m->width, m->height);
    if (waited && !command_resume(m, &error))
        model_say(m, MESSAGE_BAD, "%s", error.message);
    if (waited)
        screen_fit(m, m->width, m->height);
    job_update(j, m);
}

void session_run(model *m, job *j, const char *line)
{
    detinit_error error;
    m->message[0] = '\0';
    if (!command_run(m, line, &error))
        model_say(m, MESSAGE_BAD, "%s", error.message);
    session_update(m, j);
}

void session_resize(model *m, job *j, int width, int height)
{
    m->width = width;
    m->height = height;
    session_update(m, j);
}

bool session_collect(model *m, job *j)
{
    if (!job_collect(j, m))
        return false;
    session_update(m, j); /* a sample that came is a survey to refine */
    return true;
}

void session_cancel(model *m, job *j)
{
    const bool busy = job_busy(j) || m->waiting != NULL;
    job_cancel(j, m);
    model_forget_waiting(m);
    model_say(m, MESSAGE_INFO, busy ? "stopped" : "nothing to stop; q leaves");
}
