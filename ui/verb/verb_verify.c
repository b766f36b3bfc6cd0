/* The command verify: does a file hold exactly the weights that its recipes say? */
#include "base/error.h"
#include "detinit_track.h"
#include "text/grouped.h"
#include "option/place.h"
#include "option/refuse.h"
#include "text/one_line.h"
#include "verb/left_out.h"
#include "verb/report.h"
#include "verb/parts.h"
#include "verb/verb.h"
#include "verb/weights.h"

#include <stdio.h>
#include <stdlib.h>

/* Where the first weight that differs lies. */
static const char *place_of(const detinit_tracked *tracked, const detinit_verification *v,
                            char *buffer, size_t size)
{
    const uint64_t cols = detinit_recipe_cols(&tracked->recipe);
    return place_text(&tracked->recipe, v->first / cols, v->first % cols, buffer, size);
}

static void print_text(const weights *w, const detinit_verification *found)
{
    const settings *s = w->settings;
    const int width = weights_name_width(w, 0);
    char file[ONE_LINE], name[ONE_LINE];
    if (!s->output.quiet)
        printf("VERIFY (%s)\n"
               "============================================================\n",
               one_line(s->file, file));
    for (size_t n = 0; n < w->c.count; n++) {
        const detinit_tracked *tracked = &w->c.tracked[n];
        const detinit_verification *v = &found[n];
        const int digits = 2 * (int)detinit_dtype_size(tracked->dtype);
        char shape[PLACE_TEXT], place[PLACE_TEXT], total[32], different[32];
        report_pad(one_line(weights_name(w, tracked), name), width);
        printf("  %s: ", weights_shape(tracked, shape, sizeof shape));
        if (v->different == 0)
            printf("all %s weights are as their recipe says\n", grouped(v->total_weights, total));
        else
            printf("%s of %s weights differ, first %s: %.17g (0x%0*llx), expected %.17g "
                   "(0x%0*llx)\n",
                   grouped(v->different, different), grouped(v->total_weights, total),
                   place_of(tracked, v, place, sizeof place), v->found_value, digits,
                   (unsigned long long)v->found, v->expected_value, digits,
                   (unsigned long long)v->expected);
    }
    const size_t others = detinit_tensorfile_count(w->c.file) - w->c.count;
    if (others > 0 && !s->output.quiet)
        printf("%zu tensor%s without a recipe cannot be verified\n", others,
               others == 1 ? "" : "s");
}

/* {at, found, expected, found_hex, expected_hex} of the first weight that differs. */
static json_t *first_json(const detinit_tracked *tracked, const detinit_verification *v)
{
    const uint64_t cols = detinit_recipe_cols(&tracked->recipe);
    const int digits = 2 * (int)detinit_dtype_size(tracked->dtype);
    uint64_t index[DETINIT_MAX_RANK];
    const size_t rank = place_indices(&tracked->recipe, v->first / cols, v->first % cols, index);
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "at", report_list(index, rank), "found",
                     report_real(v->found_value), "expected", report_real(v->expected_value),
                     "found_hex", json_sprintf("%0*llx", digits, (unsigned long long)v->found),
                     "expected_hex",
                     json_sprintf("%0*llx", digits, (unsigned long long)v->expected));
}

static detinit_status print_json(const weights *w, const detinit_verification *found,
                                 uint64_t different, detinit_error *error)
{
    json_t *tensors = json_array();
    for (size_t n = 0; n < w->c.count; n++) {
        const detinit_tracked *tracked = &w->c.tracked[n];
        json_t *tensor = weights_tensor_json(w, tracked);
        json_object_set_new(tensor, "different", report_whole(found[n].different));
        if (found[n].different > 0)
            json_object_set_new(tensor, "first", first_json(tracked, &found[n]));
        json_array_append_new(tensors, tensor);
    }
    json_t *report =
        json_pack("{s:i, s:o, s:b, s:o, s:o, s:o}", "version", DETINIT_GENERATOR_VERSION, "file",
                  one_line_json(w->settings->file), "equal", different == 0, "total_weights",
                  report_whole(w->total), "different", report_whole(different), "tensors", tensors);
    return report_print(left_out_add(report, w), error);
}

static void print_csv(const weights *w, const detinit_verification *found)
{
    puts("tensor,weights,different,first,found,expected");
    for (size_t n = 0; n < w->c.count; n++) {
        const detinit_verification *v = &found[n];
        char place[PLACE_TEXT];
        one_line_field(weights_name(w, &w->c.tracked[n]));
        printf(",%llu,%llu", (unsigned long long)v->total_weights,
               (unsigned long long)v->different);
        if (v->different == 0)
            puts(",,,");
        else
            printf(",\"%s\",%.17g,%.17g\n", place_of(&w->c.tracked[n], v, place, sizeof place),
                   v->found_value, v->expected_value);
    }
}

/* What a part tells of a tensor. */
static const figure found_rows[] = {
    FIGURE(detinit_verification, total_weights, false),
    FIGURE(detinit_verification, different, false),
    FIGURE(detinit_verification, first, false),
    FIGURE(detinit_verification, found, false),
    FIGURE(detinit_verification, expected, false),
    FIGURE(detinit_verification, found_value, true),
    FIGURE(detinit_verification, expected_value, true),
};
static const figure_table found_table = {found_rows, sizeof found_rows / sizeof found_rows[0],
                                         sizeof(detinit_verification)};
_Static_assert(sizeof(detinit_verification) == sizeof found_rows / sizeof found_rows[0] * 8,
               "found_rows has all fields of a detinit_verification");

/* Prints what was found, or saves it as a part.  Fails where anything differs. */
static detinit_status tell(const parts *p, const weights *w, const detinit_verification *found,
                           detinit_error *error)
{
    const settings *s = w->settings;
    uint64_t different = 0, total = 0;
    detinit_status status = DETINIT_OK;
    for (size_t n = p->first; n < p->end; n++) {
        different += found[n].different;
        total += found[n].total_weights;
    }
    if (s->given[OPTION_SHARD])
        status = parts_save_figures(p, w, &found_table, found, error);
    else if (s->output.format == OUTPUT_JSON)
        status = print_json(w, found, different, error);
    else if (s->output.format == OUTPUT_CSV)
        print_csv(w, found);
    else
        print_text(w, found);
    if (status == DETINIT_OK && !s->given[OPTION_SHARD])
        left_out_print_partial(w);
    if (status != DETINIT_OK || different == 0)
        return status;
    fflush(stdout);
    return error_set(error, DETINIT_IO,
                     "'%.200s': %llu of %llu weights are not what their recipe "
                     "says",
                     s->file, (unsigned long long)different, (unsigned long long)total);
}

static detinit_status verify(const parts *p, weights *w, detinit_verification *found,
                             detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    if (p->count > 0)
        return parts_read_figures(p, w, &found_table, found, error);
    for (size_t n = p->first; n < p->end && status == DETINIT_OK; n++) {
        const detinit_run run = weights_run(w, "verifying");
        status = detinit_tracked_verify(&w->c.tracked[n], &run, &found[n], error);
    }
    progress_end(&w->bar);
    return refuse_file(status, error);
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    weights w;
    parts p;
    detinit_status status = parts_open(s, false, &p, &w, error);
    if (status != DETINIT_OK)
        return status;
    detinit_verification *found = calloc(w.c.count + 1, sizeof *found);
    if (found == NULL)
        status = error_set(error, DETINIT_NO_MEMORY, "not enough memory for a list of tensors");
    else
        status = verify(&p, &w, found, error);
    if (status == DETINIT_OK)
        status = tell(&p, &w, found, error);
    free(found);
    parts_close(&p, &w);
    return status;
}

const verb verb_verify = {
    .name = "verify",
    .operand = "FILE",
    .noun = "file",
    .usage = "[OPTION ...]",
    .help = "whether a file is as its recipe says",
    .groups = GROUPS_OF_RECIPE | GROUP_RUN,
    .options = {VERB_OPTION(MANIFEST), VERB_OPTION(NAMES), VERB_OPTION(PARTIAL),
                VERB_OPTIONS_OF_PARTS},
    .part_ending = ".json",
    .check = parts_check,
    .told = {{OPTION_SAVE, "where the part is saved that --shard makes"}},
    .run = run_verb,
};
