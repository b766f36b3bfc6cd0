/* Names of one thing found among those of another: by rules, to the letter, or by what is left. */
#include "base/error.h"
#include "network/name_core.h"
#include "network/name_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A name, and its number in its list. */
typedef struct entry {
    const char *text;
    size_t number;
} entry;

/* Names in the order of their bytes, the same ones in that of their numbers. */
typedef struct name_index {
    entry *entries;
    size_t count;
    char *texts; /* what they point into, where it is their own; malloc'ed, or NULL */
} name_index;

/* Whether a name that is held already stands for another. */
typedef enum taken {
    TAKEN_NOT,
    TAKEN_BY_RULE, /* what is like it is tied to it, where nothing else is */
    TAKEN_WHOLLY   /* is called so to the letter, or holds a stack */
} taken;

typedef struct finder {
    const char *const *wanted, *const *held;
    size_t count, held_count;
    const char *shown_wanted, *shown;
    name_index wanted_by_name, held_by_name, held_by_core;
    taken *taken;    /* of held: why it is no longer to be had for what is like it */
    size_t *rule_of; /* of wanted: 1 + the rule that found it; 0: none */
    size_t *held_by; /* of held: 1 + the wanted that it was found to be like; 0: none */
    detinit_name_place *places;
    detinit_error *error;
} finder;

static detinit_status no_memory(detinit_error *error)
{
    return error_set(error, DETINIT_NO_MEMORY, "not enough memory for the names of tensors");
}

/* -------------------------------------------------------------------- lists */

static int by_text(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    const int order = strcmp(x->text, y->text);
    return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

static bool index_names(const char *const *names, size_t count, name_index *out)
{
    out->entries = malloc((count + 1) * sizeof *out->entries);
    if (out->entries == NULL)
        return false;
    for (size_t n = 0; n < count; n++)
        out->entries[n] = (entry){names[n], n};
    out->count = count;
    qsort(out->entries, count, sizeof *out->entries, by_text);
    return true;
}

/* The first of those with that name; *same gets how many there are. */
static const entry *look_up(const name_index *index, const char *name, size_t *same)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(index->entries[middle].text, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *same = 0;
    while (low + *same < index->count && strcmp(index->entries[low + *same].text, name) == 0)
        ++*same;
    return *same > 0 ? &index->entries[low] : NULL;
}

static bool is_held(const void *context, const char *name)
{
    size_t same;
    return look_up(context, name, &same) != NULL;
}

static bool index_cores(finder *f)
{
    size_t size = 1;
    for (size_t n = 0; n < f->held_count; n++)
        size += strlen(f->held[n]) + 1;
    const char **cores = malloc((f->held_count + 1) * sizeof *cores);
    char *at = f->held_by_core.texts = malloc(size);
    bool good = cores != NULL && at != NULL;
    for (size_t n = 0; n < f->held_count && good; n++) {
        cores[n] = name_core(f->held[n], is_held, &f->held_by_name, at);
        at += strlen(at) + 1;
    }
    good = good && index_names(cores, f->held_count, &f->held_by_core);
    free(cores);
    return good;
}

static void index_free(name_index *index)
{
    free(index->entries);
    free(index->texts);
}

/* -------------------------------------------------------------------- rules */

static detinit_status rule_wrong(const finder *f, const detinit_name_rules *rules,
                                 const name_rule *rule, const char *what, const char *name,
                                 const char *const *among, size_t count)
{
    char nearest[DETINIT_NAMES_TEXT];
    detinit_names_nearest(name, among, count, nearest);
    return error_set(f->error, DETINIT_INVALID, "%.60s, line %zu, '%.60s': %.80s '%.60s'%s%s",
                     rules->shown, rule->line, rule->text, what, name,
                     nearest[0] != '\0' ? "; nearest: " : "", nearest);
}

/* One rule met by one name: the tensors that it stands for are placed there, all or none. */
static detinit_status place_by_rule(finder *f, const detinit_name_rules *rules, size_t number,
                                    size_t held, const name_captures *captures)
{
    const name_rule *rule = &rules->rules[number];
    const entry *found[NAME_PARTS_MOST];
    char *lost = NULL;
    size_t same, known = 0;
    for (size_t n = 0; n < rule->count; n++) {
        char *name = name_pattern_fill(&rule->to[n], &rule->from, captures);
        if (name == NULL) {
            free(lost);
            return no_memory(f->error);
        }
        found[n] = look_up(&f->wanted_by_name, name, &same);
        known += found[n] != NULL;
        if (found[n] == NULL && lost == NULL)
            lost = name;
        else
            free(name);
    }
    detinit_status status = DETINIT_OK;
    if (lost != NULL && (known > 0 || rule->from.stars == 0)) {
        char what[100];
        snprintf(what, sizeof what, "%.80s has no tensor", f->shown_wanted);
        status = rule_wrong(f, rules, rule, what, lost, f->wanted, f->count);
    }
    for (size_t n = 0; n < rule->count && lost == NULL && status == DETINIT_OK; n++) {
        const size_t w = found[n]->number;
        if (f->rule_of[w] == number + 1 && f->places[w].held == held)
            status = error_set(f->error, DETINIT_INVALID,
                               "%.60s, line %zu, '%.60s': '%.60s' is in the stack twice",
                               rules->shown, rule->line, rule->text, f->wanted[w]);
        else if (f->rule_of[w] == number + 1)
            status = error_set(f->error, DETINIT_INVALID,
                               "%.60s, line %zu, '%.60s': both '%.60s' and '%.60s' become '%.60s'",
                               rules->shown, rule->line, rule->text, f->held[f->places[w].held],
                               f->held[held], f->wanted[w]);
        if (status != DETINIT_OK || f->rule_of[w] != 0)
            continue;
        f->rule_of[w] = number + 1;
        if (f->taken[held] != TAKEN_WHOLLY)
            f->taken[held] = rule->count > 1 ? TAKEN_WHOLLY : TAKEN_BY_RULE;
        f->places[w] = (detinit_name_place){held, rule->stacking, n, rule->count};
    }
    free(lost);
    return status;
}

/*
 * Applies a rule to all names that it fits, as they are, or, with `room` for any of them, without
 * what stands in front.  *fits says whether there are any.
 */
static detinit_status apply_rule(finder *f, const detinit_name_rules *rules, size_t number,
                                 char *room, bool *fits)
{
    detinit_status status = DETINIT_OK;
    for (size_t h = 0; h < f->held_count && status == DETINIT_OK; h++) {
        const char *name = room != NULL ? name_behind(f->held[h], room) : f->held[h];
        name_captures captures;
        if (!name_pattern_fits(&rules->rules[number].from, name, &captures))
            continue;
        *fits = true;
        status = place_by_rule(f, rules, number, h, &captures);
    }
    return status;
}

static detinit_status fits_nothing(const finder *f, const detinit_name_rules *rules,
                                   const name_rule *rule)
{
    char what[100], *name = strndup(rule->text, strcspn(rule->text, "= \t"));
    if (name == NULL)
        return no_memory(f->error);
    snprintf(what, sizeof what, "%.60s has no tensor called", f->shown);
    const detinit_status status = rule_wrong(f, rules, rule, what, name, f->held, f->held_count);
    free(name);
    return status;
}

static detinit_status find_by_rules(finder *f, const detinit_name_rules *rules, bool partial)
{
    size_t longest = 0;
    for (size_t h = 0; h < f->held_count; h++)
        longest = strlen(f->held[h]) > longest ? strlen(f->held[h]) : longest;
    char *room = malloc(longest + 1);
    detinit_status status = room != NULL ? DETINIT_OK : no_memory(f->error);
    for (size_t n = 0; n < rules->count && status == DETINIT_OK; n++) {
        bool fits = false;
        status = apply_rule(f, rules, n, NULL, &fits);
        if (status == DETINIT_OK && !fits)
            status = apply_rule(f, rules, n, room, &fits);
        if (status == DETINIT_OK && !fits && !partial)
            status = fits_nothing(f, rules, &rules->rules[n]);
    }
    free(room);
    return status;
}

/* ----------------------------------------------------------------- likeness */

static void find_exactly(finder *f)
{
    size_t same;
    for (size_t w = 0; w < f->count; w++) {
        const entry *found =
            f->rule_of[w] == 0 ? look_up(&f->held_by_name, f->wanted[w], &same) : NULL;
        if (found == NULL)
            continue;
        f->taken[found->number] = TAKEN_WHOLLY;
        f->places[w] = (detinit_name_place){.held = found->number, .parts = 1};
    }
}

/* Finds the one that is like it, of those that nothing else is; none is no error. */
static detinit_status find_alike(finder *f, size_t w, const char *core)
{
    char names[DETINIT_NAMES_TEXT] = "";
    size_t same, count = 0, told = 0;
    const entry *first = look_up(&f->held_by_core, core, &same), *only = NULL;
    taken by = TAKEN_NOT;
    for (; by <= TAKEN_BY_RULE && count == 0; by++)
        for (size_t n = 0; n < same; n++)
            if (f->taken[first[n].number] == by) {
                only = &first[n];
                count++;
            }
    for (size_t n = 0; n < same && count > 1 && told < 3; n++)
        if (f->taken[first[n].number] == by - 1)
            name_tell(names, sizeof names, f->held[first[n].number], told++, count);
    if (count > 1)
        return error_set(f->error, DETINIT_INVALID,
                         "%.80s: '%.60s' may be %s%s; a rule must tell which", f->shown,
                         f->wanted[w], names, count > told ? ", ..." : "");
    if (count == 0)
        return DETINIT_OK;
    size_t *other = &f->held_by[only->number];
    if (*other != 0)
        return error_set(f->error, DETINIT_INVALID,
                         "%.80s: '%.60s' may be '%.60s' and '%.60s' of %.60s; a rule must tell "
                         "which",
                         f->shown, f->held[only->number], f->wanted[*other - 1], f->wanted[w],
                         f->shown_wanted);
    *other = w + 1;
    f->places[w] = (detinit_name_place){.held = only->number, .parts = 1};
    return DETINIT_OK;
}

static detinit_status find_all_alike(finder *f)
{
    detinit_status status = DETINIT_OK;
    for (size_t w = 0; w < f->count && status == DETINIT_OK; w++) {
        if (f->places[w].held != DETINIT_NAME_MISSING)
            continue;
        char *core = malloc(strlen(f->wanted[w]) + 1);
        if (core == NULL)
            return no_memory(f->error);
        status = find_alike(f, w, name_core(f->wanted[w], is_held, &f->wanted_by_name, core));
        free(core);
    }
    return status;
}

static detinit_status find(finder *f, const detinit_name_rules *rules, bool partial)
{
    if (f->taken == NULL || f->rule_of == NULL || f->held_by == NULL ||
        !index_names(f->wanted, f->count, &f->wanted_by_name) ||
        !index_names(f->held, f->held_count, &f->held_by_name) || !index_cores(f))
        return no_memory(f->error);
    for (size_t w = 0; w < f->count; w++)
        f->places[w] = (detinit_name_place){.held = DETINIT_NAME_MISSING, .parts = 1};
    detinit_status status = rules != NULL ? find_by_rules(f, rules, partial) : DETINIT_OK;
    if (status != DETINIT_OK)
        return status;
    find_exactly(f);
    return find_all_alike(f);
}

detinit_status detinit_names_find(const char *const *wanted, size_t count, const char *shown_wanted,
                                  const char *const *held, size_t held_count, const char *shown,
                                  const detinit_name_rules *rules, bool partial,
                                  detinit_name_place *places, detinit_error *error)
{
    finder f = {.wanted = wanted,
                .held = held,
                .count = count,
                .held_count = held_count,
                .shown_wanted = shown_wanted,
                .shown = shown,
                .taken = calloc(held_count + 1, sizeof *f.taken),
                .rule_of = calloc(count + 1, sizeof *f.rule_of),
                .held_by = calloc(held_count + 1, sizeof *f.held_by),
                .places = places,
                .error = error};
    detinit_status status = find(&f, rules, partial);
    index_free(&f.wanted_by_name);
    index_free(&f.held_by_name);
    index_free(&f.held_by_core);
    free(f.taken);
    free(f.rule_of);
    free(f.held_by);
    return status;
}
