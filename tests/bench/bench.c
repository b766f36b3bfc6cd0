/*
 * Measures the library on request: reads one command a line, answers with one
 * number of seconds a line.  bench.py drives it, so that other libraries can be
 * measured in turn with it, under the same load of the machine.
 *
 *     fill    ISA THREADS ROWS COLS MODE DIST DTYPE    all weights into memory
 *     stream  ISA THREADS ROWS COLS MODE DIST DTYPE    all weights, in bounded memory
 *     make    ISA THREADS ROWS COLS MODE               an orthogonal matrix, factored
 *     weight  ISA COUNT                                one weight, at random places
 *     window  ISA ROWS COLS                            of a matrix of 9e18 x 9e18
 *     save    ISA THREADS ROWS COLS MODE DIST DTYPE LAYER   into the file FILE
 *     change  ISA THREADS ROWS COLS MODE DIST DTYPE    FILE against layer 0
 *     remove                                           FILE
 *     part    ISA THREADS ROWS COLS MODE DIST DTYPE LAYER PART   seconds for each of its weights
 *     kernel  ISA THREADS OUT IN PART                  of a zero-mean kernel of 3 x 3, float32
 *
 * PART is whole, range, rows, cols or strip: half of the weights, rows (or OUT), columns (or IN),
 * or 8 columns.
 *
 * FILE is the program's argument.
 */
#include "detinit_track.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HUGE_SIDE UINT64_C(9000000000000000000)

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

_Noreturn static void fail(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

/* One buffer serves all fills, touched before it is timed. */
static void *buffer_of(size_t bytes)
{
    static void *buffer;
    static size_t size;
    if (bytes > size) {
        free(buffer);
        buffer = malloc(bytes);
        if (buffer == NULL)
            fail("not enough memory");
        memset(buffer, 1, bytes);
        size = bytes;
    }
    return buffer;
}

static detinit_matrix *new_matrix(const detinit_recipe *recipe, const detinit_run *run)
{
    detinit_matrix *matrix;
    detinit_error error;
    if (detinit_matrix_new(recipe, run, &matrix, &error) != DETINIT_OK)
        fail(error.message);
    return matrix;
}

static double time_fill(const detinit_recipe *recipe, const detinit_run *run)
{
    uint64_t count;
    if (!detinit_recipe_count(recipe, &count))
        fail("too many weights");
    void *out = buffer_of((size_t)count * detinit_dtype_size(recipe->dtype));
    const double start = seconds_now();
    detinit_matrix *matrix = new_matrix(recipe, run);
    if (detinit_matrix_fill(matrix, run, out, NULL) != DETINIT_OK)
        fail("fill failed");
    const double seconds = seconds_now() - start;
    detinit_matrix_free(matrix);
    return seconds;
}

static double time_stream(const detinit_recipe *recipe, const detinit_run *run)
{
    const detinit_sink nothing = {0};
    const double start = seconds_now();
    detinit_matrix *matrix = new_matrix(recipe, run);
    if (detinit_matrix_stream(matrix, run, &nothing, NULL) != DETINIT_OK)
        fail("stream failed");
    const double seconds = seconds_now() - start;
    detinit_matrix_free(matrix);
    return seconds;
}

static double time_orthogonal(detinit_recipe recipe, const detinit_run *run)
{
    recipe.orthogonal = true;
    const double start = seconds_now();
    detinit_matrix *matrix = new_matrix(&recipe, run);
    const double seconds = seconds_now() - start;
    detinit_matrix_free(matrix);
    return seconds;
}

/* Seconds for one weight; every place depends on the one before, as a caller's might. */
static double time_weight(const detinit_run *run, uint64_t count)
{
    const detinit_recipe recipe = detinit_recipe_matrix(1, 0, HUGE_SIDE, HUGE_SIDE);
    detinit_matrix *matrix = new_matrix(&recipe, run);
    uint64_t place = 1;
    double weight = 0, sum = 0;
    const double start = seconds_now();
    for (uint64_t n = 0; n < count; n++) {
        place = place * 6364136223846793005u + 1442695040888963407u;
        detinit_matrix_weight(matrix, place >> 2, place >> 3, &weight);
        sum += weight;
    }
    const double seconds = (seconds_now() - start) / (double)count;
    detinit_matrix_free(matrix);
    return sum != 0 ? seconds : 0;
}

static double time_window(const detinit_run *run, size_t rows, size_t cols)
{
    const detinit_recipe recipe = detinit_recipe_matrix(1, 0, HUGE_SIDE, HUGE_SIDE);
    double *out = buffer_of(rows * cols * sizeof *out);
    const double start = seconds_now();
    detinit_matrix *matrix = new_matrix(&recipe, run);
    if (detinit_matrix_window(matrix, HUGE_SIDE / 2, HUGE_SIDE / 3, rows, cols, out, cols) !=
        DETINIT_OK)
        fail("window failed");
    const double seconds = seconds_now() - start;
    detinit_matrix_free(matrix);
    return seconds;
}

static double time_save(const detinit_recipe *recipe, const detinit_run *run, const char *path)
{
    detinit_error error;
    const double start = seconds_now();
    detinit_matrix *matrix = new_matrix(recipe, run);
    if (detinit_matrix_save(matrix, path, DETINIT_NPY, run, NULL, NULL, &error) != DETINIT_OK)
        fail(error.message);
    detinit_matrix_free(matrix);
    return seconds_now() - start;
}

static double time_change(const detinit_recipe *recipe, const detinit_run *run, const char *path)
{
    detinit_error error;
    detinit_tensorfile *file;
    detinit_tracked tracked;
    detinit_change change;
    const double start = seconds_now();
    if (detinit_tensorfile_open(path, &file, &error) != DETINIT_OK ||
        detinit_track(file, detinit_tensorfile_tensor(file, 0), recipe, &tracked, &error) !=
            DETINIT_OK ||
        detinit_tracked_change(&tracked, 1e-6, DETINIT_DECAY_SAMPLED, run, &change, &error) !=
            DETINIT_OK)
        fail(error.message);
    detinit_tensorfile_close(file);
    return seconds_now() - start;
}

/* Seconds for each weight of a part of a tensor; half of dimension 0 or 1, most often. */
static double time_part(const detinit_recipe *recipe, const detinit_run *run, const char *part)
{
    uint64_t offsets[DETINIT_MAX_RANK] = {0}, sizes[DETINIT_MAX_RANK], count = 1, all;
    if (!detinit_recipe_count(recipe, &all))
        fail("too many weights");
    memcpy(sizes, recipe->shape, sizeof sizes);
    const size_t cut = strcmp(part, "rows") == 0 ? 0 : 1;
    if (strcmp(part, "rows") == 0 || strcmp(part, "cols") == 0)
        sizes[cut] = offsets[cut] = recipe->shape[cut] / 2;
    if (strcmp(part, "strip") == 0)
        sizes[1] = 8;
    for (size_t d = 0; d < recipe->rank; d++)
        count *= sizes[d];
    const bool is_range = strcmp(part, "range") == 0;
    if (is_range)
        count = all / 2;
    void *out = buffer_of((size_t)all * detinit_dtype_size(recipe->dtype));
    detinit_matrix *matrix = new_matrix(recipe, run);
    const double start = seconds_now();
    const detinit_status status =
        strcmp(part, "whole") == 0 ? detinit_matrix_fill(matrix, run, out, NULL)
        : is_range                 ? detinit_matrix_range(matrix, all / 4, count, run, out, NULL)
                   : detinit_matrix_block(matrix, offsets, sizes, NULL, run, out, NULL);
    const double seconds = seconds_now() - start;
    if (status != DETINIT_OK)
        fail("a part failed");
    detinit_matrix_free(matrix);
    return seconds / (double)count;
}

static double time_kernel(const char *line, const detinit_run *run)
{
    char part[16];
    uint64_t shape[] = {1, 1, 3, 3};
    if (sscanf(line, "%*s %*s %*u %" SCNu64 " %" SCNu64 " %15s", &shape[0], &shape[1], part) != 3)
        fail("kernel needs OUT, IN and PART");
    detinit_recipe recipe = detinit_recipe_tensor(42, 0, 4, shape);
    recipe.zero_mean = true;
    recipe.dtype = DETINIT_FLOAT32;
    return time_part(&recipe, run, part);
}

/* Whether `name` is that of an instruction set without its dashes, in small letters. */
static bool is_plainly(const char *name, const char *isa)
{
    for (; *isa != '\0'; isa++)
        if (*isa != '-' && *name++ != tolower((unsigned char)*isa))
            return false;
    return *name == '\0';
}

static detinit_isa isa_of(const char *name)
{
    for (int n = 0; n < DETINIT_ISA_COUNT; n++)
        if (is_plainly(name, detinit_isa_name((detinit_isa)n)))
            return (detinit_isa)n;
    fail("unknown instruction set");
}

static double answer(const char *line, const char *path)
{
    char what[16], isa[16], mode[16] = "he", dist[16] = "normal", dtype[16] = "float64";
    char part[16] = "whole";
    uint64_t first = 1, rows = 1, cols = 1, layer = 0;
    if (strcmp(line, "remove\n") == 0)
        return remove(path) == 0 ? 0 : 1;
    if (sscanf(line,
               "%15s %15s %" SCNu64 " %" SCNu64 " %" SCNu64 " %15s %15s %15s %" SCNu64 " %15s",
               what, isa, &first, &rows, &cols, mode, dist, dtype, &layer, part) < 3)
        fail("a command needs more words");
    const detinit_run run = {.isa = isa_of(isa), .threads = (unsigned)first};
    if (strcmp(what, "kernel") == 0)
        return time_kernel(line, &run);
    detinit_recipe recipe = detinit_recipe_matrix(42, layer, rows, cols);
    if (!detinit_mode_parse(mode, &recipe.mode) || !detinit_dist_parse(dist, &recipe.dist) ||
        !detinit_dtype_parse(dtype, &recipe.dtype))
        fail("unknown mode, distribution or type");
    if (strcmp(what, "fill") == 0)
        return time_fill(&recipe, &run);
    if (strcmp(what, "part") == 0)
        return time_part(&recipe, &run, part);
    if (strcmp(what, "stream") == 0)
        return time_stream(&recipe, &run);
    if (strcmp(what, "save") == 0)
        return time_save(&recipe, &run, path);
    if (strcmp(what, "change") == 0)
        return time_change(&recipe, &run, path);
    if (strcmp(what, "make") == 0)
        return time_orthogonal(recipe, &run);
    if (strcmp(what, "weight") == 0)
        return time_weight(&run, first);
    if (strcmp(what, "window") == 0)
        return time_window(&run, (size_t)first, (size_t)rows);
    fail("unknown command");
}

int main(int argc, char **argv)
{
    char line[256];
    while (fgets(line, sizeof line, stdin) != NULL) {
        printf("%.6g\n", answer(line, argc > 1 ? argv[1] : "bench.npy"));
        fflush(stdout);
    }
    return 0;
}
