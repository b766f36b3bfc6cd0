#include "describe/rounding.h"

#include "number/dtype.h"

double rounding_of(const struct rounding *r, double weight)
{
    return dtype_round(r->dtype, dtype_round(r->via, weight));
}

/* The exponent of the least normal number of a type. */
static int least_exponent(detinit_dtype dtype)
{
    const int bits = (int)dtype_bytes(dtype) * 8 - 1 - dtype_fraction_bits(dtype);
    return 2 - (1 << (bits - 1));
}

/* Half way from a number of a type to the next above it: what is less is rounded down. */
static double midpoint_above(detinit_dtype dtype, double number)
{
    const uint64_t bits = bits_of_double(number);
    const int least = least_exponent(dtype);
    int exponent = (int)(bits >> 52 & 0x7FF) - 1023; /* 2^exponent <= |number| */
    if (dtype == DETINIT_FLOAT64)
        return number;
    if (number < 0 && bits << 12 == 0)
        exponent--; /* numbers of less magnitude are closer */
    if (exponent < least)
        exponent = least;
    return number + power_of_2(exponent - dtype_fraction_bits(dtype) - 1);
}

double rounding_end(const struct rounding *r, double stored)
{
    const double end = midpoint_above(r->dtype, stored);
    if (r->via == DETINIT_FLOAT64)
        return end;
    /* The number of the first type nearest to the end is stored as this one, or as the next. */
    const double nearest = dtype_round(r->via, end);
    if (dtype_round(r->dtype, nearest) > stored)
        return -midpoint_above(r->via, -nearest);
    return midpoint_above(r->via, nearest);
}

double rounding_start(const struct rounding *r, double stored)
{
    return -rounding_end(r, -stored);
}
