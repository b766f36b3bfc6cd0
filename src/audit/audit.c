/* An audit of a file: its tensors looked at, named, tested, and compared with one another. */
#include "audit/candidates.h"
#include "audit/findings.h"
#include "audit/judge.h"
#include "audit/kinds.h"
#include "audit/look.h"
#include "audit/norms.h"
#include "audit/probe.h"
#include "base/error.h"
#include "base/progress.h"
#include "base/threads.h"
#include "detinit_audit.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Shares of the progress. */
#define SHARE_OF_LOOKING 700
#define SHARE_OF_TESTS   300

/* Tests that a tensor goes through: std, mean, the largest, law, skewness and kurtosis, spectrum,
 * and those of rows and columns. */
#define TESTS (7 + NORMS_TESTS)

struct detinit_audit {
    const detinit_tensorfile *file;
    size_t count;
    detinit_audit_tensor *tensors;
    detinit_finding *findings;
    size_t finding_count, warnings;
    double level;
};

/* What is needed while an audit is made. */
typedef struct making {
    detinit_audit *audit;
    look *looks;
    kinds kinds;
    pthread_mutex_t lock;
    detinit_error error; /* the first that came; its status is DETINIT_OK before */
} making;

/* -------------------------------------------------------------------- naming */

/* The fan_in of the weight beside a bias, by PyTorch's layout; 0: there is none. */
static uint64_t fan_beside(const detinit_tensorfile *file, const detinit_tensor *tensor)
{
    const char *end = strrchr(tensor->name, '.');
    char name[512];
    if (tensor->rank != 1 || end == NULL || strcmp(end, ".bias") != 0)
        return 0;
    if (snprintf(name, sizeof name, "%.*s.weight", (int)(end - tensor->name), tensor->name) >=
        (int)sizeof name)
        return 0;
    const detinit_tensor *weight = detinit_tensorfile_find(file, name);
    return weight != NULL && weight->rank > 1 && weight->count > 0
               ? weight->count / weight->shape[0]
               : 0;
}

static subject subject_of(const making *m, size_t n, detinit_axis layout)
{
    const name_facts *facts = &m->kinds.facts[n];
    const detinit_tensor *tensor = detinit_tensorfile_tensor(m->audit->file, n);
    return (subject){.tensor = tensor,
                     .facts = facts,
                     .layout = (facts->says & NAME_LAYOUT_IN) != 0 ? DETINIT_FAN_IN_ROWS : layout,
                     .layers = m->kinds.kinds[facts->kind].layers,
                     .fan_of_sibling = fan_beside(m->audit->file, tensor)};
}

/* The layout that likelihoods of all tensors speak for whose names do not tell. */
static detinit_axis find_layout(const making *m)
{
    double sums[DETINIT_AXIS_COUNT] = {0};
    detinit_audit_tensor scratch;
    for (size_t n = 0; n < m->audit->count; n++) {
        double scores[DETINIT_AXIS_COUNT];
        if (m->kinds.facts[n].vector || (m->kinds.facts[n].says & NAME_LAYOUT_IN) != 0 ||
            m->looks[n].count == 0)
            continue;
        for (detinit_axis axis = 0; axis < DETINIT_AXIS_COUNT; axis++) {
            const subject s = subject_of(m, n, axis);
            judge_figures(s.tensor, &m->looks[n], &scratch);
            scores[axis] = judge_origin(&s, &m->looks[n], m->audit->level, &scratch);
        }
        if (isfinite(scores[0]) && isfinite(scores[1]))
            for (detinit_axis axis = 0; axis < DETINIT_AXIS_COUNT; axis++)
                sums[axis] += scores[axis];
    }
    return sums[DETINIT_FAN_IN_ROWS] > sums[DETINIT_FAN_IN_COLS] ? DETINIT_FAN_IN_ROWS
                                                                 : DETINIT_FAN_IN_COLS;
}

static void name_all(making *m)
{
    size_t tested = 1;
    for (size_t n = 0; n < m->audit->count; n++)
        tested += m->looks[n].count > 0 && m->looks[n].min < m->looks[n].max;
    m->audit->level = DETINIT_AUDIT_FALSE_ALARM / (TESTS * (double)tested);
    const detinit_axis layout = find_layout(m);
    for (size_t n = 0; n < m->audit->count; n++) {
        const subject s = subject_of(m, n, layout);
        judge_figures(s.tensor, &m->looks[n], &m->audit->tensors[n]);
        judge_origin(&s, &m->looks[n], m->audit->level, &m->audit->tensors[n]);
    }
}

/* --------------------------------------------------------------------- tests */

static void test_one(void *context, uint64_t n)
{
    making *m = context;
    detinit_error error;
    const detinit_status status =
        probe_tensor(m->audit->file, m->audit->level, &m->audit->tensors[n], &error);
    if (status == DETINIT_OK)
        return;
    pthread_mutex_lock(&m->lock);
    if (m->error.status == DETINIT_OK)
        m->error = error;
    pthread_mutex_unlock(&m->lock);
}

static detinit_status test_all(making *m, const detinit_run *run, detinit_error *error)
{
    pthread_mutex_init(&m->lock, NULL);
    detinit_status status = threads_run(run, m->audit->count, test_one, m, error);
    pthread_mutex_destroy(&m->lock);
    if (status == DETINIT_OK && m->error.status != DETINIT_OK)
        status = error_set(error, m->error.status, "%s", m->error.message);
    return status;
}

/* In a file where most matrices are trained, what is as improbable as this is trained as well. */
static bool is_doubtful(const detinit_audit_tensor *t)
{
    return (t->origin == DETINIT_ORIGIN_SCHEME || t->origin == DETINIT_ORIGIN_LAW) &&
           !t->recipe.orthogonal &&
           (t->ks_p < DETINIT_AUDIT_DOUBT || t->spectrum_p < DETINIT_AUDIT_DOUBT ||
            t->norms_p < DETINIT_AUDIT_DOUBT);
}

static void doubt_all(making *m)
{
    size_t drawn = 0, unknown = 0;
    for (size_t n = 0; n < m->audit->count; n++) {
        const detinit_audit_tensor *t = &m->audit->tensors[n];
        if (m->kinds.facts[n].vector)
            continue;
        drawn += t->origin == DETINIT_ORIGIN_SCHEME || t->origin == DETINIT_ORIGIN_LAW;
        unknown += t->origin == DETINIT_ORIGIN_NONE;
    }
    for (size_t n = 0; n < m->audit->count && unknown > drawn; n++)
        if (is_doubtful(&m->audit->tensors[n]))
            m->audit->tensors[n].origin = DETINIT_ORIGIN_NONE;
}

/* ------------------------------------------------------------------ findings */

/* Warnings first, in the order of the file. */
static int by_weight(const void *a, const void *b)
{
    const detinit_finding *x = a, *y = b;
    if (x->warning != y->warning)
        return x->warning ? -1 : 1;
    return x->first != y->first ? (x->first > y->first) - (x->first < y->first)
                                : (x->kind > y->kind) - (x->kind < y->kind);
}

static detinit_status find_all(making *m, detinit_error *error)
{
    detinit_audit *audit = m->audit;
    evaluation e = {.kinds = &m->kinds,
                    .looks = m->looks,
                    .tensors = audit->tensors,
                    .told = calloc(audit->count + 1, sizeof(bool))};
    if (e.told != NULL) {
        findings_of_values(&e);
        findings_of_copies(&e);
        findings_of_kinds(&e);
    }
    audit->findings = e.found;
    audit->finding_count = e.count;
    const bool bad = e.told == NULL || e.no_memory;
    free(e.told);
    if (bad)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for a list of findings");
    if (e.count > 0)
        qsort(audit->findings, audit->finding_count, sizeof *audit->findings, by_weight);
    for (size_t n = 0; n < audit->finding_count; n++)
        audit->warnings += audit->findings[n].warning;
    return DETINIT_OK;
}

/* -------------------------------------------------------------------- public */

static detinit_status make(making *m, bool exact, const detinit_run *run, detinit_error *error)
{
    shared_progress progress = {.run = run, .total = SHARE_OF_LOOKING + SHARE_OF_TESTS};
    if (m->looks == NULL || m->audit->tensors == NULL || !kinds_of(m->audit->file, &m->kinds))
        return error_set(error, DETINIT_NO_MEMORY, "no memory for a list of tensors");
    detinit_run part = progress_share(&progress, SHARE_OF_LOOKING);
    detinit_status status = look_at_file(m->audit->file, exact, &part, m->looks, error);
    if (status != DETINIT_OK)
        return status;
    name_all(m);
    part = progress_share(&progress, SHARE_OF_TESTS);
    status = test_all(m, &part, error);
    if (status != DETINIT_OK)
        return status;
    doubt_all(m);
    return find_all(m, error);
}

detinit_status detinit_audit_new(const detinit_tensorfile *file, bool exact, const detinit_run *run,
                                 detinit_audit **out, detinit_error *error)
{
    making m = {.audit = calloc(1, sizeof *m.audit)};
    if (m.audit == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for an audit");
    m.audit->file = file;
    m.audit->count = detinit_tensorfile_count(file);
    m.audit->tensors = calloc(m.audit->count + 1, sizeof *m.audit->tensors);
    m.looks = calloc(m.audit->count + 1, sizeof *m.looks);
    detinit_status status = make(&m, exact, run, error);
    kinds_free(&m.kinds);
    free(m.looks);
    if (status == DETINIT_OK)
        *out = m.audit;
    else
        detinit_audit_free(m.audit);
    return status;
}

/* Of both layouts the one that has a scheme, or the likelier. */
static void name_one(const making *m, size_t n, const look *seen, detinit_audit_tensor *out)
{
    static const detinit_axis layouts[] = {DETINIT_FAN_IN_COLS, DETINIT_FAN_IN_ROWS};
    double best = -INFINITY;
    for (size_t k = 0; k < 2; k++) {
        const subject s = subject_of(m, n, layouts[k]);
        detinit_audit_tensor found;
        judge_figures(s.tensor, seen, &found);
        const double score = judge_origin(&s, seen, m->audit->level, &found);
        if (k > 0 &&
            (found.origin > out->origin || (found.origin == out->origin && !(score > best))))
            continue;
        *out = found;
        best = score;
    }
}

detinit_status detinit_audit_one(const detinit_tensorfile *file, const detinit_tensor *tensor,
                                 bool exact, const detinit_run *run, detinit_audit_tensor *out,
                                 detinit_error *error)
{
    detinit_audit alone = {.file = file,
                           .count = detinit_tensorfile_count(file),
                           .level = DETINIT_AUDIT_FALSE_ALARM / TESTS};
    making m = {.audit = &alone};
    detinit_audit_tensor found;
    look seen = {.count = 0};
    size_t index = 0;
    while (index < alone.count && detinit_tensorfile_tensor(file, index) != tensor)
        index++;
    if (index == alone.count)
        return error_set(error, DETINIT_INVALID, "%s: expected a tensor of the file", tensor->name);
    detinit_status status =
        kinds_of(file, &m.kinds)
            ? look_at_tensor(file, index, exact, run, &seen, error)
            : error_set(error, DETINIT_NO_MEMORY, "no memory for a list of tensors");
    if (status == DETINIT_OK) {
        name_one(&m, index, &seen, &found);
        status = probe_tensor(file, alone.level, &found, error);
    }
    kinds_free(&m.kinds);
    if (status == DETINIT_OK)
        *out = found;
    return status;
}

void detinit_audit_free(detinit_audit *audit)
{
    if (audit == NULL)
        return;
    free(audit->tensors);
    free(audit->findings);
    free(audit);
}

const detinit_audit_tensor *detinit_audit_of(const detinit_audit *audit, size_t index)
{
    return index < audit->count ? &audit->tensors[index] : NULL;
}

const detinit_finding *detinit_audit_finding(const detinit_audit *audit, size_t index)
{
    return index < audit->finding_count ? &audit->findings[index] : NULL;
}

size_t detinit_audit_warnings(const detinit_audit *audit)
{
    return audit->warnings;
}

double detinit_audit_level(const detinit_audit *audit)
{
    return audit->level;
}
