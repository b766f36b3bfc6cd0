#include "explorer/script.h"
#include "base/error.h"

#include "explorer/command.h"
#include "explorer/help.h"
#include "explorer/screen.h"
#include "model/queue.h"
#include "option/option.h"
#include "option/refuse.h"
#include "pane/pane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct script {
    model m;
    queue *queue;
} script;

/* Puts "file:line: " before the message. */
static bool fail_at(detinit_error *error, const char *file, int line)
{
    const detinit_error why = *error;
    /* A script that fails is a failure, whatever its reason. */
    error_set(error, why.status == DETINIT_CANCELLED ? DETINIT_CANCELLED : DETINIT_IO,
              "%.100s:%d: %.350s", file, line, why.message);
    return false;
}

/* What a command shows is made first; the screen keeps the size that it was shown in. */
static bool prepare(script *s, const command_call *call, detinit_error *error)
{
    model *m = &s->m;
    screenshot what;
    if (!command_shows(m, call, &what))
        return true;
    screen_fit(m, what.width, what.height);
    m->wanted |= screenshot_missing(m, &what);
    const bool finished = queue_finish(s->queue, m, error);
    m->shown_pieces = 0; /* until the next picture nobody looks */
    return finished;
}

/* What a command has to show where there is no screen. */
static void tell(model *m, const command_call *call)
{
    const option *which = option_find(call->name);
    if (m->requests != 0)
        model_say(m, MESSAGE_INFO, "%s: needs a terminal; a script has none", call->name);
    m->requests = 0;
    if (which != NULL && (which->uses & OPTION_ASKS) != 0 && m->message[0] == '\0')
        model_say(m, MESSAGE_INFO, "%s: the pane %s shows it; export FILE %s writes it", call->name,
                  panes[m->view.pane]->name, panes[m->view.pane]->name);
    if (m->settings.output.quiet)
        return;
    if (strcmp(call->name, "help") == 0 && m->view.help)
        help_print(m, stdout);
    if (m->message[0] != '\0')
        printf("%s\n", m->message);
}

/* One line: its commands one by one, since each wants what those before it asked for. */
static bool run_line(script *s, char *line, detinit_error *error)
{
    model *m = &s->m;
    command_call call;
    while (!m->quit && command_cut(&line, &call)) {
        m->message[0] = '\0';
        if (!prepare(s, &call, error) || !command_do(m, &call, error) ||
            !queue_finish(s->queue, m, error))
            return false;
        tell(m, &call);
        fflush(stdout); /* what was done is told, however the next command ends */
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

/* Where the commands come from; NULL, with a sentence, where they cannot be read. */
static FILE *open_source(const session_settings *s, detinit_error *error)
{
    const bool from_text = s->command != NULL;
    FILE *in = from_text                     ? fmemopen(s->command, strlen(s->command), "r")
               : strcmp(s->script, "-") == 0 ? stdin
                                             : fopen(s->script, "r");
    if (in != NULL)
        return in;
    error_set(error, DETINIT_IO, "--script: cannot read '%.200s': %s",
              from_text ? s->command : s->script, strerror(errno));
    return NULL;
}

bool script_run(settings *s, detinit_error *error)
{
    script run = {.queue = queue_new()};
    const char *name = s->session.command != NULL ? "command" : s->session.script;
    FILE *in = run.queue != NULL ? open_source(&s->session, error) : NULL;
    if (run.queue == NULL) {
        error_set(error, DETINIT_NO_MEMORY, "not enough memory for a script");
    }
    if (in == NULL) {
        queue_free(run.queue);
        return false;
    }
    model_init(&run.m, s);
    bool done = run_stream(&run, in, name, error);
    if (in != stdin)
        fclose(in);
    queue_free(run.queue);
    model_free(&run.m);
    settings_init(s); /* its texts went with the model */
    return done;
}
