/* Singular values of a tensor of a file. */
#ifndef UI_VERB_SPECTRUM_OF_FILE_H
#define UI_VERB_SPECTRUM_OF_FILE_H

#include "trained/subject.h"
#include "verb/spectrum.h"

/*
 * As spectrum_make, of all numbers of a tensor with its face, as a layer of the recipe's shape has
 * them: `normal` is the tensor, `orthogonal` a matrix of the same norm whose singular values are
 * one, and the law that of independent weights of the same mean square.
 */
detinit_status spectrum_make_of_file(const tensor_subject *s, const detinit_recipe *shape,
                                     const detinit_run *run, spectrum *out, detinit_error *error);

#endif
