/*
 * Commands: what flags, keys, prompt and scripts all become.  A command is a
 * name and at most a value; it changes the model and nothing else.
 */
#ifndef UI_EXPLORER_COMMAND_H
#define UI_EXPLORER_COMMAND_H

#include "explorer/command_row.h"

/* The commands that are not options, in the order of help; NULL after the last. */
const command *command_at(int n);

/* The command of that name, or NULL. */
const command *command_find(const char *name);

/* The names of all commands, then of the options that are commands; NULL after the last.  They are
 * one list, whatever `list` is. */
const char *command_name(const void *list, int index);

/* A command as it was typed; the parts lie in the line that it was cut out of. */
typedef struct command_call {
    char *name;
    char *value; /* NULL or not empty */
} command_call;

/*
 * Cuts the next command out of a line of them, separated by ';', which goes on to the rest; '#'
 * begins a comment.  False, with NULL for the line, after the last.
 */
bool command_cut(char **line, command_call *call);

/* Carries out one command.  On failure there is a sentence, and nothing was changed. */
bool command_do(model *m, const command_call *call, detinit_error *error);

/* What a command shows, for which results must be there before it runs; false: it needs none. */
bool command_shows(const model *m, const command_call *call, screenshot *what);

/*
 * Carries out a line of commands, and stops at the first that fails.  One that shows results that
 * are still to come waits for them, with the rest of its line (command_resume).
 */
bool command_run(model *m, const char *line, detinit_error *error);

/*
 * Carries out what has waited, where its results are there now.  What waits for another recipe
 * than that of the model, or for what cannot be had, is given up, and the error says so.
 */
bool command_resume(model *m, detinit_error *error);

/*
 * Candidate number `index` for the word that ends the text `line`, into buffer;
 * false after the last.  *wants_file: a file name goes here instead.
 */
bool command_complete(const char *line, int index, char *buffer, size_t size, bool *wants_file);

#endif
