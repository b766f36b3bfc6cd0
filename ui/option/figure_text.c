#include "option/figure_text.h"

#include "text/grouped.h"

#include <math.h>
#include <stdio.h>

/* The type that holds the least: float16 has the fewest exponents, then bfloat16's fraction. */
static const char *narrowest(const detinit_recipe *r)
{
    if (r->via == DETINIT_FLOAT16 || r->dtype == DETINIT_FLOAT16)
        return detinit_dtype_name(DETINIT_FLOAT16);
    return detinit_dtype_name(r->via > r->dtype ? r->via : r->dtype);
}

static const char *count_text(uint64_t count, const detinit_statistics *s, const char *what,
                              const char *type, char buffer[FIGURE_TEXT])
{
    char some[32], all[32];
    snprintf(buffer, FIGURE_TEXT, "%s of %s weight%s %s %s", grouped(count, some),
             grouped(s->count, all), s->count == 1 ? "" : "s", what, type);
    if (count == 0)
        buffer[0] = '\0';
    return buffer;
}

const char *overflow_text(const detinit_recipe *recipe, const detinit_statistics *s,
                          char buffer[FIGURE_TEXT])
{
    return count_text(s->overflowed, s, s->count == 1 ? "overflows" : "overflow", narrowest(recipe),
                      buffer);
}

const char *underflow_text(const detinit_recipe *recipe, const detinit_statistics *s,
                           char buffer[FIGURE_TEXT])
{
    return count_text(s->underflowed, s, s->count == 1 ? "underflows to 0 in" : "underflow to 0 in",
                      narrowest(recipe), buffer);
}

const char *no_figure_text(const detinit_statistics *s)
{
    return s->count == 0       ? "no weights"
           : s->overflowed > 0 ? "weights overflow"
                               : "needs 2 weights";
}

const char *no_test_text(const detinit_recipe *recipe, const detinit_statistics *s,
                         char buffer[FIGURE_TEXT])
{
    if (s->overflowed > 0)
        return overflow_text(recipe, s, buffer);
    snprintf(buffer, FIGURE_TEXT, "%s",
             s->count == 0                      ? "no weights"
             : s->count > 1 && s->min == s->max ? "all weights are equal"
                                                : "no weight is drawn");
    return buffer;
}

/* Whether the recipe makes some weights 0, or a part of it does. */
static bool has_zeros(const detinit_recipe *r)
{
    for (size_t n = 0; n < r->part_count; n++)
        if (has_zeros(&r->parts[n]))
            return true;
    return r->part_count == 0 && (r->has_zero_row || r->mode == DETINIT_DELTA_ORTHOGONAL ||
                                  (r->zero > 0 && detinit_recipe_is_drawn(r)) ||
                                  (r->value == 0 && r->mode == DETINIT_CONSTANT));
}

const char *tested_text(const detinit_recipe *recipe, const detinit_statistics *s,
                        char buffer[FIGURE_TEXT])
{
    const bool rounded = recipe->dtype != DETINIT_FLOAT64 || recipe->via != DETINIT_FLOAT64;
    char count[32];
    snprintf(buffer, FIGURE_TEXT, "%s weight%s%s%s%s", grouped(s->ks_count, count),
             s->ks_count == 1 ? "" : "s", rounded ? " in " : "", rounded ? narrowest(recipe) : "",
             has_zeros(recipe) ? ", zeros among them" : "");
    return buffer;
}

/* The square of the gain, to the digits that are printed. */
static const char *squared_gain(const detinit_recipe *recipe, char buffer[32])
{
    const double gain = detinit_recipe_orthogonal_gain(recipe);
    snprintf(buffer, 32, "%.6g", gain * gain);
    return buffer;
}

static bool is_one(const char *number)
{
    return number[0] == '1' && number[1] == '\0';
}

const char *gram_text(const detinit_recipe *recipe, char buffer[FIGURE_TEXT])
{
    char square[32];
    squared_gain(recipe, square);
    snprintf(buffer, FIGURE_TEXT, is_one(square) ? "I" : "%s I", square);
    return buffer;
}

const char *gram_less_i_text(const detinit_recipe *recipe, char buffer[FIGURE_TEXT])
{
    char square[32];
    squared_gain(recipe, square);
    snprintf(buffer, FIGURE_TEXT, is_one(square) ? "QtQ - I" : "QtQ/%s - I", square);
    return buffer;
}

const char *orthogonal_std_text(const detinit_recipe *recipe, char buffer[FIGURE_TEXT])
{
    uint64_t rows, cols;
    detinit_recipe_layer_shape(recipe, &rows, &cols);
    snprintf(buffer, FIGURE_TEXT, "%.6g / sqrt(%llu)", detinit_recipe_orthogonal_gain(recipe),
             (unsigned long long)(rows > cols ? rows : cols));
    return buffer;
}
