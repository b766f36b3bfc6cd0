/*
 * Commands: what flags, keys, prompt and scripts all become.  A command is a
 * name and at most a value; it changes the model and nothing else.
 */
#ifndef UI_COMMAND_H
#define UI_COMMAND_H

#include "model.h"

/* A command that is not an option: goto, pane, zoom, export, help, undo, quit, next, previous, ...
 */
typedef struct command {
    const char *name;
    const char *value; /* placeholder in help: "I,J"; NULL: takes none; "[NAME]": may be left out */
    const char *help;  /* one line */
    bool (*run)(model *m, const char *value, detinit_error *error);
} command;

extern const command commands[];
extern const int command_count;

/* A key and the command text that it stands for: {'+', "next seed", "next seed"}. */
typedef struct key_binding {
    int key;           /* a character, or one of KEY_... below */
    const char *label; /* as help shows it: "PgUp" */
    const char *text;  /* what runs, as typed at the prompt */
    const char *help;  /* short, for the key line and the help page; NULL: not listed by itself */
} key_binding;

/* Keys that are no characters; term.c translates curses' codes to these. */
enum {
    UI_KEY_UP = 0x110000,
    UI_KEY_DOWN,
    UI_KEY_LEFT,
    UI_KEY_RIGHT,
    UI_KEY_PAGE_UP,
    UI_KEY_PAGE_DOWN,
    UI_KEY_HOME,
    UI_KEY_END,
    UI_KEY_BACK_TAB,
    UI_KEY_F1,
    UI_KEY_ENTER,
    UI_KEY_TAB,
    UI_KEY_ESCAPE,
    UI_KEY_BACKSPACE,
    UI_KEY_DELETE
};

extern const key_binding key_bindings[];
extern const int key_binding_count;

/*
 * Runs one line of commands, separated by ';' ('#' starts a comment).  Stops at
 * the first that fails, says why in `error`, and leaves the model as that
 * command found it.
 */
bool command_run(model *m, const char *line, detinit_error *error);

/* The binding of a key, or NULL. */
const key_binding *command_key(int key);

/*
 * Completion of the word that ends at `cursor` in `line`: candidate number
 * `index` (0, 1, ...) into buffer, false after the last.  Knows commands,
 * options, values of choices; the caller completes file names where
 * *wants_file is set.
 */
bool command_complete(const char *line, size_t cursor, int index, char *buffer, size_t size,
                      bool *wants_file);

#endif
