#include "pane/pane.h"

#include "pane/pane_draw.h"

const pane panes[PANE_COUNT] = {
    [PANE_MATRIX] = {"matrix", "Matrix", pane_matrix_draw, pane_matrix_note, 1u << PIECE_MATRIX},
    [PANE_STATISTICS] = {"statistics", "Statistics", pane_statistics_draw, NULL,
                         1u << PIECE_SURVEY},
    [PANE_HISTOGRAM] = {"histogram", "Histogram", pane_histogram_draw, pane_histogram_note,
                        1u << PIECE_SURVEY},
    [PANE_MODES] = {"modes", "Modes", pane_modes_draw, pane_modes_note, 1u << PIECE_MODES},
    [PANE_ORTHOGONALITY] = {"orthogonality", "Orthogonality", pane_orthogonality_draw, NULL,
                            1u << PIECE_SPECTRUM},
    [PANE_TRAINING] = {"training", "Training", pane_training_draw, pane_training_note, 0},
    [PANE_WEIGHT] = {"weight", "Weight", pane_weight_draw, pane_weight_note, 1u << PIECE_MATRIX},
};
