/*
 * Lessons: guided tours of the explorer.  Each is a text of lines `key: text`; a line that begins
 * with a blank goes on with the one before it, and # begins a comment.  First comes `title:`; then
 * each `say:` begins a step, with what else the step has (README.md tells all keys).
 */
#ifndef UI_LESSON_LESSON_H
#define UI_LESSON_LESSON_H

#include "detinit.h"

#include <stdbool.h>
#include <stddef.h>

/* Answers that a question may have: a, b and c. */
#define LESSON_ANSWERS 3

/* A text, and the number of the line where it begins. */
typedef struct lesson_line {
    char *text;
    int number;
} lesson_line;

typedef struct lesson_lines {
    lesson_line *at;
    size_t count;
} lesson_lines;

typedef struct lesson_step {
    lesson_line say;                     /* the caption */
    lesson_lines commands;               /* of the prompt, carried out when the step opens */
    lesson_lines sees;                   /* what must then be on a screen of 120 x 40 */
    lesson_line ask;                     /* a question; without text: none */
    lesson_line answers[LESSON_ANSWERS]; /* without text: none */
    int right;                           /* the number of the right answer, from 0 */
    lesson_line why;                     /* told once the question is answered */
} lesson_step;

/* All is owned; a lesson of zeros is none. */
typedef struct lesson {
    char *name;  /* what `learn NAME` takes */
    char *shown; /* what sentences call its file */
    char *title;
    lesson_step *steps;
    size_t step_count; /* 0 only where it is wrong */
    char *wrong;       /* why its file is no lesson; NULL: it is one */
} lesson;

void lesson_free(lesson *l); /* leaves none */

/*
 * Makes a lesson of a text, whose file sentences call `shown`: "FILE:LINE: what was expected".
 * False, with DETINIT_IO and such a sentence, where it is none; then there is nothing to free.
 */
bool lesson_parse(const char *text, const char *name, const char *shown, lesson *out,
                  detinit_error *error);

#endif
