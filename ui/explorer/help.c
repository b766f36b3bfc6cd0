/* The help page, made from the tables of keys, commands and options. */
#include "explorer/help.h"

#include "explorer/command.h"
#include "explorer/keys.h"
#include "option/option.h"

#include <stdio.h>
#include <string.h>

/* Where help begins, on pages of this width and more. */
#define COLUMN 26
#define WIDE   36

/* Where the lines go that have the searched text, and how many there are. */
typedef struct page {
    const model *m;
    cells *c;  /* NULL: not onto a screen */
    FILE *out; /* NULL: not into a stream */
    rect inside;
    int line; /* lines so far */
} page;

/* One line of the page as it is scrolled; nothing where it is not seen. */
static void show(const page *p, int x, unsigned look, const char *text, size_t length)
{
    const int y = p->inside.y + p->line - p->m->view.help_top;
    if (p->c != NULL && y >= p->inside.y && y < p->inside.y + p->inside.height)
        cells_print(p->c, p->inside, p->inside.x + x, y, look, look == ROLE_ACCENT ? ATTR_BOLD : 0,
                    "%.*s", (int)length, text);
}

/* What is explained, and beside it, or below where the page is narrow, its help in lines. */
static void put_wrapped(page *p, const char *left, const char *right, unsigned look)
{
    const int column = p->inside.width >= WIDE ? COLUMN : 3, room = p->inside.width - column - 1;
    const size_t length = strlen(left);
    show(p, 1, look, left, length);
    if (right[0] == '\0' || (length > 0 && cells_columns(left, length) + 2 > column))
        p->line++;
    while (*right != '\0') {
        const size_t part = cells_break(right, room > 1 ? room : 1);
        show(p, column, ROLE_TEXT, right, part);
        p->line++;
        right += part;
        right += strspn(right, " ");
    }
}

static void put_line(page *p, const char *left, const char *right, unsigned look)
{
    char text[OPTION_HELP_TEXT + 64];
    snprintf(text, sizeof text, "%-22s %s", left, right);
    if (p->m->view.help_search[0] != '\0' && strcasestr(text, p->m->view.help_search) == NULL)
        return;
    if (p->out != NULL)
        fprintf(p->out, "%s\n", right[0] != '\0' ? text : left);
    if (p->out != NULL)
        p->line++;
    else
        put_wrapped(p, left, right, look);
}

static void put_heading(page *p, const char *heading)
{
    if (p->m->view.help_search[0] == '\0') {
        put_line(p, "", "", ROLE_TEXT);
        put_line(p, heading, "", ROLE_ACCENT);
    }
}

static void put_option(page *p, const option *which)
{
    char left[64], right[OPTION_HELP_TEXT];
    snprintf(left, sizeof left, "%s %s", which->name, which->value != NULL ? which->value : "");
    put_line(p, left, option_help(which, right, sizeof right), ROLE_TEXT);
}

static void put_command(page *p, const command *c)
{
    char left[64], right[200];
    snprintf(left, sizeof left, "%s %s", c->name, c->value != NULL ? c->value : "");
    put_line(p, left, command_help(c, right, sizeof right), ROLE_TEXT);
}

/* All lines. Returns how many. */
static int put_lines(const model *m, cells *c, FILE *out, rect inside)
{
    page p = {m, c, out, inside, 0};
    if (m->view.help_search[0] != '\0')
        put_line(&p, m->view.help_search, "is what these lines have in common", ROLE_ACCENT);
    else
        put_line(&p, "Keys", "", ROLE_ACCENT);
    for (int n = 0; n < key_binding_count; n++)
        if (key_bindings[n].help != NULL)
            put_line(&p, key_bindings[n].label, key_bindings[n].help, ROLE_TEXT);
    put_heading(&p, "Options at the : prompt");
    for (int n = 0; n < OPTION_COUNT; n++)
        if ((options[n].uses & OPTION_AT_PROMPT) != 0)
            put_option(&p, &options[n]);
    put_heading(&p, "Commands at the : prompt");
    for (int n = 0; command_at(n) != NULL; n++)
        put_command(&p, command_at(n));
    return p.line;
}

void help_draw(const model *m, cells *c, rect inside)
{
    put_lines(m, c, NULL, inside);
}

void help_print(const model *m, FILE *out)
{
    const rect wide = {0, 0, OPTION_HELP_TEXT + 64, 0}; /* where no line is broken */
    if (m->view.help_search[0] != '\0' && put_lines(m, NULL, NULL, wide) == 1)
        fprintf(out, "help: '%s' is in no line; help alone shows all\n", m->view.help_search);
    else
        put_lines(m, NULL, out, wide);
}

void help_move(model *m, rect inside, motion by)
{
    const int step = m->height > 6 ? m->height - 6 : 1;
    const int hidden = put_lines(m, NULL, NULL, inside) - inside.height;
    const int rows = by.cols == MOTION_TO_FIRST || by.cols == MOTION_TO_LAST ? by.cols : by.rows;
    const uint64_t tops = hidden > 0 ? (uint64_t)hidden + 1 : 1;
    uint64_t top = motion_apply((uint64_t)m->view.help_top, rows, 1, tops);
    m->view.help_top = (int)motion_apply(top, by.pages, (uint64_t)step, tops);
}
