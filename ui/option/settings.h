/*
 * What the options set.  Every field has its row in options.def; nothing else
 * writes here.
 */
#ifndef UI_SETTINGS_H
#define UI_SETTINGS_H

#include "detinit.h"

typedef enum output_format {
    OUTPUT_TEXT,
    OUTPUT_JSON,
    OUTPUT_CSV,
    OUTPUT_FORMAT_COUNT
} output_format;
typedef enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER, COLOR_WHEN_COUNT } color_when;

typedef enum background_kind {
    BACKGROUND_AUTO, /* what the terminal tells; dark where it tells nothing */
    BACKGROUND_DARK,
    BACKGROUND_LIGHT,
    BACKGROUND_COUNT
} background_kind;

/* What is to be done (verb.h). */
typedef enum verb {
    VERB_PRINT,
    VERB_WEIGHT,
    VERB_INIT,
    VERB_ANALYZE,
    VERB_MASK,
    VERB_PRUNE,
    VERB_PACK,
    VERB_UNPACK,
    VERB_VERIFY,
    VERB_SHOWCASE,
    VERB_COUNT
} verb;

/* What pruned weights are set to. */
typedef enum prune_way {
    PRUNE_TO_INIT,      /* sleeping weights to their initial value */
    PRUNE_TO_ZERO,      /* sleeping weights to 0 */
    PRUNE_BY_MAGNITUDE, /* as many of the smallest weights to 0 */
    PRUNE_WAY_COUNT
} prune_way;

/* The learning rate over a training. */
typedef enum schedule_kind {
    SCHEDULE_CONSTANT,
    SCHEDULE_LINEAR, /* falls to 0 at the end */
    SCHEDULE_COUNT
} schedule_kind;

/* A threshold that the program is to find itself. */
#define THRESHOLD_AUTO (-1.0)

/* Indices of a weight, as they were typed. */
typedef struct tensor_place {
    size_t rank; /* how many; 0: none */
    uint64_t index[DETINIT_MAX_RANK];
} tensor_place;

typedef struct settings {
    verb verb;
    char *file; /* owned; the verb's operand, or NULL */
    detinit_recipe recipe;
    bool compare_modes, show_dist, test_repro;
    tensor_place at;
    char *save; /* owned; NULL: nothing to save */
    output_format format;
    bool matrix, exact;
    uint64_t threads;     /* 0: all */
    char *net, *manifest; /* owned */
    double threshold;     /* >= 0, or THRESHOLD_AUTO */
    double sparsity;      /* 0 .. 1 */
    prune_way to;
    char *data; /* owned */
    bool small;
    uint64_t epochs, batch;
    double learning_rate, lambda;
    schedule_kind schedule;
    bool interactive;
    char *script, *command; /* owned */
    color_when color;
    background_kind background;
    bool no_mouse, ascii, quiet, version, help;
    bool given[64]; /* by option_id: set by the user, not by default */
} settings;

void settings_init(settings *s);
void settings_free(settings *s);

/* A copy with texts of its own, freed by settings_free; false, and nothing to free, without memory.
 */
bool settings_copy(settings *to, const settings *from);

/*
 * The rules that join several options (--std needs --mode normal; torch with
 * --dist; ...), and the recipe's own.  False, with one sentence in `error`.
 */
bool settings_check(const settings *s, detinit_error *error);

/*
 * The command line that reproduces the recipe: "detinit --seed 42 --rows 10
 * --cols 20 --mode he", every option that is not at its default and always
 * seed, rows, cols and mode; --shape stands for rows and cols of what is no matrix.
 * Of another command, with its file, which tells the shape, and with the options that
 * are its own, but for threshold and sparsity.  Returns buffer.
 */
const char *settings_command_line(const settings *s, verb of, char *buffer, size_t size);

#endif
