/* Networks: the tensors of a whole model, by name. */
#include "network/network.h"

#include "detinit_network.h"
#include "base/error.h"
#include "base/whole.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void detinit_network_free(detinit_network *network)
{
    for (size_t n = 0; n < network->count; n++)
        free(network->layers[n].name);
    free(network->layers);
    *network = (detinit_network){0};
}

const detinit_layer *detinit_network_find(const detinit_network *network, const char *name)
{
    for (size_t n = 0; n < network->count; n++)
        if (strcmp(network->layers[n].name, name) == 0)
            return &network->layers[n];
    return NULL;
}

/* ------------------------------------------------------------------- names */

bool network_name_good(const char *name)
{
    size_t length = strnlen(name, NETWORK_NAME_MOST + 1);
    if (length == 0 || length > NETWORK_NAME_MOST || name[0] == '.' ||
        strcmp(name, "__metadata__") == 0)
        return false;
    for (size_t n = 0; n < length; n++) {
        const unsigned char c = (unsigned char)name[n];
        /* U+0080 .. U+009F control terminals, too; in UTF-8 they are C2 80 .. C2 9F. */
        if (c < 0x20 || c == 0x7F || c == '/' || (c == 0xC2 && (unsigned char)name[n + 1] < 0xA0))
            return false;
    }
    return true;
}

static int by_name_and_place(const void *a, const void *b)
{
    const detinit_layer *const *x = a, *const *y = b;
    int order = strcmp((*x)->name, (*y)->name);
    return order != 0 ? order : (*x > *y) - (*x < *y);
}

bool network_repeated(const detinit_network *network, const detinit_layer **repeated)
{
    const detinit_layer **sorted = malloc((network->count + 1) * sizeof *sorted);
    *repeated = NULL;
    if (sorted == NULL)
        return false;
    for (size_t n = 0; n < network->count; n++)
        sorted[n] = &network->layers[n];
    qsort(sorted, network->count, sizeof *sorted, by_name_and_place);
    for (size_t n = 1; n < network->count; n++)
        if (strcmp(sorted[n - 1]->name, sorted[n]->name) == 0 &&
            (*repeated == NULL || sorted[n] < *repeated))
            *repeated = sorted[n];
    free(sorted);
    return true;
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
