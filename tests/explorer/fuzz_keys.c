/*
 * Random keys on random sizes, without a terminal: fuzz_keys KEYS RESIZES SEED.
 * The sanitizers watch; the layout must hold and the cursor stay in sight.
 */
#include "explorer/command.h"
#include "explorer/keys.h"
#include "explorer/screen.h"
#include "pane/layout.h"
#include "pane/pane_matrix.h"
#include "race_sample.h"
#include "training_sample.h"
#include "watch_sample.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state;

static uint64_t below(uint64_t most)
{
    state = detinit_hash64(state);
    return state % most;
}

/* Shapes that a student would never type, now and then. */
static const char *const shapes[] = {
    "rows 1; cols 1",
    "rows 10; cols 20",
    "rows 9223372036854775807; cols 9223372036854775807",
    "rows 1; cols 1000000",
    "rows 60; cols 60",
    "mode normal; std 1e-300; dtype float16",
    "std 0.02; gain 1",
    "dtype bfloat16",
    "mode torch; dist truncated",
    "shape 10,20",
    "zero-mean off; shape 1,7",
    "shape 64,32,3,3",
    "shape 64,32,3,3; zero-mean on; goto 5,3,1,2",
    "zero-mean off; shape 7",
    "shape 2,1,2,1,2,1,2,3",
    "shape 9223372036854775807,1,9223372036854775807",
    "pane training",
    "pane widths",
    "pane orthogonality; view product; factors 64",
    "widest 128",
    "pane race",
    "pane watch",
    "threshold 0",
    "threshold auto",
    "sparsity 0.9",
    "threshold 1e300",
    "pane signal",
    "pane signal; view phase",
    "depth 1; width 1; inputs 1",
    "depth 1000; width 16384; inputs 4096",
    "sigma-b 1e300; activation sigmoid",
    "zero 1",
    "set rows=7; set",
    "weight 0,0",
    "pane modes",
};

/* A network begins, goes on, ends, or comes from a file. */
static void train(model *m)
{
    uint64_t points = below(3) * SAMPLE_POINTS / 2;
    trained_network *t = sample_network(points, below(4) == 0);
    if (t == NULL)
        abort();
    m->training = ++m->trainings;
    model_take_trained(m, t);
    if (!sample_race(m, below(RACE_POINTS + 2)))
        abort();
    history_clear(&m->watch.history);
    if (!sample_watch(m, (unsigned)below(4), 1 + (unsigned)below(12)))
        abort();
}

/* The signals of one scheme come, and the phase map. */
static void measure(model *m)
{
    const detinit_run run = {.threads = 1};
    settings small = m->settings; /* whose texts are only looked at */
    signal_data *d;
    small.signal.width = small.signal.inputs = 4;
    const detinit_propagation request =
        signal_request(&small, (detinit_mode)below(DETINIT_SCHEME_COUNT));
    if (signal_data_make(&request, &run, &d, NULL) != DETINIT_OK)
        abort();
    d->request.width = (size_t)m->settings.signal.width; /* as if it were of these layers */
    d->request.batch = (size_t)m->settings.signal.inputs;
    signals_put(&m->signals, d);
    free(m->signals.phase);
    if (phase_data_make(small.signal.activation, &run, &m->signals.phase, NULL) != DETINIT_OK)
        abort();
    model_look_for_signals(m);
}

/* One that has a binding, or has one while a lesson runs. */
static int random_key(void)
{
    static const int in_lessons[] = {' ', 'a', 'b', 'c', UI_KEY_BACKSPACE, 'L'};
    const uint64_t more = sizeof in_lessons / sizeof in_lessons[0];
    const uint64_t n = below((uint64_t)key_binding_count + more);
    return n < more ? in_lessons[n] : key_bindings[n - more].key;
}

/* The mouse anywhere: a click, a turn of the wheel, a key of the last line. */
static void use_mouse(model *m)
{
    detinit_error error;
    const int x = (int)below((uint64_t)m->width), y = (int)below((uint64_t)m->height);
    screen_point(m, x, y);
    const int key = screen_key_at(m, x, y);
    if (key != 0)
        command_run(m, key_find_now(m, key)->text, &error);
    else if (below(2) == 0)
        layout_click(m, x, y);
    else
        screen_wheel(m, x, y, below(2) == 0 ? -1 : 1);
}

static void press_one(model *m)
{
    const key_binding *binding = key_find_now(m, random_key());
    detinit_error error;
    if (below(400) == 0)
        train(m);
    if (below(2000) == 0)
        measure(m);
    if (below(20) == 0)
        use_mouse(m);
    if (binding == NULL)
        return;
    if (below(200) == 0)
        command_run(m, shapes[below(sizeof shapes / sizeof shapes[0])], &error);
    else
        command_run(m, binding->text, &error);
    m->quit = false;
    m->wanted = 0;
    requests_free(&m->asked);
    m->requests = 0;
}

static void draw(model *m, int width, int height)
{
    cells c;
    screen_fit(m, width, height);
    const matrix_window shown = matrix_window_shown(m);
    assert(m->view.row >= shown.top && m->view.row - shown.top < shown.rows);
    assert(m->view.col >= shown.left && m->view.col - shown.left < shown.cols);
    if (!cells_init(&c, width, height, below(2) == 0))
        abort();
    screen_draw(m, &c);
    cells_free(&c);
}

int main(int argc, char **argv)
{
    uint64_t keys = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000;
    uint64_t resizes = argc > 2 ? strtoull(argv[2], NULL, 10) : 200;
    uint64_t every = keys / (resizes > 0 ? resizes : 1) + 1;
    settings s;
    model m;
    int width = 80, height = 24;
    state = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    settings_init(&s);
    model_init(&m, &s);
    for (uint64_t n = 0; n < keys; n++) {
        press_one(&m);
        if (n % every == 0) {
            width = 1 + (int)below(200);
            height = 1 + (int)below(60);
        }
        if (n % every == 0 || n % 16 == 0)
            draw(&m, width, height);
    }
    model_free(&m);
    printf("1..1\nok 1 - %llu keys and %llu sizes\n", (unsigned long long)keys,
           (unsigned long long)resizes);
    return 0;
}
