#include "pane/pane.h"

#include "model/viewing.h"
#include "text/word.h"
#include "verb/command_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const pane *const panes[PANE_COUNT] = {
#define PANE(name) &pane_##name,
#include "pane/panes.def"
#undef PANE
};

_Static_assert(PANE_COUNT <= PANES_MOST, "the model has room for the views of all panes");

static int number_of(const pane *p)
{
    int n = 0;
    while (panes[n] != p)
        n++;
    return n;
}

long pane_number(const pane *p)
{
    return p->leads ? 0 : number_of(p) + 1;
}

static const char *name_of(const void *list, int n)
{
    (void)list;
    return n < PANE_COUNT ? panes[n]->name : NULL;
}

int pane_find(const char *text)
{
    char *end;
    const long number = strtol(text, &end, 10);
    for (int n = 0; text[0] >= '0' && text[0] <= '9' && *end == '\0' && n < PANE_COUNT; n++)
        if (number == pane_number(panes[n]) || number == n + 1)
            return n;
    return word_find(text, name_of, NULL);
}

/* ------------------------------------------------------------------- state */

/* States lie one behind the other, each where any type may begin. */
static size_t state_begin(const pane *p)
{
    const size_t align = _Alignof(max_align_t);
    size_t begin = 0;
    for (int n = 0; panes[n] != p; n++)
        begin += (panes[n]->state + align - 1) / align * align;
    return begin;
}

const void *pane_state(const model *m, const pane *p)
{
    return m->view.panes.room + state_begin(p);
}

void *pane_state_to_change(model *m, const pane *p)
{
    return m->view.panes.room + state_begin(p);
}

void pane_focus(model *m, const pane *p)
{
    m->view.pane = number_of(p);
    m->view.help = false;
}

bool pane_in_focus(const model *m, const pane *p)
{
    return panes[m->view.pane] == p;
}

/* ------------------------------------------------------------------- views */

void pane_move(const pane *p, model *m, motion by)
{
    if (p->move != NULL)
        p->move(m, by);
}

int pane_view_count(const pane *p)
{
    int count = 0;
    while (p->views != NULL && p->views[count].name != NULL)
        count++;
    return count;
}

int pane_view_now(const model *m, const pane *p)
{
    return m->view.panes.view[number_of(p)];
}

int pane_view_next(const model *m, const pane *p)
{
    const int count = pane_view_count(p), now = pane_view_now(m, p);
    int next = (now + 1) % count;
    while (next != now && p->views[next].fits != NULL && !p->views[next].fits(m))
        next = (next + 1) % count;
    return next;
}

void pane_show_view(model *m, const pane *p, int number)
{
    m->view.panes.view[number_of(p)] = (unsigned char)number;
    if (p->views[number].chosen != NULL)
        p->views[number].chosen(m);
}

/* ----------------------------------------------------------------- drawing */

/* Of no weights there is nothing to make, or to show. */
static bool is_of_no_weights(const model *m, const pane *p)
{
    return p->pieces != 0 && (model_rows(m) == 0 || model_cols(m) == 0);
}

/* The view that is shown, or NULL. */
static const pane_view *view_of(const model *m, const pane *p)
{
    return p->views != NULL ? &p->views[pane_view_now(m, p)] : NULL;
}

unsigned pane_pieces(const model *m, const pane *p)
{
    const pane_view *now = view_of(m, p);
    if (is_of_no_weights(m, p))
        return 0;
    const unsigned of_file =
        viewing_is_of_file(m) && !viewing_has_recipe(m) ? p->pieces_of_file : 0;
    return of_file | (now != NULL && now->pieces != 0 ? now->pieces : p->pieces);
}

static void draw_no_weights(const model *m, cells *c, rect inside)
{
    const int down = inside.height / 2;
    const rect area = {inside.x + 1, inside.y + down, inside.width - 2, inside.height - down};
    char shape[PLACE_TEXT], text[PLACE_TEXT + 40];
    snprintf(text, sizeof text, "a tensor of %s holds no weights",
             shape_text(&m->settings.recipe, " x ", shape, sizeof shape));
    cells_paragraph(c, area, ROLE_DIM, text);
}

unsigned pane_missing(const model *m, const pane *p)
{
    unsigned missing = pane_pieces(m, p);
    for (int id = 0; id < PIECE_COUNT; id++)
        if (m->results.has[id])
            missing &= ~(1u << id);
    return missing;
}

bool pane_ready(const model *m, const pane *p)
{
    return pane_missing(m, p) == 0 && (p->waits == NULL || !p->waits(m));
}

void pane_draw(const model *m, cells *c, rect inside, const pane *p)
{
    const pane_view *now = view_of(m, p);
    if (is_of_no_weights(m, p))
        draw_no_weights(m, c, inside);
    else if (pane_missing(m, p) != 0 && !p->early)
        cells_text(c, inside, inside.x + 1, inside.y + inside.height / 2, ROLE_DIM, 0,
                   "computing ...");
    else if (now != NULL && now->draw != NULL)
        now->draw(m, c, inside);
    else
        p->draw(m, c, inside);
}

void pane_note(const model *m, rect inside, const pane *p, char *buffer, size_t size)
{
    const pane_view *now = view_of(m, p);
    buffer[0] = '\0';
    if (is_of_no_weights(m, p))
        return;
    if (p->note != NULL)
        p->note(m, inside, buffer, size);
    else if (now != NULL && now->note != NULL)
        snprintf(buffer, size, "%s", now->note);
}

/* ------------------------------------------------------------ command line */

const char *pane_command_line(const model *m, char *buffer, size_t size)
{
    const pane *p = panes[m->view.pane];
    if (p->command_line != NULL)
        p->command_line(m, buffer, size);
    else
        pane_matrix_line(m, "", buffer, size);
    return buffer;
}

void pane_matrix_line(const model *m, const char *more, char *buffer, size_t size)
{
    if (viewing_is_of_file(m)) {
        viewing_command_line(m, buffer, size);
        return;
    }
    command_line_of(&m->settings, &verb_print, buffer, size);
    size_t length = strlen(buffer);
    snprintf(buffer + length, size - length, "%s", more);
}
