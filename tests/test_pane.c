/*
 * Golden screens: every pane in three sizes, in UTF-8 and ASCII, drawn with no
 * terminal.  `make golden` writes them anew.
 */
#include "command.h"
#include "export.h"
#include "layout.h"
#include "work.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int width, height;
} sizes[] = {{80, 24}, {120, 40}, {40, 12}};

/* Screens by the commands that lead to them; a recipe small enough to be quick. */
static const struct {
    const char *name, *line;
} screens[] = {
    {"dashboard", ""},
    {"matrix", "pane matrix; zoom; goto 3,4"},
    {"heat", "pane matrix; zoom; view heat; goto 5,5"},
    {"vast", "rows 9000000000000000000; cols 9000000000000000000; pane matrix; zoom; move bottom; "
             "move last"},
    {"statistics", "pane statistics; zoom"},
    {"histogram", "pane histogram; zoom"},
    {"log", "pane histogram; zoom; view log"},
    {"qq", "pane histogram; zoom; view qq"},
    {"modes", "pane modes; zoom"},
    {"tanh", "pane modes; zoom; view tanh"},
    {"orthogonality", "pane orthogonality; zoom"},
    {"orthogonal", "orthogonal on; pane orthogonality"},
    {"weight", "pane weight; zoom; goto 2,13"},
    {"truncated", "dist truncated; pane weight; zoom; goto 2,13"},
    {"torch", "mode torch; pane weight; zoom"},
    {"help", "help"},
    {"help-seed", "help seed"},
};

static void run(model *m, const char *line)
{
    detinit_error error;
    if (!command_run(m, line, &error))
        fail_msg("%s: %s", line, error.message);
}

/* The screen as text, to be freed. */
static char *draw(const char *line, int width, int height, bool ascii)
{
    settings s;
    model m;
    cells c;
    detinit_error error;
    settings_init(&s);
    s.ascii = ascii;
    model_init(&m, &s);
    layout_fit(&m, width, height);
    run(&m, "rows 20; cols 30");
    run(&m, line);
    layout_fit(&m, width, height);
    assert_true(work_make_missing(&m, &error));
    assert_true(cells_init(&c, width, height, ascii));
    layout_draw(&m, &c);
    char *text = export_cells(&c, EXPORT_TEXT, false, false);
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

static void check_screen(size_t screen, size_t size, bool ascii)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s-%dx%d%s.txt", getenv("TEST_GOLDEN"), screens[screen].name,
             sizes[size].width, sizes[size].height, ascii ? "-ascii" : "");
    char *text = draw(screens[screen].line, sizes[size].width, sizes[size].height, ascii);
    if (getenv("WRITE_GOLDEN") != NULL) {
        write_all(path, text);
    } else {
        char *golden = read_all(path);
        if (strcmp(golden, text) != 0)
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
    char *text = draw("help", 120, 40, true);
    for (const char *at = text; *at != '\0'; at++)
        assert_true((unsigned char)*at < 0x80);
    free(text);
}

int main(void)
{
    static size_t numbers[] = {0, 1, 2};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(screens_are_golden, &numbers[0]),
        cmocka_unit_test_prestate(screens_are_golden, &numbers[1]),
        cmocka_unit_test_prestate(screens_are_golden, &numbers[2]),
        cmocka_unit_test_prestate(ascii_screens_are_golden, &numbers[0]),
        cmocka_unit_test_prestate(ascii_screens_are_golden, &numbers[1]),
        cmocka_unit_test_prestate(ascii_screens_are_golden, &numbers[2]),
        cmocka_unit_test(ascii_is_ascii),
    };
    return cmocka_run_group_tests_name("panes", tests, NULL, NULL);
}
