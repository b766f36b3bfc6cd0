/* Patches: what opens is consistent, and makes a file of a base or is refused. */
#include "target.h"

#include "detinit_diff.h"
#include "track/patch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Results of more bytes than this take longer than a fuzzer should wait. */
#define RESULT_MOST (1 << 20)

/* What the patches of the corpus change: all of it is 0. */
static detinit_tensorfile *open_base(void)
{
    enum { PREFIX = 8, DATA_BYTES = 67 };
    static const char header[] =
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[4,4],\"data_offsets\":[0,64]},"
        "\"n\":{\"dtype\":\"I8\",\"shape\":[3],\"data_offsets\":[64,67]}}";
    uint8_t bytes[PREFIX + sizeof header - 1 + DATA_BYTES] = {0};
    memcpy(bytes + PREFIX, header, sizeof header - 1);
    return fuzz_open_safetensors(bytes, sizeof bytes);
}

static void apply(const detinit_patch *patch)
{
    char path[64];
    detinit_error error;
    uint64_t bytes;
    detinit_tensorfile *base = open_base();
    fuzz_check(base != NULL);
    snprintf(path, sizeof path, "/tmp/detinit-fuzz-%ld.safetensors", (long)getpid());
    detinit_status status = detinit_patch_save(patch, base, path, NULL, &bytes, &error);
    if (status != DETINIT_OK)
        fuzz_check_error(status, &error);
    else
        fuzz_check(unlink(path) == 0);
    detinit_tensorfile_close(base);
}

static void open_patch(detinit_tensorfile *file)
{
    detinit_patch *patch;
    detinit_error error;
    if (file == NULL)
        return;
    detinit_status status = detinit_patch_open(file, &patch, &error);
    if (status != DETINIT_OK) {
        fuzz_check_error(status, &error);
    } else {
        const detinit_patching *patching = detinit_patch_patching(patch);
        fuzz_check(detinit_tensorfile_is_patch(file));
        fuzz_check(patching->sparse + patching->whole <= patching->tensors);
        if (patching->result_bytes <= RESULT_MOST)
            apply(patch);
        detinit_patch_free(patch);
    }
    detinit_tensorfile_close(file);
}

/* A file under the digest that its description should have: else every change of it ends there. */
static detinit_tensorfile *open_sealed(const uint8_t *data, size_t size)
{
    char digest[PACKED_DIGITS + 1];
    struct sha256_ctx sha;
    detinit_tensorfile *file = fuzz_open_safetensors(data, size);
    const char *text = file != NULL ? detinit_tensorfile_metadata(file, PATCH_DESCRIPTION) : NULL;
    if (text == NULL)
        return file;
    sha256_init(&sha);
    sha256_update(&sha, strlen(text), (const uint8_t *)text);
    detinit_tensorfile_close(file);
    return fuzz_open_with_digest(data, size, PATCH_DIGEST, packed_hex(&sha, digest));
}

TARGET(patch)
{
    open_patch(fuzz_open(data, size));
    open_patch(open_sealed(data, size));
    return 0;
}
