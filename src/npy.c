#include "npy.h"

#include <stdio.h>
#include <string.h>

/* Data starts on a multiple of this. */
#define ALIGNMENT 64

/* Magic, version 1.0, and the length of what follows in two bytes. */
#define PREFIX 10

/* numpy leaves room for the first dimension to grow to this many digits in place. */
#define GROWTH_DIGITS 21

static const char *descr(detinit_dtype dtype)
{
    static const char *const names[DETINIT_DTYPE_COUNT] = {"<f8", "<f4", "<f2", "<V2"};
    return names[dtype];
}

/* "(10, 20)", and "(10,)" for rank 1, as Python writes tuples. */
static void shape_tuple(const detinit_recipe *recipe, char *out, size_t size)
{
    size_t length = (size_t)snprintf(out, size, "(");
    for (size_t n = 0; n < recipe->rank; n++)
        length += (size_t)snprintf(out + length, size - length, "%s%llu", n > 0 ? ", " : "",
                                   (unsigned long long)recipe->shape[n]);
    snprintf(out + length, size - length, recipe->rank == 1 ? ",)" : ")");
}

size_t npy_header(const detinit_recipe *recipe, unsigned char header[NPY_HEADER_MOST])
{
    char shape[200], text[NPY_HEADER_MOST], first[24];
    shape_tuple(recipe, shape, sizeof shape);
    int digits = snprintf(first, sizeof first, "%llu", (unsigned long long)recipe->shape[0]);
    int length =
        snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }%*s",
                 descr(recipe->dtype), shape, GROWTH_DIGITS - digits, "");
    size_t unpadded = PREFIX + (size_t)length + 1;
    size_t total = unpadded + (ALIGNMENT - unpadded % ALIGNMENT);
    size_t dictionary = total - PREFIX;

    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (unsigned char)(dictionary & 0xFF);
    header[9] = (unsigned char)(dictionary >> 8);
    memset(header + PREFIX, ' ', dictionary);
    memcpy(header + PREFIX, text, (size_t)length);
    header[total - 1] = '\n';
    return total;
}
