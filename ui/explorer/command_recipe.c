/* Commands that change the recipe in small steps, take changes back, and tell it. */
#include "explorer/command_row.h"

#include "explorer/command_file.h"
#include "explorer/command_option.h"
#include "explorer/command_training.h"
#include "explorer/screen.h"
#include "model/viewing.h"
#include "option/idle.h"
#include "option/option.h"
#include "option/recipe_text.h"
#include "option/refuse.h"
#include "pane/pane.h"

#include <string.h>

static bool step_seed(model *m, int by, detinit_error *error)
{
    detinit_recipe r = m->settings.recipe;
    r.seed += (uint64_t)(int64_t)by;
    return model_set_recipe(m, &r, error);
}

static bool step_layer(model *m, int by, detinit_error *error)
{
    detinit_recipe r = m->settings.recipe;
    if (by < 0 && r.layer == 0) {
        model_say(m, MESSAGE_INFO, "layer 0 is the first");
        return true;
    }
    r.layer += (uint64_t)(int64_t)by;
    return model_set_recipe(m, &r, error);
}

/* Another of the values of an option that has the value `now`. */
static bool step_choice(model *m, option_id id, int now, int by, detinit_error *error)
{
    const option_choice *choice = options[id].choice;
    return option_command(m, &options[id], choice->name(command_step(now, by, choice->count)),
                          error);
}

/* Among the schemes that draw; from another mode to the first of them, or the last. */
static bool step_mode(model *m, int by, detinit_error *error)
{
    const detinit_mode now = m->settings.recipe.mode;
    const int from = detinit_mode_is_drawn(now) ? (int)now : by > 0 ? -1 : DETINIT_SCHEME_COUNT;
    const int next = command_step(from, by, DETINIT_SCHEME_COUNT);
    return option_command(m, &options[OPTION_MODE], detinit_mode_name((detinit_mode)next), error);
}

static bool step_fan_in(model *m, int by, detinit_error *error)
{
    return step_choice(m, OPTION_FAN_IN, (int)m->settings.recipe.fan_in, by, error);
}

/* The mode's own, which has no name at the prompt, is one of the steps. */
static bool step_dist(model *m, int by, detinit_error *error)
{
    detinit_recipe r = m->settings.recipe;
    if (r.orthogonal)
        return option_refuse_dist(error);
    if (!option_check_counts(&options[OPTION_DIST], &r, false, error))
        return false;
    do /* a cut may be none that the next one takes */
        r.dist = (detinit_dist)command_step((int)r.dist, by, DETINIT_DIST_COUNT);
    while (detinit_recipe_check(&r, error) != DETINIT_OK);
    return model_set_recipe(m, &r, error);
}

static bool step_activation(model *m, int by, detinit_error *error)
{
    return step_choice(m, OPTION_ACTIVATION, (int)m->settings.signal.activation, by, error);
}

/* What next and previous take: the same words, one a step on, the other a step back. */
static command_word step_words(int n, int by)
{
    const command_word words[] = {
        {"seed", step_seed, by, true},
        {"layer", step_layer, by, true},
        {"mode", step_mode, by, true},
        {"dist", step_dist, by, true},
        {"fan-in", step_fan_in, by, true},
        {"activation", step_activation, by, true},
        {"threshold", training_step_threshold, by, true},
        {"tensor", training_step_tensor, by, true},
        {"hit", screen_next_hit, by, true},
        {"slice", file_step_slice, by, true},
        {"found", file_step_found, by, true},
        {.name = NULL},
    };
    return words[n];
}

static command_word next_words(int n)
{
    return step_words(n, 1);
}

static command_word previous_words(int n)
{
    return step_words(n, -1);
}

static bool toggle_orthogonal(model *m, int by, detinit_error *error)
{
    (void)by;
    return option_command(m, &options[OPTION_ORTHOGONAL],
                          m->settings.recipe.orthogonal ? "off" : "on", error);
}

static bool toggle_residual(model *m, int by, detinit_error *error)
{
    (void)by;
    return option_command(m, &options[OPTION_RESIDUAL], m->settings.signal.residual ? "off" : "on",
                          error);
}

static bool toggle_normalization(model *m, int by, detinit_error *error)
{
    return step_choice(m, OPTION_NORMALIZATION, (int)m->settings.signal.normalization, by, error);
}

static command_word toggle_words(int n)
{
    static const command_word words[] = {{"orthogonal", toggle_orthogonal, 0, true},
                                         {"residual", toggle_residual, 0, true},
                                         {"normalization", toggle_normalization, 1, true},
                                         {.name = NULL}};
    return words[n];
}

/* Of another tensor or face the recipe is no news. */
static void say_change(model *m, const char *done, const settings *before, const viewed *from)
{
    char change[512];
    if (memcmp(from, &m->viewed, sizeof *from) != 0)
        model_say(m, MESSAGE_INFO, "%s: shows %s%.300s%s", done,
                  viewing_is_of_file(m) ? "" : "the recipe",
                  viewing_is_of_file(m) ? viewing_name(m) : "",
                  !viewing_is_of_file(m) || m->viewed.face == FACE_TRAINED ? ""
                  : m->viewed.face == FACE_INITIAL                         ? ", w0"
                                                                           : ", w - w0");
    else
        model_say(m, MESSAGE_INFO, "%s: %s", done,
                  settings_change(before, &m->settings, change, sizeof change));
}

static bool run_undo(model *m, const char *value, detinit_error *error)
{
    const settings before = m->settings; /* whose texts no undo changes */
    viewed from;
    (void)value;
    memcpy(&from, &m->viewed, sizeof from);
    if (!model_undo(m))
        return refuse(error, "undo: nothing was changed yet");
    say_change(m, "undone", &before, &from);
    return true;
}

static bool run_redo(model *m, const char *value, detinit_error *error)
{
    const settings before = m->settings; /* whose texts no undo changes */
    viewed from;
    (void)value;
    memcpy(&from, &m->viewed, sizeof from);
    if (!model_redo(m))
        return refuse(error, "redo: nothing was undone, or something was changed since");
    say_change(m, "redone", &before, &from);
    return true;
}

static bool run_recipe(model *m, const char *value, detinit_error *error)
{
    char line[512];
    (void)value, (void)error;
    model_say(m, MESSAGE_GOOD, "%s", pane_command_line(m, line, sizeof line));
    return true;
}

const command recipe_commands[] = {
    {.name = "next", .value = "NAME", .words = next_words, .help = "next"},
    {.name = "previous", .value = "NAME", .words = previous_words, .help = "previous"},
    {.name = "toggle", .value = "NAME", .words = toggle_words, .help = "turn on or off"},
    {.name = "undo", .help = "take the last change back", .run = run_undo},
    {.name = "redo", .help = "make the change anew that undo took back", .run = run_redo},
    {.name = "recipe",
     .help = "show the command line that prints this, to copy",
     .run = run_recipe},
    {.name = NULL},
};
