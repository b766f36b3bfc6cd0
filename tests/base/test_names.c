/* Names of enumerations: found, told, and none beyond the table. */
#include "check.h"

#include "base/names.h"

typedef struct animal {
    name_row names;
    int legs;
} animal;

static const animal animals[] = {
    {{"cat", NULL, "feline"}, 4},
    {{"dog", "hound", NULL}, 4},
    {{"bird", NULL, NULL}, 2},
};
static const name_table rows = NAME_TABLE(animals);

static const char *const words[] = {"on", "off"};
static const name_table plain = NAME_TABLE(words);

static void rows_and_plain_texts_are_found(void **state)
{
    (void)state;
    int value = 7;
    assert_true(names_find(&rows, "bird", &value) && value == 2);
    assert_true(names_find(&rows, "hound", &value) && value == 1);
    assert_true(names_find(&rows, "feline", &value) && value == 0);
    assert_true(names_find(&plain, "off", &value) && value == 1);
    assert_true(names_find(&rows, "Cat", &value) && value == 0);
    assert_true(names_find(&rows, "H_ou-nD_", &value) && value == 1);
    assert_false(names_find(&rows, "cats", &value));
    assert_false(names_find(&rows, "_", &value));
    assert_false(names_find(&rows, "", &value));
    assert_false(names_find(&plain, "o", &value));
    assert_int_equal(value, 1);
}

static void values_beyond_the_table_have_no_name(void **state)
{
    (void)state;
    assert_string_equal(names_name(&rows, 0), "cat");
    assert_string_equal(names_alias(&rows, 1), "hound");
    assert_null(names_alias(&rows, 0));
    assert_null(names_name(&rows, 3));
    assert_null(names_alias(&rows, 3));
    assert_null(names_name(&rows, -1));
    assert_string_equal(names_name(&plain, 1), "off");
    assert_null(names_alias(&plain, 1));
}

static void names_are_told_in_a_sentence(void **state)
{
    (void)state;
    char text[64];
    const name_table one = {words, sizeof words[0], 1};
    assert_string_equal(names_told(&rows, text, sizeof text), "cat, dog (hound) or bird");
    assert_string_equal(names_told(&plain, text, sizeof text), "on or off");
    assert_string_equal(names_told(&one, text, sizeof text), "on");
    assert_string_equal(names_told(&rows, text, 10), "cat, dog "); /* cut where there is no room */
    assert_string_equal(names_told(&rows, text, 1), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_plain_texts_are_found),
        cmocka_unit_test(values_beyond_the_table_have_no_name),
        cmocka_unit_test(names_are_told_in_a_sentence),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
