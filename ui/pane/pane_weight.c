/* The weight under the cursor, taken apart. */
#include "text/grouped.h"
#include "detinit_describe.h"
#include "number/dist.h"
#include "option/option.h"
#include "pane/pane.h"
#include "pane/pane_matrix.h"
#include "pane/pane_neighbours.h"
#include "option/place.h"
#include "option/recipe_text.h"
#include "verb/command_line.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Half the unit disc's height in rows; a row is two columns high. */
#define RADIUS 4

/* Characters of a key. */
#define KEY 16

/* Columns of a value, and those that stand before it where there is room. */
#define VALUE        13
#define VALUE_COLUMN 37

/* Where keys begin: names of the largest indices fit where the pane is wide. */
static int key_column(rect inside)
{
    return inside.x + (inside.width >= 70 ? 30 : inside.width >= 44 ? 18 : 12);
}

/* Where a line of keys begins: each level further in, less so for many where there is no room. */
static int key_start(rect inside, size_t rank, size_t depth)
{
    const int step = inside.width < 44 ? 1 : rank > 2 && inside.width < 70 ? 1 : 2;
    return inside.x + 1 + step * (int)depth;
}

/* Text where all of it fits, from x on. Returns its columns. */
static int put(cells *c, rect inside, int x, int y, unsigned role, const char *text)
{
    if (y >= inside.y + inside.height ||
        cells_columns(text, strlen(text)) > inside.x + inside.width - x)
        return 0;
    return cells_text(c, inside, x, y, role, 0, text);
}

/* In the column of keys, or behind what is there already. Returns where it ends, or `after`. */
static int put_key(cells *c, rect inside, int after, int y, uint64_t key)
{
    const int column = key_column(inside);
    char text[KEY + 1];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)key);
    const int x = after < column ? column : after + 1;
    return put(c, inside, x, y, ROLE_DIM, text) > 0 ? x + KEY : after;
}

/* A note is left out where it does not fit. */
static void draw_key(cells *c, rect inside, int x, int y, const char *name, uint64_t index,
                     uint64_t key, const char *note)
{
    if (x > inside.x + 1)
        put(c, inside, x - (inside.width < 44 ? 1 : 2), y, ROLE_DIM, "└");
    x += cells_print(c, inside, x, y, ROLE_TEXT, 0, "%s %llu", name, (unsigned long long)index);
    x = put_key(c, inside, x, y, key);
    put(c, inside, x + 2, y, ROLE_DIM, note);
}

/* What a draw is made into matters more than its key, where there is no room for both. */
static void draw_draw(cells *c, rect inside, int start, int y, const char *edge, uint64_t number,
                      uint64_t key, const char *made, const char *briefly)
{
    const char *const texts[] = {made, briefly, NULL};
    const int end = inside.x + inside.width;
    int x = start;
    put(c, inside, start - (inside.width < 44 ? 1 : 2), y, ROLE_DIM, edge);
    x += cells_print(c, inside, x, y, ROLE_TEXT, 0, "draw %llu", (unsigned long long)number) + 1;
    if (key_column(inside) > x)
        x = key_column(inside);
    if (x + KEY + 2 + cells_columns(made, strlen(made)) <= end)
        x = put_key(c, inside, x - 1, y, key) + 2;
    put(c, inside, x, y, ROLE_TEXT, cells_fitting(end - x, texts));
}

/* All of them in one line, and the last key in the next where the pane is narrow. Returns the next
 * line. */
static int draw_keys_briefly(const model *m, cells *c, rect inside, int y, const detinit_trace *t)
{
    char text[PLACE_TEXT + 64], place[PLACE_TEXT];
    int x = inside.x + 1;
    place_text(&m->settings.recipe, m->view.row, m->view.col, place, sizeof place);
    snprintf(text, sizeof text, "seed %llu, layer %llu, %s", (unsigned long long)t->seed,
             (unsigned long long)m->settings.recipe.layer, place);
    cells_shorten(text, inside.width - 1);
    x += put(c, inside, x, y, ROLE_TEXT, text);
    put_key(c, inside, x, y, t->key[t->rank > 0 ? t->rank - 1 : 0]);
    return y + 1;
}

/* The keys from the seed to the last index. Returns the next line. */
static int draw_keys(const model *m, cells *c, rect inside, int y, const detinit_trace *t)
{
    const size_t rank = t->rank;
    draw_key(c, inside, key_start(inside, rank, 0), y++, "seed", t->seed, t->seed,
             "h = hash64(h ^ hash64(index))");
    draw_key(c, inside, key_start(inside, rank, 1), y++, "layer", m->settings.recipe.layer,
             t->key_layer, "");
    for (size_t n = 0; n < rank; n++)
        draw_key(c, inside, key_start(inside, rank, 2 + n), y++, place_index_name(rank, n),
                 t->index[n], t->key[n],
                 n + 1 == rank   ? "the same for both draws"
                 : n + 2 == rank ? "the same for its whole row"
                                 : "");
    return y;
}

/* The unit circle with the direction theta; its projection on the axis is cos theta. */
static void draw_disc(cells *c, int left, int top, double theta, double length)
{
    int x0 = left + 2 * RADIUS, y0 = top + RADIUS;
    for (int y = -RADIUS; y <= RADIUS; y++)
        cells_put(c, x0, y0 + y, 0x2502, ROLE_DIM, 0);
    for (int x = -2 * RADIUS; x <= 2 * RADIUS; x++)
        cells_put(c, x0 + x, y0, x == 0 ? 0x253C : 0x2500, ROLE_DIM, 0);
    for (int n = 0; n < 48; n++) {
        double angle = n * 0.1308996938995747;
        cells_put(c, x0 + (int)lround(2 * RADIUS * cos(angle)),
                  y0 - (int)lround(RADIUS * sin(angle)), 0x00B7, ROLE_DIM, 0);
    }
    cells_put(c, x0 + (int)lround(2 * RADIUS * length * cos(theta)),
              y0 - (int)lround(RADIUS * length * sin(theta)), 0x25CF, ROLE_ACCENT, ATTR_BOLD);
}

/* A value stands in its column, or right behind what it is made of; the value comes first. */
static void draw_step(cells *c, rect inside, int x, int y, const char *name, const char *made,
                      double value, unsigned look)
{
    const int end = inside.x + inside.width, last = end - VALUE;
    const int column = x + VALUE_COLUMN < last ? x + VALUE_COLUMN : last;
    char text[32];
    if (y >= inside.y + inside.height)
        return;
    snprintf(text, sizeof text, "%+.6g", value);
    x += cells_print(c, inside, x, y, ROLE_TEXT, 0, "%-5s= ", name);
    const rect room = {inside.x, inside.y, column - 1 - inside.x, inside.height};
    x += put(c, room, x, y, ROLE_TEXT, made) + 1;
    if (x < column)
        x = column;
    cells_text(c, inside, x, y, look, look == ROLE_ACCENT ? ATTR_BOLD : 0, text);
}

/* "1 weight in 90,000 lies this far out" of the mean: both tails. */
static void draw_rarity(const model *m, cells *c, rect inside, int x, int y, double weight,
                        double mean)
{
    detinit_recipe centred = m->settings.recipe;
    centred.mean = centred.zero = 0;
    double below = detinit_theory_cdf(&centred, -fabs(weight - mean));
    char count[32], text[80];
    if (!(below > 0) || 2 * below >= 1)
        return;
    if (below > 0.05)
        snprintf(count, sizeof count, "%.1f", 1 / (2 * below));
    else
        grouped((uint64_t)fmin(1 / (2 * below), 1e18), count);
    snprintf(text, sizeof text, "1 weight in %s lies this far out", count);
    put(c, inside, x, y, ROLE_DIM, text);
}

/* How a draw is made; an orthogonal matrix is made of normals. */
static const dist_row *dist_of(const detinit_recipe *recipe)
{
    return &dist_rows[recipe->orthogonal ? DETINIT_DIST_NORMAL : detinit_recipe_dist(recipe)];
}

/* From the draws to the weight, beside the disc where there is room for it. */
static void draw_steps(const model *m, cells *c, rect inside, int top, const detinit_trace *t)
{
    const detinit_recipe *recipe = &m->settings.recipe;
    const dist_row *dist = dist_of(recipe);
    const bool is_of_draws = detinit_mode_is_drawn(recipe->mode);
    const bool has_z = is_of_draws && dist->of_normal;
    weight_step steps[WEIGHT_STEPS_MOST];
    bool disc = is_of_draws && inside.width >= 66 && inside.y + inside.height - top > 2 * RADIUS;
    int x = inside.x + (disc ? 4 * RADIUS + 6 : 1), y = top + (disc ? 1 : 0);
    if (disc && has_z)
        draw_disc(c, inside.x + 2, top, t->theta, 1);
    if (has_z)
        draw_step(c, inside, x, y++, "z", "r cos θ", t->z, ROLE_TEXT);
    const size_t count = weight_steps(recipe, t, steps);
    for (size_t n = 0; n < count; n++)
        draw_step(c, inside, x, y++, steps[n].name, steps[n].brief, steps[n].value,
                  n + 1 == count ? ROLE_ACCENT : ROLE_TEXT);
    if (!is_of_draws) {
        const rect rest = {x, y + 1, inside.x + inside.width - x - 1,
                           inside.y + inside.height - y - 1};
        cells_paragraph(c, rest, ROLE_DIM, undrawn_note(recipe));
        return;
    }
    if (!t->zeroed)
        draw_rarity(m, c, inside, x, y + disc, t->weight, t->shift);
    y += disc + 2;
    neighbours_draw(m, c, (rect){x, y, inside.x + inside.width - x, inside.y + inside.height - y});
}

/* The two draws, and what is made of each. */
static void draw_draws(cells *c, rect inside, int x, int y, const detinit_trace *t)
{
    char made[64], briefly[64];
    snprintf(made, sizeof made, "u1 = %.5g  r = %.4f", t->u1, t->r);
    snprintf(briefly, sizeof briefly, "u1 = %.5g", t->u1);
    draw_draw(c, inside, x, y, "├", 2 * t->attempt, t->u1_key, made, briefly);
    snprintf(made, sizeof made, "u2 = %.5g  θ = %.1f°", t->u2, t->theta * 57.29577951308232);
    snprintf(briefly, sizeof briefly, "u2 = %.5g", t->u2);
    draw_draw(c, inside, x, y + 1, "└", 2 * t->attempt + 1, t->u2_key, made, briefly);
}

/* Lines that the steps of a weight take. */
static int step_lines(const detinit_recipe *recipe, const detinit_trace *t)
{
    weight_step steps[WEIGHT_STEPS_MOST];
    return (int)weight_steps(recipe, t, steps) + dist_of(recipe)->of_normal;
}

static void draw(const model *m, cells *c, rect inside)
{
    detinit_trace t;
    int y = inside.y;
    if (detinit_matrix_trace(m->results.matrix, m->view.row, m->view.col, &t) != DETINIT_OK)
        return;
    bool spacious = inside.height > 16;
    y += spacious;
    if (!detinit_mode_is_drawn(m->settings.recipe.mode)) {
        draw_steps(m, c, inside, y, &t);
        return;
    }
    const int keys = 2 + (int)t.rank, needed = keys + 2 + step_lines(&m->settings.recipe, &t);
    const bool brief = inside.height < needed;
    y = brief ? draw_keys_briefly(m, c, inside, y, &t) : draw_keys(m, c, inside, y, &t);
    const int x = key_start(inside, t.rank, brief ? 1 : 2 + t.rank);
    if (inside.height >= needed - keys + 1) {
        draw_draws(c, inside, x, y, &t);
        y += 2;
    }
    draw_steps(m, c, inside, y + spacious, &t);
}

static void note(const model *m, rect inside, char *buffer, size_t size)
{
    char place[PLACE_TEXT];
    const detinit_recipe *recipe = &m->settings.recipe;
    (void)inside;
    if (recipe->rank != 2 && recipe->rank > 0)
        snprintf(buffer, size, "at %s",
                 place_text(recipe, m->view.row, m->view.col, place, sizeof place));
    else
        snprintf(buffer, size, "row %llu, column %llu", (unsigned long long)m->view.row,
                 (unsigned long long)m->view.col);
}

static void command_line(const model *m, char *buffer, size_t size)
{
    char place[PLACE_TEXT];
    command_line_of(&m->settings, &verb_weight, buffer, size);
    if (m->settings.recipe.rank == 0)
        return;
    size_t length = strlen(buffer);
    snprintf(buffer + length, size - length, " --at %s",
             place_text(&m->settings.recipe, m->view.row, m->view.col, place, sizeof place));
}

const pane pane_weight = {
    .name = "weight",
    .title = "Weight",
    .pieces = 1u << PIECE_MATRIX,
    .draw = draw,
    .note = note,
    .move = matrix_move,
    .shows_cursor = true,
    .command_line = command_line,
};
