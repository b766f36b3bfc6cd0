#include "model/training.h"
#include "base/error.h"

#include "base/progress.h"
#include "detinit_track.h"
#include "option/refuse.h"
#include "system/target.h"
#include "train/prune.h"
#include "trained/checkpoint.h"
#include "trained/showcase.h"
#include "trained/training_files.h"
#include "verb/command_line.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Weights of a file that is compared with its recipes. */
#define COMPARED_MOST ((uint64_t)1 << 32)

struct training_state {
    uint64_t number;      /* of the network, by the request that it came from; 0: there is none */
    trained_network *now; /* or NULL */
    char *data;           /* of a training: the directory that `show` may point to */
    showcase_result show; /* of a training; else all zero */
    checkpoint file;      /* else all zero */
    /* What the showcase measured; what is measured later joins them one at a time. */
    trained_pruning levels[SHOWCASE_LEVELS];
    size_t level_count;
};

training_state *training_state_new(void)
{
    return calloc(1, sizeof(training_state));
}

static void clear(training_state *s)
{
    trained_network_free(s->now);
    showcase_free(&s->show);
    checkpoint_close(&s->file);
    free(s->data);
    *s = (training_state){0};
}

void training_state_free(training_state *s)
{
    if (s != NULL)
        clear(s);
    free(s);
}

void training_note_remains(const training_state *s, work_request *r)
{
    r->lost = s->number != r->generation;
    if (!r->lost)
        return;
    r->remains_of = s->number;
    r->remains = s->now != NULL ? trained_network_copy(s->now) : NULL;
}

static detinit_status no_memory(detinit_error *error)
{
    return error_set(error, DETINIT_NO_MEMORY, "not enough memory to show a trained network");
}

/* ---------------------------------------------------------------- training */

static void name_network(const train_request *r, const showcase_result *show, trained_network *t)
{
    settings shown;
    settings_init(&shown);
    shown.recipe = r->recipe;
    shown.training = r->training;
    snprintf(t->source, sizeof t->source, "%s on %s", show->widths,
             show->directory == NULL    ? "made data"
             : r->training.data == NULL ? "Fashion-MNIST"
                                        : show->directory);
    snprintf(t->recipe, sizeof t->recipe, "seed %llu, %s%s", (unsigned long long)r->recipe.seed,
             detinit_mode_name(r->recipe.mode), r->recipe.orthogonal ? ", orthogonal" : "");
    if (show->keep < 1) {
        const size_t length = strlen(t->recipe);
        snprintf(t->recipe + length, sizeof t->recipe - length, ", keep %.3g %%", 100 * show->keep);
    }
    command_line_of(&shown, &verb_showcase, t->command, sizeof t->command);
}

/* The picture of a network that is to be trained, each weight where it begins. */
static trained_network *picture_network(const train_request *r, const showcase_result *show)
{
    const mlp *net = &show->net;
    trained_network *t = trained_network_new(net->layers, show->epoch_count);
    bool enough = t != NULL;
    if (enough)
        t->keep = show->keep;
    for (size_t k = 0; k < net->layers && enough; k++) {
        enough = trained_layer_shape(&t->layers[k], show->network.layers[k].name,
                                     net->widths[k + 1], net->widths[k], mlp_layer_count(net, k));
        trained_layer_pictures(&t->layers[k], &show->network.layers[k].recipe);
    }
    if (enough) {
        name_network(r, show, t);
        trained_network_finish(t);
        return t;
    }
    trained_network_free(t);
    return NULL;
}

/* Counts the differences of the network as it is now. */
static void count_network(const showcase_result *r, trained_network *t)
{
    for (size_t k = 0; k < t->layer_count; k++) {
        trained_layer *layer = &t->layers[k];
        size_t first = mlp_first_weight(&r->net, k), count = mlp_layer_count(&r->net, k);
        for (size_t n = 0; n < count; n++)
            layer->held[n] = prune_distance(r->net.weights[first + n], r->initial[first + n]);
        trained_layer_clear(layer);
        trained_layer_add(layer, layer->held, count);
    }
    trained_network_finish(t);
}

/* A training, and those who are told how far it is. */
typedef struct observed {
    training_state *state;
    const work_tools *tools;
} observed;

static void observe(void *context, const showcase_result *r, const training_moment *moment)
{
    const observed *o = context;
    trained_network *t = o->state->now;
    count_network(r, t);
    t->step = moment->steps_done;
    t->steps = moment->steps;
    t->epoch = moment->epoch_done || moment->epoch == 0 ? moment->epoch : moment->epoch - 1;
    if (moment->epoch_done)
        t->epoch_rows[moment->epoch] =
            (trained_epoch){r->epochs[moment->epoch].loss, r->epochs[moment->epoch].accuracy};
    trained_add_point(t);
    o->tools->publish(o->tools->context, t);
}

static trained_pruning pruning_of_level(const showcase_level *level)
{
    trained_pruning p = {.threshold = level->threshold, .sleeping = level->sleeping};
    memcpy(p.accuracy, level->accuracy, sizeof p.accuracy);
    return p;
}

/* The prunings that the showcase measures. */
static detinit_status measure_levels(training_state *s, threshold_choice choice,
                                     const detinit_run *run, detinit_error *error)
{
    showcase_result *r = &s->show;
    detinit_status status = showcase_prune(choice, r, run, error);
    for (size_t n = 0; n < SHOWCASE_LEVELS && status == DETINIT_OK; n++) {
        if (showcase_repeats(r, n))
            continue;
        s->levels[s->level_count++] = pruning_of_level(&r->levels[n]);
        trained_add_pruning(s->now, &s->levels[n]);
    }
    return status;
}

/* Puts a network that begins in the place of the one before. */
static detinit_status prepare(training_state *s, const work_request *r, const detinit_run *run,
                              detinit_error *error)
{
    training_state fresh = {.number = r->generation};
    training_settings how = r->of.train.training;
    if (how.data != NULL && (how.data = fresh.data = strdup(how.data)) == NULL)
        return no_memory(error);
    detinit_status status = showcase_prepare(&how, &r->of.train.recipe, &fresh.show, run, error);
    if (status == DETINIT_OK && (fresh.now = picture_network(&r->of.train, &fresh.show)) == NULL)
        status = no_memory(error);
    if (status != DETINIT_OK) {
        clear(&fresh);
        return status;
    }
    clear(s);
    *s = fresh;
    return DETINIT_OK;
}

detinit_status training_train(work_request *r, const work_tools *tools, detinit_error *error)
{
    const train_request *asked = &r->of.train;
    training_state *s = tools->training;
    observed o = {s, tools};
    const showcase_observer observer = {observe, &o};
    detinit_status status = prepare(s, r, tools->run, error);
    if (status != DETINIT_OK)
        return status;
    trained_network *t = s->now;
    status = showcase_train(&asked->training, asked->recipe.seed, &s->show, &observer, tools->run,
                            error);
    if (status == DETINIT_CANCELLED || status == DETINIT_NUMERIC)
        count_network(&s->show, t); /* as far as it came */
    if (status == DETINIT_OK)
        status = measure_levels(s, asked->threshold, tools->run, error);
    examples_free(&s->show.data.train);
    t->ended = true;
    tools->publish(tools->context, t);
    if (status == DETINIT_OK)
        snprintf(r->said, sizeof r->said, "trained %.120s: %.1f %% of the test set right",
                 t->source, 100 * t->epoch_rows[t->epochs].accuracy);
    return status;
}

/* A network that was stopped is another than that of its last epoch: its own accuracy is measured.
 */
static detinit_status measure_unpruned(training_state *s, const detinit_run *run,
                                       detinit_error *error)
{
    showcase_level none = {.threshold = -1};
    detinit_status status = showcase_measure(&s->show, &none, run, error);
    if (status == DETINIT_OK)
        s->levels[s->level_count++] = pruning_of_level(&none);
    return status;
}

/* The accuracies at one threshold more, beside those that the showcase measured. */
detinit_status training_measure(work_request *r, const work_tools *tools, detinit_error *error)
{
    training_state *s = tools->training;
    trained_network *t = s->now;
    const showcase_result *show = &s->show;
    showcase_level level = {.threshold = r->of.measure.threshold};
    if (s->number != r->generation || show->net.layers == 0)
        return DETINIT_OK; /* nothing to measure, however often it is asked for */
    level.sleeping = prune_count_within(show->net.weights, show->initial, show->net.weight_count,
                                        level.threshold);
    detinit_status status =
        s->level_count == 0 ? measure_unpruned(s, tools->run, error) : DETINIT_OK;
    if (status == DETINIT_OK)
        status = showcase_measure(show, &level, tools->run, error);
    if (status != DETINIT_OK)
        return status;
    trained_pruning measured = pruning_of_level(&level);
    t->pruning_count = 0;
    for (size_t n = 0; n < s->level_count; n++)
        trained_add_pruning(t, &s->levels[n]);
    trained_add_pruning(t, &measured);
    tools->publish(tools->context, t);
    return DETINIT_OK;
}

/* ------------------------------------------------------------------- files */

static detinit_status take_deltas(void *context, uint64_t first, size_t count, const double *deltas,
                                  detinit_error *error)
{
    trained_layer *layer = context;
    (void)error;
    trained_layer_add(layer, deltas, count);
    for (size_t n = 0; n < count; n++) {
        uint64_t row = (first + n) / layer->cols, col = (first + n) % layer->cols;
        if (row % layer->row_step == 0 && col % layer->col_step == 0)
            layer->held[row / layer->row_step * layer->held_cols + col / layer->col_step] =
                deltas[n];
    }
    return DETINIT_OK;
}

static detinit_status read_tensors(const checkpoint *c, trained_network *t, const detinit_run *run,
                                   detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    shared_progress all = {.run = run};
    for (size_t k = 0; k < c->count; k++)
        all.total += c->tracked[k].count;
    size_t most = all.total <= TRAINED_HELD ? TRAINED_HELD : TRAINED_HELD / c->count + 1;
    for (size_t k = 0; k < c->count && status == DETINIT_OK; k++) {
        const detinit_tracked *tracked = &c->tracked[k];
        const detinit_run part = progress_share(&all, tracked->count);
        trained_layer *layer = &t->layers[k];
        if (!trained_layer_shape(layer, checkpoint_name(c, tracked->tensor),
                                 detinit_recipe_rows(&tracked->recipe),
                                 detinit_recipe_cols(&tracked->recipe), most))
            return no_memory(error);
        trained_layer_pictures(layer, &tracked->recipe);
        status = detinit_tracked_deltas(tracked, take_deltas, layer, &part, error);
    }
    return status;
}

static void name_file(const checkpoint *c, const open_request *r, trained_network *t)
{
    settings shown;
    settings_init(&shown);
    shown.file = r->file;
    shown.network.manifest = r->manifest;
    shown.network.names = r->names;
    shown.network.partial = r->partial;
    t->of_view =
        r->manifest == NULL && detinit_tensorfile_metadata(c->file, "detinit.manifest") == NULL;
    snprintf(t->source, sizeof t->source, "%s", detinit_tensorfile_path(c->file));
    if (t->of_view) {
        shown.recipe = r->recipe;
        snprintf(t->recipe, sizeof t->recipe, "seed %llu, layer %llu, %s",
                 (unsigned long long)r->recipe.seed, (unsigned long long)r->recipe.layer,
                 detinit_mode_name(r->recipe.mode));
    } else {
        snprintf(t->recipe, sizeof t->recipe, "recipes of its manifest");
    }
    command_line_of(&shown, &verb_analyze, t->command, sizeof t->command);
}

/* A file that tells recipes, and is read in minutes, not days. */
static bool is_to_be_compared(const checkpoint *c)
{
    uint64_t weights = 0;
    for (size_t n = 0; n < c->count; n++)
        weights += c->tracked[n].count;
    return c->count > 0 && weights <= COMPARED_MOST;
}

detinit_status training_open(work_request *r, const work_tools *tools, detinit_error *error)
{
    const open_request *asked = &r->of.open;
    const checkpoint_source from = {.file = asked->file,
                                    .manifest = asked->manifest,
                                    .recipe = &asked->recipe,
                                    .names = asked->names,
                                    .partial = asked->partial};
    training_state fresh = {.number = r->generation}, *s = tools->training;
    char why[sizeof error->message];
    detinit_status status = checkpoint_look(&from, &fresh.file, why, sizeof why, error);
    if (status == DETINIT_OK && !is_to_be_compared(&fresh.file)) {
        clear(&fresh);
        return DETINIT_OK;
    }
    if (status == DETINIT_OK && (fresh.now = trained_network_new(fresh.file.count, 0)) == NULL)
        status = no_memory(error);
    if (status == DETINIT_OK)
        status = read_tensors(&fresh.file, fresh.now, tools->run, error);
    if (status != DETINIT_OK) {
        clear(&fresh);
        return status;
    }
    trained_network_finish(fresh.now);
    name_file(&fresh.file, asked, fresh.now);
    fresh.now->ended = true;
    clear(s);
    *s = fresh;
    tools->publish(tools->context, s->now);
    return DETINIT_OK;
}

/*
 * The file of the network that a request is of.  What was trained here becomes one first, `made`,
 * which is closed by checkpoint_close.
 */
static detinit_status find_file(const work_tools *tools, const work_request *r, checkpoint *made,
                                const checkpoint **file, detinit_error *error)
{
    const training_state *s = tools->training;
    *made = (checkpoint){0};
    if (s->now == NULL || s->number != r->generation)
        return DETINIT_CANCELLED; /* what was asked for never came to be */
    *file = s->file.file != NULL ? &s->file : made;
    if (s->file.file == NULL)
        return training_file_of(&s->show, tools->run, made, error);
    if (target_is_of(r->of.file.path, detinit_tensorfile_path(s->file.file)))
        return error_set(error, DETINIT_INVALID, "'%.200s' is what is read; choose another",
                         r->of.file.path);
    return DETINIT_OK;
}

detinit_status training_prune(work_request *r, const work_tools *tools, detinit_error *error)
{
    const file_request *asked = &r->of.file;
    const training_state *s = tools->training;
    const checkpoint *c;
    checkpoint made;
    detinit_status status = find_file(tools, r, &made, &c, error);
    if (status == DETINIT_OK)
        status = training_file_prune(c, s->now, asked->way, asked->threshold, asked->path,
                                     tools->run, r->said, error);
    checkpoint_close(&made);
    return status;
}

detinit_status training_pack(work_request *r, const work_tools *tools, detinit_error *error)
{
    const file_request *asked = &r->of.file;
    const training_state *s = tools->training;
    const checkpoint *c;
    checkpoint made;
    detinit_status status = find_file(tools, r, &made, &c, error);
    if (status == DETINIT_OK)
        status = training_file_pack(c, s->now, asked->threshold, asked->path, tools->run, r->said,
                                    error);
    checkpoint_close(&made);
    return status;
}
