/* A directory of a test's own, and what lies in it. */
#ifndef DETINIT_SCRATCH_H
#define DETINIT_SCRATCH_H

#include "check.h"

#include <dirent.h>
#include <ftw.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

/* Makes an empty directory and goes there; leave_scratch removes it. For cmocka's setup. */
static inline int enter_scratch(void **state)
{
    const char *parent = getenv("TMPDIR");
    char path[4096];
    snprintf(path, sizeof path, "%s/detinit-test-XXXXXX", parent != NULL ? parent : "/tmp");
    assert_non_null(mkdtemp(path));
    assert_int_equal(chdir(path), 0);
    *state = strdup(path);
    return 0;
}

static inline int remove_entry(const char *path, const struct stat *about, int type,
                               struct FTW *place)
{
    (void)about, (void)type, (void)place;
    return remove(path);
}

static inline int leave_scratch(void **state)
{
    int failed = chdir("/") != 0 || nftw(*state, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0;
    free(*state);
    return failed;
}

/* Puts a text into a file. */
static inline void put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* All bytes of a file, and a NUL, to be freed. */
static inline unsigned char *get_file(const char *path, size_t *size)
{
    struct stat about;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &about), 0);
    unsigned char *bytes = allocate((size_t)about.st_size + 1);
    *size = fread(bytes, 1, (size_t)about.st_size + 1, file);
    assert_int_equal(*size, about.st_size);
    bytes[*size] = '\0';
    fclose(file);
    return bytes;
}

static inline void assert_file_holds(const char *path, const char *text)
{
    size_t size;
    unsigned char *bytes = get_file(path, &size);
    assert_string_equal((const char *)bytes, text);
    free(bytes);
}

static inline void assert_same_files(const char *a, const char *b)
{
    size_t size_a, size_b;
    unsigned char *x = get_file(a, &size_a), *y = get_file(b, &size_b);
    assert_int_equal(size_a, size_b);
    assert_memory_equal(x, y, size_a);
    free(x);
    free(y);
}

/* Entries of the current directory; `name`, where not NULL, gets one that begins with a point. */
static inline int count_entries(char *name)
{
    int count = 0;
    DIR *listing = opendir(".");
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (name != NULL && entry->d_name[0] == '.')
            strcpy(name, entry->d_name);
        count++;
    }
    closedir(listing);
    return count;
}

static inline bool exists(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0;
}

#endif
