#include "system/target.h"
#include "base/error.h"
#include "base/path.h"

#include "system/memory.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

bool target_is_special(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && !S_ISDIR(about.st_mode) && !S_ISREG(about.st_mode);
}

bool target_is_of(const char *path, const char *input)
{
    static const char ending[] = ".index.json";
    struct stat about;
    char own[PATH_MAX], theirs[PATH_MAX];
    const char *name;
    const size_t length = strlen(input), tail = sizeof ending - 1;
    if (target_is_special(path) || stat(path, &about) != 0)
        return false;
    path_split(path, own, &name);
    if (length > tail && strcmp(input + length - tail, ending) == 0) {
        path_split(input, theirs, &name);
        return path_is_same(own, theirs);
    }
    return path_is_same(path, input) ||
           (stat(input, &about) == 0 && S_ISDIR(about.st_mode) && path_is_same(own, input));
}

detinit_status target_check(const char *path, detinit_error *error)
{
    struct stat about;
    char directory[PATH_MAX];
    const char *name;
    path_split(path, directory, &name);
    if (target_is_special(path))
        return DETINIT_OK;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return error_set(error, DETINIT_INVALID, "--save: '%.200s' is a directory; name a file",
                         path);
    if (access(directory, W_OK | X_OK) == 0)
        return DETINIT_OK;
    return error_set(error, DETINIT_INVALID, "--save: cannot write into '%.200s': %s", directory,
                     strerror(errno));
}

/* Replaces the path of a folder by that of the one that it is in. */
static void parent_of(char directory[PATH_MAX])
{
    size_t length = strlen(directory);
    while (length > 1 && directory[length - 1] == '/')
        length--;
    while (length > 0 && directory[length - 1] != '/')
        length--;
    strcpy(directory + length, length > 0 ? "" : "./");
}

detinit_status target_room(const char *path, uint64_t bytes, detinit_error *error)
{
    struct statvfs disk;
    char needed[32], there[32], directory[PATH_MAX];
    const char *name;
    path_split(path, directory, &name);
    if (access(directory, F_OK) != 0) /* a new folder */
        parent_of(directory);
    if (target_is_special(path) || statvfs(directory, &disk) != 0 || disk.f_blocks == 0 ||
        disk.f_bavail >= bytes / disk.f_frsize)
        return DETINIT_OK;
    return error_set(error, DETINIT_IO, "--save: '%.200s' would take %s and the disk has %s left",
                     path, memory_text(bytes, needed, sizeof needed),
                     memory_text((uint64_t)disk.f_bavail * disk.f_frsize, there, sizeof there));
}
