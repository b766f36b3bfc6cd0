#include "explorer/script.h"
#include "base/error.h"

#include "explorer/command.h"
#include "explorer/help.h"
#include "explorer/screen.h"
#include "explorer/script_source.h"
#include "model/queue.h"
#include "option/option.h"
#include "option/refuse.h"
#include "pane/pane.h"

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
    m->shown_tensors = 0;
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

static bool run_lines(script *s, script_source *from, detinit_error *error)
{
    bool done = true, got = true;
    while (done && got && !s->m.quit) {
        if (!script_source_next(from, &got, error))
            return error->status == DETINIT_INVALID && fail_at(error, from->name, from->number);
        done = !got || run_line(s, from->line, error) || fail_at(error, from->name, from->number);
    }
    return done;
}

/* Room for what runs and where it comes from. */
typedef struct running {
    script script;
    script_source source;
} running;

bool script_run(settings *s, detinit_error *error)
{
    running *run = calloc(1, sizeof *run);
    queue *work = run != NULL ? queue_new() : NULL;
    bool done = false;
    if (work == NULL) {
        error_set(error, DETINIT_NO_MEMORY, "not enough memory for a script");
    } else if (script_source_open(&run->source, s->session.script, s->session.command, error)) {
        run->script.queue = work;
        model_init(&run->script.m, s);
        done = run_lines(&run->script, &run->source, error);
        script_source_close(&run->source);
    }
    queue_free(work);
    if (run != NULL && run->script.queue != NULL) {
        model_free(&run->script.m);
        settings_init(s); /* its texts went with the model */
    }
    free(run);
    return done;
}
