#include "trained/training_files.h"

#include "detinit_track.h"
#include "option/refuse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The threshold that is counted at: what is written is what the pane shows. */
static double threshold_of(const trained_network *t, const settings *s)
{
    double wanted = trained_wanted_threshold(t, s);
    return t->exact ? wanted : trained_edge(trained_edge_below(wanted));
}

detinit_status training_prune(const checkpoint *c, const trained_network *t, const settings *s,
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
        detinit_pruning_find(c->tracked, c->count, threshold_of(t, s),
                             s->tracking.to == DETINIT_PRUNE_MAGNITUDE, run, &pruning, error);
    if (status == DETINIT_OK)
        status = detinit_prune_save(c->file, c->tracked, c->count, s->tracking.to, &pruning,
                                    s->output.save, run, &bytes, error);
    if (status == DETINIT_OK)
        snprintf(said, 256, "saved %.140s (%llu bytes): %.1f %% of the weights %s", s->output.save,
                 (unsigned long long)bytes,
                 100 * (double)pruning.sleeping / (double)pruning.total_weights,
                 what[s->tracking.to]);
    return status;
}

detinit_status training_pack(const checkpoint *c, const trained_network *t, const settings *s,
                             const detinit_run *run, char said[256], detinit_error *error)
{
    detinit_packing packing;
    detinit_status status = detinit_pack_save(c->file, c->tracked, c->count, threshold_of(t, s),
                                              s->output.save, run, &packing, error);
    if (status == DETINIT_OK)
        snprintf(said, 256, "saved %.140s (%llu bytes): %.1f %% of the %llu bytes of all weights",
                 s->output.save, (unsigned long long)packing.bytes,
                 100 * (double)packing.bytes / (double)packing.dense_bytes,
                 (unsigned long long)packing.dense_bytes);
    return status;
}

/* ------------------------------------------------------- a file for a while */

static detinit_status save_network(const showcase_result *r, const char *path, detinit_error *error)
{
    detinit_tensorwriter *writer;
    detinit_status status = showcase_open_file(path, r, &writer, error);
    return status == DETINIT_OK ? showcase_save(r, writer, NULL, error) : status;
}

detinit_status training_file_of(const showcase_result *r, checkpoint *out, detinit_error *error)
{
    const char *parent = getenv("TMPDIR");
    char directory[400], path[440];
    settings s;
    if (parent == NULL || parent[0] != '/' || strlen(parent) > 300)
        parent = "/tmp";
    snprintf(directory, sizeof directory, "%s/detinit-XXXXXX", parent);
    if (mkdtemp(directory) == NULL) {
        refuse(error, "cannot make a directory in '%s': %s", parent, strerror(errno));
        return error->status = DETINIT_IO;
    }
    snprintf(path, sizeof path, "%s/trained.safetensors", directory);
    settings_init(&s);
    s.file = path;
    detinit_status status = save_network(r, path, error);
    if (status == DETINIT_OK)
        status = checkpoint_open(&s, out, error);
    unlink(path);
    rmdir(directory);
    return status;
}
