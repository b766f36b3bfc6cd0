#include "verb.h"

const verb_row verbs[VERB_COUNT] = {
    [VERB_PRINT] = {NULL, NULL, "[OPTION ...]", "make a matrix, show it and its figures", NULL},
    [VERB_WEIGHT] = {"weight", NULL, "--at I,J", "take one weight apart, step by step", NULL},
    [VERB_INIT] = {"init", NULL, "--net W-W-...", "make all tensors of a network", verb_init},
    [VERB_ANALYZE] = {"analyze", "FILE", "[OPTION ...]", "what training changed, in figures",
                      verb_analyze},
    [VERB_MASK] = {"mask", "FILE", "--save FILE", "which weights training changed", verb_mask},
    [VERB_PRUNE] = {"prune", "FILE", "[OPTION ...]",
                    "what pruning sleeping weights does, three ways", verb_prune},
    [VERB_PACK] = {"pack", "FILE", "--save FILE", "store only what training changed", verb_pack},
    [VERB_UNPACK] = {"unpack", "FILE", "--save FILE", "make a packed file whole again",
                     verb_unpack},
    [VERB_VERIFY] = {"verify", "FILE", "[OPTION ...]", "are weights exactly what their recipe says",
                     verb_verify},
    [VERB_SHOWCASE] = {"showcase", NULL, "[OPTION ...]",
                       "train a network, prune it three ways, pack it", verb_showcase},
};
