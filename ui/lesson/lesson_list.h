/* Where lessons come from: the program itself, the user's directory of lessons, any file. */
#ifndef UI_LESSON_LESSON_LIST_H
#define UI_LESSON_LESSON_LIST_H

#include "lesson/lesson.h"

/* What the name of a lesson's file ends in. */
#define LESSON_ENDING ".lesson"

/* All zero is an empty list. */
typedef struct lesson_list {
    lesson *at;
    size_t count;
} lesson_list;

/*
 * The built-in lessons, then those of the user's directory, $XDG_DATA_HOME/detinit/lessons or
 * ~/.local/share/detinit/lessons, by their names; one of a built-in's name takes its place.  A
 * file that is no lesson is in the list, and says why.  False without memory.
 */
bool lesson_list_load(lesson_list *out, detinit_error *error);
void lesson_list_free(lesson_list *list); /* leaves an empty list */

/*
 * The lesson that a name means, the beginning of only one, its number in the list from 1, or the
 * path of a file, which has a slash.  Freed by lesson_free.  False, with a sentence:
 * DETINIT_INVALID where there is none of that name, DETINIT_IO where its file is wrong.
 */
bool lesson_find(const char *name, lesson *out, detinit_error *error);

/* The name of the n-th built-in lesson; NULL after the last. */
const char *lesson_built_in_name(int n);

/*
 * The built-in lessons, up to one without a name: part of the program, so that they are found
 * wherever it lies.  Makefile.am makes them from lessons/.
 */
typedef struct built_in_lesson {
    const char *name, *text;
} built_in_lesson;

extern const built_in_lesson built_in_lessons[];

#endif
