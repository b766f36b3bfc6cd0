/* A file as training leaves it, of every kind of tensor, for tests of what reads such files. */
#ifndef DETINIT_TRAINED_H
#define DETINIT_TRAINED_H

#include "scratch.h"

#include "base/byteorder.h"
#include "detinit_pack.h"

#define TRACKED 6

/* How to pack at a threshold. */
#define PACK_AT(x) (&(detinit_pack_options){.threshold = (x), .level = DETINIT_PACK_LEVEL})

/* A tensor with a recipe, and all of its weights. */
typedef struct known_tensor {
    const char *name;
    detinit_recipe recipe;
    uint64_t count;
    unsigned char *initial, *trained; /* stored */
    double *initial_values, *trained_values;
} known_tensor;

typedef struct trained {
    known_tensor known[TRACKED];
    detinit_tensorfile *file;
    detinit_tracked tracked[TRACKED];
} trained;

static const uint64_t trained_step[3] = {1, UINT64_MAX, 77};
static const unsigned char trained_flags[5] = {1, 0, 0, 1, 1};

static inline detinit_recipe recipe_of(detinit_dtype dtype, uint64_t layer, size_t rank,
                                       const uint64_t *shape)
{
    detinit_recipe recipe = detinit_recipe_matrix(7, layer, 1, 1);
    recipe.dtype = dtype;
    recipe.rank = rank;
    memcpy(recipe.shape, shape, rank * sizeof *shape);
    return recipe;
}

/* A weight of what training may leave: near, far, untouched, and what is no number. */
static inline void train_weight(const known_tensor *t, size_t n, size_t item)
{
    static const uint64_t nan_bits[] = {0x7FF4000000000123u, 0x7FA00045u, 0x7D21u, 0xFFA3u};
    unsigned char *to = t->trained + n * item;
    const uint64_t index = n, random = detinit_key(t->recipe.layer, &index, 1);
    double w = t->initial_values[n];
    if (random % 8 == 0)
        return;
    if (w == 0)
        w = -w;
    else
        w += random % 8 == 1 ? 1e-3 : 0.02 * (detinit_u01(random) - 0.5);
    detinit_encode(t->recipe.dtype, &w, 1, to);
    if (n % 401 == 400) {
        uint64_t bits = nan_bits[t->recipe.dtype];
        turn_little_endian(&bits, sizeof bits, 1);
        memcpy(to, &bits, item);
    }
    if (n % 997 == 996)
        detinit_encode(t->recipe.dtype, &(double){n % 2 ? INFINITY : -INFINITY}, 1, to);
}

static inline void train_tensor(known_tensor *t)
{
    const size_t item = detinit_dtype_size(t->recipe.dtype);
    detinit_matrix *matrix;
    assert_true(detinit_recipe_count(&t->recipe, &t->count));
    t->initial = allocate(t->count * item);
    t->trained = allocate(t->count * item);
    t->initial_values = allocate(t->count * sizeof(double));
    t->trained_values = allocate(t->count * sizeof(double));
    assert_int_equal(detinit_matrix_new(&t->recipe, NULL, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_fill(matrix, NULL, t->initial, NULL), DETINIT_OK);
    detinit_matrix_free(matrix);
    detinit_decode(t->recipe.dtype, t->initial, t->count, t->initial_values);
    memcpy(t->trained, t->initial, t->count * item);
    for (size_t n = 0; n < t->count; n++)
        train_weight(t, n, item);
    detinit_decode(t->recipe.dtype, t->trained, t->count, t->trained_values);
}

/* Blocks of several rows and parts of one; both fan-ins; a tensor whose weights are all 0 or -0. */
static inline void make_known(known_tensor known[TRACKED])
{
    known[0] = (known_tensor){.name = "fc1",
                              .recipe = recipe_of(DETINIT_FLOAT32, 0, 2, (uint64_t[]){300, 251})};
    known[1] = (known_tensor){.name = "conv",
                              .recipe = recipe_of(DETINIT_FLOAT16, 1, 4, (uint64_t[]){7, 5, 3, 3})};
    known[1].recipe.zero_mean = true;
    known[2] = (known_tensor){.name = "wide",
                              .recipe = recipe_of(DETINIT_BFLOAT16, 2, 2, (uint64_t[]){2, 70001})};
    known[3] = (known_tensor){.name = "square",
                              .recipe = recipe_of(DETINIT_FLOAT64, 3, 2, (uint64_t[]){20, 30})};
    known[3].recipe.orthogonal = true;
    known[4] = (known_tensor){.name = "keras",
                              .recipe = recipe_of(DETINIT_FLOAT32, 4, 2, (uint64_t[]){210, 45})};
    known[4].recipe.fan_in = DETINIT_FAN_IN_ROWS;
    known[5] = (known_tensor){.name = "tiny",
                              .recipe = recipe_of(DETINIT_FLOAT16, 5, 1, (uint64_t[]){61})};
    known[5].recipe.mode = DETINIT_NORMAL;
    known[5].recipe.std = 1e-30;
    for (size_t n = 0; n < TRACKED; n++)
        train_tensor(&known[n]);
}

/* What lies between the tracked tensors of the file: numbers, none at all, truths. */
static const struct {
    size_t behind; /* so many tracked ones */
    const char *name, *type;
    size_t rank;
    uint64_t shape[2];
    const void *data;
    size_t bytes;
} untracked[] = {
    {1, "step", "U64", 1, {3}, trained_step, sizeof trained_step},
    {2, "fc1.blocks", "BOOL", 1, {5}, trained_flags, sizeof trained_flags},
    {4, "none", "F32", 2, {0, 5}, "", 0},
};
#define UNTRACKED (sizeof untracked / sizeof untracked[0])

static inline void write_trained(const trained *t, const char *path)
{
    detinit_tensorwriter *w;
    assert_int_equal(detinit_tensorwriter_open(path, &w, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_metadata(w, "format", "pt", NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_metadata(w, "a \"note\"", "\xC3\xA9\n", NULL), 0);
    for (size_t n = 0; n < TRACKED; n++) {
        const detinit_recipe *recipe = &t->known[n].recipe;
        for (size_t m = 0; m < UNTRACKED; m++)
            if (untracked[m].behind == n)
                assert_int_equal(detinit_tensorwriter_announce(w, untracked[m].name,
                                                               untracked[m].type, untracked[m].rank,
                                                               untracked[m].shape, NULL, NULL),
                                 DETINIT_OK);
        assert_int_equal(detinit_tensorwriter_announce(w, t->known[n].name,
                                                       detinit_dtype_safetensors(recipe->dtype),
                                                       recipe->rank, recipe->shape, NULL, NULL),
                         DETINIT_OK);
    }
    for (size_t n = 0; n < TRACKED; n++) {
        const size_t bytes = t->known[n].count * detinit_dtype_size(t->known[n].recipe.dtype);
        for (size_t m = 0; m < UNTRACKED; m++)
            if (untracked[m].behind == n)
                assert_int_equal(
                    detinit_tensorwriter_write(w, untracked[m].data, untracked[m].bytes, NULL),
                    DETINIT_OK);
        assert_int_equal(detinit_tensorwriter_write(w, t->known[n].trained, bytes, NULL),
                         DETINIT_OK);
    }
    assert_int_equal(detinit_tensorwriter_commit(w, NULL, NULL), DETINIT_OK);
}

static inline void track_all(trained *t, const char *path)
{
    assert_int_equal(detinit_tensorfile_open(path, &t->file, NULL), DETINIT_OK);
    for (size_t n = 0; n < TRACKED; n++)
        assert_int_equal(detinit_track(t->file, detinit_tensorfile_find(t->file, t->known[n].name),
                                       &t->known[n].recipe, &t->tracked[n], NULL),
                         DETINIT_OK);
}

/* Makes "trained.safetensors" in the current directory and opens it. */
static inline void open_trained(trained *t)
{
    make_known(t->known);
    write_trained(t, "trained.safetensors");
    track_all(t, "trained.safetensors");
}

static inline void close_trained(trained *t)
{
    detinit_tensorfile_close(t->file);
    for (size_t n = 0; n < TRACKED; n++) {
        free(t->known[n].initial);
        free(t->known[n].trained);
        free(t->known[n].initial_values);
        free(t->known[n].trained_values);
    }
}

/* Saves one known tensor as .npy and tracks it. */
static inline void track_npy(const known_tensor *known, const char *path, detinit_tensorfile **file,
                             detinit_tracked *tracked)
{
    detinit_matrix *matrix;
    size_t size, bytes = known->count * detinit_dtype_size(known->recipe.dtype);
    assert_int_equal(detinit_matrix_new(&known->recipe, NULL, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_save(matrix, path, DETINIT_NPY, NULL, NULL, NULL, NULL),
                     DETINIT_OK);
    detinit_matrix_free(matrix);
    unsigned char *whole = get_file(path, &size);
    memcpy(whole + size - bytes, known->trained, bytes);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(whole, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
    free(whole);
    assert_int_equal(detinit_tensorfile_open(path, file, NULL), DETINIT_OK);
    assert_int_equal(
        detinit_track(*file, detinit_tensorfile_tensor(*file, 0), &known->recipe, tracked, NULL),
        DETINIT_OK);
}

/* Whether a weight sleeps, by the definition. */
static inline bool sleeps(const known_tensor *t, size_t n, double threshold)
{
    const double w = t->trained_values[n], w0 = t->initial_values[n];
    return w == w0 || fabs(w - w0) <= threshold;
}

#endif
