/* Manifests of networks: what is read is written, and read again the same. */
#include "target.h"

#include "detinit_network.h"
#include <stdlib.h>
#include <string.h>

TARGET(manifest)
{
    detinit_network network, again;
    detinit_error error;
    detinit_status status =
        detinit_network_parse((const char *)data, size, "fuzz", &network, &error);
    if (status != DETINIT_OK) {
        fuzz_check_error(status, &error);
        return 0;
    }
    char *text = detinit_network_manifest(&network);
    fuzz_check(text != NULL);
    fuzz_check(detinit_network_parse(text, strlen(text), "fuzz", &again, &error) == DETINIT_OK);
    fuzz_check(again.count == network.count);
    for (size_t n = 0; n < network.count; n++) {
        fuzz_check(strcmp(network.layers[n].name, again.layers[n].name) == 0);
        fuzz_check(detinit_recipe_check(&network.layers[n].recipe, NULL) == DETINIT_OK);
        fuzz_check(detinit_recipe_equal(&network.layers[n].recipe, &again.layers[n].recipe));
        fuzz_check(detinit_network_find(&network, network.layers[n].name) == &network.layers[n]);
    }
    char *text_again = detinit_network_manifest(&again);
    fuzz_check(text_again != NULL && strcmp(text, text_again) == 0);
    free(text);
    free(text_again);
    detinit_network_free(&network);
    detinit_network_free(&again);
    return 0;
}
