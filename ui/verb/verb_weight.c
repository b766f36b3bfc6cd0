/* The command weight: one weight, and how it is made. */
#include "option/place.h"
#include "option/refuse.h"
#include "verb/report_data.h"
#include "verb/report.h"
#include "verb/verb.h"

#include <stdio.h>

static bool check(const settings *s, detinit_error *error)
{
    char expected[80];
    uint64_t row, col;
    if (!s->given[OPTION_AT] && s->recipe.rank == 2)
        return refuse(error, "weight: needs --at I,J, the row and the column of the weight");
    if (!s->given[OPTION_AT] && s->recipe.rank > 0)
        return refuse(error, "weight: needs --at, the place of the weight: %s",
                      place_expected(s->recipe.rank, expected, sizeof expected));
    return place_find(&s->recipe, &s->output.at, "--at", &row, &col, error);
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    detinit_matrix *matrix;
    detinit_trace trace;
    uint64_t row, col;
    if (!place_find(&s->recipe, &s->output.at, "--at", &row, &col, error))
        return DETINIT_INVALID;
    detinit_status status = report_data_matrix(s, &matrix, error);
    if (status != DETINIT_OK)
        return status;
    detinit_matrix_trace(matrix, row, col, &trace);
    detinit_matrix_free(matrix);
    if (s->output.format == OUTPUT_JSON)
        return report_weight_json(s, &trace, error);
    if (s->output.format == OUTPUT_CSV)
        printf("%.17g\n", trace.weight);
    else
        report_weight_text(s, &trace, terminal_of_stdout(s));
    return DETINIT_OK;
}

const verb verb_weight = {
    .name = "weight",
    .usage = "--at I,J",
    .help = "take one weight apart, step by step",
    .groups = GROUPS_OF_RECIPE | GROUP_RUN,
    .options = {VERB_OPTION(AT)},
    .check = check,
    .run = run_verb,
};
