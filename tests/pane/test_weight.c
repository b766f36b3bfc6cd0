/* The Weight pane: it shows only what took part in the draw, to scale, and never loses w. */
#include "command_check.h"
#include "explorer/screen.h"
#include "pane/pane.h"
#include "pane/pane_weight_picture.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEIGHT (pane_find("weight"))

/* The pane in this size after a line of commands; freed by end. */
static void begin(model *m, cells *c, const char *line, int width, int height, bool ascii)
{
    settings s;
    settings_init(&s);
    model_init(m, &s);
    run(m, line);
    pane_focus(m, &pane_weight);
    screen_fit(m, width, height);
    assert_true(cells_init(c, width, height, ascii));
    screen_draw_pane(m, c, WEIGHT);
}

static void end(model *m, cells *c)
{
    cells_free(c);
    model_free(m);
}

/* Where ASCII text stands, as y * width + x; -1: nowhere. */
static int find(const cells *c, const char *text)
{
    for (int at = 0; at < c->width * c->height; at++) {
        size_t n = 0;
        while (text[n] != '\0' && at + (int)n < c->width * c->height &&
               c->at[at + (int)n].rune == (uint32_t)text[n])
            n++;
        if (text[n] == '\0')
            return at;
    }
    return -1;
}

static int find_rune(const cells *c, uint32_t rune)
{
    for (int at = 0; at < c->width * c->height; at++)
        if (c->at[at].rune == rune)
            return at;
    return -1;
}

static void uniform_draws_have_no_circle(void **state)
{
    static const int sizes[][2] = {{80, 24}, {120, 40}, {200, 60}, {60, 20}};
    (void)state;
    for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
        model m;
        cells c;
        begin(&m, &c, "rows 20; cols 30; mode torch; goto 3,4", sizes[n][0], sizes[n][1], false);
        assert_true(find(&c, "draw 0") >= 0 && find(&c, "u1 = 0.16623") >= 0);
        assert_int_equal(find(&c, "draw 1"), -1);
        assert_int_equal(find(&c, "u2"), -1);
        assert_int_equal(find(&c, "r = "), -1);
        assert_int_equal(find(&c, "z    ="), -1);
        const int point = find_rune(&c, 0x25CF);
        if (c.width >= 80) {
            const int left = find(&c, "-a") % c.width, row = point / c.width * c.width;
            int last = point % c.width;
            assert_true(point > 0);
            while (c.at[row + last].rune != 0x2524)
                last++;
            const double share = (double)(point % c.width - left);
            assert_true(fabs(share / (last - left) - 0.16623) < 0.6 / (last - left));
        }
        end(&m, &c);
    }
}

/* z lies under the point, and both where the axis from -3.3 to 3.3 has them. */
static void normal_draws_are_to_scale(void **state)
{
    static const char *const places[] = {"3,4", "0,0", "19,29", "7,11", "2,2"};
    (void)state;
    for (size_t n = 0; n < sizeof places / sizeof places[0]; n++) {
        model m;
        cells c;
        char line[64];
        detinit_trace t;
        snprintf(line, sizeof line, "rows 20; cols 30; goto %s", places[n]);
        begin(&m, &c, line, 200, 60, false);
        assert_int_equal(detinit_matrix_trace(m.results.matrix, m.view.row, m.view.col, &t),
                         DETINIT_OK);
        const int point = find_rune(&c, 0x25CF), foot = find_rune(&c, 0x25B2);
        assert_true(point > 0 && foot > point);
        assert_int_equal(point % c.width, foot % c.width);
        const int left = 2, width = 198 * 2 / 5;
        const double column = (t.z / 3.3 + 1) / 2 * (width - 1) + left;
        assert_true(fabs(column - point % c.width) < 1);
        int centre = 0; /* the row that begins with the axis of z */
        while (c.at[centre * c.width + left].rune < 0x2800)
            centre++;
        /* Rows are twice as high as columns are wide. */
        const double up = t.r * sin(t.theta) / 3.3 * (width / 2.0) / 2;
        assert_true(fabs(centre - up - point / c.width) < 1.1);
        end(&m, &c);
    }
}

/* Of a cut normal those that lie beyond are told, and they do lie beyond. */
static void rejected_draws_are_shown(void **state)
{
    int seen = 0;
    (void)state;
    for (int col = 0; col < 60; col++) {
        model m;
        cells c;
        char line[64], told[64];
        detinit_trace t;
        snprintf(line, sizeof line, "rows 2; cols 60; dist truncated; goto 1,%d", col);
        begin(&m, &c, line, 80, 24, false);
        assert_int_equal(detinit_matrix_trace(m.results.matrix, 1, m.view.col, &t), DETINIT_OK);
        assert_true((find(&c, "rejected, beyond the cut of 2") >= 0) == (t.attempt > 0));
        for (uint64_t n = 0; n < t.attempt; n++)
            assert_true(fabs(weight_attempt_at(&t, n).z) > 2);
        const weight_attempt taken = weight_attempt_at(&t, t.attempt);
        assert_true(fabs(taken.z - t.z) < 1e-9 && fabs(taken.r - t.r) < 1e-9);
        if (t.attempt > 0) {
            snprintf(told, sizeof told, "z = %+.4f", weight_attempt_at(&t, 0).z);
            assert_true(find(&c, told) >= 0 && find_rune(&c, 0x00D7) >= 0);
            seen++;
        }
        end(&m, &c);
    }
    assert_in_range(seen, 1, 10); /* 4.6 % of 60 are expected */
}

/* In all sizes and signs the derivation ends in std and w. */
static void std_and_w_are_never_lost(void **state)
{
    static const char *const lines[] = {
        "rows 20; cols 30",
        "rows 20; cols 30; mode torch",
        "rows 20; cols 30; dist truncated",
        "shape 8,4,3,3; zero-mean on; mean 2; dist truncated",
    };
    static const int sizes[][2] = {{80, 24}, {60, 20}, {40, 12}, {66, 14}, {120, 40}, {200, 60}};
    (void)state;
    for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++) {
        for (size_t n = 0; n < 2 * (sizeof sizes / sizeof sizes[0]); n++) {
            model m;
            cells c;
            begin(&m, &c, lines[k], sizes[n / 2][0], sizes[n / 2][1], n % 2 == 0);
            if (find(&c, "std  = ") < 0 || find(&c, "w    = ") < 0)
                fail_msg("%s at %dx%d", lines[k], c.width, c.height);
            end(&m, &c);
        }
    }
}

static void weights_that_are_not_drawn_say_so(void **state)
{
    static const char *const lines[] = {"mode identity", "value 3", "shape 4,4,3,3; mode dirac"};
    (void)state;
    for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++) {
        model m;
        cells c;
        begin(&m, &c, lines[k], 80, 24, false);
        assert_true(find(&c, "not drawn: seed and layer do not matter") >= 0);
        assert_int_equal(find(&c, "draw 0"), -1);
        assert_int_equal(find_rune(&c, 0x25CF), -1);
        end(&m, &c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniform_draws_have_no_circle),
        cmocka_unit_test(normal_draws_are_to_scale),
        cmocka_unit_test(rejected_draws_are_shown),
        cmocka_unit_test(std_and_w_are_never_lost),
        cmocka_unit_test(weights_that_are_not_drawn_say_so),
    };
    return cmocka_run_group_tests_name("weight", tests, NULL, NULL);
}
