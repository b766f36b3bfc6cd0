#include "explorer/command_option.h"

#include "file/format.h"
#include "option/idle.h"
#include "option/recipe_text.h"
#include "option/refuse.h"
#include "pane/pane.h"
#include "system/target.h"

#include <stdlib.h>

/* What an option does at the prompt beside taking its value; each may be NULL. */
typedef struct option_effect {
    /* Whether this recipe has what the option is about. */
    bool (*fits)(const detinit_recipe *r, const option *which, detinit_error *error);
    /* What follows for the rest of the recipe in which it was set. */
    bool (*follow)(detinit_recipe *r, detinit_error *error);
    /* What is to be done once it is set, of an option that is not the recipe's. */
    bool (*done)(model *m, detinit_error *error);
} option_effect;

/* -------------------------------------------------------------- the recipe's */

static bool side_fits(const detinit_recipe *r, const option *which, detinit_error *error)
{
    return r->rank == 2 ||
           refuse(error,
                  "%s: a tensor of %zu dimension%s is shown; shape ROWS,COLS makes it a matrix",
                  which->name, r->rank, r->rank > 1 ? "s" : "");
}

static bool follow_std(detinit_recipe *r, detinit_error *error)
{
    (void)error;
    if (!detinit_mode_takes_std(r->mode))
        r->mode = DETINIT_NORMAL;
    return true;
}

static bool follow_orthogonal(detinit_recipe *r, detinit_error *error)
{
    (void)error;
    if (r->orthogonal)
        r->dist = DETINIT_DIST_OF_MODE;
    return true;
}

/* What is not drawn is not made orthogonal either. */
static bool follow_mode(detinit_recipe *r, detinit_error *error)
{
    (void)error;
    r->orthogonal = r->orthogonal && detinit_mode_is_drawn(r->mode);
    return true;
}

static bool follow_value(detinit_recipe *r, detinit_error *error)
{
    r->mode = DETINIT_CONSTANT;
    return follow_mode(r, error);
}

static bool follow_cut(detinit_recipe *r, detinit_error *error)
{
    const detinit_dist dist = detinit_recipe_dist(r);
    (void)error;
    if (dist != DETINIT_DIST_TRUNC_NORMAL && (dist != DETINIT_DIST_TRUNCATED || r->cut != 2))
        r->dist = DETINIT_DIST_TRUNC_NORMAL;
    return true;
}

bool option_refuse_dist(detinit_error *error)
{
    return refuse(error, "dist: an orthogonal matrix is made from normal draws");
}

static bool follow_dist(detinit_recipe *r, detinit_error *error)
{
    const bool normal = r->dist == DETINIT_DIST_OF_MODE || r->dist == DETINIT_DIST_NORMAL;
    return normal || !r->orthogonal || option_refuse_dist(error);
}

/* ------------------------------------------------------------------- others */

static bool done_exact(model *m, detinit_error *error)
{
    (void)error;
    m->results.has[PIECE_SURVEY] = false;
    return true;
}

/* A threshold and a share each take the place of the other. */
static bool take_threshold(model *m, option_id id)
{
    m->settings.given[OPTION_THRESHOLD] = id == OPTION_THRESHOLD;
    m->settings.given[OPTION_SPARSITY] = id == OPTION_SPARSITY;
    model_apply_threshold(m);
    return true;
}

static bool done_threshold(model *m, detinit_error *error)
{
    (void)error;
    return take_threshold(m, OPTION_THRESHOLD);
}

static bool done_sparsity(model *m, detinit_error *error)
{
    (void)error;
    return take_threshold(m, OPTION_SPARSITY);
}

/* Other layers: those that are known already are there at once. */
static bool done_signal(model *m, detinit_error *error)
{
    (void)error;
    m->results.given_up &= ~(PIECES_OF_SIGNALS | PIECE_BIT(PIECE_PHASE));
    model_look_for_signals(m);
    return true;
}

/* What a report would print is a pane here, or a piece of work. */
static bool done_compare_modes(model *m, detinit_error *error)
{
    (void)error;
    m->settings.output.compare_modes = false;
    pane_focus(m, &pane_modes);
    return true;
}

static bool done_show_dist(model *m, detinit_error *error)
{
    (void)error;
    m->settings.output.show_dist = false;
    pane_focus(m, &pane_histogram);
    return true;
}

static bool done_test_repro(model *m, detinit_error *error)
{
    (void)error;
    m->settings.output.test_repro = false;
    m->wanted |= 1u << PIECE_REPRODUCIBILITY;
    m->results.has[PIECE_REPRODUCIBILITY] = false;
    return true;
}

static bool done_factors(model *m, detinit_error *error)
{
    (void)error;
    model_make_anew(m, PIECE_PRODUCT);
    return true;
}

static bool done_widest(model *m, detinit_error *error)
{
    (void)error;
    model_make_anew(m, PIECE_COORDINATES);
    return true;
}

/* Whether a path is that of the file that is looked at, which a save would replace unasked. */
static bool is_looked_at(const model *m, const char *path)
{
    return m->viewed.list != NULL &&
           target_is_of(path, detinit_tensorfile_path(m->viewed.list->file->held.file));
}

static bool done_save(model *m, detinit_error *error)
{
    char names[FORMAT_NAMES];
    output_settings *output = &m->settings.output;
    bool good = format_of_path_is(output->save, format_saves_matrices);
    if (!good)
        refuse(error, "save: '%.200s' must end in %s, which names the format", output->save,
               format_names(format_saves_matrices, names));
    else if (is_looked_at(m, output->save))
        good = refuse(error, "save: '%.200s' is what is read; choose another", output->save);
    if (!good) {
        free(output->save);
        output->save = NULL;
        return false;
    }
    return model_ask_save(m, output->save) || refuse_memory(error);
}

/* Takes a recipe, and says what of it changes nothing in this shape. */
static bool set_recipe(model *m, const detinit_recipe *recipe, detinit_error *error)
{
    const char *note = recipe_note(recipe);
    if (!model_set_recipe(m, recipe, error))
        return false;
    if (note != NULL)
        model_say(m, MESSAGE_INFO, "%s", note);
    return true;
}

static const option_effect effects[OPTION_COUNT] = {
    [OPTION_ROWS] = {.fits = side_fits},
    [OPTION_COLS] = {.fits = side_fits},
    [OPTION_MODE] = {.follow = follow_mode},
    [OPTION_STD] = {.follow = follow_std},
    [OPTION_CUT] = {.follow = follow_cut},
    [OPTION_VALUE] = {.follow = follow_value},
    [OPTION_DIST] = {.follow = follow_dist},
    [OPTION_ORTHOGONAL] = {.follow = follow_orthogonal},
    [OPTION_COMPARE_MODES] = {.done = done_compare_modes},
    [OPTION_SHOW_DIST] = {.done = done_show_dist},
    [OPTION_TEST_REPRO] = {.done = done_test_repro},
    [OPTION_THRESHOLD] = {.done = done_threshold},
    [OPTION_SPARSITY] = {.done = done_sparsity},
    [OPTION_FACTORS] = {.done = done_factors},
    [OPTION_WIDEST] = {.done = done_widest},
    [OPTION_ACTIVATION] = {.done = done_signal},
    [OPTION_DEPTH] = {.done = done_signal},
    [OPTION_WIDTH] = {.done = done_signal},
    [OPTION_INPUTS] = {.done = done_signal},
    [OPTION_SIGMA_B] = {.done = done_signal},
    [OPTION_RESIDUAL] = {.done = done_signal},
    [OPTION_NORMALIZATION] = {.done = done_signal},
    [OPTION_SAVE] = {.done = done_save},
    [OPTION_EXACT] = {.done = done_exact},
};

bool option_command(model *m, const option *which, const char *value, detinit_error *error)
{
    const option_effect *effect = &effects[which - options];
    settings changed = m->settings;
    if ((which->uses & OPTION_IN_RECIPE) == 0) {
        const undo_step before = undo_step_of(&m->settings, &m->viewed);
        const bool done = option_set(&m->settings, which, value, false, error) &&
                          (effect->done == NULL || effect->done(m, error));
        model_remember(m, &before);
        return done;
    }
    return (effect->fits == NULL || effect->fits(&changed.recipe, which, error)) &&
           option_set(&changed, which, value, false, error) &&
           (effect->follow == NULL || effect->follow(&changed.recipe, error)) &&
           option_check_counts(which, &changed.recipe, false, error) &&
           set_recipe(m, &changed.recipe, error);
}
