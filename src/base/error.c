#include "base/error.h"

#include "base/plain.h"
#include "base/utf8.h"

#include <stdarg.h>

detinit_status error_set(detinit_error *error, detinit_status status, const char *format, ...)
{
    if (error != NULL) {
        va_list args;
        error->status = status;
        va_start(args, format);
        plain_print_list(error->message, sizeof error->message, format, args);
        va_end(args);
        /* Names come from files and command lines, and may be cut within a character. */
        utf8_one_line(error->message, error->message, sizeof error->message);
    }
    return status;
}
