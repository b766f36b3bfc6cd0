#include "file/savefolder.h"

#include "base/error.h"
#include "base/path.h"
#include "file/retry.h"
#include "file/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
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

/*
 * Empties an open folder of files, and removes the name of it where it is empty.  Ends `fd`.  A
 * listing by opendir would take memory, and where there is none is when folders are given up.
 */
static void remove_open(int fd, int directory, const char *name, const savefolder *replaced_by)
{
    union {
        struct dirent entry; /* laid out as the system's own */
        char bytes[4096];
    } room;
    for (long size; (size = syscall(SYS_getdents64, fd, room.bytes, sizeof room.bytes)) > 0;)
        for (long at = 0; at < size;) {
            const struct dirent *entry = (const struct dirent *)(const void *)(room.bytes + at);
            at += entry->d_reclen;
            if (!is_dots(entry->d_name) &&
                (replaced_by == NULL || replaced_by->replaced(replaced_by->context, entry->d_name)))
                unlinkat(fd, entry->d_name, 0);
        }
    unlinkat(directory, name, AT_REMOVEDIR);
    close(fd); /* with it goes the lock */
}

/*
 * Removes what has the temporary name: the folder that was made, or, once places were changed, the
 * old one, of which only what was replaced goes.  What others put there by now stays as it is.
 */
static void remove_temporary(const savefolder *folder)
{
    struct stat own, about;
    const int fd = retry_open(AT_FDCWD, folder->temporary, OPEN_FOLDER | O_NOFOLLOW, 0);
    if (fd < 0)
        return;
    if (folder->replaced_old)
        remove_open(fd, AT_FDCWD, folder->temporary, folder);
    else if (fstat(folder->fd, &own) == 0 && fstat(fd, &about) == 0 && own.st_dev == about.st_dev &&
             own.st_ino == about.st_ino)
        remove_open(fd, AT_FDCWD, folder->temporary, NULL);
    else
        close(fd);
}

/*
 * Clears away what earlier saves of this target left when they were killed.  What is locked is what
 * is emptied: in a folder where others may write its name can be another's at any moment.
 */
static void remove_abandoned(const char *directory, const char *name)
{
    DIR *listing = opendir(directory);
    if (listing == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        if (!temporary_is_of(entry->d_name, name))
            continue;
        const int fd = retry_open(dirfd(listing), entry->d_name, OPEN_FOLDER | O_NOFOLLOW, 0);
        if (fd >= 0 && retry_flock(fd, LOCK_EX | LOCK_NB) == 0)
            remove_open(fd, dirfd(listing), entry->d_name, NULL);
        else if (fd >= 0)
            close(fd);
    }
    closedir(listing);
}

/* Whether the lock was got before another save took the folder for an abandoned one. */
static bool lock_folder(int fd)
{
    struct stat about;
    return retry_flock(fd, LOCK_EX) != 0 || fstat(fd, &about) != 0 || about.st_nlink > 0;
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
        folder->fd = retry_open(AT_FDCWD, folder->temporary, OPEN_FOLDER | O_NOFOLLOW, 0);
        if (folder->fd >= 0 && lock_folder(folder->fd))
            return DETINIT_OK;
        /* Another save that began at the same moment took it for an abandoned one. */
        if (folder->fd < 0 && errno != ENOENT) {
            const int reason = errno;
            rmdir(folder->temporary);
            errno = reason;
            break;
        }
        if (folder->fd >= 0)
            close(folder->fd);
        folder->fd = -1;
        errno = EEXIST;
    }
    folder->temporary[0] = '\0';
    return failed(folder, error);
}

/* Whether an entry is a file that the new folder has, too, or is gone by now. */
static bool is_replaced(const savefolder *folder, int directory, const char *entry)
{
    struct stat about;
    if (fstatat(directory, entry, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT; /* with the folder, which another save replaced */
    errno = 0;
    return folder->replaced(folder->context, entry) && !S_ISDIR(about.st_mode);
}

/*
 * A folder is guarded as a file is: one that may not be written is not replaced, and neither is one
 * of another user, who would lose it to this one; root gives it back its owner.
 */
static detinit_status check_allowed(const savefolder *folder, detinit_error *error)
{
    if (faccessat(AT_FDCWD, folder->target, W_OK | X_OK, AT_EACCESS) != 0 && errno != ENOENT)
        return failed(folder, error);
    if (geteuid() == 0 || folder->old.st_uid == geteuid())
        return DETINIT_OK;
    return error_set(error, DETINIT_IO,
                     "cannot write '%.200s': the folder is another user's; name a new one",
                     folder->shown);
}

/* Refuses a folder that holds something which the new one would not replace; none holds nothing. */
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
        return errno == ENOENT ? DETINIT_OK : failed(folder, error);
    errno = 0;
    for (struct dirent *entry; status == DETINIT_OK && (entry = readdir(listing)) != NULL;
         errno = 0)
        if (!is_dots(entry->d_name) && !is_replaced(folder, dirfd(listing), entry->d_name))
            status =
                errno != 0
                    ? failed(folder, error)
                    : error_set(error, DETINIT_IO,
                                "cannot write '%.200s': it holds '%.100s', which would be lost; "
                                "name a new or an empty folder",
                                folder->shown, entry->d_name);
    if (status == DETINIT_OK && errno != 0) /* what was not seen would be lost, too */
        status = failed(folder, error);
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

/* Looks at the folder that is there; where it goes in the meantime, there is none. */
static detinit_status look_at_old(savefolder *folder, detinit_error *error)
{
    char resolved[PATH_MAX];
    if (stat(folder->target, &folder->old) != 0)
        return errno == ENOENT ? DETINIT_OK : failed(folder, error);
    if (!S_ISDIR(folder->old.st_mode)) {
        errno = ENOTDIR;
        return failed(folder, error);
    }
    if (realpath(folder->target, resolved) == NULL)
        return errno == ENOENT ? DETINIT_OK : failed(folder, error);
    strcpy(folder->target, resolved);
    folder->replaces = true;
    const detinit_status status = check_allowed(folder, error);
    return status == DETINIT_OK ? check_replaced(folder, error) : status;
}

detinit_status savefolder_open(savefolder *folder, const char *path,
                               bool (*replaced)(void *context, const char *entry), void *context,
                               detinit_error *error)
{
    char directory[PATH_MAX];
    const char *name;
    *folder = (savefolder){.fd = -1, .replaced = replaced, .context = context};
    snprintf(folder->shown, PATH_MAX, "%s", path);
    if (!set_target(folder, path))
        return failed(folder, error);
    const detinit_status status = look_at_old(folder, error);
    if (status != DETINIT_OK)
        return status;
    path_split(folder->target, directory, &name);
    remove_abandoned(directory, name);
    return make_temporary(folder, error);
}

void savefolder_abandon(savefolder *folder)
{
    if (folder->temporary[0] != '\0')
        remove_temporary(folder);
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

/*
 * Takes the target's place, at once: a folder that holds files changes places with the new one. One
 * that is taken away between the two is none to change places with.
 */
static bool take_place(savefolder *folder)
{
    for (unsigned attempt = 0; attempt < TEMPORARY_ATTEMPTS; attempt++) {
        if (rename(folder->temporary, folder->target) == 0) {
            folder->temporary[0] = '\0';
            return true;
        }
        if (errno != EEXIST && errno != ENOTEMPTY)
            return false;
        folder->replaced_old =
            renameat2(AT_FDCWD, folder->temporary, AT_FDCWD, folder->target, RENAME_EXCHANGE) == 0;
        if (folder->replaced_old || errno != ENOENT)
            return folder->replaced_old;
    }
    return false;
}

detinit_status savefolder_commit(savefolder *folder, detinit_error *error)
{
    detinit_status status = check_replaced(folder, error); /* also one that came in the meantime */
    if (status == DETINIT_OK &&
        !(take_over_mode(folder) && retry_fsync(folder->fd) == 0 && take_place(folder)))
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
