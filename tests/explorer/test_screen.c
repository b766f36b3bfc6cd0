/* The screen around the panes: the help page scrolls as far as it has lines, and no further. */
#include "explorer/command.h"
#include "explorer/screen.h"
#include "pane/glossary.h"
#include "pane/layout.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void run(model *m, const char *line)
{
    detinit_error error;
    if (!command_run(m, line, &error))
        fail_msg("%s: %s", line, error.message);
    screen_fit(m, m->width, m->height);
}

static void begin(model *m, int width, int height)
{
    settings s;
    settings_init(&s);
    model_init(m, &s);
    screen_fit(m, width, height);
}

/* One line of the help page, from its inside's first on, without the blanks at its end. */
static const char *help_line(const model *m, int line, char text[256])
{
    cells c;
    const rect inside = layout_inside(layout_make(m, m->width, m->height).pane[m->view.pane]);
    assert_true(cells_init(&c, m->width, m->height, true));
    screen_draw(m, &c);
    int length = 0;
    for (int x = 0; x < inside.width && x < 255; x++) {
        const int rune = (int)c.at[(inside.y + line) * c.width + inside.x + x].rune;
        text[x] = (char)rune;
        length = rune != ' ' ? x + 1 : length;
    }
    text[length] = '\0';
    cells_free(&c);
    return text;
}

static int help_height(const model *m)
{
    return layout_inside(layout_make(m, m->width, m->height).pane[m->view.pane]).height;
}

static const int sizes[][2] = {{80, 24}, {120, 40}, {200, 60}, {40, 12}, {40, 6}, {30, 5}, {9, 2}};
#define SIZES (sizeof sizes / sizeof sizes[0])

/* The last word is the last line of the page. */
static void assert_at_end(const model *m)
{
    char text[256];
    if (m->width >= 40)
        assert_non_null(strrchr(help_line(m, help_height(m) - 1, text), '1'));
    assert_string_not_equal(help_line(m, 0, text), "");
}

static void help_ends_with_its_last_line(void **state)
{
    (void)state;
    for (size_t n = 0; n < SIZES; n++) {
        model m;
        char text[256];
        begin(&m, sizes[n][0], sizes[n][1]);
        run(&m, "help; move bottom");
        assert_at_end(&m);
        const int end_at = m.view.help_top;
        run(&m, "move up"); /* and the first key back is seen */
        assert_int_equal(m.view.help_top, end_at - 1);
        for (int page = 0; page < 9; page++)
            run(&m, "move page-down");
        assert_at_end(&m);
        assert_int_equal(m.view.help_top, end_at);
        run(&m, "move up; move up; move up");
        for (int line = 0; line < 9; line++)
            run(&m, "move down");
        assert_int_equal(m.view.help_top, end_at);
        run(&m, "move first");
        assert_int_equal(m.view.help_top, 0);
        run(&m, "move last");
        assert_int_equal(m.view.help_top, end_at);
        for (int page = 0; page <= end_at; page++)
            run(&m, "move page-up");
        assert_int_equal(m.view.help_top, 0);
        if (m.width >= 40)
            assert_string_equal(help_line(&m, 0, text), " Matrix");
        model_free(&m);
    }
}

/* A larger screen, or fewer lines, leave no empty lines below. */
static void help_keeps_to_its_end(void **state)
{
    model m;
    (void)state;
    begin(&m, 80, 12);
    run(&m, "help; move bottom");
    screen_fit(&m, 80, 40);
    assert_at_end(&m);
    screen_fit(&m, 80, 400); /* all of it fits */
    assert_int_equal(m.view.help_top, 0);
    screen_fit(&m, 80, 16);
    run(&m, "help standard deviation 1; move bottom"); /* in the last line */
    assert_at_end(&m);
    model_free(&m);
}

/* Whether the place that is looked at is on the screen, reversed and of this text. */
static bool is_marked(const model *m, const char *text)
{
    cells c;
    bool marked = false;
    assert_true(cells_init(&c, m->width, m->height, false));
    screen_draw(m, &c);
    for (int n = 0; n < c.width * c.height && !marked; n++) {
        size_t length = 0;
        while (text[length] != '\0' && (c.at[n + (int)length].attributes & ATTR_REVERSE) != 0 &&
               (c.at[n + (int)length].attributes & ATTR_BOLD) != 0 &&
               c.at[n + (int)length].role == ROLE_ACCENT &&
               tolower((int)c.at[n + (int)length].rune) == tolower(text[length]))
            length++;
        marked = text[length] == '\0';
    }
    cells_free(&c);
    return marked;
}

/* What is searched is on the screen and marked, place after place, around the end. */
static void searched_text_is_seen(void **state)
{
    static const char *const texts[] = {"condition", "seed", "kernel", "gram matrix", "orthogonal"};
    (void)state;
    for (size_t n = 0; n < SIZES; n++) {
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
            model m;
            char line[64];
            begin(&m, sizes[n][0], sizes[n][1]);
            if (m.width < 30 || m.height < 6)
                continue;
            snprintf(line, sizeof line, "help %s", texts[k]);
            run(&m, line);
            const int first = m.view.help_hit;
            int hits = 0;
            do {
                const bool may_break = m.width < 80 || strchr(texts[k], ' ') != NULL;
                char begun[2] = {texts[k][0], '\0'};
                if (!is_marked(&m, may_break ? begun : texts[k]))
                    fail_msg("'%s', place %d at %dx%d is not seen", texts[k], hits, m.width,
                             m.height);
                run(&m, "next hit");
                hits++;
            } while (m.view.help_hit != first && hits < 5000);
            assert_true(hits < 5000);
            model_free(&m);
        }
    }
}

/* A word goes to where it is explained, whatever mentions it before. */
static void words_are_found_where_they_are_explained(void **state)
{
    model m;
    detinit_error error;
    (void)state;
    begin(&m, 80, 24);
    for (size_t n = 0; n < glossary_count; n++) {
        char line[64], text[256];
        bool seen = false;
        snprintf(line, sizeof line, "help %s", glossary[n].word);
        run(&m, line);
        assert_true(is_marked(&m, glossary[n].word));
        for (int y = 0; y < help_height(&m) && !seen; y++) {
            help_line(&m, y, text);
            seen = strncmp(text + 1, glossary[n].word, strlen(glossary[n].word)) == 0 &&
                   strncmp(text + 26, glossary[n].definition, 20) == 0;
        }
        if (!seen)
            fail_msg("%s: not where it is explained", line);
    }
    run(&m, "help fan_in");
    const view before = m.view;
    assert_false(command_run(&m, "help nothingislikethis", &error));
    assert_memory_equal(&before, &m.view, sizeof before);
    run(&m, "close; close");
    assert_false(command_run(&m, "next hit", &error));
    assert_string_equal(
        error.message, "hit: no text is looked for; help TEXT looks for one, hits are where it is");
    model_free(&m);
}

/* Each pane's page begins with what it is about, whole. */
static void help_tells_of_the_pane(void **state)
{
    static const int widths[] = {60, 80, 200};
    (void)state;
    for (size_t n = 0; n < sizeof widths / sizeof widths[0]; n++) {
        for (int number = 0; number < PANE_COUNT; number++) {
            model m;
            char text[256], told[4096] = "", about[PANE_ABOUT_MOST + 1];
            begin(&m, widths[n], 60);
            pane_focus(&m, panes[number]);
            run(&m, "help");
            assert_string_equal(help_line(&m, 0, text) + 1, panes[number]->title);
            for (int y = 1; help_line(&m, y, text)[0] != '\0'; y++)
                strcat(told, text);
            snprintf(about, sizeof about, " %s", panes[number]->about);
            for (char *end; (end = strchr(about, '\n')) != NULL;)
                *end = ' ';
            /* Behind it the keys that only this pane has. */
            const size_t length = strlen(about);
            assert_int_equal(strncmp(told, about, length), 0);
            assert_int_equal(told[length] == '\0', panes[number]->keys == NULL);
            model_free(&m);
        }
    }
}

/* Enter takes the mode that the cursor is at, and zooms where that is taken; so does a click. */
static void modes_are_chosen(void **state)
{
    model m;
    (void)state;
    begin(&m, 80, 24);
    const detinit_mode *mode = &m.settings.recipe.mode;
    run(&m, "pane modes; move down; move down; move up");
    assert_int_equal(*mode, DETINIT_HE);
    run(&m, "choose");
    assert_int_equal(*mode, DETINIT_XAVIER);
    assert_false(m.view.zoomed);
    run(&m, "choose");
    assert_true(m.view.zoomed);
    run(&m, "move bottom; choose; move up");
    assert_int_equal(*mode, DETINIT_NORMAL);
    run(&m, "next mode; choose"); /* the cursor went with the mode, and nothing is to be taken */
    assert_int_equal(*mode, DETINIT_HE);
    assert_false(m.view.zoomed);
    run(&m, "mode zeros; choose; choose; move down; choose");
    assert_int_equal(*mode, DETINIT_NORMAL);
    run(&m, "move right");
    assert_int_equal(m.view.activation, DETINIT_TANH);
    run(&m, "move right; move left; pane 1");
    assert_int_equal(m.view.activation, DETINIT_RELU);
    const rect inside = layout_inside_of(&m, &pane_modes);
    for (int n = 0; n < DETINIT_SCHEME_COUNT; n++) {
        layout_click(&m, inside.x + 3, inside.y + 1 + n);
        assert_int_equal(*mode, n);
        assert_true(pane_in_focus(&m, &pane_modes));
    }
    run(&m, "move up");
    layout_click(&m, inside.x, inside.y + 1); /* and what the cursor was at is forgotten */
    run(&m, "mode normal; mode he; choose; choose");
    assert_int_equal(*mode, DETINIT_HE);
    run(&m, "mode normal");
    layout_click(&m, inside.x, inside.y);
    layout_click(&m, inside.x, inside.y + inside.height);
    assert_int_equal(*mode, DETINIT_NORMAL);
    model_free(&m);
}

/* The wheel moves the pane that it turns over, whichever has the keys. */
static void the_wheel_moves_what_it_is_over(void **state)
{
    model m;
    (void)state;
    begin(&m, 80, 24);
    const rect matrix = layout_inside_of(&m, &pane_matrix);
    const rect modes = layout_inside_of(&m, &pane_modes);
    run(&m, "pane modes");
    screen_wheel(&m, matrix.x, matrix.y, 1);
    assert_int_equal(m.view.row, 3);
    assert_true(pane_in_focus(&m, &pane_modes));
    run(&m, "choose");
    assert_true(m.view.zoomed);
    run(&m, "choose; pane matrix");
    screen_wheel(&m, modes.x, modes.y, 1);
    screen_wheel(&m, 0, 0, 1); /* over the header: nothing */
    screen_wheel(&m, 0, 23, 1);
    assert_int_equal(m.view.row, 3);
    run(&m, "pane modes; choose");
    assert_int_equal(m.settings.recipe.mode, DETINIT_XAVIER);
    run(&m, "help");
    screen_wheel(&m, 0, 0, 3);
    assert_int_equal(m.view.help_top, 9);
    screen_wheel(&m, 0, 0, -1);
    assert_int_equal(m.view.help_top, 6);
    model_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_ends_with_its_last_line),
        cmocka_unit_test(help_keeps_to_its_end),
        cmocka_unit_test(searched_text_is_seen),
        cmocka_unit_test(words_are_found_where_they_are_explained),
        cmocka_unit_test(help_tells_of_the_pane),
        cmocka_unit_test(modes_are_chosen),
        cmocka_unit_test(the_wheel_moves_what_it_is_over),
    };
    return cmocka_run_group_tests_name("screen", tests, NULL, NULL);
}
