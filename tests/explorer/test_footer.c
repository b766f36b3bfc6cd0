/*
 * The last line of the screen: in every pane each key that it names does something, and a click on
 * it is the key.
 */
#include "command_check.h"
#include "explorer/footer.h"
#include "explorer/keys.h"
#include "explorer/screen.h"
#include "model/queue.h"
#include "pane/layout.h"
#include "race_sample.h"
#include "training_sample.h"
#include "watch_sample.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define WIDTH  80
#define HEIGHT 24

/* So wide that all hints are there. */
#define ROOM 1000

/* Whatever panes can be about, and the pane that the line names; undo and redo have something. */
static void begin(model *m, bool with_network, const char *line)
{
    settings s;
    settings_init(&s);
    model_init(m, &s);
    run(m, "rows 20; cols 30; seed 43; seed 44; undo; width 16; depth 5; widest 128; factors 3");
    if (with_network) {
        trained_network *t = sample_network(SAMPLE_POINTS, false);
        assert_non_null(t);
        m->training = m->trainings = 1;
        model_take_trained(m, t);
        assert_true(sample_race(m, RACE_POINTS + 1));
        assert_true(sample_watch(m, 16, 4));
    }
    run(m, line);
    m->message[0] = '\0';
}

/* Makes what the screen shows, then draws it. */
static void show(model *m, cells *c)
{
    detinit_error error;
    queue *q = queue_new();
    assert_non_null(q);
    requests_free(&m->asked); /* trainings take too long here */
    screen_fit(m, WIDTH, HEIGHT);
    assert_true(queue_finish(q, m, &error));
    queue_free(q);
    assert_true(cells_init(c, WIDTH, HEIGHT, false));
    screen_draw(m, c);
}

/* Whether a key changes the screen, or asks for something that the loop or a worker does. */
static bool does_something(bool with_network, const char *line, int key)
{
    static model m;
    cells before, after;
    detinit_error error;
    const key_binding *binding = key_find(key);
    assert_non_null(binding);
    begin(&m, with_network, line);
    show(&m, &before);
    const bool done = command_run(&m, binding->text, &error);
    const bool asks = m.requests != 0 || m.asked != NULL || m.quit;
    show(&m, &after);
    const bool differs = memcmp(before.at, after.at, sizeof *before.at * WIDTH * HEIGHT) != 0;
    cells_free(&before);
    cells_free(&after);
    model_free(&m);
    return done && (asks || differs);
}

/* Arrows that a pane names are those of them that it has a use for. */
static bool hint_does_something(bool with_network, const char *line, int key)
{
    static const int arrows[] = {UI_KEY_DOWN, UI_KEY_UP, UI_KEY_RIGHT, UI_KEY_LEFT};
    for (size_t n = 0; key == UI_KEY_DOWN && n < 4; n++)
        if (does_something(with_network, line, arrows[n]))
            return true;
    return does_something(with_network, line, key);
}

/* Of all hints, or only of those that depend on the view. */
static void check_hints(bool with_network, const char *line, bool all)
{
    static model m;
    begin(&m, with_network, line);
    screen_fit(&m, WIDTH, HEIGHT);
    const footer f = footer_make(&m, (rect){0, 0, ROOM, 1});
    model_free(&m);
    assert_true(f.count > 2 && f.count < FOOTER_MOST);
    for (size_t n = 0; n < f.count; n++) {
        const key_hint *hint = &f.at[n].hint;
        int key = footer_key(hint, 0);
        assert_int_not_equal(key, 0);
        if (!all && key != 'v' && key != UI_KEY_DOWN)
            continue;
        for (int which = 0; (key = footer_key(hint, which)) != 0; which++)
            if (!hint_does_something(with_network, line, key))
                fail_msg("%s: '%s %s' does nothing", line, hint->key, hint->what);
    }
}

static void check_pane(const pane *p, bool with_network, bool zoomed)
{
    char line[100];
    const int views = pane_view_count(p);
    snprintf(line, sizeof line, "pane %s; zoom %s", p->name, zoomed ? "on" : "off");
    check_hints(with_network, line, true);
    for (int n = 1; with_network && n < views; n++) {
        snprintf(line, sizeof line, "%spane %s; zoom %s; view %s",
                 p->views[n].fits != NULL ? "shape 16,3,3,3; " : "", p->name, zoomed ? "on" : "off",
                 p->views[n].name);
        check_hints(true, line, false);
    }
}

static void each_hint_of_each_pane_does_something(void **state)
{
    (void)state;
    for (int n = 0; n < PANE_COUNT; n++)
        for (int zoomed = 0; zoomed < 2; zoomed++)
            for (int with_network = 0; with_network < 2; with_network++)
                if (with_network || panes[n]->idle != NULL)
                    check_pane(panes[n], with_network, zoomed);
    check_hints(false, "pane modes; move down", true);
    check_hints(false, "pane modes; zoom; move down", true);
    check_hints(false, "pane matrix; help; move page-down", true);
}

/* At every column of the line: the key under it, its hint's first at the word, none between. */
static void clicks_are_keys(void **state)
{
    model m;
    (void)state;
    begin(&m, false, "pane matrix");
    screen_fit(&m, WIDTH, HEIGHT);
    assert_int_equal(screen_key_at(&m, 0, HEIGHT - 1), 0);
    static const char line[] = " Tab pane  Enter zoom  L lessons  : command  +/- seed  v view";
    static const struct {
        const char *at;
        int key;
    } keys[] = {{"Tab", '\t'}, {"ab", '\t'},   {"pane", '\t'}, {"Enter", '\r'}, {"zoom", '\r'},
                {": c", ':'},  {"+/", '+'},    {"/-", '+'},    {"- s", '-'},    {"seed", '+'},
                {"L l", 'L'},  {"ssons", 'L'}, {"  Enter", 0}, {"  +", 0},      {"view", 'v'}};
    for (size_t n = 0; n < sizeof keys / sizeof keys[0]; n++) {
        const int x = (int)(strstr(line, keys[n].at) - line);
        assert_int_equal(screen_key_at(&m, x, HEIGHT - 1), keys[n].key);
        assert_int_equal(screen_key_at(&m, x, HEIGHT - 2), 0);
    }
    assert_int_equal(screen_key_at(&m, WIDTH - 1, HEIGHT - 1), 0);
    m.message[0] = 'x'; /* which covers them */
    assert_int_equal(screen_key_at(&m, 2, HEIGHT - 1), 0);
    model_free(&m);
}

/* Where a text stands on the screen. */
static bool find_on_screen(const model *m, const char *text, int *x, int *y)
{
    cells c;
    bool found = false;
    assert_true(cells_init(&c, m->width, m->height, false));
    screen_draw(m, &c);
    for (int at = 0; !found && at + (int)strlen(text) <= c.width * c.height; at++) {
        size_t n = 0;
        while (text[n] != '\0' && c.at[at + (int)n].rune == (unsigned char)text[n])
            n++;
        found = text[n] == '\0';
        *x = at % c.width;
        *y = at / c.width;
    }
    cells_free(&c);
    return found;
}

/* Presses and releases the mouse on a text of the screen, as the loop does. */
static void click(model *m, const char *text)
{
    int x, y;
    if (!find_on_screen(m, text, &x, &y))
        fail_msg("'%s' is not on the screen", text);
    screen_point(m, x, y);
    const int key = screen_key_at(m, x, y);
    if (key == 0)
        fail_msg("'%s' is no key", text);
    run(m, key_find_now(m, key)->text);
}

static void check_clicks_in_lessons(int width, int height)
{
    model m;
    begin(&m, false, "pane matrix");
    screen_fit(&m, width, height);
    run(&m, "learn");
    click(&m, "3 orthogonal");
    assert_string_equal(m.learning.lesson.name, "orthogonal");
    run(&m, "lesson leave; learn");
    click(&m, "q close");
    assert_false(m.learning.choosing);
    run(&m, "lesson relu; lesson next");
    click(&m, "c 0.50");
    assert_int_equal(m.learning.answer, 'c');
    run(&m, "lesson b; lesson back");
    screen_fit(&m, width, height);
    click(&m, "Space next");
    click(&m, "0.71");
    assert_int_equal(m.learning.answer, 'b');
    click(&m, "next");
    assert_int_equal(m.learning.step, 2);
    click(&m, "Left");
    assert_int_equal(m.learning.step, 1);
    click(&m, "leave");
    assert_null(m.learning.before);
    model_free(&m);
}

/* What a lesson and the list of them offer is taken by the mouse, too, beside panes and below. */
static void lessons_take_clicks(void **state)
{
    (void)state;
    check_clicks_in_lessons(80, 24);
    check_clicks_in_lessons(200, 60);
}

/* The wheel walks the list, not the pane under it; texts and gaps are no keys. */
static void the_wheel_walks_the_list(void **state)
{
    model m;
    int x, y;
    (void)state;
    begin(&m, false, "pane matrix");
    screen_fit(&m, WIDTH, HEIGHT);
    run(&m, "learn");
    const uint64_t row = m.view.row;
    screen_wheel(&m, WIDTH / 2, HEIGHT / 2, 2);
    assert_int_equal(m.learning.chosen, 2);
    screen_wheel(&m, WIDTH / 2, HEIGHT / 2, -1);
    assert_int_equal(m.learning.chosen, 1);
    screen_wheel(&m, WIDTH / 2, HEIGHT / 2, -5);
    assert_int_equal(m.learning.chosen, 0);
    screen_wheel(&m, WIDTH / 2, HEIGHT / 2, 99);
    assert_int_equal(m.learning.chosen, m.learning.list.count - 1);
    assert_int_equal(m.view.row, row);
    screen_point(&m, WIDTH / 2, 1); /* beside the list */
    assert_int_equal(screen_key_at(&m, WIDTH / 2, 1), 0);
    run(&m, "lesson relu; lesson next");
    assert_true(find_on_screen(&m, "   b 0.71", &x, &y));
    assert_int_equal(screen_key_at(&m, x, y), 0);
    assert_int_equal(screen_key_at(&m, x + 3, y), 'b');
    assert_int_equal(screen_key_at(&m, x + 3, y - 1), 0);
    model_free(&m);
}

/* What is drawn is where clicks find it, in all widths; help and quit are always there. */
static void the_line_is_drawn_where_it_is_clicked(void **state)
{
    model m;
    (void)state;
    begin(&m, true, "pane training");
    for (int width = 20; width < 200; width++) {
        cells c;
        screen_fit(&m, width, HEIGHT);
        assert_true(cells_init(&c, width, HEIGHT, false));
        screen_draw(&m, &c);
        const footer f = footer_make(&m, (rect){0, HEIGHT - 1, width, 1});
        for (size_t n = 0; n < f.count; n++)
            for (size_t at = 0; f.at[n].hint.key[at] != '\0'; at++) {
                const int x = f.at[n].x + (int)at;
                assert_int_equal(c.at[(HEIGHT - 1) * width + x].rune, f.at[n].hint.key[at]);
                assert_int_not_equal(screen_key_at(&m, x, HEIGHT - 1), 0);
            }
        assert_string_equal(f.at[f.count - 2].hint.what, "help");
        assert_string_equal(f.at[f.count - 1].hint.what, "quit");
        cells_free(&c);
    }
    model_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_hint_of_each_pane_does_something),
        cmocka_unit_test(clicks_are_keys),
        cmocka_unit_test(lessons_take_clicks),
        cmocka_unit_test(the_wheel_walks_the_list),
        cmocka_unit_test(the_line_is_drawn_where_it_is_clicked),
    };
    return cmocka_run_group_tests_name("footer", tests, NULL, NULL);
}
