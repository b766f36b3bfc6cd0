#include "track/sweep.h"

#include "detinit_track.h"
#include "base/error.h"
#include "matrix/matrix.h"
#include "base/threads.h"
#include "track/source.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Vectors that lie across two of these are loaded twice. */
#define CACHE_LINE ((size_t)64)

/* Where a thread keeps the block that it works on. */
typedef struct room {
    atomic_bool taken;
    unsigned char *initial, *trained;
} room;

typedef struct sweep {
    const sweep_sides *sides;
    void (*visit)(void *context, size_t group, const sweep_block *block);
    void *context;
    uint64_t blocks, blocks_per_group;
    size_t room_count; /* as many as there are threads */
    room *rooms;
    atomic_bool failed;
    pthread_mutex_t lock;
    detinit_error error; /* the first that came */
} sweep;

static uint64_t block_count(uint64_t count)
{
    return count / SWEEP_BLOCK + (count % SWEEP_BLOCK != 0);
}

static uint64_t blocks_per_group(uint64_t count)
{
    uint64_t blocks = block_count(count);
    return blocks / SWEEP_GROUPS + (blocks % SWEEP_GROUPS != 0);
}

size_t sweep_groups(uint64_t count)
{
    uint64_t blocks = block_count(count), together = blocks_per_group(count);
    return together > 0 ? (size_t)(blocks / together + (blocks % together != 0)) : 0;
}

size_t sweep_workers(const detinit_run *run, uint64_t count)
{
    return threads_of_run(run, sweep_groups(count));
}

static void note_failure(sweep *s, const detinit_error *error)
{
    pthread_mutex_lock(&s->lock);
    if (!atomic_load(&s->failed))
        s->error = *error;
    atomic_store(&s->failed, true);
    pthread_mutex_unlock(&s->lock);
}

/* There is one for every thread. */
static room *take_room(sweep *s)
{
    for (size_t n = 0;; n = (n + 1) % s->room_count)
        if (!atomic_exchange(&s->rooms[n].taken, true))
            return &s->rooms[n];
}

static bool visit_block(sweep *s, size_t group, uint64_t index, const room *where)
{
    detinit_error error;
    sweep_block block = {.first = index * SWEEP_BLOCK, .worker = (size_t)(where - s->rooms)};
    const uint64_t left = s->sides->count - block.first;
    block.count = left < SWEEP_BLOCK ? (size_t)left : SWEEP_BLOCK;
    if (s->sides->get(s->sides->context, &block, where->initial, where->trained, &error) !=
        DETINIT_OK) {
        note_failure(s, &error);
        return false;
    }
    s->visit(s->context, group, &block);
    return true;
}

static void visit_group(void *context, uint64_t group)
{
    sweep *s = context;
    uint64_t first = group * s->blocks_per_group;
    uint64_t end =
        first + s->blocks_per_group < s->blocks ? first + s->blocks_per_group : s->blocks;
    room *where = take_room(s);
    for (uint64_t n = first; n < end && !atomic_load(&s->failed); n++)
        if (!visit_block(s, (size_t)group, n, where))
            break;
    atomic_store(&where->taken, false);
}

static bool make_rooms(sweep *s, size_t count)
{
    const size_t bytes = SWEEP_BLOCK * s->sides->item;
    s->rooms = calloc(count, sizeof *s->rooms);
    if (s->rooms == NULL)
        return false;
    s->room_count = count;
    for (size_t n = 0; n < count; n++) {
        s->rooms[n].initial = aligned_alloc(CACHE_LINE, bytes);
        s->rooms[n].trained = aligned_alloc(CACHE_LINE, bytes);
        if (s->rooms[n].initial == NULL || s->rooms[n].trained == NULL)
            return false;
    }
    return true;
}

static void free_rooms(sweep *s)
{
    for (size_t n = 0; n < s->room_count; n++) {
        free(s->rooms[n].initial);
        free(s->rooms[n].trained);
    }
    free(s->rooms);
}

static detinit_status run_groups(sweep *s, const detinit_run *run, detinit_error *error)
{
    detinit_status status = DETINIT_NO_MEMORY;
    pthread_mutex_init(&s->lock, NULL);
    if (!make_rooms(s, sweep_workers(run, s->sides->count)))
        error_set(error, status, "not enough memory for blocks of weights");
    else
        status = threads_run(run, sweep_groups(s->sides->count), visit_group, s, error);
    if (status == DETINIT_OK && atomic_load(&s->failed))
        status = error_set(error, s->error.status, "%s", s->error.message);
    free_rooms(s);
    pthread_mutex_destroy(&s->lock);
    return status;
}

detinit_status sweep_sides_run(const sweep_sides *sides, const detinit_run *run,
                               void (*visit)(void *context, size_t group, const sweep_block *block),
                               void *context, detinit_error *error)
{
    if (sides->count == 0)
        return DETINIT_OK;
    sweep s = {.sides = sides,
               .visit = visit,
               .context = context,
               .blocks = block_count(sides->count),
               .blocks_per_group = blocks_per_group(sides->count)};
    return run_groups(&s, run, error);
}

/* ------------------------------------------------- a tensor and its initial weights */

/* Whole blocks are read where they lie in memory, if they can be; behind others there must be room.
 */
static detinit_status get_tracked(const void *context, sweep_block *block, unsigned char *initial,
                                  unsigned char *trained, detinit_error *error)
{
    const source *from = context;
    block->trained = block->count == SWEEP_BLOCK ? source_in_place(from, block->first) : NULL;
    if (block->trained == NULL) {
        block->trained = trained;
        detinit_status status = source_read(from, block->first, block->count, trained, error);
        if (status != DETINIT_OK)
            return status;
    }
    block->initial = initial;
    source_make(from, block->first, block->count, initial);
    return DETINIT_OK;
}

detinit_status sweep_run(const detinit_tracked *tracked, const detinit_run *run,
                         void (*visit)(void *context, size_t group, const sweep_block *block),
                         void *context, detinit_error *error)
{
    detinit_matrix *matrix;
    const uint64_t count = tracked->count;
    shared_progress progress = {.run = run, .total = count};
    detinit_run rest;
    if (count == 0)
        return DETINIT_OK;
    detinit_status status =
        matrix_new_in_share(&tracked->recipe, &progress, count, &matrix, &rest, error);
    if (status != DETINIT_OK)
        return status;
    const source from = source_of(tracked, matrix, run);
    const sweep_sides sides = {
        .count = count, .item = from.item, .get = get_tracked, .context = &from};
    status = sweep_sides_run(&sides, &rest, visit, context, error);
    detinit_matrix_free(matrix);
    return status;
}
