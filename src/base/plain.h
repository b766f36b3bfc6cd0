/* Numbers as text with a dot, whatever the locale of the process that the library is part of. */
#ifndef DETINIT_BASE_PLAIN_H
#define DETINIT_BASE_PLAIN_H

#include <stdarg.h>
#include <stddef.h>

/* snprintf, vsnprintf and strtod as they are in the C locale. */
int plain_print(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int plain_print_list(char *buffer, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
double plain_read(const char *text, char **end);

#endif
