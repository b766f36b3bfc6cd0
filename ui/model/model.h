/*
 * The state of the explorer: settings, cursor, panes, and results computed so
 * far.  Pure data: no terminal, no threads.  Commands change it, panes draw it.
 */
#ifndef UI_MODEL_MODEL_H
#define UI_MODEL_MODEL_H

#include "model/learning.h"
#include "model/request.h"
#include "model/results.h"
#include "model/signals.h"
#include "model/viewed.h"
#include "model/watch.h"
#include "option/settings.h"
#include "trained/trained_network.h"
#include "train/race.h"

#include <stddef.h>

/* Panes that there may be, and room for what all of them keep for themselves. */
#define PANES_MOST  32
#define PANES_STATE 1024

/*
 * What panes keep for themselves, dealt out by the table of panes (pane.h); the model does not
 * know what is in it.  All zero is how every pane begins.
 */
typedef struct pane_states {
    unsigned char view[PANES_MOST]; /* the number of the view that each shows */
    _Alignas(max_align_t) unsigned char room[PANES_STATE];
} pane_states;

/* What a person looks at. */
typedef struct view {
    int pane; /* the one that keys go to: its number in the table of panes */
    bool zoomed;
    uint64_t row, col;             /* the cursor, in the matrix */
    detinit_activation activation; /* of the layers that the modes send a signal through */
    pane_states panes;
    bool help;            /* the help page is open */
    int help_top;         /* its first visible line */
    char help_search[64]; /* marked where it stands; "": nothing is */
    int help_hit;         /* the place of it that is looked at, from 0 */
} view;

/* A line of commands whose first shows results that are still to come. */
typedef struct waiting_line {
    char *text;          /* owned */
    view view;           /* what was looked at when it was typed: this is what is to be shown */
    uint64_t generation; /* and of this recipe */
    uint64_t opening;    /* or the file that it waits for, by the count of them; 0: results */
    struct waiting_line *next;
} waiting_line;

typedef enum message_kind { MESSAGE_INFO, MESSAGE_GOOD, MESSAGE_BAD } message_kind;

/* Things that only the loop can do; it clears them. */
typedef enum model_request {
    REQUEST_REDRAW = 1,
    REQUEST_SUSPEND = 2,
    REQUEST_CANCEL = 4,
    REQUEST_PROMPT = 8 /* with prompt_text to start from */
} model_request;

#define UNDO_DEPTH 256

/* What undo takes back: the recipe, and every option but texts that the settings own. */
typedef struct undo_step {
    detinit_recipe recipe;
    run_settings run;
    tracking_settings tracking;
    bool by_threshold, by_share; /* which of them says who sleeps */
    training_settings training;  /* its data NULL */
    describe_settings describe;
    signal_settings signal;
    screen_settings screen;
    bool exact;
    viewed viewed;
} undo_step;

/* Steps that were left: the last one comes back first, and of too many the oldest is lost. */
typedef struct undo_stack {
    undo_step at[UNDO_DEPTH]; /* a ring */
    size_t count, next;
} undo_stack;

typedef struct model {
    settings settings;
    view view;
    learning learning;
    uint64_t generation;      /* counts changes of the recipe */
    results results;          /* of this generation */
    signals signals;          /* of recipes before this one, too */
    unsigned wanted;          /* bit n: piece n was asked for by itself */
    unsigned shown_pieces;    /* bit n: a pane on the screen shows piece n */
    work_request *asked;      /* by commands, first to last, to be carried out (queue.h) */
    tensor_list *files;       /* all that were opened, the last first */
    viewed viewed;            /* what of one is looked at */
    likely_law law;           /* what is expected of that where its recipe does not say it */
    uint64_t viewings;        /* counts files that were asked for */
    uint64_t viewings_ended;  /* the last of them that was opened, or could not be */
    bool viewing_failed;      /* it could not be */
    size_t shown_tensors;     /* rows of the list that the screen shows */
    trained_network *trained; /* whatever the recipe; NULL: none yet */
    uint64_t trainings;       /* counts networks that were asked for */
    uint64_t training;        /* the number of the one that is waited for or shown */
    char opened[512];         /* the file that was asked for last */
    uint64_t measured_of;     /* the network whose accuracies were asked for last, */
    double measured_at;       /* and the threshold */
    uint64_t races;           /* counts races of schemes that were asked for */
    bool race_ended;          /* nothing more comes of the last */
    race race;                /* as far as that has come; point_count 0: not begun */
    char race_line[512];      /* the command line that prints it */
    watched_file watch;       /* a file that is followed, whatever the recipe */
    undo_stack undo, redo;    /* before each change; before each undo since the last one */
    message_kind message_kind;
    char message[1024];
    unsigned requests;
    char prompt_text[256];
    waiting_line *waiting; /* first to last */
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

/* Takes the last change back, or the last undo; a new change ends redo. False: there is none. */
bool model_undo(model *m);
bool model_redo(model *m);

/* For changes beside the recipe: what there is now, and, after the change, that undo goes there. */
undo_step undo_step_of(const settings *s, const viewed *l);
void model_remember(model *m, const undo_step *before);

/* Takes the settings of a step, and has made anew what was made of others; nothing is remembered.
 */
void model_go_to(model *m, const undo_step *step);

/* Whether colors are for a light background: as the settings say, else the terminal. */
bool model_light(const model *m);

/* Has a piece made anew, of settings that have changed. */
void model_make_anew(model *m, piece_id id);

/* Whether the survey is of a sample that a survey of all weights is to replace. */
bool model_refines(const model *m);

/* Of the tensor seen as a matrix, or of the table of it that is looked at. */
uint64_t model_rows(const model *m);
uint64_t model_cols(const model *m);

/*
 * Commands ask for work, of the settings of the moment: a save of the matrix into `path`; a
 * network, trained or opened, which puts an end to what was asked for before; a file made of the
 * network that is shown or waited for, pruned or packed; a race in the place of the one before, of
 * the seed, on the data of the settings or else the built-in.  False without memory.
 */
bool model_ask_save(model *m, const char *path);
bool model_ask_training(model *m, bool small);
bool model_ask_race(model *m);
bool model_ask_opening(model *m, const open_choice *what);
bool model_ask_file(model *m, work_kind kind, detinit_prune way, const char *path);

/* Takes over a trained network, or a newer state of it, in the place of the one before. */
void model_take_trained(model *m, trained_network *t);

/* Counts anew who is awake, by the threshold or the share of the settings. */
void model_apply_threshold(model *m);

/* Looks which signals and phase map are there of the settings of the moment. */
void model_look_for_signals(model *m);

/* Puts the cursor there, or as near as the matrix has a place. */
void model_move_to(model *m, uint64_t row, uint64_t col);

/* Has a line wait behind the others for the results of this moment's view; false without memory. */
bool model_wait(model *m, const char *text);

/* The same for the file that was asked for last. */
bool model_wait_for_file(model *m, const char *text);

/* Takes the first waiting line out, to be freed with waiting_line_free; NULL where none waits. */
waiting_line *model_take_waiting(model *m);
void waiting_line_free(waiting_line *line);

/* Gives up all that wait. */
void model_forget_waiting(model *m);

__attribute__((format(printf, 3, 4))) void model_say(model *m, message_kind kind,
                                                     const char *format, ...);

#endif
