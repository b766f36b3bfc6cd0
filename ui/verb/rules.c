#include "verb/rules.h"

#include "option/option.h"
#include "option/place.h"
#include "option/refuse.h"
#include "verb/verb.h"

/* An option that the command has no use for. */
static bool refuse_option(const settings *s, option_id which, detinit_error *error)
{
    char names[128];
    const verb_row *row = &verbs[s->verb];
    const unsigned takers = verbs_of_option(which);
    if ((options[which].uses & OPTION_IN_RECIPE) != 0)
        return refuse(error, "--%s: does not go with the command %s; %s tells it",
                      options[which].name, row->name, row->told_by);
    if ((takers >> VERB_PRINT & 1) == 0)
        return refuse(error, "--%s: goes with the command %s", options[which].name,
                      verb_names(takers, names, sizeof names));
    return refuse(error, "--%s: does not go with the command %s%s", options[which].name, row->name,
                  which == OPTION_SAVE ? "; --format json or csv, on standard output, keeps the "
                                         "figures"
                                       : "");
}

static bool check_verb(const settings *s, detinit_error *error)
{
    for (int id = 0; id < OPTION_COUNT; id++)
        if (s->given[id] && (verbs_of_option((option_id)id) >> s->verb & 1) == 0)
            return refuse_option(s, (option_id)id, error);
    if (verbs[s->verb].operand != NULL && s->file == NULL)
        return refuse(error, "%s: needs a file: detinit %s %s", verbs[s->verb].name,
                      verbs[s->verb].name, verbs[s->verb].operand);
    if (s->given[OPTION_THRESHOLD] && s->given[OPTION_SPARSITY])
        return refuse(error, "--threshold: cannot be joined with --sparsity; choose one");
    return true;
}

static bool check_place(const settings *s, detinit_error *error)
{
    char expected[80];
    if (s->verb != VERB_WEIGHT)
        return true;
    uint64_t row, col;
    if (!s->given[OPTION_AT] && s->recipe.rank == 2)
        return refuse(error, "weight: needs --at I,J, the row and the column of the weight");
    if (!s->given[OPTION_AT])
        return refuse(error, "weight: needs --at, the place of the weight: %s",
                      place_expected(s->recipe.rank, expected, sizeof expected));
    return place_find(&s->recipe, &s->output.at, "--at", &row, &col, error);
}

/* What a tensor of another rank cannot have, said by the names of the options. */
static bool check_rank(const settings *s, detinit_error *error)
{
    const detinit_recipe *r = &s->recipe;
    if (s->given[OPTION_SHAPE] && (s->given[OPTION_ROWS] || s->given[OPTION_COLS]))
        return refuse(error, "--shape: cannot be joined with --rows or --cols; it tells both");
    if (r->orthogonal && r->rank != 2)
        return refuse(error, "--orthogonal: needs a matrix; --shape has %zu dimension%s", r->rank,
                      r->rank > 1 ? "s" : "");
    if (r->zero_mean && r->rank != 4)
        return refuse(error, "--zero-mean: needs a convolution, --shape OUT,IN,HEIGHT,WIDTH");
    if (s->given[OPTION_FAN_IN] && r->rank != 2)
        return refuse(error, "--fan-in: needs a matrix; otherwise all dimensions but the first are "
                             "fan_in");
    return true;
}

/* Rules that join several options: what makes no sense, and how to say so. */
bool rules_check(const settings *s, detinit_error *error)
{
    const bool *given = s->given;
    if (given[OPTION_STD] && s->recipe.mode != DETINIT_NORMAL)
        return refuse(error, "--std: needs --mode normal; other modes set their own");
    if (s->output.matrix && s->output.format != OUTPUT_JSON)
        return refuse(error, "--matrix: needs --format json");
    if (s->recipe.orthogonal && s->recipe.dist != DETINIT_DIST_OF_MODE &&
        s->recipe.dist != DETINIT_DIST_NORMAL)
        return refuse(error, "--orthogonal: is made from normal draws; leave --dist out");
    if (s->session.script != NULL && s->session.command != NULL)
        return refuse(error, "--script: cannot be joined with --command; choose one");
    if (s->session.interactive && (s->session.script != NULL || s->session.command != NULL))
        return refuse(error, "--interactive: cannot be joined with --script or --command");
    if (s->output.save != NULL && s->output.save[0] == '-' && s->output.save[1] == '\0' && s->output.format != OUTPUT_TEXT)
        return refuse(error, "--save: standard output carries the .npy; leave --format out");
    return check_verb(s, error) && check_rank(s, error) && check_place(s, error) &&
           detinit_recipe_check(&s->recipe, error) == DETINIT_OK;
}
