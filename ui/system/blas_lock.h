/* The lock on OpenBLAS, which has one number of threads for the whole process. */
#ifndef UI_SYSTEM_BLAS_LOCK_H
#define UI_SYSTEM_BLAS_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>

/* Waits for the lock, and takes it; false where *give_up became true before. */
bool blas_lock(const atomic_bool *give_up);
void blas_unlock(void);

#endif
