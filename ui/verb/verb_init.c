/* The command init: all tensors of a network, as a table and into files. */
#include "trained/manifest.h"
#include "base/error.h"
#include "detinit_network.h"
#include "file/format.h"
#include "system/memory.h"
#include "verb/network_table.h"
#include "verb/report.h"
#include "option/option.h"
#include "system/progress.h"
#include "option/refuse.h"
#include "system/target.h"
#include "verb/verb.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---------------------------------------------------------------- requests */

/* Whether a save makes a folder: the path ends in a slash, or is one. */
static bool is_folder(const char *path)
{
    struct stat about;
    return path[strlen(path) - 1] == '/' || (stat(path, &about) == 0 && S_ISDIR(about.st_mode));
}

static bool check_target(const settings *s, detinit_error *error)
{
    char names[FORMAT_NAMES];
    if (is_folder(s->output.save))
        return true;
    if (format_of_path_is(s->output.save, format_saves_networks))
        return target_check(s->output.save, error) == DETINIT_OK;
    return refuse(error,
                  "--save: '%.200s' must end in %s, or in / for a folder of .npy files, with the "
                  "command init",
                  s->output.save, format_names(format_saves_networks, names));
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
    if (s->network.manifest != NULL && s->given[OPTION_LAYER])
        return refuse(error, "--layer: --manifest tells the layers; leave it out");
    if (s->network.manifest != NULL && s->given[OPTION_ZERO_ROW])
        return refuse(error, "--zero-row: --manifest tells the rows; leave it out");
    return s->output.save == NULL || check_target(s, error);
}

static detinit_status read_network(const settings *s, detinit_network *out, detinit_error *error)
{
    if (s->network.manifest != NULL)
        return manifest_network(s->network.manifest, &s->recipe, s->given, out, error);
    detinit_error why;
    detinit_status status = detinit_network_layers(s->network.net, &s->recipe, out, &why);
    return status == DETINIT_OK ? status : error_set(error, status, "--net: %s", why.message);
}

/* ------------------------------------------------------------------ saving */

static detinit_status check_room(const settings *s, const detinit_network *network,
                                 detinit_error *error)
{
    uint64_t bytes = 0;
    char what[100];
    for (size_t n = 0; n < network->count; n++) {
        const detinit_recipe *recipe = &network->layers[n].recipe;
        uint64_t count, size = detinit_dtype_size(recipe->dtype);
        if (!detinit_recipe_count(recipe, &count) || count > INT64_MAX / size ||
            bytes > INT64_MAX - count * size) {
            refuse(error, "--save: the network is larger than any file can be");
            return DETINIT_INVALID;
        }
        bytes += count * size;
        snprintf(what, sizeof what, "'%.60s': an orthogonal matrix", network->layers[n].name);
        if (!memory_allows(what, detinit_matrix_memory(recipe), error))
            return DETINIT_INVALID;
    }
    return target_room(s->output.save, bytes, error);
}

static detinit_status save(const settings *s, const detinit_network *network, uint64_t *bytes,
                           detinit_error *error)
{
    progress bar;
    detinit_status status = check_room(s, network, error);
    if (status != DETINIT_OK)
        return status;
    detinit_run run = progress_run(&bar, "saving", s->run.threads, s->output.quiet);
    if (is_folder(s->output.save))
        status = detinit_network_save_folder(network, s->output.save, &run, bytes, error);
    else
        status = detinit_network_save(network, s->output.save, &run, bytes, error);
    progress_end(&bar);
    return status;
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    detinit_network network = {0};
    uint64_t bytes = 0;
    detinit_status status = read_network(s, &network, error);
    if (status != DETINIT_OK)
        return status;
    if (s->output.save != NULL)
        status = save(s, &network, &bytes, error);
    if (status == DETINIT_OK && report_is_wanted(s))
        status = network_table_print(s, &network, bytes, error);
    detinit_network_free(&network);
    return status;
}

const verb verb_init = {
    .name = "init",
    .usage = "--net W-W-...",
    .help = "make all tensors of a network",
    .told_by = "--net or --manifest",
    .groups = GROUP_SCHEME | GROUP_TENSOR | GROUP_RUN,
    .options = VERB_OPTION(NET) | VERB_OPTION(MANIFEST) | VERB_OPTION(SAVE),
    .check = check,
    .run = run_verb,
};
