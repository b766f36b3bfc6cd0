/* Progress that is shared out: reports of shares become the whole's, and reach its run alone. */
#include "check.h"

#include "base/progress.h"

typedef struct listener {
    uint64_t done, total;
    unsigned calls;
    bool stops;
} listener;

static bool listen(void *context, uint64_t done, uint64_t total)
{
    listener *l = context;
    l->calls++;
    l->done = done;
    l->total = total;
    return !l->stops;
}

static void a_share_is_told_as_a_part_of_the_whole(void **state)
{
    (void)state;
    listener l = {0};
    const detinit_run whole = {
        .threads = 3, .isa = DETINIT_ISA_BASELINE, .progress = listen, .context = &l};
    shared_progress p = {.run = &whole, .total = 1000};
    detinit_run run = progress_share(&p, 400);
    assert_int_equal(run.threads, 3);
    assert_int_equal(run.isa, DETINIT_ISA_BASELINE);
    assert_true(progress_goes_on(&run, 1, 4));
    assert_true(l.done == 100 && l.total == 1000);
    run = progress_share(&p, 0); /* nothing, however often it says that it is done */
    assert_true(progress_goes_on(&run, 7, 7));
    assert_int_equal(l.done, 400);
    run = progress_share(&p, 600);
    assert_true(progress_goes_on(&run, 0, 0)); /* nothing to do is done */
    assert_true(l.done == 1000 && l.total == 1000);
}

/* Shares of a share: a save of a network whose tensors are made and written. */
static void shares_are_shared_out_again(void **state)
{
    (void)state;
    listener l = {0};
    const detinit_run whole = {.progress = listen, .context = &l};
    shared_progress outer = {.run = &whole, .total = 2000};
    progress_share(&outer, 1000);
    const detinit_run second = progress_share(&outer, 1000);
    shared_progress inner = {.run = &second, .total = 4};
    const detinit_run quarter = progress_share(&inner, 1);
    assert_true(progress_goes_on(&quarter, 5, 5));
    assert_true(l.done == 1250 && l.total == 2000);
}

static void who_listens_may_stop_the_work(void **state)
{
    (void)state;
    listener l = {.stops = true};
    detinit_error error = {0};
    const detinit_run whole = {.progress = listen, .context = &l};
    shared_progress p = {.run = &whole, .total = 10};
    const detinit_run run = progress_share(&p, 10);
    assert_false(progress_goes_on(&run, 1, 2));
    assert_int_equal(progress_tell(&run, 1, 2, &error), DETINIT_CANCELLED);
    assert_int_equal(error.status, DETINIT_CANCELLED);
    assert_string_equal(error.message, "cancelled");
    l.stops = false;
    assert_int_equal(progress_tell(&run, 1, 2, &error), DETINIT_OK);
    assert_int_equal(l.calls, 3);
}

static void nobody_need_listen(void **state)
{
    (void)state;
    const detinit_run quiet = {.threads = 5};
    shared_progress p = {.run = &quiet, .total = 2}, alone = {.total = 2};
    detinit_run run = progress_share(&p, 1);
    assert_true(run.progress == NULL && run.threads == 5);
    assert_true(progress_goes_on(&run, 1, 1));
    run = progress_share(&alone, 1);
    assert_true(run.progress == NULL && run.threads == 0 && run.isa == DETINIT_ISA_BEST);
    assert_true(progress_goes_on(NULL, 1, 1));
    assert_int_equal(progress_tell(NULL, 1, 1, NULL), DETINIT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_is_told_as_a_part_of_the_whole),
        cmocka_unit_test(shares_are_shared_out_again),
        cmocka_unit_test(who_listens_may_stop_the_work),
        cmocka_unit_test(nobody_need_listen),
    };
    return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
