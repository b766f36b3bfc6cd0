/* Where a file has the data of a tensor, for tests that cut or damage it there. */
#ifndef DETINIT_DATA_OFFSET_H
#define DETINIT_DATA_OFFSET_H

#include "check.h"

#include "detinit_files.h"

#include <sys/stat.h>

/* Data come last in .npy and .safetensors files, tensor after tensor, without holes. */
static inline off_t data_offset(const detinit_tensorfile *file, const detinit_tensor *tensor)
{
    struct stat about;
    const detinit_tensor *last;
    uint64_t bytes = 0;
    assert_int_equal(stat(detinit_tensorfile_path(file), &about), 0);
    for (size_t n = detinit_tensorfile_count(file); n-- > 0;) {
        last = detinit_tensorfile_tensor(file, n);
        bytes += last->count * last->item_bytes;
        if (last == tensor)
            return about.st_size - (off_t)bytes;
    }
    fail_msg("'%s' is no tensor of the file", tensor->name);
    return 0;
}

#endif
