#include "text/word.h"

#include <stdbool.h>
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

#define NAME_MOST 32

/* Damerau-Levenshtein distance (adjacent letters may be swapped); words are short. */
static int edit_distance(const char *a, const char *b)
{
    int la = (int)strlen(a), lb = (int)strlen(b), d[NAME_MOST + 1][NAME_MOST + 1];
    if (la > NAME_MOST || lb > NAME_MOST)
        return NAME_MOST;
    for (int i = 0; i <= la; i++) {
        for (int j = 0; j <= lb; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] + 1 < best)
                best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best)
                best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    }
    return d[la][lb];
}

const char *word_nearest(const char *word, word_name *name, const void *list)
{
    const char *nearest = NULL, *candidate;
    const int length = (int)strlen(word);
    int least = 1 + (length + 2) / 3; /* a third of the letters may be wrong, and never all */
    for (int n = 0; (candidate = name(list, n)) != NULL; n++) {
        int distance = edit_distance(word, candidate);
        bool begins = length >= 2 && strncmp(word, candidate, (size_t)length) == 0;
        if (begins || (distance < least && distance < length)) {
            nearest = candidate;
            least = begins ? 0 : distance;
        }
    }
    return nearest;
}
