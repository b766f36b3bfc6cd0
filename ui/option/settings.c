#include "option/settings.h"

#include <stdlib.h>
#include <string.h>

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

/* The texts that settings own. */
#define TEXTS 7
static void find_texts(settings *s, char **texts[TEXTS])
{
    char **all[TEXTS] = {&s->output.save, &s->session.script,   &s->session.command, &s->file,
                         &s->network.net, &s->network.manifest, &s->training.data};
    memcpy(texts, all, sizeof all);
}

void settings_free(settings *s)
{
    char **texts[TEXTS];
    find_texts(s, texts);
    for (int n = 0; n < TEXTS; n++) {
        free(*texts[n]);
        *texts[n] = NULL;
    }
}

bool settings_copy(settings *to, const settings *from)
{
    char **texts[TEXTS];
    bool enough = true;
    *to = *from;
    find_texts(to, texts);
    for (int n = 0; n < TEXTS; n++) {
        const char *text = *texts[n];
        *texts[n] = text != NULL ? strdup(text) : NULL;
        enough = enough && (text == NULL || *texts[n] != NULL);
    }
    if (!enough)
        settings_free(to);
    return enough;
}
