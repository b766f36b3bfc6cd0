/* Packed files: what opens is consistent, and is unpacked or refused. */
#include "target.h"

#include "track/packed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Items of all its tensors, which blocks of a few bytes may make many. */
static uint64_t count_items(const detinit_packed *packed)
{
    detinit_tensor tensor;
    uint64_t items = 0;
    for (size_t n = 0; detinit_packed_tensor(packed, n, &tensor); n++)
        items += tensor.count < UNPACKED_MOST ? tensor.count : UNPACKED_MOST + 1;
    return items;
}

/* Reads all tensors of the file that was packed, in pieces, the last ones first. */
static void read_unpacked(detinit_tensorfile *file)
{
    enum { PIECE = 1000 };
    unsigned char items[PIECE * CODED_ITEM_MOST];
    detinit_error error;
    for (size_t n = 0; n < detinit_tensorfile_count(file); n++) {
        const detinit_tensor *tensor = detinit_tensorfile_tensor(file, n);
        for (uint64_t end = tensor->count; end > 0;) {
            const size_t part = end < PIECE ? (size_t)end : PIECE;
            detinit_status status =
                detinit_tensor_read(file, tensor, end - part, part, items, &error);
            if (status != DETINIT_OK)
                fuzz_check_error(status, &error);
            end -= part;
        }
    }
}

/* A file under the digest that its metadata should have: else every change of them ends there. */
static detinit_tensorfile *open_sealed(const uint8_t *data, size_t size)
{
    char seal[PACKED_DIGITS + 1];
    const char *key;
    struct sha256_ctx sha;
    detinit_tensorfile *file = fuzz_open_safetensors(data, size);
    if (file == NULL || detinit_tensorfile_metadata(file, PACKED_SEAL) == NULL)
        return file;
    sha256_init(&sha);
    for (size_t n = 0; (key = detinit_tensorfile_metadata_key(file, n)) != NULL; n++)
        if (strcmp(key, PACKED_SEAL) != 0)
            packed_seal_put(&sha, key, detinit_tensorfile_metadata(file, key));
    detinit_tensorfile_close(file);
    return fuzz_open_with_digest(data, size, PACKED_SEAL, packed_hex(&sha, seal));
}

static bool open_packed(detinit_tensorfile *file)
{
    detinit_packed *packed;
    detinit_error error;
    bool small = false;
    if (file == NULL)
        return false;
    detinit_status status = detinit_packed_open(file, &packed, &error);
    if (status != DETINIT_OK) {
        fuzz_check_error(status, &error);
    } else {
        const detinit_packing *packing = detinit_packed_packing(packed);
        fuzz_check(detinit_tensorfile_is_packed(file));
        fuzz_check(packing->stored_weights <= packing->total_weights);
        fuzz_check(packing->threshold >= 0);
        small = count_items(packed) <= UNPACKED_MOST && quick(detinit_packed_network(packed));
        detinit_packed_take_unchecked(packed);
        if (small)
            unpack(packed);
        detinit_packed_free(packed);
    }
    detinit_tensorfile_close(file);
    return small;
}

/* The same as the file that was packed. */
static void open_unpacked(detinit_tensorfile *file)
{
    detinit_tensorfile *whole;
    detinit_error error;
    const detinit_status status = detinit_tensorfile_unpacked(file, &whole, &error);
    if (status != DETINIT_OK) {
        fuzz_check_error(status, &error);
        return;
    }
    read_unpacked(whole);
    detinit_tensorfile_close(whole);
}

TARGET(packed)
{
    open_packed(fuzz_open(data, size));
    if (open_packed(open_sealed(data, size)))
        open_unpacked(open_sealed(data, size));
    return 0;
}
