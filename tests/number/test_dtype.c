/* Storage types: one rounding, to nearest even, checked at every place where it matters. */
#include "check.h"
#include "table_check.h"

#include "base/byteorder.h"
#include "detinit_files.h"
#include "file/tensortype.h"
#include "kernel/kernels.h"
#include "number/dtype.h"

static uint16_t encode_half(detinit_dtype dtype, double value)
{
    uint16_t stored;
    detinit_encode(dtype, &value, 1, &stored);
    turn_little_endian(&stored, sizeof stored, 1);
    return stored;
}

static double decode_half(detinit_dtype dtype, uint16_t stored)
{
    double value;
    turn_little_endian(&stored, sizeof stored, 1);
    detinit_decode(dtype, &stored, 1, &value);
    return value;
}

static float encode_single(double value)
{
    float stored;
    detinit_encode(DETINIT_FLOAT32, &value, 1, &stored);
    turn_little_endian(&stored, sizeof stored, 1);
    return stored;
}

/*
 * Every number of a 16-bit type: it comes back as itself, and the numbers just
 * beside the middle to the next one go to either side, the middle to the even one.
 */
static void check_every_half(detinit_dtype dtype, uint16_t infinity)
{
    for (uint32_t sign = 0; sign <= 0x8000; sign += 0x8000) {
        for (uint32_t n = 0; n < infinity; n++) {
            const uint16_t here = (uint16_t)(sign | n), next = (uint16_t)(sign | (n + 1));
            const uint16_t even = n % 2 == 0 ? here : next;
            const double low = decode_half(dtype, here);
            const double below = n > 0 ? decode_half(dtype, (uint16_t)(here - 1)) : -low;
            /* the last number lies as far from infinity as from the one before it */
            const double high = n + 1 < infinity ? decode_half(dtype, next) : 2 * low - below;
            const double middle = low + (high - low) / 2;
            assert_int_equal(encode_half(dtype, low), here);
            assert_int_equal(encode_half(dtype, middle), even);
            assert_int_equal(encode_half(dtype, nextafter(middle, low)), here);
            assert_int_equal(encode_half(dtype, nextafter(middle, high)), next);
        }
    }
}

static void every_half_type_rounds_to_nearest_even(void **state)
{
    (void)state;
    for (detinit_dtype d = 0; d < DETINIT_DTYPE_COUNT; d++)
        if (detinit_dtype_size(d) == 2)
            check_every_half(d, encode_half(d, HUGE_VAL));
}

static void float16_rounds_to_nearest_even(void **state)
{
    (void)state;
    check_every_half(DETINIT_FLOAT16, 0x7C00);
    assert_double_same(decode_half(DETINIT_FLOAT16, 0x3C00), 1.0);
    assert_double_same(decode_half(DETINIT_FLOAT16, 0x0001), 0x1p-24);
    assert_double_same(decode_half(DETINIT_FLOAT16, 0xFBFF), -65504.0);
}

static void bfloat16_rounds_to_nearest_even(void **state)
{
    (void)state;
    check_every_half(DETINIT_BFLOAT16, 0x7F80);
    assert_double_same(decode_half(DETINIT_BFLOAT16, 0x3F80), 1.0);
    assert_double_same(decode_half(DETINIT_BFLOAT16, 0x0001), 0x1p-133);
}

/* A float32 in between would make it a tie, and round the other way. */
static void float16_is_rounded_once(void **state)
{
    (void)state;
    assert_int_equal(encode_half(DETINIT_FLOAT16, 1.0 + 0x1p-11 + 0x1p-40), 0x3C01);
    assert_int_equal(encode_half(DETINIT_FLOAT16, 1.0 + 0x1p-11 - 0x1p-40), 0x3C00);
    assert_int_equal(encode_half(DETINIT_BFLOAT16, 1.0 + 0x1p-8 + 0x1p-40), 0x3F81);
}

static void beyond_the_range_is_infinity_or_zero(void **state)
{
    (void)state;
    for (detinit_dtype d = DETINIT_FLOAT16; d <= DETINIT_BFLOAT16; d++) {
        const uint16_t infinity = d == DETINIT_FLOAT16 ? 0x7C00 : 0x7F80;
        assert_int_equal(encode_half(d, 1e300), infinity);
        assert_int_equal(encode_half(d, -HUGE_VAL), 0x8000 | infinity);
        assert_int_equal(encode_half(d, 1e-300), 0);
        assert_int_equal(encode_half(d, -0x1p-1074), 0x8000);
        assert_int_equal(encode_half(d, -0.0), 0x8000);
        assert_true(isnan(decode_half(d, encode_half(d, NAN))));
        assert_true(isinf(decode_half(d, infinity)));
    }
    assert_true(isinf(encode_single(1e300)));
    assert_true(encode_single(0x1p-149) == 0x1p-149F);
    assert_true(encode_single(0x1p-150) == 0);
}

static void float32_is_the_conversion_of_the_language(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 20000; n++) {
        const uint64_t bits = detinit_hash64(n);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isnan(value))
            continue;
        const float expected = (float)value;
        float actual = encode_single(value);
        assert_memory_equal(&actual, &expected, sizeof actual);
        double widened;
        turn_little_endian(&actual, sizeof actual, 1);
        detinit_decode(DETINIT_FLOAT32, &actual, 1, &widened);
        assert_double_same(widened, (double)expected);
    }
}

/* Three numbers about every place where rounding to a 16-bit type decides, both signs. */
static double *critical_values(detinit_dtype dtype, uint16_t infinity, size_t *count)
{
    double *values = allocate(6 * (size_t)infinity * sizeof *values);
    *count = 0;
    for (uint16_t n = 0; n < infinity; n++) {
        const double low = decode_half(dtype, n);
        const double below = n > 0 ? decode_half(dtype, (uint16_t)(n - 1)) : -low;
        const double high =
            n + 1 < infinity ? decode_half(dtype, (uint16_t)(n + 1)) : 2 * low - below;
        const double middle = low + (high - low) / 2;
        const double three[] = {nextafter(middle, low), middle, nextafter(middle, high)};
        for (size_t k = 0; k < 3; k++) {
            values[(*count)++] = three[k];
            values[(*count)++] = -three[k];
        }
    }
    return values;
}

static void kernels_round_as_the_scalar_definition(void **state)
{
    (void)state;
    for (detinit_dtype d = 0; d < DETINIT_DTYPE_COUNT; d++) {
        size_t count;
        if (detinit_dtype_size(d) != 2)
            continue;
        double *values = critical_values(d, encode_half(d, HUGE_VAL), &count);
        uint16_t *expected = allocate(2 * count), *actual = allocate(2 * count);
        detinit_encode(d, values, count, expected);
        for (int isa = DETINIT_ISA_BASELINE; isa < DETINIT_ISA_COUNT; isa++) {
            const detinit_run run = {.isa = (detinit_isa)isa};
            memset(actual, 0xA5, 2 * count);
            kernels_for(&run)->draw->scale(1.0, values, count, d, actual);
            assert_memory_equal(actual, expected, 2 * count);
        }
        free(values);
        free(expected);
        free(actual);
    }
}

/* Every number of a 16-bit type, infinities too, less 0. */
static void kernels_widen_as_the_scalar_definition(void **state)
{
    (void)state;
    static const uint16_t zeros[CHANGE_PIECE];
    static uint16_t stored[CHANGE_PIECE];
    static double expected[CHANGE_PIECE], actual[CHANGE_PIECE];
    for (detinit_dtype d = 0; d < DETINIT_DTYPE_COUNT; d++) {
        for (uint32_t first = 0; first <= UINT16_MAX && detinit_dtype_size(d) == 2;
             first += CHANGE_PIECE) {
            for (size_t n = 0; n < CHANGE_PIECE; n++)
                stored[n] = (uint16_t)(first + n);
            turn_little_endian(stored, sizeof *stored, CHANGE_PIECE);
            detinit_decode(d, stored, CHANGE_PIECE, expected);
            for (int isa = DETINIT_ISA_BASELINE; isa < DETINIT_ISA_COUNT; isa++) {
                const detinit_run run = {.isa = (detinit_isa)isa};
                kernels_for(&run)->change->differences(d, zeros, stored, CHANGE_PIECE, actual);
                for (size_t n = 0; n < CHANGE_PIECE; n++)
                    if (isnan(expected[n]))
                        assert_true(isnan(actual[n]));
                    else
                        assert_double_same(actual[n], fabs(expected[n]));
            }
        }
    }
}

static void every_type_has_names_of_its_own(void **state)
{
    (void)state;
    char told[64];
    detinit_dtype parsed = DETINIT_DTYPE_COUNT;
    check_name_table(&dtype_names, DETINIT_DTYPE_COUNT);
    assert_false(detinit_dtype_parse("float33", &parsed));
    assert_int_equal(parsed, DETINIT_DTYPE_COUNT);
    assert_null(detinit_dtype_name(DETINIT_DTYPE_COUNT));
    assert_null(detinit_dtype_alias((detinit_dtype)-1));
    assert_int_equal(detinit_dtype_size(DETINIT_DTYPE_COUNT), 0);
    assert_int_equal(dtype_fraction_bits(DETINIT_DTYPE_COUNT), 0);
    for (detinit_dtype d = 0; d < DETINIT_DTYPE_COUNT; d++) {
        const tensor_type *type = tensor_type_of_dtype(d);
        assert_ptr_equal(detinit_dtype_name(d), nth_name(&dtype_names, (int)d, 0));
        assert_ptr_equal(detinit_dtype_alias(d), nth_name(&dtype_names, (int)d, 1));
        assert_true(detinit_dtype_parse(detinit_dtype_alias(d), &parsed) && parsed == d);
        assert_true(type->weights && type->dtype == d && type->bits == 8 * detinit_dtype_size(d));
        assert_ptr_equal(tensor_type_named(type->name), type);
        assert_ptr_equal(tensor_type_of_npy(type->npy), type);
        assert_non_null(strstr(tensor_weights_told(told, sizeof told), type->name));
    }
    assert_string_equal(detinit_dtype_safetensors(DETINIT_BFLOAT16), "BF16");
    assert_null(detinit_dtype_safetensors(DETINIT_DTYPE_COUNT));
}

/* What follows from the bits of a type is what its makers say. */
static void half_types_are_described_by_their_bits(void **state)
{
    (void)state;
    const half_type a = half_type_of(DETINIT_FLOAT16), b = half_type_of(DETINIT_BFLOAT16);
    assert_true(a.bias == 15 && a.infinity == 0x7C00 && a.cut == 42 && a.rebase == 1008ull << 52);
    assert_true(a.smallest_normal == 0x1p-14 && a.subnormal_unit == 0x1p28 && a.overflow == 65520);
    assert_true(b.bias == 127 && b.infinity == 0x7F80 && b.cut == 45 && b.rebase == 896ull << 52);
    assert_true(b.smallest_normal == 0x1p-126 && b.subnormal_unit == 0x1p-81);
    assert_true(b.overflow == 0x1.FFp127);
}

static void sizes_are_those_of_the_types(void **state)
{
    (void)state;
    assert_int_equal(detinit_dtype_size(DETINIT_FLOAT64), 8);
    assert_int_equal(detinit_dtype_size(DETINIT_FLOAT32), 4);
    assert_int_equal(detinit_dtype_size(DETINIT_FLOAT16), 2);
    assert_int_equal(detinit_dtype_size(DETINIT_BFLOAT16), 2);
}

/* By a machine of either order, every item becomes its bytes from last to first. */
static void items_are_turned_around(void **state)
{
    (void)state;
    for (size_t item = 2; item <= 8; item *= 2) {
        unsigned char bytes[48], turned[48];
        for (size_t n = 0; n < sizeof bytes; n++)
            turned[n] = bytes[n] = (unsigned char)(n * 37 + 11);
        swap_bytes(turned, item, sizeof bytes / item);
        for (size_t n = 0; n < sizeof bytes; n++)
            assert_int_equal(turned[n], bytes[n / item * item + item - 1 - n % item]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_type_rounds_to_nearest_even),
        cmocka_unit_test(float16_rounds_to_nearest_even),
        cmocka_unit_test(bfloat16_rounds_to_nearest_even),
        cmocka_unit_test(float16_is_rounded_once),
        cmocka_unit_test(beyond_the_range_is_infinity_or_zero),
        cmocka_unit_test(float32_is_the_conversion_of_the_language),
        cmocka_unit_test(kernels_round_as_the_scalar_definition),
        cmocka_unit_test(kernels_widen_as_the_scalar_definition),
        cmocka_unit_test(every_type_has_names_of_its_own),
        cmocka_unit_test(half_types_are_described_by_their_bits),
        cmocka_unit_test(sizes_are_those_of_the_types),
        cmocka_unit_test(items_are_turned_around),
    };
    return cmocka_run_group_tests_name("dtype", tests, NULL, NULL);
}
