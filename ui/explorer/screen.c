#include "explorer/screen.h"

#include "explorer/footer.h"
#include "explorer/help.h"
#include "explorer/keys.h"
#include "option/refuse.h"
#include "pane/layout.h"
#include "pane/lesson_box.h"

#include <stdio.h>
#include <string.h>

/* --------------------------------------------------------------- last line */

/* How far work is, for the right end of the line. Returns the columns that it takes. */
static int progress_text(const model *m, char *text, size_t size)
{
    if (m->busy[0] == '\0' || m->busy_total == 0)
        return 0;
    return snprintf(text, size, " %s %.0f %%  Ctrl-C stops it ", m->busy,
                    100.0 * (double)m->busy_done / (double)m->busy_total);
}

static void draw_progress(const model *m, cells *c, rect area)
{
    char text[128];
    const int length = progress_text(m, text, sizeof text);
    const int x = length < area.width ? area.x + area.width - length : area.x;
    if (length > 0)
        cells_text(c, area, x, area.y, ROLE_ACCENT, 0, text);
}

/* What progress leaves of the line. */
static rect beside_progress(const model *m, rect area)
{
    char text[128];
    area.width -= progress_text(m, text, sizeof text);
    return area;
}

/* A message of several lines grows upwards, over the panes. */
static void draw_text(cells *c, rect area, unsigned role, const char *text)
{
    const char *at = text;
    int count = 0, width = area.width - 2 > 0 ? area.width - 2 : 1;
    for (; *at != '\0' && count < c->height; count++, at += strspn(at, " "))
        at += cells_break(at, width);
    at = text;
    for (int n = count - 1; n >= 0; n--) {
        size_t length = cells_break(at, width);
        rect line = {area.x, area.y - n, area.width, 1};
        if (count > 1)
            cells_wipe(c, line);
        cells_print(c, line, line.x, line.y, role, 0, " %.*s", (int)length, at);
        at += length;
        at += strspn(at, " ");
    }
}

/* The last line: a message, else the keys that work now; beside them work under way. */
static void draw_message(const model *m, cells *c, rect area)
{
    static const unsigned roles[] = {ROLE_TEXT, ROLE_GOOD, ROLE_BAD};
    const bool says = m->message[0] != '\0';
    const int message = says ? cells_columns(m->message, strlen(m->message)) + 1 : 0;
    const bool beside = !says || message + 40 < area.width;
    const rect left = beside ? beside_progress(m, area) : area;
    if (beside)
        draw_progress(m, c, area);
    if (says)
        draw_text(c, left, roles[m->message_kind], m->message);
    else if (left.width > 0)
        footer_draw(m, c, left);
}

/* Where the list of lessons has its place. */
static rect body_of(const layout *l, int width, int height)
{
    return (rect){0, l->header.height, width, height - 2};
}

/* The key that a lesson or the list of them names at a place, or 0. */
static int lesson_key_at(const model *m, const layout *l, int x, int y)
{
    lesson_key name;
    const bool named = m->learning.choosing
                           ? lesson_list_key_at(m, body_of(l, m->width, m->height), x, y, name)
                           : lesson_box_key_at(m, l->lesson, x, y, name);
    return named && !m->view.help ? key_named(name, strlen(name)) : 0;
}

int screen_key_at(const model *m, int x, int y)
{
    const layout l = layout_make(m, m->width, m->height);
    const rect line = l.message, left = beside_progress(m, line);
    const bool on_it = line.height > 0 && y == line.y && x >= left.x && x < left.x + left.width;
    if (!on_it)
        return lesson_key_at(m, &l, x, y);
    return m->message[0] == '\0' ? footer_key_at(m, left, x) : 0;
}

void screen_point(model *m, int x, int y)
{
    const layout l = layout_make(m, m->width, m->height);
    const int row = m->learning.choosing && !m->view.help
                        ? lesson_list_row_at(m, body_of(&l, m->width, m->height), x, y)
                        : -1;
    if (row >= 0)
        m->learning.chosen = (size_t)row;
}

/* ------------------------------------------------------------------ header */

/* A command line that is cut says so: it would make another matrix. */
static void draw_header(const model *m, cells *c, rect area)
{
    char line[512];
    pane_command_line(m, line, sizeof line);
    cells_shorten(line, area.width - 3);
    if (area.width > 3)
        cells_print(c, area, area.x, area.y, ROLE_TEXT, ATTR_BOLD, " $ %s", line);
}

/* -------------------------------------------------------------------- panes */

/* The help page lies over the pane in focus, which takes the whole body. */
static rect help_inside(const model *m, int width, int height)
{
    return layout_inside(layout_make(m, width, height).pane[m->view.pane]);
}

static void draw_pane(const model *m, cells *c, rect area, int number)
{
    if (!m->view.help) {
        layout_draw_pane(m, c, area, number);
    } else if (area.width > 0 && area.height > 0) {
        char note[32];
        help_note(m, layout_inside(area), note, sizeof note);
        layout_draw_frame(c, area, "Help", note, pane_in_focus(m, panes[number]));
        help_draw(m, c, layout_inside(area));
    }
}

void screen_draw(const model *m, cells *c)
{
    layout l = layout_make(m, c->width, c->height);
    cells_clear(c);
    if (l.header.height > 0)
        draw_header(m, c, l.header);
    for (int n = 0; n < PANE_COUNT; n++)
        draw_pane(m, c, l.pane[n], n);
    lesson_box_draw(m, c, l.lesson);
    if (m->learning.choosing && !m->view.help)
        lesson_list_draw(m, c, body_of(&l, c->width, c->height));
    if (l.message.height > 0)
        draw_message(m, c, l.message);
}

void screen_draw_pane(const model *m, cells *c, int number)
{
    cells_clear(c);
    draw_pane(m, c, (rect){0, 0, c->width, c->height}, number);
}

/* ------------------------------------------------------------- screenshots */

bool screenshot_draw(const model *m, const screenshot *s, cells *c)
{
    model in_that_size = *m; /* whose pointers are only looked at */
    if (!cells_init(c, s->width, s->height, m->settings.screen.ascii))
        return false;
    in_that_size.message[0] = in_that_size.busy[0] = '\0';
    screen_fit(&in_that_size, s->width, s->height);
    if (s->pane < 0)
        screen_draw(&in_that_size, c);
    else
        screen_draw_pane(&in_that_size, c, s->pane);
    return true;
}

void screen_move(model *m, motion by)
{
    if (m->view.help)
        help_move(m, help_inside(m, m->width, m->height), by);
    else
        pane_move(panes[m->view.pane], m, by);
}

bool screen_find(model *m, const char *text, detinit_error *error)
{
    const view before = m->view;
    m->view.help = true;
    snprintf(m->view.help_search, sizeof m->view.help_search, "%s", text);
    if (help_find(m, help_inside(m, m->width, m->height)))
        return true;
    m->view = before;
    return refuse(error, "help: '%.60s' is in no line; help alone shows all", text);
}

bool screen_next_hit(model *m, int by, detinit_error *error)
{
    if (m->view.help_search[0] == '\0')
        return refuse(error,
                      "hit: no text is looked for; help TEXT looks for one, hits are where it is");
    m->view.help = true;
    help_next_hit(m, help_inside(m, m->width, m->height), by);
    return true;
}

void screen_wheel(model *m, int x, int y, int turns)
{
    if (m->view.help)
        screen_move(m, (motion){.rows = turns * WHEEL_ROWS});
    else if (m->learning.choosing)
        learning_choose(&m->learning, turns);
    else
        layout_wheel(m, x, y, turns);
}

void screen_fit(model *m, int width, int height)
{
    layout_fit(m, width, height);
    if (m->view.help)
        help_move(m, help_inside(m, width, height), (motion){.rows = 0});
}
