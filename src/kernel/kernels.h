/*
 * All kernels of one instruction set, and the table that picks (isa.c): a new kernel is a
 * member here, a new instruction set a row there.
 */
#ifndef DETINIT_KERNEL_KERNELS_H
#define DETINIT_KERNEL_KERNELS_H

#include "detinit.h"
#include "kernel/change_kernel.h"
#include "kernel/draw_kernel.h"
#include "kernel/effect_kernel.h"
#include "kernel/orthogonal_kernel.h"
#include "kernel/survey_kernel.h"

typedef struct kernels {
    const draw_kernel *draw;
    const change_kernel *change;
    const effect_kernel *effect;
    const orthogonal_kernel *orthogonal;
    const survey_kernel *survey;
} kernels;

/* Those of the instruction set that a run, which may be NULL, gets on this machine. */
const kernels *kernels_for(const detinit_run *run);

#endif
