#include "option/refuse.h"

#include "base/error.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

bool refuse(detinit_error *error, const char *format, ...)
{
    va_list args;
    error->status = DETINIT_INVALID;
    va_start(args, format);
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    utf8_one_line(error->message, error->message, sizeof error->message);
    return false;
}

bool refuse_memory(detinit_error *error)
{
    error_set(error, DETINIT_NO_MEMORY, "not enough memory");
    return false;
}

detinit_status refuse_file(detinit_status status, detinit_error *error)
{
    return status == DETINIT_INVALID ? (error->status = DETINIT_IO) : status;
}
