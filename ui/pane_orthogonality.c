/* The matrix drawn normal and orthogonal: how evenly each treats all directions. */
#include "chart.h"
#include "pane_draw.h"

#include <math.h>
#include <stdio.h>

/* Singular values, over their largest, as bars from the first to the last. */
static void draw_singular_values(cells *c, rect area, const double *values, size_t count)
{
    for (int x = 0; x < area.width && count > 0; x++) {
        size_t n = (size_t)x * (count - 1) / (size_t)(area.width > 1 ? area.width - 1 : 1);
        chart_bar(c, area.x + x, area.y + area.height - 1, area.height, values[n] / values[0],
                  ROLE_BAR);
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

/* One of the two matrices in its half of the pane. */
static void draw_half(const model *m, cells *c, rect half, const char *name, double condition,
                      const double *values, const double *gram)
{
    const spectrum_result *s = &m->results.spectrum;
    int bars = half.height >= 12 ? (half.height - 4) / 3 : half.height - 2;
    rect curve = {half.x, half.y + 2, half.width - 2, bars > 0 ? bars : 0};
    cells_print(c, half, half.x, half.y, ROLE_TEXT, 0, "%s", name);
    cells_print(c, half, half.x, half.y + 1, ROLE_DIM, 0, "condition %.6g", condition);
    draw_singular_values(c, curve, values, s->count);
    if (half.height >= 12) {
        int y = curve.y + curve.height;
        cells_text(c, half, half.x, y, ROLE_DIM, 0, "singular values; Gram matrix");
        draw_gram(c, (rect){half.x, y + 1, half.width - 2, half.y + half.height - y - 1}, gram,
                  s->gram_side);
    }
}

void pane_orthogonality_draw(const model *m, cells *c, rect inside)
{
    const spectrum_result *s = &m->results.spectrum;
    if (!m->results.has[PIECE_SPECTRUM]) {
        pane_draw_waiting(c, inside);
        return;
    }
    if (s->refusal[0] != '\0') {
        cells_text(c, inside, inside.x + 1, inside.y, ROLE_DIM, 0, s->refusal);
        return;
    }
    int middle = inside.width / 2;
    rect left = {inside.x + 1, inside.y + 1, middle - 1, inside.height - 1};
    rect right = {inside.x + middle + 1, inside.y + 1, inside.width - middle - 1,
                  inside.height - 1};
    cells_print(c, inside, inside.x + 1, inside.y, ROLE_ACCENT, 0,
                "%.1f times better conditioned; max |QtQ - I| = %.1e",
                s->condition_normal / s->condition_orthogonal, s->gram_deviation);
    draw_half(m, c, left, "normal", s->condition_normal, s->normal, s->gram_normal);
    draw_half(m, c, right, "orthogonal", s->condition_orthogonal, s->orthogonal,
              s->gram_orthogonal);
}
