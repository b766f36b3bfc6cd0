#include "verb/report_figures.h"

#include "option/figure_text.h"
#include "option/place.h"
#include "option/recipe_text.h"
#include "text/grouped.h"
#include "verb/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void report_bar(double counted, double expected, double most, int width, terminal out)
{
    const int length = (int)(counted / most * width + 0.5);
    const int theory = isnan(expected) ? -1 : (int)(expected / most * width + 0.5);
    for (int n = 0; n <= width; n++) {
        if (n == theory)
            fputs(out.utf8 ? "│" : "|", stdout);
        else if (n < length)
            fputs(out.utf8 ? "█" : "#", stdout);
        else if (n < theory || n < length)
            putchar(' ');
        else
            break;
    }
    if (length > width)
        fputs("+", stdout);
}

const char *report_mark(bool good, terminal out)
{
    if (out.utf8)
        return good ? "✓" : "✗";
    return good ? "ok" : "off";
}

bool needs_exponent(double size)
{
    return size < 1e-3 || size > 1e4;
}

/* -------------------------------------------------------------- statistics */

static void print_errors(double errors, terminal out)
{
    printf(" %s", report_mark(fabs(errors) <= WITHIN_ERRORS, out));
}

/* How far off a figure is, where that can be told in standard errors. */
static void print_distance(const detinit_statistics *s, double errors)
{
    if (isfinite(errors) && s->target_std > 0)
        printf(", %.1f standard errors off", fabs(errors));
}

/* By the format that goes with the std; what is much larger would be a row of digits. */
static void put_figure(const char *format, double value)
{
    printf(isfinite(value) && fabs(value) >= 1e9 ? "%.17g" : format, value);
}

static void print_range(const detinit_recipe *recipe, const detinit_statistics *s, terminal out)
{
    char over[FIGURE_TEXT], under[FIGURE_TEXT];
    const char *const sentences[] = {overflow_text(recipe, s, over),
                                     underflow_text(recipe, s, under)};
    for (size_t n = 0; n < 2; n++)
        if (sentences[n][0] != '\0')
            printf("  Range:    %s %s\n", sentences[n], report_mark(false, out));
}

static void print_mean(const detinit_statistics *s, const char *figure, const char *target,
                       terminal out)
{
    printf("  Mean:     ");
    if (isnan(s->mean)) {
        printf("none, %s\n", no_figure_text(s));
        return;
    }
    put_figure(figure, s->mean);
    print_errors(s->mean_errors, out);
    if (s->target_mean == 0 && s->target_std > 0) {
        printf(" (near 0: %.1f standard errors off)\n", fabs(s->mean_errors));
        return;
    }
    printf(" (target: ");
    put_figure(target, s->target_mean);
    print_distance(s, s->mean_errors);
    printf(")\n");
}

static void print_std(const detinit_statistics *s, const char *figure, const char *target,
                      terminal out)
{
    printf("  Std:      ");
    if (isnan(s->std)) {
        printf("%s%s (target: ", s->count == 1 && s->overflowed == 0 ? "" : "none, ",
               no_figure_text(s));
        put_figure(target, s->target_std);
        printf(")\n");
        return;
    }
    put_figure(figure, s->std);
    print_errors(s->std_errors, out);
    printf(" (target: ");
    put_figure(target, s->target_std);
    print_distance(s, s->std_errors);
    printf(")\n");
}

static void print_shape_figure(const char *label, double value, double errors, const char *note,
                               const detinit_statistics *s, terminal out)
{
    printf("  %s ", label);
    if (isnan(value)) {
        printf("%s%s\n", s->count == 1 && s->overflowed == 0 ? "" : "none, ", no_figure_text(s));
        return;
    }
    printf("%+14.8f", value);
    print_errors(errors, out);
    printf("%s\n", note);
}

static void print_extremes(const detinit_recipe *recipe, const detinit_statistics *s,
                           const char *figure)
{
    char place[PLACE_TEXT];
    if (s->count == 0)
        return;
    printf("  Min:      ");
    put_figure(figure, s->min);
    printf(" at %s\n  Max:      ", place_text(recipe, s->min_row, s->min_col, place, sizeof place));
    put_figure(figure, s->max);
    printf(" at %s\n", place_text(recipe, s->max_row, s->max_col, place, sizeof place));
}

static void print_fit(const detinit_recipe *recipe, const detinit_statistics *s)
{
    char text[FIGURE_TEXT];
    if (s->ks_count == 0)
        printf("  Fits its distribution: not tested, %s\n", no_test_text(recipe, s, text));
    else
        printf("  Fits its distribution: p = %.3f%s (Kolmogorov-Smirnov, %s)\n", s->ks_p,
               test_is_indicative(recipe) ? ", indicative only" : "", tested_text(recipe, s, text));
}

/* The gain that is in the weights, and how near they are to orthogonal without it. */
static void print_orthogonality(const report_data *d)
{
    const detinit_recipe *recipe = &d->settings->recipe;
    char text[FIGURE_TEXT], label[FIGURE_TEXT + 8];
    if (!recipe->orthogonal)
        return;
    printf("  Gain:             %.9g: QtQ = %s\n", detinit_recipe_orthogonal_gain(recipe),
           gram_text(recipe, text));
    if (d->orthogonality_refusal[0] != '\0')
        printf("  Condition number: %s\n", d->orthogonality_refusal);
    if (!d->has_orthogonality)
        return;
    printf("  Condition number: %.12g orthogonal, %.6g normal", d->condition, d->condition_normal);
    if (isfinite(d->condition_normal / d->condition))
        printf(": %.1f times better", d->condition_normal / d->condition);
    snprintf(label, sizeof label, "max |%s|:", gram_less_i_text(recipe, text));
    printf("\n  %-17s %.1e\n", label, d->gram_deviation);
}

void report_statistics(const report_data *d, terminal out)
{
    const detinit_recipe *recipe = &d->settings->recipe;
    const detinit_statistics *s = &d->survey.statistics;
    const double size = s->target_std > 0 ? s->target_std : fabs(s->target_mean);
    const bool scientific = size > 0 && needs_exponent(size);
    const char *figure = scientific ? "%16.8e" : "%14.8f", *target = scientific ? "%.8e" : "%.8f";
    char count[32], place[PLACE_TEXT];
    printf("Statistics:\n  Shape:    %s", shape_text(recipe, " x ", place, sizeof place));
    if (recipe->rank != 2)
        printf(", seen as %llu x %llu", (unsigned long long)detinit_recipe_rows(recipe),
               (unsigned long long)detinit_recipe_cols(recipe));
    if (s->sampled)
        printf(", figures of a sample of %s weights", grouped(s->count, count));
    putchar('\n');
    print_range(recipe, s, out);
    print_mean(s, figure, target, out);
    print_std(s, figure, target, out);
    print_extremes(recipe, s, figure);
    print_shape_figure("Skewness:", s->skewness, s->skewness_errors, "", s, out);
    print_shape_figure("Kurtosis:", s->excess_kurtosis, s->kurtosis_errors, " (excess)", s, out);
    print_fit(recipe, s);
    print_orthogonality(d);
}

/* ------------------------------------------------------------------- modes */

/* Columns of a figure of a mode, a blank before it among them. */
#define MODE_FIGURE 12

/* So many decimals where they fit the column, else as many digits as do; "-" where there is none.
 */
static void print_figure_of_mode(double value, int decimals)
{
    char text[MODE_FIGURE] = "-";
    int digits = MODE_FIGURE;
    if (!isnan(value) && snprintf(text, sizeof text, "%.*f", decimals, value) >= MODE_FIGURE)
        while (snprintf(text, sizeof text, "%.*e", digits, value) >= MODE_FIGURE)
            digits--;
    printf("%*s", MODE_FIGURE, text);
}

static void print_std_of_mode(const detinit_statistics *s, terminal out)
{
    const char *good = isnan(s->std) ? "" : report_mark(fabs(s->std_errors) <= WITHIN_ERRORS, out);
    print_figure_of_mode(s->std, 8);
    print_figure_of_mode(s->target_std, 8);
    printf("  %s%*s", good, 3 - report_width(good), "");
}

void report_modes(const report_data *d, terminal out)
{
    char shape[PLACE_TEXT], text[FIGURE_TEXT];
    printf("\nModes on seed %llu, %s:\n", (unsigned long long)d->settings->recipe.seed,
           shape_text(&d->settings->recipe, " x ", shape, sizeof shape));
    printf("  %-8s%*s%*s  %-3s%*s%*s  %s\n", "mode", MODE_FIGURE, "std", MODE_FIGURE, "target", "",
           MODE_FIGURE, "min", MODE_FIGURE, "max",
           d->settings->recipe.orthogonal ? "target std is gain / sqrt(longer side)"
                                          : "target std is");
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT; mode++) {
        const detinit_recipe *recipe = &d->modes[mode].recipe;
        const detinit_statistics *s = &d->modes[mode].survey.statistics;
        printf("  %-8s", detinit_mode_name((detinit_mode)mode));
        print_std_of_mode(s, out);
        print_figure_of_mode(s->min, 6);
        print_figure_of_mode(s->max, 6);
        printf("  %s\n", recipe->orthogonal ? orthogonal_std_text(recipe, text)
                                            : std_formula(recipe, text, sizeof text));
    }
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT; mode++)
        printf("  %-8smade for %s\n", detinit_mode_name((detinit_mode)mode),
               detinit_mode_purpose((detinit_mode)mode));
}
