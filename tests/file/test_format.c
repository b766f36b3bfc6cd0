/* The table of formats: what a path, a file's first bytes and a question find in it. */
#include "check.h"

#include "detinit_files.h"
#include "file/format.h"

#define ROW(name) &format_##name,
static const file_format *const rows[] = {FORMATS(ROW)};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

/* A row is whole: whoever uses it need not look. */
static void rows_are_whole(void **state)
{
    (void)state;
    for (size_t n = 0; n < ROW_COUNT; n++) {
        const file_format *f = rows[n];
        char path[64];
        assert_non_null(f->name);
        assert_non_null(f->endings[0]);
        for (size_t k = 0; k < FORMAT_ENDINGS && f->endings[k] != NULL; k++) {
            assert_int_equal(f->endings[k][0], '.');
            snprintf(path, sizeof path, "dir/w%s", f->endings[k]);
            assert_ptr_equal(format_of_path(path), f);
            assert_int_equal(format_stem(f, path), 5);
        }
        assert_int_equal(f->recognizes != NULL || f->recognizes_archive != NULL, f->open != NULL);
        assert_int_equal(f->open != NULL, f->read != NULL);
        assert_true(f->close == NULL || f->open != NULL);
        assert_true(f->announce != NULL || (f->create == NULL && f->pair == NULL &&
                                            f->begin == NULL && f->encode == NULL));
        assert_true(f->pair == NULL || f->metadata);
        assert_int_equal(f->encode != NULL, f->weight_most > 0);
        assert_true(!f->of_matrix || f->announce != NULL);
    }
}

/* Each public format has one row, which can hold a matrix of every type. */
static void public_formats_have_rows(void **state)
{
    (void)state;
    for (int format = 0; format < DETINIT_FORMAT_COUNT; format++) {
        const file_format *row = format_of_matrix((detinit_format)format);
        size_t found = 0;
        assert_non_null(row);
        for (size_t n = 0; n < ROW_COUNT; n++)
            found += rows[n]->of_matrix && (int)rows[n]->matrix == format;
        assert_int_equal(found, 1);
        for (int dtype = 0; dtype < DETINIT_DTYPE_COUNT; dtype++)
            assert_true(row->holds == NULL ||
                        row->holds(tensor_type_of_dtype((detinit_dtype)dtype)));
    }
    assert_null(format_of_matrix(DETINIT_FORMAT_COUNT));
}

static void finds_paths(void **state)
{
    (void)state;
    assert_ptr_equal(format_of_path("a.npy"), &format_npy);
    assert_ptr_equal(format_of_path("a.csv/b.safetensors"), &format_safetensors);
    assert_ptr_equal(format_of_path("a.weights.h5"), &format_hdf5);
    assert_ptr_equal(format_of_path("a.hdf5"), &format_hdf5);
    assert_ptr_equal(format_of_path("a.keras"), &format_hdf5);
    assert_null(format_of_path(".npy"));
    assert_null(format_of_path("a.NPY"));
    assert_null(format_of_path("a.npy/"));
    assert_null(format_of_path("npy"));
    assert_null(format_of_path(""));
    assert_int_equal(format_stem(&format_npy, "a.csv"), 0);
    assert_int_equal(format_stem(&format_npy, ".npy"), 0);
    assert_true(format_of_path_is("a.csv", format_saves_matrices));
    assert_false(format_of_path_is("a.csv", format_saves_tensors));
    assert_false(format_of_path_is("a.csv", format_is_read));
    assert_false(format_of_path_is("a.txt", format_saves_matrices));
    assert_ptr_equal(format_for_network("a.safetensors"), &format_safetensors);
    assert_ptr_equal(format_for_network("a.npy"), &format_safetensors);
    assert_ptr_equal(format_for_network("a"), &format_safetensors);
}

static void recognizes_bytes(void **state)
{
    static const unsigned char npy[] = "\x93NUMPY\x01\x00", header[] = "\x02\0\0\0\0\0\0\0{}";
    static const unsigned char hdf5[] = "\x89HDF\r\n\x1a\n";
    static const unsigned char text[] = "0.5,0.25\n0.125,1\n";
    (void)state;
    assert_ptr_equal(format_of_bytes(npy, 8), &format_npy);
    assert_null(format_of_bytes(npy, 7));
    assert_ptr_equal(format_of_bytes(hdf5, 8), &format_hdf5);
    assert_null(format_of_bytes(hdf5, 7));
    assert_ptr_equal(format_of_bytes(header, 10), &format_safetensors);
    assert_ptr_equal(format_of_bytes(header, 9), &format_safetensors);
    assert_null(format_of_bytes(header, 8));
    assert_null(format_of_bytes(text, sizeof text - 1));
    assert_null(format_of_bytes(text, 0));
}

static bool none(const file_format *format)
{
    return format == NULL;
}

static void names_what_fits(void **state)
{
    char names[FORMAT_NAMES];
    detinit_error error;
    (void)state;
    assert_string_equal(format_names(format_saves_matrices, names), ".npy, .csv or .safetensors");
    assert_string_equal(format_names(format_saves_tensors, names), ".npy or .safetensors");
    assert_string_equal(format_names(format_saves_one, names), ".npy");
    assert_string_equal(format_names(format_saves_networks, names), ".safetensors");
    assert_string_equal(format_names(format_tells_recipes, names), ".safetensors");
    assert_string_equal(format_names(none, names), "");
    assert_int_equal(format_unknown("f", &error), DETINIT_INVALID);
    assert_string_equal(
        error.message,
        "'f' is neither a .npy, a .npz, a .pt, a .h5, a .index.json nor a .safetensors file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_whole),  cmocka_unit_test(public_formats_have_rows),
        cmocka_unit_test(finds_paths),     cmocka_unit_test(recognizes_bytes),
        cmocka_unit_test(names_what_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
