/* The pieces of results: what each takes, and how it is made, in any thread. */
#ifndef UI_MODEL_WORK_H
#define UI_MODEL_WORK_H

#include "model/model.h"

#include "detinit_describe.h"
/* All that the making of a piece needs, copied from the model. */
typedef struct work_request {
    detinit_recipe recipe;
    bool exact;
    unsigned threads;
    detinit_activation activation;
    detinit_matrix *matrix; /* shared, or NULL where it is still to be made */
    char *save;             /* owned copy of the path, or NULL */
    uint64_t generation;
} work_request;

/* Copies what the model asks for. Freed by work_request_free. */
work_request work_request_of(const model *m);
void work_request_free(work_request *r);

/* The pieces, one bit each, that the model needs for its visible panes and has not got. */
unsigned work_missing(const model *m);

/* "surveying": what making a piece is called. */
const char *work_name(piece_id id);

/* Makes one piece into `out`. */
detinit_status work_make(const work_request *r, piece_id id, const detinit_run *run, results *out,
                         detinit_error *error);

/* Moves a finished piece into the model and says what is to be said of it. */
void work_deliver(model *m, results *from, piece_id id, const char *saved_path);

/* Makes all that is missing, now and in this thread: for scripts. */
bool work_make_missing(model *m, detinit_error *error);

#endif
