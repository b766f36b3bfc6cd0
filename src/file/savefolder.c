#include "file/savefolder.h"

#include "base/error.h"
#include "file/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define OPEN_FOLDER (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static detinit_status failed(const savefolder *folder, detinit_error *error)
{
    return error_set(error, DETINIT_IO, "cannot write '%.400s': %s", folder->shown,
                     strerror(errno));
}

static bool is_dots(const char *entry)
{
    return strcmp(entry, ".") == 0 || strcmp(entry, "..") == 0;
}

/* Removes a folder of files. */
static void remove_folder(const char *path)
{
    DIR *listing = opendir(path);
    if (listing == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;)
        if (!is_dots(entry->d_name))
            unlinkat(dirfd(listing), entry->d_name, 0);
    closedir(listing);
    rmdir(path);
}

/* Clears away what earlier saves of this target left when they were killed. */
static void remove_abandoned(const char *directory, const char *name)
{
    DIR *listing = opendir(directory);
    if (listing == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        char path[PATH_MAX];
        if (!temporary_is_of(entry->d_name, name) ||
            snprintf(path, sizeof path, "%s/%s", directory, entry->d_name) >= PATH_MAX)
            continue;
        int fd = open(path, OPEN_FOLDER | O_NOFOLLOW);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
            remove_folder(path);
        if (fd >= 0)
            close(fd);
    }
    closedir(listing);
}

/* Whether the lock was got before another save took the folder for an abandoned one. */
static bool lock_folder(int fd)
{
    struct stat about;
    return flock(fd, LOCK_EX) != 0 || fstat(fd, &about) != 0 || about.st_nlink > 0;
}

static detinit_status make_temporary(savefolder *folder, detinit_error *error)
{
    for (unsigned attempt = 0;
         attempt < TEMPORARY_ATTEMPTS && temporary_name(folder->target, attempt, folder->temporary);
         attempt++) {
        if (mkdir(folder->temporary, 0777) != 0) {
            if (errno == EEXIST)
                continue;
            break;
        }
        folder->fd = open(folder->temporary, OPEN_FOLDER);
        if (folder->fd >= 0 && lock_folder(folder->fd))
            return DETINIT_OK;
        detinit_status status = failed(folder, error);
        savefolder_abandon(folder);
        return status;
    }
    folder->temporary[0] = '\0';
    return failed(folder, error);
}

/* Whether an entry is a file that the new folder has, too. */
static bool is_replaced(const savefolder *folder, int directory, const char *entry)
{
    struct stat about;
    return folder->replaced(folder->context, entry) &&
           fstatat(directory, entry, &about, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(about.st_mode);
}

/* Refuses a folder that holds something which the new one would not replace. */
static detinit_status check_replaced(const savefolder *folder, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    struct stat here;
    if (stat(".", &here) == 0 && here.st_dev == folder->old.st_dev &&
        here.st_ino == folder->old.st_ino)
        return error_set(error, DETINIT_IO,
                         "cannot write '%.200s': it is the current directory; name a folder in it",
                         folder->shown);
    DIR *listing = opendir(folder->target);
    if (listing == NULL)
        return failed(folder, error);
    for (struct dirent *entry; status == DETINIT_OK && (entry = readdir(listing)) != NULL;)
        if (!is_dots(entry->d_name) && !is_replaced(folder, dirfd(listing), entry->d_name))
            status = error_set(error, DETINIT_IO,
                               "cannot write '%.200s': it holds '%.100s', which would be lost; "
                               "name a new or an empty folder",
                               folder->shown, entry->d_name);
    closedir(listing);
    return status;
}

/* The path without slashes at its end, but for "/". */
static bool set_target(savefolder *folder, const char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    errno = length == 0 ? ENOENT : ENAMETOOLONG;
    if (length == 0 || length >= PATH_MAX)
        return false;
    memcpy(folder->target, path, length);
    folder->target[length] = '\0';
    snprintf(folder->shown, PATH_MAX, "%s", folder->target);
    return true;
}

detinit_status savefolder_open(savefolder *folder, const char *path,
                               bool (*replaced)(void *context, const char *entry), void *context,
                               detinit_error *error)
{
    char resolved[PATH_MAX], directory[PATH_MAX];
    const char *name;
    *folder = (savefolder){.fd = -1, .replaced = replaced, .context = context};
    snprintf(folder->shown, PATH_MAX, "%s", path);
    if (!set_target(folder, path))
        return failed(folder, error);
    if (stat(folder->target, &folder->old) == 0) {
        if (!S_ISDIR(folder->old.st_mode)) {
            errno = ENOTDIR;
            return failed(folder, error);
        }
        if (realpath(folder->target, resolved) == NULL)
            return failed(folder, error);
        strcpy(folder->target, resolved);
        folder->replaces = true;
        detinit_status status = check_replaced(folder, error);
        if (status != DETINIT_OK)
            return status;
    } else if (errno != ENOENT) {
        return failed(folder, error);
    }
    split_path(folder->target, directory, &name);
    remove_abandoned(directory, name);
    return make_temporary(folder, error);
}

void savefolder_abandon(savefolder *folder)
{
    if (folder->temporary[0] != '\0')
        remove_folder(folder->temporary);
    if (folder->fd >= 0)
        close(folder->fd);
    folder->temporary[0] = '\0';
    folder->fd = -1;
}

/* Gives the new folder the owner, where that is allowed, and the mode of the old one. */
static bool take_over_mode(const savefolder *folder)
{
    if (!folder->replaces)
        return true;
    if (fchown(folder->fd, folder->old.st_uid, folder->old.st_gid) != 0)
        (void)!fchown(folder->fd, (uid_t)-1, folder->old.st_gid);
    return fchmod(folder->fd, folder->old.st_mode & 07777) == 0;
}

/* Takes the target's place, at once: a folder that holds files changes places with the new one. */
static bool take_place(savefolder *folder)
{
    if (rename(folder->temporary, folder->target) == 0) {
        folder->temporary[0] = '\0';
        return true;
    }
    return (errno == EEXIST || errno == ENOTEMPTY) &&
           renameat2(AT_FDCWD, folder->temporary, AT_FDCWD, folder->target, RENAME_EXCHANGE) == 0;
}

detinit_status savefolder_commit(savefolder *folder, detinit_error *error)
{
    detinit_status status = folder->replaces ? check_replaced(folder, error) : DETINIT_OK;
    if (status == DETINIT_OK &&
        !(take_over_mode(folder) && fsync(folder->fd) == 0 && take_place(folder)))
        status = errno == EBUSY || errno == EXDEV
                     ? error_set(error, DETINIT_IO,
                                 "cannot write '%.200s': something is mounted there; name a folder "
                                 "in it",
                                 folder->shown)
                     : failed(folder, error);
    if (status == DETINIT_OK)
        flush_directory_of(folder->target);
    savefolder_abandon(folder);
    return status;
}
