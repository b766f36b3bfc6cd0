/* Work on many threads: every task is done once, and what is made in any order is taken in order.
 */
#include "check.h"

#include "base/ordered.h"
#include "base/threads.h"

#include <pthread.h>
#include <stdatomic.h>

enum { MOST = 700 };

typedef struct tally {
    atomic_uint done[MOST];
    uint64_t calls, last, total;
    uint64_t stop_after; /* calls of progress; 0: never */
} tally;

static void count(void *context, uint64_t n)
{
    tally *t = context;
    atomic_fetch_add(&t->done[n], 1);
}

static bool listen(void *context, uint64_t done, uint64_t total)
{
    tally *t = context;
    assert_true(done >= t->last && done <= total); /* never backwards */
    t->last = done;
    t->total = total;
    return ++t->calls != t->stop_after;
}

static void assert_all_once(const tally *t, uint64_t tasks)
{
    for (uint64_t n = 0; n < MOST; n++)
        assert_int_equal(t->done[n], n < tasks);
}

static const unsigned threads[] = {1, 2, 3, 8, 1000};
static const uint64_t tasks[] = {0, 1, 2, 7, 300, MOST};
#define COUNT(array) (sizeof array / sizeof array[0])

static void every_task_is_done_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++) {
        for (size_t k = 0; k < COUNT(tasks); k++) {
            tally alone = {0}, quiet = {0}, told = {0};
            threads_for(threads[i], tasks[k], count, &alone);
            assert_all_once(&alone, tasks[k]);
            detinit_run run = {.threads = threads[i]};
            assert_int_equal(threads_run(&run, tasks[k], count, &quiet, NULL), DETINIT_OK);
            assert_all_once(&quiet, tasks[k]);
            run.progress = listen;
            run.context = &told;
            assert_int_equal(threads_run(&run, tasks[k], count, &told, NULL), DETINIT_OK);
            assert_all_once(&told, tasks[k]);
            assert_true(told.calls > 0 && told.last == tasks[k] && told.total == tasks[k]);
        }
    }
    tally whole = {0};
    assert_int_equal(threads_run(NULL, MOST, count, &whole, NULL), DETINIT_OK);
    assert_all_once(&whole, MOST);
}

static void whoever_listens_may_cancel(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++) {
        tally t = {.stop_after = 1};
        detinit_error error = {0};
        const detinit_run run = {.threads = threads[i], .progress = listen, .context = &t};
        assert_int_equal(threads_run(&run, MOST, count, &t, &error), DETINIT_CANCELLED);
        assert_int_equal(error.status, DETINIT_CANCELLED);
        assert_int_equal(t.calls, 1);
        for (uint64_t n = 0; n < MOST; n++)
            assert_true(t.done[n] <= 1);
        if (threads[i] == 1) /* nobody else was at it */
            assert_true(t.done[0] == 1 && t.done[1] == 0);
    }
}

static void a_run_has_as_many_threads_as_it_says_and_tasks_need(void **state)
{
    (void)state;
    const unsigned here = threads_available();
    assert_true(here >= 1);
    assert_int_equal(threads_of_run(NULL, UINT64_MAX), here < 256 ? here : 256);
    assert_int_equal(threads_of_run(&(detinit_run){.threads = 7}, 100), 7);
    assert_int_equal(threads_of_run(&(detinit_run){.threads = 7}, 3), 3);
    assert_int_equal(threads_of_run(&(detinit_run){.threads = 7}, 0), 1);
    assert_int_equal(threads_of_run(&(detinit_run){.threads = 100000}, UINT64_MAX), 256);
}

/* What makers leave: the square of the step, in a slot that may hold any type. */
typedef struct line_up {
    pthread_t taker;
    uint64_t next, fail_at;
} line_up;

static void make_square(void *context, uint64_t step, void *slot)
{
    (void)context;
    uint64_t *square = slot;
    assert_int_equal((uintptr_t)slot % _Alignof(max_align_t), 0);
    for (size_t n = 0; n < 5; n++)
        square[n] = step * step + n;
}

static detinit_status take_square(void *context, uint64_t step, void *slot, detinit_error *error)
{
    line_up *l = context;
    const uint64_t *square = slot;
    assert_true(pthread_equal(l->taker, pthread_self()));
    assert_int_equal(step, l->next++);
    for (size_t n = 0; n < 5; n++)
        assert_int_equal(square[n], step * step + n);
    if (step != l->fail_at)
        return DETINIT_OK;
    strcpy(error->message, "enough");
    return error->status = DETINIT_IO;
}

static void what_is_made_is_taken_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++) {
        for (size_t k = 0; k < COUNT(tasks); k++) {
            line_up l = {.taker = pthread_self(), .fail_at = UINT64_MAX};
            const ordered_work work = {.steps = tasks[k],
                                       .slot_bytes = 5 * sizeof(uint64_t),
                                       .make = make_square,
                                       .take = take_square,
                                       .context = &l};
            const detinit_run run = {.threads = threads[i]};
            assert_int_equal(ordered_run(&work, &run, NULL), DETINIT_OK);
            assert_int_equal(l.next, tasks[k]);
        }
    }
}

static void what_fails_ends_the_work(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++) {
        line_up l = {.taker = pthread_self(), .fail_at = 41};
        const ordered_work work = {.steps = 300,
                                   .slot_bytes = 5 * sizeof(uint64_t),
                                   .make = make_square,
                                   .take = take_square,
                                   .context = &l};
        const detinit_run run = {.threads = threads[i]};
        detinit_error error = {0};
        assert_int_equal(ordered_run(&work, &run, &error), DETINIT_IO);
        assert_string_equal(error.message, "enough");
        assert_int_equal(l.next, 42); /* nothing is taken after it */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_is_done_once),
        cmocka_unit_test(whoever_listens_may_cancel),
        cmocka_unit_test(a_run_has_as_many_threads_as_it_says_and_tasks_need),
        cmocka_unit_test(what_is_made_is_taken_in_order),
        cmocka_unit_test(what_fails_ends_the_work),
    };
    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
