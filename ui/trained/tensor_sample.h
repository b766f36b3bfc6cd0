/* What a list says of a tensor, of a sample small enough for many of them. */
#ifndef UI_TRAINED_TENSOR_SAMPLE_H
#define UI_TRAINED_TENSOR_SAMPLE_H

#include "trained/tensor_list.h"

/* Any thread; what cannot be read has no figures. */
tensor_figures tensor_sample(opened_file *file, size_t tensor, double threshold,
                             const detinit_run *run);

#endif
