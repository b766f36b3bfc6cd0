/* Rules of names: what is read finds each name once, or tells why not. */
#include "target.h"

#include "detinit_network.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const char *const held[] = {"model.layers.0.mlp.weight",
                                   "model.layers.1.mlp.weight",
                                   "module.fc1.weight_orig",
                                   "qkv.weight",
                                   "lm_head.weight",
                                   "a*b"};
static const char *const wanted[] = {"h.0.mlp", "h.1.mlp", "fc1", "q", "k", "v", "lm_head", "x"};

static void check_places(const detinit_name_place *places)
{
    for (size_t n = 0; n < COUNT(wanted); n++) {
        if (places[n].held == DETINIT_NAME_MISSING)
            continue;
        fuzz_check(places[n].held < COUNT(held));
        fuzz_check(places[n].part < places[n].parts);
        fuzz_check((places[n].stacking == DETINIT_STACKED_NOT) == (places[n].parts == 1));
    }
}

TARGET(names)
{
    detinit_name_rules *rules;
    detinit_name_place places[COUNT(wanted)];
    detinit_error error;
    char *text = malloc(size + 1);
    fuzz_check(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    detinit_status status = detinit_name_rules_parse(text, "fuzz", &rules, &error);
    free(text); /* the rules keep nothing of it */
    if (status != DETINIT_OK) {
        fuzz_check_error(status, &error);
        return 0;
    }
    for (int partial = 0; partial <= 1; partial++) {
        status = detinit_names_find(wanted, COUNT(wanted), "the manifest", held, COUNT(held),
                                    "'model.pt'", rules, partial, places, &error);
        if (status == DETINIT_OK)
            check_places(places);
        else
            fuzz_check_error(status, &error);
    }
    detinit_name_rules_free(rules);
    return 0;
}
