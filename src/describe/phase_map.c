/*
 * The phase map: many points of mean-field theory, from a table of expectations.  Between its
 * lengths, and beyond them, these are powers of the length.
 */
#include "detinit_describe.h"

#include "base/error.h"
#include "base/progress.h"
#include "base/threads.h"
#include "describe/fixed_point.h"

#include <math.h>
#include <stdlib.h>

/* Lengths of the table: STEPS to each factor of e, from the least on. */
#define STEPS       8
#define LEAST_POWER (-28)
#define POWERS      56
#define ROWS        (STEPS * POWERS + 1)

/* Of the work, the table's share; the map has as much. */
#define SHARE ((uint64_t)1000)

typedef struct table_row {
    double second, slopes;         /* ln E phi^2, ln E phi'^2 */
    double squares[FIELD_SQUARES]; /* as shares of E phi^2 */
} table_row;

typedef struct phase_map {
    const activation_row *row;
    field_rule rule;
    table_row *table;
    const double *sigma_w, *sigma_b;
    size_t cols;
    double *chi, *depth;
} phase_map;

static void make_row(void *context, uint64_t n)
{
    phase_map *map = context;
    table_row *row = &map->table[n];
    const double q = exp((double)LEAST_POWER + (double)n / STEPS);
    const field f = field_of(map->row, &map->rule, q);
    row->second = log(f.second);
    row->slopes = log(f.slopes);
    if (map->row->bends_at_0)
        return;
    field_expand(&f, &map->rule, row->squares);
    for (int k = 0; k < FIELD_SQUARES; k++)
        row->squares[k] /= f.second;
}

/* The row before a length, and how far on it is to the next; beyond the table outside 0 .. 1. */
static const table_row *row_before(const phase_map *map, double q, double *part)
{
    const double place = (log(q) - LEAST_POWER) * STEPS;
    const double before = fmin(fmax(floor(place), 0), ROWS - 2);
    *part = place - before;
    return &map->table[(size_t)before];
}

static field look_up(const void *context, double q)
{
    const phase_map *map = context;
    double part;
    if (map->row->bends_at_0)
        return field_of(map->row, &map->rule, q);
    const table_row *a = row_before(map, q, &part), *b = a + 1;
    return (field){.row = map->row,
                   .q = q,
                   .second = exp(a->second + part * (b->second - a->second)),
                   .slopes = exp(a->slopes + part * (b->slopes - a->slopes))};
}

/* Asked for where correlations leave 1, which no activation that bends at 0 makes them do. */
static void look_up_squares(const void *context, const field *f, double squares[FIELD_SQUARES])
{
    const phase_map *map = context;
    double part;
    const table_row *a = row_before(map, f->q, &part), *b = a + 1;
    part = fmin(fmax(part, 0), 1);
    for (int k = 0; k < FIELD_SQUARES; k++)
        squares[k] = f->second * ((1 - part) * a->squares[k] + part * b->squares[k]);
}

static void make_points(void *context, uint64_t row)
{
    const phase_map *map = context;
    const field_source source = {map, look_up, look_up_squares};
    const double sigma_b = map->sigma_b[row];
    for (size_t col = 0; col < map->cols; col++) {
        const double sigma_w = map->sigma_w[col];
        const field_point p = fixed_point_of(&source, sigma_w * sigma_w, sigma_b * sigma_b);
        const size_t place = (size_t)row * map->cols + col;
        if (map->chi != NULL)
            map->chi[place] = p.chi;
        if (map->depth != NULL)
            map->depth[place] = p.rate == 1 ? INFINITY : 1 / fabs(log(p.rate));
    }
}

detinit_status detinit_phase_map(detinit_activation activation, const double *sigma_w, size_t cols,
                                 const double *sigma_b, size_t rows, double *chi, double *depth,
                                 const detinit_run *run, detinit_error *error)
{
    phase_map map = {.row = &activation_rows[activation],
                     .sigma_w = sigma_w,
                     .sigma_b = sigma_b,
                     .cols = cols,
                     .chi = chi,
                     .depth = depth,
                     .table = malloc(ROWS * sizeof(table_row))};
    shared_progress both = {.run = run, .total = 2 * SHARE};
    if (map.table == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a phase map");
    field_rule_make(&map.rule);
    detinit_run part = progress_share(&both, SHARE);
    detinit_status status = threads_run(&part, ROWS, make_row, &map, error);
    part = progress_share(&both, SHARE);
    if (status == DETINIT_OK)
        status = threads_run(&part, rows, make_points, &map, error);
    free(map.table);
    return status;
}
