/* A buffer of cells as a file: plain text, text with ANSI colours, SVG. */
#ifndef UI_EXPLORER_EXPORT_H
#define UI_EXPLORER_EXPORT_H

#include "text/cell.h"
#include "model/model.h"

typedef enum export_format {
    EXPORT_TEXT,
    EXPORT_ANSI,
    EXPORT_SVG,
    EXPORT_FORMAT_COUNT
} export_format;

/* From ".txt", ".ansi", ".svg". False where the ending is none of them. */
bool export_format_of_path(const char *path, export_format *format);

/* The buffer in that format, to be freed by the caller; NULL where memory fails. */
char *export_cells(const cells *c, export_format format, bool color, bool light);

/* What the command `export FILE [PANE] [WIDTHxHEIGHT]` asks for. */
typedef struct export_plan {
    char path[512];
    pane_id pane; /* PANE_COUNT: the whole screen */
    int width, height;
} export_plan;

bool export_parse(const model *m, const char *value, export_plan *plan, detinit_error *error);

#endif
