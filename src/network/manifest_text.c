/* What the reader of manifests says of what is wrong. */
#include "network/manifest.h"

#include "base/error.h"
#include "file/jsondump.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A list of more items than this is not worth quoting. */
#define QUOTED_MOST 16

const char *manifest_value_text(const json_t *value, char *buffer, size_t size)
{
    const size_t flags = JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6);
    if (json_is_object(value) || json_array_size(value) > QUOTED_MOST) {
        snprintf(buffer, size, json_is_object(value) ? "an object" : "a list of %zu items",
                 json_array_size(value));
        return buffer;
    }
    char *text = jsondump_text(value, flags);
    const int most = (int)size - 4;
    const bool cut = text != NULL && strlen(text) > (size_t)most;
    snprintf(buffer, size, "%.*s%s", most, text != NULL ? text : "?", cut ? "..." : "");
    free(text);
    for (char *c = strchr(buffer, 0x7F); c != NULL; c = strchr(c, 0x7F))
        *c = '?';
    return buffer;
}

const char *manifest_key_text(const char *key, char *buffer, size_t size)
{
    json_t *text = json_string(key);
    manifest_value_text(text, buffer, size);
    json_decref(text);
    return buffer;
}

/* "'m.json'", "'m.json', tensor 3" or "'m.json', tensor 3 'conv', part 2". */
static const char *place_text(const manifest_reader *r, char *buffer, size_t size)
{
    int length = snprintf(buffer, size, "'%.100s'", r->shown);
    if (r->tensor > 0)
        length += snprintf(buffer + length, size - (size_t)length, ", tensor %zu", r->tensor);
    if (r->layer != NULL && r->layer->name != NULL)
        length += snprintf(buffer + length, size - (size_t)length, " '%.60s'", r->layer->name);
    if (r->part > 0)
        snprintf(buffer + length, size - (size_t)length, ", part %zu", r->part);
    return buffer;
}

detinit_status manifest_refuse(const manifest_reader *r, const char *format, ...)
{
    char place[256], sentence[sizeof r->error->message];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return error_set(r->error, DETINIT_INVALID, "%s: %s", place_text(r, place, sizeof place),
                     sentence);
}

detinit_status manifest_no_memory(const manifest_reader *r)
{
    return error_set(r->error, DETINIT_NO_MEMORY, "no memory for '%.200s'", r->shown);
}
