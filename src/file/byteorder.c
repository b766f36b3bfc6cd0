#include "file/byteorder.h"

#include <stdint.h>
#include <string.h>

void swap_bytes(void *items, size_t item, size_t count)
{
    unsigned char *at = items;
    for (size_t n = 0; n < count; n++, at += item) {
        uint64_t value = 0;
        switch (item) {
        case 2:
            memcpy(&value, at, 2);
            value = __builtin_bswap16((uint16_t)value);
            memcpy(at, &value, 2);
            break;
        case 4:
            memcpy(&value, at, 4);
            value = __builtin_bswap32((uint32_t)value);
            memcpy(at, &value, 4);
            break;
        default:
            memcpy(&value, at, 8);
            value = __builtin_bswap64(value);
            memcpy(at, &value, 8);
        }
    }
}
