/* Parts of a tensor: what one rank owns of it, by itself and at the speed of the whole. */
#include "base/error.h"
#include "base/threads.h"
#include "matrix/draws.h"
#include "matrix/matrix.h"
#include "number/dtype.h"

#include <string.h>

/* ------------------------------------------------------------------- ranges */

typedef struct range_task {
    const detinit_matrix *matrix;
    uint64_t first, count;
    unsigned char *out;
    size_t item;
} range_task;

/* `count` consecutive weights, packed, from the one that is `past` behind the first of a row on. */
static void make_numbers(const detinit_matrix *matrix, uint64_t row, uint64_t past, size_t count,
                         void *out)
{
    const uint64_t cols = detinit_recipe_cols(&matrix->recipe);
    const detinit_block place = {
        .row = row + past / cols, .col = past % cols, .rows = 1, .cols = count};
    matrix_make_block(matrix, &place, out);
}

static void fill_part(void *context, uint64_t n)
{
    const range_task *t = context;
    const uint64_t from = n * MATRIX_BLOCK, left = t->count - from;
    make_numbers(t->matrix, 0, t->first + from, left < MATRIX_BLOCK ? (size_t)left : MATRIX_BLOCK,
                 t->out + from * t->item);
}

detinit_status detinit_matrix_range(const detinit_matrix *matrix, uint64_t first, uint64_t count,
                                    const detinit_run *run, void *out, detinit_error *error)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(matrix);
    uint64_t all;
    if (!detinit_recipe_count(recipe, &all))
        all = UINT64_MAX;
    if (first > all || count > all - first)
        return error_set(error, DETINIT_INVALID,
                         "weights %llu to %llu were asked for; the tensor has %llu",
                         (unsigned long long)first, (unsigned long long)(first + count),
                         (unsigned long long)all);
    range_task task = {.matrix = matrix,
                       .first = first,
                       .count = count,
                       .out = out,
                       .item = dtype_bytes(recipe->dtype)};
    return threads_run(run, count / MATRIX_BLOCK + (count % MATRIX_BLOCK != 0), fill_part, &task,
                       error);
}

/* ------------------------------------------------------------------- blocks */

/*
 * A block is runs of weights that are consecutive in the tensor: those of its last dimensions
 * that it has whole, and of one before them.  Runs are numbered along the `outer` dimensions.
 */
typedef struct block_task {
    const detinit_matrix *matrix;
    const uint64_t *offsets, *sizes;
    size_t rank, outer; /* dimensions, and those before the runs */
    uint64_t run, runs;
    uint64_t pitch[DETINIT_MAX_RANK]; /* rows from one index to the next, in the tensor */
    int64_t stride[DETINIT_MAX_RANK]; /* bytes, in the caller's memory */
    bool packed;                      /* the caller's memory has each run in one piece */
    bool is_short;                    /* runs, within one row each, that are drawn together */
    uint64_t parts, runs_per_part;    /* of a run, where it is long; or runs to a task */
    unsigned char *out;
    size_t item;
} block_task;

/* The first weight of run `n`: its row and column in the tensor, and its place in memory. */
static void find_run(const block_task *t, uint64_t n, uint64_t *row, uint64_t *col, int64_t *place)
{
    *row = 0;
    *col = t->rank > 0 ? t->offsets[t->rank - 1] : 0;
    *place = 0;
    for (size_t d = t->rank; d-- > 0;) {
        const uint64_t index = d < t->outer ? n % t->sizes[d] : 0;
        if (d < t->outer)
            n /= t->sizes[d];
        if (d + 1 < t->rank)
            *row += (t->offsets[d] + index) * t->pitch[d];
        *place += (int64_t)index * t->stride[d];
    }
}

/* Weights that are put to their places one by one, this many at a time. */
#define SCATTER ((size_t)1024)

/* Where weight `n` of a run lies, from the run's first. */
static int64_t place_in_run(const block_task *t, uint64_t n)
{
    int64_t place = 0;
    for (size_t d = t->rank; d-- > t->outer;) {
        place += (int64_t)(n % t->sizes[d]) * t->stride[d];
        n /= t->sizes[d];
    }
    return place;
}

/* Puts `count` weights of a run, from its weight `from` on, to their places. */
static void put(const block_task *t, const void *made, uint64_t from, size_t count,
                unsigned char *to)
{
    for (size_t n = 0; n < count; n++)
        memcpy(to + place_in_run(t, from + n), (const unsigned char *)made + n * t->item, t->item);
}

static void scatter(const block_task *t, uint64_t row, uint64_t col, uint64_t from, size_t count,
                    unsigned char *to)
{
    double made[SCATTER]; /* room for any type */
    while (count > 0) {
        const size_t part = count < SCATTER ? count : SCATTER;
        make_numbers(t->matrix, row, col + from, part, made);
        put(t, made, from, part, to);
        from += part;
        count -= part;
    }
}

/* `count` weights of run `n`, from its weight `from` on. */
static void make_run_part(const block_task *t, uint64_t n, uint64_t from, size_t count)
{
    uint64_t row, col;
    int64_t place;
    find_run(t, n, &row, &col, &place);
    if (t->packed)
        make_numbers(t->matrix, row, col + from, count, t->out + place + from * t->item);
    else
        scatter(t, row, col, from, count, t->out + place);
}

/* ---------------------------------------------------- many short runs at once */

/* Runs that are shorter than this are drawn together, as narrow rows of the whole are. */
#define SHORT_RUN 64

/* Draws the weights whose keys were gathered, of runs from number `first` on, and puts them. */
static void draw_gathered(const block_task *t, const uint64_t *unhashed, size_t count,
                          uint64_t first)
{
    const detinit_matrix *m = t->matrix;
    double made[DRAWS_CHUNK]; /* room for any type */
    m->kernel->draw(m->dist, m->recipe.cut, 0, unhashed, count, m->std, m->recipe.dtype, made);
    for (size_t n = 0; n < count; n += (size_t)t->run) {
        const unsigned char *run = (const unsigned char *)made + n * t->item;
        uint64_t row, col;
        int64_t place;
        find_run(t, first++, &row, &col, &place);
        if (t->packed)
            memcpy(t->out + place, run, (size_t)t->run * t->item);
        else
            put(t, run, 0, (size_t)t->run, t->out + place);
    }
}

static void make_short_runs(const block_task *t, uint64_t first, uint64_t runs)
{
    uint64_t unhashed[DRAWS_CHUNK], begun = first;
    size_t count = 0;
    for (uint64_t n = first; n < first + runs; n++) {
        uint64_t row, col, room[SHORT_RUN];
        int64_t place;
        if (count + t->run > DRAWS_CHUNK) {
            draw_gathered(t, unhashed, count, begun);
            count = 0;
            begun = n;
        }
        find_run(t, n, &row, &col, &place);
        const uint64_t key = matrix_row_key(t->matrix, row);
        const uint64_t *hashed = draws_hashed_cols(t->matrix, col, (size_t)t->run, room);
        for (uint64_t k = 0; k < t->run; k++)
            unhashed[count++] = key ^ hashed[k];
    }
    draw_gathered(t, unhashed, count, begun);
}

/* ------------------------------------------------------------------- tasks */

static void make_task(void *context, uint64_t index)
{
    const block_task *t = context;
    if (t->parts > 1) {
        const uint64_t from = index % t->parts * MATRIX_BLOCK, left = t->run - from;
        make_run_part(t, index / t->parts, from, left < MATRIX_BLOCK ? (size_t)left : MATRIX_BLOCK);
        return;
    }
    const uint64_t first = index * t->runs_per_part, left = t->runs - first;
    const uint64_t runs = left < t->runs_per_part ? left : t->runs_per_part;
    if (t->is_short) {
        make_short_runs(t, first, runs);
        return;
    }
    for (uint64_t n = 0; n < runs; n++)
        make_run_part(t, first + n, 0, (size_t)t->run);
}

/* The strides of a block that is packed row by row. */
static void pack(block_task *t)
{
    int64_t stride = (int64_t)t->item;
    for (size_t d = t->rank; d-- > 0;) {
        t->stride[d] = stride;
        stride *= (int64_t)t->sizes[d];
    }
}

static void measure(block_task *t, const detinit_recipe *recipe)
{
    uint64_t pitch = 1;
    for (size_t d = t->rank > 0 ? t->rank - 1 : 0; d-- > 0; pitch *= recipe->shape[d])
        t->pitch[d] = pitch;
    t->outer = t->rank > 0 ? t->rank - 1 : 0;
    t->run = t->rank > 0 ? t->sizes[t->outer] : 1;
    while (t->outer > 0 && t->sizes[t->outer] == recipe->shape[t->outer])
        t->run *= t->sizes[--t->outer];
    t->runs = 1;
    for (size_t d = 0; d < t->outer; d++)
        t->runs *= t->sizes[d];
    t->packed = true;
    int64_t wanted = (int64_t)t->item;
    for (size_t d = t->rank; d-- > t->outer; wanted *= (int64_t)t->sizes[d])
        t->packed = t->packed && (t->sizes[d] == 1 || t->stride[d] == wanted);
    t->is_short = t->matrix->is_plain && t->outer + 1 == t->rank && t->run < SHORT_RUN;
    t->parts = t->run / MATRIX_BLOCK + (t->run % MATRIX_BLOCK != 0);
    t->runs_per_part = t->run > 0 && t->run < MATRIX_BLOCK ? MATRIX_BLOCK / t->run : 1;
}

static detinit_status check_inside(const detinit_recipe *recipe, const uint64_t *offsets,
                                   const uint64_t *sizes, detinit_error *error)
{
    for (size_t d = 0; d < recipe->rank; d++)
        if (offsets[d] > recipe->shape[d] || sizes[d] > recipe->shape[d] - offsets[d])
            return error_set(
                error, DETINIT_INVALID,
                "dimension %zu of the block, %llu from %llu on, leaves the tensor's %llu", d,
                (unsigned long long)sizes[d], (unsigned long long)offsets[d],
                (unsigned long long)recipe->shape[d]);
    return DETINIT_OK;
}

detinit_status detinit_matrix_block(const detinit_matrix *matrix, const uint64_t *offsets,
                                    const uint64_t *sizes, const int64_t *strides,
                                    const detinit_run *run, void *out, detinit_error *error)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(matrix);
    const detinit_status status = check_inside(recipe, offsets, sizes, error);
    if (status != DETINIT_OK)
        return status;
    block_task t = {.matrix = matrix,
                    .offsets = offsets,
                    .sizes = sizes,
                    .rank = recipe->rank,
                    .out = out,
                    .item = dtype_bytes(recipe->dtype)};
    if (strides != NULL)
        memcpy(t.stride, strides, t.rank * sizeof *strides);
    else
        pack(&t);
    measure(&t, recipe);
    if (t.run == 0 || t.runs == 0)
        return DETINIT_OK;
    const uint64_t tasks =
        t.parts > 1 ? t.runs * t.parts : t.runs / t.runs_per_part + (t.runs % t.runs_per_part != 0);
    return threads_run(run, tasks, make_task, &t, error);
}
