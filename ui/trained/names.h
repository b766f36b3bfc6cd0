/* Rules for the names of tensors, as people give them: on the command line, or in a file. */
#ifndef UI_TRAINED_NAMES_H
#define UI_TRAINED_NAMES_H

#include "detinit_network.h"

/*
 * Reads what --names says: rules, where there is a =, else the path of a file of them.  *out is
 * freed by detinit_name_rules_free; NULL where `text` is.  DETINIT_INVALID for a wrong rule,
 * DETINIT_IO for a file that cannot be read.
 */
detinit_status names_read(const char *text, detinit_name_rules **out, detinit_error *error);

#endif
