#include "verb/rules.h"

#include "option/idle.h"
#include "option/option.h"
#include "option/refuse.h"
#include "verb/report_data.h"
#include "system/target.h"
#include "verb/verb.h"

#include <string.h>

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
        {s->output.matrix && s->output.format != OUTPUT_JSON, "--matrix: needs --format json"},
        {r->orthogonal && r->dist != DETINIT_DIST_OF_MODE && r->dist != DETINIT_DIST_NORMAL,
         "--orthogonal: is made from normal draws; leave --dist out"},
        {session->script != NULL && session->command != NULL,
         "--script: cannot be joined with --command; choose one"},
        {session->resume && commands,
         "--resume: opens the explorer; leave --script and --command out"},
        {session->interactive && commands,
         "--interactive: cannot be joined with --script or --command"},
        {save_goes_to_stdout(s) && s->output.format != OUTPUT_TEXT,
         "--save: standard output carries the .npy; leave --format out"},
        {save_goes_to_stdout(s) && (s->output.compare_modes || s->output.show_dist),
         "--save: standard output carries the .npy; leave --compare-modes and --show-dist out"},
    };
    return obey(rules, sizeof rules / sizeof rules[0], error);
}

/* Whether commands are typed or read, in the place of a report. */
static bool has_session(const settings *s)
{
    return s->session.interactive || s->session.script != NULL || s->session.command != NULL;
}

/* Whether a screen may be drawn. */
static bool has_screen(const settings *s)
{
    return has_session(s) || s->verb->explores;
}

/* The last session tells the recipe. */
static bool check_resume(const settings *s, detinit_error *error)
{
    for (int id = 0; id < OPTION_COUNT && s->session.resume; id++)
        if (s->given[id] && (options[id].uses & OPTION_IN_RECIPE) != 0)
            return refuse(error, "--%s: cannot be joined with --resume, which tells the recipe",
                          options[id].name);
    return true;
}

/* A session prints no report and saves only by its commands. */
static bool check_session(const settings *s, detinit_error *error)
{
    const session_settings *session = &s->session;
    if (!has_session(s))
        return true;
    const char *with = session->interactive       ? "interactive"
                       : session->command != NULL ? "command"
                                                  : "script";
    for (int id = 0; id < OPTION_COUNT; id++) {
        const option *which = &options[id];
        if (!s->given[id])
            continue;
        if ((which->uses & OPTION_ASKS) != 0)
            return refuse(error, "--%s: cannot be joined with --%s; %s is a command there",
                          which->name, with, which->name);
        if (id == OPTION_FORMAT || id == OPTION_MATRIX)
            return refuse(error, "--%s: cannot be joined with --%s, which prints no report",
                          which->name, with);
    }
    return true;
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
    if (verb_takes_two(v))
        return s->more_count == 1 ||
               refuse(error, "%s: needs two files: detinit %s %s", v->name, v->name, v->operand);
    if (s->more_count > 0 && !s->parts.merge)
        return refuse(error, WORD_TOO_MANY, s->more[0]);
    return v->operand == NULL || v->operand[0] == '[' || s->file != NULL ||
           refuse(error, "%s: needs a %s: detinit %s %s", v->name, v->noun, v->name, v->operand);
}

/* Whether the shape is that of the request, and not told by a file or a network. */
static bool has_own_shape(const settings *s)
{
    const bool *given = s->given;
    return given[OPTION_SHAPE] || given[OPTION_ROWS] || given[OPTION_COLS] ||
           (verb_takes(s->verb, &options[OPTION_SHAPE]) && s->verb->operand == NULL);
}

/* What options that the command takes cannot be together, and what a tensor of another rank cannot
 * have, said by the names of the options. */
static bool check_options(const settings *s, detinit_error *error)
{
    const bool *given = s->given;
    const detinit_recipe *r = &s->recipe;
    const rule rules[] = {
        {given[OPTION_THRESHOLD] && given[OPTION_SPARSITY],
         "--threshold: cannot be joined with --sparsity; choose one"},
        {given[OPTION_SHAPE] && (given[OPTION_ROWS] || given[OPTION_COLS]),
         "--shape: cannot be joined with --rows or --cols; it tells both"},
        {r->zero_mean && r->rank != 4 && has_own_shape(s),
         "--zero-mean: needs a convolution, --shape OUT,IN,HEIGHT,WIDTH"},
        {s->verb == &verb_print && s->output.exact && s->output.format == OUTPUT_CSV &&
             s->output.save == NULL && !s->output.compare_modes && !s->output.show_dist,
         "--exact: --format csv prints no statistics; leave it out"},
        {s->tracking.lossless && (given[OPTION_THRESHOLD] || given[OPTION_SPARSITY]),
         "--lossless: nothing sleeps where every bit is kept; leave out the threshold"},
        {given[OPTION_TO] && s->output.save == NULL,
         "--to: needs --save FILE, which the pruned copy goes to"},
        {s->screen.color == COLOR_ALWAYS && !has_screen(s),
         "--color: needs --interactive, --script or --command; reports have no colors"},
        {given[OPTION_BACKGROUND] && !has_screen(s),
         "--background: needs --interactive, --script or --command"},
        {s->file != NULL && strcmp(s->file, "-") == 0 && s->network.manifest != NULL &&
             strcmp(s->network.manifest, "-") == 0,
         "--manifest: standard input is the file already; name one of the two"},
        {s->screen.no_mouse && !s->session.interactive && !s->verb->explores,
         "--no-mouse: needs --interactive"},
    };
    return obey(rules, sizeof rules / sizeof rules[0], error);
}

/* What no weight depends on was asked for in vain. */
static bool check_recipe_options(const settings *s, detinit_error *error)
{
    for (int id = 0; id < OPTION_COUNT; id++)
        if (s->given[id] && (options[id].uses & OPTION_IN_RECIPE) != 0 &&
            !option_check_counts(&options[id], &s->recipe, true, error))
            return false;
    return true;
}

/* Where a file or a network tells the shape, only what no shape would mend is refused yet. */
static bool check_recipe(const settings *s, detinit_error *error)
{
    detinit_recipe r = s->recipe;
    const bool is_kernel =
        r.mode == DETINIT_DIRAC || r.mode == DETINIT_DELTA_ORTHOGONAL || r.zero_mean;
    if (!has_own_shape(s)) {
        r.has_zero_row = false;
        r.rank = is_kernel ? 4 : r.rank;
        r.shape[2] = r.shape[3] = 1;
    }
    return detinit_recipe_check(&r, error) == DETINIT_OK;
}

bool rules_check_inputs(const settings *s, detinit_error *error)
{
    const char *save = s->output.save;
    const bool has_file = s->verb->noun != NULL && strcmp(s->verb->noun, "file") == 0;
    bool reads = save != NULL && has_file && s->file != NULL && target_is_of(save, s->file);
    for (size_t n = 0; n < s->more_count && save != NULL && !reads; n++)
        reads = target_is_of(save, s->more[n]);
    if (save != NULL && s->network.manifest != NULL)
        reads = reads || target_is_of(save, s->network.manifest);
    return !reads || refuse(error, "--save: '%.200s' is what is read; choose another", save);
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
    return check_request(s, error) && check_verb(s, error) && check_session(s, error) &&
           check_resume(s, error) && check_options(s, error) && check_recipe_options(s, error) &&
           check_recipe(s, error) && rules_check_inputs(s, error) && check_own(s, error);
}
