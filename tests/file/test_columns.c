/* Column-major tensors, read in bands of many sizes: every item is where the shape says. */
#include "scratch.h"

#include "detinit_files.h"
#include "file/columns.h"
#include "file/input.h"
#include "base/threads.h"

#include <fcntl.h>

#define FILE_NAME "columns.npy"

/* Bytes before the data. */
#define HEADER ((size_t)256)

/* The item that stands at number `row_major`: its number in the file. */
static uint64_t number_in_file(const detinit_tensor *tensor, uint64_t row_major)
{
    uint64_t number = 0, pitch = tensor->count;
    for (size_t n = tensor->rank; n-- > 0; row_major /= tensor->shape[n]) {
        pitch = 1;
        for (size_t before = 0; before < n; before++)
            pitch *= tensor->shape[before];
        number += row_major % tensor->shape[n] * pitch;
    }
    return number;
}

/* An item that tells its number: as many of its bytes as a type has. */
typedef struct any_item {
    uint64_t words[2];
} any_item;

static any_item item_of(uint64_t number)
{
    return (any_item){{detinit_hash64(number), detinit_hash64(~number)}};
}

/* Makes the file and opens it. */
static detinit_tensorfile *make_file(const char *code, size_t size, size_t rank,
                                     const uint64_t *shape)
{
    char text[256];
    uint64_t count = 1;
    detinit_tensorfile *opened;
    int length =
        snprintf(text, sizeof text, "{'descr': '<%s', 'fortran_order': True, 'shape': (", code);
    for (size_t n = 0; n < rank; count *= shape[n], n++)
        length += snprintf(text + length, sizeof text - (size_t)length, "%llu, ",
                           (unsigned long long)shape[n]);
    FILE *file = fopen(FILE_NAME, "w");
    assert_non_null(file);
    fprintf(file, "%cNUMPY%c%c%c%c%s)}%*s", 0x93, 1, 0, (int)(HEADER - 10), 0, text,
            (int)HEADER - 12 - length, "");
    for (uint64_t n = 0; n < count; n++) {
        const any_item item = item_of(n);
        assert_int_equal(fwrite(&item, size, 1, file), 1);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(detinit_tensorfile_open(FILE_NAME, &opened, NULL), DETINIT_OK);
    return opened;
}

/* Reads all of the tensor `block` items at a time, by several threads, and checks every item. */
typedef struct reading {
    input in;
    const detinit_tensor *tensor;
    columns *bands;
    uint64_t block;
    bool wrong;
} reading;

static void read_block(void *context, uint64_t index)
{
    reading *r = context;
    const size_t size = (size_t)r->tensor->item_bytes;
    const uint64_t first = index * r->block, rest = r->tensor->count - first;
    const uint64_t count = rest < r->block ? rest : r->block;
    unsigned char *items = malloc((size_t)count * size);
    bool good =
        items != NULL && columns_read(r->bands, first, (size_t)count, items, NULL) == DETINIT_OK;
    for (uint64_t n = 0; n < count && good; n++) {
        const any_item expected = item_of(number_in_file(r->tensor, first + n));
        good = memcmp(items + n * size, &expected, size) == 0;
    }
    free(items);
    if (!good)
        __atomic_store_n(&r->wrong, true, __ATOMIC_RELAXED);
}

static reading begin(const detinit_tensorfile *file, uint64_t block)
{
    reading r = {.tensor = detinit_tensorfile_tensor(file, 0), .block = block};
    assert_int_equal(input_open(&r.in, FILE_NAME, NULL), DETINIT_OK);
    return r;
}

static void check(const detinit_tensorfile *file, size_t band, uint64_t block, unsigned threads)
{
    reading r = begin(file, block);
    r.bands = columns_new(&r.in, HEADER, r.tensor, band);
    assert_non_null(r.bands);
    threads_for(threads, (r.tensor->count + block - 1) / block, read_block, &r);
    columns_free(r.bands);
    input_close(&r.in);
    assert_false(r.wrong);
}

/* The file itself turns them, too. */
static void check_file(const detinit_tensorfile *file)
{
    const detinit_tensor *tensor = detinit_tensorfile_tensor(file, 0);
    const size_t size = (size_t)tensor->item_bytes;
    unsigned char *items = allocate((size_t)tensor->count * size);
    assert_int_equal(detinit_tensor_read(file, tensor, 0, (size_t)tensor->count, items, NULL),
                     DETINIT_OK);
    for (uint64_t n = 0; n < tensor->count; n++) {
        const any_item expected = item_of(number_in_file(tensor, n));
        assert_memory_equal(items + n * size, &expected, size);
    }
    free(items);
}

static const struct {
    const char *code;
    size_t size, rank;
    uint64_t shape[DETINIT_MAX_RANK];
} cases[] = {
    {"f4", 4, 2, {30, 40}},
    {"f4", 4, 2, {2, 1000}},
    {"f8", 8, 2, {1000, 2}},
    {"f2", 2, 3, {7, 11, 13}},
    {"u1", 1, 4, {5, 4, 3, 70}},
    {"f4", 4, 4, {8, 4, 3, 3}},
    {"f2", 2, 8, {2, 3, 2, 3, 2, 3, 2, 3}},
    {"f4", 4, 5, {1, 3, 1, 50, 1}},
    {"c16", 16, 2, {17, 90}},
    /* Columns further apart than what is read in vain, and items so. */
    {"f4", 4, 2, {3000, 20}},
    {"f8", 8, 3, {700, 5, 9}},
};

static void reads_every_item(void **state)
{
    static const size_t bands[] = {1, 64, 1000, 5000, COLUMNS_BAND};
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        detinit_tensorfile *file =
            make_file(cases[n].code, cases[n].size, cases[n].rank, cases[n].shape);
        check_file(file);
        for (size_t band = 0; band < sizeof bands / sizeof bands[0]; band++) {
            check(file, bands[band], 257, 1);
            check(file, bands[band], 1000, 3);
            check(file, bands[band], 1, 1);
            check(file, bands[band], UINT32_MAX, 1);
        }
        detinit_tensorfile_close(file);
    }
}

/* Runs of items with gaps, and columns with gaps, that are longer than what is read at once. */
static void reads_long_runs(void **state)
{
    const uint64_t shape[3] = {1000, 700, 2};
    (void)state;
    detinit_tensorfile *file = make_file("f4", 4, 3, shape);
    check(file, 4 * 2 * 600, 100000, 2);
    detinit_tensorfile_close(file);
    file = make_file("f4", 4, 2, shape);
    check(file, 4 * 700, 100000, 2);
    detinit_tensorfile_close(file);
}

/* What cannot be read is told to all who wait for it, and asked for anew by the next. */
static void tells_every_reader(void **state)
{
    const uint64_t shape[2] = {100, 100};
    unsigned char items[4 * 1000];
    detinit_error error;
    (void)state;
    detinit_tensorfile *file = make_file("f4", 4, 2, shape);
    reading r = begin(file, 500);
    r.bands = columns_new(&r.in, HEADER, r.tensor, 4000);
    assert_int_equal(truncate(FILE_NAME, HEADER + 20000), 0);
    threads_for(4, 20, read_block, &r);
    assert_true(r.wrong);
    assert_int_equal(columns_read(r.bands, 0, 1000, items, &error), DETINIT_IO);
    assert_string_equal(error.message, "'" FILE_NAME "' became shorter while it was read");
    detinit_tensorfile_close(make_file("f4", 4, 2, shape));
    assert_int_equal(columns_read(r.bands, 0, 1000, items, &error), DETINIT_OK);
    columns_free(r.bands);
    input_close(&r.in);
    detinit_tensorfile_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_item),
        cmocka_unit_test(reads_long_runs),
        cmocka_unit_test(tells_every_reader),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
