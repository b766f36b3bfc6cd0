/* Zip archives: the bytes are one, and what it holds is read, in pieces that must agree. */
#include "file/zip.h"
#include "target.h"

#include <stdlib.h>
#include <string.h>

/* Larger members are not read: a bomb that the directory allows takes its time. */
#define MEMBER_MOST ((uint64_t)1 << 20)

static void read_member(zip *archive, const zip_entry *entry)
{
    input in;
    detinit_error error;
    fuzz_check(zip_find(archive, entry->name) == entry);
    detinit_status status = zip_member_open(archive, entry, "fuzz", &in, &error);
    if (status != DETINIT_OK) {
        fuzz_check_error(status, &error);
        return;
    }
    unsigned char *whole = malloc((size_t)in.size + 1), *pieces = malloc((size_t)in.size + 1);
    fuzz_check(whole != NULL && pieces != NULL);
    status = input_read(&in, 0, whole, (size_t)in.size, &error);
    if (status != DETINIT_OK)
        fuzz_check_error(status, &error);
    for (uint64_t end = in.size; status == DETINIT_OK && end > 0;) {
        const uint64_t size = end < 100 ? end : 100;
        end -= size;
        fuzz_check(input_read(&in, end, pieces + end, (size_t)size, NULL) == DETINIT_OK);
    }
    fuzz_check(status != DETINIT_OK || memcmp(whole, pieces, (size_t)in.size) == 0);
    free(whole);
    free(pieces);
    input_close(&in);
}

TARGET(zip)
{
    input in;
    zip archive;
    detinit_error error;
    fuzz_check(input_of_memory(&in, data, size, "fuzz", NULL) == DETINIT_OK);
    detinit_status status = zip_open(&archive, &in, &error);
    if (status != DETINIT_OK)
        fuzz_check_error(status, &error);
    for (size_t n = 0; status == DETINIT_OK && n < archive.count; n++)
        if (archive.entries[n].size <= MEMBER_MOST)
            read_member(&archive, &archive.entries[n]);
    zip_close(&archive);
    input_close(&in);
    detinit_tensorfile *file = fuzz_open(data, size);
    detinit_tensorfile_close(file);
    return 0;
}
