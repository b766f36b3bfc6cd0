/*
 * Commands: the first word of a command line says what is to be done; without one a matrix is
 * printed.  A command is a file with its row, verb_NAME.c, and one line of the table in verb.c.
 */
#ifndef UI_VERB_VERB_H
#define UI_VERB_VERB_H

#include "option/option.h"

/* Options of which a command tells something else than their rows. */
#define VERB_TOLD 3

typedef struct verb {
    const char *name;    /* NULL: not a word, but what no word stands for */
    const char *operand; /* what follows the word, "FILE"; "[NAME]": or nothing; "A B": two;
                            NULL: nothing */
    const char *noun;    /* what the operand is, in a sentence: "file" */
    const char *usage;   /* the options that it is called with, for --help; NULL: none */
    const char *help;    /* one line */
    const char *told_by; /* what tells it those recipe options that it does not take, or NULL */
    unsigned groups;     /* GROUP_... that it takes; GROUP_PROGRAM is everybody's */
    bool options[OPTION_COUNT]; /* those that it takes beside them: {VERB_OPTION(SAVE), ...} */
    struct {
        option_id id;
        const char *help;    /* NULL behind the last */
    } told[VERB_TOLD];       /* what they do with this command, for its --help */
    const char *part_ending; /* of the parts that --shard saves of it: ".json"; NULL: none */
    bool prints_no_csv;
    /* On a terminal, unless --format is given, the explorer opens and does the command of the
     * verb's name, with the operand. */
    bool explores;
    bool zooms; /* with the pane that the command goes to alone on the screen */
    const char *(*operand_word)(int n); /* words that the operand may be; NULL: it tells them */
    /* Refuses what makes no sense to this command alone, before anything is done; may be NULL. */
    bool (*check)(const settings *s, detinit_error *error);
    /* Does it and prints the result. An error is for standard error. */
    detinit_status (*run)(const settings *s, detinit_error *error);
} verb;

/* The bit of an option in a row. */
#define VERB_OPTION(id) [OPTION_##id] = true

/* Those of a command whose work can be shared out: see verb/parts.h. */
#define VERB_OPTIONS_OF_PARTS VERB_OPTION(SHARD), VERB_OPTION(MERGE), VERB_OPTION(SAVE)

/* All commands, what stands for no word first; NULL after the last. */
extern const verb *const verbs[];

/* Those that others than the command line speak of. */
extern const verb verb_print, verb_weight, verb_signal, verb_spectrum, verb_coordinates,
    verb_analyze, verb_showcase, verb_race, verb_watch, verb_list, verb_open;

/* The command that a word names, or NULL. */
const verb *verb_find(const char *word);

/* Whether a command has two operands, which are both needed. */
bool verb_takes_two(const verb *v);

/* Whether an option goes with a command. */
bool verb_takes(const verb *v, const option *which);

/* "weight", or "mask, prune or pack": the words that an option goes with. Returns buffer. */
const char *verbs_that_take(const option *which, char *buffer, size_t size);

#endif
