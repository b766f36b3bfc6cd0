#include "verb/verb.h"

#include <stdio.h>

const verb_row verbs[VERB_COUNT] = {
    [VERB_PRINT] = {NULL, NULL, "[OPTION ...]", "make a matrix, show it and its figures", NULL,
                    NULL},
    [VERB_WEIGHT] = {"weight", NULL, "--at I,J", "take one weight apart, step by step", NULL, NULL},
    [VERB_INIT] = {"init", NULL, "--net W-W-...", "make all tensors of a network",
                   "--net or --manifest", verb_init},
    [VERB_ANALYZE] = {"analyze", "FILE", "[OPTION ...]", "what training changed, in figures", NULL,
                      verb_analyze},
    [VERB_MASK] = {"mask", "FILE", "--save FILE", "which weights training changed", NULL,
                   verb_mask},
    [VERB_PRUNE] = {"prune", "FILE", "[OPTION ...]", "what pruning sleeping weights does", NULL,
                    verb_prune},
    [VERB_PACK] = {"pack", "FILE", "--save FILE", "store only what training changed", NULL,
                   verb_pack},
    [VERB_UNPACK] = {"unpack", "FILE", "--save FILE", "make a packed file whole again",
                     "the packed file", verb_unpack},
    [VERB_VERIFY] = {"verify", "FILE", "[OPTION ...]", "whether a file is as its recipe says", NULL,
                     verb_verify},
    [VERB_SHOWCASE] = {"showcase", NULL, "[OPTION ...]", "train a network, prune it, pack it",
                       "its network", verb_showcase},
};

#define BIT(name)      (1u << VERB_##name)
#define ALL            ((1u << VERB_COUNT) - 1)
#define OF_RECIPE      (ALL & ~BIT(UNPACK))
#define OF_TENSOR      (OF_RECIPE & ~BIT(SHOWCASE))
#define OF_SHAPE       (OF_TENSOR & ~BIT(INIT))
#define WITH_THRESHOLD (BIT(ANALYZE) | BIT(MASK) | BIT(PRUNE) | BIT(PACK))
#define SAVES                                                                                      \
    (BIT(PRINT) | BIT(INIT) | BIT(MASK) | BIT(PRUNE) | BIT(PACK) | BIT(UNPACK) | BIT(SHOWCASE))

unsigned verbs_of_option(option_id which)
{
    static const struct {
        option_id option;
        unsigned verbs;
    } rows[] = {
        {OPTION_LAYER, OF_TENSOR},
        {OPTION_ROWS, OF_SHAPE},
        {OPTION_COLS, OF_SHAPE},
        {OPTION_SHAPE, OF_SHAPE},
        {OPTION_FAN_IN, OF_TENSOR},
        {OPTION_ZERO_MEAN, OF_TENSOR},
        {OPTION_DTYPE, OF_TENSOR},
        {OPTION_COMPARE_MODES, BIT(PRINT)},
        {OPTION_SHOW_DIST, BIT(PRINT)},
        {OPTION_TEST_REPRO, BIT(PRINT)},
        {OPTION_AT, BIT(WEIGHT)},
        {OPTION_NET, BIT(INIT)},
        {OPTION_MANIFEST, BIT(INIT) | BIT(VERIFY) | WITH_THRESHOLD},
        {OPTION_THRESHOLD, WITH_THRESHOLD},
        {OPTION_SPARSITY, BIT(SHOWCASE) | WITH_THRESHOLD},
        {OPTION_TO, BIT(PRUNE)},
        {OPTION_DATA, BIT(SHOWCASE)},
        {OPTION_SMALL, BIT(SHOWCASE)},
        {OPTION_EPOCHS, BIT(SHOWCASE)},
        {OPTION_BATCH, BIT(SHOWCASE)},
        {OPTION_LEARNING_RATE, BIT(SHOWCASE)},
        {OPTION_SCHEDULE, BIT(SHOWCASE)},
        {OPTION_LAMBDA, BIT(SHOWCASE)},
        {OPTION_SAVE, SAVES},
        {OPTION_MATRIX, BIT(PRINT)},
        {OPTION_EXACT, BIT(PRINT) | BIT(ANALYZE)},
        {OPTION_INTERACTIVE, BIT(PRINT)},
        {OPTION_SCRIPT, BIT(PRINT)},
        {OPTION_COMMAND, BIT(PRINT)},
        {OPTION_BACKGROUND, BIT(PRINT)},
        {OPTION_NO_MOUSE, BIT(PRINT)},
    };
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++)
        if (rows[n].option == which)
            return rows[n].verbs;
    return (options[which].uses & OPTION_IN_RECIPE) != 0 ? OF_RECIPE : ALL;
}

const char *verb_names(unsigned set, char *buffer, size_t size)
{
    size_t length = 0;
    buffer[0] = '\0';
    for (int n = 0; n < VERB_COUNT && length < size; n++) {
        if ((set >> n & 1) == 0 || verbs[n].name == NULL)
            continue;
        const bool last = set >> n == 1;
        length += (size_t)snprintf(buffer + length, size - length, "%s%s",
                                   length == 0 ? "" : (last ? " or " : ", "), verbs[n].name);
    }
    return buffer;
}
