#include "model/results.h"

#include <stdlib.h>
#include <string.h>

static void modes_free(mode_result *modes)
{
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT; mode++)
        detinit_survey_free(&modes[mode].survey);
}

void results_free(results *r)
{
    detinit_matrix_free(r->matrix);
    detinit_survey_free(&r->survey);
    modes_free(r->modes);
    spectrum_free(&r->spectrum);
    signal_data_free(r->signal);
    free(r->phase);
    *r = (results){.matrix = NULL};
}

void results_take(results *to, results *from, piece_id id)
{
    switch (id) {
    case PIECE_MATRIX:
        detinit_matrix_free(to->matrix);
        to->matrix = from->matrix;
        from->matrix = NULL;
        break;
    case PIECE_SURVEY:
    case PIECE_EXACT_SURVEY:
        detinit_survey_free(&to->survey);
        to->survey = from->survey;
        from->survey = (detinit_survey){.histogram = {0}};
        break;
    case PIECE_MODES:
        modes_free(to->modes);
        memcpy(to->modes, from->modes, sizeof to->modes);
        memset(from->modes, 0, sizeof from->modes);
        break;
    case PIECE_SPECTRUM:
        spectrum_free(&to->spectrum);
        to->spectrum = from->spectrum;
        from->spectrum = (spectrum){.count = 0};
        break;
    case PIECE_PRODUCT:
        to->product = from->product;
        break;
    case PIECE_COORDINATES:
        coordinates_take(&to->coordinates, &from->coordinates);
        break;
    case PIECE_REPRODUCIBILITY:
        to->reproducibility = from->reproducibility;
        break;
    default: /* kept apart */
        break;
    }
    to->has[id] = id != PIECE_COORDINATES || coordinates_are_whole(&to->coordinates);
    to->given_up &= ~PIECE_BIT(id);
}
