#include "text/pixels.h"

#include "text/palette.h"

#include <math.h>
#include <string.h>

static unsigned level(unsigned map, double share)
{
    if (isnan(share))
        return ROLE_TEXT;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return map + (unsigned)lround(share * (MAP_LEVELS - 1));
}

unsigned pixels_ramp(double share)
{
    return level(ROLE_RAMP, share);
}

unsigned pixels_signed(double value)
{
    return level(ROLE_SIGNED, (value + 1) / 2);
}

/* Two pixels; in ASCII a letter for both, which colours hide where there are some. */
static void put_cell(cells *c, int x, int y, unsigned upper, unsigned lower)
{
    if (upper == ROLE_TEXT)
        return;
    if (!c->ascii) {
        cells_put_on(c, x, y, CELL_PIXELS, upper, lower, 0);
        return;
    }
    const unsigned mean = lower == ROLE_TEXT ? upper : (upper + lower + 1) / 2;
    cells_put_on(c, x, y, palette_shade(mean), mean, mean, 0);
}

void pixels_draw(cells *c, rect area, int rows, int cols, pixel_role *role, const void *data)
{
    for (int row = 0; row < rows && row / 2 < area.height; row += 2)
        for (int col = 0; col < cols && col < area.width; col++)
            put_cell(c, area.x + col, area.y + row / 2, role(data, row, col),
                     row + 1 < rows ? role(data, row + 1, col) : ROLE_TEXT);
}

int pixels_legend_width(int columns, const char *low, const char *high)
{
    return columns + 2 + cells_columns(low, strlen(low)) + cells_columns(high, strlen(high));
}

int pixels_legend(cells *c, rect area, int x, int y, int columns, unsigned map, const char *low,
                  const char *high)
{
    const int width = pixels_legend_width(columns, low, high), begun = x;
    if (x + width > area.x + area.width || y < area.y || y >= area.y + area.height)
        return 0;
    x += cells_text(c, area, x, y, ROLE_DIM, 0, low) + 1;
    for (int n = 0; n < columns; n++, x++) {
        const unsigned role = level(map, columns > 1 ? (double)n / (columns - 1) : 1);
        put_cell(c, x, y, role, role);
    }
    cells_text(c, area, x + 1, y, ROLE_DIM, 0, high);
    return x + 1 - begun + cells_columns(high, strlen(high));
}
