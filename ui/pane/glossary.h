/* The words that panes use and do not explain on their own: one table for help. */
#ifndef UI_PANE_GLOSSARY_H
#define UI_PANE_GLOSSARY_H

#include <stddef.h>

/* Bytes that a definition has at most: three lines of a screen of 80 columns. */
#define DEFINITION_MOST 200

typedef struct glossary_entry {
    const char *word, *definition;
} glossary_entry;

/* In the order of the alphabet, whatever the case of letters. */
extern const glossary_entry glossary[];
extern const size_t glossary_count;

/* The entry of just that word, or NULL. */
const glossary_entry *glossary_find(const char *word);

#endif
