#include "verb/signal_report.h"

#include "base/error.h"
#include "option/recipe_text.h"
#include "verb/figures.h"
#include "verb/report_value.h"
#include "verb/verb.h"

#include <math.h>
#include <stdio.h>

/* Of the phase map every so many places are printed. */
#define STRIDE ((size_t)4)

/* Layers in the text. */
#define LAYERS_SHOWN ((size_t)11)

#define TABLE(rows, type)                                                                          \
    {                                                                                              \
        rows, sizeof(rows) / sizeof(rows)[0], sizeof(type)                                         \
    }
#define MEASURED(field) FIGURE(detinit_signal_layer, field, true)
#define EXPECTED(field) FIGURE(detinit_predicted_layer, field, true)
#define OF_SCHEME(part, field)                                                                     \
    {                                                                                              \
#field, offsetof(signal_data, part.field), true, 1                                         \
    }

static const figure measured_rows[] = {
    MEASURED(mean),      MEASURED(std),  MEASURED(length),   MEASURED(correlation),
    MEASURED(saturated), MEASURED(dead), MEASURED(gradient), MEASURED(input_gradient),
};
static const figure expected_rows[] = {
    EXPECTED(mean),      EXPECTED(std),      EXPECTED(length),         EXPECTED(correlation),
    EXPECTED(saturated), EXPECTED(gradient), EXPECTED(input_gradient),
};
static const figure scheme_rows[] = {
    OF_SCHEME(field, sigma_w),
    OF_SCHEME(field, sigma_b),
    OF_SCHEME(field, chi),
    OF_SCHEME(field, length),
    OF_SCHEME(field, correlation),
    OF_SCHEME(field, length_depth),
    OF_SCHEME(field, correlation_depth),
    OF_SCHEME(verdict, signal_ratio),
    OF_SCHEME(verdict, gradient_ratio),
};

/* Those of a layer as measured and as expected, and those of a scheme. */
static const figure_table of_measured = TABLE(measured_rows, detinit_signal_layer),
                          of_expected = TABLE(expected_rows, detinit_predicted_layer),
                          of_scheme = TABLE(scheme_rows, signal_data);

/* The n-th figure of a struct; NAN where there is no struct. */
static double value_of(const figure_table *table, size_t n, const void *from)
{
    return from != NULL ? *(const double *)((const char *)from + table->rows[n].offset) : NAN;
}

static const void *expected_at(const signal_data *d, size_t layer)
{
    return d->expected != NULL ? &d->expected[layer] : NULL;
}

static const char *name_of(const signal_data *d)
{
    return detinit_mode_name(d->request.recipe.mode);
}

/* -------------------------------------------------------------------- text */

static void print_heading(const signal_report *r)
{
    const settings *s = r->settings;
    char more[256], layers[160];
    printf("SIGNAL (seed=%llu, layer_id=%llu, mode=%s%s%s)\n", (unsigned long long)s->recipe.seed,
           (unsigned long long)s->recipe.layer, detinit_mode_name(s->recipe.mode),
           s->recipe.orthogonal ? ", orthogonal" : "", recipe_more(&s->recipe, more, sizeof more));
    puts("============================================================");
    printf("Layers: %s\n\n", signal_layers_text(s, true, layers, sizeof layers));
}

/* "-": there is none. Returns buffer. */
static const char *figure_or_dash(const char *format, double value, char buffer[32])
{
    if (isnan(value))
        return "-";
    snprintf(buffer, 32, format, value);
    return buffer;
}

/* "0.627 -> 0.559": from the first layer to the last, or back. */
static void print_way(double from, double to)
{
    char text[40];
    snprintf(text, sizeof text, "%.3g -> %.3g", from, to);
    printf("  %-20s", text);
}

static void print_schemes(const signal_report *r)
{
    char text[32];
    const size_t last = r->schemes[0]->request.depth - 1;
    puts("  scheme  sigma_w  std, up             gradient, down        alike  verdict");
    for (int n = 0; n < DETINIT_SCHEME_COUNT; n++) {
        const signal_data *d = r->schemes[n];
        const bool mine = r->settings->recipe.mode == (detinit_mode)n;
        printf("%c %-7s", mine ? '>' : ' ', name_of(d));
        if (d->refusal[0] != '\0') {
            printf(" %s\n", d->refusal);
            continue;
        }
        printf(" %7s",
               figure_or_dash(d->field.sigma_w < 1000 ? "%.3f" : "%.1e", d->field.sigma_w, text));
        print_way(d->layers[0].std, d->layers[last].std);
        print_way(d->layers[last].gradient, d->layers[0].gradient);
        printf("  %5s  %s%s%s\n", figure_or_dash("%.2f", d->layers[last].correlation, text),
               detinit_fate_name(d->verdict.both), d->has_phase ? ", " : "", signal_phase(d));
    }
}

/* A measured figure with the expected one behind it. */
static void print_pair(double measured, double expected, bool has_expected)
{
    char behind[40] = "", number[32];
    if (has_expected)
        snprintf(behind, sizeof behind, "(%s)", figure_or_dash("%.3g", expected, number));
    printf("  %8s %-11s", figure_or_dash("%.3g", measured, number), behind);
}

static void print_layers(const signal_data *d)
{
    size_t shown[LAYERS_SHOWN];
    const size_t count = signal_layers_shown(d->request.depth, LAYERS_SHOWN, shown);
    const bool theory = d->expected != NULL, saturates = signal_saturates(d->request.activation);
    printf("\n%s, layer by layer%s:\n", name_of(d),
           theory ? ", and behind it what mean-field theory expects" : "");
    printf("  layer  %8s %-11s  %8s %-11s  %8s %-11s  %9s\n", "std", "", "gradient", "", "alike",
           "", saturates ? "saturated" : "dead");
    for (size_t n = 0; n < count; n++) {
        const detinit_signal_layer *layer = &d->layers[shown[n]];
        const detinit_predicted_layer *e = theory ? &d->expected[shown[n]] : NULL;
        printf("  %5zu", shown[n] + 1);
        print_pair(layer->std, theory ? e->std : 0, theory);
        print_pair(layer->gradient, theory ? e->gradient : 0, theory);
        print_pair(layer->correlation, theory ? e->correlation : 0, theory);
        printf("  %7.1f %%\n", 100 * (saturates ? layer->saturated : layer->dead));
    }
}

static void print_phase(const signal_data *d)
{
    const detinit_mean_field *f = &d->field;
    char depth[32];
    const double critical = detinit_critical_sigma_w(d->request.activation, d->request.sigma_b);
    if (!d->has_phase)
        return;
    printf("\nPhase: %s; chi_1 = %.3g, depth scale %s layers\n", signal_phase(d), f->chi,
           figure_or_dash("%.3g", f->correlation_depth, depth));
    if (!isnan(critical))
        printf("  The edge of chaos for sigma_b = %g is at sigma_w = %.3f, where the std of a\n"
               "  weight is %.4f in layers of %zu\n",
               f->sigma_b, critical, critical / sqrt((double)d->request.width), d->request.width);
}

void signal_report_text(const signal_report *r)
{
    const detinit_mode chosen = r->settings->recipe.mode;
    print_heading(r);
    print_schemes(r);
    puts("  up: from the first layer to the last; down: from the last to the first;\n"
         "  alike: the cosine, in the last, of two inputs that are 0.8 alike at first");
    if (r->schemes[chosen]->refusal[0] != '\0')
        return;
    print_layers(r->schemes[chosen]);
    print_phase(r->schemes[chosen]);
}

/* -------------------------------------------------------------------- JSON */

static json_t *figures_json(const figure_table *table, const void *from, const char *reason)
{
    nullable f = nullable_of(json_object(), reason);
    for (size_t n = 0; n < table->count; n++)
        nullable_put(&f, table->rows[n].name, value_of(table, n, from));
    return nullable_end(&f);
}

static json_t *layer_json(const signal_data *d, size_t layer)
{
    const detinit_signal_layer *l = &d->layers[layer];
    json_t *all = figures_json(&of_measured, l, "nothing passes");
    json_object_set_new(all, "layer", json_integer((json_int_t)layer + 1));
    json_object_set_new(all, "histogram", report_list(l->histogram, DETINIT_SIGNAL_BINS));
    if (d->expected != NULL)
        json_object_set_new(
            all, "predicted",
            figures_json(&of_expected, &d->expected[layer], "theory expects nothing to pass"));
    return all;
}

static json_t *scheme_json(const signal_data *d)
{
    json_t *all = json_pack("{s:s}", "mode", name_of(d)), *layers = json_array();
    if (d->refusal[0] != '\0') {
        json_decref(layers);
        json_object_set_new(all, "refusal", json_string(d->refusal));
        return all;
    }
    for (size_t n = 0; n < d->request.depth; n++)
        json_array_append_new(layers, layer_json(d, n));
    json_object_update_new(all, figures_json(&of_scheme, d, "mean-field theory does not say"));
    json_object_update_new(
        all, json_pack("{s:s, s:s, s:s, s:o}", "signal", detinit_fate_name(d->verdict.signal),
                       "gradient", detinit_fate_name(d->verdict.gradient), "verdict",
                       detinit_fate_name(d->verdict.both), "phase",
                       d->has_phase ? json_string(signal_phase(d)) : json_null()));
    json_object_set_new(all, "layers", layers);
    return all;
}

/* Every few places of an axis, or of a row of the map. */
static json_t *places_json(const double *values, size_t count)
{
    json_t *all = json_array();
    for (size_t n = 0; n < count; n += STRIDE)
        json_array_append_new(all, report_real(values[n]));
    return all;
}

static json_t *map_json(const double *values)
{
    json_t *all = json_array();
    for (size_t row = 0; row < PHASE_ROWS; row += STRIDE)
        json_array_append_new(all, places_json(values + row * PHASE_COLS, PHASE_COLS));
    return all;
}

static json_t *phase_json(const phase_data *p)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "sigma_w", places_json(p->sigma_w, PHASE_COLS),
                     "sigma_b", places_json(p->sigma_b, PHASE_ROWS), "critical_sigma_w",
                     places_json(p->critical, PHASE_ROWS), "chi", map_json(p->chi),
                     "correlation_depth", map_json(p->depth));
}

detinit_status signal_report_json(const signal_report *r, detinit_error *error)
{
    const settings *s = r->settings;
    const signal_settings *asked = &s->signal;
    json_t *schemes = json_array();
    for (int n = 0; n < DETINIT_SCHEME_COUNT; n++)
        json_array_append_new(schemes, scheme_json(r->schemes[n]));
    json_t *layers =
        json_pack("{s:s, s:I, s:I, s:I, s:f, s:b, s:s}", "activation",
                  detinit_activation_name(asked->activation), "depth", (json_int_t)asked->depth,
                  "width", (json_int_t)asked->width, "inputs", (json_int_t)asked->inputs, "sigma_b",
                  asked->sigma_b, "residual", asked->residual, "normalization",
                  detinit_normalization_name(asked->normalization));
    return report_print(json_pack("{s:i, s:o, s:o, s:o, s:o}", "version", DETINIT_GENERATOR_VERSION,
                                  "recipe", report_recipe(s, s->verb), "layers", layers, "schemes",
                                  schemes, "phase_map", phase_json(r->phase)),
                        error);
}

/* --------------------------------------------------------------------- CSV */

static void print_names(const figure_table *table, const char *before)
{
    for (size_t n = 0; n < table->count; n++)
        printf(",%s%s", before, table->rows[n].name);
}

static void print_values(const figure_table *table, const void *from)
{
    for (size_t n = 0; n < table->count; n++)
        report_csv_real(value_of(table, n, from));
}

static void print_layer_table(const signal_report *r)
{
    printf("scheme,layer");
    print_names(&of_measured, "");
    print_names(&of_expected, "predicted_");
    puts("");
    for (int n = 0; n < DETINIT_SCHEME_COUNT; n++) {
        const signal_data *d = r->schemes[n];
        for (size_t layer = 0; layer < d->request.depth && d->refusal[0] == '\0'; layer++) {
            printf("%s,%zu", name_of(d), layer + 1);
            print_values(&of_measured, &d->layers[layer]);
            print_values(&of_expected, expected_at(d, layer));
            puts("");
        }
    }
}

static void print_scheme_table(const signal_report *r)
{
    printf("\nscheme");
    print_names(&of_scheme, "");
    puts(",signal,gradient,verdict,phase");
    for (int n = 0; n < DETINIT_SCHEME_COUNT; n++) {
        const signal_data *d = r->schemes[n];
        if (d->refusal[0] != '\0')
            continue;
        printf("%s", name_of(d));
        print_values(&of_scheme, d);
        printf(",%s,%s,%s,%s\n", detinit_fate_name(d->verdict.signal),
               detinit_fate_name(d->verdict.gradient), detinit_fate_name(d->verdict.both),
               signal_phase(d));
    }
}

static void print_phase_tables(const phase_data *p)
{
    puts("\nsigma_w,sigma_b,chi,correlation_depth");
    for (size_t row = 0; row < PHASE_ROWS; row += STRIDE)
        for (size_t col = 0; col < PHASE_COLS; col += STRIDE) {
            const size_t at = row * PHASE_COLS + col;
            printf("%.17g,%.17g", p->sigma_w[col], p->sigma_b[row]);
            report_csv_real(p->chi[at]);
            report_csv_real(p->depth[at]);
            putchar('\n');
        }
    puts("\nsigma_b,critical_sigma_w");
    for (size_t row = 0; row < PHASE_ROWS; row += STRIDE) {
        printf("%.17g", p->sigma_b[row]);
        report_csv_real(p->critical[row]);
        putchar('\n');
    }
}

void signal_report_csv(const signal_report *r)
{
    print_layer_table(r);
    print_scheme_table(r);
    print_phase_tables(r->phase);
}
