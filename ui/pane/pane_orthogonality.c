/* The matrix drawn normal and orthogonal: how evenly each treats all directions. */
#include "option/figure_text.h"
#include "model/viewing.h"
#include "text/pixels.h"
#include "text/plot.h"
#include "pane/pane.h"
#include "pane/pane_matrix.h"
#include "pane/pane_spectrum.h"
#include "verb/command_line.h"
#include "verb/verb.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From this width on the Gram matrices stand beside the curves; from this height on, below. */
#define BESIDE_WIDTH   72
#define STACKED_HEIGHT 13
#define STACKED_WIDTH  24

/* Between pictures. */
#define GAP 2

/* Columns of colours in the legend. */
#define LEGEND 9

enum { NORMAL, ORTHOGONAL, SIDES };

/* One of the two matrices. */
typedef struct side {
    const char *name;
    unsigned role;
    char mark;
    double condition;
    const double *values, *gram;
} side;

static void describe_sides(const model *m, side sides[SIDES])
{
    const spectrum *s = &m->results.spectrum;
    sides[NORMAL] = (side){spectrum_drawn_name(m), ROLE_DRAWN, '*',
                           s->condition_normal,    s->normal,  s->gram_normal};
    sides[ORTHOGONAL] = (side){"orthogonal",  ROLE_ORTHOGONAL,   'o', s->condition_orthogonal,
                               s->orthogonal, s->gram_orthogonal};
}

/* ------------------------------------------------------------------- curves */

/* Singular values from the largest to the smallest, both matrices on one axis. */
static void draw_curves(const spectrum *s, cells *c, rect area, const side sides[SIDES])
{
    axis numbers = {.low = 1,
                    .high = s->count > 1 ? (double)s->count : 2,
                    .whole = true,
                    .name = area.width >= 40 ? "singular values" : NULL};
    axis values = {.low = 0, .high = fmax(s->normal[0], s->orthogonal[0]) * 1.02};
    double *x = malloc(s->count * sizeof *x);
    series both[SIDES];
    if (x == NULL || !(values.high > 0) || area.width <= 0 || area.height <= 0) {
        free(x);
        return;
    }
    for (size_t n = 0; n < s->count; n++)
        x[n] = (double)n + 1;
    for (int n = 0; n < SIDES; n++)
        both[n] = (series){.role = sides[n].role,
                           .mark = sides[n].mark,
                           .x = x,
                           .y = sides[n].values,
                           .count = (int)s->count};
    plot_all(c, area, numbers, values, both, SIDES);
    free(x);
}

/* --------------------------------------------------------------------- maps */

typedef struct gram_map {
    const double *gram;
    size_t side;          /* of the Gram matrix that is kept */
    int shown, magnified; /* rows of it, each so many pixels */
} gram_map;

static unsigned gram_pixel(const void *data, int row, int col)
{
    const gram_map *g = data;
    const size_t r = (size_t)(row / g->magnified) * g->side / (size_t)g->shown;
    const size_t k = (size_t)(col / g->magnified) * g->side / (size_t)g->shown;
    return pixels_signed(g->gram[r * g->side + k]);
}

/* The Gram matrix, or every k-th of its rows and columns, below what it is of. */
static void draw_gram(const spectrum *s, cells *c, rect area, const side *one)
{
    const rect map = {area.x, area.y + 1, area.width, area.height - 1};
    const int room = map.width < 2 * map.height ? map.width : 2 * map.height;
    gram_map g = {.gram = one->gram, .side = s->gram_side, .shown = room, .magnified = 1};
    char text[80];
    if (room < 2)
        return;
    if ((size_t)room >= s->gram_side) {
        g.shown = (int)s->gram_side;
        g.magnified = room / g.shown;
    }
    snprintf(text, sizeof text, "Gram, %s", one->name);
    if ((int)strlen(text) > area.width)
        snprintf(text, sizeof text, "%s", one->name);
    cells_text(c, area, area.x, area.y, one->role, 0, text);
    pixels_draw(c, map, g.shown * g.magnified, g.shown * g.magnified, gram_pixel, &g);
}

/* How much of the matrices the maps show, and what their colours mean, below both. */
static void draw_key(const spectrum *s, cells *c, rect line, int room)
{
    char text[80];
    const size_t shown = (size_t)room < s->gram_side ? (size_t)room : s->gram_side;
    int x = line.x + pixels_legend(c, line, line.x, line.y, LEGEND, ROLE_SIGNED,
                                   c->ascii ? "-1" : "−1", "1");
    snprintf(text, sizeof text, "  %zu of %zu rows", shown, s->count);
    if (shown < s->count && x + (int)strlen(text) <= line.x + line.width)
        cells_text(c, line, x, line.y, ROLE_DIM, 0, text);
}

/* Both maps, one beside the other. */
static void draw_maps(const spectrum *s, cells *c, rect area, const side sides[SIDES])
{
    const int width = (area.width - GAP) / 2, height = area.height - 1;
    const int room = width < 2 * (height - 1) ? width : 2 * (height - 1);
    if (room < 2)
        return;
    const int drawn =
        (size_t)room >= s->gram_side ? room / (int)s->gram_side * (int)s->gram_side : room;
    const int step = width + GAP < drawn + 4 * GAP + 10 ? width + GAP : drawn + 4 * GAP + 10;
    for (int n = 0; n < SIDES; n++)
        draw_gram(s, c, (rect){area.x + n * step, area.y, width < step ? width : step - 1, height},
                  &sides[n]);
    draw_key(s, c, (rect){area.x, area.y + 1 + (drawn + 1) / 2, area.width, 1}, room);
}

/* --------------------------------------------------------------------- pane */

/* "normal  condition 45.2", in the colour of its curve. Returns its columns. */
static int draw_condition(cells *c, rect area, int x, int y, const side *one)
{
    const int begun = x;
    cells_put(c, x, y, c->ascii ? (uint32_t)one->mark : 0x2501, one->role, 0);
    x += 2 + cells_text(c, area, x + 2, y, one->role, ATTR_BOLD, one->name);
    x += cells_print(c, area, x, y, ROLE_DIM, 0, area.width >= 32 ? "  condition %.4g" : " %.4g",
                     one->condition);
    return x - begun;
}

/* Text where all of it fits. Returns its columns. */
static int put(cells *c, rect area, int x, int y, unsigned role, const char *text)
{
    if (cells_columns(text, strlen(text)) > area.x + area.width - x)
        return 0;
    return cells_text(c, area, x, y, role, 0, text);
}

/* What of a file's tensor chance hardly makes: the largest singular value may lie at the edge. */
static void draw_beyond(const spectrum *s, cells *c, rect area)
{
    char full[120], brief[64];
    const char *const texts[] = {full, brief, s->no_law, NULL};
    snprintf(full, sizeof full, "%.1f %% of its squares lie above the edge of chance, %.4g",
             100 * s->share_beyond, s->law.upper);
    snprintf(brief, sizeof brief, "%.1f %% above chance", 100 * s->share_beyond);
    cells_text(c, area, area.x, area.y, ROLE_ACCENT, 0,
               cells_fitting(area.width, texts + (s->no_law[0] != '\0' ? 2 : 0)));
}

/* How much better it is, how near to orthogonal without its gain, and the gain. */
static void draw_verdict(const model *m, cells *c, rect area)
{
    const spectrum *s = &m->results.spectrum;
    const double better = s->condition_normal / s->condition_orthogonal;
    char times[32], full[96], middle[64], text[FIGURE_TEXT], deviation[FIGURE_TEXT + 40];
    const char *const texts[] = {full, middle, times, NULL};
    int x = area.x;
    if (viewing_is_measured(m)) {
        draw_beyond(s, c, area);
        return;
    }
    snprintf(times, sizeof times, better < 1e6 ? "%.1f times" : "%.1e times", better);
    snprintf(full, sizeof full, "%s better conditioned", times);
    snprintf(middle, sizeof middle, "%s better", times);
    if (isfinite(better))
        x += put(c, area, x, area.y, ROLE_ACCENT, cells_fitting(area.width, texts));
    snprintf(deviation, sizeof deviation, "%smax |%s| %.1e", x > area.x ? ", " : "",
             gram_less_i_text(&m->settings.recipe, text), s->gram_deviation);
    x += put(c, area, x, area.y, ROLE_DIM, deviation);
    snprintf(text, sizeof text, ", gain %.6g", detinit_recipe_orthogonal_gain(&m->settings.recipe));
    put(c, area, x, area.y, ROLE_DIM, text);
}

/* The verdict and both conditions. Returns how many lines they took. */
static int draw_heads(const model *m, cells *c, rect area, const side sides[SIDES])
{
    int y = area.y + 1;
    draw_verdict(m, c, area);
    int x = area.x + draw_condition(c, area, area.x, y, &sides[NORMAL]) + 3;
    if (area.width < 62) {
        x = area.x;
        y++;
    }
    draw_condition(c, area, x, y, &sides[ORTHOGONAL]);
    return y + 1 - area.y;
}

/* Half of the width, more where all of both Gram matrices then shows, and no more than shows. */
static int maps_width(const spectrum *s, rect body)
{
    const int high = 2 * (body.height - 2), rows = (int)s->gram_side;
    const int wanted = 2 * (rows < high ? rows : high) + GAP, most = 2 * high + GAP + 24;
    int width = body.width * 11 / 20;
    if (wanted > width)
        width = wanted < body.width * 2 / 3 ? wanted : body.width * 2 / 3;
    return width < most ? width : most;
}

static void draw_body(const spectrum *s, cells *c, rect body, const side sides[SIDES])
{
    rect curves = body, maps = body;
    if (body.width >= BESIDE_WIDTH) {
        maps.width = maps_width(s, body);
        curves.width = body.width - maps.width - GAP;
        maps.x = body.x + curves.width + GAP;
    } else if (body.height >= STACKED_HEIGHT && body.width >= STACKED_WIDTH) {
        const int wanted = (body.width - GAP) / 4 + 2; /* rows of two squares */
        maps.height = wanted < body.height / 2 + 2 ? wanted : body.height / 2 + 2;
        curves.height = body.height - maps.height;
        maps.y = body.y + curves.height;
    } else {
        maps.width = maps.height = 0;
    }
    draw_curves(s, c, curves, sides);
    draw_maps(s, c, maps, sides);
}

static void draw_values(const model *m, cells *c, rect inside)
{
    const spectrum *s = &m->results.spectrum;
    rect area = {inside.x + 1, inside.y, inside.width - 2, inside.height};
    side sides[SIDES];
    if (s->refusal[0] != '\0') {
        cells_paragraph(c, area, ROLE_DIM, s->refusal);
        return;
    }
    if (area.width < 12 || area.height < 4)
        return;
    describe_sides(m, sides);
    const int heads = draw_heads(m, c, area, sides);
    draw_body(s, c, (rect){area.x, area.y + heads, area.width, area.height - heads}, sides);
}

/* Factors of the product that pages go over. */
#define PAGE 8

static const pane_view views[] = {
    {.name = "values", .draw = draw_values},
    {.name = "density",
     .note = "█ drawn  ⠒ Marchenko-Pastur's law  ▲ its edges",
     .draw = spectrum_draw_density},
    {.name = "product",
     .note = "arrows: more or fewer matrices",
     .pieces = 1u << PIECE_PRODUCT,
     .draw = spectrum_draw_product},
    {.name = "ellipse", .draw = spectrum_draw_ellipse},
    {.name = NULL},
};

static bool shows_product(const model *m)
{
    return views[pane_view_now(m, &pane_orthogonality)].draw == spectrum_draw_product;
}

/* Up and to the right are more matrices in the product; in other views it is the cursor's. */
static void move(model *m, motion by)
{
    const option *which = &options[OPTION_FACTORS];
    const bool to_end = by.rows == MOTION_TO_FIRST || by.rows == MOTION_TO_LAST;
    uint64_t more = m->settings.describe.factors - 1;
    if (!shows_product(m)) {
        matrix_move(m, by);
        return;
    }
    more = motion_apply(more, by.cols, 1, which->max);
    more = motion_apply(more, to_end ? by.rows : -by.rows, 1, which->max);
    more = motion_apply(more, -by.pages, PAGE, which->max);
    if (more + 1 == m->settings.describe.factors)
        return;
    const undo_step before = undo_step_of(&m->settings, &m->viewed);
    m->settings.describe.factors = more + 1;
    model_remember(m, &before);
    model_make_anew(m, PIECE_PRODUCT);
}

static hint_list hints(const model *m)
{
    static const key_hint of_product[] = {
        {"arrows", "matrices"}, {"v", "view"}, {"Enter", "zoom"},   {":", "command"},
        {"+/-", "seed"},        {"m", "mode"}, {"o", "orthogonal"}, {"y", "copy"},
    };
    return shows_product(m) ? HINT_LIST(of_product) : (hint_list){.count = 0};
}

static void command_line(const model *m, char *buffer, size_t size)
{
    if (viewing_is_of_file(m))
        viewing_command_line(m, buffer, size);
    else
        command_line_of(&m->settings, &verb_spectrum, buffer, size);
}

static const char about[] =
    "What a matrix does to lengths and angles: the same recipe drawn normal and made "
    "orthogonal.\n"
    "values shows the Gram matrices and the singular values, density their distribution "
    "with the law that random matrices obey, product what many matrices one after another "
    "do, and ellipse what becomes of a circle. An orthogonal matrix has only one singular "
    "value: it turns, and stretches nothing; a normal one squeezes some directions to "
    "nearly nothing.";

static const char *const words[] = {"orthogonal",       "singular values",  "Gram matrix",
                                    "condition number", "Marchenko-Pastur", NULL};

const pane pane_orthogonality = {
    .name = "orthogonality",
    .title = "Orthogonality",
    .faced = true,
    .about = about,
    .words = words,
    .pieces = 1u << PIECE_SPECTRUM,
    .views = views,
    .move = move,
    .hints = hints,
    .command_line = command_line,
};
