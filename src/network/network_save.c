/* Networks into .safetensors files, block after block, in constant memory. */
#include "network/network_save.h"

#include "detinit_files.h"
#include "detinit_network.h"
#include "base/error.h"
#include "network/network.h"
#include "matrix/matrix.h"
#include "file/savefile.h"
#include "file/savefolder.h"
#include "describe/survey.h"
#include "file/tensorwriter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------- one tensor */

typedef struct tensor_stream {
    detinit_tensorwriter *writer;
    struct survey *survey; /* NULL where none is wanted */
    size_t item_size;
} tensor_stream;

static void map_block(void *context, const detinit_block *block, void *partial)
{
    const tensor_stream *s = context;
    if (s->survey != NULL)
        survey_map(s->survey, block, partial);
}

static detinit_status take_block(void *context, const detinit_block *block, const void *partial,
                                 detinit_error *error)
{
    tensor_stream *s = context;
    if (s->survey != NULL)
        survey_take(s->survey, block, partial);
    return detinit_tensorwriter_write(s->writer, block->stored,
                                      block->rows * block->cols * s->item_size, error);
}

static detinit_status stream_tensor(const detinit_matrix *matrix, tensor_stream *s,
                                    const detinit_run *run, detinit_error *error)
{
    const detinit_sink sink = {.partial_size =
                                   s->survey != NULL ? survey_partial_size(s->survey) : 0,
                               .map = map_block,
                               .take = take_block,
                               .context = s};
    s->item_size = detinit_dtype_size(detinit_matrix_recipe(matrix)->dtype);
    return detinit_matrix_stream(matrix, run, &sink, error);
}

/* ---------------------------------------------------------- before the data */

/* The sentence that a network gets which no manifest can tell. */
static detinit_status check_network(const detinit_network *network, detinit_error *error)
{
    const detinit_layer *repeated;
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
    if (!network_repeated(network, &repeated))
        return error_set(error, DETINIT_NO_MEMORY, "no memory for a network");
    if (repeated != NULL)
        return error_set(error, DETINIT_INVALID, "two tensors are called '%.60s'", repeated->name);
    return DETINIT_OK;
}

/*
 * Tensors of wide types come first, so that each lies at a multiple of its items, as mapping it
 * asks for.  No type is wider than what weights are made in.
 */
#define WIDEST_ITEM sizeof(double)

static detinit_status announce(detinit_tensorwriter *writer, const detinit_network *network,
                               detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    for (size_t size = WIDEST_ITEM; size > 0; size /= 2) {
        for (size_t n = 0; n < network->count && status == DETINIT_OK; n++) {
            const detinit_layer *layer = &network->layers[n];
            const detinit_dtype dtype = layer->recipe.dtype;
            if (detinit_dtype_size(dtype) == size)
                status = detinit_tensorwriter_announce(
                    writer, layer->name, detinit_dtype_safetensors(dtype), layer->recipe.rank,
                    layer->recipe.shape, NULL, error);
        }
    }
    return status;
}

static detinit_status describe(detinit_tensorwriter *writer, const detinit_network *network,
                               detinit_error *error)
{
    char version[16];
    detinit_status status = announce(writer, network, error);
    if (status != DETINIT_OK)
        return status;
    char *manifest = detinit_network_manifest(network);
    if (manifest == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for a manifest");
    snprintf(version, sizeof version, "%d", DETINIT_GENERATOR_VERSION);
    status = detinit_tensorwriter_metadata(writer, "detinit.manifest", manifest, error);
    free(manifest);
    if (status == DETINIT_OK)
        status = detinit_tensorwriter_metadata(writer, "detinit.version", version, error);
    return status;
}

static detinit_status open_and_describe(const char *path, const detinit_network *network,
                                        const detinit_run *run, detinit_tensorwriter **writer,
                                        detinit_error *error)
{
    detinit_status status = check_network(network, error);
    if (status == DETINIT_OK)
        status = tensorwriter_open(path, run, writer, error);
    if (status != DETINIT_OK)
        return status;
    status = describe(*writer, network, error);
    if (status != DETINIT_OK)
        detinit_tensorwriter_abandon(*writer);
    return status;
}

/* ------------------------------------------------------------- all tensors */

/* The weights of a tensor; an orthogonal one is worth them twice: it is factored, then written. */
static uint64_t worth(const detinit_recipe *recipe)
{
    uint64_t count = 0;
    detinit_recipe_count(recipe, &count);
    return recipe->orthogonal ? 2 * count : count;
}

static shared_progress progress_of(const detinit_network *network, const detinit_run *run)
{
    shared_progress progress = {.run = run};
    for (size_t n = 0; n < network->count; n++)
        progress.total += worth(&network->layers[n].recipe);
    return progress;
}

static detinit_status write_layer(const detinit_recipe *recipe, detinit_tensorwriter *writer,
                                  shared_progress *progress, detinit_error *error)
{
    tensor_stream s = {.writer = writer};
    detinit_matrix *matrix;
    detinit_run run;
    detinit_status status =
        matrix_new_in_share(recipe, progress, worth(recipe), &matrix, &run, error);
    if (status != DETINIT_OK)
        return status;
    status = stream_tensor(matrix, &s, &run, error);
    detinit_matrix_free(matrix);
    return status;
}

static detinit_status write_layers(const detinit_network *network, detinit_tensorwriter *writer,
                                   const detinit_run *run, detinit_error *error)
{
    shared_progress progress = progress_of(network, run);
    detinit_status status = DETINIT_OK;
    for (size_t size = WIDEST_ITEM; size > 0; size /= 2)
        for (size_t n = 0; n < network->count && status == DETINIT_OK; n++)
            if (detinit_dtype_size(network->layers[n].recipe.dtype) == size)
                status = write_layer(&network->layers[n].recipe, writer, &progress, error);
    return status;
}

detinit_status detinit_network_save(const detinit_network *network, const char *path,
                                    const detinit_run *run, uint64_t *bytes, detinit_error *error)
{
    detinit_tensorwriter *writer;
    detinit_status status = open_and_describe(path, network, run, &writer, error);
    if (status != DETINIT_OK)
        return status;
    status = write_layers(network, writer, run, error);
    if (status == DETINIT_OK)
        return detinit_tensorwriter_commit(writer, bytes, error);
    detinit_tensorwriter_abandon(writer);
    return status;
}

/* ---------------------------------------------------------------- a folder */

#define MANIFEST_NAME "manifest.json"

/* "DIR/fc1.npy", or false where that is too long. */
static bool layer_path(const savefolder *folder, const char *name, char path[PATH_MAX],
                       detinit_error *error)
{
    if (snprintf(path, PATH_MAX, "%s/%s.npy", folder->temporary, name) < PATH_MAX)
        return true;
    error_set(error, DETINIT_IO, "cannot write '%.200s': File name too long", folder->shown);
    return false;
}

/* Whether a save of the network makes a file of this name. */
static bool makes_file(void *context, const char *entry)
{
    const detinit_network *network = context;
    const size_t length = strlen(entry);
    char name[NETWORK_NAME_MOST + 1];
    if (strcmp(entry, MANIFEST_NAME) == 0)
        return true;
    if (length < 5 || length - 4 > NETWORK_NAME_MOST || strcmp(entry + length - 4, ".npy") != 0)
        return false;
    memcpy(name, entry, length - 4);
    name[length - 4] = '\0';
    return detinit_network_find(network, name) != NULL;
}

static detinit_status write_layer_file(const savefolder *folder, const detinit_layer *layer,
                                       shared_progress *progress, uint64_t *bytes,
                                       detinit_error *error)
{
    char path[PATH_MAX];
    detinit_matrix *matrix;
    detinit_run run;
    uint64_t size;
    if (!layer_path(folder, layer->name, path, error))
        return DETINIT_IO;
    detinit_status status =
        matrix_new_in_share(&layer->recipe, progress, worth(&layer->recipe), &matrix, &run, error);
    if (status != DETINIT_OK)
        return status;
    status = detinit_matrix_save(matrix, path, DETINIT_NPY, &run, NULL, &size, error);
    detinit_matrix_free(matrix);
    if (status == DETINIT_OK)
        *bytes += size;
    return status;
}

static detinit_status write_manifest(const savefolder *folder, const detinit_network *network,
                                     uint64_t *bytes, detinit_error *error)
{
    char path[PATH_MAX];
    savefile file;
    char *text = detinit_network_manifest(network);
    if (text == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for a manifest");
    const size_t length = strlen(text);
    snprintf(path, sizeof path, "%.*s/" MANIFEST_NAME, PATH_MAX - 20, folder->temporary);
    detinit_status status = savefile_open(&file, path, NULL, 0, error);
    if (status == DETINIT_OK) {
        const output out = output_on(file.fd, file.shown, NULL, 0);
        status = output_write(&out, text, length, error);
        if (status == DETINIT_OK)
            status = savefile_commit(&file, error);
        else
            savefile_abandon(&file);
    }
    free(text);
    *bytes += length;
    return status;
}

static detinit_status write_files(const detinit_network *network, const savefolder *folder,
                                  const detinit_run *run, uint64_t *bytes, detinit_error *error)
{
    shared_progress progress = progress_of(network, run);
    detinit_status status = DETINIT_OK;
    for (size_t n = 0; n < network->count && status == DETINIT_OK; n++)
        status = write_layer_file(folder, &network->layers[n], &progress, bytes, error);
    return status == DETINIT_OK ? write_manifest(folder, network, bytes, error) : status;
}

/* An error about a file in the temporary folder speaks of the one that it would have become. */
static void name_target(const savefolder *folder, detinit_error *error)
{
    const size_t length = strlen(folder->temporary);
    char *at = error != NULL ? strstr(error->message, folder->temporary) : NULL;
    if (at == NULL)
        return;
    char message[sizeof error->message];
    const int before = (int)(at - error->message);
    snprintf(message, sizeof message, "%.*s%.200s%s", before, error->message, folder->shown,
             at + length);
    memcpy(error->message, message, sizeof message);
}

detinit_status detinit_network_save_folder(const detinit_network *network, const char *path,
                                           const detinit_run *run, uint64_t *bytes,
                                           detinit_error *error)
{
    savefolder folder;
    uint64_t written = 0;
    detinit_status status = check_network(network, error);
    if (status == DETINIT_OK)
        status = savefolder_open(&folder, path, makes_file, (void *)(uintptr_t)network, error);
    if (status != DETINIT_OK)
        return status;
    status = write_files(network, &folder, run, &written, error);
    if (status != DETINIT_OK) {
        name_target(&folder, error);
        savefolder_abandon(&folder);
        return status;
    }
    status = savefolder_commit(&folder, error);
    if (status == DETINIT_OK && bytes != NULL)
        *bytes = written;
    return status;
}

/* -------------------------------------------------------- a matrix by itself */

static detinit_status write_and_survey(const detinit_matrix *matrix, tensor_stream *s,
                                       const detinit_run *run, detinit_survey *survey,
                                       detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    if (survey != NULL)
        status = survey_new(matrix, run, &s->survey, error);
    if (status == DETINIT_OK)
        status = stream_tensor(matrix, s, run, error);
    if (status == DETINIT_OK && survey != NULL)
        status = survey_finish(s->survey, run, survey, error);
    survey_free(s->survey);
    return status;
}

detinit_status network_save_matrix(const detinit_matrix *matrix, const char *path,
                                   const detinit_run *run, detinit_survey *survey, uint64_t *bytes,
                                   detinit_error *error)
{
    char name[] = MATRIX_TENSOR;
    detinit_layer layer = {name, *detinit_matrix_recipe(matrix)};
    const detinit_network network = {1, &layer};
    tensor_stream s = {0};
    detinit_status status = open_and_describe(path, &network, run, &s.writer, error);
    if (status != DETINIT_OK)
        return status;
    status = write_and_survey(matrix, &s, run, survey, error);
    if (status != DETINIT_OK) {
        detinit_tensorwriter_abandon(s.writer);
        return status;
    }
    status = detinit_tensorwriter_commit(s.writer, bytes, error);
    if (status != DETINIT_OK && survey != NULL)
        detinit_survey_free(survey);
    return status;
}
