/* A network as a table on standard output: text, JSON, CSV. */
#ifndef UI_VERB_NETWORK_TABLE_H
#define UI_VERB_NETWORK_TABLE_H

#include "detinit_track.h"
#include "option/settings.h"

/* Prints in the format of the settings, with what was saved where something was. */
detinit_status network_table_print(const settings *s, const detinit_network *network,
                                   const detinit_shards_saved *saved, detinit_error *error);

#endif
