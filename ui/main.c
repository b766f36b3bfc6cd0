/* The program: reads its arguments, does what they ask, says how it went. */
#include "base/error.h"
#include "explorer/script.h"
#include "option/option.h"
#include "system/json_memory.h"
#include "system/lone_start.h"
#include "system/piped.h"
#include "system/progress.h"
#include "system/standard_output.h"
#include "term/explorer.h"
#include "verb/arguments.h"
#include "verb/verb.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_SENSELESS = 2 };

/* Ends the program by the signal that came, where one did. */
static void end_by_signal(void)
{
    if (progress_signal() == 0)
        return;
    signal(progress_signal(), SIG_DFL);
    raise(progress_signal());
}

/* Says what went wrong in one line and gives the exit status for it. */
static int complain(const detinit_error *error)
{
    if (error->status == DETINIT_CANCELLED)
        end_by_signal();
    if (error->status == DETINIT_CLOSED_PIPE) /* whoever read has had enough */
        return EXIT_FAILED;
    const bool lacked = json_memory_lacked();
    fprintf(stderr, "detinit: %s\n", lacked ? "not enough memory" : error->message);
    return error->status == DETINIT_INVALID && !lacked ? EXIT_SENSELESS : EXIT_FAILED;
}

/* Output that could not be written is a failure. (SIGPIPE ends the program where nobody reads on.)
 */
static int finish_output(int status)
{
    int reason;
    if (standard_output_end(&reason) || status != EXIT_DONE)
        return status;
    end_by_signal();
    fprintf(stderr, "detinit: cannot write standard output: %s\n", strerror(reason));
    return EXIT_FAILED;
}

/* A matrix whose shape nobody asked for is not square, so that fan_in is not fan_out. */
static void choose_shape(settings *s)
{
    const bool *given = s->given;
    detinit_recipe wide = s->recipe;
    wide.shape[1] = 2 * wide.shape[0];
    if (!given[OPTION_ROWS] && !given[OPTION_COLS] && !given[OPTION_SHAPE] &&
        detinit_recipe_check(&wide, NULL) == DETINIT_OK)
        s->recipe = wide;
}

static int explore(settings *s)
{
    detinit_error error;
    int ending_signal = 0;
    choose_shape(s);
    if (!explorer_run(s, &ending_signal, &error))
        return complain(&error);
    if (ending_signal != 0) {
        signal(ending_signal, SIG_DFL);
        raise(ending_signal);
    }
    return EXIT_DONE;
}

static bool on_terminal(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* Whether a command that can print shows itself in the explorer. */
static bool opens_explorer(const settings *s)
{
    return s->verb->explores && on_terminal() && !s->given[OPTION_FORMAT] && !s->output.follow;
}

/* Files of tensors that come through pipes become such as can be read at any place. */
static bool put_pipes_aside(settings *s, detinit_error *error)
{
    if (s->verb->noun == NULL || strcmp(s->verb->noun, "file") != 0 || s->file == NULL)
        return true;
    detinit_status status = piped_put_aside(&s->file, error);
    for (size_t n = 0; n < s->more_count && status == DETINIT_OK; n++)
        status = piped_put_aside(&s->more[n], error);
    return status == DETINIT_OK;
}

static int run(settings *s)
{
    detinit_error error;
    if (!(s->session.interactive || opens_explorer(s)) || s->help || s->version)
        standard_output_stops();
    if (s->help) {
        arguments_print_help(stdout, s->verb);
        return EXIT_DONE;
    }
    if (s->version) {
        printf("detinit %s (generator version %d)\n", detinit_version(), DETINIT_GENERATOR_VERSION);
        return EXIT_DONE;
    }
    if (!put_pipes_aside(s, &error))
        return complain(&error);
    if (s->session.script != NULL || s->session.command != NULL)
        return script_run(s, &error) ? EXIT_DONE : complain(&error);
    if (s->session.interactive || opens_explorer(s))
        return explore(s);
    return s->verb->run(s, &error) == DETINIT_OK ? EXIT_DONE : complain(&error);
}

int main(int argc, char **argv)
{
    detinit_error error;
    settings s;
    lone_start_ends();
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit is an error of write() */
    json_memory_watch();
    progress_catch_signals();
    if (argc == 1 && !on_terminal()) {
        arguments_print_usage(stderr);
        return EXIT_SENSELESS;
    }
    settings_init(&s);
    s.session.interactive = argc == 1;
    int status = arguments_parse(&s, argc, argv, &error) ? run(&s) : complain(&error);
    settings_free(&s);
    if (status == EXIT_DONE &&
        json_memory_lacked()) { /* something that was read may be incomplete */
        error_set(&error, DETINIT_NO_MEMORY, "not enough memory");
        status = complain(&error);
    }
    return finish_output(status);
}
