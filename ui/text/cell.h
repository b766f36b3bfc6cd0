/*
 * A buffer of character cells.  Panes draw into it; term.c shows it, picture.c
 * makes text, ANSI or SVG of it, tests compare it.  Knows no terminal.
 */
#ifndef UI_TEXT_CELL_H
#define UI_TEXT_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Hues that curves have, and steps of each colour map; the middle of an odd number is 0. */
#define SERIES_MOST 8
#define MAP_LEVELS  65

/* What a cell is for; palette.c turns roles into colours, or into none. */
enum role {
    ROLE_TEXT,
    ROLE_DIM,    /* frames, headings of rows and columns */
    ROLE_ACCENT, /* the one thing to look at */
    ROLE_GOOD,
    ROLE_BAD,
    ROLE_THEORY,                           /* what theory expects */
    ROLE_DRAWN,                            /* what was drawn: its name, its curve */
    ROLE_BAR,                              /* and its bars */
    ROLE_READABLE,                         /* black or white, whichever reads on its paper */
    ROLE_SERIES,                           /* ROLE_SERIES + n, n < SERIES_MOST: a curve's hue */
    ROLE_RAMP = ROLE_SERIES + SERIES_MOST, /* ROLE_RAMP + n, n < MAP_LEVELS: from little to much */
    ROLE_SIGNED = ROLE_RAMP + MAP_LEVELS,  /* ROLE_SIGNED + n: from below 0 to above it */
    ROLE_COUNT = ROLE_SIGNED + MAP_LEVELS
};

enum { ATTR_BOLD = 1, ATTR_REVERSE = 2 };

#define CELL_TAKEN UINT32_MAX

/* The upper half of a cell, whose lower half is its paper: two pixels. */
#define CELL_PIXELS 0x2580u

/* What stands where text was cut. */
#define CELL_ELLIPSIS 0x2026u

typedef struct cell {
    uint32_t rune; /* one Unicode character; CELL_TAKEN where the one before is two cells wide */
    uint8_t role;  /* of the character; of CELL_PIXELS the upper one */
    uint8_t paper; /* of what is behind it; of CELL_PIXELS the lower one; ROLE_TEXT: nothing */
    uint8_t attributes;
} cell;

typedef struct rect {
    int x, y, width, height;
} rect;

/* What befell text, counted for tests. */
typedef struct cells_watch {
    int cut;            /* texts that ended in an ellipsis */
    int lost;           /* texts that lay outside their area */
    int overwritten;    /* characters of text that others were drawn over */
    char first[3][160]; /* the first of each */
    uint8_t *is_text;   /* by cell */
} cells_watch;

typedef struct cells {
    int width, height;
    bool ascii;         /* runes beyond ASCII are drawn as their likeness in it */
    cell *at;           /* at[y * width + x] */
    cells_watch *watch; /* NULL: nobody looks */
} cells;

/* Makes an empty buffer; false where memory fails. Freed by cells_free. */
bool cells_init(cells *c, int width, int height, bool ascii);
void cells_free(cells *c);
void cells_clear(cells *c);

/* Whether two cells show the same. */
bool cells_same(const cell *a, const cell *b);

/* One cell; outside the buffer it is lost. */
void cells_put(cells *c, int x, int y, uint32_t rune, unsigned role, unsigned attributes);

/* The same on a paper, the role of which colours what is behind the character. */
void cells_put_on(cells *c, int x, int y, uint32_t rune, unsigned role, unsigned paper,
                  unsigned attributes);

/*
 * UTF-8 text from (x, y) in `area`, both in the buffer's coordinates; what does not fit is cut,
 * with an ellipsis as its last character.  Returns its columns.
 */
int cells_text(cells *c, rect area, int x, int y, unsigned role, unsigned attributes,
               const char *text);
__attribute__((format(printf, 7, 8))) int cells_print(cells *c, rect area, int x, int y,
                                                      unsigned role, unsigned attributes,
                                                      const char *format, ...);

/*
 * Where a text is broken that is to fit so many columns: after its last blank before them, or
 * anywhere. Returns bytes.
 */
size_t cells_break(const char *text, int columns);

/* Text broken into the lines of `area`; an ellipsis where it has too few. Returns the lines. */
int cells_paragraph(cells *c, rect area, unsigned role, const char *text);

/* The first of several texts, longest first and NULL at the end, that fits so many columns; ""
 * where none does. */
const char *cells_fitting(int columns, const char *const *texts);

/* Cuts UTF-8 text so that it fits, with an ellipsis at its end: for what may be of any length. */
void cells_shorten(char *text, int columns);

/* A frame with a title in its upper edge and a note in its lower one; returns the inside. */
rect cells_frame(cells *c, rect area, const char *title, const char *note, bool focused);

/* Blanks over all of `area`, whatever was there. */
void cells_wipe(cells *c, rect area);

/* Columns of a terminal that the first `length` bytes of UTF-8 text take. */
int cells_columns(const char *text, size_t length);

/* The next character of UTF-8 text, which moves on; U+FFFD for what is none,
 * '?' for what is not harmless. */
uint32_t cells_next_rune(const char **text);

#endif
