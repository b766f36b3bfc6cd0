/*
 * The state of the explorer: settings, cursor, panes, and results computed so
 * far.  Pure data: no terminal, no threads.  Commands change it, panes draw it.
 */
#ifndef UI_MODEL_H
#define UI_MODEL_H

#include "settings.h"
#include "detinit.h"

typedef enum pane_id {
    PANE_MATRIX,
    PANE_STATISTICS,
    PANE_HISTOGRAM,
    PANE_MODES,
    PANE_ORTHOGONALITY,
    PANE_WEIGHT,
    PANE_COUNT
} pane_id;

typedef enum matrix_view { MATRIX_NUMBERS, MATRIX_HEAT, MATRIX_VIEW_COUNT } matrix_view;
typedef enum histogram_view {
    HISTOGRAM_LINEAR,
    HISTOGRAM_LOG, /* counts on a log scale: shows the tails */
    HISTOGRAM_QQ,  /* quantiles of the weights against the theory's */
    HISTOGRAM_VIEW_COUNT
} histogram_view;

/* What a person looks at. */
typedef struct view {
    pane_id pane; /* the one that keys go to */
    bool zoomed;
    matrix_view matrix;
    histogram_view histogram;
    detinit_activation activation;
    uint64_t row, col;    /* the cursor */
    uint64_t top, left;   /* first visible row and column of the matrix pane */
    bool help;            /* the help page is open */
    int help_top;         /* its first visible line */
    char help_search[64]; /* only lines with this text; "" shows all */
    char help_topic[32];  /* help on one command; "" for all */
} view;

/* Everything that depends on the recipe and takes time.  Made by job.c, one field after another. */
typedef struct results {
    uint64_t generation; /* of the recipe that it belongs to; others are stale */
    detinit_matrix *matrix;
    bool has_survey;
    detinit_survey survey;
    bool survey_refining; /* a sample is shown while all weights are looked at */
    int modes_done;       /* modes below are filled up to here */
    struct mode_result {
        detinit_recipe recipe;
        detinit_survey survey;
        double signal[DETINIT_SIGNAL_DEPTH]; /* std of the activations after each layer */
    } modes[DETINIT_MODE_COUNT];
    bool has_spectrum;
    size_t singular_count;
    double *singular_normal, *singular_orthogonal; /* descending, divided by their mean */
    double condition_normal, condition_orthogonal;
    size_t gram_side; /* the Gram matrices are shown up to this side */
    double *gram_normal, *gram_orthogonal;
    double gram_deviation;      /* max |QtQ - I| */
    char spectrum_refusal[160]; /* why there is none, e.g. the matrix is too large; "" otherwise */
    bool has_reproducibility;
    detinit_reproducibility reproducibility;
} results;

typedef enum message_kind { MESSAGE_NONE, MESSAGE_INFO, MESSAGE_GOOD, MESSAGE_ERROR } message_kind;

#define UNDO_DEPTH 256

typedef struct model {
    settings settings;
    view view;
    uint64_t generation; /* counts changes of the recipe */
    results results;
    message_kind message_kind;
    char message[512];
    bool message_is_command_line;    /* `y`: the message is to be copied, shown whole */
    detinit_recipe undo[UNDO_DEPTH]; /* a ring of recipes before each change */
    size_t undo_count, undo_next;
    bool quit;
    bool want_reproducibility; /* a test was asked for and not yet started */
    char *want_save;           /* owned: a path to save to, not yet started */
    bool prompt_open;
    char prompt_text[1024]; /* what the prompt opens with, e.g. "save weights.npy" */
    /* Of the work under way: */
    bool busy;
    char busy_what[64];
    uint64_t busy_done, busy_total;
} model;

void model_init(model *m, const settings *initial); /* takes over the settings' strings */
void model_free(model *m);

/* Takes a new recipe: keeps the old one for undo, bumps the generation, clamps the cursor. */
void model_set_recipe(model *m, const detinit_recipe *recipe);
bool model_undo(model *m);

/* Results of this generation, or NULL where they are stale or not there. */
const results *model_results(const model *m);

__attribute__((format(printf, 3, 4))) void model_say(model *m, message_kind kind,
                                                     const char *format, ...);

#endif
