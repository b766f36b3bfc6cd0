/* The matrix drawn normal and orthogonal: how evenly each treats all directions. */
#include "option/figure_text.h"
#include "text/chart.h"
#include "pane/pane.h"
#include "pane/pane_matrix.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* From this height on the Gram matrix stands below the curve; from this width on, beside it. */
#define STACKED_HEIGHT 12
#define BESIDE_WIDTH   26

/* Singular values, over their largest, as bars from the first to the last. */
static void draw_singular_values(cells *c, rect area, const double *values, size_t count)
{
    for (int x = 0; x < area.width && count > 0; x++) {
        size_t n = (size_t)x * (count - 1) / (size_t)(area.width > 1 ? area.width - 1 : 1);
        chart_bar(c, area.x + x, area.y + area.height - 1, area.height,
                  values[0] > 0 ? values[n] / values[0] : 0, ROLE_BAR);
    }
}

/* The Gram matrix, or every k-th of its rows and columns; a place is two columns wide. */
static void draw_gram(cells *c, rect area, const double *gram, size_t side)
{
    int shown = area.width / 2 < area.height ? area.width / 2 : area.height;
    if ((size_t)shown > side)
        shown = (int)side;
    for (int y = 0; y < shown; y++) {
        for (int x = 0; x < shown; x++) {
            size_t row = (size_t)y * side / (size_t)shown, col = (size_t)x * side / (size_t)shown;
            double value = gram[row * side + col];
            unsigned heat = chart_heat(value);
            uint32_t mark = fabs(value) < 0.15  ? ' '
                            : value < 0         ? '-'
                            : fabs(value) > 0.6 ? '#'
                                                : '+';
            cells_put(c, area.x + 2 * x, area.y + y, mark, heat, 0);
            cells_put(c, area.x + 2 * x + 1, area.y + y, mark, heat, 0);
        }
    }
}

/* Below the curve, or beside it where the pane is low; nowhere where it is narrow too. */
static void draw_curve_and_gram(const spectrum_result *s, cells *c, rect half, const double *values,
                                const double *gram)
{
    rect curve = {half.x, half.y + 1, half.width - 2, half.height - 1};
    rect map = {half.x, half.y + half.height, half.width - 2, 0};
    if (half.height >= STACKED_HEIGHT) {
        curve.height = (half.height - 2) / 3;
        map.y = curve.y + curve.height + 1;
        map.height = half.y + half.height - map.y;
    } else if (half.width >= BESIDE_WIDTH) {
        map = (rect){half.x + half.width - 2 - 2 * curve.height, curve.y, 2 * curve.height,
                     curve.height};
        curve.width -= map.width + 1;
    }
    if (map.height == 0) {
        draw_singular_values(c, half, values, s->count);
        return;
    }
    draw_singular_values(c, curve, values, s->count);
    cells_text(c, half, half.x, half.y, ROLE_DIM, 0,
               half.height >= STACKED_HEIGHT ? "singular values" : "sing. val.");
    cells_text(c, half, map.x, map.y - 1, ROLE_DIM, 0, "Gram matrix");
    draw_gram(c, map, gram, s->gram_side);
}

/* One of the two matrices in its half of the pane. */
static void draw_half(const spectrum_result *s, cells *c, rect half, const char *name,
                      double condition, const double *values, const double *gram)
{
    rect pictures = {half.x, half.y + 1, half.width, half.height - 1};
    int x = half.x + cells_print(c, half, half.x, half.y, ROLE_TEXT, ATTR_BOLD, "%s", name);
    if (half.width >= (int)strlen(name) + 18) {
        cells_print(c, half, x + 2, half.y, ROLE_DIM, 0, "condition %.5g", condition);
    } else {
        cells_print(c, half, half.x, half.y + 1, ROLE_DIM, 0, "cond. %.4g", condition);
        pictures.y++;
        pictures.height--;
    }
    if (pictures.height > 0)
        draw_curve_and_gram(s, c, pictures, values, gram);
}

/* How much better it is, how near to orthogonal without its gain, and the gain. */
static void draw_verdict(const model *m, cells *c, rect inside)
{
    const spectrum_result *s = &m->results.spectrum;
    const detinit_recipe *recipe = &m->settings.recipe;
    const double better = s->condition_normal / s->condition_orthogonal;
    char text[FIGURE_TEXT];
    int x = inside.x + 1;
    if (isfinite(better))
        x += cells_print(c, inside, x, inside.y, ROLE_ACCENT, 0, "%.1f times better conditioned, ",
                         better);
    x += cells_print(c, inside, x, inside.y, ROLE_DIM, 0, "max |%s| %.1e",
                     gram_less_i_text(recipe, text), s->gram_deviation);
    snprintf(text, sizeof text, ", gain %.6g", detinit_recipe_orthogonal_gain(recipe));
    if (x + (int)strlen(text) <= inside.x + inside.width)
        cells_text(c, inside, x, inside.y, ROLE_DIM, 0, text);
}

static void draw(const model *m, cells *c, rect inside)
{
    const spectrum_result *s = &m->results.spectrum;
    if (s->refusal[0] != '\0') {
        cells_text(c, inside, inside.x + 1, inside.y, ROLE_DIM, 0, s->refusal);
        return;
    }
    int middle = inside.width / 2;
    rect left = {inside.x + 1, inside.y + 1, middle - 1, inside.height - 1};
    rect right = {inside.x + middle + 1, inside.y + 1, inside.width - middle - 1,
                  inside.height - 1};
    draw_verdict(m, c, inside);
    draw_half(s, c, left, "normal", s->condition_normal, s->normal, s->gram_normal);
    draw_half(s, c, right, "orthogonal", s->condition_orthogonal, s->orthogonal,
              s->gram_orthogonal);
}

const pane pane_orthogonality = {
    .name = "orthogonality",
    .title = "Orthogonality",
    .pieces = 1u << PIECE_SPECTRUM,
    .draw = draw,
    .move = matrix_move,
};
