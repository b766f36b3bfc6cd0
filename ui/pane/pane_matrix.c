/* The matrix itself: numbers or a heat map, of any size, since only what shows is made. */
#include "text/chart.h"
#include "pane/pane.h"
#include "pane/pane_draw.h"
#include "option/place.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The heat map's colours end at so many standard deviations. */
#define HEAT_SPAN 3

/* Lower panes keep their last row for weights. */
#define LEGEND_HEIGHT 6

void pane_draw_waiting(cells *c, rect inside)
{
    cells_text(c, inside, inside.x + 1, inside.y + inside.height / 2, ROLE_DIM, 0, "computing ...");
}

/* Columns of a weight as a number: two figures of the standard deviation and more where there is
 * room. */
static int decimals(const model *m, rect inside)
{
    double std = detinit_recipe_std(&m->settings.recipe);
    int needed = (int)ceil(1.5 - log10(std));
    if (inside.width >= 76)
        needed += 2;
    return needed < 3 ? 3 : needed;
}

/* Beyond six decimals powers of ten read better. */
static bool scientific(const model *m, rect inside)
{
    return decimals(m, inside) > 8 || detinit_recipe_std(&m->settings.recipe) >= 100;
}

static int digits(uint64_t value)
{
    int count = 1;
    while (value >= 10) {
        value /= 10;
        count++;
    }
    return count;
}

matrix_grid pane_matrix_grid(const model *m, rect inside)
{
    matrix_grid g = {.label = place_row_width(&m->settings.recipe) + 2};
    uint64_t last = m->view.left + (uint64_t)(inside.width > 0 ? inside.width : 0);
    int heading = digits(last < model_cols(m) ? last : model_cols(m) - 1) + 1;
    g.width = m->view.matrix == MATRIX_HEAT ? 3
              : scientific(m, inside)       ? 11
                                            : decimals(m, inside) + 4;
    if (m->view.matrix == MATRIX_NUMBERS && heading > g.width)
        g.width = heading;
    if (g.label > inside.width / 2)
        g.label = inside.width / 2;
    g.legend = m->view.matrix == MATRIX_HEAT && inside.height >= LEGEND_HEIGHT;
    g.rows = inside.height > 1 ? (uint64_t)inside.height - (g.legend ? 2 : 1) : 0;
    g.cols = inside.width > g.label ? (uint64_t)((inside.width - g.label) / g.width) : 0;
    if (g.rows > model_rows(m))
        g.rows = model_rows(m);
    if (g.cols > model_cols(m))
        g.cols = model_cols(m);
    return g;
}

static void draw_headings(const model *m, cells *c, rect inside, const matrix_grid *g)
{
    for (uint64_t col = 0; col < g->cols; col++) {
        uint64_t index = m->view.left + col;
        bool heat = m->view.matrix == MATRIX_HEAT;
        if (!heat || digits(index) < g->width || index % 10 == 0)
            cells_print(c, inside, inside.x + g->label + (int)col * g->width, inside.y, ROLE_DIM, 0,
                        "%*llu", g->width, (unsigned long long)(heat ? index % 100 : index));
    }
    for (uint64_t row = 0; row < g->rows; row++) {
        char label[PLACE_TEXT + 2], text[PLACE_TEXT];
        snprintf(label, sizeof label, "%*s ", g->label - 1,
                 place_row_text(&m->settings.recipe, m->view.top + row, text, sizeof text));
        size_t extra = strlen(label) > (size_t)g->label ? strlen(label) - (size_t)g->label : 0;
        cells_text(c, inside, inside.x, inside.y + 1 + (int)row, ROLE_DIM, 0, label + extra);
    }
}

/* A weight's colour and figure are its size in standard deviations. */
static void draw_heat(cells *c, rect inside, int x, int y, double sigmas, bool at_cursor)
{
    char sign = fabs(sigmas) < 0.5 ? ' ' : sigmas < 0 ? '-' : '+';
    cells_print(c, inside, x, y, at_cursor ? ROLE_TEXT : chart_heat(sigmas / HEAT_SPAN),
                at_cursor ? ATTR_REVERSE | ATTR_BOLD : 0, " %c%.0f", sign, fabs(sigmas));
}

/* What the colours mean, in the last row. */
static void draw_legend(cells *c, rect inside, int x)
{
    int y = inside.y + inside.height - 1;
    for (int sigmas = -HEAT_SPAN; sigmas <= HEAT_SPAN; sigmas++, x += 3)
        draw_heat(c, inside, x, y, sigmas, false);
    cells_text(c, inside, x + 1, y, ROLE_DIM, 0, "standard deviations");
}

static void draw_weight(const model *m, cells *c, rect inside, int x, int y, int width, double w,
                        bool at_cursor)
{
    unsigned attributes = at_cursor ? ATTR_REVERSE : 0;
    if (m->view.matrix == MATRIX_HEAT)
        draw_heat(c, inside, x, y, w / detinit_recipe_std(&m->settings.recipe), at_cursor);
    else if (scientific(m, inside))
        cells_print(c, inside, x, y, ROLE_TEXT, attributes, "%*.2e", width, w);
    else
        cells_print(c, inside, x, y, ROLE_TEXT, attributes, "%*.*f", width, decimals(m, inside), w);
}

void pane_matrix_draw(const model *m, cells *c, rect inside)
{
    matrix_grid g = pane_matrix_grid(m, inside);
    if (m->results.matrix == NULL) {
        pane_draw_waiting(c, inside);
        return;
    }
    double *weights = malloc((size_t)(g.cols + 1) * sizeof *weights);
    draw_headings(m, c, inside, &g);
    for (uint64_t row = 0; row < g.rows && weights != NULL; row++) {
        if (detinit_matrix_window(m->results.matrix, m->view.top + row, m->view.left, 1,
                                  (size_t)g.cols, weights, (size_t)g.cols) != DETINIT_OK)
            break;
        for (uint64_t col = 0; col < g.cols; col++)
            draw_weight(m, c, inside, inside.x + g.label + (int)col * g.width,
                        inside.y + 1 + (int)row, g.width, weights[col],
                        m->view.top + row == m->view.row && m->view.left + col == m->view.col);
    }
    free(weights);
    if (g.legend)
        draw_legend(c, inside, inside.x + g.label);
}

/* "columns 0-5 of 20", or nothing where all are shown. Returns its length. */
static int describe_range(char *buffer, size_t size, const char *what, uint64_t first,
                          uint64_t shown, uint64_t total)
{
    if (shown >= total)
        return 0;
    return snprintf(buffer, size, "%s %llu-%llu of %llu", what, (unsigned long long)first,
                    (unsigned long long)(first + shown - 1), (unsigned long long)total);
}

void pane_matrix_note(const model *m, rect inside, char *buffer, size_t size)
{
    matrix_grid g = pane_matrix_grid(m, inside);
    char rows[96] = "", text[256], place[PLACE_TEXT];
    const view *v = &m->view;
    text[0] = '\0';
    int length = describe_range(text, sizeof text, "columns", v->left, g.cols, model_cols(m));
    describe_range(rows, sizeof rows, "rows", v->top, g.rows, model_rows(m));
    length += snprintf(text + length, sizeof text - (size_t)length, "%s%s",
                       text[0] != '\0' && rows[0] != '\0' ? ", " : "", rows);
    if (length + 6 <= inside.width)
        snprintf(buffer, size, "%s", text);
    else
        snprintf(buffer, size, "at %s",
                 place_text(&m->settings.recipe, v->row, v->col, place, sizeof place));
}
