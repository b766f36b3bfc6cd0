#include "detinit_network.h"

#include <nettle/sha2.h>
#include <string.h>

uint64_t detinit_layer_of_name(const char *name)
{
    struct sha256_ctx sha;
    uint8_t digest[8];
    uint64_t layer = 0;
    sha256_init(&sha);
    sha256_update(&sha, strlen(name), (const uint8_t *)name);
    sha256_digest(&sha, sizeof digest, digest);
    for (size_t n = 0; n < sizeof digest; n++)
        layer = layer << 8 | digest[n];
    return layer;
}
