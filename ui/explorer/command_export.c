/* The command that draws the screen, or a pane, into a file. */
#include "explorer/command_row.h"
#include "base/error.h"

#include "explorer/screen.h"
#include "file/savefile.h"
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

/* A word after the path: a size, or the pane. */
static bool take_word(screenshot *what, const char *word)
{
    int w, h;
    char after;
    if (sscanf(word, "%dx%d%c", &w, &h, &after) == 2 && w > 0 && h > 0 && w <= 1000 && h <= 1000) {
        what->width = w;
        what->height = h;
        return true;
    }
    what->pane = pane_find(word);
    return what->pane >= 0;
}

static bool parse(const model *m, const char *value, export_plan *plan, detinit_error *error)
{
    char words[2][32] = {"", ""};
    *plan = (export_plan){.what = {.pane = -1, .width = m->width, .height = m->height}};
    if (sscanf(value, "%511s %31s %31s", plan->path, words[0], words[1]) < 1)
        return refuse_with(error, DETINIT_INVALID, value, "needs the name of a file");
    for (int n = 0; n < 2; n++)
        if (words[n][0] != '\0' && !take_word(&plan->what, words[n]))
            return refuse_with(error, DETINIT_INVALID, words[n],
                               "is neither a pane nor a size such as 100x30");
    return picture_format_of_path(plan->path, &plan->format) ||
           refuse_with(error, DETINIT_INVALID, plan->path, "must end in .txt, .ansi or .svg");
}

static bool export_shows(const model *m, const char *value, screenshot *what)
{
    export_plan plan;
    detinit_error ignored; /* the command itself will refuse it */
    bool sensible = parse(m, value, &plan, &ignored);
    *what = plan.what;
    return sensible;
}

/* All or nothing, as a save. */
static bool write_file(const char *path, const char *text, detinit_error *error)
{
    savefile file;
    char why[128];
    detinit_status status = savefile_open(&file, path, NULL, 0, error);
    if (status == DETINIT_OK) {
        const output out = output_on(file.fd, path, NULL, 0);
        status = output_write(&out, text, strlen(text), error);
        if (status == DETINIT_OK)
            status = savefile_commit(&file, error);
        else
            savefile_abandon(&file);
    }
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
