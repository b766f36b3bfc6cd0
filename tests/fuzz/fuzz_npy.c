/* .npy files: the bytes are a file. */
#include "file/npy.h"
#include "detinit_files.h"
#include "target.h"

TARGET(npy)
{
    const size_t seen = size < NPY_READ_MOST ? size : NPY_READ_MOST;
    npy_array array;
    detinit_error error;
    detinit_status status = npy_read(data, seen, size, "fuzz", &array, &error);
    if (status != DETINIT_OK)
        fuzz_check_error(status, &error);
    else
        fuzz_check(array.offset + array.tensor.count * array.tensor.item_bytes <= size);
    detinit_tensorfile *file = fuzz_open(data, size);
    if (file != NULL)
        fuzz_read(file, size);
    return 0;
}
