/* .safetensors files: the bytes are one, and again with the length of its header set right. */
#include "file/safetensors.h"
#include "detinit_files.h"
#include "target.h"

#include <stdlib.h>
#include <string.h>

/* A header alone, in memory of its own size, so that a read beyond it is seen. */
static void parse(const uint8_t *data, size_t size)
{
    tensorlist parsed;
    detinit_error error;
    char *header = malloc(size);
    fuzz_check(header != NULL);
    memcpy(header, data, size);
    detinit_status status =
        safetensors_parse(header, size, SAFETENSORS_PREFIX + size, "fuzz", &parsed, &error);
    if (status == DETINIT_OK)
        tensorlist_free(&parsed);
    else
        fuzz_check_error(status, &error);
}

TARGET(safetensors)
{
    detinit_tensorfile *file = fuzz_open(data, size);
    if (file != NULL)
        fuzz_read(file, size);
    file = fuzz_open_safetensors(data, size);
    if (file != NULL)
        fuzz_read(file, size);
    if (size > SAFETENSORS_PREFIX)
        parse(data + SAFETENSORS_PREFIX, size - SAFETENSORS_PREFIX);
    return 0;
}
