#include "file/jsontext.h"

#include "base/error.h"
#include "base/whole.h"

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

/* Why jansson could not read a text. */
static detinit_status text_wrong(const jsontext *j, const json_error_t *why)
{
    if (why->text[0] == '\0')
        return jsontext_no_memory(j);
    if (json_error_code(why) == json_error_null_character)
        return jsontext_expected(j, "a text holds a NUL, which names here cannot");
    if (json_error_code(why) == json_error_invalid_utf8)
        return jsontext_expected(j, "a text is not UTF-8");
    return jsontext_expected(j, "a text is not JSON");
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
    json_error_t why = {0};
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
    json_t *decoded = json_loadb(j->at, size, JSON_DECODE_ANY, &why);
    if (decoded == NULL)
        return text_wrong(j, &why);
    /* Decoded, a text is no longer than its source, which has two quotes more. */
    memcpy(j->at, json_string_value(decoded), json_string_length(decoded) + 1);
    json_decref(decoded);
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
    json_t *value = json_loadb(j->at, (size_t)(end - j->at), JSON_DECODE_ANY, NULL);
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
