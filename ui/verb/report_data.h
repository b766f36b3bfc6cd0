/* What the report on a matrix tells, computed (and saved) before anything is printed. */
#ifndef UI_VERB_REPORT_DATA_H
#define UI_VERB_REPORT_DATA_H

#include "detinit_track.h"
#include "option/settings.h"

typedef struct mode_data {
    detinit_recipe recipe;
    detinit_survey survey;
} mode_data;

typedef struct report_data {
    const settings *settings;
    detinit_matrix *matrix;
    detinit_survey survey;
    bool has_modes;
    mode_data modes[DETINIT_SCHEME_COUNT];
    bool has_orthogonality;
    char orthogonality_refusal[160]; /* why there is none, where it was looked for; else "" */
    double condition, condition_normal, gram_deviation;
    bool has_reproducibility;
    detinit_reproducibility reproducibility;
    bool saved;
    uint64_t saved_bytes;
} report_data;

/* Computes and saves what the settings ask for. On failure nothing is left to free. */
detinit_status report_data_make(report_data *d, const settings *s, detinit_error *error);
void report_data_free(report_data *d);

/* Makes the matrix of the settings, having seen to it that memory allows it. */
detinit_status report_data_matrix(const settings *s, detinit_matrix **out, detinit_error *error);

/* Whether the settings ask for the matrix itself on standard output. */
bool save_goes_to_stdout(const settings *s);

#endif
