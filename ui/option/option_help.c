/* The help of options, with what other tables tell in it. */
#include "option/option.h"

#include "file/format.h"

#include <stdio.h>
#include <string.h>

/* Words of a help text that the table of formats tells. */
static const struct {
    const char *word;
    bool (*is)(const file_format *format);
} words_for_formats[] = {
    {"@MATRICES@", format_saves_matrices},
    {"@NETWORKS@", format_tells_recipes},
};

const char *option_help(const option *which, char *buffer, size_t size)
{
    char names[FORMAT_NAMES] = "", choices[CHOICES_TEXT];
    const char *rest = "", *at = NULL;
    for (size_t n = 0; n < sizeof words_for_formats / sizeof words_for_formats[0] && at == NULL;
         n++) {
        at = strstr(which->help, words_for_formats[n].word);
        if (at == NULL)
            continue;
        format_names(words_for_formats[n].is, names);
        rest = at + strlen(words_for_formats[n].word);
    }
    snprintf(buffer, size, "%.*s%s%s%s%s",
             (int)(at != NULL ? (size_t)(at - which->help) : strlen(which->help)), which->help,
             names, rest, which->choice != NULL ? ": " : "",
             option_choices(which, choices, sizeof choices));
    return buffer;
}
