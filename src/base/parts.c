#include "base/parts.h"

static bool report(void *context, uint64_t done, uint64_t total)
{
    const parts *p = context;
    double share = total > 0 ? (double)done / (double)total : 1;
    return p->run->progress(p->run->context, p->before + (uint64_t)(share * (double)p->part),
                            p->total);
}

detinit_run parts_next(parts *p, uint64_t size)
{
    detinit_run run = {.context = p};
    p->before += p->part;
    p->part = size;
    if (p->run != NULL) {
        run.threads = p->run->threads;
        run.isa = p->run->isa;
        run.progress = p->run->progress != NULL ? report : NULL;
    }
    return run;
}
