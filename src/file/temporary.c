#include "file/temporary.h"

#include "base/path.h"

#include "detinit.h"
#include "file/retry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A temporary file is called .NAME.detinit-XXXXXXXXXXXXXXXX, with 16 hex digits. */
#define TEMPORARY_MARK   ".detinit-"
#define TEMPORARY_DIGITS 16

/* So much of NAME is kept that the whole is a legal file name. */
#define TEMPORARY_STEM ((int)(NAME_MAX - 1 - (sizeof TEMPORARY_MARK - 1) - TEMPORARY_DIGITS))

bool temporary_is_of(const char *entry, const char *name)
{
    size_t mark = strlen(TEMPORARY_MARK), length = strnlen(name, (size_t)TEMPORARY_STEM);
    return entry[0] == '.' && strncmp(entry + 1, name, length) == 0 &&
           strncmp(entry + 1 + length, TEMPORARY_MARK, mark) == 0 &&
           strspn(entry + 1 + length + mark, "0123456789abcdef") == TEMPORARY_DIGITS &&
           strlen(entry) == 1 + length + mark + TEMPORARY_DIGITS;
}

/* A number that no other save is likely to have. */
static uint64_t unlikely_number(unsigned attempt)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t moment[] = {(uint64_t)now.tv_sec, (uint64_t)now.tv_nsec, (uint64_t)getpid(), attempt};
    return detinit_key(0, moment, sizeof moment / sizeof moment[0]);
}

bool temporary_name(const char *target, unsigned attempt, char temporary[PATH_MAX])
{
    char directory[PATH_MAX];
    const char *name;
    path_split(target, directory, &name);
    int length =
        snprintf(temporary, PATH_MAX, "%s.%.*s" TEMPORARY_MARK "%0*llx", directory, TEMPORARY_STEM,
                 name, TEMPORARY_DIGITS, (unsigned long long)unlikely_number(attempt));
    errno = ENAMETOOLONG;
    return length < PATH_MAX;
}

void flush_directory_of(const char *target)
{
    char directory[PATH_MAX];
    const char *name;
    path_split(target, directory, &name);
    int fd = retry_open(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd >= 0) {
        retry_fsync(fd);
        close(fd);
    }
}
