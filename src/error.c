#include "error.h"

#include <stdarg.h>
#include <stdio.h>

detinit_status error_set(detinit_error *error, detinit_status status, const char *format, ...)
{
    if (error != NULL) {
        va_list args;
        error->status = status;
        va_start(args, format);
        vsnprintf(error->message, sizeof error->message, format, args);
        va_end(args);
    }
    return status;
}
