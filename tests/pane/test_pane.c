/*
 * Golden screens: every pane with every view and its page of help, and what else is to be seen,
 * drawn with no terminal.
 */
#include "check.h"
#include "explorer/command.h"
#include "file_sample.h"
#include "golden_screen.h"
#include "pane/pane.h"
#include "race_sample.h"
#include "watch_sample.h"

/* What was trained before the commands of a screen. */
typedef enum sample {
    NOT_TRAINED,
    IN_TRAINING,
    TRAINED,
    FROM_FILE,
    RACING,
    RACED,
    AWAITED,
    WATCHED,
    WATCHED_DEEP,
    CHECKPOINTS,
    /* Files that are looked at: of a network that was trained, of all kinds of tensors. */
    OF_NETWORK,
    OF_ALL_KINDS
} sample;

/* Each view is shown of the first of these recipes that it fits. */
static const char *const recipes[] = {"rows 20; cols 30; goto 3,4", "shape 16,3,3,3; goto 3,1,1,1"};

/* Other screens by the commands that lead to them; a recipe small enough to be quick. */
static const struct {
    const char *name, *line;
    sample before;
} screens[] = {
    {"dashboard", "", NOT_TRAINED},
    {"heat-corner", "pane matrix; zoom; view heat; goto 19,29", NOT_TRAINED},
    {"extremes", "rows 300; cols 784; pane matrix; zoom; view extremes; goto 3,4", NOT_TRAINED},
    {"vast",
     "rows 9000000000000000000; cols 9000000000000000000; pane matrix; zoom; move bottom; "
     "move last",
     NOT_TRAINED},
    {"sample", "rows 100000; cols 100000; pane statistics; zoom", NOT_TRAINED},
    {"proven", "test-repro; pane statistics; zoom", NOT_TRAINED},
    {"saturated", "pane modes; zoom; view tanh; gain 5", NOT_TRAINED},
    {"orthogonal", "orthogonal on; pane orthogonality", NOT_TRAINED},
    {"density", "rows 64; cols 128; pane orthogonality; zoom; view density", NOT_TRAINED},
    {"product", "pane orthogonality; zoom; view product; factors 4; move up", NOT_TRAINED},
    {"widths-wide", "widest 512; pane widths; zoom", NOT_TRAINED},
    {"widths-begin", "widest 256; pane widths; move left; move left", NOT_TRAINED},
    {"truncated", "dist truncated; pane weight; zoom; goto 2,13", NOT_TRAINED},
    {"torch", "mode torch; pane weight; zoom", NOT_TRAINED},
    {"corner", "pane weight; zoom; goto 19,29", NOT_TRAINED},
    {"signal-moved", "pane signal; zoom; width 64; activation tanh; move left; move page-up",
     NOT_TRAINED},
    {"signal-none", "mode identity; pane signal; width 16; depth 1; zoom", NOT_TRAINED},
    {"signal-orthogonal", "pane signal; zoom; width 64; view layers; orthogonal on", NOT_TRAINED},
    {"signal-phase-moved",
     "pane signal; zoom; width 64; activation tanh; view phase; move right; move up; move page-up",
     NOT_TRAINED},
    {"signal-residual",
     "pane signal; zoom; width 64; activation sigmoid; residual on; normalization layer; "
     "view phase",
     NOT_TRAINED},
    {"signal-dashboard", "pane signal; width 64; mode torch", NOT_TRAINED},
    {"training-none", "pane training; zoom", NOT_TRAINED},
    {"training-begins", "pane training; zoom", IN_TRAINING},
    {"training-threshold", "pane training; zoom; next threshold; next tensor", TRAINED},
    {"training-detail-moved",
     "pane training; zoom; view detail; move right; move down; next tensor; "
     "move bottom; threshold auto",
     TRAINED},
    {"training-pictures-moved", "pane training; zoom; view pictures; move down; move last",
     TRAINED},
    {"training-dashboard", "pane training", TRAINED},
    {"training-file", "pane training; zoom; tensor 3; sparsity 0.5", FROM_FILE},
    {"race-none", "pane race; zoom", NOT_TRAINED},
    {"race-begins", "pane race; zoom; view accuracy", RACING},
    {"race-dashboard", "pane race", RACED},
    {"help-page", "help; move page-down", NOT_TRAINED},
    {"help-end", "help; move last", NOT_TRAINED},
    {"watch-none", "pane watch; zoom", NOT_TRAINED},
    {"watch-begins", "pane watch; zoom", AWAITED},
    {"watch-deep", "pane watch; zoom; move down; move down; move page-down", WATCHED_DEEP},
    {"watch-decay-moved", "pane watch; zoom; view decay; move down", WATCHED},
    {"watch-dashboard", "pane watch", WATCHED},
    {"watch-checkpoints", "pane watch; zoom; move down", CHECKPOINTS},
    {"watch-checkpoints-std", "pane watch; zoom; view stds; move down", CHECKPOINTS},
    {"tensors-dashboard", "", OF_NETWORK},
    {"tensors-zoomed", "zoom; move down; move down", OF_NETWORK},
    {"tensors-folded", "zoom; fold on", OF_NETWORK},
    {"tensors-found", "zoom; find conv; next found", OF_NETWORK},
    {"tensors-sorted", "zoom; sort bytes", OF_NETWORK},
    {"tensors-awake", "zoom; sort awake", OF_NETWORK},
    {"tensors-all-kinds", "zoom", OF_ALL_KINDS},
    {"file-matrix", "pane matrix; zoom; goto 3,4", OF_NETWORK},
    {"file-matrix-heat", "pane matrix; zoom; view heat; face change", OF_NETWORK},
    {"file-images", "tensor layers.0.conv.weight; pane matrix; zoom; view images", OF_NETWORK},
    {"file-table", "tensor kernel; pane matrix; zoom; dims 3,1; slice 1,0,2,0,5", OF_ALL_KINDS},
    {"file-whole", "tensor counts; pane matrix; zoom", OF_ALL_KINDS},
    {"file-statistics", "pane statistics; zoom", OF_NETWORK},
    {"file-statistics-change", "pane statistics; zoom; face change", OF_NETWORK},
    {"file-statistics-broken", "tensor broken; pane statistics; zoom", OF_ALL_KINDS},
    {"file-histogram", "pane histogram; zoom", OF_NETWORK},
    {"file-histogram-change", "pane histogram; zoom; face change", OF_NETWORK},
    {"file-histogram-kinds", "tensor small.f8; pane histogram; zoom", OF_ALL_KINDS},
    {"file-orthogonality", "pane orthogonality; zoom; face change", OF_NETWORK},
    {"file-density", "pane orthogonality; zoom; view density", OF_NETWORK},
    {"file-weight", "pane weight; zoom; goto 3,4", OF_NETWORK},
    {"file-weight-none", "tensor kernel; pane weight; zoom", OF_ALL_KINDS},
    {"file-drawn", "face w0; pane statistics", OF_NETWORK},
    {"help-seed", "help seed", NOT_TRAINED},
    {"help-hit", "help gram matrix; next hit", NOT_TRAINED},
};

static void run(model *m, const char *line)
{
    detinit_error error;
    if (!command_run(m, line, &error))
        fail_msg("%s: %s", line, error.message);
}

#define TRAINED_FILE "golden-trained.safetensors"
#define INITIAL_FILE "golden-initial.safetensors"
#define MIXED_FILE   "golden-mixed.safetensors"

/* Opens one of the files that open_golden made. */
static void look_at(model *m, queue *q, sample file)
{
    detinit_error error;
    run(m, file == OF_NETWORK ? "open " TRAINED_FILE : "open " MIXED_FILE);
    if (!queue_finish(q, m, &error))
        fail_msg("%s", error.message);
    m->message[0] = '\0';
}

static void train(model *m, queue *q, sample before)
{
    if (before == NOT_TRAINED)
        return;
    if (before == RACING || before == RACED) {
        assert_true(sample_race(m, before == RACED ? RACE_POINTS + 1 : RACE_POINTS / 2));
        return;
    }
    if (before == CHECKPOINTS) {
        assert_true(sample_checkpoints(m));
        return;
    }
    if (before >= OF_NETWORK) {
        look_at(m, q, before);
        return;
    }
    if (before >= AWAITED) {
        assert_true(sample_watch(m, before == AWAITED ? 0 : 16, before == WATCHED_DEEP ? 30 : 4));
        return;
    }
    trained_network *t = sample_network(before == IN_TRAINING ? SAMPLE_POINTS / 2 : SAMPLE_POINTS,
                                        before == FROM_FILE);
    assert_non_null(t);
    m->training = m->trainings = 1;
    model_take_trained(m, t);
}

/* A model as its commands are given on a screen of 80 x 24. */
static queue *begin(model *m, const char *recipe)
{
    settings initial;
    queue *q = queue_new();
    assert_non_null(q);
    settings_init(&initial);
    model_init(m, &initial);
    screen_fit(m, 80, 24);
    run(m, recipe);
    return q;
}

static void end(model *m, queue *q)
{
    queue_free(q);
    model_free(m);
}

static golden all;

/* A view, zoomed; false where it does not fit the recipe. */
static bool draw_view(model *m, queue *q, const pane *p, int k)
{
    char name[80];
    pane_focus(m, p);
    m->view.zoomed = true;
    snprintf(name, sizeof name, "%s", p->name);
    if (p->views != NULL) {
        if (p->views[k].fits != NULL && !p->views[k].fits(m))
            return false;
        pane_show_view(m, p, k);
        snprintf(name, sizeof name, "%s-%s", p->name, p->views[k].name);
    }
    golden_screen(&all, m, q, name, true);
    return true;
}

static void views_are_golden(void **state)
{
    enum { RECIPES = sizeof recipes / sizeof recipes[0] };
    static model models[RECIPES];
    queue *queues[RECIPES];
    (void)state;
    for (size_t n = 0; n < RECIPES; n++) {
        queues[n] = begin(&models[n], recipes[n]);
        run(&models[n], "widest 256; width 64");
        train(&models[n], queues[n], TRAINED);
        train(&models[n], queues[n], RACED);
        train(&models[n], queues[n], WATCHED);
    }
    for (int number = 0; number < PANE_COUNT; number++) {
        const pane *p = panes[number];
        for (int k = 0; k == 0 || k < pane_view_count(p); k++) {
            size_t n = 0;
            while (n < RECIPES && !draw_view(&models[n], queues[n], p, k))
                n++;
            if (n == RECIPES)
                fail_msg("%s: view %s fits no recipe here", p->name, p->views[k].name);
        }
    }
    for (size_t n = 0; n < RECIPES; n++)
        end(&models[n], queues[n]);
}

static void help_is_golden(void **state)
{
    static model m;
    queue *q = begin(&m, recipes[0]);
    (void)state;
    for (int number = 0; number < PANE_COUNT; number++) {
        char name[80];
        snprintf(name, sizeof name, "help-%s", panes[number]->name);
        pane_focus(&m, panes[number]);
        run(&m, "help");
        golden_screen(&all, &m, q, name, true);
    }
    end(&m, q);
}

static void screens_are_golden(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof screens / sizeof screens[0]; n++) {
        static model m;
        queue *q = begin(&m, "rows 20; cols 30");
        train(&m, q, screens[n].before);
        run(&m, screens[n].line);
        golden_screen(&all, &m, q, screens[n].name, true);
        end(&m, q);
    }
}

static void all_golden_screens_are_drawn(void **state)
{
    (void)state;
    golden_close(&all);
}

static void ascii_is_ascii(void **state)
{
    static model m;
    queue *q = begin(&m, "help");
    (void)state;
    char *picture = golden_draw(m, 120, 40, true);
    for (const char *at = picture; *at != '\0'; at++)
        assert_true((unsigned char)*at < 0x80);
    free(picture);
    end(&m, q);
}

static int open_golden(void **state)
{
    (void)state;
    golden_open(&all, "panes");
    return !sample_trained_file(INITIAL_FILE, TRAINED_FILE) || !sample_mixed_file(MIXED_FILE);
}

static int remove_files(void **state)
{
    (void)state;
    remove(INITIAL_FILE);
    remove(TRAINED_FILE);
    remove(MIXED_FILE);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_are_golden),   cmocka_unit_test(help_is_golden),
        cmocka_unit_test(screens_are_golden), cmocka_unit_test(all_golden_screens_are_drawn),
        cmocka_unit_test(ascii_is_ascii),
    };
    return cmocka_run_group_tests_name("panes", tests, open_golden, remove_files);
}
