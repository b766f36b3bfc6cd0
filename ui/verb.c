#include "verb.h"

const verb_row verbs[VERB_COUNT] = {
    [VERB_PRINT] = {NULL, NULL, "[OPTION ...]", "make a matrix, show it and its figures", NULL},
    [VERB_WEIGHT] = {"weight", NULL, "--at I,J", "take one weight apart, step by step", NULL},
    [VERB_INIT] = {"init", NULL, "--net W-W-...", "make all tensors of a network", verb_init},
    [VERB_SHOWCASE] = {"showcase", NULL, "[OPTION ...]",
                       "train a network, prune it three ways, pack it", verb_showcase},
};
