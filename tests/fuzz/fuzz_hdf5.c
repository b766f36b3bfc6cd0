/* HDF5 files: the bytes are one, and what it holds is read, in pieces that must agree.  Checksums
 * of its blocks are not looked at, or hardly any change would come past them. */
#include "detinit_files.h"
#include "target.h"

#include <stdlib.h>
#include <string.h>

/* Of larger tensors, which may be of any size where nothing of them was ever written, a part is
 * read. */
#define BYTES_MOST ((uint64_t)1 << 16)

/* Whether `count` items from `first` on could be read. */
static bool read_items(const detinit_tensorfile *file, const detinit_tensor *tensor, uint64_t first,
                       uint64_t count, unsigned char *items)
{
    detinit_error error;
    detinit_status status = detinit_tensor_read(file, tensor, first, (size_t)count, items, &error);
    if (status != DETINIT_OK)
        fuzz_check_error(status, &error);
    return status == DETINIT_OK;
}

static void read_tensor(const detinit_tensorfile *file, const detinit_tensor *tensor)
{
    enum { PIECE = 13 };
    const uint64_t most = BYTES_MOST / tensor->item_bytes;
    const uint64_t count = tensor->count < most ? tensor->count : most;
    const uint64_t first = tensor->count - count;
    unsigned char *whole = malloc(BYTES_MOST), *pieces = malloc(BYTES_MOST);
    fuzz_check(whole != NULL && pieces != NULL);
    if (count > 0 && read_items(file, tensor, first, count, whole)) {
        for (uint64_t n = 0; n < count; n += PIECE)
            fuzz_check(read_items(file, tensor, first + n, count - n < PIECE ? count - n : PIECE,
                                  pieces + n * tensor->item_bytes));
        fuzz_check(memcmp(whole, pieces, (size_t)(count * tensor->item_bytes)) == 0);
    }
    free(whole);
    free(pieces);
}

TARGET(hdf5)
{
    detinit_tensorfile *file = fuzz_open(data, size);
    const char *key, *why;
    if (file == NULL)
        return 0;
    for (size_t n = 0; n < detinit_tensorfile_count(file); n++) {
        const detinit_tensor *tensor = detinit_tensorfile_tensor(file, n);
        fuzz_check(detinit_tensorfile_find(file, tensor->name) == tensor);
        read_tensor(file, tensor);
    }
    for (size_t n = 0; (key = detinit_tensorfile_metadata_key(file, n)) != NULL; n++)
        fuzz_check(detinit_tensorfile_metadata(file, key) != NULL);
    for (size_t n = 0; detinit_tensorfile_left_out(file, n, &why) != NULL; n++)
        fuzz_check(why != NULL);
    detinit_tensorfile_close(file);
    return 0;
}
