/* The table of a recipe's fields: whole, and what recipes are compared by. */
#include "check.h"
#include "table_check.h"

#include "matrix/recipe_fields.h"
#include "matrix/recipe_names.h"
#include "matrix/scheme.h"

static size_t bytes_of(const recipe_field *field)
{
    static const size_t bytes[] = {
        [RECIPE_WHOLE] = sizeof(uint64_t),
        [RECIPE_REAL] = sizeof(double),
        [RECIPE_NUMBER] = sizeof(double),
        [RECIPE_SHARE] = sizeof(double),
        [RECIPE_CHOICE] = sizeof(int),
        [RECIPE_SWITCH] = sizeof(bool),
        [RECIPE_FANS] = sizeof(uint64_t[2]),
        [RECIPE_ROW] = offsetof(detinit_recipe, zero_row) + sizeof(uint64_t) -
                       offsetof(detinit_recipe, has_zero_row),
        [RECIPE_NONLINEARITY] = offsetof(detinit_recipe, slope) + sizeof(double) -
                                offsetof(detinit_recipe, nonlinearity),
    };
    return field->kind == RECIPE_SHAPE ? 0 : bytes[field->kind];
}

/* No byte of a recipe is two rows', and none is nobody's but those between members. */
static void every_member_has_a_row(void **state)
{
    (void)state;
    unsigned char rows[sizeof(detinit_recipe)] = {0};
    for (size_t n = offsetof(detinit_recipe, rank);
         n < offsetof(detinit_recipe, shape) + sizeof(uint64_t[DETINIT_MAX_RANK]); n++)
        rows[n]++; /* of the one row that is no member: it is the first */
    for (size_t n = offsetof(detinit_recipe, part_count);
         n < offsetof(detinit_recipe, part_axis) + sizeof(size_t); n++)
        rows[n]++; /* recipes of their own */
    assert_int_equal(recipe_fields[0].kind, RECIPE_SHAPE);
    for (size_t n = 0; n < recipe_field_count; n++)
        for (size_t k = 0; k < bytes_of(&recipe_fields[n]); k++)
            rows[recipe_fields[n].offset + k]++;
    for (size_t n = 0, gap = 0; n < sizeof rows; n++) {
        assert_true(rows[n] <= 1);
        gap = rows[n] == 0 ? gap + 1 : 0;
        assert_true(gap < sizeof(uint64_t));
    }
}

static void rows_are_whole(void **state)
{
    (void)state;
    char expected[160];
    check_name_table(&mode_names, DETINIT_MODE_COUNT);
    check_name_table(&axis_names, DETINIT_AXIS_COUNT);
    for (size_t n = 0; n < recipe_field_count; n++) {
        const recipe_field *field = &recipe_fields[n];
        assert_true((field->kind == RECIPE_CHOICE) == (field->names != NULL));
        recipe_field_expected(field, expected, sizeof expected);
        assert_true(strlen(expected) > 5 && strlen(expected) < sizeof expected - 1);
        for (size_t k = 0; k < n; k++)
            assert_string_not_equal(field->name, recipe_fields[k].name);
    }
}

/* Gives a field another value than it has. */
static void change(const recipe_field *field, detinit_recipe *recipe)
{
    void *at = recipe_field_of(field, recipe);
    switch (field->kind) {
    case RECIPE_WHOLE:
        ++*(uint64_t *)at;
        break;
    case RECIPE_REAL:
        *(double *)at *= 2;
        break;
    case RECIPE_NUMBER:
    case RECIPE_SHARE:
        *(double *)at += 0.5;
        break;
    case RECIPE_FANS:
        recipe->fans[1]++;
        break;
    case RECIPE_ROW:
        recipe->has_zero_row = !recipe->has_zero_row;
        break;
    case RECIPE_NONLINEARITY:
        recipe->nonlinearity = DETINIT_NONLINEARITY_SELU;
        break;
    case RECIPE_CHOICE:
        *(int *)at = field->names->count - 1 - *(int *)at;
        break;
    case RECIPE_SWITCH:
        *(bool *)at = !*(bool *)at;
        break;
    default:
        recipe->shape[recipe->rank - 1]++;
    }
}

/* A recipe whose weights depend on the field. */
static detinit_recipe recipe_of(const recipe_field *field)
{
    detinit_recipe recipe = detinit_recipe_matrix(3, 5, 7, 9);
    for (int mode = 0; mode < DETINIT_MODE_COUNT; mode++) {
        recipe.mode = (detinit_mode)mode;
        recipe.dist = mode == DETINIT_HE ? DETINIT_DIST_TRUNC_NORMAL : DETINIT_DIST_OF_MODE;
        if (recipe_field_counts(field, &recipe))
            return recipe;
    }
    fail_msg("no weights depend on %s", field->name);
    return recipe;
}

static void each_field_tells_recipes_apart(void **state)
{
    (void)state;
    for (size_t n = 0; n < recipe_field_count; n++) {
        const recipe_field *field = &recipe_fields[n];
        detinit_recipe a = recipe_of(field);
        detinit_recipe b = a;
        assert_true(recipe_field_equal(field, &a, &b));
        change(field, &b);
        assert_false(recipe_field_equal(field, &a, &b));
        assert_false(detinit_recipe_equal(&a, &b));
        for (size_t k = 0; k < recipe_field_count; k++)
            assert_true(k == n || recipe_field_equal(&recipe_fields[k], &a, &b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_has_a_row),
        cmocka_unit_test(rows_are_whole),
        cmocka_unit_test(each_field_tells_recipes_apart),
    };
    return cmocka_run_group_tests_name("recipe fields", tests, NULL, NULL);
}
