#include "verb/rules.h"

#include "option/option.h"
#include "option/refuse.h"
#include "verb/report_data.h"
#include "verb/verb.h"

#include <stdio.h>

/* A rule that joins several options: whether a request breaks it, and how to say so. */
typedef struct rule {
    bool broken;
    const char *sentence;
} rule;

static bool obey(const rule *rules, size_t count, detinit_error *error)
{
    for (size_t n = 0; n < count; n++)
        if (rules[n].broken)
            return refuse(error, "%s", rules[n].sentence);
    return true;
}

/* What makes no sense whatever the command. */
static bool check_request(const settings *s, detinit_error *error)
{
    const detinit_recipe *r = &s->recipe;
    const session_settings *session = &s->session;
    const bool commands = session->script != NULL || session->command != NULL;
    const rule rules[] = {
        {s->given[OPTION_STD] && !detinit_mode_takes_std(r->mode),
         "--std: needs --mode normal; other modes set their own"},
        {s->output.matrix && s->output.format != OUTPUT_JSON, "--matrix: needs --format json"},
        {r->orthogonal && r->dist != DETINIT_DIST_OF_MODE && r->dist != DETINIT_DIST_NORMAL,
         "--orthogonal: is made from normal draws; leave --dist out"},
        {session->script != NULL && session->command != NULL,
         "--script: cannot be joined with --command; choose one"},
        {session->interactive && commands,
         "--interactive: cannot be joined with --script or --command"},
        {save_goes_to_stdout(s) && s->output.format != OUTPUT_TEXT,
         "--save: standard output carries the .npy; leave --format out"},
    };
    return obey(rules, sizeof rules / sizeof rules[0], error);
}

/* An option that the command has no use for. */
static bool refuse_option(const settings *s, const option *which, detinit_error *error)
{
    char names[128];
    const verb *v = s->verb;
    if ((which->uses & OPTION_IN_RECIPE) != 0 && v->told_by != NULL)
        return refuse(error, "--%s: does not go with the command %s; %s tells it", which->name,
                      v->name, v->told_by);
    if (!verb_takes(&verb_print, which))
        return refuse(error, "--%s: goes with the command %s", which->name,
                      verbs_that_take(which, names, sizeof names));
    return refuse(error, "--%s: does not go with the command %s%s", which->name, v->name,
                  which == &options[OPTION_SAVE]
                      ? "; --format json or csv, on standard output, keeps the figures"
                      : "");
}

static bool check_verb(const settings *s, detinit_error *error)
{
    const verb *v = s->verb;
    for (int id = 0; id < OPTION_COUNT; id++)
        if (s->given[id] && !verb_takes(v, &options[id]))
            return refuse_option(s, &options[id], error);
    if (s->more_count > 0 && !s->parts.merge)
        return refuse(error, WORD_TOO_MANY, s->more[0]);
    return v->operand == NULL || s->file != NULL ||
           refuse(error, "%s: needs a %s: detinit %s %s", v->name, v->noun, v->name, v->operand);
}

/* What options that the command takes cannot be together, and what a tensor of another rank cannot
 * have, said by the names of the options. */
static bool check_options(const settings *s, detinit_error *error)
{
    const bool *given = s->given;
    const detinit_recipe *r = &s->recipe;
    char needs_matrix[80];
    snprintf(needs_matrix, sizeof needs_matrix,
             "--orthogonal: needs a matrix; --shape has %zu dimension%s", r->rank,
             r->rank > 1 ? "s" : "");
    const rule rules[] = {
        {given[OPTION_THRESHOLD] && given[OPTION_SPARSITY],
         "--threshold: cannot be joined with --sparsity; choose one"},
        {given[OPTION_SHAPE] && (given[OPTION_ROWS] || given[OPTION_COLS]),
         "--shape: cannot be joined with --rows or --cols; it tells both"},
        {r->orthogonal && r->rank != 2, needs_matrix},
        {r->zero_mean && r->rank != 4,
         "--zero-mean: needs a convolution, --shape OUT,IN,HEIGHT,WIDTH"},
        {given[OPTION_FAN_IN] && r->rank != 2,
         "--fan-in: needs a matrix; otherwise all dimensions but the first are fan_in"},
    };
    return obey(rules, sizeof rules / sizeof rules[0], error);
}

/* What only this command refuses. */
static bool check_own(const settings *s, detinit_error *error)
{
    const verb *v = s->verb;
    if (v->prints_no_csv && s->output.format == OUTPUT_CSV)
        return refuse(error, "--format: %s prints text or json", v->name);
    return v->check == NULL || v->check(s, error);
}

bool rules_check(const settings *s, detinit_error *error)
{
    return check_request(s, error) && check_verb(s, error) && check_options(s, error) &&
           detinit_recipe_check(&s->recipe, error) == DETINIT_OK && check_own(s, error);
}
