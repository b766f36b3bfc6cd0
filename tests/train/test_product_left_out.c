/* Training --without-lapack: there is no network to train, and a sentence says why. */
#include "check.h"

#include "train/mlp.h"

static void networks_are_refused_in_a_sentence(void **state)
{
    static const size_t widths[] = {4, 3, 2};
    mlp net = {.layers = 7};
    detinit_error error = {DETINIT_OK, ""};
    (void)state;
    assert_int_equal(mlp_new(widths, 2, &net, &error), DETINIT_NOT_BUILT);
    assert_string_equal(error.message, "training is not built in: configured --without-lapack");
    assert_int_equal(net.layers, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(networks_are_refused_in_a_sentence)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
