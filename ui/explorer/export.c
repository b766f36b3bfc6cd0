#include "explorer/export.h"

#include "explorer/command.h"
#include "file/savefile.h"
#include "pane/layout.h"
#include "text/picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool refuse(detinit_error *error, detinit_status status, const char *path, const char *why)
{
    error->status = status;
    snprintf(error->message, sizeof error->message, "export: '%.200s' %s", path, why);
    return false;
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
    return status == DETINIT_OK || refuse(error, status, path, why);
}

/* Draws the model as it would look in that size, only one pane where it is named. */
static bool export_screen(const model *m, const export_plan *plan, detinit_error *error)
{
    const char *path = plan->path;
    picture_format format;
    cells c;
    if (!picture_format_of_path(path, &format))
        return refuse(error, DETINIT_INVALID, path, "must end in .txt, .ansi or .svg");
    if (!cells_init(&c, plan->width, plan->height, m->settings.screen.ascii))
        return refuse(error, DETINIT_NO_MEMORY, path, "is too large a picture");
    if (plan->pane == PANE_COUNT)
        layout_draw(m, &c);
    else
        layout_draw_pane(m, &c, plan->pane);
    char *text =
        picture_of_cells(&c, format, m->settings.screen.color != COLOR_NEVER, model_light(m));
    cells_free(&c);
    if (text == NULL)
        return refuse(error, DETINIT_NO_MEMORY, path, "is too large a picture");
    bool written = write_file(path, text, error);
    free(text);
    return written;
}

bool export_parse(const model *m, const char *value, export_plan *plan, detinit_error *error)
{
    char words[2][32] = {"", ""};
    *plan = (export_plan){.pane = PANE_COUNT, .width = m->width, .height = m->height};
    if (sscanf(value, "%511s %31s %31s", plan->path, words[0], words[1]) < 1)
        return refuse(error, DETINIT_INVALID, value, "needs the name of a file");
    for (int n = 0; n < 2; n++) {
        int w, h;
        char after;
        bool is_size = sscanf(words[n], "%dx%d%c", &w, &h, &after) == 2 && w > 0 && h > 0 &&
                       w <= 1000 && h <= 1000;
        if (is_size) {
            plan->width = w;
            plan->height = h;
        } else if (words[n][0] != '\0' && (plan->pane = layout_find_pane(words[n])) == PANE_COUNT) {
            return refuse(error, DETINIT_INVALID, words[n],
                          "is neither a pane nor a size such as 100x30");
        }
    }
    return true;
}

bool export_run(model *m, const char *value, detinit_error *error)
{
    export_plan plan;
    if (!export_parse(m, value, &plan, error) || !export_screen(m, &plan, error))
        return false;
    model_say(m, MESSAGE_GOOD, "drew %s", plan.path);
    return true;
}
