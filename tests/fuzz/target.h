/*
 * A fuzz target: TARGET(npy) begins the function that is given any bytes.  Under libFuzzer it has
 * the name that libFuzzer calls; in the program that replays the corpus, one of its own.
 */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include "detinit_track.h"

#include <stddef.h>
#include <stdint.h>

#ifdef FUZZ_REPLAY
#define TARGET(name) int fuzz_##name(const uint8_t *data, size_t size)
#else
#define TARGET(name) int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
#endif

TARGET(hdf5);
TARGET(images);
TARGET(index);
TARGET(manifest);
TARGET(names);
TARGET(npy);
TARGET(packed);
TARGET(patch);
TARGET(pickle);
TARGET(safetensors);
TARGET(zip);

/* Ends the program unless `good`: a finding. */
void fuzz_check(bool good);

/* Fails unless a refusal has a status and one line of text. */
void fuzz_check_error(detinit_status status, const detinit_error *error);

/*
 * Opens these bytes as a file of tensors, to be closed by fuzz_close; NULL where they are refused,
 * as they should be.
 */
detinit_tensorfile *fuzz_open(const uint8_t *data, size_t size);

/* The same of a .safetensors file whose length of the header is set right, or hardly any change
 * would come past it.  The header ends at the last '}'. */
detinit_tensorfile *fuzz_open_safetensors(const uint8_t *data, size_t size);

/* The same, with these digits in the place of those of a text of the metadata, where it stands
 * without blanks. */
detinit_tensorfile *fuzz_open_with_digest(const uint8_t *data, size_t size, const char *key,
                                          const char *digest);

/* Reads all tensors, in pieces of several sizes that must agree, and closes the file. */
void fuzz_read(detinit_tensorfile *file, size_t size);

#endif
