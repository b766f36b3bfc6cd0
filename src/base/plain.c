#include "base/plain.h"

#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static locale_t plain;

static void make_plain(void)
{
    plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* This thread's locale becomes plain; returns what it was. */
static locale_t enter(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_plain);
    return uselocale(plain);
}

int plain_print_list(char *buffer, size_t size, const char *format, va_list arguments)
{
    const locale_t before = enter();
    const int length = vsnprintf(buffer, size, format, arguments);
    uselocale(before);
    return length;
}

int plain_print(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = plain_print_list(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}

double plain_read(const char *text, char **end)
{
    const locale_t before = enter();
    const double value = strtod(text, end);
    uselocale(before);
    return value;
}
