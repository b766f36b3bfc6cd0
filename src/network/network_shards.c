/* Networks into the files that Hugging Face's tools read: the share of one process of many. */
#include "base/error.h"
#include "detinit_network.h"
#include "file/output.h"
#include "file/savetext.h"
#include "file/temporary.h"
#include "network/network_save.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INDEX_NAME "model.safetensors.index.json"

/* What one process writes. */
typedef struct share {
    const detinit_network *network;
    char folder[PATH_MAX];
    uint64_t part, parts;
    detinit_shard_plan plan;
    shared_progress progress;
    detinit_shards_saved saved;
} share;

/* --------------------------------------------------------------- the folder */

/* Whether a name is that of a shard or an index, which other saves of networks leave. */
static bool is_of_shards(const char *entry)
{
    unsigned long file, files;
    int end = 0;
    return strcmp(entry, INDEX_NAME) == 0 || strcmp(entry, "model.safetensors") == 0 ||
           (sscanf(entry, "model-%9lu-of-%9lu.safetensors%n", &file, &files, &end) == 2 &&
            end > 0 && entry[end] == '\0');
}

/* Whether the plan has a file of that name. */
static bool is_planned(const detinit_shard_plan *plan, const char *entry)
{
    char name[DETINIT_SHARD_NAME];
    unsigned long file = 1;
    if (strcmp(entry, INDEX_NAME) == 0)
        return plan->files > 1;
    if (plan->files > 1 && sscanf(entry, "model-%9lu", &file) != 1)
        return false;
    return file >= 1 && file <= plan->files &&
           strcmp(entry, detinit_shard_name(plan, file - 1, name)) == 0;
}

/* Readers would take what another plan left for a part of this network. */
static detinit_status check_leftovers(const share *s, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    DIR *listing = opendir(s->folder);
    if (listing == NULL)
        return output_failed(s->folder, error);
    errno = 0;
    for (struct dirent *entry; status == DETINIT_OK && (entry = readdir(listing)) != NULL;
         errno = 0)
        if (is_of_shards(entry->d_name) && !is_planned(&s->plan, entry->d_name))
            status =
                error_set(error, DETINIT_IO,
                          "cannot write '%.200s': it holds '%.100s', and this network becomes "
                          "%zu file%s; name another folder, or remove what is left from before",
                          s->folder, entry->d_name, s->plan.files, s->plan.files > 1 ? "s" : "");
    if (status == DETINIT_OK && errno != 0)
        status = output_failed(s->folder, error);
    closedir(listing);
    return status;
}

/* The path without slashes at its end, but for "/". */
static detinit_status set_folder(share *s, const char *path, detinit_error *error)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    errno = ENAMETOOLONG;
    if (length + DETINIT_SHARD_NAME >= PATH_MAX)
        return output_failed(path, error);
    memcpy(s->folder, path, length);
    s->folder[length] = '\0';
    return DETINIT_OK;
}

/* Other processes may make it at the same time. */
static detinit_status make_folder(const share *s, detinit_error *error)
{
    if (mkdir(s->folder, 0777) == 0)
        flush_directory_of(s->folder);
    else if (errno != EEXIST)
        return output_failed(s->folder, error);
    return check_leftovers(s, error);
}

/* ---------------------------------------------------------------- the files */

static detinit_status write_shard(share *s, size_t file, detinit_error *error)
{
    char path[PATH_MAX + DETINIT_SHARD_NAME], name[DETINIT_SHARD_NAME];
    const size_t first = s->plan.first[file], count = s->plan.first[file + 1] - first;
    detinit_network network = {.count = count, .layers = calloc(count, sizeof *network.layers)};
    uint64_t bytes;
    if (network.layers == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for a network");
    for (size_t n = 0; n < count; n++)
        network.layers[n] = s->network->layers[s->plan.tensors[first + n]];
    snprintf(path, sizeof path, "%s/%s", s->folder, detinit_shard_name(&s->plan, file, name));
    const detinit_run run = progress_share(&s->progress, network_parts(&network, NULL).total);
    detinit_status status =
        network_save_as(&network, path, NETWORK_FOR_TRANSFORMERS, &run, &bytes, error);
    free(network.layers); /* their names are the whole network's */
    if (status != DETINIT_OK)
        return status;
    s->saved.files++;
    s->saved.bytes += bytes;
    return DETINIT_OK;
}

/* As transformers writes it; malloc'ed, NULL without memory. */
static char *index_text(const share *s)
{
    char file[DETINIT_SHARD_NAME], *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    json_t *map = json_object();
    bool good = out != NULL && map != NULL;
    for (size_t n = 0; n < s->network->count && good; n++)
        good = json_object_set_new(
                   map, s->network->layers[n].name,
                   json_string(detinit_shard_name(&s->plan, s->plan.file_of[n], file))) == 0;
    json_t *index = json_pack("{s:{s:I}, s:o}", "metadata", "total_size", (json_int_t)s->plan.bytes,
                              "weight_map", map);
    good = good &&
           json_dumpf(index, out, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENSURE_ASCII) == 0 &&
           fputc('\n', out) != EOF;
    json_decref(index);
    if ((out == NULL || fclose(out) == 0) && good)
        return text;
    free(text);
    return NULL;
}

static detinit_status write_index(share *s, detinit_error *error)
{
    char path[PATH_MAX + DETINIT_SHARD_NAME], *text = index_text(s);
    if (text == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for an index");
    snprintf(path, sizeof path, "%s/" INDEX_NAME, s->folder);
    detinit_status status = savetext(path, text, &s->saved.bytes, error);
    free(text);
    s->saved.index = status == DETINIT_OK;
    return status;
}

static detinit_status write_share(share *s, detinit_error *error)
{
    detinit_status status = make_folder(s, error);
    for (size_t n = 0; n < s->network->count; n++)
        if (detinit_shard_part(&s->plan, s->plan.file_of[n], s->parts) == s->part)
            s->progress.total +=
                network_parts(&(detinit_network){.count = 1, .layers = &s->network->layers[n]},
                              NULL)
                    .total;
    for (size_t file = 0; file < s->plan.files && status == DETINIT_OK; file++)
        if (detinit_shard_part(&s->plan, file, s->parts) == s->part)
            status = write_shard(s, file, error);
    if (status == DETINIT_OK && s->part == 1 && s->plan.files > 1)
        status = write_index(s, error);
    return status;
}

detinit_status detinit_network_save_shards(const detinit_network *network, const char *folder,
                                           uint64_t max_shard_size, uint64_t part, uint64_t parts,
                                           const detinit_run *run, detinit_shards_saved *out,
                                           detinit_error *error)
{
    share s = {.network = network, .part = part, .parts = parts, .progress = {.run = run}};
    if (part < 1 || part > parts)
        return error_set(error, DETINIT_INVALID, "a part is one of 1 .. %llu, not %llu",
                         (unsigned long long)parts, (unsigned long long)part);
    detinit_status status = network_check(network, error);
    if (status == DETINIT_OK)
        status = set_folder(&s, folder, error);
    if (status == DETINIT_OK)
        status = detinit_shard_plan_make(network, max_shard_size, &s.plan, error);
    if (status != DETINIT_OK)
        return status;
    s.saved.all_files = s.plan.files;
    status = write_share(&s, error);
    detinit_shard_plan_free(&s.plan);
    if (status == DETINIT_OK && out != NULL)
        *out = s.saved;
    return status;
}
