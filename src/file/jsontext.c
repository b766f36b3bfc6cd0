#include "file/jsontext.h"

#include "base/error.h"
#include "base/utf8.h"
#include "base/whole.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

/* How deep lists may lie within one another in a value that is passed over. */
#define NESTED_MOST 120

detinit_status jsontext_no_memory(const jsontext *j)
{
    return error_set(j->error, DETINIT_NO_MEMORY, "no memory for reading '%.200s'", j->shown);
}

detinit_status jsontext_expected(const jsontext *j, const char *what)
{
    return error_set(j->error, DETINIT_INVALID, "'%.200s': at byte %zu%s %s", j->shown,
                     (size_t)(j->at - j->start), j->part, what);
}

void jsontext_skip_space(jsontext *j)
{
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\n' || *j->at == '\t' || *j->at == '\r'))
        j->at++;
}

bool jsontext_take(jsontext *j, char mark)
{
    jsontext_skip_space(j);
    if (j->at == j->end || *j->at != mark)
        return false;
    j->at++;
    return true;
}

/* The number of 4 hexadecimal digits, or -1. */
static int32_t read_hex(const char *at, const char *end)
{
    int32_t value = 0;
    for (int n = 0; n < 4; n++, at++) {
        if (at >= end || !isxdigit((unsigned char)*at))
            return -1;
        value = 16 * value + (*at <= '9' ? *at - '0' : (*at | 0x20) - 'a' + 10);
    }
    return value;
}

/* The character of a \u escape whose digits begin at *at, and the one of two; -1 where it is none.
 */
static int32_t read_escape(const char **at, const char *end)
{
    const int32_t first = read_hex(*at, end);
    *at += 4;
    if (first < 0xD800 || first > 0xDFFF)
        return first;
    const bool paired = first < 0xDC00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u';
    const int32_t second = paired ? read_hex(*at + 2, end) : -1;
    *at += 6;
    if (second < 0xDC00 || second > 0xDFFF)
        return -1;
    return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

static char *put_rune(char *to, int32_t rune)
{
    if (rune < 0x80) {
        *to++ = (char)rune;
        return to;
    }
    const int behind = rune < 0x800 ? 1 : rune < 0x10000 ? 2 : 3;
    const int32_t marks[] = {0, 0xC0, 0xE0, 0xF0};
    *to++ = (char)(marks[behind] | rune >> (6 * behind));
    for (int n = behind - 1; n >= 0; n--)
        *to++ = (char)(0x80 | (rune >> (6 * n) & 0x3F));
    return to;
}

/*
 * Writes what stands between two quotes to `to`, where there is room for as much, and a NUL; what
 * is wrong with it, or NULL.  (jansson, where its buffer cannot grow, passes over characters.)
 */
static const char *decode(const char *at, const char *end, char *to)
{
    static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (!utf8_is_text(at, (size_t)(end - at)))
        return memchr(at, '\0', (size_t)(end - at)) != NULL ? "a text is not JSON"
                                                            : "a text is not UTF-8";
    while (at < end) {
        const char c = *at++;
        if ((unsigned char)c < 0x20)
            return "a text is not JSON";
        if (c != '\\') {
            *to++ = c;
            continue;
        }
        const char escape = *at++; /* a quote ends it where none is */
        const char *found = strchr(escapes, escape);
        int32_t rune = found != NULL ? meant[found - escapes] : -1;
        if (escape == 'u')
            rune = read_escape(&at, end);
        if (rune <= 0)
            return rune == 0 && escape == 'u' ? "a text holds a NUL, which names here cannot"
                                              : "a text is not JSON";
        to = put_rune(to, rune);
    }
    *to = '\0';
    return NULL;
}

bool jsontext_lacks_memory(const json_error_t *why)
{
    return why->text[0] == '\0' || json_error_code(why) == json_error_out_of_memory;
}

/* Whether a text stands for itself: ASCII without escapes and control characters. */
static bool is_plain(const char *at, const char *end)
{
    while (at < end && *at >= 0x20 && *at < 0x7F && *at != '\\')
        at++;
    return at == end;
}

detinit_status jsontext_take_text(jsontext *j, const char **text)
{
    jsontext_skip_space(j);
    if (j->at == j->end || *j->at != '"')
        return jsontext_expected(j, "a text in quotes was expected");
    char *close = j->at + 1;
    while (close < j->end && *close != '"')
        close += *close == '\\' ? 2 : 1;
    if (close >= j->end)
        return jsontext_expected(j, "a text begins that does not end");
    const size_t size = (size_t)(close - j->at) + 1;
    if (is_plain(j->at + 1, close)) {
        *close = '\0';
        *text = j->at + 1;
        j->at += size;
        return DETINIT_OK;
    }
    /* Decoded, a text is no longer than its source, which has two quotes more. */
    const char *wrong = decode(j->at + 1, close, j->at);
    if (wrong != NULL)
        return jsontext_expected(j, wrong);
    *text = j->at;
    j->at += size;
    return DETINIT_OK;
}

detinit_status jsontext_take_key(jsontext *j, const char **key)
{
    detinit_status status = jsontext_take_text(j, key);
    if (status != DETINIT_OK)
        return status;
    return jsontext_take(j, ':') ? DETINIT_OK : jsontext_expected(j, "':' was expected");
}

bool jsontext_take_number(jsontext *j, uint64_t *number)
{
    jsontext_skip_space(j);
    const char *behind = whole_digits(j->at, j->end, DETINIT_MAX_DIMENSION, number);
    if (behind == NULL || (*j->at == '0' && behind != j->at + 1))
        return false;
    j->at += behind - j->at;
    return true;
}

/* A number, true, false or null. */
static detinit_status skip_word(jsontext *j)
{
    char *end = j->at;
    while (end < j->end && strchr(",]} \n\t\r", *end) == NULL)
        end++;
    json_error_t why = {0};
    json_t *value = json_loadb(j->at, (size_t)(end - j->at), JSON_DECODE_ANY, &why);
    if (value == NULL && end > j->at && jsontext_lacks_memory(&why))
        return jsontext_no_memory(j);
    if (value == NULL)
        return jsontext_expected(j, "a value was expected");
    json_decref(value);
    j->at = end;
    return DETINIT_OK;
}

static detinit_status skip_value(jsontext *j, size_t depth)
{
    const char *text;
    jsontext_skip_space(j);
    if (j->at == j->end || depth > NESTED_MOST)
        return jsontext_expected(j, depth > NESTED_MOST ? "too much is nested"
                                                        : "a value was expected");
    if (*j->at == '"')
        return jsontext_take_text(j, &text);
    if (*j->at != '[' && *j->at != '{')
        return skip_word(j);
    const char close = *j->at == '[' ? ']' : '}';
    j->at++;
    if (jsontext_take(j, close))
        return DETINIT_OK;
    do {
        if (close == '}') {
            detinit_status status = jsontext_take_key(j, &text);
            if (status != DETINIT_OK)
                return status;
        }
        detinit_status status = skip_value(j, depth + 1);
        if (status != DETINIT_OK)
            return status;
    } while (jsontext_take(j, ','));
    return jsontext_take(j, close) ? DETINIT_OK
                                   : jsontext_expected(j, "',' or the end of a list was expected");
}

detinit_status jsontext_skip_value(jsontext *j)
{
    return skip_value(j, 0);
}
