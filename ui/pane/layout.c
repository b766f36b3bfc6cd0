#include "pane/layout.h"

#include "option/option.h"
#include "pane/pane.h"
#include "pane/pane_training.h"
#include "option/place.h"

#include <stdio.h>
#include <string.h>

/* From this size on six panes are shown, from this height on the seventh, too, and from the last
 * size on four of them. */
#define ALL_WIDTH    100
#define ALL_HEIGHT   36
#define SEVEN_HEIGHT 50
#define FOUR_WIDTH   60
#define FOUR_HEIGHT  18

/* Puts two panes side by side into a strip of the body. */
static void place_pair(layout *l, rect body, int y, int height, pane_id left, pane_id right)
{
    int width = body.width * 62 / 100;
    if (body.width >= ALL_WIDTH)
        width = body.width / 2;
    l->pane[left] = (rect){body.x, y, width, height};
    l->pane[right] = (rect){body.x + width, y, body.width - width, height};
}

/* Four panes; the fourth place is for the focused one where it is not among the others. */
static void place_four(layout *l, rect body, pane_id focused)
{
    pane_id fourth = focused > PANE_MODES ? focused : PANE_MODES;
    int top = body.height * 13 / 22;
    place_pair(l, body, body.y, top, PANE_MATRIX, PANE_STATISTICS);
    place_pair(l, body, body.y + top, body.height - top, PANE_HISTOGRAM, fourth);
}

static void place_six(layout *l, rect body)
{
    int top = body.height / 3, middle = (body.height - top) / 2;
    place_pair(l, body, body.y, top, PANE_MATRIX, PANE_STATISTICS);
    place_pair(l, body, body.y + top, middle, PANE_HISTOGRAM, PANE_MODES);
    place_pair(l, body, body.y + top + middle, body.height - top - middle, PANE_ORTHOGONALITY,
               PANE_WEIGHT);
}

/* Training takes the last strip: one of its own where there is height, or that of two panes. */
static void place_training(layout *l, rect body, bool seven)
{
    int strips = seven ? 4 : 3, height = body.height / strips, y = body.y;
    place_pair(l, body, y, height, PANE_MATRIX, PANE_STATISTICS);
    place_pair(l, body, y += height, height, PANE_HISTOGRAM, PANE_MODES);
    if (seven)
        place_pair(l, body, y += height, height, PANE_ORTHOGONALITY, PANE_WEIGHT);
    y += height;
    l->pane[PANE_TRAINING] = (rect){body.x, y, body.width, body.y + body.height - y};
}

layout layout_make(const model *m, int width, int height)
{
    bool trains = m->view.pane == PANE_TRAINING, seven = height >= SEVEN_HEIGHT;
    layout l = {.header = {0, 0, width, height >= 3 ? 1 : 0}};
    l.message = (rect){0, height - 1, width, height >= 2 ? 1 : 0};
    rect body = {0, l.header.height, width, height - l.header.height - l.message.height};
    if (m->view.zoomed || m->view.help || width < FOUR_WIDTH || height < FOUR_HEIGHT)
        l.pane[m->view.pane] = body;
    else if (width >= ALL_WIDTH && height >= ALL_HEIGHT && (trains || (seven && m->training != 0)))
        place_training(&l, body, seven);
    else if (width >= ALL_WIDTH && height >= ALL_HEIGHT)
        place_six(&l, body);
    else
        place_four(&l, body, m->view.pane);
    return l;
}

pane_id layout_pane_at(const layout *l, int x, int y)
{
    for (int n = 0; n < PANE_COUNT; n++) {
        const rect *r = &l->pane[n];
        if (x >= r->x && x < r->x + r->width && y >= r->y && y < r->y + r->height)
            return (pane_id)n;
    }
    return PANE_COUNT;
}

pane_id layout_find_pane(const char *name)
{
    if (name[0] >= '1' && name[0] < '1' + PANE_COUNT && name[1] == '\0')
        return (pane_id)(name[0] - '1');
    for (int n = 0; n < PANE_COUNT && name[0] != '\0'; n++)
        if (strncmp(panes[n].name, name, strlen(name)) == 0)
            return (pane_id)n;
    return PANE_COUNT;
}

/* A frame needs three rows and three columns; with less the inside is all there is. */
static bool has_frame(rect area)
{
    return area.width >= 3 && area.height >= 3;
}

static rect inside_of(rect area)
{
    return has_frame(area) ? (rect){area.x + 1, area.y + 1, area.width - 2, area.height - 2} : area;
}

/* "1 Matrix  10 x 20", "1 Matrix  64 x 32 x 3 x 3 as 6144 x 3": the number is the pane's key. */
static void title_of(const model *m, pane_id id, char *title, size_t size)
{
    char shape[PLACE_TEXT];
    const detinit_recipe *recipe = &m->settings.recipe;
    int length = snprintf(title, size, "%d %s", (int)id + 1, panes[id].title);
    if (id == PANE_TRAINING && m->trained != NULL)
        snprintf(title + length, size - (size_t)length, "  %s, %s", m->trained->source,
                 m->trained->recipe);
    if (id != PANE_MATRIX)
        return;
    length += snprintf(title + length, size - (size_t)length, "  %s",
                       shape_text(recipe, " x ", shape, sizeof shape));
    if (recipe->rank != 2 && (size_t)length < size)
        snprintf(title + length, size - (size_t)length, " as %llu x %llu",
                 (unsigned long long)model_rows(m), (unsigned long long)model_cols(m));
}

static void draw_pane(const model *m, cells *c, rect area, pane_id id)
{
    char title[320] = "Help", note[128] = "";
    if (area.width <= 0 || area.height <= 0)
        return;
    if (!m->view.help)
        title_of(m, id, title, sizeof title);
    if (panes[id].note != NULL && !m->view.help)
        panes[id].note(m, inside_of(area), note, sizeof note);
    if (has_frame(area))
        cells_frame(c, area, title, note, id == m->view.pane);
    if (m->view.help)
        pane_help_draw(m, c, inside_of(area));
    else
        panes[id].draw(m, c, inside_of(area));
}

void layout_draw_pane(const model *m, cells *c, pane_id id)
{
    cells_clear(c);
    draw_pane(m, c, (rect){0, 0, c->width, c->height}, id);
}

typedef struct key_hint {
    const char *key, *what;
} key_hint;

/* The most telling first: where the line is short the last ones before help and quit go. */
static const key_hint dashboard_hints[] = {
    {"Tab", "pane"}, {"Enter", "zoom"}, {":", "command"},    {"+/-", "seed"},
    {"m", "mode"},   {"v", "view"},     {"o", "orthogonal"}, {"w", "save"},
    {"u", "undo"},   {"r", "prove"},    {"d", "dist"},       {"y", "copy"},
};
static const key_hint zoomed_hints[] = {
    {"Enter", "back"}, {"v", "view"},  {"arrows", "move"},  {":", "command"},
    {"+/-", "seed"},   {"m", "mode"},  {"o", "orthogonal"}, {"w", "save"},
    {"u", "undo"},     {"r", "prove"}, {"d", "dist"},       {"y", "copy"},
};
static const key_hint untrained_hints[] = {
    {"t", "train"}, {"O", "open a file"}, {"Tab", "pane"}, {"Enter", "zoom"}, {":", "command"},
};
static const key_hint trained_hints[] = {
    {"< >", "threshold"}, {"{ }", "tensor"}, {"v", "detail"}, {"p", "prune"},    {"P", "pack"},
    {"t", "train"},       {"O", "open"},     {"Tab", "pane"}, {"Enter", "zoom"}, {":", "command"},
};
static const key_hint help_hints[] = {{"arrows PgUp PgDn", "scroll"}, {"/", "search"}};
static const key_hint help_hint = {"?", "help"}, quit_hint = {"q", "quit"},
                      back_hint = {"q", "back"};

typedef struct hint_list {
    const key_hint *hints;
    size_t count;
} hint_list;

#define HINT_LIST(hints) ((hint_list){hints, sizeof hints / sizeof hints[0]})

static hint_list hints_of(const model *m)
{
    if (m->view.help)
        return HINT_LIST(help_hints);
    if (m->view.pane == PANE_TRAINING)
        return m->trained != NULL ? HINT_LIST(trained_hints) : HINT_LIST(untrained_hints);
    return m->view.zoomed ? HINT_LIST(zoomed_hints) : HINT_LIST(dashboard_hints);
}

static int hint_width(const key_hint *hint)
{
    return (int)(strlen(hint->key) + strlen(hint->what)) + 3;
}

static int draw_hint(cells *c, rect area, int x, const key_hint *hint)
{
    int begun = x;
    x += cells_text(c, area, x, area.y, ROLE_TEXT, 0, hint->key);
    x += cells_print(c, area, x, area.y, ROLE_DIM, 0, " %s  ", hint->what);
    return x - begun;
}

/* The keys that work now: as many as there is room for, help and quit always. */
static void draw_hints(const model *m, cells *c, rect area)
{
    const hint_list list = hints_of(m);
    int x = area.x + 1, end = area.x + area.width - (m->view.help ? 0 : 14);
    for (size_t n = 0; n < list.count && (m->view.help || x + hint_width(&list.hints[n]) <= end);
         n++)
        x += draw_hint(c, area, x, &list.hints[n]);
    if (!m->view.help)
        x += draw_hint(c, area, x, &help_hint);
    draw_hint(c, area, x, m->view.help || m->view.zoomed ? &back_hint : &quit_hint);
}

/* How far work is, at the right end of the line. Returns the columns that it takes. */
static int draw_progress(const model *m, cells *c, rect area)
{
    char text[128];
    if (m->busy[0] == '\0' || m->busy_total == 0)
        return 0;
    int length = snprintf(text, sizeof text, " %s %.0f %%  Ctrl-C stops it ", m->busy,
                          100.0 * (double)m->busy_done / (double)m->busy_total);
    int x = length < area.width ? area.x + area.width - length : area.x;
    cells_text(c, area, x, area.y, ROLE_ACCENT, 0, text);
    return length;
}

/* Where a text is broken that is to fit a width: after its last blank before it, or anywhere. */
static size_t break_at(const char *text, int width)
{
    size_t end = strlen(text), broken;
    if (cells_columns(text, end) <= width)
        return end;
    while (end > 1 && cells_columns(text, end) > width)
        end--;
    for (broken = end; broken > 0 && text[broken] != ' ';)
        broken--;
    while (broken == 0 && end > 1 && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--;
    return broken > 0 ? broken : end;
}

/* A message of several lines grows upwards, over the panes. */
static void draw_text(cells *c, rect area, unsigned role, const char *text)
{
    const char *at = text;
    int count = 0, width = area.width - 2 > 0 ? area.width - 2 : 1;
    for (; *at != '\0' && count < c->height; count++, at += strspn(at, " "))
        at += break_at(at, width);
    at = text;
    for (int n = count - 1; n >= 0; n--) {
        size_t length = break_at(at, width);
        rect line = {area.x, area.y - n, area.width, 1};
        for (int x = 0; x < area.width && count > 1; x++)
            cells_put(c, area.x + x, line.y, ' ', ROLE_TEXT, 0);
        cells_print(c, line, line.x, line.y, role, 0, " %.*s", (int)length, at);
        at += length;
        at += strspn(at, " ");
    }
}

/* The last line: a message, else the keys that work now; beside them work under way. */
static void draw_message(const model *m, cells *c, rect area)
{
    static const unsigned roles[] = {ROLE_TEXT, ROLE_GOOD, ROLE_BAD};
    bool says = m->message[0] != '\0';
    int message = says ? cells_columns(m->message, strlen(m->message)) + 1 : 0;
    rect left = area;
    if (!says || message + 40 < area.width)
        left.width -= draw_progress(m, c, area);
    if (says)
        draw_text(c, left, roles[m->message_kind], m->message);
    else if (left.width > 0)
        draw_hints(m, c, left);
}

/* A command line that is cut says so: it would make another matrix. */
static void draw_header(const model *m, cells *c, rect area)
{
    char line[512];
    model_command_line(m, line, sizeof line);
    cells_print(c, area, area.x, area.y, ROLE_TEXT, ATTR_BOLD, " $ %s", line);
    if (cells_columns(line, strlen(line)) + 3 > area.width)
        cells_put(c, area.x + area.width - 1, area.y, 0x25BA, ROLE_ACCENT, 0);
}

void layout_draw(const model *m, cells *c)
{
    layout l = layout_make(m, c->width, c->height);
    cells_clear(c);
    if (l.header.height > 0)
        draw_header(m, c, l.header);
    for (int n = 0; n < PANE_COUNT; n++)
        draw_pane(m, c, l.pane[n], (pane_id)n);
    if (l.message.height > 0)
        draw_message(m, c, l.message);
}

/* ----------------------------------------------------------- matrix scroll */

/* The first index shown, so that the cursor is among the `room` that fit. */
static uint64_t scrolled(uint64_t first, uint64_t cursor, uint64_t room, uint64_t total)
{
    if (cursor < first)
        first = cursor;
    if (cursor - first >= room)
        first = cursor - room + 1;
    if (total <= room)
        return 0;
    return first > total - room ? total - room : first;
}

void layout_fit(model *m, int width, int height)
{
    m->width = width;
    m->height = height;
    layout l = layout_make(m, width, height);
    view *v = &m->view;
    m->shown_pieces = 0;
    for (int n = 0; n < PANE_COUNT; n++)
        if (l.pane[n].width > 0)
            m->shown_pieces |= panes[n].pieces;
    pane_training_fit(m, inside_of(l.pane[PANE_TRAINING]));
    /* How many columns fit depends on where they begin: larger numbers head wider columns. */
    for (int n = 0; n < 3; n++) {
        matrix_grid grid = pane_matrix_grid(m, inside_of(l.pane[PANE_MATRIX]));
        v->page_rows = grid.rows > 0 ? grid.rows : 1;
        v->page_cols = grid.cols > 0 ? grid.cols : 1;
        v->top = scrolled(v->top, v->row, v->page_rows, model_rows(m));
        v->left = scrolled(v->left, v->col, v->page_cols, model_cols(m));
    }
}

bool layout_matrix_at(const model *m, int x, int y, uint64_t *row, uint64_t *col)
{
    layout l = layout_make(m, m->width, m->height);
    rect inside = inside_of(l.pane[PANE_MATRIX]);
    matrix_grid grid = pane_matrix_grid(m, inside);
    int right = x - inside.x - grid.label, down = y - inside.y - 1;
    if (right < 0 || down < 0 || (uint64_t)down >= grid.rows)
        return false;
    *row = m->view.top + (uint64_t)down;
    *col = m->view.left + (uint64_t)(right / grid.width);
    return *row < model_rows(m) && *col < model_cols(m) &&
           (uint64_t)(right / grid.width) < grid.cols;
}

bool layout_training_at(const model *m, int x, int y, uint64_t *row, uint64_t *col)
{
    layout l = layout_make(m, m->width, m->height);
    const rect map = training_map_area(m, inside_of(l.pane[PANE_TRAINING]));
    return training_map_at(m, map, x, y, row, col);
}
