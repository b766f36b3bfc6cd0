#include "term/candidates.h"

#include <stdio.h>
#include <string.h>

/* Columns between two texts. */
#define BETWEEN 2

static int widest(const completion *menu)
{
    int width = 1;
    for (size_t n = 0; n < menu->count; n++) {
        const int columns = cells_columns(menu->texts[n], strlen(menu->texts[n]));
        width = columns > width ? columns : width;
    }
    return width;
}

void candidates_draw(const completion *menu, cells *c, rect bottom)
{
    const int width = widest(menu) + BETWEEN, room = bottom.width - 1;
    const int across = room > width ? room / width : 1;
    const int needed = ((int)menu->count + across - 1) / across;
    int rows = bottom.y * 2 / 3; /* the rest shows what the command is about */
    if (rows < 1)
        return;
    rows = needed < rows ? needed : rows;
    const bool cut = needed > rows;
    const size_t page = (size_t)(cut && rows * across > 1 ? rows * across - 1 : rows * across);
    const size_t chosen = menu->chosen > 0 ? menu->chosen - 1 : 0, first = chosen / page * page;
    const size_t end = first + page < menu->count ? first + page : menu->count;
    const rect area = {bottom.x, bottom.y - rows, bottom.width, rows};
    char more[40], few[24];
    const char *const texts[] = {more, few, "", NULL};
    snprintf(more, sizeof more, "... and %zu more", menu->count - (end - first));
    snprintf(few, sizeof few, "+%zu", menu->count - (end - first));
    cells_wipe(c, area);
    for (size_t n = first; n <= end && (n < end || cut); n++) {
        const int at = (int)(n - first), x = area.x + 1 + at / rows * width;
        const rect place = {x, area.y + at % rows, width < room ? width : room, 1};
        const bool is_chosen = n < end && menu->chosen == n + 1;
        if (n < end)
            cells_text(c, place, x, place.y, is_chosen ? ROLE_ACCENT : ROLE_TEXT,
                       is_chosen ? ATTR_REVERSE : 0, menu->texts[n]);
        else
            cells_text(c, area, x, place.y, ROLE_DIM, 0,
                       cells_fitting(area.x + area.width - x, texts));
    }
}
