/*
 * For loops over many weights: a function whose body is the macro `body` once
 * for every machine of the family and once for AVX2, with the same results.
 */
#ifndef DETINIT_KERNEL_BULK_H
#define DETINIT_KERNEL_BULK_H

#include "detinit.h"

#ifdef __x86_64__
#define BULK_AVX2 __attribute__((target("avx2")))
#else
#define BULK_AVX2
#endif

/* True where the AVX2 twin may be called on this machine and `run` does not forbid it. */
static inline bool bulk_has_avx2(const detinit_run *run)
{
#ifdef __x86_64__
    detinit_isa isa = detinit_isa_available(run != NULL ? run->isa : DETINIT_ISA_BEST);
    return isa == DETINIT_ISA_AVX2 || isa == DETINIT_ISA_AVX512;
#else
    (void)run;
    return false;
#endif
}

#endif
