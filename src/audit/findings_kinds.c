/* Findings of tensors against the others of their kind, and of their file. */
#include "audit/findings.h"

#include "base/shape.h"
#include "matrix/scheme.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Members of a kind that the others are compared with. */
#define MODELS 8

/* Different schemes of a file that are counted. */
#define MOST_SCHEMES 64

/* A kind agrees where so many of its members are alike, and this share of them. */
#define LEAST_ALIKE 2
#define MOST_UNLIKE (1.0 / 3)

/* The largest number of shards that a factor is put down to. */
#define MOST_SHARDS 1024

static bool is_drawn(const detinit_audit_tensor *t)
{
    return (t->origin == DETINIT_ORIGIN_SCHEME || t->origin == DETINIT_ORIGIN_LAW);
}

static bool same_scheme(const detinit_recipe *a, const detinit_recipe *b)
{
    return a->mode == b->mode && detinit_recipe_dist(a) == detinit_recipe_dist(b) &&
           a->fan_mode == b->fan_mode && a->nonlinearity == b->nonlinearity &&
           a->orthogonal == b->orthogonal && a->gain == b->gain &&
           (a->mode != DETINIT_NORMAL || a->orthogonal || a->std == b->std);
}

static bool same_shape(const detinit_tensor *a, const detinit_tensor *b)
{
    return shape_same(a->rank, a->shape, b->rank, b->shape);
}

/* By how much stds of so many weights may differ by chance, and more. */
static double slack(const detinit_audit_tensor *a)
{
    return fmax(0.005, 6 / sqrt(2 * (double)a->looked_at));
}

static bool about(double a, double b, double by)
{
    return fabs(a / b - 1) < by;
}

static bool alike(const detinit_audit_tensor *a, const detinit_audit_tensor *b)
{
    if (!is_drawn(a) || !is_drawn(b))
        return false;
    if (a->origin == DETINIT_ORIGIN_SCHEME && b->origin == DETINIT_ORIGIN_SCHEME &&
        same_scheme(&a->recipe, &b->recipe))
        return true;
    return same_shape(a->tensor, b->tensor) &&
           detinit_recipe_dist(&a->recipe) == detinit_recipe_dist(&b->recipe) &&
           about(a->std, b->std, slack(a));
}

static const detinit_audit_tensor *member(const evaluation *e, const layer_kind *k, size_t n)
{
    return &e->tensors[e->kinds->order[k->first + n]];
}

/* The std that `t` would have if it were drawn as `model`; 0: not known. */
static double meant_std(const detinit_audit_tensor *model, const detinit_audit_tensor *t)
{
    detinit_recipe r = model->recipe;
    const bool cut = detinit_recipe_dist(&r) == DETINIT_DIST_TRUNC_NORMAL;
    if (model->origin == DETINIT_ORIGIN_LAW)
        return same_shape(model->tensor, t->tensor) ? model->std : 0;
    if (r.rank != t->tensor->rank || r.fans[0] > 0)
        return same_shape(model->tensor, t->tensor) ? model->std : 0;
    shape_copy(r.shape, t->tensor->rank, t->tensor->shape);
    return detinit_recipe_std(&r) * (cut ? 0.87962566103423978 : 1);
}

/* N where `square` is N but for chance, 2 or more; else 0. */
static unsigned whole_of(double square, double by)
{
    const double n = round(square);
    return n >= 2 && n <= MOST_SHARDS && about(square, n, 2 * by) ? (unsigned)n : 0;
}

/* ------------------------------------------------------------------ one by one */

static void set_factor(evaluation *e, double factor)
{
    if (e->count > 0)
        e->found[e->count - 1].factor = factor;
}

/* A std that is `ratio` times what it is by `as`. */
static void tell_ratio(evaluation *e, size_t n, size_t count, double ratio, bool warning,
                       const detinit_audit_tensor *model, const char *whose)
{
    const detinit_audit_tensor *t = &e->tensors[n];
    const double by = slack(t);
    const unsigned more = whole_of(ratio * ratio, by), less = whole_of(1 / (ratio * ratio), by);
    char words[DETINIT_AUDIT_WORDS];
    detinit_audit_words(model, words);
    if (more > 0)
        findings_add(e, DETINIT_FINDING_SHARD, warning, n, count,
                     "std %.4g is sqrt(%u) = %.4g times that of %s (%.150s): the fans of one "
                     "of %u shards?",
                     t->std, more, sqrt(more), whose, words, more);
    else if (less > 0)
        findings_add(e, DETINIT_FINDING_STD, warning, n, count,
                     "std %.4g is 1 / sqrt(%u) = %.4g of that of %s (%.150s)", t->std, less,
                     1 / sqrt(less), whose, words);
    else
        findings_add(e, DETINIT_FINDING_STD, warning, n, count,
                     "std %.4g is %.4g times that of %s (%.150s)", t->std, ratio, whose, words);
    set_factor(e, ratio);
    e->told[n] = true;
}

/* -------------------------------------------------------- fan_in and fan_out */

/* Whether fans differ by so much that weights tell them apart. */
static bool is_oblong(const detinit_audit_tensor *t)
{
    return !about(sqrt(detinit_recipe_fan_in(&t->recipe) / detinit_recipe_fan_out(&t->recipe)), 1,
                  slack(t));
}

static bool is_by_fan_out(const detinit_audit_tensor *t)
{
    return t->origin == DETINIT_ORIGIN_SCHEME && !t->recipe.orthogonal &&
           scheme_takes_fan_mode(t->recipe.mode) && t->recipe.fan_mode == DETINIT_FAN_MODE_OUT &&
           t->recipe.fans[0] == 0;
}

/* Whether more of the file's tensors have the same scheme by fan_in. */
static bool fan_in_is_usual(const evaluation *e, const detinit_audit_tensor *t)
{
    size_t by_in = 0, by_out = 0;
    for (size_t n = 0; n < e->kinds->count; n++) {
        detinit_recipe other = e->tensors[n].recipe;
        if (e->tensors[n].origin != DETINIT_ORIGIN_SCHEME || e->kinds->facts[n].vector)
            continue;
        by_out += same_scheme(&other, &t->recipe);
        other.fan_mode =
            other.fan_mode == DETINIT_FAN_MODE_IN ? DETINIT_FAN_MODE_OUT : DETINIT_FAN_MODE_AVG;
        by_in += same_scheme(&other, &t->recipe);
    }
    return by_in > by_out;
}

static void tell_fans(evaluation *e)
{
    for (size_t n = 0; n < e->kinds->count; n++) {
        const detinit_audit_tensor *t = &e->tensors[n];
        if (!is_by_fan_out(t) || !is_oblong(t) || (e->kinds->facts[n].says & NAME_EMBEDDING) != 0 ||
            (t->recipe.mode != DETINIT_TORCH && !fan_in_is_usual(e, t)))
            continue;
        findings_add(
            e, DETINIT_FINDING_FANS, true, n, 1,
            "fan_in and fan_out swapped: std %.4g is by fan_out %.0f; by fan_in %.0f it "
            "is %.4g",
            t->std, detinit_recipe_fan_out(&t->recipe), detinit_recipe_fan_in(&t->recipe),
            t->std * sqrt(detinit_recipe_fan_out(&t->recipe) / detinit_recipe_fan_in(&t->recipe)));
        set_factor(e, sqrt(detinit_recipe_fan_in(&t->recipe) / detinit_recipe_fan_out(&t->recipe)));
        e->told[n] = true;
    }
}

/* ----------------------------------------------------------- residual layers */

/* Whether two kinds are of one stack of layers: their names are alike up to the first number. */
static bool same_stack(const char *a, const char *b)
{
    const char *end = strchr(a, '#');
    return end != NULL && strncmp(a, b, (size_t)(end - a) + 1) == 0;
}

/* The std of matrices of the stack that are no residual projections; 0: there are none. */
static double plain_std(const evaluation *e, const layer_kind *k)
{
    const name_facts *own = &e->kinds->facts[e->kinds->order[k->first]];
    for (size_t n = 0; n < e->kinds->kind_count; n++) {
        const size_t first = e->kinds->order[e->kinds->kinds[n].first];
        const name_facts *facts = &e->kinds->facts[first];
        const detinit_audit_tensor *t = &e->tensors[first];
        if (facts->residual == RESIDUAL_NOT && !facts->vector && is_drawn(t) &&
            same_stack(own->pattern, facts->pattern) && !t->recipe.orthogonal)
            return t->std;
    }
    return 0;
}

/* Members of a kind whose std is about this; *first is one of them. */
static size_t count_of_std(const evaluation *e, const layer_kind *k, double std, size_t *first)
{
    size_t count = 0;
    for (size_t n = k->count; n-- > 0;) {
        const detinit_audit_tensor *t = member(e, k, n);
        if (is_drawn(t) && about(t->std, std, slack(t))) {
            *first = e->kinds->order[k->first + n];
            count++;
        }
    }
    return count;
}

static bool stack_scales(const evaluation *e, const layer_kind *k)
{
    const name_facts *own = &e->kinds->facts[e->kinds->order[k->first]];
    size_t first;
    for (size_t n = 0; n < e->kinds->kind_count; n++) {
        const layer_kind *other = &e->kinds->kinds[n];
        const name_facts *facts = &e->kinds->facts[e->kinds->order[other->first]];
        if (other == k || facts->residual == RESIDUAL_NOT || other->layers < 2 ||
            !same_stack(own->pattern, facts->pattern))
            continue;
        const double plain = plain_std(e, other);
        if (plain > 0 &&
            count_of_std(e, other, plain / sqrt(2 * (double)other->layers), &first) > 0)
            return true;
    }
    return false;
}

static void tell_residual(evaluation *e, const layer_kind *k)
{
    const residual_role role = e->kinds->facts[e->kinds->order[k->first]].residual;
    const double plain = role != RESIDUAL_NOT && k->layers > 1 ? plain_std(e, k) : 0;
    size_t first = 0;
    if (plain == 0 || (role == RESIDUAL_MAY && !stack_scales(e, k)))
        return;
    const size_t count = count_of_std(e, k, plain, &first);
    const double depth = sqrt(2 * (double)k->layers);
    if (count == 0)
        return;
    findings_add(e, DETINIT_FINDING_RESIDUAL, true, first, count,
                 "residual projections are not scaled: std %.4g as their siblings, not %.4g / "
                 "sqrt(2 x %llu layers) = %.4g",
                 e->tensors[first].std, plain, (unsigned long long)k->layers, plain / depth);
    set_factor(e, depth);
    for (size_t n = 0; n < k->count; n++)
        if (about(member(e, k, n)->std, plain, slack(member(e, k, n))))
            e->told[e->kinds->order[k->first + n]] = true;
}

/* --------------------------------------------------------------------- kinds */

/* The member that most others are alike; NULL where they do not agree. */
static const detinit_audit_tensor *model_of(const evaluation *e, const layer_kind *k)
{
    const detinit_audit_tensor *best = NULL;
    size_t most = 0;
    for (size_t n = 0; n < k->count && n < MODELS; n++) {
        size_t count = 0;
        for (size_t i = 0; i < k->count; i++)
            count += alike(member(e, k, n), member(e, k, i));
        if (count > most) {
            most = count;
            best = member(e, k, n);
        }
    }
    return most >= LEAST_ALIKE && (double)(k->count - most) <= MOST_UNLIKE * (double)k->count
               ? best
               : NULL;
}

static bool of_one_shape(const evaluation *e, const layer_kind *k)
{
    for (size_t n = 1; n < k->count; n++)
        if (!same_shape(member(e, k, 0)->tensor, member(e, k, n)->tensor))
            return false;
    return true;
}

/*
 * A member that is drawn otherwise.  In a sequence of layers of many shapes the first and the last
 * may well have a scheme of their own.
 */
static void tell_unlike(evaluation *e, const layer_kind *k, size_t n,
                        const detinit_audit_tensor *model)
{
    const size_t number = e->kinds->order[k->first + n];
    const detinit_audit_tensor *t = &e->tensors[number];
    const bool at_end = !of_one_shape(e, k) && (n == 0 || n + 1 == k->count);
    const double meant = meant_std(model, t);
    char words[DETINIT_AUDIT_WORDS];
    if (e->told[number] || (e->kinds->facts[number].says & NAME_EMBEDDING) != 0)
        return;
    if (t->origin == DETINIT_ORIGIN_NONE && t->nan + t->infinite == 0) {
        detinit_audit_words(model, words);
        findings_add(e, DETINIT_FINDING_UNLIKE, true, number, 1,
                     "trained or unknown, where the others of its kind are %.150s", words);
        e->told[number] = true;
    } else if (is_drawn(t) && meant > 0 && !about(t->std, meant, slack(t))) {
        tell_ratio(e, number, 1, t->std / meant, !at_end || t->origin == DETINIT_ORIGIN_LAW, model,
                   "the others of its kind");
    }
}

static void tell_kind(evaluation *e, const layer_kind *k)
{
    const detinit_audit_tensor *model = k->count > 2 ? model_of(e, k) : NULL;
    if (e->kinds->facts[e->kinds->order[k->first]].vector || model == NULL)
        return;
    for (size_t n = 0; n < k->count; n++)
        if (!alike(model, member(e, k, n)) && member(e, k, n)->looked_at >= 1000)
            tell_unlike(e, k, n, model);
}

/* ---------------------------------------------------------------------- file */

/* The scheme of more than half of all layers that are drawn, and of 2 or more; NULL: none. */
static const detinit_audit_tensor *model_of_file(const evaluation *e)
{
    const detinit_audit_tensor *models[MOST_SCHEMES];
    size_t counts[MOST_SCHEMES] = {0}, count = 0, drawn = 0;
    for (size_t n = 0; n < e->kinds->count; n++) {
        const detinit_audit_tensor *t = &e->tensors[n];
        size_t which = 0;
        if (e->kinds->facts[n].vector || !is_drawn(t) || t->looked_at < 1000 ||
            t->recipe.orthogonal)
            continue;
        drawn++;
        if (t->origin != DETINIT_ORIGIN_SCHEME)
            continue;
        while (which < count && !same_scheme(&models[which]->recipe, &t->recipe))
            which++;
        if (which == MOST_SCHEMES)
            continue;
        if (which == count)
            models[count++] = t;
        counts[which]++;
    }
    for (size_t n = 0; n < count; n++)
        if (counts[n] >= 2 && 2 * counts[n] > drawn)
            return models[n];
    return NULL;
}

/* A law that no scheme gives, in a file where one scheme prevails. */
static void tell_laws(evaluation *e)
{
    const detinit_audit_tensor *model = model_of_file(e);
    if (model == NULL)
        return;
    for (size_t n = 0; n < e->kinds->count; n++) {
        const detinit_audit_tensor *t = &e->tensors[n];
        const name_facts *facts = &e->kinds->facts[n];
        const double meant = meant_std(model, t);
        if (t->origin != DETINIT_ORIGIN_LAW || e->told[n] || facts->vector || meant == 0 ||
            (facts->says & (NAME_EMBEDDING | NAME_BIAS)) != 0 || facts->residual != RESIDUAL_NOT)
            continue;
        const double ratio = t->std / meant;
        tell_ratio(e, n, 1, ratio, whole_of(ratio * ratio, slack(t)) > 0, model,
                   "most layers of the file");
    }
}

void findings_of_kinds(evaluation *e)
{
    for (size_t n = 0; n < e->kinds->kind_count; n++)
        tell_residual(e, &e->kinds->kinds[n]);
    tell_fans(e);
    for (size_t n = 0; n < e->kinds->kind_count; n++)
        tell_kind(e, &e->kinds->kinds[n]);
    tell_laws(e);
}
