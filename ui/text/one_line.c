#include "text/one_line.h"

#include "base/utf8.h"
#include "system/json_memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ENDING "..."

/* A walk over the characters of a text, each as it may be shown. */
typedef struct walk {
    const char *text;
    size_t rest;
} walk;

/* The next piece, of *length bytes; NULL behind the last. */
static const char *next(walk *w, size_t *length)
{
    bool harmless;
    if (w->rest == 0)
        return NULL;
    const char *piece = w->text;
    *length = utf8_shown(piece, w->rest, &harmless);
    w->text += *length;
    w->rest -= *length;
    if (harmless)
        return piece;
    *length = 1;
    return "?";
}

/* How many characters are told before "...", all where the text is not longer than `most`. */
static size_t told(const char *text, size_t most)
{
    walk w = {text, strlen(text)};
    size_t count = 0, length;
    while (count <= most && next(&w, &length) != NULL)
        count++;
    return count <= most ? SIZE_MAX : most > strlen(ENDING) ? most - strlen(ENDING) : 0;
}

const char *one_line(const char *text, char buffer[ONE_LINE])
{
    return utf8_one_line(text, buffer, ONE_LINE);
}

void one_line_print(const char *text, size_t most)
{
    const size_t all = told(text, most);
    walk w = {text, strlen(text)};
    const char *piece;
    size_t length;
    for (size_t shown = 0; shown < all && (piece = next(&w, &length)) != NULL; shown++)
        fwrite(piece, 1, length, stdout);
    fputs(w.rest > 0 ? ENDING : "", stdout);
}

const char *one_line_cut(const char *text, size_t most, char *buffer, size_t size)
{
    const size_t all = told(text, most);
    walk w = {text, strlen(text)};
    const char *piece;
    size_t used = 0, length;
    for (size_t shown = 0; (piece = next(&w, &length)) != NULL; shown++) {
        if (shown == all || used + length + sizeof ENDING > size) {
            memcpy(buffer + used, ENDING, sizeof ENDING);
            return buffer;
        }
        memcpy(buffer + used, piece, length);
        used += length;
    }
    buffer[used] = '\0';
    return buffer;
}

void one_line_field(const char *text)
{
    size_t rest = strlen(text);
    bool harmless;
    putchar('"');
    if (strchr("=+-@", *text) != NULL && rest > 0)
        putchar('\'');
    for (size_t length; rest > 0; text += length, rest -= length) {
        length = utf8_shown(text, rest, &harmless);
        if (*text == '"')
            putchar('"');
        fwrite(harmless ? text : "?", 1, harmless ? length : 1, stdout);
    }
    putchar('"');
}

json_t *one_line_json(const char *text)
{
    char plain[ONE_LINE];
    return utf8_is_text(text, strlen(text)) ? json_string(text)
                                            : json_string(one_line(text, plain));
}

static int put(FILE *out, const char *text, size_t count)
{
    return fwrite(text, 1, count, out) == count ? 0 : -1;
}

/* What jansson hands on ends with a whole character. */
static int put_json(const char *text, size_t count, void *out)
{
    size_t begun = 0, length;
    int failed = 0;
    for (size_t at = 0; at < count && failed == 0; at += length) {
        uint32_t rune = 0;
        length = utf8_next(text + at, count - at, &rune);
        if (length == 0 || text[at] == '\n' || utf8_is_harmless(rune)) {
            length = length > 0 ? length : 1;
            continue;
        }
        failed = put(out, text + begun, at - begun);
        if (rune > 0xFFFF)
            fprintf(out, "\\u%04x", (unsigned)(0xD7C0 + (rune >> 10)));
        fprintf(out, "\\u%04x", (unsigned)(rune > 0xFFFF ? 0xDC00 + (rune & 0x3FF) : rune));
        begun = at + length;
    }
    return failed != 0 ? failed : put(out, text + begun, count - begun);
}

bool one_line_put_json(const json_t *value, size_t flags)
{
    return value != NULL && !json_memory_lacked() &&
           json_dump_callback(value, put_json, stdout, flags) == 0;
}
