/* The command pack: a file without what the seed makes again. */
#include "text/grouped.h"
#include "detinit_pack.h"
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

static void print_heading(const settings *s, const detinit_packing *p)
{
    char file[ONE_LINE];
    if (s->output.quiet)
        return;
    if (p->lossless)
        printf("PACK (%s, lossless)\n", one_line(s->file, file));
    else
        printf("PACK (%s, threshold=%.9g)\n", one_line(s->file, file), p->threshold);
    puts("============================================================");
}

/* What is stored of the weights. */
static void print_stored(const detinit_packing *p)
{
    const uint64_t sleeping = p->total_weights - p->stored_weights;
    char asleep[32], total[32], stored[32];
    if (p->lossless)
        printf("Of %s weights their differences from the initial values are stored,\n"
               "which the seed makes again.\n\n",
               grouped(p->total_weights, total));
    else
        printf("%s of %s weights sleep (%.2f %%): the seed makes their initial values again.\n"
               "Of the other %s their differences are stored, and a bit for each weight that\n"
               "says which.\n\n",
               grouped(sleeping, asleep), grouped(p->total_weights, total),
               weights_percent((double)sleeping, (double)p->total_weights),
               grouped(p->stored_weights, stored));
}

static void print_packing(const settings *s, const detinit_packing *p)
{
    const double share = weights_percent((double)p->bytes, (double)p->dense_bytes);
    char dense[32], packed[32];
    print_heading(s, p);
    print_stored(p);
    printf("  dense   %17s bytes\n"
           "  packed  %17s bytes, %.1f %%: %s by a factor of %.2f\n\n",
           grouped(p->dense_bytes, dense), grouped(p->bytes, packed), share,
           share > 100 ? "larger" : "smaller",
           share > 100 ? share / 100
           : share > 0 ? 100 / share
                       : 0);
    puts(p->lossless
             ? "  Unpacked, every bit is the same."
             : "  Unpacked, sleeping weights have their initial values.  What that does to the\n"
               "  accuracy of the network has to be measured on your own data.");
    weights_print_saved(s, "the packed file", p->bytes);
}

static detinit_status report_packing(const weights *w, const detinit_packing *p,
                                     detinit_error *error)
{
    const settings *s = w->settings;
    if (s->output.format != OUTPUT_JSON) {
        print_packing(s, p);
        left_out_print_partial(w);
        return DETINIT_OK;
    }
    json_t *report = json_pack(
        "{s:i, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "version", DETINIT_GENERATOR_VERSION,
        "file", one_line_json(s->file), "threshold", report_real(p->threshold), "lossless",
        p->lossless, "total_weights", report_whole(p->total_weights), "stored_weights",
        report_whole(p->stored_weights), "dense_bytes", report_whole(p->dense_bytes),
        "packed_bytes", report_whole(p->bytes), "saved", weights_saved_json(s, p->bytes));
    return report_print(left_out_add(report, w), error);
}

static detinit_pack_options how_to_pack(const weights *w)
{
    const tracking_settings *asked = &w->settings->tracking;
    return (detinit_pack_options){.threshold = asked->lossless ? 0 : w->threshold,
                                  .lossless = asked->lossless,
                                  .level = (int)asked->level};
}

static bool check(const settings *s, detinit_error *error)
{
    return parts_check(s, error) &&
           (s->given[OPTION_SHARD] || weights_check_save(s, true, format_saves_networks, error));
}

static detinit_status save_part(const parts *p, weights *w, detinit_packing *packing,
                                detinit_error *error)
{
    const share_choice *share = &w->settings->parts.share;
    char *about = parts_about(p, w, error);
    if (about == NULL)
        return error->status;
    const part_share own = {share->part, share->parts, about};
    const detinit_run run = weights_run(w, "packing");
    const detinit_pack_options how = how_to_pack(w);
    detinit_status status = part_save_pack(w->c.file, w->c.tracked, w->c.count, &how, &own,
                                           w->settings->output.save, &run, packing, error);
    free(about);
    return status;
}

static detinit_status merge(const parts *p, weights *w, detinit_packing *packing,
                            detinit_error *error)
{
    const detinit_tensorfile **files = parts_files(p, error);
    if (files == NULL)
        return error->status;
    const detinit_run run = weights_run(w, "packing");
    const detinit_pack_options how = how_to_pack(w);
    detinit_status status =
        part_merge_packs(w->c.file, w->c.tracked, w->c.count, &how, files, p->count,
                         w->settings->output.save, &run, packing, error);
    free(files);
    return status;
}

static detinit_status pack(const parts *p, weights *w, detinit_packing *packing,
                           detinit_error *error)
{
    if (p->count > 0)
        return merge(p, w, packing, error);
    if (w->settings->given[OPTION_SHARD])
        return save_part(p, w, packing, error);
    const detinit_run run = weights_run(w, "packing");
    const detinit_pack_options how = how_to_pack(w);
    return detinit_pack_save(w->c.file, w->c.tracked, w->c.count, &how, w->settings->output.save,
                             &run, packing, error);
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    weights w;
    parts p;
    detinit_packing packing;
    detinit_status status = parts_open(s, !s->tracking.lossless, &p, &w, error);
    if (status != DETINIT_OK)
        return status;
    status = refuse_file(pack(&p, &w, &packing, error), error);
    progress_end(&w.bar);
    if (status == DETINIT_OK && s->given[OPTION_SHARD])
        parts_print_saved(&p, packing.bytes);
    else if (status == DETINIT_OK && report_is_wanted(s))
        status = report_packing(&w, &packing, error);
    parts_close(&p, &w);
    return status;
}

const verb verb_pack = {
    .name = "pack",
    .operand = "FILE",
    .noun = "file",
    .usage = "--save FILE",
    .help = "store only what training changed",
    .groups = GROUPS_OF_RECIPE | GROUP_THRESHOLD | GROUP_RUN,
    .options = {VERB_OPTION(MANIFEST), VERB_OPTION(NAMES), VERB_OPTION(PARTIAL),
                VERB_OPTION(LOSSLESS), VERB_OPTION(PACK_LEVEL), VERB_OPTIONS_OF_PARTS},
    .part_ending = ".safetensors",
    .prints_no_csv = true,
    .check = check,
    .told = {{OPTION_SAVE, "where the packed file is saved, or with --shard a part"}},
    .run = run_verb,
};
