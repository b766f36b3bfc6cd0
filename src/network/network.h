/* What networks and manifests share. */
#ifndef DETINIT_NETWORK_NETWORK_H
#define DETINIT_NETWORK_NETWORK_H

#include "detinit_track.h"

/* The names that tensors can have, for sentences that refuse others. */
#define NETWORK_NAME_MOST 4096
#define NETWORK_NAME_EXPECTED                                                                      \
    "1 .. 4096 bytes of UTF-8 text without control characters, and not __metadata__"

/* Whether UTF-8 text names a tensor: see detinit_layer. */
bool network_name_good(const char *name);

/*
 * Makes a network ready to be searched (detinit_network.by_name), where names are unique: else
 * *repeated gets the first layer, in the network's order, whose name a layer before it has.  False
 * without memory.
 */
bool network_index(detinit_network *network, const detinit_layer **repeated);

#endif
