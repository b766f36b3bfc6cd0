/* The help page, made from the tables of panes, words, keys, commands and options. */
#include "explorer/help.h"

#include "explorer/command.h"
#include "explorer/keys.h"
#include "option/option.h"
#include "pane/glossary.h"
#include "pane/pane.h"

#include <stdio.h>
#include <string.h>

/* Where help begins, on pages of this width and more. */
#define COLUMN 26
#define WIDE   36

/* Longer lines are hard to read. */
#define READABLE 100

/* Lines of a stream are as long as those of most terminals. */
#define STREAM_WIDTH 80

/* Where lines go, and what was found in those so far. */
typedef struct page {
    const model *m;
    cells *c;  /* NULL: not onto a screen */
    FILE *out; /* NULL: not into a stream, which takes only lines with the searched text */
    rect inside;
    int line;     /* lines so far */
    int hits;     /* places with the searched text */
    int hit_line; /* the line of the one that is looked at */
    int named;    /* the first place where just that is explained, or what begins so; -1: none */
    bool exact;   /* it is just that */
} page;

static const char *find(const page *p, const char *text)
{
    const char *searched = p->m->view.help_search;
    return searched[0] != '\0' && text != NULL ? strcasestr(text, searched) : NULL;
}

/* ------------------------------------------------------------------- lines */

/* One line of the page as it is scrolled; nothing where it is not seen. */
static int show(const page *p, int x, unsigned look, unsigned attributes, const char *text,
                size_t length)
{
    const int y = p->inside.y + p->line - p->m->view.help_top;
    if (p->c == NULL || y < p->inside.y || y >= p->inside.y + p->inside.height)
        return 0;
    return cells_print(p->c, p->inside, p->inside.x + x, y, look, attributes, "%.*s", (int)length,
                       text);
}

/* A place with the searched text: counted, and whether it is the one looked at. */
static bool count_hit(page *p)
{
    const bool looked_at = p->hits++ == p->m->view.help_hit;
    if (looked_at)
        p->hit_line = p->line;
    return looked_at;
}

/*
 * A part of `whole` as a line, the searched text in it reversed: what is broken over two lines in
 * both of them.
 */
static void show_part(page *p, int x, unsigned look, const char *whole, const char *part,
                      size_t length)
{
    const size_t searched = strlen(p->m->view.help_search);
    const unsigned attributes = look == ROLE_ACCENT ? ATTR_BOLD : 0;
    const char *end = part + length, *hit = find(p, whole);
    for (const char *at = part, *stop; at < end; at = stop) {
        while (hit != NULL && hit + searched <= at)
            hit = find(p, hit + searched);
        const bool is_hit = hit != NULL && hit <= at;
        stop = hit == NULL ? end : is_hit ? hit + searched : hit;
        stop = stop < end ? stop : end;
        if (!is_hit)
            x += show(p, x, look, attributes, at, (size_t)(stop - at));
        else if (at == hit && count_hit(p))
            x += show(p, x, ROLE_ACCENT, ATTR_BOLD | ATTR_REVERSE, at, (size_t)(stop - at));
        else
            x += show(p, x, look, attributes | ATTR_REVERSE, at, (size_t)(stop - at));
    }
}

/* Text from a column on, broken into lines. */
static void put_wrapped(page *p, int column, const char *text)
{
    const int most = p->inside.width < READABLE ? p->inside.width : READABLE;
    const int room = most - column - 1;
    for (const char *at = text; *at != '\0'; at += strspn(at, " ")) {
        const size_t part = cells_break(at, room > 1 ? room : 1);
        show_part(p, column, ROLE_TEXT, text, at, part);
        p->line++;
        at += part;
    }
}

static void print_wrapped(page *p, const char *text)
{
    for (const char *at = text; *at != '\0'; at += strspn(at, " ")) {
        const size_t part = cells_break(at, STREAM_WIDTH);
        fprintf(p->out, "%.*s\n", (int)part, at);
        at += part;
    }
}

/* Whether a stream takes a line: all of them, or those with the searched text. */
static bool takes(const page *p, const char *left, const char *right)
{
    return p->m->view.help_search[0] == '\0' || find(p, left) != NULL || find(p, right) != NULL;
}

static void note_name(page *p, bool exact)
{
    if (p->named < 0 || (exact && !p->exact)) {
        p->named = p->hits;
        p->exact = exact;
    }
}

/* What is explained, and beside it, or below where the page is narrow, its help in lines. */
static void put_line(page *p, const char *left, const char *right, unsigned look)
{
    const int column = p->inside.width >= WIDE ? COLUMN : 3;
    const size_t length = strlen(left);
    if (p->out != NULL) {
        if (takes(p, left, right))
            fprintf(p->out, right[0] != '\0' ? "%-22s %s\n" : "%s%s\n", left, right);
        p->line++;
        return;
    }
    if (right[0] != '\0' && find(p, left) == left)
        note_name(p, length == strlen(p->m->view.help_search));
    show_part(p, 1, look, left, left, length);
    if (right[0] == '\0' || (length > 0 && cells_columns(left, length) + 2 > column))
        p->line++;
    put_wrapped(p, column, right);
}

static void put_heading(page *p, const char *heading)
{
    if (p->out != NULL && p->m->view.help_search[0] != '\0')
        return;
    if (p->line > 0)
        put_line(p, "", "", ROLE_TEXT);
    put_line(p, heading, "", ROLE_ACCENT);
}

/* --------------------------------------------------------------- the page */

/* What the pane in focus shows. */
static void put_about(page *p)
{
    const pane *about = panes[p->m->view.pane];
    char text[PANE_ABOUT_MOST], *rest = text, *paragraph;
    put_heading(p, about->title);
    snprintf(text, sizeof text, "%s", about->about);
    while ((paragraph = strsep(&rest, "\n")) != NULL) {
        if (p->out == NULL)
            put_wrapped(p, 1, paragraph);
        else if (takes(p, paragraph, NULL))
            print_wrapped(p, paragraph);
    }
    for (const pane_key *k = about->keys; k != NULL && k->key != 0; k++) {
        const char label[] = {(char)k->key, '\0'};
        put_line(p, label, k->help, ROLE_TEXT);
    }
}

static bool uses_word(const pane *p, const char *word)
{
    for (const char *const *at = p->words; at != NULL && *at != NULL; at++)
        if (strcmp(*at, word) == 0)
            return true;
    return false;
}

/* A word goes before a key or a command that is called like it. */
static void put_word(page *p, const glossary_entry *word)
{
    if (find(p, word->word) == word->word && strlen(word->word) == strlen(p->m->view.help_search)) {
        p->named = p->hits;
        p->exact = true;
    }
    put_line(p, word->word, word->definition, ROLE_TEXT);
}

/* The words that the pane in focus uses; or all others. */
static void put_words(page *p, bool used)
{
    put_heading(p, used ? "Words" : "Other words");
    for (size_t n = 0; n < glossary_count; n++)
        if (uses_word(panes[p->m->view.pane], glossary[n].word) == used)
            put_word(p, &glossary[n]);
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

static page put_page(const model *m, cells *c, FILE *out, rect inside)
{
    page p = {.m = m, .c = c, .out = out, .inside = inside, .named = -1};
    put_about(&p);
    put_words(&p, true);
    put_heading(&p, "Keys");
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
    put_words(&p, false);
    return p;
}

/* ----------------------------------------------------------------- its use */

void help_draw(const model *m, cells *c, rect inside)
{
    put_page(m, c, NULL, inside);
}

void help_note(const model *m, rect inside, char *buffer, size_t size)
{
    const int hits = put_page(m, NULL, NULL, inside).hits;
    buffer[0] = '\0';
    if (hits > 0)
        snprintf(buffer, size, "%d of %d", m->view.help_hit % hits + 1, hits);
}

void help_print(const model *m, FILE *out)
{
    put_page(m, NULL, out, (rect){.width = STREAM_WIDTH});
}

/* Holds the first visible line to those that there are. */
static void scroll_to(model *m, rect inside, int lines, int top)
{
    const int last = lines > inside.height ? lines - inside.height : 0;
    m->view.help_top = top < 0 ? 0 : top < last ? top : last;
}

bool help_find(model *m, rect inside)
{
    m->view.help_hit = 0;
    const page first = put_page(m, NULL, NULL, inside);
    if (first.hits == 0)
        return false;
    m->view.help_hit = first.named >= 0 ? first.named : 0;
    help_next_hit(m, inside, 0);
    return true;
}

void help_next_hit(model *m, rect inside, int by)
{
    const int hits = put_page(m, NULL, NULL, inside).hits;
    if (hits == 0)
        return;
    m->view.help_hit = (m->view.help_hit + by + hits) % hits;
    const page found = put_page(m, NULL, NULL, inside);
    scroll_to(m, inside, found.line, found.hit_line - inside.height / 3);
}

void help_move(model *m, rect inside, motion by)
{
    const int step = m->height > 6 ? m->height - 6 : 1;
    const int hidden = put_page(m, NULL, NULL, inside).line - inside.height;
    const int rows = by.cols == MOTION_TO_FIRST || by.cols == MOTION_TO_LAST ? by.cols : by.rows;
    const uint64_t tops = hidden > 0 ? (uint64_t)hidden + 1 : 1;
    uint64_t top = motion_apply((uint64_t)m->view.help_top, rows, 1, tops);
    m->view.help_top = (int)motion_apply(top, by.pages, (uint64_t)step, tops);
}
