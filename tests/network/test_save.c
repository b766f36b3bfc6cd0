/* Matrices in files and pipes: every byte, the survey on the way, and what interrupts a save. */
#include "scratch.h"

#include "detinit_track.h"
#include "file/npy.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

/* Shapes with blocks of whole rows, of parts of a row, and with the last one shorter. */
static const uint64_t shapes[][2] = {{1, 1}, {1, 7}, {7, 1}, {10, 20}, {1000, 333}, {3, 70001}};
#define SHAPE_COUNT (sizeof shapes / sizeof shapes[0])

static detinit_matrix *matrix_of(const detinit_recipe *recipe)
{
    detinit_matrix *matrix;
    assert_int_equal(detinit_matrix_new(recipe, NULL, &matrix, NULL), DETINIT_OK);
    return matrix;
}

/* The bytes that the .npy file of a matrix must have, to be freed. */
static unsigned char *expected_npy(const detinit_matrix *matrix, size_t *size)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(matrix);
    uint64_t count = 0;
    detinit_recipe_count(recipe, &count);
    unsigned char *bytes =
        allocate(NPY_HEADER_MOST + (size_t)count * detinit_dtype_size(recipe->dtype));
    const size_t offset = npy_header(recipe, bytes);
    assert_int_equal(detinit_matrix_fill(matrix, NULL, bytes + offset, NULL), DETINIT_OK);
    *size = offset + (size_t)count * detinit_dtype_size(recipe->dtype);
    return bytes;
}

static void assert_file_is(const char *path, const unsigned char *expected, size_t expected_size)
{
    size_t size;
    unsigned char *actual = get_file(path, &size);
    assert_int_equal(size, expected_size);
    assert_memory_equal(actual, expected, size);
    free(actual);
}

static void saves_every_byte(void **state)
{
    (void)state;
    for (size_t n = 0; n < SHAPE_COUNT * DETINIT_DTYPE_COUNT; n++) {
        const uint64_t *shape = shapes[n / DETINIT_DTYPE_COUNT];
        detinit_recipe recipe = detinit_recipe_matrix(n, 3, shape[0], shape[1]);
        recipe.dtype = (detinit_dtype)(n % DETINIT_DTYPE_COUNT);
        detinit_matrix *matrix = matrix_of(&recipe);
        size_t size;
        unsigned char *expected = expected_npy(matrix, &size);
        for (unsigned threads = 1; threads <= 3; threads++) {
            const detinit_run run = {.threads = threads};
            uint64_t bytes = 0;
            assert_int_equal(
                detinit_matrix_save(matrix, "w.npy", DETINIT_NPY, &run, NULL, &bytes, NULL),
                DETINIT_OK);
            assert_int_equal(bytes, size);
            assert_file_is("w.npy", expected, size);
        }
        free(expected);
        detinit_matrix_free(matrix);
    }
}

static void saves_tensors(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(1, 2, 8, 3);
    size_t size;
    (void)state;
    recipe.shape[2] = recipe.shape[3] = 5;
    for (size_t rank = 1; rank <= 4; rank++) {
        recipe.rank = rank;
        recipe.zero_mean = rank == 4;
        detinit_matrix *matrix = matrix_of(&recipe);
        unsigned char *expected = expected_npy(matrix, &size);
        assert_int_equal(detinit_matrix_save(matrix, "w.npy", DETINIT_NPY, NULL, NULL, NULL, NULL),
                         DETINIT_OK);
        assert_file_is("w.npy", expected, size);
        free(expected);
        detinit_matrix_free(matrix);
    }
}

/* Every number of the text has the bits of its weight; lines are rows. */
static void csv_gives_back_every_bit(void **state)
{
    (void)state;
    for (size_t n = 0; n < SHAPE_COUNT * DETINIT_DTYPE_COUNT; n++) {
        const uint64_t *shape = shapes[n / DETINIT_DTYPE_COUNT];
        detinit_recipe recipe = detinit_recipe_matrix(n, 4, shape[0], shape[1]);
        recipe.dtype = (detinit_dtype)(n % DETINIT_DTYPE_COUNT);
        detinit_matrix *matrix = matrix_of(&recipe);
        uint64_t bytes = 0;
        size_t size;
        assert_int_equal(
            detinit_matrix_save(matrix, "w.csv", DETINIT_CSV, NULL, NULL, &bytes, NULL),
            DETINIT_OK);
        char *text = (char *)get_file("w.csv", &size), *at = text;
        assert_int_equal(bytes, size);
        for (uint64_t place = 0; place < shape[0] * shape[1]; place++) {
            const uint64_t col = place % shape[1];
            double weight, read;
            unsigned char stored[8];
            detinit_matrix_weight(matrix, place / shape[1], col, &weight);
            read = strtod(at, &at);
            detinit_encode(recipe.dtype, &read, 1, stored);
            detinit_decode(recipe.dtype, stored, 1, &read);
            assert_double_same(read, weight);
            assert_int_equal(*at++, col + 1 == shape[1] ? '\n' : ',');
        }
        assert_int_equal(at - text, size);
        free(text);
        detinit_matrix_free(matrix);
    }
}

static void surveys_on_the_way(void **state)
{
    (void)state;
    for (int format = 0; format < DETINIT_FORMAT_COUNT; format++) {
        detinit_recipe recipe = detinit_recipe_matrix(5, 0, 700, 300);
        recipe.dtype = DETINIT_FLOAT32;
        detinit_matrix *matrix = matrix_of(&recipe);
        detinit_survey alone, on_the_way;
        assert_int_equal(detinit_matrix_survey(matrix, true, NULL, &alone, NULL), DETINIT_OK);
        assert_int_equal(
            detinit_matrix_save(matrix, "w", (detinit_format)format, NULL, &on_the_way, NULL, NULL),
            DETINIT_OK);
        const detinit_statistics *a = &alone.statistics, *b = &on_the_way.statistics;
        assert_int_equal(b->count, 210000);
        assert_double_same(b->mean, a->mean);
        assert_double_same(b->std, a->std);
        assert_double_same(b->min, a->min);
        assert_double_same(b->excess_kurtosis, a->excess_kurtosis);
        assert_double_same(b->ks_p, a->ks_p);
        assert_int_equal(on_the_way.histogram.bins, alone.histogram.bins);
        assert_memory_equal(on_the_way.histogram.counts, alone.histogram.counts,
                            alone.histogram.bins * sizeof(uint64_t));
        detinit_survey_free(&alone);
        detinit_survey_free(&on_the_way);
        detinit_matrix_free(matrix);
    }
}

/* ------------------------------------------------------------ descriptors */

typedef struct collected {
    int fd;
    size_t size;
    unsigned char *bytes;
} collected;

static void *collect(void *argument)
{
    collected *c = argument;
    for (ssize_t got; (got = read(c->fd, c->bytes + c->size, 777)) > 0;)
        c->size += (size_t)got;
    return NULL;
}

static void writes_into_a_pipe(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(9, 9, 500, 400);
    detinit_matrix *matrix = matrix_of(&recipe);
    pthread_t reader;
    int ends[2];
    uint64_t bytes = 0;
    size_t size;
    unsigned char *expected = expected_npy(matrix, &size);
    collected c = {.bytes = allocate(size + 777)};
    (void)state;
    assert_int_equal(pipe(ends), 0);
    c.fd = ends[0];
    assert_int_equal(pthread_create(&reader, NULL, collect, &c), 0);
    assert_int_equal(detinit_matrix_write(matrix, ends[1], DETINIT_NPY, NULL, NULL, &bytes, NULL),
                     DETINIT_OK);
    close(ends[1]);
    pthread_join(reader, NULL);
    close(ends[0]);
    assert_int_equal(bytes, size);
    assert_int_equal(c.size, size);
    assert_memory_equal(c.bytes, expected, size);
    free(c.bytes);
    free(expected);
    detinit_matrix_free(matrix);
}

static void tells_of_a_closed_pipe(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(9, 9, 500, 400);
    detinit_matrix *matrix = matrix_of(&recipe);
    detinit_survey survey;
    int ends[2];
    (void)state;
    signal(SIGPIPE, SIG_DFL);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(detinit_matrix_write(matrix, ends[1], DETINIT_CSV, NULL, &survey, NULL, NULL),
                     DETINIT_CLOSED_PIPE);
    close(ends[1]);
    detinit_matrix_free(matrix);
}

/* ----------------------------------------------------------- interruptions */

static bool stop_halfway(void *context, uint64_t done, uint64_t total)
{
    bool *kills = context;
    if (2 * done < total)
        return true;
    if (*kills)
        raise(SIGKILL);
    return false;
}

static void a_cancelled_save_leaves_nothing(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(0, 0, 1000, 1000);
    detinit_matrix *matrix = matrix_of(&recipe);
    bool kills = false;
    detinit_survey survey;
    detinit_run run = {.progress = stop_halfway, .context = &kills};
    (void)state;
    for (int format = 0; format < DETINIT_FORMAT_COUNT; format++) {
        put_file("w", "old");
        assert_int_equal(
            detinit_matrix_save(matrix, "w", (detinit_format)format, &run, &survey, NULL, NULL),
            DETINIT_CANCELLED);
        assert_file_holds("w", "old");
        assert_int_equal(count_entries(NULL), 1);
    }
    detinit_matrix_free(matrix);
}

static void a_killed_save_leaves_the_old_file(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(0, 0, 1000, 1000);
    detinit_matrix *matrix = matrix_of(&recipe);
    bool kills = true;
    const detinit_run run = {.threads = 2, .progress = stop_halfway, .context = &kills};
    int result;
    (void)state;
    put_file("w.npy", "old");
    const pid_t child = fork();
    if (child == 0) {
        detinit_matrix_save(matrix, "w.npy", DETINIT_NPY, &run, NULL, NULL, NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFSIGNALED(result) && WTERMSIG(result) == SIGKILL);
    assert_file_holds("w.npy", "old");
    assert_int_equal(detinit_matrix_save(matrix, "w.npy", DETINIT_CSV, NULL, NULL, NULL, NULL),
                     DETINIT_OK);
    assert_int_equal(count_entries(NULL), 1);
    detinit_matrix_free(matrix);
}

/* The recipe lies in the file, and makes its weights. */
static void saves_safetensors(void **state)
{
    (void)state;
    for (int n = 0; n < 2 * DETINIT_DTYPE_COUNT; n++) {
        detinit_recipe recipe = detinit_recipe_matrix(UINT64_MAX, 9, 300, 700);
        detinit_tensorfile *file;
        detinit_network network;
        struct stat about;
        uint64_t bytes = 0;
        recipe.dtype = (detinit_dtype)(n / 2);
        const size_t size = 300 * 700 * detinit_dtype_size(recipe.dtype);
        const detinit_run run = {.threads = 1 + 2 * (unsigned)(n % 2)};
        unsigned char *made = allocate(size), *read = allocate(size);
        detinit_matrix *matrix = matrix_of(&recipe);
        assert_int_equal(detinit_matrix_save(matrix, "w.safetensors", DETINIT_SAFETENSORS, &run,
                                             NULL, &bytes, NULL),
                         DETINIT_OK);
        assert_int_equal(stat("w.safetensors", &about), 0);
        assert_int_equal(about.st_size, bytes);
        assert_int_equal(detinit_matrix_fill(matrix, NULL, made, NULL), DETINIT_OK);
        assert_int_equal(detinit_tensorfile_open("w.safetensors", &file, NULL), DETINIT_OK);
        assert_int_equal(detinit_tensorfile_count(file), 1);
        const detinit_tensor *tensor = detinit_tensorfile_find(file, "weight");
        assert_non_null(tensor);
        assert_int_equal(detinit_tensor_read(file, tensor, 0, 300 * 700, read, NULL), DETINIT_OK);
        assert_memory_equal(made, read, size);
        assert_string_equal(detinit_tensorfile_metadata(file, "detinit.version"), "1");
        const char *manifest = detinit_tensorfile_metadata(file, "detinit.manifest");
        assert_int_equal(detinit_network_parse(manifest, strlen(manifest), "m", &network, NULL),
                         DETINIT_OK);
        assert_true(detinit_recipe_equal(&network.layers[0].recipe, &recipe));
        assert_string_equal(network.layers[0].name, "weight");
        detinit_network_free(&network);
        detinit_tensorfile_close(file);
        detinit_matrix_free(matrix);
        free(made);
        free(read);
    }
}

static void writes_safetensors_by_name_only(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(0, 0, 2, 2);
    detinit_matrix *matrix = matrix_of(&recipe);
    detinit_error error;
    (void)state;
    assert_int_equal(detinit_matrix_write(matrix, 1, DETINIT_SAFETENSORS, NULL, NULL, NULL, &error),
                     DETINIT_INVALID);
    assert_string_equal(error.message, "a .safetensors file needs a name");
    detinit_matrix_free(matrix);
}

static void there_is_no_other_format(void **state)
{
    const detinit_format other = (detinit_format)99;
    detinit_recipe recipe = detinit_recipe_matrix(0, 0, 2, 2);
    detinit_matrix *matrix = matrix_of(&recipe);
    detinit_error error;
    (void)state;
    assert_int_equal(detinit_matrix_save(matrix, "w", other, NULL, NULL, NULL, &error),
                     DETINIT_INVALID);
    assert_string_equal(error.message, "there is no format number 99");
    assert_int_equal(detinit_matrix_write(matrix, 1, other, NULL, NULL, NULL, &error),
                     DETINIT_INVALID);
    assert_string_equal(error.message, "there is no format number 99");
    assert_int_equal(count_entries(NULL), 0);
    detinit_matrix_free(matrix);
}

/* A matrix beyond any disk is refused at once; on a file system that cannot tell, not here. */
static void refuses_what_no_disk_holds(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(0, 0, DETINIT_MAX_DIMENSION, 1);
    detinit_matrix *matrix = matrix_of(&recipe);
    detinit_error error;
    (void)state;
    assert_int_equal(detinit_matrix_save(matrix, "w.npy", DETINIT_NPY, NULL, NULL, NULL, &error),
                     DETINIT_IO);
    assert_string_equal(error.message, "cannot write 'w.npy': File too large");
    assert_int_equal(count_entries(NULL), 0);
    detinit_matrix_free(matrix);
}

static void knows_formats_by_their_ending(void **state)
{
    detinit_format format = DETINIT_NPY;
    (void)state;
    assert_true(detinit_format_of_path("a.csv", &format));
    assert_int_equal(format, DETINIT_CSV);
    assert_true(detinit_format_of_path("dir.csv/a.npy", &format));
    assert_int_equal(format, DETINIT_NPY);
    assert_true(detinit_format_of_path("a.safetensors", &format));
    assert_int_equal(format, DETINIT_SAFETENSORS);
    assert_false(detinit_format_of_path(".safetensors", &format));
    assert_false(detinit_format_of_path("a.npz", &format));
    assert_false(detinit_format_of_path("npy", &format));
    assert_false(detinit_format_of_path("", &format));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, enter_scratch, leave_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(saves_every_byte),
        CASE(saves_tensors),
        CASE(csv_gives_back_every_bit),
        CASE(surveys_on_the_way),
        CASE(writes_into_a_pipe),
        CASE(tells_of_a_closed_pipe),
        CASE(a_cancelled_save_leaves_nothing),
        CASE(a_killed_save_leaves_the_old_file),
        CASE(saves_safetensors),
        CASE(writes_safetensors_by_name_only),
        CASE(there_is_no_other_format),
        CASE(refuses_what_no_disk_holds),
        CASE(knows_formats_by_their_ending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
