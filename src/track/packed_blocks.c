/* The blocks of packed tensors: where they are, one of them, and all of them in order. */
#include "track/packed.h"

#include "base/error.h"
#include "file/input.h"
#include "base/ordered.h"
#include "base/progress.h"
#include "file/tensorfile.h"
#include "track/source.h"
#include "track/tracked.h"

#include <stdlib.h>
#include <string.h>

uint64_t packed_blocks(uint64_t items)
{
    return items / CODED_BLOCK + (items % CODED_BLOCK != 0);
}

size_t packed_block_items(const packed_tensor *t, uint64_t block)
{
    const uint64_t left = t->is.count - block * CODED_BLOCK;
    return left < CODED_BLOCK ? (size_t)left : CODED_BLOCK;
}

/* ------------------------------------------------------------------ the index */

static uint32_t get_32(const unsigned char *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* The sizes and digests that stand at the beginning of the tensor of blocks. */
static detinit_status read_index(const detinit_packed *p, packed_tensor *t, uint64_t blocks,
                                 detinit_error *error)
{
    unsigned char entry[PACKED_ENTRY];
    uint64_t at = blocks * PACKED_ENTRY;
    detinit_status status = DETINIT_OK;
    for (uint64_t n = 0; n < blocks && status == DETINIT_OK; n++) {
        packed_block *block = &t->index[n];
        const size_t bytes = packed_block_items(t, n) * (size_t)t->is.item_bytes;
        status =
            detinit_tensor_read(p->file, t->blocks, n * sizeof entry, sizeof entry, entry, error);
        if (status != DETINIT_OK)
            break;
        block->at = at;
        block->coded = (coded_block){.size = get_32(entry) & ~PACKED_WHOLE,
                                     .crc = get_32(entry + 4),
                                     .whole = (get_32(entry) & PACKED_WHOLE) != 0};
        if (block->coded.whole ? block->coded.size != bytes : block->coded.size >= bytes)
            status = packed_wrong(p, t->is.name, "a block of it has another size", error);
        at += block->coded.size;
    }
    t->index[blocks].at = at;
    if (status == DETINIT_OK && at != t->blocks->count)
        status = packed_wrong(p, t->is.name, "its blocks do not fill what holds them", error);
    return status;
}

typedef struct bit_count {
    packed_block *index;
    uint64_t set, bytes;
    unsigned char last;
} bit_count;

/* Of the old format a block begins behind as many values as there are bits before it. */
static detinit_status count_bits(void *context, const unsigned char *data, size_t bytes,
                                 detinit_error *error)
{
    bit_count *count = context;
    (void)error;
    for (size_t n = 0; n < bytes; n++, count->bytes++) {
        if (count->bytes % (CODED_BLOCK / 8) == 0)
            count->index[count->bytes / (CODED_BLOCK / 8)].at = count->set;
        count->set += (unsigned)__builtin_popcount(data[n]);
    }
    count->last = data[bytes - 1];
    return DETINIT_OK;
}

static detinit_status count_all_bits(const detinit_packed *p, packed_tensor *t, uint64_t blocks,
                                     detinit_error *error)
{
    const detinit_run run = {0};
    bit_count count = {.index = t->index};
    detinit_status status = tensorfile_each(p->file, t->awake, &run, count_bits, &count, error);
    if (status != DETINIT_OK)
        return status;
    if (t->is.count % 8 != 0 && count.last >> t->is.count % 8 != 0)
        return packed_wrong(p, t->is.name, "the bits behind its last weight must be 0", error);
    if (count.set != t->values->count)
        return packed_wrong(p, t->is.name, "there must be a value for each bit that is set", error);
    t->index[blocks].at = t->changed = count.set;
    return DETINIT_OK;
}

detinit_status packed_find_blocks(const detinit_packed *p, packed_tensor *t, detinit_error *error)
{
    const uint64_t blocks = packed_blocks(t->is.count);
    if (t->blocks == NULL && t->awake == NULL)
        return DETINIT_OK;
    if (t->blocks != NULL && blocks > t->blocks->count / PACKED_ENTRY)
        return packed_wrong(p, t->is.name, "the index of its blocks is cut short", error);
    t->index = blocks < SIZE_MAX ? calloc((size_t)blocks + 1, sizeof *t->index) : NULL;
    if (t->index == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for '%.200s'",
                         detinit_tensorfile_path(p->file));
    return t->blocks != NULL ? read_index(p, t, blocks, error)
                             : count_all_bits(p, t, blocks, error);
}

/* ------------------------------------------------------------------ one block */

/* What is read goes into the first half, what a frame holds into the second. */
size_t packed_room(const packed_tensor *t)
{
    return 2 * block_code_room((size_t)t->is.item_bytes);
}

static detinit_status read_coded(const detinit_packed *p, const packed_tensor *t, uint64_t block,
                                 const unsigned char *initial, unsigned char *room,
                                 unsigned char *out, detinit_error *error)
{
    const packed_block *it = &t->index[block];
    unsigned char *section = room + block_code_room((size_t)t->is.item_bytes);
    detinit_status status =
        detinit_tensor_read(p->file, t->blocks, it->at, it->coded.size, room, error);
    if (status != DETINIT_OK)
        return status;
    const char *wrong = block_decode(&t->code, &it->coded, packed_block_items(t, block), room,
                                     initial, section, out);
    if (wrong == block_no_memory)
        return input_no_memory(detinit_tensorfile_path(p->file), error);
    return wrong == NULL ? DETINIT_OK : packed_wrong(p, t->is.name, wrong, error);
}

static detinit_status read_old(const detinit_packed *p, const packed_tensor *t, uint64_t block,
                               const unsigned char *initial, unsigned char *room,
                               unsigned char *out, detinit_error *error)
{
    const size_t count = packed_block_items(t, block), item = (size_t)t->is.item_bytes;
    const uint64_t from = t->index[block].at, awake = t->index[block + 1].at - from;
    unsigned char *values = room + CODED_BLOCK / 8;
    detinit_status status = detinit_tensor_read(p->file, t->awake, block * (CODED_BLOCK / 8),
                                                (size_t)packed_mask_bytes(count), room, error);
    if (status == DETINIT_OK)
        status = detinit_tensor_read(p->file, t->values, from, (size_t)awake, values, error);
    const unsigned char *end = values + awake * item;
    for (size_t n = 0; n < count && status == DETINIT_OK; n++) {
        const bool is_awake = (room[n / 8] >> n % 8 & 1) != 0;
        if (is_awake && values == end)
            return error_set(error, DETINIT_IO, "'%.200s' changed while it was read",
                             detinit_tensorfile_path(p->file));
        memcpy(out + n * item, is_awake ? values : initial + n * item, item);
        values += is_awake ? item : 0;
    }
    return status;
}

detinit_status packed_read_block(const detinit_packed *p, const packed_tensor *t, uint64_t block,
                                 const unsigned char *initial, unsigned char *room,
                                 unsigned char *out, detinit_error *error)
{
    if (t->blocks != NULL)
        return read_coded(p, t, block, initial, room, out, error);
    if (t->awake != NULL)
        return read_old(p, t, block, initial, room, out, error);
    return detinit_tensor_read(p->file, t->values, block * CODED_BLOCK,
                               packed_block_items(t, block), out, error);
}

/* ----------------------------------------------------------------- all blocks */

typedef struct block_stream {
    const detinit_packed *packed;
    const packed_tensor *tensor;
    source initial; /* of what is tracked */
    const detinit_run *run;
    struct sha256_ctx sha;
    detinit_status (*take)(void *context, const unsigned char *items, size_t count,
                           detinit_error *error);
    void *context;
    uint64_t done;
} block_stream;

/* What a step leaves; the items follow, then the initial ones, then room to work in. */
typedef struct read_slot {
    detinit_error error;
    size_t count;
    _Alignas(64) unsigned char items[];
} read_slot;

static void make_block(void *context, uint64_t step, void *slot)
{
    const block_stream *s = context;
    const packed_tensor *t = s->tensor;
    const size_t bytes = CODED_BLOCK * (size_t)t->is.item_bytes;
    read_slot *made = slot;
    unsigned char *initial = made->items + bytes, *room = initial + bytes;
    made->count = packed_block_items(t, step);
    if (t->layer != NULL)
        source_make(&s->initial, step * CODED_BLOCK, made->count, initial);
    made->error.status =
        packed_read_block(s->packed, t, step, initial, room, made->items, &made->error);
}

static detinit_status take_block(void *context, uint64_t step, void *slot, detinit_error *error)
{
    block_stream *s = context;
    const read_slot *made = slot;
    (void)step;
    if (made->error.status != DETINIT_OK)
        return error_set(error, made->error.status, "%s", made->error.message);
    sha256_update(&s->sha, made->count * (size_t)s->tensor->is.item_bytes, made->items);
    s->done += made->count;
    detinit_status status =
        s->take != NULL ? s->take(s->context, made->items, made->count, error) : DETINIT_OK;
    return status == DETINIT_OK ? progress_tell(s->run, s->done, s->tensor->is.count, error)
                                : status;
}

static detinit_status run_stream(block_stream *s, const detinit_run *run, detinit_error *error)
{
    const packed_tensor *t = s->tensor;
    const ordered_work work = {
        .steps = packed_blocks(t->is.count),
        .slot_bytes =
            sizeof(read_slot) + 2 * CODED_BLOCK * (size_t)t->is.item_bytes + packed_room(t),
        .make = make_block,
        .take = take_block,
        .context = s,
    };
    s->run = run;
    sha256_init(&s->sha);
    return work.steps > 0 ? ordered_run(&work, run, error) : DETINIT_OK;
}

static detinit_status stream_tracked(block_stream *s, const detinit_run *run, detinit_error *error)
{
    const packed_tensor *t = s->tensor;
    const detinit_tracked initial = tracked_initial(&t->layer->recipe, t->is.dtype);
    shared_progress progress = {.run = run, .total = t->is.count};
    detinit_matrix *matrix;
    detinit_run rest;
    detinit_status status =
        matrix_new_in_share(&initial.recipe, &progress, t->is.count, &matrix, &rest, error);
    if (status != DETINIT_OK)
        return status;
    s->initial = source_of(&initial, matrix, run);
    status = run_stream(s, &rest, error);
    detinit_matrix_free(matrix);
    return status;
}

detinit_status packed_stream(const detinit_packed *p, const packed_tensor *t,
                             const detinit_run *run,
                             detinit_status (*take)(void *context, const unsigned char *items,
                                                    size_t count, detinit_error *error),
                             void *context, detinit_error *error)
{
    char sha256[PACKED_DIGITS + 1];
    block_stream s = {.packed = p, .tensor = t, .take = take, .context = context};
    const bool makes = t->layer != NULL && t->is.count > 0;
    detinit_status status = makes ? stream_tracked(&s, run, error) : run_stream(&s, run, error);
    if (status == DETINIT_OK && strcmp(packed_hex(&s.sha, sha256), t->sha256) != 0)
        status = error_set(error, DETINIT_INVALID,
                           "'%.160s' is damaged: tensor %.80s does not become what was packed; "
                           "its SHA-256 is %.16s..., %.16s... was expected",
                           detinit_tensorfile_path(p->file), t->is.name, sha256, t->sha256);
    return status;
}
