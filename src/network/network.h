/* What networks and manifests share. */
#ifndef DETINIT_NETWORK_NETWORK_H
#define DETINIT_NETWORK_NETWORK_H

#include "detinit_track.h"

/* The names that tensors can have, for sentences that refuse others. */
#define NETWORK_NAME_MOST     200
#define NETWORK_NAME_EXPECTED "1 .. 200 bytes without slashes and control characters, no dot first"

/* Whether UTF-8 text names a tensor, also as a file: see detinit_layer. */
bool network_name_good(const char *name);

/* The first layer, in order, whose name a layer before it has; NULL where names are unique.
 * False without memory. */
bool network_repeated(const detinit_network *network, const detinit_layer **repeated);

#endif
