/*
 * The whole matrix, block after block, in constant memory: workers make blocks
 * ahead into a ring of slots, the caller takes them in storage order.
 */
#include "detinit.h"
#include "base/error.h"
#include "base/progress.h"
#include "matrix/matrix.h"
#include "base/threads.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct slot {
    void *stored;
    double *values; /* NULL where the storage type is binary64: `stored` serves */
    void *partial;
    detinit_block block;
    bool ready;
} slot;

typedef struct stream {
    const detinit_matrix *matrix;
    const detinit_sink *sink;
    detinit_dtype dtype;
    uint64_t blocks, next, taken; /* blocks in all, begun, and given to take */
    size_t slot_count;
    slot *slots; /* block n lives in slot n % slot_count */
    bool stop;
    pthread_mutex_t lock;
    pthread_cond_t made, freed;
} stream;

static void free_slots(stream *s)
{
    for (size_t n = 0; n < s->slot_count; n++) {
        free(s->slots[n].stored);
        free(s->slots[n].values);
        free(s->slots[n].partial);
    }
    free(s->slots);
}

static bool make_slots(stream *s, size_t count)
{
    size_t size = detinit_dtype_size(s->dtype);
    bool widened = s->sink->needs_values && s->dtype != DETINIT_FLOAT64;
    s->slots = calloc(count, sizeof *s->slots);
    if (s->slots == NULL)
        return false;
    s->slot_count = count;
    for (size_t n = 0; n < count; n++) {
        slot *it = &s->slots[n];
        it->stored = malloc(MATRIX_BLOCK * size);
        it->values = widened ? malloc(MATRIX_BLOCK * sizeof(double)) : NULL;
        it->partial = malloc(s->sink->partial_size + 1);
        if (it->stored == NULL || (widened && it->values == NULL) || it->partial == NULL)
            return false;
    }
    return true;
}

/* Makes block `index` in its slot and maps it. */
static void make_block(stream *s, uint64_t index)
{
    slot *it = &s->slots[index % s->slot_count];
    detinit_block *block = &it->block;
    matrix_block_place(s->matrix, index, block);
    matrix_make_block(s->matrix, block, it->stored);
    block->stored = it->stored;
    block->values = NULL;
    if (s->sink->needs_values && s->dtype == DETINIT_FLOAT64) {
        block->values = it->stored;
    } else if (s->sink->needs_values) {
        detinit_decode(s->dtype, it->stored, block->rows * block->cols, it->values);
        block->values = it->values;
    }
    if (s->sink->map != NULL)
        s->sink->map(s->sink->context, block, it->partial);
}

static detinit_status take_block(stream *s, uint64_t index, const detinit_run *run, uint64_t *done,
                                 uint64_t total, detinit_error *error)
{
    const slot *it = &s->slots[index % s->slot_count];
    detinit_status status = DETINIT_OK;
    if (s->sink->take != NULL)
        status = s->sink->take(s->sink->context, &it->block, it->partial, error);
    if (status != DETINIT_OK)
        return status;
    *done += (uint64_t)it->block.rows * it->block.cols;
    return progress_tell(run, *done, total, error);
}

static void *work(void *argument)
{
    stream *s = argument;
    pthread_mutex_lock(&s->lock);
    while (!s->stop && s->next < s->blocks) {
        if (s->next - s->taken >= s->slot_count) {
            pthread_cond_wait(&s->freed, &s->lock);
            continue;
        }
        uint64_t index = s->next++;
        pthread_mutex_unlock(&s->lock);
        make_block(s, index);
        pthread_mutex_lock(&s->lock);
        s->slots[index % s->slot_count].ready = true;
        pthread_cond_signal(&s->made);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* Takes every block as soon as it and all before it are made. */
static detinit_status take_all(stream *s, const detinit_run *run, uint64_t total,
                               detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    uint64_t done = 0;
    for (uint64_t index = 0; index < s->blocks && status == DETINIT_OK; index++) {
        slot *it = &s->slots[index % s->slot_count];
        pthread_mutex_lock(&s->lock);
        while (!it->ready)
            pthread_cond_wait(&s->made, &s->lock);
        pthread_mutex_unlock(&s->lock);
        status = take_block(s, index, run, &done, total, error);
        pthread_mutex_lock(&s->lock);
        it->ready = false;
        s->taken++;
        s->stop = status != DETINIT_OK;
        pthread_cond_broadcast(&s->freed);
        pthread_mutex_unlock(&s->lock);
    }
    return status;
}

static detinit_status take_all_alone(stream *s, const detinit_run *run, uint64_t total,
                                     detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    uint64_t done = 0;
    for (uint64_t index = 0; index < s->blocks && status == DETINIT_OK; index++) {
        make_block(s, index);
        status = take_block(s, index, run, &done, total, error);
    }
    return status;
}

static detinit_status run_stream(stream *s, const detinit_run *run, unsigned threads,
                                 uint64_t total, detinit_error *error)
{
    pthread_t *workers = calloc(threads, sizeof *workers);
    if (!make_slots(s, threads == 1 ? 1 : 2 * threads + 2) || workers == NULL) {
        free(workers);
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for blocks of weights");
    }
    unsigned started = 0;
    while (threads > 1 && started < threads &&
           pthread_create(&workers[started], NULL, work, s) == 0)
        started++;
    detinit_status status =
        started > 0 ? take_all(s, run, total, error) : take_all_alone(s, run, total, error);
    for (unsigned n = 0; n < started; n++)
        pthread_join(workers[n], NULL);
    free(workers);
    return status;
}

detinit_status detinit_matrix_stream(const detinit_matrix *matrix, const detinit_run *run,
                                     const detinit_sink *sink, detinit_error *error)
{
    uint64_t total;
    if (!detinit_recipe_count(detinit_matrix_recipe(matrix), &total))
        return error_set(error, DETINIT_INVALID, "the matrix has more than 2^64 - 1 weights");
    stream s = {
        .matrix = matrix,
        .sink = sink,
        .dtype = detinit_matrix_recipe(matrix)->dtype,
        .blocks = matrix_block_count(matrix),
    };
    pthread_mutex_init(&s.lock, NULL);
    pthread_cond_init(&s.made, NULL);
    pthread_cond_init(&s.freed, NULL);
    detinit_status status = run_stream(&s, run, threads_of_run(run, s.blocks), total, error);
    free_slots(&s);
    pthread_cond_destroy(&s.freed);
    pthread_cond_destroy(&s.made);
    pthread_mutex_destroy(&s.lock);
    return status;
}
