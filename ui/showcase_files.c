/* The showcase's files: the trained network. */
#include "showcase.h"

#include "error.h"

#include <stdio.h>
#include <stdlib.h>

/* Room for "fc1.bias". */
#define NAME_MOST 32

/* What makes a file of weights known to other commands: the recipes, and the generator's version.
 */
static detinit_status write_metadata(const detinit_network *network, detinit_tensorwriter *writer,
                                     detinit_error *error)
{
    char version[16];
    snprintf(version, sizeof version, "%d", DETINIT_GENERATOR_VERSION);
    detinit_status status =
        detinit_tensorwriter_metadata(writer, "detinit.version", version, error);
    if (status != DETINIT_OK)
        return status;
    char *manifest = detinit_network_manifest(network);
    if (manifest == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for the showcase");
    status = detinit_tensorwriter_metadata(writer, "detinit.manifest", manifest, error);
    free(manifest);
    return status;
}

detinit_status showcase_open_file(const char *path, const showcase_result *r,
                                  detinit_tensorwriter **out, detinit_error *error)
{
    detinit_status status = detinit_tensorwriter_open(path, out, error);
    if (status != DETINIT_OK)
        return status;
    status = write_metadata(&r->network, *out, error);
    if (status != DETINIT_OK)
        detinit_tensorwriter_abandon(*out);
    return status;
}

static detinit_status announce_layer(const showcase_result *r, size_t layer,
                                     detinit_tensorwriter *writer, detinit_error *error)
{
    char bias[NAME_MOST];
    const char *name = r->network.layers[layer].name;
    const uint64_t shape[] = {r->net.widths[layer + 1], r->net.widths[layer]};
    const char *type = detinit_dtype_safetensors(DETINIT_FLOAT32);
    snprintf(bias, sizeof bias, "%s.bias", name);
    detinit_status status =
        detinit_tensorwriter_announce(writer, name, type, 2, shape, NULL, error);
    if (status == DETINIT_OK)
        status = detinit_tensorwriter_announce(writer, bias, type, 1, shape, NULL, error);
    return status;
}

static detinit_status write_layer(const mlp *net, size_t layer, detinit_tensorwriter *writer,
                                  detinit_error *error)
{
    detinit_status status =
        detinit_tensorwriter_write(writer, net->weights + mlp_first_weight(net, layer),
                                   mlp_layer_count(net, layer) * sizeof *net->weights, error);
    if (status == DETINIT_OK)
        status = detinit_tensorwriter_write(writer, net->biases + mlp_first_bias(net, layer),
                                            net->widths[layer + 1] * sizeof *net->biases, error);
    return status;
}

detinit_status showcase_save(const showcase_result *r, detinit_tensorwriter *writer,
                             uint64_t *bytes, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    for (size_t k = 0; k < r->net.layers && status == DETINIT_OK; k++)
        status = announce_layer(r, k, writer, error);
    for (size_t k = 0; k < r->net.layers && status == DETINIT_OK; k++)
        status = write_layer(&r->net, k, writer, error);
    if (status == DETINIT_OK)
        return detinit_tensorwriter_commit(writer, bytes, error);
    detinit_tensorwriter_abandon(writer);
    return status;
}
