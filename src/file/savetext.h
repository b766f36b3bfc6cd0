/* A text saved as a file, all or nothing. */
#ifndef DETINIT_FILE_SAVETEXT_H
#define DETINIT_FILE_SAVETEXT_H

#include "detinit.h"

/* Saves all of a text as `path`, as savefile_open and its kin do; *bytes grows by its size. */
detinit_status savetext(const char *path, const char *text, uint64_t *bytes, detinit_error *error);

#endif
