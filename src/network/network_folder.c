/* Networks into folders: a file for each tensor, and the manifest. */
#include "base/error.h"
#include "detinit_files.h"
#include "file/format.h"
#include "file/savefolder.h"
#include "file/savetext.h"
#include "network/network.h"
#include "network/network_save.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANIFEST_NAME "manifest.json"

/* Of the files of tensors. */
#define LAYER_FORMAT DETINIT_NPY

/* "DIR/fc1.npy", or false where that is too long. */
static bool layer_path(const savefolder *folder, const char *name, char path[PATH_MAX],
                       detinit_error *error)
{
    const file_format *format = format_of_matrix(LAYER_FORMAT);
    if (snprintf(path, PATH_MAX, "%s/%s%s", folder->temporary, name, format->endings[0]) < PATH_MAX)
        return true;
    error_set(error, DETINIT_IO, "cannot write '%.200s': File name too long", folder->shown);
    return false;
}

/* Whether a save of the network makes a file of this name. */
static bool makes_file(void *context, const char *entry)
{
    const detinit_network *network = context;
    const size_t stem = format_stem(format_of_matrix(LAYER_FORMAT), entry);
    char name[NETWORK_NAME_MOST + 1];
    if (strcmp(entry, MANIFEST_NAME) == 0)
        return true;
    if (stem == 0 || stem > NETWORK_NAME_MOST)
        return false;
    memcpy(name, entry, stem);
    name[stem] = '\0';
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
    detinit_status status = network_next(&layer->recipe, progress, &run, &matrix, error);
    if (status != DETINIT_OK)
        return status;
    status = detinit_matrix_save(matrix, path, LAYER_FORMAT, &run, NULL, &size, error);
    detinit_matrix_free(matrix);
    if (status == DETINIT_OK)
        *bytes += size;
    return status;
}

static detinit_status write_manifest(const savefolder *folder, const detinit_network *network,
                                     uint64_t *bytes, detinit_error *error)
{
    char path[PATH_MAX];
    char *text = detinit_network_manifest(network);
    if (text == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for a manifest");
    snprintf(path, sizeof path, "%.*s/" MANIFEST_NAME, PATH_MAX - 20, folder->temporary);
    detinit_status status = savetext(path, text, bytes, error);
    free(text);
    return status;
}

static detinit_status write_files(const detinit_network *network, const savefolder *folder,
                                  const detinit_run *run, uint64_t *bytes, detinit_error *error)
{
    shared_progress progress = network_parts(network, run);
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
    detinit_status status = network_check(network, error);
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
