#include "trained/checkpoint.h"

#include "base/error.h"
#include "base/shape.h"
#include "detinit_pack.h"
#include "file/format.h"
#include "file/tensorfile.h"
#include "track/pairing.h"
#include "trained/manifest.h"
#include "trained/names.h"
#include "system/memory.h"
#include "option/option.h"
#include "option/refuse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------- texts */

const char *checkpoint_name(const checkpoint *c, const detinit_tensor *tensor)
{
    if (tensor->name[0] == '\0' && tensorfile_format(c->file)->many)
        return "\"\"";
    return tensor->name[0] != '\0' ? tensor->name : detinit_tensorfile_path(c->file);
}

/* ---------------------------------------------------------------- networks */

static detinit_status network_of_metadata(const detinit_tensorfile *file, const char *text,
                                          detinit_network *out, detinit_error *error)
{
    char shown[220];
    snprintf(shown, sizeof shown, "%.160s, detinit.manifest", detinit_tensorfile_path(file));
    return refuse_file(detinit_network_parse(text, strlen(text), shown, out, error), error);
}

/*
 * The tensor that flags describe: the only one of weights, or the only one of at least two
 * dimensions, where the others are biases.  NULL where there are none or several.
 */
static const detinit_tensor *only_tensor(const detinit_tensorfile *file, size_t *candidates)
{
    const detinit_tensor *only = NULL;
    for (size_t least_rank = 2; least_rank > 0; least_rank--) {
        *candidates = 0;
        for (size_t n = 0; n < detinit_tensorfile_count(file); n++) {
            const detinit_tensor *tensor = detinit_tensorfile_tensor(file, n);
            if (!tensor->weights || tensor->count == 0 || tensor->rank < least_rank ||
                tensor->rank > DETINIT_MAX_RANK)
                continue;
            only = tensor;
            ++*candidates;
        }
        if (*candidates > 0)
            break;
    }
    return *candidates == 1 ? only : NULL;
}

static bool is_given(const checkpoint_source *from, option_id id)
{
    return from->given != NULL && from->given[id];
}

/* Flags that speak of the shape or the type must say what the file says. */
static detinit_status check_flags(const checkpoint_source *from, const detinit_tensorfile *file,
                                  const detinit_tensor *tensor, detinit_error *error)
{
    static const option_id sides[] = {OPTION_ROWS, OPTION_COLS};
    char shape[200];
    const uint64_t *asked = from->recipe->shape, *held = tensor->shape;
    bool differs = false, transposed = tensor->rank == 2;
    pairing_shape_text(tensor->rank, held, shape, sizeof shape);
    for (size_t n = 0; n < 2; n++) {
        differs |= is_given(from, sides[n]) && (tensor->rank != 2 || asked[n] != held[n]);
        transposed &= is_given(from, sides[n]) && asked[n] == held[1 - n];
    }
    if (is_given(from, OPTION_SHAPE) && !shape_same(from->recipe->rank, asked, tensor->rank, held))
        return error_set(error, DETINIT_INVALID,
                         "--shape: '%.160s' holds %s; the file tells the shape, leave it out",
                         detinit_tensorfile_path(file), shape);
    if (differs)
        return error_set(error, DETINIT_INVALID,
                         "--%s: '%.160s' holds %s%s; the file tells the shape, leave it out",
                         options[is_given(from, OPTION_ROWS) ? OPTION_ROWS : OPTION_COLS].name,
                         detinit_tensorfile_path(file), shape,
                         transposed ? ", the transpose of what was asked for" : "");
    if (is_given(from, OPTION_DTYPE) && from->recipe->dtype != tensor->dtype)
        return error_set(error, DETINIT_INVALID,
                         "--dtype: '%.160s' holds %s; the file tells the type, leave it out",
                         detinit_tensorfile_path(file), detinit_dtype_name(tensor->dtype));
    return DETINIT_OK;
}

static detinit_status network_of_flags(const checkpoint_source *from,
                                       const detinit_tensorfile *file, detinit_network *out,
                                       detinit_error *error)
{
    size_t candidates;
    char names[FORMAT_NAMES];
    const char *path = detinit_tensorfile_path(file);
    const detinit_tensor *tensor = only_tensor(file, &candidates);
    if (candidates == 0)
        return error_set(error, DETINIT_IO,
                         "'%.200s' holds no tensor of weights: float64, float32, float16 or "
                         "bfloat16 in 1 to %d dimensions",
                         path, DETINIT_MAX_RANK);
    if (tensor == NULL)
        return error_set(error, DETINIT_INVALID,
                         "'%.160s' holds %zu tensors of weights; --manifest FILE must tell their "
                         "recipes: the initial %s file that detinit saved, or JSON, "
                         "{\"seed\": 42, \"tensors\": [{\"name\": ..., \"shape\": [...]}]}",
                         path, candidates, format_names(format_tells_recipes, names));
    detinit_status status = check_flags(from, file, tensor, error);
    if (status != DETINIT_OK)
        return status;
    out->layers = calloc(1, sizeof *out->layers);
    if (out->layers == NULL || (out->layers[0].name = strdup(tensor->name)) == NULL) {
        free(out->layers);
        *out = (detinit_network){0};
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for '%.200s'", path);
    }
    out->count = 1;
    detinit_recipe *recipe = &out->layers[0].recipe;
    *recipe = *from->recipe;
    recipe->rank = tensor->rank;
    shape_copy(recipe->shape, tensor->rank, tensor->shape);
    recipe->dtype = tensor->dtype;
    recipe->parts = NULL; /* flags state none, and the network would own them */
    recipe->part_count = 0;
    return DETINIT_OK;
}

/* Flags beside recipes that stand elsewhere would be passed over silently. */
static detinit_status refuse_flags(const checkpoint_source *from, const char *whose,
                                   detinit_error *error)
{
    for (int id = 0; id < OPTION_COUNT; id++)
        if (is_given(from, (option_id)id) && (options[id].uses & OPTION_IN_RECIPE) != 0)
            return error_set(error, DETINIT_INVALID, "--%s: %.200s tells the recipes; leave it out",
                             options[id].name, whose);
    return DETINIT_OK;
}

static detinit_status find_network(const checkpoint_source *from, checkpoint *c,
                                   detinit_error *error)
{
    char whose[220];
    const char *metadata, *path = detinit_tensorfile_path(c->file);
    detinit_status status = manifest_in_file(c->file, &metadata, error);
    if (status != DETINIT_OK)
        return status;
    if (from->manifest == NULL && metadata == NULL)
        return network_of_flags(from, c->file, &c->network, error);
    snprintf(whose, sizeof whose, "'%.160s'", from->manifest != NULL ? from->manifest : path);
    status = refuse_flags(from, whose, error);
    if (status != DETINIT_OK)
        return status;
    if (from->manifest != NULL)
        return manifest_network(from->manifest, NULL, NULL, &c->network, error);
    return network_of_metadata(c->file, metadata, &c->network, error);
}

/* ------------------------------------------------------------------ joining */

/* Refuses what the machine cannot hold: orthogonal matrices are made one after the other. */
static detinit_status check_memory(const checkpoint *c, detinit_error *error)
{
    char what[160];
    const detinit_tracked *largest = NULL;
    uint64_t most = 0;
    for (size_t n = 0; n < c->count; n++) {
        const uint64_t bytes = detinit_tracked_memory(&c->tracked[n]);
        if (bytes > most) {
            most = bytes;
            largest = &c->tracked[n];
        }
    }
    if (largest == NULL)
        return DETINIT_OK;
    snprintf(what, sizeof what, "'%.100s': an orthogonal matrix",
             checkpoint_name(c, largest->tensor));
    return memory_allows(what, most, error) ? DETINIT_OK : error->status;
}

static detinit_status join_all(const checkpoint_source *from, checkpoint *c, detinit_error *error)
{
    detinit_name_rules *rules;
    detinit_status status = names_read(from->names, &rules, error);
    if (status != DETINIT_OK)
        return status;
    status = detinit_pairing_find(c->file, &c->network, rules, from->partial, &c->pairing, error);
    detinit_name_rules_free(rules);
    if (status != DETINIT_OK)
        return refuse_file(status, error);
    c->count = c->pairing.count;
    c->tracked = c->pairing.tracked;
    return check_memory(c, error);
}

static detinit_status open_file(const checkpoint_source *from, checkpoint *c, detinit_error *error)
{
    return refuse_file(detinit_tensorfile_open_unpacked(from->file, &c->file, error), error);
}

detinit_status checkpoint_open(const checkpoint_source *from, checkpoint *out, detinit_error *error)
{
    checkpoint c = {0};
    detinit_status status = open_file(from, &c, error);
    if (status == DETINIT_OK)
        status = find_network(from, &c, error);
    if (status == DETINIT_OK)
        status = join_all(from, &c, error);
    if (status == DETINIT_OK)
        *out = c;
    else
        checkpoint_close(&c);
    return status;
}

static bool tells_manifest(const detinit_tensorfile *file)
{
    return detinit_tensorfile_metadata(file, "detinit.manifest") != NULL;
}

static void forget_recipes(checkpoint *c)
{
    detinit_pairing_free(&c->pairing);
    detinit_network_free(&c->network);
    c->tracked = NULL;
    c->count = 0;
}

detinit_status checkpoint_look(const checkpoint_source *from, checkpoint *out, char *why,
                               size_t size, detinit_error *error)
{
    checkpoint c = {0};
    detinit_error trouble = {.status = DETINIT_OK};
    detinit_status status = open_file(from, &c, error), found = DETINIT_OK;
    if (status == DETINIT_OK)
        found = find_network(from, &c, &trouble);
    if (status == DETINIT_OK && found == DETINIT_OK)
        found = join_all(from, &c, &trouble);
    const bool told = status == DETINIT_OK && (from->manifest != NULL || tells_manifest(c.file));
    snprintf(why, size, "%s",
             found == DETINIT_OK ? ""
             : told              ? trouble.message
                                 : "nothing tells how its weights were drawn");
    if (found != DETINIT_OK)
        forget_recipes(&c);
    if (found != DETINIT_OK && from->manifest != NULL) {
        *error = trouble;
        status = found;
    }
    if (status == DETINIT_OK)
        *out = c;
    else
        checkpoint_close(&c);
    return status;
}

void checkpoint_close(checkpoint *c)
{
    detinit_pairing_free(&c->pairing);
    detinit_network_free(&c->network);
    detinit_tensorfile_close(c->file);
    *c = (checkpoint){0};
}

/* Those that are tracked stand in the order of the file's tensors. */
const detinit_tracked *checkpoint_find(const checkpoint *c, size_t index)
{
    const detinit_tensor *tensor = detinit_tensorfile_tensor(c->file, index);
    size_t low = 0, high = c->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (tensorfile_index(c->file, c->tracked[middle].tensor) < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->count && c->tracked[low].tensor == tensor ? &c->tracked[low] : NULL;
}

/* ---------------------------------------------------------------- threshold */

detinit_status checkpoint_threshold(const checkpoint *c, threshold_choice choice,
                                    const detinit_run *run, double *threshold, detinit_error *error)
{
    if (choice.kind == THRESHOLD_SHARE)
        return refuse_file(detinit_threshold_of_sparsity(c->tracked, c->count, choice.value, run,
                                                         threshold, error),
                           error);
    if (choice.value == THRESHOLD_AUTO)
        return detinit_threshold_auto(c->tracked, c->count, run, threshold, error);
    *threshold = choice.value;
    return DETINIT_OK;
}
