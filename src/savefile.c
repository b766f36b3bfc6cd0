#include "savefile.h"

#include "error.h"
#include "quiet.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A temporary file is called .NAME.detinit-XXXXXXXXXXXXXXXX, with 16 hex digits. */
#define TEMPORARY_MARK   ".detinit-"
#define TEMPORARY_DIGITS 16

/* So much of NAME is kept that the whole is a legal file name. */
#define TEMPORARY_STEM ((int)(NAME_MAX - 1 - (sizeof TEMPORARY_MARK - 1) - TEMPORARY_DIGITS))

/* The mode of a new file, before the umask; and of one that will get another file's mode. */
#define MODE_NEW     0666
#define MODE_PRIVATE 0600

/* Symbolic links followed from one to the next, and names tried for a temporary file. */
#define LINKS_MOST    40
#define ATTEMPTS_MOST 100

/* While a pipe has no reader, it is tried again after so many milliseconds. */
#define TRY_EVERY 50

static detinit_status failed(const savefile *file, detinit_error *error)
{
    return output_failed(file->shown, error);
}

/* ------------------------------------------------------------------- names */

/* Splits a path into its directory, "." where it names none, and its last part. */
static void split_path(const char *path, char directory[PATH_MAX], const char **name)
{
    const char *slash = strrchr(path, '/');
    *name = slash != NULL ? slash + 1 : path;
    if (slash == NULL)
        strcpy(directory, ".");
    else if (slash == path)
        strcpy(directory, "/");
    else
        snprintf(directory, PATH_MAX, "%.*s", (int)(slash - path), path);
}

/* Replaces a path by what the symbolic link there points to, or sets errno. */
static bool follow_link(char path[PATH_MAX])
{
    char link[PATH_MAX], joined[PATH_MAX], directory[PATH_MAX];
    const char *name;
    ssize_t length = readlink(path, link, sizeof link - 1);
    if (length < 0)
        return false;
    link[length] = '\0';
    split_path(path, directory, &name);
    int joined_length = link[0] == '/' ? snprintf(joined, PATH_MAX, "%s", link)
                                       : snprintf(joined, PATH_MAX, "%s/%s", directory, link);
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

/* The name of the file `old`. False for one that has none, such as a deleted one held open. */
static bool resolve_old(const char *path, const struct stat *old, char target[PATH_MAX])
{
    struct stat named;
    return realpath(path, target) != NULL && stat(target, &named) == 0 &&
           named.st_dev == old->st_dev && named.st_ino == old->st_ino;
}

/* -------------------------------------------------------- temporary files */

static bool is_temporary_of(const char *entry, const char *name)
{
    size_t mark = strlen(TEMPORARY_MARK), length = strnlen(name, (size_t)TEMPORARY_STEM);
    return entry[0] == '.' && strncmp(entry + 1, name, length) == 0 &&
           strncmp(entry + 1 + length, TEMPORARY_MARK, mark) == 0 &&
           strspn(entry + 1 + length + mark, "0123456789abcdef") == TEMPORARY_DIGITS &&
           strlen(entry) == 1 + length + mark + TEMPORARY_DIGITS;
}

/* Removes a temporary file unless its writer still lives, which then holds its lock. */
static void remove_if_abandoned(int directory, const char *entry)
{
    struct stat about;
    int fd = openat(directory, entry, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0)
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
        if (is_temporary_of(entry->d_name, name))
            remove_if_abandoned(dirfd(listing), entry->d_name);
    closedir(listing);
}

/* A number that no other save is likely to have. */
static uint64_t unlikely_number(unsigned attempt)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t moment[] = {(uint64_t)now.tv_sec, (uint64_t)now.tv_nsec, (uint64_t)getpid(), attempt};
    return detinit_key(0, moment, sizeof moment / sizeof moment[0]);
}

/* Puts a name that is likely to be free into file->temporary. */
static bool name_temporary(savefile *file, unsigned attempt)
{
    char directory[PATH_MAX];
    const char *name;
    split_path(file->target, directory, &name);
    int length = snprintf(file->temporary, PATH_MAX, "%s/.%.*s" TEMPORARY_MARK "%0*llx", directory,
                          TEMPORARY_STEM, name, TEMPORARY_DIGITS,
                          (unsigned long long)unlikely_number(attempt));
    errno = ENAMETOOLONG;
    return length < PATH_MAX;
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
    int fd = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
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
    return flock(fd, LOCK_EX) != 0 || fstat(fd, &about) != 0 || about.st_nlink > 0;
}

static int open_named(savefile *file, mode_t mode)
{
    for (unsigned attempt = 0; attempt < ATTEMPTS_MOST && name_temporary(file, attempt);) {
        int fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
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
    flock(file->fd, LOCK_EX);
    for (unsigned attempt = 0; attempt < ATTEMPTS_MOST && name_temporary(file, attempt);
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
    split_path(file->target, directory, &name);
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
    if (S_ISREG(old.st_mode) && resolve_old(path, &old, file->target))
        return open_replacement(file, &old, error);
    return open_straight(file, path, S_ISFIFO(old.st_mode), run, total, error);
}

/* ------------------------------------------------------- reserving, ending */

detinit_status savefile_reserve(const savefile *file, uint64_t size, detinit_error *error)
{
    if (!file->renames)
        return DETINIT_OK;
    int result = -1;
    errno = EFBIG;
    if (size <= INT64_MAX) {
        quiet before = quiet_begin();
        result = fallocate(file->fd, 0, 0, (off_t)size);
        quiet_end(&before);
    }
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
    return copy >= 0 && close(copy) == 0;
}

/* So that the new name is on disk, too.  Some file systems cannot; the data is safe anyway. */
static void flush_directory(const char *target)
{
    char directory[PATH_MAX];
    const char *name;
    split_path(target, directory, &name);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

/* Flushes a device; a pipe has nothing to flush. */
static bool finish_straight(savefile *file)
{
    bool flushed = fsync(file->fd) == 0 || errno == EINVAL || errno == EROFS || errno == ENOTSUP;
    int fd = file->fd;
    if (flushed)
        file->fd = -1;
    return flushed && close(fd) == 0;
}

static bool finish_renaming(savefile *file)
{
    if (!take_over_mode(file) || fsync(file->fd) != 0 || !close_reports_nothing(file))
        return false;
    if (file->temporary[0] == '\0' && !link_nameless(file))
        return false;
    if (rename(file->temporary, file->target) != 0)
        return false;
    flush_directory(file->target);
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
