/* The matrix itself: numbers or a heat map, of any size, since only what shows is made. */
#include "text/pixels.h"
#include "pane/pane_matrix.h"

#include "model/viewing.h"
#include "pane/pane.h"
#include "pane/pane_matrix_afar.h"
#include "pane/pane_matrix_images.h"
#include "option/place.h"
#include "option/recipe_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The heat map's colours end at so many standard deviations. */
#define HEAT_SPAN 3

/* Where numbers leave so much room all of the matrix is shown there from afar, or as pictures. */
#define REST_WIDTH  100
#define REST_HEIGHT 14

/* Lower panes keep their last row for weights. */
#define LEGEND_HEIGHT 6

enum { VIEW_NUMBERS, VIEW_HEAT, VIEW_AFAR, VIEW_EXTREMES, VIEW_IMAGES };

matrix_window matrix_window_shown(const model *m)
{
    return *(const matrix_window *)pane_state(m, &pane_matrix);
}

static bool is_heat(const model *m)
{
    return pane_view_now(m, &pane_matrix) == VIEW_HEAT;
}

static bool is_afar(const model *m)
{
    const int now = pane_view_now(m, &pane_matrix);
    return now == VIEW_AFAR || now == VIEW_EXTREMES;
}

static bool is_images(const model *m)
{
    return pane_view_now(m, &pane_matrix) == VIEW_IMAGES;
}

/* Columns of a weight as a number: two figures of the standard deviation and more where there is
 * room. */
static int decimals(const model *m, rect inside)
{
    double std = weight_size(viewing_law(m));
    int needed = (int)ceil(1.5 - log10(std));
    if (viewing_is_whole(m))
        return 0;
    if (inside.width >= 76)
        needed += 2;
    return needed < 3 ? 3 : needed;
}

/* Beyond six decimals powers of ten read better. */
static bool scientific(const model *m, rect inside)
{
    return decimals(m, inside) > 8 || weight_size(viewing_law(m)) >= 100 ||
           fabs(viewing_law(m)->mean) >= 100;
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

/* How the inside is divided. */
typedef struct matrix_grid {
    int label, width;    /* columns of a row's heading, and of a weight */
    uint64_t rows, cols; /* weights that fit */
    bool legend;         /* the last row tells what the colours mean */
} matrix_grid;

static matrix_grid grid_of(const model *m, rect inside)
{
    matrix_grid g = {.label = viewing_row_width(m) + 2};
    uint64_t last = matrix_window_shown(m).left + (uint64_t)(inside.width > 0 ? inside.width : 0);
    int heading = digits(last < model_cols(m) ? last : model_cols(m) - 1) + 1;
    g.width = is_heat(m)                                     ? 3
              : viewing_is_whole(m) || scientific(m, inside) ? 11
                                                             : decimals(m, inside) + 4;
    if (!is_heat(m) && heading > g.width)
        g.width = heading;
    if (g.label > inside.width / 2)
        g.label = inside.width / 2;
    g.legend = is_heat(m) && inside.height >= LEGEND_HEIGHT;
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
    const matrix_window shown = matrix_window_shown(m);
    for (uint64_t col = 0; col < g->cols; col++) {
        uint64_t index = shown.left + col;
        bool heat = is_heat(m);
        if (!heat || digits(index) < g->width || index % 10 == 0)
            cells_print(c, inside, inside.x + g->label + (int)col * g->width, inside.y, ROLE_DIM, 0,
                        "%*llu", g->width, (unsigned long long)(heat ? index % 100 : index));
    }
    for (uint64_t row = 0; row < g->rows; row++) {
        char label[PLACE_TEXT + 2], text[PLACE_TEXT];
        snprintf(label, sizeof label, "%*s ", g->label - 1,
                 viewing_row_text(m, shown.top + row, text, sizeof text));
        size_t extra = strlen(label) > (size_t)g->label ? strlen(label) - (size_t)g->label : 0;
        cells_text(c, inside, inside.x, inside.y + 1 + (int)row, ROLE_DIM, 0, label + extra);
    }
}

/* A weight's colour and figure are its size in standard deviations. */
static void draw_heat(cells *c, int x, int y, double sigmas, bool at_cursor)
{
    const double size = fmin(fabs(sigmas), 9);
    const unsigned paper = pixels_signed(isnan(sigmas) ? 0 : sigmas / HEAT_SPAN);
    char text[8];
    snprintf(text, sizeof text, " %c%.0f",
             size < 0.5   ? ' '
             : sigmas < 0 ? '-'
                          : '+',
             isnan(size) ? 0 : size);
    for (int n = 0; text[n] != '\0'; n++)
        cells_put_on(c, x + n, y, (uint32_t)text[n], at_cursor ? ROLE_TEXT : ROLE_READABLE,
                     at_cursor ? ROLE_TEXT : paper, at_cursor ? ATTR_REVERSE | ATTR_BOLD : 0);
}

/* What colours count from. */
static double mean_of(const detinit_recipe *r)
{
    return detinit_recipe_is_drawn(r) ? r->mean : 0;
}

/* What the colours mean, in the last row. */
static void draw_legend(cells *c, rect inside, int x, const detinit_recipe *r)
{
    int y = inside.y + inside.height - 1;
    const int left = inside.x + inside.width - x - 3 * (2 * HEAT_SPAN + 1);
    if (left < 0)
        return;
    for (int sigmas = -HEAT_SPAN; sigmas <= HEAT_SPAN; sigmas++, x += 3)
        draw_heat(c, x, y, sigmas, false);
    char size[48];
    const char *const texts[] = {"standard deviations", "std", NULL};
    const char *const sizes[] = {size, NULL};
    snprintf(size, sizeof size, "times %.6g", weight_size(r));
    cells_text(c, inside, x + 1, y, ROLE_DIM, 0,
               cells_fitting(left - 1, detinit_mode_is_drawn(r->mode) ? texts : sizes));
}

static void draw_weight(const model *m, cells *c, rect inside, int x, int y, int width, double w,
                        bool at_cursor)
{
    const detinit_recipe *r = viewing_law(m);
    unsigned attributes = at_cursor ? ATTR_REVERSE : 0;
    if (is_heat(m))
        draw_heat(c, x, y, (w - mean_of(r)) / weight_size(r), at_cursor);
    else if (viewing_is_whole(m) ? fabs(w) >= 1e9 : scientific(m, inside))
        cells_print(c, inside, x, y, ROLE_TEXT, attributes, "%*.2e", width, w);
    else
        cells_print(c, inside, x, y, ROLE_TEXT, attributes, "%*.*f", width, decimals(m, inside), w);
}

static void draw_afar(const model *m, cells *c, rect inside)
{
    matrix_afar_draw(m, c, inside, AFAR_MEAN);
}

static void draw_extremes(const model *m, cells *c, rect inside)
{
    matrix_afar_draw(m, c, inside, AFAR_EXTREME);
}

/* Where numbers leave room for it; a heat map needs no other. */
static void draw_rest(const model *m, cells *c, rect inside, const matrix_grid *g)
{
    const int lines = (int)g->rows + 2, columns = g->label + (int)g->cols * g->width + 2;
    const rect below = {inside.x, inside.y + lines, inside.width, inside.height - lines};
    const rect beside = {inside.x + columns, inside.y, inside.width - columns, inside.height};
    if (is_heat(m))
        return;
    if (below.width >= REST_WIDTH && below.height >= REST_HEIGHT)
        matrix_afar_draw(m, c, below, AFAR_MEAN);
    else if (beside.width >= REST_WIDTH && beside.height >= REST_HEIGHT)
        (matrix_images_fit(m) ? matrix_images_draw : draw_afar)(m, c, beside);
}

static void draw(const model *m, cells *c, rect inside)
{
    const matrix_window shown = matrix_window_shown(m);
    matrix_grid g = grid_of(m, inside);
    double *weights = malloc((size_t)(g.cols + 1) * sizeof *weights);
    draw_headings(m, c, inside, &g);
    for (uint64_t row = 0; row < g.rows && weights != NULL; row++) {
        if (!viewing_window(m, shown.top + row, shown.left, 1, (size_t)g.cols, weights,
                            (size_t)g.cols))
            break;
        for (uint64_t col = 0; col < g.cols; col++)
            draw_weight(m, c, inside, inside.x + g.label + (int)col * g.width,
                        inside.y + 1 + (int)row, g.width, weights[col],
                        shown.top + row == m->view.row && shown.left + col == m->view.col);
    }
    free(weights);
    if (g.legend)
        draw_legend(c, inside, inside.x + g.label, viewing_law(m));
    draw_rest(m, c, inside, &g);
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

static void note(const model *m, rect inside, char *buffer, size_t size)
{
    matrix_grid g = grid_of(m, inside);
    char rows[96] = "", text[256], place[PLACE_TEXT];
    const view *v = &m->view;
    const matrix_window shown = matrix_window_shown(m);
    if (is_afar(m)) {
        matrix_afar_note(m, inside, buffer, size);
        return;
    }
    if (is_images(m)) {
        matrix_images_note(m, inside, buffer, size);
        return;
    }
    text[0] = '\0';
    int length = describe_range(text, sizeof text, "columns", shown.left, g.cols, model_cols(m));
    describe_range(rows, sizeof rows, "rows", shown.top, g.rows, model_rows(m));
    length += snprintf(text + length, sizeof text - (size_t)length, "%s%s",
                       text[0] != '\0' && rows[0] != '\0' ? ", " : "", rows);
    if (length + 6 <= inside.width)
        snprintf(buffer, size, "%s", text);
    else
        snprintf(buffer, size, "at %s", viewing_place_text(m, v->row, v->col, place, sizeof place));
}

/* ---------------------------------------------------------------- scrolling */

/* The first index shown, so that the cursor is among the `room` that fit. */
static uint64_t scrolled(uint64_t first, uint64_t cursor, uint64_t room, uint64_t total)
{
    if (cursor < first)
        first = cursor;
    if (cursor - first >= room)
        first = cursor - room + 1;
    if (total <= room)
        return 0;
    return first > total - room ? total - room : first;
}

static void fit(model *m, rect inside)
{
    matrix_window *w = pane_state_to_change(m, &pane_matrix);
    /* How many columns fit depends on where they begin: larger numbers head wider columns. */
    for (int n = 0; n < 3; n++) {
        matrix_grid grid = grid_of(m, inside);
        w->rows = grid.rows > 0 ? grid.rows : 1;
        w->cols = grid.cols > 0 ? grid.cols : 1;
        w->top = scrolled(w->top, m->view.row, w->rows, model_rows(m));
        w->left = scrolled(w->left, m->view.col, w->cols, model_cols(m));
    }
}

void matrix_move(model *m, motion by)
{
    const uint64_t page = matrix_window_shown(m).rows;
    uint64_t row = motion_apply(m->view.row, by.rows, 1, model_rows(m));
    row = motion_apply(row, by.pages, page > 0 ? page : 1, model_rows(m));
    model_move_to(m, row, motion_apply(m->view.col, by.cols, 1, model_cols(m)));
}

/* The cursor goes to the weight there, if there is one. */
static void click(model *m, rect inside, int x, int y)
{
    const matrix_window shown = matrix_window_shown(m);
    const matrix_grid grid = grid_of(m, inside);
    uint64_t first_row, first_col;
    if (is_afar(m) || is_images(m)) {
        if ((is_afar(m) ? matrix_afar_at : matrix_images_at)(m, inside, x, y, &first_row,
                                                             &first_col))
            model_move_to(m, first_row, first_col);
        return;
    }
    int right = x - inside.x - grid.label, down = y - inside.y - 1;
    if (right < 0 || down < 0 || (uint64_t)down >= grid.rows)
        return;
    const uint64_t row = shown.top + (uint64_t)down, across = (uint64_t)(right / grid.width);
    if (row < model_rows(m) && across < grid.cols && shown.left + across < model_cols(m))
        model_move_to(m, row, shown.left + across);
}

/* "[0,i,j,2] of 8 x 3 x 5 x 5": the dimensions that are shown, and the indices of the others. */
static void put_table(const model *m, char *buffer, size_t size)
{
    const detinit_recipe *r = &m->settings.recipe;
    const table_choice *t = &m->viewed.table;
    char shape[PLACE_TEXT];
    size_t length = (size_t)snprintf(buffer, size, "[");
    for (size_t d = 0; d < r->rank && length < size; d++)
        length += (size_t)(d == t->rows || d == t->cols
                               ? snprintf(buffer + length, size - length, "%s%c", d > 0 ? "," : "",
                                          d == t->rows ? 'i' : 'j')
                               : snprintf(buffer + length, size - length, "%s%llu",
                                          d > 0 ? "," : "", (unsigned long long)t->at[d]));
    if (length < size)
        snprintf(buffer + length, size - length, "] of %s",
                 shape_text(r, " x ", shape, sizeof shape));
}

/* "10 x 20", "64 x 32 x 3 x 3 as 6144 x 3". */
static void subject(const model *m, char *buffer, size_t size)
{
    char shape[PLACE_TEXT];
    const detinit_recipe *recipe = &m->settings.recipe;
    int length = snprintf(buffer, size, "%s", shape_text(recipe, " x ", shape, sizeof shape));
    if (viewing_is_table(m))
        put_table(m, buffer, size);
    else if (recipe->rank != 2 && (size_t)length < size)
        snprintf(buffer + length, size - (size_t)length, " as %llu x %llu",
                 (unsigned long long)model_rows(m), (unsigned long long)model_cols(m));
}

static const pane_view views[] = {
    [VIEW_NUMBERS] = {.name = "numbers", .in_help = true},
    [VIEW_HEAT] = {.name = "heat", .in_help = true},
    [VIEW_AFAR] = {.name = "afar", .in_help = true, .draw = draw_afar},
    [VIEW_EXTREMES] = {.name = "extremes", .in_help = true, .draw = draw_extremes},
    [VIEW_IMAGES] = {.name = "images",
                     .in_help = true,
                     .fits = matrix_images_fit,
                     .draw = matrix_images_draw},
    {.name = NULL},
};

static const char about[] =
    "The weights of one layer. Rows are its outputs and columns its inputs; a tensor of "
    "more dimensions is unrolled into rows. Each weight follows from the seed, the layer "
    "and its own place alone, so only those on the screen are made, and a matrix of any "
    "size opens at once.\n"
    "heat colours each weight by its distance from the mean, in standard deviations; afar "
    "shows the whole matrix, a pixel for a block of weights; extremes shows the largest of "
    "each block; images shows kernels, and the inputs of units that look at square images, as "
    "pictures. All should look like noise: stripes or patches would be a fault.";

static const char *const words[] = {"fan_in", "fan_out", "std", "seed", "mode", NULL};

const pane pane_matrix = {
    .name = "matrix",
    .title = "Matrix",
    .faced = true,
    .about = about,
    .words = words,
    .state = sizeof(matrix_window),
    .pieces = 1u << PIECE_MATRIX,
    .views = views,
    .subject = subject,
    .fit = fit,
    .draw = draw,
    .note = note,
    .move = matrix_move,
    .shows_cursor = true,
    .click = click,
};
