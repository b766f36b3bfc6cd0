/* The registry of kernels: every instruction set has all of them, and a name of its own. */
#include "check.h"

#include "base/names.h"
#include "kernel/kernels.h"

#include <sys/wait.h>

static detinit_run on(int isa)
{
    return (detinit_run){.isa = (detinit_isa)isa};
}

static void every_build_has_all_kernels(void **state)
{
    (void)state;
    for (int isa = DETINIT_ISA_BEST; isa < DETINIT_ISA_COUNT; isa++) {
        const detinit_run run = on(isa);
        const kernels *k = kernels_for(&run);
        assert_non_null(k);
        assert_true(k->draw != NULL && k->change != NULL && k->effect != NULL &&
                    k->orthogonal != NULL && k->survey != NULL);
    }
    assert_ptr_equal(kernels_for(NULL), kernels_for(&(detinit_run){.isa = DETINIT_ISA_BEST}));
}

/* A machine that has one has its own kernels for it; one that has not gets an earlier one's. */
static void instruction_sets_have_kernels_of_their_own(void **state)
{
    (void)state;
    assert_int_equal(detinit_isa_available(DETINIT_ISA_BASELINE), DETINIT_ISA_BASELINE);
    for (int isa = DETINIT_ISA_BASELINE; isa < DETINIT_ISA_COUNT; isa++) {
        const detinit_run run = on(isa);
        const detinit_isa got = detinit_isa_available((detinit_isa)isa);
        const detinit_run runs_on = on((int)got);
        assert_ptr_equal(kernels_for(&run), kernels_for(&runs_on));
        assert_int_equal(detinit_isa_available(got), got);
        for (int other = DETINIT_ISA_BASELINE; other < isa; other++) {
            const detinit_run before = on(other);
            const bool same = got == detinit_isa_available((detinit_isa)other);
            assert_true((kernels_for(&run)->draw == kernels_for(&before)->draw) == same);
            assert_string_not_equal(detinit_isa_name((detinit_isa)isa),
                                    detinit_isa_name((detinit_isa)other));
        }
    }
    assert_string_equal(detinit_isa_name(DETINIT_ISA_BEST), "best");
}

/* The best that a process begun with DETINIT_KERNELS has; nothing here has asked for one before. */
static detinit_isa best_with(const char *named)
{
    int status = -1;
    const pid_t child = fork();
    if (child == 0) {
        setenv("DETINIT_KERNELS", named, 1);
        _exit((int)detinit_isa_available(DETINIT_ISA_BEST));
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    return (detinit_isa)WEXITSTATUS(status);
}

static void the_environment_names_the_last(void **state)
{
    const detinit_isa best = best_with("any");
    (void)state;
    assert_int_equal(best_with("baseline"), DETINIT_ISA_BASELINE);
    for (int isa = DETINIT_ISA_BASELINE; isa <= (int)best; isa++)
        assert_int_equal(best_with(detinit_isa_name((detinit_isa)isa)), isa);
    for (int isa = (int)best; isa < DETINIT_ISA_COUNT; isa++)
        assert_int_equal(best_with(detinit_isa_name((detinit_isa)isa)), best);
}

/* What the tests are run with is the name of one: a slip would test the best of the machine. */
static void the_environment_names_a_build(void **state)
{
    const char *named = getenv("DETINIT_KERNELS");
    bool known = named == NULL;
    (void)state;
    for (int isa = DETINIT_ISA_BASELINE; !known && isa < DETINIT_ISA_COUNT; isa++)
        known = names_alike(named, detinit_isa_name((detinit_isa)isa));
    if (!known)
        fail_msg("DETINIT_KERNELS: expected baseline, AVX2 or AVX-512, not '%s'", named);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_names_the_last),
        cmocka_unit_test(the_environment_names_a_build),
        cmocka_unit_test(every_build_has_all_kernels),
        cmocka_unit_test(instruction_sets_have_kernels_of_their_own),
    };
    return cmocka_run_group_tests_name("kernels", tests, NULL, NULL);
}
