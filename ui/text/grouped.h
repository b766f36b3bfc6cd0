/* Whole numbers as people read them. */
#ifndef UI_TEXT_GROUPED_H
#define UI_TEXT_GROUPED_H

#include <stdint.h>

/* 1234567 as "1,234,567". Returns buffer. */
const char *grouped(uint64_t value, char buffer[32]);

#endif
