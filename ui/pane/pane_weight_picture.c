#include "pane/pane_weight_picture.h"

#include "number/dist.h"
#include "text/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The axis of z reaches so far, and further for draws that are further out. */
#define REACH  3.3
#define MARGIN 1.06

/* Points of a circle. */
#define CIRCLE 121

/* Rejected draws that are drawn. */
#define REJECTED_MOST 32

#define TURN 6.283185307179586

weight_attempt weight_attempt_at(const detinit_trace *t, uint64_t n)
{
    const uint64_t key = t->rank > 0 ? t->key[t->rank - 1] : t->key_layer;
    const uint64_t draws[] = {2 * n, 2 * n + 1};
    const double u1 = detinit_u01(detinit_key(key, &draws[0], 1));
    const double r = sqrt(-2 * log(fmax(u1, 1e-12)));
    const double theta = TURN * detinit_u01(detinit_key(key, &draws[1], 1));
    return (weight_attempt){r, theta, r * cos(theta)};
}

/* Straight, from one place to another. */
static void draw_line(const plot *p, unsigned role, char mark, double x0, double y0, double x1,
                      double y1)
{
    const double x[] = {x0, x1}, y[] = {y0, y1};
    plot_series(p, &(series){.role = role, .mark = mark, .x = x, .y = y, .count = 2});
}

static void draw_point(const plot *p, double x, double y, uint32_t rune, unsigned role)
{
    const double across = axis_share(&p->x, x), up = axis_share(&p->y, y);
    if (across < 0 || across > 1 || up < 0 || up > 1)
        return;
    cells_put(p->c, p->data.x + (int)lround(across * (p->data.width - 1)),
              p->data.y + (int)lround((1 - up) * (p->data.height - 1)), rune, role, ATTR_BOLD);
}

static void draw_circle(const plot *p, double radius)
{
    double x[CIRCLE], y[CIRCLE];
    for (int n = 0; n < CIRCLE; n++) {
        x[n] = radius * cos(TURN * n / (CIRCLE - 1));
        y[n] = radius * sin(TURN * n / (CIRCLE - 1));
    }
    plot_series(p, &(series){.role = ROLE_BAR, .mark = '.', .x = x, .y = y, .count = CIRCLE});
}

/* How far the axis of z has to reach, for a circle of this radius in so many rows. */
static double reach_of(const detinit_trace *t, rect circle)
{
    double most = t->r;
    for (uint64_t n = 0; n < t->attempt && n < REJECTED_MOST; n++)
        most = fmax(most, weight_attempt_at(t, n).r);
    const double needed = most * MARGIN * circle.width / (2.0 * circle.height);
    return fmax(fmax(REACH, most * MARGIN), needed);
}

/* The plane: a row of a terminal is about as high as two columns are wide. */
static void draw_plane(cells *c, rect area, const detinit_trace *t, double reach, double cut)
{
    const double high = reach * 2 * area.height / area.width;
    const plot p = {c, area, area, {.low = -reach, .high = reach}, {.low = -high, .high = high}};
    const double x = t->r * cos(t->theta), y = t->r * sin(t->theta);
    draw_line(&p, ROLE_DIM, '-', -reach, 0, reach, 0);
    draw_line(&p, ROLE_DIM, '|', 0, -high, 0, high);
    for (int side = -1; side <= 1 && cut > 0; side += 2)
        draw_line(&p, ROLE_BAD, '|', side * cut, -high, side * cut, high);
    draw_circle(&p, t->r);
    draw_line(&p, ROLE_ACCENT, '*', 0, 0, x, y);
    draw_line(&p, ROLE_THEORY, ':', x, y, x, 0);
    for (uint64_t n = 0; n < t->attempt && n < REJECTED_MOST; n++) {
        const weight_attempt a = weight_attempt_at(t, n);
        draw_point(&p, a.r * cos(a.theta), a.r * sin(a.theta), 0x00D7, ROLE_BAD);
    }
    draw_point(&p, x, y, 0x25CF, ROLE_ACCENT);
}

/* The bell curve: what is as far out as z, or further, is bright; what is cut off is left out. */
static void draw_bell(cells *c, rect area, const detinit_trace *t, double reach, double cut)
{
    const plot p = {c, area, area, {.low = -reach, .high = reach}, {.low = 0, .high = 1.05}};
    double near[512], far[512];
    for (int n = 0; n < area.width && n < 512; n++) {
        const double x = reach * (2 * (n + 0.5) / area.width - 1);
        const double high = cut > 0 && fabs(x) > cut ? NAN : exp(-x * x / 2);
        const bool is_far = fabs(x) + reach / area.width >= fabs(t->z);
        near[n] = is_far ? NAN : high;
        far[n] = is_far ? high : NAN;
    }
    plot_bars(&p, near, ROLE_BAR);
    plot_bars(&p, far, ROLE_ACCENT);
    draw_point(&p, t->z, 0, 0x25B2, ROLE_ACCENT);
}

static void draw_normal(const model *m, cells *c, rect area, const detinit_trace *t)
{
    const detinit_recipe *r = &m->settings.recipe;
    const detinit_dist dist = r->orthogonal ? DETINIT_DIST_NORMAL : detinit_recipe_dist(r);
    const double cut = dist_rows[dist].cast_away != NULL ? r->cut : 0;
    rect plane = area, bell = area;
    bell.height = area.height < WEIGHT_PICTURE_HEIGHT ? 0
                  : area.height / 3 < 3               ? 3
                                                      : area.height / 3;
    plane.height -= bell.height;
    bell.y += plane.height;
    const double reach = reach_of(t, plane);
    draw_plane(c, plane, t, reach, cut);
    if (bell.height > 0)
        draw_bell(c, bell, t, reach, cut);
}

/* The line from -a to a, and below it u1's from 0 to 1, of which it is made. */
static void draw_uniform(cells *c, rect area, const detinit_trace *t)
{
    const double a = SQRT_3 * t->std;
    const int y = area.y + area.height / 3, last = area.x + area.width - 1;
    const int at = area.x + (int)lround(t->u1 * (area.width - 1));
    char text[32];
    for (int x = area.x; x <= last; x++)
        cells_put(c, x, y, x == area.x ? 0x251C : x == last ? 0x2524 : 0x2500, ROLE_BAR, 0);
    cells_put(c, area.x + area.width / 2, y, 0x253C, ROLE_BAR, 0);
    cells_put(c, at, y, 0x25CF, ROLE_ACCENT, ATTR_BOLD);
    cells_text(c, area, area.x, y - 1, ROLE_DIM, 0, "-a");
    cells_text(c, area, last, y - 1, ROLE_DIM, 0, "a");
    cells_text(c, area, area.x + area.width / 2, y - 1, ROLE_DIM, 0, "0");
    cells_text(c, area, area.x, y + 1, ROLE_DIM, 0, "u1 = 0");
    cells_text(c, area, last, y + 1, ROLE_DIM, 0, "1");
    snprintf(text, sizeof text, "a = √3 std = %.4g", a);
    if (cells_columns(text, strlen(text)) <= area.width)
        cells_text(c, area, area.x, y + 3, ROLE_DIM, 0, text);
    cells_text(c, area, area.x, y + 4, ROLE_DIM, 0, "all equally likely");
}

void weight_picture_draw(const model *m, cells *c, rect area, const detinit_trace *t)
{
    const detinit_recipe *r = &m->settings.recipe;
    if (r->orthogonal || dist_rows[detinit_recipe_dist(r)].of_normal)
        draw_normal(m, c, area, t);
    else
        draw_uniform(c, area, t);
}
