/* The Matrix pane's images: each pixel is the weight that its picture's number and place mean. */
#include "command_check.h"
#include "explorer/screen.h"
#include "option/recipe_text.h"
#include "pane/layout.h"
#include "pane/pane_matrix_images.h"
#include "text/pixels.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

static void begin(model *m, const char *line, int width, int height)
{
    settings s;
    settings_init(&s);
    model_init(m, &s);
    run(m, line);
    screen_fit(m, width, height);
}

static double weight_at(const model *m, uint64_t row, uint64_t col)
{
    double w = 0;
    assert_int_equal(detinit_matrix_weight(m->results.matrix, row, col, &w), DETINIT_OK);
    return w;
}

/* Output, input and place of the first weight of a kernel, by the layout of its shape. */
typedef struct kernel_case {
    const char *line;
    uint64_t inputs;
    int order[4]; /* which index of the shape is the output, the input, the row, the column */
} kernel_case;

/* The number above a tile says which kernel it is; its first cell is that kernel's first place. */
static void kernels_are_where_their_numbers_say(void **state)
{
    static const kernel_case cases[] = {
        {"shape 16,3,3,3; view images; zoom", 3, {0, 1, 2, 3}},
        {"shape 5,5,3,16; fan-in rows; view images; zoom", 3, {3, 2, 0, 1}},
    };
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        model m;
        cells c;
        int checked = 0;
        begin(&m, cases[n].line, 120, 40);
        assert_true(cells_init(&c, 120, 40, false));
        screen_draw(&m, &c);
        const rect inside = layout_inside(layout_make(&m, 120, 40).pane[0]);
        for (int y = inside.y + 1; y < inside.y + inside.height - 1; y++) {
            for (int x = inside.x + 1; x < inside.x + inside.width; x++) {
                uint64_t row, col, index[DETINIT_MAX_RANK], above, left;
                unsigned output, input;
                char label[16] = "";
                double w;
                if (!matrix_images_at(&m, inside, x, y, &row, &col) ||
                    matrix_images_at(&m, inside, x, y - 1, &above, &left) ||
                    matrix_images_at(&m, inside, x - 1, y, &above, &left))
                    continue;
                for (int k = 0; k < 15 && c.at[(y - 1) * c.width + x + k].rune != ' '; k++)
                    label[k] = (char)c.at[(y - 1) * c.width + x + k].rune;
                assert_int_equal(sscanf(label, "%u,%u", &output, &input), 2);
                place_indices(&m.settings.recipe, row, col, index);
                assert_int_equal(index[cases[n].order[0]], output);
                assert_int_equal(index[cases[n].order[1]], input);
                assert_int_equal(index[cases[n].order[2]], 0);
                assert_int_equal(index[cases[n].order[3]], 0);
                w = weight_at(&m, row, col);
                if (output + input > 0) /* where the cursor is not */
                    assert_int_equal(c.at[y * c.width + x].role,
                                     pixels_signed(w / (3 * weight_size(&m.settings.recipe))));
                checked++;
            }
        }
        assert_true(checked >= 40);
        cells_free(&c);
        model_free(&m);
    }
}

/* Every pixel of a unit's picture is the weight of that unit there. */
static void units_are_square(void **state)
{
    model m;
    cells c;
    int checked = 0;
    (void)state;
    begin(&m, "rows 8; cols 784; view images; zoom; goto 7,783", 120, 40);
    assert_true(cells_init(&c, 120, 40, false));
    screen_draw(&m, &c);
    const rect inside = layout_inside(layout_make(&m, 120, 40).pane[0]);
    for (int y = inside.y; y < inside.y + inside.height; y++) {
        for (int x = inside.x; x < inside.x + inside.width; x++) {
            uint64_t row, col;
            const cell *at = &c.at[y * c.width + x];
            if (!matrix_images_at(&m, inside, x, y, &row, &col) || row == 7)
                continue;
            const double scale = 3 * weight_size(&m.settings.recipe);
            assert_int_equal(at->role, pixels_signed(weight_at(&m, row, col) / scale));
            assert_int_equal(at->paper, pixels_signed(weight_at(&m, row, col + 28) / scale));
            checked++;
        }
    }
    assert_int_equal(checked, 7 * 28 * 14);
    cells_free(&c);
    model_free(&m);
}

static void what_has_images(void **state)
{
    static const struct {
        const char *line;
        bool has;
    } cases[] = {
        {"rows 10; cols 10", false},
        {"rows 10; cols 63", false},
        {"rows 10; cols 64", true},
        {"rows 784; cols 10; fan-in rows", true},
        {"rows 10; cols 784; fan-in rows", false},
        {"shape 16,3,3,3", true},
        {"shape 16,3,1,1", false},
        {"shape 16,3,5", true},
        {"shape 4,3,300,300", false},
        {"shape 4,3,2,2,2", false},
        {"shape 0,3,3,3", false},
        {"shape 16", false},
    };
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        model m;
        begin(&m, cases[n].line, 80, 24);
        if (matrix_images_fit(&m) != cases[n].has)
            fail_msg("%s", cases[n].line);
        model_free(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_are_where_their_numbers_say),
        cmocka_unit_test(units_are_square),
        cmocka_unit_test(what_has_images),
    };
    return cmocka_run_group_tests_name("images", tests, NULL, NULL);
}
