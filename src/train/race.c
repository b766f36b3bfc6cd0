#include "train/race.h"

#include "base/error.h"
#include "base/progress.h"
#include "base/strict.h"
#include "base/threads.h"
#include "train/deep.h"
#include "train/softmax.h"

#include <math.h>

/* The layer that batches are drawn from: one that no network reaches. */
#define BATCH_LAYER (UINT64_MAX - 4)

/* Steps from one point to the next. */
#define EVERY (RACE_STEPS / RACE_POINTS)

const race_scheme race_schemes[RACE_SCHEMES] = {
    {"he", DETINIT_HE, false},        {"xavier", DETINIT_XAVIER, false},
    {"lecun", DETINIT_LECUN, false},  {"torch", DETINIT_TORCH, false},
    {"orthogonal", DETINIT_HE, true},
};

/* ---------------------------------------------------------------- verdicts */

double race_guessing(const race *r)
{
    return softmax_ln((double)r->classes);
}

unsigned race_steps_at(size_t point)
{
    return (unsigned)point * EVERY;
}

race_verdict race_judge(const race *r, int scheme)
{
    const double guessing = race_guessing(r);
    const double loss =
        r->point_count > 0 ? r->tracks[scheme].points[r->point_count - 1].loss : NAN;
    if (!isfinite(loss))
        return RACE_DIVERGES;
    return loss < 0.5 * guessing ? RACE_LEARNS : loss > 0.9 * guessing ? RACE_STUCK : RACE_SLOW;
}

const char *race_verdict_name(race_verdict v)
{
    static const char *const names[RACE_VERDICTS] = {[RACE_LEARNS] = "learns",
                                                     [RACE_SLOW] = "slowly",
                                                     [RACE_STUCK] = "stuck",
                                                     [RACE_DIVERGES] = "diverges"};
    return names[v];
}

bool race_is_as_theory_says(const race *r)
{
    bool all = r->point_count > 0;
    for (int n = 0; n < RACE_SCHEMES; n++) {
        const bool holds = fabs(r->tracks[n].factor - 1) < 1e-9;
        all = all && race_judge(r, n) == (holds ? RACE_LEARNS : RACE_STUCK);
    }
    return all;
}

/* -------------------------------------------------------------------- data */

detinit_status race_data(uint64_t seed, dataset *out, detinit_error *error)
{
    return dataset_make(seed, RACE_FEATURES, RACE_CLASSES, RACE_SPREAD, RACE_TRAIN, RACE_TEST, out,
                        error);
}

/* ----------------------------------------------------------------- running */

/* The networks under way, and what is asked of them next. */
typedef struct runners {
    race *race;
    const dataset *data;
    deep nets[RACE_SCHEMES];
} runners;

/* The same batch for all, drawn with replacement. */
static void take_batch(deep *net, const race *r, const examples *from, unsigned step,
                       unsigned char labels[DEEP_BATCH])
{
    size_t places[DEEP_BATCH];
    for (uint64_t b = 0; b < DEEP_BATCH; b++) {
        const uint64_t place[] = {BATCH_LAYER, step, b};
        places[b] = (size_t)(detinit_u01(detinit_key(r->seed, place, 3)) * (double)from->count);
        labels[b] = from->labels[places[b]];
    }
    deep_take(net, from, places);
}

/* On whole batches of the first test examples. */
static double accuracy(deep *net, const examples *test, size_t count)
{
    size_t correct = 0;
    for (size_t first = 0; first < count; first += DEEP_BATCH) {
        size_t places[DEEP_BATCH];
        for (size_t b = 0; b < DEEP_BATCH; b++)
            places[b] = first + b;
        deep_take(net, test, places);
        deep_forward(net);
        correct += deep_correct(net, test->labels + first);
    }
    return (double)correct / (double)count;
}

/* What the layers of a scheme's network, all but the first, make of a signal at the start. */
static void look_at_start(race_track *track, const deep *net, const detinit_recipe *like)
{
    detinit_recipe hidden = *like;
    hidden.shape[0] = hidden.shape[1] = RACE_WIDTH;
    track->factor = detinit_recipe_std(&hidden) * sqrt(RACE_WIDTH / 2.0);
    track->signal = deep_signal(net, RACE_DEPTH) / deep_signal(net, 1);
}

/* The first point: the first batch, and no step. */
static void begin(runners *all, int n)
{
    race *r = all->race;
    deep *net = &all->nets[n];
    race_point *p = &r->tracks[n].points[0];
    unsigned char labels[DEEP_BATCH];
    take_batch(net, r, &all->data->train, 0, labels);
    deep_forward(net);
    detinit_recipe like = detinit_recipe_matrix(r->seed, 0, 1, 1);
    like.mode = race_schemes[n].mode;
    look_at_start(&r->tracks[n], net, &like);
    p->loss = deep_backward(net, labels);
    p->gradient = deep_gradient_norm(net);
    p->awake = 0;
    p->accuracy = accuracy(net, &all->data->test, r->test);
}

/* The next point of one network, all alone: a task of threads_run. */
static void advance(void *context, uint64_t n)
{
    runners *all = context;
    race *r = all->race;
    deep *net = &all->nets[n];
    const unsigned first = race_steps_at(r->point_count - 1);
    race_point p = {0};
    for (unsigned step = first; step < first + EVERY; step++) {
        unsigned char labels[DEEP_BATCH];
        take_batch(net, r, &all->data->train, step, labels);
        deep_forward(net);
        p.loss += deep_backward(net, labels) / EVERY;
        p.gradient += deep_gradient_norm(net) / EVERY;
        deep_step(net, RACE_RATE * (1 - (double)step / RACE_STEPS));
    }
    p.loss = isfinite(p.loss) ? p.loss : NAN;
    p.awake = deep_share_awake(net, RACE_AWAKE);
    p.accuracy = accuracy(net, &all->data->test, r->test);
    r->tracks[n].points[r->point_count] = p;
}

static detinit_status prepare(runners *all, detinit_error *error)
{
    race *r = all->race;
    detinit_status status = DETINIT_OK;
    for (int n = 0; n < RACE_SCHEMES && status == DETINIT_OK; n++) {
        detinit_recipe like = detinit_recipe_matrix(r->seed, 0, 1, 1);
        like.mode = race_schemes[n].mode;
        like.orthogonal = race_schemes[n].orthogonal;
        status = deep_new(r->features, RACE_WIDTH, RACE_DEPTH, r->classes, &all->nets[n], error);
        if (status == DETINIT_OK)
            status = deep_initialize(&all->nets[n], &like, error);
        if (status == DETINIT_OK)
            begin(all, n);
    }
    return status;
}

/* Notes what the data are; those that cannot be raced on are refused. */
static detinit_status describe(uint64_t seed, const dataset *data, race *r, detinit_error *error)
{
    const size_t test = data->test.count < RACE_TEST ? data->test.count : RACE_TEST;
    *r = (race){.seed = seed,
                .features = data->train.features,
                .classes = data->train.classes,
                .train = data->train.count,
                .test = test - test % DEEP_BATCH};
    if (data->train.count < DEEP_BATCH || r->test == 0)
        return error_set(
            error, DETINIT_INVALID,
            "expected at least %d examples to train on and to test on, got %zu and %zu", DEEP_BATCH,
            data->train.count, data->test.count);
    return DETINIT_OK;
}

detinit_status race_run(uint64_t seed, const dataset *data, race *out,
                        detinit_status (*observe)(void *context, const race *now,
                                                  detinit_error *error),
                        void *context, const detinit_run *run, detinit_error *error)
{
    runners all = {.race = out, .data = data};
    shared_progress progress = {.run = run, .total = RACE_POINTS};
    detinit_status status = describe(seed, data, out, error);
    if (status == DETINIT_OK)
        status = prepare(&all, error);
    while (status == DETINIT_OK && out->point_count <= RACE_POINTS) {
        if (out->point_count > 0) {
            const detinit_run part = progress_share(&progress, 1);
            status = threads_run(&part, RACE_SCHEMES, advance, &all, error);
        }
        if (status != DETINIT_OK)
            break;
        out->point_count++;
        if (observe != NULL)
            status = observe(context, out, error);
    }
    for (int n = 0; n < RACE_SCHEMES; n++)
        deep_free(&all.nets[n]);
    return status;
}
