/* The prompt by GNU readline: the only file that knows it. Readline never touches the terminal. */

#include "prompt.h"

#include "cell.h"
#include "command.h"
#include "history.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <readline/history.h>
#include <readline/readline.h>

/* Readline's callbacks take no context: hence static, in the main thread only. */
static struct {
    bool ready, open, finished;
    char *line;
    FILE *nowhere;
    unsigned char bytes[512]; /* typed and not yet read by readline */
    size_t first, count;
    char history[4096];
    int completion_state;
} prompt;

/* ----------------------------------------------------------------- history */

void prompt_save_history(void)
{
    if (!prompt.ready || prompt.history[0] == '\0')
        return;
    write_history(prompt.history);
    history_truncate_file(prompt.history, HISTORY_MOST);
}

/* --------------------------------------------------------------- readline */

static int next_byte(FILE *stream)
{
    (void)stream;
    if (prompt.count == 0)
        return EOF;
    int byte = prompt.bytes[prompt.first];
    prompt.first = (prompt.first + 1) % sizeof prompt.bytes;
    prompt.count--;
    return byte;
}

static int byte_available(void)
{
    return prompt.count > 0;
}

static void draw_nothing(void)
{
}

static void no_preparation(int flag)
{
    (void)flag;
}

static void no_restoration(void)
{
}

static void take_line(char *line)
{
    prompt.finished = true;
    prompt.line = line;
    if (line != NULL && line[0] != '\0') {
        HIST_ENTRY *last =
            history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
        if (last == NULL || strcmp(last->line, line) != 0)
            add_history(line);
    }
    rl_callback_handler_remove();
}

static char *next_candidate(const char *word, int state)
{
    char candidate[64], line[1024];
    bool wants_file;
    (void)word;
    prompt.completion_state = state == 0 ? 0 : prompt.completion_state + 1;
    snprintf(line, sizeof line, "%.*s", rl_point, rl_line_buffer);
    if (command_complete(line, prompt.completion_state, candidate, sizeof candidate, &wants_file))
        return strdup(candidate);
    return NULL;
}

static char **complete(const char *word, int start, int end)
{
    char candidate[64], line[1024];
    bool wants_file;
    (void)start, (void)end;
    snprintf(line, sizeof line, "%.*s", rl_point, rl_line_buffer);
    command_complete(line, 0, candidate, sizeof candidate, &wants_file);
    rl_attempted_completion_over = !wants_file;
    return wants_file ? NULL : rl_completion_matches(word, next_candidate);
}

static void prepare(void)
{
    prompt.nowhere = fopen("/dev/null", "w");
    rl_readline_name = "detinit";
    rl_outstream = prompt.nowhere;
    rl_getc_function = next_byte;
    rl_input_available_hook = byte_available;
    rl_redisplay_function = draw_nothing;
    rl_prep_term_function = no_preparation;
    rl_deprep_term_function = no_restoration;
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_attempted_completion_function = complete;
    rl_completer_word_break_characters = " ;=";
    rl_completion_query_items = 0;
    rl_bind_key('\t', rl_complete);
    using_history();
    stifle_history(HISTORY_MOST);
    if (find_history_file(prompt.history, sizeof prompt.history))
        read_history(prompt.history);
    prompt.ready = true;
}

void prompt_open(const char *text)
{
    if (!prompt.ready)
        prepare();
    prompt.open = true;
    prompt.finished = false;
    prompt.line = NULL;
    prompt.first = prompt.count = 0;
    rl_callback_handler_install("", take_line);
    rl_variable_bind("show-all-if-ambiguous", "off");
    rl_variable_bind("bell-style", "none");
    rl_insert_text(text);
}

void prompt_close(void)
{
    if (!prompt.open)
        return;
    if (!prompt.finished) {
        rl_free_line_state(); /* a history entry may share the line's undo list: freed twice else */
        rl_callback_sigcleanup();
        rl_callback_handler_remove();
    }
    prompt.open = false;
}

bool prompt_is_open(void)
{
    return prompt.open;
}

static void feed(const char *bytes, size_t count)
{
    for (size_t n = 0; n < count && prompt.count < sizeof prompt.bytes; n++) {
        prompt.bytes[(prompt.first + prompt.count) % sizeof prompt.bytes] = (unsigned char)bytes[n];
        prompt.count++;
    }
    while (prompt.count > 0 && !prompt.finished)
        rl_callback_read_char();
}

bool prompt_lone_escape(void)
{
    if (rl_editing_mode != 0) { /* emacs: Esc alone would wait for its letter */
        prompt_close();
        return true;
    }
    feed("\x1b", 1);
    return false;
}

bool prompt_key(int character, char **line)
{
    char bytes[MB_LEN_MAX];
    mbstate_t state = {0};
    *line = NULL;
    if (character == 0x03 || character == 0x07) { /* Ctrl-C, Ctrl-G */
        prompt_close();
        return true;
    }
    size_t count = wcrtomb(bytes, (wchar_t)character, &state);
    if (count != (size_t)-1)
        feed(bytes, count);
    if (!prompt.finished)
        return false;
    *line = prompt.line;
    prompt.open = false;
    return true;
}

const char *prompt_text(int *cursor_column)
{
    *cursor_column = cells_columns(rl_line_buffer, (size_t)rl_point);
    return rl_line_buffer;
}
