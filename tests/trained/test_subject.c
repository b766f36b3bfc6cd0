/* What is looked at of a file: its tables, its faces, its statistics, its list of tensors. */
#include "check.h"

#include "base/byteorder.h"
#include "file_sample.h"
#include "scratch.h"
#include "trained/subject.h"
#include "trained/tensor_list.h"
#include "trained/tensor_sample.h"

static opened_file *open_sample(const char *path)
{
    const detinit_recipe recipe = detinit_recipe_matrix(42, 0, 10, 20);
    const checkpoint_source from = {.file = path, .recipe = &recipe};
    opened_file *f = NULL;
    detinit_error error;
    if (opened_file_new(&from, &f, &error) != DETINIT_OK)
        fail_msg("%s", error.message);
    return f;
}

static int enter(void **state)
{
    return enter_scratch(state) != 0 || !sample_trained_file("w0.safetensors", "w.safetensors") ||
           !sample_mixed_file("mixed.safetensors");
}

static tensor_subject subject_named(opened_file *f, const char *name)
{
    return (tensor_subject){.file = f, .tensor = detinit_tensorfile_find(f->held.file, name)};
}

/* Any two dimensions in both orders, at some index of each other, against index arithmetic. */
static void tables_have_the_right_cells(void **state)
{
    static const uint64_t shape[] = {2, 3, 4, 5, 6};
    opened_file *f = open_sample("mixed.safetensors");
    tensor_subject s = subject_named(f, "kernel");
    (void)state;
    for (size_t rows = 0; rows < 5; rows++)
        for (size_t cols = 0; cols < 5; cols++) {
            table_choice which = {.rows = rows, .cols = cols, .at = {1, 2, 3, 4, 5}};
            double cells[6 * 6];
            s.table = subject_table(5, shape, &which);
            if (rows == cols) { /* all but the last by the last */
                assert_int_equal(s.table.rows, 120);
                assert_int_equal(s.table.cols, 6);
                continue;
            }
            assert_int_equal(s.table.rows, shape[rows]);
            assert_int_equal(s.table.cols, shape[cols]);
            assert_int_equal(subject_window(&s, 0, 0, shape[rows], shape[cols], cells, 6, NULL),
                             DETINIT_OK);
            for (uint64_t r = 0; r < shape[rows]; r++)
                for (uint64_t c = 0; c < shape[cols]; c++) {
                    uint64_t at[] = {1, 2, 3, 4, 5};
                    at[rows] = r;
                    at[cols] = c;
                    const uint64_t n = (((at[0] * 3 + at[1]) * 4 + at[2]) * 5 + at[3]) * 6 + at[4];
                    assert_double_same(cells[r * 6 + c], (double)n / 8);
                }
            assert_int_equal(subject_window(&s, shape[rows], 0, 1, 1, cells, 6, NULL),
                             DETINIT_INVALID);
        }
    opened_file_free(f);
}

/* w and w0 are what the two files hold, the change what was added. */
static void faces_are_the_files(void **state)
{
    opened_file *f = open_sample("w.safetensors");
    detinit_tensorfile *initial;
    (void)state;
    assert_int_equal(detinit_tensorfile_open("w0.safetensors", &initial, NULL), DETINIT_OK);
    assert_int_equal(f->held.count, 7);
    for (size_t n = 0; n < f->held.count; n++) {
        const detinit_tracked *t = &f->held.tracked[n];
        tensor_subject s = subject_named(f, t->tensor->name);
        const size_t count = (size_t)t->count;
        double *all = malloc(4 * count * sizeof *all);
        assert_non_null(all);
        s.recipe = &t->recipe;
        assert_int_equal(detinit_matrix_new(s.recipe, NULL, &s.initial, NULL), DETINIT_OK);
        for (int k = 0; k < FACE_COUNT; k++) {
            s.face = (tensor_face)k;
            assert_int_equal(subject_values(&s, 0, count, all + (size_t)k * count, NULL), 0);
        }
        assert_int_equal(detinit_tensor_values(initial,
                                               detinit_tensorfile_find(initial, t->tensor->name), 0,
                                               count, all + 3 * count, NULL),
                         DETINIT_OK);
        for (size_t k = 0; k < count; k++) {
            const double w0 = all[3 * count + k];
            assert_double_same(all[FACE_TRAINED * count + k],
                               (double)((float)w0 + sample_change(k)));
            assert_double_same(all[FACE_INITIAL * count + k], w0);
            assert_double_same(all[FACE_CHANGE * count + k], all[FACE_TRAINED * count + k] - w0);
        }
        detinit_matrix_free(s.initial);
        free(all);
    }
    detinit_tensorfile_close(initial);
    opened_file_free(f);
}

static detinit_survey survey_of(const tensor_subject *s, bool exact, likely_law *law)
{
    uint64_t shape[DETINIT_MAX_RANK];
    const size_t rank = subject_shape(s->tensor, shape);
    const detinit_recipe plain = detinit_recipe_tensor(0, 0, rank, shape);
    detinit_survey survey;
    detinit_error error;
    if (subject_survey(s, &plain, exact, NULL, &survey, law, &error) != DETINIT_OK)
        fail_msg("%s", error.message);
    return survey;
}

/* Of 0, 1/8, .. 719/8: closed forms of a uniform lattice. */
static void statistics_are_those_of_the_numbers(void **state)
{
    opened_file *f = open_sample("mixed.safetensors");
    tensor_subject s = subject_named(f, "kernel");
    likely_law law;
    const double n = 720;
    (void)state;
    detinit_survey all = survey_of(&s, false, &law);
    const detinit_statistics *t = &all.statistics;
    assert_int_equal(t->count, 720);
    assert_false(t->sampled);
    assert_double_near(t->mean, (n - 1) / 16, 1e-12);
    assert_double_near(t->std, sqrt((n * n - 1) / 12) / 8, 1e-12);
    assert_double_near(t->skewness, 0, 1e-12);
    assert_double_near(t->excess_kurtosis, -1.2 * (n * n + 1) / (n * n - 1), 1e-11);
    assert_double_same(t->min, 0);
    assert_double_same(t->max, (n - 1) / 8);
    assert_int_equal(t->max_row, 119);
    assert_int_equal(t->max_col, 5);
    assert_double_near(law.recipe.std, t->std, 1e-12);
    assert_double_near(law.recipe.mean, t->mean, 1e-12);
    uint64_t counted = 0;
    for (size_t k = 0; k < all.histogram.bins; k++)
        counted += all.histogram.counts[k];
    assert_int_equal(counted, 720);
    detinit_survey_free(&all);

    s = subject_named(f, "broken");
    all = survey_of(&s, false, &law);
    assert_int_equal(t->count, 12);
    assert_int_equal(t->overflowed, 2);
    assert_double_near(t->mean, (66.0 - 8) / 8 / 10, 1e-12);
    detinit_survey_free(&all);

    s = subject_named(f, "ones");
    all = survey_of(&s, false, &law);
    assert_double_same(t->std, 0);
    assert_int_equal(law.recipe.mode, DETINIT_CONSTANT);
    assert_double_same(law.recipe.value, 1);
    detinit_survey_free(&all);

    s = subject_named(f, "empty");
    all = survey_of(&s, false, &law);
    assert_int_equal(t->count, 0);
    assert_true(isnan(t->mean));
    detinit_survey_free(&all);
    opened_file_free(f);
}

/* Real and imaginary parts are columns: any window of them, halves of numbers too, of any length.
 */
static void complex_numbers_are_two(void **state)
{
    enum { ROWS = 3000, COLS = 2 };
    static const uint64_t shape[] = {ROWS, COLS};
    static float parts[ROWS * COLS * 2];
    static double values[ROWS * COLS * 2 + 1];
    const size_t count = ROWS * COLS * 2;
    detinit_tensorwriter *to;
    likely_law law;
    (void)state;
    for (size_t n = 0; n < count; n++)
        parts[n] = (float)n;
    assert_int_equal(detinit_tensorwriter_open("complex.safetensors", &to, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_announce(to, "z", "C64", 2, shape, NULL, NULL),
                     DETINIT_OK);
    turn_little_endian(parts, sizeof *parts, count);
    assert_int_equal(detinit_tensorwriter_write(to, parts, sizeof parts, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_commit(to, NULL, NULL), DETINIT_OK);
    opened_file *f = open_sample("complex.safetensors");
    const tensor_subject s = subject_named(f, "z");
    for (size_t first = 0; first < 3; first++)
        for (size_t length = 0; first + length <= count; length += length < 9 ? 1 : 3997) {
            values[length] = -1;
            assert_int_equal(subject_values(&s, first, length, values, NULL), DETINIT_OK);
            for (size_t n = 0; n < length; n++)
                assert_double_same(values[n], (double)(first + n));
            assert_double_same(values[length], -1); /* and nothing beyond */
        }
    assert_int_equal(subject_values(&s, 1, count, values, NULL), DETINIT_INVALID);
    detinit_survey all = survey_of(&s, false, &law);
    assert_int_equal(all.statistics.count, count);
    assert_double_near(all.statistics.mean, (double)(count - 1) / 2, 1e-9);
    assert_double_same(all.statistics.max, (double)(count - 1));
    detinit_survey_free(&all);
    opened_file_free(f);
}

/* A sample says so, lies near, and gives way to all. */
static void a_large_tensor_is_sampled(void **state)
{
    static const uint64_t shape[] = {3000, 1000};
    detinit_recipe recipe = detinit_recipe_tensor(3, 0, 2, shape);
    likely_law law;
    detinit_matrix *matrix;
    (void)state;
    recipe.dtype = DETINIT_FLOAT32;
    assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_save(matrix, "large.npy", DETINIT_NPY, NULL, NULL, NULL, NULL),
                     DETINIT_OK);
    opened_file *f = open_sample("large.npy");
    const tensor_subject s = subject_named(f, "");
    detinit_survey sample = survey_of(&s, false, &law), all = survey_of(&s, true, &law), expected;
    assert_int_equal(detinit_matrix_survey(matrix, true, NULL, &expected, NULL), DETINIT_OK);
    assert_true(sample.statistics.sampled);
    assert_int_equal(sample.statistics.count, 1 << 20);
    assert_false(all.statistics.sampled);
    assert_int_equal(all.statistics.count, 3000000);
    const detinit_statistics *a = &all.statistics, *e = &expected.statistics;
    assert_double_near(sample.statistics.std, e->std, 5 * e->std / 1448);
    assert_double_near(a->mean, e->mean, 1e-12);
    assert_double_near(a->std, e->std, 1e-12);
    assert_double_near(a->skewness, e->skewness, 1e-9);
    assert_double_near(a->excess_kurtosis, e->excess_kurtosis, 1e-9);
    assert_double_same(a->min, e->min);
    assert_int_equal(a->min_row, e->min_row);
    assert_int_equal(a->min_col, e->min_col);
    assert_double_same(a->max, e->max);
    assert_int_equal(law.origin, DETINIT_ORIGIN_SCHEME); /* it was drawn so */
    assert_string_equal(law.words, "he (kaiming) normal, fan_in 1000");
    assert_double_near(a->target_std, sqrt(2.0 / 1000), 1e-12);
    assert_true(a->ks_p > 0.001);
    detinit_survey_free(&sample);
    detinit_survey_free(&all);
    detinit_survey_free(&expected);
    detinit_matrix_free(matrix);
    opened_file_free(f);
}

/* --------------------------------------------------------------------- list */

static void names_come_in_the_order_of_people(void **state)
{
    static const char *const names[] = {"",    "a", "a.b", "a.b.c", "a.2",  "a2",
                                        "a10", "b", "h.1", "h.2.x", "h.10", "h.10.a"};
    (void)state;
    for (size_t n = 0; n + 1 < sizeof names / sizeof names[0]; n++) {
        if (n == 3) /* "a.b.c" is not before "a.2" */
            continue;
        assert_true(tensor_name_compare(names[n], names[n + 1]) < 0);
        assert_true(tensor_name_compare(names[n + 1], names[n]) > 0);
        assert_int_equal(tensor_name_compare(names[n], names[n]), 0);
    }
    assert_true(tensor_name_compare("a.2", "a.b.c") < 0);
    assert_true(tensor_name_compare("a.01", "a.1") != 0);
}

static void a_tree_is_folded_and_searched(void **state)
{
    opened_file *f = open_sample("w.safetensors");
    (void)state;
    const tensor_tree *t = &f->tree;
    assert_string_equal(t->nodes[0].name, "embed.weight");
    assert_int_equal(t->nodes[1].tensor, TENSOR_NONE); /* layers. */
    assert_int_equal(t->nodes[1].tensors, 6);
    assert_int_equal(t->nodes[1].values, 2 * (72 * 24 + 72 + 216));
    assert_int_equal(t->nodes[1].bytes, 4 * t->nodes[1].values);
    tensor_list *l = tensor_list_new(f);
    assert_non_null(l);
    const size_t all = l->row_count;
    assert_int_equal(all, t->count);
    tensor_list_fold_all(l, true);
    assert_int_equal(l->row_count, 2);
    assert_true(tensor_list_find(l, "1.conv", 0));
    assert_string_equal(tensor_list_node(l, l->cursor)->name, "layers.1.conv.weight");
    assert_int_equal(tensor_list_hits(l, "CONV"), 0);
    assert_int_equal(tensor_list_hits(l, "conv"), 2);
    assert_true(tensor_list_find(l, "conv", 1)); /* around the end */
    assert_string_equal(tensor_list_node(l, l->cursor)->name, "layers.0.conv.weight");
    assert_true(tensor_list_find(l, "qkv", -1));
    assert_string_equal(tensor_list_node(l, l->cursor)->name, "layers.0.attn.qkv.weight");
    assert_false(tensor_list_find(l, "no such", 1));
    assert_string_equal(tensor_list_node(l, l->cursor)->name, "layers.0.attn.qkv.weight");
    tensor_list_fold(l, true);
    assert_int_equal(tensor_list_node(l, l->cursor)->tensor, TENSOR_NONE);
    tensor_list_sort(l, LIST_BYTES);
    assert_int_equal(l->row_count, 7);
    for (size_t n = 0; n + 1 < l->row_count; n++)
        assert_true(tensor_list_node(l, n)->bytes >= tensor_list_node(l, n + 1)->bytes);
    tensor_list_free(l);
}

/* The share awake is that of every third weight, but those that happen not to have changed. */
static void samples_tell_who_is_awake(void **state)
{
    opened_file *f = open_sample("w.safetensors");
    (void)state;
    for (size_t n = 0; n < detinit_tensorfile_count(f->held.file); n++) {
        const detinit_tensor *t = detinit_tensorfile_tensor(f->held.file, n);
        const tensor_figures figures = tensor_sample(f, n, 0.005, NULL);
        double awake = 0;
        for (uint64_t k = 0; k < t->count; k++)
            awake += fabs((double)sample_change(k)) > 0.005;
        assert_false(figures.sampled);
        assert_double_near(figures.awake, awake / (double)t->count, 1e-12);
    }
    opened_file_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_have_the_right_cells),
        cmocka_unit_test(faces_are_the_files),
        cmocka_unit_test(statistics_are_those_of_the_numbers),
        cmocka_unit_test(complex_numbers_are_two),
        cmocka_unit_test(a_large_tensor_is_sampled),
        cmocka_unit_test(names_come_in_the_order_of_people),
        cmocka_unit_test(a_tree_is_folded_and_searched),
        cmocka_unit_test(samples_tell_who_is_awake),
    };
    return cmocka_run_group_tests_name("subjects", tests, enter, leave_scratch);
}
