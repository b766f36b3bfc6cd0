#include "trained/names.h"

#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text of a file up to its end, or to a NUL; malloc'ed. */
static detinit_status read_file(const char *path, char **text, detinit_error *error)
{
    size_t room = 0;
    FILE *in = fopen(path, "re");
    *text = NULL;
    if (in == NULL)
        return error_set(error, DETINIT_IO,
                         "--names: cannot open '%.200s': %s; rules have a =, as 'net.* = *'", path,
                         strerror(errno));
    const bool any = getdelim(text, &room, '\0', in) >= 0;
    const int failed = ferror(in) != 0 || (!any && feof(in) == 0) ? errno : 0;
    fclose(in);
    if (failed != 0)
        return error_set(error, DETINIT_IO, "--names: cannot read '%.200s': %s", path,
                         strerror(failed));
    if (!any) {
        free(*text);
        *text = strdup("");
    }
    return *text != NULL ? DETINIT_OK
                         : error_set(error, DETINIT_NO_MEMORY, "not enough memory for rules");
}

detinit_status names_read(const char *text, detinit_name_rules **out, detinit_error *error)
{
    char *held = NULL;
    *out = NULL;
    if (text == NULL)
        return DETINIT_OK;
    const bool is_file = strchr(text, '=') == NULL;
    detinit_status status = is_file ? read_file(text, &held, error) : DETINIT_OK;
    if (status == DETINIT_OK)
        status =
            detinit_name_rules_parse(is_file ? held : text, is_file ? text : "--names", out, error);
    free(held);
    return status;
}
