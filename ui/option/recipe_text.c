#include "option/recipe_text.h"

#include "number/dist.h"
#include "option/idle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The number of the draw that decides whether a weight is among the share `zero`. */
#define DRAW_OF_ZERO ((uint64_t)1 << 63)

const char *recipe_more(const detinit_recipe *r, char *buffer, size_t size)
{
    static const option_id more[] = {OPTION_FANS, OPTION_FAN_MODE, OPTION_NONLINEARITY,
                                     OPTION_CUT,  OPTION_MEAN,     OPTION_VALUE,
                                     OPTION_ZERO, OPTION_ZERO_ROW, OPTION_VIA};
    const settings s = {.recipe = *r};
    settings standard;
    char mine[64], theirs[64];
    size_t length = 0;
    settings_init(&standard);
    buffer[0] = '\0';
    for (size_t n = 0; n < sizeof more / sizeof more[0] && length < size; n++) {
        const option *which = &options[more[n]];
        option_text(&s, which, mine, sizeof mine);
        if (!option_counts(which, r) ||
            (more[n] != OPTION_VALUE &&
             strcmp(mine, option_text(&standard, which, theirs, sizeof theirs)) == 0))
            continue;
        const size_t begun = length;
        length += (size_t)snprintf(buffer + length, size - length, ", %s=%s", which->name, mine);
        for (char *c = buffer + begun; *c != '\0' && *c != '='; c++)
            *c = *c == '-' ? '_' : *c; /* as headings and manifests write names */
    }
    if (r->part_count > 0 && length < size)
        snprintf(buffer + length, size - length, ", %zu parts", r->part_count);
    return buffer;
}

bool recipe_is_told_by(const option *which, const detinit_recipe *a, const detinit_recipe *b)
{
    const bool of_sides = which == &options[OPTION_ROWS] || which == &options[OPTION_COLS];
    return a->rank == 2 && b->rank == 2 ? which != &options[OPTION_SHAPE] : !of_sides;
}

const char *settings_change(const settings *before, const settings *after, char *buffer,
                            size_t size)
{
    char from[PLACE_TEXT], to[PLACE_TEXT];
    size_t length = 0;
    buffer[0] = '\0';
    for (int id = 0; id < OPTION_COUNT && length < size; id++) {
        const option *which = &options[id];
        if ((which->uses & OPTION_AT_PROMPT) == 0 || (which->uses & OPTION_ASKS) != 0 ||
            !recipe_is_told_by(which, &before->recipe, &after->recipe))
            continue;
        option_text(before, which, from, sizeof from);
        option_text(after, which, to, sizeof to);
        if (strcmp(from, to) != 0)
            length += (size_t)snprintf(buffer + length, size - length, "%s%s %s -> %s",
                                       length > 0 ? ", " : "", which->name, from, to);
    }
    return buffer;
}

const char *recipe_note(const detinit_recipe *r)
{
    const bool alone = r->rank == 4 && r->shape[2] == 1 && r->shape[3] == 1;
    if (!r->zero_mean || r->part_count > 0)
        return NULL;
    if (!detinit_recipe_is_drawn(r))
        return "zero-mean: only slices that are drawn have it";
    return alone ? "zero-mean: 1 x 1 slices are left as drawn" : NULL;
}

const char *std_formula(const detinit_recipe *r, char *buffer, size_t size)
{
    static const char fan[] = "fan_in";
    const char *formula = detinit_mode_formula(r->mode);
    const char *at = r->fan_mode != DETINIT_FAN_MODE_IN && r->mode != DETINIT_XAVIER
                         ? strstr(formula, fan)
                         : NULL;
    const bool given = r->nonlinearity != DETINIT_NONLINEARITY_OF_MODE &&
                       !(r->mode == DETINIT_HE && r->nonlinearity == DETINIT_NONLINEARITY_RELU);
    char text[64];
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at != NULL ? at - formula : (int)strlen(formula)),
             formula, at != NULL ? detinit_fan_mode_name(r->fan_mode) : "",
             at != NULL ? at + strlen(fan) : "");
    char *numerator = r->mode == DETINIT_HE && given ? strchr(text, '2') : NULL;
    if (numerator != NULL)
        *numerator = '1'; /* relu's 2, which another gain replaces */
    snprintf(buffer, size, "%s%s%s%s%s", text, given ? " gain(" : "",
             given ? detinit_nonlinearity_name(r->nonlinearity) : "", given ? ")" : "",
             r->gain != 1 ? " gain" : "");
    return buffer;
}

const char *fan_text(const detinit_recipe *r, char *buffer, size_t size)
{
    char formula[64];
    const double in = detinit_recipe_fan_in(r), out = detinit_recipe_fan_out(r);
    std_formula(r, formula, sizeof formula);
    buffer[0] = '\0';
    if (!detinit_recipe_is_drawn(r) || r->part_count > 0)
        return buffer;
    if (strstr(formula, "fan_in + fan_out") != NULL)
        snprintf(buffer, size, "fan_in = %.6g inputs, fan_out = %.6g outputs", in, out);
    else if (strstr(formula, "fan_in") != NULL)
        snprintf(buffer, size, "fan_in = %.6g: what each unit sums over", in);
    else if (strstr(formula, "fan_out") != NULL)
        snprintf(buffer, size, "fan_out = %.6g: where each input goes", out);
    return buffer;
}

const char *undrawn_note(const detinit_recipe *r)
{
    return r->mode == DETINIT_DELTA_ORTHOGONAL
               ? "seed, layer, output and input make the kernel's centre"
               : "not drawn: seed and layer do not matter";
}

double weight_size(const detinit_recipe *r)
{
    const double std = detinit_recipe_std(r);
    const double size = std > 0 ? std : r->mode == DETINIT_CONSTANT ? fabs(r->value) : r->gain;
    return size > 0 && isfinite(size) ? size : 1;
}

/* ------------------------------------------------------------------- steps */

typedef struct step_list {
    weight_step *steps;
    size_t count;
} step_list;

/* `brief` NULL: as it is made. */
static void add(step_list *list, const char *name, const char *made, const char *brief,
                double value)
{
    weight_step *step = &list->steps[list->count++];
    step->name = name;
    step->value = value;
    snprintf(step->made, sizeof step->made, "%s", made);
    snprintf(step->brief, sizeof step->brief, "%s", brief != NULL ? brief : made);
}

/* Whether it is 0 by its row, and not by its own draw. */
static bool is_in_zero_row(const detinit_recipe *r, const detinit_trace *t)
{
    return r->has_zero_row && t->rank > 0 && t->index[0] == r->zero_row;
}

/* The uniform that is compared with the recipe's `zero`. */
static double uniform_of_zero(const detinit_trace *t)
{
    const uint64_t draw = DRAW_OF_ZERO;
    return detinit_u01(detinit_key(t->rank > 0 ? t->key[t->rank - 1] : t->key_layer, &draw, 1));
}

static void add_draw(step_list *list, const detinit_recipe *r, const detinit_trace *t)
{
    const dist_row *dist = &dist_rows[detinit_recipe_dist(r)];
    const bool is_z = dist->formula == NULL;
    char formula[64], made[64];
    if (!is_z)
        add(list, "draw", dist->formula, dist->brief, t->draw);
    if (r->zero_mean) {
        add(list, "mean", "of the slice's draws", NULL, t->mean);
        add(list, "scale", "sqrt(k / (k - 1)), k = h w", "√(k / (k-1)), k = h w", t->scale);
    }
    add(list, "std", std_formula(r, formula, sizeof formula), NULL, t->std);
    if (t->shift != 0)
        add(list, "shift", "the recipe's mean", NULL, t->shift);
    if (r->zero > 0)
        add(list, "u", "u01 of draw 2^63", NULL, uniform_of_zero(t));
    snprintf(made, sizeof made, "std %s%s", is_z ? "z" : "draw", t->shift != 0 ? " + shift" : "");
    if (r->zero_mean)
        snprintf(made, sizeof made, "std (%s - mean) scale%s", is_z ? "z" : "draw",
                 t->shift != 0 ? " + shift" : "");
    if (t->zeroed)
        snprintf(made, sizeof made, "0, as u < zero = %.6g", r->zero);
    add(list, "w", made, NULL, t->weight);
}

size_t weight_steps(const detinit_recipe *r, const detinit_trace *t,
                    weight_step steps[WEIGHT_STEPS_MOST])
{
    step_list list = {steps, 0};
    char made[64];
    if (is_in_zero_row(r, t)) {
        snprintf(made, sizeof made, "0 in row %llu, zero_row", (unsigned long long)r->zero_row);
        add(&list, "w", made, NULL, t->weight);
    } else if (detinit_recipe_is_drawn(r)) {
        add_draw(&list, r, t);
    } else if (detinit_mode_is_drawn(r->mode)) {
        add(&list, "w", "entry of gain Q, A = QR", NULL, t->weight);
    } else {
        add(&list, "w", detinit_mode_formula(r->mode), NULL, t->weight);
    }
    return list.count;
}
