#include "verb/report_figures.h"

#include "detinit_track.h"
#include "base/wide.h"
#include "text/cell.h"
#include "text/grouped.h"
#include "option/place.h"
#include "option/recipe_text.h"
#include "text/one_line.h"

#include <langinfo.h>
#include <math.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int number_from_environment(const char *name, int otherwise)
{
    const char *text = getenv(name);
    int value = text != NULL ? atoi(text) : 0;
    return value > 0 ? value : otherwise;
}

terminal terminal_of_stdout(const settings *s)
{
    struct winsize size;
    terminal p = {.columns = number_from_environment("COLUMNS", 80),
                  .lines = number_from_environment("LINES", 24),
                  .utf8 = !s->screen.ascii && strcmp(nl_langinfo(CODESET), "UTF-8") == 0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        p.columns = size.ws_col;
        p.lines = size.ws_row;
    }
    return p;
}

bool report_is_wanted(const settings *s)
{
    return !s->output.quiet || s->output.save == NULL || s->output.format != OUTPUT_TEXT;
}

const char *report_count(const detinit_recipe *recipe, char buffer[48])
{
    /* Below 2^126, since each is below 2^63. */
    const wide count = wide_product(detinit_recipe_rows(recipe), detinit_recipe_cols(recipe));
    const uint64_t ten_to_19 = 10000000000000000000u;
    uint64_t low;
    const uint64_t high = wide_divide(count, ten_to_19, &low);
    if (high > 0)
        snprintf(buffer, 48, "%" PRIu64 "%019" PRIu64, high, low);
    else
        snprintf(buffer, 48, "%" PRIu64, low);
    return buffer;
}

static void print_heading(const char *title, int width)
{
    printf("%s\n", title);
    for (int n = 0; n < width; n++)
        putchar('=');
    putchar('\n');
}

/* ------------------------------------------------------------------ matrix */

/* Which rows or columns are shown: the first and the last few, all where they fit. */
typedef struct excerpt {
    uint64_t total;
    int first, last; /* how many from each end */
} excerpt;

static excerpt make_excerpt(uint64_t total, int room)
{
    if (room < 2)
        room = 2;
    if (total <= (uint64_t)room)
        return (excerpt){total, (int)total, 0};
    int last = (room - 1) / 2;
    return (excerpt){total, room - 1 - last, last};
}

static int excerpt_count(excerpt e)
{
    return e.first + e.last;
}

/* The index of the n-th that is shown. */
static uint64_t excerpt_index(excerpt e, int n)
{
    return n < e.first ? (uint64_t)n : e.total - (uint64_t)(excerpt_count(e) - n);
}

static bool gap_before(excerpt e, int n)
{
    return e.last > 0 && n == e.first;
}

static int decimal_digits(uint64_t value)
{
    int digits = 1;
    while (value >= 10) {
        value /= 10;
        digits++;
    }
    return digits;
}

/* Which part of a matrix is shown, and how its weights are written. */
typedef struct matrix_excerpt {
    excerpt rows, cols;
    int label, width; /* columns of the terminal, of a row's index and of a weight */
    const char *format;
} matrix_excerpt;

static double shown_weight(const report_data *d, const matrix_excerpt *e, int row, int col)
{
    double weight;
    detinit_matrix_weight(d->matrix, excerpt_index(e->rows, row), excerpt_index(e->cols, col),
                          &weight);
    return weight;
}

static void choose_columns(matrix_excerpt *e, uint64_t count, terminal out)
{
    e->cols = make_excerpt(count, (out.columns - e->label - 5) / e->width + 1);
    if (count * (uint64_t)e->width <= (uint64_t)(out.columns - e->label))
        e->cols = make_excerpt(count, (int)count);
}

static int widest_figure(const report_data *d, const matrix_excerpt *e)
{
    int widest = 0;
    for (int row = 0; row < excerpt_count(e->rows); row++)
        for (int col = 0; col < excerpt_count(e->cols); col++) {
            const int length = snprintf(NULL, 0, e->format, 0, shown_weight(d, e, row, col));
            widest = length > widest ? length : widest;
        }
    return widest;
}

/* Columns of a weight, a blank before it among them. */
enum { FIXED_FIGURE = 10, SCIENTIFIC_FIGURE = 13 };

/* Weights that are longer than expected get an exponent, or make their columns wider and fewer. */
static void fit_figures(const report_data *d, matrix_excerpt *e, uint64_t count, terminal out)
{
    int widest = widest_figure(d, e);
    if (widest >= SCIENTIFIC_FIGURE) {
        e->format = "%*.5e";
        widest = widest_figure(d, e);
    }
    if (widest < e->width)
        return;
    e->width = widest + 1;
    choose_columns(e, count, out);
}

static matrix_excerpt choose_matrix_excerpt(const report_data *d, terminal out)
{
    const detinit_recipe *recipe = &d->settings->recipe;
    const uint64_t cols = detinit_recipe_cols(recipe);
    const bool scientific = needs_exponent(weight_size(recipe));
    const int index = decimal_digits(cols - 1) + 1,
              figure = scientific ? SCIENTIFIC_FIGURE : FIXED_FIGURE;
    matrix_excerpt e = {.rows = make_excerpt(detinit_recipe_rows(recipe), out.lines - 13),
                        .label = place_row_width(recipe) + 1,
                        .width = index > figure ? index : figure,
                        .format = scientific ? "%*.5e" : "%*.6f"};
    choose_columns(&e, cols, out);
    fit_figures(d, &e, cols, out);
    return e;
}

static void print_matrix_row(const report_data *d, const matrix_excerpt *e, int row)
{
    char text[PLACE_TEXT];
    printf("%*s", e->label,
           place_row_text(&d->settings->recipe, excerpt_index(e->rows, row), text, sizeof text));
    for (int col = 0; col < excerpt_count(e->cols); col++) {
        if (gap_before(e->cols, col))
            printf("  ...");
        printf(e->format, e->width, shown_weight(d, e, row, col));
    }
    putchar('\n');
}

static void print_matrix(const report_data *d, terminal out)
{
    const matrix_excerpt e = choose_matrix_excerpt(d, out);
    printf("%*s", e.label, "");
    for (int col = 0; col < excerpt_count(e.cols); col++)
        printf("%s%*llu", gap_before(e.cols, col) ? "  ..." : "", e.width,
               (unsigned long long)excerpt_index(e.cols, col));
    putchar('\n');
    for (int row = 0; row < excerpt_count(e.rows); row++) {
        if (gap_before(e.rows, row))
            printf("%*s\n", e.label, "...");
        print_matrix_row(d, &e, row);
    }
    putchar('\n');
}

/* --------------------------------------------------------------- histogram */

#define HISTOGRAM_LINES 21

/* `count` neighbouring bins as one. */
typedef struct merged_bin {
    double from, to, counted, expected;
} merged_bin;

static merged_bin merge(const detinit_histogram *h, size_t first, size_t count)
{
    size_t end = first + count < h->bins ? first + count : h->bins;
    merged_bin bin = {.from = h->edges[first], .to = h->edges[end]};
    for (size_t n = first; n < end; n++) {
        bin.counted += (double)h->counts[n];
        bin.expected += h->expected[n];
    }
    return bin;
}

/* Digits of the edges of bins: as few as tell neighbours apart, where the mean is far from 0. */
static int edge_digits(const detinit_histogram *h, size_t together)
{
    const merged_bin bin = merge(h, h->bins - 1 - (h->bins - 1) % together, together);
    char from[32], to[32];
    int digits = 4;
    do {
        snprintf(from, sizeof from, "%.*g", digits, bin.from);
        snprintf(to, sizeof to, "%.*g", digits, bin.to);
    } while (strcmp(from, to) == 0 && ++digits < 17);
    return digits;
}

static void print_histogram(const report_data *d, terminal out)
{
    const detinit_histogram *h = &d->survey.histogram;
    const uint64_t overflowed = d->survey.statistics.overflowed;
    const size_t together = h->bins / HISTOGRAM_LINES + (h->bins % HISTOGRAM_LINES != 0);
    const int digits = edge_digits(h, together);
    int edge = 10;
    char count[32];
    double most = 1;
    for (size_t n = 0; n < h->bins; n += together) {
        merged_bin bin = merge(h, n, together);
        const int length = snprintf(NULL, 0, "%+.*g", digits, bin.from);
        edge = length > edge ? length : edge; /* an exponent of three digits, or many digits */
        most = fmax(most, fmax(bin.counted, bin.expected));
    }
    const int taken = 20 + 2 * edge, width = out.columns - taken > 10 ? out.columns - taken : 10;
    printf("\nDistribution (%s marks what theory expects):\n", out.utf8 ? "│" : "|");
    for (size_t n = 0; n < h->bins; n += together) {
        merged_bin bin = merge(h, n, together);
        printf("  %+*.*g .. %+*.*g %9.0f  ", edge, digits, bin.from, edge, digits, bin.to,
               bin.counted);
        report_bar(bin.counted, bin.expected, most, width, out);
        putchar('\n');
    }
    if (overflowed > 0)
        printf("  %s overflowed, and %s infinite: in the outermost bins.\n",
               grouped(overflowed, count), overflowed == 1 ? "is" : "are");
}

/* ---------------------------------------------------------------- the rest */

static void print_reproducibility(const report_data *d, terminal out)
{
    const detinit_reproducibility *r = &d->reproducibility;
    char count[32];
    printf("\nReproducibility: %s %s\n", r->equal ? "every bit the same" : "THE BITS DIFFER",
           report_mark(r->equal, out));
    printf("  Largest difference: %.1e in %s comparisons\n", r->max_difference,
           grouped(r->compared, count));
    printf("  SHA-256: %s\n", r->sha256);
}

/* What was made; what is no matrix tells its shape. */
static void make_title(const settings *s, char *title, size_t size)
{
    const detinit_recipe *r = &s->recipe;
    char shape[PLACE_TEXT + 8] = "", more[200];
    if (r->rank != 2) {
        strcpy(shape, ", shape=");
        shape_text(r, ",", shape + 8, PLACE_TEXT);
    }
    snprintf(title, size, "GENERATED %s (seed=%llu, layer_id=%llu%s, mode=%s%s%s%s)",
             r->rank == 2 ? "MATRIX" : "TENSOR", (unsigned long long)r->seed,
             (unsigned long long)r->layer, shape, detinit_mode_name(r->mode),
             r->orthogonal ? ", orthogonal" : "", r->zero_mean ? ", zero mean" : "",
             recipe_more(r, more, sizeof more));
}

/* What else there is to know of these weights. */
static void print_note(const detinit_recipe *recipe)
{
    const char *note = recipe_note(recipe);
    if (note != NULL)
        printf("\nNote: %s\n", note);
}

static bool has_weights(const detinit_recipe *recipe)
{
    return detinit_recipe_rows(recipe) > 0 && detinit_recipe_cols(recipe) > 0;
}

void report_text(const report_data *d, terminal out)
{
    const settings *s = d->settings;
    char title[600], count[32], shape[PLACE_TEXT], path[ONE_LINE];
    if (!s->output.quiet) {
        make_title(s, title, sizeof title);
        print_heading(title, out.columns < 60 ? out.columns : 60);
    }
    if (has_weights(&s->recipe)) {
        print_matrix(d, out);
        report_statistics(d, out);
    } else {
        printf("A tensor of %s holds no weights\n",
               shape_text(&s->recipe, " x ", shape, sizeof shape));
    }
    print_note(&s->recipe);
    if (d->has_modes)
        report_modes(d, out);
    if (s->output.show_dist)
        print_histogram(d, out);
    if (d->has_reproducibility)
        print_reproducibility(d, out);
    if (d->saved)
        printf("\nSaved %s (%s bytes)\n", one_line(s->output.save, path),
               grouped(d->saved_bytes, count));
}

/* -------------------------------------------------------------- one weight */

static void print_key(int depth, const char *name, uint64_t index, uint64_t key, const char *note)
{
    char left[48];
    snprintf(left, sizeof left, "%*s%s %llu", 2 * depth, "", name, (unsigned long long)index);
    printf("  %-30s %016llx  %s\n", left, (unsigned long long)key, note);
}

static void print_draw(int depth, int number, uint64_t key, const char *note, double value)
{
    char left[48];
    snprintf(left, sizeof left, "%*sdraw %d", 2 * depth, "", number);
    printf("  %-30s %016llx  %s = %.17g\n", left, (unsigned long long)key, note, value);
}

/* name = how it is made = value */
static void print_step(const char *name, const char *made, double value)
{
    printf("  %-5s = %-28s = %.17g\n", name, made, value);
}

/* The keys from the seed to the draws, and the normal that these make. */
static void print_making_of_z(const settings *s, const detinit_trace *t)
{
    const int depth = (int)t->rank + 2;
    print_key(0, "seed", t->seed, t->seed, "each key below: h = hash64(h ^ hash64(index))");
    print_key(1, "layer", s->recipe.layer, t->key_layer, "");
    for (size_t n = 0; n < t->rank; n++)
        print_key(2 + (int)n, place_index_name(t->rank, n), t->index[n], t->key[n],
                  n + 1 == t->rank   ? "the same for both draws"
                  : n + 2 == t->rank ? "the same for all of this row"
                                     : "");
    print_draw(depth, (int)(2 * t->attempt), t->u1_key, "u1", t->u1);
    print_draw(depth, (int)(2 * t->attempt + 1), t->u2_key, "u2", t->u2);
    if (t->attempt > 0)
        printf("  %llu normal%s beyond %.6g standard deviations cast away before\n",
               (unsigned long long)t->attempt, t->attempt > 1 ? "s" : "", s->recipe.cut);
    putchar('\n');
    print_step("r", "sqrt(-2 ln u1)", t->r);
    print_step("theta", "2 pi u2", t->theta);
    print_step("z", "r cos theta", t->z);
}

void report_weight_text(const settings *s, const detinit_trace *t, terminal out)
{
    char title[600], more[200];
    const bool has_draw = detinit_mode_is_drawn(s->recipe.mode);
    weight_step steps[WEIGHT_STEPS_MOST];
    int length = snprintf(title, sizeof title, "WEIGHT (seed=%llu, layer_id=%llu",
                          (unsigned long long)s->recipe.seed, (unsigned long long)s->recipe.layer);
    for (size_t n = 0; n < t->rank; n++)
        length += snprintf(title + length, sizeof title - (size_t)length, ", %s=%llu",
                           place_index_name(t->rank, n), (unsigned long long)t->index[n]);
    snprintf(title + length, sizeof title - (size_t)length, ", mode=%s%s%s%s)",
             detinit_mode_name(s->recipe.mode), s->recipe.orthogonal ? ", orthogonal" : "",
             s->recipe.zero_mean ? ", zero mean" : "", recipe_more(&s->recipe, more, sizeof more));
    if (!s->output.quiet)
        print_heading(title, out.columns < 78 ? out.columns : 78);
    if (has_draw)
        print_making_of_z(s, t);
    else
        printf("  %s\n\n", undrawn_note(&s->recipe));
    const size_t count = weight_steps(&s->recipe, t, steps);
    for (size_t n = 0; n < count; n++)
        print_step(steps[n].name, steps[n].made, steps[n].value);
    print_note(&s->recipe);
}

int report_width(const char *text)
{
    return cells_columns(text, strlen(text));
}

void report_pad(const char *text, int width)
{
    const int taken = report_width(text);
    printf("%s%*s", text, taken < width ? width - taken : 0, "");
}
