/* A lesson that runs, or the list of them that is open. */
#ifndef UI_MODEL_LEARNING_H
#define UI_MODEL_LEARNING_H

#include "lesson/lesson_list.h"

struct before_lesson;

/* All zero: neither a lesson nor the list. */
typedef struct learning {
    lesson lesson;                /* that runs; without steps: none */
    size_t step;                  /* the number of its step, from 0 */
    int above;                    /* lines of it that are above its box, which has too few */
    int answer;                   /* the letter of the answer to its question; 0: none yet */
    struct before_lesson *before; /* owned; what to go back to, while a lesson runs */
    bool choosing;                /* the list is open */
    lesson_list list;             /* what it shows */
    size_t chosen;                /* the number of the lesson in focus there */
} learning;

void learning_free(learning *l);

/* Moves the focus of the list by so many lessons, as far as it goes. */
void learning_choose(learning *l, int by);

/* The step that is shown; NULL: no lesson runs. */
const lesson_step *learning_step(const learning *l);

#endif
