/* Which tensors are in a share, and by what parts of one work know one another. */
#include "track/parts.h"

#include "base/error.h"
#include "base/wide.h"
#include "file/input.h"
#include "file/tensorwriter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void part_range(const uint64_t *bytes, size_t count, uint64_t part, uint64_t parts, size_t *first,
                size_t *end)
{
    uint64_t total = 0, before = 0;
    *first = *end = 0;
    for (size_t n = 0; n < count; n++)
        total += bytes[n];
    for (size_t n = 0; n < count; n++) {
        const uint64_t owner = detinit_part_of(before, bytes[n], total, parts);
        before += bytes[n];
        *first += owner < part;
        *end += owner <= part;
    }
}

detinit_status part_wrong(const detinit_tensorfile *part, const char *what, const char *name,
                          detinit_error *error)
{
    return error_set(error, DETINIT_INVALID, "'%.200s' is not the part that it says: %s '%.100s'",
                     detinit_tensorfile_path(part), what, name);
}

/* ----------------------------------------------------------------- digests */

/* Samples of a file, and the bytes of each. */
#define SAMPLES      256
#define SAMPLE_BYTES 4096

static detinit_status sample_file(const input *in, struct sha256_ctx *sha, detinit_error *error)
{
    unsigned char sample[SAMPLE_BYTES];
    char size[32];
    detinit_status status = DETINIT_OK;
    const int length = snprintf(size, sizeof size, "%llu", (unsigned long long)in->size);
    sha256_update(sha, (size_t)length, (const uint8_t *)size);
    const uint64_t most = in->size < SAMPLE_BYTES ? in->size : SAMPLE_BYTES;
    for (uint64_t n = 0; n < SAMPLES && status == DETINIT_OK; n++) {
        const uint64_t at = wide_share(in->size - most, n, SAMPLES - 1);
        status = input_read(in, at, sample, (size_t)most, error);
        if (status == DETINIT_OK)
            sha256_update(sha, (size_t)most, sample);
    }
    return status;
}

detinit_status part_digest_of_file(const char *path, char hex[PACKED_DIGITS + 1],
                                   detinit_error *error)
{
    struct sha256_ctx sha;
    input in;
    detinit_status status = input_open(&in, path, error);
    if (status != DETINIT_OK)
        return status;
    sha256_init(&sha);
    status = sample_file(&in, &sha, error);
    packed_hex(&sha, hex);
    input_close(&in);
    return status;
}

detinit_status part_digest_of_recipes(const detinit_tracked *tracked, size_t count,
                                      char hex[PACKED_DIGITS + 1], detinit_error *error)
{
    struct sha256_ctx sha;
    char name[] = TENSORWRITER_NAMELESS;
    sha256_init(&sha);
    for (size_t n = 0; n < count; n++) {
        detinit_layer layer = {name, tracked[n].recipe};
        char *text = detinit_network_manifest(&(detinit_network){.count = 1, .layers = &layer});
        if (text == NULL)
            return error_set(error, DETINIT_NO_MEMORY, "no memory for a manifest");
        const char *own = tracked[n].name;
        sha256_update(&sha, strlen(own) + 1, (const uint8_t *)own);
        sha256_update(&sha, strlen(text), (const uint8_t *)text);
        free(text);
    }
    packed_hex(&sha, hex);
    return DETINIT_OK;
}
