#include "term/background.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool background_of_environment(void)
{
    const char *colors = getenv("COLORFGBG"), *last = colors != NULL ? strrchr(colors, ';') : NULL;
    int background = last != NULL ? atoi(last + 1) : 0;
    return background == 7 || background == 15;
}

/* One to four hexadecimal digits, as a share of the most that they can say. */
static bool take_share(const char **at, double *share)
{
    char *end;
    const unsigned long value = strtoul(*at, &end, 16);
    const long digits = end - *at;
    if (digits < 1 || digits > 4)
        return false;
    *share = (double)value / (double)((1ul << (4 * digits)) - 1);
    *at = end + (*end == '/');
    return true;
}

bool background_of_answer(const char *answer, bool *light)
{
    const char *at = strstr(answer, "rgb");
    double red, green, blue;
    if (strncmp(answer, "11;", 3) != 0 || at == NULL || (at = strchr(at, ':')) == NULL)
        return false;
    at++;
    if (!take_share(&at, &red) || !take_share(&at, &green) || !take_share(&at, &blue))
        return false;
    *light = 0.299 * red + 0.587 * green + 0.114 * blue > 0.5;
    return true;
}
