#include "network/expression.h"

#include "base/plain.h"
#include "base/strict.h"

#include <math.h>
#include <string.h>

/* Signs and parentheses within parentheses: nobody writes more. */
#define DEPTH_MOST 32

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

typedef struct parser {
    const char *at;
    const expression_variable *variables;
    size_t count;
    int depth;
    bool wrong;
} parser;

static double sum(parser *p);

static double fail(parser *p)
{
    p->wrong = true;
    return 0;
}

static void skip_blanks(parser *p)
{
    p->at += strspn(p->at, " \t");
}

/* Whether the text goes on with a character, behind blanks, which is then passed. */
static bool take(parser *p, char wanted)
{
    const char *next = p->at + strspn(p->at, " \t");
    if (*next != wanted)
        return false;
    p->at = next + 1;
    return true;
}

/* Bytes of the number that a text begins with, as JSON writes those that are not negative; 0: none.
 */
static size_t number_length(const char *at)
{
    size_t length = strspn(at, DIGITS), digits;
    if (length == 0 || (length > 1 && at[0] == '0'))
        return 0;
    if (at[length] == '.') {
        digits = strspn(at + length + 1, DIGITS);
        if (digits == 0)
            return 0;
        length += 1 + digits;
    }
    if (at[length] == 'e' || at[length] == 'E') {
        length += at[length + 1] == '+' || at[length + 1] == '-' ? 2 : 1;
        digits = strspn(at + length, DIGITS);
        if (digits == 0)
            return 0;
        length += digits;
    }
    return length;
}

static double number(parser *p)
{
    char *end;
    const size_t length = number_length(p->at);
    const double value = plain_read(p->at, &end);
    if (end != p->at + length || !isfinite(value))
        return fail(p);
    p->at = end;
    return value;
}

/* ( sum ), of which the first parenthesis was passed. */
static double parenthesized(parser *p)
{
    if (++p->depth > DEPTH_MOST)
        return fail(p);
    skip_blanks(p);
    const double value = sum(p);
    p->depth--;
    return take(p, ')') ? value : fail(p);
}

/* A variable, or a square root. */
static double named(parser *p)
{
    const char *name = p->at;
    const size_t length = strspn(name, LETTERS DIGITS);
    p->at += length;
    for (size_t n = 0; n < p->count; n++)
        if (strlen(p->variables[n].name) == length &&
            memcmp(p->variables[n].name, name, length) == 0)
            return p->variables[n].value;
    const bool is_root = length == 4 && memcmp(name, "sqrt", 4) == 0;
    return is_root && take(p, '(') ? __builtin_sqrt(parenthesized(p)) : fail(p);
}

static double factor(parser *p)
{
    if (++p->depth > DEPTH_MOST)
        return fail(p);
    skip_blanks(p);
    double value;
    if (take(p, '-'))
        value = -factor(p);
    else if (take(p, '('))
        value = parenthesized(p);
    else
        value = strspn(p->at, DIGITS) > 0 ? number(p) : named(p);
    p->depth--;
    return value;
}

static double product(parser *p)
{
    double value = factor(p);
    while (!p->wrong) {
        if (take(p, '*'))
            value *= factor(p);
        else if (take(p, '/'))
            value /= factor(p);
        else
            break;
    }
    return value;
}

static double sum(parser *p)
{
    double value = product(p);
    while (!p->wrong) {
        if (take(p, '+'))
            value += product(p);
        else if (take(p, '-'))
            value -= product(p);
        else
            break;
    }
    return value;
}

bool expression_name_good(const char *name)
{
    return name[0] != '\0' && strspn(name, LETTERS) > 0 &&
           name[strspn(name, LETTERS DIGITS)] == '\0';
}

bool expression_value(const char *text, size_t length, const expression_variable *variables,
                      size_t count, double *value)
{
    char whole[EXPRESSION_MOST + 1];
    if (length == 0 || length > EXPRESSION_MOST || text[0] == ' ' || text[0] == '\t')
        return false;
    memcpy(whole, text, length);
    whole[length] = '\0';
    parser p = {.at = whole, .variables = variables, .count = count};
    const double found = sum(&p);
    if (p.wrong || p.at != whole + length || !isfinite(found))
        return false;
    *value = found;
    return true;
}
