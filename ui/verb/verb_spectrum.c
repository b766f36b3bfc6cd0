/* The command spectrum: singular values of a matrix and of a product, beside their laws. */
#include "base/error.h"
#include "system/progress.h"
#include "verb/report.h"
#include "verb/report_figures.h"
#include "verb/report_value.h"
#include "verb/spectrum.h"
#include "verb/verb.h"

#include <math.h>
#include <stdio.h>

typedef struct spectrum_report {
    const settings *settings;
    spectrum spectrum;
    product_spectrum product;
    spectrum_bins bins, product_bins; /* the latter where there is a product */
} spectrum_report;

/* What is told of each of the four: one row of the table. */
typedef struct told_side {
    const char *name;
    const double *values; /* descending */
    size_t count;
    double condition;
    uint64_t rows, cols;
    unsigned factors;
    double lower, upper; /* the law's edges, NAN where there is none */
} told_side;

enum { DRAWN, ORTHOGONAL, DRAWN_PRODUCT, ORTHOGONAL_PRODUCT, SIDES };

static bool has_law(const spectrum_report *r)
{
    return r->spectrum.no_law[0] == '\0';
}

static bool has_product(const spectrum_report *r)
{
    return r->product.refusal[0] == '\0';
}

/* Those that there are. Returns how many. */
static int tell_sides(const spectrum_report *r, told_side sides[SIDES])
{
    const spectrum *s = &r->spectrum;
    const product_spectrum *p = &r->product;
    const double lower = has_law(r) ? s->law.lower : NAN, upper = has_law(r) ? s->law.upper : NAN;
    sides[DRAWN] = (told_side){"drawn", s->normal, s->count, s->condition_normal, s->rows, s->cols,
                               1,       lower,     upper};
    sides[ORTHOGONAL] = (told_side){"orthogonal", s->orthogonal, s->count, s->condition_orthogonal,
                                    s->rows,      s->cols,       1,        NAN,
                                    NAN};
    sides[DRAWN_PRODUCT] = (told_side){"drawn",
                                       p->normal,
                                       PRODUCT_WIDTH,
                                       p->condition_normal,
                                       PRODUCT_WIDTH,
                                       PRODUCT_WIDTH,
                                       p->factors,
                                       0,
                                       has_product(r) ? detinit_product_upper(p->factors) : NAN};
    sides[ORTHOGONAL_PRODUCT] = (told_side){"orthogonal",
                                            p->orthogonal,
                                            PRODUCT_WIDTH,
                                            p->condition_orthogonal,
                                            PRODUCT_WIDTH,
                                            PRODUCT_WIDTH,
                                            p->factors,
                                            NAN,
                                            NAN};
    return has_product(r) ? SIDES : DRAWN_PRODUCT;
}

/* -------------------------------------------------------------------- text */

/* A matrix beside the same drawn orthogonal, with the law between them; and what both do. */
static void print_pair(const told_side *drawn, const told_side *orthogonal, const char *law)
{
    const told_side *const both[] = {drawn, orthogonal};
    char text[SPECTRUM_TEXT];
    printf("  %-12s %10s %10s %10s\n", "", "smallest", "largest", "condition");
    for (int n = 0; n < 2; n++) {
        printf("  %-12s %10.4g %10.4g %10s\n", both[n]->name, both[n]->values[both[n]->count - 1],
               both[n]->values[0], condition_text(both[n]->condition, text));
        if (n == 0 && !isnan(drawn->upper))
            printf("  %-12s %10.4g %10.4g %10s  %s\n", "law", drawn->lower, drawn->upper, "", law);
    }
    for (int n = 0; n < 2; n++)
        printf("  %s: %s\n", both[n]->name, condition_words(both[n]->condition, text));
}

/* A line for each bin, with the place where the law expects its end. */
static void print_bins(const spectrum_bins *b, const char *law, terminal out)
{
    const int width = out.columns - 40 > 10 ? out.columns - 40 : 10;
    double most = 1;
    for (size_t n = 0; n < b->bins; n++)
        most = fmax(most, fmax((double)b->counts[n], b->expected[n]));
    if (law != NULL)
        printf("\nSingular values (%s marks what %s expects):\n", out.utf8 ? "│" : "|", law);
    else
        printf("\nSingular values:\n");
    for (size_t n = 0; n < b->bins; n++) {
        printf("  %10.4g .. %10.4g %9llu  ", b->edges[n], b->edges[n + 1],
               (unsigned long long)b->counts[n]);
        report_bar((double)b->counts[n], b->expected[n], most, width, out);
        putchar('\n');
    }
}

static void print_product(const spectrum_report *r, const told_side sides[SIDES], terminal out)
{
    const product_spectrum *p = &r->product;
    if (!has_product(r)) {
        printf("\nNo product of matrices: %s\n", p->refusal);
        return;
    }
    printf("\nProduct of %u such %s of %zu x %zu, over sigma^%u (sigma %.6g, orthogonal %.6g):\n",
           p->factors, p->factors == 1 ? "matrix" : "matrices", PRODUCT_WIDTH, PRODUCT_WIDTH,
           p->factors, p->sigma_normal, p->sigma_orthogonal);
    print_pair(&sides[DRAWN_PRODUCT], &sides[ORTHOGONAL_PRODUCT], "Fuss and Catalan's");
    if (p->rounded > 0)
        printf("  below %g of the largest is rounding alone: %zu of %zu\n", SPECTRUM_ROUNDING,
               p->rounded, PRODUCT_WIDTH);
    print_bins(&r->product_bins, "Fuss and Catalan's law", out);
}

static void print_text(const spectrum_report *r)
{
    const settings *s = r->settings;
    const terminal out = terminal_of_stdout(s);
    told_side sides[SIDES];
    char law[SPECTRUM_TEXT];
    tell_sides(r, sides);
    if (!s->output.quiet)
        printf("SPECTRUM (seed=%llu, layer_id=%llu, mode=%s)\n"
               "============================================================\n",
               (unsigned long long)s->recipe.seed, (unsigned long long)s->recipe.layer,
               detinit_mode_name(s->recipe.mode));
    printf("%zu singular value%s of %llu x %llu:\n", r->spectrum.count,
           r->spectrum.count == 1 ? "" : "s", (unsigned long long)r->spectrum.rows,
           (unsigned long long)r->spectrum.cols);
    snprintf(law, sizeof law, "Marchenko and Pastur's; %zu beyond its edges",
             has_law(r) ? spectrum_beyond(&r->spectrum) : 0);
    print_pair(&sides[DRAWN], &sides[ORTHOGONAL], law);
    if (!has_law(r))
        printf("  %s\n", r->spectrum.no_law);
    print_bins(&r->bins, has_law(r) ? "Marchenko and Pastur's law" : NULL, out);
    print_product(r, sides, out);
}

/* ------------------------------------------------------------ JSON and CSV */

static json_t *side_json(const told_side *side)
{
    json_t *values = json_array();
    for (size_t n = 0; n < side->count; n++)
        json_array_append_new(values, report_real(side->values[n]));
    json_t *all = json_pack("{s:o, s:o}", "singular_values", values, "condition",
                            report_real(side->condition));
    if (!isfinite(side->condition))
        json_object_set_new(all, "why_null", json_pack("{s:s}", "condition", "infinity"));
    return all;
}

static json_t *bins_json(const spectrum_bins *b, bool has_expected)
{
    json_t *edges = json_array(), *counts = json_array(), *expected = json_array();
    for (size_t n = 0; n <= b->bins; n++)
        json_array_append_new(edges, report_real(b->edges[n]));
    for (size_t n = 0; n < b->bins; n++) {
        json_array_append_new(counts, report_whole(b->counts[n]));
        json_array_append_new(expected, report_real(b->expected[n]));
    }
    json_t *all = json_pack("{s:o, s:o}", "edges", edges, "counts", counts);
    if (has_expected)
        json_object_set(all, "expected", expected);
    json_decref(expected);
    return all;
}

static json_t *product_json(const spectrum_report *r, const told_side sides[SIDES])
{
    const product_spectrum *p = &r->product;
    json_t *all =
        json_pack("{s:i, s:i, s:o, s:o, s:i}", "factors", (int)p->factors, "width",
                  (int)PRODUCT_WIDTH, "sigma", report_real(p->sigma_normal), "sigma_orthogonal",
                  report_real(p->sigma_orthogonal), "rounded", (int)p->rounded);
    json_object_set_new(all, "drawn", side_json(&sides[DRAWN_PRODUCT]));
    json_object_set_new(all, "orthogonal", side_json(&sides[ORTHOGONAL_PRODUCT]));
    json_object_set_new(all, "law",
                        json_pack("{s:s, s:o}", "name", "Fuss-Catalan", "upper",
                                  report_real(detinit_product_upper(p->factors))));
    json_object_set_new(all, "histogram", bins_json(&r->product_bins, true));
    return all;
}

static detinit_status print_json(const spectrum_report *r, detinit_error *error)
{
    const spectrum *s = &r->spectrum;
    told_side sides[SIDES];
    const bool whole = tell_sides(r, sides) == SIDES;
    json_t *why = json_object();
    json_t *all = json_pack("{s:i, s:o, s:o}", "version", DETINIT_GENERATOR_VERSION, "recipe",
                            report_recipe(r->settings, r->settings->verb), "shape",
                            report_list((const uint64_t[]){s->rows, s->cols}, 2));
    json_object_set_new(all, "drawn", side_json(&sides[DRAWN]));
    json_object_set_new(all, "orthogonal", side_json(&sides[ORTHOGONAL]));
    json_object_set_new(
        all, "law",
        has_law(r)
            ? json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", "Marchenko-Pastur", "std",
                        report_real(s->law.std), "lower", report_real(s->law.lower), "upper",
                        report_real(s->law.upper), "beyond", report_whole(spectrum_beyond(s)))
            : json_null());
    json_object_set_new(all, "histogram", bins_json(&r->bins, has_law(r)));
    json_object_set_new(all, "product", whole ? product_json(r, sides) : json_null());
    if (!has_law(r))
        json_object_set_new(why, "law", json_string(s->no_law));
    if (!whole)
        json_object_set_new(why, "product", json_string(r->product.refusal));
    if (json_object_size(why) > 0)
        json_object_set(all, "why_null", why);
    json_decref(why);
    return report_print(all, error);
}

static void print_csv_bins(const spectrum_bins *b, unsigned factors)
{
    for (size_t n = 0; n < b->bins; n++)
        printf("%u,%.17g,%.17g,%llu,%.17g\n", factors, b->edges[n], b->edges[n + 1],
               (unsigned long long)b->counts[n], b->expected[n]);
}

/* Three tables, each behind a line of names: what there is, its values, and its histograms. */
static void print_csv(const spectrum_report *r)
{
    told_side sides[SIDES];
    const int count = tell_sides(r, sides);
    puts("factors,matrix,rows,cols,smallest,largest,condition,law_lower,law_upper");
    for (int n = 0; n < count; n++) {
        const told_side *t = &sides[n];
        const double figures[] = {t->values[t->count - 1], t->values[0], t->condition, t->lower,
                                  t->upper};
        printf("%u,%s,%llu,%llu", t->factors, t->name, (unsigned long long)t->rows,
               (unsigned long long)t->cols);
        for (size_t k = 0; k < sizeof figures / sizeof figures[0]; k++)
            report_csv_real(figures[k]);
        putchar('\n');
    }
    puts("\nfactors,matrix,number,value");
    for (int n = 0; n < count; n++)
        for (size_t k = 0; k < sides[n].count; k++)
            printf("%u,%s,%zu,%.17g\n", sides[n].factors, sides[n].name, k, sides[n].values[k]);
    puts("\nfactors,from,to,count,expected");
    print_csv_bins(&r->bins, 1);
    if (count == SIDES)
        print_csv_bins(&r->product_bins, r->product.factors);
}

/* ----------------------------------------------------------------- the work */

/* A recipe that has a spectrum, but no products, is told of without them. */
static detinit_status make(const settings *s, spectrum_report *r, detinit_error *error)
{
    progress bar;
    const detinit_run run =
        progress_run(&bar, "finding singular values", s->run.threads, s->output.quiet);
    detinit_error refusal;
    detinit_status status = spectrum_make(&s->recipe, &run, &r->spectrum, error);
    if (status == DETINIT_OK) {
        status =
            product_make(&s->recipe, (unsigned)s->describe.factors, &run, &r->product, &refusal);
        if (status == DETINIT_INVALID || status == DETINIT_NUMERIC) {
            snprintf(r->product.refusal, sizeof r->product.refusal, "%.190s", refusal.message);
            status = DETINIT_OK;
        } else if (status != DETINIT_OK) {
            *error = refusal;
        }
    }
    progress_end(&bar);
    return status;
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    spectrum_report r = {.settings = s};
    detinit_status status = make(s, &r, error);
    if (status == DETINIT_OK) {
        spectrum_histogram(&r.spectrum, &r.bins);
        if (has_product(&r))
            product_histogram(&r.product, &r.product_bins);
        if (s->output.format == OUTPUT_JSON)
            status = print_json(&r, error);
        else if (s->output.format == OUTPUT_CSV)
            print_csv(&r);
        else
            print_text(&r);
    }
    spectrum_free(&r.spectrum);
    return status;
}

const verb verb_spectrum = {
    .name = "spectrum",
    .usage = "[--factors L]",
    .help = "singular values beside their laws",
    .groups = GROUPS_OF_RECIPE | GROUP_RUN,
    .options = {VERB_OPTION(FACTORS)},
    .run = run_verb,
};
