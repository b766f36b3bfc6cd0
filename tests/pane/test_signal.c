/*
 * The Signal pane: what its keys and clicks set, that what was measured is kept, and that the
 * curves follow a point that is moved while they are computed.
 */
#include "explorer/command.h"
#include "explorer/keys.h"
#include "explorer/screen.h"
#include "model/queue.h"
#include "model/work.h"
#include "pane/layout.h"
#include "pane/pane_signal.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Small layers, in which all is quick. */
#define SMALL "width 16; depth 20; inputs 4; pane signal; zoom"

static void run(model *m, const char *line)
{
    detinit_error error;
    if (!command_run(m, line, &error))
        fail_msg("%s: %s", line, error.message);
    screen_fit(m, m->width, m->height);
}

static void press(model *m, int key)
{
    run(m, key_find(key)->text);
}

static void begin(model *m, const char *line)
{
    settings s;
    settings_init(&s);
    model_init(m, &s);
    screen_fit(m, 80, 24);
    run(m, SMALL);
    run(m, line);
}

static void finish(model *m)
{
    detinit_error error;
    queue *q = queue_new();
    assert_non_null(q);
    if (!queue_finish(q, m, &error))
        fail_msg("%s", error.message);
    queue_free(q);
}

/* The scheme of the recipe, as the pane has it. */
static signal_scheme mine(const model *m)
{
    signal_scheme all[DETINIT_SCHEME_COUNT];
    signal_schemes(m, all);
    const signal_scheme *found = signal_mine(all);
    assert_non_null(found);
    return *found;
}

/* ------------------------------------------------------------------- keys */

static void the_point_sets_std_and_sigma_b(void **state)
{
    model m;
    (void)state;
    begin(&m, "activation tanh; view phase");
    press(&m, UI_KEY_UP); /* biases alone: the scheme stays */
    assert_int_equal(m.settings.recipe.mode, DETINIT_HE);
    assert_true(fabs(m.settings.signal.sigma_b - 0.05) < 1e-12);
    press(&m, UI_KEY_RIGHT); /* he has sqrt(2), which is between 1.40 and 1.45 */
    assert_int_equal(m.settings.recipe.mode, DETINIT_NORMAL);
    assert_true(fabs(m.settings.recipe.std - 1.45 / sqrt(16)) < 1e-6);
    press(&m, UI_KEY_LEFT);
    assert_true(fabs(m.settings.recipe.std - 1.40 / sqrt(16)) < 1e-6);
    press(&m, UI_KEY_HOME); /* weights never are all 0 */
    assert_true(fabs(m.settings.recipe.std - 0.05 / sqrt(16)) < 1e-6);
    press(&m, UI_KEY_END);
    assert_true(fabs(m.settings.recipe.std - 3.0 / sqrt(16)) < 1e-6);
    press(&m, 'g');
    assert_true(fabs(m.settings.signal.sigma_b - 2) < 1e-12);
    press(&m, UI_KEY_PAGE_DOWN);
    assert_true(fabs(m.settings.signal.sigma_b - 1.5) < 1e-12);
    press(&m, 'G');
    assert_true(m.settings.signal.sigma_b == 0);
    press(&m, UI_KEY_DOWN);
    assert_true(m.settings.signal.sigma_b == 0);
    press(&m, 'u'); /* the last change was one of biases */
    assert_true(fabs(m.settings.signal.sigma_b - 1.5) < 1e-12);
    press(&m, 'u');
    press(&m, 'u');
    assert_true(fabs(m.settings.signal.sigma_b - 0.05) < 1e-12);
    assert_true(fabs(m.settings.recipe.std - 3.0 / sqrt(16)) < 1e-6);
    press(&m, 'u');
    assert_true(fabs(m.settings.recipe.std - 0.05 / sqrt(16)) < 1e-6);
    model_free(&m);
}

/* Gains, zeros and cuts are counted: the point is where theory sees the weights. */
static void the_point_counts_what_scales_weights(void **state)
{
    static const char *const recipes[] = {"gain 3",
                                          "zero 0.5",
                                          "dist trunc_normal",
                                          "orthogonal on",
                                          "orthogonal on; gain 2",
                                          "mode torch; fan-mode fan_out"};
    (void)state;
    for (size_t n = 0; n < sizeof recipes / sizeof recipes[0]; n++) {
        model m;
        begin(&m, "activation tanh; view phase");
        run(&m, recipes[n]);
        const bool orthogonal = m.settings.recipe.orthogonal;
        press(&m, UI_KEY_END);
        press(&m, UI_KEY_LEFT);
        finish(&m);
        assert_int_equal(m.settings.recipe.orthogonal, orthogonal);
        if (!orthogonal)
            assert_int_equal(m.settings.recipe.mode, DETINIT_NORMAL);
        if (fabs(mine(&m).data->field.sigma_w - 2.95) > 1e-4)
            fail_msg("%s: %.6f", recipes[n], mine(&m).data->field.sigma_w);
        model_free(&m);
    }
}

static void what_has_no_point_stays(void **state)
{
    model m;
    (void)state;
    begin(&m, "mean 1; view phase");
    press(&m, UI_KEY_RIGHT);
    assert_int_equal(m.settings.recipe.mode, DETINIT_HE);
    assert_int_equal(m.message_kind, MESSAGE_BAD);
    assert_non_null(strstr(m.message, "mean is 0"));
    model_free(&m);
}

static void arrows_choose_scheme_and_layer(void **state)
{
    model m;
    (void)state;
    begin(&m, "view curves");
    assert_int_equal(signal_layer(&m), 19); /* the last */
    press(&m, UI_KEY_LEFT);
    press(&m, UI_KEY_PAGE_UP);
    assert_int_equal(signal_layer(&m), 8);
    press(&m, UI_KEY_HOME);
    assert_int_equal(signal_layer(&m), 0);
    press(&m, UI_KEY_LEFT);
    assert_int_equal(signal_layer(&m), 0);
    press(&m, UI_KEY_RIGHT);
    assert_int_equal(signal_layer(&m), 1);
    run(&m, "depth 1");
    assert_int_equal(signal_layer(&m), 0);
    press(&m, UI_KEY_DOWN);
    assert_int_equal(m.settings.recipe.mode, DETINIT_XAVIER);
    press(&m, 'G');
    assert_int_equal(m.settings.recipe.mode, DETINIT_NORMAL);
    press(&m, UI_KEY_UP);
    assert_int_equal(m.settings.recipe.mode, DETINIT_TORCH);
    model_free(&m);
}

static void letters_change_the_layers(void **state)
{
    model m;
    (void)state;
    begin(&m, "");
    press(&m, 'a');
    assert_int_equal(m.settings.signal.activation, DETINIT_TANH);
    press(&m, 'A');
    press(&m, 'A');
    assert_int_equal(m.settings.signal.activation, DETINIT_LINEAR);
    press(&m, 'R');
    press(&m, 'N');
    assert_true(m.settings.signal.residual);
    assert_int_equal(m.settings.signal.normalization, DETINIT_NORMALIZATION_LAYER);
    press(&m, 'R');
    press(&m, 'N');
    assert_false(m.settings.signal.residual);
    assert_int_equal(m.settings.signal.normalization, DETINIT_NORMALIZATION_NONE);
    model_free(&m);
}

/* ------------------------------------------------------------------ clicks */

/* The row of the screen that begins, in the frame, with a text. */
static int row_with(const model *m, const char *text)
{
    cells c;
    int found = -1;
    assert_true(cells_init(&c, m->width, m->height, true));
    screen_draw(m, &c);
    for (int y = 0; y < c.height; y++) {
        bool same = true;
        for (int x = 0; text[x] != '\0'; x++)
            same = same && c.at[y * c.width + 4 + x].rune == (uint32_t)text[x];
        found = same ? y : found;
    }
    cells_free(&c);
    return found;
}

static void clicks_choose(void **state)
{
    model m;
    (void)state;
    begin(&m, "activation tanh");
    finish(&m);
    layout_click(&m, 6, row_with(&m, "torch"));
    assert_int_equal(m.settings.recipe.mode, DETINIT_TORCH);
    layout_click(&m, 6, 3); /* the charts */
    assert_int_equal(m.settings.recipe.mode, DETINIT_TORCH);
    run(&m, "view phase");
    finish(&m);
    layout_click(&m, 20, 10);
    assert_int_equal(m.settings.recipe.mode, DETINIT_NORMAL);
    const double sigma_w = m.settings.recipe.std * sqrt(16);
    assert_true(sigma_w > 0.8 && sigma_w < 1.3); /* of 3 in 42 columns from the 6th on */
    assert_true(m.settings.signal.sigma_b > 0.5 && m.settings.signal.sigma_b < 1.5);
    run(&m, "undo");
    assert_true(m.settings.signal.sigma_b == 0 && sigma_w == m.settings.recipe.std * sqrt(16));
    layout_click(&m, 75, 10); /* a curve */
    assert_true(sigma_w == m.settings.recipe.std * sqrt(16));
    model_free(&m);
}

/* ------------------------------------------------------------------- cache */

static void what_was_measured_is_kept(void **state)
{
    model m;
    (void)state;
    begin(&m, "activation tanh");
    finish(&m);
    assert_int_equal(work_missing(&m), 0);
    run(&m, "rows 7; dtype float16"); /* no layer depends on them */
    assert_int_equal(work_missing(&m) & (PIECES_OF_SIGNALS | PIECE_BIT(PIECE_PHASE)), 0);
    run(&m, "mode normal; std 0.3");
    assert_int_equal(work_missing(&m) & PIECES_OF_SIGNALS,
                     PIECE_BIT(PIECE_SIGNAL + DETINIT_NORMAL));
    finish(&m);
    run(&m, "activation relu");
    assert_int_equal(work_missing(&m) & PIECES_OF_SIGNALS, PIECES_OF_SIGNALS);
    assert_true((work_missing(&m) & PIECE_BIT(PIECE_PHASE)) != 0);
    finish(&m);
    run(&m, "activation tanh; undo; undo; undo; undo");
    assert_int_equal(work_missing(&m) & PIECES_OF_SIGNALS, 0);
    model_free(&m);
}

/* However far the point goes, the other schemes' figures do not make way for it. */
static void others_outlive_a_long_way(void **state)
{
    model m;
    signal_scheme before[DETINIT_SCHEME_COUNT], after[DETINIT_SCHEME_COUNT];
    (void)state;
    begin(&m, "width 4; depth 2; activation tanh; view phase");
    finish(&m);
    signal_schemes(&m, before);
    press(&m, UI_KEY_HOME);
    for (int n = 0; n < SIGNALS_KEPT + 10; n++) {
        press(&m, UI_KEY_RIGHT);
        finish(&m);
    }
    signal_schemes(&m, after);
    for (int n = 0; n < DETINIT_NORMAL; n++) /* not made anew */
        assert_ptr_equal(before[n].data, after[n].data);
    model_free(&m);
}

/* What is on its way to a point that was left is no waste: it is shown until there is better. */
static void curves_follow_the_point(void **state)
{
    model m;
    detinit_error error;
    const detinit_run alone = {.threads = 1};
    (void)state;
    begin(&m, "activation tanh; mode normal; std 0.3; view phase");
    finish(&m);
    press(&m, UI_KEY_RIGHT);
    assert_true(mine(&m).follows && mine(&m).data != NULL);
    work_request *under_way = work_ask_piece(&m, PIECE_SIGNAL + DETINIT_NORMAL);
    press(&m, UI_KEY_RIGHT);
    assert_false(work_is_outdated(under_way, &m));
    const work_tools tools = {.run = &alone};
    assert_int_equal(work_rows[under_way->kind].make(under_way, &tools, &error), DETINIT_OK);
    const double of_it = under_way->of.piece.signal.recipe.std;
    assert_true(work_deliver(&m, under_way));
    request_free(under_way);
    assert_true(mine(&m).follows);
    assert_true(mine(&m).data->request.recipe.std == of_it);
    finish(&m);
    assert_false(mine(&m).follows);
    run(&m, "depth 7"); /* other layers say nothing of these */
    assert_null(mine(&m).data);
    model_free(&m);
}

/* So it is with seeds that pass by: what waits is of the newest, and curves of an older one stay.
 */
static void curves_follow_the_seed(void **state)
{
    model m;
    (void)state;
    begin(&m, "width 4; depth 2; activation tanh");
    finish(&m);
    press(&m, '+');
    assert_true(mine(&m).follows && mine(&m).data->request.recipe.seed == 42);
    work_request *waits = work_ask_piece(&m, PIECE_SIGNAL + DETINIT_HE);
    press(&m, '+');
    assert_false(work_is_outdated(waits, &m));
    assert_int_equal(waits->of.piece.signal.recipe.seed, 43);
    work_renew(&m, waits);
    assert_int_equal(waits->of.piece.signal.recipe.seed, 44);
    assert_int_equal(waits->of.piece.recipe.seed, 44);
    request_free(waits);
    finish(&m);
    assert_true(!mine(&m).follows && mine(&m).data->request.recipe.seed == 44);
    model_free(&m);
}

static void what_is_refused_is_told(void **state)
{
    model m;
    cells c;
    (void)state;
    begin(&m, "width 16384; inputs 4096");
    signal_data *d = calloc(1, sizeof *d);
    assert_non_null(d);
    d->request = signal_request(&m.settings, DETINIT_HE);
    snprintf(d->refusal, sizeof d->refusal, "signal: layers of this width need 9 TB");
    signals_put(&m.signals, d);
    model_look_for_signals(&m);
    assert_true(m.results.has[PIECE_SIGNAL + DETINIT_HE]);
    assert_null(mine(&m).data);
    assert_true(cells_init(&c, 80, 24, true));
    screen_draw(&m, &c);
    assert_true(row_with(&m, "he      signal: layers of this width") > 0);
    cells_free(&c);
    model_free(&m);
}

/* --------------------------------------------------------------- the layers */

static void shown_layers_are_round(void **state)
{
    static const struct {
        size_t depth, most;
        const char *text;
    } cases[] = {{50, 6, "1 10 20 30 40 50"},
                 {50, 11, "1 5 10 15 20 25 30 35 40 45 50"},
                 {1, 6, "1"},
                 {2, 6, "1 2"},
                 {6, 6, "1 2 3 4 5 6"},
                 {7, 6, "1 2 4 6 7"},
                 {53, 7, "1 10 20 30 40 50 53"},
                 {1000, 6, "1 200 400 600 800 1000"},
                 {50, 1, "1"},
                 {50, 0, ""}};
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        size_t shown[16];
        char text[128] = "";
        const size_t count = signal_layers_shown(cases[n].depth, cases[n].most, shown);
        assert_true(count <= cases[n].most);
        for (size_t k = 0; k < count; k++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%zu", k > 0 ? " " : "",
                     shown[k] + 1);
        assert_string_equal(text, cases[n].text);
    }
}

/* The figures are the library's: those of a propagation of the recipe in layers of their own. */
static void figures_are_the_librarys(void **state)
{
    model m;
    (void)state;
    begin(&m, "activation tanh; mode xavier; rows 3; shape 5,4,3,3; gain 1.5; sigma-b 0.2");
    finish(&m);
    detinit_recipe recipe = detinit_recipe_matrix(42, 0, 9, 9);
    recipe.mode = DETINIT_XAVIER;
    recipe.gain = 1.5;
    detinit_propagation p = detinit_propagation_of(&recipe);
    p.width = 16;
    p.depth = 20;
    p.batch = 4;
    p.activation = DETINIT_TANH;
    p.sigma_b = 0.2;
    detinit_signal_layer layers[20];
    detinit_predicted_layer expected[20];
    assert_int_equal(detinit_propagate(&p, NULL, layers, NULL), DETINIT_OK);
    assert_int_equal(detinit_predict(&p, expected, NULL), DETINIT_OK);
    const signal_data *d = mine(&m).data;
    assert_memory_equal(d->layers, layers, sizeof layers);
    assert_memory_equal(d->expected, expected, sizeof expected);
    assert_true(fabs(d->field.sigma_w - 1.5) < 1e-12);
    model_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_point_sets_std_and_sigma_b),
        cmocka_unit_test(the_point_counts_what_scales_weights),
        cmocka_unit_test(what_has_no_point_stays),
        cmocka_unit_test(arrows_choose_scheme_and_layer),
        cmocka_unit_test(letters_change_the_layers),
        cmocka_unit_test(clicks_choose),
        cmocka_unit_test(what_was_measured_is_kept),
        cmocka_unit_test(others_outlive_a_long_way),
        cmocka_unit_test(curves_follow_the_point),
        cmocka_unit_test(curves_follow_the_seed),
        cmocka_unit_test(what_is_refused_is_told),
        cmocka_unit_test(shown_layers_are_round),
        cmocka_unit_test(figures_are_the_librarys),
    };
    return cmocka_run_group_tests_name("signal", tests, NULL, NULL);
}
