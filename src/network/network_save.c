/* Networks into one file, block after block, in constant memory. */
#include "network/network_save.h"

#include "base/error.h"
#include "file/tensorwriter.h"
#include "matrix/matrix.h"
#include "network/network.h"
#include "network/write_matrix.h"

#include <stdio.h>
#include <stdlib.h>

/* ---------------------------------------------------------- before the data */

/* Names that were indexed are unique. */
static detinit_status check_unique(const detinit_network *network, detinit_error *error)
{
    const detinit_layer *repeated = NULL;
    detinit_network indexed = *network;
    if (network->by_name != NULL)
        return DETINIT_OK;
    const bool done = network_index(&indexed, &repeated);
    free(indexed.by_name);
    if (!done)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for a network");
    if (repeated != NULL)
        return error_set(error, DETINIT_INVALID, "two tensors are called '%.60s'", repeated->name);
    return DETINIT_OK;
}

detinit_status network_check(const detinit_network *network, detinit_error *error)
{
    detinit_error why;
    if (network->count < 1 || network->count > DETINIT_NETWORK_MOST)
        return error_set(error, DETINIT_INVALID, "a network has 1 .. %d tensors, not %zu",
                         DETINIT_NETWORK_MOST, network->count);
    for (size_t n = 0; n < network->count; n++) {
        const detinit_layer *layer = &network->layers[n];
        if (!network_name_good(layer->name))
            return error_set(error, DETINIT_INVALID, "the name of tensor %zu must be %s", n + 1,
                             NETWORK_NAME_EXPECTED);
        if (detinit_recipe_check(&layer->recipe, &why) != DETINIT_OK)
            return error_set(error, DETINIT_INVALID, "tensor '%.60s': %s", layer->name,
                             why.message);
    }
    return check_unique(network, error);
}

/* Wide types first.  No type is wider than what weights are made in. */
#define WIDEST_ITEM sizeof(double)

static detinit_status announce(detinit_tensorwriter *to, const detinit_network *network,
                               detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    for (size_t size = WIDEST_ITEM; size > 0; size /= 2) {
        for (size_t n = 0; n < network->count && status == DETINIT_OK; n++) {
            const detinit_layer *layer = &network->layers[n];
            const detinit_dtype dtype = layer->recipe.dtype;
            if (detinit_dtype_size(dtype) == size)
                status = detinit_tensorwriter_announce(
                    to, layer->name, detinit_dtype_safetensors(dtype), layer->recipe.rank,
                    layer->recipe.shape, NULL, error);
        }
    }
    return status;
}

/* Tells the recipes, and the version of the generator that makes them. */
static detinit_status describe(detinit_tensorwriter *to, const detinit_network *network,
                               detinit_error *error)
{
    char version[16];
    char *manifest = detinit_network_manifest(network);
    if (manifest == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for a manifest");
    snprintf(version, sizeof version, "%d", DETINIT_GENERATOR_VERSION);
    detinit_status status = detinit_tensorwriter_metadata(to, "detinit.manifest", manifest, error);
    free(manifest);
    if (status == DETINIT_OK)
        status = detinit_tensorwriter_metadata(to, "detinit.version", version, error);
    return status;
}

detinit_status network_begin(const detinit_network *network, detinit_tensorwriter *to,
                             detinit_error *error)
{
    detinit_status status = announce(to, network, error);
    if (status == DETINIT_OK && to->format->metadata)
        status = describe(to, network, error);
    return status == DETINIT_OK ? tensorwriter_begin(to, error) : status;
}

/* ------------------------------------------------------------- all tensors */

/* The weights of a tensor; an orthogonal one is worth them twice: it is factored, then written. */
static uint64_t worth(const detinit_recipe *recipe)
{
    uint64_t count = 0;
    detinit_recipe_count(recipe, &count);
    return recipe->orthogonal ? 2 * count : count;
}

shared_progress network_parts(const detinit_network *network, const detinit_run *run)
{
    shared_progress progress = {.run = run};
    for (size_t n = 0; n < network->count; n++)
        progress.total += worth(&network->layers[n].recipe);
    return progress;
}

detinit_status network_next(const detinit_recipe *recipe, shared_progress *progress,
                            detinit_run *run, detinit_matrix **matrix, detinit_error *error)
{
    return matrix_new_in_share(recipe, progress, worth(recipe), matrix, run, error);
}

static detinit_status write_layer(const detinit_recipe *recipe, detinit_tensorwriter *to,
                                  shared_progress *progress, detinit_error *error)
{
    detinit_matrix *matrix;
    detinit_run run;
    detinit_status status = network_next(recipe, progress, &run, &matrix, error);
    if (status != DETINIT_OK)
        return status;
    status = write_matrix(matrix, to, &run, NULL, error);
    detinit_matrix_free(matrix);
    return status;
}

static detinit_status write_layers(const detinit_network *network, detinit_tensorwriter *to,
                                   detinit_error *error)
{
    shared_progress progress = network_parts(network, tensorwriter_run(to));
    detinit_status status = DETINIT_OK;
    for (size_t size = WIDEST_ITEM; size > 0; size /= 2)
        for (size_t n = 0; n < network->count && status == DETINIT_OK; n++)
            if (detinit_dtype_size(network->layers[n].recipe.dtype) == size)
                status = write_layer(&network->layers[n].recipe, to, &progress, error);
    return status;
}

detinit_status network_save_as(const detinit_network *network, const char *path, network_use use,
                               const detinit_run *run, uint64_t *bytes, detinit_error *error)
{
    detinit_tensorwriter *to;
    detinit_status status = network_check(network, error);
    if (status != DETINIT_OK)
        return status;
    status = tensorwriter_open(path, format_for_network(path), run,
                               network_parts(network, run).total, &to, error);
    if (status != DETINIT_OK)
        return status;
    if (use == NETWORK_FOR_TRANSFORMERS)
        status = detinit_tensorwriter_metadata(to, "format", "pt", error);
    if (status == DETINIT_OK)
        status = network_begin(network, to, error);
    if (status == DETINIT_OK)
        status = write_layers(network, to, error);
    if (status == DETINIT_OK)
        return detinit_tensorwriter_commit(to, bytes, error);
    detinit_tensorwriter_abandon(to);
    return status;
}

detinit_status detinit_network_save(const detinit_network *network, const char *path,
                                    const detinit_run *run, uint64_t *bytes, detinit_error *error)
{
    return network_save_as(network, path, NETWORK_FOR_ANYBODY, run, bytes, error);
}
