/* What a pickle holds: its tensors under dotted names, and what else it says. */
#ifndef DETINIT_FILE_PICKLE_WALK_H
#define DETINIT_FILE_PICKLE_WALK_H

#include "file/pickle.h"
#include "file/tensorlist.h"

/*
 * Puts all tensors of a value into `list`: "model.fc.weight" of {"model": {"fc.weight": ...}},
 * indices of lists and tuples as names; and as metadata the numbers and short texts of dicts.
 * `found` is called for each tensor with its member, whose name, shape and type are set.
 * DETINIT_INVALID where lists lie in one another without end, or a name is none.
 */
detinit_status pickle_walk(const pickle_value *value, tensorlist *list, const char *shown,
                           detinit_status (*found)(void *context, member *m,
                                                   const pickle_tensor *tensor,
                                                   detinit_error *error),
                           void *context, detinit_error *error);

#endif
