/* The buffer of cells: clipping, characters of two columns, and what is exported of them. */
#include "text/cell.h"
#include "text/picture.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Draws the text at column x of a line `width` wide and compares it with what is exported. */
static void check_line(int width, int x, bool ascii, const char *text, const char *expected)
{
    cells c;
    char line[256];
    assert_true(cells_init(&c, width, 1, ascii));
    cells_text(&c, (rect){0, 0, width, 1}, x, 0, ROLE_TEXT, 0, text);
    char *drawn = picture_of_cells(&c, PICTURE_TEXT, false, false);
    assert_non_null(drawn);
    snprintf(line, sizeof line, "%s\n", expected);
    assert_string_equal(drawn, line);
    free(drawn);
    cells_free(&c);
}

static void text_is_clipped(void **state)
{
    (void)state;
    check_line(5, 0, false, "abcde", "abcde");
    check_line(5, 0, false, "abcdefgh", "abcd…");
    check_line(5, 0, false, "abcde   ", "abcde");
    check_line(5, 0, true, "abcdefgh", "abcd~");
    check_line(5, -2, false, "abcdefg", "cdefg");
    check_line(5, -2, false, "abcdefgh", "cdef…");
    check_line(5, 3, false, "ab", "   ab");
    check_line(5, 9, false, "ab", "");
}

/* A character that would be cut in half leaves its half empty. */
static void wide_characters_take_two_cells(void **state)
{
    (void)state;
    check_line(6, 0, false, "a漢字b", "a漢字b");
    check_line(4, 0, false, "a漢字b", "a漢…");
    check_line(3, 0, false, "a漢字b", "a …");
    check_line(6, -2, false, "a漢字b", " 字b");
    check_line(6, 0, false, "é😀!", "é😀!");
    check_line(6, 0, false, "e\xcc\x81!", "e!"); /* what only changes another is not drawn */
}

static void ascii_has_a_likeness(void **state)
{
    (void)state;
    check_line(8, 0, true, "│─é漢!", "|-?? !");
}

static void bad_bytes_are_harmless(void **state)
{
    (void)state;
    check_line(8, 0, true, "a\xff\xc3z\xe6\xbc", "a??z??");
    check_line(8, 0, false, "a\tb\x7f", "a?b?");
}

static void columns_are_those_of_the_terminal(void **state)
{
    (void)state;
    assert_int_equal(cells_columns("a漢字b", 8), 6);
    assert_int_equal(cells_columns("a漢字b", 4), 3);
    assert_int_equal(cells_columns("e\xcc\x81", 3), 1);
}

/* What is cut says so; also where a text is too long by one column, and less goes than that takes.
 */
static void what_is_cut_says_so(void **state)
{
    static const struct {
        const char *text;
        int columns;
        const char *expected;
    } cases[] = {
        {"50 x 100", 8, "50 x 100"},
        {"50 x 100", 7, "50 x …"},
        {"50 x 100", 6, "50 x …"},
        {"50 x 100", 5, "50 x…"},
        {"50 x 100", 1, "…"},
        {"50 x 100", 0, ""},
        {"100", 2, "…"},
        {"10", 1, ""},
        {"√2 √3", 4, "√2 …"},
        {"日本語", 5, "日本…"},
        {"日本語", 4, "日…"},
        {"", 3, ""},
    };
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        char text[32];
        strcpy(text, cases[n].text);
        cells_shorten(text, cases[n].columns);
        assert_string_equal(text, cases[n].expected);
        assert_true(cells_columns(text, strlen(text)) <= cases[n].columns);
        assert_true(strlen(text) <= strlen(cases[n].text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_clipped),      cmocka_unit_test(wide_characters_take_two_cells),
        cmocka_unit_test(ascii_has_a_likeness), cmocka_unit_test(bad_bytes_are_harmless),
        cmocka_unit_test(what_is_cut_says_so),  cmocka_unit_test(columns_are_those_of_the_terminal),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests_name("cells", tests, NULL, NULL);
}
