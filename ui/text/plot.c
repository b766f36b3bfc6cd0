#include "text/plot.h"

#include "text/chart.h"

#include <math.h>
#include <string.h>

/* Below these sizes a plot is all data; names stand at the ends of lines from this width on. */
#define LABELS_WIDTH  16
#define LABELS_HEIGHT 3
#define NAMES_WIDTH   36

/* A mark on the vertical axis takes so many rows, one on the horizontal so many columns more. */
#define TICK_ROWS    3
#define TICK_COLUMNS 4

/* A name stands fewer columns than this behind its line. */
#define BEHIND 8

#define BRAILLE 0x2800u

unsigned series_role(int n)
{
    return ROLE_SERIES + (unsigned)(n % SERIES_MOST);
}

char series_mark(int n)
{
    static const char marks[] = "*+ox%=&~";
    return marks[n % (int)(sizeof marks - 1)];
}

/* --------------------------------------------------------------------- axes */

/* The row in whose middle a share of the height lies, from the bottom. */
static int row_of(const plot *p, double share)
{
    const int row = (int)lround(share * (4 * p->data.height - 1)) / 4;
    return row < 0 ? 0 : row >= p->data.height ? p->data.height - 1 : row;
}

static int column_of(const plot *p, double share)
{
    const int column = (int)lround(share * (2 * p->data.width - 1)) / 2;
    return column < 0 ? 0 : column >= p->data.width ? p->data.width - 1 : column;
}

static void draw_vertical(const plot *p, const tick *ticks, int count)
{
    const int x = p->data.x - 1, bottom = p->data.y + p->data.height - 1;
    for (int y = p->data.y; y <= bottom; y++)
        cells_put(p->c, x, y, 0x2502, ROLE_DIM, 0);
    for (int n = 0, last = bottom + 1; n < count; n++) {
        const int y = bottom - row_of(p, axis_share(&p->y, ticks[n].value));
        const int width = cells_columns(ticks[n].label, strlen(ticks[n].label));
        if (y == last) /* there are few rows */
            continue;
        last = y;
        cells_put(p->c, x, y, 0x2524, ROLE_DIM, 0);
        cells_text(p->c, p->area, x - width, y, ROLE_DIM, 0, ticks[n].label);
    }
}

/* Labels below their columns, as many as stand apart; the name at the right end. */
static void draw_horizontal(const plot *p)
{
    const int y = p->data.y + p->data.height;
    const char *name = p->x.name != NULL ? p->x.name : "";
    const int name_width = cells_columns(name, strlen(name));
    const bool named = name_width > 0 && name_width + 8 < p->data.width;
    int end = p->area.x + p->area.width, free_from = p->area.x, count, most = p->data.width / 8 + 1;
    tick ticks[AXIS_TICKS];
    if (named) {
        end -= name_width + 1;
        cells_text(p->c, p->area, end + 1, y, ROLE_DIM, 0, name);
    }
    do
        count = axis_ticks(&p->x, most, p->c->ascii, ticks);
    while (--most >= 1 && count * (axis_label_width(ticks, count) + TICK_COLUMNS) > p->data.width);
    for (int n = 0; n < count; n++) {
        const int width = cells_columns(ticks[n].label, strlen(ticks[n].label));
        int x = p->data.x + column_of(p, axis_share(&p->x, ticks[n].value)) - (width - 1) / 2;
        if (x < free_from || x + width > end)
            continue;
        cells_text(p->c, p->area, x, y, ROLE_DIM, 0, ticks[n].label);
        free_from = x + width + 1;
    }
}

/* The marks of the vertical axis: one in TICK_ROWS rows, but two where that leaves only one. */
static int vertical_ticks(const plot *p, int rows, tick *ticks)
{
    int most = (rows + TICK_ROWS) / TICK_ROWS, count;
    do
        count = axis_ticks(&p->y, most, p->c->ascii, ticks);
    while (count < 2 && ++most <= rows);
    return count;
}

plot plot_place(cells *c, rect area, axis x, axis y, int right)
{
    plot p = {.c = c, .area = area, .data = area, .x = x, .y = y};
    tick ticks[AXIS_TICKS];
    p.data.height -= area.height >= LABELS_HEIGHT;
    const int count = vertical_ticks(&p, p.data.height, ticks);
    const int labels = axis_label_width(ticks, count) + 1;
    if (area.width >= LABELS_WIDTH && labels <= area.width / 2) {
        p.data.x += labels;
        p.data.width -= labels;
    }
    p.data.width -= right;
    if (p.data.width <= 0 || p.data.height <= 0)
        p.data.width = p.data.height = 0;
    return p;
}

void plot_axes(const plot *p)
{
    tick ticks[AXIS_TICKS];
    if (p->data.width > 0 && p->data.x > p->area.x)
        draw_vertical(p, ticks, vertical_ticks(p, p->data.height, ticks));
    if (p->data.width > 0 && p->data.height < p->area.height)
        draw_horizontal(p);
}

/* --------------------------------------------------------------------- data */

void plot_bars(const plot *p, const double *values, unsigned role)
{
    const int bottom = p->data.y + p->data.height - 1;
    for (int n = 0; n < p->data.width; n++) {
        const double share = axis_share(&p->y, values[n]);
        if (share > 0)
            chart_bar(p->c, p->data.x + n, bottom, p->data.height, share < 1 ? share : 1, role);
    }
}

/* Whether a cell shows a bar that reaches over its middle. */
static bool is_bar(const cell *at)
{
    return at->rune >= 0x2584 && at->rune <= 0x2588;
}

/* One dot, counted from the upper left, with those that its cell has; in ASCII a mark. */
static void put_dot(const plot *p, const series *s, int x, int y)
{
    static const uint8_t bits[2][4] = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};
    cells *c = p->c;
    const int across = c->ascii ? 1 : 2, down = c->ascii ? 1 : 4;
    if (x < 0 || y < 0 || x >= across * p->data.width || y >= down * p->data.height)
        return;
    const int column = p->data.x + x / across, row = p->data.y + y / down;
    if (column < 0 || row < 0 || column >= c->width || row >= c->height)
        return;
    const cell *at = &c->at[row * c->width + column];
    if (c->ascii) {
        cells_put(c, column, row, (uint32_t)s->mark, s->role, s->attributes);
        return;
    }
    const unsigned paper = is_bar(at) ? at->role : at->paper;
    const uint32_t before = (at->rune & ~0xFFu) == BRAILLE ? at->rune : BRAILLE;
    cells_put_on(c, column, row, before | bits[x % 2][y % 4], s->role, paper, s->attributes);
}

/* Where a value lies, in dots from the first to the last; far outside for what is not there. */
static double dot_of(const axis *a, double value, int dots)
{
    const double share = axis_share(a, value);
    return isnan(share) ? NAN : fmin(fmax(share, -4), 5) * (dots - 1);
}

static void put_line(const plot *p, const series *s, double x0, double y0, double x1, double y1)
{
    const int steps = (int)fmax(1, ceil(fmax(fabs(x1 - x0), fabs(y1 - y0)) - 1e-9));
    for (int n = 0; n <= steps; n++)
        put_dot(p, s, (int)lround(x0 + (x1 - x0) * n / steps),
                (int)lround(y0 + (y1 - y0) * n / steps));
}

void plot_series(const plot *p, const series *s)
{
    const int across = (p->c->ascii ? 1 : 2) * p->data.width;
    const int down = (p->c->ascii ? 1 : 4) * p->data.height;
    double x0 = NAN, y0 = NAN;
    for (int n = 0; n < s->count && across > 0; n++) {
        const double x = dot_of(&p->x, s->x[n], across);
        const double y = down - 1 - dot_of(&p->y, s->y[n], down);
        const bool here = !isnan(x) && !isnan(y), joined = !s->points && !isnan(x0);
        if (here && joined)
            put_line(p, s, x0, y0, x, y);
        else if (here)
            put_dot(p, s, (int)lround(x), (int)lround(y));
        x0 = here ? x : NAN;
        y0 = here ? y : NAN;
    }
}

/* -------------------------------------------------------------------- names */

static int name_width(const series *s)
{
    return s->name != NULL ? cells_columns(s->name, strlen(s->name)) : 0;
}

/* A cell of the data, from its upper left. */
typedef struct place {
    int column, row;
} place;

/* Where a line is seen last; false where it never is. */
static bool find_end(const plot *p, const series *s, place *end)
{
    for (int n = s->count - 1; n >= 0; n--) {
        const double x = axis_share(&p->x, s->x[n]), y = axis_share(&p->y, s->y[n]);
        if (!(x >= 0 && x <= 1 && y >= 0 && y <= 1))
            continue;
        *end = (place){column_of(p, x), p->data.height - 1 - row_of(p, y)};
        return true;
    }
    return false;
}

/* The free row nearest to one; -1: none is. */
static int free_row(const bool *taken, int rows, int wanted)
{
    for (int off = 0; off < rows; off++) {
        if (wanted + off < rows && !taken[wanted + off])
            return wanted + off;
        if (wanted - off >= 0 && !taken[wanted - off])
            return wanted - off;
    }
    return -1;
}

/* Whether nothing is drawn in so many columns of the data from a place on, and one on either side.
 */
static bool is_empty(const plot *p, place at, int width)
{
    if (at.column + width >= p->data.width)
        return false;
    for (int x = at.column - 1; x <= at.column + width; x++)
        if (p->c->at[(p->data.y + at.row) * p->c->width + p->data.x + x].rune != ' ')
            return false;
    return true;
}

/*
 * Each at its line's end: behind it where the line ends before the plot does, else right of the
 * plot, in the row or the next to it that is free.
 */
static void draw_names(const plot *p, const series *all, int count)
{
    bool taken[256] = {false};
    const int rows = p->data.height < 256 ? p->data.height : 256;
    for (int n = count - 1; n >= 0; n--) {
        place end;
        if (all[n].name == NULL || !find_end(p, &all[n], &end))
            continue;
        int x = p->data.width + 1, row = end.row;
        place behind = {end.column + 2, end.row};
        while (behind.column < end.column + BEHIND && !is_empty(p, behind, name_width(&all[n])))
            behind.column++;
        if (behind.column < end.column + BEHIND)
            x = behind.column;
        else if ((row = free_row(taken, rows, end.row)) >= 0)
            taken[row] = true;
        else
            continue;
        cells_text(p->c, p->area, p->data.x + x, p->data.y + row, all[n].role, all[n].attributes,
                   all[n].name);
    }
}

void plot_legend(cells *c, rect area, int x, int y, const series *all, int count)
{
    int columns = 0, gap = 2;
    for (int n = 0; n < count; n++)
        columns += all[n].name != NULL ? 2 + name_width(&all[n]) + gap : 0;
    if (x + columns - gap > area.x + area.width)
        gap = 1;
    for (int n = 0; n < count; n++) {
        if (all[n].name == NULL || x + 2 + name_width(&all[n]) > area.x + area.width)
            continue;
        cells_put(c, x, y, c->ascii ? (uint32_t)all[n].mark : 0x2501, all[n].role,
                  all[n].attributes);
        x += 2 + gap + cells_text(c, area, x + 2, y, all[n].role, all[n].attributes, all[n].name);
    }
}

void plot_all(cells *c, rect area, axis x, axis y, const series *all, int count)
{
    int longest = 0, named = 0;
    for (int n = 0; n < count; n++) {
        longest = name_width(&all[n]) > longest ? name_width(&all[n]) : longest;
        named += all[n].name != NULL;
    }
    const bool at_ends =
        area.width >= NAMES_WIDTH && longest + 1 <= area.width / 4 && area.height > named + 1;
    if (!at_ends && named > 0 && area.height > LABELS_HEIGHT) {
        plot_legend(c, area, area.x, area.y, all, count);
        area.y++;
        area.height--;
    }
    const plot p = plot_place(c, area, x, y, at_ends && longest > 0 ? longest + 1 : 0);
    if (p.data.width == 0)
        return;
    plot_axes(&p);
    for (int n = 0; n < count; n++)
        plot_series(&p, &all[n]);
    if (at_ends)
        draw_names(&p, all, count);
}
