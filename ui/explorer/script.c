#include "explorer/script.h"

#include "explorer/command.h"
#include "explorer/screen.h"
#include "model/training_job.h"
#include "model/work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct script {
    model m;
    training_job *training; /* started when it is first needed */
} script;

/* Puts "file:line: " before the message. */
static bool fail_at(detinit_error *error, const char *file, int line)
{
    char message[sizeof error->message];
    snprintf(message, sizeof message, "%s", error->message);
    snprintf(error->message, sizeof error->message, "%.100s:%d: %.350s", file, line, message);
    if (error->status != DETINIT_CANCELLED)
        error->status = DETINIT_IO; /* a script that fails is a failure, whatever its reason */
    return false;
}

/* What a command shows is made first; the screen keeps the size that it was shown in. */
static bool prepare(model *m, const command_call *call, detinit_error *error)
{
    screenshot what;
    if (!command_shows(m, call, &what))
        return true;
    screen_fit(m, what.width, what.height);
    m->wanted |= screenshot_missing(m, &what);
    return work_make_missing(m, error);
}

/* What a command asked the Training pane for, and what follows from a threshold, is done here. */
static bool finish_training(script *s, detinit_error *error)
{
    if (s->m.wishes == NULL && s->m.waking == NULL)
        return true;
    if (s->training == NULL)
        s->training = training_job_start(-1);
    if (s->training != NULL)
        return training_job_finish(s->training, &s->m, error);
    error->status = DETINIT_IO;
    snprintf(error->message, sizeof error->message, "cannot start a thread for training");
    return false;
}

/* One line: its commands one by one, since each wants what those before it asked for. */
static bool run_line(script *s, char *line, detinit_error *error)
{
    model *m = &s->m;
    command_call call;
    while (!m->quit && command_cut(&line, &call)) {
        m->message[0] = '\0';
        if (!prepare(m, &call, error) || !command_do(m, &call, error) ||
            (m->wanted != 0 && !work_make_missing(m, error)) || !finish_training(s, error))
            return false;
        if (m->message[0] != '\0' && !m->settings.output.quiet)
            printf("%s\n", m->message);
    }
    return true;
}

static bool run_stream(script *s, FILE *in, const char *name, detinit_error *error)
{
    char *line = NULL;
    size_t size = 0;
    bool done = true;
    for (int number = 1; done && !s->m.quit && getline(&line, &size, in) > 0; number++) {
        line[strcspn(line, "\r\n")] = '\0';
        done = run_line(s, line, error) || fail_at(error, name, number);
    }
    free(line);
    return done;
}

bool script_run(settings *s, detinit_error *error)
{
    script run = {.training = NULL};
    bool from_text = s->session.command != NULL,
         from_stdin = !from_text && strcmp(s->session.script, "-") == 0;
    char *source = from_text ? s->session.command : s->session.script;
    FILE *in = from_text    ? fmemopen(source, strlen(source), "r")
               : from_stdin ? stdin
                            : fopen(source, "r");
    if (in == NULL) {
        snprintf(error->message, sizeof error->message, "--script: cannot read '%.200s': %s",
                 source, strerror(errno));
        error->status = DETINIT_IO;
        return false;
    }
    model_init(&run.m, s);
    bool done = run_stream(&run, in, from_text ? "command" : source, error);
    if (!from_stdin)
        fclose(in);
    if (run.training != NULL)
        training_job_stop(run.training);
    model_free(&run.m);
    settings_init(s); /* its texts went with the model */
    return done;
}
