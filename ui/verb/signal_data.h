/*
 * What deep layers of a scheme do to a signal and to a gradient, measured and expected: what the
 * command signal tells and the Signal pane shows.
 */
#ifndef UI_VERB_SIGNAL_DATA_H
#define UI_VERB_SIGNAL_DATA_H

#include "detinit_describe.h"
#include "option/settings.h"

typedef struct signal_data {
    detinit_propagation request;  /* what it is of */
    char refusal[200];            /* why nothing was measured; "" otherwise */
    detinit_signal_layer *layers; /* request.depth of them */
    detinit_verdict verdict;
    detinit_predicted_layer *expected; /* by mean-field theory; NULL where it says nothing */
    /*
     * Where signals end in layers of infinite number, which have a phase unless they have residual
     * connections or normalization.  What is not known is NAN.
     */
    bool has_phase;
    detinit_mean_field field;
} signal_data;

/* What the settings ask of a scheme: the recipe with its mode, in layers of their own shape. */
detinit_propagation signal_request(const settings *s, detinit_mode scheme);

/* Whether two come to the same figures; whether they differ in nothing but how large weights and
 * biases are, and from which seed. */
bool signal_requests_equal(const detinit_propagation *a, const detinit_propagation *b);
bool signal_requests_near(const detinit_propagation *a, const detinit_propagation *b);

/*
 * Measures, in any thread.  What cannot be measured is refused in the data; an error is one of
 * memory, or that it was cancelled.  *out is freed by signal_data_free.
 */
detinit_status signal_data_make(const detinit_propagation *request, const detinit_run *run,
                                signal_data **out, detinit_error *error);
void signal_data_free(signal_data *d); /* d may be NULL */

/*
 * `most` layers or fewer to be shown of `depth`: the first, the last, and between them round
 * numbers.  Counted from 0, ascending. Returns how many.
 */
size_t signal_layers_shown(size_t depth, size_t most, size_t *shown);

/* "ordered", "edge of chaos", "chaotic"; "" of layers that have no phase. */
const char *signal_phase(const signal_data *d);

/* Whether some of an activation's values are called saturated. */
bool signal_saturates(detinit_activation activation);

/* "64 inputs, 50 tanh layers of 256, residual, layer norm, sigma_b 0.3". Returns buffer. */
const char *signal_layers_text(const settings *s, bool ascii, char *buffer, size_t size);

#endif
