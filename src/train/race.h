/*
 * A race of schemes: one deep ReLU network trained from each of several initial states, side by
 * side, on the same batches, at the same rate, so that the scheme alone decides what becomes of
 * it.  All figures are the same bits on every machine and for every number of threads.
 */
#ifndef DETINIT_TRAIN_RACE_H
#define DETINIT_TRAIN_RACE_H

#include "train/dataset.h"

enum {
    RACE_SCHEMES = 5,
    RACE_WIDTH = 32,  /* units of a layer */
    RACE_DEPTH = 20,  /* ReLU layers, without normalization */
    RACE_STEPS = 600, /* of SGD, each on 32 examples */
    RACE_POINTS = 60, /* figures after every tenth of them */
    /* The built-in data: each class a point, each example its class's point and noise. */
    RACE_FEATURES = 64,
    RACE_CLASSES = 4,
    RACE_TRAIN = 2048,
    RACE_TEST = 512 /* most examples tested on, also of other data */
};

/* Of each step, falling linearly to 0. */
#define RACE_RATE 0.02

/* How far prototypes of the built-in data lie apart, in units of the noise: dataset_make. */
#define RACE_SPREAD 0.5

/* A weight that is further than this from where it began is awake. */
#define RACE_AWAKE 0x1p-7

/* One who takes part. */
typedef struct race_scheme {
    const char *name; /* "he", "orthogonal", ... */
    detinit_mode mode;
    bool orthogonal;
} race_scheme;

extern const race_scheme race_schemes[RACE_SCHEMES];

/* Figures of one network at one time. */
typedef struct race_point {
    double loss;     /* mean over the batches since the point before; NaN once it is infinite */
    double gradient; /* the mean length of their gradients */
    double awake;    /* share of the weights, 0 .. 1 */
    double accuracy; /* on the test examples, 0 .. 1 */
} race_point;

/* One network's whole race. */
typedef struct race_track {
    double factor; /* what a layer makes of the size of a signal, by theory: 1 holds it */
    double signal; /* what layers 2 to RACE_DEPTH together made of it at the start, measured */
    race_point points[RACE_POINTS + 1]; /* the first before any step, on the first batch */
} race_track;

/* A race as far as it has come: plain data, copied by assignment. */
typedef struct race {
    uint64_t seed;
    size_t features, classes, train, test; /* of the data */
    size_t point_count;                    /* of every track; 0: it has not begun */
    race_track tracks[RACE_SCHEMES];
} race;

/* What is said of a network: by its last loss, against ln(classes), which guessing gets. */
typedef enum race_verdict {
    RACE_LEARNS,   /* less than half of it */
    RACE_SLOW,     /* between */
    RACE_STUCK,    /* more than nine tenths of it */
    RACE_DIVERGES, /* no finite number */
    RACE_VERDICTS
} race_verdict;

race_verdict race_judge(const race *r, int scheme);
const char *race_verdict_name(race_verdict v); /* "learns" */

/* Whether those learn that hold a signal's size, and the others are stuck. */
bool race_is_as_theory_says(const race *r);

/* The loss of guessing: ln(classes). */
double race_guessing(const race *r);

/* The steps done at a point. */
unsigned race_steps_at(size_t point);

/* The built-in data, the same for the same seed; freed by dataset_free. */
detinit_status race_data(uint64_t seed, dataset *out, detinit_error *error);

/*
 * Runs a race of these data into `out`.  `observe`, which may be NULL, is called in the calling
 * thread with each newer state, the first before any step, and may fail.  The threads of `run`
 * change nothing but the time; progress counts points, and cancels within one: *out is then as far
 * as it came, with the status DETINIT_CANCELLED.  DETINIT_INVALID for data of fewer than 32
 * training or test examples.
 */
detinit_status race_run(uint64_t seed, const dataset *data, race *out,
                        detinit_status (*observe)(void *context, const race *now,
                                                  detinit_error *error),
                        void *context, const detinit_run *run, detinit_error *error);

#endif
