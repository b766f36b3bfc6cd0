/*
 * A request for work beside the interface: what is wanted, all that it takes, by value, and what
 * became of it.  Made in the main thread, carried out in another or in the same (queue.h).
 */
#ifndef UI_MODEL_REQUEST_H
#define UI_MODEL_REQUEST_H

#include "model/results.h"
#include "option/settings.h"
#include "trained/follower.h"
#include "trained/subject.h"
#include "trained/tensor_list.h"
#include "trained/threshold.h"
#include "trained/trained_network.h"
#include "train/race.h"

#include <stdatomic.h>

/* The first kinds are the pieces of results, by their piece_id. */
typedef enum work_kind {
    WORK_SAVE = PIECE_COUNT, /* the matrix of a recipe, into a file */
    WORK_TRAIN,              /* a network here, as the showcase does */
    WORK_OPEN,               /* a trained file, and how far its weights are from their recipes */
    WORK_VIEW,               /* a file to look at */
    WORK_SAMPLE,             /* figures of some of its tensors */
    WORK_PRUNE,              /* what was trained or opened, into a file */
    WORK_PACK,               /* likewise */
    WORK_MEASURE,            /* the accuracies after pruning at a threshold */
    WORK_RACE,               /* schemes, against one another */
    WORK_WATCH,              /* a look at a file that grows */
    WORK_KIND_COUNT
} work_kind;

/* Texts and the matrix are owned. */
typedef struct piece_request {
    detinit_recipe recipe;
    detinit_matrix *matrix;        /* shared; NULL where the piece makes its own */
    tensor_subject subject;        /* where a file is looked at: its file is shared */
    bool promised;                 /* of that, whether the recipe says what to expect */
    bool exact;                    /* of a survey */
    detinit_activation activation; /* of the modes, or of the phase map */
    unsigned factors;              /* of the product */
    size_t width_number;           /* of the coordinates: which is to be made */
    uint64_t widest;               /* of the coordinates */
    detinit_propagation signal;
} piece_request;

typedef struct save_request {
    detinit_recipe recipe;
    detinit_matrix *matrix; /* shared; NULL: to be made first */
    char *path;
} save_request;

typedef struct train_request {
    detinit_recipe recipe;
    training_settings training;
    threshold_choice threshold;
} train_request;

/* A file to be opened, as the command line of analyze has it. */
typedef struct open_choice {
    const char *file, *manifest, *names; /* manifest, names: or NULL */
    bool partial;
} open_choice;

typedef struct open_request {
    detinit_recipe recipe;         /* of the view: for a file that tells none */
    char *file, *manifest, *names; /* manifest, names: or NULL */
    bool partial;
} open_request;

typedef struct view_request {
    char *file, *manifest, *names; /* manifest, names: or NULL */
    bool partial;
    detinit_recipe recipe;                       /* of the view, for a file that tells none, */
    bool given[sizeof((settings *)NULL)->given]; /* and what of it was said */
    opened_file *opened;                         /* what came of it, owned until it is taken */
} view_request;

/* Tensors that are sampled by one request. */
#define SAMPLED_AT_ONCE ((size_t)64)

typedef struct sample_request {
    opened_file *file; /* shared */
    double threshold;
    size_t count;
    size_t numbers[SAMPLED_AT_ONCE];
    tensor_figures figures[SAMPLED_AT_ONCE];
} sample_request;

/* To prune or to pack. */
typedef struct file_request {
    detinit_prune way; /* of pruning */
    threshold_choice threshold;
    char *path;
} file_request;

typedef struct measure_request {
    double threshold;
} measure_request;

typedef struct race_request {
    uint64_t seed;
    char *data; /* a directory; NULL: the built-in data */
} race_request;

/* A look at what is followed; the follower and what was found are owned until they are taken. */
typedef struct watch_request {
    follower *follower;
    history_news news;
    char trouble[400]; /* why it cannot be read; "": it can */
} watch_request;

typedef struct work_request {
    work_kind kind;
    uint64_t generation; /* of the recipe; of other work its number */
    unsigned threads;    /* 0: all */
    union {
        piece_request piece;
        save_request save;
        train_request train;
        open_request open;
        view_request view;
        sample_request sample;
        file_request file;
        measure_request measure;
        race_request race;
        watch_request watch;
    } of;
    atomic_bool give_up; /* set by the main thread, read by whoever carries it out */
    /* What became of it; error.status is DETINIT_OK where it was carried out. */
    detinit_error error;
    char said[640];           /* a sentence about it, or "" */
    results made;             /* a piece */
    bool lost;                /* a network that could not be had */
    trained_network *remains; /* the one that is still there instead, or NULL */
    uint64_t remains_of;      /* and its number */
    struct work_request *next;
} work_request;

/* A request that is in no list, all else of it zero; NULL without memory. */
work_request *request_new(work_kind kind, uint64_t generation, uint64_t threads);

/* The requests of the commands, with copies of what they are given; NULL without memory. */
work_request *request_save(const detinit_recipe *recipe, const char *path, uint64_t generation,
                           uint64_t threads);
work_request *request_train(const detinit_recipe *recipe, const training_settings *training,
                            threshold_choice threshold, uint64_t network, uint64_t threads);
work_request *request_open(const detinit_recipe *recipe, const open_choice *what, uint64_t network,
                           uint64_t threads);
work_request *request_view(const settings *s, const open_choice *what, uint64_t number);
work_request *request_file(work_kind kind, detinit_prune way, threshold_choice threshold,
                           const char *path, uint64_t network, uint64_t threads);

work_request *request_race(uint64_t seed, const char *data, uint64_t number, uint64_t threads);

/* Takes the follower over, also where it fails. */
work_request *request_watch(follower *f, uint64_t number);

void request_free(work_request *r); /* which is in no list */

/* Puts a request behind the others of a list. */
void requests_append(work_request **list, work_request *r);

/* Takes the request out of the list at *place, and returns it. */
work_request *requests_take(work_request **place);

/* Frees a whole list, which becomes empty. */
void requests_free(work_request **list);

/* What a request is carried out with. */
typedef struct work_tools {
    const detinit_run *run;
    struct training_state *training; /* touched by requests on networks alone, one at a time */
    /* Called with each newer state of the network; what is to be kept of it is copied. */
    void (*publish)(void *context, const trained_network *now);
    void (*publish_race)(void *context, const race *now);
    void *context;
} work_tools;

/* Carries a request out, in any thread. */
typedef detinit_status work_make(work_request *r, const work_tools *tools, detinit_error *error);

#endif
