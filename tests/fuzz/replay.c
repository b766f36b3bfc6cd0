/*
 * Gives every file of the corpus to its fuzz target once, in TAP: the targets never rot, and what
 * a fuzzer found stays mended.  Files are read into memory of their own size, so that sanitizers
 * and valgrind see a read beyond the end.
 */
#include "target.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const struct {
    const char *name;
    int (*target)(const uint8_t *data, size_t size);
} targets[] = {
    {"hdf5", fuzz_hdf5},     {"images", fuzz_images},
    {"index", fuzz_index},   {"manifest", fuzz_manifest},
    {"names", fuzz_names},   {"npy", fuzz_npy},
    {"packed", fuzz_packed}, {"patch", fuzz_patch},
    {"pickle", fuzz_pickle}, {"safetensors", fuzz_safetensors},
    {"zip", fuzz_zip},
};

#define TARGET_COUNT (sizeof targets / sizeof targets[0])

static bool replay_file(const char *path, int (*target)(const uint8_t *data, size_t size))
{
    struct stat about;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    bool good = fstat(fileno(file), &about) == 0 && S_ISREG(about.st_mode);
    size_t size = good ? (size_t)about.st_size : 0;
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    good = good && bytes != NULL && fread(bytes, 1, size, file) == size;
    fclose(file);
    if (good)
        target(bytes, size);
    free(bytes);
    return good;
}

/* Files replayed from a directory; -1 where one cannot be read. */
static int replay(const char *directory, int (*target)(const uint8_t *data, size_t size))
{
    DIR *listing = opendir(directory);
    int count = listing == NULL ? -1 : 0;
    for (struct dirent *entry; count >= 0 && (entry = readdir(listing)) != NULL;) {
        char path[8192];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        count = replay_file(path, target) ? count + 1 : -1;
    }
    if (listing != NULL)
        closedir(listing);
    return count;
}

int main(void)
{
    const char *source = getenv("srcdir");
    bool all_good = true;
    for (size_t n = 0; n < TARGET_COUNT; n++) {
        char directory[4096];
        snprintf(directory, sizeof directory, "%s/tests/fuzz/corpus/%s",
                 source != NULL ? source : ".", targets[n].name);
        int count = replay(directory, targets[n].target);
        printf("%s %zu - %s: %d files of the corpus\n", count > 0 ? "ok" : "not ok", n + 1,
               targets[n].name, count);
        all_good = all_good && count > 0;
    }
    printf("1..%zu\n", TARGET_COUNT);
    return all_good ? 0 : 1;
}
