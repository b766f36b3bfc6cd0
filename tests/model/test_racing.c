/* A race beside the interface: shown as it goes, stopped, and run again. */
#include "explorer_check.h"

#include "pane/pane.h"

static void begin(explorer *e, const char *line)
{
    settings s;
    detinit_error error;
    settings_init(&s);
    model_init(&e->m, &s);
    explorer_start(e);
    if (!command_run(&e->m, line, &error))
        fail_msg("%s: %s", line, error.message);
    session_update(&e->m, e->queue);
}

static bool under_way(explorer *e)
{
    return e->m.race.point_count > 1;
}

static bool ended(explorer *e)
{
    return e->m.race_ended;
}

/* What the screen shows is what the library's own race gives. */
static void a_race_is_the_library_s(void **state)
{
    explorer e;
    dataset d;
    race r;
    (void)state;
    begin(&e, "seed 5; train compare");
    assert_true(pane_in_focus(&e.m, &pane_race));
    wait_until(&e, ended);
    assert_int_equal(race_data(5, &d, NULL), DETINIT_OK);
    assert_int_equal(race_run(5, &d, &r, NULL, NULL, NULL, NULL), DETINIT_OK);
    assert_memory_equal(&e.m.race, &r, sizeof r);
    assert_int_equal(e.m.message_kind, MESSAGE_GOOD);
    assert_string_equal(e.m.race_line, "detinit race --seed 5");
    dataset_free(&d);
    end(&e);
}

/* Stopped, it stays as far as it came; another begins anew, and the old one is never seen again. */
static void a_stopped_race_stays_as_far_as_it_came(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "train compare");
    wait_until(&e, under_way);
    queue_stop(e.queue, &e.m);
    wait_until(&e, ended);
    const size_t points = e.m.race.point_count;
    assert_true(points > 1 && points <= RACE_POINTS);
    command_line(&e, "seed 6; train compare");
    assert_int_equal(e.m.race.point_count, 0);
    for (uint64_t seed = 7; seed < 12; seed++) {
        char line[64];
        snprintf(line, sizeof line, "seed %d; train compare", (int)seed);
        wait_until(&e, under_way);
        assert_int_equal(e.m.race.seed, seed - 1);
        command_line(&e, line);
    }
    wait_until(&e, ended);
    assert_int_equal(e.m.race.seed, 11);
    assert_int_equal(e.m.race.point_count, RACE_POINTS + 1);
    end(&e);
}

static void no_data_no_race(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "data nowhere; train compare");
    wait_until(&e, ended);
    assert_int_equal(e.m.race.point_count, 0);
    assert_int_equal(e.m.message_kind, MESSAGE_BAD);
    assert_memory_equal(e.m.message, "nowhere: expected a directory", 29);
    end(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_race_is_the_library_s),
        cmocka_unit_test(a_stopped_race_stays_as_far_as_it_came),
        cmocka_unit_test(no_data_no_race),
    };
    return cmocka_run_group_tests_name("racing", tests, NULL, NULL);
}
