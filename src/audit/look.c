#include "audit/look.h"

#include "audit/stretches.h"
#include "base/error.h"
#include "base/ordered.h"
#include "base/progress.h"
#include "file/tensorfile.h"
#include "kernel/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Weights that are decoded at a time: they stay in the first-level cache. */
#define PIECE ((size_t)1024)

/* The longest item of weights. */
#define ITEM_MOST ((size_t)8)

/* Rows shorter than this say nothing by being 0. */
#define SHORTEST_ROW 4

/* A tensor that holds weights, and the steps that look at it. */
typedef struct part {
    const detinit_tensor *tensor;
    size_t number; /* of its look */
    stretches where;
    uint64_t first_step;
} part;

typedef struct pass {
    const detinit_tensorfile *file;
    const survey_kernel *kernel;
    const detinit_run *run;
    look *looks;
    part *parts;
    size_t part_count;
    uint64_t steps;
    /* Of the tensor that is under way: */
    bool row_is_dead;
    unsigned char *col_is_alive;
    bool cols_are_alive;
} pass;

/* What a step leaves: what it saw, and the bytes, for those who look at columns. */
typedef struct slot {
    look seen;
    detinit_status status;
    detinit_error error;
    size_t count;
    unsigned char stored[STRETCHES_STEP * ITEM_MOST];
} slot;

/* -------------------------------------------------------------------- digest */

/* Lanes of words, which processors multiply side by side. */
static uint64_t digest_of(const unsigned char *bytes, size_t count)
{
    enum { LANES = 8 };
    uint64_t lanes[LANES] = {count, 1, 2, 3, 4, 5, 6, 7}, word;
    size_t at = 0;
    for (; at + sizeof lanes <= count; at += sizeof lanes)
        for (size_t n = 0; n < LANES; n++) {
            memcpy(&word, bytes + at + n * sizeof word, sizeof word);
            lanes[n] = (lanes[n] ^ word) * UINT64_C(0x9E3779B97F4A7C15);
            lanes[n] ^= lanes[n] >> 29;
        }
    for (; at < count; at++)
        lanes[0] = (lanes[0] ^ bytes[at]) * UINT64_C(0x9E3779B97F4A7C15);
    return detinit_key(lanes[0], lanes + 1, LANES - 1);
}

/* -------------------------------------------------------------------- pieces */

/* Leaves the finite values, counts the others, and returns how many are left. */
static size_t leave_finite(look *seen, double *values, size_t count)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        seen->nan += isnan(values[i]) != 0;
        seen->infinite += isinf(values[i]) != 0;
        if (isfinite(values[i]))
            values[left++] = values[i];
    }
    return left;
}

static void add_sums(double sums[SURVEY_POWERS], const survey_kernel *kernel, double *values,
                     size_t count)
{
    double lanes[SURVEY_POWERS][SURVEY_LANES];
    while (count % SURVEY_LANES != 0)
        values[count++] = 0; /* which adds nothing */
    kernel->sum_powers(values, count, 1, lanes);
    for (size_t k = 0; k < SURVEY_POWERS; k++)
        for (size_t n = 0; n < SURVEY_LANES; n++)
            sums[k] += lanes[k][n];
}

/* `values` has room for SURVEY_LANES more. */
static void look_at_piece(look *seen, const survey_kernel *kernel, double *values, size_t count)
{
    double sums[SURVEY_POWERS] = {0};
    seen->count += count;
    add_sums(sums, kernel, values, count);
    if (!isfinite(sums[1])) {
        count = leave_finite(seen, values, count);
        memset(sums, 0, sizeof sums);
        add_sums(sums, kernel, values, count);
    }
    for (size_t k = 0; k < SURVEY_POWERS; k++)
        seen->sums[k] += sums[k];
    seen->zeros += count - (size_t)kernel->count_beyond(values, count, 0, 0);
    if (kernel->count_beyond(values, count, seen->min, seen->max) == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        seen->min = values[i] < seen->min ? values[i] : seen->min;
        seen->max = values[i] > seen->max ? values[i] : seen->max;
    }
}

static void look_at_stored(look *seen, const survey_kernel *kernel, detinit_dtype dtype,
                           const unsigned char *stored, size_t count)
{
    double values[PIECE + SURVEY_LANES];
    const size_t item = detinit_dtype_size(dtype);
    for (size_t at = 0, length; at < count; at += length) {
        length = count - at < PIECE ? count - at : PIECE;
        detinit_decode(dtype, stored + at * item, length, values);
        look_at_piece(seen, kernel, values, length);
    }
}

static bool all_zero(detinit_dtype dtype, const unsigned char *stored, size_t count)
{
    double values[64];
    const size_t item = detinit_dtype_size(dtype);
    for (size_t at = 0, length; at < count; at += length) {
        length = count - at < 64 ? count - at : 64;
        detinit_decode(dtype, stored + at * item, length, values);
        for (size_t i = 0; i < length; i++)
            if (values[i] != 0)
                return false;
    }
    return true;
}

/* --------------------------------------------------------------------- steps */

static const part *part_of_step(const pass *p, uint64_t step)
{
    size_t low = 0, high = p->part_count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (p->parts[middle].first_step <= step)
            low = middle;
        else
            high = middle;
    }
    return &p->parts[low];
}

static void count_dead_rows(look *seen, const part *of, const unsigned char *stored, size_t count)
{
    const size_t row = (size_t)of->where.row, item = (size_t)of->tensor->item_bytes;
    if (!of->where.whole_rows || of->tensor->rank < 2 || row < SHORTEST_ROW)
        return;
    seen->rows = count / row;
    for (size_t n = 0; n < seen->rows && seen->zeros >= row; n++)
        seen->dead_rows += all_zero(of->tensor->dtype, stored + n * row * item, row);
}

static void make_step(void *context, uint64_t step, void *where)
{
    const pass *p = context;
    const part *of = part_of_step(p, step);
    slot *s = where;
    const size_t item = (size_t)of->tensor->item_bytes;
    const uint64_t begin = (step - of->first_step) * of->where.per_step;
    const uint64_t end = begin + of->where.per_step;
    s->seen = (look){.min = INFINITY, .max = -INFINITY};
    s->status = DETINIT_OK;
    s->count = 0;
    for (uint64_t k = begin; k < end && k < of->where.count && s->status == DETINIT_OK; k++) {
        size_t length;
        const uint64_t first = stretches_place(&of->where, k, &length);
        s->status = detinit_tensor_read(p->file, of->tensor, first, length,
                                        s->stored + s->count * item, &s->error);
        s->count += length;
    }
    if (s->status != DETINIT_OK)
        return;
    look_at_stored(&s->seen, p->kernel, of->tensor->dtype, s->stored, s->count);
    count_dead_rows(&s->seen, of, s->stored, s->count);
    s->seen.digest = digest_of(s->stored, s->count * item);
}

/* ----------------------------------------------------------------- together */

static void merge(look *all, const look *seen)
{
    const uint64_t digests[] = {all->digest, seen->digest};
    all->count += seen->count;
    all->zeros += seen->zeros;
    all->nan += seen->nan;
    all->infinite += seen->infinite;
    for (size_t k = 0; k < SURVEY_POWERS; k++)
        all->sums[k] += seen->sums[k];
    all->min = fmin(all->min, seen->min);
    all->max = fmax(all->max, seen->max);
    all->digest = detinit_key(0, digests, 2);
    all->rows += seen->rows;
    all->dead_rows += seen->dead_rows;
}

/* A row that many steps look at. */
static void merge_long_row(pass *p, const part *of, uint64_t step, const look *seen, look *all)
{
    if (of->tensor->rank < 2 || of->where.whole_rows || of->where.sampled)
        return;
    const uint64_t per_row = of->where.count / of->where.rows,
                   n = (step - of->first_step) % per_row;
    p->row_is_dead = (p->row_is_dead || n == 0) && seen->zeros == seen->count;
    if (n + 1 == per_row) {
        all->rows++;
        all->dead_rows += p->row_is_dead;
    }
}

/* A column is dead only where every step has as many zeros as rows. */
static void look_at_cols(pass *p, const part *of, const slot *s)
{
    const size_t cols = (size_t)of->tensor->shape[of->tensor->rank - 1];
    double values[PIECE];
    if (s->seen.zeros < s->count / cols)
        p->cols_are_alive = true;
    if (p->cols_are_alive || s->seen.zeros == s->count)
        return;
    for (size_t at = 0, length; at < s->count; at += length) {
        length = s->count - at < PIECE ? s->count - at : PIECE;
        detinit_decode(of->tensor->dtype, s->stored + at * (size_t)of->tensor->item_bytes, length,
                       values);
        for (size_t i = 0; i < length; i++)
            p->col_is_alive[(at + i) % cols] |= values[i] != 0;
    }
}

static bool has_cols(const part *of)
{
    return of->tensor->rank > 1 && of->where.whole_rows &&
           of->where.rows * of->where.row >= SHORTEST_ROW * of->tensor->shape[of->tensor->rank - 1];
}

static detinit_status begin_tensor(pass *p, const part *of, look *all, detinit_error *error)
{
    *all = (look){.sampled = of->where.sampled, .min = INFINITY, .max = -INFINITY};
    p->cols_are_alive = false;
    free(p->col_is_alive);
    p->col_is_alive = NULL;
    if (!has_cols(of))
        return DETINIT_OK;
    p->col_is_alive = calloc((size_t)of->tensor->shape[of->tensor->rank - 1], 1);
    if (p->col_is_alive == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for the columns of a tensor");
    return DETINIT_OK;
}

static void end_tensor(pass *p, const part *of, look *all)
{
    if (!has_cols(of))
        return;
    all->cols = of->tensor->shape[of->tensor->rank - 1];
    for (size_t n = 0; n < all->cols && !p->cols_are_alive; n++)
        all->dead_cols += !p->col_is_alive[n];
}

static detinit_status take_step(void *context, uint64_t step, void *where, detinit_error *error)
{
    pass *p = context;
    const part *of = part_of_step(p, step);
    slot *s = where;
    look *all = &p->looks[of->number];
    detinit_status status = s->status;
    if (status != DETINIT_OK) {
        if (error != NULL)
            *error = s->error;
        return status;
    }
    if (step == of->first_step)
        status = begin_tensor(p, of, all, error);
    if (status != DETINIT_OK)
        return status;
    merge_long_row(p, of, step, &s->seen, all);
    merge(all, &s->seen);
    if (has_cols(of))
        look_at_cols(p, of, s);
    if (step + 1 == of->first_step + of->where.steps)
        end_tensor(p, of, all);
    return progress_tell(p->run, step + 1, p->steps, error);
}

/* Of `count` tensors from `first` on. */
static bool list_parts(pass *p, size_t first, size_t count, bool exact)
{
    p->parts = calloc(count + 1, sizeof *p->parts);
    if (p->parts == NULL)
        return false;
    for (size_t n = 0; n < count; n++) {
        const detinit_tensor *tensor = detinit_tensorfile_tensor(p->file, first + n);
        if (!tensor->weights || tensor->count == 0)
            continue;
        part *next = &p->parts[p->part_count++];
        *next = (part){.tensor = tensor, .number = n, .first_step = p->steps};
        next->where = stretches_of(tensor, exact);
        p->steps += next->where.steps;
    }
    return true;
}

static detinit_status look_at(const detinit_tensorfile *file, size_t first, size_t count,
                              bool exact, const detinit_run *run, look *looks, detinit_error *error)
{
    pass p = {.file = file, .kernel = kernels_for(run)->survey, .run = run, .looks = looks};
    if (!list_parts(&p, first, count, exact))
        return error_set(error, DETINIT_NO_MEMORY, "no memory for a list of tensors");
    const ordered_work work = {.steps = p.steps,
                               .slot_bytes = sizeof(slot),
                               .make = make_step,
                               .take = take_step,
                               .context = &p};
    detinit_status status = DETINIT_OK;
    if (p.steps > 0)
        status = ordered_run(&work, run, error);
    free(p.col_is_alive);
    free(p.parts);
    return status;
}

detinit_status look_at_tensor(const detinit_tensorfile *file, size_t number, bool exact,
                              const detinit_run *run, look *seen, detinit_error *error)
{
    return look_at(file, number, 1, exact, run, seen, error);
}

detinit_status look_at_file(const detinit_tensorfile *file, bool exact, const detinit_run *run,
                            look *looks, detinit_error *error)
{
    return look_at(file, 0, detinit_tensorfile_count(file), exact, run, looks, error);
}
