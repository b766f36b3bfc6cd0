/* What analyze finds, as text for people and as CSV. */
#include "verb/analysis.h"
#include "base/utf8.h"
#include "text/one_line.h"
#include "verb/left_out.h"
#include "detinit_track.h"
#include "text/grouped.h"
#include "text/one_line.h"
#include "verb/change_histogram.h"
#include "verb/table.h"
#include "option/option.h"
#include "option/place.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* -------------------------------------------------------------------- cells */

/* The figures of tensor n, or of all where there is no such tensor. */
static const detinit_change *change_at(const analysis *a, size_t n)
{
    return n < a->w.c.count ? &a->changes[n] : &a->total;
}

static const char *name_cell(const void *of, size_t n, char *buffer)
{
    const analysis *a = of;
    if (n == a->w.c.count)
        return "all";
    return weights_short_name(&a->w, a->w.c.tracked[n].tensor, buffer, TABLE_CELL);
}

static const char *shape_cell(const void *of, size_t n, char *buffer)
{
    const analysis *a = of;
    return n < a->w.c.count ? shape_text(&a->w.c.tracked[n].recipe, "x", buffer, TABLE_CELL) : "";
}

static const char *weights_cell(const void *of, size_t n, char *buffer)
{
    const analysis *a = of;
    return grouped(change_at(a, n)->total_weights, buffer);
}

static const char *changed_cell(const void *of, size_t n, char *buffer)
{
    const analysis *a = of;
    return grouped(change_at(a, n)->changed_weights, buffer);
}

static const char *share_cell(const void *of, size_t n, char *buffer)
{
    const analysis *a = of;
    const detinit_change *c = change_at(a, n);
    return table_percent(c->changed_weights, c->total_weights, buffer);
}

static const char *sleeping_cell(const void *of, size_t n, char *buffer)
{
    const analysis *a = of;
    return grouped(change_at(a, n)->sleeping_weights, buffer);
}

static const char *unchanged_cell(const void *of, size_t n, char *buffer)
{
    const analysis *a = of;
    const detinit_change *c = change_at(a, n);
    return table_percent(c->exactly_unchanged, c->total_weights, buffer);
}

static const char *mean_cell(const void *of, size_t n, char *buffer)
{
    const analysis *a = of;
    snprintf(buffer, TABLE_CELL, "%.5g", change_at(a, n)->mean_delta);
    return buffer;
}

static const char *max_cell(const void *of, size_t n, char *buffer)
{
    const analysis *a = of;
    snprintf(buffer, TABLE_CELL, "%.5g", change_at(a, n)->max_delta);
    return buffer;
}

static const char *place_cell(const void *of, size_t n, char *buffer)
{
    const analysis *a = of;
    const detinit_change *c = change_at(a, n);
    if (n == a->w.c.count || !(c->max_delta > 0))
        return "";
    const detinit_recipe *recipe = &a->w.c.tracked[n].recipe;
    const uint64_t cols = detinit_recipe_cols(recipe);
    return place_text(recipe, c->max_position / cols, c->max_position % cols, buffer, TABLE_CELL);
}

static const char *decay_cell(const void *of, size_t n, char *buffer)
{
    const analysis *a = of;
    if (n == a->w.c.count)
        return "";
    snprintf(buffer, TABLE_CELL, "%.6f", a->changes[n].decay);
    return buffer;
}

static const char *decayed_cell(const void *of, size_t n, char *buffer)
{
    const analysis *a = of;
    const detinit_change *c = change_at(a, n);
    return table_percent(c->decay_sleeping, c->decay_counted, buffer);
}

/* "3 of 784" */
static const char *part_of(uint64_t part, uint64_t whole, char *buffer)
{
    char text[32];
    const int length = snprintf(buffer, TABLE_CELL, "%s", grouped(part, text));
    snprintf(buffer + length, TABLE_CELL - (size_t)length, " of %s", grouped(whole, text));
    return buffer;
}

static const char *units_cell(const void *of, size_t n, char *buffer)
{
    const analysis *a = of;
    return part_of(change_at(a, n)->dead_units, change_at(a, n)->units, buffer);
}

static const char *inputs_cell(const void *of, size_t n, char *buffer)
{
    const analysis *a = of;
    return part_of(change_at(a, n)->dead_inputs, change_at(a, n)->inputs, buffer);
}

static const char *not_finite_cell(const void *of, size_t n, char *buffer)
{
    const analysis *a = of;
    return grouped(change_at(a, n)->not_finite, buffer);
}

/* ------------------------------------------------------------------- tables */

static const table_column counts_table[] = {
    {"tensor", name_cell, true},      {"weights", weights_cell, false},
    {"changed", changed_cell, false}, {"sleeping", sleeping_cell, false},
    {"changed", share_cell, false},   {"as drawn", unchanged_cell, false},
};
static const table_column deltas_table[] = {
    {"tensor", name_cell, true},  {"shape", shape_cell, true}, {"mean |w - w0|", mean_cell, false},
    {"largest", max_cell, false}, {"at", place_cell, true},
};
static const table_column units_table[] = {
    {"tensor", name_cell, true},         {"c", decay_cell, false},
    {"near c w0", decayed_cell, false},  {"dead units", units_cell, false},
    {"dead inputs", inputs_cell, false}, {"not finite", not_finite_cell, false},
};

/* The row of all is left out where there is one tensor. */
static void print_table(const analysis *a, const table_column *columns, size_t count)
{
    const table t = {a, a->w.c.count + (a->w.c.count > 1), columns, count};
    table_print(&t);
}

static void print_histogram(const analysis *a, terminal out)
{
    printf("|w - w0| of %s, %s marks what sleeps, %s what changed:\n",
           a->w.c.count > 1 ? "all tensors" : "all weights", histogram_light(out),
           histogram_full(out));
    histogram_print(a->total.histogram, a->w.threshold, out);
}

static void print_threshold(const analysis *a)
{
    char text[40];
    analysis_threshold_text(a, text, sizeof text);
    if (a->w.settings->given[OPTION_SPARSITY])
        printf("Threshold %s: the smallest at which the share %g\n"
               "of all weights sleeps. --threshold %s gives it again.\n\n",
               text, a->w.settings->tracking.sparsity, text);
    else if (a->w.settings->tracking.threshold == THRESHOLD_AUTO)
        printf("Threshold %s, found automatically: the largest, on a scale of 16 steps\n"
               "an octave, at which the weights that sleep hold at most %g %% of the sum of all\n"
               "(w - w0)^2. Setting them back would undo at most a tenth of the way that the\n"
               "weights have gone. --threshold %s gives it again.\n\n",
               text, 100 * DETINIT_AUTO_SHARE, text);
    else
        printf("Threshold %s: a weight sleeps where |w - w0| is not above it.\n\n", text);
}

static void print_notes(const analysis *a)
{
    char sampled[32];
    bool sample = false;
    for (size_t n = 0; n < a->w.c.count; n++)
        sample |= a->changes[n].decay_counted < a->changes[n].total_weights;
    puts("as drawn: every bit is that of the initial weight. c: the factor for which c w0\n"
         "fits w best, which weight decay alone would leave; near c w0: |w - c w0| is not\n"
         "above the threshold. Dead units and inputs of the layer sleep as a whole.");
    if (sample)
        printf("near c w0 is that of a sample, of %s weights in all; --exact looks at all.\n",
               grouped(a->total.decay_counted, sampled));
    puts("\nWhich weights sleep depends on the threshold. Nothing here says what the network\n"
         "loses without them: that was not measured. detinit prune shows, side by side,\n"
         "what setting them back to their initial values does to each layer's output, and\n"
         "what zeroing them does.");
}

void analysis_print_text(const analysis *a, terminal out)
{
    char threshold[40], name[TABLE_CELL];
    if (!a->w.settings->output.quiet)
        printf("CHANGES (%s, threshold=%s)\n"
               "============================================================\n",
               utf8_one_line(detinit_tensorfile_path(a->w.c.file), name, sizeof name),
               analysis_threshold_text(a, threshold, sizeof threshold));
    print_threshold(a);
    print_table(a, counts_table, TABLE_COLUMNS(counts_table));
    print_table(a, deltas_table, TABLE_COLUMNS(deltas_table));
    print_table(a, units_table, TABLE_COLUMNS(units_table));
    print_histogram(a, out);
    left_out_print(&a->w);
    print_notes(a);
}

/* ---------------------------------------------------------------------- CSV */

static void print_change(const detinit_change *c)
{
    printf(",%llu,%llu,%llu,%.17g,%llu,%llu,%.17g,%.17g", (unsigned long long)c->total_weights,
           (unsigned long long)c->changed_weights, (unsigned long long)c->sleeping_weights,
           c->total_weights > 0 ? 100 * (double)c->changed_weights / (double)c->total_weights : 0,
           (unsigned long long)c->exactly_unchanged, (unsigned long long)c->not_finite,
           c->mean_delta, c->max_delta);
}

static void print_dead(const detinit_change *c)
{
    printf(",%llu,%llu,%llu,%llu,%llu,%llu\n", (unsigned long long)c->dead_rows,
           (unsigned long long)c->dead_cols, (unsigned long long)c->units,
           (unsigned long long)c->dead_units, (unsigned long long)c->inputs,
           (unsigned long long)c->dead_inputs);
}

void analysis_print_csv(const analysis *a)
{
    puts("name,shape,dtype,threshold,total_weights,changed_weights,sleeping_weights,"
         "changed_percentage,exactly_unchanged,not_finite,mean_delta,max_delta,max_position,"
         "first_difference,decay,decay_counted,decay_sleeping,dead_rows,dead_cols,units,dead_units,"
         "inputs,dead_inputs");
    for (size_t n = 0; n < a->w.c.count; n++) {
        const detinit_tracked *tracked = &a->w.c.tracked[n];
        const detinit_change *c = &a->changes[n];
        char shape[PLACE_TEXT];
        one_line_field(checkpoint_name(&a->w.c, tracked->tensor));
        printf(",%s,%s,%.17g", shape_text(&tracked->recipe, "x", shape, sizeof shape),
               detinit_dtype_name(tracked->dtype), a->w.threshold);
        print_change(c);
        printf(",%llu,", (unsigned long long)c->max_position);
        if (c->first_difference < c->total_weights)
            printf("%llu", (unsigned long long)c->first_difference);
        printf(",%.17g,%llu,%llu", c->decay, (unsigned long long)c->decay_counted,
               (unsigned long long)c->decay_sleeping);
        print_dead(c);
    }
}
