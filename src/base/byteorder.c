#include "base/byteorder.h"

#include <stdint.h>
#include <string.h>

#define SWAP(bits)                                                                                 \
    {                                                                                              \
        uint##bits##_t value;                                                                      \
        memcpy(&value, at, sizeof value);                                                          \
        value = __builtin_bswap##bits(value);                                                      \
        memcpy(at, &value, sizeof value);                                                          \
    }

void swap_bytes(void *items, size_t item, size_t count)
{
    unsigned char *at = items;
    for (size_t n = 0; n < count; n++, at += item)
        if (item == 2)
            SWAP(16)
        else if (item == 4)
            SWAP(32)
        else
            SWAP(64)
}
