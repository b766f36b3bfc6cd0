#include "text/word.h"

#include <string.h>

int word_find(const char *text, word_name *name, const void *list)
{
    const char *word;
    int found = -1;
    for (int n = 0; (word = name(list, n)) != NULL; n++) {
        if (strcmp(word, text) == 0)
            return n;
        if (strncmp(word, text, strlen(text)) == 0)
            found = found == -1 ? n : -2;
    }
    return found >= 0 ? found : -1;
}
