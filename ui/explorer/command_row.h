/*
 * What the table of commands is made of.  Each subject has its rows in a file of its own, beside
 * what they do; command.c puts them one behind the other.
 */
#ifndef UI_EXPLORER_COMMAND_ROW_H
#define UI_EXPLORER_COMMAND_ROW_H

#include "model/model.h"
#include "pane/screenshot.h"

/* A word that a command takes, and what it does. */
typedef struct command_word {
    const char *name;
    bool (*run)(model *m, int by, detinit_error *error);
    int by;       /* what run is given */
    bool in_help; /* the command's help names it; "..." stands for those that it does not */
} command_word;

/* The n-th word of a command; the one after the last has no name. */
typedef command_word command_words(int n);

/* A command that is not an option. */
typedef struct command {
    const char *name;
    const char *value; /* placeholder in help: "I,J"; "[NAME]" may be left out; NULL: takes none */
    command_words *words; /* the values that it knows; NULL: others */
    const char *help;     /* one line; words that it names come after */
    /* With NULL or a value that is not empty; NULL: its words say what to do. */
    bool (*run)(model *m, const char *value, detinit_error *error);
    /*
     * What of the screen it shows, for whom results must be there before it runs; false for a
     * value that it will refuse.  NULL: it needs none.
     */
    bool (*shows)(const model *m, const char *value, screenshot *what);
} command;

/* Whether its value names a file or a folder. */
bool command_takes_path(const command *c);

/* Cuts " --name VALUE" off the end of a text. Returns the value, or NULL where there is none. */
char *command_cut_flag(char *text, const char *flag);

/* The subjects; behind the last row of each is one without a name. */
extern const command look_commands[], recipe_commands[], settings_commands[], training_commands[],
    file_commands[], export_commands[], lesson_commands[], program_commands[];

/* Does what the word says that `value` is, or begins; where none is, a sentence with all words and
 * the nearest. */
bool command_run_word(model *m, const char *name, command_words *words, const char *value,
                      detinit_error *error);

/* The help of a command, with the words that it names: "next seed, layer or mode". */
const char *command_help(const command *c, char *buffer, size_t size);

/* The next or the previous of `count` values, around the ends. */
int command_step(int value, int by, int count);

#endif
