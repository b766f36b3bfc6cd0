#include "verb/left_out.h"

#include "text/one_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names that are told of each kind, and room for a name in a line. */
#define NAMES_MOST 12
#define NAME_TEXT  256

/* A list that is being printed: "Not in the file: fc1, fc2 and 3 more". */
typedef struct name_list {
    FILE *out;
    const char *what;
    size_t count;
} name_list;

static void tell(name_list *list, const char *name, const char *of)
{
    char text[NAME_TEXT], of_text[NAME_TEXT];
    if (list->count++ >= NAMES_MOST)
        return;
    fprintf(list->out, "%s%s", list->count == 1 ? list->what : ", ",
            one_line_cut(name, NAME_COLUMNS, text, sizeof text));
    if (of != NULL)
        fprintf(list->out, " to %s", one_line_cut(of, NAME_COLUMNS, of_text, sizeof of_text));
}

static void end(const name_list *list)
{
    if (list->count > NAMES_MOST)
        fprintf(list->out, " and %zu more", list->count - NAMES_MOST);
    if (list->count > 0)
        fputs("\n", list->out);
}

/*
 * How many layers stand for each tensor of the file; NULL where no two stand for one, or without
 * memory.
 */
static size_t *count_layers(const weights *w)
{
    const detinit_pairing *pairing = &w->c.pairing;
    if (w->c.network.count - pairing->missing <= w->c.count)
        return NULL;
    size_t *counts = calloc(detinit_tensorfile_count(w->c.file) + 1, sizeof *counts);
    for (size_t n = 0; n < w->c.network.count && counts != NULL; n++)
        if (pairing->places[n].held != DETINIT_NAME_MISSING && pairing->places[n].parts == 1)
            counts[pairing->places[n].held]++;
    return counts;
}

/* The name of the tensor that a layer is tied to, by another name than its own; or NULL. */
static const char *tied_to(const weights *w, const size_t *counts, size_t layer)
{
    const detinit_name_place *place = &w->c.pairing.places[layer];
    if (counts == NULL || place->held == DETINIT_NAME_MISSING || counts[place->held] < 2)
        return NULL;
    const char *name = checkpoint_name(&w->c, detinit_tensorfile_tensor(w->c.file, place->held));
    return strcmp(name, w->c.network.layers[layer].name) != 0 ? name : NULL;
}

void left_out_print(const weights *w)
{
    FILE *out = w->settings->output.format == OUTPUT_CSV ? stderr : stdout;
    name_list untracked = {.out = out, .what = "Not tracked, because no recipe names them: "};
    name_list missing = {.out = out, .what = "Not compared, because the file lacks them: "};
    name_list tied = {.out = out, .what = "Tied: "};
    char name[NAME_TEXT];
    size_t *counts = count_layers(w);
    for (size_t n = 0; n < detinit_tensorfile_count(w->c.file); n++)
        if (checkpoint_find(&w->c, n) == NULL)
            tell(&untracked,
                 weights_short_name(w, detinit_tensorfile_tensor(w->c.file, n), name, sizeof name),
                 NULL);
    end(&untracked);
    for (size_t n = 0; n < w->c.network.count && w->settings->network.partial; n++)
        if (w->c.pairing.places[n].held == DETINIT_NAME_MISSING)
            tell(&missing, w->c.network.layers[n].name, NULL);
    end(&missing);
    for (size_t n = 0; n < w->c.network.count; n++)
        if (tied_to(w, counts, n) != NULL)
            tell(&tied, w->c.network.layers[n].name, tied_to(w, counts, n));
    end(&tied);
    free(counts);
    if (untracked.count + missing.count + tied.count > 0)
        fputs("\n", out);
}

void left_out_print_partial(const weights *w)
{
    const output_settings *asked = &w->settings->output;
    if (!w->settings->network.partial || asked->quiet || asked->format == OUTPUT_JSON)
        return;
    if (asked->format == OUTPUT_TEXT)
        fputs("\n", stdout);
    left_out_print(w);
}

json_t *left_out_add(json_t *report, const weights *w)
{
    json_t *missing = json_array(), *tied = json_object();
    size_t *counts = count_layers(w);
    for (size_t n = 0; n < w->c.network.count; n++) {
        const char *name = w->c.network.layers[n].name, *of = tied_to(w, counts, n);
        if (w->c.pairing.places[n].held == DETINIT_NAME_MISSING)
            json_array_append_new(missing, json_string(name));
        if (of != NULL)
            json_object_set_new(tied, name, json_string(of));
    }
    if (w->settings->network.partial) {
        json_object_set_new(report, "not_tracked", left_out_untracked(w));
        json_object_set(report, "missing", missing);
    }
    if (json_object_size(tied) > 0)
        json_object_set(report, "tied", tied);
    json_decref(missing);
    json_decref(tied);
    free(counts);
    return report;
}

json_t *left_out_untracked(const weights *w)
{
    json_t *list = json_array();
    for (size_t n = 0; n < detinit_tensorfile_count(w->c.file); n++) {
        const detinit_tensor *tensor = detinit_tensorfile_tensor(w->c.file, n);
        if (checkpoint_find(&w->c, n) == NULL)
            json_array_append_new(list, json_pack("{s:o, s:s, s:o}", "name",
                                                  one_line_json(checkpoint_name(&w->c, tensor)),
                                                  "type", tensor->type, "shape",
                                                  report_list(tensor->shape, tensor->rank)));
    }
    return list;
}
