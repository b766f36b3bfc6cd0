/*
 * The proof of reproducibility: that it holds, and that it would see a difference.
 * The linker sends the proof's ways of making weights through the __wrap_ functions
 * below, which can bend one weight.
 */
#include "scratch.h"

#include "detinit_track.h"
#include "matrix/matrix.h"

#include <math.h>
#include <nettle/sha2.h>

/* ------------------------------------------------------------ bent weights */

typedef enum way { WAY_NONE, WAY_WEIGHT, WAY_ROWS, WAY_WINDOW, WAY_SECOND_PASS } way;

static way bent;                    /* which way of making weights is bent */
static way failing;                 /* which makes nothing of the same weight */
static uint64_t bent_row, bent_col; /* and which weight */
static uint64_t blocks_made;

detinit_status __real_detinit_matrix_weight(const detinit_matrix *matrix, uint64_t row,
                                            uint64_t col, double *weight);
detinit_status __real_detinit_matrix_rows(const detinit_matrix *matrix, uint64_t row, uint64_t rows,
                                          void *out);
detinit_status __real_detinit_matrix_window(const detinit_matrix *matrix, uint64_t row,
                                            uint64_t col, size_t rows, size_t cols, double *out,
                                            size_t stride);
void __real_matrix_make_block(const detinit_matrix *matrix, const detinit_block *place,
                              void *stored);
detinit_status __wrap_detinit_matrix_weight(const detinit_matrix *matrix, uint64_t row,
                                            uint64_t col, double *weight);
detinit_status __wrap_detinit_matrix_rows(const detinit_matrix *matrix, uint64_t row, uint64_t rows,
                                          void *out);
detinit_status __wrap_detinit_matrix_window(const detinit_matrix *matrix, uint64_t row,
                                            uint64_t col, size_t rows, size_t cols, double *out,
                                            size_t stride);
void __wrap_matrix_make_block(const detinit_matrix *matrix, const detinit_block *place,
                              void *stored);

detinit_status __wrap_detinit_matrix_weight(const detinit_matrix *matrix, uint64_t row,
                                            uint64_t col, double *weight)
{
    if (failing == WAY_WEIGHT && row == bent_row && col == bent_col)
        return DETINIT_INVALID;
    const detinit_status status = __real_detinit_matrix_weight(matrix, row, col, weight);
    if (bent == WAY_WEIGHT && row == bent_row && col == bent_col)
        *weight += 0.5;
    return status;
}

/* Flips the sign of the bent weight, the last byte's upper bit, where it is among these. */
static void flip(const detinit_matrix *matrix, uint64_t row, uint64_t col, uint64_t count,
                 unsigned char *stored)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(matrix);
    const uint64_t cols = detinit_recipe_cols(recipe);
    const uint64_t place = bent_row * cols + bent_col, first = row * cols + col;
    if (place >= first && place - first < count)
        stored[(place - first + 1) * detinit_dtype_size(recipe->dtype) - 1] ^= 0x80;
}

detinit_status __wrap_detinit_matrix_rows(const detinit_matrix *matrix, uint64_t row, uint64_t rows,
                                          void *out)
{
    if (failing == WAY_ROWS && bent_row >= row && bent_row - row < rows)
        return DETINIT_INVALID;
    const detinit_status status = __real_detinit_matrix_rows(matrix, row, rows, out);
    if (bent == WAY_ROWS)
        flip(matrix, row, 0, rows * detinit_recipe_cols(detinit_matrix_recipe(matrix)), out);
    return status;
}

detinit_status __wrap_detinit_matrix_window(const detinit_matrix *matrix, uint64_t row,
                                            uint64_t col, size_t rows, size_t cols, double *out,
                                            size_t stride)
{
    if (failing == WAY_WINDOW && row == bent_row && bent_col >= col && bent_col - col < cols)
        return DETINIT_INVALID;
    const detinit_status status =
        __real_detinit_matrix_window(matrix, row, col, rows, cols, out, stride);
    if (bent == WAY_WINDOW && row == bent_row && bent_col >= col && bent_col - col < cols)
        out[bent_col - col] = -out[bent_col - col];
    return status;
}

/* Called by one thread at a time where it counts: in the second pass of two threads. */
void __wrap_matrix_make_block(const detinit_matrix *matrix, const detinit_block *place,
                              void *stored)
{
    __real_matrix_make_block(matrix, place, stored);
    const uint64_t made = __atomic_add_fetch(&blocks_made, 1, __ATOMIC_RELAXED);
    if (bent == WAY_SECOND_PASS && made > matrix_block_count(matrix))
        flip(matrix, place->row, place->col, (uint64_t)place->rows * place->cols, stored);
}

/* ------------------------------------------------------------------ helpers */

static int straighten(void **state)
{
    bent = failing = WAY_NONE;
    bent_row = bent_col = blocks_made = 0;
    return enter_scratch(state);
}

static detinit_matrix *matrix_of(const detinit_recipe *recipe)
{
    detinit_matrix *matrix;
    assert_int_equal(detinit_matrix_new(recipe, NULL, &matrix, NULL), DETINIT_OK);
    return matrix;
}

static detinit_reproducibility prove(const detinit_recipe *recipe, const char *saved,
                                     unsigned threads)
{
    detinit_matrix *matrix = matrix_of(recipe);
    detinit_reproducibility result;
    detinit_error error;
    const detinit_run run = {.threads = threads};
    if (detinit_matrix_reproduce(matrix, saved, &run, &result, &error) != DETINIT_OK)
        fail_msg("%s", error.message);
    detinit_matrix_free(matrix);
    return result;
}

/* The instruction sets that this machine has. */
static uint64_t isa_count(void)
{
    uint64_t count = 0;
    for (int isa = DETINIT_ISA_BASELINE; isa < DETINIT_ISA_COUNT; isa++)
        count += detinit_isa_available((detinit_isa)isa) == (detinit_isa)isa;
    return count;
}

static void save(const detinit_recipe *recipe, const char *path)
{
    detinit_matrix *matrix = matrix_of(recipe);
    detinit_format format;
    assert_true(detinit_format_of_path(path, &format));
    assert_int_equal(detinit_matrix_save(matrix, path, format, NULL, NULL, NULL, NULL), DETINIT_OK);
    detinit_matrix_free(matrix);
}

/* -------------------------------------------------------------------- tests */

static void finds_all_equal(void **state)
{
    static const uint64_t shapes[][2] = {{1, 1}, {10, 20}, {300, 7}, {1000, 101}, {2, 70001}};
    (void)state;
    for (size_t n = 0; n < sizeof shapes / sizeof shapes[0] * DETINIT_DTYPE_COUNT; n++) {
        const uint64_t *shape = shapes[n / DETINIT_DTYPE_COUNT], count = shape[0] * shape[1];
        detinit_recipe recipe = detinit_recipe_matrix(n, 1, shape[0], shape[1]);
        recipe.dtype = (detinit_dtype)(n % DETINIT_DTYPE_COUNT);
        recipe.dist = (detinit_dist)(n % DETINIT_DIST_COUNT);
        const char *path = n / DETINIT_DTYPE_COUNT % 2 == 0 ? "w.npy" : "w.safetensors";
        save(&recipe, path);
        const detinit_reproducibility r = prove(&recipe, path, (unsigned)(1 + n % 3));
        assert_true(r.equal);
        assert_double_same(r.max_difference, 0);
        /* One at a time, on each instruction set, by other threads, and read back. */
        assert_int_equal(r.compared, (3 + isa_count()) * count);
    }
}

static void hashes_the_stored_bytes(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(42, 0, 400, 300);
    unsigned char *stored = allocate(400 * 300 * 2);
    uint8_t digest[SHA256_DIGEST_SIZE];
    char hex[2 * SHA256_DIGEST_SIZE + 1];
    struct sha256_ctx sha;
    (void)state;
    recipe.dtype = DETINIT_BFLOAT16;
    detinit_matrix *matrix = matrix_of(&recipe);
    assert_int_equal(detinit_matrix_fill(matrix, NULL, stored, NULL), DETINIT_OK);
    sha256_init(&sha);
    sha256_update(&sha, 400 * 300 * 2, stored);
    sha256_digest(&sha, sizeof digest, digest);
    for (size_t n = 0; n < sizeof digest; n++)
        snprintf(hex + 2 * n, 3, "%02x", digest[n]);
    assert_string_equal(prove(&recipe, NULL, 2).sha256, hex);
    free(stored);
    detinit_matrix_free(matrix);
}

static void proves_orthogonal_matrices_and_kernels(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(1, 1, 70, 90);
    (void)state;
    recipe.orthogonal = true;
    detinit_reproducibility r = prove(&recipe, NULL, 2);
    assert_true(r.equal);
    assert_int_equal(r.compared, 3 * 70 * 90);
    recipe = detinit_recipe_matrix(1, 1, 40, 30);
    recipe.rank = 4;
    recipe.shape[2] = recipe.shape[3] = 3;
    recipe.zero_mean = true;
    r = prove(&recipe, NULL, 2);
    assert_true(r.equal);
    assert_int_equal(r.compared, (2 + isa_count()) * 40 * 30 * 9);
}

/* Above the limit: hashed places one at a time, each block anew on one instruction set. */
static void samples_large_matrices(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(7, 0, 2100, 2003);
    const uint64_t count = 2100 * 2003;
    (void)state;
    assert_true(count > DETINIT_SCALAR_COUNT);
    recipe.dtype = DETINIT_FLOAT16;
    const detinit_reproducibility r = prove(&recipe, NULL, 0);
    assert_true(r.equal);
    assert_int_equal(r.compared, 2 * count + DETINIT_SCALAR_COUNT);
}

static void sees_one_bent_weight(void **state)
{
    static const struct {
        way way;
        uint64_t rows, cols, row, col;
        bool has_difference; /* the second pass compares hashes alone */
    } bends[] = {
        {WAY_WEIGHT, 100, 70, 99, 69, true},      {WAY_WEIGHT, 3, 70001, 1, 65535, true},
        {WAY_ROWS, 100, 70, 0, 0, true},          {WAY_ROWS, 900, 70, 899, 69, true},
        {WAY_WINDOW, 2, 70001, 0, 9972, true},    {WAY_WINDOW, 2, 70001, 1, 70000, true},
        {WAY_SECOND_PASS, 100, 70, 50, 0, false}, {WAY_SECOND_PASS, 2, 70001, 1, 70000, false},
    };
    (void)state;
    for (size_t n = 0; n < sizeof bends / sizeof bends[0] * DETINIT_DTYPE_COUNT; n++) {
        const size_t which = n / DETINIT_DTYPE_COUNT;
        detinit_recipe recipe = detinit_recipe_matrix(1, 1, bends[which].rows, bends[which].cols);
        double weight;
        recipe.dtype = (detinit_dtype)(n % DETINIT_DTYPE_COUNT);
        detinit_matrix *matrix = matrix_of(&recipe);
        detinit_matrix_weight(matrix, bends[which].row, bends[which].col, &weight);
        detinit_matrix_free(matrix);
        bent = bends[which].way;
        bent_row = bends[which].row;
        bent_col = bends[which].col;
        blocks_made = 0;
        const detinit_reproducibility r = prove(&recipe, NULL, 2);
        bent = WAY_NONE;
        assert_false(r.equal);
        if (bends[which].way == WAY_WEIGHT)
            assert_double_near(r.max_difference, 0.5, 1e-6);
        else
            assert_double_same(r.max_difference,
                               bends[which].has_difference ? 2 * fabs(weight) : 0);
    }
}

/* What a way does not make is no weight, and no distance is known. */
static void sees_a_way_that_makes_nothing(void **state)
{
    static const struct {
        way way;
        uint64_t rows, cols, row, col;
    } ways[] = {{WAY_WEIGHT, 100, 70, 99, 69},
                {WAY_ROWS, 100, 70, 50, 0},
                {WAY_WINDOW, 2, 70001, 1, 70000}};
    (void)state;
    for (size_t n = 0; n < sizeof ways / sizeof ways[0] * DETINIT_DTYPE_COUNT; n++) {
        const size_t which = n / DETINIT_DTYPE_COUNT;
        detinit_recipe recipe = detinit_recipe_matrix(1, 1, ways[which].rows, ways[which].cols);
        recipe.dtype = (detinit_dtype)(n % DETINIT_DTYPE_COUNT);
        bent_row = ways[which].row;
        bent_col = ways[which].col;
        failing = ways[which].way;
        const detinit_reproducibility r = prove(&recipe, NULL, 2);
        failing = WAY_NONE;
        assert_false(r.equal);
        assert_true(isnan(r.max_difference));
    }
}

/* Changes one byte of a file. */
static void damage(const char *path, long offset)
{
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    assert_int_equal(fputc(byte ^ 1, file), byte ^ 1);
    assert_int_equal(fclose(file), 0);
}

static void sees_a_damaged_file(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(1, 1, 500, 400);
    (void)state;
    recipe.dtype = DETINIT_FLOAT32;
    for (long offset = 128; offset <= 128 + 4 * 199999; offset += 4 * 199999) {
        save(&recipe, "w.npy");
        assert_true(prove(&recipe, "w.npy", 2).equal);
        damage("w.npy", offset);
        const detinit_reproducibility r = prove(&recipe, "w.npy", 2);
        assert_false(r.equal);
        assert_true(r.max_difference > 0 && r.max_difference < 1e-6);
    }
    struct stat about;
    save(&recipe, "w.safetensors");
    assert_int_equal(stat("w.safetensors", &about), 0);
    damage("w.safetensors", about.st_size - 4);
    assert_false(prove(&recipe, "w.safetensors", 2).equal);
}

static void assert_refused(const detinit_recipe *recipe, const char *path, const char *message)
{
    detinit_matrix *matrix = matrix_of(recipe);
    detinit_reproducibility result;
    detinit_error error;
    assert_int_not_equal(detinit_matrix_reproduce(matrix, path, NULL, &result, &error), DETINIT_OK);
    if (strstr(error.message, message) == NULL)
        fail_msg("'%s' says nothing of %s", error.message, message);
    detinit_matrix_free(matrix);
}

static void refuses_other_files(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(1, 1, 30, 20), other = recipe;
    (void)state;
    other.dtype = DETINIT_FLOAT16;
    save(&other, "dtype.npy");
    assert_refused(&recipe, "dtype.npy",
                   "'dtype.npy' holds float16 (30, 20), not float64 (30, 20)");
    other = detinit_recipe_matrix(1, 1, 20, 30);
    save(&other, "shape.safetensors");
    assert_refused(&recipe, "shape.safetensors",
                   "'shape.safetensors' holds float64 (20, 30), not float64 (30, 20)");
    save(&recipe, "long.npy");
    FILE *file = fopen("long.npy", "a");
    fputc('x', file);
    fclose(file);
    assert_true(prove(&recipe, "long.npy", 2).equal); /* what stands behind is passed over */
    assert_int_equal(truncate("long.npy", 1000), 0);
    assert_refused(&recipe, "long.npy", "'long.npy'");
    put_file("text.npy", "not an array");
    assert_refused(&recipe, "text.npy", "'text.npy'");
    assert_refused(&recipe, "none.npy", "'none.npy': No such file or directory");
    assert_int_equal(mkfifo("pipe.npy", 0666), 0);
    assert_refused(&recipe, "pipe.npy", "'pipe.npy'");
}

static void refuses_files_of_more_or_other_things(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(1, 1, 30, 20);
    detinit_network network;
    const uint64_t shape[] = {30, 20};
    char data[600] = "";
    detinit_tensorwriter *writer;
    (void)state;
    recipe.shape[0] = recipe.shape[1] = 1;
    assert_int_equal(detinit_network_layers("30-20-10", &recipe, &network, NULL), DETINIT_OK);
    assert_int_equal(detinit_network_save(&network, "two.safetensors", NULL, NULL, NULL),
                     DETINIT_OK);
    assert_refused(&network.layers[0].recipe, "two.safetensors",
                   "'two.safetensors' holds no weights, or more than one tensor");
    detinit_network_free(&network);
    recipe = detinit_recipe_matrix(1, 1, 30, 20);
    assert_int_equal(detinit_tensorwriter_open("bytes.safetensors", &writer, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_announce(writer, "m", "U8", 2, shape, NULL, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_write(writer, data, sizeof data, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_commit(writer, NULL, NULL), DETINIT_OK);
    assert_refused(&recipe, "bytes.safetensors",
                   "'bytes.safetensors' holds no weights, or more than one tensor");
}

static void refuses_files_of_nothing_and_of_another_rank(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(1, 1, 30, 20), flat = recipe;
    detinit_tensorwriter *writer;
    (void)state;
    assert_int_equal(detinit_tensorwriter_open("none.safetensors", &writer, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_commit(writer, NULL, NULL), DETINIT_OK);
    assert_refused(&recipe, "none.safetensors",
                   "'none.safetensors' holds no weights, or more than one tensor");
    flat.rank = 1;
    flat.shape[0] = 600;
    save(&flat, "flat.npy");
    assert_refused(&recipe, "flat.npy", "'flat.npy' holds float64 (600,), not float64 (30, 20)");
}

static void refuses_more_weights_than_can_be_counted(void **state)
{
    const uint64_t side = UINT64_C(1) << 40;
    const detinit_recipe recipe = detinit_recipe_matrix(1, 1, side, side);
    (void)state;
    assert_refused(&recipe, NULL,
                   "a matrix of more than 2^64 - 1 weights cannot be compared whole");
}

/* Each costs a slice of 2^12: the 2^22 weights that may be drawn for all are enough for 2^10. */
static void samples_fewer_weights_of_slices(void **state)
{
    detinit_recipe recipe = detinit_recipe_tensor(1, 1, 4, (uint64_t[]){3, 2, 64, 64});
    (void)state;
    recipe.zero_mean = true;
    recipe.dtype = DETINIT_FLOAT16;
    const detinit_reproducibility r = prove(&recipe, NULL, 2);
    assert_true(r.equal);
    /* The whole on each instruction set, and by other threads. */
    assert_int_equal(r.compared, 1024 + (isa_count() + 1) * (6 << 12));
}

static void finds_nothing_in_slices_of_nothing(void **state)
{
    detinit_recipe recipe = detinit_recipe_tensor(1, 1, 4, (uint64_t[]){2, 3, 0, 5});
    (void)state;
    recipe.zero_mean = true;
    const detinit_reproducibility r = prove(&recipe, NULL, 2);
    assert_true(r.equal);
    assert_int_equal(r.compared, 0);
}

typedef struct steps {
    uint64_t last, total;
    unsigned count, allowed;
} steps;

static bool count_steps(void *context, uint64_t done, uint64_t total)
{
    steps *s = context;
    assert_true(done >= s->last && done <= total);
    s->last = done;
    s->total = total;
    return s->count++ < s->allowed;
}

static void reports_one_progress(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(1, 1, 1000, 200);
    detinit_matrix *matrix = matrix_of(&recipe);
    detinit_reproducibility result;
    steps s = {.allowed = 1000};
    const detinit_run run = {.threads = 2, .progress = count_steps, .context = &s};
    (void)state;
    assert_int_equal(detinit_matrix_reproduce(matrix, NULL, &run, &result, NULL), DETINIT_OK);
    assert_int_equal(s.total, 200000);
    assert_int_equal(s.last, 200000);
    s = (steps){.allowed = 1};
    assert_int_equal(detinit_matrix_reproduce(matrix, NULL, &run, &result, NULL),
                     DETINIT_CANCELLED);
    assert_int_equal(s.count, 2);
    detinit_matrix_free(matrix);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, straighten, leave_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(finds_all_equal),
        CASE(hashes_the_stored_bytes),
        CASE(proves_orthogonal_matrices_and_kernels),
        CASE(samples_large_matrices),
        CASE(sees_one_bent_weight),
        CASE(sees_a_way_that_makes_nothing),
        CASE(sees_a_damaged_file),
        CASE(refuses_other_files),
        CASE(refuses_files_of_more_or_other_things),
        CASE(refuses_files_of_nothing_and_of_another_rank),
        CASE(refuses_more_weights_than_can_be_counted),
        CASE(samples_fewer_weights_of_slices),
        CASE(finds_nothing_in_slices_of_nothing),
        CASE(reports_one_progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
