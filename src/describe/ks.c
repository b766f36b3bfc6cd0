#include "describe/ks.h"

#include "detinit_describe.h"
#include "base/error.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>

#define PI 3.14159265358979323846

/*
 * For many weights the F of each law is read from a table of itself and its derivative by cubic
 * Hermite interpolation, which errs by less than 1e-12; D itself is some 1e-3.
 */
#define TABLE_STEPS 4096
#define TABLE_FROM  16384

struct node {
    double cdf, slope; /* the slope in units of a step */
};

struct table {
    double start, inverse_step;
    struct node nodes[TABLE_STEPS + 1];
};

/* Ends where the law does: its density may jump there. */
static void fill_table(const struct law *law, struct table *table)
{
    double end = law->reach * law->std, step = 2 * end / TABLE_STEPS;
    table->start = law->centre - end;
    table->inverse_step = 1 / step;
    for (size_t k = 0; k <= TABLE_STEPS; k++) {
        double weight = law->centre + ((double)k - TABLE_STEPS / 2) * step;
        table->nodes[k].cdf = law_cdf(law, weight);
        table->nodes[k].slope = law_pdf(law, weight) * step;
    }
}

static double look_up(const struct table *table, double weight)
{
    double place = (weight - table->start) * table->inverse_step;
    place = place > 0 ? place : 0;
    place = place < TABLE_STEPS ? place : TABLE_STEPS;
    size_t k = (size_t)place;
    k = k < TABLE_STEPS ? k : TABLE_STEPS - 1;
    const struct node *a = &table->nodes[k], *b = a + 1;
    double t = place - (double)k, rise = b->cdf - a->cdf;
    double bend = a->slope - rise, bow = rise - b->slope;
    return a->cdf + t * (rise + (1 - t) * (bend * (1 - t) + bow * t));
}

/*
 * The unit interval is cut into at least as many parts as there are weights,
 * PARTS to a group.  Within a part F rises by no more than F_n does from one
 * weight to the next, so that F_n - F is greatest at the last weight of a part
 * and F - F_n before the first: these alone need be looked at, and nothing is
 * sorted (Gonzalez, Sahni and Franta 1977).  The parts of a group fit the
 * first-level cache.
 */
#define PARTS      1024
#define MAX_GROUPS (DETINIT_KS_COUNT / PARTS)

/* Weights turned into probabilities at a time. */
#define PIECE ((size_t)1 << 14)

struct part {
    size_t count;
    double min, max;
};

/*
 * Which side of its step at a weight F_n is compared with F on: where it rounds up to the weight,
 * F - F_n is greatest; where it begins to round up to the next, F_n - F.
 */
enum { BEFORE = 1, AFTER = 2 };

struct test {
    const struct theory *theory;
    const struct table *tables; /* one for each law; NULL for few weights */
    const double *stored;
    double *dropped; /* for each atom: the share of weights that are drawn and stored as it */
    double left;     /* the share of weights that are stored as no atom */
    unsigned sides;
    size_t count, groups;
    double *probabilities;
    double *grouped;               /* the same in the order of their groups */
    size_t starts[MAX_GROUPS + 1]; /* where each group begins in `grouped` */
    double distances[MAX_GROUPS];  /* the greatest in each group */
};

/* The share of all weights that are drawn and less than `weight`. */
static double drawn_below(const struct test *test, double weight)
{
    double sum = 0;
    if (test->tables == NULL)
        return theory_drawn_below(test->theory, weight);
    for (size_t n = 0; n < test->theory->law_count; n++)
        sum += test->theory->laws[n].share * look_up(&test->tables[n], weight);
    return sum;
}

/* The probability that a weight which is not dropped is less than `weight`. */
static double probability_below(const struct test *test, double weight)
{
    double sum = drawn_below(test, weight);
    for (size_t n = 0; n < test->theory->atom_count; n++)
        if (test->theory->atoms[n].value < weight)
            sum -= test->dropped[n];
    return sum / test->left;
}

static void convert_piece(void *context, uint64_t n)
{
    struct test *test = context;
    const struct rounding *rounding = &test->theory->rounding;
    size_t from = (size_t)n * PIECE;
    size_t end = test->count - from < PIECE ? test->count : from + PIECE;
    for (size_t i = from; i < end; i++) {
        const double weight = test->stored[i];
        test->probabilities[i] =
            probability_below(test, (test->sides & AFTER) != 0 ? rounding_end(rounding, weight)
                                                               : rounding_start(rounding, weight));
    }
}

static size_t group_of(size_t groups, double probability)
{
    double place = probability > 0 ? probability * (double)groups : 0;
    return place < (double)groups ? (size_t)place : groups - 1;
}

/* Of a probability in group g. */
static size_t part_of(const struct test *test, size_t g, double probability)
{
    double place = (probability * (double)test->groups - (double)g) * PARTS;
    size_t k = place > 0 ? (size_t)place : 0;
    return k < PARTS ? k : PARTS - 1;
}

/* A counting sort, as far as groups go. */
static void group(struct test *test)
{
    size_t next[MAX_GROUPS] = {0}, sum = 0, groups = test->groups;
    for (size_t i = 0; i < test->count; i++)
        next[group_of(groups, test->probabilities[i])]++;
    for (size_t g = 0; g < groups; g++) {
        size_t length = next[g];
        next[g] = test->starts[g] = sum;
        sum += length;
    }
    test->starts[groups] = sum;
    for (size_t i = 0; i < test->count; i++) {
        double probability = test->probabilities[i];
        test->grouped[next[group_of(groups, probability)]++] = probability;
    }
}

/* Without branches, which random numbers would mispredict. */
static void put(struct part *part, double probability)
{
    part->count++;
    part->min = probability < part->min ? probability : part->min;
    part->max = probability > part->max ? probability : part->max;
}

static void search_group(void *context, uint64_t g)
{
    struct test *test = context;
    struct part parts[PARTS];
    double step = 1 / (double)test->count, greatest = 0;
    size_t below = test->starts[g];
    for (size_t k = 0; k < PARTS; k++)
        parts[k] = (struct part){.min = 1, .max = 0};
    for (size_t i = test->starts[g]; i < test->starts[g + 1]; i++)
        put(&parts[part_of(test, (size_t)g, test->grouped[i])], test->grouped[i]);
    for (size_t k = 0; k < PARTS; k++) {
        if (parts[k].count == 0)
            continue;
        double before = parts[k].min - (double)below * step;
        below += parts[k].count;
        double after = (double)below * step - parts[k].max;
        if ((test->sides & BEFORE) != 0 && before > greatest)
            greatest = before;
        if ((test->sides & AFTER) != 0 && after > greatest)
            greatest = after;
    }
    test->distances[g] = greatest;
}

static double greatest_distance(struct test *test, unsigned sides, const detinit_run *run)
{
    uint64_t pieces = (test->count + PIECE - 1) / PIECE;
    double greatest = 0;
    test->sides = sides;
    threads_for(threads_of_run(run, pieces), pieces, convert_piece, test);
    group(test);
    threads_for(threads_of_run(run, pieces), test->groups, search_group, test);
    for (size_t g = 0; g < test->groups; g++)
        greatest = fmax(greatest, test->distances[g]);
    return greatest;
}

/* Where weights are not rounded, F does not step, and both sides are one. */
static bool is_smooth(const struct rounding *rounding)
{
    return rounding->dtype == DETINIT_FLOAT64 && rounding->via == DETINIT_FLOAT64;
}

static double distance_of(struct test *test, const detinit_run *run)
{
    if (is_smooth(&test->theory->rounding))
        return greatest_distance(test, BEFORE | AFTER, run);
    return fmax(greatest_distance(test, BEFORE, run), greatest_distance(test, AFTER, run));
}

/* What draws lose to the weights that were dropped, because they are stored as the same. */
static void find_dropped(struct test *test)
{
    const struct theory *theory = test->theory;
    test->left = 0;
    for (size_t n = 0; n < theory->law_count; n++)
        test->left += theory->laws[n].share;
    for (size_t n = 0; n < theory->atom_count; n++) {
        const double value = theory->atoms[n].value;
        test->dropped[n] =
            isinf(rounding_of(&theory->rounding, value))
                ? 0
                : theory_drawn_below(theory, rounding_end(&theory->rounding, value)) -
                      theory_drawn_below(theory, rounding_start(&theory->rounding, value));
        test->left -= test->dropped[n];
    }
}

size_t ks_drop_certain(const struct theory *theory, double *stored, size_t count)
{
    size_t left = 0;
    if (theory->atom_count == 0)
        return count;
    for (size_t i = 0; i < count; i++) {
        size_t n = 0;
        while (n < theory->atom_count && theory->atoms[n].value != stored[i])
            n++;
        if (n == theory->atom_count)
            stored[left++] = stored[i];
    }
    return left;
}

detinit_status ks_distance(const struct theory *theory, const double *stored, size_t count,
                           const detinit_run *run, double *distance, detinit_error *error)
{
    const bool many = count >= TABLE_FROM;
    struct test *test = malloc(sizeof *test);
    struct table *tables = many ? malloc(theory->law_count * sizeof *tables) : NULL;
    double *probabilities = malloc(count * sizeof *probabilities);
    double *grouped = malloc(count * sizeof *grouped);
    double *dropped = malloc((theory->atom_count + 1) * sizeof *dropped);
    bool enough = test != NULL && probabilities != NULL && grouped != NULL && dropped != NULL &&
                  (tables != NULL || !many);
    for (size_t n = 0; tables != NULL && n < theory->law_count; n++)
        fill_table(&theory->laws[n].law, &tables[n]);
    if (enough) {
        test->theory = theory;
        test->tables = tables;
        test->stored = stored;
        test->dropped = dropped;
        test->count = count;
        test->groups = (count + PARTS - 1) / PARTS;
        test->probabilities = probabilities;
        test->grouped = grouped;
        find_dropped(test);
        *distance = distance_of(test, run);
    }
    free(dropped);
    free(grouped);
    free(probabilities);
    free(tables);
    free(test);
    if (!enough)
        return error_set(error, DETINIT_NO_MEMORY,
                         "no memory for a Kolmogorov-Smirnov test of %zu weights", count);
    return DETINIT_OK;
}

/* 1 - K(x) for small x, where the alternating series converges slowly: Jacobi's form. */
static double upper_tail_of_small(double x)
{
    double sum = 0, step = PI * PI / (8 * x * x);
    for (int k = 1; k < 20; k += 2)
        sum += exp(-k * k * step);
    return 1 - sqrt(2 * PI) / x * sum;
}

static double upper_tail_of_large(double x)
{
    double sum = 0;
    for (int k = 1; k < 20; k++)
        sum += (k % 2 == 1 ? 2 : -2) * exp(-2 * k * k * x * x);
    return sum;
}

/* Kolmogorov's limit (1933) with the correction of Stephens (1970) for finite n. */
double ks_probability(double distance, size_t count)
{
    double root = sqrt((double)count);
    double x = (root + 0.12 + 0.11 / root) * distance;
    if (x <= 0)
        return 1;
    return x < 1 ? upper_tail_of_small(x) : upper_tail_of_large(x);
}
