/* What is computed of a recipe beside the interface, piece by piece. */
#ifndef UI_MODEL_RESULTS_H
#define UI_MODEL_RESULTS_H

#include "detinit_describe.h"
#include "detinit_track.h"
#include "trained/subject.h"
#include "verb/coordinates.h"
#include "verb/spectrum.h"
#include "verb/phase_data.h"
#include "verb/signal_data.h"

typedef struct mode_result {
    detinit_recipe recipe;
    detinit_survey survey;
    double signal[DETINIT_SIGNAL_DEPTH]; /* std of the activations after each layer */
} mode_result;

typedef enum piece_id {
    PIECE_MATRIX,
    PIECE_SURVEY,
    PIECE_MODES,
    PIECE_REPRODUCIBILITY,
    PIECE_SPECTRUM,
    PIECE_EXACT_SURVEY, /* of all weights, where the survey was of a sample */
    PIECE_PRODUCT,
    PIECE_COORDINATES, /* width by width */
    PIECE_SIGNAL,      /* of the first scheme, and then one for each other */
    PIECE_SIGNAL_END = PIECE_SIGNAL + DETINIT_SCHEME_COUNT,
    PIECE_PHASE = PIECE_SIGNAL_END, /* of an activation */
    PIECE_COUNT
} piece_id;

/* A piece in a set of them. */
#define PIECE_BIT(id) (1u << (id))

/* Those of the signals of all schemes. */
#define PIECES_OF_SIGNALS (PIECE_BIT(PIECE_SIGNAL_END) - PIECE_BIT(PIECE_SIGNAL))

typedef struct results {
    bool has[PIECE_COUNT];
    unsigned given_up; /* pieces that failed or were stopped: made again when they are asked for */
    detinit_matrix *matrix;
    detinit_survey survey;
    likely_law law; /* of a survey of a file: what it expects, where its recipe does not say */
    mode_result modes[DETINIT_SCHEME_COUNT];
    spectrum spectrum;
    product_spectrum product;
    coordinates coordinates; /* those that are there */
    detinit_reproducibility reproducibility;
    /* Made by a request; those of the model outlive a recipe, and are kept apart (signals.h). */
    signal_data *signal;
    phase_data *phase;
} results;

void results_free(results *r); /* frees all, and leaves nothing */

/*
 * Moves piece `id` from one to the other; of coordinates the widths behind those that are there.
 */
void results_take(results *to, results *from, piece_id id);

#endif
