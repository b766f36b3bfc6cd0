#include "network/file_name.h"

#include <nettle/base16.h>
#include <nettle/sha2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Behind what is kept of a long name: no escape begins with it. */
#define CUT_MARK       "%-"
#define CUT_MARK_BYTES 2

#define CUT_DIGITS (2 * SHA256_DIGEST_SIZE)

/* Bytes of a long name that are kept. */
#define KEPT (FILE_STEM_MOST - CUT_MARK_BYTES - CUT_DIGITS)

/* Whether a byte stands for itself, at that place. */
static bool is_plain(unsigned char c, size_t at)
{
    return c >= 0x20 && c != 0x7F && c != '/' && c != '%' && !(c == '.' && at == 0);
}

/* Where the character of UTF-8, or the escape, that lies across a place begins. */
static size_t cut_before(const char *text, size_t place)
{
    while (place > 0 && ((unsigned char)text[place] & 0xC0) == 0x80)
        place--;
    for (size_t back = 1; back <= 2 && back <= place; back++)
        if (text[place - back] == '%')
            return place - back;
    return place;
}

/* Keeps the beginning, and the digest of the name in the place of the rest. */
static void cut(const char *name, char stem[FILE_STEM_TEXT])
{
    struct sha256_ctx sha;
    uint8_t digest[SHA256_DIGEST_SIZE];
    char digits[CUT_DIGITS + 1] = "";
    sha256_init(&sha);
    sha256_update(&sha, strlen(name), (const uint8_t *)name);
    sha256_digest(&sha, sizeof digest, digest);
    base16_encode_update(digits, sizeof digest, digest);
    const size_t kept = cut_before(stem, KEPT);
    snprintf(stem + kept, FILE_STEM_TEXT - kept, "%s%s", CUT_MARK, digits);
}

const char *file_stem_of_name(const char *name, char stem[FILE_STEM_TEXT])
{
    size_t length = 0, n = 0;
    for (; name[n] != '\0'; n++) {
        const unsigned char c = (unsigned char)name[n];
        const bool plain = is_plain(c, n);
        if (length + (plain ? 1 : 3) > FILE_STEM_MOST)
            break;
        length +=
            (size_t)snprintf(stem + length, FILE_STEM_TEXT - length, plain ? "%c" : "%%%02X", c);
    }
    stem[length] = '\0';
    if (name[n] != '\0')
        cut(name, stem);
    return stem;
}
