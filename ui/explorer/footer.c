#include "explorer/footer.h"

#include "explorer/keys.h"
#include "model/viewing.h"

#include <stdio.h>
#include <string.h>

/* Columns between two hints. */
#define BETWEEN 2

/* What must be so for a hint to be one: the pane is shown alone or among others, has views, shows
 * the cursor of the matrix, a tensor of a file, one that has other faces, or no file; the cells of
 * a tensor of more than two dimensions. */
enum {
    AMONG = 1,
    ALONE = 2,
    VIEWS = 4,
    CURSOR = 8,
    OF_FILE = 16,
    FACES = 32,
    OF_RECIPE = 64,
    DEEP = 128
};

/* Of panes that have no hints of their own.  Where the line is short the last ones go. */
static const struct {
    key_hint hint;
    unsigned needs;
} common_hints[] = {
    {{"Tab", "pane"}, AMONG},
    {{"Enter", "zoom"}, AMONG},
    {{"Enter", "back"}, ALONE},
    {{"x", "face"}, FACES},
    {{"{ }", "tensor"}, OF_FILE},
    {{"D", "dimensions"}, DEEP},
    {{"L", "lessons"}, AMONG},
    {{"v", "view"}, ALONE | VIEWS},
    {{"arrows", "move"}, ALONE | CURSOR},
    {{":", "command"}, 0},
    {{"+/-", "seed"}, OF_RECIPE},
    {{"v", "view"}, AMONG | VIEWS},
    {{"m", "mode"}, OF_RECIPE},
    {{"o", "orthogonal"}, OF_RECIPE},
    {{"L", "lessons"}, ALONE},
    {{"w", "save"}, OF_RECIPE},
    {{"u", "undo"}, 0},
    {{"r", "prove"}, OF_RECIPE},
    {{"d", "dist"}, OF_RECIPE},
    {{"y", "copy"}, 0},
};
static const key_hint help_hints[] = {{"arrows PgUp PgDn", "scroll"}, {"/", "search"}};
static const key_hint found_hints[] = {{"n", "next place"}, {"/", "search"}, {"arrows", "scroll"}};
static const key_hint help_hint = {"?", "help"}, quit_hint = {"q", "quit"},
                      back_hint = {"q", "back"};

static unsigned state_of(const model *m)
{
    const pane *p = panes[m->view.pane];
    return (m->view.zoomed ? ALONE : AMONG) | (pane_view_count(p) > 1 ? VIEWS : 0) |
           (p->shows_cursor ? CURSOR : 0) |
           (!viewing_is_of_file(m) ? OF_RECIPE
            : p->faced             ? OF_FILE
                                   : 0) |
           (p->faced && viewing_has_recipe(m) ? FACES : 0) |
           (p == &pane_matrix && viewing_is_of_file(m) && m->settings.recipe.rank > 2 ? DEEP : 0);
}

static hint_list hints_of_help(const model *m)
{
    return m->view.help_search[0] != '\0' ? HINT_LIST(found_hints) : HINT_LIST(help_hints);
}

/*
 * Whether a lesson has taken the key for itself, and tells of it in its own box; or the key opens
 * what is open.
 */
static bool is_taken(const model *m, const key_hint *hint)
{
    const int key = footer_key(hint, 0);
    const bool learns = m->learning.choosing || learning_step(&m->learning) != NULL;
    return (learns && key_find_now(m, key) != key_find(key)) || (key == 'L' && learns);
}

/* All hints but help and quit, the most telling first. Returns how many. */
static size_t gather(const model *m, key_hint hints[FOOTER_MOST])
{
    const pane *p = panes[m->view.pane];
    const unsigned state = state_of(m);
    hint_list own = m->view.help       ? hints_of_help(m)
                    : p->hints != NULL ? p->hints(m)
                                       : (hint_list){.count = 0};
    size_t count = 0;
    for (size_t n = 0; n < own.count && count < FOOTER_MOST; n++) {
        key_hint hint = own.hints[n];
        if (m->view.zoomed && strcmp(hint.what, "zoom") == 0)
            hint.what = "back";
        if (!is_taken(m, &hint))
            hints[count++] = hint;
    }
    for (size_t n = 0; own.count == 0 && n < sizeof common_hints / sizeof common_hints[0]; n++)
        if ((common_hints[n].needs & ~state) == 0 && !is_taken(m, &common_hints[n].hint))
            hints[count++] = common_hints[n].hint;
    return count;
}

static int hint_width(const key_hint *hint)
{
    return (int)(strlen(hint->key) + 1 + strlen(hint->what)) + BETWEEN;
}

static void append(footer *f, int *x, key_hint hint)
{
    if (f->count == FOOTER_MOST)
        return;
    f->at[f->count++] = (footer_hint){hint, *x};
    *x += hint_width(&hint);
}

footer footer_make(const model *m, rect area)
{
    const bool open =
        m->view.help || m->view.zoomed || m->learning.before != NULL || m->learning.choosing;
    const key_hint end = open ? back_hint : quit_hint;
    const int after = (m->view.help ? 0 : hint_width(&help_hint)) + hint_width(&end) - BETWEEN;
    key_hint hints[FOOTER_MOST];
    const size_t count = gather(m, hints);
    footer f = {.count = 0};
    int x = area.x + 1;
    for (size_t n = 0; n < count && f.count + 2 < FOOTER_MOST; n++) {
        if (!m->view.help && x + hint_width(&hints[n]) + after > area.x + area.width)
            break;
        append(&f, &x, hints[n]);
    }
    if (!m->view.help)
        append(&f, &x, help_hint);
    append(&f, &x, end);
    return f;
}

void footer_draw(const model *m, cells *c, rect area)
{
    const footer f = footer_make(m, area);
    for (size_t n = 0; n < f.count; n++) {
        const key_hint *hint = &f.at[n].hint;
        const int key = cells_text(c, area, f.at[n].x, area.y, ROLE_TEXT, 0, hint->key);
        cells_print(c, area, f.at[n].x + key, area.y, ROLE_DIM, 0, " %s", hint->what);
    }
}

/* ------------------------------------------------------------------ clicks */

/* The keys of a hint stand with a blank or a slash between them; "/" alone is one. 0 behind
 * the last. */
static size_t key_length(const char *text)
{
    return text[0] != '\0' && text[1] == '\0' ? 1 : strcspn(text, " /");
}

/* The n-th key of a hint, and its columns; NULL after the last. */
static const char *key_text(const key_hint *hint, int n, size_t *length)
{
    const char *text = hint->key;
    for (*length = key_length(text); n > 0 && *text != '\0'; n--) {
        text += *length;
        text += strspn(text, " /");
        *length = key_length(text);
    }
    return *text != '\0' ? text : NULL;
}

int footer_key(const key_hint *hint, int n)
{
    size_t length;
    const char *text = key_text(hint, n, &length);
    return text != NULL ? key_named(text, length) : 0;
}

int footer_key_at(const model *m, rect area, int x)
{
    const footer f = footer_make(m, area);
    size_t length;
    const char *text;
    for (size_t n = 0; n < f.count; n++) {
        const key_hint *hint = &f.at[n].hint;
        const int at = x - f.at[n].x;
        if (at < 0 || at >= hint_width(hint) - BETWEEN)
            continue;
        for (int key = 0; (text = key_text(hint, key, &length)) != NULL; key++)
            if (at >= text - hint->key && at < text - hint->key + (int)length)
                return key_named(text, length);
        return footer_key(hint, 0); /* the word stands for the first */
    }
    return 0;
}
