#include "base/progress.h"

#include "base/error.h"

bool progress_goes_on(const detinit_run *run, uint64_t done, uint64_t total)
{
    return run == NULL || run->progress == NULL || run->progress(run->context, done, total);
}

detinit_status progress_tell(const detinit_run *run, uint64_t done, uint64_t total,
                             detinit_error *error)
{
    if (progress_goes_on(run, done, total))
        return DETINIT_OK;
    return error_set(error, DETINIT_CANCELLED, "cancelled");
}

/* The progress of the share under way, as that of the whole. */
static bool report_share(void *context, uint64_t done, uint64_t total)
{
    const shared_progress *p = context;
    double part = total > 0 ? (double)done / (double)total : 1;
    return p->run->progress(p->run->context, p->before + (uint64_t)(part * (double)p->share),
                            p->total);
}

detinit_run progress_share(shared_progress *p, uint64_t size)
{
    detinit_run run = {.context = p};
    p->before += p->share;
    p->share = size;
    if (p->run != NULL) {
        run.threads = p->run->threads;
        run.isa = p->run->isa;
        run.progress = p->run->progress != NULL ? report_share : NULL;
    }
    return run;
}
