#include "system/target.h"
#include "base/error.h"

#include "system/memory.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* The directory that a file is in, with its final slash; "./" where the path names none. */
static void directory_of(const char *path, char *directory, size_t size)
{
    const char *slash = strrchr(path, '/');
    snprintf(directory, size, "%.*s", slash != NULL ? (int)(slash - path + 1) : 2,
             slash != NULL ? path : "./");
}

bool target_is_special(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && !S_ISDIR(about.st_mode) && !S_ISREG(about.st_mode);
}

static bool is_same(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

bool target_is_of(const char *path, const char *input)
{
    static const char ending[] = ".index.json";
    struct stat about;
    char own[PATH_MAX], theirs[PATH_MAX];
    const size_t length = strlen(input), tail = sizeof ending - 1;
    if (target_is_special(path) || stat(path, &about) != 0)
        return false;
    directory_of(path, own, sizeof own);
    if (length > tail && strcmp(input + length - tail, ending) == 0) {
        directory_of(input, theirs, sizeof theirs);
        return is_same(own, theirs);
    }
    return is_same(path, input) ||
           (stat(input, &about) == 0 && S_ISDIR(about.st_mode) && is_same(own, input));
}

detinit_status target_check(const char *path, detinit_error *error)
{
    struct stat about;
    char directory[PATH_MAX];
    directory_of(path, directory, sizeof directory);
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
    directory_of(path, directory, sizeof directory);
    if (access(directory, F_OK) != 0) /* a new folder */
        parent_of(directory);
    if (target_is_special(path) || statvfs(directory, &disk) != 0 || disk.f_blocks == 0 ||
        disk.f_bavail >= bytes / disk.f_frsize)
        return DETINIT_OK;
    return error_set(error, DETINIT_IO, "--save: '%.200s' would take %s and the disk has %s left",
                     path, memory_text(bytes, needed, sizeof needed),
                     memory_text((uint64_t)disk.f_bavail * disk.f_frsize, there, sizeof there));
}
