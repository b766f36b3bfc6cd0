#include "text/chart.h"

#include "detinit_describe.h"
#include <math.h>

/* U+2581 .. U+2588: one eighth to eight eighths of a cell. */
#define EIGHTH_BLOCK(eighths) (0x2580u + (uint32_t)(eighths))

void chart_bar(cells *c, int x, int bottom, int rows, double height, unsigned role)
{
    int eighths = (int)(height * rows * 8 + 0.5);
    if (height > 0 && eighths == 0)
        eighths = 1;
    for (int row = 0; row < rows && eighths > 0; row++, eighths -= 8)
        cells_put(c, x, bottom - row, EIGHTH_BLOCK(eighths < 8 ? eighths : 8), role, 0);
}

int chart_line(cells *c, rect area, int x, int y, const double *values, int count, unsigned role)
{
    int room = area.x + area.width - x;
    if (y < area.y || y >= area.y + area.height)
        return 0;
    for (int n = 0; n < count && n < room; n++) {
        double value = values[n] < 0 ? 0 : values[n] > 1 ? 1 : values[n];
        if (!isnan(values[n]))
            cells_put(c, x + n, y, EIGHTH_BLOCK(1 + (int)(value * 7 + 0.5)), role, 0);
    }
    return count < room ? count : room;
}

void chart_lying_bar(cells *c, rect area, int x, int y, int columns, double length, unsigned role)
{
    int full = (int)(length * columns + 0.5);
    if (y < area.y || y >= area.y + area.height)
        return;
    for (int n = 0; n < full && x + n < area.x + area.width; n++)
        cells_put(c, x + n, y, EIGHTH_BLOCK(8), role, 0);
}

void chart_wake(cells *c, int x, int y, int level)
{
    /* A dot, then four shades up to the full block. */
    static const uint32_t runes[WAKE_LEVELS] = {0x00B7, 0x2591, 0x2591, 0x2592,
                                                0x2592, 0x2593, 0x2593, 0x2588};
    cells_put(c, x, y, runes[level], ROLE_WAKE + (unsigned)level, 0);
}

unsigned chart_heat(double value)
{
    int middle = HEAT_LEVELS / 2;
    int level = middle + (int)lround(value * middle);
    if (!(value == value))
        level = middle;
    level = level < 0 ? 0 : level >= HEAT_LEVELS ? HEAT_LEVELS - 1 : level;
    return ROLE_HEAT + (unsigned)level;
}

double chart_count(const detinit_histogram *h, double low, double high, bool expected)
{
    double sum = 0;
    for (size_t n = 0; n < h->bins; n++) {
        double from = fmax(low, h->edges[n]), to = fmin(high, h->edges[n + 1]);
        double share = (to - from) / (h->edges[n + 1] - h->edges[n]);
        if (share > 0)
            sum += share * (expected ? h->expected[n] : (double)h->counts[n]);
    }
    return sum;
}
