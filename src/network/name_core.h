/* What is left of a tensor's name without what training tools add to it. */
#ifndef DETINIT_NETWORK_NAME_CORE_H
#define DETINIT_NETWORK_NAME_CORE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a tensor of that name is beside another: some endings tell nothing without. */
typedef bool name_is_beside(const void *context, const char *name);

/*
 * Writes what is left into `core`, which has room for the name.  Returns core.  Which prefixes and
 * endings go is told with detinit_name_rules.
 */
const char *name_core(const char *name, name_is_beside *is_beside, const void *context, char *core);

/* The same of what stands in front or wraps a module alone: the endings stay. */
const char *name_behind(const char *name, char *rest);

#endif
