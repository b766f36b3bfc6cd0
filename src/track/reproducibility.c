/* Proof that a matrix can be made again: by other means, to the same bits. */
#include "number/address.h"
#include "base/shape.h"
#include "detinit_track.h"
#include "base/error.h"
#include "base/progress.h"
#include "matrix/matrix.h"
#include "file/npy.h"
#include "base/threads.h"
#include "base/wide.h"

#include <math.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Other matrices are made in pieces of this many weights: a prime, so no part of a block. */
#define ODD_SPLIT 9973

/* ------------------------------------------------------- single comparisons */

typedef struct comparison {
    uint64_t compared;
    double max_difference;
    bool equal;
} comparison;

static void note_difference(comparison *c, double difference)
{
    c->equal = false;
    if (!isnan(c->max_difference) && !(difference <= c->max_difference))
        c->max_difference = difference;
}

static void compare_values(comparison *c, const double *a, const double *b, size_t count)
{
    c->compared += count;
    if (memcmp(a, b, count * sizeof *a) == 0)
        return;
    for (size_t n = 0; n < count; n++)
        if (memcmp(&a[n], &b[n], sizeof *a) != 0)
            note_difference(c, fabs(a[n] - b[n]));
}

static void compare_stored(comparison *c, detinit_dtype dtype, const void *a, const void *b,
                           size_t count)
{
    const size_t size = detinit_dtype_size(dtype);
    const unsigned char *left = a, *right = b;
    c->compared += count;
    if (memcmp(a, b, count * size) == 0)
        return;
    for (size_t n = 0; n < count; n++, left += size, right += size) {
        double values[2];
        if (memcmp(left, right, size) == 0)
            continue;
        detinit_decode(dtype, left, 1, &values[0]);
        detinit_decode(dtype, right, 1, &values[1]);
        note_difference(c, fabs(values[0] - values[1]));
    }
}

static void add(comparison *total, const comparison *c)
{
    total->compared += c->compared;
    if (!c->equal)
        note_difference(total, c->max_difference);
}

/* --------------------------------------------------------------- the proof */

typedef struct proof {
    const detinit_matrix *matrix;
    detinit_matrix *others[DETINIT_ISA_COUNT]; /* made anew, on each instruction set there is */
    size_t other_count;
    detinit_dtype dtype;
    uint64_t count, cols;
    uint64_t scalar_count; /* weights to be made one at a time */
    const char *shown;     /* the saved file, or NULL */
    detinit_tensorfile *saved;
    const detinit_tensor *tensor; /* of the saved file */
    unsigned char *read_back;
    struct sha256_ctx sha;
    comparison total;
    shared_progress progress; /* of the two passes, in weights */
} proof;

/* A narrow matrix: several whole rows at a time. */
static void compare_rows(const proof *p, const detinit_matrix *other, const detinit_block *block,
                         comparison *c)
{
    double made[ODD_SPLIT]; /* room for any storage type */
    const size_t size = detinit_dtype_size(p->dtype), most = ODD_SPLIT / block->cols;
    for (size_t row = 0; row < block->rows; row += most) {
        size_t rows = block->rows - row < most ? block->rows - row : most;
        if (detinit_matrix_rows(other, block->row + row, rows, made) != DETINIT_OK)
            memset(made, 0xFF, sizeof made);
        compare_stored(c, p->dtype, (const unsigned char *)block->stored + row * block->cols * size,
                       made, rows * block->cols);
    }
}

/* A wide one: parts of one row at a time. */
static void compare_windows(const detinit_matrix *other, const detinit_block *block, comparison *c)
{
    double made[ODD_SPLIT];
    for (size_t row = 0; row < block->rows; row++) {
        for (size_t col = 0; col < block->cols; col += ODD_SPLIT) {
            size_t cols = block->cols - col < ODD_SPLIT ? block->cols - col : ODD_SPLIT;
            if (detinit_matrix_window(other, block->row + row, block->col + col, 1, cols, made,
                                      cols) != DETINIT_OK)
                memset(made, 0xFF, sizeof made);
            compare_values(c, block->values + row * block->cols + col, made, cols);
        }
    }
}

static void compare_with_other(const proof *p, size_t index, const detinit_block *block,
                               comparison *c)
{
    if (p->cols <= ODD_SPLIT)
        compare_rows(p, p->others[index], block, c);
    else
        compare_windows(p->others[index], block, c);
}

/* Against the other matrices: all of them, or for large ones the others in turn. */
static void compare_with_others(const proof *p, const detinit_block *block, comparison *c)
{
    if (p->count > DETINIT_SCALAR_COUNT) {
        uint64_t turn = detinit_key(block->row, &block->col, 1);
        compare_with_other(p, (size_t)(turn % p->other_count), block, c);
        return;
    }
    for (size_t index = 0; index < p->other_count; index++)
        compare_with_other(p, index, block, c);
}

/* One weight by the scalar definition; `place` counts within the block. */
static void compare_weight(const proof *p, const detinit_block *block, uint64_t place,
                           comparison *c)
{
    double weight;
    if (detinit_matrix_weight(p->matrix, block->row + place / block->cols,
                              block->col + place % block->cols, &weight) != DETINIT_OK)
        weight = NAN;
    compare_values(c, block->values + place, &weight, 1);
}

/*
 * All weights of a block, shuffled: x -> 5x + c modulo a power of two, c odd, visits
 * every number below it once (Hull & Dobell 1962); those beyond the block are skipped.
 */
static void compare_shuffled(const proof *p, const detinit_block *block, comparison *c)
{
    const uint64_t size = (uint64_t)block->rows * block->cols;
    const uint64_t step = detinit_key(block->row, &block->col, 1) | 1;
    uint64_t period = 1, place = 0;
    while (period < size)
        period *= 2;
    for (uint64_t n = 0; n < period; n++) {
        place = (5 * place + step) & (period - 1);
        if (place < size)
            compare_weight(p, block, place, c);
    }
}

/* Where share `n` of the matrix, cut into scalar_count shares, begins. */
static uint64_t share_begin(const proof *p, uint64_t n)
{
    return wide_share(p->count, n, p->scalar_count);
}

/* The hashed place of each share of the matrix, where it lies in this block. */
static void compare_sample(const proof *p, const detinit_block *block, comparison *c)
{
    const uint64_t first = block->row * p->cols + block->col;
    const uint64_t size = (uint64_t)block->rows * block->cols;
    uint64_t share = wide_share(first, p->scalar_count, p->count);
    for (; share < p->scalar_count; share++) {
        uint64_t begin = share_begin(p, share), end = share_begin(p, share + 1);
        uint64_t place = begin + detinit_hash64(share) % (end - begin);
        if (begin >= first && begin - first >= size)
            break;
        if (place >= first && place - first < size)
            compare_weight(p, block, place - first, c);
    }
}

static void map_block(void *context, const detinit_block *block, void *partial)
{
    const proof *p = context;
    comparison c = {.equal = true};
    compare_with_others(p, block, &c);
    if (p->scalar_count == p->count)
        compare_shuffled(p, block, &c);
    else
        compare_sample(p, block, &c);
    memcpy(partial, &c, sizeof c);
}

/* ---------------------------------------------------------- the saved file */

/* Whether the file holds one tensor of the matrix's type and shape. */
static detinit_status check_saved(proof *p, detinit_error *error)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(p->matrix);
    const detinit_tensor *tensor = p->tensor = detinit_tensorfile_tensor(p->saved, 0);
    char found[256], wanted[256];
    if (tensor == NULL || detinit_tensorfile_count(p->saved) != 1 || !tensor->weights)
        return error_set(error, DETINIT_INVALID,
                         "'%.300s' holds no weights, or more than one tensor", p->shown);
    if (tensor->dtype != recipe->dtype ||
        !shape_same(tensor->rank, tensor->shape, recipe->rank, recipe->shape)) {
        npy_describe(tensor->dtype, tensor->rank, tensor->shape, found, sizeof found);
        npy_describe(recipe->dtype, recipe->rank, recipe->shape, wanted, sizeof wanted);
        return error_set(error, DETINIT_INVALID, "'%.100s' holds %.160s, not %.160s", p->shown,
                         found, wanted);
    }
    return DETINIT_OK;
}

static detinit_status open_saved(proof *p, detinit_error *error)
{
    if (p->shown == NULL)
        return DETINIT_OK;
    p->read_back = malloc(MATRIX_BLOCK * detinit_dtype_size(p->dtype));
    if (p->read_back == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory to read a file back");
    detinit_status status = detinit_tensorfile_open(p->shown, &p->saved, error);
    return status == DETINIT_OK ? check_saved(p, error) : status;
}

static detinit_status compare_with_file(proof *p, const detinit_block *block, detinit_error *error)
{
    const size_t count = block->rows * block->cols;
    detinit_status status = detinit_tensor_read(
        p->saved, p->tensor, block->row * p->cols + block->col, count, p->read_back, error);
    if (status == DETINIT_OK)
        compare_stored(&p->total, p->dtype, block->stored, p->read_back, count);
    return status;
}

/* -------------------------------------------------------------- two passes */

static void hash_block(proof *p, const detinit_block *block)
{
    sha256_update(&p->sha, block->rows * block->cols * detinit_dtype_size(p->dtype), block->stored);
}

static detinit_status take_compared(void *context, const detinit_block *block, const void *partial,
                                    detinit_error *error)
{
    proof *p = context;
    comparison c;
    memcpy(&c, partial, sizeof c);
    add(&p->total, &c);
    hash_block(p, block);
    return p->shown != NULL ? compare_with_file(p, block, error) : DETINIT_OK;
}

static detinit_status take_hashed(void *context, const detinit_block *block, const void *partial,
                                  detinit_error *error)
{
    (void)partial, (void)error;
    hash_block(context, block);
    return DETINIT_OK;
}

/* Streams on `threads`, hashing what comes: a share of the way. */
static detinit_status run_pass(proof *p, const detinit_sink *sink, unsigned threads, uint64_t share,
                               char sha256[2 * SHA256_DIGEST_SIZE + 1], detinit_error *error)
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    detinit_run run = progress_share(&p->progress, share);
    run.threads = threads;
    sha256_init(&p->sha);
    detinit_status status = detinit_matrix_stream(p->matrix, &run, sink, error);
    if (status != DETINIT_OK)
        return status;
    sha256_digest(&p->sha, sizeof digest, digest);
    for (size_t n = 0; n < sizeof digest; n++)
        snprintf(sha256 + 2 * n, 3, "%02x", digest[n]);
    return DETINIT_OK;
}

/* The comparing pass, then one on another thread count, whose hash must be the same. */
static detinit_status run_passes(proof *p, unsigned threads, unsigned other_threads,
                                 detinit_reproducibility *out, detinit_error *error)
{
    const detinit_sink compared = {.needs_values = true,
                                   .partial_size = sizeof(comparison),
                                   .map = map_block,
                                   .take = take_compared,
                                   .context = p};
    const detinit_sink hashed = {.take = take_hashed, .context = p};
    detinit_reproducibility result;
    char again[sizeof result.sha256];
    const uint64_t half = p->count / 2;
    detinit_status status = run_pass(p, &compared, threads, half, result.sha256, error);
    if (status == DETINIT_OK)
        status = run_pass(p, &hashed, other_threads, p->count - half, again, error);
    if (status != DETINIT_OK)
        return status;
    result.equal = p->total.equal && strcmp(again, result.sha256) == 0;
    result.compared = p->total.compared + p->count;
    result.max_difference = p->total.max_difference;
    *out = result;
    return DETINIT_OK;
}

/* ------------------------------------------------------------- preparation */

/* Makes the matrix anew on every instruction set; an orthogonal one, held whole, only once. */
static detinit_status make_others(proof *p, unsigned threads, detinit_error *error)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(p->matrix);
    detinit_status status = DETINIT_OK;
    for (int isa = DETINIT_ISA_BASELINE; isa < DETINIT_ISA_COUNT && status == DETINIT_OK; isa++) {
        detinit_run run = {.threads = threads, .isa = (detinit_isa)isa};
        if (detinit_isa_available(run.isa) != run.isa)
            continue;
        status = detinit_matrix_new(recipe, &run, &p->others[p->other_count], error);
        if (status == DETINIT_OK)
            p->other_count++;
        if (recipe->orthogonal)
            break;
    }
    return status;
}

/* A weight of a zero-mean slice, made by itself, costs the draws of the whole slice. */
static uint64_t scalar_count(const detinit_recipe *recipe, uint64_t count)
{
    uint64_t most = DETINIT_SCALAR_COUNT;
    if (recipe->rank == 4 && recipe->zero_mean && count > 0)
        most /= recipe->shape[2] * recipe->shape[3]; /* 2^20 at most */
    return count < most ? count : most;
}

detinit_status detinit_matrix_reproduce(const detinit_matrix *matrix, const char *saved,
                                        const detinit_run *run, detinit_reproducibility *out,
                                        detinit_error *error)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(matrix);
    const unsigned threads = threads_of_run(run, UINT64_MAX), other_threads = threads == 1 ? 2 : 1;
    proof p = {.matrix = matrix,
               .dtype = recipe->dtype,
               .cols = detinit_recipe_cols(recipe),
               .shown = saved,
               .total = {.equal = true}};
    if (!detinit_recipe_count(recipe, &p.count))
        return error_set(error, DETINIT_INVALID,
                         "a matrix of more than 2^64 - 1 weights cannot be compared whole");
    p.scalar_count = scalar_count(recipe, p.count);
    p.progress = (shared_progress){.run = run, .total = p.count};
    detinit_status status = open_saved(&p, error);
    if (status == DETINIT_OK)
        status = make_others(&p, other_threads, error);
    if (status == DETINIT_OK)
        status = run_passes(&p, threads, other_threads, out, error);
    for (size_t n = 0; n < p.other_count; n++)
        detinit_matrix_free(p.others[n]);
    free(p.read_back);
    detinit_tensorfile_close(p.saved);
    return status;
}
