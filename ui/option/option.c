#include "option/option.h"

#include "base/error.h"

#include "base/whole.h"
#include "describe/activation.h"
#include "describe/layer.h"
#include "detinit_network.h"
#include "matrix/recipe_names.h"
#include "matrix/scheme.h"
#include "number/dist.h"
#include "number/dtype.h"
#include "option/place.h"
#include "option/refuse.h"
#include "option/share.h"
#include "text/word.h"
#include "track/pruned.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ----------------------------------------------------------------- choices */

/* The names of an enumeration of the library's, from its own table. */
#define LIBRARY_CHOICE(id, most, table)                                                            \
    static const char *id##_name(int value)                                                        \
    {                                                                                              \
        return names_name(&(table), value);                                                        \
    }                                                                                              \
    static bool id##_parse(const char *text, int *value)                                           \
    {                                                                                              \
        return names_find(&(table), text, value);                                                  \
    }                                                                                              \
    static const option_choice choice_##id = {most, id##_name, id##_parse, &(table)};

/* Those of one of the program's own. */
#define CHOICE(id, most, ...)                                                                      \
    static const char *const id##_texts[] = {__VA_ARGS__};                                         \
    _Static_assert(sizeof id##_texts / sizeof id##_texts[0] == (most), "a name for each of " #id); \
    static const name_table own_##id##_names = NAME_TABLE(id##_texts);                             \
    LIBRARY_CHOICE(id, most, own_##id##_names)

#include "option/options.def"

/* ------------------------------------------------------------------- table */

const option options[OPTION_COUNT] = {
#define OPTION(id, name, letter, value, kind, field, min, max, choice, standard, group, uses,      \
               help)                                                                               \
    {name,                                                                                         \
     letter,                                                                                       \
     value,                                                                                        \
     kind,                                                                                         \
     offsetof(settings, field),                                                                    \
     min,                                                                                          \
     max,                                                                                          \
     choice,                                                                                       \
     standard,                                                                                     \
     group,                                                                                        \
     (uses) | (((group)&GROUPS_OF_RECIPE) != 0 ? OPTION_IN_RECIPE : 0),                            \
     help},
#include "option/options.def"
};

_Static_assert(OPTION_COUNT <= sizeof((settings){0}.given), "settings.given is too short");

const option *option_find(const char *name)
{
    for (int n = 0; n < OPTION_COUNT; n++)
        if (strcmp(name, options[n].name) == 0)
            return &options[n];
    return NULL;
}

const char *option_choices(const option *which, char *buffer, size_t size)
{
    buffer[0] = '\0';
    return which->choice != NULL ? names_told(which->choice->names, buffer, size) : buffer;
}

const char *option_word(const option *which, int n)
{
    static const char *const of_switch[] = {"on", "off"};
    const int choices = which->choice != NULL ? which->choice->count : 0;
    if (n < choices)
        return which->choice->name(n);
    if (which->kind == OPTION_INITIALIZER)
        return initializer_name((size_t)(n - choices));
    if (which->kind == OPTION_SWITCH)
        return n < 2 ? of_switch[n] : NULL;
    if (which->kind == OPTION_LEVEL || which->kind == OPTION_PART)
        return n == 0 ? "auto" : NULL;
    return NULL;
}

/* ------------------------------------------------------------------- kinds */

/* How a kind of value is read into its field, or refused in a sentence, and how it is written. */
typedef struct kind {
    bool (*parse)(void *field, const option *which, const char *text, detinit_error *error);
    void (*print)(const void *field, const option *which, char *buffer, size_t size);
} kind;

static bool parse_switch(void *field, const option *which, const char *text, detinit_error *error)
{
    const bool on = text == NULL || strcmp(text, "on") == 0;
    (void)which;
    if (!on && strcmp(text, "off") != 0)
        return refuse(error, "'%.60s' is neither on nor off", text);
    *(bool *)field = on;
    return true;
}

static void print_switch(const void *field, const option *which, char *buffer, size_t size)
{
    (void)which;
    snprintf(buffer, size, "%s", *(const bool *)field ? "on" : "off");
}

/* A bound as people write it: powers of two that do not fit the eye get their name. */
static const char *bound_text(uint64_t bound, char *buffer, size_t size)
{
    if (bound == UINT64_MAX)
        return "2^64-1";
    if (bound == DETINIT_MAX_DIMENSION)
        return "2^63-1";
    snprintf(buffer, size, "%llu", (unsigned long long)bound);
    return buffer;
}

static bool parse_whole(void *field, const option *which, const char *text, detinit_error *error)
{
    char least[24], most[24];
    uint64_t value = 0;
    const whole_result result = whole_parse(text, &value);
    if (result == WHOLE_NONE)
        return refuse(error, "'%.60s' is not a whole number", text);
    if (result != WHOLE_FINE || value < which->min || value > which->max)
        return refuse(error, "'%.60s' is out of range, which is %s .. %s", text,
                      bound_text(which->min, least, sizeof least),
                      bound_text(which->max, most, sizeof most));
    *(uint64_t *)field = value;
    return true;
}

static void print_whole(const void *field, const option *which, char *buffer, size_t size)
{
    (void)which;
    snprintf(buffer, size, "%llu", (unsigned long long)*(const uint64_t *)field);
}

/* A layer is also known by the name of its tensor. */
static bool parse_layer(void *field, const option *which, const char *text, detinit_error *error)
{
    static const char before[] = "name:";
    const size_t length = sizeof before - 1;
    if (strncmp(text, before, length) != 0)
        return parse_whole(field, which, text, error);
    if (text[length] == '\0')
        return refuse(error, "'%.60s' names no layer; a name follows the colon", text);
    *(uint64_t *)field = detinit_layer_of_name(text + length);
    return true;
}

static bool is_real(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && !isspace((unsigned char)text[0]);
}

static bool parse_real(void *field, const option *which, const char *text, detinit_error *error)
{
    double value;
    (void)which;
    if (!is_real(text, &value))
        return refuse(error, "'%.60s' is not a number", text);
    if (!isfinite(value) || !(value > 0))
        return refuse(error, "'%.60s' must be finite and above 0", text);
    *(double *)field = value;
    return true;
}

static bool parse_number(void *field, const option *which, const char *text, detinit_error *error)
{
    double value;
    (void)which;
    if (!is_real(text, &value))
        return refuse(error, "'%.60s' is not a number", text);
    if (!isfinite(value))
        return refuse(error, "'%.60s' must be finite", text);
    *(double *)field = value;
    return true;
}

static bool parse_amount(void *field, const option *which, const char *text, detinit_error *error)
{
    double value;
    (void)which;
    if (!is_real(text, &value))
        return refuse(error, "'%.60s' is not a number", text);
    if (!isfinite(value) || !(value >= 0))
        return refuse(error, "'%.60s' must be finite and not below 0", text);
    *(double *)field = value;
    return true;
}

/* A share from 0 to 1, or the same as 0% to 100%. */
static bool is_share(const char *text, double *value)
{
    char hundredths[64];
    const size_t length = strlen(text);
    if (length > 0 && text[length - 1] == '%') {
        /* Read as one number: 6.3 / 100 would be rounded twice. */
        if (length + sizeof "e-2" > sizeof hundredths)
            return false;
        snprintf(hundredths, sizeof hundredths, "%.*se-2", (int)length - 1, text);
        text = hundredths;
    }
    return is_real(text, value) && *value >= 0 && *value <= 1;
}

static bool parse_share(void *field, const option *which, const char *text, detinit_error *error)
{
    double value;
    (void)which;
    if (!is_share(text, &value))
        return refuse(error, "'%.60s' is not a share, 0 .. 1", text);
    *(double *)field = value;
    return true;
}

static bool parse_portion(void *field, const option *which, const char *text, detinit_error *error)
{
    double value;
    (void)which;
    if (!is_share(text, &value) || !(value > 0))
        return refuse(error, "'%.60s' is not a share above 0, up to 1, such as 0.04 or 4%%", text);
    *(double *)field = value;
    return true;
}

/* The shortest text that gives the same number back. */
static void print_real(const void *field, const option *which, char *buffer, size_t size)
{
    const double value = *(const double *)field;
    char text[32];
    int digits = 0;
    (void)which;
    do
        snprintf(text, sizeof text, "%.*g", ++digits, value);
    while (digits < 17 && strtod(text, NULL) != value);
    snprintf(buffer, size, "%s", text);
}

static bool parse_level(void *field, const option *which, const char *text, detinit_error *error)
{
    double value = THRESHOLD_AUTO;
    (void)which;
    if (strcmp(text, "auto") != 0 && (!is_real(text, &value) || !isfinite(value) || !(value >= 0)))
        return refuse(error, "'%.60s' is neither auto nor a finite number that is not below 0",
                      text);
    *(double *)field = value;
    return true;
}

static void print_level(const void *field, const option *which, char *buffer, size_t size)
{
    if (*(const double *)field < 0)
        snprintf(buffer, size, "auto");
    else
        print_real(field, which, buffer, size);
}

static bool parse_size(void *field, const option *which, const char *text, detinit_error *error)
{
    const uint64_t size = size_parse(text);
    if (size < which->min || size > which->max)
        return refuse(
            error, "'%.60s' is not a size of 1 .. 2^63-1 bytes, such as 500MB, 5GB or 2GiB", text);
    *(uint64_t *)field = size;
    return true;
}

static bool parse_part(void *field, const option *which, const char *text, detinit_error *error)
{
    (void)which;
    return share_parse(text, field, error);
}

static void print_part(const void *field, const option *which, char *buffer, size_t size)
{
    (void)which;
    share_text(field, buffer, size);
}

/* Refuses a word that is none of the option's: what was meant, and all that it takes. */
static bool refuse_word(const option *which, const char *text, const char *nearest,
                        const char *more, detinit_error *error)
{
    char choices[CHOICES_TEXT];
    option_choices(which, choices, sizeof choices);
    if (nearest != NULL)
        return refuse(error, "'%.60s' is unknown, did you mean %s? It takes %s%s", text, nearest,
                      choices, more);
    return refuse(error, "'%.60s' is unknown; it takes %s%s", text, choices, more);
}

static const char *nth_choice(const void *choice, int n)
{
    const option_choice *of = choice;
    return n < of->count ? of->name(n) : NULL;
}

/* The nearest of an option's choices, or NULL. */
static const char *nearest_choice(const option *which, const char *text)
{
    return word_nearest(text, nth_choice, which->choice);
}

static bool parse_choice(void *field, const option *which, const char *text, detinit_error *error)
{
    return which->choice->parse(text, field) ||
           refuse_word(which, text, nearest_choice(which, text), "", error);
}

static void print_choice(const void *field, const option *which, char *buffer, size_t size)
{
    snprintf(buffer, size, "%s", which->choice->name(*(const int *)field));
}

static const char *nth_initializer(const void *list, int n)
{
    (void)list;
    return initializer_name((size_t)n);
}

static bool parse_initializer(void *field, const option *which, const char *text,
                              detinit_error *error)
{
    const char *nearest = nearest_choice(which, text);
    if (detinit_recipe_set_initializer(field, text))
        return true;
    if (nearest == NULL)
        nearest = word_nearest(text, nth_initializer, NULL);
    return refuse_word(which, text, nearest, ", or an initializer's name such as kaiming_uniform",
                       error);
}

static void print_initializer(const void *field, const option *which, char *buffer, size_t size)
{
    const detinit_recipe *recipe = field;
    (void)which;
    snprintf(buffer, size, "%s", detinit_mode_name(recipe->mode));
}

static bool parse_nonlinearity(void *field, const option *which, const char *text,
                               detinit_error *error)
{
    detinit_recipe *recipe = field;
    if (detinit_nonlinearity_parse(text, &recipe->nonlinearity, &recipe->slope))
        return true;
    if (strchr(text, ':') != NULL)
        return refuse(error,
                      "'%.60s' is unknown; only leaky_relu takes a slope, a number as in "
                      "leaky_relu:0.2",
                      text);
    return refuse_word(which, text, nearest_choice(which, text), "", error);
}

static void print_nonlinearity(const void *field, const option *which, char *buffer, size_t size)
{
    const detinit_recipe *recipe = field;
    const bool has_slope =
        recipe->nonlinearity == DETINIT_NONLINEARITY_LEAKY_RELU && recipe->slope != RECIPE_SLOPE;
    const int length =
        snprintf(buffer, size, "%s%s", detinit_nonlinearity_name(recipe->nonlinearity),
                 has_slope ? ":" : "");
    if (has_slope && length > 0 && (size_t)length < size)
        print_real(&recipe->slope, which, buffer + length, size - (size_t)length);
}

static bool parse_fans(void *field, const option *which, const char *text, detinit_error *error)
{
    uint64_t *fans = field;
    tensor_place two = {.rank = 0};
    (void)which;
    if (strcmp(text, "default") != 0 &&
        !(place_parse(text, &two) && two.rank == 2 && two.index[0] > 0 && two.index[1] > 0))
        return refuse(
            error, "'%.60s' is not fan_in and fan_out, two whole numbers above 0 as IN,OUT", text);
    memcpy(fans, two.index, 2 * sizeof fans[0]);
    return true;
}

static void print_fans(const void *field, const option *which, char *buffer, size_t size)
{
    const uint64_t *fans = field;
    (void)which;
    if (fans[0] == 0)
        snprintf(buffer, size, "default");
    else
        snprintf(buffer, size, "%llu,%llu", (unsigned long long)fans[0],
                 (unsigned long long)fans[1]);
}

static bool parse_row(void *field, const option *which, const char *text, detinit_error *error)
{
    detinit_recipe *recipe = field;
    uint64_t row = 0;
    (void)which;
    const bool none = strcmp(text, "none") == 0;
    if (!none && whole_parse(text, &row) != WHOLE_FINE)
        return refuse(error, "'%.60s' is neither the number of a row, from 0, nor none", text);
    recipe->has_zero_row = !none;
    recipe->zero_row = row;
    return true;
}

static void print_row(const void *field, const option *which, char *buffer, size_t size)
{
    const detinit_recipe *recipe = field;
    (void)which;
    if (recipe->has_zero_row)
        snprintf(buffer, size, "%llu", (unsigned long long)recipe->zero_row);
    else
        snprintf(buffer, size, "none");
}

static bool parse_place(void *field, const option *which, const char *text, detinit_error *error)
{
    char expected[80];
    (void)which;
    return place_parse(text, field) || refuse(error, "'%.60s' is not a place: %s", text,
                                              place_expected(2, expected, sizeof expected));
}

static void print_place(const void *field, const option *which, char *buffer, size_t size)
{
    (void)which;
    place_join(field, buffer, size);
}

static bool parse_dimensions(void *field, const option *which, const char *text,
                             detinit_error *error)
{
    detinit_recipe *recipe = field;
    tensor_place shape = {.rank = 0};
    bool good = strcmp(text, SHAPE_OF_NONE) == 0 || place_parse(text, &shape);
    (void)which;
    for (size_t n = 0; good && n < shape.rank; n++)
        good = shape.index[n] <= DETINIT_MAX_DIMENSION;
    if (!good)
        return refuse(error,
                      "'%.60s' is not a shape: 1 .. 8 dimensions, each 0 .. 2^63-1, joined by "
                      "commas, or scalar for none",
                      text);
    memset(recipe->shape, 0, sizeof recipe->shape);
    memcpy(recipe->shape, shape.index, shape.rank * sizeof shape.index[0]);
    recipe->rank = shape.rank;
    return true;
}

static void print_dimensions(const void *field, const option *which, char *buffer, size_t size)
{
    (void)which;
    shape_text(field, ",", buffer, size);
}

static bool parse_text(void *field, const option *which, const char *text, detinit_error *error)
{
    char **owned = field;
    if (text[0] == '\0')
        return refuse(error, "needs a %s that is not empty", which->value);
    char *copy = strdup(text);
    if (copy == NULL)
        return refuse_memory(error);
    free(*owned);
    *owned = copy;
    return true;
}

static void print_text(const void *field, const option *which, char *buffer, size_t size)
{
    const char *text = *(char *const *)field;
    (void)which;
    snprintf(buffer, size, "%s", text != NULL ? text : "");
}

static const kind kinds[] = {
    [OPTION_SWITCH] = {parse_switch, print_switch},
    [OPTION_WHOLE] = {parse_whole, print_whole},
    [OPTION_WHOLE_OR_NAME] = {parse_layer, print_whole},
    [OPTION_REAL] = {parse_real, print_real},
    [OPTION_NUMBER] = {parse_number, print_real},
    [OPTION_AMOUNT] = {parse_amount, print_real},
    [OPTION_SHARE] = {parse_share, print_real},
    [OPTION_PORTION] = {parse_portion, print_real},
    [OPTION_LEVEL] = {parse_level, print_level},
    [OPTION_CHOICE] = {parse_choice, print_choice},
    [OPTION_INITIALIZER] = {parse_initializer, print_initializer},
    [OPTION_SLOPED] = {parse_nonlinearity, print_nonlinearity},
    [OPTION_PAIR] = {parse_fans, print_fans},
    [OPTION_ROW] = {parse_row, print_row},
    [OPTION_SIZE] = {parse_size, print_whole},
    [OPTION_PART] = {parse_part, print_part},
    [OPTION_PLACE] = {parse_place, print_place},
    [OPTION_DIMENSIONS] = {parse_dimensions, print_dimensions},
    [OPTION_TEXT] = {parse_text, print_text},
};

/* ------------------------------------------------------------------ values */

/* Puts the option's name before a sentence. Returns false, for the caller to return. */
static bool begin_with_name(detinit_error *error, const option *which, bool as_flag)
{
    const detinit_error unnamed = *error;
    error_set(error, unnamed.status, "%s%s: %s", as_flag ? "--" : "", which->name, unnamed.message);
    return false;
}

/* An initializer's name says more than the mode. */
static void give_what_is_said(settings *s, const char *text)
{
    detinit_mode mode;
    if (detinit_mode_parse(text, &mode))
        return;
    s->given[OPTION_DIST] |= s->recipe.dist != DETINIT_DIST_OF_MODE;
    s->given[OPTION_ORTHOGONAL] |= s->recipe.orthogonal;
    s->given[OPTION_VALUE] |= s->recipe.mode == DETINIT_CONSTANT;
}

bool option_set(settings *s, const option *which, const char *text, bool as_flag,
                detinit_error *error)
{
    char choices[CHOICES_TEXT];
    bool done;
    if (text == NULL && which->kind != OPTION_SWITCH)
        done = refuse(error, "needs a value%s%s", which->choice != NULL ? ": " : "",
                      option_choices(which, choices, sizeof choices));
    else
        done = kinds[which->kind].parse((char *)s + which->offset, which, text, error);
    if (!done)
        return begin_with_name(error, which, as_flag);
    s->given[which - options] = true;
    if (which->kind == OPTION_INITIALIZER)
        give_what_is_said(s, text);
    return true;
}

const char *option_text(const settings *s, const option *which, char *buffer, size_t size)
{
    kinds[which->kind].print((const char *)s + which->offset, which, buffer, size);
    return buffer;
}
