/* Proof that a matrix can be made again: by other means, to the same bits. */
#include "address.h"
#include "detinit.h"
#include "error.h"
#include "matrix.h"
#include "npy.h"
#include "threads.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Weights that are also made one at a time: all, or this many at hashed places. */
#define SCALAR_MOST ((uint64_t)1 << 22)

/* The other matrix is made in windows of this many columns: no divisor of a kernel's block. */
#define ODD_SPLIT 997

typedef struct comparison {
    uint64_t compared;
    double max_difference;
    bool equal;
} comparison;

typedef struct proof {
    const detinit_matrix *matrix, *other;
    uint64_t count;
    const char *shown; /* the saved file, or NULL */
    int fd;
    uint64_t offset; /* of the next block in the file */
    unsigned char *read_back;
    double *read_values;
    struct sha256_ctx sha;
    comparison total;
} proof;

static void compare(comparison *c, const double *a, const double *b, size_t count)
{
    c->compared += count;
    if (memcmp(a, b, count * sizeof *a) == 0)
        return;
    for (size_t n = 0; n < count; n++) {
        double difference = fabs(a[n] - b[n]);
        if (memcmp(&a[n], &b[n], sizeof *a) == 0)
            continue;
        c->equal = false;
        if (!(difference <= c->max_difference))
            c->max_difference = difference;
    }
}

/* Against the other matrix, made in windows that are cut in odd places. */
static void compare_with_other(const proof *p, const detinit_block *block, comparison *c)
{
    double window[ODD_SPLIT];
    for (size_t r = 0; r < block->rows; r++) {
        for (size_t col = 0; col < block->cols; col += ODD_SPLIT) {
            size_t part = block->cols - col < ODD_SPLIT ? block->cols - col : ODD_SPLIT;
            detinit_matrix_window(p->other, block->row + r, block->col + col, 1, part, window,
                                  part);
            compare(c, block->values + r * block->cols + col, window, part);
        }
    }
}

/* Against the scalar definition: all weights of the block in shuffled order, or a share of them. */
static void compare_with_scalar(const proof *p, const detinit_block *block, comparison *c)
{
    size_t size = block->rows * block->cols, places = size;
    bool all = p->count <= SCALAR_MOST;
    if (!all)
        places = (size_t)((double)size * ((double)SCALAR_MOST / (double)p->count)) + 1;
    uint64_t shuffle = detinit_key(block->row, (const uint64_t[]){block->col}, 1);
    for (size_t n = 0; n < places; n++) {
        /* Steps of a prime above the size visit every place once. */
        size_t place = all ? (size_t)((shuffle % size + n * (uint64_t)2147483647) % size)
                           : (size_t)(hash64(shuffle + n) % size);
        double weight;
        detinit_matrix_weight(p->matrix, block->row + place / block->cols,
                              block->col + place % block->cols, &weight);
        compare(c, block->values + place, &weight, 1);
    }
}

static void map_block(void *context, const detinit_block *block, void *partial)
{
    comparison c = {.equal = true};
    compare_with_other(context, block, &c);
    compare_with_scalar(context, block, &c);
    memcpy(partial, &c, sizeof c);
}

static void add(comparison *total, const comparison *c)
{
    total->compared += c->compared;
    total->equal = total->equal && c->equal;
    if (!(c->max_difference <= total->max_difference))
        total->max_difference = c->max_difference;
}

/* Against the saved file, read back. */
static detinit_status compare_with_file(proof *p, const detinit_block *block, detinit_error *error)
{
    detinit_dtype dtype = detinit_matrix_recipe(p->matrix)->dtype;
    size_t count = block->rows * block->cols, size = count * detinit_dtype_size(dtype), got = 0;
    while (got < size) {
        ssize_t part = pread(p->fd, p->read_back + got, size - got, (off_t)(p->offset + got));
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            return error_set(error, DETINIT_IO, "cannot read '%s' back: %s", p->shown,
                             part < 0 ? strerror(errno) : "it is too short");
        got += (size_t)part;
    }
    p->offset += size;
    detinit_decode(dtype, p->read_back, count, p->read_values);
    compare(&p->total, block->values, p->read_values, count);
    return DETINIT_OK;
}

static detinit_status take_block(void *context, const detinit_block *block, const void *partial,
                                 detinit_error *error)
{
    proof *p = context;
    comparison c;
    detinit_dtype dtype = detinit_matrix_recipe(p->matrix)->dtype;
    memcpy(&c, partial, sizeof c);
    add(&p->total, &c);
    sha256_update(&p->sha, block->rows * block->cols * detinit_dtype_size(dtype), block->stored);
    return p->shown != NULL ? compare_with_file(p, block, error) : DETINIT_OK;
}

static detinit_status hash_block(void *context, const detinit_block *block, const void *partial,
                                 detinit_error *error)
{
    proof *p = context;
    detinit_dtype dtype = detinit_matrix_recipe(p->matrix)->dtype;
    (void)partial, (void)error;
    sha256_update(&p->sha, block->rows * block->cols * detinit_dtype_size(dtype), block->stored);
    return DETINIT_OK;
}

static void hex_digest(struct sha256_ctx *sha, char hex[65])
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(sha, sizeof digest, digest);
    for (size_t n = 0; n < sizeof digest; n++)
        snprintf(hex + 2 * n, 3, "%02x", digest[n]);
}

/* Opens the saved file and checks its header. */
static detinit_status open_saved(proof *p, detinit_error *error)
{
    unsigned char expected[NPY_HEADER_MOST], found[NPY_HEADER_MOST];
    size_t size = npy_header(detinit_matrix_recipe(p->matrix), expected);
    p->read_back = malloc(MATRIX_BLOCK * sizeof(double));
    p->read_values = malloc(MATRIX_BLOCK * sizeof(double));
    if (p->read_back == NULL || p->read_values == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory to read a file back");
    p->fd = open(p->shown, O_RDONLY | O_CLOEXEC);
    if (p->fd < 0)
        return error_set(error, DETINIT_IO, "cannot read '%s' back: %s", p->shown, strerror(errno));
    if (pread(p->fd, found, size, 0) != (ssize_t)size || memcmp(found, expected, size) != 0)
        return error_set(error, DETINIT_IO, "'%s' does not have the header that was written",
                         p->shown);
    p->offset = size;
    return DETINIT_OK;
}

/* The comparing pass, then one on another thread count, whose hash must be the same. */
static detinit_status run_proof(proof *p, const detinit_run *run, const detinit_run *other_run,
                                detinit_reproducibility *out, detinit_error *error)
{
    detinit_sink sink = {.needs_values = true,
                         .partial_size = sizeof(comparison),
                         .map = map_block,
                         .take = take_block,
                         .context = p};
    sha256_init(&p->sha);
    detinit_status status = detinit_matrix_stream(p->matrix, run, &sink, error);
    if (status != DETINIT_OK)
        return status;
    hex_digest(&p->sha, out->sha256);

    char again[65];
    sink = (detinit_sink){.take = hash_block, .context = p};
    status = detinit_matrix_stream(p->matrix, other_run, &sink, error);
    if (status != DETINIT_OK)
        return status;
    hex_digest(&p->sha, again);
    out->equal = p->total.equal && strcmp(again, out->sha256) == 0;
    out->compared = p->total.compared + p->count;
    out->max_difference = p->total.max_difference;
    return DETINIT_OK;
}

detinit_status detinit_matrix_reproduce(const detinit_matrix *matrix, const char *saved_npy,
                                        const detinit_run *run, detinit_reproducibility *out,
                                        detinit_error *error)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(matrix);
    proof p = {.matrix = matrix, .shown = saved_npy, .fd = -1, .total = {.equal = true}};
    if (!detinit_recipe_count(recipe, &p.count))
        return error_set(error, DETINIT_INVALID,
                         "a matrix of more than 2^64 - 1 weights cannot be compared whole");
    detinit_run other_run = run != NULL ? *run : (detinit_run){0};
    other_run.threads = threads_of_run(run, UINT64_MAX) == 1 ? 2 : 1;
    other_run.isa = DETINIT_ISA_BASELINE;

    detinit_matrix *other = NULL;
    detinit_status status = saved_npy != NULL ? open_saved(&p, error) : DETINIT_OK;
    if (status == DETINIT_OK)
        status = detinit_matrix_new(recipe, &other_run, &other, error);
    p.other = other;
    if (status == DETINIT_OK)
        status = run_proof(&p, run, &other_run, out, error);
    detinit_matrix_free(other);
    free(p.read_back);
    free(p.read_values);
    if (p.fd >= 0)
        close(p.fd);
    return status;
}
