/* The header of a patch: what its tensors are called, and the text that tells what they are. */
#include "track/patch_header.h"

#include "base/error.h"
#include "file/jsondump.h"
#include "file/tensortype.h"
#include "track/pack_header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- the plan */

size_t patch_position_bytes(const patch_entry *entry)
{
    return tensor_type_named(patch_position_type(entry->b->count))->bits / 8;
}

static detinit_status no_memory(detinit_error *error)
{
    return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a patch");
}

detinit_status patch_plan_make(const detinit_diff *diff, patch_plan *out, detinit_error *error)
{
    const size_t result = detinit_tensorfile_count(diff->b);
    *out = (patch_plan){.diff = diff,
                        .entries = calloc(diff->count + 1, sizeof *out->entries),
                        .members = calloc(2 * result + 1, sizeof *out->members)};
    if (out->entries == NULL || out->members == NULL)
        return no_memory(error);
    for (size_t n = 0; n < result; n++) {
        const detinit_diff_pair *pair = &diff->pairs[diff->of_b[n]];
        if (tensor_type_named(pair->b->type) == NULL)
            return error_set(error, DETINIT_INVALID,
                             "'%.100s' has the type %.20s, which .safetensors files, and so "
                             "patches, have not",
                             pair->b->name, pair->b->type);
        out->entries[out->count++] =
            (patch_entry){pair->a, pair->b, pair->kind == DETINIT_DIFF_CHANGED, 0, false, "", ""};
    }
    for (size_t n = 0; n < diff->count; n++)
        if (diff->pairs[n].b == NULL)
            out->entries[out->count++] =
                (patch_entry){diff->pairs[n].a, NULL, false, 0, false, "", ""};
    return DETINIT_OK;
}

void patch_plan_free(patch_plan *p)
{
    free(p->entries);
    free(p->members);
    *p = (patch_plan){0};
}

/* Bytes of an item of a member. */
static size_t member_width(const patch_plan *p, const patch_member *m)
{
    const patch_entry *entry = &p->entries[m->entry];
    return m->positions ? patch_position_bytes(entry) : (size_t)entry->b->item_bytes;
}

/* Readers that map the file want its data aligned. */
static void list_members(patch_plan *p)
{
    for (size_t width = 16; width > 0; width /= 2) {
        for (size_t n = 0; n < p->count; n++) {
            const patch_entry *entry = &p->entries[n];
            const patch_member both[] = {{n, true}, {n, false}};
            const bool any = entry->b != NULL && (entry->changed > 0 || entry->whole);
            for (size_t k = entry->whole ? 1 : 0; k < 2 && any; k++)
                if (member_width(p, &both[k]) == width)
                    p->members[p->member_count++] = both[k];
        }
    }
}

void patch_plan_tell(const patch_plan *p, detinit_patching *out)
{
    *out = (detinit_patching){.bytes = out->bytes};
    for (size_t n = 0; n < p->count; n++) {
        const patch_entry *entry = &p->entries[n];
        out->gone += entry->a != NULL && !entry->alike;
        if (entry->b == NULL)
            continue;
        out->tensors++;
        out->result_bytes += entry->b->count * entry->b->item_bytes;
        out->whole += entry->whole;
        if (entry->changed > 0 && !entry->whole) {
            out->sparse++;
            out->changed_items += entry->changed;
        }
    }
}

/* -------------------------------------------------------------- the header */

/* NULL without memory, as all that follow. */
static json_t *describe(const detinit_tensor *tensor, const char *sha256)
{
    json_t *shape = packed_shape(tensor->rank, tensor->shape);
    return json_pack("{s:s, s:s, s:o, s:s}", "name", tensor->name, "type", tensor->type, "shape",
                     shape, "sha256", sha256);
}

static json_t *describe_result(const patch_entry *entry)
{
    json_t *one = describe(entry->b, entry->b_sha256);
    bool good = one != NULL;
    if (good && entry->alike)
        good = json_object_set_new(one, "base", json_string(entry->a_sha256)) == 0;
    if (good && entry->alike && strcmp(entry->a->name, entry->b->name) != 0)
        good = json_object_set_new(one, "from", json_string(entry->a->name)) == 0;
    if (good)
        return one;
    json_decref(one);
    return NULL;
}

/* malloc'ed; NULL without memory. */
static char *description(const patch_plan *p)
{
    const detinit_tensorfile *b = p->diff->b;
    json_t *metadata = json_object(), *tensors = json_array(), *gone = json_array();
    bool good = metadata != NULL && tensors != NULL && gone != NULL;
    const char *key;
    for (size_t n = 0; good && (key = detinit_tensorfile_metadata_key(b, n)) != NULL; n++)
        good = json_object_set_new(metadata, key,
                                   json_string(detinit_tensorfile_metadata(b, key))) == 0;
    for (size_t n = 0; n < p->count && good; n++) {
        const patch_entry *entry = &p->entries[n];
        if (entry->b != NULL)
            good = json_array_append_new(tensors, describe_result(entry)) == 0;
        if (entry->a != NULL && !entry->alike)
            good = good && json_array_append_new(gone, describe(entry->a, entry->a_sha256)) == 0;
    }
    json_t *all = json_pack("{s:i, s:o, s:o, s:o}", "format", PATCH_FORMAT, "metadata", metadata,
                            "tensors", tensors, "gone", gone);
    char *text = good && all != NULL ? jsondump_text(all, JSON_COMPACT) : NULL;
    json_decref(all);
    return text;
}

static detinit_status write_metadata(const patch_plan *p, detinit_tensorwriter *to,
                                     detinit_error *error)
{
    char sha256[PACKED_DIGITS + 1], *text = description(p);
    struct sha256_ctx sha;
    if (text == NULL)
        return no_memory(error);
    sha256_init(&sha);
    sha256_update(&sha, strlen(text), (const uint8_t *)text);
    detinit_status status = detinit_tensorwriter_metadata(to, PATCH_DESCRIPTION, text, error);
    if (status == DETINIT_OK)
        status = detinit_tensorwriter_metadata(to, PATCH_DIGEST, packed_hex(&sha, sha256), error);
    free(text);
    return status;
}

static detinit_status announce(const patch_plan *p, const patch_member *m, detinit_tensorwriter *to,
                               detinit_error *error)
{
    const patch_entry *entry = &p->entries[m->entry];
    const char *ending = m->positions ? PATCH_POSITIONS : PATCH_VALUES;
    const size_t length = strlen(entry->b->name) + strlen(ending) + 1;
    char *name = malloc(length);
    if (name == NULL)
        return no_memory(error);
    snprintf(name, length, "%s%s", entry->b->name, ending);
    const char *type = m->positions ? patch_position_type(entry->b->count) : entry->b->type;
    detinit_status status =
        entry->whole
            ? detinit_tensorwriter_announce(to, name, type, entry->b->rank, entry->b->shape, NULL,
                                            error)
            : detinit_tensorwriter_announce(to, name, type, 1, &entry->changed, NULL, error);
    free(name);
    return status;
}

detinit_status patch_header_write(patch_plan *p, detinit_tensorwriter *to, detinit_error *error)
{
    list_members(p);
    detinit_status status = write_metadata(p, to, error);
    for (size_t n = 0; n < p->member_count && status == DETINIT_OK; n++)
        status = announce(p, &p->members[n], to, error);
    return status;
}
