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

double chart_count(const detinit_histogram *h, double low, double high)
{
    double sum = 0;
    for (size_t n = 0; n < h->bins; n++) {
        double from = fmax(low, h->edges[n]), to = fmin(high, h->edges[n + 1]);
        double share = (to - from) / (h->edges[n + 1] - h->edges[n]);
        if (share > 0)
            sum += share * (double)h->counts[n];
    }
    return sum;
}
