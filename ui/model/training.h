/*
 * Requests on a trained network: it is trained, or opened, and then measured, pruned and packed.
 * They are carried out in any thread, but one at a time.
 */
#ifndef UI_MODEL_TRAINING_H
#define UI_MODEL_TRAINING_H

#include "model/request.h"

/* The network that was trained last, or the file that is open. */
typedef struct training_state training_state;

training_state *training_state_new(void); /* NULL without memory */
void training_state_free(training_state *s);

/*
 * A network that cannot be had leaves the one before; a training that is cancelled leaves it as
 * far as it came.  Each newer state of the network is published.
 */
work_make training_train, training_open;

/* Of another network than that of the request no file is made: DETINIT_CANCELLED. */
work_make training_prune, training_pack, training_measure;

/* Notes in a request for a network, carried out or given up, what there is in its place. */
void training_note_remains(const training_state *s, work_request *r);

#endif
