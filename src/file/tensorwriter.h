/* What the library's own writers of .safetensors files need beyond the public interface. */
#ifndef DETINIT_FILE_TENSORWRITER_H
#define DETINIT_FILE_TENSORWRITER_H

#include "detinit_track.h"

/*
 * detinit_tensorwriter_open that can be cancelled: while a pipe has no reader or a slow
 * one, the progress of `run`, which must outlive the writer, is asked whether to go on.
 */
detinit_status tensorwriter_open(const char *path, const detinit_run *run,
                                 detinit_tensorwriter **out, detinit_error *error);

#endif
