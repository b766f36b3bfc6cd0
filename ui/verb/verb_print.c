/* What is done where no command is named: a matrix, its figures, and a file of it. */
#include "base/error.h"
#include "system/memory.h"
#include "verb/report_data.h"
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

static detinit_status print(const report_data *d, detinit_error *error)
{
    const settings *s = d->settings;
    if (save_goes_to_stdout(s) || !report_is_wanted(s))
        return DETINIT_OK;
    if (s->output.format == OUTPUT_JSON)
        return report_json(d, error);
    if (s->output.format == OUTPUT_CSV)
        return report_csv(d, error);
    report_text(d, terminal_of_stdout(s));
    return DETINIT_OK;
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    report_data d;
    detinit_status status = report_data_make(&d, s, error);
    if (status != DETINIT_OK)
        return status;
    status = print(&d, error);
    if (status == DETINIT_OK && d.has_reproducibility && !d.reproducibility.equal)
        status = error_set(error, DETINIT_NUMERIC,
                           "--test-repro: the weights that were made again differ");
    report_data_free(&d);
    return status;
}

const verb verb_print = {
    .usage = "[OPTION ...]",
    .help = "make a matrix, show it and its figures",
    .groups = GROUPS_OF_RECIPE | GROUP_FIGURES | GROUP_EXPLORER | GROUP_RUN,
    .options = {VERB_OPTION(SAVE), VERB_OPTION(EXACT)},
    .check = check,
    .run = run_verb,
};
