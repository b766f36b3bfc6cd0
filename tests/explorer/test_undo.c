/* Undo and redo: of the recipe, and of every option that a command changes. */
#include "command_check.h"

#include <stdio.h>
#include <string.h>

static void undo_takes_back_in_order(void **state)
{
    model *m = *state;
    detinit_recipe first = m->settings.recipe;
    run(m, "seed 1; rows 20; mode lecun; next seed; toggle orthogonal");
    assert_int_equal(m->settings.recipe.seed, 2);
    run(m, "undo; undo");
    assert_int_equal(m->settings.recipe.seed, 1);
    run(m, "undo; undo; undo");
    assert_memory_equal(&first, &m->settings.recipe, sizeof first);
    refuse(m, "undo", "undo: nothing was changed yet");
    for (int n = 0; n < UNDO_DEPTH + 10; n++)
        run(m, "next seed");
    for (int n = 0; n < UNDO_DEPTH; n++)
        run(m, "undo");
    assert_int_equal(m->settings.recipe.seed, first.seed + 10);
}

/* Whatever option a line changes, undo brings back what was. */
static void undo_takes_back_every_option(void **state)
{
    static const char *const lines[] = {
        "sigma-b 0.3",         "activation tanh", "depth 7",         "width 32", "inputs 8",
        "residual on",         "factors 9",       "widest 256",      "batch 7",  "epochs 5",
        "threshold 0.5",       "sparsity 0.25",   "threads 1",       "exact on", "ascii on",
        "normalization layer", "color never",     "background dark", "zero 0.5", "gain 2",
    };
    model *m = *state;
    for (size_t n = 0; n < sizeof lines / sizeof lines[0]; n++) {
        const undo_step before = undo_step_of(&m->settings, &m->viewed);
        run(m, lines[n]);
        const undo_step after = undo_step_of(&m->settings, &m->viewed);
        if (memcmp(&before, &after, sizeof before) == 0)
            fail_msg("%s changes nothing", lines[n]);
        run(m, "undo");
        const undo_step back = undo_step_of(&m->settings, &m->viewed);
        if (memcmp(&before, &back, sizeof before) != 0)
            fail_msg("%s is not taken back", lines[n]);
        refuse(m, "undo", "undo: nothing was changed yet");
    }
    run(m, "sigma-b 0.3; seed 7; sigma-b 0.6; undo; undo");
    assert_true(m->settings.signal.sigma_b == 0.3 && m->settings.recipe.seed == 42);
    run(m, "sigma-b 0.3"); /* changes nothing: nothing to take back */
    run(m, "undo");
    assert_true(m->settings.signal.sigma_b == 0);
}

static void redo_goes_the_way_of_undo_back(void **state)
{
    model *m = *state;
    refuse(m, "redo", "redo: nothing was undone, or something was changed since");
    run(m, "seed 43; mode xavier; shape 64,32,3,3");
    const detinit_recipe last = m->settings.recipe;
    run(m, "undo");
    assert_string_equal(m->message, "undone: shape 64,32,3,3 -> 10,10");
    run(m, "undo");
    assert_string_equal(m->message, "undone: mode xavier -> he");
    run(m, "undo");
    assert_string_equal(m->message, "undone: seed 43 -> 42");
    run(m, "redo");
    assert_string_equal(m->message, "redone: seed 42 -> 43");
    run(m, "redo; redo");
    assert_memory_equal(&last, &m->settings.recipe, sizeof last);
    refuse(m, "redo", "redo: nothing was undone, or something was changed since");
    run(m, "undo; redo; undo; undo; seed 43"); /* which is no change */
    run(m, "redo; undo; seed 44");
    refuse(m, "redo", "redo: nothing was undone, or something was changed since");
    run(m, "undo; undo");
    assert_string_equal(m->message, "undone: seed 43 -> 42");
    run(m, "rows 7; orthogonal on; mode zeros; undo");
    assert_string_equal(m->message, "undone: mode constant -> he, orthogonal off -> on");
    run(m, "undo; undo");
    assert_string_equal(m->message, "undone: rows 7 -> 10");
}

/* All changes that are kept can be taken back and made anew, over the end of the ring. */
static void redo_is_as_deep_as_undo(void **state)
{
    model *m = *state;
    for (int n = 0; n < UNDO_DEPTH + 10; n++)
        run(m, "next seed");
    const detinit_recipe last = m->settings.recipe;
    for (int n = 0; n < UNDO_DEPTH; n++)
        run(m, "undo");
    for (int n = 0; n < UNDO_DEPTH; n++)
        run(m, "redo");
    assert_memory_equal(&last, &m->settings.recipe, sizeof last);
    refuse(m, "redo", "redo: nothing was undone, or something was changed since");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(undo_takes_back_in_order),
        CASE(undo_takes_back_every_option),
        CASE(redo_goes_the_way_of_undo_back),
        CASE(redo_is_as_deep_as_undo),
    };
    return cmocka_run_group_tests_name("undo", tests, NULL, NULL);
}
