/* What analyze finds, as text for people and as CSV. */
#include "verb/analysis.h"
#include "detinit_track.h"
#include "text/grouped.h"
#include "option/option.h"
#include "option/place.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Room for any cell: longer names are cut, places have PLACE_TEXT at most. */
#define CELL_TEXT 256

/* Tensors without a recipe that are listed by name. */
#define UNTRACKED_MOST 12

/* -------------------------------------------------------------------- cells */

/* The figures of tensor n, or of all where there is no such tensor. */
static const detinit_change *change_at(const analysis *a, size_t n)
{
    return n < a->w.c.count ? &a->changes[n] : &a->total;
}

/* A name for a line, cut where it is long: control characters, which a file may hold, become '?'.
 */
static const char *plain(const char *name, char *buffer, size_t size)
{
    size_t length = 0;
    for (; name[length] != '\0' && length + 1 < size; length++) {
        const unsigned char c = (unsigned char)name[length];
        const bool c1 = c == 0xC2 && (unsigned char)name[length + 1] < 0xA0;
        buffer[length] = (char)(c < 0x20 || c == 0x7F || c1 ? '?' : c);
    }
    while (length > 0 && ((unsigned char)name[length] & 0xC0) == 0x80)
        length--;
    buffer[length] = '\0';
    return buffer;
}

/* The last part of a path; of a tensor's name there is no other. */
static const char *short_name(const analysis *a, const detinit_tensor *tensor, char *buffer,
                              size_t size)
{
    const char *name = checkpoint_name(&a->w.c, tensor), *slash = strrchr(name, '/');
    if (tensor->name[0] == '\0' && slash != NULL)
        name = slash + 1;
    return plain(name, buffer, size);
}

static const char *name_cell(const analysis *a, size_t n, char *buffer)
{
    if (n == a->w.c.count)
        return "all";
    return short_name(a, a->w.c.tracked[n].tensor, buffer, CELL_TEXT);
}

static const char *shape_cell(const analysis *a, size_t n, char *buffer)
{
    return n < a->w.c.count ? shape_text(&a->w.c.tracked[n].recipe, "x", buffer, CELL_TEXT) : "";
}

/* "12.34 %"; what is not all never looks like all, and what is some not like none. */
static const char *percent(uint64_t part, uint64_t whole, char *buffer)
{
    const double share = whole > 0 ? 100 * (double)part / (double)whole : 0;
    if (part > 0 && share < 0.005)
        return "<0.01 %";
    if (part < whole && share >= 99.995)
        return ">99.99 %";
    snprintf(buffer, CELL_TEXT, "%.2f %%", share);
    return buffer;
}

static const char *weights_cell(const analysis *a, size_t n, char *buffer)
{
    return grouped(change_at(a, n)->total_weights, buffer);
}

static const char *changed_cell(const analysis *a, size_t n, char *buffer)
{
    return grouped(change_at(a, n)->changed_weights, buffer);
}

static const char *share_cell(const analysis *a, size_t n, char *buffer)
{
    const detinit_change *c = change_at(a, n);
    return percent(c->changed_weights, c->total_weights, buffer);
}

static const char *sleeping_cell(const analysis *a, size_t n, char *buffer)
{
    return grouped(change_at(a, n)->sleeping_weights, buffer);
}

static const char *unchanged_cell(const analysis *a, size_t n, char *buffer)
{
    const detinit_change *c = change_at(a, n);
    return percent(c->exactly_unchanged, c->total_weights, buffer);
}

static const char *mean_cell(const analysis *a, size_t n, char *buffer)
{
    snprintf(buffer, CELL_TEXT, "%.5g", change_at(a, n)->mean_delta);
    return buffer;
}

static const char *max_cell(const analysis *a, size_t n, char *buffer)
{
    snprintf(buffer, CELL_TEXT, "%.5g", change_at(a, n)->max_delta);
    return buffer;
}

static const char *place_cell(const analysis *a, size_t n, char *buffer)
{
    const detinit_change *c = change_at(a, n);
    if (n == a->w.c.count || !(c->max_delta > 0))
        return "";
    const detinit_recipe *recipe = &a->w.c.tracked[n].recipe;
    const uint64_t cols = detinit_recipe_cols(recipe);
    return place_text(recipe, c->max_position / cols, c->max_position % cols, buffer, CELL_TEXT);
}

static const char *decay_cell(const analysis *a, size_t n, char *buffer)
{
    if (n == a->w.c.count)
        return "";
    snprintf(buffer, CELL_TEXT, "%.6f", a->changes[n].decay);
    return buffer;
}

static const char *decayed_cell(const analysis *a, size_t n, char *buffer)
{
    const detinit_change *c = change_at(a, n);
    return percent(c->decay_sleeping, c->decay_counted, buffer);
}

/* "3 of 784" */
static const char *part_of(uint64_t part, uint64_t whole, char *buffer)
{
    char text[32];
    const int length = snprintf(buffer, CELL_TEXT, "%s", grouped(part, text));
    snprintf(buffer + length, CELL_TEXT - (size_t)length, " of %s", grouped(whole, text));
    return buffer;
}

static const char *units_cell(const analysis *a, size_t n, char *buffer)
{
    return part_of(change_at(a, n)->dead_units, change_at(a, n)->units, buffer);
}

static const char *inputs_cell(const analysis *a, size_t n, char *buffer)
{
    return part_of(change_at(a, n)->dead_inputs, change_at(a, n)->inputs, buffer);
}

static const char *not_finite_cell(const analysis *a, size_t n, char *buffer)
{
    return grouped(change_at(a, n)->not_finite, buffer);
}

/* ------------------------------------------------------------------- tables */

typedef struct column {
    const char *heading;
    const char *(*cell)(const analysis *a, size_t n, char *buffer);
    bool left; /* aligned there; figures are not */
} column;

#define TABLE_COLUMNS 6

static const column counts_table[TABLE_COLUMNS] = {
    {"tensor", name_cell, true},      {"weights", weights_cell, false},
    {"changed", changed_cell, false}, {"sleeping", sleeping_cell, false},
    {"changed", share_cell, false},   {"as drawn", unchanged_cell, false},
};
static const column deltas_table[TABLE_COLUMNS] = {
    {"tensor", name_cell, true},  {"shape", shape_cell, true}, {"mean |w - w0|", mean_cell, false},
    {"largest", max_cell, false}, {"at", place_cell, true},    {NULL, NULL, false},
};
static const column units_table[TABLE_COLUMNS] = {
    {"tensor", name_cell, true},         {"c", decay_cell, false},
    {"near c w0", decayed_cell, false},  {"dead units", units_cell, false},
    {"dead inputs", inputs_cell, false}, {"not finite", not_finite_cell, false},
};

/* The row of all is left out where there is one tensor. */
static size_t row_count(const analysis *a)
{
    return a->w.c.count + (a->w.c.count > 1);
}

static int column_width(const analysis *a, const column *which)
{
    char buffer[CELL_TEXT];
    int width = report_width(which->heading);
    for (size_t n = 0; n < row_count(a); n++) {
        const int needed = report_width(which->cell(a, n, buffer));
        width = needed > width ? needed : width;
    }
    return width;
}

static void print_table(const analysis *a, const column table[TABLE_COLUMNS])
{
    int widths[TABLE_COLUMNS] = {0};
    for (int k = 0; k < TABLE_COLUMNS && table[k].cell != NULL; k++)
        widths[k] = column_width(a, &table[k]);
    for (size_t row = 0; row <= row_count(a); row++) {
        int behind = 0; /* blanks that come before the next cell, if there is one */
        for (int k = 0; k < TABLE_COLUMNS && table[k].cell != NULL; k++) {
            char buffer[CELL_TEXT];
            const char *text = row == 0 ? table[k].heading : table[k].cell(a, row - 1, buffer);
            const int room = widths[k] - report_width(text);
            if (text[0] != '\0')
                printf("%*s%s", behind + 2 + (table[k].left ? 0 : room), "", text);
            behind = text[0] == '\0' ? behind + 2 + widths[k] : table[k].left ? room : 0;
        }
        putchar('\n');
    }
    putchar('\n');
}

/* ---------------------------------------------------------------- histogram */

#define HISTOGRAM_LINES 24

/* The bin that a difference is counted in. */
static size_t bin_of(double delta)
{
    int exponent = 0;
    frexp(delta, &exponent);
    const int bin = delta > 0 ? exponent - 1 - DETINIT_CHANGE_LOWEST : 0;
    return (size_t)(bin < 0 ? 0 : bin < DETINIT_CHANGE_BINS ? bin : DETINIT_CHANGE_BINS - 1);
}

static double lower_edge(size_t bin)
{
    return bin > 0 ? ldexp(1, DETINIT_CHANGE_LOWEST + (int)bin) : 0;
}

static uint64_t sum_bins(const detinit_change *c, size_t first, size_t count)
{
    uint64_t sum = 0;
    for (size_t bin = first; bin < first + count && bin < DETINIT_CHANGE_BINS; bin++)
        sum += c->histogram[bin];
    return sum;
}

/* `count` bins from `first` on as a line; those with the threshold among them are marked. */
static void print_line(const analysis *a, size_t first, size_t count, double most, terminal out)
{
    const size_t end = first + count, cut = bin_of(a->w.threshold);
    const uint64_t counted = sum_bins(&a->total, first, count);
    const bool sleeps = end <= cut, cuts = first <= cut && cut < end;
    const int room = out.columns - 51 > 10 ? out.columns - 51 : 10;
    const int length = (int)((double)counted / most * room + (counted > 0 ? 0.999 : 0));
    char number[32], upper[16];
    const char *full = out.utf8 ? "█" : "#", *light = out.utf8 ? "░" : ".";
    snprintf(upper, sizeof upper, "%.3g", lower_edge(end));
    printf("  %9.3g .. %-9s %15s", lower_edge(first), end < DETINIT_CHANGE_BINS ? upper : "",
           grouped(counted, number));
    printf("%s", length > 0 ? "  " : "");
    for (int n = 0; n < length && n < room; n++)
        fputs(sleeps ? light : full, stdout);
    if (cuts)
        printf("%s%s threshold", length > 0 ? " " : "  ", out.utf8 ? "◄" : "<");
    putchar('\n');
}

/* The bins from the smallest change that there is, several to a line where they are many. */
static void print_histogram(const analysis *a, terminal out)
{
    const detinit_change *c = &a->total;
    const size_t cut = bin_of(a->w.threshold);
    size_t first = 1, last = DETINIT_CHANGE_BINS - 1;
    while (first < last && c->histogram[first] == 0 && first != cut)
        first++;
    while (last > first && c->histogram[last] == 0 && last != cut)
        last--;
    const size_t together = (last - first) / HISTOGRAM_LINES + 1;
    double most = (double)c->histogram[0];
    for (size_t bin = first; bin <= last; bin += together)
        most = fmax(most, (double)sum_bins(c, bin, together));
    printf("|w - w0| of %s, %s marks what sleeps, %s what changed:\n",
           a->w.c.count > 1 ? "all tensors" : "all weights", out.utf8 ? "░" : ".",
           out.utf8 ? "█" : "#");
    print_line(a, 0, 1, fmax(most, 1), out);
    for (size_t bin = first; bin <= last; bin += together)
        print_line(a, bin, together, fmax(most, 1), out);
    putchar('\n');
}

/* -------------------------------------------------------------------- notes */

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

static void print_untracked(const analysis *a)
{
    const detinit_tensorfile *file = a->w.c.file;
    const size_t all = detinit_tensorfile_count(file);
    size_t listed = 0, untracked = all - a->w.c.count;
    if (untracked == 0)
        return;
    printf("Not tracked, because no recipe names them: ");
    for (size_t n = 0; n < all && listed < UNTRACKED_MOST; n++) {
        char name[CELL_TEXT];
        if (checkpoint_find(&a->w.c, n) != NULL)
            continue;
        printf("%s%s", listed > 0 ? ", " : "",
               short_name(a, detinit_tensorfile_tensor(file, n), name, sizeof name));
        listed++;
    }
    if (untracked > listed)
        printf(" and %zu more", untracked - listed);
    puts("\n");
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
    char threshold[40], name[CELL_TEXT];
    if (!a->w.settings->output.quiet)
        printf("CHANGES (%s, threshold=%s)\n"
               "============================================================\n",
               plain(detinit_tensorfile_path(a->w.c.file), name, sizeof name),
               analysis_threshold_text(a, threshold, sizeof threshold));
    print_threshold(a);
    print_table(a, counts_table);
    print_table(a, deltas_table);
    print_table(a, units_table);
    print_histogram(a, out);
    print_untracked(a);
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
        weights_print_quoted(checkpoint_name(&a->w.c, tracked->tensor));
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
