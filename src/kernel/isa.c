/* The instruction sets: what each is called, its kernels, and whether this machine can run them. */
#include "config.h"

#include "base/names.h"
#include "kernel/kernels.h"

#include <pthread.h>
#include <stdlib.h>

extern const kernels kernels_baseline;

static bool has_baseline(void)
{
    return true;
}

/* Whether the processor and the system can run what an instruction set was compiled with. */
#ifdef HAVE_X86_64_KERNELS
extern const kernels kernels_avx2, kernels_avx512;

static bool has_avx2(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2");
}

static bool has_avx512(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}

#define X86_64(build) &kernels_##build, has_##build
#else
#define X86_64(build) NULL, NULL
#endif

/* The later the better; what this library was not built for has a name alone. */
static const struct isa_row {
    const char *name;
    const kernels *kernels;
    bool (*has)(void);
} rows[DETINIT_ISA_COUNT] = {
    [DETINIT_ISA_BEST] = {"best", NULL, NULL},
    [DETINIT_ISA_BASELINE] = {"baseline", &kernels_baseline, has_baseline},
    [DETINIT_ISA_AVX2] = {"AVX2", X86_64(avx2)},
    [DETINIT_ISA_AVX512] = {"AVX-512", X86_64(avx512)},
};

/* The last that is used: what DETINIT_KERNELS names, by which tests run as on lesser machines. */
static detinit_isa last;

static void find_last(void)
{
    const char *named = getenv("DETINIT_KERNELS");
    last = DETINIT_ISA_COUNT - 1;
    for (int isa = DETINIT_ISA_BASELINE; named != NULL && isa < DETINIT_ISA_COUNT; isa++)
        if (names_alike(named, rows[isa].name))
            last = (detinit_isa)isa;
}

detinit_isa detinit_isa_available(detinit_isa wanted)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_last);
    detinit_isa isa = wanted == DETINIT_ISA_BEST || wanted > last ? last : wanted;
    while (rows[isa].kernels == NULL || !rows[isa].has())
        isa--;
    return isa;
}

const kernels *kernels_for(const detinit_run *run)
{
    return rows[detinit_isa_available(run != NULL ? run->isa : DETINIT_ISA_BEST)].kernels;
}

const char *detinit_isa_name(detinit_isa isa)
{
    return rows[isa].name;
}
