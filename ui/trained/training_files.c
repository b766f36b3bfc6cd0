#include "trained/training_files.h"
#include "base/error.h"

#include "detinit_pack.h"
#include "option/refuse.h"
#include "system/user_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The threshold that is counted at: what is written is what the pane shows. */
static double counted_at(const trained_network *t, threshold_choice threshold)
{
    double wanted = trained_wanted_threshold(t, threshold);
    return t->exact ? wanted : trained_edge(trained_edge_below(wanted));
}

detinit_status training_file_prune(const checkpoint *c, const trained_network *t, detinit_prune way,
                                   threshold_choice threshold, const char *path,
                                   const detinit_run *run, char said[256], detinit_error *error)
{
    static const char *const what[DETINIT_PRUNE_COUNT] = {
        [DETINIT_PRUNE_INIT] = "went back to their initial value",
        [DETINIT_PRUNE_ZERO] = "became 0: those that sleep",
        [DETINIT_PRUNE_MAGNITUDE] = "became 0: the smallest",
    };
    detinit_pruning pruning;
    uint64_t bytes;
    detinit_status status =
        detinit_pruning_find(c->tracked, c->count, counted_at(t, threshold),
                             way == DETINIT_PRUNE_MAGNITUDE, run, &pruning, error);
    if (status == DETINIT_OK)
        status = detinit_prune_save(c->file, c->tracked, c->count, way, &pruning, path, run, &bytes,
                                    error);
    if (status == DETINIT_OK)
        snprintf(said, 256, "saved %.140s (%llu bytes): %.1f %% of the weights %s", path,
                 (unsigned long long)bytes,
                 100 * (double)pruning.sleeping / (double)pruning.total_weights, what[way]);
    return status;
}

detinit_status training_file_pack(const checkpoint *c, const trained_network *t,
                                  threshold_choice threshold, const char *path,
                                  const detinit_run *run, char said[256], detinit_error *error)
{
    const detinit_pack_options options = detinit_pack_default(counted_at(t, threshold));
    detinit_packing packing;
    detinit_status status =
        detinit_pack_save(c->file, c->tracked, c->count, &options, path, run, &packing, error);
    if (status == DETINIT_OK)
        snprintf(said, 256, "saved %.140s (%llu bytes): %.1f %% of the %llu bytes of all weights",
                 path, (unsigned long long)packing.bytes,
                 100 * (double)packing.bytes / (double)packing.dense_bytes,
                 (unsigned long long)packing.dense_bytes);
    return status;
}

/* ------------------------------------------------------- a file for a while */

static detinit_status save_network(const showcase_result *r, const char *path,
                                   const detinit_run *run, detinit_error *error)
{
    detinit_tensorwriter *writer;
    detinit_status status = showcase_open_file(path, r, run, &writer, error);
    return status == DETINIT_OK ? showcase_save(r, writer, NULL, error) : status;
}

detinit_status training_file_of(const showcase_result *r, const detinit_run *run, checkpoint *out,
                                detinit_error *error)
{
    const char *parent = temporary_folder();
    char directory[400], path[440];
    snprintf(directory, sizeof directory, "%s/detinit-XXXXXX", parent);
    if (mkdtemp(directory) == NULL) {
        return error_set(error, DETINIT_IO, "cannot make a directory in '%s': %s", parent,
                         strerror(errno));
    }
    snprintf(path, sizeof path, "%s/trained.safetensors", directory);
    const checkpoint_source from = {.file = path, .recipe = &r->network.layers[0].recipe};
    detinit_status status = save_network(r, path, run, error);
    if (status == DETINIT_OK)
        status = checkpoint_open(&from, out, error);
    unlink(path);
    rmdir(directory);
    return status;
}
