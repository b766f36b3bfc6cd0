/*
 * A machine for Python's pickles, protocols 2 to 5, as torch.save writes them.  It runs nothing:
 * the only functions and classes that it knows are those of pickle_globals.c, which build values;
 * anything else is refused by its name.  Memory and depth are bounded.
 */
#ifndef DETINIT_FILE_PICKLE_H
#define DETINIT_FILE_PICKLE_H

#include "base/arena.h"
#include "file/pickle_value.h"

/* Bytes of a pickle, and of what is made of it. */
#define PICKLE_MOST        ((size_t)48 << 20)
#define PICKLE_MEMORY_MOST ((size_t)128 << 20)

/*
 * Runs a pickle; what it makes lies in `memory`, whose `most` is set here.  DETINIT_INVALID with a
 * sentence that names `shown`.
 */
detinit_status pickle_load(const unsigned char *bytes, size_t size, const char *shown,
                           arena *memory, pickle_value **out, detinit_error *error);

#endif
