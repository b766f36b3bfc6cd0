/* One pass over weights beside their initial values, and what it leaves to be added up further. */
#ifndef DETINIT_TRACK_CHANGE_H
#define DETINIT_TRACK_CHANGE_H

#include "track/awake.h"
#include "track/tracked.h"

#define CHANGE_VIEWS 2

typedef struct compared {
    bool marks_rows;                  /* set beforehand: whether `rows` are marked, too */
    detinit_change change;            /* change_finish fills in what is made of sums */
    double deltas, products, squares; /* sums of |w - w0|, w w0 and w0^2 */
    tracked_layer layer;
    /*
     * Columns and rows that are awake: of the tensor seen as a matrix, and of the layer, as its
     * weights lie in order, where these are not the same.
     */
    size_t view_count;
    awake_lines columns[CHANGE_VIEWS], rows[CHANGE_VIEWS];
} compared;

/* Fills in `found`, which is zeroed but for marks_rows; freed by compared_free in any case. */
detinit_status change_compare(const detinit_tracked *tracked, double threshold,
                              const detinit_run *run, compared *found, detinit_error *error);
void compared_free(compared *found);

/* Rows and columns of both views of weights of a shape. Returns how many differ: 1 or 2. */
size_t change_views(const detinit_recipe *recipe, const uint64_t *shape,
                    uint64_t rows[CHANGE_VIEWS], uint64_t cols[CHANGE_VIEWS]);

/* Fills in what is dead, from the dead rows and columns of each view. */
void change_dead(compared *found, const uint64_t *rows, const uint64_t *cols);

/* Fills in the sleeping weights, the mean and the decay, from counts and sums. */
void change_finish(detinit_change *change, double deltas, double products, double squares);

#endif
