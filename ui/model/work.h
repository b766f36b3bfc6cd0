/*
 * The kinds of work beside the interface, a row for each: where it waits, how it is made, what of
 * the model it changes.  Whoever carries requests out (queue.h) knows the rows alone.
 */
#ifndef UI_MODEL_WORK_H
#define UI_MODEL_WORK_H

#include "model/model.h"
#include "model/request.h"

/* Each has a worker of its own, so that what is slow holds up nothing that is quick. */
typedef enum work_lane {
    LANE_QUICK,
    LANE_SLOW,
    LANE_SIGNAL,
    LANE_TRAINING,
    LANE_RACE,
    LANE_WATCH,
    LANE_VIEW,
    LANE_COUNT
} work_lane;

typedef struct work_row {
    const char *name;   /* "surveying", beside its progress; NULL: none is shown */
    double shown_after; /* seconds: the progress of shorter work would only flicker */
    work_lane lane;
    int rank;            /* in its lane: lower ones come first, equal ones in their order */
    bool brings_network; /* it puts an end to what its lane has to do */
    bool writes_file;    /* once begun nothing but the user puts an end to it */
    bool refines;        /* what is there already: no script waits for it */
    bool needs_blas;     /* blas_lock.h */
    work_make *make;
    /*
     * In the main thread, each may be NULL: whether the model has changed so that the request is
     * of no use; whether what was made differs from what is there, else nothing is drawn anew
     * (NULL: always); what was made goes into the model; nothing was made, for whatever reason; the
     * request failed or was stopped, and is not to be made anew by itself.
     */
    bool (*outdated)(const work_request *r, const model *m);
    bool (*differs)(const work_request *r, const model *m);
    void (*deliver)(model *m, work_request *r);
    void (*fail)(model *m, work_request *r);
    void (*forgo)(model *m, const work_request *r);
} work_row;

extern const work_row work_rows[WORK_KIND_COUNT];

bool work_is_outdated(const work_request *r, const model *m);

/* The pieces that the model needs, for visible panes or because they were asked for, and has not.
 */
unsigned work_missing(const model *m);

/* A request for such a piece; NULL without memory. */
work_request *work_ask_piece(const model *m, piece_id id);

/* Whether the accuracies at the threshold that is shown are worth measuring, and the request. */
bool work_is_unmeasured(const model *m);
work_request *work_ask_measure(const model *m);

/*
 * A request that waits is for what the model shows by now, as far as it is not outdated: it keeps
 * its place in the line, so that while a recipe changes without end each has its turn.
 */
void work_renew(const model *m, work_request *r);

/*
 * Prepares what a command asked for; false where it has to wait: a save shares the matrix of its
 * recipe, which may be under way.  Once there will be none it makes its own.
 */
bool work_prepare(const model *m, work_request *r);

/* The user stops a request, whether it waits or is carried out. */
void work_stop(model *m, work_request *r);

/* What became of a request goes into the model, if it still matters; true where it changed that. */
bool work_deliver(model *m, work_request *r);

#endif
