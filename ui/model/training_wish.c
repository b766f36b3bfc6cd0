#include "model/training_wish.h"

#include <stdlib.h>

training_wish *training_wish_add(training_wish **list, training_task task, const settings *s)
{
    training_wish *wish = calloc(1, sizeof *wish);
    if (wish == NULL || !settings_copy(&wish->settings, s)) {
        free(wish);
        return NULL;
    }
    wish->task = task;
    while (*list != NULL)
        list = &(*list)->next;
    *list = wish;
    return wish;
}

void training_wish_free(training_wish *wish)
{
    if (wish != NULL)
        settings_free(&wish->settings);
    free(wish);
}

void training_wishes_free(training_wish **list)
{
    while (*list != NULL) {
        training_wish *first = *list;
        *list = first->next;
        training_wish_free(first);
    }
}
