#include "describe/theory.h"

#include "detinit_describe.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------- the mixture */

static void add_atom(struct theory *theory, double value, double share)
{
    const double stored = rounding_of(&theory->rounding, value);
    struct theory_atom *atom = theory->atoms, *end = atom + theory->atom_count;
    if (!(share > 0))
        return;
    theory->atom_underflows |= stored == 0 && value != 0;
    value = isfinite(stored) ? stored : value;
    while (atom < end && atom->value != value)
        atom++;
    if (atom == end) {
        *atom = (struct theory_atom){.value = value};
        theory->atom_count++;
    }
    atom->share += share;
}

static void add_law(struct theory *theory, const struct law *law, double share)
{
    struct theory_law *known = theory->laws, *end = known + theory->law_count;
    if (!(share > 0))
        return;
    while (known < end && !law_equal(&known->law, law))
        known++;
    if (known == end) {
        *known = (struct theory_law){.law = *law};
        theory->law_count++;
    }
    known->share += share;
}

/* An orthogonal matrix of one entry is its gain or minus that. */
static void add_orthogonal(struct theory *theory, double gain, uint64_t rows, uint64_t cols,
                           double share)
{
    const double side = (double)(rows > cols ? rows : cols);
    if (side > 1) {
        const struct law law = law_of_orthogonal(gain, side);
        add_law(theory, &law, share);
    } else {
        add_atom(theory, gain, share / 2);
        add_atom(theory, -gain, share / 2);
    }
}

static void add_draws(struct theory *theory, const detinit_recipe *r, double share)
{
    struct law law = law_of_draws(r);
    law.centre = r->mean;
    add_atom(theory, 0, share * r->zero);
    add_law(theory, &law, share * (1 - r->zero));
}

/* The channels of a kernel, and whether zero_row leaves its centre as it is. */
struct channels {
    uint64_t out, in;
    bool centre_is_left;
};

static struct channels channels_of(const detinit_recipe *r)
{
    const bool last = r->fan_in == DETINIT_FAN_IN_ROWS;
    struct channels c = {.out = last ? r->shape[r->rank - 1] : r->shape[0],
                         .in = last ? r->shape[r->rank - 2] : r->shape[1]};
    c.centre_is_left = !last || !r->has_zero_row || r->zero_row != r->shape[0] / 2;
    return c;
}

/* The weights on the diagonal of rows x cols that zero_row leaves. */
static double on_diagonal(const detinit_recipe *r, uint64_t rows, uint64_t cols, bool is_row)
{
    const uint64_t shorter = rows < cols ? rows : cols;
    return (double)(shorter - (r->has_zero_row && is_row && r->zero_row < shorter));
}

static void add_kernel(struct theory *theory, const detinit_recipe *r, double count, double share)
{
    const struct channels c = channels_of(r);
    const bool first_is_out = r->fan_in == DETINIT_FAN_IN_COLS;
    double kept = 0;
    if (r->mode == DETINIT_DIRAC && c.centre_is_left) {
        kept = share * on_diagonal(r, c.out, c.in, first_is_out) / count;
        add_atom(theory, r->gain, kept);
    } else if (c.centre_is_left) {
        const double rows = (double)c.out - (r->has_zero_row && first_is_out);
        kept = share * rows * (double)c.in / count;
        add_orthogonal(theory, detinit_recipe_orthogonal_gain(r), c.out, c.in, kept);
    }
    add_atom(theory, 0, share - kept);
}

/* What is neither drawn one by one nor fused, as the `share` of all weights that it is. */
static void add_made(struct theory *theory, const detinit_recipe *r, double share)
{
    uint64_t rows = detinit_recipe_rows(r), cols = detinit_recipe_cols(r);
    const double count = (double)rows * (double)cols;
    const double zero = r->has_zero_row ? share / (double)r->shape[0] : 0;
    if (r->mode == DETINIT_IDENTITY) {
        const double ones = share * on_diagonal(r, rows, cols, true) / count;
        add_atom(theory, r->gain, ones);
        add_atom(theory, 0, share - ones);
    } else if (r->mode == DETINIT_DIRAC || r->mode == DETINIT_DELTA_ORTHOGONAL) {
        add_kernel(theory, r, count, share);
    } else if (r->mode == DETINIT_CONSTANT) {
        add_atom(theory, 0, zero);
        add_atom(theory, r->value, share - zero);
    } else {
        add_atom(theory, 0, zero);
        detinit_recipe_layer_shape(r, &rows, &cols);
        add_orthogonal(theory, detinit_recipe_orthogonal_gain(r), rows, cols, share - zero);
    }
}

static void add_recipe(struct theory *theory, const detinit_recipe *r, double share)
{
    for (size_t n = 0; n < r->rank; n++)
        if (r->shape[n] == 0)
            return;
    if (!detinit_recipe_is_drawn(r)) {
        add_made(theory, r, share);
        return;
    }
    const double zero = r->has_zero_row ? share / (double)r->shape[0] : 0;
    add_atom(theory, 0, zero);
    add_draws(theory, r, share - zero);
}

/* ----------------------------------------------------------------- figures */

static double power(double x, int k)
{
    double all = 1;
    while (k-- > 0)
        all *= x;
    return all;
}

/* E (distance + ratio X)^k, X a weight of a law in its own std, symmetric about 0. */
static double shifted_moment(const struct law *law, double distance, double ratio, int k)
{
    double sum = 0, binomial = 1;
    for (int n = 0; n <= k; n++) {
        if (n % 2 == 0)
            sum += binomial * power(distance, k - n) * power(ratio, n) * law->moments[n / 2];
        binomial = binomial * (k - n) / (n + 1);
    }
    return sum;
}

/* E ((weight - mean) / unit)^k */
static double moment_of(const struct theory *theory, double unit, int k)
{
    double sum = 0;
    for (size_t n = 0; n < theory->law_count; n++) {
        const struct law *law = &theory->laws[n].law;
        sum += theory->laws[n].share *
               shifted_moment(law, (law->centre - theory->mean) / unit, law->std / unit, k);
    }
    for (size_t n = 0; n < theory->atom_count; n++)
        sum += theory->atoms[n].share * power((theory->atoms[n].value - theory->mean) / unit, k);
    return sum;
}

/* Sets mean and ends, which are finite. Returns the farthest that anything is from the mean, or 0.
 */
static double find_ends(struct theory *theory)
{
    double farthest = 0;
    theory->low = INFINITY;
    theory->high = -INFINITY;
    for (size_t n = 0; n < theory->law_count; n++) {
        const struct law *law = &theory->laws[n].law;
        theory->mean += theory->laws[n].share * law->centre;
        theory->low = fmin(theory->low, law->centre - law->std * law->reach);
        theory->high = fmax(theory->high, law->centre + law->std * law->reach);
    }
    for (size_t n = 0; n < theory->atom_count; n++) {
        theory->mean += theory->atoms[n].share * theory->atoms[n].value;
        theory->low = fmin(theory->low, theory->atoms[n].value);
        theory->high = fmax(theory->high, theory->atoms[n].value);
    }
    for (size_t n = 0; n < theory->law_count; n++) {
        const struct law *law = &theory->laws[n].law;
        farthest = fmax(farthest, fmax(law->std, fabs(law->centre - theory->mean)));
    }
    for (size_t n = 0; n < theory->atom_count; n++)
        farthest = fmax(farthest, fabs(theory->atoms[n].value - theory->mean));
    theory->low = fmax(theory->low, -DBL_MAX);
    theory->high = fmin(theory->high, DBL_MAX);
    return farthest;
}

/* Weights as independent draws from the mixture. */
static void find_figures(struct theory *theory)
{
    double farthest = find_ends(theory);
    if (theory->law_count == 1 && theory->atom_count == 0) {
        theory->mean = theory->laws[0].law.centre;
        theory->std = theory->laws[0].law.std;
    } else if (theory->atom_count == 1 && theory->law_count == 0) {
        theory->mean = theory->atoms[0].value;
    } else if (farthest > 0) {
        theory->std = farthest * sqrt(moment_of(theory, farthest, 2));
    }
    theory->moments[0] = 1;
    for (int k = 1; k < THEORY_MOMENTS && theory->std > 0; k++)
        theory->moments[k] = moment_of(theory, theory->std, k);
    theory->square_variance = theory->moments[4] - 1;
    if (theory->law_count == 1 && theory->atom_count == 0)
        theory->square_variance = theory->laws[0].law.square_variance;
}

bool theory_make(const detinit_recipe *recipe, struct theory *theory)
{
    const size_t parts = recipe->part_count > 0 ? recipe->part_count : 1;
    *theory = (struct theory){.rounding = {recipe->via, recipe->dtype}};
    theory->laws = calloc(parts, sizeof *theory->laws);
    theory->atoms = calloc(3 * parts, sizeof *theory->atoms);
    if (theory->laws == NULL || theory->atoms == NULL) {
        theory_free(theory);
        return false;
    }
    for (size_t n = 0; n < recipe->part_count; n++)
        add_recipe(theory, &recipe->parts[n],
                   (double)recipe->parts[n].shape[recipe->part_axis] /
                       (double)recipe->shape[recipe->part_axis]);
    if (recipe->part_count == 0)
        add_recipe(theory, recipe, 1);
    find_figures(theory);
    return true;
}

double theory_std(const detinit_recipe *recipe)
{
    struct theory_law law;
    struct theory_atom atoms[3];
    struct theory theory = {.rounding = {recipe->via, recipe->dtype}, .laws = &law, .atoms = atoms};
    add_recipe(&theory, recipe, 1);
    find_figures(&theory);
    return theory.std;
}

void theory_free(struct theory *theory)
{
    free(theory->laws);
    free(theory->atoms);
    theory->laws = NULL;
    theory->atoms = NULL;
}

/* ----------------------------------------------------------------- answers */

double theory_pdf(const struct theory *theory, double weight)
{
    double sum = 0;
    for (size_t n = 0; n < theory->atom_count; n++)
        if (theory->atoms[n].value == weight)
            return INFINITY;
    for (size_t n = 0; n < theory->law_count; n++)
        sum += theory->laws[n].share * law_pdf(&theory->laws[n].law, weight);
    return sum;
}

/* The share of the atoms from `from` on and below `to`. */
static double atoms_between(const struct theory *theory, double from, double to)
{
    double sum = 0;
    for (size_t n = 0; n < theory->atom_count; n++)
        if (theory->atoms[n].value >= from && theory->atoms[n].value < to)
            sum += theory->atoms[n].share;
    return sum;
}

double theory_drawn_below(const struct theory *theory, double weight)
{
    double sum = 0;
    for (size_t n = 0; n < theory->law_count; n++)
        sum += theory->laws[n].share * law_cdf(&theory->laws[n].law, weight);
    return sum;
}

double theory_below(const struct theory *theory, double weight)
{
    return atoms_between(theory, -INFINITY, weight) + theory_drawn_below(theory, weight);
}

double theory_cdf(const struct theory *theory, double weight)
{
    double sum = theory_below(theory, weight);
    for (size_t n = 0; n < theory->atom_count; n++)
        sum += theory->atoms[n].value == weight ? theory->atoms[n].share : 0;
    return sum;
}

double theory_between(const struct theory *theory, double from, double to)
{
    double sum = atoms_between(theory, from, to);
    for (size_t n = 0; n < theory->law_count; n++)
        sum += theory->laws[n].share * law_between(&theory->laws[n].law, from, to);
    return sum;
}

/* The quantile lies between the least and the greatest of what is mixed; bisection finds it. */
double theory_quantile(const struct theory *theory, double p)
{
    double low = INFINITY, high = -INFINITY;
    if (isnan(p) || p < 0 || p > 1)
        return NAN;
    for (size_t n = 0; n < theory->law_count; n++) {
        const double quantile = law_quantile(&theory->laws[n].law, p);
        low = fmin(low, quantile);
        high = fmax(high, quantile);
    }
    for (size_t n = 0; n < theory->atom_count; n++) {
        low = fmin(low, theory->atoms[n].value);
        high = fmax(high, theory->atoms[n].value);
    }
    if (p == 0 || low > high)
        return low <= high ? low : NAN;
    if (p == 1 || theory_cdf(theory, low) >= p)
        return p == 1 ? high : low;
    for (;;) {
        const double middle = low + (high - low) / 2;
        if (!(middle > low && middle < high))
            return high;
        if (theory_cdf(theory, middle) < p)
            low = middle;
        else
            high = middle;
    }
}

/* Of a recipe alone. */
static double ask(double (*answer)(const struct theory *, double), const detinit_recipe *recipe,
                  double of)
{
    struct theory theory;
    if (!theory_make(recipe, &theory))
        return NAN;
    const double found = answer(&theory, of);
    theory_free(&theory);
    return found;
}

double detinit_theory_pdf(const detinit_recipe *recipe, double weight)
{
    return ask(theory_pdf, recipe, weight);
}

double detinit_theory_cdf(const detinit_recipe *recipe, double weight)
{
    return ask(theory_cdf, recipe, weight);
}

double detinit_theory_quantile(const detinit_recipe *recipe, double p)
{
    return ask(theory_quantile, recipe, p);
}
