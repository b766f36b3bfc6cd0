/* The showcase's files: the trained network, and what packing makes of it. */
#include "trained/showcase.h"

#include "detinit_pack.h"
#include "base/byteorder.h"
#include "base/error.h"
#include "train/prune.h"
#include "option/refuse.h"
#include "system/user_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Room for "fc1.bias". */
#define NAME_MOST 32

/* Room for the path of a directory. */
#define PATH_ROOM 4096

/* --------------------------------------------------- the trained network */

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
                                  const detinit_run *run, detinit_tensorwriter **out,
                                  detinit_error *error)
{
    detinit_status status = detinit_tensorwriter_open_run(path, run, out, error);
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

static detinit_status write_numbers(const float *numbers, size_t count,
                                    detinit_tensorwriter *writer, detinit_error *error)
{
    float stored[1024];
    detinit_status status = DETINIT_OK;
    for (size_t n = 0, part; n < count && status == DETINIT_OK; n += part) {
        part = count - n < 1024 ? count - n : 1024;
        memcpy(stored, numbers + n, part * sizeof *stored);
        turn_little_endian(stored, sizeof *stored, part);
        status = detinit_tensorwriter_write(writer, stored, part * sizeof *stored, error);
    }
    return status;
}

static detinit_status write_layer(const mlp *net, size_t layer, detinit_tensorwriter *writer,
                                  detinit_error *error)
{
    detinit_status status = write_numbers(net->weights + mlp_first_weight(net, layer),
                                          mlp_layer_count(net, layer), writer, error);
    if (status == DETINIT_OK)
        status = write_numbers(net->biases + mlp_first_bias(net, layer), net->widths[layer + 1],
                               writer, error);
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

/* ----------------------------------------------------------------- packing */

/* A directory of our own for files that nobody keeps. */
typedef struct workshop {
    char directory[PATH_ROOM], trained[PATH_ROOM + 32], packed[PATH_ROOM + 32],
        unpacked[PATH_ROOM + 32];
} workshop;

static detinit_status workshop_open(workshop *w, detinit_error *error)
{
    const char *parent = temporary_folder();
    int length = snprintf(w->directory, sizeof w->directory, "%s/detinit-XXXXXX", parent);
    errno = ENAMETOOLONG;
    if (length >= (int)sizeof w->directory || mkdtemp(w->directory) == NULL)
        return error_set(error, DETINIT_IO,
                         "cannot make a directory in '%.200s' to pack the network in: %s", parent,
                         strerror(errno));
    snprintf(w->trained, sizeof w->trained, "%s/trained.safetensors", w->directory);
    snprintf(w->packed, sizeof w->packed, "%s/packed.safetensors", w->directory);
    snprintf(w->unpacked, sizeof w->unpacked, "%s/unpacked.safetensors", w->directory);
    return DETINIT_OK;
}

static void workshop_close(const workshop *w)
{
    unlink(w->trained);
    unlink(w->packed);
    unlink(w->unpacked);
    rmdir(w->directory);
}

static detinit_status save_trained(const showcase_result *r, const char *path,
                                   const detinit_run *run, detinit_error *error)
{
    uint64_t bytes;
    detinit_tensorwriter *writer;
    detinit_status status = showcase_open_file(path, r, run, &writer, error);
    return status == DETINIT_OK ? showcase_save(r, writer, &bytes, error) : status;
}

/* Packs an open file of the trained network at the threshold that was asked for. */
static detinit_status pack_file(const detinit_tensorfile *file, showcase_result *r,
                                const char *path, const detinit_run *run, detinit_error *error)
{
    detinit_tracked tracked[MLP_MAX_LAYERS];
    detinit_status status = DETINIT_OK;
    for (size_t k = 0; k < r->network.count && status == DETINIT_OK; k++) {
        const detinit_layer *layer = &r->network.layers[k];
        const detinit_tensor *tensor = detinit_tensorfile_find(file, layer->name);
        if (tensor == NULL)
            return error_set(error, DETINIT_IO, "'%.200s' lost its tensor '%s'",
                             detinit_tensorfile_path(file), layer->name);
        status = detinit_track(file, tensor, &layer->recipe, &tracked[k], error);
    }
    const detinit_pack_options options = detinit_pack_default(showcase_asked(r)->threshold);
    if (status == DETINIT_OK)
        status = detinit_pack_save(file, tracked, r->network.count, &options, path, run,
                                   &r->packing, error);
    return status;
}

static detinit_status pack_path(const char *path, showcase_result *r, const workshop *w,
                                const detinit_run *run, detinit_error *error)
{
    detinit_tensorfile *file;
    detinit_status status = detinit_tensorfile_open(path, &file, error);
    if (status != DETINIT_OK)
        return status;
    status = pack_file(file, r, w->packed, run, error);
    detinit_tensorfile_close(file);
    return status;
}

static detinit_status unpack(const workshop *w, const detinit_run *run, detinit_error *error)
{
    detinit_tensorfile *file;
    detinit_packed *packed;
    detinit_status status = detinit_tensorfile_open(w->packed, &file, error);
    if (status != DETINIT_OK)
        return status;
    status = detinit_packed_open(file, &packed, error);
    if (status == DETINIT_OK) {
        status = detinit_unpack_save(packed, w->unpacked, run, NULL, error);
        detinit_packed_free(packed);
    }
    detinit_tensorfile_close(file);
    return status;
}

/* Whether a tensor of a file holds these numbers, every bit of them. */
static detinit_status same_bits(const detinit_tensorfile *file, const char *name,
                                const float *expected, size_t count, bool *same,
                                detinit_error *error)
{
    const detinit_tensor *tensor = detinit_tensorfile_find(file, name);
    if (tensor == NULL || tensor->count != count || tensor->dtype != DETINIT_FLOAT32) {
        *same = false;
        return DETINIT_OK;
    }
    float *held = malloc(count * sizeof *held);
    if (held == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for the showcase");
    detinit_status status = detinit_tensor_read(file, tensor, 0, count, held, error);
    turn_little_endian(held, sizeof *held, status == DETINIT_OK ? count : 0);
    *same = *same && status == DETINIT_OK && memcmp(held, expected, count * sizeof *held) == 0;
    free(held);
    return status;
}

/* Compares all tensors of the unpacked file with a network. */
static detinit_status compare_file(const detinit_tensorfile *file, const showcase_result *r,
                                   const float *weights, bool *same, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    *same = true;
    for (size_t k = 0; k < r->network.count && status == DETINIT_OK; k++) {
        char bias[NAME_MOST];
        const char *name = r->network.layers[k].name;
        snprintf(bias, sizeof bias, "%s.bias", name);
        status = same_bits(file, name, weights + mlp_first_weight(&r->net, k),
                           mlp_layer_count(&r->net, k), same, error);
        if (status == DETINIT_OK)
            status = same_bits(file, bias, r->net.biases + mlp_first_bias(&r->net, k),
                               r->net.widths[k + 1], same, error);
    }
    return status;
}

/* Compares the unpacked file with the network whose sleeping weights are set back. */
static detinit_status compare_unpacked(const workshop *w, showcase_result *r, detinit_error *error)
{
    detinit_tensorfile *file;
    size_t count = r->net.weight_count;
    detinit_status status = detinit_tensorfile_open(w->unpacked, &file, error);
    if (status != DETINIT_OK)
        return status;
    float *weights = malloc(count * sizeof *weights);
    status = weights == NULL
                 ? error_set(error, DETINIT_NO_MEMORY, "not enough memory for the showcase")
                 : prune_weights(DETINIT_PRUNE_INIT, r->net.weights, r->initial, count,
                                 showcase_asked(r)->sleeping, weights, error);
    if (status == DETINIT_OK)
        status = compare_file(file, r, weights, &r->unpacks, error);
    free(weights);
    detinit_tensorfile_close(file);
    return status;
}

detinit_status showcase_pack(showcase_result *r, const char *trained, const detinit_run *run,
                             detinit_error *error)
{
    workshop w;
    detinit_status status = workshop_open(&w, error);
    if (status != DETINIT_OK)
        return status;
    if (trained == NULL)
        status = save_trained(r, w.trained, run, error);
    if (status == DETINIT_OK)
        status = pack_path(trained != NULL ? trained : w.trained, r, &w, run, error);
    if (status == DETINIT_OK)
        status = unpack(&w, run, error);
    if (status == DETINIT_OK)
        status = compare_unpacked(&w, r, error);
    workshop_close(&w);
    return refuse_file(status, error); /* the files are our own */
}
