/*
 * The coordinate check of a recipe, width by width: what the command coordinates and the Widths
 * pane show.
 */
#ifndef UI_VERB_COORDINATES_H
#define UI_VERB_COORDINATES_H

#include "detinit_describe.h"

/* Widths are 64, 128, ... up to the widest that is asked for. */
#define COORDINATES_NARROWEST ((size_t)64)
#define COORDINATES_MOST      8

/* Sizes are known at the start and after so many steps. */
#define COORDINATES_STEPS 3
#define COORDINATES_TIMES (COORDINATES_STEPS + 1)

_Static_assert(COORDINATES_NARROWEST << (COORDINATES_MOST - 1) == DETINIT_COORDINATE_MOST_WIDTH,
               "a place for each width");

typedef struct coordinates {
    char refusal[200]; /* why there are none, or no more, "" otherwise */
    size_t wanted;     /* how many widths there are to be */
    size_t count;      /* and how many are there, from the narrowest on */
    double sizes[DETINIT_PARAMETRIZATION_COUNT][COORDINATES_TIMES][DETINIT_COORDINATE_LAYERS]
                [COORDINATES_MOST]; /* mean |output| of a layer, before its activation */
} coordinates;

/* How many widths there are up to the widest, at least COORDINATES_NARROWEST. */
size_t coordinates_widths(uint64_t widest);

/* The n-th width. */
size_t coordinates_width(size_t n);

/* What is checked, beside the recipe: activation, rate, base width. */
detinit_coordinate_check coordinates_request(const detinit_recipe *recipe);

/*
 * Makes the sizes of the n-th width in both parametrizations.  DETINIT_INVALID with a sentence
 * where the recipe has none, or memory does not allow the width.
 */
detinit_status coordinates_make(const detinit_recipe *recipe, size_t n, const detinit_run *run,
                                coordinates *c, detinit_error *error);

/* Takes the last width over from another check, or why there is none beyond those that are there.
 */
void coordinates_take(coordinates *to, const coordinates *from);

/* Whether all widths are there, or none will ever be. */
bool coordinates_are_whole(const coordinates *c);

/* "input", "hidden", "output". */
const char *coordinates_layer_name(size_t layer);

/*
 * The power of the width that a size grows with, by least squares of logarithms; not a number of
 * fewer than two widths, or where sizes are 0 or overflowed.
 */
double coordinates_slope(const coordinates *c, detinit_parametrization parametrization, size_t step,
                         size_t layer);

/*
 * The same in words: "flat", "grows as n^0.5", "shrinks as n^-0.5"; "0", "overflows" or, of one
 * width alone, "".  Returns buffer.
 */
const char *coordinates_words(const coordinates *c, detinit_parametrization parametrization,
                              size_t step, size_t layer, char buffer[32]);

#endif
