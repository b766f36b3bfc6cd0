/*
 * What pruning does to a layer's outputs, on random inputs.  The layer is cut into tiles of
 * units and these into parts of their inputs, so that memory does not grow with it; random
 * inputs are made where they are needed.  Sums are added in an order that the shape alone
 * decides.
 */
#include "kernel/kernels.h"
#include "detinit_track.h"
#include "base/error.h"
#include "base/progress.h"
#include "track/pruned.h"
#include "track/source.h"
#include "base/strict.h"
#include "base/threads.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Units and inputs of a tile, and their product. */
#define TILE_UNITS   32
#define TILE_INPUTS  128
#define TILE_WEIGHTS ((size_t)TILE_UNITS * TILE_INPUTS)

/* Tasks that a layer is cut into at most. */
#define TASKS_MOST 1024

/* The trained layer, and what each way of pruning adds to its weights. */
#define VECTORS (1 + DETINIT_PRUNE_COUNT)

/* Random inputs whose outputs are summed up at a time. */
#define LANES EFFECT_LANES

#define GROUPS (DETINIT_EFFECT_INPUTS / LANES)

_Static_assert(DETINIT_EFFECT_INPUTS % LANES == 0, "random inputs are taken by LANES");

/* What a unit's inputs are multiplied by, those left out that are 0. */
typedef struct factors {
    size_t count;
    double by[TILE_INPUTS];
    unsigned char input[TILE_INPUTS];
} factors;

_Static_assert(TILE_INPUTS <= 256, "an input of a tile fits a byte");

typedef struct layer {
    const detinit_tracked *tracked;
    size_t index;
    const detinit_pruning *pruning;
    source from;
    const detinit_matrix *random;
    const effect_kernel *kernel;
    tracked_layer shape;
    uint64_t tiles_per_task, tiles;
    detinit_effect *effects; /* of each task */
    detinit_error *errors;
    atomic_bool failed;
} layer;

/* A task's own memory. */
typedef struct workbench {
    double drawn[TILE_INPUTS][DETINIT_EFFECT_INPUTS];
    double x[GROUPS][TILE_INPUTS][LANES]; /* the same, each group in one piece */
    double y[GROUPS][VECTORS][TILE_UNITS][LANES];
    factors used[VECTORS][TILE_UNITS];
    double w[VECTORS][TILE_WEIGHTS]; /* as they lie in the file */
    double initial[TILE_WEIGHTS];
    unsigned char trained_stored[TILE_WEIGHTS * sizeof(double)];
    unsigned char initial_stored[TILE_WEIGHTS * sizeof(double)];
    unsigned char flags[TILE_WEIGHTS];
} workbench;

/* -------------------------------------------------------- weights of a tile */

/* Weights that lie behind one another in the file, to place `at` of the tile's. */
static detinit_status load_run(const layer *l, uint64_t first, size_t count, size_t at,
                               workbench *b, detinit_effect *effect, detinit_error *error)
{
    const detinit_dtype dtype = l->tracked->dtype;
    detinit_status status = source_read(&l->from, first, count, b->trained_stored, error);
    if (status != DETINIT_OK)
        return status;
    source_make(&l->from, first, count, b->initial_stored);
    double *w = b->w[0] + at, *w0 = b->initial;
    detinit_decode(dtype, b->trained_stored, count, w);
    detinit_decode(dtype, b->initial_stored, count, w0);
    const weight_pair pair = {
        .first = first, .count = count, .initial_values = w0, .trained_values = w};
    for (int way = 0; way < DETINIT_PRUNE_COUNT; way++) {
        double *added = b->w[1 + way] + at;
        effect->pruned[way] +=
            pruned_flags(l->pruning, (detinit_prune)way, l->index, &pair, b->flags);
        for (size_t n = 0; n < count; n++) {
            double target = way == DETINIT_PRUNE_INIT ? w0[n] : 0;
            added[n] = b->flags[n] ? target - w[n] : 0;
        }
    }
    return DETINIT_OK;
}

/* Where the weight of (unit, input) lies in a tile of so many units and inputs. */
typedef struct tile {
    uint64_t unit, input; /* the first */
    size_t units, inputs;
    size_t unit_stride, input_stride;
} tile;

static detinit_status load_tile(const layer *l, tile *t, workbench *b, detinit_effect *effect,
                                detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    t->unit_stride = l->shape.unit_columns ? 1 : t->inputs;
    t->input_stride = l->shape.unit_columns ? t->units : 1;
    if (l->shape.unit_columns) {
        for (size_t n = 0; n < t->inputs && status == DETINIT_OK; n++)
            status = load_run(l, (t->input + n) * l->shape.units + t->unit, t->units, n * t->units,
                              b, effect, error);
        return status;
    }
    if (t->inputs == l->shape.inputs) /* whole units */
        return load_run(l, t->unit * l->shape.inputs, t->units * t->inputs, 0, b, effect, error);
    for (size_t n = 0; n < t->units && status == DETINIT_OK; n++)
        status = load_run(l, (t->unit + n) * l->shape.inputs + t->input, t->inputs, n * t->inputs,
                          b, effect, error);
    return status;
}

/* ------------------------------------------------------------------- sums */

static void find_factors(const tile *t, workbench *b)
{
    for (size_t v = 0; v < VECTORS; v++) {
        for (size_t unit = 0; unit < t->units; unit++) {
            factors *f = &b->used[v][unit];
            f->count = 0;
            for (size_t input = 0; input < t->inputs; input++) {
                const double w = b->w[v][unit * t->unit_stride + input * t->input_stride];
                f->by[f->count] = w;
                f->input[f->count] = (unsigned char)input;
                f->count += w != 0;
            }
        }
    }
}

/* Adds what the tile's inputs give to the outputs of its units, a group of inputs at a time. */
static void multiply(const layer *l, const tile *t, workbench *b)
{
    find_factors(t, b);
    for (size_t group = 0; group < GROUPS; group++) {
        const double(*x)[LANES] = (const double(*)[LANES])b->x[group];
        for (size_t v = 0; v < VECTORS; v++)
            for (size_t unit = 0; unit < t->units; unit++) {
                const factors *f = &b->used[v][unit];
                l->kernel->add_products(f->by, f->input, f->count, x, b->y[group][v][unit]);
            }
    }
}

static void add_squares(const tile *t, const workbench *b, detinit_effect *effect)
{
    for (size_t v = 0; v < VECTORS; v++) {
        double *sum = v == 0 ? &effect->output : &effect->change[v - 1];
        for (size_t group = 0; group < GROUPS; group++)
            for (size_t unit = 0; unit < t->units; unit++)
                for (size_t lane = 0; lane < LANES; lane++)
                    *sum += b->y[group][v][unit][lane] * b->y[group][v][unit][lane];
    }
}

/* The random inputs from input `first` of the layer on. */
static void draw_inputs(const layer *l, uint64_t first, size_t count, workbench *b)
{
    matrix_make_unrounded(l->random, first, 0, count * DETINIT_EFFECT_INPUTS, b->drawn[0]);
    for (size_t group = 0; group < GROUPS; group++)
        for (size_t n = 0; n < count; n++)
            memcpy(b->x[group][n], b->drawn[n] + group * LANES, sizeof b->x[group][n]);
}

static detinit_status measure_units(const layer *l, uint64_t unit, workbench *b,
                                    detinit_effect *effect, detinit_error *error)
{
    tile t = {
        .unit = unit,
        .units = (size_t)(l->shape.units - unit < TILE_UNITS ? l->shape.units - unit : TILE_UNITS)};
    detinit_status status = DETINIT_OK;
    memset(b->y, 0, sizeof b->y);
    for (; t.input < l->shape.inputs && status == DETINIT_OK; t.input += t.inputs) {
        const uint64_t rest = l->shape.inputs - t.input;
        t.inputs = (size_t)(rest < TILE_INPUTS ? rest : TILE_INPUTS);
        draw_inputs(l, t.input, t.inputs, b);
        status = load_tile(l, &t, b, effect, error);
        if (status == DETINIT_OK)
            multiply(l, &t, b);
    }
    add_squares(&t, b, effect);
    return status;
}

static void measure_task(void *context, uint64_t task)
{
    layer *l = context;
    detinit_error *error = &l->errors[task];
    workbench *b = atomic_load(&l->failed) ? NULL : malloc(sizeof *b);
    const uint64_t first = task * l->tiles_per_task;
    if (b == NULL)
        error_set(error, DETINIT_NO_MEMORY, "not enough memory to measure a layer");
    for (uint64_t n = first; b != NULL && n < first + l->tiles_per_task && n < l->tiles; n++)
        if (measure_units(l, n * TILE_UNITS, b, &l->effects[task], error) != DETINIT_OK)
            break;
    if (error->status != DETINIT_OK)
        atomic_store(&l->failed, true);
    free(b);
}

/* ------------------------------------------------------------------ a layer */

static void see_as_layer(layer *l)
{
    l->shape = tracked_layer_of(&l->tracked->recipe, l->tracked->shape);
    l->tiles = (l->shape.units - 1) / TILE_UNITS + 1;
    l->tiles_per_task = (l->tiles - 1) / TASKS_MOST + 1;
}

static detinit_status measure_all(layer *l, const detinit_run *run, detinit_effect *out,
                                  detinit_error *error)
{
    const size_t tasks = (size_t)((l->tiles - 1) / l->tiles_per_task) + 1;
    detinit_effect sum = {0};
    l->effects = calloc(tasks, sizeof *l->effects);
    l->errors = calloc(tasks, sizeof *l->errors);
    detinit_status status =
        l->effects == NULL || l->errors == NULL
            ? error_set(error, DETINIT_NO_MEMORY, "not enough memory to measure a layer")
            : threads_run(run, tasks, measure_task, l, error);
    for (size_t n = 0; n < tasks && status == DETINIT_OK; n++) {
        if (l->errors[n].status != DETINIT_OK)
            status = error_set(error, l->errors[n].status, "%s", l->errors[n].message);
        sum.output += l->effects[n].output;
        for (int way = 0; way < DETINIT_PRUNE_COUNT; way++) {
            sum.pruned[way] += l->effects[n].pruned[way];
            sum.change[way] += l->effects[n].change[way];
        }
    }
    free(l->effects);
    free(l->errors);
    if (status == DETINIT_OK)
        *out = sum;
    return status;
}

static detinit_status measure_layer(layer *l, const detinit_run *run, detinit_effect *out,
                                    detinit_error *error)
{
    detinit_matrix *initial, *random;
    detinit_recipe recipe = detinit_recipe_matrix(DETINIT_EFFECT_SEED, DETINIT_EFFECT_LAYER,
                                                  l->shape.inputs, DETINIT_EFFECT_INPUTS);
    recipe.mode = DETINIT_NORMAL;
    recipe.std = 1;
    detinit_status status = detinit_matrix_new(&recipe, run, &random, error);
    if (status != DETINIT_OK)
        return status;
    status = detinit_matrix_new(&l->tracked->recipe, run, &initial, error);
    if (status == DETINIT_OK) {
        l->from = source_of(l->tracked, initial, run);
        l->random = random;
        status = measure_all(l, run, out, error);
        detinit_matrix_free(initial);
    }
    detinit_matrix_free(random);
    return status;
}

detinit_status detinit_prune_effects(const detinit_tracked *tracked, size_t count,
                                     const detinit_pruning *pruning, const detinit_run *run,
                                     detinit_effect *out, detinit_error *error)
{
    shared_progress progress = {.run = run, .total = pruning->total_weights};
    detinit_status status = tracked_check_threshold(pruning->threshold, error);
    for (size_t n = 0; n < count && status == DETINIT_OK; n++) {
        const detinit_run part = progress_share(&progress, tracked[n].count);
        layer l = {.tracked = &tracked[n],
                   .index = n,
                   .pruning = pruning,
                   .kernel = kernels_for(run)->effect};
        if (tracked[n].count == 0) {
            out[n] = (detinit_effect){0};
            continue;
        }
        see_as_layer(&l);
        status = measure_layer(&l, &part, &out[n], error);
    }
    return status;
}

double detinit_effect_relative(const detinit_effect *effect, detinit_prune way)
{
    if (effect->change[way] == 0 && effect->output == 0)
        return 0;
    return sqrt(effect->change[way] / effect->output);
}
