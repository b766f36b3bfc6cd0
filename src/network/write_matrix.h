/* A matrix into a file of tensors, block after block, and surveyed on the way. */
#ifndef DETINIT_NETWORK_WRITE_MATRIX_H
#define DETINIT_NETWORK_WRITE_MATRIX_H

#include "detinit_describe.h"
#include "detinit_files.h"

/*
 * Writes all weights as the tensor of `to` whose turn it is, or as text where the format is one,
 * in constant memory.  Where `survey` is not NULL it is filled from them, for
 * detinit_survey_free.  Progress of `run` counts weights.
 */
detinit_status write_matrix(const detinit_matrix *matrix, detinit_tensorwriter *to,
                            const detinit_run *run, detinit_survey *survey, detinit_error *error);

#endif
