/* The line at the bottom that commands are typed into. */
#ifndef UI_TERM_PROMPT_H
#define UI_TERM_PROMPT_H

#include "term/line_completion.h"

/* Opens the prompt with a text to start from. */
void prompt_open(const char *text);
void prompt_close(void);
bool prompt_is_open(void);

/*
 * Takes one character, as the terminal sends it.  True when the line is
 * finished: *line is then what was typed, to be freed, or NULL where it was
 * given up.
 */
bool prompt_key(int character, char **line);

/*
 * Takes an Esc that nothing followed, so that it began no sequence of bytes.  It closes the menu;
 * true where it gives the line up.
 */
bool prompt_lone_escape(void);

/* The menu of what may end the line, where it is open; else NULL. */
const completion *prompt_menu(void);

/* The line as it is, and the columns before its cursor. */
const char *prompt_text(int *cursor_column);

/* Keeps the history of the session; at the end of the program. */
void prompt_save_history(void);

#endif
