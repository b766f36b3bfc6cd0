#include "pane/lesson_box.h"

#include <stdio.h>
#include <string.h>

/* From this width of a body on the box lies at its right, a quarter of it, within limits. */
#define WIDE        120
#define RIGHT_LEAST 40
#define RIGHT_MOST  52

/* Rows that the box leaves to the panes, of a body that has more. */
#define PANE_ROWS 8

/* Columns between the answers that stand in one line. */
#define GAP 3

/* Columns of a frame's edges that its title and its keys leave, on both sides. */
#define EDGES 6

/* Texts one below the other, broken into lines; c: NULL where they are only counted. */
typedef struct writer {
    cells *c;
    rect inside;
    int line, lines; /* how many there are so far, and in all */
    int above;       /* of them, that are not in the box */
    bool spaced;     /* a blank line comes before the question */
    int x, y;        /* a place */
    char answer;     /* the letter of the answer that stands there; 0: none */
} writer;

static bool is_in(rect r, int x, int y)
{
    return x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height;
}

static int place_of_line(const writer *w)
{
    return w->inside.y + w->line - w->above;
}

/* One line; the last that fits ends in an ellipsis where more follow. */
static void put_line(writer *w, int x, unsigned role, unsigned attributes, const char *text,
                     size_t length)
{
    const int y = place_of_line(w);
    const bool last = y + 1 == w->inside.y + w->inside.height, more = w->line + 1 < w->lines;
    if (w->c != NULL && is_in(w->inside, w->inside.x, y))
        cells_print(w->c, w->inside, w->inside.x + x, y, role, attributes, "%.*s%s", (int)length,
                    text, last && more ? "…" : "");
}

/* A text behind a mark, which stands alone on the left. */
static void put(writer *w, unsigned role, const char *mark, unsigned mark_role, const char *text)
{
    const int indent = 1 + (mark[0] != '\0' ? cells_columns(mark, strlen(mark)) + 1 : 0);
    const int room = w->inside.width - indent - 2; /* of which an ellipsis may take one */
    if (w->c != NULL && is_in(w->inside, w->inside.x, place_of_line(w)))
        cells_text(w->c, w->inside, w->inside.x + 1, place_of_line(w), mark_role, ATTR_BOLD, mark);
    while (*text != '\0') {
        const size_t length = cells_break(text, room > 1 ? room : 1);
        put_line(w, indent, role, 0, text, length);
        w->line++;
        text += length;
        text += strspn(text, " ");
    }
}

/* ----------------------------------------------------------------- question */

static bool answers_fit(const lesson_step *s, int width)
{
    int columns = 1;
    for (int n = 0; n < LESSON_ANSWERS && s->answers[n].text != NULL; n++)
        columns += 2 + cells_columns(s->answers[n].text, strlen(s->answers[n].text)) + GAP;
    return columns - GAP < width;
}

/* The answers in one line, where there is room, else one below the other. */
static void put_answers(writer *w, const lesson_step *s)
{
    const bool fit = answers_fit(s, w->inside.width);
    int x = w->inside.x + 1;
    for (int n = 0; n < LESSON_ANSWERS && s->answers[n].text != NULL; n++) {
        const char letter[] = {(char)('a' + n), '\0'}, *text = s->answers[n].text;
        const int columns = 2 + cells_columns(text, strlen(text)), y = place_of_line(w);
        rect place = {x, y, columns, 1};
        if (!fit) {
            put(w, ROLE_TEXT, letter, ROLE_ACCENT, text);
            place = (rect){x, y, w->inside.width - 2, place_of_line(w) - y};
        } else if (w->c != NULL && is_in(w->inside, w->inside.x, y)) {
            cells_text(w->c, w->inside, x, y, ROLE_ACCENT, ATTR_BOLD, letter);
            cells_text(w->c, w->inside, x + 2, y, ROLE_TEXT, 0, text);
        }
        if (is_in(place, w->x, w->y))
            w->answer = letter[0];
        x += fit ? columns + GAP : 0;
    }
    w->line += fit;
}

/* What the answer was worth, and why. */
static void put_verdict(writer *w, const lesson_step *s, int answer)
{
    char text[1024];
    const bool right = answer == 'a' + s->right;
    snprintf(text, sizeof text, "%s%c: %s. %s", right ? "Yes, " : "No, ", 'a' + s->right,
             s->answers[s->right].text, s->why.text);
    put(w, ROLE_TEXT, right ? "✓" : "✗", right ? ROLE_GOOD : ROLE_BAD, text);
}

static void put_question(writer *w, const lesson_step *s, int answer)
{
    if (s->ask.text == NULL)
        return;
    w->line += w->spaced;
    if (answer != 0) {
        put_verdict(w, s, answer);
        return;
    }
    put(w, ROLE_ACCENT, "?", ROLE_ACCENT, s->ask.text);
    put_answers(w, s);
}

/* The whole text of a step.  Returns its lines. */
static int put_step(writer *w, const lesson_step *s, int answer)
{
    w->line = 0;
    put(w, ROLE_TEXT, "", ROLE_TEXT, s->say.text);
    put_question(w, s, answer);
    return w->line;
}

static int count_lines(const lesson_step *s, int answer, int width)
{
    writer w = {.inside = {0, 0, width, 0}};
    return put_step(&w, s, answer);
}

/* Lines that do not fit the box, whether above or below it. */
static int lines_outside(const learning *l, rect inside)
{
    const lesson_step *s = learning_step(l);
    const int lines = s != NULL ? count_lines(s, l->answer, inside.width) : 0;
    return inside.height > 0 && lines > inside.height ? lines - inside.height : 0;
}

/* A step where its box is. */
static void put_in_place(writer *w, const learning *l)
{
    const lesson_step *s = learning_step(l);
    const int answer = l->answer, outside = lines_outside(l, w->inside);
    w->lines = count_lines(s, answer, w->inside.width);
    w->above = l->above < outside ? l->above : outside;
    w->spaced = w->lines + 4 < w->inside.height; /* room that no other answer takes */
    put_step(w, s, answer);
}

/* -------------------------------------------------------------------- place */

/* Lines of a step in its box: as many before a question is answered as after it. */
static int lines_of(const lesson_step *s, int width)
{
    const int asked = count_lines(s, 0, width);
    const int right = s->ask.text != NULL ? count_lines(s, 'a' + s->right, width) : 0;
    return asked > right ? asked : right;
}

rect lesson_box_place(const model *m, rect body)
{
    const lesson_step *s = learning_step(&m->learning);
    if (s == NULL || m->view.help || body.width < 1 || body.height < 2)
        return (rect){.width = 0};
    int right = body.width / 4 < RIGHT_MOST ? body.width / 4 : RIGHT_MOST;
    right = right > RIGHT_LEAST ? right : RIGHT_LEAST;
    if (body.width >= WIDE && lines_of(s, right - 2) + 2 <= body.height)
        return (rect){body.x + body.width - right, body.y, right, body.height};
    const int most = body.height > 2 * PANE_ROWS ? body.height - PANE_ROWS : body.height / 2;
    int height = lines_of(s, body.width - 2) + 2;
    height = height < most ? height : most;
    return (rect){body.x, body.y + body.height - height, body.width, height};
}

/* ------------------------------------------------------------------ drawing */

static bool has_frame(rect area)
{
    return area.width >= 3 && area.height >= 3;
}

/* Draws a frame where there is room for one. */
static void draw_frame(cells *c, rect area, const char *title, const char *note, bool focused)
{
    if (has_frame(area))
        cells_frame(c, area, title, note, focused);
}

/* What the frame leaves of the area. */
static rect inside_of(rect area)
{
    return has_frame(area) ? (rect){area.x + 1, area.y + 1, area.width - 2, area.height - 2} : area;
}

/* The keys of a step, as many as there is room for. */
static const char *keys_of(const learning *l, rect area)
{
    static const char *const going_on[] = {"Space more  Left back  q leave", "Space more  q leave",
                                           "Space more", "Space", NULL};
    static const char *const asking[] = {"a b c answer  Space next  Left back  q leave",
                                         "a b c answer  Space next  q leave",
                                         "a b c  Space next  q leave", "a b c  Space", NULL};
    static const char *const telling[] = {"Space next  Left back  q leave", "Space next  q leave",
                                          "Space", NULL};
    static const char *const ending[] = {"q back to where you were  Left back", "q leave", NULL};
    const bool asks = learning_step(l)->ask.text != NULL && l->answer == 0;
    const bool last = l->step + 1 == l->lesson.step_count;
    const int columns = area.width - EDGES;
    if (l->above < lines_outside(l, inside_of(area)))
        return cells_fitting(columns, going_on);
    return cells_fitting(columns, asks ? asking : last ? ending : telling);
}

void lesson_box_draw(const model *m, cells *c, rect area)
{
    const learning *l = &m->learning;
    const lesson_step *s = learning_step(l);
    char title[200], number[40];
    if (s == NULL || area.width <= 0 || area.height <= 0)
        return;
    snprintf(title, sizeof title - sizeof number, "%s", l->lesson.title);
    snprintf(number, sizeof number, "  %zu of %zu", l->step + 1, l->lesson.step_count);
    cells_shorten(title, area.width - EDGES - (int)strlen(number));
    strcat(title, number);
    draw_frame(c, area, area.width > (int)strlen(number) + EDGES ? title : "", keys_of(l, area),
               false);
    writer w = {.c = c, .inside = inside_of(area)};
    put_in_place(&w, l);
}

bool lesson_box_scroll(model *m, rect area, int by)
{
    learning *l = &m->learning;
    const rect inside = inside_of(area);
    const int outside = area.width > 0 ? lines_outside(l, inside) : 0;
    const int at_once = inside.height > 2 ? inside.height - 1 : 1;
    const int before = l->above < outside ? l->above : outside;
    const int after = before + by * at_once;
    l->above = after < 0 ? 0 : after < outside ? after : outside;
    return l->above != before;
}

void lesson_box_scroll_to_end(model *m, rect area)
{
    m->learning.above = area.width > 0 ? lines_outside(&m->learning, inside_of(area)) : 0;
}

/* ------------------------------------------------------------------- clicks */

/* The key that a line of keys names at a column: the one there, else the first of its phrase. */
static bool key_in_line(const char *keys, int column, lesson_key name)
{
    const char *phrase = keys, *end = keys + strlen(keys);
    for (const char *gap; (gap = strstr(phrase, "  ")) != NULL; phrase = gap + 2)
        if (column < gap - keys) {
            end = gap;
            break;
        }
    if (column < phrase - keys || column >= end - keys)
        return false;
    const char *word = keys + column;
    while (word > phrase && word[-1] != ' ')
        word--;
    if (strcspn(word, " ") != 1) /* not one of "a b c answer" */
        word = phrase;
    snprintf(name, sizeof(lesson_key), "%.*s", (int)strcspn(word, " "), word);
    return true;
}

/* The same at a place of the screen: keys stand in the lower edge of a frame. */
static bool key_in_frame(rect area, const char *keys, int x, int y, lesson_key name)
{
    return has_frame(area) && y == area.y + area.height - 1 &&
           key_in_line(keys, x - area.x - EDGES / 2, name);
}

bool lesson_box_key_at(const model *m, rect area, int x, int y, lesson_key name)
{
    const learning *l = &m->learning;
    const lesson_step *s = learning_step(l);
    if (s == NULL || !is_in(area, x, y))
        return false;
    if (key_in_frame(area, keys_of(l, area), x, y, name))
        return true;
    writer w = {.inside = inside_of(area), .x = x, .y = y};
    if (is_in(w.inside, x, y))
        put_in_place(&w, l);
    snprintf(name, sizeof(lesson_key), "%c", w.answer);
    return w.answer != '\0';
}

/* --------------------------------------------------------------------- list */

static void draw_row(const model *m, cells *c, rect inside, int y, size_t n)
{
    const lesson *l = &m->learning.list.at[n];
    const bool chosen = n == m->learning.chosen, wrong = l->wrong != NULL;
    const int name = inside.width >= 50 ? 12 : 0; /* columns of it */
    char number[24], what[400], named[64];
    snprintf(number, sizeof number, "%s%2zu", chosen ? ">" : " ", n + 1);
    snprintf(named, sizeof named, "%s", l->name);
    snprintf(what, sizeof what, "%s", wrong ? l->wrong : l->title);
    cells_shorten(named, name - 1);
    cells_shorten(what, inside.width - 5 - name);
    cells_text(c, inside, inside.x, y, ROLE_ACCENT, chosen ? ATTR_BOLD : 0, number);
    if (name > 0)
        cells_text(c, inside, inside.x + 4, y, ROLE_DIM, 0, named);
    cells_text(c, inside, inside.x + 4 + name, y, wrong ? ROLE_BAD : ROLE_TEXT,
               chosen ? ATTR_BOLD : 0, what);
}

static rect list_place(const lesson_list *list, rect body)
{
    const int count = (int)list->count;
    const int width = body.width < 76 ? body.width : 76;
    const int height = body.height < count + 2 ? body.height : count + 2;
    return (rect){body.x + (body.width - width) / 2, body.y + (body.height - height) / 2, width,
                  height};
}

static const char *keys_of_list(int columns)
{
    static const char *const keys[] = {"number, click, or arrows and Enter: begin  q close",
                                       "Enter begin  q close", "Enter", NULL};
    return cells_fitting(columns, keys);
}

/* The first lesson that is shown: so that the one in focus is. */
static int list_top(const model *m, rect inside)
{
    const int chosen = (int)m->learning.chosen;
    return chosen >= inside.height ? chosen + 1 - inside.height : 0;
}

void lesson_list_draw(const model *m, cells *c, rect body)
{
    const lesson_list *list = &m->learning.list;
    const rect area = list_place(list, body), inside = inside_of(area);
    if (area.width <= 0 || area.height <= 0)
        return;
    cells_wipe(c, area);
    draw_frame(c, area, area.width > 16 ? "Lessons" : "", keys_of_list(area.width - EDGES), true);
    const int top = list_top(m, inside);
    for (int n = top; n < (int)list->count && n - top < inside.height; n++)
        draw_row(m, c, inside, inside.y + n - top, (size_t)n);
}

int lesson_list_row_at(const model *m, rect body, int x, int y)
{
    const lesson_list *list = &m->learning.list;
    const rect inside = inside_of(list_place(list, body));
    const int row = list_top(m, inside) + y - inside.y;
    return is_in(inside, x, y) && row < (int)list->count ? row : -1;
}

bool lesson_list_key_at(const model *m, rect body, int x, int y, lesson_key name)
{
    const rect area = list_place(&m->learning.list, body);
    if (lesson_list_row_at(m, body, x, y) != (int)m->learning.chosen)
        return key_in_frame(area, keys_of_list(area.width - EDGES), x, y, name);
    snprintf(name, sizeof(lesson_key), "Enter");
    return true;
}
