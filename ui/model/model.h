/*
 * The state of the explorer: settings, cursor, panes, and results computed so
 * far.  Pure data: no terminal, no threads.  Commands change it, panes draw it.
 */
#ifndef UI_MODEL_MODEL_H
#define UI_MODEL_MODEL_H

#include "model/request.h"
#include "model/results.h"
#include "option/settings.h"
#include "trained/trained_network.h"

typedef enum pane_id {
    PANE_MATRIX,
    PANE_STATISTICS,
    PANE_HISTOGRAM,
    PANE_MODES,
    PANE_ORTHOGONALITY,
    PANE_WEIGHT,
    PANE_TRAINING,
    PANE_COUNT
} pane_id;

typedef enum matrix_view { MATRIX_NUMBERS, MATRIX_HEAT, MATRIX_VIEW_COUNT } matrix_view;

typedef enum histogram_view {
    HISTOGRAM_LINEAR,
    HISTOGRAM_LOG, /* counts on a log scale: shows the tails */
    HISTOGRAM_QQ,  /* quantiles of the weights against the theory's */
    HISTOGRAM_VIEW_COUNT
} histogram_view;

/* What of a trained network is looked at. */
typedef struct training_view {
    size_t tensor;               /* whose map is shown */
    uint64_t row, col;           /* the cursor, in that tensor */
    bool detail;                 /* the map shows single weights, not the whole tensor */
    uint64_t row_jump, col_jump; /* rows and columns of a cell of the map */
    uint64_t page_rows;          /* what the map showed last */
} training_view;

/* What a person looks at. */
typedef struct view {
    pane_id pane; /* the one that keys go to */
    bool zoomed;
    matrix_view matrix;
    histogram_view histogram;
    detinit_activation activation;
    uint64_t row, col;             /* the cursor */
    uint64_t top, left;            /* first visible row and column of the matrix pane */
    uint64_t page_rows, page_cols; /* what the matrix pane showed last: a page */
    training_view training;
    bool help;            /* the help page is open */
    int help_top;         /* its first visible line */
    char help_search[64]; /* only lines with this text; "" shows all */
} view;

typedef enum message_kind { MESSAGE_INFO, MESSAGE_GOOD, MESSAGE_BAD } message_kind;

/* Things that only the loop can do; it clears them. */
typedef enum model_request {
    REQUEST_REDRAW = 1,
    REQUEST_SUSPEND = 2,
    REQUEST_CANCEL = 4,
    REQUEST_PROMPT = 8 /* with prompt_text to start from */
} model_request;

#define UNDO_DEPTH 256

typedef struct model {
    settings settings;
    view view;
    uint64_t generation;             /* counts changes of the recipe */
    results results;                 /* of this generation */
    unsigned wanted;                 /* bit n: piece n was asked for by itself */
    unsigned shown_pieces;           /* bit n: a pane on the screen shows piece n */
    work_request *asked;             /* by commands, first to last, to be carried out (queue.h) */
    trained_network *trained;        /* whatever the recipe; NULL: none yet */
    uint64_t trainings;              /* counts networks that were asked for */
    uint64_t training;               /* the number of the one that is waited for or shown */
    char opened[512];                /* the file that was asked for last */
    uint64_t measured_of;            /* the network whose accuracies were asked for last, */
    double measured_at;              /* and the threshold */
    detinit_recipe undo[UNDO_DEPTH]; /* a ring of the recipes before each change */
    size_t undo_count, undo_next;
    message_kind message_kind;
    char message[1024];
    unsigned requests;
    char prompt_text[256];
    bool quit;
    int width, height;   /* of the screen */
    bool terminal_light; /* what the terminal tells of its background */
    /* Work under way: */
    char busy[64]; /* "saving", or "" */
    uint64_t busy_done, busy_total;
} model;

/* Takes over the texts of `initial`, which must be valid settings. */
void model_init(model *m, const settings *initial);
void model_free(model *m);

/*
 * Takes a new recipe: keeps the old one for undo, drops the results, keeps the
 * cursor inside.  False, and nothing changed, where the recipe is not valid.
 */
bool model_set_recipe(model *m, const detinit_recipe *recipe, detinit_error *error);
bool model_undo(model *m);

/* Whether colors are for a light background: as the settings say, else the terminal. */
bool model_light(const model *m);

/* Whether the survey is of a sample that a survey of all weights is to replace. */
bool model_refines(const model *m);

/* Of the tensor seen as a matrix. */
uint64_t model_rows(const model *m);
uint64_t model_cols(const model *m);

/*
 * The command line that prints what the pane in focus shows: the recipe, with what the pane asks
 * of it.  Returns buffer.
 */
const char *model_command_line(const model *m, char *buffer, size_t size);

/*
 * Commands ask for work, of the settings of the moment: a save of the matrix into `path`; a
 * network, trained or opened, which puts an end to what was asked for before; a file made of the
 * network that is shown or waited for, pruned or packed.  False without memory.
 */
bool model_ask_save(model *m, const char *path);
bool model_ask_training(model *m, bool small);
bool model_ask_opening(model *m, const char *file, const char *manifest);
bool model_ask_file(model *m, work_kind kind, detinit_prune way, const char *path);

/* Takes over a trained network, or a newer state of it, in the place of the one before. */
void model_take_trained(model *m, trained_network *t);

/* Counts anew who is awake, by the threshold or the share of the settings. */
void model_apply_threshold(model *m);

/* Puts the cursor there, or as near as the matrix has a place. */
void model_move_to(model *m, uint64_t row, uint64_t col);

__attribute__((format(printf, 3, 4))) void model_say(model *m, message_kind kind,
                                                     const char *format, ...);

#endif
