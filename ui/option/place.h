/* Shapes of tensors and places in them, as people write and read them. */
#ifndef UI_OPTION_PLACE_H
#define UI_OPTION_PLACE_H

#include "detinit.h"

/* Indices of a weight, as they were typed. */
typedef struct tensor_place {
    size_t rank; /* how many; 0: none */
    uint64_t index[DETINIT_MAX_RANK];
} tensor_place;

/* Room for any shape or place as text. */
#define PLACE_TEXT 200

/* How the shape without dimensions is written: of one weight. */
#define SHAPE_OF_NONE "scalar"

/* "64,32,3,3": 1 .. 8 whole numbers, decimal or 0x hex, all of `text`. */
bool place_parse(const char *text, tensor_place *out);

/* The indices as they were typed, "5,3,1,2". Returns buffer. */
const char *place_join(const tensor_place *place, char *buffer, size_t size);

/* What a place of a tensor of this rank is: "row and column as I,J, from 0". */
const char *place_expected(size_t rank, char *buffer, size_t size);

/*
 * The row and the column of a place, in the tensor seen as a matrix.  False, with a sentence
 * that begins with `name` ("--at"), where it lies outside or has not as many indices.
 */
bool place_find(const detinit_recipe *recipe, const tensor_place *place, const char *name,
                uint64_t *row, uint64_t *col, detinit_error *error);

/* The indices of the weight at (row, col) of the tensor seen as a matrix; returns how many. */
size_t place_indices(const detinit_recipe *recipe, uint64_t row, uint64_t col,
                     uint64_t index[DETINIT_MAX_RANK]);

/* "2,13", "5,3,1,2", "()" of a scalar: the indices of the weight at (row, col). Returns buffer. */
const char *place_text(const detinit_recipe *recipe, uint64_t row, uint64_t col, char *buffer,
                       size_t size);

/* "5,3,1": the indices of a row, which are all but the last. Returns buffer. */
const char *place_row_text(const detinit_recipe *recipe, uint64_t row, char *buffer, size_t size);

/* The longest text that place_row_text gives, in characters. */
int place_row_width(const detinit_recipe *recipe);

/* What index `n` of a place is called: i, j of a matrix, o, i, y, x of a convolution. */
const char *place_index_name(size_t rank, size_t n);

/* "10 x 20" with " x " between; "scalar" without dimensions. Returns buffer. */
const char *shape_text(const detinit_recipe *recipe, const char *between, char *buffer,
                       size_t size);

/* "10 x 20 matrix", "64 x 32 x 3 x 3 tensor", "scalar". Returns buffer. */
const char *shape_noun(const detinit_recipe *recipe, char *buffer, size_t size);

#endif
