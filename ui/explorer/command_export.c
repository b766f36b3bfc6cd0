/* The command that draws the screen, or a pane, into a file. */
#include "explorer/command_row.h"
#include "base/error.h"

#include "explorer/screen.h"
#include "file/savetext.h"
#include "pane/pane.h"
#include "text/picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What `FILE [PANE] [WIDTHxHEIGHT]` asks for. */
typedef struct export_plan {
    char path[512];
    picture_format format;
    screenshot what;
} export_plan;

static bool refuse_with(detinit_error *error, detinit_status status, const char *path,
                        const char *why)
{
    error_set(error, status, "export: '%.200s' %s", path, why);
    return false;
}

/* A word after the path, of which each kind comes once: a size, or the pane. */
static bool take_word(screenshot *what, bool *sized, const char *word)
{
    int w, h, found;
    char after;
    if (!*sized && sscanf(word, "%dx%d%c", &w, &h, &after) == 2 && w > 0 && h > 0 && w <= 1000 &&
        h <= 1000) {
        what->width = w;
        what->height = h;
        *sized = true;
        return true;
    }
    if (what->pane >= 0 || (found = pane_find(word)) < 0)
        return false;
    what->pane = found;
    return true;
}

/* The path ends with the first word that ends as pictures do, so that there may be blanks in it. */
static char *end_of_path(char *text, picture_format *format)
{
    for (char *end = text + strcspn(text, " "); *text != '\0';) {
        const char after = *end;
        *end = '\0';
        const bool good = picture_format_of_path(text, format);
        *end = after;
        if (good || after == '\0')
            return good ? end : NULL;
        end += strspn(end, " ");
        end += strcspn(end, " ");
    }
    return NULL;
}

static bool parse(const model *m, const char *value, export_plan *plan, detinit_error *error)
{
    bool sized = false;
    *plan = (export_plan){.what = {.pane = -1, .width = m->width, .height = m->height}};
    value += strspn(value, " ");
    if (*value == '\0')
        return refuse_with(error, DETINIT_INVALID, value, "needs the name of a file");
    if (strlen(value) >= sizeof plan->path)
        return refuse_with(error, DETINIT_INVALID, value, "is too long a name");
    strcpy(plan->path, value);
    char *rest = end_of_path(plan->path, &plan->format);
    if (rest == NULL) {
        plan->path[strcspn(plan->path, " ")] = '\0';
        return refuse_with(error, DETINIT_INVALID, plan->path, "must end in .txt, .ansi or .svg");
    }
    while (*rest != '\0') {
        *rest++ = '\0';
        char *word = rest + strspn(rest, " ");
        rest = word + strcspn(word, " ");
        const char after = *rest;
        *rest = '\0';
        if (*word != '\0' && !take_word(&plan->what, &sized, word))
            return refuse_with(error, DETINIT_INVALID, word,
                               "is neither a pane nor a size such as 100x30");
        *rest = after;
    }
    return true;
}

static bool export_shows(const model *m, const char *value, screenshot *what)
{
    export_plan plan;
    detinit_error ignored; /* the command itself will refuse it */
    bool sensible = parse(m, value, &plan, &ignored);
    *what = plan.what;
    return sensible;
}

static bool write_file(const char *path, const char *text, detinit_error *error)
{
    char why[128];
    uint64_t bytes = 0;
    const detinit_status status = savetext(path, text, &bytes, error);
    snprintf(why, sizeof why, "cannot be written: %s", strerror(errno));
    return status == DETINIT_OK || refuse_with(error, status, path, why);
}

static bool run_export(model *m, const char *value, detinit_error *error)
{
    export_plan plan;
    cells c;
    if (!parse(m, value, &plan, error))
        return false;
    if (!screenshot_draw(m, &plan.what, &c))
        return refuse_with(error, DETINIT_NO_MEMORY, plan.path,
                           "is too large a picture for the memory there is");
    char *text =
        picture_of_cells(&c, plan.format, m->settings.screen.color != COLOR_NEVER, model_light(m));
    cells_free(&c);
    if (text == NULL)
        return refuse_with(error, DETINIT_NO_MEMORY, plan.path,
                           "is too large a picture for the memory there is");
    bool written = write_file(plan.path, text, error);
    free(text);
    if (written)
        model_say(m, MESSAGE_GOOD, "drew %s", plan.path);
    return written;
}

const command export_commands[] = {
    {.name = "export",
     .value = "FILE [PANE] [WxH]",
     .help = "draw the screen or a pane into .txt, .ansi or .svg",
     .run = run_export,
     .shows = export_shows},
    {.name = NULL},
};
