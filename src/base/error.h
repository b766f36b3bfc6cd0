#ifndef DETINIT_BASE_ERROR_H
#define DETINIT_BASE_ERROR_H

#include "detinit.h"

/* Fills `error`, where it is not NULL, from a printf format, and returns `status`. */
__attribute__((format(printf, 3, 4))) detinit_status
error_set(detinit_error *error, detinit_status status, const char *format, ...);

#endif
