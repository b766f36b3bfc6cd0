/* Which kernels this machine can run. */
#include "config.h"

#include "kernel/change_kernel.h"
#include "kernel/kernel.h"

extern const kernel kernel_baseline, kernel_avx2, kernel_avx512;
extern const change_kernel change_baseline, change_avx2, change_avx512;

#ifdef HAVE_X86_64_KERNELS

/* Whether the processor and the system can run what an instruction set was compiled with. */
static bool has(detinit_isa isa)
{
    __builtin_cpu_init();
    if (isa == DETINIT_ISA_AVX512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
    return isa != DETINIT_ISA_AVX2 || __builtin_cpu_supports("avx2");
}

detinit_isa detinit_isa_available(detinit_isa wanted)
{
    detinit_isa isa = wanted == DETINIT_ISA_BEST ? DETINIT_ISA_AVX512 : wanted;
    while (!has(isa))
        isa--;
    return isa;
}

const kernel *kernel_for(detinit_isa isa)
{
    switch (detinit_isa_available(isa)) {
    case DETINIT_ISA_AVX512:
        return &kernel_avx512;
    case DETINIT_ISA_AVX2:
        return &kernel_avx2;
    default:
        return &kernel_baseline;
    }
}

const change_kernel *change_kernel_for(detinit_isa isa)
{
    switch (detinit_isa_available(isa)) {
    case DETINIT_ISA_AVX512:
        return &change_avx512;
    case DETINIT_ISA_AVX2:
        return &change_avx2;
    default:
        return &change_baseline;
    }
}

#else

detinit_isa detinit_isa_available(detinit_isa wanted)
{
    (void)wanted;
    return DETINIT_ISA_BASELINE;
}

const kernel *kernel_for(detinit_isa isa)
{
    (void)isa;
    return &kernel_baseline;
}

const change_kernel *change_kernel_for(detinit_isa isa)
{
    (void)isa;
    return &change_baseline;
}

#endif

const char *detinit_isa_name(detinit_isa isa)
{
    static const char *const names[DETINIT_ISA_COUNT] = {"best", "baseline", "AVX2", "AVX-512"};
    return names[isa];
}
