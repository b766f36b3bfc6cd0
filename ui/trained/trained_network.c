#include "trained/trained_network.h"

#include "number/address.h"
#include "detinit_track.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sixteen edges an octave: exponent and four bits of the mantissa number them. */
#define EDGE_SHIFT 48

/* Of sixteen edges these stand a quarter of an octave apart, as nearly as can be. */
static const unsigned quarters = 1u << 0 | 1u << 3 | 1u << 7 | 1u << 11;

/* Of the images of MNIST and Fashion-MNIST. */
#define IMAGE_SIDE 28

/* Between what three epochs move and what they leave alone. */
#define TRAINING_THRESHOLD 0x1p-7

/* ------------------------------------------------------------------- edges */

static uint64_t lowest_step(void)
{
    return (uint64_t)(1023 + TRAINED_LOWEST) << (52 - EDGE_SHIFT);
}

double trained_edge(size_t n)
{
    return n == 0 ? 0 : double_of_bits((lowest_step() + n - 1) << EDGE_SHIFT);
}

size_t trained_edge_below(double threshold)
{
    uint64_t step = bits_of_double(threshold) >> EDGE_SHIFT;
    if (!(threshold > 0) || step < lowest_step())
        return 0;
    step -= lowest_step();
    return step + 1 < TRAINED_EDGES ? (size_t)step + 1 : TRAINED_EDGES - 1;
}

/* How many edges a difference lies beyond. */
static size_t edges_passed(double delta)
{
    if (!(delta > 0))
        return 0;
    uint64_t step = (bits_of_double(delta) - 1) >> EDGE_SHIFT;
    if (step < lowest_step())
        return 1;
    step -= lowest_step();
    return step + 2 < TRAINED_EDGES ? (size_t)step + 2 : TRAINED_EDGES;
}

/* ------------------------------------------------------------------ memory */

trained_network *trained_network_new(size_t layer_count, size_t epochs)
{
    trained_network *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->layer_count = layer_count;
    t->epochs = epochs;
    t->stride = 1;
    t->keep = 1;
    t->layers = calloc(layer_count + 1, sizeof *t->layers);
    t->epoch_rows = calloc(epochs + 1, sizeof *t->epoch_rows);
    if (epochs > 0)
        t->point_above =
            malloc(TRAINED_POINTS * layer_count * TRAINED_EDGES * sizeof *t->point_above);
    if (t->layers != NULL && t->epoch_rows != NULL && (t->point_above != NULL || epochs == 0))
        return t;
    trained_network_free(t);
    return NULL;
}

void trained_network_free(trained_network *t)
{
    for (size_t k = 0; t != NULL && t->layers != NULL && k < t->layer_count; k++) {
        free(t->layers[k].name);
        free(t->layers[k].held);
    }
    if (t != NULL) {
        free(t->layers);
        free(t->epoch_rows);
        free(t->point_above);
    }
    free(t);
}

/* The array of `item`-sized things at `from`, of which the first `count` are copied. */
static void copy_into(void *to, const void *from, size_t count, size_t item)
{
    if (count > 0)
        memcpy(to, from, count * item);
}

trained_network *trained_network_copy(const trained_network *t)
{
    trained_network *copy = trained_network_new(t->layer_count, t->epochs);
    if (copy == NULL)
        return NULL;
    trained_network blank = *copy;
    *copy = *t;
    copy->layers = blank.layers;
    copy->epoch_rows = blank.epoch_rows;
    copy->point_above = blank.point_above;
    copy_into(copy->epoch_rows, t->epoch_rows, t->epochs + 1, sizeof *t->epoch_rows);
    copy_into(copy->point_above, t->point_above, t->point_count * t->layer_count * TRAINED_EDGES,
              sizeof *t->point_above);
    for (size_t k = 0; k < t->layer_count; k++) {
        const trained_layer *from = &t->layers[k];
        trained_layer *to = &copy->layers[k];
        size_t held = from->held_rows * from->held_cols;
        *to = *from;
        to->name = strdup(from->name);
        to->held = malloc((held + 1) * sizeof *to->held);
        if (to->name == NULL || to->held == NULL) {
            copy->layer_count = k + 1;
            trained_network_free(copy);
            return NULL;
        }
        copy_into(to->held, from->held, held, sizeof *to->held);
    }
    return copy;
}

bool trained_layer_shape(trained_layer *layer, const char *name, uint64_t rows, uint64_t cols,
                         size_t most)
{
    layer->name = strdup(name);
    layer->rows = rows;
    layer->cols = cols;
    layer->total = rows * cols;
    layer->row_step = layer->col_step = 1;
    for (;;) {
        uint64_t down = (rows + layer->row_step - 1) / layer->row_step;
        uint64_t across = (cols + layer->col_step - 1) / layer->col_step;
        layer->held_rows = (size_t)down;
        layer->held_cols = (size_t)across;
        if (down == 0 || across <= most / down)
            break;
        *(down > across ? &layer->row_step : &layer->col_step) *= 2;
    }
    layer->held = calloc(layer->held_rows * layer->held_cols + 1, sizeof *layer->held);
    return layer->name != NULL && layer->held != NULL;
}

void trained_layer_pictures(trained_layer *layer, const detinit_recipe *recipe)
{
    const uint64_t *shape = recipe->shape;
    const bool kernels = recipe->rank == 4 && recipe->fan_in == DETINIT_FAN_IN_COLS &&
                         shape[2] * shape[3] > 1 && shape[2] <= 64 && shape[3] <= 64;
    const bool images = recipe->rank == 2 && layer->cols == IMAGE_SIDE * IMAGE_SIDE;
    layer->picture_rows = kernels ? (size_t)shape[2] : images ? IMAGE_SIDE : 0;
    layer->picture_cols = kernels ? (size_t)shape[3] : images ? IMAGE_SIDE : 0;
}

/* ---------------------------------------------------------------- counting */

void trained_layer_clear(trained_layer *layer)
{
    memset(layer->above, 0, sizeof layer->above);
}

void trained_layer_add(trained_layer *layer, const double *deltas, size_t count)
{
    /* Until trained_network_finish, place n counts those that lie beyond n edges and one more. */
    for (size_t n = 0; n < count; n++) {
        size_t passed = edges_passed(deltas[n]);
        if (passed > 0)
            layer->above[passed - 1]++;
    }
}

void trained_network_finish(trained_network *t)
{
    t->total = 0;
    t->exact = true;
    for (size_t k = 0; k < t->layer_count; k++) {
        trained_layer *layer = &t->layers[k];
        for (size_t n = TRAINED_EDGES - 1; n > 0; n--)
            layer->above[n - 1] += layer->above[n];
        t->total += layer->total;
        t->exact = t->exact && layer->row_step == 1 && layer->col_step == 1;
    }
}

/* Every second point goes: those that the doubled stride would have taken stay. */
static void thin_points(trained_network *t)
{
    size_t size = t->layer_count * TRAINED_EDGES;
    for (size_t n = 1; 2 * n < t->point_count; n++) {
        t->point_steps[n] = t->point_steps[2 * n];
        memcpy(t->point_above + n * size, t->point_above + 2 * n * size,
               size * sizeof *t->point_above);
    }
    t->point_count = (t->point_count + 1) / 2;
    t->stride *= 2;
}

void trained_add_point(trained_network *t)
{
    if (t->offered++ % t->stride != 0)
        return;
    if (t->point_count == TRAINED_POINTS)
        thin_points(t);
    uint32_t *to = t->point_above + t->point_count * t->layer_count * TRAINED_EDGES;
    for (size_t k = 0; k < t->layer_count; k++)
        for (size_t n = 0; n < TRAINED_EDGES; n++)
            *to++ = (uint32_t)t->layers[k].above[n];
    t->point_steps[t->point_count++] = t->step;
}

/* Weights of all layers beyond an edge. */
static uint64_t all_above(const trained_network *t, size_t edge)
{
    uint64_t above = 0;
    for (size_t k = 0; k < t->layer_count; k++)
        above += t->layers[k].above[edge];
    return above;
}

/* Squares of what is not finite would drown the others: they are awake anyhow. */
static void add_change(const trained_layer *layer, double threshold, double *asleep, double *all)
{
    for (size_t n = 0; n < layer->held_rows * layer->held_cols; n++) {
        const double square = layer->held[n] * layer->held[n];
        *all += square < INFINITY ? square : 0;
        *asleep += layer->held[n] <= threshold ? square : 0;
    }
}

void trained_set_threshold(trained_network *t, double threshold)
{
    size_t edge = trained_edge_below(threshold);
    double asleep = 0, all = 0;
    t->threshold = t->exact ? threshold : trained_edge(edge);
    t->awake = 0;
    for (size_t k = 0; k < t->layer_count; k++) {
        trained_layer *layer = &t->layers[k];
        size_t held = layer->held_rows * layer->held_cols;
        layer->awake = t->exact ? 0 : layer->above[edge];
        for (size_t n = 0; n < held && t->exact; n++)
            layer->awake += layer->held[n] > threshold;
        t->awake += layer->awake;
        add_change(layer, t->threshold, &asleep, &all);
    }
    t->asleep_change = all > 0 ? asleep / all : NAN;
}

double trained_point_share(const trained_network *t, size_t point, size_t layer)
{
    size_t first = layer < t->layer_count ? layer : 0;
    size_t end = layer < t->layer_count ? layer + 1 : t->layer_count;
    size_t edge = trained_edge_below(t->threshold);
    size_t next = edge + 1 < TRAINED_EDGES ? edge + 1 : edge;
    double low = trained_edge(edge), high = trained_edge(next), awake = 0, total = 0;
    double part = high > low ? fmin(1, (t->threshold - low) / (high - low)) : 0;
    for (size_t k = first; k < end; k++) {
        const uint32_t *above = t->point_above + (point * t->layer_count + k) * TRAINED_EDGES;
        awake += (1 - part) * above[edge] + part * above[next];
        total += (double)t->layers[k].total;
    }
    return total > 0 ? awake / total : 0;
}

/* -------------------------------------------------------------- thresholds */

/* The difference that is number `rank` (from 1) of all, which are held, in ascending order. */
static double select_held(const trained_network *t, uint64_t rank, uint64_t *counts)
{
    uint64_t prefix = 0, known = 0;
    for (int shift = 48; shift >= 0; shift -= 16) {
        memset(counts, 0, 65536 * sizeof *counts);
        for (size_t k = 0; k < t->layer_count; k++) {
            const trained_layer *l = &t->layers[k];
            for (size_t n = 0; n < l->held_rows * l->held_cols; n++) {
                uint64_t bits = bits_of_double(l->held[n]);
                if ((bits & known) == prefix)
                    counts[bits >> shift & 0xffff]++;
            }
        }
        uint64_t digit = 0;
        while (digit < 0xffff && rank > counts[digit])
            rank -= counts[digit++];
        prefix |= digit << shift;
        known |= (uint64_t)0xffff << shift;
    }
    return double_of_bits(prefix);
}

/* The largest difference that is a number; where not all are held, the edge above it. */
static double largest(const trained_network *t)
{
    double most = 0;
    size_t edge = 0;
    for (size_t k = 0; k < t->layer_count && t->exact; k++)
        for (size_t n = 0; n < t->layers[k].held_rows * t->layers[k].held_cols; n++)
            if (t->layers[k].held[n] < INFINITY)
                most = fmax(most, t->layers[k].held[n]);
    while (!t->exact && edge + 1 < TRAINED_EDGES &&
           all_above(t, edge) > all_above(t, TRAINED_EDGES - 1))
        edge++;
    return t->exact ? most : trained_edge(edge);
}

double trained_threshold_of_share(const trained_network *t, double share)
{
    double wanted = ceil(share * (double)t->total), found = 0;
    uint64_t rank = wanted >= (double)t->total ? t->total : (uint64_t)wanted;
    size_t edge = 0;
    uint64_t *counts = t->exact ? malloc(65536 * sizeof *counts) : NULL;
    if (rank == 0)
        found = 0;
    else if (counts != NULL)
        found = select_held(t, rank, counts);
    while (counts == NULL && edge + 1 < TRAINED_EDGES && t->total - all_above(t, edge) < rank)
        edge++;
    free(counts);
    if (counts == NULL && rank > 0)
        found = trained_edge(edge);
    return found < INFINITY ? found : largest(t);
}

/* Weights at edge n and beyond, up to the next: steps as the library cuts them. */
static void count_steps(const trained_network *t, uint64_t counts[TRAINED_EDGES])
{
    memset(counts, 0, TRAINED_EDGES * sizeof *counts);
    for (size_t n = 0; n + 1 < TRAINED_EDGES && !t->exact; n++)
        counts[n] = all_above(t, n) - all_above(t, n + 1);
    for (size_t k = 0; k < t->layer_count && t->exact; k++)
        for (size_t n = 0; n < t->layers[k].held_rows * t->layers[k].held_cols; n++) {
            double delta = t->layers[k].held[n];
            counts[delta < INFINITY ? trained_edge_below(delta) : TRAINED_EDGES - 1]++;
        }
    if (t->exact)
        counts[TRAINED_EDGES - 1] = 0;
}

double trained_threshold_auto(const trained_network *t)
{
    uint64_t counts[TRAINED_EDGES];
    double total = 0, asleep = 0;
    size_t step = 0;
    count_steps(t, counts);
    for (size_t n = 0; n + 1 < TRAINED_EDGES; n++)
        total += (double)counts[n] * trained_edge(n + 1) * trained_edge(n + 1);
    for (; step + 1 < TRAINED_EDGES; step++) {
        asleep += (double)counts[step] * trained_edge(step + 1) * trained_edge(step + 1);
        if (asleep > DETINIT_AUTO_SHARE * total)
            break;
    }
    return total > 0 ? trained_edge(step) : 0;
}

double trained_wanted_threshold(const trained_network *t, threshold_choice choice)
{
    if (choice.kind == THRESHOLD_SHARE)
        return trained_threshold_of_share(t, choice.value);
    if (choice.kind == THRESHOLD_VALUE && choice.value != THRESHOLD_AUTO)
        return choice.value;
    if (choice.kind == THRESHOLD_VALUE || t->steps == 0)
        return trained_threshold_auto(t);
    return t->keep < 1 ? 0 : TRAINING_THRESHOLD;
}

double trained_threshold_step(const trained_network *t, int by)
{
    double threshold = t->threshold;
    size_t edge = trained_edge_below(threshold);
    uint64_t changed = all_above(t, 0), never = all_above(t, TRAINED_EDGES - 1);
    if (by < 0 && trained_edge(edge) < threshold)
        edge++;
    if (by > 0 && all_above(t, edge) == never)
        return threshold;
    do {
        if ((by < 0 && edge == 0) || (by > 0 && edge + 1 >= TRAINED_EDGES))
            return trained_edge(edge);
        edge += by > 0 ? 1 : (size_t)-1;
        /* Below all that changed, and up from there, there is nothing to stop at. */
        if (by < 0 && all_above(t, edge) == changed)
            return 0;
    } while (edge > 0 &&
             ((quarters >> (edge - 1) % 16 & 1) == 0 || (by > 0 && all_above(t, edge) == changed)));
    return trained_edge(edge);
}

/* ----------------------------------------------------------------- pruning */

void trained_add_pruning(trained_network *t, const trained_pruning *pruning)
{
    size_t n = 0;
    while (n < t->pruning_count && t->prunings[n].threshold < pruning->threshold)
        n++;
    bool is_there = n < t->pruning_count && t->prunings[n].threshold == pruning->threshold;
    if (!is_there && t->pruning_count == TRAINED_PRUNINGS)
        return;
    if (!is_there) {
        memmove(&t->prunings[n + 1], &t->prunings[n],
                (t->pruning_count - n) * sizeof t->prunings[0]);
        t->pruning_count++;
    }
    t->prunings[n] = *pruning;
}

const trained_pruning *trained_find_pruning(const trained_network *t, uint64_t sleeping)
{
    for (size_t n = 0; n < t->pruning_count; n++)
        if (t->prunings[n].sleeping == sleeping)
            return &t->prunings[n];
    return NULL;
}
