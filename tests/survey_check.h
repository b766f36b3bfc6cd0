/* What the tests of theory, survey and spectrum share. */
#ifndef DETINIT_SURVEY_CHECK_H
#define DETINIT_SURVEY_CHECK_H

#include "check.h"
#include "detinit.h"

/* Opens a table of reference data and skips its heading. */
static inline FILE *open_table(const char *name)
{
    FILE *table = open_in("TEST_DATA", name);
    char heading[512];
    assert_non_null(fgets(heading, sizeof heading, table));
    return table;
}

/* A matrix that is expected to be made. */
static inline detinit_matrix *new_matrix(const detinit_recipe *recipe)
{
    detinit_matrix *matrix = NULL;
    detinit_error error;
    if (detinit_matrix_new(recipe, NULL, &matrix, &error) != DETINIT_OK)
        fail_msg("no matrix: %s", error.message);
    return matrix;
}

#endif
