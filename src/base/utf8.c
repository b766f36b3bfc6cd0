#include "base/utf8.h"

#include <stdint.h>

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

bool utf8_is_text(const char *bytes, size_t count)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *at = (const unsigned char *)bytes, *end = at + count;
    while (at < end) {
        const size_t length = length_of(*at);
        if (length == 0 || length > (size_t)(end - at))
            return false;
        uint32_t rune = length == 1 ? *at : *at & (0x7Fu >> length);
        for (size_t n = 1; n < length; n++) {
            if ((at[n] & 0xC0) != 0x80)
                return false;
            rune = rune << 6 | (at[n] & 0x3Fu);
        }
        if (rune < least[length] || rune > 0x10FFFF || (rune >= 0xD800 && rune < 0xE000))
            return false;
        at += length;
    }
    return true;
}
