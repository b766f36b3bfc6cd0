#include "text/cell.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define ELLIPSIS "…"

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
    {0x2591, '-'}, {0x2592, '+'}, {0x2593, '*'}, {0x2212, '-'}, {0x2026, '~'}, {0x2501, '-'},
    {0x2812, 'o'}, {0x00B0, 'o'},
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
    if (c->watch != NULL)
        memset(c->watch->is_text, false, (size_t)c->width * (size_t)c->height);
}

void cells_wipe(cells *c, rect area)
{
    for (int y = area.y; y < area.y + area.height; y++)
        for (int x = area.x; x < area.x + area.width; x++) {
            if (x < 0 || y < 0 || x >= c->width || y >= c->height)
                continue;
            c->at[y * c->width + x] = (cell){.rune = ' '};
            if (c->watch != NULL)
                c->watch->is_text[y * c->width + x] = false;
        }
}

bool cells_same(const cell *a, const cell *b)
{
    return a->rune == b->rune && a->role == b->role && a->paper == b->paper &&
           a->attributes == b->attributes;
}

static uint32_t likeness(uint32_t rune)
{
    for (size_t n = 0; n < sizeof likenesses / sizeof likenesses[0]; n++)
        if (likenesses[n].rune == rune)
            return (uint32_t)likenesses[n].likeness;
    return rune < 0x80 ? rune : rune == CELL_TAKEN ? ' ' : '?';
}

/* ----------------------------------------------------------------- watching */

static void note(char first[160], int *count, int x, int y, const char *what)
{
    if ((*count)++ == 0)
        snprintf(first, 160, "%d,%d: %.120s", x, y, what);
}

/* Text that another character is drawn over. */
static void watch_put(cells *c, int x, int y, uint32_t rune)
{
    cells_watch *w = c->watch;
    const cell *before = &c->at[y * c->width + x];
    char what[40];
    if (w == NULL || !w->is_text[y * c->width + x] || before->rune == rune)
        return;
    snprintf(what, sizeof what, "U+%04X over U+%04X", (unsigned)rune, (unsigned)before->rune);
    note(w->first[2], &w->overwritten, x, y, what);
}

void cells_put_on(cells *c, int x, int y, uint32_t rune, unsigned role, unsigned paper,
                  unsigned attributes)
{
    if (x < 0 || y < 0 || x >= c->width || y >= c->height)
        return;
    rune = c->ascii ? likeness(rune) : rune;
    watch_put(c, x, y, rune);
    c->at[y * c->width + x] = (cell){.rune = rune,
                                     .role = (uint8_t)role,
                                     .paper = (uint8_t)paper,
                                     .attributes = (uint8_t)attributes};
}

void cells_put(cells *c, int x, int y, uint32_t rune, unsigned role, unsigned attributes)
{
    cells_put_on(c, x, y, rune, role, ROLE_TEXT, attributes);
}

/* --------------------------------------------------------------------- text */

uint32_t cells_next_rune(const char **text)
{
    uint32_t rune = 0xFFFD;
    const size_t length = utf8_next(*text, strnlen(*text, 4), &rune);
    *text += length > 0 ? length : 1;
    return utf8_is_harmless(rune) ? rune : '?';
}

/* Columns that a character takes; what only changes the one before it is not drawn. */
static int rune_width(uint32_t rune)
{
    int width = wcwidth((wchar_t)rune);
    return width >= 0 ? width : 1;
}

/* Whether all of a text that shows fits into so many columns. */
static bool fits(const char *text, int columns)
{
    for (uint32_t rune; *text != '\0' && columns >= 0; columns -= rune_width(rune)) {
        if (text[strspn(text, " ")] == '\0')
            break;
        rune = cells_next_rune(&text);
    }
    return columns >= 0;
}

static void put_rune(cells *c, rect area, int x, int y, uint32_t rune, const cell *look)
{
    if (x < area.x || x >= area.x + area.width)
        return;
    cells_put_on(c, x, y, rune, look->role, look->paper, look->attributes);
    if (c->watch != NULL && x >= 0 && x < c->width && y >= 0 && y < c->height)
        c->watch->is_text[y * c->width + x] = rune != ' ';
}

int cells_text(cells *c, rect area, int x, int y, unsigned role, unsigned attributes,
               const char *text)
{
    const cell look = {.role = (uint8_t)role, .attributes = (uint8_t)attributes};
    const int begun = x, end = area.x + area.width;
    const bool whole = fits(text, end - x);
    const bool lost = y < area.y || y >= area.y + area.height || x >= end;
    if (c->watch != NULL && lost && text[strspn(text, " ")] != '\0')
        note(c->watch->first[1], &c->watch->lost, x, y, text);
    if (lost)
        return 0;
    if (c->watch != NULL && !whole)
        note(c->watch->first[0], &c->watch->cut, x, y, text);
    while (*text != '\0' && x < end) {
        uint32_t rune = cells_next_rune(&text);
        int width = rune_width(rune);
        bool inside = x >= area.x && x + width <= end - !whole;
        for (int n = 0; n < width; n++)
            put_rune(c, area, x + n, y, !inside ? ' ' : n == 0 ? rune : CELL_TAKEN, &look);
        x += width;
    }
    if (!whole)
        put_rune(c, area, end - 1, y, CELL_ELLIPSIS, &look);
    return (x < end ? x : end) - begun;
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

void cells_shorten(char *text, int columns)
{
    const char *at = text, *end = text; /* of what stays */
    int taken = 0;
    if (cells_columns(text, strlen(text)) <= columns)
        return;
    while (taken < columns) {
        end = at;
        taken += rune_width(cells_next_rune(&at));
    }
    /* What goes takes no fewer bytes than the ellipsis, or the text would be longer than before. */
    size_t stays = (size_t)(end - text);
    while (stays > 0 && strlen(text + stays) < strlen(ELLIPSIS))
        while (--stays > 0 && ((unsigned char)text[stays] & 0xC0) == 0x80)
            continue;
    if (columns > 0 && strlen(text + stays) >= strlen(ELLIPSIS))
        strcpy(text + stays, ELLIPSIS);
    else
        text[stays] = '\0';
}

const char *cells_fitting(int columns, const char *const *texts)
{
    while (*texts != NULL && cells_columns(*texts, strlen(*texts)) > columns)
        texts++;
    return *texts != NULL ? *texts : "";
}

size_t cells_break(const char *text, int columns)
{
    const char *blank = NULL, *at = text;
    for (int width = 0; *at != '\0';) {
        const char *begun = at;
        width += rune_width(cells_next_rune(&at));
        if (*begun == ' ' && begun > text)
            blank = begun;
        if (width > columns)
            return (size_t)((blank != NULL ? blank : begun > text ? begun : at) - text);
    }
    return (size_t)(at - text);
}

int cells_paragraph(cells *c, rect area, unsigned role, const char *text)
{
    int y = area.y;
    for (; *text != '\0' && y < area.y + area.height; y++) {
        const size_t length = cells_break(text, area.width > 0 ? area.width : 1);
        const bool last = y + 1 == area.y + area.height;
        cells_print(c, area, area.x, y, role, 0, "%.*s", last ? (int)strlen(text) : (int)length,
                    text);
        text += length;
        text += strspn(text, " ");
    }
    return y - area.y;
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
    const char *end = text + length;
    int columns = 0;
    while (text < end && *text != '\0')
        columns += rune_width(cells_next_rune(&text));
    return columns;
}
