/* A buffer of cells as a text of its own: plain, with ANSI colours, or as SVG. */
#ifndef UI_TEXT_PICTURE_H
#define UI_TEXT_PICTURE_H

#include "text/cell.h"

typedef enum picture_format {
    PICTURE_TEXT,
    PICTURE_ANSI,
    PICTURE_SVG,
    PICTURE_FORMAT_COUNT
} picture_format;

/* From ".txt", ".ansi", ".svg". False where the ending is none of them. */
bool picture_format_of_path(const char *path, picture_format *format);

/* The buffer in that format, to be freed by the caller; NULL where memory fails. */
char *picture_of_cells(const cells *c, picture_format format, bool color, bool light);

#endif
