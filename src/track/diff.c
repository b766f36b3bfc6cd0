/* The tensors of two files, paired. */
#include "track/diff.h"

#include "base/error.h"
#include "base/path.h"
#include "base/shape.h"
#include "file/format.h"
#include "file/tensorfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *detinit_diff_kind_name(detinit_diff_kind kind)
{
    static const char *const names[DETINIT_DIFF_KIND_COUNT] = {
        "unchanged", "changed", "other type", "other shape", "only in A", "only in B"};
    return (unsigned)kind < DETINIT_DIFF_KIND_COUNT ? names[kind] : NULL;
}

/* -------------------------------------------------------------------- pairing */

/* Two files whose tensors are being paired, and their names. */
typedef struct pairer {
    const detinit_tensorfile *a, *b;
    const char **a_names, **b_names;
    detinit_name_place *places; /* of each tensor of B in A */
} pairer;

static bool list_names(const detinit_tensorfile *file, const char ***out)
{
    const size_t count = detinit_tensorfile_count(file);
    *out = malloc((count + 1) * sizeof **out);
    for (size_t n = 0; n < count && *out != NULL; n++)
        (*out)[n] = detinit_tensorfile_tensor(file, n)->name;
    return *out != NULL;
}

/* The same names alone. */
static void find_exact(const pairer *p)
{
    for (size_t n = 0; n < detinit_tensorfile_count(p->b); n++) {
        const detinit_tensor *a = detinit_tensorfile_find(p->a, p->b_names[n]);
        p->places[n] = (detinit_name_place){
            .held = a != NULL ? tensorfile_index(p->a, a) : DETINIT_NAME_MISSING, .parts = 1};
    }
}

/* The array of a .npy file, which has no name, goes with the only tensor of the other. */
static bool find_nameless(const pairer *p)
{
    if (detinit_tensorfile_count(p->a) != 1 || detinit_tensorfile_count(p->b) != 1 ||
        (p->a_names[0][0] != '\0' && p->b_names[0][0] != '\0'))
        return false;
    p->places[0] = (detinit_name_place){.held = 0, .parts = 1};
    return true;
}

/*
 * Finds the tensors of B in A.  Likeness that is not clear is none: it is not what a comparison
 * fails for.  Rules are another matter: they were given.
 */
static detinit_status find_names(const pairer *p, const detinit_name_rules *rules,
                                 detinit_error *error)
{
    char a[120], b[120];
    detinit_error own;
    if (find_nameless(p))
        return DETINIT_OK;
    snprintf(a, sizeof a, "'%.100s'", detinit_tensorfile_path(p->a));
    snprintf(b, sizeof b, "'%.100s'", detinit_tensorfile_path(p->b));
    detinit_status status =
        detinit_names_find(p->b_names, detinit_tensorfile_count(p->b), b, p->a_names,
                           detinit_tensorfile_count(p->a), a, rules, true, p->places, &own);
    if (status == DETINIT_INVALID && rules == NULL) {
        find_exact(p);
        return DETINIT_OK;
    }
    return status == DETINIT_OK ? status : error_set(error, status, "%s", own.message);
}

bool diff_same_shape(const detinit_tensor *a, const detinit_tensor *b)
{
    return shape_same(a->rank, a->shape, b->rank, b->shape);
}

static detinit_diff_kind kind_of(const detinit_tensor *a, const detinit_tensor *b)
{
    if (a == NULL || b == NULL)
        return a != NULL ? DETINIT_DIFF_ONLY_A : DETINIT_DIFF_ONLY_B;
    if (!diff_same_shape(a, b))
        return DETINIT_DIFF_RESHAPED;
    return strcmp(a->type, b->type) == 0 ? DETINIT_DIFF_CHANGED : DETINIT_DIFF_RETYPED;
}

static void add_pair(detinit_diff *d, const detinit_tensor *a, const detinit_tensor *b)
{
    if (b != NULL)
        d->of_b[tensorfile_index(d->b, b)] = d->count;
    d->pairs[d->count++] = (detinit_diff_pair){a != NULL ? a->name : b->name, a, b, kind_of(a, b)};
}

/* One tensor goes with one: of several that are found in one, or of parts of one, the first alone,
 * or none. */
static void pair_all(detinit_diff *d, const pairer *p, size_t *b_of_a)
{
    const size_t a_count = detinit_tensorfile_count(d->a), b_count = detinit_tensorfile_count(d->b);
    for (size_t n = 0; n < a_count; n++)
        b_of_a[n] = SIZE_MAX;
    for (size_t n = b_count; n-- > 0;) {
        d->of_b[n] = SIZE_MAX;
        if (p->places[n].held != DETINIT_NAME_MISSING && p->places[n].parts == 1)
            b_of_a[p->places[n].held] = n;
    }
    for (size_t n = 0; n < a_count; n++)
        add_pair(d, detinit_tensorfile_tensor(d->a, n), detinit_tensorfile_tensor(d->b, b_of_a[n]));
    for (size_t n = 0; n < b_count; n++)
        if (d->of_b[n] == SIZE_MAX)
            add_pair(d, NULL, detinit_tensorfile_tensor(d->b, n));
}

static detinit_status find_pairs(detinit_diff *d, const detinit_name_rules *rules,
                                 detinit_error *error)
{
    const size_t a_count = detinit_tensorfile_count(d->a), b_count = detinit_tensorfile_count(d->b);
    pairer p = {.a = d->a, .b = d->b, .places = malloc((b_count + 1) * sizeof *p.places)};
    size_t *b_of_a = malloc((a_count + 1) * sizeof *b_of_a);
    d->pairs = calloc(a_count + b_count + 1, sizeof *d->pairs);
    d->of_b = calloc(b_count + 1, sizeof *d->of_b);
    const bool room = p.places != NULL && b_of_a != NULL && d->pairs != NULL && d->of_b != NULL;
    detinit_status status =
        room && list_names(d->a, &p.a_names) && list_names(d->b, &p.b_names)
            ? find_names(&p, rules, error)
            : error_set(error, DETINIT_NO_MEMORY, "not enough memory for %zu pairs of tensors",
                        a_count + b_count);
    if (status == DETINIT_OK)
        pair_all(d, &p, b_of_a);
    free(p.a_names);
    free(p.b_names);
    free(p.places);
    free(b_of_a);
    return status;
}

detinit_status detinit_diff_open(const detinit_tensorfile *a, const detinit_tensorfile *b,
                                 const detinit_name_rules *rules, detinit_diff **out,
                                 detinit_error *error)
{
    detinit_diff *d = calloc(1, sizeof *d);
    if (d == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory to compare files");
    d->a = a;
    d->b = b;
    detinit_status status = find_pairs(d, rules, error);
    if (status == DETINIT_OK)
        *out = d;
    else
        detinit_diff_free(d);
    return status;
}

void detinit_diff_free(detinit_diff *diff)
{
    if (diff == NULL)
        return;
    free(diff->pairs);
    free(diff->of_b);
    free(diff);
}

size_t detinit_diff_count(const detinit_diff *diff)
{
    return diff->count;
}

const detinit_diff_pair *detinit_diff_pair_at(const detinit_diff *diff, size_t index)
{
    return index < diff->count ? &diff->pairs[index] : NULL;
}

/* --------------------------------------------------------------------- targets */

detinit_status diff_check_target(const char *path, const detinit_tensorfile *from,
                                 detinit_error *error)
{
    const char *own = detinit_tensorfile_path(from), *name;
    char folder[PATH_MAX], own_folder[PATH_MAX];
    if (path_is_same(path, own))
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' is what is read; another file to save was expected", path);
    path_split(path, folder, &name);
    path_split(own, own_folder, &name);
    if (path_is_same(folder, own))
        return error_set(error, DETINIT_INVALID,
                         "'%.160s' lies in '%.100s', which is read; another place was expected",
                         path, own);
    if (tensorfile_format(from) == &format_index && access(path, F_OK) == 0 &&
        path_is_same(folder, own_folder))
        return error_set(error, DETINIT_INVALID,
                         "'%.160s' lies beside '%.100s', which is read with what is there; another "
                         "name was expected",
                         path, own);
    return DETINIT_OK;
}
