/* Commands to the program itself: the prompt, the help page, the terminal, the end. */
#include "explorer/command_row.h"
#include "explorer/screen.h"

#include "model/excursion.h"

#include <stdio.h>
#include <string.h>

static bool run_help(model *m, const char *value, detinit_error *error)
{
    if (value != NULL)
        return screen_find(m, value, error);
    m->view.help = !m->view.help;
    m->view.help_top = 0;
    m->view.help_search[0] = '\0';
    return true;
}

static bool run_prompt(model *m, const char *value, detinit_error *error)
{
    (void)error;
    const bool is_command = value != NULL && strchr(value, ' ') == NULL; /* its value comes next */
    snprintf(m->prompt_text, sizeof m->prompt_text, "%s%s", value != NULL ? value : "",
             is_command ? " " : "");
    m->requests |= REQUEST_PROMPT;
    return true;
}

/* Closes what is on top; false where nothing is. */
static bool close_top(model *m)
{
    if (m->view.help && m->view.help_search[0] != '\0')
        m->view.help_search[0] = '\0';
    else if (m->view.help)
        m->view.help = false;
    else if (m->learning.choosing)
        m->learning.choosing = false;
    else if (m->learning.before != NULL)
        model_leave_lesson(m);
    else if (m->view.zoomed)
        m->view.zoomed = false;
    else
        return false;
    return true;
}

static bool run_back(model *m, const char *value, detinit_error *error)
{
    (void)value, (void)error;
    close_top(m);
    return true;
}

static bool run_quit(model *m, const char *value, detinit_error *error)
{
    (void)value, (void)error;
    m->quit = true;
    return true;
}

static bool run_close(model *m, const char *value, detinit_error *error)
{
    (void)value, (void)error;
    if (!close_top(m))
        m->quit = true;
    return true;
}

static bool run_redraw(model *m, const char *value, detinit_error *error)
{
    (void)value, (void)error;
    m->requests |= REQUEST_REDRAW;
    return true;
}

static bool run_cancel(model *m, const char *value, detinit_error *error)
{
    (void)value, (void)error;
    m->requests |= REQUEST_CANCEL;
    return true;
}

static bool run_suspend(model *m, const char *value, detinit_error *error)
{
    (void)value, (void)error;
    m->requests |= REQUEST_SUSPEND;
    return true;
}

const command program_commands[] = {
    {.name = "prompt", .value = "[TEXT]", .help = "open the prompt", .run = run_prompt},
    {.name = "help",
     .value = "[TEXT]",
     .help = "this page, or where in it a word or another text stands",
     .run = run_help},
    {.name = "redraw", .help = "draw the screen anew", .run = run_redraw},
    {.name = "cancel", .help = "stop what is being computed", .run = run_cancel},
    {.name = "suspend", .help = "go back to the shell for a while", .run = run_suspend},
    {.name = "back", .help = "close what is on top", .run = run_back},
    {.name = "close", .help = "close what is on top; then leave", .run = run_close},
    {.name = "q", .help = "the same as quit", .run = run_quit},
    {.name = "quit", .help = "leave", .run = run_quit},
    {.name = NULL},
};
