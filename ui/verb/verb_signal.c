/* The command signal: what deep layers of each scheme do to a signal and to a gradient. */
#include "base/progress.h"
#include "matrix/scheme.h"
#include "option/refuse.h"
#include "system/progress.h"
#include "verb/report.h"
#include "verb/signal_report.h"
#include "verb/verb.h"

#include <stdlib.h>

/* Each scheme, and the phase map, are so much of the whole. */
#define PART ((uint64_t)1000)

static bool check(const settings *s, detinit_error *error)
{
    char names[160];
    return detinit_mode_is_drawn(s->recipe.mode) ||
           refuse(error, "--mode: signal compares the schemes that draw: %s",
                  scheme_names_with(detinit_mode_is_drawn, " and ", names, sizeof names));
}

static detinit_status make(signal_report *r, const detinit_run *run, detinit_error *error)
{
    const settings *s = r->settings;
    shared_progress all = {.run = run, .total = (DETINIT_SCHEME_COUNT + 1) * PART};
    detinit_status status = DETINIT_OK;
    for (int n = 0; n < DETINIT_SCHEME_COUNT && status == DETINIT_OK; n++) {
        const detinit_propagation request = signal_request(s, (detinit_mode)n);
        const detinit_run part = progress_share(&all, PART);
        status = signal_data_make(&request, &part, &r->schemes[n], error);
    }
    const detinit_run part = progress_share(&all, PART);
    if (status == DETINIT_OK && s->output.format != OUTPUT_TEXT)
        status = phase_data_make(s->signal.activation, &part, &r->phase, error);
    return status;
}

static detinit_status print(const signal_report *r, detinit_error *error)
{
    switch (r->settings->output.format) {
    case OUTPUT_JSON:
        return signal_report_json(r, error);
    case OUTPUT_CSV:
        signal_report_csv(r);
        return DETINIT_OK;
    default:
        signal_report_text(r);
        return DETINIT_OK;
    }
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    signal_report report = {.settings = s};
    progress bar;
    const detinit_run run = progress_run(&bar, "sending signals", s->run.threads, s->output.quiet);
    detinit_status status = make(&report, &run, error);
    progress_end(&bar);
    if (status == DETINIT_OK)
        status = print(&report, error);
    for (int n = 0; n < DETINIT_SCHEME_COUNT; n++)
        signal_data_free(report.schemes[n]);
    free(report.phase);
    return status;
}

const verb verb_signal = {
    .name = "signal",
    .usage = "[OPTION ...]",
    .help = "send a signal through deep layers",
    .groups = GROUP_SCHEME | GROUP_SIGNAL | GROUP_RUN,
    .options = {VERB_OPTION(LAYER), VERB_OPTION(FAN_IN)},
    .check = check,
    .run = run_verb,
};
