#include "text/tiles.h"

/* A picture is made smaller until so many fit, but no smaller than this many pixels. */
#define WANTED 6
#define LEAST  8

static size_t blocks_of(size_t places, size_t block)
{
    return (places + block - 1) / block;
}

/* How many fit at this size; the row above each is for its number. */
static size_t count_fitting(tiles *t)
{
    t->high = blocks_of(t->rows, t->block) * t->zoom;
    t->wide = blocks_of(t->cols, t->block) * t->zoom;
    t->across = ((size_t)t->area.width + 1) / (t->wide + 1);
    t->down = (size_t)t->area.height / (1 + (t->high + 1) / 2);
    if (t->group > 1 && t->across > t->group)
        t->across -= t->across % t->group;
    return t->across * t->down;
}

bool tiles_fit(tiles *t, size_t zoom_least, size_t zoom_most)
{
    t->block = 1;
    t->zoom = zoom_least;
    if (t->area.width < 1 || t->area.height < 2)
        return false;
    while (count_fitting(t) < WANTED && blocks_of(t->rows, t->block + 1) >= LEAST)
        t->block++;
    while (t->block == 1 && t->zoom < zoom_most) {
        t->zoom++;
        if (count_fitting(t) < t->count) {
            t->zoom--;
            break;
        }
    }
    const size_t shown = count_fitting(t);
    t->first = shown > 0 ? t->current / shown * shown : 0;
    return shown > 0;
}

size_t tiles_shown(const tiles *t)
{
    const size_t room = t->across * t->down;
    return t->count - t->first < room ? (size_t)(t->count - t->first) : room;
}

void tiles_place(const tiles *t, size_t n, int *x, int *y)
{
    *x = t->area.x + (int)(n % t->across * (t->wide + 1));
    *y = t->area.y + (int)(n / t->across * (1 + (t->high + 1) / 2)) + 1;
}

bool tiles_at(const tiles *t, int x, int y, uint64_t *number, size_t *row, size_t *col)
{
    for (size_t n = 0; n < tiles_shown(t); n++) {
        int left, top;
        tiles_place(t, n, &left, &top);
        if (x < left || y < top)
            continue;
        *col = (size_t)(x - left) / t->zoom * t->block;
        *row = (size_t)(y - top) * 2 / t->zoom * t->block;
        *number = t->first + n;
        if (*col < t->cols && *row < t->rows)
            return true;
    }
    return false;
}

double tiles_mean(const tiles *t, int row, int col, tile_value *value, const void *data)
{
    const size_t top = (size_t)row / t->zoom * t->block, left = (size_t)col / t->zoom * t->block;
    size_t count = 0;
    double sum = 0;
    for (size_t y = top; y < top + t->block && y < t->rows; y++)
        for (size_t x = left; x < left + t->block && x < t->cols; x++, count++)
            sum += value(data, y * t->cols + x);
    return sum / (double)count;
}
