/* What the tests of propagations share. */
#ifndef DETINIT_SIGNAL_CHECK_H
#define DETINIT_SIGNAL_CHECK_H

#include "detinit_describe.h"
#include "survey_check.h"

static inline detinit_propagation request_of(detinit_mode mode, detinit_activation activation)
{
    detinit_recipe recipe = detinit_recipe_matrix(42, 0, 2, 3);
    recipe.mode = mode;
    detinit_propagation request = detinit_propagation_of(&recipe);
    request.activation = activation;
    return request;
}

static inline void propagate(const detinit_propagation *request, const detinit_run *run,
                             detinit_signal_layer *layers)
{
    detinit_error error;
    if (detinit_propagate(request, run, layers, &error) != DETINIT_OK)
        fail_msg("no propagation: %s", error.message);
}

/* With divisor count; *square gets the mean square. */
static inline double std_of(const double *values, size_t count, double *square)
{
    double mean = 0, m2 = 0;
    for (size_t n = 0; n < count; n++)
        mean += values[n] / (double)count;
    for (size_t n = 0; n < count; n++)
        m2 += (values[n] - mean) * (values[n] - mean) / (double)count;
    *square = m2 + mean * mean;
    return sqrt(m2);
}

/* Mean and standard deviation over seeds. */
struct spread {
    double mean, deviation;
};

static inline struct spread spread_of(const double *values, size_t count)
{
    double square;
    struct spread s = {.deviation = std_of(values, count, &square)};
    for (size_t n = 0; n < count; n++)
        s.mean += values[n] / (double)count;
    s.deviation *= sqrt((double)count / (double)(count - 1));
    return s;
}

#endif
