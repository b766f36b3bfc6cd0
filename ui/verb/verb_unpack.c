/* The command unpack: a packed file made whole again. */
#include "text/grouped.h"
#include "detinit_pack.h"
#include "option/refuse.h"
#include "text/one_line.h"
#include "track/parts.h"
#include "verb/report.h"
#include "verb/verb.h"
#include "verb/weights.h"

#include <stdio.h>

static detinit_status report_unpacking(const settings *s, const detinit_packing *p, bool is_part,
                                       uint64_t bytes, detinit_error *error)
{
    const uint64_t sleeping = p->total_weights - p->stored_weights;
    char file[ONE_LINE], stored[32], total[32], asleep[32];
    if (s->output.format == OUTPUT_JSON)
        return report_print(
            json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "version", DETINIT_GENERATOR_VERSION,
                      "file", one_line_json(s->file), "threshold", report_real(p->threshold),
                      "total_weights", report_whole(p->total_weights), "stored_weights",
                      report_whole(p->stored_weights), "packed_bytes", report_whole(p->bytes),
                      "saved", weights_saved_json(s, bytes)),
            error);
    if (!s->output.quiet)
        printf("UNPACK (%s, threshold=%.9g)\n"
               "============================================================\n",
               one_line(s->file, file), p->threshold);
    printf("%s of %s weights were stored; the seed made the other %s again (%.2f %%).\n"
           "The SHA-256 of every tensor is that of what was packed.\n",
           grouped(p->stored_weights, stored), grouped(p->total_weights, total),
           grouped(sleeping, asleep), weights_percent((double)sleeping, (double)p->total_weights));
    if (is_part)
        printf("%s is a part: the tensors of the others are not in it.\n", one_line(s->file, file));
    weights_print_saved(s, "the unpacked file", bytes);
    return DETINIT_OK;
}

static detinit_status unpack(const settings *s, const detinit_packed *packed, bool is_part,
                             detinit_error *error)
{
    progress bar;
    uint64_t bytes;
    if (!weights_check_count(s, detinit_packed_count(packed), error) ||
        !weights_check_memory(detinit_packed_network(packed), error))
        return error->status;
    const detinit_run run = progress_run(&bar, "unpacking", s->run.threads, s->output.quiet);
    detinit_status status =
        refuse_file(detinit_unpack_save(packed, s->output.save, &run, &bytes, error), error);
    progress_end(&bar);
    if (status != DETINIT_OK || !report_is_wanted(s))
        return status;
    return report_unpacking(s, detinit_packed_packing(packed), is_part, bytes, error);
}

static bool check(const settings *s, detinit_error *error)
{
    return weights_check_save(s, true, format_saves_tensors, error);
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    detinit_tensorfile *file;
    detinit_packed *packed;
    detinit_status status = refuse_file(detinit_tensorfile_open(s->file, &file, error), error);
    if (status != DETINIT_OK)
        return status;
    status = refuse_file(detinit_packed_open(file, &packed, error), error);
    if (status == DETINIT_OK) {
        const bool is_part = detinit_tensorfile_metadata(file, PART_ABOUT) != NULL;
        if (s->tracking.unchecked)
            detinit_packed_take_unchecked(packed);
        status = unpack(s, packed, is_part, error);
        detinit_packed_free(packed);
    }
    detinit_tensorfile_close(file);
    return status;
}

const verb verb_unpack = {
    .name = "unpack",
    .operand = "FILE",
    .noun = "file",
    .usage = "--save FILE",
    .help = "make a packed file whole again",
    .told_by = "the packed file",
    .groups = GROUP_RUN,
    .options = {VERB_OPTION(SAVE), VERB_OPTION(UNCHECKED)},
    .prints_no_csv = true,
    .check = check,
    .told = {{OPTION_SAVE, "where the unpacked file is saved"}},
    .run = run_verb,
};
