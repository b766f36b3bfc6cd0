/* Items of files that come in the other byte order. */
#ifndef DETINIT_FILE_BYTEORDER_H
#define DETINIT_FILE_BYTEORDER_H

#include <stddef.h>

/* Turns the bytes of each of `count` items of 2, 4 or 8 bytes around. */
void swap_bytes(void *items, size_t item, size_t count);

#endif
