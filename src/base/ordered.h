/*
 * Work that is cut into steps: what each makes, in any thread and any order, the calling thread
 * takes, one step after the other, while others make those that follow.
 */
#ifndef DETINIT_BASE_ORDERED_H
#define DETINIT_BASE_ORDERED_H

#include "detinit.h"

typedef struct ordered_work {
    uint64_t steps;
    size_t slot_bytes; /* what make has to leave for take, where any type may lie */
    void (*make)(void *context, uint64_t step, void *slot);
    /* May fail, which ends the work; reports the progress, too. */
    detinit_status (*take)(void *context, uint64_t step, void *slot, detinit_error *error);
    void *context;
} ordered_work;

/* Does all steps on the threads of a run, which may be NULL, in two slots for each and two more. */
detinit_status ordered_run(const ordered_work *work, const detinit_run *run, detinit_error *error);

#endif
