/* Findings of values alone. */
#include "audit/findings.h"
#include "base/array.h"
#include "base/names.h"
#include "base/plain.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void findings_add(evaluation *e, detinit_finding_kind kind, bool warning, size_t first,
                  size_t count, const char *format, ...)
{
    va_list arguments;
    detinit_finding *grown = array_grow(e->found, e->count, &e->room, sizeof *grown);
    if (grown == NULL) {
        e->no_memory = true;
        return;
    }
    e->found = grown;
    detinit_finding *f = &e->found[e->count++];
    *f = (detinit_finding){
        .kind = kind, .warning = warning, .first = first, .count = count, .factor = NAN};
    va_start(arguments, format);
    plain_print_list(f->text, sizeof f->text, format, arguments);
    va_end(arguments);
}

static void tell_not_finite(evaluation *e, size_t n)
{
    const detinit_audit_tensor *t = &e->tensors[n];
    if (t->nan + t->infinite > 0)
        findings_add(e, DETINIT_FINDING_NOT_FINITE, true, n, 1,
                     "%" PRIu64 " NaN and %" PRIu64 " infinite of %" PRIu64 " weights", t->nan,
                     t->infinite, t->looked_at);
}

/* An embedding has rows of zeros for padding, and so has a head that is tied to it. */
static void tell_dead(evaluation *e, size_t n)
{
    const detinit_audit_tensor *t = &e->tensors[n];
    const unsigned says = e->kinds->facts[n].says;
    const bool padding = (says & (NAME_EMBEDDING | NAME_HEAD)) != 0 && t->dead_cols == 0;
    if (t->dead_rows + t->dead_cols == 0 || t->origin == DETINIT_ORIGIN_MADE ||
        (says & (NAME_BUFFER | NAME_STATE | NAME_BIAS)) != 0)
        return;
    if (t->dead_cols > 0)
        findings_add(e, DETINIT_FINDING_DEAD, true, n, 1,
                     "dead: %" PRIu64 " of %" PRIu64 " rows and %" PRIu64 " of %" PRIu64
                     " columns are 0",
                     t->dead_rows, t->rows, t->dead_cols, t->cols);
    else
        findings_add(e, DETINIT_FINDING_DEAD, !padding, n, 1,
                     "%s: %" PRIu64 " of %" PRIu64 " rows are 0", padding ? "padding" : "dead",
                     t->dead_rows, t->rows);
}

static bool is_constant(const detinit_audit_tensor *t)
{
    return t->origin == DETINIT_ORIGIN_MADE && t->recipe.mode == DETINIT_CONSTANT &&
           t->min == t->max && t->looked_at > 1;
}

/* Biases, norms, and what is added with a weight of its own start at 0 or 1; layers do not. */
static void tell_constant(evaluation *e, const layer_kind *k)
{
    size_t first = SIZE_MAX, count = 0;
    double value = 0;
    for (size_t i = k->first; i < k->first + k->count; i++) {
        const size_t n = e->kinds->order[i];
        const detinit_audit_tensor *t = &e->tensors[n];
        const unsigned fine = t->min == 0 ? NAME_ZERO : NAME_CONSTANT;
        if (!is_constant(t) || e->kinds->facts[n].vector || (e->kinds->facts[n].says & fine) != 0)
            continue;
        first = first == SIZE_MAX ? n : first;
        value = count++ == 0 ? t->min : value;
    }
    if (count == 0)
        return;
    if (value == 0)
        findings_add(e, DETINIT_FINDING_ZERO, true, first, count, "a layer of zeros");
    else
        findings_add(e, DETINIT_FINDING_CONSTANT, true, first, count,
                     "a layer of one value, %g: its units are all the same", value);
}

void findings_of_values(evaluation *e)
{
    for (size_t n = 0; n < e->kinds->count; n++) {
        tell_not_finite(e, n);
        tell_dead(e, n);
    }
    for (size_t n = 0; n < e->kinds->kind_count; n++)
        tell_constant(e, &e->kinds->kinds[n]);
}

/* -------------------------------------------------------------------- copies */

static int by_content(const void *a, const void *b, void *context)
{
    const evaluation *e = context;
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;
    const look *p = &e->looks[x], *q = &e->looks[y];
    if (p->digest != q->digest)
        return p->digest < q->digest ? -1 : 1;
    return (x > y) - (x < y);
}

static bool can_be_copy(const evaluation *e, size_t n)
{
    const detinit_audit_tensor *t = &e->tensors[n];
    return t->origin <= DETINIT_ORIGIN_NONE && t->origin != DETINIT_ORIGIN_MADE && t->std > 0 &&
           (e->kinds->facts[n].says & (NAME_BUFFER | NAME_STATE)) == 0;
}

static bool equal(const evaluation *e, size_t a, size_t b)
{
    return e->looks[a].digest == e->looks[b].digest &&
           e->tensors[a].tensor->count == e->tensors[b].tensor->count &&
           e->tensors[a].tensor->dtype == e->tensors[b].tensor->dtype;
}

/* "'b', 'c' and 2 more": the names of the others. */
static void put_others(const evaluation *e, const size_t *which, size_t count, char *out,
                       size_t size)
{
    enum { NAMED_MOST = 3 };
    const size_t named = count - 1 > NAMED_MOST ? NAMED_MOST : count - 1;
    size_t length = 0;
    for (size_t n = 1; n <= named; n++)
        length += (size_t)snprintf(out + length, size - length, "%s'%.70s'",
                                   names_before((int)(n - 1), (int)(count - 1), " and "),
                                   e->tensors[which[n]].tensor->name);
    if (count - 1 > named)
        snprintf(out + length, size - length, " and %zu more", count - 1 - named);
}

static void tell_copies(evaluation *e, const size_t *which, size_t count)
{
    const size_t first = which[0];
    const char *in = e->tensors[first].sampled ? " in the sample" : "";
    char others[256];
    unsigned all = 0;
    for (size_t n = 0; n < count; n++)
        all |= e->kinds->facts[which[n]].says;
    put_others(e, which, count, others, sizeof others);
    if ((all & NAME_EMBEDDING) != 0)
        findings_add(e, DETINIT_FINDING_TIED, false, first, count, "tied%s to %s", in, others);
    else if ((all & NAME_COPY) != 0 || e->kinds->facts[first].vector)
        findings_add(e, DETINIT_FINDING_EQUAL, false, first, count, "equal%s to %s", in, others);
    else
        findings_add(e, DETINIT_FINDING_EQUAL, true, first, count,
                     "equal%s to %s: initialized twice, or copied", in, others);
}

void findings_of_copies(evaluation *e)
{
    size_t *order = calloc(e->kinds->count + 1, sizeof *order), count = 0;
    if (order == NULL) {
        e->no_memory = true;
        return;
    }
    for (size_t n = 0; n < e->kinds->count; n++)
        if (can_be_copy(e, n))
            order[count++] = n;
    qsort_r(order, count, sizeof *order, by_content, e);
    for (size_t n = 0, end; n < count; n = end) {
        for (end = n + 1; end < count && equal(e, order[n], order[end]);)
            end++;
        if (end - n > 1)
            tell_copies(e, order + n, end - n);
    }
    free(order);
}
