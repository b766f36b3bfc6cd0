#include "file/format.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

#define ROW_OF(name) &format_##name,
static const file_format *const formats[] = {FORMATS(ROW_OF)};
#undef ROW_OF

#define FORMAT_COUNT (sizeof formats / sizeof formats[0])

/* The length of the longest ending of the format that a path has; 0: it has none. */
static size_t ending_length(const file_format *format, const char *path)
{
    const size_t length = strlen(path);
    size_t longest = 0;
    for (size_t n = 0; n < FORMAT_ENDINGS && format->endings[n] != NULL; n++) {
        const size_t ending = strlen(format->endings[n]);
        if (length > ending && ending > longest &&
            strcmp(path + length - ending, format->endings[n]) == 0)
            longest = ending;
    }
    return longest;
}

const file_format *format_of_path(const char *path)
{
    const file_format *found = NULL;
    size_t longest = 0;
    for (size_t n = 0; n < FORMAT_COUNT; n++) {
        const size_t length = ending_length(formats[n], path);
        if (length > longest) {
            longest = length;
            found = formats[n];
        }
    }
    return found;
}

bool detinit_format_of_path(const char *path, detinit_format *format)
{
    const file_format *found = format_of_path(path);
    if (found == NULL || !found->of_matrix)
        return false;
    *format = found->matrix;
    return true;
}

const file_format *format_of_bytes(const unsigned char *first, size_t count)
{
    for (size_t n = 0; n < FORMAT_COUNT; n++)
        if (formats[n]->recognizes != NULL && formats[n]->recognizes(first, count))
            return formats[n];
    return NULL;
}

detinit_status format_unknown(const char *shown, detinit_error *error)
{
    char names[FORMAT_COUNT * 24];
    size_t length = 0, last = 0;
    for (size_t n = 0; n < FORMAT_COUNT; n++)
        if (formats[n]->recognizes != NULL)
            last = n;
    for (size_t n = 0; n <= last && length < sizeof names; n++)
        if (formats[n]->recognizes != NULL)
            length += (size_t)snprintf(names + length, sizeof names - length, "%s a %s",
                                       length == 0 ? "neither"
                                       : n == last ? " nor"
                                                   : ",",
                                       formats[n]->name);
    return error_set(error, DETINIT_INVALID, "'%.200s' is %s file", shown, names);
}
