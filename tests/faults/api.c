/*
 * The public functions, called as a program would that knows them from their headers alone, for
 * runs in which calls fail: api SUBJECT [FILE ...] prints a digest of what it got, or one line and
 * status 1.
 */
#include "detinit_audit.h"
#include "detinit_describe.h"
#include "detinit_diff.h"
#include "detinit_files.h"
#include "detinit_network.h"
#include "detinit_pack.h"
#include "detinit_track.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRY(call)                                                                                  \
    do {                                                                                           \
        if (status == DETINIT_OK)                                                                  \
            status = (call);                                                                       \
    } while (0)

/* Of all that the calls gave. */
static uint64_t digest = 1;

static detinit_status take(const void *data, size_t bytes)
{
    for (size_t n = 0; n < bytes; n++)
        digest = detinit_hash64(digest ^ ((const unsigned char *)data)[n]);
    return DETINIT_OK;
}

static detinit_status take_rows(void *context, const detinit_block *block, const void *partial,
                                detinit_error *error)
{
    (void)context, (void)partial, (void)error;
    return take(block->stored, block->rows * block->cols * sizeof(double));
}

static detinit_status take_deltas(void *context, uint64_t first, size_t count, const double *deltas,
                                  detinit_error *error)
{
    (void)context, (void)first, (void)error;
    return take(deltas, count * sizeof *deltas);
}

static detinit_status use_matrix(char **files, detinit_error *error)
{
    detinit_recipe recipe = detinit_recipe_matrix(7, 0, 6, 4);
    const detinit_run run = {.threads = 2};
    const detinit_sink sink = {.take = take_rows};
    detinit_survey survey = {0};
    detinit_reproducibility proof;
    double weights[24], values[4], gram[16];
    detinit_matrix *matrix = NULL;
    (void)files;
    recipe.orthogonal = true;
    detinit_status status = detinit_matrix_new(&recipe, &run, &matrix, error);
    TRY(detinit_matrix_fill(matrix, &run, weights, error));
    TRY(take(weights, sizeof weights));
    TRY(detinit_matrix_range(matrix, 3, 9, &run, weights, error));
    TRY(take(weights, 9 * sizeof *weights));
    TRY(detinit_matrix_stream(matrix, &run, &sink, error));
    TRY(detinit_matrix_survey(matrix, true, &run, &survey, error));
    TRY(detinit_matrix_singular_values(matrix, &run, values, error));
    TRY(take(values, sizeof values));
    TRY(detinit_matrix_gram(matrix, &run, gram, error));
    TRY(detinit_matrix_reproduce(matrix, NULL, &run, &proof, error));
    detinit_survey_free(&survey);
    detinit_matrix_free(matrix);
    return status;
}

/* All tensors of files of any format. */
static detinit_status use_files(char **files, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    for (; *files != NULL && status == DETINIT_OK; files++) {
        detinit_tensorfile *file = NULL;
        status = detinit_tensorfile_open_unpacked(*files, &file, error);
        for (size_t n = 0; status == DETINIT_OK && n < detinit_tensorfile_count(file); n++) {
            const detinit_tensor *tensor = detinit_tensorfile_tensor(file, n);
            const size_t count = tensor->count < 300 ? (size_t)tensor->count : 300;
            unsigned char *items = malloc(count * (size_t)tensor->item_bytes + 1);
            if (items == NULL) {
                snprintf(error->message, sizeof error->message, "no memory for its items");
                status = DETINIT_NO_MEMORY;
            }
            TRY(detinit_tensor_read(file, tensor, 0, count, items, error));
            TRY(take(items, count * (size_t)tensor->item_bytes));
            free(items);
        }
        detinit_tensorfile_close(file);
    }
    return status;
}

/* A manifest, and the network of it in a file, a folder and shards. */
static detinit_status use_network(char **files, detinit_error *error)
{
    static const char json[] = "{\"seed\": 3, \"dtype\": \"float32\", \"tensors\": ["
                               "{\"repeat\": 2, \"as\": \"i\", \"tensors\": [{\"name\": "
                               "\"b{i}.w\", \"shape\": [4, \"2 + i\"]}]},"
                               "{\"name\": \"qkv\", \"shape\": [4, 3], \"parts\": [{\"rows\": 2}, "
                               "{\"rows\": 2, \"mode\": \"lecun\"}]},"
                               "{\"name\": \"o\", \"shape\": [3, 3], \"orthogonal\": true}]}";
    detinit_network network = {0};
    detinit_shards_saved saved;
    uint64_t bytes;
    (void)files;
    detinit_status status = detinit_network_parse(json, sizeof json - 1, "it", &network, error);
    TRY(detinit_network_save(&network, "net.safetensors", NULL, &bytes, error));
    TRY(detinit_network_save_folder(&network, "folder", NULL, &bytes, error));
    TRY(detinit_network_save_shards(&network, "shards", 100, 1, 1, NULL, &saved, error));
    detinit_network_free(&network);
    return status;
}

/* All that is done with the tensors of a pairing. */
static detinit_status track(const detinit_tensorfile *file, const detinit_pairing *p,
                            detinit_error *error)
{
    const detinit_run run = {.threads = 2};
    detinit_change change;
    detinit_verification verified = {0};
    detinit_pruning pruning = {0};
    detinit_effect effect = {0};
    detinit_packing packing;
    void *packed = NULL;
    size_t size = 0;
    double threshold = 0;
    uint64_t changed[8], bytes; /* of each tensor; of all */
    const detinit_pack_options options = detinit_pack_default(1e-3);
    detinit_status status = DETINIT_OK;
    TRY(detinit_tracked_change(p->tracked, 1e-6, DETINIT_DECAY_EXACT, &run, &change, error));
    TRY(detinit_tracked_deltas(p->tracked, take_deltas, NULL, &run, error));
    TRY(detinit_tracked_verify(p->tracked, &run, &verified, error));
    TRY(detinit_threshold_of_sparsity(p->tracked, p->count, 0.5, &run, &threshold, error));
    TRY(detinit_threshold_auto(p->tracked, p->count, &run, &threshold, error));
    TRY(take(&threshold, sizeof threshold));
    TRY(detinit_mask_save(p->tracked, p->count, 1e-6, "mask.safetensors", &run, changed, &bytes,
                          error));
    TRY(detinit_pruning_find(p->tracked, p->count, 1e-6, true, &run, &pruning, error));
    TRY(detinit_prune_effects(p->tracked, 1, &pruning, &run, &effect, error));
    TRY(detinit_prune_save(file, p->tracked, p->count, DETINIT_PRUNE_MAGNITUDE, &pruning,
                           "pruned.safetensors", &run, &bytes, error));
    TRY(detinit_pack_memory(file, p->tracked, p->count, &options, &run, &packed, &size, &packing,
                            error));
    TRY(take(packed, size));
    free(packed);
    return status;
}

static detinit_status use_tracking(char **files, detinit_error *error)
{
    detinit_tensorfile *file = NULL;
    detinit_network network = {0};
    detinit_pairing pairing = {0};
    detinit_audit *audit = NULL;
    detinit_status status = detinit_tensorfile_open(files[0], &file, error);
    const char *manifest =
        status == DETINIT_OK ? detinit_tensorfile_metadata(file, "detinit.manifest") : "";
    TRY(detinit_network_parse(manifest, strlen(manifest), files[0], &network, error));
    TRY(detinit_pairing_find(file, &network, NULL, false, &pairing, error));
    TRY(track(file, &pairing, error));
    TRY(detinit_audit_new(file, true, NULL, &audit, error));
    detinit_audit_free(audit);
    detinit_pairing_free(&pairing);
    detinit_network_free(&network);
    detinit_tensorfile_close(file);
    return status;
}

static detinit_status use_description(char **files, detinit_error *error)
{
    const detinit_recipe recipe = detinit_recipe_matrix(7, 0, 16, 16);
    const detinit_run run = {.threads = 2};
    detinit_propagation request = detinit_propagation_of(&recipe);
    const double sigmas[] = {1, 2};
    double stds[DETINIT_SIGNAL_DEPTH], chi[4], depth[4], values[16];
    detinit_signal_layer layers[8];
    detinit_predicted_layer predicted[8];
    (void)files;
    request.width = 16;
    request.depth = 8;
    request.batch = 4;
    detinit_status status = detinit_signal(&recipe, 16, DETINIT_TANH, &run, stds, error);
    TRY(detinit_propagate(&request, &run, layers, error));
    TRY(detinit_predict(&request, predicted, error));
    TRY(detinit_phase_map(DETINIT_TANH, sigmas, 2, sigmas, 2, chi, depth, &run, error));
    TRY(detinit_product_singular_values(&recipe, 16, 2, &run, values, error));
    TRY(take(stds, sizeof stds));
    TRY(take(layers, sizeof layers));
    TRY(take(values, sizeof values));
    return status;
}

static const struct subject {
    const char *name;
    detinit_status (*use)(char **files, detinit_error *error);
} subjects[] = {{"matrix", use_matrix},
                {"files", use_files},
                {"network", use_network},
                {"tracking", use_tracking},
                {"description", use_description}};

int main(int argc, char **argv)
{
    for (size_t n = 0; argc > 1 && n < sizeof subjects / sizeof *subjects; n++) {
        detinit_error error = {.message = ""};
        if (strcmp(subjects[n].name, argv[1]) != 0)
            continue;
        const detinit_status status = subjects[n].use(argv + 2, &error);
        if (status == DETINIT_OK)
            printf("%016" PRIx64 "\n", digest);
        else
            fprintf(stderr, "api: %s\n", error.message);
        /* Nothing that was asked for made no sense. */
        return status == DETINIT_OK ? 0 : status == DETINIT_INVALID ? 2 : 1;
    }
    return 2;
}
