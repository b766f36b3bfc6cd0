/*
 * .safetensors files: the bytes are a file whose length of the header is set right, or hardly
 * any change would come past it.  The header ends at the last '}'.
 */
#include "safetensors.h"
#include "target.h"

#include <stdlib.h>
#include <string.h>

TARGET(safetensors)
{
    safetensors parsed;
    detinit_error error;
    fuzz_tensorfile(data, size);
    if (size <= SAFETENSORS_PREFIX)
        return 0;
    uint8_t *file = malloc(size);
    fuzz_check(file != NULL);
    memcpy(file, data, size);
    const uint8_t *last = memrchr(file + SAFETENSORS_PREFIX, '}', size - SAFETENSORS_PREFIX);
    const size_t length =
        last == NULL ? size - SAFETENSORS_PREFIX : (size_t)(last - file) + 1 - SAFETENSORS_PREFIX;
    for (int n = 0; n < 8; n++)
        file[n] = (uint8_t)((uint64_t)length >> (8 * n));
    fuzz_tensorfile(file, size);

    char *header = malloc(length); /* of its own, so that a read beyond it is seen */
    fuzz_check(header != NULL);
    memcpy(header, file + SAFETENSORS_PREFIX, length);
    free(file);
    detinit_status status = safetensors_parse(header, length, size, "fuzz", &parsed, &error);
    if (status == DETINIT_OK)
        safetensors_free(&parsed);
    else
        fuzz_check_error(status, &error);
    return 0;
}
