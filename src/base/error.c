#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

/* Bytes of the UTF-8 character that begins here and can be shown, or 0. */
static size_t printable(const unsigned char *at)
{
    const unsigned char first = at[0];
    size_t length = first < 0x80   ? 1
                    : first < 0xC2 ? 0
                    : first < 0xE0 ? 2
                    : first < 0xF0 ? 3
                    : first < 0xF5 ? 4
                                   : 0;
    for (size_t n = 1; n < length; n++)
        if ((at[n] & 0xC0) != 0x80)
            return 0;
    const bool control = first < 0x20 || first == 0x7F || (first == 0xC2 && at[1] < 0xA0);
    return control ? 0 : length;
}

/*
 * Names come from files and command lines: whatever is in them, a message stays one line,
 * commands no terminal, and is UTF-8 also where a name was cut.
 */
static void make_printable(char *message)
{
    for (unsigned char *at = (unsigned char *)message; *at != '\0';) {
        size_t length = printable(at);
        if (length == 0)
            *at = '?';
        at += length == 0 ? 1 : length;
    }
}

detinit_status error_set(detinit_error *error, detinit_status status, const char *format, ...)
{
    if (error != NULL) {
        va_list args;
        error->status = status;
        va_start(args, format);
        vsnprintf(error->message, sizeof error->message, format, args);
        va_end(args);
        make_printable(error->message);
    }
    return status;
}
