/* The prompt without readline: a small editor of one line. It knows no terminal. */

#include "term/prompt.h"

#include "text/cell.h"
#include "term/line_completion.h"
#include "term/state_file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#define LINE_SIZE 4096

/* The interface takes no context: hence static, in the main thread only. */
static struct {
    bool ready, open;
    char text[LINE_SIZE]; /* whole multibyte characters */
    size_t length, cursor;
    char *history[HISTORY_MOST];      /* owned; the oldest first */
    size_t history_count, history_at; /* history_at == history_count: the line being typed */
    char draft[LINE_SIZE];            /* that line, while older ones are looked at */
    char history_file[4096];
    completion completion; /* while Tab is pressed again and again */
    char sequence[16];     /* what followed an Esc so far, itself left out */
    size_t sequence_length;
    bool in_sequence;
} editor;

/* ------------------------------------------------------------------- text */

/* The place a character before or after `at`: bytes 10xxxxxx go on with a character. */
static size_t before(size_t at)
{
    while (at > 0 && ((unsigned char)editor.text[--at] & 0xc0) == 0x80)
        continue;
    return at;
}

static size_t after(size_t at)
{
    if (at < editor.length)
        at++;
    while (at < editor.length && ((unsigned char)editor.text[at] & 0xc0) == 0x80)
        at++;
    return at;
}

static bool in_word(size_t at)
{
    return strchr(" ;:=/.,-", editor.text[at]) == NULL;
}

static size_t word_before(size_t at)
{
    while (at > 0 && !in_word(before(at)))
        at = before(at);
    while (at > 0 && in_word(before(at)))
        at = before(at);
    return at;
}

static size_t word_after(size_t at)
{
    while (at < editor.length && !in_word(at))
        at = after(at);
    while (at < editor.length && in_word(at))
        at = after(at);
    return at;
}

/* Ctrl-W takes what blanks surround, not what Alt-Backspace calls a word. */
static size_t blank_before(size_t at)
{
    while (at > 0 && editor.text[at - 1] == ' ')
        at--;
    while (at > 0 && editor.text[at - 1] != ' ')
        at--;
    return at;
}

/* Takes out what lies between two places; the cursor is left there. */
static void cut(size_t from, size_t to)
{
    memmove(editor.text + from, editor.text + to, editor.length - to + 1);
    editor.length -= to - from;
    editor.cursor = from;
}

/* Puts bytes in at the cursor; none where not all fit. */
static void insert(const char *bytes, size_t count)
{
    if (editor.length + count >= LINE_SIZE)
        return;
    memmove(editor.text + editor.cursor + count, editor.text + editor.cursor,
            editor.length - editor.cursor + 1);
    memcpy(editor.text + editor.cursor, bytes, count);
    editor.length += count;
    editor.cursor += count;
}

static void set_text(const char *text)
{
    editor.length = editor.cursor = 0;
    editor.text[0] = '\0';
    insert(text, strlen(text));
}

/* ----------------------------------------------------------------- history */

static void remember(const char *line)
{
    size_t count = editor.history_count;
    if (line[0] == '\0' || (count > 0 && strcmp(editor.history[count - 1], line) == 0))
        return;
    char *copy = strdup(line);
    if (copy == NULL)
        return;
    if (count == HISTORY_MOST) {
        free(editor.history[0]);
        memmove(editor.history, editor.history + 1, (count - 1) * sizeof editor.history[0]);
        count--;
    }
    editor.history[count] = copy;
    editor.history_count = count + 1;
}

static void load_history(void)
{
    char *line = NULL;
    size_t size = 0;
    FILE *file = find_state_file("history", editor.history_file, sizeof editor.history_file)
                     ? fopen(editor.history_file, "r")
                     : NULL;
    while (file != NULL && getline(&line, &size, file) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (strlen(line) < LINE_SIZE)
            remember(line);
    }
    free(line);
    if (file != NULL)
        fclose(file);
}

static bool write_history_to(FILE *file)
{
    bool written = true;
    for (size_t n = 0; n < editor.history_count; n++)
        written = fprintf(file, "%s\n", editor.history[n]) > 0 && written;
    return fclose(file) == 0 && written;
}

/* Into another file first: a full disk then leaves the old history. */
void prompt_save_history(void)
{
    char path[sizeof editor.history_file + 8];
    if (!editor.ready)
        return;
    snprintf(path, sizeof path, "%s-XXXXXX", editor.history_file);
    int fd = editor.history_file[0] != '\0' ? mkstemp(path) : -1;
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (fd >= 0 && file == NULL)
        close(fd);
    if (fd >= 0 &&
        (file == NULL || !write_history_to(file) || rename(path, editor.history_file) != 0))
        unlink(path);
    while (editor.history_count > 0)
        free(editor.history[--editor.history_count]);
    completion_free(&editor.completion);
    editor.ready = false; /* the next line reads the file again */
}

static void show_history(size_t at)
{
    if (at > editor.history_count)
        return;
    if (editor.history_at == editor.history_count)
        memcpy(editor.draft, editor.text, editor.length + 1);
    editor.history_at = at;
    set_text(at == editor.history_count ? editor.draft : editor.history[at]);
}

/* -------------------------------------------------------------------- keys */

static void go_home(void)
{
    editor.cursor = 0;
}

static void go_end(void)
{
    editor.cursor = editor.length;
}

static void go_left(void)
{
    editor.cursor = before(editor.cursor);
}

static void go_right(void)
{
    editor.cursor = after(editor.cursor);
}

static void go_word_left(void)
{
    editor.cursor = word_before(editor.cursor);
}

static void go_word_right(void)
{
    editor.cursor = word_after(editor.cursor);
}

static void go_older(void)
{
    if (editor.history_at > 0)
        show_history(editor.history_at - 1);
}

static void go_newer(void)
{
    if (editor.history_at < editor.history_count)
        show_history(editor.history_at + 1);
}

static void cut_before(void)
{
    cut(before(editor.cursor), editor.cursor);
}

static void cut_here(void)
{
    cut(editor.cursor, after(editor.cursor));
}

static void cut_to_home(void)
{
    cut(0, editor.cursor);
}

static void cut_to_end(void)
{
    cut(editor.cursor, editor.length);
}

static void cut_blank_before(void)
{
    cut(blank_before(editor.cursor), editor.cursor);
}

static void cut_word_before(void)
{
    cut(word_before(editor.cursor), editor.cursor);
}

static void cut_word_after(void)
{
    cut(editor.cursor, word_after(editor.cursor));
}

static void put_candidate(const char *text, size_t length)
{
    cut(editor.completion.word, editor.cursor);
    insert(text, length);
}

/* First what all candidates share, alone with a blank after it; then the menu; then one after the
 * other. */
static void complete(void)
{
    completion *c = &editor.completion;
    if (c->count > 1) {
        const char *text = completion_next(c);
        if (text != NULL)
            put_candidate(text, strlen(text));
        return;
    }
    char line[LINE_SIZE];
    snprintf(line, sizeof line, "%.*s", (int)editor.cursor, editor.text);
    completion_free(c);
    completion_find(c, line);
    size_t common = completion_common(c);
    if (common > 0)
        put_candidate(c->texts[0], common);
    if (c->count == 1 && c->texts[0][common - 1] != '/')
        insert(" ", 1);
    if (c->count == 1)
        completion_free(c);
}

static const struct {
    int key;
    void (*act)(void);
} control_keys[] = {
    {0x01, go_home},          /* Ctrl-A */
    {0x02, go_left},          /* Ctrl-B */
    {0x04, cut_here},         /* Ctrl-D */
    {0x05, go_end},           /* Ctrl-E */
    {0x06, go_right},         /* Ctrl-F */
    {0x08, cut_before},       /* Ctrl-H, Backspace of some terminals */
    {0x09, complete},         /* Tab */
    {0x0b, cut_to_end},       /* Ctrl-K */
    {0x0e, go_newer},         /* Ctrl-N */
    {0x10, go_older},         /* Ctrl-P */
    {0x15, cut_to_home},      /* Ctrl-U */
    {0x17, cut_blank_before}, /* Ctrl-W */
    {0x7f, cut_before},       /* Backspace */
};

/* What follows Esc. Terminals send Home and End in three ways. */
static const struct {
    const char *sequence;
    void (*act)(void);
} sequences[] = {
    {"[A", go_older},     {"OA", go_older},         {"[B", go_newer},          {"OB", go_newer},
    {"[C", go_right},     {"OC", go_right},         {"[D", go_left},           {"OD", go_left},
    {"[H", go_home},      {"OH", go_home},          {"[1~", go_home},          {"[7~", go_home},
    {"[F", go_end},       {"OF", go_end},           {"[4~", go_end},           {"[8~", go_end},
    {"[3~", cut_here},    {"[1;5C", go_word_right}, {"[1;5D", go_word_left},   {"b", go_word_left},
    {"f", go_word_right}, {"d", cut_word_after},    {"\x7f", cut_word_before},
};

/* Whether the sequence is whole: "[", numbers and one more; "O" and one more; one alone. */
static bool sequence_ends(void)
{
    size_t length = editor.sequence_length;
    char last = editor.sequence[length - 1];
    if (editor.sequence[0] == '[')
        return length > 1 && last >= '@' && last <= '~';
    return editor.sequence[0] != 'O' || length > 1;
}

/* Takes a character after Esc; unknown sequences, such as Alt with a letter, do nothing. */
static void take_in_sequence(int character)
{
    if (editor.sequence_length + 1 < sizeof editor.sequence)
        editor.sequence[editor.sequence_length++] = character < 0x80 ? (char)character : '?';
    else
        editor.sequence[editor.sequence_length - 1] = character < 0x80 ? (char)character : '?';
    editor.sequence[editor.sequence_length] = '\0';
    if (!sequence_ends())
        return;
    editor.in_sequence = false;
    for (size_t n = 0; n < sizeof sequences / sizeof sequences[0]; n++)
        if (strcmp(sequences[n].sequence, editor.sequence) == 0)
            sequences[n].act();
}

static void take_character(int character)
{
    char bytes[MB_LEN_MAX];
    mbstate_t state = {0};
    for (size_t n = 0; n < sizeof control_keys / sizeof control_keys[0]; n++)
        if (control_keys[n].key == character) {
            control_keys[n].act();
            return;
        }
    size_t count = character >= ' ' ? wcrtomb(bytes, (wchar_t)character, &state) : (size_t)-1;
    if (count != (size_t)-1)
        insert(bytes, count);
}

/* ------------------------------------------------------------------ prompt */

void prompt_open(const char *text)
{
    if (!editor.ready)
        load_history();
    editor.ready = editor.open = true;
    editor.in_sequence = false;
    editor.history_at = editor.history_count;
    set_text(text);
}

void prompt_close(void)
{
    editor.open = false;
    completion_free(&editor.completion);
}

bool prompt_is_open(void)
{
    return editor.open;
}

const completion *prompt_menu(void)
{
    return editor.completion.open ? &editor.completion : NULL;
}

bool prompt_lone_escape(void)
{
    if (editor.completion.open) {
        completion_free(&editor.completion);
        return false;
    }
    prompt_close();
    return true;
}

bool prompt_key(int character, char **line)
{
    bool escape = character == 0x1b;
    *line = NULL;
    if (character == 0x03 || character == 0x07 || (escape && editor.in_sequence)) {
        prompt_close(); /* Ctrl-C, Ctrl-G, Esc Esc */
        return true;
    }
    if (character != '\t')
        completion_free(&editor.completion);
    if (escape) {
        editor.in_sequence = true;
        editor.sequence_length = 0;
    } else if (editor.in_sequence) {
        take_in_sequence(character);
    } else if (character == '\r' || character == '\n') {
        remember(editor.text);
        *line = strdup(editor.text);
        prompt_close();
        return true;
    } else {
        take_character(character);
    }
    return false;
}

const char *prompt_text(int *cursor_column)
{
    *cursor_column = cells_columns(editor.text, editor.cursor);
    return editor.text;
}
