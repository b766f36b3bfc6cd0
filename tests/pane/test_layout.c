/* The layout at every size from 1 x 1 to 200 x 60: inside the screen, nothing over another. */
#include "explorer/command.h"
#include "explorer/screen.h"
#include "pane/layout.h"
#include "pane/pane_matrix.h"
#include "pane/pane_training.h"
#include "training_sample.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#define WIDEST  200
#define HIGHEST 60

static void set_up(model *m, const char *line)
{
    settings s;
    detinit_error error;
    settings_init(&s);
    model_init(m, &s);
    if (strstr(line, "training") != NULL) {
        trained_network *t = sample_network(SAMPLE_POINTS, strstr(line, "file") != NULL);
        assert_non_null(t);
        m->training = 1;
        model_take_trained(m, t);
    }
    assert_true(command_run(m, line, &error));
}

static bool inside(rect r, int width, int height)
{
    return r.width >= 0 && r.height >= 0 && r.x >= 0 && r.y >= 0 && r.x + r.width <= width &&
           r.y + r.height <= height;
}

/* Counts every cell that a rectangle covers; none may be covered twice. */
static void cover(unsigned char *covered, rect r, int width)
{
    for (int y = r.y; y < r.y + r.height; y++)
        for (int x = r.x; x < r.x + r.width; x++)
            assert_int_equal(covered[y * width + x]++, 0);
}

static void check_size(const model *m, int width, int height)
{
    unsigned char covered[WIDEST * HIGHEST] = {0};
    layout l = layout_make(m, width, height);
    rect all[PANE_COUNT + 2] = {l.header, l.message};
    int shown = 0;
    for (int n = 0; n < PANE_COUNT; n++) {
        all[n + 2] = l.pane[n];
        shown += l.pane[n].width > 0;
    }
    for (int n = 0; n < PANE_COUNT + 2; n++) {
        assert_true(inside(all[n], width, height));
        cover(covered, all[n], width);
    }
    for (int n = 0; n < width * height; n++)
        assert_int_equal(covered[n], 1);
    assert_true(l.pane[m->view.pane].width > 0);
    assert_true(shown >= 1);
}

static void every_size_is_filled_once(void **state)
{
    static const char *const views[] = {"",
                                        "zoom",
                                        "help",
                                        "pane 5",
                                        "pane 6; view heat",
                                        "pane 7",
                                        "pane training",
                                        "pane 1 # training"};
    (void)state;
    for (size_t v = 0; v < sizeof views / sizeof views[0]; v++) {
        model m;
        set_up(&m, views[v]);
        for (int height = 1; height <= HIGHEST; height++)
            for (int width = 1; width <= WIDEST; width++)
                check_size(&m, width, height);
        model_free(&m);
    }
}

/* Drawing stays inside the buffer at any size: the sanitizers and valgrind watch. */
static void every_size_can_be_drawn(void **state)
{
    static const char *const views[] = {"",
                                        "zoom",
                                        "help",
                                        "pane 6; zoom",
                                        "pane 5; zoom",
                                        "pane 7",
                                        "pane training",
                                        "pane training; zoom; view detail; move bottom; move last",
                                        "pane training; zoom # of a file",
                                        "rows 9000000000000000000; cols 9000000000000000000"};
    (void)state;
    for (size_t v = 0; v < sizeof views / sizeof views[0]; v++) {
        model m;
        set_up(&m, views[v]);
        for (int height = 1; height <= HIGHEST; height += 3) {
            for (int width = 1; width <= WIDEST; width += 7) {
                cells c;
                screen_fit(&m, width, height);
                assert_true(cells_init(&c, width, height, false));
                screen_draw(&m, &c);
                cells_free(&c);
            }
        }
        model_free(&m);
    }
}

static int panes_shown(const char *line, int width, int height)
{
    model m;
    int shown = 0;
    set_up(&m, line);
    layout l = layout_make(&m, width, height);
    for (int n = 0; n < PANE_COUNT; n++)
        shown += l.pane[n].width > 0;
    model_free(&m);
    return shown;
}

static void sizes_show_what_fits(void **state)
{
    (void)state;
    assert_int_equal(panes_shown("", 40, 12), 1);
    assert_int_equal(panes_shown("", 80, 24), 4);
    assert_int_equal(panes_shown("", 120, 40), 6);
    assert_int_equal(panes_shown("", 200, 60), 7);
    assert_int_equal(panes_shown("zoom", 200, 60), 1);
    assert_int_equal(panes_shown("pane weight", 80, 24), 4);
    assert_int_equal(panes_shown("pane 7", 80, 24), 4);
    assert_int_equal(panes_shown("pane 7", 120, 40), 5);
    assert_int_equal(panes_shown("pane 7", 200, 60), 7);
    assert_int_equal(panes_shown("pane 1 # training", 200, 60), 7);
    assert_int_equal(panes_shown("pane 1 # training", 120, 40), 6);
}

static void the_cursor_stays_in_sight(void **state)
{
    (void)state;
    model m;
    set_up(&m, "rows 9000000000000000000; cols 1000");
    detinit_error error;
    static const char *const moves[] = {
        "move bottom",   "move last", "move page-up", "move top", "goto 4000000000000000000,500",
        "move page-down"};
    for (size_t n = 0; n < sizeof moves / sizeof moves[0]; n++) {
        assert_true(command_run(&m, moves[n], &error));
        screen_fit(&m, 80, 24);
        const matrix_window shown = matrix_window_shown(&m);
        assert_true(m.view.row >= shown.top && m.view.row - shown.top < shown.rows);
        assert_true(m.view.col >= shown.left && m.view.col - shown.left < shown.cols);
    }
    model_free(&m);
}

/* A click there gives the keys to the pane, with the cursor at that weight. */
static void clicked(model *m, int x, int y, const pane *p, uint64_t row, uint64_t col)
{
    layout_click(m, x, y);
    assert_true(pane_in_focus(m, p));
    assert_int_equal(m->view.row, row);
    assert_int_equal(m->view.col, col);
}

static void places_belong_to_panes(void **state)
{
    (void)state;
    model m;
    set_up(&m, "pane weight; goto 5,5");
    screen_fit(&m, 80, 24);
    clicked(&m, 75, 20, &pane_weight, 5, 5); /* the fourth place is the focused one's */
    clicked(&m, 75, 5, &pane_statistics, 5, 5);
    clicked(&m, 75, 20, &pane_modes, 5, 5);
    clicked(&m, 5, 20, &pane_histogram, 5, 5);
    clicked(&m, 5, 0, &pane_histogram, 5, 5); /* the header is no pane's */
    clicked(&m, 8, 3, &pane_matrix, 0, 0);
    clicked(&m, 12, 5, &pane_matrix, 2, 1);
    clicked(&m, 75, 5, &pane_statistics, 2, 1);
    clicked(&m, 1, 3, &pane_matrix, 2, 1); /* a heading is no weight */
    model_free(&m);
}

/* A click on any cell of the map puts the cursor into that cell. */
static void check_map(const char *line, int width, int height, size_t least)
{
    model m;
    cells c;
    uint64_t row, col;
    size_t found = 0;
    set_up(&m, line);
    screen_fit(&m, width, height);
    const layout l = layout_make(&m, width, height);
    const rect map = training_map_area(&m, layout_inside(l.pane[pane_find("training")]));
    assert_true(cells_init(&c, width, height, false));
    for (int n = 0; n < width * height; n++) {
        if (!training_map_at(&m, map, n % width, n / width, &row, &col))
            continue;
        layout_click(&m, n % width, n / width);
        assert_int_equal(training_look_at(&m).row, row);
        assert_int_equal(training_look_at(&m).col, col);
        screen_draw(&m, &c);
        assert_int_equal(c.at[n].rune, '+');
        assert_int_equal(c.at[n].attributes, ATTR_REVERSE);
        found++;
    }
    assert_true(found >= least);
    cells_free(&c);
    model_free(&m);
}

static void places_belong_to_the_map(void **state)
{
    (void)state;
    check_map("pane training", 120, 40, 70 * 10);
    check_map("pane training; zoom", 80, 24, 40 * 10);
    check_map("pane training; zoom; tensor fc3", 200, 60, 20 * 5);
    check_map("pane training; zoom; view pictures", 200, 60, 6 * 10 * 5);
    check_map("pane training; zoom; view pictures", 80, 24, 6 * 10 * 5);
    check_map("pane training", 40, 12, 0); /* no room for a map */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_is_filled_once), cmocka_unit_test(every_size_can_be_drawn),
        cmocka_unit_test(sizes_show_what_fits),      cmocka_unit_test(the_cursor_stays_in_sight),
        cmocka_unit_test(places_belong_to_panes),    cmocka_unit_test(places_belong_to_the_map),
    };
    return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
