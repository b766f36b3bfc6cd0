/* Keys and uniforms against the published constants and the vectors of the oracle. */
#include "check.h"

#include "detinit.h"

static void hash64_gives_the_splitmix64_sequence(void **state)
{
    (void)state;
    assert_true(detinit_hash64(0) == 0xe220a8397b1dcdafu);
    assert_true(detinit_hash64(1) == 0x910a2dec89025cc1u);
    assert_true(detinit_hash64(2) == 0x975835de1c9756ceu);
    assert_true(detinit_hash64(3) == 0x1d0b14e4db018fedu);
}

static void key_folds_index_after_index(void **state)
{
    (void)state;
    const uint64_t zeros[] = {0, 0, 0, 0};
    assert_true(detinit_key(42, zeros, 4) == 0x09d146f93ad42c2au);
    assert_true(detinit_key(42, zeros, 0) == 42);
    const uint64_t last[] = {UINT64_MAX};
    assert_true(detinit_key(7, last, 1) == detinit_hash64(7 ^ detinit_hash64(UINT64_MAX)));
}

static void keys_match_the_vectors(void **state)
{
    (void)state;
    FILE *file = open_in("TEST_DATA", "addresses.csv");
    char line[512];
    size_t lines = 0;
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned long long seed, a[4], key, u1, u2;
        assert_int_equal(sscanf(line, "%llu,%llu,%llu,%llu,%llx,%llx,%llx", &seed, &a[0], &a[1],
                                &a[2], &key, &u1, &u2),
                         7);
        uint64_t address[4] = {a[0], a[1], a[2], 0};
        assert_true(detinit_key(seed, address, 3) == key);
        assert_true(detinit_key(seed, address, 4) == u1);
        address[3] = 1;
        assert_true(detinit_key(seed, address, 4) == u2);
        lines++;
    }
    fclose(file);
    assert_int_equal(lines, 2000);
}

static void u01_is_the_upper_53_bits(void **state)
{
    (void)state;
    assert_double_same(detinit_u01(0), 0.0);
    assert_double_same(detinit_u01(0x7FF), 0.0);
    assert_double_same(detinit_u01(0x800), 0x1p-53);
    assert_double_same(detinit_u01(UINT64_C(1) << 63), 0.5);
    assert_double_same(detinit_u01(UINT64_C(3) << 62), 0.75);
    assert_double_same(detinit_u01(UINT64_MAX), 1.0 - 0x1p-53);
    assert_double_same(detinit_u01(UINT64_MAX - 0x800), 1.0 - 0x1p-52);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash64_gives_the_splitmix64_sequence),
        cmocka_unit_test(key_folds_index_after_index),
        cmocka_unit_test(keys_match_the_vectors),
        cmocka_unit_test(u01_is_the_upper_53_bits),
    };
    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
