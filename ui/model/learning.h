/*
 * A lesson that runs, or the list of them that is open.  A lesson begins by keeping what the user
 * looked at, and ends by going back to it; what its steps change they change from the defaults on,
 * so that a step shows the same whatever was done before it.
 */
#ifndef UI_MODEL_LEARNING_H
#define UI_MODEL_LEARNING_H

#include "lesson/lesson_list.h"

struct model;
struct before_lesson;

/* All zero: neither a lesson nor the list. */
typedef struct learning {
    lesson lesson; /* that runs; without steps: none */
    size_t step;   /* the number of its step, from 0 */
    int answer;    /* the letter of the answer to its question; 0: none yet */
    struct before_lesson *before; /* owned; what to go back to, while a lesson runs */
    bool choosing;                /* the list is open */
    lesson_list list;             /* what it shows */
    size_t chosen;                /* the number of the lesson in focus there */
} learning;

void learning_free(learning *l);

/* The step that is shown; NULL: no lesson runs. */
const lesson_step *learning_step(const learning *l);

/*
 * Takes a lesson over in the place of one that runs, and keeps what is looked at where none does.
 * False without memory; then nothing has changed, and the lesson is still the caller's.
 */
bool model_begin_lesson(struct model *m, const lesson *taken);

/* Settings and view as every step begins with. */
void model_set_out(struct model *m);

/* Ends the lesson: recipe, settings, view and undo are what they were before it, and it says so. */
void model_leave_lesson(struct model *m);

#endif
