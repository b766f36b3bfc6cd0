/* The order of bytes in items of several. */
#ifndef DETINIT_BASE_BYTEORDER_H
#define DETINIT_BASE_BYTEORDER_H

#include <stdbool.h>
#include <stddef.h>

#define MACHINE_IS_LITTLE_ENDIAN (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* Turns the bytes of each of `count` items of 2, 4 or 8 bytes around. */
void swap_bytes(void *items, size_t item, size_t count);

/* Makes items of this machine little-endian, or the other way: nothing to do on most machines. */
static inline void turn_little_endian(void *items, size_t item, size_t count)
{
    if (!MACHINE_IS_LITTLE_ENDIAN)
        swap_bytes(items, item, count);
}

#endif
