#include "base/path.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

void path_split(const char *path, char directory[PATH_MAX], const char **name)
{
    const char *slash = strrchr(path, '/');
    *name = slash != NULL ? slash + 1 : path;
    snprintf(directory, PATH_MAX, "%.*s", slash != NULL ? (int)(*name - path) : 2,
             slash != NULL ? path : "./");
}

bool path_is_same(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}
