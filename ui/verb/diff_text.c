/* What diff finds, as text for people and as CSV. */
#include "verb/diff_report.h"

#include "base/utf8.h"
#include "text/grouped.h"
#include "text/one_line.h"
#include "verb/change_histogram.h"
#include "verb/not_read.h"
#include "verb/table.h"
#include "verb/weights.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* -------------------------------------------------------------------- cells */

/* The pair of a row, NULL of that of all; and the figures of either. */
static const detinit_diff_pair *pair_at(const diff_report *d, size_t row)
{
    return row < d->listed_count ? detinit_diff_pair_at(d->diff, d->listed[row]) : NULL;
}

static const detinit_difference *found_at(const diff_report *d, size_t row)
{
    return row < d->listed_count ? &d->found[d->listed[row]] : &d->total;
}

/* A pair's name for a line: of the array of a .npy file the last part of the path. */
static const char *line_name(const diff_report *d, const detinit_diff_pair *pair, char *buffer)
{
    const char *name = diff_report_name(d, pair), *slash = strrchr(name, '/');
    if (name[0] == '\0')
        return "\"\"";
    return one_line_cut(pair->name[0] == '\0' && slash != NULL ? slash + 1 : name, NAME_COLUMNS,
                        buffer, TABLE_CELL);
}

/* What the last row is of: figures are of floating-point types alone. */
static const char *all_name(const diff_report *d)
{
    for (size_t n = 0; n < d->count; n++)
        if (d->found[n].compared && !d->found[n].numeric)
            return "all floats";
    return "all";
}

static const char *name_cell(const void *of, size_t row, char *buffer)
{
    const detinit_diff_pair *pair = pair_at(of, row);
    return pair != NULL ? line_name(of, pair, buffer) : all_name(of);
}

static const char *put_shape(const detinit_tensor *tensor, const char *times, char *buffer)
{
    size_t length = 0;
    buffer[0] = '\0';
    for (size_t k = 0; k < tensor->rank && length < TABLE_CELL; k++)
        length += (size_t)snprintf(buffer + length, TABLE_CELL - length, "%s%llu",
                                   k > 0 ? times : "", (unsigned long long)tensor->shape[k]);
    return tensor->rank > 0 ? buffer : "scalar";
}

static const char *shape_cell(const void *of, size_t row, char *buffer)
{
    const detinit_diff_pair *pair = pair_at(of, row);
    return pair != NULL ? put_shape(pair->a, "x", buffer) : "";
}

static const char *type_cell(const void *of, size_t row, char *buffer)
{
    const detinit_diff_pair *pair = pair_at(of, row);
    if (pair == NULL || strcmp(pair->a->type, pair->b->type) == 0)
        return pair != NULL ? pair->a->type : "";
    snprintf(buffer, TABLE_CELL, "%s, %s", pair->a->type, pair->b->type);
    return buffer;
}

static const char *items_cell(const void *of, size_t row, char *buffer)
{
    return grouped(found_at(of, row)->total_items, buffer);
}

static const char *changed_cell(const void *of, size_t row, char *buffer)
{
    const detinit_difference *f = found_at(of, row);
    return table_percent(f->changed_items, f->total_items, buffer);
}

static const char *unchanged_cell(const void *of, size_t row, char *buffer)
{
    const detinit_difference *f = found_at(of, row);
    return table_percent(f->exactly_unchanged, f->total_items, buffer);
}

static const char *not_finite_cell(const void *of, size_t row, char *buffer)
{
    const detinit_difference *f = found_at(of, row);
    return f->numeric ? grouped(f->not_finite, buffer) : "";
}

/* Figures that integers and the like have not. */
static const char *put_figure(const detinit_difference *f, const char *format, double value,
                              char *buffer)
{
    if (!f->numeric)
        return "";
    if (isnan(value))
        return "none";
    snprintf(buffer, TABLE_CELL, format, value);
    return buffer;
}

static const char *mean_cell(const void *of, size_t row, char *buffer)
{
    const detinit_difference *f = found_at(of, row);
    return put_figure(f, "%.5g", f->mean_delta, buffer);
}

static const char *max_cell(const void *of, size_t row, char *buffer)
{
    const detinit_difference *f = found_at(of, row);
    return put_figure(f, "%.5g", f->max_delta, buffer);
}

static const char *relative_cell(const void *of, size_t row, char *buffer)
{
    const detinit_difference *f = found_at(of, row);
    return put_figure(f, "%.5g", f->relative_norm, buffer);
}

/* Of an angle so small that its cosine looks like 1, the digits behind the nines. */
static const char *cosine_cell(const void *of, size_t row, char *buffer)
{
    const detinit_difference *f = found_at(of, row);
    return put_figure(f, "%.8f", f->cosine, buffer);
}

static const char *rank_cell(const void *of, size_t row, char *buffer)
{
    const detinit_difference *f = found_at(of, row);
    if (pair_at(of, row) == NULL || !(f->effective_rank > 0))
        return "";
    snprintf(buffer, TABLE_CELL, "%s%.1f", f->rank_sampled ? "~" : "", f->effective_rank);
    return buffer;
}

/* ------------------------------------------------------------------- tables */

static const table_column counts_table[] = {
    {"tensor", name_cell, true},        {"type", type_cell, true},
    {"items", items_cell, false},       {"changed", changed_cell, false},
    {"as in A", unchanged_cell, false}, {"not finite", not_finite_cell, false},
};
static const table_column deltas_table[] = {
    {"tensor", name_cell, true},
    {"shape", shape_cell, true},
    {"mean |b - a|", mean_cell, false},
    {"largest", max_cell, false},
};
static const table_column norms_table[] = {
    {"tensor", name_cell, true},
    {"|B - A| / |A|", relative_cell, false},
    {"cosine", cosine_cell, false},
    {"effective rank", rank_cell, false},
};

/* The row of all is left out where there is one tensor. */
static void print_table(const diff_report *d, const table_column *columns, size_t count)
{
    const bool all = d->listed_count > 1 && d->total.numeric;
    const table t = {d, d->listed_count + all, columns, count};
    table_print(&t);
}

static void print_histogram(const diff_report *d, terminal out)
{
    printf("|b - a| of all tensors, %s marks what is not above the threshold:\n",
           histogram_light(out));
    histogram_print(d->total.histogram, d->threshold, out);
}

/* ------------------------------------------------------------------ the rest */

static void print_side(const char *where, const detinit_tensor *tensor)
{
    char shape[TABLE_CELL];
    printf("%s%s %s", where, tensor->type, put_shape(tensor, " x ", shape));
}

/* What has no figures: in one of both, or of another shape, or of types that are not compared. */
static void print_others(const diff_report *d)
{
    bool any = false;
    char name[TABLE_CELL];
    for (size_t n = 0; n < d->count; n++) {
        const detinit_diff_pair *pair = detinit_diff_pair_at(d->diff, n);
        if (d->found[n].compared)
            continue;
        if (!any)
            puts("Not compared:");
        any = true;
        printf("  %s: %s, ", line_name(d, pair, name), detinit_diff_kind_name(pair->kind));
        if (pair->a != NULL)
            print_side("", pair->a);
        if (pair->b != NULL)
            print_side(pair->a != NULL ? " in A, " : "", pair->b);
        puts(pair->a != NULL && pair->b != NULL ? " in B" : "");
    }
    if (any && d->listed_count > 0)
        putchar('\n');
}

static void print_notes(const diff_report *d)
{
    bool sampled = false, any = false;
    for (size_t n = 0; n < d->count; n++) {
        any |= d->found[n].effective_rank > 0;
        sampled |= d->found[n].effective_rank > 0 && d->found[n].rank_sampled;
    }
    puts("changed: |b - a| is above the threshold, or an integer is another. as in A: every\n"
         "bit is the same. |.|: the root of the sum of squares.");
    if (any)
        puts("Effective rank: in how many directions a matrix changed, (sum of s^2)^2 / (sum\n"
             "of s^4) over the singular values s of B - A; never above its rank, and about\n"
             "rows cols / (rows + cols) where all weights changed at random.");
    if (sampled)
        printf("~: estimated from %d x %d rows and columns at most.\n", DETINIT_RANK_SHORTER,
               DETINIT_RANK_LONGER);
}

static void print_patch(const diff_report *d)
{
    const detinit_patching *p = &d->patching;
    char bytes[32], result[32], items[32], path[ONE_LINE];
    printf("\nSaved the patch: %s (%s bytes; B's tensors have %s)\n"
           "%zu tensor%s changed in places, %s items in all; %zu stored as a whole.\n",
           one_line(d->settings->output.save, path), grouped(p->bytes, bytes),
           grouped(p->result_bytes, result), p->sparse, p->sparse == 1 ? "" : "s",
           grouped(p->changed_items, items), p->whole);
}

static void print_not_read(const diff_report *d, FILE *out)
{
    not_read_print(out, d->a, " in A");
    not_read_print(out, d->b, " in B");
}

void diff_report_text(const diff_report *d, terminal out)
{
    char kinds[256], a[TABLE_CELL], b[TABLE_CELL];
    if (!d->settings->output.quiet)
        printf("DIFF (%s, %s, threshold=%.9g)\n"
               "============================================================\n",
               utf8_one_line(d->a_path, a, sizeof a), utf8_one_line(d->b_path, b, sizeof b),
               d->threshold);
    if (d->count == 0)
        puts("There are no tensors to compare.");
    else if (diff_report_equal(d))
        printf("%s the same, bit for bit.\n", d->count == 1 ? "The tensor is" : "All tensors are");
    else
        printf("Of %zu tensor%s %s.\n\n", d->count, d->count == 1 ? "" : "s",
               diff_report_kinds(d, kinds, sizeof kinds));
    if (d->listed_count > 0) {
        print_table(d, counts_table, TABLE_COLUMNS(counts_table));
        print_table(d, deltas_table, TABLE_COLUMNS(deltas_table));
        print_table(d, norms_table, TABLE_COLUMNS(norms_table));
    }
    if (d->listed_count > 0 && d->total.numeric)
        print_histogram(d, out);
    print_others(d);
    if (d->listed_count > 0)
        print_notes(d);
    if (d->saved)
        print_patch(d);
    print_not_read(d, stdout);
}

/* ---------------------------------------------------------------------- CSV */

static void print_sides(const detinit_diff_pair *pair)
{
    char shape[TABLE_CELL];
    printf(",%s,%s", pair->a != NULL ? pair->a->type : "", pair->b != NULL ? pair->b->type : "");
    printf(",%s", pair->a != NULL ? put_shape(pair->a, "x", shape) : "");
    printf(",%s", pair->b != NULL ? put_shape(pair->b, "x", shape) : "");
}

static void print_real(double value)
{
    putchar(',');
    if (isfinite(value))
        printf("%.17g", value);
}

static void print_counts(const detinit_difference *f)
{
    printf(",%llu,%llu,%.17g,%llu,", (unsigned long long)f->total_items,
           (unsigned long long)f->changed_items,
           weights_percent((double)f->changed_items, (double)f->total_items),
           (unsigned long long)f->exactly_unchanged);
    if (f->first_difference < f->total_items)
        printf("%llu", (unsigned long long)f->first_difference);
}

void diff_report_csv(const diff_report *d)
{
    print_not_read(d, stderr);
    puts("name,kind,type_a,type_b,shape_a,shape_b,threshold,total_items,changed_items,"
         "changed_percentage,exactly_unchanged,first_difference,not_finite,mean_delta,max_delta,"
         "max_position,norm_a,norm_b,norm_delta,relative_norm,cosine,effective_rank,rank_sampled");
    for (size_t n = 0; n < d->count; n++) {
        const detinit_diff_pair *pair = detinit_diff_pair_at(d->diff, n);
        const detinit_difference *f = &d->found[n];
        one_line_field(diff_report_name(d, pair));
        printf(",%s", detinit_diff_kind_name(f->kind));
        print_sides(pair);
        printf(",%.17g", d->threshold);
        if (f->compared)
            print_counts(f);
        else
            fputs(",,,,,", stdout);
        if (!f->numeric) {
            puts(",,,,,,,,,,,");
            continue;
        }
        printf(",%llu", (unsigned long long)f->not_finite);
        print_real(f->mean_delta);
        print_real(f->max_delta);
        printf(",%llu", (unsigned long long)f->max_position);
        const double norms[] = {f->norm_a,        f->norm_b, f->norm_delta,
                                f->relative_norm, f->cosine, f->effective_rank};
        for (size_t k = 0; k < sizeof norms / sizeof norms[0]; k++)
            print_real(norms[k]);
        printf(",%d\n", f->rank_sampled);
    }
}
