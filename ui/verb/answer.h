/* Everything that a command line asks for, computed before anything is printed. */
#ifndef UI_VERB_ANSWER_H
#define UI_VERB_ANSWER_H

#include "option/settings.h"

#include "detinit_track.h"
typedef struct mode_answer {
    detinit_recipe recipe;
    detinit_survey survey;
    /* Of a comparison of orthogonal matrices: */
    double condition, condition_normal;
} mode_answer;

typedef struct answer {
    const settings *settings;
    detinit_matrix *matrix;
    detinit_survey survey;
    bool has_modes;
    mode_answer modes[DETINIT_MODE_COUNT];
    bool has_orthogonality;
    double condition, condition_normal, gram_deviation;
    bool has_reproducibility;
    detinit_reproducibility reproducibility;
    bool saved;
    uint64_t saved_bytes;
} answer;

/* Computes and saves what the settings ask for. On failure nothing is left to free. */
detinit_status answer_make(answer *a, const settings *s, detinit_error *error);
void answer_free(answer *a);

/* Makes the matrix of the settings, having seen to it that memory allows it. */
detinit_status answer_matrix(const settings *s, detinit_matrix **out, detinit_error *error);

/* Whether the settings ask for the matrix itself on standard output. */
bool answer_goes_to_stdout(const settings *s);

#endif
