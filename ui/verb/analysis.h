/* What detinit analyze finds, and how it is printed. */
#ifndef UI_VERB_ANALYSIS_H
#define UI_VERB_ANALYSIS_H

#include "verb/report.h"
#include "detinit_track.h"
#include "verb/weights.h"

typedef struct analysis {
    weights w;
    detinit_change *changes; /* of the tracked tensors */
    /*
     * Of all of them; max_position and first_difference are without meaning, and so is decay,
     * which is a tensor's own.
     */
    detinit_change total;
    size_t max_tensor; /* the one with the largest change */
} analysis;

/* The settings' option as it would be given to get this threshold: "1e-06". Returns buffer. */
const char *analysis_threshold_text(const analysis *a, char *buffer, size_t size);

void analysis_print_text(const analysis *a, terminal out);
void analysis_print_csv(const analysis *a);

detinit_status analysis_print_json(const analysis *a, detinit_error *error);

#endif
