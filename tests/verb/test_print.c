/* A proof of reproducibility that fails: told on standard error, whatever is printed. */
#include "scratch.h"

#include "detinit_track.h"
#include "option/option.h"
#include "verb/verb.h"

#include <string.h>

detinit_status __wrap_detinit_matrix_reproduce(const detinit_matrix *matrix, const char *path,
                                               const detinit_run *run, detinit_reproducibility *out,
                                               detinit_error *error);

/* The library makes weights again; here they differ. */
detinit_status __wrap_detinit_matrix_reproduce(const detinit_matrix *matrix, const char *path,
                                               const detinit_run *run, detinit_reproducibility *out,
                                               detinit_error *error)
{
    (void)matrix, (void)path, (void)run, (void)error;
    *out = (detinit_reproducibility){.equal = false, .compared = 1, .max_difference = 1};
    return DETINIT_OK;
}

static void differing_bits_are_a_failure(void **state)
{
    settings s;
    detinit_error error = {0};
    (void)state;
    settings_init(&s);
    s.output.quiet = s.output.test_repro = true;
    assert_true(option_set(&s, &options[OPTION_SAVE], "w.npy", true, &error));
    assert_int_not_equal(verb_print.run(&s, &error), DETINIT_OK);
    assert_int_not_equal(error.status, DETINIT_INVALID);
    assert_string_equal(error.message, "--test-repro: the weights that were made again differ");
    settings_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(differing_bits_are_a_failure, enter_scratch, leave_scratch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
