/* The phase map of an activation: how deep signals reach for every sigma_w and sigma_b. */
#ifndef UI_VERB_PHASE_DATA_H
#define UI_VERB_PHASE_DATA_H

#include "detinit_describe.h"

/* Places of the map, the outermost on its edges. */
#define PHASE_COLS ((size_t)121)
#define PHASE_ROWS ((size_t)81)

/* A point is moved by so many of them. */
#define PHASE_STEP 2

typedef struct phase_data {
    detinit_activation activation;
    double sigma_w[PHASE_COLS], sigma_b[PHASE_ROWS]; /* ascending, from 0 */
    /* At [row * PHASE_COLS + col]: chi_1, and the depth scale xi_c in layers. */
    double chi[PHASE_ROWS * PHASE_COLS], depth[PHASE_ROWS * PHASE_COLS];
    double critical[PHASE_ROWS]; /* sigma_w of the critical line; NAN: there is none */
} phase_data;

/* Where the maps of an activation end. */
double phase_sigma_w_most(detinit_activation activation);
double phase_sigma_b_most(void);

/* In any thread; *out is freed by free(). */
detinit_status phase_data_make(detinit_activation activation, const detinit_run *run,
                               phase_data **out, detinit_error *error);

#endif
