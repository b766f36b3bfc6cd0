#include "verb/change_histogram.h"

#include "detinit_track.h"
#include "text/grouped.h"

#include <math.h>
#include <stdio.h>

const char *histogram_light(terminal out)
{
    return out.utf8 ? "░" : ".";
}

const char *histogram_full(terminal out)
{
    return out.utf8 ? "█" : "#";
}

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

static uint64_t sum_bins(const uint64_t *histogram, size_t first, size_t count)
{
    uint64_t sum = 0;
    for (size_t bin = first; bin < first + count && bin < DETINIT_CHANGE_BINS; bin++)
        sum += histogram[bin];
    return sum;
}

/* `count` bins from `first` on as a line; those with the threshold among them are marked. */
static void print_line(const uint64_t *histogram, size_t cut, size_t first, size_t count,
                       double most, terminal out)
{
    const size_t end = first + count;
    const uint64_t counted = sum_bins(histogram, first, count);
    const bool sleeps = end <= cut, cuts = first <= cut && cut < end;
    const int room = out.columns - 51 > 10 ? out.columns - 51 : 10;
    const int length = (int)((double)counted / most * room + (counted > 0 ? 0.999 : 0));
    char number[32], upper[16];
    snprintf(upper, sizeof upper, "%.3g", lower_edge(end));
    printf("  %9.3g .. %-9s %15s", lower_edge(first), end < DETINIT_CHANGE_BINS ? upper : "",
           grouped(counted, number));
    printf("%s", length > 0 ? "  " : "");
    for (int n = 0; n < length && n < room; n++)
        fputs(sleeps ? histogram_light(out) : histogram_full(out), stdout);
    if (cuts)
        printf("%s%s threshold", length > 0 ? " " : "  ", out.utf8 ? "◄" : "<");
    putchar('\n');
}

void histogram_print(const uint64_t *histogram, double threshold, terminal out)
{
    const size_t cut = bin_of(threshold);
    size_t first = 1, last = DETINIT_CHANGE_BINS - 1;
    while (first < last && histogram[first] == 0 && first != cut)
        first++;
    while (last > first && histogram[last] == 0 && last != cut)
        last--;
    const size_t together = (last - first) / HISTOGRAM_LINES + 1;
    double most = fmax(1, (double)histogram[0]);
    for (size_t bin = first; bin <= last; bin += together)
        most = fmax(most, (double)sum_bins(histogram, bin, together));
    print_line(histogram, cut, 0, 1, most, out);
    for (size_t bin = first; bin <= last; bin += together)
        print_line(histogram, cut, bin, together, most, out);
    putchar('\n');
}

json_t *histogram_json(const uint64_t *histogram)
{
    json_t *edges = json_array(), *counts = json_array();
    size_t bins = DETINIT_CHANGE_BINS;
    while (bins > 1 && histogram[bins - 1] == 0)
        bins--;
    json_array_append_new(edges, json_real(0));
    for (size_t bin = 0; bin < bins; bin++) {
        const bool last = bin + 1 == DETINIT_CHANGE_BINS;
        json_array_append_new(edges, last ? json_null() : json_real(lower_edge(bin + 1)));
        json_array_append_new(counts, report_whole(histogram[bin]));
    }
    return json_pack("{s:o, s:o}", "edges", edges, "counts", counts);
}
