/*
 * Panes: each is a row of operations on the model, in a file of its own and in panes.def.  What
 * it keeps between them is its own: the model only has room for it.
 */
#ifndef UI_PANE_PANE_H
#define UI_PANE_PANE_H

#include "text/cell.h"
#include "model/model.h"
#include "pane/motion.h"

/* Bytes of the longest text about a pane. */
#define PANE_ABOUT_MOST 1200

/* One of several pictures that a pane can show. */
typedef struct pane_view {
    const char *name; /* what `view NAME` takes */
    bool in_help;     /* the help of `view` names it */
    const char *note; /* what the pane's note says of it; NULL: nothing */
    unsigned pieces;  /* bit n: it shows piece n instead of the pane's pieces; 0: those */
    /* Whether there is something to show: others `view` leaves out; NULL: there always is. */
    bool (*fits)(const model *m);
    /* Draws it; NULL: the pane's own drawing does, and looks which view it is. */
    void (*draw)(const model *m, cells *c, rect inside);
    /* What else is to be done when it is chosen; NULL: nothing. */
    void (*chosen)(model *m);
} pane_view;

/* A key that works in a pane, for the screen's last line. */
typedef struct key_hint {
    const char *key, *what;
} key_hint;

/* A key that means something else while the pane has the focus. */
typedef struct pane_key {
    int key;
    const char *text; /* as typed at the prompt */
    const char *help;
} pane_key;

typedef struct hint_list {
    const key_hint *hints; /* the most telling first: where the line is short the last ones go */
    size_t count;
} hint_list;

#define HINT_LIST(hints) ((hint_list){hints, sizeof hints / sizeof hints[0]})

typedef struct pane {
    const char *name;         /* what `pane NAME` takes */
    const char *title;        /* in the frame, after its number */
    const char *about;        /* what it shows and how to read it: paragraphs, '\n' between them */
    const char *const *words; /* of the glossary that it uses; behind the last NULL; NULL: none */
    size_t state;             /* bytes that it keeps for itself (pane_state); 0: none */
    unsigned pieces;          /* bit n: it shows piece n, and is drawn when it is there */
    unsigned pieces_of_file;  /* the same, of numbers that no recipe tells */
    bool early;               /* it is drawn before all of them are there */
    bool wide;              /* takes a whole strip of a large screen, as others take half of one */
    bool faced;             /* it shows a file's tensor by the face that is chosen */
    bool leads;             /* where it has something to show, its place is before all others */
    const pane_key *keys;   /* behind the last key 0; NULL: none */
    const pane_view *views; /* the first is shown at first, the last has no name; NULL: only one */
    /* Whether it has nothing to show, and so a place only while it is in focus; NULL: it has. */
    bool (*idle)(const model *m);
    /* Whether something beside its pieces is still to come; NULL: nothing ever is. */
    bool (*waits)(const model *m);
    /* What it is of, after the title; NULL: nothing. */
    void (*subject)(const model *m, char *buffer, size_t size);
    /* Takes the inside that it has on the screen, or one of width 0, to scroll; NULL: no need. */
    void (*fit)(model *m, rect inside);
    /* Draws the inside of the frame, of any size from 1 x 1; NULL: its views do. */
    void (*draw)(const model *m, cells *c, rect inside);
    /* What stands in the frame's lower edge, "" for nothing; NULL: the note of its view. */
    void (*note)(const model *m, rect inside, char *buffer, size_t size);
    /* Cursor keys; matrix_move in all panes that are about the matrix; NULL: they do nothing. */
    void (*move)(model *m, motion by);
    bool shows_cursor; /* the matrix's, so that matrix_move changes what it shows */
    /* Enter: takes what its own cursor is at; false where that is taken already. NULL: none. */
    bool (*choose)(model *m);
    /* A click at a place of the screen, in the frame or on it; NULL: it gets the focus alone. */
    void (*click)(model *m, rect inside, int x, int y);
    /* Keys that work now; NULL, or none: those that work everywhere. */
    hint_list (*hints)(const model *m);
    /* The command line that prints what it shows; NULL: that of the matrix. */
    void (*command_line)(const model *m, char *buffer, size_t size);
} pane;

#define PANE(name) extern const pane pane_##name;
#include "pane/panes.def"
#undef PANE

/* How many there are. */
enum {
    PANE_COUNT = 0
#define PANE(name) +1
#include "pane/panes.def"
#undef PANE
};

/* By their numbers, from 0. */
extern const pane *const panes[PANE_COUNT];

/* The number of the pane that a name, the beginning of only one, its place from 1, or the number in
 * its title means; or -1. */
int pane_find(const char *text);

/* The number in its title, from 1; 0 of the one that leads where there is a file. */
long pane_number(const pane *p);

/* What a pane keeps for itself, as many bytes as its row says. */
const void *pane_state(const model *m, const pane *p);
void *pane_state_to_change(model *m, const pane *p);

/* Lets the keys go to a pane. */
void pane_focus(model *m, const pane *p);
bool pane_in_focus(const model *m, const pane *p);

/* Moves the cursor of a pane, where it has one. */
void pane_move(const pane *p, model *m, motion by);

/* Views: how many, which is shown, and to show another. */
int pane_view_count(const pane *p);
int pane_view_now(const model *m, const pane *p);
void pane_show_view(model *m, const pane *p, int number);

/* The view after the one that is shown, around the end, of those that have something to show. */
int pane_view_next(const model *m, const pane *p);

/* The pieces that it shows of this recipe: none where there are no weights. */
unsigned pane_pieces(const model *m, const pane *p);

/* Whether all that a pane shows is there; the pieces that are not. */
bool pane_ready(const model *m, const pane *p);
unsigned pane_missing(const model *m, const pane *p);

/* Draws the inside of a pane, or says that it is still to come. */
void pane_draw(const model *m, cells *c, rect inside, const pane *p);
void pane_note(const model *m, rect inside, const pane *p, char *buffer, size_t size);

/*
 * The command line that prints what the pane in focus shows: the recipe, with what the pane asks
 * of it.  Returns buffer.
 */
const char *pane_command_line(const model *m, char *buffer, size_t size);

/* The command line of the matrix with `more` behind it, for panes that show more of it. */
void pane_matrix_line(const model *m, const char *more, char *buffer, size_t size);

#endif
