/* SHA-256 as text, for tests. */
#ifndef TESTS_DIGEST_H
#define TESTS_DIGEST_H

#include <nettle/sha2.h>
#include <stdio.h>

#define DIGEST_TEXT (2 * SHA256_DIGEST_SIZE + 1)

static inline void digest_of(const void *data, size_t size, char text[DIGEST_TEXT])
{
    struct sha256_ctx sha;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&sha);
    sha256_update(&sha, size, data);
    sha256_digest(&sha, sizeof digest, digest);
    for (size_t n = 0; n < sizeof digest; n++)
        snprintf(text + 2 * n, 3, "%02x", digest[n]);
}

#endif
