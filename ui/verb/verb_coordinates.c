/* The command coordinates: how large activations are against a network's width, as it trains. */
#include "base/error.h"
#include "system/progress.h"
#include "verb/coordinates.h"
#include "verb/report.h"
#include "verb/report_value.h"
#include "verb/verb.h"

#include <math.h>
#include <stdio.h>

/* Columns of a size in the table. */
#define SIZE_COLUMNS 8

/* -------------------------------------------------------------------- text */

static void print_heading(const settings *s)
{
    const detinit_coordinate_check request = coordinates_request(&s->recipe);
    if (!s->output.quiet)
        printf("COORDINATES (seed=%llu, layer_id=%llu, mode=%s%s)\n"
               "============================================================\n",
               (unsigned long long)s->recipe.seed, (unsigned long long)s->recipe.layer,
               detinit_mode_name(s->recipe.mode), s->recipe.orthogonal ? ", orthogonal" : "");
    printf("Mean |output| of each layer before its activation, by the width of a network of\n"
           "%zu inputs, two hidden layers (%s) and %d outputs, at the start and after steps of\n"
           "Adam at a rate of %g; muP has the standard parametrization at width %zu.\n",
           DETINIT_COORDINATE_INPUTS, detinit_activation_name(request.activation),
           (int)DETINIT_COORDINATE_OUTPUTS, request.learning_rate, request.base_width);
}

static void print_sizes(const coordinates *c, detinit_parametrization p, size_t step)
{
    char words[32];
    for (size_t layer = 0; layer < DETINIT_COORDINATE_LAYERS; layer++) {
        printf("  %4zu  %-6s", step, coordinates_layer_name(layer));
        for (size_t n = 0; n < c->count; n++)
            if (isfinite(c->sizes[p][step][layer][n]))
                printf(" %*.3g", SIZE_COLUMNS - 1, c->sizes[p][step][layer][n]);
            else
                printf(" %*s", SIZE_COLUMNS - 1, "-");
        printf("  %s\n", coordinates_words(c, p, step, layer, words));
    }
}

static void print_text(const settings *s, const coordinates *c)
{
    print_heading(s);
    for (int p = 0; p < DETINIT_PARAMETRIZATION_COUNT; p++) {
        printf("\n%s\n  step  layer ", detinit_parametrization_name((detinit_parametrization)p));
        for (size_t n = 0; n < c->count; n++)
            printf(" %*zu", SIZE_COLUMNS - 1, coordinates_width(n));
        printf("  with width n\n");
        for (size_t step = 0; step < COORDINATES_TIMES; step++)
            print_sizes(c, (detinit_parametrization)p, step);
    }
}

/* ------------------------------------------------------------ JSON and CSV */

static json_t *layer_json(const coordinates *c, detinit_parametrization p, size_t step,
                          size_t layer)
{
    const double slope = coordinates_slope(c, p, step, layer);
    json_t *sizes = json_array(), *why = json_object();
    char words[32];
    coordinates_words(c, p, step, layer, words);
    for (size_t n = 0; n < c->count; n++) {
        json_array_append_new(sizes, report_real(c->sizes[p][step][layer][n]));
        if (!isfinite(c->sizes[p][step][layer][n]))
            json_object_set_new(why, "sizes", json_string("overflows"));
    }
    if (isnan(slope))
        json_object_set_new(why, "slope", json_string(words[0] != '\0' ? words : "a size is 0"));
    json_t *all = json_pack("{s:s, s:i, s:s, s:o, s:o, s:s}", "parametrization",
                            detinit_parametrization_name(p), "step", (int)step, "layer",
                            coordinates_layer_name(layer), "sizes", sizes, "slope",
                            report_real(slope), "in_words", words);
    if (json_object_size(why) > 0)
        json_object_set(all, "why_null", why);
    json_decref(why);
    return all;
}

static detinit_status print_json(const settings *s, const coordinates *c, detinit_error *error)
{
    const detinit_coordinate_check request = coordinates_request(&s->recipe);
    json_t *widths = json_array(), *layers = json_array();
    for (size_t n = 0; n < c->count; n++)
        json_array_append_new(widths, report_whole(coordinates_width(n)));
    for (int p = 0; p < DETINIT_PARAMETRIZATION_COUNT; p++)
        for (size_t step = 0; step < COORDINATES_TIMES; step++)
            for (size_t layer = 0; layer < DETINIT_COORDINATE_LAYERS; layer++)
                json_array_append_new(layers,
                                      layer_json(c, (detinit_parametrization)p, step, layer));
    return report_print(json_pack("{s:i, s:o, s:s, s:o, s:i, s:i, s:o, s:o}", "version",
                                  DETINIT_GENERATOR_VERSION, "recipe", report_recipe(s, s->verb),
                                  "activation", detinit_activation_name(request.activation),
                                  "learning_rate", report_real(request.learning_rate), "base_width",
                                  (int)request.base_width, "batch", (int)DETINIT_COORDINATE_BATCH,
                                  "widths", widths, "layers", layers),
                        error);
}

static void print_csv(const coordinates *c)
{
    puts("parametrization,step,layer,width,size");
    for (int p = 0; p < DETINIT_PARAMETRIZATION_COUNT; p++)
        for (size_t step = 0; step < COORDINATES_TIMES; step++)
            for (size_t layer = 0; layer < DETINIT_COORDINATE_LAYERS; layer++)
                for (size_t n = 0; n < c->count; n++)
                    printf("%s,%zu,%s,%zu,%.17g\n",
                           detinit_parametrization_name((detinit_parametrization)p), step,
                           coordinates_layer_name(layer), coordinates_width(n),
                           c->sizes[p][step][layer][n]);
}

/* ----------------------------------------------------------------- the work */

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    coordinates c = {.wanted = coordinates_widths(s->describe.widest)};
    progress bar;
    const detinit_run run =
        progress_run(&bar, "training wider networks", s->run.threads, s->output.quiet);
    detinit_status status = DETINIT_OK;
    for (size_t n = 0; n < c.wanted && status == DETINIT_OK; n++)
        status = coordinates_make(&s->recipe, n, &run, &c, error);
    progress_end(&bar);
    if (status != DETINIT_OK)
        return status;
    if (s->output.format == OUTPUT_JSON)
        return print_json(s, &c, error);
    if (s->output.format == OUTPUT_CSV)
        print_csv(&c);
    else
        print_text(s, &c);
    return DETINIT_OK;
}

const verb verb_coordinates = {
    .name = "coordinates",
    .usage = "[--widest N]",
    .help = "activations against a network's width",
    .groups = GROUP_SCHEME | GROUP_RUN,
    .options = {VERB_OPTION(LAYER), VERB_OPTION(WIDEST)},
    .run = run_verb,
};
