/* Files that are made of a trained network: pruned, or packed. */
#ifndef UI_TRAINED_TRAINING_FILES_H
#define UI_TRAINED_TRAINING_FILES_H

#include "trained/checkpoint.h"
#include "trained/showcase.h"
#include "trained/trained_network.h"

/*
 * Prunes the file, or packs it, at the threshold that is asked for, into the file `path`; a
 * sentence about it goes into `said`.
 */
detinit_status training_file_prune(const checkpoint *c, const trained_network *t, detinit_prune way,
                                   threshold_choice threshold, const char *path,
                                   const detinit_run *run, char said[256], detinit_error *error);
detinit_status training_file_pack(const checkpoint *c, const trained_network *t,
                                  threshold_choice threshold, const char *path,
                                  const detinit_run *run, char said[256], detinit_error *error);

/*
 * The network of the showcase as an open file, which is gone when it is closed.  Closed by
 * checkpoint_close.
 */
detinit_status training_file_of(const showcase_result *r, const detinit_run *run, checkpoint *out,
                                detinit_error *error);

#endif
