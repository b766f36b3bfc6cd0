/* The command open: looks at the tensors of a file in the explorer; elsewhere it lists them. */
#include "verb/verb.h"

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    return verb_list.run(s, error);
}

const verb verb_open = {
    .name = "open",
    .operand = "FILE",
    .noun = "file",
    .help = "look at any checkpoint",
    .groups = GROUP_SCHEME | GROUP_TENSOR,
    .options = {VERB_OPTION(MANIFEST), VERB_OPTION(NAMES), VERB_OPTION(PARTIAL),
                VERB_OPTION(TENSOR), VERB_OPTION(FACE), VERB_OPTION(FORMAT), VERB_OPTION(QUIET),
                VERB_OPTION(COLOR), VERB_OPTION(BACKGROUND), VERB_OPTION(NO_MOUSE),
                VERB_OPTION(ASCII), VERB_OPTION(THREADS)},
    .explores = true,
    .run = run_verb,
};
