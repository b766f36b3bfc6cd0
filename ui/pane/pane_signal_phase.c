/*
 * The phase map: how deep signals reach for every size of weights and biases, the critical line,
 * and where each scheme stands.  The point of the recipe's scheme is moved by keys.
 */
#include "pane/pane_signal.h"

#include "option/option.h"
#include "text/pixels.h"
#include "text/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From this width on curves stand beside the map, each no lower. */
#define BESIDE_WIDTH 76
#define CURVE_HEIGHT 6

/* Lines below the map: legend, place, what moving it sets. */
#define LINES 3

/* And above it: what its height is. */
#define HEADING 1

/* A depth scale beyond so many layers is one of the edge, where rounding alone ends it. */
#define DEPTH_MOST 1e9

/* Columns of colours in the legend; a depth scale of so many layers is the last of them. */
#define LEGEND        16
#define DEPTH_DECADES 2.0

/* A page is so many steps. */
#define PAGE 10

/* ---------------------------------------------------------------- the plot */

static rect map_area(rect inside)
{
    rect area = {inside.x + 1, inside.y, inside.width - 2, inside.height};
    if (inside.width >= BESIDE_WIDTH)
        area.width = area.width * 3 / 5;
    if (area.height > LINES + HEADING + 5) {
        area.height -= LINES + HEADING;
        area.y += HEADING;
    }
    return area;
}

static plot map_plot(cells *c, const phase_data *p, rect inside)
{
    const axis x = {
        .low = 0, .high = p->sigma_w[PHASE_COLS - 1], .name = c->ascii ? "sigma_w" : "σ_w"};
    const axis y = {.low = 0, .high = p->sigma_b[PHASE_ROWS - 1]};
    return plot_place(c, map_area(inside), x, y, 0);
}

/* ---------------------------------------------------------------- colours */

typedef struct colours {
    const phase_data *phase;
    int rows, cols; /* pixels */
} colours;

static size_t place_on(int pixel, int pixels, size_t places)
{
    return (size_t)lround((pixel + 0.5) / pixels * (double)(places - 1));
}

static unsigned pixel(const void *data, int row, int col)
{
    const colours *of = data;
    const size_t down = PHASE_ROWS - 1 - place_on(row, of->rows, PHASE_ROWS);
    const double depth = of->phase->depth[down * PHASE_COLS + place_on(col, of->cols, PHASE_COLS)];
    return pixels_ramp(depth > 1 ? log10(depth) / DEPTH_DECADES : 0);
}

/* A character over the map, whose colours stay behind it. */
static void put_over(const plot *p, int x, int y, uint32_t rune, unsigned role, unsigned attributes)
{
    const rect *d = &p->data;
    if (x < d->x || y < d->y || x >= d->x + d->width || y >= d->y + d->height)
        return;
    cells_put_on(p->c, x, y, rune, role, p->c->at[y * p->c->width + x].paper, attributes);
}

static void text_over(const plot *p, int x, int y, const char *text)
{
    for (; *text != '\0'; text++, x++)
        put_over(p, x, y, (unsigned char)*text, ROLE_READABLE, 0);
}

/* ------------------------------------------------------------ over the map */

static void draw_line(const plot *p, const phase_data *phase)
{
    const series line = {.role = ROLE_READABLE,
                         .attributes = ATTR_BOLD,
                         .mark = '#',
                         .x = phase->critical,
                         .y = phase->sigma_b,
                         .count = (int)PHASE_ROWS};
    plot_series(p, &line);
}

/* The phases' names on either side of the line, half way up, where there is room for them. */
static void draw_phases(const plot *p, const phase_data *phase)
{
    static const char *const names[] = {"ordered", "chaotic"};
    const double share = axis_share(&p->x, phase->critical[PHASE_ROWS / 2]);
    const int y = p->data.y + p->data.height / 2;
    if (isnan(share) || share > 1)
        return;
    const int line = (int)(share * p->data.width);
    const int middle[] = {line / 2, (line + p->data.width) / 2};
    const int room[] = {line, p->data.width - line};
    for (int n = 0; n < 2; n++) {
        const int length = (int)strlen(names[n]);
        if (length + 2 <= room[n])
            text_over(p, p->data.x + middle[n] - length / 2, y, names[n]);
    }
}

/* A scheme's place, on the edge where it lies outside. */
static void draw_point(const plot *p, const signal_scheme *s, uint32_t rune)
{
    const double x = axis_share(&p->x, s->data->field.sigma_w);
    const double y = axis_share(&p->y, s->data->field.sigma_b);
    if (isnan(x) || isnan(y))
        return;
    const int col = x >= 1 ? p->data.width - 1 : (int)(x * p->data.width);
    const int row = y >= 1 ? p->data.height - 1 : (int)(y * p->data.height);
    put_over(p, p->data.x + col, p->data.y + p->data.height - 1 - row, rune, ROLE_READABLE,
             ATTR_BOLD);
}

/* The others by their first letters, xavier before lecun, which it hides; the recipe's on top. */
static void draw_points(const plot *p, const signal_scheme schemes[DETINIT_SCHEME_COUNT])
{
    const signal_scheme *mine = signal_mine(schemes);
    for (int n = DETINIT_SCHEME_COUNT - 1; n >= 0; n--)
        if (schemes[n].data != NULL && !schemes[n].mine)
            draw_point(p, &schemes[n], (uint32_t)schemes[n].name[0]);
    if (mine != NULL && mine->data != NULL)
        draw_point(p, mine, 0x25CF);
}

/* ---------------------------------------------------------------- the text */

static void draw_heading(cells *c, rect line)
{
    const char *const utf8[] = {"σ_b, the std of biases, by σ_w, that of weights × √width",
                                "σ_b of biases by σ_w of weights", "σ_b by σ_w", NULL};
    const char *const ascii[] = {"sigma_b of biases by sigma_w of weights", "sigma_b by sigma_w",
                                 NULL};
    cells_text(c, line, line.x, line.y, ROLE_DIM, 0,
               cells_fitting(line.width, c->ascii ? ascii : utf8));
}

static void draw_legend(cells *c, rect line)
{
    const char *const texts[] = {"  layers: the depth scale, how far signals reach",
                                 "  layers: the depth scale", "  layers", "", NULL};
    const int width = pixels_legend(c, line, line.x, line.y, LEGEND, ROLE_RAMP, "1", "100");
    if (width > 0)
        cells_text(c, line, line.x + width, line.y, ROLE_DIM, 0,
                   cells_fitting(line.width - width, texts));
}

/* Where the recipe's scheme stands, in as many words as fit. */
static void draw_place(cells *c, rect line, const signal_scheme *mine)
{
    char full[224], middle[96], brief[64];
    const char *const texts[] = {full, middle, brief, NULL};
    const char *w = c->ascii ? "sigma_w" : "σ_w", *b = c->ascii ? "sigma_b" : "σ_b";
    const char *chi = c->ascii ? "chi_1" : "χ₁";
    const detinit_mean_field *f = &mine->data->field;
    if (!mine->data->has_phase) {
        snprintf(full, sizeof full, "%s: the map is of plain layers of drawn weights", mine->name);
        snprintf(middle, sizeof middle, "the map is of plain layers");
        snprintf(brief, sizeof brief, "plain layers");
    } else {
        snprintf(brief, sizeof brief, "%s %.2f %s %.2f", w, f->sigma_w, b, f->sigma_b);
        snprintf(middle, sizeof middle, "%s: %s", brief, signal_phase(mine->data));
        char depth[48];
        if (f->correlation_depth > DEPTH_MOST)
            snprintf(depth, sizeof depth, "without end");
        else
            snprintf(depth, sizeof depth, "%.3g layer%s", f->correlation_depth,
                     f->correlation_depth == 1 ? "" : "s");
        snprintf(full, sizeof full, "%s, %s %.2f, depth scale %s", middle, chi, f->chi, depth);
    }
    cells_put(c, line.x, line.y, 0x25CF, mine->role, ATTR_BOLD);
    cells_text(c, line, line.x + 2, line.y, mine->follows ? ROLE_DIM : ROLE_TEXT, 0,
               cells_fitting(line.width - 2, texts));
}

/* What moving the point sets. */
static void draw_meaning(const model *m, cells *c, rect line)
{
    char full[160], brief[96];
    const char *const texts[] = {full, brief, NULL};
    const unsigned long long width = (unsigned long long)m->settings.signal.width;
    const bool orthogonal = m->settings.recipe.orthogonal;
    snprintf(brief, sizeof brief,
             c->ascii ? "%s = sigma_w%s%.0llu, sigma_b" : "%s = σ_w%s%.0llu, σ_b",
             orthogonal ? "gain" : "std",
             orthogonal ? ""
             : c->ascii ? "/sqrt "
                        : "/√",
             orthogonal ? 0 : width);
    snprintf(full, sizeof full, "arrows move it: %s%s", brief, orthogonal ? "" : " (mode normal)");
    cells_text(c, line, line.x, line.y, ROLE_DIM, 0, cells_fitting(line.width, texts));
}

/* -------------------------------------------------------------------- view */

static void draw_map(cells *c, rect inside, const phase_data *phase,
                     const signal_scheme schemes[DETINIT_SCHEME_COUNT])
{
    const plot p = map_plot(c, phase, inside);
    const colours of = {phase, 2 * p.data.height, p.data.width};
    plot_axes(&p);
    pixels_draw(c, p.data, of.rows, of.cols, pixel, &of);
    draw_line(&p, phase);
    draw_phases(&p, phase);
    draw_points(&p, schemes);
}

/* What layers do with the recipe's scheme, one curve below the other. */
static void draw_curves(const model *m, cells *c, rect area)
{
    const int count =
        area.height / CURVE_HEIGHT < CURVE_COUNT ? area.height / CURVE_HEIGHT : CURVE_COUNT;
    for (int n = 0, y = area.y; n < count; n++) {
        const int height = (area.y + area.height - y) / (count - n);
        signal_curve_draw(m, c, (rect){area.x, y, area.width, height}, (signal_curve)n, false,
                          false);
        y += height;
    }
}

void signal_phase_draw(const model *m, cells *c, rect inside)
{
    signal_scheme schemes[DETINIT_SCHEME_COUNT];
    const rect map = map_area(inside);
    const phase_data *phase = m->signals.phase;
    signal_schemes(m, schemes);
    const signal_scheme *mine = signal_mine(schemes);
    if (phase == NULL || phase->activation != m->settings.signal.activation)
        cells_text(c, inside, inside.x + 1, inside.y + inside.height / 2, ROLE_DIM, 0,
                   "computing ...");
    else
        draw_map(c, inside, phase, schemes);
    if (map.y > inside.y) {
        draw_heading(c, (rect){map.x, inside.y, map.width, 1});
        rect line = {map.x, map.y + map.height, inside.width - 2, 1};
        draw_legend(c, line);
        line.y++;
        if (mine != NULL && mine->data != NULL)
            draw_place(c, line, mine);
        line.y++;
        draw_meaning(m, c, line);
    }
    const int beside = map.x + map.width + 2;
    if (inside.width >= BESIDE_WIDTH)
        draw_curves(m, c,
                    (rect){beside, inside.y, inside.x + inside.width - 1 - beside,
                           map.y + map.height - inside.y});
}

/* ------------------------------------------------------------------ moving */

/*
 * The recipe whose weights have this sigma_w: an orthogonal one by its gain, any other of mode
 * normal.  False where theory says nothing of it.
 */
static bool recipe_at(const model *m, double sigma_w, detinit_recipe *recipe)
{
    settings s = m->settings; /* whose texts are only looked at */
    char text[32];
    double now;
    if (!recipe->orthogonal)
        recipe->mode = DETINIT_NORMAL;
    s.recipe = *recipe;
    const detinit_propagation p = signal_request(&s, recipe->mode);
    double *size = recipe->orthogonal ? &recipe->gain : &recipe->std;
    if (!detinit_recipe_sigma_w(&p.recipe, p.width, &now) || !(now > 0))
        return false;
    snprintf(text, sizeof text, "%.6g", *size * (sigma_w / now));
    *size = strtod(text, NULL);
    return true;
}

static void put_sigma_w(model *m, double sigma_w)
{
    detinit_recipe recipe = m->settings.recipe;
    detinit_error error;
    if (!recipe_at(m, sigma_w, &recipe))
        model_say(m, MESSAGE_BAD, "the point is of drawn weights whose mean is 0");
    else if (!model_set_recipe(m, &recipe, &error))
        model_say(m, MESSAGE_BAD, "%s", error.message);
}

static void put_sigma_b(model *m, double sigma_b)
{
    detinit_error error;
    const undo_step before = undo_step_of(&m->settings, &m->viewed);
    char text[32];
    snprintf(text, sizeof text, "%.6g", sigma_b);
    if (!option_set(&m->settings, &options[OPTION_SIGMA_B], text, false, &error))
        model_say(m, MESSAGE_BAD, "%s", error.message);
    model_remember(m, &before);
    model_look_for_signals(m);
}

/* A coordinate moved in steps of the map, within it. */
static double moved(double value, double most, size_t places, int by, int pages)
{
    const uint64_t steps = (uint64_t)(places - 1) / PHASE_STEP;
    const double step = most / (double)steps, at = fmin(round(value / step), (double)steps);
    const uint64_t place = motion_apply((uint64_t)at, by, 1, steps + 1);
    return (double)motion_apply(place, pages, PAGE, steps + 1) * step;
}

/* Up is more. */
static int against(int by)
{
    return by == MOTION_TO_FIRST ? MOTION_TO_LAST : by == MOTION_TO_LAST ? MOTION_TO_FIRST : -by;
}

void signal_phase_move(model *m, motion by)
{
    const double most = phase_sigma_w_most(m->settings.signal.activation);
    const detinit_propagation p = signal_request(&m->settings, m->settings.recipe.mode);
    double sigma_w = 1;
    detinit_recipe_sigma_w(&p.recipe, p.width, &sigma_w);
    if (by.cols != 0) /* weights are not all 0 */
        put_sigma_w(m, fmax(moved(sigma_w, most, PHASE_COLS, by.cols, 0),
                            most * PHASE_STEP / (double)(PHASE_COLS - 1)));
    if (by.rows != 0 || by.pages != 0)
        put_sigma_b(m, moved(m->settings.signal.sigma_b, phase_sigma_b_most(), PHASE_ROWS,
                             against(by.rows), -by.pages));
}

void signal_phase_click(model *m, rect inside, int x, int y)
{
    cells none = {.width = 0};
    if (m->signals.phase == NULL)
        return;
    const plot p = map_plot(&none, m->signals.phase, inside);
    const int col = x - p.data.x, row = p.data.y + p.data.height - 1 - y;
    if (col < 0 || row < 0 || col >= p.data.width || row >= p.data.height)
        return;
    put_sigma_w(m, (col + 0.5) / p.data.width * p.x.high);
    put_sigma_b(m, row == 0 ? 0 : (row + 0.5) / p.data.height * p.y.high);
}
