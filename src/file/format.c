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

size_t format_stem(const file_format *format, const char *path)
{
    const size_t ending = ending_length(format, path);
    return ending > 0 ? strlen(path) - ending : 0;
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
    if (!format_of_path_is(path, format_saves_matrices))
        return false;
    *format = format_of_path(path)->matrix;
    return true;
}

const file_format *format_of_bytes(const unsigned char *first, size_t count)
{
    for (size_t n = 0; n < FORMAT_COUNT; n++)
        if (formats[n]->recognizes != NULL && formats[n]->recognizes(first, count))
            return formats[n];
    return NULL;
}

const file_format *format_of_archive(const zip *archive)
{
    for (size_t n = 0; n < FORMAT_COUNT; n++)
        if (formats[n]->recognizes_archive != NULL && formats[n]->recognizes_archive(archive))
            return formats[n];
    return NULL;
}

const file_format *format_of_matrix(detinit_format matrix)
{
    for (size_t n = 0; n < FORMAT_COUNT; n++)
        if (formats[n]->of_matrix && formats[n]->matrix == matrix)
            return formats[n];
    return NULL;
}

const file_format *format_for_network(const char *path)
{
    return format_of_path_is(path, format_saves_networks) ? format_of_path(path)
                                                          : &format_safetensors;
}

/* --------------------------------------------------------------- questions */

bool format_is_read(const file_format *format)
{
    return format->read != NULL;
}

bool format_saves_matrices(const file_format *format)
{
    return format->of_matrix;
}

bool format_saves_tensors(const file_format *format)
{
    return format->announce != NULL && format->encode == NULL;
}

bool format_saves_one(const file_format *format)
{
    return format_saves_tensors(format) && !format->many;
}

bool format_saves_networks(const file_format *format)
{
    return format_saves_tensors(format) && format->many && format->metadata;
}

bool format_tells_recipes(const file_format *format)
{
    return format_is_read(format) && format->metadata;
}

bool format_of_path_is(const char *path, bool (*is)(const file_format *format))
{
    const file_format *found = format_of_path(path);
    return found != NULL && is(found);
}

/* --------------------------------------------------------------- sentences */

/* The last row of which `is` is true. */
static size_t last_row(bool (*is)(const file_format *format))
{
    size_t last = 0;
    for (size_t n = 0; n < FORMAT_COUNT; n++)
        if (is(formats[n]))
            last = n;
    return last;
}

const char *format_names(bool (*is)(const file_format *format), char buffer[FORMAT_NAMES])
{
    const size_t last = last_row(is);
    size_t length = 0;
    buffer[0] = '\0';
    for (size_t n = 0; n <= last && length < FORMAT_NAMES; n++)
        if (is(formats[n]))
            length += (size_t)snprintf(buffer + length, FORMAT_NAMES - length, "%s%s",
                                       length == 0 ? ""
                                       : n == last ? " or "
                                                   : ", ",
                                       formats[n]->name);
    return buffer;
}

detinit_status format_unknown(const char *shown, detinit_error *error)
{
    const size_t last = last_row(format_is_read);
    char names[FORMAT_NAMES] = "";
    size_t length = 0;
    for (size_t n = 0; n <= last && length < sizeof names; n++)
        if (format_is_read(formats[n]))
            length += (size_t)snprintf(names + length, sizeof names - length, "%s a %s",
                                       length == 0 ? "neither"
                                       : n == last ? " nor"
                                                   : ",",
                                       formats[n]->name);
    return error_set(error, DETINIT_INVALID, "'%.200s' is %s file", shown, names);
}
