#include "option/settings.h"

#include <stdlib.h>

void settings_init(settings *s)
{
    *s = (settings){
        .recipe = detinit_recipe_matrix(42, 0, 10, 10),
        .tracking = {.threshold = 1e-6},
        .training = {.epochs = 3,
                     .batch = 128,
                     .learning_rate = 0.2,
                     .lambda = 5e-5,
                     .schedule = SCHEDULE_LINEAR},
    };
}

void settings_free(settings *s)
{
    char **const texts[] = {&s->output.save, &s->session.script,   &s->session.command, &s->file,
                            &s->network.net, &s->network.manifest, &s->training.data};
    for (size_t n = 0; n < sizeof texts / sizeof texts[0]; n++) {
        free(*texts[n]);
        *texts[n] = NULL;
    }
}
