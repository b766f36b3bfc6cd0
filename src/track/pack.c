/*
 * Packed files written: what each tensor becomes is put aside, since the header, which comes first,
 * tells its size and its hash.
 */
#include "base/error.h"
#include "base/ordered.h"
#include "base/progress.h"
#include "detinit_pack.h"
#include "file/format.h"
#include "file/spool.h"
#include "file/tensorfile.h"
#include "file/tensorwriter.h"
#include "track/pack_header.h"
#include "track/parts.h"
#include "track/pruned.h"

#include <stdlib.h>
#include <string.h>

/* Blocks must take so much less than the items as they are: their entry tells their name. */
#define WORTH_BLOCKS 64

/* What is copied at a time. */
#define COPY_BYTES ((size_t)1 << 16)

typedef struct packer {
    pack_plan plan;
    detinit_tensorwriter *to;
    spool aside;
    shared_progress progress;
    /* of the tensor under way */
    size_t index;
    uint64_t count; /* of items */
    block_code code;
    const detinit_run *run; /* of what is not tracked */
    uint64_t done;
    struct sha256_ctx sha;
} packer;

/* A block, coded; its data are in three parts, of which the last begins with the items. */
typedef struct packed_part {
    detinit_error error; /* DETINIT_OK where it could be read and coded */
    size_t awake;
    coded_block coded;
    _Alignas(64) unsigned char data[];
} packed_part;

/* Where the parts of a block's data are, each of so many bytes at most. */
typedef struct block_room {
    unsigned char *items, *coded, *sleeping, *section;
} block_room;

static block_room room_of(const packed_part *part, size_t item)
{
    unsigned char *at = (unsigned char *)(uintptr_t)part->data;
    const size_t bytes = CODED_BLOCK * item;
    return (block_room){at, at + bytes, at + 2 * bytes, at + 2 * bytes + CODED_BLOCK};
}

static size_t part_size(size_t item)
{
    return sizeof(packed_part) + (2 * CODED_BLOCK * item) + CODED_BLOCK + block_code_room(item);
}

static uint64_t item_bytes(const packer *p, size_t index)
{
    if (index == p->plan.what.count)
        return 1;
    const content_part *part = &p->plan.what.parts[index];
    return part->tracked != NULL ? detinit_dtype_size(part->tracked->dtype)
                                 : part->tensor->item_bytes;
}

/* --------------------------------------------------------------- putting aside */

static void code_block(const packer *p, size_t count, const unsigned char *initial,
                       packed_part *part)
{
    const block_room room = room_of(part, p->code.item);
    part->error.status = DETINIT_OK;
    if (!block_encode(&p->code, p->plan.options.level, count, room.sleeping, initial, room.items,
                      room.section, room.coded, &part->coded))
        error_set(&part->error, DETINIT_NO_MEMORY, "no memory to compress a block");
}

static void put_32(unsigned char *bytes, uint32_t value)
{
    for (int n = 0; n < 4; n++)
        bytes[n] = (unsigned char)(value >> (8 * n));
}

static detinit_status put_aside(packer *p, uint64_t block, size_t count, const packed_part *part,
                                detinit_error *error)
{
    const block_room room = room_of(part, p->code.item);
    found_tensor *found = &p->plan.found[p->index];
    unsigned char *entry = found->index + block * PACKED_ENTRY;
    if (part->error.status != DETINIT_OK)
        return error_set(error, part->error.status, "%s", part->error.message);
    sha256_update(&p->sha, count * p->code.item, room.items);
    put_32(entry, part->coded.size | (part->coded.whole ? PACKED_WHOLE : 0));
    put_32(entry + 4, part->coded.crc);
    found->changed += part->awake;
    found->bytes += part->coded.size;
    return spool_write(&p->aside, part->coded.whole ? room.items : room.coded, part->coded.size,
                       error);
}

/* ----------------------------------------------------------- tracked tensors */

static void map_pair(void *context, const weight_pair *pair, void *partial)
{
    const packer *p = context;
    packed_part *part = partial;
    const block_room room = room_of(part, p->code.item);
    const detinit_dtype dtype = p->plan.what.parts[p->index].tracked->dtype;
    if (p->code.masked) {
        part->awake = pair->count - pruned_sleeping(p->plan.options.threshold, pair, room.sleeping);
        pruned_replace(dtype, pair, room.sleeping, pair->initial, room.items);
    } else {
        part->awake = pair->count;
        memcpy(room.items, pair->trained, pair->count * p->code.item);
    }
    code_block(p, pair->count, pair->initial, part);
}

static detinit_status take_pair(void *context, const weight_pair *pair, const void *partial,
                                detinit_error *error)
{
    return put_aside(context, pair->first / CODED_BLOCK, pair->count, partial, error);
}

static detinit_status pack_tracked(packer *p, detinit_error *error)
{
    const pair_sink sink = {part_size(p->code.item), map_pair, take_pair, p};
    detinit_run run = progress_share(&p->progress, p->count);
    return tracked_stream(p->plan.what.parts[p->index].tracked, &run, &sink, error);
}

/* ------------------------------------------------------------- other tensors */

/* Items of an untracked tensor, or bytes before the data. */
static detinit_status read_items(const packer *p, uint64_t first, size_t count, unsigned char *out,
                                 detinit_error *error)
{
    const content *what = &p->plan.what;
    return p->index == what->count ? tensorfile_read_head(what->file, first, count, out, error)
                                   : detinit_tensor_read(what->file, what->parts[p->index].tensor,
                                                         first, count, out, error);
}

static size_t items_of(const packer *p, uint64_t block)
{
    const uint64_t left = p->count - block * CODED_BLOCK;
    return left < CODED_BLOCK ? (size_t)left : CODED_BLOCK;
}

static void make_part(void *context, uint64_t step, void *slot)
{
    const packer *p = context;
    packed_part *part = slot;
    const size_t count = items_of(p, step);
    part->awake = 0;
    part->error.status =
        read_items(p, step * CODED_BLOCK, count, room_of(part, p->code.item).items, &part->error);
    if (part->error.status == DETINIT_OK)
        code_block(p, count, NULL, part);
}

static detinit_status take_part(void *context, uint64_t step, void *slot, detinit_error *error)
{
    packer *p = context;
    const size_t count = items_of(p, step);
    detinit_status status = put_aside(p, step, count, slot, error);
    p->done += count;
    return status == DETINIT_OK ? progress_tell(p->run, p->done, p->count, error) : status;
}

/* What is not worth its blocks is left where it is. */
static detinit_status pack_other(packer *p, detinit_error *error)
{
    found_tensor *found = &p->plan.found[p->index];
    const uint64_t before = p->aside.size;
    const detinit_run run = progress_share(&p->progress, p->count);
    const ordered_work work = {.steps = found->blocks,
                               .slot_bytes = part_size(p->code.item),
                               .make = make_part,
                               .take = take_part,
                               .context = p};
    p->run = &run;
    p->done = 0;
    detinit_status status = work.steps > 0 ? ordered_run(&work, &run, error) : DETINIT_OK;
    found->in_blocks =
        found->blocks * PACKED_ENTRY + found->bytes + WORTH_BLOCKS < p->count * p->code.item;
    if (status != DETINIT_OK || found->in_blocks)
        return status;
    return spool_cut(&p->aside, before, error);
}

/* ------------------------------------------------------------ the first pass */

/* Puts tensor `index` aside; one behind the last are the bytes before the data. */
static detinit_status pack_one(packer *p, size_t index, detinit_error *error)
{
    const content *what = &p->plan.what;
    const bool tracked = index < what->count && what->parts[index].tracked != NULL;
    found_tensor *found = &p->plan.found[index];
    p->index = index;
    p->count = index < what->count ? what->parts[index].count : p->plan.head_bytes;
    p->code = (block_code){.item = (size_t)item_bytes(p, index),
                           .masked = tracked && !p->plan.options.lossless,
                           .difference = tracked};
    found->in_blocks = tracked;
    found->blocks = packed_blocks(p->count);
    found->index =
        found->blocks < SIZE_MAX ? calloc((size_t)found->blocks + 1, PACKED_ENTRY) : NULL;
    if (found->index == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for a list of blocks");
    sha256_init(&p->sha);
    detinit_status status = tracked ? pack_tracked(p, error) : pack_other(p, error);
    packed_hex(&p->sha, found->sha256);
    return status;
}

/* ---------------------------------------------------------------- the file */

static detinit_status copy_aside(packer *p, uint64_t *from, const found_tensor *found,
                                 detinit_error *error)
{
    unsigned char buffer[COPY_BYTES];
    detinit_status status = detinit_tensorwriter_write(p->to, found->index,
                                                       (size_t)found->blocks * PACKED_ENTRY, error);
    for (uint64_t left = found->bytes; left > 0 && status == DETINIT_OK;) {
        const size_t bytes = left < sizeof buffer ? (size_t)left : sizeof buffer;
        status = spool_read(&p->aside, *from, buffer, bytes, error);
        if (status == DETINIT_OK)
            status = detinit_tensorwriter_write(p->to, buffer, bytes, error);
        *from += bytes;
        left -= bytes;
    }
    return status;
}

/* A file that changes while it is read would become one that cannot be unpacked. */
static detinit_status check_unchanged(packer *p, const found_tensor *found, detinit_error *error)
{
    char sha256[PACKED_DIGITS + 1];
    if (strcmp(packed_hex(&p->sha, sha256), found->sha256) == 0)
        return DETINIT_OK;
    return error_set(error, DETINIT_IO, "'%.200s' changed while it was packed",
                     detinit_tensorfile_path(p->plan.what.file));
}

/* What was left where it is, from there. */
static detinit_status copy_items(packer *p, size_t index, detinit_error *error)
{
    const content *what = &p->plan.what;
    const size_t item = (size_t)item_bytes(p, index);
    const size_t most = COPY_BYTES / item;
    unsigned char buffer[COPY_BYTES];
    detinit_status status = DETINIT_OK;
    p->index = index;
    p->count = index < what->count ? what->parts[index].count : p->plan.head_bytes;
    const detinit_run run = progress_share(&p->progress, p->count);
    sha256_init(&p->sha);
    for (uint64_t at = 0; at < p->count && status == DETINIT_OK; at += most) {
        const size_t count = p->count - at < most ? (size_t)(p->count - at) : most;
        status = read_items(p, at, count, buffer, error);
        if (status != DETINIT_OK)
            return status;
        sha256_update(&p->sha, count * item, buffer);
        status = detinit_tensorwriter_write(p->to, buffer, count * item, error);
        if (status == DETINIT_OK)
            status = progress_tell(&run, at + count, p->count, error);
    }
    return status == DETINIT_OK ? check_unchanged(p, &p->plan.found[index], error) : status;
}

static detinit_status write_one(packer *p, size_t index, uint64_t *from, detinit_error *error)
{
    const found_tensor *found = &p->plan.found[index];
    return found->in_blocks ? copy_aside(p, from, found, error) : copy_items(p, index, error);
}

static detinit_status write_all(packer *p, detinit_error *error)
{
    uint64_t from = 0;
    detinit_status status = pack_header_write(&p->plan, p->to, error);
    for (size_t n = p->plan.first; n < p->plan.end && status == DETINIT_OK; n++)
        status = write_one(p, n, &from, error);
    if (status == DETINIT_OK && p->plan.has_head)
        status = write_one(p, p->plan.what.count, &from, error);
    return status;
}

static detinit_status pack(packer *p, const char *path, detinit_error *error)
{
    detinit_status status = spool_open(&p->aside, path, error);
    for (size_t n = p->plan.first; n < p->plan.end && status == DETINIT_OK; n++)
        status = pack_one(p, n, error);
    if (status == DETINIT_OK && p->plan.has_head)
        status = pack_one(p, p->plan.what.count, error);
    if (status == DETINIT_OK)
        status = write_all(p, error);
    spool_close(&p->aside);
    return status;
}

/* Where a packed file goes: to a path, or into memory. */
typedef struct destination {
    const char *path;
    output_memory *memory;
} destination;

static detinit_status open_and_pack(packer *p, const destination *to, detinit_packing *packing,
                                    detinit_error *error)
{
    const detinit_run *run = p->progress.run;
    detinit_status status =
        to->path != NULL
            ? tensorwriter_open_by_ending(to->path, run, p->progress.total, &p->to, error)
            : tensorwriter_open_in_memory(to->memory, format_for_network(""), run,
                                          p->progress.total, &p->to, error);
    if (status != DETINIT_OK)
        return status;
    p->progress.run = tensorwriter_run(p->to);
    status = pack(p, to->path, error);
    if (status == DETINIT_OK)
        return detinit_tensorwriter_commit(p->to, &packing->bytes, error);
    detinit_tensorwriter_abandon(p->to);
    return status;
}

/* Leaves only the tensors of a share to be packed. */
static detinit_status take_share(packer *p, const part_share *share, detinit_error *error)
{
    pack_plan *plan = &p->plan;
    uint64_t *bytes = calloc(plan->what.count + 1, sizeof *bytes);
    if (bytes == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for tensors");
    for (size_t n = 0; n < plan->what.count; n++)
        bytes[n] = plan->what.parts[n].count * item_bytes(p, n);
    part_range(bytes, plan->what.count, share->part, share->parts, &plan->first, &plan->end);
    plan->about = share->about;
    plan->has_head = plan->has_head && share->part == 1;
    free(bytes);
    return DETINIT_OK;
}

/* What is not tracked may be gone through twice. */
static void count_work(packer *p)
{
    for (size_t n = p->plan.first; n < p->plan.end; n++)
        p->progress.total +=
            p->plan.what.parts[n].count * (p->plan.what.parts[n].tracked != NULL ? 1 : 2);
    p->progress.total += p->plan.has_head ? 2 * p->plan.head_bytes : 0;
}

static detinit_status pack_to(const detinit_tensorfile *file, const detinit_tracked *tracked,
                              size_t count, const detinit_pack_options *options,
                              const part_share *share, const destination *to,
                              const detinit_run *run, detinit_packing *out, detinit_error *error)
{
    packer p = {.progress = {.run = run}};
    detinit_packing packing = {0};
    detinit_status status = pack_plan_make(file, tracked, count, options, to->path, &p.plan, error);
    if (status == DETINIT_OK && share != NULL)
        status = take_share(&p, share, error);
    if (status == DETINIT_OK) {
        count_work(&p);
        status = open_and_pack(&p, to, &packing, error);
    }
    if (status == DETINIT_OK && out != NULL) {
        pack_plan_tell(&p.plan, &packing);
        *out = packing;
    }
    pack_plan_free(&p.plan);
    return status;
}

detinit_pack_options detinit_pack_default(double threshold)
{
    return (detinit_pack_options){.threshold = threshold, .level = DETINIT_PACK_LEVEL};
}

detinit_status part_save_pack(const detinit_tensorfile *file, const detinit_tracked *tracked,
                              size_t count, const detinit_pack_options *options,
                              const part_share *share, const char *path, const detinit_run *run,
                              detinit_packing *out, detinit_error *error)
{
    const destination to = {.path = path};
    return pack_to(file, tracked, count, options, share, &to, run, out, error);
}

detinit_status detinit_pack_save(const detinit_tensorfile *file, const detinit_tracked *tracked,
                                 size_t count, const detinit_pack_options *options,
                                 const char *path, const detinit_run *run, detinit_packing *out,
                                 detinit_error *error)
{
    const destination to = {.path = path};
    return pack_to(file, tracked, count, options, NULL, &to, run, out, error);
}

detinit_status detinit_pack_memory(const detinit_tensorfile *file, const detinit_tracked *tracked,
                                   size_t count, const detinit_pack_options *options,
                                   const detinit_run *run, void **buffer, size_t *bytes,
                                   detinit_packing *out, detinit_error *error)
{
    output_memory memory = {0};
    const destination to = {.memory = &memory};
    const detinit_status status =
        pack_to(file, tracked, count, options, NULL, &to, run, out, error);
    if (status != DETINIT_OK) {
        free(memory.data);
        return status;
    }
    *buffer = memory.data;
    *bytes = memory.size;
    return DETINIT_OK;
}
