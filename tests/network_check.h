/* What tests of networks share. */
#ifndef TESTS_NETWORK_CHECK_H
#define TESTS_NETWORK_CHECK_H

#include "scratch.h"

#include "detinit_track.h"

static inline detinit_status parse(const char *json, detinit_network *network, detinit_error *error)
{
    return detinit_network_parse(json, strlen(json), "m.json", network, error);
}

static inline void parse_good(const char *json, detinit_network *network)
{
    detinit_error error = {0};
    if (parse(json, network, &error) != DETINIT_OK)
        fail_msg("%s: %s", json, error.message);
}

#endif
