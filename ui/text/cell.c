#include "text/cell.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

/* Runes beyond ASCII that the program draws, and what stands for each where ASCII is wanted. */
static const struct {
    uint32_t rune;
    char likeness;
} likenesses[] = {
    {0x2500, '-'}, {0x2502, '|'}, {0x250C, '+'}, {0x2510, '+'}, {0x2514, '+'}, {0x2518, '+'},
    {0x251C, '+'}, {0x2524, '+'}, {0x252C, '+'}, {0x2534, '+'}, {0x253C, '+'}, {0x2713, '*'},
    {0x2717, '!'}, {0x221A, 'V'}, {0x03C3, 's'}, {0x03B8, 't'}, {0x03C0, 'p'}, {0x00B7, '.'},
    {0x25CF, 'o'}, {0x25BA, '>'}, {0x25C4, '<'}, {0x25B2, '^'}, {0x25BC, 'v'}, {0x2192, '>'},
    {0x2581, '_'}, {0x2582, '_'}, {0x2583, '.'}, {0x2584, ':'}, {0x2585, ':'}, {0x2586, '|'},
    {0x2587, '#'}, {0x2588, '#'}, {0x2022, 'o'}, {0x2264, '<'}, {0x00D7, 'x'}, {0x0394, 'd'},
    {0x2591, '-'}, {0x2592, '+'}, {0x2593, '*'},
};

bool cells_init(cells *c, int width, int height, bool ascii)
{
    size_t count = (size_t)width * (size_t)height;
    *c = (cells){.width = width, .height = height, .ascii = ascii};
    c->at = malloc((count + 1) * sizeof *c->at);
    if (c->at != NULL)
        cells_clear(c);
    return c->at != NULL;
}

void cells_free(cells *c)
{
    free(c->at);
    c->at = NULL;
}

void cells_clear(cells *c)
{
    for (int n = 0; n < c->width * c->height; n++)
        c->at[n] = (cell){.rune = ' '};
}

static uint32_t likeness(uint32_t rune)
{
    for (size_t n = 0; n < sizeof likenesses / sizeof likenesses[0]; n++)
        if (likenesses[n].rune == rune)
            return (uint32_t)likenesses[n].likeness;
    return rune < 0x80 ? rune : rune == CELL_TAKEN ? ' ' : '?';
}

void cells_put(cells *c, int x, int y, uint32_t rune, unsigned role, unsigned attributes)
{
    if (x < 0 || y < 0 || x >= c->width || y >= c->height)
        return;
    c->at[y * c->width + x] = (cell){.rune = c->ascii ? likeness(rune) : rune,
                                     .role = (uint8_t)role,
                                     .attributes = (uint8_t)attributes};
}

uint32_t cells_next_rune(const char **text)
{
    const unsigned char *at = (const unsigned char *)*text;
    int more = at[0] < 0x80 ? 0 : at[0] >= 0xF0 ? 3 : at[0] >= 0xE0 ? 2 : at[0] >= 0xC0 ? 1 : -1;
    uint32_t rune = more <= 0 ? at[0] : at[0] & (0x3Fu >> more);
    if (more < 0)
        rune = 0xFFFD;
    for (int n = 1; n <= more; n++) {
        if ((at[n] & 0xC0) != 0x80) {
            *text += n;
            return 0xFFFD;
        }
        rune = rune << 6 | (at[n] & 0x3F);
    }
    *text += more > 0 ? 1 + more : 1;
    return rune;
}

/* Columns that a character takes; what only changes the one before it is not drawn. */
static int rune_width(uint32_t rune)
{
    int width = wcwidth((wchar_t)rune);
    return width >= 0 ? width : 1;
}

int cells_text(cells *c, rect area, int x, int y, unsigned role, unsigned attributes,
               const char *text)
{
    int begun = x;
    if (y < area.y || y >= area.y + area.height)
        return 0;
    while (*text != '\0' && x < area.x + area.width) {
        uint32_t rune = cells_next_rune(&text);
        int width = rune_width(rune);
        bool whole = x >= area.x && x + width <= area.x + area.width;
        if (rune < ' ' || rune == 0x7F || !whole)
            rune = whole ? '?' : ' ';
        for (int n = 0; n < width; n++)
            if (x + n >= area.x && x + n < area.x + area.width)
                cells_put(c, x + n, y, n == 0 || !whole ? rune : CELL_TAKEN, role, attributes);
        x += width;
    }
    return x - begun;
}

int cells_print(cells *c, rect area, int x, int y, unsigned role, unsigned attributes,
                const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return cells_text(c, area, x, y, role, attributes, text);
}

rect cells_frame(cells *c, rect area, const char *title, const char *note, bool focused)
{
    int right = area.x + area.width - 1, bottom = area.y + area.height - 1;
    unsigned edge = focused ? ROLE_ACCENT : ROLE_DIM;
    rect inner = {area.x + 1, area.y + 1, area.width - 2, area.height - 2};
    rect edges = {area.x + 2, area.y, area.width - 4, area.height};
    for (int x = area.x + 1; x < right; x++) {
        cells_put(c, x, area.y, 0x2500, edge, 0);
        cells_put(c, x, bottom, 0x2500, edge, 0);
    }
    for (int y = area.y + 1; y < bottom; y++) {
        cells_put(c, area.x, y, 0x2502, edge, 0);
        cells_put(c, right, y, 0x2502, edge, 0);
    }
    cells_put(c, area.x, area.y, 0x250C, edge, 0);
    cells_put(c, right, area.y, 0x2510, edge, 0);
    cells_put(c, area.x, bottom, 0x2514, edge, 0);
    cells_put(c, right, bottom, 0x2518, edge, 0);
    cells_print(c, edges, area.x + 2, area.y, focused ? ROLE_ACCENT : ROLE_TEXT,
                focused ? ATTR_BOLD : 0, " %s ", title);
    if (note[0] != '\0')
        cells_print(c, edges, area.x + 2, bottom, ROLE_DIM, 0, " %s ", note);
    return inner;
}

int cells_columns(const char *text, size_t length)
{
    mbstate_t state = {0};
    int columns = 0;
    for (size_t at = 0; at < length;) {
        wchar_t character;
        size_t bytes = mbrtowc(&character, text + at, length - at, &state);
        if (bytes == 0 || bytes == (size_t)-1 || bytes == (size_t)-2)
            break;
        columns += rune_width((uint32_t)character);
        at += bytes;
    }
    return columns;
}
