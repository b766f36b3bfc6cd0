/* Files of tensors that come through a pipe: readers need any place of a file at any time. */
#ifndef UI_SYSTEM_PIPED_H
#define UI_SYSTEM_PIPED_H

#include "detinit.h"

/*
 * Where `*path` names a pipe or a socket, or standard input as "-", what comes from it goes, to its
 * end, into a file without a name in the folder for temporary files, and `*path` (malloc'ed)
 * becomes one that opens that file as often as is wanted, until this program ends: /dev/fd/N or
 * /dev/stdin stay what they were.  Any other path is left as it is.  DETINIT_CANCELLED at a signal.
 */
detinit_status piped_put_aside(char **path, detinit_error *error);

#endif
