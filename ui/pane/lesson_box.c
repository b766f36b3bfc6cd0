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

/* Texts one below the other, broken into lines; c: NULL where they are only counted. */
typedef struct writer {
    cells *c;
    rect inside;
    int line, lines; /* how many there are so far, and in all */
    bool spaced;     /* a blank line comes before the question */
} writer;

/* One line; the last that fits ends in an ellipsis where more follow. */
static void put_line(writer *w, int x, unsigned role, unsigned attributes, const char *text,
                     size_t length)
{
    const int y = w->inside.y + w->line;
    const bool last = w->line + 1 == w->inside.height, more = w->line + 1 < w->lines;
    if (w->c != NULL && w->line < w->inside.height)
        cells_print(w->c, w->inside, w->inside.x + x, y, role, attributes, "%.*s%s", (int)length,
                    text, last && more ? "…" : "");
}

/* A text behind a mark, which stands alone on the left. */
static void put(writer *w, unsigned role, const char *mark, unsigned mark_role, const char *text)
{
    const int indent = 1 + (mark[0] != '\0' ? cells_columns(mark, strlen(mark)) + 1 : 0);
    const int room = w->inside.width - indent - 2; /* of which an ellipsis may take one */
    if (w->c != NULL && w->line < w->inside.height)
        cells_text(w->c, w->inside, w->inside.x + 1, w->inside.y + w->line, mark_role, ATTR_BOLD,
                   mark);
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
        if (!fit) {
            put(w, ROLE_TEXT, letter, ROLE_ACCENT, text);
        } else if (w->c != NULL && w->line < w->inside.height) {
            const int y = w->inside.y + w->line;
            x += cells_text(w->c, w->inside, x, y, ROLE_ACCENT, ATTR_BOLD, letter) + 1;
            x += cells_text(w->c, w->inside, x, y, ROLE_TEXT, 0, text) + GAP;
        }
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

/* Draws a frame where there is room for one; what it leaves of the area. */
static rect draw_frame(cells *c, rect area, const char *title, const char *note, bool focused)
{
    const bool has_room = area.width >= 3 && area.height >= 3;
    return has_room ? cells_frame(c, area, title, note, focused) : area;
}

/* The keys of a step, as many as there is room for. */
static const char *keys_of(const learning *l, int columns)
{
    static const char *const asking[] = {
        "a b c answer  Space next  Left back  q leave", "a b c answer  Space next  q leave",
        "a b c  Space next  q leave", "a b c  Space", NULL};
    static const char *const telling[] = {"Space next  Left back  q leave", "Space next  q leave",
                                          "Space", NULL};
    static const char *const ending[] = {"q back to where you were  Left back", "q leave", NULL};
    const bool asks = learning_step(l)->ask.text != NULL && l->answer == 0;
    const bool last = l->step + 1 == l->lesson.step_count;
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
    cells_shorten(title, area.width - 6 - (int)strlen(number));
    strcat(title, number);
    writer w = {.c = NULL};
    w.inside = draw_frame(c, area, area.width > (int)strlen(number) + 6 ? title : "",
                          keys_of(l, area.width - 6), false);
    w.lines = put_step(&w, s, l->answer);
    w.spaced = w.lines + 4 < w.inside.height; /* room that no other answer takes */
    w.c = c;
    put_step(&w, s, l->answer);
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

void lesson_list_draw(const model *m, cells *c, rect body)
{
    static const char *const keys[] = {
        "number or arrows and Enter: begin  q close", "Enter begin  q close", "Enter", NULL};
    const lesson_list *list = &m->learning.list;
    const int count = (int)list->count, chosen = (int)m->learning.chosen;
    const int width = body.width < 76 ? body.width : 76;
    const int height = body.height < count + 2 ? body.height : count + 2;
    const rect area = {body.x + (body.width - width) / 2, body.y + (body.height - height) / 2,
                       width, height};
    if (width <= 0 || height <= 0)
        return;
    cells_wipe(c, area);
    const rect inside = draw_frame(c, area, width > 16 ? "Lessons" : "",
                                   cells_fitting(width - 6, keys), true);
    const int top = chosen >= inside.height ? chosen + 1 - inside.height : 0;
    for (int n = top; n < count && n - top < inside.height; n++)
        draw_row(m, c, inside, inside.y + n - top, (size_t)n);
}
