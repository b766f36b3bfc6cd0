#include "file/dense.h"

#include "detinit_files.h"
#include "base/error.h"
#include "file/npy.h"
#include "file/tensorwriter.h"

#include <inttypes.h>
#include <string.h>

static bool ends_with(const char *path, const char *ending)
{
    size_t length = strlen(path), tail = strlen(ending);
    return length > tail && strcmp(path + length - tail, ending) == 0;
}

bool dense_is_safetensors(const char *path)
{
    return ends_with(path, ".safetensors");
}

const char *dense_name(const detinit_tensor *tensor)
{
    return tensor->name[0] != '\0' ? tensor->name : DENSE_NAMELESS;
}

detinit_status dense_open(dense *d, const char *path, const detinit_run *run, detinit_error *error)
{
    memset(d, 0, sizeof *d);
    if (dense_is_safetensors(path))
        return tensorwriter_open(path, run, &d->writer, error);
    if (!ends_with(path, ".npy"))
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' must end in .safetensors, or in .npy for a single tensor", path);
    detinit_status status = savefile_open(&d->file, path, run, 0, error);
    if (status == DETINIT_OK)
        d->out = output_on(d->file.fd, d->file.shown, run, 0);
    return status;
}

void dense_abandon(dense *d)
{
    if (d->writer != NULL)
        detinit_tensorwriter_abandon(d->writer);
    else
        savefile_abandon(&d->file);
}

detinit_status dense_metadata(dense *d, const char *key, const char *value, detinit_error *error)
{
    return d->writer != NULL ? detinit_tensorwriter_metadata(d->writer, key, value, error)
                             : DETINIT_OK;
}

detinit_status dense_announce(dense *d, const char *name, const char *type, size_t rank,
                              const uint64_t *shape, detinit_error *error)
{
    unsigned char header[NPY_HEADER_MOST];
    detinit_tensor measured = {.rank = rank};
    const tensor_type *known = tensor_type_named(type);
    if (d->writer != NULL)
        return detinit_tensorwriter_announce(d->writer, name, type, rank, shape, NULL, error);
    if (d->announced)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s': a .npy file holds one tensor; .safetensors was expected",
                         d->file.shown);
    if (known == NULL || known->npy == NULL)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s': .npy files have no type %.20s; .safetensors was expected",
                         d->file.shown, type);
    memcpy(measured.shape, shape, rank * sizeof *shape);
    const char *wrong = tensor_measure(&measured, known, &d->missing);
    if (wrong != NULL)
        return error_set(error, DETINIT_INVALID, "'%.100s': %s", name, wrong);
    size_t length = npy_header_of(known, rank, shape, header);
    d->announced = true;
    d->bytes = length + d->missing;
    detinit_status status = savefile_reserve(&d->file, d->bytes, error);
    return status == DETINIT_OK ? output_write(&d->out, header, length, error) : status;
}

detinit_status dense_write(dense *d, const void *data, size_t bytes, detinit_error *error)
{
    if (d->writer != NULL)
        return detinit_tensorwriter_write(d->writer, data, bytes, error);
    if (bytes > d->missing)
        return error_set(error, DETINIT_INVALID, "more data than the tensor announced holds");
    d->missing -= bytes;
    return output_write(&d->out, data, bytes, error);
}

detinit_status dense_commit(dense *d, uint64_t *bytes, detinit_error *error)
{
    if (d->writer != NULL)
        return detinit_tensorwriter_commit(d->writer, bytes, error);
    if (!d->announced || d->missing > 0) {
        savefile_abandon(&d->file);
        return error_set(error, DETINIT_INVALID, "%" PRIu64 " bytes of the tensor are missing",
                         d->missing);
    }
    if (bytes != NULL)
        *bytes = d->bytes;
    return savefile_commit(&d->file, error);
}

static detinit_status take_part(void *context, const unsigned char *data, size_t bytes,
                                detinit_error *error)
{
    return dense_write(context, data, bytes, error);
}

detinit_status dense_copy(dense *d, const detinit_tensorfile *file, const detinit_tensor *tensor,
                          const detinit_run *run, detinit_error *error)
{
    return tensorfile_each(file, tensor, run, take_part, d, error);
}
