#include "audit/stretches.h"

#include "detinit_audit.h"

/* The longest row that is looked at whole in a sample. */
#define LONGEST_ROW STRETCHES_STEP

/* The shortest stretch of a sample. */
#define SHORTEST ((uint64_t)1024)

static uint64_t at_least_one(uint64_t n)
{
    return n > 0 ? n : 1;
}

static uint64_t divided_up(uint64_t n, uint64_t by)
{
    return n / by + (n % by != 0);
}

static void lay_out_all(stretches *s)
{
    s->whole_rows = s->row <= STRETCHES_STEP;
    if (s->whole_rows) {
        const uint64_t together = STRETCHES_STEP / s->row;
        s->length = together * s->row;
        s->count = divided_up(s->rows, together);
    } else {
        s->length = STRETCHES_STEP;
        s->count = s->rows * divided_up(s->row, STRETCHES_STEP);
    }
}

static void lay_out_sample(stretches *s)
{
    s->sampled = true;
    s->whole_rows = s->row <= LONGEST_ROW;
    s->length = s->whole_rows ? at_least_one(SHORTEST / s->row) * s->row : SHORTEST;
    s->count = divided_up(DETINIT_AUDIT_SAMPLE, s->length);
}

stretches stretches_of(const detinit_tensor *tensor, bool exact)
{
    stretches s = {.rows = tensor->rank > 1 ? tensor->shape[0] : 1};
    if (tensor->count == 0)
        return s;
    s.row = tensor->count / s.rows;
    if (exact || tensor->count <= DETINIT_AUDIT_SAMPLE_ABOVE)
        lay_out_all(&s);
    else
        lay_out_sample(&s);
    s.per_step = at_least_one(STRETCHES_STEP / s.length);
    s.steps = divided_up(s.count, s.per_step);
    return s;
}

/* One place in each of `count` equal shares of the places, hashed from all that the sample is. */
static uint64_t sampled_place(const stretches *s, uint64_t k)
{
    const uint64_t places = s->rows * s->row / s->length, share = places / s->count;
    const uint64_t indices[] = {s->rows, s->row, k};
    return (k * share + detinit_key(0, indices, 3) % share) * s->length;
}

uint64_t stretches_place(const stretches *s, uint64_t k, size_t *length)
{
    uint64_t first, end = s->rows * s->row;
    if (s->sampled) {
        first = sampled_place(s, k);
    } else if (s->whole_rows) {
        first = k * s->length;
    } else {
        const uint64_t per_row = divided_up(s->row, s->length), row = k / per_row;
        first = row * s->row + k % per_row * s->length;
        end = (row + 1) * s->row;
    }
    *length = (size_t)(end - first < s->length ? end - first : s->length);
    return first;
}
