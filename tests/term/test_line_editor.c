/* The prompt without readline, driven as the explorer drives it, with no terminal. */
#include "term/prompt.h"

#include "term/candidates.h"
#include "term/state_file.h"
#include "scratch.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define ESC "\x1b"

/* Presses keys, given as the bytes that a terminal sends; true where one finished the line. */
static bool press(const char *keys, char **line)
{
    mbstate_t state = {0};
    wchar_t character;
    bool finished = false;
    *line = NULL;
    for (size_t length; *keys != '\0'; keys += length) {
        length = mbrtowc(&character, keys, strlen(keys), &state);
        assert_true(length > 0 && length <= strlen(keys));
        assert_false(finished);
        finished = prompt_key((int)character, line);
    }
    return finished;
}

static void expect_text(const char *keys, const char *text, int column)
{
    char *line;
    int at;
    assert_false(press(keys, &line));
    assert_string_equal(prompt_text(&at), text);
    assert_int_equal(at, column);
}

static void expect_line(const char *start, const char *keys, const char *text)
{
    char *line;
    prompt_open(start);
    assert_true(press(keys, &line));
    assert_false(prompt_is_open());
    assert_non_null(line);
    assert_string_equal(line, text);
    free(line);
}

/* A history of its own for each test, in an empty directory. */
static int set_up(void **state)
{
    char folder[4096];
    int failed = enter_scratch(state);
    snprintf(folder, sizeof folder, "%s/.state", (const char *)*state);
    return failed != 0 || setenv("XDG_STATE_HOME", folder, 1) != 0;
}

static int tear_down(void **state)
{
    prompt_close();
    prompt_save_history();
    return leave_scratch(state);
}

static void typing(void **state)
{
    (void)state;
    prompt_open("save ");
    assert_true(prompt_is_open());
    expect_text("", "save ", 5);
    expect_text("a.npy", "save a.npy", 10);
    expect_line("", "seed 7\r", "seed 7");
    expect_line("", "\r", "");
    expect_line("x", "\n", "x");
}

static void characters_are_whole(void **state)
{
    (void)state;
    prompt_open("");
    expect_text("aé€😀", "aé€😀", 5);
    expect_text("\x7f", "aé€", 3);
    expect_text("\x02\x02", "aé€", 1);
    expect_text(ESC "[3~", "a€", 1);
    expect_text("日", "a日€", 3);
    expect_text("\x08\x08\x08", "€", 0);
}

static void moving(void **state)
{
    static const struct {
        const char *keys;
        int column;
    } moves[] = {
        {"\x01", 0},      {"\x05", 11},    {ESC "[D", 10},  {ESC "OD", 9},    {ESC "[C", 10},
        {ESC "OC", 11},   {ESC "[C", 11},  {ESC "[H", 0},   {ESC "[D", 0},    {ESC "[F", 11},
        {ESC "[1~", 0},   {ESC "[4~", 11}, {ESC "[7~", 0},  {ESC "[8~", 11},  {ESC "OH", 0},
        {ESC "OF", 11},   {ESC "b", 8},    {ESC "b", 5},    {ESC "[1;5D", 0}, {ESC "f", 4},
        {ESC "[1;5C", 7}, {"\x06", 8},     {"\x02\x02", 6}, {ESC "[5~", 6},   {ESC "[15;2R", 6},
        {ESC "x", 6},     {"\x1c", 6},
    };
    (void)state;
    prompt_open("goto 12,345");
    for (size_t n = 0; n < sizeof moves / sizeof moves[0]; n++)
        expect_text(moves[n].keys, "goto 12,345", moves[n].column);
}

static void deleting(void **state)
{
    (void)state;
    prompt_open("rows 12 cols 13");
    expect_text("\x17", "rows 12 cols ", 13);
    expect_text("\x17", "rows 12 ", 8);
    expect_text(ESC "b\x0b", "rows ", 5);
    expect_text("12\x01" ESC "d", " 12", 0);
    expect_text("\x04", "12", 0);
    expect_text("\x08\x17\x15", "12", 0);
    expect_text("\x05\x04\x0b", "12", 2);
    expect_text("a/b" ESC "\x7f", "12a/", 4);
    expect_text("\x02\x15", "/", 0);
}

static void long_lines_stop_growing(void **state)
{
    char *line;
    (void)state;
    prompt_open("");
    for (int n = 0; n < 10000; n++)
        assert_false(prompt_key('a', &line));
    int column;
    size_t length = strlen(prompt_text(&column));
    assert_true(length > 1000 && length < 10000);
    assert_int_equal(column, length);
    expect_text("\x15", "", 0);
}

static void giving_up(void **state)
{
    static const char *const keys[] = {"\x03", "\x07", ESC ESC, ESC "[\x03", ESC "[1" ESC};
    char *line;
    (void)state;
    for (size_t n = 0; n < sizeof keys / sizeof keys[0]; n++) {
        prompt_open("seed 7");
        assert_true(press(keys[n], &line));
        assert_null(line);
        assert_false(prompt_is_open());
    }
    prompt_open("seed 7");
    assert_true(prompt_lone_escape());
    assert_false(prompt_is_open());
    expect_line("", "[A\r", "[A"); /* no sequence is left over */
}

static void older_lines(void **state)
{
    (void)state;
    expect_line("", "seed 1\r", "seed 1");
    expect_line("", "seed 2\r", "seed 2");
    expect_line("", "seed 2\r", "seed 2");
    prompt_open("");
    expect_text("dra", "dra", 3);
    expect_text(ESC "[A", "seed 2", 6);
    expect_text("\x10", "seed 1", 6);
    expect_text(ESC "OA\x10", "seed 1", 6);
    expect_text("\x0e", "seed 2", 6);
    expect_text(ESC "[B", "dra", 3);
    expect_text(ESC "OB\x0e", "dra", 3);
    expect_line("",
                "\x10\x10"
                "0\r",
                "seed 10");
    expect_line("", "\x10\r", "seed 10");
}

static void history_is_kept(void **state)
{
    (void)state;
    expect_line("", "seed 1\r", "seed 1");
    expect_line("", "help é\r", "help é");
    prompt_open("given up");
    prompt_close();
    prompt_save_history();
    assert_file_holds(".state/detinit/history", "seed 1\nhelp é\n");
    struct stat about;
    assert_int_equal(stat(".state/detinit/history", &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    prompt_open("");
    expect_text("\x10\x10", "seed 1", 6);
}

static void history_has_an_end(void **state)
{
    char keys[40], expected[32];
    (void)state;
    for (int n = 0; n < HISTORY_MOST + 10; n++) {
        snprintf(expected, sizeof expected, "seed %d", n);
        snprintf(keys, sizeof keys, "%s\r", expected);
        expect_line("", keys, expected);
    }
    prompt_save_history();
    prompt_open("");
    for (int n = 0; n < HISTORY_MOST; n++) {
        snprintf(expected, sizeof expected, "seed %d", HISTORY_MOST + 9 - n);
        expect_text("\x10", expected, (int)strlen(expected));
    }
    expect_text("\x10", expected, (int)strlen(expected));
}

static void history_without_a_place(void **state)
{
    (void)state;
    put_file("file", "");
    assert_int_equal(setenv("XDG_STATE_HOME", "/dev/null/nowhere", 1), 0);
    expect_line("", "seed 1\r", "seed 1");
    prompt_open("");
    expect_text("\x10", "seed 1", 6);
    prompt_close();
    prompt_save_history();
    assert_int_equal(count_entries(NULL), 1);
}

static void completing_names(void **state)
{
    (void)state;
    prompt_open("");
    expect_text("lay\t", "layer ", 6);
    expect_text("7; mode tor\t", "layer 7; mode torch ", 20);
    expect_text("\x15nothing\t", "nothing", 7);
    expect_text("\x15mode he\x02\x02\x02\x02\x02\x02", "mode he", 1);
    prompt_close();
    prompt_open("lay = 3");
    expect_text("\x01\x06\x06\x06\t", "layer  = 3", 6);
}

static void completing_one_after_another(void **state)
{
    (void)state;
    prompt_open("dist ");
    expect_text("\t", "dist ", 5);
    assert_null(prompt_menu());
    expect_text("\t", "dist ", 5);
    assert_non_null(prompt_menu());
    assert_int_equal(prompt_menu()->chosen, 0);
    expect_text("\t", "dist default", 12);
    assert_int_equal(prompt_menu()->chosen, 1);
    expect_text("\t", "dist normal", 11);
    expect_text("\t\t", "dist truncated", 14);
    expect_text("\t", "dist trunc_normal", 17);
    expect_text("\t", "dist default", 12);
    expect_text("\x17u\t", "dist uniform ", 13);
    assert_null(prompt_menu());
}

/* Esc closes the menu before it gives the line up; what is typed closes it, too. */
static void the_menu_is_closed(void **state)
{
    (void)state;
    prompt_open("dist ");
    expect_text("\t\t\t", "dist default", 12);
    assert_false(prompt_lone_escape());
    assert_null(prompt_menu());
    expect_text("", "dist default", 12);
    expect_text("\x17\t\t", "dist ", 5);
    assert_non_null(prompt_menu());
    expect_text("n", "dist n", 6);
    assert_null(prompt_menu());
    assert_true(prompt_lone_escape());
    assert_false(prompt_is_open());
}

/* One row of a screen, without the blanks at its end. */
static void expect_row(const cells *c, int y, const char *text)
{
    char row[128] = "";
    int length = 0;
    for (int x = 0; x < c->width; x++) {
        row[x] = (char)c->at[y * c->width + x].rune;
        length = row[x] != ' ' ? x + 1 : length;
    }
    row[length] = '\0';
    assert_string_equal(row, text);
}

static void expect_menu(const completion *menu, int height, const char *const *rows)
{
    cells c;
    assert_true(cells_init(&c, 24, height, true));
    candidates_draw(menu, &c, (rect){0, height - 1, 24, 1});
    for (int y = 0; y < height; y++)
        expect_row(&c, y, rows[y]);
    for (int x = 0; x < c.width * c.height; x++)
        if ((c.at[x].attributes & ATTR_REVERSE) != 0)
            assert_int_equal(c.at[x].rune, (unsigned char)menu->texts[menu->chosen - 1][0]);
    cells_free(&c);
}

/* In columns; what is too much is counted, and the page is that of the chosen one. */
static void the_menu_is_drawn_in_columns(void **state)
{
    char *texts[] = {"aaaaa", "b", "c", "d", "e", "f", "g", "h"};
    completion menu = {.open = true};
    (void)state;
    memcpy(menu.texts, texts, sizeof texts);
    menu.count = 4;
    menu.chosen = 2;
    expect_menu(&menu, 5, (const char *const[]){"", "", " aaaaa  c", " b      d", ""});
    menu.count = 8;
    expect_menu(&menu, 4, (const char *const[]){"", " aaaaa  c      e", " b      d      +3", ""});
    menu.chosen = 7;
    expect_menu(&menu, 4, (const char *const[]){"", " f      h", " g      ... and 5 more", ""});
    menu.chosen = 0;
    expect_menu(&menu, 1, (const char *const[]){""});
    expect_menu(
        &menu, 6,
        (const char *const[]){"", "", " aaaaa  d      g", " b      e      h", " c      f", ""});
}

static void completing_files(void **state)
{
    (void)state;
    put_file("weights-é.npy", "");
    put_file("weights-è.npy", "");
    put_file(".hidden", "");
    assert_int_equal(mkdir("pictures", 0700), 0);
    put_file("pictures/one.svg", "");
    prompt_open("save w");
    expect_text("\t", "save weights-", 13);
    expect_text("\t\t", "save weights-è.npy", 18);
    expect_text("\x15"
                "export \t\t\t",
                "export pictures/", 16);
    expect_text("\x15"
                "export p\t",
                "export pictures/", 16);
    expect_text("\t", "export pictures/one.svg ", 24);
    expect_text("\x15save .h\t", "save .hidden ", 13);
    expect_text("\x15save none/x\t", "save none/x", 11);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(typing),
        CASE(characters_are_whole),
        CASE(moving),
        CASE(deleting),
        CASE(long_lines_stop_growing),
        CASE(giving_up),
        CASE(older_lines),
        CASE(history_is_kept),
        CASE(history_has_an_end),
        CASE(history_without_a_place),
        CASE(completing_names),
        CASE(completing_one_after_another),
        CASE(the_menu_is_closed),
        CASE(the_menu_is_drawn_in_columns),
        CASE(completing_files),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
