/* How the pieces of results are made, and how a matrix is saved. */
#ifndef UI_MODEL_PIECES_H
#define UI_MODEL_PIECES_H

#include "model/request.h"

work_make piece_matrix, piece_survey, piece_modes, piece_reproducibility, piece_spectrum;
work_make piece_exact_survey, piece_product, piece_coordinates, piece_signal, piece_phase;

/* The matrix of the request's recipe, whatever the explorer shows by now. */
work_make save_matrix;

#endif
