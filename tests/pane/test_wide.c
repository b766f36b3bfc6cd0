/* On a screen of 200 x 60 no pane that is shown alone is three quarters empty. */
#include "explorer/command.h"
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

#define WIDTH  200
#define HEIGHT 60

/* The inside is looked at in blocks of this size: one with a single sign is used. */
#define BLOCK_WIDTH  18
#define BLOCK_HEIGHT 7

static bool is_used(const cells *c, int left, int top)
{
    for (int y = top; y < top + BLOCK_HEIGHT; y++)
        for (int x = left; x < left + BLOCK_WIDTH; x++)
            if (c->at[y * c->width + x].rune != ' ')
                return true;
    return false;
}

static double share_empty(const cells *c, rect inside)
{
    int blocks = 0, empty = 0;
    for (int y = inside.y; y + BLOCK_HEIGHT <= inside.y + inside.height; y += BLOCK_HEIGHT) {
        for (int x = inside.x; x + BLOCK_WIDTH <= inside.x + inside.width; x += BLOCK_WIDTH) {
            blocks++;
            empty += !is_used(c, x, y);
        }
    }
    return (double)empty / blocks;
}

static void check(model *m, queue *q, const char *line)
{
    detinit_error error;
    for (int number = 0; number < PANE_COUNT; number++) {
        cells c;
        pane_focus(m, panes[number]);
        m->view.zoomed = true;
        screen_fit(m, WIDTH, HEIGHT);
        assert_true(queue_finish(q, m, &error));
        assert_true(cells_init(&c, WIDTH, HEIGHT, false));
        screen_draw(m, &c);
        const rect inside = layout_inside(layout_make(m, WIDTH, HEIGHT).pane[number]);
        const double empty = share_empty(&c, inside);
        if (empty > 0.75)
            fail_msg("%s: %s is empty to %.0f %%", line, panes[number]->name, 100 * empty);
        cells_free(&c);
    }
}

static void wide_screens_are_used(void **state)
{
    static const char *const lines[] = {
        "rows 10; cols 10", "rows 10; cols 20",           "rows 64; cols 64; orthogonal on",
        "rows 300; cols 7", "shape 16,3,3,3; mode torch", "rows 1000; cols 784; dist truncated",
    };
    (void)state;
    for (size_t n = 0; n < sizeof lines / sizeof lines[0]; n++) {
        static model m;
        settings s;
        detinit_error error;
        queue *q = queue_new();
        assert_non_null(q);
        settings_init(&s);
        model_init(&m, &s);
        m.training = m.trainings = 1;
        model_take_trained(&m, sample_network(SAMPLE_POINTS, false));
        assert_true(sample_race(&m, RACE_POINTS + 1));
        assert_true(sample_watch(&m, 16, 4));
        assert_true(command_run(&m, lines[n], &error));
        assert_true(command_run(&m, "widest 128; width 32; depth 20", &error));
        check(&m, q, lines[n]);
        queue_free(q);
        model_free(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(wide_screens_are_used)};
    return cmocka_run_group_tests_name("wide screens", tests, NULL, NULL);
}
