/* The command that draws the screen, or a pane, into a file. */
#ifndef UI_EXPLORER_EXPORT_H
#define UI_EXPLORER_EXPORT_H

#include "model/model.h"

/* What the command `export FILE [PANE] [WIDTHxHEIGHT]` asks for. */
typedef struct export_plan {
    char path[512];
    pane_id pane; /* PANE_COUNT: the whole screen */
    int width, height;
} export_plan;

bool export_parse(const model *m, const char *value, export_plan *plan, detinit_error *error);

#endif
