#include "verb/phase_data.h"

#include "base/error.h"

#include <math.h>
#include <stdlib.h>

/* Most edges of chaos lie between 1 and 2.3; sigmoid's, whose slopes are 1/4 at most, at 10. */
#define SIGMA_W_LEAST 3.0
#define BEYOND        1.5
#define SIGMA_B_MOST  2.0

double phase_sigma_w_most(detinit_activation activation)
{
    const double critical = detinit_critical_sigma_w(activation, 0);
    return fmax(SIGMA_W_LEAST, ceil(BEYOND * critical));
}

double phase_sigma_b_most(void)
{
    return SIGMA_B_MOST;
}

detinit_status phase_data_make(detinit_activation activation, const detinit_run *run,
                               phase_data **out, detinit_error *error)
{
    const double most = phase_sigma_w_most(activation);
    phase_data *d = calloc(1, sizeof *d);
    if (d == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a phase map");
    d->activation = activation;
    for (size_t col = 0; col < PHASE_COLS; col++)
        d->sigma_w[col] = most * (double)col / (double)(PHASE_COLS - 1);
    for (size_t row = 0; row < PHASE_ROWS; row++) {
        d->sigma_b[row] = SIGMA_B_MOST * (double)row / (double)(PHASE_ROWS - 1);
        d->critical[row] = detinit_critical_sigma_w(activation, d->sigma_b[row]);
    }
    const detinit_status status = detinit_phase_map(activation, d->sigma_w, PHASE_COLS, d->sigma_b,
                                                    PHASE_ROWS, d->chi, d->depth, run, error);
    if (status == DETINIT_OK)
        *out = d;
    else
        free(d);
    return status;
}
