/* Packed files: what opens is consistent, and is unpacked or refused. */
#include "target.h"

#include "detinit_track.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* More weights than this take longer than a fuzzer should wait. */
#define UNPACKED_MOST 100000

/* Into a file in a directory of its own; both are removed. */
static void unpack(const detinit_packed *packed)
{
    char directory[] = "/tmp/detinit-fuzz-XXXXXX", path[64];
    detinit_error error;
    fuzz_check(mkdtemp(directory) != NULL);
    snprintf(path, sizeof path, "%s/w.safetensors", directory);
    detinit_status status = detinit_unpack_save(packed, path, NULL, NULL, &error);
    if (status != DETINIT_OK)
        fuzz_check_error(status, &error);
    else
        fuzz_check(unlink(path) == 0);
    fuzz_check(rmdir(directory) == 0);
}

/* Whether no tensor is factored, which takes longer, too. */
static bool quick(const detinit_network *network)
{
    for (size_t n = 0; n < network->count; n++)
        if (network->layers[n].recipe.orthogonal)
            return false;
    return true;
}

static void open_packed(detinit_tensorfile *file)
{
    detinit_packed *packed;
    detinit_error error;
    if (file == NULL)
        return;
    detinit_status status = detinit_packed_open(file, &packed, &error);
    if (status != DETINIT_OK) {
        fuzz_check_error(status, &error);
    } else {
        const detinit_packing *packing = detinit_packed_packing(packed);
        fuzz_check(detinit_tensorfile_is_packed(file));
        fuzz_check(packing->stored_weights <= packing->total_weights);
        fuzz_check(packing->threshold >= 0);
        if (packing->total_weights <= UNPACKED_MOST && quick(detinit_packed_network(packed)))
            unpack(packed);
        detinit_packed_free(packed);
    }
    detinit_tensorfile_close(file);
}

TARGET(packed)
{
    open_packed(fuzz_open(data, size));
    open_packed(fuzz_open_safetensors(data, size));
    return 0;
}
