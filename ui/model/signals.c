#include "model/signals.h"

#include <stdlib.h>
#include <string.h>

void signals_free(signals *s)
{
    for (int n = 0; n < SIGNALS_KEPT; n++)
        signal_data_free(s->kept[n]);
    free(s->phase);
    *s = (signals){.phase = NULL};
}

/* Those before place n move on by one, over what is there, and one becomes the first. */
static void put_first(signals *s, int n, signal_data *d)
{
    memmove(&s->kept[1], &s->kept[0], (size_t)n * sizeof s->kept[0]);
    s->kept[0] = d;
}

void signals_put(signals *s, signal_data *d)
{
    signal_data_free(s->kept[SIGNALS_KEPT - 1]);
    put_first(s, SIGNALS_KEPT - 1, d);
}

/* Its place; -1: it is not there. */
static int place_of(const signals *s, const detinit_propagation *request)
{
    for (int n = 0; n < SIGNALS_KEPT && s->kept[n] != NULL; n++)
        if (signal_requests_equal(&s->kept[n]->request, request))
            return n;
    return -1;
}

const signal_data *signals_look_for(signals *s, const detinit_propagation *request)
{
    const int n = place_of(s, request);
    if (n < 0)
        return NULL;
    put_first(s, n, s->kept[n]);
    return s->kept[0];
}

const signal_data *signals_of(const signals *s, const detinit_propagation *request)
{
    const int n = place_of(s, request);
    return n < 0 ? NULL : s->kept[n];
}

const signal_data *signals_near(const signals *s, const detinit_propagation *request)
{
    for (int n = 0; n < SIGNALS_KEPT && s->kept[n] != NULL; n++)
        if (signal_requests_near(&s->kept[n]->request, request))
            return s->kept[n];
    return NULL;
}
