/* Files of weights as a training could have left them, for tests. */
#ifndef DETINIT_TRAINED_FILE_H
#define DETINIT_TRAINED_FILE_H

#include "scratch.h"

#include "detinit_track.h"

/* All initial weights in the storage type, to be freed. */
static inline unsigned char *initial_weights(const detinit_recipe *recipe, size_t *count)
{
    uint64_t weights = 0;
    detinit_matrix *matrix;
    assert_true(detinit_recipe_count(recipe, &weights));
    *count = (size_t)weights;
    unsigned char *stored = allocate(*count * detinit_dtype_size(recipe->dtype));
    assert_int_equal(detinit_matrix_new(recipe, NULL, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_fill(matrix, NULL, stored, NULL), DETINIT_OK);
    detinit_matrix_free(matrix);
    return stored;
}

/* Saves weights of the recipe's shape and type as the only tensor, "w". */
static inline void save_weights(const char *path, const detinit_recipe *recipe, const void *stored)
{
    detinit_tensorwriter *writer;
    uint64_t bytes;
    assert_int_equal(detinit_tensorwriter_open(path, &writer, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_announce(writer, "w",
                                                   detinit_dtype_safetensors(recipe->dtype),
                                                   recipe->rank, recipe->shape, &bytes, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_write(writer, stored, (size_t)bytes, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_commit(writer, NULL, NULL), DETINIT_OK);
}

/* Opens the file again; ended by detinit_tensorfile_close. */
static inline detinit_tensorfile *track_file(const char *path, const detinit_recipe *recipe,
                                             detinit_tracked *tracked)
{
    detinit_tensorfile *file;
    detinit_error error;
    if (detinit_tensorfile_open(path, &file, &error) != DETINIT_OK ||
        detinit_track(file, detinit_tensorfile_tensor(file, 0), recipe, tracked, &error) !=
            DETINIT_OK)
        fail_msg("%s", error.message);
    return file;
}

/* A random number below `limit`; *state goes on. */
static inline uint64_t random_below(uint64_t *state, uint64_t limit)
{
    *state += 1;
    return detinit_hash64(*state) % limit;
}

#endif
