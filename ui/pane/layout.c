#include "pane/layout.h"

#include "model/viewing.h"
#include "pane/lesson_box.h"

#include <stdio.h>
#include <string.h>

/* Columns that a frame takes of the text in its edges. */
#define EDGES 6

/* From the first size on strips of panes fill the screen, from this height on one strip more, and
 * from the last size on there are four panes. */
#define STRIPS_WIDTH  100
#define STRIPS_HEIGHT 36
#define STRIPS        3
#define MORE_HEIGHT   50
#define FOUR_WIDTH    60
#define FOUR_HEIGHT   18

/* On a narrow screen panes are stacked, none lower than this. */
#define STACKED_HEIGHT 12

/* Whether a pane has a place unasked: what has nothing to show has one only while one is there. */
static bool has_place(const model *m, int n)
{
    return n == m->view.pane || panes[n]->idle == NULL || !panes[n]->idle(m);
}

/* The numbers of all panes that have a place, in the order of their places. Returns how many. */
static int order_panes(const model *m, int order[PANE_COUNT])
{
    int count = 0;
    for (int after = 0; after < 2; after++)
        for (int n = 0; n < PANE_COUNT; n++) {
            const bool leads = panes[n]->leads && !panes[n]->idle(m);
            if (leads == (after == 0) && has_place(m, n))
                order[count++] = n;
        }
    return count;
}

/* Puts two panes side by side into a strip of the body. */
static void place_pair(layout *l, rect body, int y, int height, int left, int right)
{
    int width = body.width * 62 / 100;
    if (body.width >= STRIPS_WIDTH)
        width = body.width / 2;
    l->pane[left] = (rect){body.x, y, width, height};
    l->pane[right] = (rect){body.x + width, y, body.width - width, height};
}

/* ------------------------------------------------------------------- strips */

/* Two panes side by side, or one over all the width. */
typedef struct strip {
    int left, right; /* -1: none */
} strip;

static bool is_wide(const strip *s)
{
    return panes[s->left]->wide;
}

static bool holds(const strip *s, int number)
{
    return s->left == number || s->right == number;
}

/* All panes that have a place. Returns how many strips they make. */
static int make_strips(const model *m, strip strips[PANE_COUNT])
{
    int order[PANE_COUNT], count = 0;
    const int placed = order_panes(m, order);
    for (int at = 0; at < placed; at++) {
        const int n = order[at];
        strip *last = count > 0 ? &strips[count - 1] : NULL;
        if (last != NULL && last->right == -1 && !is_wide(last) && !panes[n]->wide)
            last->right = n;
        else
            strips[count++] = (strip){n, -1};
    }
    return count;
}

/* Of more strips than there is room for the first ones stay, the last of them that in focus. */
static int choose_strips(strip *strips, int count, int room, int focused)
{
    for (int n = room; n < count; n++)
        if (holds(&strips[n], focused))
            strips[room - 1] = strips[n];
    return count < room ? count : room;
}

/* Equally high; what is left over goes to the last wide strip, or to one each from below. */
static void place_strips(layout *l, rect body, const strip *strips, int count)
{
    int y = body.y, each = body.height / count, last_wide = -1;
    for (int n = 0; n < count; n++)
        if (is_wide(&strips[n]))
            last_wide = n;
    for (int n = 0; n < count; n++) {
        int height = (body.y + body.height - y) / (count - n);
        if (last_wide >= 0)
            height = n == last_wide ? body.height - each * (count - 1) : each;
        if (strips[n].right >= 0)
            place_pair(l, body, y, height, strips[n].left, strips[n].right);
        else
            l->pane[strips[n].left] = (rect){body.x, y, body.width, height};
        y += height;
    }
}

/* ------------------------------------------------------------------- layout */

/* Four panes; the fourth place is for the focused one where it is not among the others. */
static void place_four(const model *m, layout *l, rect body)
{
    int order[PANE_COUNT];
    const int top = body.height * 13 / 22;
    order_panes(m, order);
    if (m->view.pane != order[0] && m->view.pane != order[1] && m->view.pane != order[2])
        order[3] = m->view.pane;
    place_pair(l, body, body.y, top, order[0], order[1]);
    place_pair(l, body, body.y + top, body.height - top, order[2], order[3]);
}

static void place_all(const model *m, layout *l, rect body, int room)
{
    strip strips[PANE_COUNT];
    int count = make_strips(m, strips);
    place_strips(l, body, strips, choose_strips(strips, count, room, m->view.pane));
}

/* One pane below the other. */
static void place_stacked(const model *m, layout *l, rect body)
{
    strip strips[PANE_COUNT];
    int order[PANE_COUNT];
    const int count = order_panes(m, order);
    for (int at = 0; at < count; at++)
        strips[at] = (strip){order[at], -1};
    place_strips(l, body, strips,
                 choose_strips(strips, count, body.height / STACKED_HEIGHT, m->view.pane));
}

/* What the box of a lesson leaves of the body, above it or left of it. */
static rect leave_lesson(rect body, rect box)
{
    if (box.width > 0 && box.height == body.height)
        body.width -= box.width;
    else if (box.width > 0)
        body.height -= box.height;
    return body;
}

layout layout_make(const model *m, int width, int height)
{
    layout l = {.header = {0, 0, width, height >= 3 ? 1 : 0}};
    l.message = (rect){0, height - 1, width, height >= 2 ? 1 : 0};
    rect body = {0, l.header.height, width, height - l.header.height - l.message.height};
    l.lesson = lesson_box_place(m, body);
    body = leave_lesson(body, l.lesson);
    height -= l.lesson.width > 0 && body.width == width ? l.lesson.height : 0;
    const bool narrow = body.width < FOUR_WIDTH;
    const bool alone = narrow ? body.height < 2 * STACKED_HEIGHT : height < FOUR_HEIGHT;
    if (m->view.zoomed || m->view.help || alone)
        l.pane[m->view.pane] = body;
    else if (narrow)
        place_stacked(m, &l, body);
    else if (body.width >= STRIPS_WIDTH && height >= STRIPS_HEIGHT)
        place_all(m, &l, body, height >= MORE_HEIGHT ? STRIPS + 1 : STRIPS);
    else
        place_four(m, &l, body);
    return l;
}

/* A frame needs three rows and three columns. */
static bool has_frame(rect area)
{
    return area.width >= 3 && area.height >= 3;
}

rect layout_inside(rect area)
{
    return has_frame(area) ? (rect){area.x + 1, area.y + 1, area.width - 2, area.height - 2} : area;
}

rect layout_inside_of(const model *m, const pane *p)
{
    const layout l = layout_make(m, m->width, m->height);
    int n = 0;
    while (panes[n] != p)
        n++;
    return layout_inside(l.pane[n]);
}

/* The pane at a place, or -1. */
static int pane_at(const layout *l, int x, int y)
{
    for (int n = 0; n < PANE_COUNT; n++) {
        const rect *r = &l->pane[n];
        if (x >= r->x && x < r->x + r->width && y >= r->y && y < r->y + r->height)
            return n;
    }
    return -1;
}

void layout_click(model *m, int x, int y)
{
    const layout l = layout_make(m, m->width, m->height);
    const int n = pane_at(&l, x, y);
    if (n < 0 || m->learning.choosing) /* the list of lessons lies over the panes */
        return;
    if (panes[n]->click != NULL)
        panes[n]->click(m, layout_inside(l.pane[n]), x, y);
    pane_focus(m, panes[n]);
}

void layout_wheel(model *m, int x, int y, int turns)
{
    const layout l = layout_make(m, m->width, m->height);
    const int n = pane_at(&l, x, y);
    if (n >= 0)
        pane_move(panes[n], m, (motion){.rows = turns * (panes[n]->shows_cursor ? WHEEL_ROWS : 1)});
}

void layout_fit(model *m, int width, int height)
{
    m->width = width;
    m->height = height;
    layout l = layout_make(m, width, height);
    m->shown_pieces = 0;
    m->shown_tensors = 0;
    for (int n = 0; n < PANE_COUNT; n++) {
        if (l.pane[n].width > 0)
            m->shown_pieces |= pane_pieces(m, panes[n]);
        if (panes[n]->fit != NULL)
            panes[n]->fit(m, layout_inside(l.pane[n]));
    }
}

/* ------------------------------------------------------------------ drawing */

void layout_draw_frame(cells *c, rect area, const char *title, const char *note, bool focused)
{
    if (has_frame(area))
        cells_frame(c, area, title, note, focused);
}

static const char *const faces[FACE_COUNT] = {
    [FACE_TRAINED] = "w", [FACE_INITIAL] = "w0", [FACE_CHANGE] = "w - w0"};

/* "1 Matrix  w0  10 x 20": the number is the pane's key. */
static void title_of(const model *m, int n, char *title, size_t size)
{
    char shown[280] = "";
    if (panes[n]->subject != NULL)
        panes[n]->subject(m, shown, sizeof shown);
    const bool faced = panes[n]->faced && viewing_is_of_file(m);
    snprintf(title, size, "%ld %s%s%s%s%s", pane_number(panes[n]), panes[n]->title,
             faced ? "  " : "", faced ? faces[m->viewed.face] : "", shown[0] != '\0' ? "  " : "",
             shown);
}

void layout_draw_pane(const model *m, cells *c, rect area, int number)
{
    char title[320], note[128];
    if (area.width <= 0 || area.height <= 0)
        return;
    title_of(m, number, title, sizeof title);
    pane_note(m, layout_inside(area), panes[number], note, sizeof note);
    cells_shorten(title, area.width - EDGES);
    if (cells_columns(note, strlen(note)) > area.width - EDGES)
        note[0] = '\0'; /* it is only a help */
    layout_draw_frame(c, area, title, note, pane_in_focus(m, panes[number]));
    pane_draw(m, c, layout_inside(area), panes[number]);
}
