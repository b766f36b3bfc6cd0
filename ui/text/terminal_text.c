#include "text/terminal_text.h"

#include <string.h>

void terminal_rune(FILE *out, uint32_t rune)
{
    int more = rune < 0x80 ? 0 : rune < 0x800 ? 1 : rune < 0x10000 ? 2 : 3;
    static const uint32_t first[] = {0, 0xC0, 0xE0, 0xF0};
    if (rune == CELL_TAKEN)
        return;
    fputc((int)(first[more] | rune >> 6 * more), out);
    while (more-- > 0)
        fputc((int)(0x80 | (rune >> 6 * more & 0x3F)), out);
}

static void put_color(FILE *out, int code, int color, int colors)
{
    if (color >= 0 && colors > 256)
        fprintf(out, ";%d;2;%d;%d;%d", code, color >> 16, color >> 8 & 0xFF, color & 0xFF);
    else if (color >= 0)
        fprintf(out, ";%d;5;%d", code, color);
}

void terminal_look(FILE *out, const look *l, int colors)
{
    fputs("\x1b[0", out);
    if ((l->attributes & ATTR_BOLD) != 0)
        fputs(";1", out);
    if ((l->attributes & ATTR_REVERSE) != 0)
        fputs(";7", out);
    put_color(out, 38, l->foreground, colors);
    put_color(out, 48, l->background, colors);
    fputc('m', out);
}

void terminal_difference(FILE *out, const cells *before, const cells *now, bool light)
{
    look last = {.foreground = -1, .background = -1};
    const bool all = before == NULL || before->width != now->width || before->height != now->height;
    fputs("\x1b[0m", out);
    for (int y = 0; y < now->height; y++) {
        bool there = false; /* the cursor stands at this cell */
        for (int x = 0; x < now->width; x++) {
            const cell *at = &now->at[y * now->width + x];
            const bool half = x + 1 < now->width && at[1].rune == CELL_TAKEN;
            if (at->rune == CELL_TAKEN)
                continue;
            if (!all && cells_same(at, &before->at[y * now->width + x]) &&
                (!half || cells_same(at + 1, &before->at[y * now->width + x + 1]))) {
                there = false;
                continue;
            }
            const look l = palette_look(at, PALETTE_DIRECT, light);
            if (!there)
                fprintf(out, "\x1b[%d;%dH", y + 1, x + 1);
            if (l.foreground != last.foreground || l.background != last.background ||
                l.attributes != last.attributes)
                terminal_look(out, &l, PALETTE_DIRECT);
            terminal_rune(out, l.rune);
            last = l;
            there = true;
        }
    }
    fputs("\x1b[0m", out);
}
