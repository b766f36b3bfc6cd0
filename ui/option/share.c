#include "option/share.h"

#include "base/whole.h"
#include "option/refuse.h"
#include "system/launcher.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Units of sizes, and what they are in bytes. */
static const struct {
    const char *name;
    double bytes;
} units[] = {
    {"", 1},      {"B", 1},      {"KB", 1e3},      {"MB", 1e6},         {"GB", 1e9},
    {"TB", 1e12}, {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}, {"TiB", 1099511627776}};

uint64_t size_parse(const char *text)
{
    char *end;
    uint64_t whole;
    if (whole_parse(text, &whole) == WHOLE_FINE)
        return whole;
    const double value = strtod(text, &end);
    if (end == text || !isdigit((unsigned char)text[0]))
        return 0;
    end += strspn(end, " ");
    for (size_t n = 0; n < sizeof units / sizeof units[0]; n++)
        if (strcasecmp(end, units[n].name) == 0 && value * units[n].bytes < 0x1p63)
            return (uint64_t)(value * units[n].bytes);
    return 0;
}

/* "2/3", or false. */
static bool read_share(const char *text, share_choice *out)
{
    char part[24];
    const char *slash = strchr(text, '/');
    const size_t length = slash != NULL ? (size_t)(slash - text) : 0;
    if (length == 0 || length >= sizeof part)
        return false;
    memcpy(part, text, length);
    part[length] = '\0';
    return whole_parse(part, &out->part) == WHOLE_FINE &&
           whole_parse(slash + 1, &out->parts) == WHOLE_FINE;
}

bool share_parse(const char *text, share_choice *out, detinit_error *error)
{
    share_choice found = {0};
    if (strcmp(text, "auto") == 0) {
        if (launcher_part(&found.part, &found.parts, error) != DETINIT_OK)
            return false;
    } else if (!read_share(text, &found)) {
        return refuse(error, "'%.60s' is neither auto nor K/N, part K of N", text);
    }
    if (found.part < 1 || found.part > found.parts)
        return refuse(error, "'%.60s' is out of range: parts are numbered from 1 to N", text);
    *out = found;
    return true;
}

const char *share_text(const share_choice *share, char *buffer, size_t size)
{
    snprintf(buffer, size, "%llu/%llu", (unsigned long long)share->part,
             (unsigned long long)share->parts);
    return buffer;
}
