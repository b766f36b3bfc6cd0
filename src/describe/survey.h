/*
 * A survey on the way: statistics and histogram of all weights of a matrix that
 * streams by, for whoever reads it anyway.  In a detinit_sink, let `map` call
 * survey_map and `take` call survey_take; then survey_finish.
 */
#ifndef DETINIT_DESCRIBE_SURVEY_H
#define DETINIT_DESCRIBE_SURVEY_H

#include "detinit_describe.h"

struct survey;

/* Begins a survey of all of `matrix`, which must outlive it. Freed by survey_free. */
detinit_status survey_new(const detinit_matrix *matrix, const detinit_run *run, struct survey **out,
                          detinit_error *error);
void survey_free(struct survey *survey);

/* Bytes that survey_map writes to `partial`, which must be aligned as malloc does. */
size_t survey_partial_size(const struct survey *survey);

/* Looks at a block of fewer than 2^32 weights; from any thread. */
void survey_map(const struct survey *survey, const detinit_block *block, void *partial);

/* Adds what survey_map found; in storage order. */
void survey_take(struct survey *survey, const detinit_block *block, const void *partial);

/* Tests the distribution and hands out the results, to be freed by detinit_survey_free. */
detinit_status survey_finish(struct survey *survey, const detinit_run *run, detinit_survey *out,
                             detinit_error *error);

#endif
