/* The names of a network's tensors: what they can be, and how one is found among many. */
#include "network/network.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

bool network_name_good(const char *name)
{
    const size_t length = strnlen(name, NETWORK_NAME_MOST + 1);
    if (length == 0 || length > NETWORK_NAME_MOST || strcmp(name, "__metadata__") == 0 ||
        !utf8_is_text(name, length))
        return false;
    for (size_t n = 0; n < length; n++) {
        const unsigned char c = (unsigned char)name[n];
        /* U+0080 .. U+009F control terminals, too; in UTF-8 they are C2 80 .. C2 9F. */
        if (c < 0x20 || c == 0x7F || (c == 0xC2 && (unsigned char)name[n + 1] < 0xA0))
            return false;
    }
    return true;
}

static int by_name_and_place(const void *a, const void *b)
{
    const detinit_layer *const *x = a, *const *y = b;
    const int order = strcmp((*x)->name, (*y)->name);
    return order != 0 ? order : (*x > *y) - (*x < *y);
}

bool network_index(detinit_network *network, const detinit_layer **repeated)
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
    if (*repeated == NULL) {
        free(network->by_name);
        network->by_name = sorted;
    } else {
        free(sorted);
    }
    return true;
}

static int by_name(const void *name, const void *layer)
{
    return strcmp(name, (*(const detinit_layer *const *)layer)->name);
}

static const detinit_layer *find_one_by_one(const detinit_network *network, const char *name)
{
    for (size_t n = 0; n < network->count; n++)
        if (strcmp(network->layers[n].name, name) == 0)
            return &network->layers[n];
    return NULL;
}

const detinit_layer *detinit_network_find(const detinit_network *network, const char *name)
{
    if (network->by_name == NULL)
        return find_one_by_one(network, name);
    const detinit_layer *const *found =
        bsearch(name, network->by_name, network->count, sizeof *network->by_name, by_name);
    return found != NULL ? *found : NULL;
}
