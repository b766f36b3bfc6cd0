#include "model/model.h"

#include "detinit_describe.h"
#include "option/option.h"
#include "option/place.h"
#include "verb/command_line.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An orthogonal matrix of more weights than this is factored by the worker, not at once. */
#define ORTHOGONAL_AT_ONCE ((uint64_t)64 * 64)

/* A sample is refined to all weights up to this many: minutes, not days. */
#define REFINE_MOST ((uint64_t)1 << 36)

static void spectrum_free(spectrum_result *s)
{
    free(s->normal);
    free(s->orthogonal);
    free(s->gram_normal);
    free(s->gram_orthogonal);
    *s = (spectrum_result){.count = 0};
}

static void modes_free(mode_result *modes)
{
    for (int mode = 0; mode < DETINIT_MODE_COUNT; mode++)
        detinit_survey_free(&modes[mode].survey);
}

void results_free(results *r)
{
    detinit_matrix_free(r->matrix);
    detinit_survey_free(&r->survey);
    modes_free(r->modes);
    spectrum_free(&r->spectrum);
    *r = (results){.matrix = NULL};
}

void results_take(results *to, results *from, piece_id id)
{
    switch (id) {
    case PIECE_MATRIX:
        detinit_matrix_free(to->matrix);
        to->matrix = from->matrix;
        from->matrix = NULL;
        break;
    case PIECE_SURVEY:
    case PIECE_EXACT_SURVEY:
        detinit_survey_free(&to->survey);
        to->survey = from->survey;
        from->survey = (detinit_survey){.histogram = {0}};
        break;
    case PIECE_MODES:
        modes_free(to->modes);
        memcpy(to->modes, from->modes, sizeof to->modes);
        memset(from->modes, 0, sizeof from->modes);
        break;
    case PIECE_SPECTRUM:
        spectrum_free(&to->spectrum);
        to->spectrum = from->spectrum;
        from->spectrum = (spectrum_result){.count = 0};
        break;
    case PIECE_REPRODUCIBILITY:
        to->reproducibility = from->reproducibility;
        break;
    case PIECE_SAVE:
        to->saved_bytes = from->saved_bytes;
        break;
    case PIECE_COUNT:
        break;
    }
    to->has[id] = true;
}

bool model_light(const model *m)
{
    background_kind chosen = m->settings.screen.background;
    return chosen == BACKGROUND_AUTO ? m->terminal_light : chosen == BACKGROUND_LIGHT;
}

bool model_refines(const model *m)
{
    uint64_t count;
    return m->results.has[PIECE_SURVEY] && m->results.survey.statistics.sampled &&
           detinit_recipe_count(&m->settings.recipe, &count) && count <= REFINE_MOST;
}

uint64_t model_rows(const model *m)
{
    return detinit_recipe_rows(&m->settings.recipe);
}

uint64_t model_cols(const model *m)
{
    return detinit_recipe_cols(&m->settings.recipe);
}

/* A file is analyzed at the threshold of the pane; the showcase chooses its own. */
static const char *trained_command_line(const trained_network *t, char *buffer, size_t size)
{
    char text[32];
    const settings at = {.tracking = {.threshold = t->threshold}};
    if (t->steps > 0)
        snprintf(buffer, size, "%s", t->command);
    else
        snprintf(buffer, size, "%s --threshold %s", t->command,
                 option_text(&at, &options[OPTION_THRESHOLD], text, sizeof text));
    return buffer;
}

const char *model_command_line(const model *m, char *buffer, size_t size)
{
    static const char *const asks[PANE_COUNT] = {
        [PANE_HISTOGRAM] = " --show-dist",
        [PANE_MODES] = " --compare-modes",
    };
    const view *v = &m->view;
    char place[PLACE_TEXT];
    bool weight = v->pane == PANE_WEIGHT;
    if (v->pane == PANE_TRAINING && m->trained != NULL)
        return trained_command_line(m->trained, buffer, size);
    command_line_of(&m->settings, weight ? VERB_WEIGHT : VERB_PRINT, buffer, size);
    size_t length = strlen(buffer);
    if (weight)
        snprintf(buffer + length, size - length, " --at %s",
                 place_text(&m->settings.recipe, v->row, v->col, place, sizeof place));
    else if (asks[v->pane] != NULL)
        snprintf(buffer + length, size - length, "%s", asks[v->pane]);
    return buffer;
}

void model_move_to(model *m, uint64_t row, uint64_t col)
{
    m->view.row = row < model_rows(m) ? row : model_rows(m) - 1;
    m->view.col = col < model_cols(m) ? col : model_cols(m) - 1;
}

/* The matrix itself, where it takes no time; else the worker will make it. */
static void make_matrix_at_once(model *m)
{
    const detinit_recipe *recipe = &m->settings.recipe;
    uint64_t count;
    bool small = detinit_recipe_count(recipe, &count) && count <= ORTHOGONAL_AT_ONCE;
    detinit_run run = {.threads = 1};
    if (recipe->orthogonal && !small)
        return;
    if (detinit_matrix_new(recipe, &run, &m->results.matrix, NULL) == DETINIT_OK)
        m->results.has[PIECE_MATRIX] = true;
}

bool model_ask_network(model *m, training_task task, const settings *s)
{
    training_wishes_free(&m->wishes);
    training_wish *wish = training_wish_add(&m->wishes, task, s);
    if (wish == NULL)
        return false;
    wish->generation = m->training = ++m->trainings;
    trained_network_free(m->trained);
    m->trained = NULL;
    /* What flags said is the recipe of the view; a file's manifest may say otherwise. */
    for (int id = 0; id < OPTION_COUNT; id++)
        if ((options[id].uses & OPTION_IN_RECIPE) != 0)
            wish->settings.given[id] = false;
    if (task == TRAINING_OPEN && s->file != m->opened)
        snprintf(m->opened, sizeof m->opened, "%s", s->file);
    return true;
}

/* A file that was compared with the view's recipe is compared anew. */
static void compare_anew(model *m)
{
    settings s = m->settings;
    if (m->trained == NULL || !m->trained->of_view)
        return;
    s.file = m->opened;
    model_ask_network(m, TRAINING_OPEN, &s);
}

/* Everything that belonged to another recipe goes. */
static void start_generation(model *m)
{
    compare_anew(m);
    m->generation++;
    m->wanted = 0;
    results_free(&m->results);
    make_matrix_at_once(m);
    model_move_to(m, m->view.row, m->view.col);
}

void model_init(model *m, const settings *initial)
{
    *m = (model){.settings = *initial, .width = 80, .height = 24};
    m->view.page_rows = m->view.page_cols = 1;
    start_generation(m);
}

void model_free(model *m)
{
    results_free(&m->results);
    trained_network_free(m->trained);
    training_wishes_free(&m->wishes);
    settings_free(&m->settings);
}

bool model_set_recipe(model *m, const detinit_recipe *recipe, detinit_error *error)
{
    if (detinit_recipe_check(recipe, error) != DETINIT_OK)
        return false;
    if (memcmp(recipe, &m->settings.recipe, sizeof *recipe) == 0)
        return true;
    m->undo[m->undo_next] = m->settings.recipe;
    m->undo_next = (m->undo_next + 1) % UNDO_DEPTH;
    if (m->undo_count < UNDO_DEPTH)
        m->undo_count++;
    m->settings.recipe = *recipe;
    start_generation(m);
    return true;
}

bool model_undo(model *m)
{
    if (m->undo_count == 0)
        return false;
    m->undo_count--;
    m->undo_next = (m->undo_next + UNDO_DEPTH - 1) % UNDO_DEPTH;
    m->settings.recipe = m->undo[m->undo_next];
    start_generation(m);
    return true;
}

void model_apply_threshold(model *m)
{
    if (m->trained != NULL)
        trained_set_threshold(m->trained,
                              trained_wanted_threshold(m->trained, threshold_chosen(&m->settings)));
}

void model_take_trained(model *m, trained_network *t)
{
    trained_network_free(m->trained);
    m->trained = t;
    if (m->view.training.tensor >= t->layer_count)
        m->view.training = (training_view){.detail = m->view.training.detail};
    model_apply_threshold(m);
}

void model_say(model *m, message_kind kind, const char *format, ...)
{
    va_list args;
    m->message_kind = kind;
    va_start(args, format);
    vsnprintf(m->message, sizeof m->message, format, args);
    va_end(args);
}
