#include "model/learning.h"

#include <stdlib.h>

void learning_free(learning *l)
{
    lesson_free(&l->lesson);
    lesson_list_free(&l->list);
    free(l->before);
    *l = (learning){.before = NULL};
}

const lesson_step *learning_step(const learning *l)
{
    return l->step < l->lesson.step_count ? &l->lesson.steps[l->step] : NULL;
}
