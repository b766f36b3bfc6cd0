/* The terminal: the only place that knows curses. */
#ifndef UI_TERM_TERM_H
#define UI_TERM_TERM_H

#include "text/cell.h"
#include "option/settings.h"

/* What was read from the terminal. */
typedef struct term_event {
    int key;       /* a character or a UI_KEY_... */
    int x, y;      /* of UI_KEY_MOUSE */
    int wheel;     /* -1 up, 1 down, 0: a button */
    bool pressed;  /* the button; */
    bool released; /* both where it was fast */
} term_event;

/*
 * Takes the terminal over.  False, with a sentence, where it is none, is unknown
 * or cannot move its cursor; the terminal is then as it was.
 */
bool term_open(const settings *s, detinit_error *error);

/* Gives the terminal back and repeats what was written to standard error meanwhile. */
void term_close(void);

/* Whether plain ASCII is to be drawn: it is asked for, or the locale's characters are not UTF-8. */
bool term_ascii(const settings *s);

/* The size; true where it has changed since it was last asked for. */
bool term_take_size(int *width, int *height);

void term_draw(const cells *c, int cursor_x, int cursor_y); /* cursor_x < 0: no cursor */
void term_redraw(void); /* everything anew, whatever the terminal shows */

/* The next event that is there; false where there is none. */
bool term_read(term_event *event);

/* The bytes of a key come closer together than this, in milliseconds. */
#define TERM_ESCAPE_DELAY 25

/* Whether more is typed, or comes within so many milliseconds. */
bool term_more_within(int milliseconds);

/* While the prompt is open, keys come as the bytes that the terminal sent. */
void term_raw_keys(bool raw);

/* Gives the terminal back, stops the program as a shell's Ctrl-Z does, and takes it over again. */
void term_suspend(void);

/* Whether SIGTSTP came from outside since this was last asked. */
bool term_take_stop(void);

/* The read end of a pipe that signals and workers write to, its write end, and the terminal. */
int term_wake_fd(void);
int term_wake_writer(void);
int term_input_fd(void);

/* The signal that asks the program to end, or 0. */
int term_ending_signal(void);

/* Whether the terminal has said so far that its background is light. */
bool term_light(void);

/* Takes the colors that the settings allow, for a light or a dark background. */
void term_take_colors(const settings *s, bool light);

#endif
