#include "model/model.h"

#include "base/shape.h"
#include "base/utf8.h"
#include "option/option.h"
#include "verb/command_line.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An orthogonal matrix of more weights than this is factored by the worker, not at once. */
#define ORTHOGONAL_AT_ONCE ((uint64_t)64 * 64)

/* A sample is refined to all weights up to this many: minutes, not days. */
#define REFINE_MOST ((uint64_t)1 << 36)

bool model_light(const model *m)
{
    background_kind chosen = m->settings.screen.background;
    return chosen == BACKGROUND_AUTO ? m->terminal_light : chosen == BACKGROUND_LIGHT;
}

void model_make_anew(model *m, piece_id id)
{
    m->results.has[id] = false;
    m->results.given_up &= ~PIECE_BIT(id);
    if (id == PIECE_COORDINATES)
        m->results.coordinates = (coordinates){.count = 0};
}

bool model_refines(const model *m)
{
    uint64_t count;
    return m->results.has[PIECE_SURVEY] && m->results.survey.statistics.sampled &&
           detinit_recipe_count(&m->settings.recipe, &count) && count <= REFINE_MOST;
}

static table_place table_of(const model *m)
{
    const detinit_recipe *r = &m->settings.recipe;
    return subject_table(r->rank, r->shape, &m->viewed.table);
}

uint64_t model_rows(const model *m)
{
    return m->viewed.list != NULL ? table_of(m).rows : detinit_recipe_rows(&m->settings.recipe);
}

uint64_t model_cols(const model *m)
{
    return m->viewed.list != NULL ? table_of(m).cols : detinit_recipe_cols(&m->settings.recipe);
}

void model_move_to(model *m, uint64_t row, uint64_t col)
{
    const uint64_t rows = model_rows(m), cols = model_cols(m);
    m->view.row = row < rows ? row : rows > 0 ? rows - 1 : 0;
    m->view.col = col < cols ? col : cols > 0 ? cols - 1 : 0;
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

static bool ask(model *m, work_request *r)
{
    if (r != NULL)
        requests_append(&m->asked, r);
    return r != NULL;
}

bool model_ask_save(model *m, const char *path)
{
    return ask(m, request_save(&m->settings.recipe, path, m->generation, m->settings.run.threads));
}

bool model_ask_file(model *m, work_kind kind, detinit_prune way, const char *path)
{
    return ask(m, request_file(kind, way, threshold_chosen(&m->settings), path, m->training,
                               m->settings.run.threads));
}

/* Asks for a network in the place of what is shown and of those that were asked for before. */
static bool ask_network(model *m, work_request *r)
{
    if (r == NULL)
        return false;
    for (work_request **place = &m->asked; *place != NULL;)
        if ((*place)->kind == WORK_SAVE || (*place)->kind == WORK_RACE ||
            (*place)->kind == WORK_WATCH || (*place)->kind == WORK_VIEW)
            place = &(*place)->next;
        else
            request_free(requests_take(place));
    m->training = ++m->trainings;
    trained_network_free(m->trained);
    m->trained = NULL;
    return ask(m, r);
}

bool model_ask_training(model *m, bool small)
{
    training_settings how = m->settings.training;
    how.small = small;
    if (small)
        how.data = NULL;
    return ask_network(m, request_train(&m->settings.recipe, &how, threshold_chosen(&m->settings),
                                        m->trainings + 1, m->settings.run.threads));
}

bool model_ask_race(model *m)
{
    work_request *r = request_race(m->settings.recipe.seed, m->settings.training.data, m->races + 1,
                                   m->settings.run.threads);
    if (r == NULL)
        return false;
    m->races++;
    m->race_ended = false;
    m->race = (race){.seed = r->of.race.seed};
    command_line_of(&m->settings, &verb_race, m->race_line, sizeof m->race_line);
    return ask(m, r);
}

bool model_ask_opening(model *m, const open_choice *what)
{
    work_request *r =
        request_open(&m->settings.recipe, what, m->trainings + 1, m->settings.run.threads);
    if (r != NULL && what->file != m->opened)
        snprintf(m->opened, sizeof m->opened, "%s", what->file);
    return ask_network(m, r);
}

/* A file that was compared with the view's recipe is compared anew. */
static void compare_anew(model *m)
{
    if (m->trained != NULL && m->trained->of_view)
        model_ask_opening(m, &(open_choice){.file = m->opened});
}

void model_look_for_signals(model *m)
{
    for (int n = 0; n < DETINIT_SCHEME_COUNT; n++) {
        const detinit_propagation request = signal_request(&m->settings, (detinit_mode)n);
        m->results.has[PIECE_SIGNAL + n] = signals_look_for(&m->signals, &request) != NULL;
    }
    m->results.has[PIECE_PHASE] =
        m->signals.phase != NULL && m->signals.phase->activation == m->settings.signal.activation;
}

/* The size of what no recipe promises, until there is a survey. */
static void find_law(model *m)
{
    const tensor_subject s = viewed_subject(&m->viewed, &m->settings.recipe, m->results.matrix);
    const bool made = m->viewed.face == FACE_TRAINED || s.initial != NULL;
    if (!viewed_is_promised(&m->viewed) && made)
        m->law = (likely_law){.recipe = viewed_law(&s, &m->settings.recipe)};
}

/* Everything that belonged to another recipe goes. */
static void start_generation(model *m)
{
    compare_anew(m);
    m->generation++;
    m->wanted = 0;
    results_free(&m->results);
    model_look_for_signals(m);
    make_matrix_at_once(m);
    find_law(m);
    model_move_to(m, m->view.row, m->view.col);
}

void model_init(model *m, const settings *initial)
{
    *m = (model){.settings = *initial, .width = 80, .height = 24};
    start_generation(m);
}

void model_free(model *m)
{
    results_free(&m->results);
    signals_free(&m->signals);
    trained_network_free(m->trained);
    history_clear(&m->watch.history);
    follower_free(m->watch.follower);
    requests_free(&m->asked);
    tensor_list_free(m->files);
    model_forget_waiting(m);
    learning_free(&m->learning);
    settings_free(&m->settings);
}

undo_step undo_step_of(const settings *s, const viewed *l)
{
    undo_step step;
    memset(&step, 0, sizeof step); /* steps are compared byte by byte */
    memcpy(&step.recipe, &s->recipe, sizeof s->recipe);
    memcpy(&step.run, &s->run, sizeof s->run);
    memcpy(&step.tracking, &s->tracking, sizeof s->tracking);
    memcpy(&step.training, &s->training, sizeof s->training);
    memcpy(&step.describe, &s->describe, sizeof s->describe);
    memcpy(&step.signal, &s->signal, sizeof s->signal);
    memcpy(&step.screen, &s->screen, sizeof s->screen);
    memcpy(&step.viewed, l, sizeof *l);
    step.training.data = NULL;
    step.by_threshold = s->given[OPTION_THRESHOLD];
    step.by_share = s->given[OPTION_SPARSITY];
    step.exact = s->output.exact;
    return step;
}

static void push(undo_stack *stack, const undo_step *step)
{
    stack->at[stack->next] = *step;
    stack->next = (stack->next + 1) % UNDO_DEPTH;
    if (stack->count < UNDO_DEPTH)
        stack->count++;
}

void model_remember(model *m, const undo_step *before)
{
    const undo_step now = undo_step_of(&m->settings, &m->viewed);
    if (memcmp(before, &now, sizeof now) == 0)
        return;
    push(&m->undo, before);
    m->redo.count = 0;
}

void model_go_to(model *m, const undo_step *step)
{
    const undo_step now = undo_step_of(&m->settings, &m->viewed);
    settings *s = &m->settings;
    char *data = s->training.data;
    s->recipe = step->recipe;
    s->run = step->run;
    s->tracking = step->tracking;
    s->training = step->training;
    s->training.data = data;
    s->describe = step->describe;
    s->signal = step->signal;
    s->screen = step->screen;
    s->given[OPTION_THRESHOLD] = step->by_threshold;
    s->given[OPTION_SPARSITY] = step->by_share;
    s->output.exact = step->exact;
    memcpy(&m->viewed, &step->viewed, sizeof m->viewed);
    if (memcmp(&now.recipe, &step->recipe, sizeof now.recipe) != 0 ||
        memcmp(&now.viewed, &step->viewed, sizeof now.viewed) != 0)
        start_generation(m);
    if (now.exact != step->exact)
        model_make_anew(m, PIECE_SURVEY);
    if (now.describe.factors != step->describe.factors)
        model_make_anew(m, PIECE_PRODUCT);
    if (now.describe.widest != step->describe.widest)
        model_make_anew(m, PIECE_COORDINATES);
    m->results.given_up &= ~(PIECES_OF_SIGNALS | PIECE_BIT(PIECE_PHASE));
    model_look_for_signals(m);
    model_apply_threshold(m);
}

/* Whether a recipe is one more of the tensor that is looked at; another is looked at by itself. */
static bool is_of_same_tensor(const model *m, const detinit_recipe *r)
{
    return viewed_tracked(&m->viewed) != NULL &&
           shape_same(r->rank, r->shape, m->settings.recipe.rank, m->settings.recipe.shape);
}

bool model_set_recipe(model *m, const detinit_recipe *recipe, detinit_error *error)
{
    if (detinit_recipe_check(recipe, error) != DETINIT_OK)
        return false;
    if (memcmp(recipe, &m->settings.recipe, sizeof *recipe) == 0)
        return true;
    const undo_step before = undo_step_of(&m->settings, &m->viewed);
    if (m->viewed.list != NULL && !is_of_same_tensor(m, recipe)) {
        memset(&m->viewed, 0, sizeof m->viewed);
        model_say(m, MESSAGE_INFO, "the recipe by itself; u goes back to the file");
    }
    m->settings.recipe = *recipe;
    model_remember(m, &before);
    start_generation(m);
    return true;
}

/* Goes back to the step on top of one stack, and puts the present one onto the other. */
static bool go_back(model *m, undo_stack *from, undo_stack *to)
{
    if (from->count == 0)
        return false;
    const undo_step now = undo_step_of(&m->settings, &m->viewed);
    push(to, &now);
    from->count--;
    from->next = (from->next + UNDO_DEPTH - 1) % UNDO_DEPTH;
    model_go_to(m, &from->at[from->next]);
    return true;
}

bool model_undo(model *m)
{
    return go_back(m, &m->undo, &m->redo);
}

bool model_redo(model *m)
{
    return go_back(m, &m->redo, &m->undo);
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
    m->measured_of = 0; /* it may lack what was measured before */
    model_apply_threshold(m);
}

static bool wait_behind(model *m, const char *text, uint64_t opening)
{
    waiting_line *line = malloc(sizeof *line), **last = &m->waiting;
    char *copy = strdup(text);
    if (line == NULL || copy == NULL) {
        free(line);
        free(copy);
        return false;
    }
    *line = (waiting_line){
        .text = copy, .view = m->view, .generation = m->generation, .opening = opening};
    while (*last != NULL)
        last = &(*last)->next;
    *last = line;
    return true;
}

bool model_wait(model *m, const char *text)
{
    return wait_behind(m, text, 0);
}

bool model_wait_for_file(model *m, const char *text)
{
    return wait_behind(m, text, m->viewings);
}

waiting_line *model_take_waiting(model *m)
{
    waiting_line *first = m->waiting;
    if (first != NULL)
        m->waiting = first->next;
    return first;
}

void waiting_line_free(waiting_line *line)
{
    if (line != NULL)
        free(line->text);
    free(line);
}

void model_forget_waiting(model *m)
{
    while (m->waiting != NULL)
        waiting_line_free(model_take_waiting(m));
}

void model_say(model *m, message_kind kind, const char *format, ...)
{
    va_list args;
    m->message_kind = kind;
    va_start(args, format);
    vsnprintf(m->message, sizeof m->message, format, args);
    va_end(args);
    utf8_one_line(m->message, m->message, sizeof m->message);
}
