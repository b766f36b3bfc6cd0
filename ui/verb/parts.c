#include "verb/parts.h"

#include "base/error.h"
#include "file/jsondump.h"
#include "file/savetext.h"
#include "option/option.h"
#include "option/refuse.h"
#include "system/json_memory.h"
#include "system/target.h"
#include "text/grouped.h"
#include "text/one_line.h"
#include "track/parts.h"
#include "verb/report.h"
#include "verb/rules.h"
#include "verb/verb.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---------------------------------------------------------------- requests */

/* Whether a part tells an option: what it is part of depends on it. */
static bool is_told(const verb *v, int id)
{
    const bool told = (options[id].group & (GROUPS_OF_RECIPE | GROUP_THRESHOLD)) != 0 ||
                      id == OPTION_MANIFEST || id == OPTION_NAMES || id == OPTION_PARTIAL ||
                      id == OPTION_EXACT || id == OPTION_LOSSLESS || id == OPTION_PACK_LEVEL;
    return told && verb_takes(v, &options[id]);
}

/* Whether parts of a command are JSON, because it writes no file of tensors. */
static bool has_figures_alone(const verb *v)
{
    return strcmp(v->part_ending, ".json") == 0;
}

/* What --shard alone refuses. */
static bool check_shard(const settings *s, detinit_error *error)
{
    const char *ending = s->verb->part_ending;
    const size_t length = s->output.save != NULL ? strlen(s->output.save) : 0;
    if (s->given[OPTION_SPARSITY])
        return refuse(error, "--sparsity: needs all tensors at once; find the threshold without "
                             "--shard, then give --threshold X");
    if (s->given[OPTION_THRESHOLD] && s->tracking.threshold == THRESHOLD_AUTO)
        return refuse(error,
                      "--threshold: auto needs all tensors at once; find it without --shard, "
                      "then give --threshold X");
    if (s->network.manifest != NULL && strcmp(s->network.manifest, "-") == 0)
        return refuse(error, "--manifest: --merge could not read standard input again; name a file "
                             "with --shard");
    if (s->network.names != NULL && strlen(s->network.names) >= PATH_MAX)
        return refuse(error, "--names: a part tells %d bytes at most; put the rules into a file",
                      PATH_MAX - 1);
    if (s->given[OPTION_FORMAT])
        return refuse(error, "--format: a part is saved, not printed; give it with --merge");
    if (s->output.save == NULL)
        return refuse(error, "--shard: needs --save PART%s, which --merge reads", ending);
    if (length <= strlen(ending) || strcmp(s->output.save + length - strlen(ending), ending) != 0)
        return refuse(error,
                      "--save: '%.200s' must end in %s with --shard: it is a part of what %s "
                      "finds",
                      s->output.save, ending, s->verb->name);
    return target_check(s->output.save, error) == DETINIT_OK;
}

static bool check_merge(const settings *s, detinit_error *error)
{
    for (int id = 0; id < OPTION_COUNT; id++)
        if (s->given[id] && is_told(s->verb, id))
            return refuse(error, "--%s: the parts tell it; leave it out with --merge",
                          options[id].name);
    return true;
}

bool parts_check(const settings *s, detinit_error *error)
{
    const bool shard = s->given[OPTION_SHARD];
    if (shard && s->parts.merge)
        return refuse(error, "--shard: cannot be joined with --merge; choose one");
    if (shard)
        return check_shard(s, error);
    if (has_figures_alone(s->verb) && s->output.save != NULL)
        return refuse(error,
                      "--save: does not go with the command %s; --format json or csv, on "
                      "standard output, keeps the figures",
                      s->verb->name);
    return !s->parts.merge || check_merge(s, error);
}

/* -------------------------------------------------------- what a part tells */

/* The options that were given, by name, as texts. */
static json_t *options_told(const settings *s)
{
    char text[PATH_MAX];
    json_t *told = json_object();
    for (int id = 0; id < OPTION_COUNT; id++)
        if (s->given[id] && is_told(s->verb, id))
            json_object_set_new(told, options[id].name,
                                json_string(option_text(s, &options[id], text, sizeof text)));
    return told;
}

static json_t *make_about(const parts *p, const weights *w, detinit_error *error)
{
    const settings *s = &p->settings;
    char of_file[PACKED_DIGITS + 1], of_recipes[PACKED_DIGITS + 1];
    if (part_digest_of_file(s->file, of_file, error) != DETINIT_OK ||
        part_digest_of_recipes(w->c.tracked, w->c.count, of_recipes, error) != DETINIT_OK)
        return NULL;
    json_t *about =
        json_pack("{s:s, s:i, s:o, s:o, s:s, s:s, s:s, s:o}", "part_of", s->verb->name, "version",
                  DETINIT_GENERATOR_VERSION, "part", report_whole(s->parts.share.part), "parts",
                  report_whole(s->parts.share.parts), "file", s->file, "of_file", of_file,
                  "of_recipes", of_recipes, "options", options_told(s));
    if (about == NULL)
        error_set(error, DETINIT_INVALID, "a part cannot tell '%.200s': it is not UTF-8 text",
                  s->file);
    return about;
}

char *parts_about(const parts *p, const weights *w, detinit_error *error)
{
    json_t *about = make_about(p, w, error);
    if (about == NULL)
        return NULL;
    char *text = json_memory_lacked() ? NULL : jsondump_text(about, JSON_COMPACT);
    json_decref(about);
    if (text == NULL)
        error_set(error, DETINIT_NO_MEMORY, "not enough memory for a part");
    return text;
}

/* ----------------------------------------------------------- reading a part */

static detinit_status no_part(const settings *s, const char *path, detinit_error *error)
{
    return error_set(error, DETINIT_IO, "'%.200s' is not a part that detinit %s --shard saved",
                     path, s->verb->name);
}

/* The JSON of a part of figures, or the text that a file of tensors carries. */
static detinit_status load(const settings *s, saved_part *part, detinit_error *error)
{
    if (has_figures_alone(s->verb)) {
        FILE *in = fopen(part->path, "re");
        if (in == NULL)
            return error_set(error, DETINIT_IO, "cannot open '%.200s': %s", part->path,
                             strerror(errno));
        part->about = json_loadf(in, JSON_REJECT_DUPLICATES, NULL);
        fclose(in);
    } else {
        detinit_status status =
            refuse_file(detinit_tensorfile_open(part->path, &part->file, error), error);
        if (status != DETINIT_OK)
            return status;
        const char *text = detinit_tensorfile_metadata(part->file, PART_ABOUT);
        part->about = text != NULL ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    }
    return json_is_object(part->about) ? DETINIT_OK : no_part(s, part->path, error);
}

static const char *told(const saved_part *part, const char *key)
{
    return json_string_value(json_object_get(part->about, key));
}

/* 0 where it is no whole number. */
static uint64_t told_number(const saved_part *part, const char *key)
{
    uint64_t value;
    return figures_whole(json_object_get(part->about, key), &value) ? value : 0;
}

static detinit_status read_part(const settings *s, saved_part *part, detinit_error *error)
{
    detinit_status status = load(s, part, error);
    if (status != DETINIT_OK)
        return status;
    const char *command = told(part, "part_of");
    part->part = told_number(part, "part");
    if (command == NULL || told(part, "file") == NULL || told(part, "of_file") == NULL ||
        told(part, "of_recipes") == NULL ||
        !json_is_object(json_object_get(part->about, "options")) || part->part < 1 ||
        part->part > told_number(part, "parts"))
        return no_part(s, part->path, error);
    if (strcmp(command, s->verb->name) != 0)
        return error_set(error, DETINIT_IO, "'%.200s' is a part of detinit %.20s, not of %s",
                         part->path, command, s->verb->name);
    if (told_number(part, "version") != DETINIT_GENERATOR_VERSION)
        return error_set(error, DETINIT_IO,
                         "'%.160s' was made by another version of the generator than this "
                         "program's, %d",
                         part->path, DETINIT_GENERATOR_VERSION);
    return DETINIT_OK;
}

/* ---------------------------------------------------- parts of one another */

/* An option with which one part was made and the other was not, or was with another value. */
static detinit_status compare_options(const saved_part *one, const saved_part *other,
                                      detinit_error *error)
{
    for (int id = 0; id < OPTION_COUNT; id++) {
        const char *name = options[id].name;
        const char *a =
            json_string_value(json_object_get(json_object_get(one->about, "options"), name));
        const char *b =
            json_string_value(json_object_get(json_object_get(other->about, "options"), name));
        if (a == NULL ? b != NULL : b == NULL || strcmp(a, b) != 0)
            return error_set(error, DETINIT_IO, "'%.120s' was made %s%s%s%.40s, '%.120s' %s%.40s",
                             other->path, b != NULL ? "with --" : "without --", name,
                             b != NULL ? " " : "", b != NULL ? b : "", one->path,
                             a != NULL ? "with " : "without", a != NULL ? a : "");
    }
    return DETINIT_OK;
}

static detinit_status compare_parts(const saved_part *one, const saved_part *other,
                                    detinit_error *error)
{
    const uint64_t all = told_number(one, "parts"), others = told_number(other, "parts");
    if (all != others)
        return error_set(error, DETINIT_IO, "'%.160s' is one of %llu parts, '%.160s' one of %llu",
                         other->path, (unsigned long long)others, one->path,
                         (unsigned long long)all);
    detinit_status status = compare_options(one, other, error);
    if (status == DETINIT_OK && strcmp(told(one, "of_file"), told(other, "of_file")) != 0)
        return error_set(error, DETINIT_IO,
                         "'%.160s' was made from another file than '%.160s', or the file changed "
                         "in between",
                         other->path, one->path);
    if (status == DETINIT_OK && strcmp(told(one, "of_recipes"), told(other, "of_recipes")) != 0)
        return error_set(error, DETINIT_IO, "'%.160s' was made with other recipes than '%.160s'",
                         other->path, one->path);
    return status;
}

static int by_part(const void *a, const void *b)
{
    const saved_part *x = a, *y = b;
    return (x->part > y->part) - (x->part < y->part);
}

/* Brings all parts into order, and sees that each is there once. */
static detinit_status order(parts *p, detinit_error *error)
{
    const unsigned long long all = told_number(&p->saved[0], "parts");
    qsort(p->saved, p->count, sizeof *p->saved, by_part);
    for (size_t n = 0; n < p->count; n++) {
        const saved_part *one = &p->saved[n];
        if (n > 0 && one->part == p->saved[n - 1].part)
            return error_set(error, DETINIT_IO, "'%.160s' and '%.160s' are both part %llu of %llu",
                             p->saved[n - 1].path, one->path, (unsigned long long)one->part, all);
        if (one->part != n + 1)
            return error_set(error, DETINIT_IO, "part %zu of %llu is missing", n + 1, all);
    }
    if (p->count < all)
        return error_set(error, DETINIT_IO, "part %zu of %llu is missing", p->count + 1, all);
    return DETINIT_OK;
}

/* The request that the parts are of, with what --merge says of the output. */
static detinit_status tell_request(parts *p, detinit_error *error)
{
    settings *s = &p->settings;
    json_t *asked = json_object_get(p->saved[0].about, "options");
    const char *name;
    json_t *value;
    s->file = (char *)(uintptr_t)told(&p->saved[0], "file"); /* lives as long as the part */
    json_object_foreach(asked, name, value)
    {
        const option *which = option_find(name);
        if (which == NULL || !is_told(s->verb, (int)(which - options)) || !json_is_string(value) ||
            !option_set(s, which, json_string_value(value), true, error))
            return no_part(s, p->saved[0].path, error);
    }
    return rules_check_inputs(s, error) ? DETINIT_OK : error->status;
}

static detinit_status read_parts(const settings *s, parts *p, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    p->saved = calloc(s->more_count + 1, sizeof *p->saved);
    if (p->saved == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a list of parts");
    for (p->count = 0; p->count <= s->more_count && status == DETINIT_OK; p->count++) {
        saved_part *part = &p->saved[p->count];
        part->path = p->count == 0 ? s->file : s->more[p->count - 1];
        status = read_part(s, part, error);
        if (status == DETINIT_OK && p->count > 0)
            status = compare_parts(&p->saved[0], part, error);
    }
    if (status == DETINIT_OK)
        status = order(p, error);
    return status == DETINIT_OK ? tell_request(p, error) : status;
}

/* ----------------------------------------------------------------- opening */

/* The parts must be of the file that is there now, and of these recipes. */
static detinit_status check_file(const parts *p, const weights *w, detinit_error *error)
{
    json_t *now = make_about(p, w, error);
    if (now == NULL)
        return error->status;
    const saved_part here = {.about = now};
    detinit_status status = DETINIT_OK;
    if (strcmp(told(&here, "of_file"), told(&p->saved[0], "of_file")) != 0)
        status = error_set(error, DETINIT_IO,
                           "'%.200s' is not the file that the parts were made from, or has changed "
                           "since",
                           p->settings.file);
    else if (strcmp(told(&here, "of_recipes"), told(&p->saved[0], "of_recipes")) != 0)
        status = error_set(error, DETINIT_IO,
                           "the recipes of '%.200s' are not those that the parts were made with",
                           p->settings.file);
    json_decref(now);
    return status;
}

/* Finds the tracked tensors of this process's share. */
static detinit_status find_range(parts *p, const weights *w, detinit_error *error)
{
    const share_choice *share = &p->settings.parts.share;
    uint64_t *bytes = calloc(w->c.count + 1, sizeof *bytes);
    if (bytes == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a list of tensors");
    for (size_t n = 0; n < w->c.count; n++)
        bytes[n] = w->c.tracked[n].count * detinit_dtype_size(w->c.tracked[n].dtype);
    part_range(bytes, w->c.count, share->part, share->parts, &p->first, &p->end);
    free(bytes);
    return DETINIT_OK;
}

detinit_status parts_open(const settings *s, bool with_threshold, parts *p, weights *w,
                          detinit_error *error)
{
    *p = (parts){.settings = *s};
    *w = (weights){0};
    detinit_status status = s->parts.merge ? read_parts(s, p, error) : DETINIT_OK;
    if (status == DETINIT_OK)
        status = weights_open(&p->settings, with_threshold, w, error);
    if (status == DETINIT_OK && s->parts.merge)
        status = check_file(p, w, error);
    p->end = w->c.count;
    if (status == DETINIT_OK && s->given[OPTION_SHARD])
        status = find_range(p, w, error);
    if (status != DETINIT_OK)
        parts_close(p, w);
    return status;
}

void parts_close(parts *p, weights *w)
{
    weights_close(w);
    if (p->count > 0) { /* the rest of the settings are the request's own */
        free(p->settings.network.manifest);
        free(p->settings.network.names);
    }
    for (size_t n = 0; n < p->count; n++) {
        json_decref(p->saved[n].about);
        detinit_tensorfile_close(p->saved[n].file);
    }
    free(p->saved);
    *p = (parts){0};
}

/* ----------------------------------------------------------------- figures */

#define SEAL "sha256"

/* The digest of a part but for the one that it tells; false without memory. */
static bool seal_of(const json_t *about, char digest[PACKED_DIGITS + 1])
{
    struct sha256_ctx sha;
    json_t *plain = json_copy((json_t *)(uintptr_t)about);
    json_object_del(plain, SEAL);
    char *text = jsondump_text(plain, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(plain);
    if (text == NULL)
        return false;
    sha256_init(&sha);
    sha256_update(&sha, strlen(text), (const uint8_t *)text);
    packed_hex(&sha, digest);
    free(text);
    return true;
}

static bool seal_holds(const saved_part *part)
{
    char digest[PACKED_DIGITS + 1];
    const char *seal = told(part, SEAL);
    return seal != NULL && seal_of(part->about, digest) && strcmp(seal, digest) == 0;
}

detinit_status parts_save_figures(const parts *p, const weights *w, const figure_table *table,
                                  const void *figures, detinit_error *error)
{
    const settings *s = &p->settings;
    uint64_t bytes = 0;
    json_t *about = make_about(p, w, error), *tensors = json_array();
    if (about == NULL) {
        json_decref(tensors);
        return error->status;
    }
    for (size_t n = p->first; n < p->end; n++) {
        json_t *tensor = figures_write(table, (const char *)figures + n * table->size);
        json_object_set_new(tensor, "name", json_string(weights_name(w, &w->c.tracked[n])));
        json_array_append_new(tensors, tensor);
    }
    json_object_set_new(about, "tensors", tensors);
    char seal[PACKED_DIGITS + 1] = "";
    const bool sealed =
        seal_of(about, seal) && json_object_set_new(about, SEAL, json_string(seal)) == 0;
    char *text = !sealed || json_memory_lacked() ? NULL : jsondump_text(about, JSON_COMPACT);
    json_decref(about);
    if (text == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a part");
    detinit_status status = savetext(s->output.save, text, &bytes, error);
    free(text);
    if (status == DETINIT_OK)
        parts_print_saved(p, bytes);
    return status;
}

/* The figures that a part has of the tensors from number *next on, which then is that behind them.
 */
static bool read_figures(const saved_part *part, const weights *w, const figure_table *table,
                         void *figures, size_t *next)
{
    const json_t *tensors = json_object_get(part->about, "tensors");
    bool good = json_is_array(tensors) && json_array_size(tensors) <= w->c.count - *next;
    for (size_t n = 0; n < json_array_size(tensors) && good; n++, ++*next) {
        const json_t *tensor = json_array_get(tensors, n);
        const char *name = json_string_value(json_object_get(tensor, "name"));
        good = name != NULL && strcmp(name, weights_name(w, &w->c.tracked[*next])) == 0 &&
               figures_read(table, tensor, (char *)figures + *next * table->size);
    }
    return good;
}

detinit_status parts_read_figures(const parts *p, const weights *w, const figure_table *table,
                                  void *figures, detinit_error *error)
{
    size_t next = 0;
    for (size_t n = 0; n < p->count; n++) {
        bool good = read_figures(&p->saved[n], w, table, figures, &next);
        if (n + 1 == p->count)
            good = good && next == w->c.count;
        if (!good)
            return error_set(error, DETINIT_IO,
                             "'%.200s' does not hold the figures of the tensors that are its part",
                             p->saved[n].path);
        if (!seal_holds(&p->saved[n]))
            return error_set(error, DETINIT_IO,
                             "'%.200s' has changed since it was saved: its SHA-256 is another",
                             p->saved[n].path);
    }
    return DETINIT_OK;
}

const detinit_tensorfile **parts_files(const parts *p, detinit_error *error)
{
    const detinit_tensorfile **files = calloc(p->count + 1, sizeof *files);
    if (files == NULL)
        error_set(error, DETINIT_NO_MEMORY, "not enough memory for a list of parts");
    for (size_t n = 0; n < p->count && files != NULL; n++)
        files[n] = p->saved[n].file;
    return files;
}

void parts_print_saved(const parts *p, uint64_t bytes)
{
    const settings *s = &p->settings;
    char text[32], file[ONE_LINE];
    if (report_is_wanted(s))
        printf("Saved part %llu of %llu: %s (%s bytes)\n", (unsigned long long)s->parts.share.part,
               (unsigned long long)s->parts.share.parts, one_line(s->output.save, file),
               grouped(bytes, text));
}
