/*
 * What the options set.  Every field has its row in options.def; nothing else
 * writes here.
 */
#ifndef UI_OPTION_SETTINGS_H
#define UI_OPTION_SETTINGS_H

#include "detinit_describe.h"
#include "detinit_pack.h"
#include "option/place.h"

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

/* The learning rate over a training. */
typedef enum schedule_kind {
    SCHEDULE_CONSTANT,
    SCHEDULE_LINEAR, /* falls to 0 at the end */
    SCHEDULE_COUNT
} schedule_kind;

/* A threshold that the program is to find itself. */
#define THRESHOLD_AUTO (-1.0)

/* How to carry out what is asked. */
typedef struct run_settings {
    uint64_t threads; /* 0: all */
} run_settings;

/* What is to be shown of a matrix, and where results go. */
typedef struct output_settings {
    bool compare_modes, show_dist, test_repro, matrix, exact, strict, follow, quiet;
    tensor_place at;
    output_format format;
    char *save; /* owned; NULL: nothing to save */
} output_settings;

/* The recipes of many tensors. */
typedef struct network_settings {
    char *net, *manifest, *names; /* owned */
    bool partial;
} network_settings;

/* One process's share of the work: part 1 .. parts; 0 of 0 is all of it. */
typedef struct share_choice {
    uint64_t part, parts;
} share_choice;

/* What of a file's tensor is looked at. */
typedef enum tensor_face {
    FACE_TRAINED, /* w: as the file holds it */
    FACE_INITIAL, /* w0: as its recipe draws it, in the type of the file */
    FACE_CHANGE,  /* w - w0 */
    FACE_COUNT
} tensor_face;

typedef struct viewing_settings {
    char *tensor; /* owned */
    tensor_face face;
} viewing_settings;

/* Work that many processes share. */
typedef struct parts_settings {
    share_choice share;
    bool merge;
    uint64_t max_shard_size; /* bytes */
} parts_settings;

/* Which weights of a trained file sleep, and what becomes of them. */
typedef struct tracking_settings {
    double threshold; /* >= 0, or THRESHOLD_AUTO */
    double sparsity;  /* 0 .. 1 */
    detinit_prune to;
    bool lossless;
    uint64_t level;
    bool unchecked;
} tracking_settings;

/* The showcase's training. */
typedef struct training_settings {
    char *data; /* owned */
    bool small;
    uint64_t epochs, batch;
    double learning_rate, lambda, keep;
    schedule_kind schedule;
} training_settings;

/* What is made of a scheme beside its own matrix. */
typedef struct describe_settings {
    uint64_t factors; /* of a product of matrices */
    uint64_t widest;  /* of the networks of a coordinate check */
} describe_settings;
/* The layers that a signal goes through. */
typedef struct signal_settings {
    detinit_activation activation;
    uint64_t depth, width, inputs;
    double sigma_b;
    bool residual;
    detinit_normalization normalization;
} signal_settings;

/* Commands instead of a report. */
typedef struct session_settings {
    bool interactive, resume;
    char *script, *command; /* owned */
} session_settings;

typedef struct screen_settings {
    color_when color;
    background_kind background;
    bool no_mouse, ascii;
} screen_settings;

typedef struct settings {
    const struct verb *verb; /* what is to be done (verb/verb.h); NULL until it is known */
    char *file;              /* owned; the verb's operand, or NULL */
    char **more;             /* owned; operands behind the first: of two, or those of --merge */
    size_t more_count;
    detinit_recipe recipe;
    run_settings run;
    output_settings output;
    network_settings network;
    viewing_settings viewing;
    parts_settings parts;
    tracking_settings tracking;
    training_settings training;
    describe_settings describe;
    signal_settings signal;
    session_settings session;
    screen_settings screen;
    bool version, help;
    bool given[96]; /* by option_id: set by the user, not by default */
} settings;

void settings_init(settings *s);
void settings_free(settings *s);

#endif
