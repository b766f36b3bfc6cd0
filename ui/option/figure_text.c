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

/* Whether some weights have a value for certain, and some are drawn. */
static void sort_weights(const detinit_recipe *r, bool *certain, bool *drawn)
{
    for (size_t n = 0; n < r->part_count; n++)
        sort_weights(&r->parts[n], certain, drawn);
    if (r->part_count > 0)
        return;
    *certain |= r->has_zero_row || !detinit_mode_is_drawn(r->mode) ||
                (r->zero > 0 && detinit_recipe_is_drawn(r));
    *drawn |= detinit_mode_is_drawn(r->mode) || r->mode == DETINIT_DELTA_ORTHOGONAL;
}

const char *no_test_text(const detinit_recipe *recipe, const detinit_statistics *s,
                         char buffer[FIGURE_TEXT])
{
    bool certain = false, drawn = false;
    sort_weights(recipe, &certain, &drawn);
    if (s->overflowed > 0)
        return overflow_text(recipe, s, buffer);
    snprintf(buffer, FIGURE_TEXT, "%s",
             s->count == 0                      ? "no weights"
             : s->count > 1 && s->min == s->max ? "all weights are equal"
             : drawn                            ? "all drawn weights are equal"
                                                : "no weight is drawn");
    return buffer;
}

const char *tested_text(const detinit_recipe *recipe, const detinit_statistics *s,
                        char buffer[FIGURE_TEXT])
{
    const bool rounded = recipe->dtype != DETINIT_FLOAT64 || recipe->via != DETINIT_FLOAT64;
    bool certain = false, drawn = false;
    char count[32];
    sort_weights(recipe, &certain, &drawn);
    snprintf(buffer, FIGURE_TEXT, "%s%s weight%s%s%s", grouped(s->ks_count, count),
             certain ? " drawn" : "", s->ks_count == 1 ? "" : "s", rounded ? " in " : "",
             rounded ? narrowest(recipe) : "");
    return buffer;
}

bool test_is_indicative(const detinit_recipe *recipe)
{
    for (size_t n = 0; n < recipe->part_count; n++)
        if (test_is_indicative(&recipe->parts[n]))
            return true;
    return recipe->part_count == 0 &&
           (recipe->orthogonal || recipe->mode == DETINIT_DELTA_ORTHOGONAL);
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
