/* The first words of a command line that say what is to be done; printing a matrix is the default.
 */
#ifndef UI_VERB_VERB_H
#define UI_VERB_VERB_H

#include "option/option.h"

typedef struct verb_row {
    const char *name;    /* NULL: not a word, but what no word stands for */
    const char *operand; /* what follows the word, "FILE"; NULL: nothing */
    const char *usage;   /* the options that it is called with, for --help */
    const char *help;    /* one line */
    const char *told_by; /* what tells it those recipe options that it does not take, or NULL */
    /* Does it and prints the result; NULL: main.c does. An error is for standard error. */
    detinit_status (*run)(const settings *s, detinit_error *error);
} verb_row;

extern const verb_row verbs[VERB_COUNT];

/* The commands that an option goes with: bit 1 << VERB_... for each. */
unsigned verbs_of_option(option_id which);

/* "weight", or "mask, prune or pack": the commands in a set of bits. Returns buffer. */
const char *verb_names(unsigned set, char *buffer, size_t size);

/* Makes all tensors of a network, prints their table, and saves them. */
detinit_status verb_init(const settings *s, detinit_error *error);

/* Commands on files of trained weights. */
detinit_status verb_analyze(const settings *s, detinit_error *error);
detinit_status verb_mask(const settings *s, detinit_error *error);
detinit_status verb_prune(const settings *s, detinit_error *error);
detinit_status verb_pack(const settings *s, detinit_error *error);
detinit_status verb_unpack(const settings *s, detinit_error *error);
detinit_status verb_verify(const settings *s, detinit_error *error);

/* Trains and prunes a network on real data, and prints what was measured. */
detinit_status verb_showcase(const settings *s, detinit_error *error);

#endif
