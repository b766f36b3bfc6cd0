#include "option/option.h"

#include "base/whole.h"
#include "option/place.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ----------------------------------------------------------------- choices */

/* A choice of the library's: its names and its parser, seen as plain numbers. */
#define LIBRARY_CHOICE(id, type, most, describes)                                                  \
    static const char *id##_name(int value)                                                        \
    {                                                                                              \
        return detinit_##id##_name((type)value);                                                   \
    }                                                                                              \
    static bool id##_parse(const char *text, int *value)                                           \
    {                                                                                              \
        type parsed;                                                                               \
        bool found = detinit_##id##_parse(text, &parsed);                                          \
        if (found)                                                                                 \
            *value = (int)parsed;                                                                  \
        return found;                                                                              \
    }                                                                                              \
    static const option_choice choice_##id = {most, id##_name, id##_parse, describes};

LIBRARY_CHOICE(mode, detinit_mode, DETINIT_MODE_COUNT,
               "he (kaiming), xavier (glorot), lecun, torch or normal")
LIBRARY_CHOICE(dist, detinit_dist, DETINIT_DIST_COUNT, "default, normal, uniform or truncated")
LIBRARY_CHOICE(axis, detinit_axis, DETINIT_AXIS_COUNT, "cols or rows")
LIBRARY_CHOICE(dtype, detinit_dtype, DETINIT_DTYPE_COUNT,
               "float64 (f8), float32 (f4), float16 (f2) or bfloat16 (bf16)")

/* A choice that has names alone, which id##_name knows. */
#define NAMED_CHOICE(id, most, describes)                                                          \
    static bool id##_parse(const char *text, int *value)                                           \
    {                                                                                              \
        for (int n = 0; n < (most); n++)                                                           \
            if (strcmp(text, id##_name(n)) == 0) {                                                 \
                *value = n;                                                                        \
                return true;                                                                       \
            }                                                                                      \
        return false;                                                                              \
    }                                                                                              \
    static const option_choice choice_##id = {most, id##_name, id##_parse, describes};

/* A choice of the program's own: an array of names. */
#define OWN_CHOICE(id, most, describes, ...)                                                       \
    static const char *id##_name(int value)                                                        \
    {                                                                                              \
        static const char *const names[] = {__VA_ARGS__};                                          \
        return names[value];                                                                       \
    }                                                                                              \
    NAMED_CHOICE(id, most, describes)

static const char *prune_name(int value)
{
    return detinit_prune_name((detinit_prune)value);
}
NAMED_CHOICE(prune, DETINIT_PRUNE_COUNT, "init, zero or magnitude")

OWN_CHOICE(format, OUTPUT_FORMAT_COUNT, "text, json or csv", "text", "json", "csv")
OWN_CHOICE(schedule, SCHEDULE_COUNT, "constant or linear", "constant", "linear")
OWN_CHOICE(background, BACKGROUND_COUNT, "auto, dark or light", "auto", "dark", "light")
OWN_CHOICE(color, COLOR_WHEN_COUNT, "auto, always or never", "auto", "always", "never")

/* ------------------------------------------------------------------- table */

const option options[OPTION_COUNT] = {
#define OPTION(id, name, letter, value, kind, field, min, max, choice, standard, uses, help)       \
    {name, letter, value, kind, offsetof(settings, field), min, max, choice, standard, uses, help},
#include "option/options.def"
#undef OPTION
};

_Static_assert(OPTION_COUNT <= sizeof((settings){0}.given), "settings.given is too short");

const option *option_find(const char *name)
{
    for (int n = 0; n < OPTION_COUNT; n++)
        if (strcmp(name, options[n].name) == 0)
            return &options[n];
    return NULL;
}

/* ------------------------------------------------------------ nearest name */

#define NAME_MOST 32

/* Damerau-Levenshtein distance (adjacent letters may be swapped); words are short. */
static int edit_distance(const char *a, const char *b)
{
    int la = (int)strlen(a), lb = (int)strlen(b), d[NAME_MOST + 1][NAME_MOST + 1];
    if (la > NAME_MOST || lb > NAME_MOST)
        return NAME_MOST;
    for (int i = 0; i <= la; i++) {
        for (int j = 0; j <= lb; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] + 1 < best)
                best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best)
                best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    }
    return d[la][lb];
}

const char *option_nearest(const char *word, const char *(*name)(int index), int count)
{
    const char *nearest = NULL;
    int least = 1 + ((int)strlen(word) + 2) / 3; /* a third of the letters may be wrong */
    for (int n = 0; n < count; n++) {
        int distance = edit_distance(word, name(n));
        bool begins = strlen(word) >= 2 && strncmp(word, name(n), strlen(word)) == 0;
        if (begins || distance < least) {
            nearest = name(n);
            least = begins ? 0 : distance;
        }
    }
    return nearest;
}

/* ----------------------------------------------------------------- setting */

/* One sentence that begins with the option's name. Returns false, for the caller to return. */
__attribute__((format(printf, 4, 5))) static bool refuse(detinit_error *error, const option *which,
                                                         bool as_flag, const char *format, ...)
{
    int length =
        snprintf(error->message, sizeof error->message, "%s%s: ", as_flag ? "--" : "", which->name);
    va_list args;
    va_start(args, format);
    vsnprintf(error->message + length, sizeof error->message - (size_t)length, format, args);
    va_end(args);
    error->status = DETINIT_INVALID;
    return false;
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

static bool set_whole(uint64_t *field, const option *which, const char *text, bool as_flag,
                      detinit_error *error)
{
    char least[24], most[24];
    uint64_t value = 0;
    const whole_result result = whole_parse(text, &value);
    if (result == WHOLE_NONE)
        return refuse(error, which, as_flag, "'%.60s' is not a whole number", text);
    if (result != WHOLE_FINE || value < which->min || value > which->max)
        return refuse(error, which, as_flag, "'%.60s' is out of range, which is %s .. %s", text,
                      bound_text(which->min, least, sizeof least),
                      bound_text(which->max, most, sizeof most));
    *field = value;
    return true;
}

static bool parse_real(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && !isspace((unsigned char)text[0]);
}

static bool set_real(double *field, const option *which, const char *text, bool as_flag,
                     detinit_error *error)
{
    double value;
    if (!parse_real(text, &value))
        return refuse(error, which, as_flag, "'%.60s' is not a number", text);
    if (!isfinite(value) || !(value > 0))
        return refuse(error, which, as_flag, "'%.60s' must be finite and above 0", text);
    *field = value;
    return true;
}

static bool set_amount(double *field, const option *which, const char *text, bool as_flag,
                       detinit_error *error)
{
    double value;
    if (!parse_real(text, &value))
        return refuse(error, which, as_flag, "'%.60s' is not a number", text);
    if (!isfinite(value) || !(value >= 0))
        return refuse(error, which, as_flag, "'%.60s' must be finite and not below 0", text);
    *field = value;
    return true;
}

static bool set_share(double *field, const option *which, const char *text, bool as_flag,
                      detinit_error *error)
{
    double value;
    if (!parse_real(text, &value) || !(value >= 0 && value <= 1))
        return refuse(error, which, as_flag, "'%.60s' is not a share, 0 .. 1", text);
    *field = value;
    return true;
}

static bool set_level(double *field, const option *which, const char *text, bool as_flag,
                      detinit_error *error)
{
    double value = THRESHOLD_AUTO;
    if (strcmp(text, "auto") != 0 &&
        (!parse_real(text, &value) || !isfinite(value) || !(value >= 0)))
        return refuse(error, which, as_flag,
                      "'%.60s' is neither auto nor a finite number that is not below 0", text);
    *field = value;
    return true;
}

static bool set_choice(int *field, const option *which, const char *text, bool as_flag,
                       detinit_error *error)
{
    const option_choice *choice = which->choice;
    if (choice->parse(text, field))
        return true;
    const char *nearest = option_nearest(text, choice->name, choice->count);
    if (nearest != NULL)
        return refuse(error, which, as_flag, "'%.60s' is unknown, did you mean %s? It takes %s",
                      text, nearest, choice->described);
    return refuse(error, which, as_flag, "'%.60s' is unknown; it takes %s", text,
                  choice->described);
}

static bool set_switch(bool *field, const option *which, const char *text, bool as_flag,
                       detinit_error *error)
{
    if (text == NULL || strcmp(text, "on") == 0)
        *field = true;
    else if (strcmp(text, "off") == 0)
        *field = false;
    else
        return refuse(error, which, as_flag, "'%.60s' is neither on nor off", text);
    return true;
}

static bool set_text(char **field, const option *which, const char *text, bool as_flag,
                     detinit_error *error)
{
    if (text[0] == '\0')
        return refuse(error, which, as_flag, "needs a %s that is not empty", which->value);
    char *copy = strdup(text);
    if (copy == NULL)
        return refuse(error, which, as_flag, "not enough memory");
    free(*field);
    *field = copy;
    return true;
}

static bool set_place(tensor_place *field, const option *which, const char *text, bool as_flag,
                      detinit_error *error)
{
    char expected[80];
    if (place_parse(text, field))
        return true;
    return refuse(error, which, as_flag, "'%.60s' is not a place: %s", text,
                  place_expected(2, expected, sizeof expected));
}

static bool set_shape(detinit_recipe *field, const option *which, const char *text, bool as_flag,
                      detinit_error *error)
{
    tensor_place shape;
    bool good = place_parse(text, &shape);
    for (size_t n = 0; good && n < shape.rank; n++)
        good = shape.index[n] >= 1 && shape.index[n] <= DETINIT_MAX_DIMENSION;
    if (!good)
        return refuse(error, which, as_flag,
                      "'%.60s' is not a shape: 1 .. 8 dimensions, each 1 .. 2^63-1, joined by "
                      "commas",
                      text);
    memset(field->shape, 0, sizeof field->shape);
    memcpy(field->shape, shape.index, shape.rank * sizeof shape.index[0]);
    field->rank = shape.rank;
    return true;
}

bool option_set(settings *s, const option *which, const char *text, bool as_flag,
                detinit_error *error)
{
    void *field = (char *)s + which->offset;
    bool done = false;
    if (text == NULL && which->kind != OPTION_SWITCH)
        return refuse(error, which, as_flag, "needs a value%s%s", which->choice != NULL ? ": " : "",
                      which->choice != NULL ? which->choice->described : "");
    switch (which->kind) {
    case OPTION_SWITCH:
        done = set_switch(field, which, text, as_flag, error);
        break;
    case OPTION_WHOLE:
        done = set_whole(field, which, text, as_flag, error);
        break;
    case OPTION_REAL:
        done = set_real(field, which, text, as_flag, error);
        break;
    case OPTION_AMOUNT:
        done = set_amount(field, which, text, as_flag, error);
        break;
    case OPTION_SHARE:
        done = set_share(field, which, text, as_flag, error);
        break;
    case OPTION_LEVEL:
        done = set_level(field, which, text, as_flag, error);
        break;
    case OPTION_CHOICE:
        done = set_choice(field, which, text, as_flag, error);
        break;
    case OPTION_PLACE:
        done = set_place(field, which, text, as_flag, error);
        break;
    case OPTION_DIMENSIONS:
        done = set_shape(field, which, text, as_flag, error);
        break;
    case OPTION_TEXT:
        done = set_text(field, which, text, as_flag, error);
        break;
    }
    if (done)
        s->given[which - options] = true;
    return done;
}

/* The shortest text that gives the same number back. */
static void print_shortest(double value, char *buffer, size_t size)
{
    char text[32];
    int digits = 0;
    do
        snprintf(text, sizeof text, "%.*g", ++digits, value);
    while (digits < 17 && strtod(text, NULL) != value);
    snprintf(buffer, size, "%s", text);
}

const char *option_text(const settings *s, const option *which, char *buffer, size_t size)
{
    const void *field = (const char *)s + which->offset;
    switch (which->kind) {
    case OPTION_SWITCH:
        snprintf(buffer, size, "%s", *(const bool *)field ? "on" : "off");
        break;
    case OPTION_WHOLE:
        snprintf(buffer, size, "%llu", (unsigned long long)*(const uint64_t *)field);
        break;
    case OPTION_LEVEL:
        if (*(const double *)field < 0) {
            snprintf(buffer, size, "auto");
            break;
        }
        /* fall through */
    case OPTION_REAL:
    case OPTION_AMOUNT:
    case OPTION_SHARE:
        print_shortest(*(const double *)field, buffer, size);
        break;
    case OPTION_CHOICE:
        snprintf(buffer, size, "%s", which->choice->name(*(const int *)field));
        break;
    case OPTION_PLACE:
        place_join((const tensor_place *)field, buffer, size);
        break;
    case OPTION_DIMENSIONS:
        shape_text(field, ",", buffer, size);
        break;
    case OPTION_TEXT:
        snprintf(buffer, size, "%s", *(char *const *)field != NULL ? *(char *const *)field : "");
        break;
    }
    return buffer;
}
