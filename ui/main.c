/* The program: reads its arguments, does what they ask, says how it went. */
#include "verb/answer.h"
#include "verb/arguments.h"
#include "term/explorer.h"
#include "system/memory.h"
#include "option/place.h"
#include "system/progress.h"
#include "verb/report.h"
#include "explorer/script.h"
#include "verb/verb.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_SENSELESS = 2 };

/* What jansson takes for one weight in nested arrays, about. */
#define JSON_WEIGHT_BYTES 48

/* Says what went wrong in one line and gives the exit status for it. */
static int complain(const detinit_error *error)
{
    if (error->status == DETINIT_CANCELLED && progress_signal() != 0) {
        signal(progress_signal(), SIG_DFL);
        raise(progress_signal());
    }
    if (error->status == DETINIT_CLOSED_PIPE) /* whoever read has had enough */
        return EXIT_FAILED;
    fprintf(stderr, "detinit: %s\n", error->message);
    return error->status == DETINIT_INVALID ? EXIT_SENSELESS : EXIT_FAILED;
}

/* Output that could not be written is a failure. (SIGPIPE ends the program where nobody reads on.)
 */
static int finish_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "detinit: cannot write standard output: %s\n", strerror(errno));
    return EXIT_FAILED;
}

static int print_weight(const settings *s)
{
    detinit_error error;
    detinit_matrix *matrix;
    detinit_trace trace;
    uint64_t row, col;
    if (!place_find(&s->recipe, &s->output.at, "--at", &row, &col, &error))
        return complain(&error);
    if (answer_matrix(s, &matrix, &error) != DETINIT_OK)
        return complain(&error);
    detinit_matrix_trace(matrix, row, col, &trace);
    detinit_matrix_free(matrix);
    if (s->output.format == OUTPUT_JSON)
        report_weight_json(s, &trace);
    else if (s->output.format == OUTPUT_CSV)
        printf("%.17g\n", trace.weight);
    else
        report_weight_text(s, &trace, paper_of_stdout(s));
    return EXIT_DONE;
}

/* Whether the parts of the report that hold the matrix can be made here. */
static bool report_fits(const settings *s, detinit_error *error)
{
    uint64_t count = UINT64_MAX / JSON_WEIGHT_BYTES;
    detinit_recipe_count(&s->recipe, &count);
    if (count > UINT64_MAX / JSON_WEIGHT_BYTES)
        count = UINT64_MAX / JSON_WEIGHT_BYTES;
    return !s->output.matrix ||
           memory_allows("--matrix: the whole matrix as JSON", count * JSON_WEIGHT_BYTES, error);
}

static int print_matrix(const settings *s)
{
    detinit_error error;
    answer a;
    detinit_status status = DETINIT_OK;
    if (!report_fits(s, &error) || answer_make(&a, s, &error) != DETINIT_OK)
        return complain(&error);
    if (answer_goes_to_stdout(s))
        status = DETINIT_OK;
    else if (s->output.format == OUTPUT_JSON)
        report_json(&a);
    else if (s->output.format == OUTPUT_CSV)
        status = report_csv(&a, &error);
    else
        report_text(&a, paper_of_stdout(s));
    bool differs = a.has_reproducibility && !a.reproducibility.equal;
    answer_free(&a);
    if (status != DETINIT_OK)
        return complain(&error);
    return differs ? EXIT_FAILED : EXIT_DONE;
}

static int explore(settings *s)
{
    detinit_error error;
    int ending_signal = 0;
    if (!explorer_run(s, &ending_signal, &error))
        return complain(&error);
    if (ending_signal != 0) {
        signal(ending_signal, SIG_DFL);
        raise(ending_signal);
    }
    return EXIT_DONE;
}

static int run(settings *s)
{
    detinit_error error;
    if (s->help) {
        arguments_print_help(stdout, s->verb);
        return EXIT_DONE;
    }
    if (s->version) {
        printf("detinit %s (generator version %d)\n", detinit_version(), DETINIT_GENERATOR_VERSION);
        return EXIT_DONE;
    }
    if (s->session.script != NULL || s->session.command != NULL)
        return script_run(s, &error) ? EXIT_DONE : complain(&error);
    if (s->session.interactive)
        return explore(s);
    if (verbs[s->verb].run != NULL)
        return verbs[s->verb].run(s, &error) == DETINIT_OK ? EXIT_DONE : complain(&error);
    return s->verb == VERB_WEIGHT ? print_weight(s) : print_matrix(s);
}

int main(int argc, char **argv)
{
    detinit_error error;
    settings s;
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit is an error of write() */
    progress_catch_signals();
    bool on_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (argc == 1 && !on_terminal) {
        arguments_print_usage(stderr);
        return EXIT_SENSELESS;
    }
    settings_init(&s);
    s.session.interactive = argc == 1;
    int status = arguments_parse(&s, argc, argv, &error) ? run(&s) : complain(&error);
    settings_free(&s);
    return finish_output(status);
}
