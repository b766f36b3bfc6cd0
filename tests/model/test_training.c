/*
 * Training beside the explorer: what comes of it is what the showcase makes, an older network
 * never appears, what is cancelled ends, and files hold what the pane counted.
 */
#include "explorer_check.h"
#include "detinit_pack.h"
#include "pane/pane.h"
#include "trained/showcase.h"

/* What is said is from here on. */
static void run(explorer *e, const char *line)
{
    e->m.message[0] = '\0';
    command_line(e, line);
}

/* Zoomed on its pane nothing else is computed. */
static void begin(explorer *e, const char *line)
{
    settings s;
    settings_init(&s);
    s.run.threads = 1;
    model_init(&e->m, &s);
    explorer_start(e);
    run(e, "pane training; zoom on");
    run(e, line);
}

static bool idle(explorer *e)
{
    bool busy = queue_busy(e->queue);
    collect(e);
    return !busy && !queue_busy(e->queue);
}
static bool ended(explorer *e)
{
    return e->m.trained != NULL && e->m.trained->ended;
}
static bool under_way(explorer *e)
{
    return e->m.trained != NULL && !e->m.trained->ended && e->m.trained->step > 0;
}
static bool measured(explorer *e)
{
    const trained_network *t = e->m.trained;
    return ended(e) && trained_find_pruning(t, t->total - t->awake) != NULL;
}

/* ---------------------------------------------------------------- training */

/* The showcase, in this thread, with the settings that the explorer has. */
static void assert_as_the_showcase(const explorer *e)
{
    const trained_network *t = e->m.trained;
    showcase_result r = {0};
    settings s = e->m.settings;
    detinit_run one = {.threads = 1};
    s.training.small = true;
    assert_int_equal(showcase_prepare(&s.training, &s.recipe, &r, &one, NULL), DETINIT_OK);
    assert_int_equal(showcase_train(&s.training, s.recipe.seed, &r, NULL, &one, NULL), DETINIT_OK);
    assert_int_equal(t->total, r.net.weight_count);
    size_t at = 0;
    for (size_t k = 0; k < t->layer_count; k++)
        for (size_t n = 0; n < t->layers[k].total; n++, at++)
            assert_double_same(t->layers[k].held[n],
                               fabs((double)r.net.weights[at] - (double)r.initial[at]));
    for (size_t n = 0; n <= t->epochs; n++)
        assert_double_same(t->epoch_rows[n].accuracy, r.epochs[n].accuracy);
    for (size_t n = 0; n < t->pruning_count; n++) {
        showcase_level level = {.sleeping = (size_t)t->prunings[n].sleeping};
        assert_int_equal(showcase_measure(&r, &level, &one, NULL), DETINIT_OK);
        assert_memory_equal(level.accuracy, t->prunings[n].accuracy, sizeof level.accuracy);
    }
    showcase_free(&r);
}

static void what_is_trained_is_the_showcase(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "seed 7; mode xavier; epochs 2; lambda 0.001; train small");
    wait_until(&e, measured);
    assert_int_equal(e.m.trained->epoch, 2);
    assert_int_equal(e.m.trained->step, e.m.trained->steps);
    assert_true(e.m.trained->point_count > 20);
    assert_int_equal(e.m.trained->point_steps[0], 0);
    wait_until(&e, idle);
    assert_true(e.m.trained->pruning_count >= 6);
    assert_as_the_showcase(&e);
    end(&e);
}

/* The threshold is 0 from itself, so that what is kept is awake, and what repeats is shown once. */
static void what_is_kept_is_awake(void **state)
{
    explorer e;
    char line[512];
    (void)state;
    begin(&e, "keep 5%; epochs 2; train small");
    wait_until(&e, measured);
    wait_until(&e, idle);
    assert_true(e.m.trained->threshold == 0);
    assert_int_equal(e.m.trained->awake, 305);
    assert_non_null(strstr(e.m.trained->recipe, ", keep 5 %"));
    assert_string_equal(pane_command_line(&e.m, line, sizeof line),
                        "detinit showcase --seed 42 --mode he --small --epochs 2 --keep 0.05");
    const trained_network *t = e.m.trained;
    for (size_t n = 2; n < t->pruning_count; n++)
        assert_true(t->prunings[n].sleeping > t->prunings[n - 1].sleeping);
    assert_as_the_showcase(&e);
    end(&e);
}

static void keys_are_answered_while_it_trains(void **state)
{
    explorer e;
    uint64_t before = 0, seen = 0;
    (void)state;
    begin(&e, "epochs 1000; threshold 0.001; train small");
    for (int turn = 0; seen < 5 && turn < LIMIT / 10; turn++) {
        wait_until(&e, under_way);
        assert_true(e.m.trained->step >= before);
        seen += e.m.trained->step > before;
        before = e.m.trained->step;
        uint64_t awake = e.m.trained->awake;
        run(&e, "next threshold; next tensor");
        assert_true(e.m.trained->awake < awake);
        run(&e, "previous threshold");
        collect(&e);
    }
    assert_int_equal(seen, 5);
    assert_string_equal(e.m.busy, "training");
    end(&e); /* and it can be left */
}

static void an_older_network_never_appears(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "seed 1; epochs 1000; train small");
    wait_until(&e, under_way);
    for (int n = 0; n < 20; n++) {
        char line[64], seed[32];
        snprintf(seed, sizeof seed, "seed %d, ", n + 2);
        snprintf(line, sizeof line, "seed %d; epochs %d; train small", n + 2, n == 19 ? 1 : 1000);
        run(&e, line);
        assert_null(e.m.trained);
        for (int turn = 0; turn < n % 4; turn++) {
            collect(&e);
            if (e.m.trained != NULL)
                assert_memory_equal(e.m.trained->recipe, seed, strlen(seed));
        }
    }
    wait_until(&e, ended);
    assert_int_equal(e.m.trained->epochs, 1);
    assert_memory_equal(e.m.trained->recipe, "seed 21, ", 9);
    end(&e);
}

static void a_cancelled_training_stays_as_far_as_it_came(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "epochs 1000; train small");
    wait_until(&e, under_way);
    run(&e, "prune zero never.safetensors");
    queue_stop(e.queue, &e.m);
    wait_until(&e, idle);
    assert_true(ended(&e));
    assert_true(e.m.trained->step > 0 && e.m.trained->step < e.m.trained->steps);
    assert_int_equal(access("never.safetensors", F_OK), -1);
    run(&e, "threshold 0.01");
    wait_until(&e, measured);
    const trained_pruning *none = &e.m.trained->prunings[0]; /* what pruning is compared with */
    assert_true(none->threshold == -1 && none->sleeping == 0);
    assert_double_same(none->accuracy[DETINIT_PRUNE_INIT], none->accuracy[DETINIT_PRUNE_ZERO]);
    assert_true(none->accuracy[DETINIT_PRUNE_INIT] > 0);
    run(&e, "prune init kept.safetensors");
    wait_until(&e, said);
    assert_int_equal(e.m.message_kind, MESSAGE_GOOD);
    assert_int_equal(access("kept.safetensors", F_OK), 0);
    end(&e);
}

static void accuracies_follow_the_threshold(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "epochs 2; train small");
    wait_until(&e, measured);
    for (int n = 0; n < 12; n++)
        run(&e, n % 3 == 2 ? "previous threshold" : "next threshold");
    wait_until(&e, measured);
    wait_until(&e, idle);
    assert_as_the_showcase(&e);
    assert_true(e.m.trained->pruning_count <= 7); /* the showcase's and one */
    const double threshold = e.m.trained->threshold;
    run(&e, "next threshold");
    assert_true(e.m.trained->threshold != threshold);
    run(&e, "undo");
    assert_true(e.m.trained->threshold == threshold);
    run(&e, "redo");
    assert_true(e.m.trained->threshold != threshold);
    end(&e);
}

/* A measurement that came too late for its threshold took away those of the threshold shown. */
static void accuracies_that_were_taken_away_come_again(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "epochs 2; train small");
    wait_until(&e, measured);
    run(&e, "next threshold");
    wait_until(&e, measured);
    wait_until(&e, idle);
    trained_network *late = trained_network_copy(e.m.trained);
    assert_non_null(late);
    late->pruning_count = 0;
    model_take_trained(&e.m, late);
    assert_false(measured(&e));
    session_update(&e.m, e.queue);
    wait_until(&e, measured);
    end(&e);
}

/* ------------------------------------------------------------------- files */

static uint64_t awake_in(explorer *e, const char *line)
{
    run(e, line);
    wait_until(e, ended);
    wait_until(e, idle); /* the file is opened to be looked at, too, beside */
    return e->m.trained->awake;
}

static void files_hold_what_was_counted(void **state)
{
    explorer e;
    detinit_tensorfile *file;
    detinit_packed *packed;
    size_t size_a, size_b;
    char line[512];
    (void)state;
    /* All on one line: each waits for what it needs. */
    begin(&e,
          "train small; sparsity 0.6; prune init back.safetensors; prune zero zero.safetensors; "
          "prune magnitude small.safetensors; pack packed.safetensors");
    wait_until(&e, idle);
    assert_string_equal(e.m.message_kind == MESSAGE_GOOD ? "good" : e.m.message, "good");
    uint64_t asleep = e.m.trained->total - e.m.trained->awake;
    assert_int_equal(asleep, 3660);
    assert_int_equal(awake_in(&e, "open back.safetensors; threshold 0"), 6100 - asleep);
    assert_true(awake_in(&e, "open zero.safetensors") > 6000);
    assert_true(awake_in(&e, "open small.safetensors") > 5000);
    /* By the recipes of another file, which a command line tells. */
    assert_true(awake_in(&e, "open zero.safetensors --manifest back.safetensors") > 6000);
    run(&e, "pane training");
    assert_string_equal(pane_command_line(&e.m, line, sizeof line),
                        "detinit analyze zero.safetensors --manifest back.safetensors "
                        "--threshold 0");
    /* Unpacked it is the pruned file, byte for byte. */
    assert_int_equal(detinit_tensorfile_open("packed.safetensors", &file, NULL), DETINIT_OK);
    assert_int_equal(detinit_packed_open(file, &packed, NULL), DETINIT_OK);
    assert_int_equal(detinit_unpack_save(packed, "again.safetensors", NULL, NULL, NULL), 0);
    detinit_packed_free(packed);
    detinit_tensorfile_close(file);
    unsigned char *a = get_file("back.safetensors", &size_a);
    unsigned char *b = get_file("again.safetensors", &size_b);
    assert_int_equal(size_a, size_b);
    assert_memory_equal(a, b, size_a);
    free(a);
    free(b);
    end(&e);
}

static void a_file_that_cannot_be_had_leaves_what_is_shown(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "epochs 1; train small");
    wait_until(&e, measured);
    wait_until(&e, idle);
    run(&e, "open missing.safetensors");
    assert_null(e.m.trained);
    wait_until(&e, said);
    assert_int_equal(e.m.message_kind, MESSAGE_BAD);
    assert_non_null(strstr(e.m.message, "missing.safetensors"));
    wait_until(&e, idle); /* who looks at the file says the same */
    wait_until(&e, ended);
    assert_int_equal(e.m.trained->steps > 0, 1);
    run(&e, "prune init missing/out.safetensors");
    wait_until(&e, said);
    assert_int_equal(e.m.message_kind, MESSAGE_BAD);
    run(&e, "pack packed.safetensors");
    wait_until(&e, said);
    assert_int_equal(e.m.message_kind, MESSAGE_GOOD);
    end(&e);
}

static bool packing(explorer *e)
{
    return strcmp(e->m.busy, "packing") == 0;
}

/* A network that waits and is stopped leaves the one before, as one that cannot be had. */
static void a_queued_network_that_is_stopped_leaves_what_is_shown(void **state)
{
    explorer e;
    (void)state;
    assert_int_equal(mkfifo("pipe.safetensors", 0600), 0);
    begin(&e, "epochs 1; train small");
    wait_until(&e, measured);
    wait_until(&e, idle);
    run(&e, "pack pipe.safetensors");
    wait_until(&e, packing); /* and goes on until the pipe is read */
    run(&e, "seed 5; train small; pack never.safetensors");
    assert_null(e.m.trained);
    queue_stop(e.queue, &e.m);
    wait_until(&e, ended);
    wait_until(&e, idle);
    assert_memory_equal(e.m.trained->recipe, "seed 42, ", 9);
    assert_int_equal(access("never.safetensors", F_OK), -1);
    run(&e, "train small");
    wait_until(&e, ended);
    assert_memory_equal(e.m.trained->recipe, "seed 5, ", 8);
    end(&e);
}

/* A file that is being written is not given up for the next network. */
static void a_file_is_finished_before_the_next_network(void **state)
{
    explorer e;
    unsigned char bytes[4096];
    (void)state;
    assert_int_equal(mkfifo("pipe.safetensors", 0600), 0);
    begin(&e, "epochs 1; train small");
    wait_until(&e, measured);
    wait_until(&e, idle);
    run(&e, "pack pipe.safetensors");
    wait_until(&e, packing);
    run(&e, "seed 5; train small");
    int fd = open("pipe.safetensors", O_RDONLY | O_NONBLOCK);
    assert_true(fd >= 0);
    for (int turn = 0; turn < LIMIT / 10 && !said(&e); turn++) {
        while (read(fd, bytes, sizeof bytes) > 0)
            continue;
        collect(&e);
    }
    close(fd);
    assert_memory_equal(e.m.message, "saved pipe.safetensors (", 24);
    wait_until(&e, ended);
    assert_memory_equal(e.m.trained->recipe, "seed 5, ", 8);
    end(&e);
}

static void an_array_is_compared_with_the_recipe_of_the_view(void **state)
{
    explorer e;
    (void)state;
    begin(&e, "rows 30; cols 20; dtype float32; seed 5; save w.npy");
    wait_until(&e, idle);
    run(&e, "rows 7; cols 7"); /* the file tells the shape */
    assert_int_equal(awake_in(&e, "threshold 0; open w.npy"), 0);
    assert_int_equal(e.m.trained->total, 600);
    assert_int_equal(awake_in(&e, "seed 6"), 600);
    assert_int_equal(awake_in(&e, "undo"), 0);
    run(&e, "rows 9; view detail; move down; move last");
    wait_until(&e, ended);
    assert_int_equal(e.m.trained->awake, 0);
    end(&e);
}

static void many_begin_and_end(void **state)
{
    (void)state;
    for (int n = 0; n < 40; n++) {
        explorer e;
        begin(&e, n % 2 ? "train small" : "epochs 1000; train small; pack p.safetensors");
        if (n % 4 == 1)
            collect(&e);
        if (n % 4 == 2)
            wait_until(&e, under_way);
        if (n % 5 == 0)
            run(&e, "pane orthogonality; rows 200; cols 200");
        end(&e);
    }
}

int main(void)
{
#define IN_SCRATCH(name) cmocka_unit_test_setup_teardown(name, enter_scratch, leave_scratch)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_trained_is_the_showcase),
        cmocka_unit_test(what_is_kept_is_awake),
        cmocka_unit_test(keys_are_answered_while_it_trains),
        cmocka_unit_test(an_older_network_never_appears),
        IN_SCRATCH(a_cancelled_training_stays_as_far_as_it_came),
        cmocka_unit_test(accuracies_follow_the_threshold),
        cmocka_unit_test(accuracies_that_were_taken_away_come_again),
        IN_SCRATCH(files_hold_what_was_counted),
        IN_SCRATCH(a_file_that_cannot_be_had_leaves_what_is_shown),
        IN_SCRATCH(a_queued_network_that_is_stopped_leaves_what_is_shown),
        IN_SCRATCH(a_file_is_finished_before_the_next_network),
        IN_SCRATCH(an_array_is_compared_with_the_recipe_of_the_view),
        IN_SCRATCH(many_begin_and_end),
    };
    return cmocka_run_group_tests_name("training", tests, NULL, NULL);
}
