/* A matrix by itself as a .safetensors file: a network of one tensor. */
#ifndef DETINIT_NETWORK_NETWORK_SAVE_H
#define DETINIT_NETWORK_NETWORK_SAVE_H

#include "detinit_describe.h"

/* Its name in the file. */
#define MATRIX_TENSOR "weight"

/* As detinit_matrix_save. */
detinit_status network_save_matrix(const detinit_matrix *matrix, const char *path,
                                   const detinit_run *run, detinit_survey *survey, uint64_t *bytes,
                                   detinit_error *error);

#endif
