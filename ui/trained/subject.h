/*
 * What is looked at: the weights of a recipe, or a tensor of a file with one of three faces.  All
 * who show weights have them from here, cell by cell of a table.
 */
#ifndef UI_TRAINED_SUBJECT_H
#define UI_TRAINED_SUBJECT_H

#include "detinit_audit.h"
#include "option/settings.h"
#include "trained/opened_file.h"

/*
 * Which table of a tensor: two of its dimensions, at one index of each other; all zero, or rows and
 * cols alike: the tensor seen as a matrix, all but the last dimension by the last.
 */
typedef struct table_choice {
    size_t rows, cols;
    uint64_t at[DETINIT_MAX_RANK];
} table_choice;

/* Where its cells lie: number base + row * row_step + col * col_step of the tensor. */
typedef struct table_place {
    uint64_t rows, cols, base, row_step, col_step;
} table_place;

typedef struct tensor_subject {
    opened_file *file;            /* NULL: a recipe alone, as a matrix */
    const detinit_tensor *tensor; /* of the file */
    const detinit_recipe *recipe; /* of the tensor, or NULL: it has the face w alone */
    detinit_matrix *initial;      /* of the recipe; NULL: the other faces cannot be had */
    tensor_face face;
    table_place table;
} tensor_subject;

/*
 * The shape of a tensor as a recipe can have it: dimensions beyond DETINIT_MAX_RANK are made one
 * with the first, and a complex number is one dimension of 2 more.  Returns the rank.
 */
size_t subject_shape(const detinit_tensor *tensor, uint64_t shape[DETINIT_MAX_RANK]);

/* Where the cells of a table of such a shape lie. */
table_place subject_table(size_t rank, const uint64_t *shape, const table_choice *which);

/*
 * A window of rows x cols cells from (row, col), into out[r * stride + c].  Any thread.
 * DETINIT_INVALID outside the table, DETINIT_IO where the file cannot be read.
 */
detinit_status subject_window(const tensor_subject *s, uint64_t row, uint64_t col, size_t rows,
                              size_t cols, double *out, size_t stride, detinit_error *error);

/* `count` numbers of the tensor from number `first` on, in row-major order, with its face. */
detinit_status subject_values(const tensor_subject *s, uint64_t first, size_t count, double *out,
                              detinit_error *error);

/* A recipe of that shape that draws such values: normal, or constant where they are all equal. */
detinit_recipe subject_law(const detinit_recipe *shape, double mean, double std,
                           detinit_dtype dtype);

/* What is expected of numbers that no recipe promises, and why. */
typedef struct likely_law {
    detinit_recipe recipe;
    bool audited; /* an audit looked at them, and found: */
    detinit_origin origin;
    char words[DETINIT_AUDIT_WORDS];
} likely_law;

/*
 * Statistics and histogram of a tensor of a file: of a sample where it holds more than
 * DETINIT_KS_COUNT numbers and not `exact`.  *law, where it is given, becomes what is expected:
 * of weights the scheme that an audit finds, else what has equal mean and std; without it
 * `promised` is expected.  No figure has a standard error; `overflowed` counts numbers that are
 * infinite or none, which all other figures leave out.
 */
detinit_status subject_survey(const tensor_subject *s, const detinit_recipe *promised, bool exact,
                              const detinit_run *run, detinit_survey *out, likely_law *law,
                              detinit_error *error);

/* Mean and std of a few numbers, at once: for the size of figures. */
void subject_probe(const tensor_subject *s, double *mean, double *std);

#endif
