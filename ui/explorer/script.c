#include "explorer/script.h"

#include "explorer/command.h"
#include "explorer/export.h"
#include "pane/layout.h"
#include "pane/pane.h"
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
    error->status = DETINIT_IO; /* a script that fails is a failure, whatever its reason */
    return false;
}

/* A picture shows results: all that its panes need are made first. */
static bool prepare_export(model *m, const char *value, detinit_error *error)
{
    export_plan plan;
    if (!export_parse(m, value, &plan, error))
        return false;
    layout_fit(m, plan.width, plan.height);
    if (plan.pane != PANE_COUNT)
        m->wanted |= panes[plan.pane].pieces;
    return work_make_missing(m, error);
}

/* What a command asked the Training pane for, and what follows from a threshold, is done here. */
static bool finish_training(script *s, detinit_error *error)
{
    if (s->m.wishes == NULL && s->m.trained == NULL)
        return true;
    if (s->training == NULL)
        s->training = training_job_start(-1);
    if (s->training != NULL)
        return training_job_finish(s->training, &s->m, error);
    error->status = DETINIT_IO;
    snprintf(error->message, sizeof error->message, "cannot start a thread for training");
    return false;
}

/* One line: its commands one by one, since an export wants what those before it asked for. */
static bool run_line(script *s, char *line, detinit_error *error)
{
    model *m = &s->m;
    char *next = line;
    line[strcspn(line, "#")] = '\0';
    while (next != NULL && !m->quit) {
        const char *text = strsep(&next, ";");
        text += strspn(text, " \t");
        if (strncmp(text, "export ", 7) == 0 && !prepare_export(m, text + 7, error))
            return false;
        m->message[0] = '\0';
        if (!command_run(m, text, error) || (m->wanted != 0 && !work_make_missing(m, error)) ||
            !finish_training(s, error))
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
