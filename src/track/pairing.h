/* Tensors of files beside layers of networks: see detinit_pairing_find. */
#ifndef DETINIT_TRACK_PAIRING_H
#define DETINIT_TRACK_PAIRING_H

#include "detinit_track.h"

/* "256 x 784", "a single number" for a shape without dimensions. Returns buffer. */
const char *pairing_shape_text(size_t rank, const uint64_t *shape, char *buffer, size_t size);

#endif
