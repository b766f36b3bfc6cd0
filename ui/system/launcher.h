/* Which of many processes this one is, as whatever started them tells it in the environment. */
#ifndef UI_SYSTEM_LAUNCHER_H
#define UI_SYSTEM_LAUNCHER_H

#include "detinit.h"

/*
 * Part *part, from 1, of *parts: the rank plus one and the size that Slurm, Open MPI, PMI,
 * torchrun or an indexed job of Kubernetes set.  DETINIT_INVALID with a sentence where none of
 * them tells both, where they make no sense, and where two disagree.
 */
detinit_status launcher_part(uint64_t *part, uint64_t *parts, detinit_error *error);

#endif
