/* A buffer of cells as a file: plain text, text with ANSI colours, SVG. */
#ifndef UI_EXPORT_H
#define UI_EXPORT_H

#include "cell.h"
#include "detinit.h"

typedef enum export_format { EXPORT_TEXT, EXPORT_ANSI, EXPORT_SVG } export_format;

/* From ".txt", ".ansi", ".svg". */
bool export_format_of_path(const char *path, export_format *format);

/* The buffer in that format, NUL-terminated, to be freed by the caller; NULL where memory fails. */
char *export_cells(const cells *c, export_format format, bool color, bool light);

#endif
