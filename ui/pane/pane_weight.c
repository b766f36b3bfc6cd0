/* The weight under the cursor, taken apart. */
#include "model/viewing.h"
#include "text/grouped.h"
#include "detinit_describe.h"
#include "number/dist.h"
#include "option/option.h"
#include "pane/pane.h"
#include "pane/pane_matrix.h"
#include "pane/pane_neighbours.h"
#include "pane/pane_weight_picture.h"
#include "pane/pane_weight_stored.h"
#include "option/place.h"
#include "option/recipe_text.h"
#include "verb/command_line.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* From this width on there is room for a picture, and from the second one for a large one. */
#define PICTURED 66
#define LARGE    100

/* Columns of the largest picture. */
#define PICTURE_MOST 90

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

/* How a draw is made; an orthogonal matrix is made of normals. */
static const dist_row *dist_of(const detinit_recipe *recipe)
{
    return &dist_rows[recipe->orthogonal ? DETINIT_DIST_NORMAL : detinit_recipe_dist(recipe)];
}

/* All of them in one line, and the last key in the next where the pane is narrow. Returns the next
 * line. */
static int draw_keys_briefly(const model *m, cells *c, rect inside, int y, const detinit_trace *t)
{
    char text[PLACE_TEXT + 64], place[PLACE_TEXT];
    int x = inside.x + 1;
    viewing_place_text(m, m->view.row, m->view.col, place, sizeof place);
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
                 n + 1 == rank
                     ? dist_of(&m->settings.recipe)->of_normal ? "the same for both draws" : ""
                 : n + 2 == rank ? "the same for its whole row"
                                 : "");
    return y;
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

/* What stands behind a value: what its fan_in is. */
static void draw_fan(const model *m, cells *c, rect inside, int x, int y)
{
    char fan[80];
    fan_text(&m->settings.recipe, fan, sizeof fan);
    put(c, inside, x + VALUE_COLUMN + VALUE + 1, y, ROLE_DIM, fan);
}

/* The place of the picture of a draw, left of its steps; of width 0 where it has none. */
static rect picture_of(rect inside, int top, bool of_normal)
{
    rect area = {inside.x + 1, top, WEIGHT_PICTURE_WIDTH, inside.y + inside.height - top};
    const int least = of_normal ? WEIGHT_CIRCLE_HEIGHT : WEIGHT_PICTURE_HEIGHT;
    if (inside.width < PICTURED || area.height < least)
        return (rect){0};
    if (inside.width >= LARGE)
        area.width = inside.width * 2 / 5 < PICTURE_MOST ? inside.width * 2 / 5 : PICTURE_MOST;
    const int most = area.width * 3 / 5 + 1;
    area.height = area.height < most ? area.height : most;
    return area;
}

/* From the draws to the weight, beside the picture where there is room for it. */
static void draw_steps(const model *m, cells *c, rect inside, int top, const detinit_trace *t)
{
    const detinit_recipe *recipe = &m->settings.recipe;
    const bool is_of_draws = detinit_mode_is_drawn(recipe->mode);
    const bool has_z = is_of_draws && dist_of(recipe)->of_normal;
    weight_step steps[WEIGHT_STEPS_MOST];
    const rect picture = is_of_draws ? picture_of(inside, top, has_z) : (rect){0};
    const bool pictured = picture.width > 0;
    int x = inside.x + (pictured ? picture.width + 2 : 1),
        y = top + (picture.height >= WEIGHT_PICTURE_HEIGHT);
    if (pictured)
        weight_picture_draw(m, c, picture, t);
    if (has_z)
        draw_step(c, inside, x, y++, "z", "r cos θ", t->z, ROLE_TEXT);
    const size_t count = weight_steps(recipe, t, steps);
    for (size_t n = 0; n < count; n++) {
        if (strcmp(steps[n].name, "std") == 0)
            draw_fan(m, c, inside, x, y);
        draw_step(c, inside, x, y++, steps[n].name, steps[n].brief, steps[n].value,
                  n + 1 == count ? ROLE_ACCENT : ROLE_TEXT);
    }
    if (!is_of_draws) {
        const rect rest = {x, y + 1, inside.x + inside.width - x - 1,
                           inside.y + inside.height - y - 1};
        cells_paragraph(c, rest, ROLE_DIM, undrawn_note(recipe));
        return;
    }
    if (!t->zeroed)
        draw_rarity(m, c, inside, x, y + pictured, t->weight, t->shift);
    y += pictured + 2;
    neighbours_draw(m, c, (rect){x, y, inside.x + inside.width - x, inside.y + inside.height - y});
}

/* "draws 0, 1: z = +2.31 rejected, beyond the cut of 2": those before the ones that were taken. */
static void draw_rejected(const model *m, cells *c, rect inside, int x, int y,
                          const detinit_trace *t)
{
    char draws[64], full[160], brief[96];
    const char *const texts[] = {full, brief, "rejected before", NULL};
    const unsigned long long last = 2 * t->attempt - 1;
    snprintf(draws, sizeof draws, last == 1 ? "draws 0, 1" : "draws 0 .. %llu", last);
    snprintf(full, sizeof full, "%s: z = %+.4f%s rejected, beyond the cut of %.6g", draws,
             weight_attempt_at(t, 0).z, last > 1 ? " and others" : "", m->settings.recipe.cut);
    snprintf(brief, sizeof brief, "%s: rejected, beyond %.6g", draws, m->settings.recipe.cut);
    put(c, inside, x - (inside.width < 44 ? 1 : 2), y, ROLE_DIM, "├");
    put(c, inside, x, y, ROLE_BAD, cells_fitting(inside.x + inside.width - x, texts));
}

/* Lines of the draws: those that were rejected take one. */
static int draw_lines(const model *m, const detinit_trace *t)
{
    return (t->attempt > 0) + 1 + dist_of(&m->settings.recipe)->of_normal;
}

/* The draws, and what is made of each. Returns the next line. */
static int draw_draws(const model *m, cells *c, rect inside, int x, int y, const detinit_trace *t)
{
    char made[64], briefly[64];
    const bool of_normal = dist_of(&m->settings.recipe)->of_normal;
    snprintf(briefly, sizeof briefly, "u1 = %.5g", t->u1);
    snprintf(made, sizeof made, of_normal ? "u1 = %-8.5g r = %.4f" : "u1 = %.5g", t->u1, t->r);
    if (t->attempt > 0)
        draw_rejected(m, c, inside, x, y++, t);
    draw_draw(c, inside, x, y++, of_normal ? "├" : "└", 2 * t->attempt, t->u1_key, made, briefly);
    if (!of_normal)
        return y;
    snprintf(made, sizeof made, "u2 = %-8.5g θ = %.1f°", t->u2, t->theta * 57.29577951308232);
    snprintf(briefly, sizeof briefly, "u2 = %.5g", t->u2);
    draw_draw(c, inside, x, y++, "└", 2 * t->attempt + 1, t->u2_key, made, briefly);
    return y;
}

/* Lines that the steps of a weight take. */
static int step_lines(const detinit_recipe *recipe, const detinit_trace *t)
{
    weight_step steps[WEIGHT_STEPS_MOST];
    return (int)weight_steps(recipe, t, steps) + dist_of(recipe)->of_normal;
}

/*
 * Where a weight of a file is now, above how it was made; false where nothing tells that.  The
 * inside becomes what is left.
 */
static bool put_now(const model *m, cells *c, rect *inside)
{
    tensor_subject s = viewing_subject(m);
    const rect area = {inside->x + 1, inside->y, inside->width - 2, inside->height};
    double now = NAN, then = NAN;
    char full[160], brief[80];
    const char *const texts[] = {full, brief, "", NULL};
    s.face = FACE_TRAINED;
    subject_window(&s, m->view.row, m->view.col, 1, 1, &now, 1, NULL);
    s.face = FACE_INITIAL;
    if (s.recipe == NULL) {
        weight_stored_draw(m, c, area);
        return false;
    }
    subject_window(&s, m->view.row, m->view.col, 1, 1, &then, 1, NULL);
    snprintf(full, sizeof full, "now w = %.9g, drawn as w0 = %.9g: changed by %.3g", now, then,
             now - then);
    snprintf(brief, sizeof brief, "now %.6g, was %.6g", now, then);
    cells_text(c, area, area.x, area.y, ROLE_ACCENT, ATTR_BOLD, cells_fitting(area.width, texts));
    inside->y++;
    inside->height--;
    return true;
}

static void draw(const model *m, cells *c, rect inside)
{
    detinit_trace t;
    uint64_t row = m->view.row, col = m->view.col;
    viewing_place(m, &row, &col);
    if (viewing_is_of_file(m) && !put_now(m, c, &inside))
        return;
    int y = inside.y;
    if (detinit_matrix_trace(m->results.matrix, row, col, &t) != DETINIT_OK)
        return;
    bool spacious = inside.height > 16;
    y += spacious;
    if (!detinit_mode_is_drawn(m->settings.recipe.mode)) {
        draw_steps(m, c, inside, y, &t);
        return;
    }
    const int keys = 2 + (int)t.rank,
              needed = keys + draw_lines(m, &t) + step_lines(&m->settings.recipe, &t);
    const bool brief = inside.height < needed;
    y = brief ? draw_keys_briefly(m, c, inside, y, &t) : draw_keys(m, c, inside, y, &t);
    const int x = key_start(inside, t.rank, brief ? 1 : 2 + t.rank);
    if (inside.height >= needed - keys + 1)
        y = draw_draws(m, c, inside, x, y, &t);
    draw_steps(m, c, inside, y + spacious, &t);
}

static void note(const model *m, rect inside, char *buffer, size_t size)
{
    char place[PLACE_TEXT];
    const detinit_recipe *recipe = &m->settings.recipe;
    (void)inside;
    if (recipe->rank != 2 && recipe->rank > 0)
        snprintf(buffer, size, "at %s",
                 viewing_place_text(m, m->view.row, m->view.col, place, sizeof place));
    else
        snprintf(buffer, size, "row %llu, column %llu", (unsigned long long)m->view.row,
                 (unsigned long long)m->view.col);
}

static void command_line(const model *m, char *buffer, size_t size)
{
    char place[PLACE_TEXT];
    if (viewing_is_of_file(m)) {
        viewing_command_line(m, buffer, size);
        return;
    }
    command_line_of(&m->settings, &verb_weight, buffer, size);
    if (m->settings.recipe.rank == 0)
        return;
    size_t length = strlen(buffer);
    snprintf(buffer + length, size - length, " --at %s",
             viewing_place_text(m, m->view.row, m->view.col, place, sizeof place));
}

static const char about[] =
    "How the weight under the cursor is made, step by step: the seed, the layer and the "
    "indices are hashed into a key, the key gives uniform numbers, these give a draw, and "
    "the draw times std is the weight.\n"
    "The picture shows the draw: for a normal one the point in the plane whose projection "
    "is z, and z under the bell curve; for a uniform one its place on the line. Draws "
    "beyond a cut are rejected and drawn again. The table of neighbours shows that weights "
    "side by side have nothing in common: half of the 64 bits differ, and the correlation "
    "is chance.";

static const char *const words[] = {"key",    "u1, u2",    "r and theta",    "z", "std", "gain",
                                    "fan_in", "truncated", "standard error", NULL};

const pane pane_weight = {
    .name = "weight",
    .title = "Weight",
    .faced = true,
    .about = about,
    .words = words,
    .pieces = 1u << PIECE_MATRIX,
    .pieces_of_file = 1u << PIECE_SURVEY,
    .draw = draw,
    .note = note,
    .move = matrix_move,
    .shows_cursor = true,
    .command_line = command_line,
};
