#include "model/learning.h"

#include <stdlib.h>

void learning_free(learning *l)
{
    lesson_free(&l->lesson);
    lesson_list_free(&l->list);
    free(l->before);
    *l = (learning){.before = NULL};
}

void learning_choose(learning *l, int by)
{
    const size_t last = l->list.count > 0 ? l->list.count - 1 : 0, ahead = last - l->chosen;
    const size_t far = (size_t)(by < 0 ? -by : by);
    if (by < 0)
        l->chosen -= far < l->chosen ? far : l->chosen;
    else
        l->chosen += far < ahead ? far : ahead;
}

const lesson_step *learning_step(const learning *l)
{
    return l->step < l->lesson.step_count ? &l->lesson.steps[l->step] : NULL;
}
