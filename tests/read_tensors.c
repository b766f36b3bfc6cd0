/*
 * What is in a file of tensors, for tests in other languages: read_tensors FILE BLOCK PREFIX
 * prints a line "TYPE WEIGHTS RANK DIMENSION ... NAME" for each tensor and writes its data,
 * read BLOCK items at a time, into PREFIX and its number.
 */
#include "detinit_track.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static detinit_status dump(const detinit_tensorfile *file, const detinit_tensor *tensor,
                           uint64_t block, FILE *to, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    unsigned char *items = malloc((size_t)(block * tensor->item_bytes));
    if (items == NULL)
        return DETINIT_NO_MEMORY;
    for (uint64_t first = 0; first < tensor->count && status == DETINIT_OK; first += block) {
        uint64_t rest = tensor->count - first, count = rest < block ? rest : block;
        status = detinit_tensor_read(file, tensor, first, (size_t)count, items, error);
        if (status == DETINIT_OK &&
            fwrite(items, (size_t)tensor->item_bytes, (size_t)count, to) != count)
            status = DETINIT_IO;
    }
    free(items);
    return status;
}

static detinit_status show(const detinit_tensorfile *file, uint64_t block, const char *prefix,
                           detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    for (size_t n = 0; n < detinit_tensorfile_count(file) && status == DETINIT_OK; n++) {
        const detinit_tensor *tensor = detinit_tensorfile_tensor(file, n);
        char path[4096];
        snprintf(path, sizeof path, "%s%zu", prefix, n);
        printf("%s %d %zu", tensor->type, tensor->weights, tensor->rank);
        for (size_t d = 0; d < tensor->rank; d++)
            printf(" %" PRIu64, tensor->shape[d]);
        printf(" %s\n", tensor->name);
        FILE *to = fopen(path, "w");
        if (to == NULL)
            return DETINIT_IO;
        status = dump(file, tensor, block, to, error);
        fclose(to);
    }
    return status;
}

int main(int argc, char **argv)
{
    detinit_tensorfile *file;
    detinit_error error = {.message = "cannot write what was read"};
    uint64_t block = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;
    if (block == 0) {
        fprintf(stderr, "usage: read_tensors FILE BLOCK PREFIX\n");
        return 2;
    }
    detinit_status status = detinit_tensorfile_open(argv[1], &file, &error);
    if (status == DETINIT_OK) {
        status = show(file, block, argv[3], &error);
        detinit_tensorfile_close(file);
    }
    if (status != DETINIT_OK)
        fprintf(stderr, "read_tensors: %s\n", error.message);
    return status == DETINIT_OK ? 0 : 1;
}
