/* The screen around the panes: the help page scrolls as far as it has lines, and no further. */
#include "explorer/command.h"
#include "explorer/screen.h"
#include "pane/layout.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

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

/* The last command is the last line of the page. */
static void assert_at_end(const model *m)
{
    char text[256];
    if (m->width >= 40) {
        assert_string_equal(help_line(m, help_height(m) - 1, text),
                            " quit                     leave");
    }
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
        for (int page = 0; page < 2000; page++)
            run(&m, "move page-down");
        assert_at_end(&m);
        assert_int_equal(m.view.help_top, end_at);
        run(&m, "move top");
        for (int line = 0; line < 2000; line++)
            run(&m, "move down");
        assert_int_equal(m.view.help_top, end_at);
        run(&m, "move first");
        assert_int_equal(m.view.help_top, 0);
        run(&m, "move last");
        assert_int_equal(m.view.help_top, end_at);
        for (int page = 0; page < 2000; page++)
            run(&m, "move page-up");
        assert_int_equal(m.view.help_top, 0);
        if (m.width >= 40)
            assert_string_equal(help_line(&m, 0, text), " Keys");
        model_free(&m);
    }
}

/* A larger screen, or fewer lines, leave no empty lines below. */
static void help_keeps_to_its_end(void **state)
{
    model m;
    char text[256];
    (void)state;
    begin(&m, 80, 12);
    run(&m, "help; move bottom");
    screen_fit(&m, 80, 40);
    assert_at_end(&m);
    screen_fit(&m, 80, 400); /* all of it fits */
    assert_int_equal(m.view.help_top, 0);
    screen_fit(&m, 80, 16);
    run(&m, "help next; move bottom");
    assert_string_not_equal(help_line(&m, 0, text), "");
    assert_int_equal(m.view.help_top, 0); /* fewer lines than a page */
    run(&m, "help a; move bottom");
    assert_string_not_equal(help_line(&m, 0, text), "");
    assert_string_not_equal(help_line(&m, help_height(&m) - 1, text), "");
    run(&m, "help nothingislikethis; move bottom; move page-down");
    assert_int_equal(m.view.help_top, 0);
    model_free(&m);
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
        cmocka_unit_test(modes_are_chosen),
        cmocka_unit_test(the_wheel_moves_what_it_is_over),
    };
    return cmocka_run_group_tests_name("screen", tests, NULL, NULL);
}
