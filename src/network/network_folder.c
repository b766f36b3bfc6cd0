/* Networks into folders: a file for each tensor, and the manifest. */
#include "base/error.h"
#include "detinit_files.h"
#include "file/format.h"
#include "file/output.h"
#include "file/retry.h"
#include "file/savefolder.h"
#include "network/file_name.h"
#include "network/network.h"
#include "network/network_save.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANIFEST_NAME "manifest.json"

/* Of the files of tensors. */
#define LAYER_FORMAT DETINIT_NPY

/* What is saved, and the names of all its files in their order. */
typedef struct folder_plan {
    const detinit_network *network;
    size_t count;
    char **files;
} folder_plan;

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_plan(folder_plan *plan)
{
    for (size_t n = 0; n < plan->count; n++)
        free(plan->files[n]);
    free(plan->files);
}

/* "encoder%2Fkernel.npy". Returns file. */
static const char *file_of(const detinit_layer *layer, char file[NAME_MAX + 1])
{
    char stem[FILE_STEM_TEXT];
    snprintf(file, NAME_MAX + 1, "%s%s", file_stem_of_name(layer->name, stem),
             format_of_matrix(LAYER_FORMAT)->endings[0]);
    return file;
}

static detinit_status make_plan(const detinit_network *network, folder_plan *plan,
                                detinit_error *error)
{
    char file[NAME_MAX + 1];
    *plan = (folder_plan){.network = network, .files = calloc(network->count, sizeof *plan->files)};
    bool good = plan->files != NULL;
    while (good && plan->count < network->count) {
        plan->files[plan->count] = strdup(file_of(&network->layers[plan->count], file));
        good = plan->files[plan->count] != NULL;
        plan->count += good;
    }
    if (!good) {
        free_plan(plan);
        return error_set(error, DETINIT_NO_MEMORY, "no memory for the names of %zu files",
                         network->count);
    }
    qsort(plan->files, plan->count, sizeof *plan->files, by_bytes);
    return DETINIT_OK;
}

/* Whether a save of the network makes a file of this name. */
static bool makes_file(void *context, const char *entry)
{
    const folder_plan *plan = context;
    return strcmp(entry, MANIFEST_NAME) == 0 ||
           bsearch(&entry, plan->files, plan->count, sizeof *plan->files, by_bytes) != NULL;
}

/* "FOLDER/FILE", as messages name it. */
static void shown_file(const savefolder *folder, const char *file, char shown[PATH_MAX])
{
    snprintf(shown, PATH_MAX, "%.*s/%s", PATH_MAX - NAME_MAX - 2, folder->shown, file);
}

/*
 * Opens a new file of a folder that nobody else writes into, and that takes its place as a whole:
 * it needs no temporary name, nor a look at what other saves left, which would be one at all files
 * for each of them; and all are flushed at once, where one by one takes milliseconds each.
 */
static int open_new_file(const savefolder *folder, const char *file)
{
    return retry_open(folder->fd, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

/* Ends a file; the first that went wrong counts. */
static detinit_status close_new_file(int fd, detinit_status status, const char *shown,
                                     detinit_error *error)
{
    return retry_close(fd) != 0 && status == DETINIT_OK ? output_failed(shown, error) : status;
}

static detinit_status write_matrix_file(const savefolder *folder, const char *file,
                                        const detinit_matrix *matrix, const detinit_run *run,
                                        uint64_t *bytes, detinit_error *error)
{
    char shown[PATH_MAX];
    shown_file(folder, file, shown);
    const int fd = open_new_file(folder, file);
    if (fd < 0)
        return output_failed(shown, error);
    const detinit_status status =
        matrix_write_on(matrix, fd, shown, format_of_matrix(LAYER_FORMAT), run, NULL, bytes, error);
    return close_new_file(fd, status, shown, error);
}

static detinit_status write_layer_file(const savefolder *folder, const detinit_layer *layer,
                                       shared_progress *progress, uint64_t *bytes,
                                       detinit_error *error)
{
    char file[NAME_MAX + 1];
    detinit_matrix *matrix;
    detinit_run run;
    uint64_t size;
    detinit_status status = network_next(&layer->recipe, progress, &run, &matrix, error);
    if (status != DETINIT_OK)
        return status;
    status = write_matrix_file(folder, file_of(layer, file), matrix, &run, &size, error);
    detinit_matrix_free(matrix);
    if (status == DETINIT_OK)
        *bytes += size;
    return status;
}

static detinit_status write_manifest(const savefolder *folder, const detinit_network *network,
                                     uint64_t *bytes, detinit_error *error)
{
    char shown[PATH_MAX];
    char *text = detinit_network_manifest(network);
    if (text == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for a manifest");
    const size_t length = strlen(text);
    shown_file(folder, MANIFEST_NAME, shown);
    const int fd = open_new_file(folder, MANIFEST_NAME);
    detinit_status status = fd < 0 ? output_failed(shown, error) : DETINIT_OK;
    if (status == DETINIT_OK) {
        const output out = output_on(fd, shown, NULL, 0);
        status = close_new_file(fd, output_write(&out, text, length, error), shown, error);
    }
    if (status == DETINIT_OK)
        *bytes += length;
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
    if (status == DETINIT_OK)
        status = write_manifest(folder, network, bytes, error);
    if (status == DETINIT_OK && syncfs(folder->fd) != 0)
        status = output_failed(folder->shown, error);
    return status;
}

static detinit_status save_plan(folder_plan *plan, const char *path, const detinit_run *run,
                                uint64_t *bytes, detinit_error *error)
{
    savefolder folder;
    uint64_t written = 0;
    detinit_status status = savefolder_open(&folder, path, makes_file, plan, error);
    if (status != DETINIT_OK)
        return status;
    status = write_files(plan->network, &folder, run, &written, error);
    if (status != DETINIT_OK) {
        savefolder_abandon(&folder);
        return status;
    }
    status = savefolder_commit(&folder, error);
    if (status == DETINIT_OK && bytes != NULL)
        *bytes = written;
    return status;
}

detinit_status detinit_network_save_folder(const detinit_network *network, const char *path,
                                           const detinit_run *run, uint64_t *bytes,
                                           detinit_error *error)
{
    folder_plan plan;
    detinit_status status = network_check(network, error);
    if (status == DETINIT_OK)
        status = make_plan(network, &plan, error);
    if (status != DETINIT_OK)
        return status;
    status = save_plan(&plan, path, run, bytes, error);
    free_plan(&plan);
    return status;
}
