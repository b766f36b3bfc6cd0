/* Packed files in tests: unpacked, and what they are compared with. */
#ifndef DETINIT_PACKED_FILE_H
#define DETINIT_PACKED_FILE_H

#include "trained.h"

/* Unpacks a file; the status and the sentence of what fails. */
static inline detinit_status unpack(const char *from, const char *to, detinit_error *error)
{
    detinit_tensorfile *file;
    detinit_packed *packed;
    detinit_status status = detinit_tensorfile_open(from, &file, error);
    if (status != DETINIT_OK)
        return status;
    status = detinit_packed_open(file, &packed, error);
    if (status == DETINIT_OK) {
        uint64_t bytes;
        size_t size;
        const detinit_run run = {.threads = 2};
        status = detinit_unpack_save(packed, to, &run, &bytes, error);
        detinit_packed_free(packed);
        if (status == DETINIT_OK) {
            free(get_file(to, &size));
            assert_int_equal(size, bytes);
        }
    }
    detinit_tensorfile_close(file);
    return status;
}

static inline void prune(const detinit_tensorfile *file, const detinit_tracked *tracked,
                         size_t count, double threshold, const char *path)
{
    detinit_pruning pruning;
    assert_int_equal(detinit_pruning_find(tracked, count, threshold, false, NULL, &pruning, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_prune_save(file, tracked, count, DETINIT_PRUNE_INIT, &pruning, path,
                                        NULL, NULL, NULL),
                     DETINIT_OK);
}

#endif
