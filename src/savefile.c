#include "savefile.h"

#include "error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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

/* At most this much goes to one write(): Linux takes no more than 2^31 - 4096 bytes. */
#define WRITE_MOST ((size_t)1 << 30)

static detinit_status failed(detinit_error *error, const char *shown, const char *doing)
{
    return error_set(error, DETINIT_IO, "cannot %s '%s': %s", doing, shown, strerror(errno));
}

detinit_status write_all(int fd, const void *data, size_t size, const char *shown,
                         detinit_error *error)
{
    const unsigned char *from = data;
    while (size > 0) {
        ssize_t written = write(fd, from, size < WRITE_MOST ? size : WRITE_MOST);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return failed(error, shown, "write");
        from += written;
        size -= (size_t)written;
    }
    return DETINIT_OK;
}

/* Splits the target into its directory, "." where it names none, and its last part. */
static void split_path(const char *path, char *directory, const char **name)
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

/* Removes a temporary file unless its writer still lives, which then holds its lock. */
static void remove_if_abandoned(int directory, const char *entry)
{
    int fd = openat(directory, entry, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(directory, entry, 0);
    close(fd);
}

static bool is_temporary_of(const char *entry, const char *name)
{
    size_t length = strlen(name), mark = strlen(TEMPORARY_MARK);
    return entry[0] == '.' && strncmp(entry + 1, name, length) == 0 &&
           strncmp(entry + 1 + length, TEMPORARY_MARK, mark) == 0 &&
           strspn(entry + 1 + length + mark, "0123456789abcdef") == TEMPORARY_DIGITS &&
           strlen(entry) == 1 + length + mark + TEMPORARY_DIGITS;
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

/* Makes and locks the temporary file; with the mode of the target, where there is one. */
static detinit_status open_temporary(savefile *file, const struct stat *old, detinit_error *error)
{
    char directory[PATH_MAX];
    const char *name;
    split_path(file->target, directory, &name);
    remove_abandoned(directory, name);
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        int length =
            snprintf(file->temporary, PATH_MAX, "%s/.%s" TEMPORARY_MARK "%0*llx", directory, name,
                     TEMPORARY_DIGITS, (unsigned long long)unlikely_number(attempt));
        if (length >= PATH_MAX) {
            errno = ENAMETOOLONG;
            break;
        }
        file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file->fd < 0 && errno == EEXIST)
            continue;
        if (file->fd < 0)
            break;
        flock(file->fd, LOCK_EX);
        if (old != NULL)
            (void)!fchmod(file->fd, old->st_mode & 07777);
        return DETINIT_OK;
    }
    file->temporary[0] = '\0';
    return failed(error, file->shown, "write");
}

detinit_status savefile_open(savefile *file, const char *path, detinit_error *error)
{
    struct stat old;
    memset(file, 0, sizeof *file);
    file->fd = -1;
    if (snprintf(file->shown, PATH_MAX, "%s", path) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return failed(error, path, "write");
    }
    if (realpath(path, file->target) == NULL)
        strcpy(file->target, path);
    if (stat(file->target, &old) != 0)
        return open_temporary(file, NULL, error);
    if (S_ISDIR(old.st_mode)) {
        errno = EISDIR;
        return failed(error, path, "write");
    }
    if (S_ISREG(old.st_mode))
        return open_temporary(file, &old, error);
    file->fd = open(file->target, O_WRONLY | O_CLOEXEC);
    return file->fd >= 0 ? DETINIT_OK : failed(error, path, "write");
}

void savefile_abandon(savefile *file)
{
    if (file->temporary[0] != '\0')
        unlink(file->temporary);
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
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

detinit_status savefile_commit(savefile *file, detinit_error *error)
{
    bool renames = file->temporary[0] != '\0';
    if ((renames && fsync(file->fd) != 0) ||
        (renames && rename(file->temporary, file->target) != 0)) {
        detinit_status status = failed(error, file->shown, "write");
        savefile_abandon(file);
        return status;
    }
    int closed = close(file->fd);
    file->fd = -1;
    if (renames)
        flush_directory(file->target);
    else if (closed != 0)
        return failed(error, file->shown, "write");
    return DETINIT_OK;
}
