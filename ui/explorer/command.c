#include "explorer/command.h"

#include "explorer/command_option.h"
#include "option/option.h"
#include "option/refuse.h"
#include "text/word.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------- table */

const command *command_at(int n)
{
    static const command *const subjects[] = {look_commands,     recipe_commands, settings_commands,
                                              training_commands, file_commands,   export_commands,
                                              lesson_commands,   program_commands};
    for (size_t subject = 0; subject < sizeof subjects / sizeof subjects[0]; subject++)
        for (const command *c = subjects[subject]; c->name != NULL; c++)
            if (n-- == 0)
                return c;
    return NULL;
}

const command *command_find(const char *name)
{
    const command *c;
    for (int n = 0; (c = command_at(n)) != NULL; n++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static int count_commands(void)
{
    int count = 0;
    while (command_at(count) != NULL)
        count++;
    return count;
}

const char *command_name(const void *list, int index)
{
    const command *c = command_at(index);
    int left = index - count_commands();
    (void)list;
    if (c != NULL)
        return c->name;
    for (int n = 0; n < OPTION_COUNT; n++)
        if ((options[n].uses & OPTION_AT_PROMPT) != 0 && left-- == 0)
            return options[n].name;
    return NULL;
}

/* --------------------------------------------------------------- one command */

/* Cuts blanks and colons off the front, and blanks off the end. */
static char *trim(char *text)
{
    while (isspace((unsigned char)*text) || *text == ':')
        text++;
    char *end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        *--end = '\0';
    return text;
}

bool command_cut(char **line, command_call *call)
{
    while (*line != NULL) {
        const char end = (*line)[strcspn(*line, ";\n#")];
        char *text = strsep(line, ";\n#");
        if (end == '#')
            *line = NULL;
        text = trim(text);
        if (*text == '\0')
            continue;
        *call = (command_call){.name = text, .value = text + strcspn(text, " \t=")};
        if (*call->value != '\0') {
            *call->value++ = '\0';
            call->value += strspn(call->value, " \t");
        }
        if (*call->value == '\0')
            call->value = NULL;
        return true;
    }
    return false;
}

/* A path below the user's home, "~/w.npy", as the prompt completes it, is one from the root. */
static const char *expand_home(const char *value, char path[PATH_MAX])
{
    const char *home = getenv("HOME");
    const char *behind = value != NULL ? strstr(value, " ~/") : NULL;
    const char *at = value == NULL || strncmp(value, "~/", 2) == 0 ? value
                     : behind != NULL                              ? behind + 1
                                                                   : NULL;
    if (at == NULL || home == NULL || home[0] != '/' ||
        snprintf(path, PATH_MAX, "%.*s%s%s", (int)(at - value), value, home, at + 1) >= PATH_MAX)
        return value;
    return path;
}

bool command_takes_path(const command *c)
{
    return c->value != NULL &&
           (strstr(c->value, "FILE") != NULL || strstr(c->value, "PATH") != NULL);
}

static bool do_command(model *m, const command *c, const char *value, detinit_error *error)
{
    char path[PATH_MAX];
    if (command_takes_path(c))
        value = expand_home(value, path);
    if (value == NULL && c->value != NULL && c->value[0] != '[')
        return refuse(error, "%s: needs a value: %s", c->name, c->value);
    if (value != NULL && c->value == NULL)
        return refuse(error, "%s: takes no value", c->name);
    return c->run != NULL ? c->run(m, value, error)
                          : command_run_word(m, c->name, c->words, value, error);
}

bool command_do(model *m, const command_call *call, detinit_error *error)
{
    const command *c = command_find(call->name);
    const option *which = option_find(call->name);
    if (c != NULL)
        return do_command(m, c, call->value, error);
    if (which != NULL && (which->uses & OPTION_AT_PROMPT) != 0) {
        char path[PATH_MAX];
        return option_command(
            m, which, which->kind == OPTION_TEXT ? expand_home(call->value, path) : call->value,
            error);
    }
    const char *nearest = word_nearest(call->name, command_name, NULL);
    if (nearest != NULL)
        return refuse(error, "%.60s: no such command, did you mean %s?", call->name, nearest);
    return refuse(error, "%.60s: no such command; help lists them", call->name);
}

bool command_shows(const model *m, const command_call *call, screenshot *what)
{
    const command *c = command_find(call->name);
    return c != NULL && c->shows != NULL && call->value != NULL && c->shows(m, call->value, what);
}

/* ------------------------------------------------------------------- lines */

/* Whether all that a command shows is there; what is not is asked for. */
static bool is_ready(model *m, const command_call *call)
{
    screenshot what;
    if (!command_shows(m, call, &what) || screenshot_ready(m, &what))
        return true;
    m->wanted |= screenshot_missing(m, &what);
    return false;
}

static bool wait_for_results(model *m, const command_call *call, const char *line,
                             detinit_error *error)
{
    if (!model_wait(m, line))
        return refuse_memory(error);
    model_say(m, MESSAGE_INFO, "%s: waits until all of it is computed; Ctrl-C gives it up",
              call->name);
    return true;
}

bool command_run(model *m, const char *line, detinit_error *error)
{
    char *copy = strdup(line), *rest = copy;
    command_call call;
    const uint64_t opened = m->viewings;
    bool done = copy != NULL || refuse_memory(error);
    while (done && command_cut(&rest, &call)) {
        if (m->viewings != opened && m->viewings_ended != m->viewings) { /* the line opens a file */
            done = model_wait_for_file(m, line + (call.name - copy)) || refuse_memory(error);
            break;
        }
        if (!is_ready(m, &call)) {
            done = wait_for_results(m, &call, line + (call.name - copy), error);
            break;
        }
        done = command_do(m, &call, error);
    }
    free(copy);
    return done;
}

/* Carries out the first command of a line that has waited, on what was looked at then. */
static bool do_waiting(model *m, const waiting_line *line, const command_call *call,
                       detinit_error *error)
{
    const view now = m->view;
    m->view = line->view;
    bool done = command_do(m, call, error);
    m->view = now;
    return done;
}

/* Whether the first waiting line can go on; or it is given up: an error. */
static bool can_resume(model *m, const command_call *call, bool *ready, detinit_error *error)
{
    const waiting_line *line = m->waiting;
    const view now = m->view;
    const unsigned wanted = m->wanted;
    if (line->generation != m->generation || line->view.activation != m->view.activation)
        return refuse(error, "%s: given up, since the recipe has changed before all was computed",
                      call->name);
    m->view = line->view;
    *ready = is_ready(m, call);
    m->view = now;
    if (*ready || (m->wanted & ~wanted & m->results.given_up) == 0) /* another size shows more */
        return true;
    m->wanted = wanted; /* what was asked for was given up: it failed */
    return refuse(error, "%s: given up: %.400s", call->name,
                  m->message_kind == MESSAGE_BAD && m->message[0] != '\0'
                      ? m->message
                      : "not all of it could be computed");
}

/* The first waiting line, which waits for a file; the same. */
static bool resume_with_file(model *m, bool *ready, detinit_error *error)
{
    *ready = m->viewings_ended >= m->waiting->opening;
    if (!*ready)
        return true;
    waiting_line *line = model_take_waiting(m);
    const bool done = m->viewing_failed || command_run(m, line->text, error);
    waiting_line_free(line);
    return done;
}

/* The first waiting line; false where it failed. *ready: whether it no longer waits. */
static bool resume_first(model *m, bool *ready, detinit_error *error)
{
    char *copy = strdup(m->waiting->text), *rest = copy;
    command_call call = {.name = NULL};
    *ready = true;
    bool done = copy != NULL || refuse_memory(error);
    if (done && command_cut(&rest, &call))
        done = can_resume(m, &call, ready, error);
    if (!done || *ready) {
        waiting_line *line = model_take_waiting(m);
        done = done && do_waiting(m, line, &call, error) &&
               (rest == NULL || command_run(m, rest, error));
        waiting_line_free(line);
    }
    free(copy);
    return done;
}

bool command_resume(model *m, detinit_error *error)
{
    bool ready = true, done = true;
    while (m->waiting != NULL && ready && done)
        done = m->waiting->opening > 0 ? resume_with_file(m, &ready, error)
                                       : resume_first(m, &ready, error);
    return done;
}
