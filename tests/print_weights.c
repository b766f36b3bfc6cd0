/*
 * Prints the weights of one line of golden/weights.txt, without its digest, as they are
 * stored: print_weights SEED LAYER SHAPE MODE DIST FAN_IN STD GAIN ZERO_MEAN DTYPE.  It needs
 * nothing but the library's core, so that it can be built for any processor.
 */
#include "detinit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "6x4x3x3" */
static void read_shape(char *text, detinit_recipe *recipe)
{
    recipe->rank = 0;
    for (char *n = strtok(text, "x"); n != NULL; n = strtok(NULL, "x"))
        recipe->shape[recipe->rank++] = strtoull(n, NULL, 10);
}

static bool read_recipe(char **words, detinit_recipe *recipe)
{
    *recipe =
        detinit_recipe_matrix(strtoull(words[0], NULL, 10), strtoull(words[1], NULL, 10), 1, 1);
    read_shape(words[2], recipe);
    recipe->std = strtod(words[6], NULL);
    recipe->gain = strtod(words[7], NULL);
    recipe->zero_mean = strcmp(words[8], "1") == 0;
    return detinit_mode_parse(words[3], &recipe->mode) &&
           detinit_dist_parse(words[4], &recipe->dist) &&
           detinit_axis_parse(words[5], &recipe->fan_in) &&
           detinit_dtype_parse(words[9], &recipe->dtype);
}

static detinit_status print_block(void *context, const detinit_block *block, const void *partial,
                                  detinit_error *error)
{
    const size_t *size = context;
    (void)partial;
    (void)error;
    return fwrite(block->stored, *size, block->rows * block->cols, stdout) > 0 ? DETINIT_OK
                                                                               : DETINIT_IO;
}

int main(int count, char **words)
{
    detinit_recipe recipe;
    detinit_matrix *matrix;
    detinit_error error;
    if (count != 11 || !read_recipe(words + 1, &recipe))
        return 1;
    if (detinit_matrix_new(&recipe, NULL, &matrix, &error) != DETINIT_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    size_t size = detinit_dtype_size(recipe.dtype);
    const detinit_sink sink = {.take = print_block, .context = &size};
    detinit_status status = detinit_matrix_stream(matrix, NULL, &sink, NULL);
    detinit_matrix_free(matrix);
    return status == DETINIT_OK && fflush(stdout) == 0 ? 0 : 1;
}
