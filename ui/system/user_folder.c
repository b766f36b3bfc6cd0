#include "system/user_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool user_folder(const char *variable, const char *part_of_home, char *path, size_t size)
{
    const char *named = getenv(variable), *home = getenv("HOME");
    int length = -1;
    if (named != NULL && named[0] == '/')
        length = snprintf(path, size, "%s/detinit", named);
    else if (home != NULL && home[0] == '/')
        length = snprintf(path, size, "%s/%s/detinit", home, part_of_home);
    return length > 0 && (size_t)length < size;
}

const char *temporary_folder(void)
{
    const char *named = getenv("TMPDIR");
    return named != NULL && named[0] != '\0' && strlen(named) < 300 ? named : "/tmp";
}
