/* Words that are known by their beginnings, or by what was typed in their place. */
#ifndef UI_TEXT_WORD_H
#define UI_TEXT_WORD_H

/* The n-th word of a list; NULL after the last. */
typedef const char *word_name(const void *list, int n);

/* The number of the word that `text` is, or that begins with it and no other does; -1 otherwise. */
int word_find(const char *text, word_name *name, const void *list);

/* The word of a list that `word` was most likely meant to be, or NULL if none is near. */
const char *word_nearest(const char *word, word_name *name, const void *list);

#endif
