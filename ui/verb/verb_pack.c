/* The commands pack and unpack: files without what the seed makes again, and whole ones. */
#include "text/grouped.h"
#include "detinit_track.h"
#include "system/memory.h"
#include "option/option.h"
#include "option/refuse.h"
#include "verb/report.h"
#include "verb/verb.h"
#include "verb/weights.h"

#include <stdio.h>

/* Neither has rows that CSV could hold. */
static detinit_status check(const settings *s, bool npy_too, detinit_error *error)
{
    if (s->output.format != OUTPUT_CSV)
        return weights_check_save(s, true, npy_too, error);
    refuse(error, "--format: %s prints text or json", verbs[s->verb].name);
    return DETINIT_INVALID;
}

/* -------------------------------------------------------------------- pack */

static void print_packing(const settings *s, const detinit_packing *p)
{
    const double share = weights_percent((double)p->bytes, (double)p->dense_bytes);
    const uint64_t sleeping = p->total_weights - p->stored_weights;
    char asleep[32], total[32], stored[32], dense[32], packed[32];
    if (!s->output.quiet)
        printf("PACK (%s, threshold=%.9g)\n"
               "============================================================\n",
               s->file, p->threshold);
    printf("%s of %s weights sleep (%.2f %%): the seed makes their initial values again.\n"
           "The other %s are stored, and a bit for each weight that says which.\n\n"
           "  dense   %17s bytes\n"
           "  packed  %17s bytes, %.1f %%: smaller by a factor of %.2f\n\n"
           "  Unpacked, sleeping weights have their initial values.  What that does to the\n"
           "  accuracy of the network has to be measured on your own data.\n",
           grouped(sleeping, asleep), grouped(p->total_weights, total),
           weights_percent((double)sleeping, (double)p->total_weights),
           grouped(p->stored_weights, stored), grouped(p->dense_bytes, dense),
           grouped(p->bytes, packed), share, share > 0 ? 100 / share : 0);
    weights_print_saved(s, "the packed file", p->bytes);
}

static detinit_status report_packing(const settings *s, const detinit_packing *p,
                                     detinit_error *error)
{
    if (s->output.format != OUTPUT_JSON) {
        print_packing(s, p);
        return DETINIT_OK;
    }
    return weights_print_json(
        json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "version", DETINIT_GENERATOR_VERSION,
                  "file", s->file, "threshold", report_real(p->threshold), "total_weights",
                  report_whole(p->total_weights), "stored_weights", report_whole(p->stored_weights),
                  "dense_bytes", report_whole(p->dense_bytes), "packed_bytes",
                  report_whole(p->bytes), "saved", weights_saved_json(s, p->bytes)),
        error);
}

detinit_status verb_pack(const settings *s, detinit_error *error)
{
    weights w;
    detinit_packing packing;
    detinit_status status = check(s, false, error);
    if (status == DETINIT_OK)
        status = weights_open(s, true, &w, error);
    if (status != DETINIT_OK)
        return status;
    const detinit_run run = weights_run(&w, "packing");
    status = refuse_file(detinit_pack_save(w.c.file, w.c.tracked, w.c.count, w.threshold,
                                           s->output.save, &run, &packing, error),
                         error);
    weights_close(&w);
    return status == DETINIT_OK ? report_packing(s, &packing, error) : status;
}

/* ------------------------------------------------------------------ unpack */

/* Whether the machine can hold each orthogonal matrix. */
static bool check_memory(const detinit_network *network, detinit_error *error)
{
    char what[160];
    for (size_t n = 0; n < network->count; n++) {
        snprintf(what, sizeof what, "'%.100s': an orthogonal matrix", network->layers[n].name);
        if (!memory_allows(what, detinit_matrix_memory(&network->layers[n].recipe), error))
            return false;
    }
    return true;
}

static detinit_status report_unpacking(const settings *s, const detinit_packing *p, uint64_t bytes,
                                       detinit_error *error)
{
    const uint64_t sleeping = p->total_weights - p->stored_weights;
    char stored[32], total[32], asleep[32];
    if (s->output.format == OUTPUT_JSON)
        return weights_print_json(
            json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:o}", "version", DETINIT_GENERATOR_VERSION,
                      "file", s->file, "threshold", report_real(p->threshold), "total_weights",
                      report_whole(p->total_weights), "stored_weights",
                      report_whole(p->stored_weights), "packed_bytes", report_whole(p->bytes),
                      "saved", weights_saved_json(s, bytes)),
            error);
    if (!s->output.quiet)
        printf("UNPACK (%s, threshold=%.9g)\n"
               "============================================================\n",
               s->file, p->threshold);
    printf("%s of %s weights were stored; the seed made the other %s again (%.2f %%).\n"
           "The SHA-256 of every tensor is that of what was packed.\n",
           grouped(p->stored_weights, stored), grouped(p->total_weights, total),
           grouped(sleeping, asleep), weights_percent((double)sleeping, (double)p->total_weights));
    weights_print_saved(s, "the unpacked file", bytes);
    return DETINIT_OK;
}

static detinit_status unpack(const settings *s, const detinit_packed *packed, detinit_error *error)
{
    progress bar;
    uint64_t bytes;
    if (!weights_check_npy(s, detinit_packed_count(packed), error) ||
        !check_memory(detinit_packed_network(packed), error))
        return error->status;
    const detinit_run run = progress_run(&bar, "unpacking", s->run.threads, s->output.quiet);
    detinit_status status =
        refuse_file(detinit_unpack_save(packed, s->output.save, &run, &bytes, error), error);
    progress_end(&bar);
    return status == DETINIT_OK ? report_unpacking(s, detinit_packed_packing(packed), bytes, error)
                                : status;
}

detinit_status verb_unpack(const settings *s, detinit_error *error)
{
    detinit_tensorfile *file;
    detinit_packed *packed;
    detinit_status status = check(s, true, error);
    if (status != DETINIT_OK)
        return status;
    status = refuse_file(detinit_tensorfile_open(s->file, &file, error), error);
    if (status != DETINIT_OK)
        return status;
    status = refuse_file(detinit_packed_open(file, &packed, error), error);
    if (status == DETINIT_OK) {
        status = unpack(s, packed, error);
        detinit_packed_free(packed);
    }
    detinit_tensorfile_close(file);
    return status;
}
