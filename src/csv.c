#include "csv.h"

#include <locale.h>
#include <stdio.h>

/* Significant decimal digits that tell all values of a type apart. */
static int digits(detinit_dtype dtype)
{
    static const int needed[DETINIT_DTYPE_COUNT] = {17, 9, 5, 4};
    return needed[dtype];
}

size_t csv_format(detinit_dtype dtype, const detinit_block *block, uint64_t cols, char *out)
{
    locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    locale_t before = plain != (locale_t)0 ? uselocale(plain) : (locale_t)0;
    size_t length = 0, count = block->rows * block->cols;
    int precision = digits(dtype);
    for (size_t n = 0; n < count; n++) {
        uint64_t col = block->col + n % block->cols;
        length += (size_t)snprintf(out + length, CSV_WEIGHT_MOST, "%.*g%c", precision,
                                   block->values[n], col + 1 == cols ? '\n' : ',');
    }
    if (plain != (locale_t)0) {
        uselocale(before);
        freelocale(plain);
    }
    return length;
}
