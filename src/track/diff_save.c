/* Patches written: all tensors are hashed first, since the header tells sizes and hashes; then the
 * places that changed are gone through for positions and again for values. */
#include "base/error.h"
#include "base/ordered.h"
#include "base/progress.h"
#include "file/tensorfile.h"
#include "file/tensorwriter.h"
#include "track/patch_header.h"

#include <stdlib.h>
#include <string.h>

/* Items that are read of both at a time. */
#define BLOCK ((size_t)1 << 15)

typedef struct saver {
    patch_plan plan;
    detinit_tensorwriter *to;
    shared_progress progress;
    /* of the tensor under way */
    patch_entry *entry;
    size_t item;
    const detinit_run *run;
    bool positions; /* what is written, else values */
    bool differs;   /* something did, so far */
    uint64_t changed;
    struct sha256_ctx a_sha, b_sha;
} saver;

/* What is read of both, in one thread, and handed to the next step. */
typedef struct block {
    detinit_status status;
    detinit_error error;
    uint64_t first;
    size_t count, changed;
    size_t bytes; /* of what is to be written */
    unsigned char *a, *b, *out;
    unsigned char room[]; /* for these three */
} block;

static void read_block(const saver *s, uint64_t step, block *it)
{
    const detinit_diff *d = s->plan.diff;
    const patch_entry *e = s->entry;
    it->first = step * BLOCK;
    const uint64_t left = e->b->count - it->first;
    it->count = left < BLOCK ? (size_t)left : BLOCK;
    it->changed = it->bytes = 0;
    it->a = it->room;
    it->b = it->a + BLOCK * s->item;
    it->out = it->b + BLOCK * s->item;
    it->status = detinit_tensor_read(d->a, e->a, it->first, it->count, it->a, &it->error);
    if (it->status == DETINIT_OK)
        it->status = detinit_tensor_read(d->b, e->b, it->first, it->count, it->b, &it->error);
}

static bool differs_at(const saver *s, const block *it, size_t n)
{
    return memcmp(it->a + n * s->item, it->b + n * s->item, s->item) != 0;
}

/* Whether anything in the block differs, which is soon known. */
static bool any_differs(const saver *s, const block *it)
{
    return it->status == DETINIT_OK && memcmp(it->a, it->b, it->count * s->item) != 0;
}

/* Reads both sides of the entry's tensor, and gives the blocks in order to `take`. */
static detinit_status each_block(saver *s, void (*make)(void *, uint64_t, void *),
                                 detinit_status (*take)(void *, uint64_t, void *, detinit_error *),
                                 detinit_error *error)
{
    const size_t wider = s->item > sizeof(uint64_t) ? s->item : sizeof(uint64_t);
    const ordered_work work = {.steps = s->entry->b->count / BLOCK + 1,
                               .slot_bytes = sizeof(block) + BLOCK * (2 * s->item + wider),
                               .make = make,
                               .take = take,
                               .context = s};
    return ordered_run(&work, s->run, error);
}

/* ------------------------------------------------------------ the first pass */

static void make_count(void *context, uint64_t step, void *slot)
{
    const saver *s = context;
    block *it = slot;
    read_block(s, step, it);
    if (any_differs(s, it))
        for (size_t n = 0; n < it->count; n++)
            it->changed += differs_at(s, it, n);
}

/* As long as nothing differs, one hash is that of both. */
static detinit_status take_count(void *context, uint64_t step, void *slot, detinit_error *error)
{
    saver *s = context;
    const block *it = slot;
    (void)step;
    if (it->status != DETINIT_OK)
        return error_set(error, it->status, "%s", it->error.message);
    if (it->changed > 0 && !s->differs) {
        s->b_sha = s->a_sha;
        s->differs = true;
    }
    s->changed += it->changed;
    sha256_update(&s->a_sha, it->count * s->item, it->a);
    if (s->differs)
        sha256_update(&s->b_sha, it->count * s->item, it->b);
    return progress_tell(s->run, it->first + it->count, s->entry->b->count, error);
}

static detinit_status find_alike(saver *s, detinit_error *error)
{
    patch_entry *e = s->entry;
    detinit_status status = each_block(s, make_count, take_count, error);
    if (!s->differs)
        s->b_sha = s->a_sha;
    packed_hex(&s->a_sha, e->a_sha256);
    packed_hex(&s->b_sha, e->b_sha256);
    e->changed = s->changed;
    /* Where several items share a byte, they have no places. */
    const bool shared = tensor_type_named(e->b->type)->bits < 8;
    const uint64_t dense = e->b->count * s->item;
    e->whole =
        e->changed > 0 && (shared || e->changed >= dense / (s->item + patch_position_bytes(e)));
    return status;
}

static detinit_status take_hash(void *context, const unsigned char *data, size_t bytes,
                                detinit_error *error)
{
    (void)error;
    sha256_update(context, bytes, data);
    return DETINIT_OK;
}

/* The SHA-256 of a tensor that nothing is compared with. */
static detinit_status find_alone(saver *s, const detinit_tensorfile *file,
                                 const detinit_tensor *tensor, char *sha256, detinit_error *error)
{
    detinit_status status = tensorfile_each(file, tensor, s->run, take_hash, &s->a_sha, error);
    packed_hex(&s->a_sha, sha256);
    return status;
}

static uint64_t items_of(const detinit_tensor *tensor)
{
    return tensor != NULL ? tensor->count : 0;
}

static void begin_entry(saver *s, size_t index)
{
    s->entry = &s->plan.entries[index];
    s->item = s->entry->b != NULL ? (size_t)s->entry->b->item_bytes : 1;
    s->changed = 0;
    s->differs = false;
    sha256_init(&s->a_sha);
}

static detinit_status find(saver *s, size_t index, detinit_error *error)
{
    const detinit_diff *d = s->plan.diff;
    detinit_status status = DETINIT_OK;
    begin_entry(s, index);
    patch_entry *e = s->entry;
    const detinit_run one = progress_share(&s->progress, items_of(e->b));
    s->run = &one;
    if (e->alike)
        return find_alike(s, error);
    e->whole = e->b != NULL;
    if (e->b != NULL)
        status = find_alone(s, d->b, e->b, e->b_sha256, error);
    const detinit_run other = progress_share(&s->progress, items_of(e->a));
    s->run = &other;
    if (e->a != NULL && status == DETINIT_OK)
        status = find_alone(s, d->a, e->a, e->a_sha256, error);
    return status;
}

/* ---------------------------------------------------------------- the data */

static void put_position(unsigned char *to, size_t bytes, uint64_t position)
{
    for (size_t n = 0; n < bytes; n++)
        to[n] = (unsigned char)(position >> (8 * n));
}

static void make_data(void *context, uint64_t step, void *slot)
{
    const saver *s = context;
    block *it = slot;
    const size_t width = s->positions ? patch_position_bytes(s->entry) : s->item;
    read_block(s, step, it);
    if (!any_differs(s, it))
        return;
    for (size_t n = 0; n < it->count; n++) {
        if (!differs_at(s, it, n))
            continue;
        if (s->positions)
            put_position(it->out + it->bytes, width, it->first + n);
        else
            memcpy(it->out + it->bytes, it->b + n * s->item, width);
        it->bytes += width;
        it->changed++;
    }
}

static detinit_status changed_meanwhile(const saver *s, detinit_error *error)
{
    return error_set(error, DETINIT_IO, "'%.100s' or '%.100s' changed while they were compared",
                     detinit_tensorfile_path(s->plan.diff->a),
                     detinit_tensorfile_path(s->plan.diff->b));
}

static detinit_status take_data(void *context, uint64_t step, void *slot, detinit_error *error)
{
    saver *s = context;
    const block *it = slot;
    (void)step;
    if (it->status != DETINIT_OK)
        return error_set(error, it->status, "%s", it->error.message);
    s->changed += it->changed;
    if (s->changed > s->entry->changed)
        return changed_meanwhile(s, error);
    detinit_status status = detinit_tensorwriter_write(s->to, it->out, it->bytes, error);
    if (status != DETINIT_OK)
        return status;
    return progress_tell(s->run, it->first + it->count, s->entry->b->count, error);
}

static detinit_status copy_part(void *context, const unsigned char *data, size_t bytes,
                                detinit_error *error)
{
    saver *s = context;
    sha256_update(&s->a_sha, bytes, data);
    return detinit_tensorwriter_write(s->to, data, bytes, error);
}

static detinit_status write_whole(saver *s, detinit_error *error)
{
    char sha256[PACKED_DIGITS + 1];
    detinit_status status =
        tensorfile_each(s->plan.diff->b, s->entry->b, s->run, copy_part, s, error);
    packed_hex(&s->a_sha, sha256);
    if (status == DETINIT_OK && strcmp(sha256, s->entry->b_sha256) != 0)
        return changed_meanwhile(s, error);
    return status;
}

static detinit_status write_member(saver *s, const patch_member *m, detinit_error *error)
{
    begin_entry(s, m->entry);
    s->positions = m->positions;
    const detinit_run run = progress_share(&s->progress, s->entry->b->count);
    s->run = &run;
    if (s->entry->whole)
        return write_whole(s, error);
    detinit_status status = each_block(s, make_data, take_data, error);
    if (status == DETINIT_OK && s->changed != s->entry->changed)
        return changed_meanwhile(s, error);
    return status;
}

/* ------------------------------------------------------------------ saving */

static detinit_status find_all(saver *s, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    for (size_t n = 0; n < s->plan.count && status == DETINIT_OK; n++)
        status = find(s, n, error);
    return status;
}

static detinit_status save(saver *s, detinit_error *error)
{
    detinit_status status = find_all(s, error);
    if (status == DETINIT_OK)
        status = patch_header_write(&s->plan, s->to, error);
    for (size_t n = 0; n < s->plan.member_count && status == DETINIT_OK; n++)
        status = write_member(s, &s->plan.members[n], error);
    return status;
}

/* Items to be gone through, as if everything had changed: nothing is known yet. */
static uint64_t count_work(const patch_plan *p)
{
    uint64_t items = 0;
    for (size_t n = 0; n < p->count; n++)
        items +=
            3 * items_of(p->entries[n].b) + (p->entries[n].alike ? 0 : items_of(p->entries[n].a));
    return items;
}

static detinit_status open_and_save(saver *s, const char *path, uint64_t *bytes,
                                    detinit_error *error)
{
    detinit_status status = tensorwriter_open(path, format_for_network(path), s->progress.run,
                                              s->progress.total, &s->to, error);
    if (status != DETINIT_OK)
        return status;
    s->progress.run = tensorwriter_run(s->to);
    status = save(s, error);
    if (status == DETINIT_OK)
        return detinit_tensorwriter_commit(s->to, bytes, error);
    detinit_tensorwriter_abandon(s->to);
    return status;
}

static detinit_status check_path(const detinit_diff *diff, const char *path, detinit_error *error)
{
    char names[FORMAT_NAMES];
    if (!format_of_path_is(path, format_saves_networks))
        return error_set(error, DETINIT_INVALID, "'%.200s': a patch must end in %s", path,
                         format_names(format_saves_networks, names));
    detinit_status status = diff_check_target(path, diff->a, error);
    return status == DETINIT_OK ? diff_check_target(path, diff->b, error) : status;
}

detinit_status detinit_diff_save(const detinit_diff *diff, const char *path, const detinit_run *run,
                                 detinit_patching *out, detinit_error *error)
{
    saver s = {.progress = {.run = run}};
    detinit_patching patching = {0};
    detinit_status status = check_path(diff, path, error);
    if (status != DETINIT_OK)
        return status;
    status = patch_plan_make(diff, &s.plan, error);
    if (status == DETINIT_OK) {
        s.progress.total = count_work(&s.plan);
        status = open_and_save(&s, path, &patching.bytes, error);
    }
    if (status == DETINIT_OK && out != NULL) {
        patch_plan_tell(&s.plan, &patching);
        *out = patching;
    }
    patch_plan_free(&s.plan);
    return status;
}
