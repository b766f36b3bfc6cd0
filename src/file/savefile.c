#include "file/savefile.h"

#include "base/error.h"
#include "base/path.h"
#include "file/quiet.h"
#include "file/retry.h"
#include "file/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The mode of a new file, before the umask; and of one that will get another file's mode. */
#define MODE_NEW     0666
#define MODE_PRIVATE 0600

/* Symbolic links followed from one to the next. */
#define LINKS_MOST 40

/* While a pipe has no reader, it is tried again after so many milliseconds. */
#define TRY_EVERY 50

static detinit_status failed(const savefile *file, detinit_error *error)
{
    return output_failed(file->shown, error);
}

/* ------------------------------------------------------------------- names */

/* Replaces a path by what the symbolic link there points to, or sets errno. */
static bool follow_link(char path[PATH_MAX])
{
    char link[PATH_MAX], joined[PATH_MAX], directory[PATH_MAX];
    const char *name;
    ssize_t length = readlink(path, link, sizeof link - 1);
    if (length < 0)
        return false;
    link[length] = '\0';
    path_split(path, directory, &name);
    int joined_length = link[0] == '/' ? snprintf(joined, PATH_MAX, "%s", link)
                                       : snprintf(joined, PATH_MAX, "%s%s", directory, link);
    errno = ENAMETOOLONG;
    if (joined_length >= PATH_MAX)
        return false;
    strcpy(path, joined);
    return true;
}

/* The name of a file that does not exist yet: what links that lead nowhere end at. */
static bool resolve_new(const char *path, char target[PATH_MAX])
{
    snprintf(target, PATH_MAX, "%s", path);
    for (int links = 0; links < LINKS_MOST; links++)
        if (!follow_link(target))
            return errno == EINVAL || errno == ENOENT;
    errno = ELOOP;
    return false;
}

/*
 * The name of the file `old`; "" for one that has none, such as a deleted one held open.  False,
 * and errno, where that cannot be found out: what has a name must not be written straight into.
 */
static bool resolve_old(const char *path, const struct stat *old, char target[PATH_MAX])
{
    struct stat named;
    const bool found = realpath(path, target) != NULL && stat(target, &named) == 0;
    if (!found && errno != ENOENT)
        return false;
    if (!found || named.st_dev != old->st_dev || named.st_ino != old->st_ino)
        target[0] = '\0';
    return true;
}

/* -------------------------------------------------------- temporary files */

/* Removes a temporary file unless its writer still lives, which then holds its lock. */
static void remove_if_abandoned(int directory, const char *entry)
{
    struct stat about;
    int fd = retry_open(directory, entry, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0);
    if (fd < 0)
        return;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && retry_flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(directory, entry, 0);
    close(fd);
}

/* Clears away what earlier saves of this target left when they were killed. */
static void remove_abandoned(const char *directory, const char *name)
{
    DIR *listing = opendir(directory);
    if (listing == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;)
        if (temporary_is_of(entry->d_name, name))
            remove_if_abandoned(dirfd(listing), entry->d_name);
    closedir(listing);
}

/* Where a file without a name can be reached to be given one. */
static void descriptor_path(int fd, char path[32])
{
    snprintf(path, 32, "/proc/self/fd/%d", fd);
}

/* A file that vanishes with this process unless it is given a name; -1 where there is none. */
static int open_nameless(const char *directory, mode_t mode)
{
#ifdef O_TMPFILE
    char path[32];
    int fd = retry_open(AT_FDCWD, directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
    if (fd < 0)
        return -1;
    descriptor_path(fd, path);
    if (access(path, F_OK) == 0)
        return fd;
    close(fd);
#else
    (void)directory, (void)mode;
#endif
    return -1;
}

/* Whether the lock was got before another save took the file for an abandoned one. */
static bool lock_temporary(int fd)
{
    struct stat about;
    return retry_flock(fd, LOCK_EX) != 0 || fstat(fd, &about) != 0 || about.st_nlink > 0;
}

static int open_named(savefile *file, mode_t mode)
{
    for (unsigned attempt = 0;
         attempt < TEMPORARY_ATTEMPTS && temporary_name(file->target, attempt, file->temporary);) {
        int fd =
            retry_open(AT_FDCWD, file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd >= 0 && lock_temporary(fd))
            return fd;
        if (fd >= 0)
            close(fd);
        else if (errno != EEXIST)
            break;
        attempt++;
    }
    file->temporary[0] = '\0';
    return -1;
}

/* Gives a nameless file its temporary name; the lock comes first, as for all of them. */
static bool link_nameless(savefile *file)
{
    char path[32];
    descriptor_path(file->fd, path);
    retry_flock(file->fd, LOCK_EX);
    for (unsigned attempt = 0;
         attempt < TEMPORARY_ATTEMPTS && temporary_name(file->target, attempt, file->temporary);
         attempt++) {
        if (linkat(AT_FDCWD, path, AT_FDCWD, file->temporary, AT_SYMLINK_FOLLOW) == 0)
            return true;
        if (errno != EEXIST)
            break;
    }
    file->temporary[0] = '\0';
    return false;
}

/* ----------------------------------------------------------------- opening */

static detinit_status open_temporary(savefile *file, detinit_error *error)
{
    char directory[PATH_MAX];
    const char *name;
    const mode_t mode = file->replaces ? MODE_PRIVATE : MODE_NEW;
    path_split(file->target, directory, &name);
    if (name[0] == '\0') {
        errno = file->target[0] == '\0' ? ENOENT : EISDIR;
        return failed(file, error);
    }
    file->renames = true;
    remove_abandoned(directory, name);
    file->fd = open_nameless(directory, mode);
    if (file->fd < 0)
        file->fd = open_named(file, mode);
    if (file->fd >= 0)
        return DETINIT_OK;
    if (errno == EACCES || errno == EPERM || errno == EROFS)
        return error_set(error, DETINIT_IO,
                         "cannot write '%.200s': its directory allows no new files (%s)",
                         file->shown, strerror(errno));
    return failed(file, error);
}

/* Opens a device or a pipe; a pipe without a reader is tried until one comes. */
static detinit_status open_straight(savefile *file, const char *path, bool pipe,
                                    const detinit_run *run, uint64_t total, detinit_error *error)
{
    const int flags = O_WRONLY | O_TRUNC | O_NOCTTY | O_CLOEXEC;
    const output asking = {.shown = file->shown, .run = run, .total = total};
    detinit_status status = DETINIT_OK;
    while (status == DETINIT_OK) {
        file->fd = open(path, pipe ? flags | O_NONBLOCK : flags);
        if (file->fd >= 0)
            break;
        if (errno != EINTR && !(pipe && errno == ENXIO))
            return failed(file, error);
        poll(NULL, 0, TRY_EVERY);
        status = output_ask(&asking, error);
    }
    if (status == DETINIT_OK && pipe)
        fcntl(file->fd, F_SETFL, 0);
    return status;
}

static detinit_status open_replacement(savefile *file, const struct stat *old, detinit_error *error)
{
    if (faccessat(AT_FDCWD, file->target, W_OK, AT_EACCESS) != 0)
        return failed(file, error);
    file->replaces = true;
    file->mode = old->st_mode & 0777;
    file->owner = old->st_uid;
    file->group = old->st_gid;
    return open_temporary(file, error);
}

detinit_status savefile_open(savefile *file, const char *path, const detinit_run *run,
                             uint64_t total, detinit_error *error)
{
    struct stat old;
    memset(file, 0, sizeof *file);
    file->fd = -1;
    if (snprintf(file->shown, PATH_MAX, "%s", path) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return failed(file, error);
    }
    if (stat(path, &old) != 0) {
        if (errno != ENOENT || !resolve_new(path, file->target))
            return failed(file, error);
        return open_temporary(file, error);
    }
    if (S_ISDIR(old.st_mode)) {
        errno = EISDIR;
        return failed(file, error);
    }
    if (S_ISREG(old.st_mode) && !resolve_old(path, &old, file->target))
        return failed(file, error);
    if (S_ISREG(old.st_mode) && file->target[0] != '\0')
        return open_replacement(file, &old, error);
    return open_straight(file, path, S_ISFIFO(old.st_mode), run, total, error);
}

/* ------------------------------------------------------- reserving, ending */

/*
 * 0, or -1 and errno.  A memory file system would make every page now, before there is
 * anything to write into them and while nobody computes: there it is enough to look.
 */
static int reserve(int fd, uint64_t size)
{
    struct statfs system;
    errno = EFBIG;
    if (size > INT64_MAX)
        return -1;
    if (fstatfs(fd, &system) == 0 && system.f_type == TMPFS_MAGIC && system.f_blocks > 0) {
        errno = ENOSPC;
        return size / (uint64_t)system.f_bsize < system.f_bavail ? 0 : -1;
    }
    quiet before = quiet_begin();
    int result;
    do
        result = fallocate(fd, 0, 0, (off_t)size);
    while (retry_needed(result));
    quiet_end(&before);
    return result;
}

detinit_status savefile_reserve(const savefile *file, uint64_t size, detinit_error *error)
{
    if (!file->renames)
        return DETINIT_OK;
    int result = reserve(file->fd, size);
    if (result != 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
        return failed(file, error);
    return DETINIT_OK; /* other failures: this file system cannot reserve */
}

void savefile_abandon(savefile *file)
{
    if (file->temporary[0] != '\0')
        unlink(file->temporary);
    if (file->fd >= 0)
        close(file->fd);
    file->temporary[0] = '\0';
    file->fd = -1;
}

/* Gives the new file the owner, where that is allowed, and the mode of the old one. */
static bool take_over_mode(const savefile *file)
{
    if (!file->replaces)
        return true;
    if (fchown(file->fd, file->owner, file->group) != 0)
        (void)!fchown(file->fd, (uid_t)-1, file->group);
    return fchmod(file->fd, file->mode) == 0;
}

/* Some file systems report a lost write only when a descriptor is closed: close a copy. */
static bool close_reports_nothing(const savefile *file)
{
    int copy = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
    return copy >= 0 && retry_close(copy) == 0;
}

/* Flushes a device; a pipe has nothing to flush. */
static bool finish_straight(savefile *file)
{
    bool flushed =
        retry_fsync(file->fd) == 0 || errno == EINVAL || errno == EROFS || errno == ENOTSUP;
    int fd = file->fd;
    if (flushed)
        file->fd = -1;
    return flushed && retry_close(fd) == 0;
}

static bool finish_renaming(savefile *file)
{
    if (!take_over_mode(file) || retry_fsync(file->fd) != 0 || !close_reports_nothing(file))
        return false;
    if (file->temporary[0] == '\0' && !link_nameless(file))
        return false;
    if (rename(file->temporary, file->target) != 0)
        return false;
    flush_directory_of(file->target);
    close(file->fd);
    file->temporary[0] = '\0';
    file->fd = -1;
    return true;
}

detinit_status savefile_commit(savefile *file, detinit_error *error)
{
    if (file->renames ? finish_renaming(file) : finish_straight(file))
        return DETINIT_OK;
    detinit_status status = failed(file, error);
    savefile_abandon(file);
    return status;
}
