/*
 * Numbers that a manifest states as arithmetic, "0.02 / sqrt(2 * (i + 1))": what depends on the
 * depth of a repeated tensor, or is clearer as a formula than as 17 digits.
 */
#ifndef DETINIT_NETWORK_EXPRESSION_H
#define DETINIT_NETWORK_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>

/* The longest text that is read as arithmetic, in bytes. */
#define EXPRESSION_MOST 200

/* A name that stands for a number. */
typedef struct expression_variable {
    const char *name;
    double value;
} expression_variable;

/* Whether a text can be the name of a variable: letters, digits, underscores, no digit first. */
bool expression_name_good(const char *name);

/*
 * The value of `length` bytes of text: numbers, names of `count` variables, + - * /, sqrt(...) and
 * parentheses, in binary64, each operation rounded once in the order written, from left to right,
 * as Python does it.  Blanks may stand between them, but neither first nor last.  False, and
 * *value untouched, where the text is none of this or its value is not finite.
 */
bool expression_value(const char *text, size_t length, const expression_variable *variables,
                      size_t count, double *value);

#endif
