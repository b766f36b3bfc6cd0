/* What all ways of saving a network share. */
#ifndef DETINIT_NETWORK_NETWORK_SAVE_H
#define DETINIT_NETWORK_NETWORK_SAVE_H

#include "base/progress.h"
#include "detinit_files.h"
#include "detinit_network.h"
#include "file/format.h"

/* DETINIT_INVALID with a sentence for a network that no manifest can tell. */
detinit_status network_check(const detinit_network *network, detinit_error *error);

/*
 * Announces all tensors, wide types first, so that each lies at a multiple of its items, as
 * mapping it asks for; tells the recipes, where the format has room for texts; and writes what
 * stands before the data.
 */
detinit_status network_begin(const detinit_network *network, detinit_tensorwriter *to,
                             detinit_error *error);

/* What a file is for: detinit's own readers, or those of transformers, which ask for a text. */
typedef enum network_use { NETWORK_FOR_ANYBODY, NETWORK_FOR_TRANSFORMERS } network_use;

/* Does what detinit_network_save promises. */
detinit_status network_save_as(const detinit_network *network, const char *path, network_use use,
                               const detinit_run *run, uint64_t *bytes, detinit_error *error);

/* The progress of making and writing all tensors; an orthogonal one is worth its weights twice. */
shared_progress network_parts(const detinit_network *network, const detinit_run *run);

/* Makes the next tensor ready, and the run with which its weights are then streamed. */
detinit_status network_next(const detinit_recipe *recipe, shared_progress *progress,
                            detinit_run *run, detinit_matrix **matrix, detinit_error *error);

/* A matrix as a file of its own, into an open file that is called `shown` in messages. */
detinit_status matrix_write_on(const detinit_matrix *matrix, int fd, const char *shown,
                               const file_format *format, const detinit_run *run,
                               detinit_survey *survey, uint64_t *bytes, detinit_error *error);

#endif
