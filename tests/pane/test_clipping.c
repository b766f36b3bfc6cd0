/*
 * Every pane and view, of recipes of all kinds, in sizes from 60 x 20 to 200 x 60 and 30 x 60: no
 * text is drawn over other text or lost outside its pane, and none is cut but what has no end.
 */
#include "command_check.h"
#include "explorer/screen.h"
#include "file_sample.h"
#include "model/queue.h"
#include "pane/pane.h"
#include "race_sample.h"
#include "training_sample.h"
#include "watch_sample.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int width, height;
} sizes[] = {
    {30, 60},  {60, 20},  {60, 60},  {67, 33},  {74, 22},  {79, 47},  {80, 24},  {80, 30},
    {91, 28},  {99, 52},  {100, 30}, {100, 36}, {103, 40}, {111, 25}, {120, 40}, {127, 36},
    {139, 57}, {150, 20}, {160, 45}, {173, 50}, {187, 31}, {200, 24}, {200, 60},
};
#define SIZES (sizeof sizes / sizeof sizes[0])

/* What an explorer shows, by the commands that lead there. */
static const struct scene {
    const char *name, *line;
    bool trained, from_file;
} scenes[] = {
    {"he", "rows 20; cols 30; mode he; test-repro", false, false},
    {"xavier", "rows 20; cols 30; mode xavier; goto 19,29", false, false},
    {"torch", "rows 300; cols 1; mode torch", true, false},
    {"orthogonal", "rows 64; cols 64; orthogonal on; mode lecun", true, true},
    {"large figures", "rows 5000; cols 70000; mode normal; std 1e300; goto 4999,69999", false,
     false},
    {"small figures",
     "rows 200; cols 300; gain 1e-3; seed 18446744073709551615; "
     "layer 18446744073709551615",
     false, false},
    {"vast", "rows 4000000000; cols 4000000000; move bottom; move last", false, false},
    {"four dimensions", "shape 64,32,3,3; mode xavier; dist truncated; goto 63,31,2,2", false,
     false},
    {"not drawn", "rows 40; cols 30; mode identity", false, false},
    {"overflow", "rows 40; cols 30; std 1e6; mode normal; dtype float16", false, false},
    {"zero-mean slices", "shape 9,4,3,3; zero-mean on; factors 64", false, false},
    {"sparse, with a mean", "rows 30; cols 7; zero 0.9; mean 5; dist trunc_normal; factors 1",
     false, false},
    {"deep", "activation sigmoid; depth 1000; width 8; inputs 1; sigma-b 1.75; mode torch", false,
     false},
    {"one layer", "activation leaky_relu; depth 1; width 1; inputs 2; residual on; zero 1", false,
     false},
    {"flat", "activation silu; width 16; inputs 4096; normalization layer; mean 1e300", false,
     false},
    {"exploding", "activation linear; width 16; gain 1e200; mode xavier; sigma-b 1e300", false,
     false},
    {"images", "rows 128; cols 784; goto 127,783", false, false},
    {"kernels", "shape 5,5,3,200; fan-in rows; goto 4,4,2,199", false, false},
    {"a file", "open clipped-trained.safetensors; face change", false, false},
    {"its kernels", "open clipped-trained.safetensors; tensor 3; sort awake; find conv", false,
     false},
    {"a file of all kinds", "open clipped-mixed.safetensors; tensor kernel; dims 1,3", false,
     false},
    {"not numbers", "open clipped-mixed.safetensors; tensor broken; fold on", false, false},
    {"none", "open clipped-mixed.safetensors; tensor empty", false, false},
    {"one weight", "rows 1; cols 1; dist uniform", false, false},
};
#define SCENES (sizeof scenes / sizeof scenes[0])

static int faults;

static void fault(const char *kind, const char *where, int width, int height, const char *first)
{
    if (faults++ < 40)
        print_error("%s: %s at %dx%d: %s\n", kind, where, width, height, first);
}

static void check(const model *m, const char *where, int width, int height, int number, bool ascii)
{
    model there = *m; /* whose pointers are only looked at */
    cells_watch watch = {.cut = 0};
    cells c;
    screen_fit(&there, width, height);
    assert_true(cells_init(&c, width, height, ascii));
    watch.is_text = calloc((size_t)width * (size_t)height, 1);
    assert_non_null(watch.is_text);
    c.watch = &watch;
    if (number >= 0)
        screen_draw_pane(&there, &c, number);
    else
        screen_draw(&there, &c);
    if (watch.overwritten > 0)
        fault("overwritten", where, width, height, watch.first[2]);
    if (watch.lost > 0)
        fault("lost", where, width, height, watch.first[1]);
    if (watch.cut > 0 && number >= 0)
        fault("cut", where, width, height, watch.first[0]);
    free(watch.is_text);
    cells_free(&c);
}

static void begin(model *m, queue *q, const struct scene *s)
{
    settings initial;
    detinit_error error;
    settings_init(&initial);
    model_init(m, &initial);
    screen_fit(m, 200, 60);
    const char *line = s->line, *rest = strchr(line, ';');
    if (strncmp(line, "open ", 5) == 0) { /* what follows is about what is in it */
        char open[80];
        snprintf(open, sizeof open, "%.*s", (int)(rest - line), line);
        run(m, open);
        if (!queue_finish(q, m, &error))
            fail_msg("%s: %s", s->name, error.message);
        line = rest;
    }
    run(m, line);
    if (s->trained) {
        trained_network *t = sample_network(SAMPLE_POINTS, s->from_file);
        assert_non_null(t);
        m->training = m->trainings = 1;
        model_take_trained(m, t);
        assert_true(sample_race(m, s->from_file ? RACE_POINTS + 1 : 2));
        assert_true(sample_watch(m, s->from_file ? 16 : 1, s->from_file ? 30 : 3));
    }
    run(m, "widest 128");
    for (int n = 0; n < PANE_COUNT; n++)
        m->shown_pieces |= pane_pieces(m, panes[n]);
    if (!queue_finish(q, m, &error))
        fail_msg("%s: %s", s->name, error.message);
}

static void check_views(model *m, queue *q, const struct scene *s, int number)
{
    const pane *p = panes[number];
    const int views = p->views != NULL ? pane_view_count(p) : 1;
    for (int k = 0; k < views; k++) {
        char where[128];
        detinit_error error;
        snprintf(where, sizeof where, "%s, %s, view %s", s->name, p->name,
                 p->views != NULL ? p->views[k].name : "");
        pane_focus(m, p);
        if (p->views != NULL)
            pane_show_view(m, p, k);
        m->shown_pieces |= pane_pieces(m, p);
        if (!queue_finish(q, m, &error))
            fail_msg("%s: %s", where, error.message);
        for (size_t n = 0; n < SIZES; n++) {
            check(m, where, sizes[n].width, sizes[n].height, number, n % 2 == 0);
            check(m, where, sizes[n].width, sizes[n].height, -1, n % 2 == 1);
        }
    }
    if (p->views != NULL)
        pane_show_view(m, p, 0);
}

/* All pages of the help, and of what is searched in it. */
static void help_is_not_clipped(void **state)
{
    static const char *const lines[] = {"help", "help seed", "help; move page-down",
                                        "help; move last", "help gram matrix; next hit"};
    (void)state;
    for (size_t line = 0; line < sizeof lines / sizeof lines[0]; line++) {
        static model m;
        settings initial;
        settings_init(&initial);
        model_init(&m, &initial);
        for (size_t n = 0; n < SIZES * PANE_COUNT; n++) {
            const int width = sizes[n / PANE_COUNT].width, height = sizes[n / PANE_COUNT].height;
            screen_fit(&m, width, height);
            pane_focus(&m, panes[n % PANE_COUNT]);
            run(&m, lines[line]);
            check(&m, lines[line], width, height, (int)(n % PANE_COUNT), n % 2 == 0);
        }
        model_free(&m);
    }
    assert_int_equal(faults, 0);
}

static void nothing_is_clipped(void **state)
{
    (void)state;
    for (size_t n = 0; n < SCENES; n++) {
        static model m;
        queue *q = queue_new();
        assert_non_null(q);
        begin(&m, q, &scenes[n]);
        for (int number = 0; number < PANE_COUNT; number++)
            check_views(&m, q, &scenes[n], number);
        queue_free(q);
        model_free(&m);
    }
    assert_int_equal(faults, 0);
}

static int make_files(void **state)
{
    (void)state;
    return !sample_trained_file("clipped-initial.safetensors", "clipped-trained.safetensors") ||
           !sample_mixed_file("clipped-mixed.safetensors");
}

static int remove_files(void **state)
{
    (void)state;
    remove("clipped-initial.safetensors");
    remove("clipped-trained.safetensors");
    remove("clipped-mixed.safetensors");
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_clipped),
                                       cmocka_unit_test(help_is_not_clipped)};
    return cmocka_run_group_tests_name("clipping", tests, make_files, remove_files);
}
