/*
 * Golden screens: every pane in four sizes, in UTF-8 and ASCII, drawn with no
 * terminal.  `make golden` writes them anew.
 */
#include "explorer/command.h"
#include "explorer/screen.h"
#include "text/picture.h"
#include "race_sample.h"
#include "training_sample.h"
#include "watch_sample.h"
#include "model/queue.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int width, height;
} sizes[] = {{80, 24}, {120, 40}, {40, 12}, {200, 60}};

/* What was trained before the commands of a screen. */
typedef enum sample { NOT_TRAINED, IN_TRAINING, TRAINED, FROM_FILE, RACING, RACED, AWAITED, WATCHED, WATCHED_DEEP } sample;

/* Screens by the commands that lead to them; a recipe small enough to be quick. */
static const struct {
    const char *name, *line;
    sample before;
} screens[] = {
    {"dashboard", "", NOT_TRAINED},
    {"matrix", "pane matrix; zoom; goto 3,4", NOT_TRAINED},
    {"heat", "pane matrix; zoom; view heat; goto 5,5", NOT_TRAINED},
    {"afar", "pane matrix; zoom; view afar; goto 3,4", NOT_TRAINED},
    {"extremes", "rows 300; cols 784; pane matrix; zoom; view extremes; goto 3,4", NOT_TRAINED},
    {"vast",
     "rows 9000000000000000000; cols 9000000000000000000; pane matrix; zoom; move bottom; "
     "move last",
     NOT_TRAINED},
    {"statistics", "pane statistics; zoom", NOT_TRAINED},
    {"sample", "rows 100000; cols 100000; pane statistics; zoom", NOT_TRAINED},
    {"proven", "test-repro; pane statistics; zoom", NOT_TRAINED},
    {"histogram", "pane histogram; zoom", NOT_TRAINED},
    {"log", "pane histogram; zoom; view log", NOT_TRAINED},
    {"qq", "pane histogram; zoom; view qq", NOT_TRAINED},
    {"modes", "pane modes; zoom", NOT_TRAINED},
    {"tanh", "pane modes; zoom; view tanh", NOT_TRAINED},
    {"saturated", "pane modes; zoom; view tanh; gain 5", NOT_TRAINED},
    {"orthogonality", "pane orthogonality; zoom", NOT_TRAINED},
    {"orthogonal", "orthogonal on; pane orthogonality", NOT_TRAINED},
    {"density", "rows 64; cols 128; pane orthogonality; zoom; view density", NOT_TRAINED},
    {"product", "pane orthogonality; zoom; view product; factors 4; move up", NOT_TRAINED},
    {"ellipse", "pane orthogonality; zoom; view ellipse", NOT_TRAINED},
    {"widths", "widest 512; pane widths; zoom", NOT_TRAINED},
    {"widths-begin", "widest 256; pane widths; move left; move left", NOT_TRAINED},
    {"weight", "pane weight; zoom; goto 2,13", NOT_TRAINED},
    {"truncated", "dist truncated; pane weight; zoom; goto 2,13", NOT_TRAINED},
    {"torch", "mode torch; pane weight; zoom", NOT_TRAINED},
    {"images", "shape 16,3,3,3; view images; zoom; goto 3,1,1,1", NOT_TRAINED},
    {"corner", "pane weight; zoom; goto 19,29", NOT_TRAINED},
    {"signal", "pane signal; zoom; width 64; activation tanh; move left; move page-up",
     NOT_TRAINED},
    {"signal-none", "mode identity; pane signal; width 16; depth 1; zoom", NOT_TRAINED},
    {"signal-layers", "pane signal; zoom; width 64; view layers; orthogonal on", NOT_TRAINED},
    {"signal-phase",
     "pane signal; zoom; width 64; activation tanh; view phase; move right; move up; move page-up",
     NOT_TRAINED},
    {"signal-residual",
     "pane signal; zoom; width 64; activation sigmoid; residual on; normalization layer; "
     "view phase",
     NOT_TRAINED},
    {"signal-dashboard", "pane signal; width 64; mode torch", NOT_TRAINED},
    {"training-none", "pane training; zoom", NOT_TRAINED},
    {"training-begins", "pane training; zoom", IN_TRAINING},
    {"training", "pane training; zoom", TRAINED},
    {"training-threshold", "pane training; zoom; next threshold; next tensor", TRAINED},
    {"training-detail",
     "pane training; zoom; view detail; move right; move down; next tensor; "
     "move bottom; threshold auto",
     TRAINED},
    {"training-pictures", "pane training; zoom; view pictures; move down; move last", TRAINED},
    {"training-dashboard", "pane training", TRAINED},
    {"training-file", "pane training; zoom; tensor 3; sparsity 0.5", FROM_FILE},
    {"race-none", "pane race; zoom", NOT_TRAINED},
    {"race-begins", "pane race; zoom; view accuracy", RACING},
    {"race", "pane race; zoom", RACED},
    {"race-dashboard", "pane race", RACED},
    {"watch-none", "pane watch; zoom", NOT_TRAINED},
    {"watch-begins", "pane watch; zoom", AWAITED},
    {"watch", "pane watch; zoom", WATCHED},
    {"watch-deep", "pane watch; zoom; move down; move down; move page-down", WATCHED_DEEP},
    {"watch-decay", "pane watch; zoom; view decay; move down", WATCHED},
    {"watch-dashboard", "pane watch", WATCHED},
    {"help", "help", NOT_TRAINED},
    {"help-seed", "help seed", NOT_TRAINED},
};

static void run(model *m, const char *line)
{
    detinit_error error;
    if (!command_run(m, line, &error))
        fail_msg("%s: %s", line, error.message);
}

static void train(model *m, sample before)
{
    if (before == NOT_TRAINED)
        return;
    if (before == RACING || before == RACED) {
        assert_true(sample_race(m, before == RACED ? RACE_POINTS + 1 : RACE_POINTS / 2));
        return;
    }
    if (before >= AWAITED) {
        assert_true(
            sample_watch(m, before == AWAITED ? 0 : 16, before == WATCHED_DEEP ? 30 : 4));
        return;
    }
    trained_network *t = sample_network(before == IN_TRAINING ? SAMPLE_POINTS / 2 : SAMPLE_POINTS,
                                        before == FROM_FILE);
    assert_non_null(t);
    m->training = m->trainings = 1;
    model_take_trained(m, t);
}

/* The screen as text, to be freed. */
static char *draw(const char *line, sample before, int width, int height, bool ascii)
{
    settings s;
    model m;
    cells c;
    detinit_error error;
    queue *q = queue_new();
    settings_init(&s);
    s.screen.ascii = ascii;
    model_init(&m, &s);
    screen_fit(&m, width, height);
    run(&m, "rows 20; cols 30");
    train(&m, before);
    run(&m, line);
    screen_fit(&m, width, height);
    assert_non_null(q);
    assert_true(queue_finish(q, &m, &error));
    queue_free(q);
    assert_true(cells_init(&c, width, height, ascii));
    screen_draw(&m, &c);
    char *text = picture_of_cells(&c, PICTURE_TEXT, false, false);
    cells_free(&c);
    model_free(&m);
    assert_non_null(text);
    return text;
}

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 1 << 16);
    if (file == NULL || text == NULL)
        fail_msg("cannot read %s; make golden writes it", path);
    size_t length = fread(text, 1, (1 << 16) - 1, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

static void write_all(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        fail_msg("cannot write %s", path);
}

/* Whether what is tested was configured --without-lapack. */
static bool lacks_spectra(void)
{
    const char *lapack = getenv("LAPACK");
    return lapack != NULL && strcmp(lapack, "no") == 0;
}

static bool shows_pane_5(const char *text)
{
    return strstr(text, "\u2500 5 Orth") != NULL || strstr(text, "- 5 Orth") != NULL;
}

static void check_screen(size_t screen, size_t size, bool ascii)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s-%dx%d%s.txt", getenv("TEST_GOLDEN"), screens[screen].name,
             sizes[size].width, sizes[size].height, ascii ? "-ascii" : "");
    char *text = draw(screens[screen].line, screens[screen].before, sizes[size].width,
                      sizes[size].height, ascii);
    if (getenv("WRITE_GOLDEN") != NULL) {
        write_all(path, text);
    } else {
        char *golden = read_all(path);
        if (lacks_spectra() && shows_pane_5(golden))
            assert_non_null(strstr(text, "singular values are not"));
        else if (strcmp(golden, text) != 0)
            fail_msg("%s differs; drawn now:\n%s", path, text);
        free(golden);
    }
    free(text);
}

static void screens_are_golden(void **state)
{
    for (size_t screen = 0; screen < sizeof screens / sizeof screens[0]; screen++)
        check_screen(screen, *(size_t *)*state, false);
}

static void ascii_screens_are_golden(void **state)
{
    for (size_t screen = 0; screen < sizeof screens / sizeof screens[0]; screen++)
        check_screen(screen, *(size_t *)*state, true);
}

static void ascii_is_ascii(void **state)
{
    (void)state;
    char *text = draw("help", NOT_TRAINED, 120, 40, true);
    for (const char *at = text; *at != '\0'; at++)
        assert_true((unsigned char)*at < 0x80);
    free(text);
}

int main(void)
{
    static size_t numbers[] = {0, 1, 2, 3};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(screens_are_golden, &numbers[0]),
        cmocka_unit_test_prestate(screens_are_golden, &numbers[1]),
        cmocka_unit_test_prestate(screens_are_golden, &numbers[2]),
        cmocka_unit_test_prestate(screens_are_golden, &numbers[3]),
        cmocka_unit_test_prestate(ascii_screens_are_golden, &numbers[0]),
        cmocka_unit_test_prestate(ascii_screens_are_golden, &numbers[1]),
        cmocka_unit_test_prestate(ascii_screens_are_golden, &numbers[2]),
        cmocka_unit_test_prestate(ascii_screens_are_golden, &numbers[3]),
        cmocka_unit_test(ascii_is_ascii),
    };
    return cmocka_run_group_tests_name("panes", tests, NULL, NULL);
}
