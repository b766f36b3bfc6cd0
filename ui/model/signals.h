/*
 * What deep layers do to signals, kept from one recipe to the next: what was measured once is not
 * measured again, as when a change is taken back.
 */
#ifndef UI_MODEL_SIGNALS_H
#define UI_MODEL_SIGNALS_H

#include "verb/phase_data.h"
#include "verb/signal_data.h"

#define SIGNALS_KEPT 40

/* All zero is how it begins. */
typedef struct signals {
    signal_data *kept[SIGNALS_KEPT]; /* owned; newest, or looked for last, first; NULL at the end */
    phase_data *phase;               /* owned; of the activation that was looked at last, or NULL */
} signals;

void signals_free(signals *s);

/* Takes over what was measured; what was not looked for for longest makes way. */
void signals_put(signals *s, signal_data *d);

/* What was measured of that, which becomes the last to make way; NULL: nothing. */
const signal_data *signals_look_for(signals *s, const detinit_propagation *request);

/* The same, and nothing changes. */
const signal_data *signals_of(const signals *s, const detinit_propagation *request);

/* The newest of weights and biases of another size or seed, to be shown until what is asked for is
 * there; NULL: there is none. */
const signal_data *signals_near(const signals *s, const detinit_propagation *request);

#endif
