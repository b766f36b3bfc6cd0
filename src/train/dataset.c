#include "train/dataset.h"

#include "base/error.h"
#include "file/inflater.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* A header may claim anything: more inputs than this (4 GB of them) are not asked for. */
#define MOST_INPUTS ((size_t)1 << 30)

/* The third byte of an IDX file: its items are unsigned bytes. */
#define IDX_UNSIGNED_BYTES 8

#define CHUNK_BYTES 65536

#define FEWER_BYTES "as many bytes as its header announces, got fewer"

void examples_free(examples *e)
{
    free(e->inputs);
    free(e->labels);
    *e = (examples){0};
}

void dataset_free(dataset *d)
{
    examples_free(&d->train);
    examples_free(&d->test);
}

detinit_status examples_new(size_t count, size_t features, examples *out, detinit_error *error)
{
    *out = (examples){.count = count, .features = features};
    out->inputs = malloc(count * features * sizeof *out->inputs);
    out->labels = malloc(count);
    if (out->inputs != NULL && out->labels != NULL)
        return DETINIT_OK;
    examples_free(out);
    return error_set(error, DETINIT_NO_MEMORY, "not enough memory for %zu examples of %zu inputs",
                     count, features);
}

/* --------------------------------------------------------------- IDX files */

typedef struct idx_file {
    gzFile stream;
    const char *path;
} idx_file;

static detinit_status idx_wrong(const idx_file *file, const char *expected, detinit_error *error)
{
    return error_set(error, DETINIT_INVALID, "%.300s: expected %s", file->path, expected);
}

/* Exactly `size` bytes. A gzip stream that is damaged or cut short is an error here, too. */
static detinit_status idx_bytes(const idx_file *file, void *bytes, unsigned size,
                                detinit_error *error)
{
    int number = Z_OK, got = gzread(file->stream, bytes, size);
    if (got == (int)size)
        return DETINIT_OK;
    const char *reason = gzerror(file->stream, &number);
    if (got < 0 && number == Z_ERRNO)
        return error_set(error, DETINIT_IO, "%.300s: cannot be read: %s", file->path,
                         strerror(errno));
    if (got < 0)
        return error_set(error, DETINIT_INVALID, "%.300s: expected sound gzip data: %.100s",
                         file->path, reason);
    return idx_wrong(file, FEWER_BYTES, error);
}

static detinit_status idx_end(const idx_file *file, detinit_error *error)
{
    char byte;
    int got = gzread(file->stream, &byte, 1);
    if (got == 0)
        return DETINIT_OK;
    if (got < 0)
        return idx_bytes(file, &byte, 1, error);
    return idx_wrong(file, "as many bytes as its header announces, got more", error);
}

static size_t big_endian(const unsigned char bytes[4])
{
    return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
}

/* Opens a file of unsigned bytes with so many dimensions, each at least 1. */
static detinit_status idx_open(const char *path, unsigned rank, idx_file *file, size_t *shape,
                               detinit_error *error)
{
    unsigned char magic[4], sizes[4];
    char expected[80];
    detinit_status status;
    errno = 0;
    *file = (idx_file){gzopen(path, "rb"), path};
    if (file->stream == NULL)
        return error_set(error, errno == 0 ? DETINIT_NO_MEMORY : DETINIT_IO,
                         "%.300s: cannot be opened: %s", path,
                         errno == 0 ? "not enough memory" : strerror(errno));
    status = idx_bytes(file, magic, sizeof magic, error);
    if (status == DETINIT_OK &&
        (magic[0] != 0 || magic[1] != 0 || magic[2] != IDX_UNSIGNED_BYTES || magic[3] != rank)) {
        snprintf(expected, sizeof expected,
                 "an IDX file of unsigned bytes in %u dimensions, magic 0x%08x", rank,
                 (unsigned)IDX_UNSIGNED_BYTES << 8 | rank);
        status = idx_wrong(file, expected, error);
    }
    for (unsigned n = 0; n < rank && status == DETINIT_OK; n++) {
        status = idx_bytes(file, sizes, sizeof sizes, error);
        shape[n] = status == DETINIT_OK ? big_endian(sizes) : 0;
        if (status == DETINIT_OK && shape[n] == 0)
            status = idx_wrong(file, "dimensions of at least 1, got 0", error);
    }
    if (status != DETINIT_OK)
        gzclose(file->stream);
    return status;
}

static detinit_status read_pixels(const idx_file *file, examples *e, detinit_error *error)
{
    unsigned char chunk[CHUNK_BYTES];
    size_t total = e->count * e->features, done = 0;
    while (done < total) {
        size_t size = total - done < CHUNK_BYTES ? total - done : CHUNK_BYTES;
        detinit_status status = idx_bytes(file, chunk, (unsigned)size, error);
        if (status != DETINIT_OK)
            return status;
        for (size_t n = 0; n < size; n++)
            e->inputs[done + n] = (float)chunk[n] / 255.0f;
        done += size;
    }
    return idx_end(file, error);
}

/* Whether a file of its size can become as many bytes, gzipped at best. */
static bool may_hold(const idx_file *file, size_t bytes)
{
    struct stat about;
    return stat(file->path, &about) != 0 || !S_ISREG(about.st_mode) ||
           bytes / DEFLATE_MOST <= (uint64_t)about.st_size;
}

static detinit_status read_images(const char *path, examples *out, detinit_error *error)
{
    idx_file file;
    size_t shape[3];
    detinit_status status = idx_open(path, 3, &file, shape, error);
    if (status != DETINIT_OK)
        return status;
    if (shape[1] > MOST_INPUTS / shape[2] || shape[0] > MOST_INPUTS / (shape[1] * shape[2]))
        status = idx_wrong(&file, "at most 2^30 pixels in all", error);
    else if (!may_hold(&file, shape[0] * shape[1] * shape[2]))
        status = idx_wrong(&file, FEWER_BYTES, error);
    if (status == DETINIT_OK)
        status = examples_new(shape[0], shape[1] * shape[2], out, error);
    if (status == DETINIT_OK)
        status = read_pixels(&file, out, error);
    gzclose(file.stream);
    return status;
}

static detinit_status read_labels(const char *path, examples *e, detinit_error *error)
{
    idx_file file;
    size_t count;
    detinit_status status = idx_open(path, 1, &file, &count, error);
    if (status != DETINIT_OK)
        return status;
    if (count != e->count)
        status = error_set(error, DETINIT_INVALID,
                           "%.300s: expected a label for each of %zu images, got %zu", path,
                           e->count, count);
    for (size_t done = 0; done < count && status == DETINIT_OK;) {
        size_t size = count - done < CHUNK_BYTES ? count - done : CHUNK_BYTES;
        status = idx_bytes(&file, e->labels + done, (unsigned)size, error);
        done += size;
    }
    if (status == DETINIT_OK)
        status = idx_end(&file, error);
    gzclose(file.stream);
    for (size_t n = 0; n < count && status == DETINIT_OK; n++)
        if (e->labels[n] >= e->classes)
            e->classes = e->labels[n] + (size_t)1;
    return status;
}

detinit_status examples_read(const char *images, const char *labels, examples *out,
                             detinit_error *error)
{
    examples read = {0};
    detinit_status status = read_images(images, &read, error);
    if (status == DETINIT_OK)
        status = read_labels(labels, &read, error);
    if (status == DETINIT_OK)
        *out = read;
    else
        examples_free(&read);
    return status;
}

#define TRAINING_IMAGES "train-images-idx3-ubyte"

/* The path of a file in a directory: as it is, or gzipped, where only that is there. */
static void locate(const char *directory, const char *name, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", directory, name);
    if (access(path, F_OK) != 0)
        snprintf(path, PATH_MAX, "%s/%s.gz", directory, name);
}

bool dataset_is_in(const char *directory)
{
    char path[PATH_MAX];
    locate(directory, TRAINING_IMAGES, path);
    return access(path, F_OK) == 0;
}

static detinit_status read_part(const char *directory, const char *part, examples *out,
                                detinit_error *error)
{
    char name[64], images[PATH_MAX], labels[PATH_MAX];
    snprintf(name, sizeof name, "%s-images-idx3-ubyte", part);
    locate(directory, name, images);
    snprintf(name, sizeof name, "%s-labels-idx1-ubyte", part);
    locate(directory, name, labels);
    return examples_read(images, labels, out, error);
}

detinit_status dataset_read(const char *directory, dataset *out, detinit_error *error)
{
    dataset read = {0};
    if (!dataset_is_in(directory))
        return error_set(error, DETINIT_IO,
                         "%.300s: expected a directory that holds " TRAINING_IMAGES
                         ", gzipped or not, and its companions: %s",
                         directory, strerror(errno));
    detinit_status status = read_part(directory, "train", &read.train, error);
    if (status == DETINIT_OK)
        status = read_part(directory, "t10k", &read.test, error);
    if (status == DETINIT_OK &&
        (read.test.features != read.train.features || read.test.classes > read.train.classes))
        status = error_set(error, DETINIT_INVALID,
                           "%.300s: expected test images of the training images' size and classes, "
                           "%zu pixels and %zu classes, got %zu and %zu",
                           directory, read.train.features, read.train.classes, read.test.features,
                           read.test.classes);
    if (status != DETINIT_OK) {
        dataset_free(&read);
        return status;
    }
    read.test.classes = read.train.classes;
    *out = read;
    return DETINIT_OK;
}

/* -------------------------------------------------------------------- made */

/* Layers that no network reaches: what is drawn from them is not its weights. */
#define PROTOTYPE_LAYER (UINT64_MAX - 1)
#define NOISE_LAYER     (UINT64_MAX - 2)

static detinit_status make_part(uint64_t seed, uint64_t part, size_t count, size_t features,
                                size_t classes, double spread, examples *out, detinit_error *error)
{
    detinit_status status = examples_new(count, features, out, error);
    if (status != DETINIT_OK)
        return status;
    out->classes = classes;
    for (size_t n = 0; n < count; n++) {
        size_t label = n % classes;
        out->labels[n] = (unsigned char)label;
        for (size_t k = 0; k < features; k++) {
            const uint64_t prototype[] = {PROTOTYPE_LAYER, label, k};
            const uint64_t noise[] = {NOISE_LAYER, part, n, k};
            out->inputs[n * features + k] = (float)(spread * detinit_gaussian(seed, prototype, 3) +
                                                    detinit_gaussian(seed, noise, 4));
        }
    }
    return DETINIT_OK;
}

detinit_status dataset_make(uint64_t seed, size_t features, size_t classes, double spread,
                            size_t train, size_t test, dataset *out, detinit_error *error)
{
    dataset made = {0};
    detinit_status status =
        make_part(seed, 0, train, features, classes, spread, &made.train, error);
    if (status == DETINIT_OK)
        status = make_part(seed, 1, test, features, classes, spread, &made.test, error);
    if (status == DETINIT_OK)
        *out = made;
    else
        dataset_free(&made);
    return status;
}
