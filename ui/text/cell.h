/*
 * A buffer of character cells.  Panes draw into it; term.c shows it, picture.c
 * makes text, ANSI or SVG of it, tests compare it.  Knows no terminal.
 */
#ifndef UI_TEXT_CELL_H
#define UI_TEXT_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Steps of the heat map from the lowest to the highest; the middle one is 0. */
#define HEAT_LEVELS 15

/* Steps of the map of change, from what sleeps to what changed most. */
#define WAKE_LEVELS 8

/* What a cell is for; palette.c turns roles into colours, or into none. */
enum role {
    ROLE_TEXT,
    ROLE_DIM,    /* frames, headings of rows and columns */
    ROLE_ACCENT, /* the one thing to look at */
    ROLE_GOOD,
    ROLE_BAD,
    ROLE_THEORY, /* what theory expects */
    ROLE_BAR,    /* what was drawn */
    ROLE_OVER,   /* theory over what was drawn */
    ROLE_HEAT,   /* ROLE_HEAT + n, n < HEAT_LEVELS: colours the background */
    ROLE_WAKE = ROLE_HEAT + HEAT_LEVELS, /* ROLE_WAKE + n, n < WAKE_LEVELS: likewise */
    ROLE_COUNT = ROLE_WAKE + WAKE_LEVELS
};

enum { ATTR_BOLD = 1, ATTR_REVERSE = 2 };

#define CELL_TAKEN UINT32_MAX

typedef struct cell {
    uint32_t rune; /* one Unicode character; CELL_TAKEN where the one before is two cells wide */
    uint8_t role;
    uint8_t attributes;
} cell;

typedef struct rect {
    int x, y, width, height;
} rect;

typedef struct cells {
    int width, height;
    bool ascii; /* runes beyond ASCII are drawn as their likeness in it */
    cell *at;   /* at[y * width + x] */
} cells;

/* Makes an empty buffer; false where memory fails. Freed by cells_free. */
bool cells_init(cells *c, int width, int height, bool ascii);
void cells_free(cells *c);
void cells_clear(cells *c);

/* One cell; outside the buffer it is lost. */
void cells_put(cells *c, int x, int y, uint32_t rune, unsigned role, unsigned attributes);

/* UTF-8 text from (x, y), clipped to `area`; both in the buffer's coordinates. Returns its columns.
 */
int cells_text(cells *c, rect area, int x, int y, unsigned role, unsigned attributes,
               const char *text);
__attribute__((format(printf, 7, 8))) int cells_print(cells *c, rect area, int x, int y,
                                                      unsigned role, unsigned attributes,
                                                      const char *format, ...);

/* A frame with a title in its upper edge and a note in its lower one; returns the inside. */
rect cells_frame(cells *c, rect area, const char *title, const char *note, bool focused);

/* Columns of a terminal that the first `length` bytes of multibyte text take. */
int cells_columns(const char *text, size_t length);

/* The next character of UTF-8 text, which moves on; U+FFFD for what is none. */
uint32_t cells_next_rune(const char **text);

#endif
