/* A checkpoint measured: the line that a history has of it. */
#ifndef UI_TRAINED_MEASURING_H
#define UI_TRAINED_MEASURING_H

#include "trained/threshold.h"

#include <jansson.h>

/* Norm and std of a tensor of more weights than the first are estimated of so many as the second
 * says, in stretches at equal distances; singular values of more than the third are left out. */
#define MEASURE_ALL_UP_TO      ((uint64_t)1 << 24)
#define MEASURE_SAMPLE         ((uint64_t)1 << 22)
#define MEASURE_SPECTRUM_UP_TO ((uint64_t)1 << 22)

/* What a checkpoint is measured against. */
typedef struct measure_by {
    const char *manifest; /* NULL: the recipes in the file, or none */
    threshold_choice threshold;
} measure_by;

/*
 * Measures all tensors of weights, or, where recipes tell the initial values, those that have one:
 * norm, std and spectral norm (of the first dimension by all others, of two dimensions and more),
 * and with recipes the share awake, mean and largest |w - w0|, and the decay.  What a training
 * state keeps of its optimizer is passed over.  *line gets {"step", "weights", "tensors", ..}, for
 * history_add_json, to be freed; without "step" where no metadata tell it.  DETINIT_IO with a
 * sentence where the file is not complete, or wrong; DETINIT_INVALID where the manifest is.
 */
detinit_status measure_checkpoint(const char *path, const measure_by *by, const detinit_run *run,
                                  json_t **line, detinit_error *error);

#endif
