/* The command mask: which weights have changed, as booleans. */
#include "base/error.h"
#include "detinit_track.h"
#include "text/grouped.h"
#include "option/place.h"
#include "option/refuse.h"
#include "text/one_line.h"
#include "verb/left_out.h"
#include "verb/report.h"
#include "track/parts.h"
#include "verb/parts.h"
#include "verb/verb.h"
#include "verb/weights.h"

#include <stdio.h>
#include <stdlib.h>

static void print_row(const char *name, int width, const char *shape, uint64_t count,
                      uint64_t changed)
{
    char plain[ONE_LINE], all[32], of_them[32];
    fputs("  ", stdout);
    report_pad(one_line(name, plain), width);
    printf("  %14s %13s %13s %7.2f %%\n", shape, grouped(count, all), grouped(changed, of_them),
           weights_percent((double)changed, (double)count));
}

static void print_text(const weights *w, const uint64_t *changed, uint64_t all, uint64_t bytes)
{
    const settings *s = w->settings;
    const int width = weights_name_width(w, 6);
    char shape[PLACE_TEXT], file[ONE_LINE];
    if (!s->output.quiet)
        printf("MASK (%s, threshold=%.9g)\n"
               "============================================================\n",
               one_line(s->file, file), w->threshold);
    printf("  %-*s  %14s %13s %13s\n", width, "tensor", "shape", "weights", "changed");
    for (size_t n = 0; n < w->c.count; n++)
        print_row(weights_name(w, &w->c.tracked[n]), width,
                  weights_shape(&w->c.tracked[n], shape, sizeof shape), w->c.tracked[n].count,
                  changed[n]);
    print_row("all", width, "", w->total, all);
    weights_print_saved(s, "the mask", bytes);
}

static detinit_status print_json(const weights *w, const uint64_t *changed, uint64_t all,
                                 uint64_t bytes, detinit_error *error)
{
    json_t *tensors = json_array();
    for (size_t n = 0; n < w->c.count; n++) {
        json_t *tensor = weights_tensor_json(w, &w->c.tracked[n]);
        json_object_set_new(tensor, "changed", report_whole(changed[n]));
        json_array_append_new(tensors, tensor);
    }
    json_t *report =
        json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "version", DETINIT_GENERATOR_VERSION,
                  "file", one_line_json(w->settings->file), "threshold", report_real(w->threshold),
                  "total_weights", report_whole(w->total), "changed_weights", report_whole(all),
                  "tensors", tensors, "saved", weights_saved_json(w->settings, bytes));
    return report_print(left_out_add(report, w), error);
}

static void print_csv(const weights *w, const uint64_t *changed)
{
    puts("tensor,weights,changed");
    for (size_t n = 0; n < w->c.count; n++) {
        one_line_field(weights_name(w, &w->c.tracked[n]));
        printf(",%llu,%llu\n", (unsigned long long)w->c.tracked[n].count,
               (unsigned long long)changed[n]);
    }
}

/* The masks of a share. */
static detinit_status save_part(const parts *p, weights *w, detinit_error *error)
{
    uint64_t bytes;
    char *about = parts_about(p, w, error);
    if (about == NULL)
        return error->status;
    const detinit_run run = weights_run(w, "saving");
    detinit_status status =
        part_save_mask(w->c.tracked + p->first, p->end - p->first, w->threshold, about,
                       w->settings->output.save, &run, NULL, &bytes, error);
    progress_end(&w->bar);
    free(about);
    if (status == DETINIT_OK)
        parts_print_saved(p, bytes);
    return refuse_file(status, error);
}

static detinit_status save_all(const parts *p, weights *w, uint64_t *changed, uint64_t *bytes,
                               detinit_error *error)
{
    const char *path = w->settings->output.save;
    const detinit_run run = weights_run(w, "saving");
    if (p->count == 0)
        return detinit_mask_save(w->c.tracked, w->c.count, w->threshold, path, &run, changed, bytes,
                                 error);
    const detinit_tensorfile **files = parts_files(p, error);
    detinit_status status = files != NULL
                                ? part_merge_masks(w->c.tracked, w->c.count, files, p->count, path,
                                                   &run, changed, bytes, error)
                                : error->status;
    free(files);
    return status;
}

static detinit_status save_and_print(const parts *p, weights *w, uint64_t *changed,
                                     detinit_error *error)
{
    const settings *s = w->settings;
    uint64_t bytes, all = 0;
    detinit_status status = save_all(p, w, changed, &bytes, error);
    progress_end(&w->bar);
    if (status != DETINIT_OK)
        return refuse_file(status, error);
    if (!report_is_wanted(s))
        return DETINIT_OK;
    for (size_t n = 0; n < w->c.count; n++)
        all += changed[n];
    if (s->output.format == OUTPUT_JSON)
        return print_json(w, changed, all, bytes, error);
    if (s->output.format == OUTPUT_CSV)
        print_csv(w, changed);
    else
        print_text(w, changed, all, bytes);
    left_out_print_partial(w);
    return DETINIT_OK;
}

static bool check(const settings *s, detinit_error *error)
{
    return parts_check(s, error) &&
           (s->given[OPTION_SHARD] || weights_check_save(s, true, format_saves_tensors, error));
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    weights w;
    parts p;
    detinit_status status = parts_open(s, true, &p, &w, error);
    if (status != DETINIT_OK)
        return status;
    uint64_t *changed = calloc(w.c.count + 1, sizeof *changed);
    if (changed == NULL)
        status = error_set(error, DETINIT_NO_MEMORY, "not enough memory for a list of tensors");
    else if (!weights_check_count(s, w.c.count, error))
        status = DETINIT_INVALID;
    else if (s->given[OPTION_SHARD])
        status = save_part(&p, &w, error);
    else
        status = save_and_print(&p, &w, changed, error);
    free(changed);
    parts_close(&p, &w);
    return status;
}

const verb verb_mask = {
    .name = "mask",
    .operand = "FILE",
    .noun = "file",
    .usage = "--save FILE",
    .help = "which weights training changed",
    .groups = GROUPS_OF_RECIPE | GROUP_THRESHOLD | GROUP_RUN,
    .options = {VERB_OPTION(MANIFEST), VERB_OPTION(NAMES), VERB_OPTION(PARTIAL),
                VERB_OPTIONS_OF_PARTS},
    .part_ending = ".safetensors",
    .check = check,
    .told = {{OPTION_SAVE, "where the mask is saved, or with --shard a part"}},
    .run = run_verb,
};
