/* What is done where no command is named: a matrix, its figures, and a file of it. */
#include "base/error.h"
#include "system/memory.h"
#include "verb/answer.h"
#include "verb/report.h"
#include "verb/verb.h"

/* What jansson takes for one weight in nested arrays, about. */
#define JSON_WEIGHT_BYTES 48

/* Whether the parts of the report that hold the matrix can be made here. */
static bool check(const settings *s, detinit_error *error)
{
    uint64_t count = UINT64_MAX / JSON_WEIGHT_BYTES;
    detinit_recipe_count(&s->recipe, &count);
    if (count > UINT64_MAX / JSON_WEIGHT_BYTES)
        count = UINT64_MAX / JSON_WEIGHT_BYTES;
    return !s->output.matrix ||
           memory_allows("--matrix: the whole matrix as JSON", count * JSON_WEIGHT_BYTES, error);
}

static detinit_status print(const answer *a, detinit_error *error)
{
    const settings *s = a->settings;
    if (answer_goes_to_stdout(s) || !report_is_wanted(s))
        return DETINIT_OK;
    if (s->output.format == OUTPUT_JSON)
        return report_json(a, error);
    if (s->output.format == OUTPUT_CSV)
        return report_csv(a, error);
    report_text(a, paper_of_stdout(s));
    return DETINIT_OK;
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    answer a;
    detinit_status status = answer_make(&a, s, error);
    if (status != DETINIT_OK)
        return status;
    status = print(&a, error);
    if (status == DETINIT_OK && a.has_reproducibility && !a.reproducibility.equal)
        status = error_set(error, DETINIT_NUMERIC,
                           "--test-repro: the weights that were made again differ");
    answer_free(&a);
    return status;
}

const verb verb_print = {
    .usage = "[OPTION ...]",
    .help = "make a matrix, show it and its figures",
    .groups = GROUPS_OF_RECIPE | GROUP_FIGURES | GROUP_EXPLORER | GROUP_RUN,
    .options = VERB_OPTION(SAVE) | VERB_OPTION(EXACT),
    .check = check,
    .run = run_verb,
};
