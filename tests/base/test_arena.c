/* Memory that is freed as a whole. */
#include "check.h"

#include "base/arena.h"

static void gives_what_stays(void **state)
{
    arena a = {0};
    unsigned char *pieces[300];
    (void)state;
    for (size_t n = 0; n < 300; n++) {
        pieces[n] = arena_new(&a, n * 7);
        assert_non_null(pieces[n]);
        assert_int_equal((uintptr_t)pieces[n] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < n * 7; k++)
            assert_int_equal(pieces[n][k], 0);
        memset(pieces[n], (int)n, n * 7);
    }
    for (size_t n = 0; n < 300; n++)
        for (size_t k = 0; k < n * 7; k++)
            assert_int_equal(pieces[n][k], n & 0xFF);
    assert_string_equal(arena_text(&a, "abcdef", 3), "abc");
    assert_string_equal(arena_text(&a, NULL, 0), "");
    const uint64_t shape[] = {2, 3, 5};
    assert_memory_equal(arena_shape(&a, 3, shape), shape, sizeof shape);
    assert_non_null(arena_shape(&a, 0, NULL)); /* of a single number */
    assert_non_null(arena_new(&a, 1 << 20));
    arena_free(&a);
    assert_null(a.blocks);
}

static void gives_no_more_than_it_may(void **state)
{
    arena a = {.most = 1000};
    (void)state;
    assert_null(arena_new(&a, 1001));
    assert_null(arena_new(&a, SIZE_MAX));
    assert_non_null(arena_new(&a, 990));
    assert_null(arena_new(&a, 100));
    assert_null(arena_text(&a, "abcdefghijk", 10));
    assert_null(arena_shape(&a, 2, (const uint64_t[]){2, 3}));
    arena_free(&a);
    assert_non_null(arena_new(&a, 1000));
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_what_stays),
        cmocka_unit_test(gives_no_more_than_it_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
