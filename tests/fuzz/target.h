/*
 * A fuzz target: TARGET(npy) begins the function that is given any bytes.  Under libFuzzer it has
 * the name that libFuzzer calls; in the program that replays the corpus, one of its own.
 */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include "detinit_tracking.h"

#include <stddef.h>
#include <stdint.h>

#ifdef FUZZ_REPLAY
#define TARGET(name) int fuzz_##name(const uint8_t *data, size_t size)
#else
#define TARGET(name) int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
#endif

TARGET(manifest);
TARGET(npy);
TARGET(safetensors);

/* Ends the program unless `good`: a finding. */
void fuzz_check(bool good);

/* Fails unless a refusal has a status and one line of text. */
void fuzz_check_error(detinit_status status, const detinit_error *error);

/*
 * Opens these bytes as a file of tensors.  Either it is refused as it should be, or all tensors
 * are read, in pieces of several sizes that must agree.
 */
void fuzz_tensorfile(const uint8_t *data, size_t size);

#endif
