/*
 * Commands: what flags, keys, prompt and scripts all become.  A command is a
 * name and at most a value; it changes the model and nothing else.
 */
#ifndef UI_EXPLORER_COMMAND_H
#define UI_EXPLORER_COMMAND_H

#include "model/model.h"

/* A command that is not an option. */
typedef struct command {
    const char *name;
    const char *value; /* placeholder in help: "I,J"; "[NAME]" may be left out; NULL: takes none */
    const char *const *words; /* the values that it knows, for completion; NULL: others */
    const char *help;         /* one line */
    bool (*run)(model *m, const char *value, detinit_error *error); /* value: NULL or not empty */
} command;

extern const command commands[];
extern const int command_count;

/* The command of that name, or NULL. */
const command *command_find(const char *name);

/* The names of all commands, then of the options that are commands; NULL after the last. */
const char *command_name(int index);

/* Keys that are no characters; term.c turns the terminal's into these. */
enum {
    KEY_FIRST_SPECIAL = 0x110000,
    UI_KEY_UP = KEY_FIRST_SPECIAL,
    UI_KEY_DOWN,
    UI_KEY_LEFT,
    UI_KEY_RIGHT,
    UI_KEY_PAGE_UP,
    UI_KEY_PAGE_DOWN,
    UI_KEY_HOME,
    UI_KEY_END,
    UI_KEY_BACK_TAB,
    UI_KEY_F1,
    UI_KEY_BACKSPACE,
    UI_KEY_DELETE,
    UI_KEY_MOUSE
};

/* A key and the command line that it stands for. */
typedef struct key_binding {
    int key;
    const char *label; /* "PgUp" */
    const char *text;  /* as typed at the prompt: "next seed" */
    const char *help;  /* for the help page; NULL: the same as the binding before */
} key_binding;

extern const key_binding key_bindings[];
extern const int key_binding_count;

/* The binding of a key, or NULL. */
const key_binding *command_key(int key);

/*
 * Runs a line of commands, separated by ';'; '#' begins a comment.  Stops at the
 * first that fails, with a sentence; that command has changed nothing.
 */
bool command_run(model *m, const char *line, detinit_error *error);

/*
 * Candidate number `index` for the word that ends the text `line`, into buffer;
 * false after the last.  *wants_file: a file name goes here instead.
 */
bool command_complete(const char *line, int index, char *buffer, size_t size, bool *wants_file);

/* Draws the screen, or one pane, into a file: "FILE [PANE] [WIDTHxHEIGHT]". In export.c. */
bool export_run(model *m, const char *value, detinit_error *error);

#endif
