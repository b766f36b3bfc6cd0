/*
 * How far long work has come, told to whoever asked for it: the `progress` of a detinit_run.
 *
 * Work of one kind reports to its run itself.  Work that is put together of others' work
 * shares its own progress out among them: each gets a run of its own, and what it reports, in
 * whatever unit, becomes part of its share.
 */
#ifndef DETINIT_BASE_PROGRESS_H
#define DETINIT_BASE_PROGRESS_H

#include "detinit.h"

/*
 * Reports that `done` of `total` is done to a run, which may be NULL.  False, or
 * DETINIT_CANCELLED with its sentence, where the work is to stop.
 */
bool progress_goes_on(const detinit_run *run, uint64_t done, uint64_t total);
detinit_status progress_tell(const detinit_run *run, uint64_t done, uint64_t total,
                             detinit_error *error);

/*
 * Progress that is shared out: set `run` and `total`, the rest to 0.  Sizes are in any unit, of
 * which fractions are not reported: shares that are just so many steps are best given some
 * hundred each.
 */
typedef struct shared_progress {
    const detinit_run *run; /* of the whole work; may be NULL */
    uint64_t total;         /* of all shares */
    uint64_t before, share; /* of those that are done, and of the one under way */
} shared_progress;

/*
 * Ends the share under way and begins one of `size`, which may be 0.  Returns the run to do it
 * by, with the threads and the instruction set of the whole work's, for as long as `p` lives.
 */
detinit_run progress_share(shared_progress *p, uint64_t size);

#endif
