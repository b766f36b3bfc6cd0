/* Texts of files on one line: what a terminal would obey, what is long, what is no UTF-8. */
#include "text/one_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void harmful_characters_become_question_marks(void **state)
{
    static const struct {
        const char *text, *told;
    } cases[] = {
        {"fc1.weight", "fc1.weight"},
        {"a\x1b[31mb\n\tc\x7f", "a?[31mb??c?"},
        {"c1 \xc2\x9b"
         "31m, \xc2\xa0",
         "c1 ?31m, \xc2\xa0"},
        {"\u2028 \u2029 \u202a \u202e \u2066 \u2069", "? ? ? ? ? ?"},
        {"größe.重み", "größe.重み"},
        {"", ""},
    };
    char buffer[64];
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++)
        assert_string_equal(one_line_cut(cases[n].text, SIZE_MAX, buffer, sizeof buffer),
                            cases[n].told);
}

static void long_texts_end_in_dots(void **state)
{
    char buffer[64], small[8];
    (void)state;
    assert_string_equal(one_line_cut("12345678", 8, buffer, sizeof buffer), "12345678");
    assert_string_equal(one_line_cut("123456789", 8, buffer, sizeof buffer), "12345...");
    assert_string_equal(one_line_cut("重重重重重", 4, buffer, sizeof buffer), "重...");
    assert_string_equal(one_line_cut("123456789", SIZE_MAX, small, sizeof small), "1234...");
    assert_string_equal(one_line_cut("重重重", SIZE_MAX, small, sizeof small), "重...");
}

static void broken_text_is_not_read_beyond(void **state)
{
    char buffer[64];
    (void)state;
    assert_string_equal(one_line_cut("\xc2", SIZE_MAX, buffer, sizeof buffer), "?");
    assert_string_equal(one_line_cut("\xe2\x80", SIZE_MAX, buffer, sizeof buffer), "??");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(harmful_characters_become_question_marks),
        cmocka_unit_test(long_texts_end_in_dots),
        cmocka_unit_test(broken_text_is_not_read_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
