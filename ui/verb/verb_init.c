/* The command init: all tensors of a network, as a table and into files. */
#include "trained/manifest.h"
#include "base/error.h"
#include "detinit_network.h"
#include "file/format.h"
#include "verb/network_table.h"
#include "verb/report.h"
#include "option/option.h"
#include "system/progress.h"
#include "option/refuse.h"
#include "system/target.h"
#include "verb/verb.h"
#include "verb/weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---------------------------------------------------------------- requests */

/* Whether a save makes a folder: the path ends in a slash, or is one. */
static bool is_folder(const char *path)
{
    struct stat about;
    return path[strlen(path) - 1] == '/' || (stat(path, &about) == 0 && S_ISDIR(about.st_mode));
}

/* Whether Hugging Face's shards are asked for. */
static bool wants_shards(const settings *s)
{
    return s->given[OPTION_SHARD] || s->given[OPTION_MAX_SHARD_SIZE];
}

static bool check_target(const settings *s, detinit_error *error)
{
    char names[FORMAT_NAMES];
    if (wants_shards(s) && !is_folder(s->output.save))
        return refuse(error,
                      "--save: '%.200s' must end in / with --%s: shards are files of a folder",
                      s->output.save, s->given[OPTION_SHARD] ? "shard" : "max-shard-size");
    if (is_folder(s->output.save))
        return true;
    if (format_of_path_is(s->output.save, format_saves_networks))
        return target_check(s->output.save, error) == DETINIT_OK;
    return refuse(error,
                  "--save: '%.200s' must end in %s, or in / for a folder of .npy files, with the "
                  "command init",
                  s->output.save, format_names(format_saves_networks, names));
}

static bool is_plain(const settings *s)
{
    return s->network.names != NULL && strcmp(s->network.names, "plain") == 0;
}

static bool check(const settings *s, detinit_error *error)
{
    char names[200];
    if (s->network.net != NULL && s->network.manifest != NULL)
        return refuse(error, "--net: cannot be joined with --manifest; choose one");
    if (s->network.net == NULL && s->network.manifest == NULL)
        return refuse(error,
                      "init: needs --net 784-256-128-10 or --manifest FILE; ready manifests are %s",
                      manifest_ready_names(names, sizeof names));
    if (s->network.names != NULL && s->network.net == NULL)
        return refuse(error, "--names: --manifest tells the names; leave it out");
    if (s->network.names != NULL && !is_plain(s))
        return refuse(error,
                      "--names: '%.60s' must be plain with the command init: fc1, not fc1.weight",
                      s->network.names);
    if (s->network.manifest != NULL && s->given[OPTION_LAYER])
        return refuse(error, "--layer: --manifest tells the layers; leave it out");
    if (s->network.manifest != NULL && s->given[OPTION_ZERO_ROW])
        return refuse(error, "--zero-row: --manifest tells the rows; leave it out");
    if (wants_shards(s) && s->output.save == NULL)
        return refuse(error, "--%s: needs --save DIR/, the folder of all shards",
                      s->given[OPTION_SHARD] ? "shard" : "max-shard-size");
    return s->output.save == NULL || check_target(s, error);
}

/* Names the layers as PyTorch does, "fc1.weight", or, where fan_in is rows, as Flax: "fc1.kernel".
 */
static detinit_status name_weights(detinit_network *network, detinit_error *error)
{
    for (size_t n = 0; n < network->count; n++) {
        char *name;
        const bool in_first = network->layers[n].recipe.fan_in == DETINIT_FAN_IN_ROWS;
        if (asprintf(&name, "%s.%s", network->layers[n].name, in_first ? "kernel" : "weight") < 0)
            return error_set(error, DETINIT_NO_MEMORY, "not enough memory for names");
        free(network->layers[n].name);
        network->layers[n].name = name;
    }
    return DETINIT_OK;
}

static detinit_status read_network(const settings *s, detinit_network *out, detinit_error *error)
{
    if (s->network.manifest != NULL)
        return manifest_network(s->network.manifest, &s->recipe, s->given, out, error);
    detinit_error why;
    detinit_status status = detinit_network_layers(s->network.net, &s->recipe, out, &why);
    if (status != DETINIT_OK)
        return error_set(error, status, "--net: %s", why.message);
    status = is_plain(s) ? DETINIT_OK : name_weights(out, error);
    if (status != DETINIT_OK)
        detinit_network_free(out);
    return status;
}

/* ------------------------------------------------------------------ saving */

/* The bytes of the data that this process saves; others may have saved theirs already. */
static detinit_status own_bytes(const settings *s, const detinit_network *network, uint64_t *bytes,
                                detinit_error *error)
{
    const share_choice *share = &s->parts.share;
    detinit_shard_plan plan;
    if (share->parts == 0)
        return DETINIT_OK;
    detinit_status status = detinit_shard_plan_make(network, s->parts.max_shard_size, &plan, error);
    if (status != DETINIT_OK)
        return status;
    *bytes = 0;
    for (size_t file = 0; file < plan.files; file++)
        if (detinit_shard_part(&plan, file, share->parts) == share->part)
            *bytes += plan.begin[file + 1] - plan.begin[file];
    detinit_shard_plan_free(&plan);
    return DETINIT_OK;
}

static detinit_status check_room(const settings *s, const detinit_network *network,
                                 detinit_error *error)
{
    uint64_t bytes = 0;
    for (size_t n = 0; n < network->count; n++) {
        const detinit_recipe *recipe = &network->layers[n].recipe;
        uint64_t count, size = detinit_dtype_size(recipe->dtype);
        if (!detinit_recipe_count(recipe, &count) || count > INT64_MAX / size ||
            bytes > INT64_MAX - count * size) {
            refuse(error, "--save: the network is larger than any file can be");
            return DETINIT_INVALID;
        }
        bytes += count * size;
    }
    if (!weights_check_memory(network, error))
        return DETINIT_INVALID;
    detinit_status status = own_bytes(s, network, &bytes, error);
    return status == DETINIT_OK ? target_room(s->output.save, bytes, error) : status;
}

static detinit_status save(const settings *s, const detinit_network *network,
                           detinit_shards_saved *saved, detinit_error *error)
{
    progress bar;
    const share_choice share = s->given[OPTION_SHARD] ? s->parts.share : (share_choice){1, 1};
    detinit_status status = check_room(s, network, error);
    if (status != DETINIT_OK)
        return status;
    detinit_run run = progress_run(&bar, "saving", s->run.threads, s->output.quiet);
    if (wants_shards(s))
        status = detinit_network_save_shards(network, s->output.save, s->parts.max_shard_size,
                                             share.part, share.parts, &run, saved, error);
    else if (is_folder(s->output.save))
        status = detinit_network_save_folder(network, s->output.save, &run, &saved->bytes, error);
    else
        status = detinit_network_save(network, s->output.save, &run, &saved->bytes, error);
    progress_end(&bar);
    return status;
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    detinit_network network = {0};
    detinit_shards_saved saved = {0};
    detinit_status status = read_network(s, &network, error);
    if (status != DETINIT_OK)
        return status;
    if (s->output.save != NULL)
        status = save(s, &network, &saved, error);
    if (status == DETINIT_OK && report_is_wanted(s))
        status = network_table_print(s, &network, &saved, error);
    detinit_network_free(&network);
    return status;
}

const verb verb_init = {
    .name = "init",
    .usage = "--net W-W-...",
    .help = "make all tensors of a network",
    .told_by = "--net or --manifest",
    .groups = GROUP_SCHEME | GROUP_TENSOR | GROUP_RUN,
    .options = {VERB_OPTION(NET), VERB_OPTION(NAMES), VERB_OPTION(MANIFEST), VERB_OPTION(SAVE),
                VERB_OPTION(SHARD), VERB_OPTION(MAX_SHARD_SIZE)},
    .check = check,
    .run = run_verb,
};
