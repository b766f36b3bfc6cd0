/*
 * A buffer of character cells.  Panes draw into it; term.c shows it, export.c
 * writes it as text, ANSI or SVG, tests compare it.  Knows no terminal.
 */
#ifndef UI_CELL_H
#define UI_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a cell is for; palettes turn roles into colours, or into none. */
typedef enum role {
    ROLE_TEXT,
    ROLE_DIM,    /* frames, headings of rows and columns */
    ROLE_ACCENT, /* the one thing to look at */
    ROLE_TITLE,
    ROLE_TITLE_ON, /* title of the pane that has the keys */
    ROLE_GOOD,
    ROLE_BAD,
    ROLE_THEORY, /* the theoretical curve */
    ROLE_BAR,
    ROLE_SERIES, /* ROLE_SERIES + n, n < ROLE_SERIES_COUNT: a curve per mode */
    ROLE_SERIES_LAST = ROLE_SERIES + 4,
    ROLE_HEAT, /* ROLE_HEAT + n, n < HEAT_LEVELS: diverging scale, the middle is 0 */
    ROLE_HEAT_LAST = ROLE_HEAT + 14,
    ROLE_COUNT
} role;

#define ROLE_SERIES_COUNT (ROLE_SERIES_LAST - ROLE_SERIES + 1)
#define HEAT_LEVELS       (ROLE_HEAT_LAST - ROLE_HEAT + 1)

enum { ATTR_BOLD = 1, ATTR_REVERSE = 2, ATTR_UNDERLINE = 4 };

typedef struct cell {
    uint32_t rune; /* one Unicode character of width 1 */
    uint8_t role;  /* foreground; a heat role colours the background */
    uint8_t attributes;
} cell;

typedef struct rect {
    int x, y, width, height;
} rect;

typedef struct cells {
    int width, height;
    bool ascii; /* draw with ASCII only */
    cell *at;   /* at[y * width + x] */
} cells;

/* Makes an empty buffer; false where memory fails. Freed by cells_free. */
bool cells_init(cells *c, int width, int height, bool ascii);
void cells_free(cells *c);
void cells_clear(cells *c);

/* All drawing is clipped to the buffer, and cells_text to `area`. */
void cells_put(cells *c, int x, int y, uint32_t rune, role r, unsigned attributes);

/* UTF-8 text from (x, y) inside `area` (absolute coordinates); returns the columns taken. */
int cells_text(cells *c, rect area, int x, int y, role r, unsigned attributes, const char *text);
__attribute__((format(printf, 7, 8))) int cells_print(cells *c, rect area, int x, int y, role r,
                                                      unsigned attributes, const char *format, ...);

/* A frame with a title in its upper edge and a note in its lower one; returns the inside. */
rect cells_frame(cells *c, rect area, const char *title, const char *note, bool focused);

#endif
