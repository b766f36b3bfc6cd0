#ifndef UI_OPTION_REFUSE_H
#define UI_OPTION_REFUSE_H

#include "detinit.h"

/* Fills `error` with a sentence on a request that makes no sense. Returns false, to be returned. */
__attribute__((format(printf, 2, 3))) bool refuse(detinit_error *error, const char *format, ...);

/* Fills `error` with that there is no memory, which no request can help. Returns false. */
bool refuse_memory(detinit_error *error);

/* A mistake in a file is a failure, not a senseless request: DETINIT_INVALID becomes DETINIT_IO. */
detinit_status refuse_file(detinit_status status, detinit_error *error);

#endif
