#include "base/utf8.h"

#include <string.h>

/* Bytes of the character that begins with this one; 0: none does. */
static size_t length_of(unsigned char first)
{
    return first == 0      ? 0
           : first < 0x80  ? 1
           : first < 0xC2  ? 0
           : first < 0xE0  ? 2
           : first < 0xF0  ? 3
           : first <= 0xF4 ? 4
                           : 0;
}

size_t utf8_next(const char *bytes, size_t count, uint32_t *rune)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *at = (const unsigned char *)bytes;
    const size_t length = count > 0 ? length_of(*at) : 0;
    if (length == 0 || length > count)
        return 0;
    uint32_t value = length == 1 ? *at : *at & (0x7Fu >> length);
    for (size_t n = 1; n < length; n++) {
        if ((at[n] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (at[n] & 0x3Fu);
    }
    if (value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return 0;
    *rune = value;
    return length;
}

bool utf8_is_text(const char *bytes, size_t count)
{
    uint32_t rune;
    for (size_t at = 0, length; at < count; at += length)
        if ((length = utf8_next(bytes + at, count - at, &rune)) == 0)
            return false;
    return true;
}

bool utf8_is_harmless(uint32_t rune)
{
    static const struct {
        uint32_t first, last;
    } harmful[] = {
        {0x00, 0x1F},       {0x7F, 0x9F},     /* terminals obey them */
        {0x061C, 0x061C},   {0x200E, 0x200F}, /* these turn text round, and what is behind it */
        {0x202A, 0x202E},   {0x2066, 0x2069}, {0x2028, 0x2029}, /* these end a line */
        {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},                   /* nobody sees these */
        {0xE0000, 0xE007F},
    };
    for (size_t n = 0; n < sizeof harmful / sizeof harmful[0]; n++)
        if (rune >= harmful[n].first && rune <= harmful[n].last)
            return false;
    return true;
}

size_t utf8_shown(const char *bytes, size_t count, bool *harmless)
{
    uint32_t rune;
    const size_t length = utf8_next(bytes, count, &rune);
    *harmless = length > 0 && utf8_is_harmless(rune);
    return length > 0 ? length : 1;
}

const char *utf8_one_line(const char *text, char *buffer, size_t size)
{
    const char *end = text + strlen(text);
    size_t room = size - 1;
    char *to = buffer;
    bool harmless;
    for (size_t length, taken; text < end; text += length, to += taken, room -= taken) {
        length = utf8_shown(text, (size_t)(end - text), &harmless);
        taken = harmless ? length : 1;
        if (taken > room)
            break;
        if (harmless)
            memmove(to, text, length);
        else
            *to = '?';
    }
    *to = '\0';
    return buffer;
}
