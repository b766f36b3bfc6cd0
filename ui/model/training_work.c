#include "model/training_work.h"

#include "detinit_track.h"
#include "trained/checkpoint.h"
#include "option/option.h"
#include "train/prune.h"
#include "option/refuse.h"
#include "trained/showcase.h"
#include "trained/training_files.h"
#include "verb/command_line.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct training_desk {
    uint64_t generation;
    trained_network *now; /* NULL: nothing on the desk */
    settings settings;    /* of a training; its result points into them */
    showcase_result show; /* of a training; else all zero */
    checkpoint file;      /* else all zero */
    /* What the showcase measured; what is measured later joins them one at a time. */
    trained_pruning levels[SHOWCASE_LEVELS];
    size_t level_count;
};

training_desk *training_desk_new(void)
{
    return calloc(1, sizeof(training_desk));
}

static void clear(training_desk *desk)
{
    trained_network_free(desk->now);
    showcase_free(&desk->show);
    checkpoint_close(&desk->file);
    settings_free(&desk->settings);
    *desk = (training_desk){0};
}

void training_desk_free(training_desk *desk)
{
    if (desk != NULL)
        clear(desk);
    free(desk);
}

const trained_network *training_desk_now(const training_desk *desk)
{
    return desk->now;
}

uint64_t training_desk_generation(const training_desk *desk)
{
    return desk->generation;
}

static detinit_status no_memory(detinit_error *error)
{
    refuse(error, "not enough memory to show a trained network");
    return error->status = DETINIT_NO_MEMORY;
}

/* ---------------------------------------------------------------- training */

static void name_network(const training_desk *desk, trained_network *t)
{
    const showcase_result *r = &desk->show;
    const detinit_recipe *recipe = &desk->settings.recipe;
    snprintf(t->source, sizeof t->source, "%s on %s", r->widths,
             r->directory == NULL                   ? "made data"
             : desk->settings.training.data == NULL ? "Fashion-MNIST"
                                                    : r->directory);
    snprintf(t->recipe, sizeof t->recipe, "seed %llu, %s%s", (unsigned long long)recipe->seed,
             detinit_mode_name(recipe->mode), recipe->orthogonal ? ", orthogonal" : "");
    command_line_of(&desk->settings, VERB_SHOWCASE, t->command, sizeof t->command);
}

/* The picture of a network that is to be trained, each weight where it begins. */
static trained_network *picture_network(const training_desk *desk)
{
    const mlp *net = &desk->show.net;
    trained_network *t = trained_network_new(net->layers, desk->show.epoch_count);
    bool enough = t != NULL;
    for (size_t k = 0; k < net->layers && enough; k++)
        enough = trained_layer_shape(&t->layers[k], desk->show.network.layers[k].name,
                                     net->widths[k + 1], net->widths[k], mlp_layer_count(net, k));
    if (enough) {
        name_network(desk, t);
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

/* What is done at each look at the training. */
typedef struct teaching {
    training_desk *desk;
    const training_listener *listener;
} teaching;

static void look(void *context, const showcase_result *r, const training_moment *moment)
{
    const teaching *teach = context;
    trained_network *t = teach->desk->now;
    count_network(r, t);
    t->step = moment->steps_done;
    t->steps = moment->steps;
    t->epoch = moment->epoch_done || moment->epoch == 0 ? moment->epoch : moment->epoch - 1;
    if (moment->epoch_done)
        t->epoch_rows[moment->epoch] =
            (trained_epoch){r->epochs[moment->epoch].loss, r->epochs[moment->epoch].accuracy};
    trained_add_point(t);
    teach->listener->changed(teach->listener->context, t);
}

static trained_pruning pruning_of_level(const showcase_level *level)
{
    trained_pruning p = {.threshold = level->threshold, .sleeping = level->sleeping};
    memcpy(p.accuracy, level->accuracy, sizeof p.accuracy);
    return p;
}

/* The prunings that the showcase measures. */
static detinit_status measure_levels(training_desk *desk, const detinit_run *run,
                                     detinit_error *error)
{
    showcase_result *r = &desk->show;
    detinit_status status = showcase_prune(threshold_chosen(&desk->settings), r, run, error);
    for (size_t n = 0; n < SHOWCASE_LEVELS && status == DETINIT_OK; n++) {
        desk->levels[desk->level_count++] = pruning_of_level(&r->levels[n]);
        trained_add_pruning(desk->now, &desk->levels[n]);
    }
    return status;
}

/* Puts a network that begins onto the desk. */
static detinit_status prepare(training_desk *desk, const training_wish *wish,
                              const detinit_run *run, detinit_error *error)
{
    training_desk fresh = {.generation = wish->generation};
    if (!settings_copy(&fresh.settings, &wish->settings))
        return no_memory(error);
    detinit_status status =
        showcase_prepare(&fresh.settings.training, &fresh.settings.recipe, &fresh.show, run, error);
    if (status == DETINIT_OK && (fresh.now = picture_network(&fresh)) == NULL)
        status = no_memory(error);
    if (status != DETINIT_OK) {
        clear(&fresh);
        return status;
    }
    clear(desk);
    *desk = fresh;
    return DETINIT_OK;
}

static detinit_status train(training_desk *desk, const training_wish *wish,
                            const training_listener *listener, const detinit_run *run,
                            char said[256], detinit_error *error)
{
    teaching teach = {desk, listener};
    const showcase_observer watcher = {look, &teach};
    detinit_status status = prepare(desk, wish, run, error);
    if (status != DETINIT_OK)
        return status;
    trained_network *t = desk->now;
    status = showcase_train(&desk->settings.training, desk->settings.recipe.seed, &desk->show,
                            &watcher, run, error);
    if (status == DETINIT_CANCELLED || status == DETINIT_NUMERIC) {
        count_network(&desk->show, t); /* as far as it came */
        t->ended = true;
    }
    if (status == DETINIT_OK)
        status = measure_levels(desk, run, error);
    examples_free(&desk->show.data.train);
    t->ended = true;
    listener->changed(listener->context, t);
    if (status == DETINIT_OK)
        snprintf(said, 256, "trained %.120s: %.1f %% of the test set right", t->source,
                 100 * t->epoch_rows[t->epochs].accuracy);
    return status;
}

/* The accuracies at one threshold more, beside those that the showcase measured. */
static detinit_status measure(training_desk *desk, const training_wish *wish,
                              const training_listener *listener, const detinit_run *run,
                              detinit_error *error)
{
    trained_network *t = desk->now;
    const showcase_result *r = &desk->show;
    double threshold = wish->settings.tracking.threshold;
    showcase_level level = {.threshold = threshold};
    if (desk->generation != wish->generation || r->net.layers == 0)
        return DETINIT_OK;
    level.sleeping = prune_count_within(r->net.weights, r->initial, r->net.weight_count, threshold);
    detinit_status status = showcase_measure(r, &level, run, error);
    if (status != DETINIT_OK)
        return status;
    trained_pruning measured = pruning_of_level(&level);
    t->pruning_count = 0;
    for (size_t n = 0; n < desk->level_count; n++)
        trained_add_pruning(t, &desk->levels[n]);
    trained_add_pruning(t, &measured);
    listener->changed(listener->context, t);
    return DETINIT_OK;
}

/* ------------------------------------------------------------------- files */

/* A pass over one tensor: what it counts, and who is told of the progress. */
typedef struct reading {
    trained_layer *layer;
    uint64_t before, total; /* weights of the tensors before, and of all */
    const detinit_run *run;
} reading;

static detinit_status take_deltas(void *context, uint64_t first, size_t count, const double *deltas,
                                  detinit_error *error)
{
    trained_layer *layer = ((reading *)context)->layer;
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

static bool report(void *context, uint64_t done, uint64_t total)
{
    const reading *r = context;
    (void)total;
    return r->run->progress == NULL ||
           r->run->progress(r->run->context, r->before + done, r->total);
}

static detinit_status read_tensors(const checkpoint *c, trained_network *t, const detinit_run *run,
                                   detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    reading r = {.run = run};
    for (size_t k = 0; k < c->count; k++)
        r.total += c->tracked[k].tensor->count;
    size_t most = r.total <= TRAINED_HELD ? TRAINED_HELD : TRAINED_HELD / c->count + 1;
    for (size_t k = 0; k < c->count && status == DETINIT_OK; k++) {
        const detinit_tracked *tracked = &c->tracked[k];
        detinit_run inner = {.threads = run->threads, .progress = report, .context = &r};
        r.layer = &t->layers[k];
        if (!trained_layer_shape(r.layer, checkpoint_name(c, tracked->tensor),
                                 detinit_recipe_rows(&tracked->recipe),
                                 detinit_recipe_cols(&tracked->recipe), most))
            return no_memory(error);
        status = detinit_tracked_deltas(tracked, take_deltas, &r, &inner, error);
        r.before += tracked->tensor->count;
    }
    return status;
}

static void name_file(const checkpoint *c, const settings *s, trained_network *t)
{
    settings of_file;
    settings_init(&of_file);
    of_file.file = s->file;
    of_file.network.manifest = s->network.manifest;
    t->of_view = s->network.manifest == NULL &&
                 detinit_tensorfile_metadata(c->file, "detinit.manifest") == NULL;
    snprintf(t->source, sizeof t->source, "%s", detinit_tensorfile_path(c->file));
    if (t->of_view)
        snprintf(t->recipe, sizeof t->recipe, "seed %llu, layer %llu, %s",
                 (unsigned long long)s->recipe.seed, (unsigned long long)s->recipe.layer,
                 detinit_mode_name(s->recipe.mode));
    else
        snprintf(t->recipe, sizeof t->recipe, "recipes of its manifest");
    command_line_of(t->of_view ? s : &of_file, VERB_ANALYZE, t->command, sizeof t->command);
}

static detinit_status open_file(training_desk *desk, const training_wish *wish,
                                const training_listener *listener, const detinit_run *run,
                                char said[256], detinit_error *error)
{
    training_desk fresh = {.generation = wish->generation};
    const settings *s = &wish->settings;
    const checkpoint_source from = {s->file, s->network.manifest, &s->recipe, s->given};
    detinit_status status = checkpoint_open(&from, &fresh.file, error);
    if (status == DETINIT_OK && (fresh.now = trained_network_new(fresh.file.count, 0)) == NULL)
        status = no_memory(error);
    if (status == DETINIT_OK)
        status = read_tensors(&fresh.file, fresh.now, run, error);
    if (status != DETINIT_OK) {
        clear(&fresh);
        return status;
    }
    trained_network_finish(fresh.now);
    name_file(&fresh.file, &wish->settings, fresh.now);
    fresh.now->ended = true;
    clear(desk);
    *desk = fresh;
    listener->changed(listener->context, desk->now);
    snprintf(said, 256, "opened %.200s: %llu weights", wish->settings.file,
             (unsigned long long)desk->now->total);
    return DETINIT_OK;
}

/* What was trained here becomes a file before it is pruned or packed. */
static detinit_status make_file(training_desk *desk, const training_wish *wish,
                                const detinit_run *run, char said[256], detinit_error *error)
{
    checkpoint ours = {0};
    const checkpoint *c = &desk->file;
    detinit_status status = DETINIT_OK;
    if (desk->now == NULL || desk->generation != wish->generation)
        return DETINIT_CANCELLED; /* what was asked for never came to be */
    if (c->file == NULL) {
        status = training_file_of(&desk->show, &ours, error);
        c = &ours;
    }
    if (status == DETINIT_OK)
        status = wish->task == TRAINING_PACK
                     ? training_pack(c, desk->now, threshold_chosen(&wish->settings),
                                     wish->settings.output.save, run, said, error)
                     : training_prune(c, desk->now, wish->settings.tracking.to,
                                      threshold_chosen(&wish->settings), wish->settings.output.save,
                                      run, said, error);
    if (c == &ours)
        checkpoint_close(&ours);
    return status;
}

/* ------------------------------------------------------------------ wishes */

detinit_status training_grant(training_desk *desk, const training_wish *wish,
                              const training_listener *listener, const detinit_run *run,
                              char said[256], detinit_error *error)
{
    said[0] = '\0';
    switch (wish->task) {
    case TRAINING_TRAIN:
        return train(desk, wish, listener, run, said, error);
    case TRAINING_OPEN:
        return open_file(desk, wish, listener, run, said, error);
    case TRAINING_MEASURE:
        return measure(desk, wish, listener, run, error);
    case TRAINING_PRUNE:
    case TRAINING_PACK:
        return make_file(desk, wish, run, said, error);
    }
    return DETINIT_OK;
}
