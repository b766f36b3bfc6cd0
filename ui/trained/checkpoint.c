#include "trained/checkpoint.h"

#include "base/error.h"
#include "detinit_track.h"
#include "file/format.h"
#include "file/tensorfile.h"
#include "network/file_name.h"
#include "trained/manifest.h"
#include "system/memory.h"
#include "option/option.h"
#include "option/refuse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------- texts */

/* "256 x 784", "nothing" for a single number's shape. Returns buffer. */
static const char *dimensions_text(size_t rank, const uint64_t *shape, char *buffer, size_t size)
{
    size_t length = (size_t)snprintf(buffer, size, "%s", rank == 0 ? "a single number" : "");
    for (size_t n = 0; n < rank && length < size; n++)
        length += (size_t)snprintf(buffer + length, size - length, "%s%llu", n > 0 ? " x " : "",
                                   (unsigned long long)shape[n]);
    return buffer;
}

const char *checkpoint_name(const checkpoint *c, const detinit_tensor *tensor)
{
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
    dimensions_text(tensor->rank, held, shape, sizeof shape);
    for (size_t n = 0; n < 2; n++) {
        differs |= is_given(from, sides[n]) && (tensor->rank != 2 || asked[n] != held[n]);
        transposed &= is_given(from, sides[n]) && asked[n] == held[1 - n];
    }
    if (is_given(from, OPTION_SHAPE) && (from->recipe->rank != tensor->rank ||
                                         memcmp(asked, held, tensor->rank * sizeof held[0]) != 0))
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
        return error_set(error, DETINIT_IO, "'%.200s' holds no tensor of weights", path);
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
    memcpy(recipe->shape, tensor->shape, tensor->rank * sizeof tensor->shape[0]);
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

/* Whether a file of one tensor is called as a folder has the file of a layer: "out/fc1.npy". */
static bool named_by_path(const detinit_tensorfile *file, const char *name)
{
    char stem[FILE_STEM_TEXT];
    const char *path = detinit_tensorfile_path(file);
    const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
    const size_t length = format_stem(tensorfile_format(file), base);
    file_stem_of_name(name, stem);
    return length > 0 && strlen(stem) == length && strncmp(base, stem, length) == 0;
}

/*
 * The layer of a tensor, or NULL.  The array of a .npy file has no name: it is that of a
 * network of one, or what the file is named by.
 */
static const detinit_layer *layer_of(const checkpoint *c, const detinit_tensor *tensor)
{
    const detinit_network *network = &c->network;
    if (tensor->name[0] != '\0')
        return detinit_network_find(network, tensor->name);
    for (size_t n = 0; n < network->count; n++)
        if (network->count == 1 || named_by_path(c->file, network->layers[n].name))
            return &network->layers[n];
    return NULL;
}

static bool is_transposed(const detinit_tensor *tensor, const detinit_recipe *recipe)
{
    return tensor->rank == 2 && recipe->rank == 2 && tensor->shape[0] == recipe->shape[1] &&
           tensor->shape[1] == recipe->shape[0];
}

static bool same_shape(const detinit_tensor *tensor, const detinit_recipe *recipe)
{
    return tensor->rank == recipe->rank &&
           memcmp(tensor->shape, recipe->shape, tensor->rank * sizeof tensor->shape[0]) == 0;
}

static detinit_status join(const checkpoint *c, const detinit_tensor *tensor,
                           const detinit_layer *layer, detinit_tracked *out, detinit_error *error)
{
    char held[200], asked[200];
    const detinit_recipe *recipe = &layer->recipe;
    const char *path = detinit_tensorfile_path(c->file);
    if (!tensor->weights)
        return error_set(error, DETINIT_IO, "'%.160s': '%.60s' holds %s, not weights", path,
                         tensor->name, tensor->type);
    if (!same_shape(tensor, recipe))
        return error_set(error, DETINIT_IO,
                         "'%.120s': '%.60s' has the shape %.100s; %.100s was "
                         "expected%s",
                         path, layer->name,
                         dimensions_text(tensor->rank, tensor->shape, held, sizeof held),
                         dimensions_text(recipe->rank, recipe->shape, asked, sizeof asked),
                         is_transposed(tensor, recipe) ? ", whose transpose it is" : "");
    return detinit_track(c->file, tensor, recipe, out, error);
}

static detinit_status check_complete(const checkpoint *c, detinit_error *error)
{
    const char *path = detinit_tensorfile_path(c->file);
    const file_format *format = tensorfile_format(c->file);
    if (c->count == (format->many ? c->network.count : 1))
        return DETINIT_OK;
    if (!format->many)
        return error_set(error, DETINIT_IO,
                         "'%.160s': its name is that of none of the network's %zu tensors, such as "
                         "%.60s%s",
                         path, c->network.count, c->network.layers[0].name, format->endings[0]);
    for (size_t n = 0; n < c->network.count; n++)
        if (detinit_tensorfile_find(c->file, c->network.layers[n].name) == NULL)
            return error_set(error, DETINIT_IO, "'%.160s' has no tensor '%.100s'", path,
                             c->network.layers[n].name);
    return DETINIT_OK;
}

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

static detinit_status join_all(checkpoint *c, detinit_error *error)
{
    size_t most = detinit_tensorfile_count(c->file);
    c->tracked = calloc(most + 1, sizeof *c->tracked);
    if (c->tracked == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a list of %zu tensors",
                         most);
    for (size_t n = 0; n < most; n++) {
        const detinit_tensor *tensor = detinit_tensorfile_tensor(c->file, n);
        const detinit_layer *layer = layer_of(c, tensor);
        detinit_status status =
            layer != NULL ? join(c, tensor, layer, &c->tracked[c->count], error) : DETINIT_OK;
        if (status != DETINIT_OK)
            return status;
        c->count += layer != NULL;
    }
    detinit_status status = check_complete(c, error);
    return status == DETINIT_OK ? check_memory(c, error) : status;
}

detinit_status checkpoint_open(const checkpoint_source *from, checkpoint *out, detinit_error *error)
{
    checkpoint c = {0};
    detinit_status status = refuse_file(detinit_tensorfile_open(from->file, &c.file, error), error);
    if (status == DETINIT_OK && detinit_tensorfile_is_packed(c.file))
        status = error_set(
            error, DETINIT_IO,
            "'%.200s' is packed; make it whole first: detinit unpack FILE --save FILE", from->file);
    if (status == DETINIT_OK)
        status = find_network(from, &c, error);
    if (status == DETINIT_OK)
        status = join_all(&c, error);
    if (status == DETINIT_OK)
        *out = c;
    else
        checkpoint_close(&c);
    return status;
}

void checkpoint_close(checkpoint *c)
{
    free(c->tracked);
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
