/* The prompt by GNU readline: the only file that knows it. Readline never touches the terminal. */

#include "term/prompt.h"

#include "text/cell.h"
#include "explorer/command.h"
#include "term/state_file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <readline/history.h>
#include <readline/readline.h>

/* Readline's callbacks take no context: hence static, in the main thread only. */
static struct {
    bool ready, open, finished, given_up;
    char *line;
    FILE *nowhere;
    unsigned char bytes[512]; /* typed and not yet read by readline */
    size_t first, count;
    char history[4096];
    char shown[4096];
    int completion_state;
    completion menu; /* after a second Tab */
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
    if (prompt.given_up) {
        free(line);
        line = NULL;
    }
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
    (void)end;
    completion_free(&prompt.menu);
    prompt.menu.word = (size_t)start;
    snprintf(line, sizeof line, "%.*s", rl_point, rl_line_buffer);
    command_complete(line, 0, candidate, sizeof candidate, &wants_file);
    rl_attempted_completion_over = !wants_file;
    return wants_file ? NULL : rl_completion_matches(word, next_candidate);
}

/* In the place of readline's own printing: from matches[1] on, which are `count`. */
static void open_menu(char **matches, int count, int longest)
{
    completion *menu = &prompt.menu;
    (void)longest;
    for (int n = 1; n <= count && menu->count < COMPLETION_MOST; n++) {
        char *text = strdup(matches[n]);
        if (text != NULL)
            menu->texts[menu->count++] = text;
    }
    if (menu->count > 0)
        completion_next(menu);
}

/* A second Tab opens the menu, also where the first has put in what all texts share. */
static int complete_or_list(int count, int key)
{
    (void)count, (void)key;
    if (rl_last_func == complete_or_list)
        rl_complete_internal('?');
    return prompt.menu.open ? 0 : rl_complete_internal('\t');
}

/* Puts the next text of the menu where the word is. */
static void choose_next(void)
{
    const char *text = completion_next(&prompt.menu);
    rl_delete_text((int)prompt.menu.word, rl_point);
    rl_point = (int)prompt.menu.word;
    rl_insert_text(text);
    rl_free_undo_list();
}

/*
 * Numeric arguments (Alt and a digit, in vi mode a digit) go: where a sequence of keys follows one,
 * readline 8.2 called by characters uses memory that is no longer its own.
 */
static void unbind_numeric_arguments(void)
{
    Keymap maps[] = {emacs_standard_keymap, emacs_meta_keymap, emacs_ctlx_keymap,
                     vi_movement_keymap, vi_insertion_keymap};
    rl_command_func_t *functions[] = {rl_digit_argument, rl_universal_argument, rl_vi_arg_digit};
    for (size_t map = 0; map < sizeof maps / sizeof maps[0]; map++)
        for (size_t n = 0; n < sizeof functions / sizeof functions[0]; n++)
            rl_unbind_function_in_map(functions[n], maps[map]);
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
    rl_completion_display_matches_hook = open_menu;
    rl_initialize(); /* reads the user's inputrc, which may bind anything */
    rl_bind_key('\t', complete_or_list);
    unbind_numeric_arguments();
    using_history();
    stifle_history(HISTORY_MOST);
    if (find_state_file("history", prompt.history, sizeof prompt.history))
        read_history(prompt.history);
    prompt.ready = true;
}

void prompt_open(const char *text)
{
    if (!prompt.ready)
        prepare();
    prompt.open = true;
    prompt.finished = prompt.given_up = false;
    prompt.line = NULL;
    prompt.first = prompt.count = 0;
    rl_callback_handler_install("", take_line);
    rl_variable_bind("show-all-if-ambiguous", "off");
    rl_variable_bind("bell-style", "none");
    rl_insert_text(text);
}

static void feed(const char *bytes, size_t count)
{
    for (size_t n = 0; n < count && prompt.count < sizeof prompt.bytes; n++) {
        prompt.bytes[(prompt.first + prompt.count) % sizeof prompt.bytes] = (unsigned char)bytes[n];
        prompt.count++;
    }
    while (prompt.count > 0 && !prompt.finished) {
        rl_callback_read_char();
        rl_free_undo_list(); /* readline 8.2 shares it with lines of the history and frees it twice
                              */
    }
}

/*
 * Accepts the line and drops it: only at the end of a line readline 8.2 puts its history and its
 * lists of undo in order. Taking the handler away in the middle frees some of them twice later.
 */
static void give_line_up(void)
{
    prompt.given_up = true;
    rl_callback_sigcleanup();
    for (int n = 0; n < 3 && !prompt.finished; n++)
        feed("\r", 1);
    if (!prompt.finished)
        rl_callback_handler_remove();
}

void prompt_close(void)
{
    completion_free(&prompt.menu);
    if (prompt.open && !prompt.finished)
        give_line_up();
    prompt.open = false;
}

bool prompt_is_open(void)
{
    return prompt.open;
}

/*
 * A search through the history is ended before a key that is none of its own: readline 8.2, called
 * by characters, would take the rest of a sequence for text, or crash after Ctrl-X.
 */
static void end_search(int next)
{
    bool of_search = next >= ' ' || next == 0x08 || next == 0x12 || next == 0x13;
    if (RL_ISSTATE(RL_STATE_ISEARCH) && !of_search)
        feed("\x1b", 1);
}

const completion *prompt_menu(void)
{
    return prompt.menu.open ? &prompt.menu : NULL;
}

bool prompt_lone_escape(void)
{
    if (prompt.menu.open) {
        completion_free(&prompt.menu);
        return false;
    }
    /* Emacs mode would wait for Esc's letter; vi mode has been left for its commands already. */
    bool typing = rl_editing_mode == 0 && rl_get_keymap() != vi_movement_keymap;
    if (!RL_ISSTATE(RL_STATE_ISEARCH) && !typing) {
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
    if (prompt.menu.open && character == '\t') {
        choose_next();
        return false;
    }
    completion_free(&prompt.menu);
    end_search(character);
    size_t count = wcrtomb(bytes, (wchar_t)character, &state);
    if (count != (size_t)-1)
        feed(bytes, count);
    if (!prompt.finished)
        return false;
    *line = prompt.line;
    prompt.open = false;
    completion_free(&prompt.menu);
    return true;
}

/* Before the line stands what readline says, such as what is searched for. */
const char *prompt_text(int *cursor_column)
{
    size_t length = (size_t)snprintf(prompt.shown, sizeof prompt.shown, "%s", rl_display_prompt);
    if (length >= sizeof prompt.shown)
        length = sizeof prompt.shown - 1;
    snprintf(prompt.shown + length, sizeof prompt.shown - length, "%s", rl_line_buffer);
    *cursor_column =
        cells_columns(rl_display_prompt, length) + cells_columns(rl_line_buffer, (size_t)rl_point);
    return prompt.shown;
}
