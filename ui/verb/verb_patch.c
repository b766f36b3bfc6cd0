/* The command patch: a checkpoint and what diff saved, made into the other checkpoint. */
#include "detinit_diff.h"
#include "detinit_pack.h"
#include "option/refuse.h"
#include "text/grouped.h"
#include "text/one_line.h"
#include "verb/report.h"
#include "verb/verb.h"
#include "verb/weights.h"

#include <stdio.h>

static detinit_status report(const settings *s, const detinit_patching *p, uint64_t bytes,
                             detinit_error *error)
{
    char items[32], base[ONE_LINE], patch[ONE_LINE];
    if (s->output.format == OUTPUT_JSON)
        return report_print(
            json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "base", one_line_json(s->file),
                      "patch", one_line_json(s->more[0]), "tensors", report_whole(p->tensors),
                      "tensors_in_places", report_whole(p->sparse), "tensors_as_a_whole",
                      report_whole(p->whole), "items_in_places", report_whole(p->changed_items),
                      "saved", weights_saved_json(s, bytes)),
            error);
    if (!s->output.quiet)
        printf("PATCH (%s, %s)\n"
               "============================================================\n",
               one_line(s->file, base), one_line(s->more[0], patch));
    printf("Of %zu tensors %zu changed in places, %s items in all, and %zu as a whole.\n"
           "The SHA-256 of every tensor is that of what was compared.\n",
           p->tensors, p->sparse, grouped(p->changed_items, items), p->whole);
    weights_print_saved(s, "the patched file", bytes);
    return DETINIT_OK;
}

static detinit_status patch(const settings *s, const detinit_tensorfile *base,
                            const detinit_patch *patch, detinit_error *error)
{
    progress bar;
    uint64_t bytes;
    if (!weights_check_count(s, detinit_patch_patching(patch)->tensors, error))
        return error->status;
    const detinit_run run = progress_run(&bar, "patching", s->run.threads, s->output.quiet);
    detinit_status status =
        refuse_file(detinit_patch_save(patch, base, s->output.save, &run, &bytes, error), error);
    progress_end(&bar);
    if (status != DETINIT_OK || !report_is_wanted(s))
        return status;
    return report(s, detinit_patch_patching(patch), bytes, error);
}

static detinit_status open_patch(const settings *s, const detinit_tensorfile *base,
                                 detinit_error *error)
{
    detinit_tensorfile *file;
    detinit_patch *opened;
    detinit_status status = refuse_file(detinit_tensorfile_open(s->more[0], &file, error), error);
    if (status != DETINIT_OK)
        return status;
    status = refuse_file(detinit_patch_open(file, &opened, error), error);
    if (status == DETINIT_OK) {
        status = patch(s, base, opened, error);
        detinit_patch_free(opened);
    }
    detinit_tensorfile_close(file);
    return status;
}

static bool check(const settings *s, detinit_error *error)
{
    return weights_check_save(s, true, format_saves_tensors, error);
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    detinit_tensorfile *base;
    detinit_status status =
        refuse_file(detinit_tensorfile_open_unpacked(s->file, &base, error), error);
    if (status != DETINIT_OK)
        return status;
    status = open_patch(s, base, error);
    detinit_tensorfile_close(base);
    return status;
}

const verb verb_patch = {
    .name = "patch",
    .operand = "A PATCH",
    .noun = "file",
    .usage = "--save FILE",
    .help = "make B of A and a patch of diff",
    .groups = GROUP_RUN,
    .options = {VERB_OPTION(SAVE)},
    .prints_no_csv = true,
    .check = check,
    .told = {{OPTION_SAVE, "where B is saved"}},
    .run = run_verb,
};
