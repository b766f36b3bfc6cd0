/* How the wishes of the Training pane are granted, in any thread but one at a time. */
#ifndef UI_MODEL_TRAINING_WORK_H
#define UI_MODEL_TRAINING_WORK_H

#include "trained/trained_network.h"
#include "model/training_wish.h"

/* What lies before whoever works: the network that was trained, or the file that is open. */
typedef struct training_desk training_desk;

training_desk *training_desk_new(void); /* NULL without memory */
void training_desk_free(training_desk *desk);

/* The network on the desk, and which wish it came from; NULL and 0 where there is none. */
const trained_network *training_desk_now(const training_desk *desk);
uint64_t training_desk_generation(const training_desk *desk);

/* Who is told what became of the network; called in the thread that works. */
typedef struct training_listener {
    void (*changed)(void *context, const trained_network *now); /* what is to be kept is copied */
    void *context;
} training_listener;

/*
 * Grants one wish; a sentence about it goes into `said`, "" for none.  A network that cannot be
 * had leaves the one before on the desk; a training that is cancelled leaves it as far as it came.
 */
detinit_status training_grant(training_desk *desk, const training_wish *wish,
                              const training_listener *listener, const detinit_run *run,
                              char said[256], detinit_error *error);

#endif
