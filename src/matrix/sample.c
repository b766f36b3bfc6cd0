#include "matrix/sample.h"

#define STRETCHES 1024
#define LENGTH    1024 /* STRETCHES * LENGTH is DETINIT_KS_COUNT */

/* Keeps these hashes apart from those of weights. */
#define SAMPLE_SEED UINT64_C(0x73616d706c65)

static uint64_t hashed_below(uint64_t limit, const struct sample *sample, uint64_t use, uint64_t k)
{
    uint64_t address[] = {sample->matrix_rows, sample->matrix_cols, use, k};
    return detinit_key(SAMPLE_SEED, address, 4) % limit;
}

struct sample sample_of(const detinit_recipe *recipe)
{
    struct sample s = {.matrix_rows = detinit_recipe_rows(recipe),
                       .matrix_cols = detinit_recipe_cols(recipe)};
    s.cols = (size_t)(s.matrix_cols < LENGTH ? s.matrix_cols : LENGTH);
    s.rows = s.matrix_cols < LENGTH ? (size_t)(LENGTH / s.matrix_cols) : 1;
    s.bands = s.matrix_rows / s.rows;
    s.slots = s.matrix_cols / s.cols;
    s.stretches = STRETCHES;
    if (s.bands < STRETCHES && s.bands * s.slots < STRETCHES)
        s.stretches = s.bands * s.slots;
    return s;
}

/*
 * Stretch k is put into the k-th of as many equal shares: of the bands, or,
 * where these are few, of all slots of all bands.  Slots begin at a hashed
 * column of their band, so that none is favoured.
 */
void sample_place(const struct sample *sample, uint64_t k, uint64_t *row, uint64_t *col)
{
    bool tall = sample->bands >= sample->stretches;
    uint64_t places = tall ? sample->bands : sample->bands * sample->slots;
    uint64_t share = places / sample->stretches, rest = places % sample->stretches;
    uint64_t start = k * share + k * rest / sample->stretches;
    uint64_t end = (k + 1) * share + (k + 1) * rest / sample->stretches;
    uint64_t place = start + hashed_below(end - start, sample, 0, k);
    uint64_t band = tall ? place : place / sample->slots;
    uint64_t slot = tall ? hashed_below(sample->slots, sample, 1, k) : place % sample->slots;
    uint64_t margin = sample->matrix_cols - sample->slots * sample->cols;
    *row = band * sample->rows;
    *col = slot * sample->cols + hashed_below(margin + 1, sample, 2, band);
}

size_t sample_count(const struct sample *sample)
{
    return (size_t)sample->stretches * sample->rows * sample->cols;
}
