/* Networks: the tensors of a whole model, and those of a fully connected one. */
#include "detinit_network.h"

#include "base/error.h"
#include "base/whole.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void detinit_network_free(detinit_network *network)
{
    for (size_t n = 0; n < network->count; n++) {
        free(network->layers[n].name);
        free((detinit_recipe *)(uintptr_t)network->layers[n].recipe.parts);
    }
    free(network->layers);
    free(network->by_name);
    *network = (detinit_network){0};
}

/* ------------------------------------------------------------------ widths */

/* The width that `*at` begins with, 1 .. 2^63-1, and goes past it and the dash behind it. */
static bool take_width(const char **at, uint64_t *width)
{
    char digits[24];
    const size_t length = strspn(*at, "0123456789");
    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, *at, length);
    digits[length] = '\0';
    *at += length;
    if (whole_parse(digits, width) != WHOLE_FINE || *width < 1 || *width > DETINIT_MAX_DIMENSION)
        return false;
    if (**at == '-')
        return *++*at != '\0';
    return **at == '\0';
}

/* Layer `n` of a fully connected network, from `in` units to `out`. */
static detinit_status make_layer(size_t n, uint64_t in, uint64_t out, const detinit_recipe *like,
                                 detinit_layer *layer, detinit_error *error)
{
    char name[32];
    const bool in_first = like->fan_in == DETINIT_FAN_IN_ROWS;
    snprintf(name, sizeof name, "fc%zu", n + 1);
    layer->recipe = *like;
    layer->recipe.layer = like->layer + n;
    layer->recipe.part_count = 0;
    layer->recipe.parts = NULL;
    layer->recipe.rank = 2;
    layer->recipe.shape[0] = in_first ? in : out;
    layer->recipe.shape[1] = in_first ? out : in;
    layer->name = strdup(name);
    if (layer->name == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for a network");
    return detinit_recipe_check(&layer->recipe, error);
}

static detinit_status make_layers(const char *widths, const detinit_recipe *like,
                                  detinit_network *network, detinit_error *error)
{
    uint64_t in, out;
    const char *at = widths;
    bool good = take_width(&at, &in) && *at != '\0';
    while (good && *at != '\0') {
        good = take_width(&at, &out);
        if (!good)
            break;
        detinit_status status =
            make_layer(network->count, in, out, like, &network->layers[network->count], error);
        network->count++;
        if (status != DETINIT_OK)
            return status;
        in = out;
    }
    if (good)
        return DETINIT_OK;
    return error_set(error, DETINIT_INVALID,
                     "'%.60s' is not a network: two or more widths, each 1 .. 2^63-1, joined by "
                     "dashes, 784-256-128-10",
                     widths);
}

detinit_status detinit_network_layers(const char *widths, const detinit_recipe *like,
                                      detinit_network *out, detinit_error *error)
{
    size_t dashes = 0;
    for (const char *at = widths; *at != '\0'; at++)
        dashes += *at == '-';
    if (dashes > DETINIT_NETWORK_MOST)
        return error_set(error, DETINIT_INVALID, "a network can have %d tensors at most, not %zu",
                         DETINIT_NETWORK_MOST, dashes);
    detinit_network network = {.layers = calloc(dashes + 1, sizeof *network.layers)};
    detinit_status status = network.layers == NULL
                                ? error_set(error, DETINIT_NO_MEMORY, "no memory for a network")
                                : make_layers(widths, like, &network, error);
    if (status != DETINIT_OK)
        detinit_network_free(&network);
    else
        *out = network;
    return status;
}
