/* Packed files written: three passes, since the header tells sizes and hashes of what follows. */
#include "file/format.h"
#include "file/tensorfile.h"
#include "file/tensorwriter.h"
#include "detinit_track.h"
#include "base/error.h"
#include "track/pack_header.h"
#include "track/packed.h"
#include "track/parts.h"
#include "base/progress.h"
#include "track/pruned.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *packed_hex(struct sha256_ctx *sha, char hex[PACKED_DIGITS + 1])
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(sha, sizeof digest, digest);
    for (size_t n = 0; n < sizeof digest; n++)
        snprintf(hex + 2 * n, 3, "%02x", digest[n]);
    return hex;
}

uint64_t packed_mask_bytes(uint64_t weights)
{
    return weights / 8 + (weights % 8 != 0);
}

typedef struct packer {
    pack_plan plan;
    detinit_tensorwriter *to;
    shared_progress progress;
    /* of the tensor under way */
    detinit_dtype dtype;
    struct sha256_ctx sha;
    uint64_t awake;
    unsigned bits; /* fewer than 8, from the lowest, that make up no byte yet */
    int bit_count;
} packer;

/* A block, as all passes want it. */
typedef struct packed_block {
    size_t awake;
    unsigned char sleeping[MATRIX_BLOCK];
    unsigned char unpacked[MATRIX_BLOCK * sizeof(double)];
    unsigned char values[MATRIX_BLOCK * sizeof(double)]; /* of those awake */
} packed_block;

static void map_block(void *context, const weight_pair *pair, void *partial)
{
    const packer *p = context;
    packed_block *block = partial;
    const size_t item = detinit_dtype_size(p->dtype);
    unsigned char *to = block->values;
    block->awake = pair->count - pruned_sleeping(p->plan.threshold, pair, block->sleeping);
    pruned_replace(p->dtype, pair, block->sleeping, pair->initial, block->unpacked);
    for (size_t n = 0; n < pair->count; n++) {
        if (block->sleeping[n])
            continue;
        memcpy(to, pair->trained + n * item, item);
        to += item;
    }
}

static detinit_status take_hash(void *context, const weight_pair *pair, const void *partial,
                                detinit_error *error)
{
    packer *p = context;
    const packed_block *block = partial;
    (void)error;
    sha256_update(&p->sha, pair->count * detinit_dtype_size(p->dtype), block->unpacked);
    p->awake += block->awake;
    return DETINIT_OK;
}

/* The bits of a block behind those that are left of the one before. */
static detinit_status take_bits(void *context, const weight_pair *pair, const void *partial,
                                detinit_error *error)
{
    packer *p = context;
    const packed_block *block = partial;
    unsigned char bytes[MATRIX_BLOCK / 8 + 1];
    size_t length = 0;
    for (size_t n = 0; n < pair->count; n++) {
        p->bits |= (block->sleeping[n] ^ 1u) << p->bit_count;
        if (++p->bit_count < 8)
            continue;
        bytes[length++] = (unsigned char)p->bits;
        p->bits = 0;
        p->bit_count = 0;
    }
    return detinit_tensorwriter_write(p->to, bytes, length, error);
}

static detinit_status take_values(void *context, const weight_pair *pair, const void *partial,
                                  detinit_error *error)
{
    packer *p = context;
    const packed_block *block = partial;
    take_hash(context, pair, partial, error);
    return detinit_tensorwriter_write(p->to, block->values,
                                      block->awake * detinit_dtype_size(p->dtype), error);
}

static detinit_status pass(packer *p, size_t index,
                           detinit_status (*take)(void *, const weight_pair *, const void *,
                                                  detinit_error *),
                           detinit_error *error)
{
    const pair_sink sink = {sizeof(packed_block), map_block, take, p};
    const detinit_tracked *tracked = p->plan.what.parts[index].tracked;
    detinit_run run = progress_share(&p->progress, tracked->count);
    p->dtype = tracked->dtype;
    p->awake = 0;
    sha256_init(&p->sha);
    return tracked_stream(tracked, &run, &sink, error);
}

/* ---------------------------------------------------------- the first pass */

static detinit_status hash_part(void *context, const unsigned char *data, size_t bytes,
                                detinit_error *error)
{
    packer *p = context;
    (void)error;
    sha256_update(&p->sha, bytes, data);
    return DETINIT_OK;
}

/* Goes through an untracked tensor, as pass does through a tracked one. */
static detinit_status pass_untracked(packer *p, size_t index,
                                     detinit_status (*take)(void *, const unsigned char *, size_t,
                                                            detinit_error *),
                                     detinit_error *error)
{
    const detinit_tensor *tensor = p->plan.what.parts[index].tensor;
    const detinit_run run = progress_share(&p->progress, tensor->count);
    sha256_init(&p->sha);
    return tensorfile_each(p->plan.what.file, tensor, &run, take, p, error);
}

static detinit_status find_all(packer *p, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    for (size_t n = p->plan.first; n < p->plan.end && status == DETINIT_OK; n++) {
        status = p->plan.what.parts[n].tracked != NULL ? pass(p, n, take_hash, error)
                                                       : pass_untracked(p, n, hash_part, error);
        p->plan.found[n].awake = p->awake;
        packed_hex(&p->sha, p->plan.found[n].sha256);
    }
    return status;
}

/* ---------------------------------------------------------------- the data */

static detinit_status copy_and_hash(void *context, const unsigned char *data, size_t bytes,
                                    detinit_error *error)
{
    packer *p = context;
    sha256_update(&p->sha, bytes, data);
    return detinit_tensorwriter_write(p->to, data, bytes, error);
}

static detinit_status write_bits(packer *p, size_t index, detinit_error *error)
{
    p->bits = 0;
    p->bit_count = 0;
    detinit_status status = pass(p, index, take_bits, error);
    const unsigned char last = (unsigned char)p->bits;
    if (status == DETINIT_OK && p->bit_count > 0)
        status = detinit_tensorwriter_write(p->to, &last, 1, error);
    return status;
}

/* A file that changes while it is read would become one that cannot be unpacked. */
static detinit_status check_unchanged(packer *p, size_t index, detinit_error *error)
{
    char sha256[PACKED_DIGITS + 1];
    if (strcmp(packed_hex(&p->sha, sha256), p->plan.found[index].sha256) == 0)
        return DETINIT_OK;
    const content *what = &p->plan.what;
    return error_set(error, DETINIT_IO, "'%.200s' changed while it was packed",
                     what->file != NULL ? detinit_tensorfile_path(what->file)
                                        : what->parts[index].name);
}

static detinit_status write_tensor(packer *p, size_t index, detinit_error *error)
{
    detinit_status status;
    if (p->plan.what.parts[index].tracked == NULL) {
        status = pass_untracked(p, index, copy_and_hash, error);
    } else {
        status = write_bits(p, index, error);
        if (status == DETINIT_OK)
            status = pass(p, index, take_values, error);
    }
    return status == DETINIT_OK ? check_unchanged(p, index, error) : status;
}

static detinit_status pack(packer *p, detinit_error *error)
{
    detinit_status status = find_all(p, error);
    if (status == DETINIT_OK)
        status = pack_header_write(&p->plan, p->to, error);
    for (size_t n = p->plan.first; n < p->plan.end && status == DETINIT_OK; n++)
        status = write_tensor(p, n, error);
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
    status = pack(p, error);
    if (status == DETINIT_OK)
        return detinit_tensorwriter_commit(p->to, &packing->bytes, error);
    detinit_tensorwriter_abandon(p->to);
    return status;
}

/* Leaves only the tensors of a share to be packed. */
static detinit_status take_share(pack_plan *plan, const part_share *share, detinit_error *error)
{
    uint64_t *bytes = calloc(plan->what.count + 1, sizeof *bytes);
    if (bytes == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for tensors");
    for (size_t n = 0; n < plan->what.count; n++) {
        const content_part *part = &plan->what.parts[n];
        bytes[n] = part->count * (part->tracked != NULL ? detinit_dtype_size(part->tracked->dtype)
                                                        : part->tensor->item_bytes);
    }
    part_range(bytes, plan->what.count, share->part, share->parts, &plan->first, &plan->end);
    plan->about = share->about;
    free(bytes);
    return DETINIT_OK;
}

/* A tracked tensor is gone through three times. */
static void count_work(packer *p)
{
    for (size_t n = p->plan.first; n < p->plan.end; n++)
        p->progress.total +=
            p->plan.what.parts[n].count * (p->plan.what.parts[n].tracked != NULL ? 3 : 2);
}

static detinit_status pack_to(const detinit_tensorfile *file, const detinit_tracked *tracked,
                              size_t count, double threshold, const part_share *share,
                              const destination *to, const detinit_run *run, detinit_packing *out,
                              detinit_error *error)
{
    packer p = {.progress = {.run = run}};
    detinit_packing packing = {0};
    detinit_status status =
        pack_plan_make(file, tracked, count, threshold, to->path, &p.plan, error);
    if (status == DETINIT_OK && share != NULL)
        status = take_share(&p.plan, share, error);
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

detinit_status part_save_pack(const detinit_tensorfile *file, const detinit_tracked *tracked,
                              size_t count, double threshold, const part_share *share,
                              const char *path, const detinit_run *run, detinit_packing *out,
                              detinit_error *error)
{
    const destination to = {.path = path};
    return pack_to(file, tracked, count, threshold, share, &to, run, out, error);
}

detinit_status detinit_pack_save(const detinit_tensorfile *file, const detinit_tracked *tracked,
                                 size_t count, double threshold, const char *path,
                                 const detinit_run *run, detinit_packing *out, detinit_error *error)
{
    const destination to = {.path = path};
    return pack_to(file, tracked, count, threshold, NULL, &to, run, out, error);
}

detinit_status detinit_pack_memory(const detinit_tensorfile *file, const detinit_tracked *tracked,
                                   size_t count, double threshold, const detinit_run *run,
                                   void **buffer, size_t *bytes, detinit_packing *out,
                                   detinit_error *error)
{
    output_memory memory = {0};
    const destination to = {.memory = &memory};
    const detinit_status status =
        pack_to(file, tracked, count, threshold, NULL, &to, run, out, error);
    if (status != DETINIT_OK) {
        free(memory.data);
        return status;
    }
    *buffer = memory.data;
    *bytes = memory.size;
    return DETINIT_OK;
}
