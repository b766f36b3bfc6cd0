#include "audit/candidates.h"

#include <math.h>
#include <string.h>

/* How usual a candidate is: less usual ones must fit better by as much, in log likelihood. */
#define NAMED    2.0 /* what the name tells */
#define USUAL    0.0
#define RARE     (-3.0)
#define EXOTIC   (-6.0)
#define UNHOMELY (-4.0) /* the layout of other libraries */

/* Schemes whose std follows from fans. */
static const struct scheme_guess {
    detinit_mode mode;
    detinit_dist dist;
    detinit_fan_mode fan;
    double gain; /* 0: 1 */
    detinit_nonlinearity nonlinearity;
    double usual;
} schemes[] = {
    {.mode = DETINIT_TORCH, .dist = DETINIT_DIST_UNIFORM},
    {.mode = DETINIT_HE, .dist = DETINIT_DIST_NORMAL},
    {.mode = DETINIT_HE, .dist = DETINIT_DIST_UNIFORM},
    {.mode = DETINIT_HE, .dist = DETINIT_DIST_TRUNCATED},
    {.mode = DETINIT_HE, .dist = DETINIT_DIST_NORMAL, .fan = DETINIT_FAN_MODE_OUT, .usual = -2},
    {.mode = DETINIT_XAVIER, .dist = DETINIT_DIST_NORMAL},
    {.mode = DETINIT_XAVIER, .dist = DETINIT_DIST_UNIFORM},
    {.mode = DETINIT_XAVIER, .dist = DETINIT_DIST_TRUNCATED, .usual = -0.5},
    {.mode = DETINIT_LECUN, .dist = DETINIT_DIST_NORMAL, .usual = -0.5},
    {.mode = DETINIT_LECUN, .dist = DETINIT_DIST_UNIFORM, .usual = -0.5},
    {.mode = DETINIT_LECUN, .dist = DETINIT_DIST_TRUNCATED},
    {.mode = DETINIT_HE, .dist = DETINIT_DIST_UNIFORM, .fan = DETINIT_FAN_MODE_OUT, .usual = RARE},
    {.mode = DETINIT_HE,
     .dist = DETINIT_DIST_TRUNCATED,
     .fan = DETINIT_FAN_MODE_OUT,
     .usual = RARE},
    {.mode = DETINIT_LECUN,
     .dist = DETINIT_DIST_NORMAL,
     .fan = DETINIT_FAN_MODE_OUT,
     .usual = RARE},
    {.mode = DETINIT_LECUN,
     .dist = DETINIT_DIST_UNIFORM,
     .fan = DETINIT_FAN_MODE_OUT,
     .usual = RARE},
    {.mode = DETINIT_LECUN,
     .dist = DETINIT_DIST_TRUNCATED,
     .fan = DETINIT_FAN_MODE_OUT,
     .usual = RARE},
    {.mode = DETINIT_TORCH,
     .dist = DETINIT_DIST_UNIFORM,
     .fan = DETINIT_FAN_MODE_OUT,
     .usual = RARE},
    {.mode = DETINIT_XAVIER,
     .dist = DETINIT_DIST_NORMAL,
     .nonlinearity = DETINIT_NONLINEARITY_RELU,
     .usual = RARE},
    {.mode = DETINIT_XAVIER,
     .dist = DETINIT_DIST_UNIFORM,
     .nonlinearity = DETINIT_NONLINEARITY_RELU,
     .usual = RARE},
    {.mode = DETINIT_XAVIER,
     .dist = DETINIT_DIST_NORMAL,
     .nonlinearity = DETINIT_NONLINEARITY_TANH,
     .usual = RARE},
    {.mode = DETINIT_XAVIER,
     .dist = DETINIT_DIST_UNIFORM,
     .nonlinearity = DETINIT_NONLINEARITY_TANH,
     .usual = RARE},
    {.mode = DETINIT_HE,
     .dist = DETINIT_DIST_NORMAL,
     .nonlinearity = DETINIT_NONLINEARITY_TANH,
     .usual = RARE},
    {.mode = DETINIT_HE,
     .dist = DETINIT_DIST_UNIFORM,
     .nonlinearity = DETINIT_NONLINEARITY_TANH,
     .usual = RARE},
    {.mode = DETINIT_HE,
     .dist = DETINIT_DIST_NORMAL,
     .nonlinearity = DETINIT_NONLINEARITY_SELU,
     .usual = EXOTIC},
    {.mode = DETINIT_XAVIER,
     .dist = DETINIT_DIST_UNIFORM,
     .gain = 0.70710678118654752,
     .usual = RARE},
    {.mode = DETINIT_LECUN,
     .dist = DETINIT_DIST_NORMAL,
     .gain = 0.63245553203367587,
     .usual = EXOTIC},
    {.mode = DETINIT_LECUN, .dist = DETINIT_DIST_TRUNC_NORMAL, .usual = EXOTIC},
    {.mode = DETINIT_HE, .dist = DETINIT_DIST_TRUNC_NORMAL, .usual = EXOTIC},
};

/* Standard deviations that people state; bounds of uniform ones. */
static const struct std_guess {
    double std, usual;
} stds[] = {
    {0.02, USUAL},    {1, USUAL},      {0.01, USUAL},   {0.05, RARE},    {0.001, RARE},
    {0.1, RARE},      {0.006, RARE},   {0.002, RARE},   {0.04, RARE},    {0.03, RARE},
    {0.005, RARE},    {0.2, RARE},     {0.5, RARE},     {0.015, EXOTIC}, {0.025, EXOTIC},
    {0.0125, EXOTIC}, {0.003, EXOTIC}, {0.004, EXOTIC}, {0.008, EXOTIC}, {1e-4, EXOTIC},
    {1e-5, EXOTIC},   {1e-6, EXOTIC},  {0.3, EXOTIC},   {2, EXOTIC},
};

static const struct std_guess bounds[] = {
    {0.05, USUAL}, {0.1, RARE},    {0.01, RARE},  {1, RARE},     {0.08, RARE},
    {0.5, EXOTIC}, {0.02, EXOTIC}, {0.2, EXOTIC}, {0.001, RARE}, {0.003, RARE},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct search {
    const subject *s;
    void (*look)(void *context, const detinit_recipe *recipe, double usual);
    void *context;
} search;

detinit_recipe candidates_plain(const detinit_tensor *tensor)
{
    detinit_recipe r = detinit_recipe_tensor(0, 0, tensor->rank, tensor->shape);
    r.mode = DETINIT_NORMAL;
    r.dist = DETINIT_DIST_NORMAL;
    r.dtype = tensor->dtype;
    return r;
}

/* All schemes by the fans that the recipe has. */
static void try_schemes(const search *q, const detinit_recipe *like, double usual)
{
    for (size_t n = 0; n < COUNT(schemes); n++) {
        const struct scheme_guess *g = &schemes[n];
        detinit_recipe r = *like;
        r.mode = g->mode;
        r.dist = g->dist;
        r.fan_mode = g->fan;
        r.nonlinearity = g->nonlinearity;
        r.gain = g->gain > 0 ? g->gain : 1;
        q->look(q->context, &r, g->usual + usual);
    }
}

/* PyTorch's uniform law of +-1 / sqrt(fan). */
static void try_bound_of_fan(const search *q, uint64_t fan, double usual)
{
    detinit_recipe r = candidates_plain(q->s->tensor);
    r.mode = DETINIT_TORCH;
    r.dist = DETINIT_DIST_UNIFORM;
    r.fans[0] = r.fans[1] = fan;
    q->look(q->context, &r, usual);
}

/* Gates stacked in the first dimension: PyTorch's recurrent layers know their hidden size alone. */
static void try_gates(const search *q)
{
    static const uint64_t gates[] = {4, 3, 1};
    for (size_t n = 0; n < COUNT(gates); n++)
        if (q->s->tensor->shape[0] % gates[n] == 0)
            try_bound_of_fan(q, q->s->tensor->shape[0] / gates[n], NAMED);
}

/* (in, heads, size): Flax' DenseGeneral. And PyTorch's Bilinear, (out, in, in). */
static void try_rank_3(const search *q)
{
    const uint64_t *shape = q->s->tensor->shape;
    detinit_recipe r = candidates_plain(q->s->tensor);
    r.fan_in = DETINIT_FAN_IN_ROWS;
    r.fans[0] = shape[0];
    r.fans[1] = shape[1] * shape[2];
    try_schemes(q, &r, q->s->layout == DETINIT_FAN_IN_ROWS ? USUAL : UNHOMELY + RARE);
    try_bound_of_fan(q, shape[1], RARE);
}

static void try_fans(const search *q)
{
    for (detinit_axis axis = 0; axis < DETINIT_AXIS_COUNT; axis++) {
        detinit_recipe r = candidates_plain(q->s->tensor);
        r.fan_in = axis;
        try_schemes(q, &r, axis == q->s->layout ? USUAL : UNHOMELY);
    }
    if (q->s->tensor->rank == 3)
        try_rank_3(q);
}

static void try_std(const search *q, double std, double usual)
{
    detinit_recipe r = candidates_plain(q->s->tensor);
    r.std = std;
    q->look(q->context, &r, usual);
    r.dist = DETINIT_DIST_TRUNC_NORMAL;
    q->look(q->context, &r, usual);
    r.dist = DETINIT_DIST_TRUNCATED;
    q->look(q->context, &r, usual + RARE);
}

static void try_stds(const search *q)
{
    const double depth = sqrt(2 * (double)q->s->layers);
    for (size_t n = 0; n < COUNT(stds); n++) {
        try_std(q, stds[n].std, stds[n].usual);
        if (q->s->facts->residual != RESIDUAL_NOT && q->s->layers > 1)
            try_std(q, stds[n].std / depth, stds[n].usual + RARE);
    }
    for (size_t n = 0; n < COUNT(bounds); n++) {
        detinit_recipe r = candidates_plain(q->s->tensor);
        r.dist = DETINIT_DIST_UNIFORM;
        r.std = bounds[n].std / sqrt(3);
        q->look(q->context, &r, bounds[n].usual);
    }
}

void candidates_each(const subject *s,
                     void (*look)(void *context, const detinit_recipe *recipe, double usual),
                     void *context)
{
    const search q = {s, look, context};
    if (s->tensor->rank > 1)
        try_fans(&q);
    if (s->fan_of_sibling > 0)
        try_bound_of_fan(&q, s->fan_of_sibling, NAMED);
    if ((s->facts->says & NAME_RECURRENT) != 0 && s->tensor->rank > 0)
        try_gates(&q);
    try_stds(&q);
}
