/* Checkpoints compared: against loops of one number after the other, by any threads and
 * instruction set; patches damaged by what their digest covers; work that is cancelled. */
#include "data_offset.h"
#include "scratch.h"

#include "base/byteorder.h"
#include "detinit_diff.h"
#include "number/address.h"
#include "track/patch.h"

#include <jansson.h>

#define ROWS 300
#define COLS 2000
#define COUNT                                                                                      \
    ((size_t)ROWS * COLS) /* several blocks and groups, and a last piece that is not whole */

/* Two tensors: one in the type that is asked for, which changes in every ninth row, and one of
 * bytes. */
typedef struct pair_of_files {
    detinit_tensorfile *a, *b;
    detinit_diff *diff;
} pair_of_files;

static void write_file(const char *path, detinit_dtype dtype, bool changed, bool odd)
{
    const uint64_t shape[] = {ROWS, COLS}, bytes = 1000;
    detinit_tensorwriter *to;
    unsigned char *stored = allocate(COUNT * sizeof(double)), items[1000];
    double *values = allocate(COUNT * sizeof *values);
    for (size_t n = 0; n < COUNT; n++) {
        values[n] = u01(hash64(n)) - 0.5;
        if (changed && n / COLS % 9 == 0)
            values[n] += (u01(hash64(n + COUNT)) - 0.5) / 8;
    }
    if (odd) { /* neither finite nor, in their squares, within binary64 */
        values[7] = changed ? INFINITY : 1;
        values[COLS + 1] = NAN;
        values[COLS + 2] = -INFINITY;
        values[5 * COLS] = changed ? 70000.0 : -70000.0;
    }
    for (size_t n = 0; n < sizeof items; n++)
        items[n] = (unsigned char)(changed && n == 77 ? 1 : n);
    const size_t size = detinit_dtype_size(dtype);
    for (size_t n = 0; n < COUNT; n++)
        if (dtype == DETINIT_FLOAT64)
            memcpy(stored + n * size, &values[n], size);
        else
            memcpy(stored + n * size, &(float){(float)values[n]}, size);
    turn_little_endian(stored, size, COUNT);
    assert_int_equal(detinit_tensorwriter_open(path, &to, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_announce(to, "w", detinit_dtype_safetensors(dtype), 2,
                                                   shape, NULL, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_announce(to, "bytes", "U8", 1, &bytes, NULL, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_write(to, stored, COUNT * size, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_write(to, items, sizeof items, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_commit(to, NULL, NULL), DETINIT_OK);
    free(stored);
    free(values);
}

static pair_of_files open_pair(const char *a, const char *b)
{
    pair_of_files p;
    assert_int_equal(detinit_tensorfile_open(a, &p.a, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_open(b, &p.b, NULL), DETINIT_OK);
    assert_int_equal(detinit_diff_open(p.a, p.b, NULL, &p.diff, NULL), DETINIT_OK);
    return p;
}

static void close_pair(pair_of_files *p)
{
    detinit_diff_free(p->diff);
    detinit_tensorfile_close(p->a);
    detinit_tensorfile_close(p->b);
}

static detinit_difference compare(const pair_of_files *p, const char *name, double threshold,
                                  const detinit_run *run)
{
    detinit_difference found = {0};
    for (size_t n = 0; n < detinit_diff_count(p->diff); n++) {
        if (strcmp(detinit_diff_pair_at(p->diff, n)->name, name) != 0)
            continue;
        assert_int_equal(detinit_diff_tensor(p->diff, n, threshold, run, &found, NULL), DETINIT_OK);
        return found;
    }
    fail_msg("there is no pair %s", name);
    return found;
}

static int set_up(void **state)
{
    enter_scratch(state);
    write_file("a.safetensors", DETINIT_FLOAT32, false, false);
    write_file("b.safetensors", DETINIT_FLOAT32, true, false);
    write_file("odd_a.safetensors", DETINIT_FLOAT32, false, true);
    write_file("odd_b.safetensors", DETINIT_FLOAT32, true, true);
    write_file("wide.safetensors", DETINIT_FLOAT64, false, false);
    return 0;
}

/* -------------------------------------------------------------------- figures */

/* All of tensor w as numbers. */
static double *read_values(const detinit_tensorfile *file)
{
    double *values = allocate(COUNT * sizeof *values);
    assert_int_equal(
        detinit_tensor_values(file, detinit_tensorfile_find(file, "w"), 0, COUNT, values, NULL),
        DETINIT_OK);
    return values;
}

static void check_figures(const char *a_path, const char *b_path, double threshold)
{
    pair_of_files p = open_pair(a_path, b_path);
    double *a = read_values(p.a), *b = read_values(p.b);
    const detinit_difference found = compare(&p, "w", threshold, NULL);
    uint64_t changed = 0, same = 0, odd = 0, most_at = 0;
    double deltas = 0, squares = 0, products = 0, most = 0;
    for (size_t n = 0; n < COUNT; n++) {
        const double delta = fabs(b[n] - a[n]);
        const bool equal = memcmp(&a[n], &b[n], sizeof a[n]) == 0;
        same += equal;
        if (!isfinite(delta)) {
            odd++;
            changed += !equal;
            continue;
        }
        changed += delta > threshold;
        deltas += delta;
        squares += delta * delta;
        products += a[n] * b[n];
        most_at = delta > most ? n : most_at;
        most = fmax(most, delta);
    }
    assert_int_equal(found.total_items, COUNT);
    assert_int_equal(found.changed_items, changed);
    assert_int_equal(found.exactly_unchanged, same);
    assert_int_equal(found.not_finite, odd);
    assert_int_equal(found.max_position, most_at);
    assert_double_same(found.max_delta, most);
    assert_double_near(found.mean_delta, deltas / (double)(COUNT - odd), 1e-12 * most);
    assert_double_near(found.norm_delta, sqrt(squares), 1e-12 * sqrt(squares));
    assert_double_near(found.product, products, 1e-12 * fabs(products));
    free(a);
    free(b);
    close_pair(&p);
}

static void test_figures(void **state)
{
    (void)state;
    const double thresholds[] = {0, 1e-3, 0.05};
    for (size_t k = 0; k < sizeof thresholds / sizeof thresholds[0]; k++) {
        check_figures("a.safetensors", "b.safetensors", thresholds[k]);
        check_figures("odd_a.safetensors", "odd_b.safetensors", thresholds[k]);
        check_figures("wide.safetensors", "b.safetensors", thresholds[k]);
        check_figures("a.safetensors", "a.safetensors", thresholds[k]);
    }
}

static void test_threads_and_instruction_sets(void **state)
{
    (void)state;
    const char *const seconds[] = {"b.safetensors", "odd_b.safetensors", "wide.safetensors"};
    for (size_t k = 0; k < sizeof seconds / sizeof seconds[0]; k++) {
        pair_of_files p = open_pair("a.safetensors", seconds[k]);
        const detinit_run one = {.threads = 1, .isa = DETINIT_ISA_BASELINE};
        const detinit_difference expected = compare(&p, "w", 1e-3, &one);
        for (unsigned isa = DETINIT_ISA_BASELINE; isa < DETINIT_ISA_COUNT; isa++) {
            for (unsigned threads = 1; threads <= 3; threads++) {
                const detinit_run run = {.threads = threads,
                                         .isa = detinit_isa_available((detinit_isa)isa)};
                const detinit_difference found = compare(&p, "w", 1e-3, &run);
                assert_double_same(found.mean_delta, expected.mean_delta);
                assert_double_same(found.norm_delta, expected.norm_delta);
                assert_double_same(found.cosine, expected.cosine);
                assert_double_same(found.effective_rank, expected.effective_rank);
                assert_int_equal(found.max_position, expected.max_position);
                assert_memory_equal(found.histogram, expected.histogram, sizeof found.histogram);
            }
        }
        close_pair(&p);
    }
}

static void test_bytes_are_compared_exactly(void **state)
{
    (void)state;
    pair_of_files p = open_pair("a.safetensors", "b.safetensors");
    const detinit_difference found = compare(&p, "bytes", 100, NULL);
    assert_true(found.compared && !found.numeric);
    assert_int_equal(found.changed_items, 1);
    assert_int_equal(found.first_difference, 77);
    assert_int_equal(found.kind, DETINIT_DIFF_CHANGED);
    close_pair(&p);
}

/* Writes a file of one tensor, named so. */
static void write_one(const char *path, const char *name, const char *type, size_t rank,
                      const uint64_t *shape, const void *data, size_t bytes)
{
    detinit_tensorwriter *to;
    assert_int_equal(detinit_tensorwriter_open(path, &to, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_announce(to, name, type, rank, shape, NULL, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_write(to, data, bytes, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_commit(to, NULL, NULL), DETINIT_OK);
}

/* The only pair of two files of three numbers. */
static detinit_difference compare_three(const double *a, const double *b)
{
    const uint64_t shape = 3;
    double stored[3];
    memcpy(stored, a, sizeof stored);
    turn_little_endian(stored, sizeof *stored, 3);
    write_one("one.safetensors", "w", "F64", 1, &shape, stored, sizeof stored);
    memcpy(stored, b, sizeof stored);
    turn_little_endian(stored, sizeof *stored, 3);
    write_one("two.safetensors", "w", "F64", 1, &shape, stored, sizeof stored);
    pair_of_files p = open_pair("one.safetensors", "two.safetensors");
    const detinit_difference found = compare(&p, "w", 0, NULL);
    close_pair(&p);
    return found;
}

/* From nothing, to nothing, and beyond the range of binary64. */
static void test_norms(void **state)
{
    (void)state;
    const double zeros[] = {0, 0, 0}, some[] = {2, -1, 2}, other[] = {-2, 1, -2};
    const double huge[] = {1e200, 1e200, 0}, near[] = {1e200, 1e200, 1e3};
    detinit_difference d = compare_three(zeros, some);
    assert_double_same(d.norm_a, 0);
    assert_double_same(d.norm_b, 3);
    assert_double_same(d.norm_delta, 3);
    assert_double_same(d.relative_norm, INFINITY);
    assert_true(isnan(d.cosine));
    d = compare_three(some, zeros);
    assert_double_same(d.relative_norm, 1);
    assert_true(isnan(d.cosine));
    d = compare_three(some, other);
    assert_double_same(d.relative_norm, 2);
    assert_double_same(d.cosine, -1);
    assert_double_same(d.product, -9);
    d = compare_three(huge, near);
    assert_double_same(d.norm_a, INFINITY);
    assert_double_same(d.product, INFINITY);
    assert_double_same(d.norm_delta, 1e3);
    assert_double_same(d.max_delta, 1e3);
    assert_int_equal(d.max_position, 2);
    assert_int_equal(d.exactly_unchanged, 2);
    assert_true(isnan(d.cosine));
}

/* What kind of difference a pair of such tensors has, and in which figures it is told. */
static void test_kinds(void **state)
{
    (void)state;
    static const uint64_t flat[] = {6}, wide[] = {2, 3}, tall[] = {3, 2};
    static const unsigned char bytes[24] = {1, 2, 3};
    const struct {
        const char *a_type, *b_type;
        size_t a_rank, b_rank;
        const uint64_t *a_shape, *b_shape;
        size_t a_bytes, b_bytes;
        detinit_diff_kind kind;
        bool compared, numeric;
    } cases[] = {
        {"F32", "F32", 2, 2, wide, tall, 24, 24, DETINIT_DIFF_RESHAPED, false, false},
        {"F32", "F32", 2, 1, wide, flat, 24, 24, DETINIT_DIFF_RESHAPED, false, false},
        {"F32", "F32", 0, 1, NULL, (uint64_t[]){1}, 4, 4, DETINIT_DIFF_RESHAPED, false, false},
        {"F32", "F32", 0, 0, NULL, NULL, 4, 4, DETINIT_DIFF_UNCHANGED, true, true},
        {"F32", "I32", 2, 2, wide, wide, 24, 24, DETINIT_DIFF_RETYPED, false, false},
        {"I32", "F32", 2, 2, wide, wide, 24, 24, DETINIT_DIFF_RETYPED, false, false},
        {"F8_E4M3", "BF16", 2, 2, wide, wide, 6, 12, DETINIT_DIFF_RETYPED, true, true},
        {"F8_E4M3", "F4", 2, 2, wide, wide, 6, 3, DETINIT_DIFF_RETYPED, false, false},
        {"F4", "F4", 2, 2, wide, wide, 3, 3, DETINIT_DIFF_UNCHANGED, true, false},
        {"I32", "I32", 2, 2, wide, wide, 24, 24, DETINIT_DIFF_UNCHANGED, true, false},
    };
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        write_one("one.safetensors", "w", cases[n].a_type, cases[n].a_rank, cases[n].a_shape, bytes,
                  cases[n].a_bytes);
        write_one("two.safetensors", "w", cases[n].b_type, cases[n].b_rank, cases[n].b_shape, bytes,
                  cases[n].b_bytes);
        pair_of_files p = open_pair("one.safetensors", "two.safetensors");
        const detinit_difference found = compare(&p, "w", 0, NULL);
        if (found.kind != cases[n].kind || found.compared != cases[n].compared ||
            found.numeric != cases[n].numeric)
            fail_msg("%zu: %s%s%s", n, detinit_diff_kind_name(found.kind),
                     found.compared ? ", compared" : "", found.numeric ? " as numbers" : "");
        close_pair(&p);
    }
}

static void test_bad_requests(void **state)
{
    (void)state;
    detinit_difference found;
    detinit_error error;
    pair_of_files p = open_pair("a.safetensors", "b.safetensors");
    assert_int_equal(detinit_diff_tensor(p.diff, 0, -1, NULL, &found, &error), DETINIT_INVALID);
    assert_int_equal(detinit_diff_tensor(p.diff, 0, NAN, NULL, &found, &error), DETINIT_INVALID);
    assert_int_equal(detinit_diff_tensor(p.diff, 2, 0, NULL, &found, &error), DETINIT_INVALID);
    assert_null(detinit_diff_pair_at(p.diff, 2));
    assert_null(detinit_diff_kind_name(DETINIT_DIFF_KIND_COUNT));
    assert_int_equal(detinit_diff_save(p.diff, "p.npy", NULL, NULL, &error), DETINIT_INVALID);
    close_pair(&p);
}

/* -------------------------------------------------------------------- patches */

static detinit_status apply(const char *base, const char *patch, const char *to,
                            const detinit_run *run, detinit_error *error)
{
    detinit_tensorfile *a, *file;
    detinit_patch *opened;
    uint64_t bytes;
    assert_int_equal(detinit_tensorfile_open(base, &a, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_open(patch, &file, NULL), DETINIT_OK);
    detinit_status status = detinit_patch_open(file, &opened, error);
    if (status == DETINIT_OK) {
        status = detinit_patch_save(opened, a, to, run, &bytes, error);
        detinit_patch_free(opened);
    }
    detinit_tensorfile_close(file);
    detinit_tensorfile_close(a);
    return status;
}

/* What is read is no target, whatever it is called; what is no longer there is none that is read.
 */
static void test_targets(void **state)
{
    (void)state;
    static const char *const targets[] = {"a.safetensors", "./b.safetensors", "link.safetensors",
                                          "hard.safetensors"};
    detinit_error error;
    char expected[100];
    write_file("gone.safetensors", DETINIT_FLOAT32, false, false);
    pair_of_files p = open_pair("a.safetensors", "b.safetensors");
    pair_of_files gone = open_pair("gone.safetensors", "b.safetensors");
    assert_int_equal(symlink("a.safetensors", "link.safetensors"), 0);
    assert_int_equal(link("a.safetensors", "hard.safetensors"), 0);
    for (size_t n = 0; n < sizeof targets / sizeof targets[0]; n++) {
        assert_int_equal(detinit_diff_save(p.diff, targets[n], NULL, NULL, &error),
                         DETINIT_INVALID);
        snprintf(expected, sizeof expected,
                 "'%s' is what is read; another file to save was expected", targets[n]);
        assert_string_equal(error.message, expected);
    }
    assert_int_equal(detinit_diff_save(p.diff, "none/p.safetensors", NULL, NULL, &error),
                     DETINIT_IO);
    assert_non_null(strstr(error.message, "No such file or directory"));
    assert_int_equal(remove("link.safetensors"), 0);
    assert_int_equal(remove("hard.safetensors"), 0);
    assert_int_equal(remove("gone.safetensors"), 0);
    assert_int_equal(detinit_diff_save(gone.diff, "gone.safetensors", NULL, NULL, &error),
                     DETINIT_OK);
    close_pair(&gone);
    close_pair(&p);
    assert_int_equal(apply("a.safetensors", "gone.safetensors", "made.safetensors", NULL, &error),
                     DETINIT_OK);
    assert_same_files("b.safetensors", "made.safetensors");
    assert_int_equal(
        apply("a.safetensors", "gone.safetensors", "none/made.safetensors", NULL, &error),
        DETINIT_IO);
    assert_int_equal(apply("a.safetensors", "gone.safetensors", "gone.safetensors", NULL, &error),
                     DETINIT_INVALID);
    assert_string_equal(error.message,
                        "'gone.safetensors' is what is read; another file to save was expected");
}

/* An index is read with the files beside it; what is not there yet replaces none of them. */
static void test_target_beside_an_index(void **state)
{
    static const char *const targets[] = {"hf/shard.safetensors", "./hf/../hf/shard.safetensors"};
    detinit_error error;
    char expected[200];
    (void)state;
    assert_int_equal(mkdir("hf", 0777), 0);
    write_file("hf/shard.safetensors", DETINIT_FLOAT32, false, false);
    FILE *index = fopen("hf/model.safetensors.index.json", "w");
    assert_non_null(index);
    fprintf(index, "{\"weight_map\": {\"w\": \"shard.safetensors\"}}");
    assert_int_equal(fclose(index), 0);
    pair_of_files p = open_pair("hf/model.safetensors.index.json", "b.safetensors");
    for (size_t n = 0; n < sizeof targets / sizeof targets[0]; n++) {
        assert_int_equal(detinit_diff_save(p.diff, targets[n], NULL, NULL, &error),
                         DETINIT_INVALID);
        snprintf(expected, sizeof expected,
                 "'%s' lies beside 'hf/model.safetensors.index.json', which is read with what is "
                 "there; another name was expected",
                 targets[n]);
        assert_string_equal(error.message, expected);
    }
    assert_int_equal(detinit_diff_save(p.diff, "hf/new.safetensors", NULL, NULL, &error),
                     DETINIT_OK);
    close_pair(&p);
}

/* Two numbers in a byte: the byte differs, and a patch holds all of them. */
static void test_halves_of_bytes(void **state)
{
    (void)state;
    const uint64_t shape = 400;
    unsigned char items[200];
    detinit_error error;
    detinit_patching told;
    for (size_t n = 0; n < sizeof items; n++)
        items[n] = (unsigned char)(7 * n);
    write_one("one.safetensors", "w", "F4", 1, &shape, items, sizeof items);
    items[50] ^= 0x10;
    write_one("two.safetensors", "w", "F4", 1, &shape, items, sizeof items);
    pair_of_files p = open_pair("one.safetensors", "two.safetensors");
    const detinit_difference found = compare(&p, "w", 0, NULL);
    assert_int_equal(found.kind, DETINIT_DIFF_CHANGED);
    assert_int_equal(found.changed_items, 1);
    assert_int_equal(found.total_items, sizeof items);
    assert_int_equal(found.first_difference, 50);
    assert_int_equal(detinit_diff_save(p.diff, "p.safetensors", NULL, &told, NULL), DETINIT_OK);
    assert_int_equal(told.whole, 1);
    assert_int_equal(told.sparse, 0);
    close_pair(&p);
    assert_int_equal(apply("one.safetensors", "p.safetensors", "made.safetensors", NULL, &error),
                     DETINIT_OK);
    assert_same_files("two.safetensors", "made.safetensors");
}

/* Nothing is freed, as free has it. */
static void test_nothing_to_free(void **state)
{
    (void)state;
    detinit_diff_free(NULL);
    detinit_patch_free(NULL);
}

static void test_positions(void **state)
{
    (void)state;
    assert_string_equal(patch_position_type(UINT64_C(1) << 31), "I32");
    assert_string_equal(patch_position_type((UINT64_C(1) << 31) + 1), "I64");
}

/* Counts what it is told, and cancels at call `at`. */
typedef struct canceller {
    unsigned calls, at;
    double last;
    bool falls;
} canceller;

static bool tell(void *context, uint64_t done, uint64_t total)
{
    canceller *c = context;
    const double share = total > 0 ? (double)done / (double)total : 0;
    c->falls |= share < c->last;
    c->last = share;
    return ++c->calls != c->at;
}

static void test_cancelling(void **state)
{
    (void)state;
    detinit_error error;
    pair_of_files p = open_pair("odd_a.safetensors", "odd_b.safetensors");
    canceller all = {0};
    const detinit_run whole = {.threads = 2, .progress = tell, .context = &all};
    assert_int_equal(detinit_diff_save(p.diff, "p.safetensors", &whole, NULL, &error), DETINIT_OK);
    assert_true(all.calls > 4 && !all.falls);
    for (unsigned at = 1; at <= all.calls; at += 3) {
        canceller some = {.at = at};
        const detinit_run run = {.threads = 2, .progress = tell, .context = &some};
        assert_int_equal(detinit_diff_save(p.diff, "no.safetensors", &run, NULL, &error),
                         DETINIT_CANCELLED);
    }
    close_pair(&p);
    canceller patching = {0};
    const detinit_run patched = {.threads = 2, .progress = tell, .context = &patching};
    assert_int_equal(
        apply("odd_a.safetensors", "p.safetensors", "made.safetensors", &patched, &error),
        DETINIT_OK);
    assert_true(patching.calls > 2 && !patching.falls && patching.last == 1);
    canceller first = {.at = 1};
    const detinit_run run = {.threads = 2, .progress = tell, .context = &first};
    assert_int_equal(apply("odd_a.safetensors", "p.safetensors", "no.safetensors", &run, &error),
                     DETINIT_CANCELLED);
    assert_int_not_equal(access("no.safetensors", F_OK), 0);
    assert_same_files("odd_b.safetensors", "made.safetensors");
}

/* Changes one item of a file as soon as `at` items are gone through. */
typedef struct meddler {
    const char *path;
    off_t place;
    const void *item;
    size_t bytes;
    uint64_t at;
    bool done;
} meddler;

static bool meddle(void *context, uint64_t done, uint64_t total)
{
    meddler *m = context;
    (void)total;
    if (done < m->at || m->done)
        return true;
    FILE *file = fopen(m->path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, m->place, SEEK_SET), 0);
    assert_int_equal(fwrite(m->item, 1, m->bytes, file), m->bytes);
    assert_int_equal(fclose(file), 0);
    m->done = true;
    return true;
}

/* Saves a patch of A and B while item `n` of B's tensor w becomes 0, or that of A, at last. */
static void check_meddled(const char *a, bool as_a, size_t n, uint64_t at)
{
    write_file("b.safetensors", DETINIT_FLOAT32, true, false);
    pair_of_files p = open_pair(a, "b.safetensors");
    const detinit_tensor *w = detinit_tensorfile_find(p.b, "w");
    unsigned char item[4] = {0};
    if (as_a)
        assert_int_equal(
            detinit_tensor_read(p.a, detinit_tensorfile_find(p.a, "w"), n, 1, item, NULL),
            DETINIT_OK);
    meddler m = {"b.safetensors", data_offset(p.b, w) + (off_t)(4 * n), item, 4, at, false};
    const detinit_run run = {.threads = 1, .progress = meddle, .context = &m};
    detinit_error error;
    char expected[200];
    assert_int_equal(detinit_diff_save(p.diff, "no.safetensors", &run, NULL, &error), DETINIT_IO);
    snprintf(expected, sizeof expected, "'%s' or 'b.safetensors' changed while they were compared",
             a);
    assert_string_equal(error.message, expected);
    assert_true(m.done);
    assert_int_not_equal(access("no.safetensors", F_OK), 0);
    close_pair(&p);
    write_file("b.safetensors", DETINIT_FLOAT32, true, false);
}

/* The header of a patch tells what a first pass found, which the next must find again. */
static void test_files_that_change_meanwhile(void **state)
{
    (void)state;
    const uint64_t items = COUNT + 1000;                           /* of both tensors */
    check_meddled("a.safetensors", false, COLS, items);            /* an item that was the same */
    check_meddled("a.safetensors", true, 0, items);                /* one that was not */
    check_meddled("wide.safetensors", false, 5, 2 * COUNT + 1000); /* of a tensor that is whole */
}

/* One tensor of a patch. */
typedef struct patch_part {
    const char *name, *type;
    size_t rank;
    uint64_t shape[3];
    const void *data;
    size_t bytes;
} patch_part;

static const patch_part one_change[] = {{"w.positions", "I32", 1, {1}, "\0\0\0", 4},
                                        {"w.values", "F32", 1, {1}, "\0\0\0", 4}};

/* A patch of any text as its description, whose digest is right: what that alone cannot hide. */
static void write_patch(const char *path, const char *text, const patch_part *list, size_t count)
{
    char sha256[PACKED_DIGITS + 1];
    struct sha256_ctx sha;
    detinit_tensorwriter *to;
    sha256_init(&sha);
    sha256_update(&sha, strlen(text), (const uint8_t *)text);
    assert_int_equal(detinit_tensorwriter_open(path, &to, NULL), DETINIT_OK);
    detinit_tensorwriter_metadata(to, PATCH_DESCRIPTION, text, NULL);
    detinit_tensorwriter_metadata(to, PATCH_DIGEST, packed_hex(&sha, sha256), NULL);
    for (size_t n = 0; n < count; n++)
        assert_int_equal(detinit_tensorwriter_announce(to, list[n].name, list[n].type, list[n].rank,
                                                       list[n].shape, NULL, NULL),
                         DETINIT_OK);
    for (size_t n = 0; n < count; n++)
        assert_int_equal(detinit_tensorwriter_write(to, list[n].data, list[n].bytes, NULL),
                         DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_commit(to, NULL, NULL), DETINIT_OK);
}

static detinit_status open_text(const char *text, const patch_part *list, size_t count,
                                detinit_error *error)
{
    detinit_tensorfile *file;
    detinit_patch *patch;
    write_patch("bad.safetensors", text, list, count);
    assert_int_equal(detinit_tensorfile_open("bad.safetensors", &file, NULL), DETINIT_OK);
    assert_true(detinit_tensorfile_is_patch(file));
    const detinit_status status = detinit_patch_open(file, &patch, error);
    if (status == DETINIT_OK)
        detinit_patch_free(patch);
    detinit_tensorfile_close(file);
    return status;
}

static detinit_status open_with(const json_t *description, detinit_error *error)
{
    char *text = json_dumps(description, JSON_COMPACT);
    const detinit_status status = open_text(text, one_change, 2, error);
    free(text);
    return status;
}

/* {key: value} in the place of what stands there, or without it where the value is NULL. */
static void expect_refused(const char *tensor, const char *key, const char *value,
                           const char *words)
{
    static const char good[] =
        "{\"format\": 1, \"metadata\": {}, \"gone\": [], \"tensors\": [{\"name\": \"w\", "
        "\"type\": \"F32\", \"shape\": [2, 3], \"sha256\": "
        "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\", \"base\": "
        "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}]}";
    detinit_error error;
    json_t *description = json_loads(good, 0, NULL);
    json_t *to =
        tensor == NULL ? description : json_array_get(json_object_get(description, "tensors"), 0);
    if (value != NULL)
        json_object_set_new(to, key, json_loads(value, JSON_DECODE_ANY, NULL));
    else if (key != NULL)
        json_object_del(to, key);
    const detinit_status status = open_with(description, &error);
    json_decref(description);
    if (words == NULL) {
        assert_int_equal(status, DETINIT_OK);
        return;
    }
    assert_int_equal(status, DETINIT_INVALID);
    if (strstr(error.message, words) == NULL)
        fail_msg("'%s' has no '%s'", error.message, words);
}

static void test_descriptions(void **state)
{
    (void)state;
    expect_refused(NULL, NULL, NULL, NULL);
    expect_refused(NULL, "format", "2", "its format must be 1");
    expect_refused(NULL, "format", NULL, "its format must be 1");
    expect_refused(NULL, "metadata", "{\"k\": 1}", "must map texts to texts");
    expect_refused(NULL, "gone", NULL, "must have lists");
    expect_refused(NULL, "gone", "[3]", "must have a name");
    expect_refused(NULL, "tensors", "[]", "does not tell of");
    expect_refused("w", "name", "7", "must have a name");
    expect_refused("w", "name", "\"v\"", "does not tell of");
    expect_refused("w", "type", "\"F33\"", "one that tensors have");
    expect_refused("w", "type", "\"F16\"", "its values of its type");
    expect_refused("w", "type", "\"F4\"", "its values of its type");
    expect_refused("w", "shape", "[2, -3]", "whole numbers");
    expect_refused("w", "shape", "[4294967296, 4294967296, 4294967296]", "too large");
    expect_refused("w", "shape", "[0]", "more items than positions");
    expect_refused("w", "shape", "[65536, 65537]", "or I64 beyond 2^31 items");
    expect_refused("w", "sha256", "\"0\"", "64 hex digits");
    expect_refused("w", "base", "\"xyz\"", "64 hex digits");
    expect_refused("w", "base", NULL, "nothing in the base");
    expect_refused("w", "from", "3", "from a name");
    expect_refused(NULL, "tensors", "{}", "must have lists");
    expect_refused(NULL, "tensors", NULL, "must have lists");
    expect_refused(NULL, "gone", "0", "must have lists");
    expect_refused("w", "type", "4", "one that tensors have");
    expect_refused("w", "shape", "6", "whole numbers");
    expect_refused("w", "shape", "[2, \"3\"]", "whole numbers");
    expect_refused("w", "sha256", NULL, "64 hex digits");
    expect_refused("w", "sha256", "7", "64 hex digits");
    expect_refused("w", "sha256",
                   "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg\"",
                   "64 hex digits");
    expect_refused("w", "base", "7", "64 hex digits");
}

/* Texts that are no description at all. */
static void test_texts(void **state)
{
    (void)state;
    static const char *const texts[] = {"[1]", "{", "", "{\"format\": 1, \"format\": 1}"};
    detinit_error error;
    for (size_t n = 0; n < sizeof texts / sizeof texts[0]; n++) {
        assert_int_equal(open_text(texts[n], one_change, 2, &error), DETINIT_INVALID);
        assert_string_equal(
            error.message,
            "'bad.safetensors' is not a good patch: detinit.patch must be a JSON object");
    }
}

#define HASH       "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER_HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde0"

/* A description of w alone, of such a shape, whose hashes in the base and behind are these. */
#define OF_W(shape, base, sha256)                                                                  \
    "{\"format\": 1, \"metadata\": {}, \"gone\": [], \"tensors\": [{\"name\": \"w\", \"type\": "   \
    "\"F32\", \"shape\": " shape ", \"sha256\": \"" sha256 "\", \"base\": \"" base "\"}]}"

/* Positions and values that do not go together, and values that do not go with the tensor. */
static void test_lists(void **state)
{
    (void)state;
    static const char two_lists[] = "its positions and values must be two lists of the same length";
    static const char values[] = "its values must have its type and shape";
    static const unsigned char zeros[64] = {0};
    const patch_part positions = one_change[0];
    const struct {
        const char *text, *words;
        size_t count;
        patch_part parts[2];
    } cases[] = {
        {OF_W("[2, 3]", HASH, HASH),
         two_lists,
         2,
         {positions, {"w.values", "F32", 1, {2}, zeros, 8}}},
        {OF_W("[2, 3]", HASH, HASH),
         two_lists,
         2,
         {positions, {"w.values", "F32", 2, {1, 1}, zeros, 4}}},
        {OF_W("[2, 3]", HASH, HASH),
         two_lists,
         2,
         {{"w.positions", "I32", 2, {1, 1}, zeros, 4}, one_change[1]}},
        {OF_W("[2, 3]", HASH, HASH), "its values of its type", 1, {positions}},
        {"{\"format\": 1, \"metadata\": {}, \"gone\": [], \"tensors\": [{\"name\": \"w\", "
         "\"type\": "
         "\"F4\", \"shape\": [6], \"sha256\": \"" HASH "\", \"base\": \"" HASH "\"}]}",
         "it must have more items than positions, of a byte or more each",
         2,
         {{"w.positions", "I32", 1, {2}, zeros, 8}, {"w.values", "F4", 1, {4}, zeros, 2}}},
        {OF_W("[2, 3]", HASH, HASH), values, 1, {{"w.values", "F32", 2, {3, 2}, zeros, 24}}},
        {OF_W("[2, 3]", HASH, HASH), values, 1, {{"w.values", "F32", 1, {6}, zeros, 24}}},
        {OF_W("[2, 3]", HASH, HASH), values, 1, {{"w.values", "I32", 2, {2, 3}, zeros, 24}}},
        {OF_W("[2, 3]", HASH, OTHER_HASH),
         "its values are missing, and its SHA-256 is not that of the base",
         0,
         {{0}}},
        {OF_W("[2, 3]", HASH, HASH), NULL, 0, {{0}}},
        {OF_W("[2, 3]", HASH, OTHER_HASH), NULL, 1, {{"w.values", "F32", 2, {2, 3}, zeros, 24}}},
    };
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        detinit_error error;
        const detinit_status status =
            open_text(cases[n].text, cases[n].parts, cases[n].count, &error);
        assert_int_equal(status, cases[n].words == NULL ? DETINIT_OK : DETINIT_INVALID);
        if (cases[n].words != NULL && strstr(error.message, cases[n].words) == NULL)
            fail_msg("%zu: '%s' has no '%s'", n, error.message, cases[n].words);
    }
}

/* A file of the bytes 1, 2, ... as items of 4 bytes, under some names. */
static void write_base(const char *path, const char *type, size_t rank, const uint64_t *shape,
                       size_t count, const char *const *names)
{
    uint64_t bytes = 4;
    unsigned char data[64];
    detinit_tensorwriter *to;
    for (size_t n = 0; n < sizeof data; n++)
        data[n] = (unsigned char)(n + 1);
    for (size_t n = 0; n < rank; n++)
        bytes *= shape[n];
    assert_int_equal(detinit_tensorwriter_open(path, &to, NULL), DETINIT_OK);
    for (size_t n = 0; n < count; n++)
        assert_int_equal(detinit_tensorwriter_announce(to, names[n], type, rank, shape, NULL, NULL),
                         DETINIT_OK);
    for (size_t n = 0; n < count; n++)
        assert_int_equal(detinit_tensorwriter_write(to, data, bytes, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_commit(to, NULL, NULL), DETINIT_OK);
}

/* What the header of a file tells against it as the base, before any of it is read. */
static void test_other_bases(void **state)
{
    (void)state;
    static const char *const names[] = {"w", "v"}, *const turned[] = {"v", "w"};
    const uint64_t shape[] = {2, 3}, other[] = {3, 2}, flat[] = {6};
    const struct {
        const char *type, *const *names;
        size_t rank;
        const uint64_t *shape;
        size_t count;
        const char *words;
    } cases[] = {
        {"F32", names, 2, other, 1, "another type or shape was expected of tensor 'w'"},
        {"F32", names, 1, flat, 1, "another type or shape was expected of tensor 'w'"},
        {"I32", names, 2, shape, 1, "another type or shape was expected of tensor 'w'"},
        {"F32", turned, 2, shape, 1, "it has no tensor 'w'"},
        {"F32", names, 2, shape, 2, "it has tensors that the base has not"},
        {"F32", names, 2, shape, 1, "another SHA-256 was expected of tensor 'w'"},
    };
    write_patch("bad.safetensors", OF_W("[2, 3]", HASH, HASH), NULL, 0);
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        detinit_error error;
        char expected[200];
        write_base("base.safetensors", cases[n].type, cases[n].rank, cases[n].shape, cases[n].count,
                   cases[n].names);
        assert_int_equal(
            apply("base.safetensors", "bad.safetensors", "no.safetensors", NULL, &error),
            DETINIT_INVALID);
        snprintf(expected, sizeof expected,
                 "'base.safetensors' is not the base of 'bad.safetensors': %s", cases[n].words);
        assert_string_equal(error.message, expected);
        assert_int_not_equal(access("no.safetensors", F_OK), 0);
    }
    /* One number, whose shape is empty. */
    detinit_error error;
    write_patch("bad.safetensors", OF_W("[]", HASH, HASH), NULL, 0);
    write_base("base.safetensors", "F32", 0, NULL, 1, names);
    assert_int_equal(apply("base.safetensors", "bad.safetensors", "no.safetensors", NULL, &error),
                     DETINIT_INVALID);
    assert_non_null(strstr(error.message, "another SHA-256 was expected of tensor 'w'"));
}

/* Positions must rise, and lie within the tensor. */
static void test_positions_in_order(void **state)
{
    (void)state;
    static const char *const names[] = {"w"};
    static const char order[] =
        "'bad.safetensors' is damaged: tensor 'w' has positions that are not in order";
    static const char *const positions[] = {"\3\0\0\0\3\0\0\0", "\3\0\0\0\2\0\0\0",
                                            "\5\0\0\0\6\0\0\0", "\0\0\0\0\xFF\xFF\xFF\xFF"};
    detinit_error error;
    write_base("base.safetensors", "F32", 2, (uint64_t[]){2, 3}, 1, names);
    for (size_t n = 0; n < sizeof positions / sizeof positions[0]; n++) {
        const patch_part list[] = {{"w.positions", "I32", 1, {2}, positions[n], 8},
                                   {"w.values", "F32", 1, {2}, "\0\0\0\0\0\0\0", 8}};
        write_patch("bad.safetensors", OF_W("[2, 3]", HASH, HASH), list, 2);
        assert_int_equal(
            apply("base.safetensors", "bad.safetensors", "no.safetensors", NULL, &error),
            DETINIT_INVALID);
        assert_string_equal(error.message, order);
    }
    /* The second lies in what has been written long ago. */
    const uint64_t many = 1 << 20;
    unsigned char *zeros = allocate(4 << 20);
    memset(zeros, 0, 4 << 20);
    write_one("base.safetensors", "w", "F32", 1, &many, zeros, 4 << 20);
    free(zeros);
    const patch_part list[] = {{"w.positions", "I32", 1, {2}, "\xFF\xFF\x0F\0\5\0\0\0", 8},
                               {"w.values", "F32", 1, {2}, "\0\0\0\0\0\0\0", 8}};
    write_patch("bad.safetensors", OF_W("[1048576]", HASH, HASH), list, 2);
    assert_int_equal(apply("base.safetensors", "bad.safetensors", "no.safetensors", NULL, &error),
                     DETINIT_INVALID);
    assert_string_equal(error.message, order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_threads_and_instruction_sets),
        cmocka_unit_test(test_bytes_are_compared_exactly),
        cmocka_unit_test(test_norms),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_target_beside_an_index),
        cmocka_unit_test(test_halves_of_bytes),
        cmocka_unit_test(test_nothing_to_free),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_cancelling),
        cmocka_unit_test(test_files_that_change_meanwhile),
        cmocka_unit_test(test_descriptions),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_other_bases),
        cmocka_unit_test(test_positions_in_order),
    };
    return cmocka_run_group_tests(tests, set_up, leave_scratch);
}
