/* What of a text may be shown: every character by Unicode's own lists. */
#include "base/utf8.h"
#include "check.h"

#include <string.h>

static void check(const char *text, const char *expected)
{
    char buffer[64], same[64];
    assert_string_equal(utf8_one_line(text, buffer, sizeof buffer), expected);
    strcpy(same, text);
    assert_string_equal(utf8_one_line(same, same, sizeof same), expected);
}

static void what_commands_is_not_shown(void **state)
{
    (void)state;
    check("\x1b[2J\x07\n\r\t\x7f", "?[2J?????");
    check("a\xc2\x9b\xc2\x80z", "a??z");
    check("\xe2\x80\xae"
          "a\xe2\x81\xa6\xe2\x80\xa8\xef\xbb\xbf",
          "?a???");
    check("\xf3\xa0\x81\x81", "?");
}

static void bytes_that_are_no_text_are_not_shown(void **state)
{
    (void)state;
    check("\xff\xc0\x9b\xed\xa0\x80\xe0\x80\x80\xf5", "??????????");
    check("e\xcc", "e?");
    check("\xf4\x90\x80\x80", "????"); /* U+110000 */
}

/* The first and the last of each length, and around surrogates. */
static void characters_have_their_numbers(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        uint32_t rune;
    } known[] = {
        {"\x01", 1, 1},
        {"\x7f", 1, 0x7F},
        {"\xc2\x80", 2, 0x80},
        {"\xdf\xbf", 2, 0x7FF},
        {"\xe0\xa0\x80", 3, 0x800},
        {"\xed\x9f\xbf", 3, 0xD7FF},
        {"\xed\xa0\x80", 0, 0},
        {"\xed\xbf\xbf", 0, 0},
        {"\xee\x80\x80", 3, 0xE000},
        {"\xef\xbf\xbf", 3, 0xFFFF},
        {"\xf0\x8f\xbf\xbf", 0, 0},
        {"\xf0\x90\x80\x80", 4, 0x10000},
        {"\xf4\x8f\xbf\xbf", 4, 0x10FFFF},
        {"\xf4\x90\x80\x80", 0, 0},
        {"", 0, 0},
    };
    (void)state;
    for (size_t n = 0; n < sizeof known / sizeof known[0]; n++) {
        const size_t count = strlen(known[n].bytes);
        uint32_t rune = 0;
        assert_int_equal(utf8_next(known[n].bytes, count, &rune), known[n].length);
        assert_int_equal(rune, known[n].rune);
        for (size_t cut = 0; cut < count; cut++)
            assert_int_equal(utf8_next(known[n].bytes, cut, &rune), 0);
        assert_true(utf8_is_text(known[n].bytes, count) == (known[n].length == count));
    }
}

static void text_stays(void **state)
{
    (void)state;
    check("caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80");
}

static void a_cut_leaves_whole_characters(void **state)
{
    char buffer[4];
    (void)state;
    assert_string_equal(utf8_one_line("ab\xc3\xa9", buffer, sizeof buffer), "ab");
    assert_string_equal(utf8_one_line("a\xc3\xa9", buffer, sizeof buffer), "a\xc3\xa9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_commands_is_not_shown),
        cmocka_unit_test(bytes_that_are_no_text_are_not_shown),
        cmocka_unit_test(characters_have_their_numbers),
        cmocka_unit_test(text_stays),
        cmocka_unit_test(a_cut_leaves_whole_characters),
    };
    return cmocka_run_group_tests_name("one line", tests, NULL, NULL);
}
