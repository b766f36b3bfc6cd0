#include "track/piece.h"

#include "number/address.h"

#include <string.h>

size_t piece_bin(double delta)
{
    const int bin = (int)(bits_of_double(delta) >> 52) - (int)CHANGE_EXPONENT_LEAST;
    return (size_t)(bin < 0 ? 0 : bin < DETINIT_CHANGE_BINS ? bin : DETINIT_CHANGE_BINS - 1);
}

double piece_sum_lanes(const double *lanes, size_t count)
{
    double sum = 0;
    for (size_t n = 0; n < count; n++)
        sum += lanes[n];
    return sum;
}

size_t piece_padded(size_t count)
{
    return (count + CHANGE_STEP - 1) / CHANGE_STEP * CHANGE_STEP;
}

piece piece_with_zeros(const piece *p, detinit_dtype dtype, void *initial, void *trained)
{
    const size_t bytes = p->count * detinit_dtype_size(dtype);
    memcpy(initial, p->initial, bytes);
    memcpy(trained, p->trained, bytes);
    return (piece){p->first, p->count, initial, trained};
}

/* Batches of exponents are counted until so few are left that they are picked out singly. */
#define FEW 48

static void count_bins(const change_kernel *kernel, const change_piece *found, size_t count,
                       uint64_t *histogram)
{
    unsigned highest = found->most >> 20;
    highest = highest > CHANGE_EXPONENT_LEAST ? highest : CHANGE_EXPONENT_LEAST;
    size_t left = count;
    for (; left > FEW && highest >= CHANGE_EXPONENT_LEAST; highest -= 4) {
        uint32_t counts[4];
        kernel->count_exponents(found->exponents, count, highest, counts);
        for (unsigned n = 0; n < 4 && highest - n >= CHANGE_EXPONENT_LEAST; n++) {
            histogram[highest - n - CHANGE_EXPONENT_LEAST] += counts[n];
            left -= counts[n];
        }
    }
    if (left > 0)
        kernel->count_few(found->exponents, count, highest, histogram);
}

/* Looks for a larger |w - w0| than that of the figures, where the piece may have one. */
static void find_max(piece_comparison *c, const piece *p, size_t padded, uint32_t most,
                     piece_figures *out)
{
    double deltas[CHANGE_PIECE];
    if (most < bits_of_double(out->max_delta) >> 32 || most < atomic_load(&c->max_bits) >> 32)
        return;
    c->kernel->differences(c->dtype, p->initial, p->trained, padded, deltas);
    for (size_t n = 0; n < p->count; n++) {
        if (deltas[n] > out->max_delta) {
            out->max_delta = deltas[n];
            out->max_position = p->first + n;
        }
    }
    uint64_t known = atomic_load(&c->max_bits), mine = bits_of_double(out->max_delta);
    while (known < mine && !atomic_compare_exchange_weak(&c->max_bits, &known, mine)) {
    }
}

void piece_take(piece_comparison *c, const piece *p, size_t padded, const change_piece *found,
                piece_figures *out)
{
    count_bins(c->kernel, found, padded, out->histogram);
    out->histogram[0] -= padded - p->count;
    find_max(c, p, padded, found->most, out);
}

void piece_take_delta(double delta, uint64_t place, piece_figures *out)
{
    out->histogram[piece_bin(delta)]++;
    if (delta > out->max_delta) {
        out->max_delta = delta;
        out->max_position = place;
    }
}

uint64_t piece_first_difference(const piece_comparison *c, const piece *p)
{
    const size_t item = detinit_dtype_size(c->dtype);
    size_t n = 0;
    while (memcmp(p->initial + n * item, p->trained + n * item, item) == 0)
        n++;
    return p->first + n;
}

void piece_join(piece_figures *to, const piece_figures *behind)
{
    to->changed += behind->changed;
    to->unchanged += behind->unchanged;
    to->not_finite += behind->not_finite;
    if (behind->max_delta > to->max_delta) {
        to->max_delta = behind->max_delta;
        to->max_position = behind->max_position;
    }
    if (behind->first_difference < to->first_difference)
        to->first_difference = behind->first_difference;
    for (size_t bin = 0; bin < DETINIT_CHANGE_BINS; bin++)
        to->histogram[bin] += behind->histogram[bin];
}
