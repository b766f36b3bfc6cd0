#include "network/name_rules.h"

#include "base/array.h"
#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ reading */

/* Where the reader of rules is. */
typedef struct rule_reader {
    detinit_name_rules *rules;
    const char *at;   /* what is not read yet */
    const char *rule; /* where the rule under way begins */
    size_t line;
    detinit_error *error;
} rule_reader;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* What ends a rule. */
static bool is_end(char c)
{
    return c == '\0' || c == '\n' || c == ',' || c == '#';
}

/* A backslash that makes what follows a plain byte of a name; at the end of a line it is one. */
static bool is_escape(const char *at)
{
    return at[0] == '\\' && at[1] != '\0' && at[1] != '\n';
}

static void skip_blanks(rule_reader *r)
{
    while (is_blank(*r->at))
        r->at++;
}

/* The rule under way, to its end. */
static size_t rule_length(const rule_reader *r)
{
    size_t length = 0;
    while (!is_end(r->rule[length]))
        length += is_escape(r->rule + length) ? 2 : 1;
    while (length > 0 && is_blank(r->rule[length - 1]))
        length--;
    return length;
}

static detinit_status wrong(const rule_reader *r, const char *what)
{
    const size_t length = rule_length(r);
    return error_set(r->error, DETINIT_INVALID, "%.120s, line %zu, '%.*s': %s", r->rules->shown,
                     r->line, (int)(length < 100 ? length : 100), r->rule, what);
}

static detinit_status no_memory(const rule_reader *r)
{
    return error_set(r->error, DETINIT_NO_MEMORY, "not enough memory for rules of names");
}

/* A name up to what ends it, without blanks around it; `room` has space for all of it. */
static detinit_status read_name(rule_reader *r, char *room, name_pattern *out)
{
    size_t length = 0, kept = 0, begin = 0;
    *out = (name_pattern){0};
    skip_blanks(r);
    for (; !is_end(*r->at) && strchr("=+|", *r->at) == NULL; r->at++) {
        if (*r->at == '*') {
            if (out->stars == NAME_STARS_MOST)
                return wrong(r, "a name can have 8 * at most");
            out->pieces[out->stars++] = arena_text(&r->rules->arena, room + begin, length - begin);
            if (out->pieces[out->stars - 1] == NULL)
                return no_memory(r);
            begin = kept = length;
            continue;
        }
        const bool plain = is_escape(r->at);
        r->at += plain;
        room[length++] = *r->at;
        kept = plain || !is_blank(*r->at) ? length : kept;
    }
    if (kept == 0 && out->stars == 0)
        return wrong(r, "FILE-NAME = RECIPE-NAME was expected, and a name on both sides");
    out->pieces[out->stars] = arena_text(&r->rules->arena, room + begin, kept - begin);
    return out->pieces[out->stars] != NULL ? DETINIT_OK : no_memory(r);
}

/* What stands behind =. */
static detinit_status read_targets(rule_reader *r, char *room, name_rule *rule)
{
    name_pattern to[NAME_PARTS_MOST];
    const char stack = *r->at; /* the = before the first name */
    char by = '\0';
    for (bool more = true; more; rule->count++) {
        if (rule->count == NAME_PARTS_MOST)
            return wrong(r, "a stack can have 64 names at most");
        r->at++;
        detinit_status status = read_name(r, room, &to[rule->count]);
        if (status != DETINIT_OK)
            return status;
        if (to[rule->count].stars > rule->from.stars)
            return wrong(r, "there are more * on the right of = than on its left");
        more = *r->at == '+' || *r->at == '|';
        if (more && by != '\0' && by != *r->at)
            return wrong(r, "either + or | was expected between the names of a stack, not both");
        by = more ? *r->at : by;
    }
    if (*r->at == stack)
        return wrong(r, "one = was expected; \\= is one in a name");
    rule->stacking = by == '+'   ? DETINIT_STACKED_ROWS
                     : by == '|' ? DETINIT_STACKED_COLS
                                 : DETINIT_STACKED_NOT;
    name_pattern *kept = arena_new(&r->rules->arena, rule->count * sizeof *kept);
    if (kept == NULL)
        return no_memory(r);
    memcpy(kept, to, rule->count * sizeof *kept);
    rule->to = kept;
    return DETINIT_OK;
}

static detinit_status read_rule(rule_reader *r, char *room)
{
    detinit_name_rules *rules = r->rules;
    name_rule rule = {.line = r->line};
    r->rule = r->at;
    rule.text = arena_text(&rules->arena, r->at, rule_length(r));
    detinit_status status = rule.text == NULL ? no_memory(r) : read_name(r, room, &rule.from);
    if (status == DETINIT_OK && *r->at != '=')
        status = wrong(r, "FILE-NAME = RECIPE-NAME was expected");
    if (status == DETINIT_OK)
        status = read_targets(r, room, &rule);
    if (status != DETINIT_OK)
        return status;
    name_rule *grown = array_grow(rules->rules, rules->count, &rules->room, sizeof *grown);
    if (grown == NULL)
        return no_memory(r);
    rules->rules = grown;
    rules->rules[rules->count++] = rule;
    return DETINIT_OK;
}

static detinit_status read_all(rule_reader *r, char *room)
{
    for (;;) {
        skip_blanks(r);
        if (*r->at == '#')
            r->at += strcspn(r->at, "\n");
        if (*r->at == '\0')
            return DETINIT_OK;
        if (*r->at == '\n' || *r->at == ',') {
            r->line += *r->at++ == '\n';
            continue;
        }
        detinit_status status = read_rule(r, room);
        if (status != DETINIT_OK)
            return status;
    }
}

detinit_status detinit_name_rules_parse(const char *text, const char *shown,
                                        detinit_name_rules **out, detinit_error *error)
{
    detinit_name_rules *rules = calloc(1, sizeof *rules);
    char *room = malloc(strlen(text) + 1);
    rule_reader r = {.rules = rules, .at = text, .rule = text, .line = 1, .error = error};
    detinit_status status;
    if (rules == NULL || room == NULL ||
        (rules->shown = arena_text(&rules->arena, shown, strlen(shown))) == NULL)
        status = no_memory(&r);
    else
        status = read_all(&r, room);
    free(room);
    if (status == DETINIT_OK)
        *out = rules;
    else
        detinit_name_rules_free(rules);
    return status;
}

void detinit_name_rules_free(detinit_name_rules *rules)
{
    if (rules == NULL)
        return;
    arena_free(&rules->arena);
    free(rules->rules);
    free(rules);
}

/* ----------------------------------------------------------------- patterns */

bool name_pattern_fits(const name_pattern *pattern, const char *name, name_captures *captures)
{
    const char *first = pattern->pieces[0], *last = pattern->pieces[pattern->stars];
    const size_t begin = strlen(first), length = strlen(name), end = strlen(last);
    if (pattern->stars == 0)
        return strcmp(name, first) == 0;
    if (length < begin + end || strncmp(name, first, begin) != 0 ||
        strcmp(name + length - end, last) != 0)
        return false;
    const char *at = name + begin;
    for (size_t n = 0; n + 1 < pattern->stars; n++) {
        const char *found = strstr(at, pattern->pieces[n + 1]);
        if (found == NULL)
            return false;
        captures->at[n] = at;
        captures->length[n] = (size_t)(found - at);
        at = found + strlen(pattern->pieces[n + 1]);
    }
    if (at > name + length - end)
        return false;
    captures->at[pattern->stars - 1] = at;
    captures->length[pattern->stars - 1] = (size_t)(name + length - end - at);
    return true;
}

char *name_pattern_fill(const name_pattern *to, const name_pattern *from,
                        const name_captures *captures)
{
    const size_t left_out = from->stars - to->stars;
    size_t size = 1, length = 0;
    for (size_t n = 0; n <= to->stars; n++)
        size += strlen(to->pieces[n]) + (n < to->stars ? captures->length[left_out + n] : 0);
    char *name = malloc(size);
    for (size_t n = 0; n <= to->stars && name != NULL; n++) {
        length += (size_t)snprintf(name + length, size - length, "%s", to->pieces[n]);
        if (n == to->stars)
            break;
        memcpy(name + length, captures->at[left_out + n], captures->length[left_out + n]);
        length += captures->length[left_out + n];
    }
    return name;
}
