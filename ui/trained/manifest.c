#include "trained/manifest.h"
#include "base/error.h"

#include "detinit_files.h"
#include "detinit_network.h"
#include "file/format.h"
#include "file/jsondump.h"
#include "matrix/recipe_fields.h"
#include "option/option.h"
#include "system/json_memory.h"
#include "system/progress.h"
#include "option/refuse.h"
#include "text/word.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The largest manifest that is read; jansson holds some ten times as much. */
#define MANIFEST_MOST ((size_t)1 << 28)

/* What is read at first; doubled as it comes. */
#define READ_FIRST ((size_t)1 << 14)

/* ------------------------------------------------------------------- ready */

static const char *ready_name(const void *list, int n)
{
    (void)list;
    return ready_manifests[n].name;
}

/* The text of the ready manifest called `name`, or NULL. */
static const char *ready_text(const char *name)
{
    for (const ready_manifest *ready = ready_manifests; ready->name != NULL; ready++)
        if (strcmp(ready->name, name) == 0)
            return ready->text;
    return NULL;
}

const char *manifest_ready_names(char *buffer, size_t size)
{
    size_t length = 0;
    buffer[0] = '\0';
    for (const ready_manifest *ready = ready_manifests; ready->name != NULL && length < size;
         ready++)
        length += (size_t)snprintf(buffer + length, size - length, "%s%s", length > 0 ? ", " : "",
                                   ready->name);
    return buffer;
}

/* ----------------------------------------------------------------- reading */

static detinit_status fail(detinit_error *error, const char *name, const char *what, int reason)
{
    return error_set(error, progress_signal() != 0 ? DETINIT_CANCELLED : DETINIT_IO,
                     "--manifest: cannot %s '%.200s': %s", what, name, strerror(reason));
}

static detinit_status no_memory(detinit_error *error)
{
    return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a manifest");
}

/* All that comes, malloc'ed. */
static detinit_status read_stream(FILE *in, const char *shown, char **text, size_t *length,
                                  detinit_error *error)
{
    size_t room = READ_FIRST;
    char *all = malloc(room);
    *length = 0;
    while (all != NULL && *length <= MANIFEST_MOST) {
        size_t got = fread(all + *length, 1, room - *length, in);
        *length += got;
        if (got == 0)
            break;
        if (*length == room) {
            char *larger = realloc(all, room *= 2);
            if (larger == NULL)
                free(all);
            all = larger;
        }
    }
    *text = all;
    if (all == NULL)
        return no_memory(error);
    if (ferror(in) != 0)
        return fail(error, shown, "read", errno);
    if (*length <= MANIFEST_MOST)
        return DETINIT_OK;
    return error_set(error, DETINIT_IO, "--manifest: '%.200s' is larger than any manifest, 256 MB",
                     shown);
}

detinit_status manifest_in_file(const detinit_tensorfile *file, const char **text,
                                detinit_error *error)
{
    char ours[16];
    const char *version = detinit_tensorfile_metadata(file, "detinit.version");
    snprintf(ours, sizeof ours, "%d", DETINIT_GENERATOR_VERSION);
    *text = detinit_tensorfile_metadata(file, "detinit.manifest");
    if (version == NULL || strcmp(version, ours) == 0)
        return DETINIT_OK;
    return error_set(
        error, DETINIT_IO,
        "'%.160s' was made by another version of the generator than this program's, %s",
        detinit_tensorfile_path(file), ours);
}

/* A network that was saved carries the manifest that it was made by. */
static detinit_status read_metadata(const char *name, char **text, size_t *length,
                                    detinit_error *error)
{
    detinit_tensorfile *file;
    const char *found = NULL;
    detinit_status status = detinit_tensorfile_open(name, &file, error);
    if (status != DETINIT_OK)
        return refuse_file(status, error);
    status = manifest_in_file(file, &found, error);
    if (status == DETINIT_OK && found == NULL) {
        refuse(error, "--manifest: '%.200s' tells no recipes; files that detinit saved do", name);
        status = error->status = DETINIT_IO;
    }
    if (status == DETINIT_OK && (*text = strdup(found)) == NULL)
        status = no_memory(error);
    if (status == DETINIT_OK)
        *length = strlen(found);
    detinit_tensorfile_close(file);
    return status;
}

/* A word is meant to name a ready manifest; what has a dot or a slash, a file. */
static detinit_status not_found(const char *name, detinit_error *error)
{
    char names[200];
    if (strpbrk(name, "./") != NULL)
        return fail(error, name, "open", ENOENT);
    const char *nearest = word_nearest(name, ready_name, NULL);
    refuse(error, "--manifest: '%.60s' is neither a file nor a ready manifest%s%s; ready are %s",
           name, nearest != NULL ? ", did you mean " : "", nearest != NULL ? nearest : "",
           manifest_ready_names(names, sizeof names));
    return DETINIT_INVALID;
}

static detinit_status read_text(const char *name, char **text, size_t *length, detinit_error *error)
{
    struct stat about;
    const char *of_ready = ready_text(name);
    if (strcmp(name, "-") == 0)
        return read_stream(stdin, "standard input", text, length, error);
    const bool there = stat(name, &about) == 0, is_file = there && !S_ISDIR(about.st_mode);
    if (!there && errno != ENOENT && errno != ENOTDIR)
        return fail(error, name, "open", errno);
    if (!is_file && of_ready != NULL) {
        *length = strlen(of_ready);
        *text = strdup(of_ready);
        return *text != NULL ? DETINIT_OK : no_memory(error);
    }
    if (is_file && format_of_path_is(name, format_tells_recipes))
        return read_metadata(name, text, length, error);
    FILE *in = fopen(name, "re");
    if (in == NULL)
        return errno == ENOENT ? not_found(name, error) : fail(error, name, "open", errno);
    detinit_status status = read_stream(in, name, text, length, error);
    fclose(in);
    return status;
}

/* ------------------------------------------------------------------- flags */

/* The option that was given for a field of recipes which the top of a manifest may have; or NULL.
 */
static const option *given_for(const recipe_field *field, const bool *given)
{
    for (int n = 0; n < OPTION_COUNT && !field->of_tensor; n++)
        if (given[n] && names_alike(options[n].name, field->name))
            return &options[n];
    return NULL;
}

/* As texts, which hold any number. */
static json_t *fans_of(const uint64_t fans[2])
{
    return json_pack("[o, o]", json_sprintf("%llu", (unsigned long long)fans[0]),
                     json_sprintf("%llu", (unsigned long long)fans[1]));
}

static json_t *value_of(const settings *s, const option *which)
{
    char text[128];
    const void *field = (const char *)s + which->offset;
    if (which->kind == OPTION_SWITCH)
        return json_boolean(*(const bool *)field);
    if (which->kind == OPTION_REAL || which->kind == OPTION_NUMBER || which->kind == OPTION_SHARE)
        return json_real(*(const double *)field);
    if (which->kind == OPTION_PAIR)
        return fans_of(field);
    return json_string(option_text(s, which, text, sizeof text));
}

/* Whether all tensors say a key themselves, so that none takes it from the top; lists may nest. */
static bool all_say(json_t *tensors, const char *key)
{
    size_t n;
    json_t *tensor;
    json_array_foreach(tensors, n, tensor)
    {
        json_t *nested = json_object_get(tensor, "tensors");
        if (nested != NULL ? !all_say(nested, key) : json_object_get(tensor, key) == NULL)
            return false;
    }
    return json_array_size(tensors) > 0;
}

/* Puts flags at the top of a manifest; a text that is none is left to be refused as it is. */
static detinit_status put_flags(const detinit_recipe *recipe, const bool *given, char **text,
                                size_t *length, detinit_error *error)
{
    const settings flags = {.recipe = *recipe};
    bool any = false, put = true;
    for (size_t n = 0; n < recipe_field_count; n++)
        any |= given_for(&recipe_fields[n], given) != NULL;
    json_t *root = any ? json_loadb(*text, *length, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (!json_is_object(root)) {
        json_decref(root);
        return json_memory_lacked() ? no_memory(error) : DETINIT_OK;
    }
    for (size_t n = 0; n < recipe_field_count; n++) {
        const option *which = given_for(&recipe_fields[n], given);
        if (which != NULL && all_say(json_object_get(root, "tensors"), recipe_fields[n].name)) {
            json_decref(root);
            refuse(error, "--%s: every tensor of the manifest has its own; leave it out",
                   which->name);
            return DETINIT_INVALID;
        }
        if (which != NULL)
            put &= json_object_set_new(root, recipe_fields[n].name, value_of(&flags, which)) == 0;
    }
    char *changed = put ? jsondump_text(root, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(root);
    if (changed == NULL)
        return no_memory(error);
    free(*text);
    *text = changed;
    *length = strlen(changed);
    return DETINIT_OK;
}

detinit_status manifest_network(const char *name, const detinit_recipe *recipe, const bool *given,
                                detinit_network *out, detinit_error *error)
{
    char *text = NULL;
    size_t length = 0;
    const char *shown = strcmp(name, "-") == 0 ? "standard input" : name;
    detinit_status status = read_text(name, &text, &length, error);
    if (status == DETINIT_OK && given != NULL)
        status = put_flags(recipe, given, &text, &length, error);
    if (status == DETINIT_OK)
        status = refuse_file(detinit_network_parse(text, length, shown, out, error), error);
    free(text);
    return status;
}
