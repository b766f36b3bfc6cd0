#include "verb/arguments.h"

#include "option/option.h"
#include "option/refuse.h"
#include "verb/verb.h"
#include "verb/rules.h"
#include "text/word.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The verb without a name is "", which is near to nothing. */
static const char *verb_name(const void *list, int n)
{
    (void)list;
    if (verbs[n] == NULL)
        return NULL;
    return verbs[n]->name != NULL ? verbs[n]->name : "";
}

static const char *option_name(const void *list, int n)
{
    (void)list;
    return n < OPTION_COUNT ? options[n].name : NULL;
}

static bool unknown_option(const char *word, const char *name, detinit_error *error)
{
    const char *nearest = word_nearest(name, option_name, NULL);
    if (nearest != NULL)
        return refuse(error, "%.60s: no such option, did you mean --%s?", word, nearest);
    return refuse(error, "%.60s: no such option; --help lists them", word);
}

/* The option that a word names, --name, --name=value or -x; *value points at what follows '='. */
static const option *option_of_word(const char *word, const char **value, detinit_error *error)
{
    char name[64];
    *value = NULL;
    if (word[1] != '-') {
        for (int n = 0; n < OPTION_COUNT; n++)
            if (options[n].letter != 0 && word[1] == options[n].letter && word[2] == '\0')
                return &options[n];
        refuse(error, "%.60s: no such option; --help lists them", word);
        return NULL;
    }
    size_t length = strcspn(word + 2, "=");
    if (word[2 + length] == '=')
        *value = word + 2 + length + 1;
    snprintf(name, sizeof name, "%.*s", (int)length, word + 2);
    const option *which = option_find(name);
    if (which == NULL)
        unknown_option(word, name, error);
    return which;
}

/* The values of options as they were typed; "" of a switch, NULL of those that were not. */
typedef const char *typed_values[OPTION_COUNT];

/* Reads the option at *index and its value; moves *index to the last word that it used. */
static bool parse_option(settings *s, typed_values typed, int count, char *const *arguments,
                         int *index, detinit_error *error)
{
    const char *value;
    const option *which = option_of_word(arguments[*index], &value, error);
    if (which == NULL)
        return false;
    if (which->kind == OPTION_SWITCH && value != NULL)
        return refuse(error, "--%s: takes no value", which->name);
    if (which->kind != OPTION_SWITCH && value == NULL && *index + 1 < count &&
        strncmp(arguments[*index + 1], "--", 2) != 0)
        value = arguments[++*index];
    const char **before = &typed[which - options];
    if (value != NULL && *before != NULL)
        return refuse(error, "--%s: was given twice: %.60s and %.60s", which->name, *before, value);
    *before = value != NULL ? value : "";
    return option_set(s, which, value, true, error);
}

/*
 * An initializer's name says more than the mode; what another option says of it must be the same,
 * whichever came last.
 */
static bool check_initializer(const settings *s, const typed_values typed, detinit_error *error)
{
    static const option_id said[] = {OPTION_DIST, OPTION_VALUE, OPTION_ORTHOGONAL};
    char own_text[64], its_text[64];
    settings named = *s;
    if (typed[OPTION_MODE] == NULL)
        return true;
    option_set(&named, &options[OPTION_MODE], typed[OPTION_MODE], true, error);
    for (size_t n = 0; n < sizeof said / sizeof said[0]; n++) {
        const option *which = &options[said[n]];
        settings own = *s;
        if (typed[said[n]] == NULL)
            continue;
        option_set(&own, which, which->kind == OPTION_SWITCH ? NULL : typed[said[n]], true, error);
        const char *its = option_text(&named, which, its_text, sizeof its_text);
        if (strcmp(option_text(&own, which, own_text, sizeof own_text), its) != 0)
            return refuse(error, "--%s: contradicts --mode %.60s, which makes it %s; leave it out",
                          which->name, typed[OPTION_MODE], its);
    }
    return true;
}

/* A word that is no command, but may be a file. */
static bool names_file(const char *word)
{
    return strpbrk(word, "./") != NULL || strcmp(word, "-") == 0 || access(word, F_OK) == 0;
}

static bool parse_verb(settings *s, const char *word, detinit_error *error)
{
    const verb *found = verb_find(word);
    if (found != NULL) {
        s->verb = found;
        return true;
    }
    if (names_file(word)) {
        s->verb = &verb_open;
        s->file = strdup(word);
        return s->file != NULL || refuse_memory(error);
    }
    const char *nearest = word_nearest(word, verb_name, NULL);
    if (word[0] == '\0')
        return refuse(error, "'': a command or a file was expected; --help lists them");
    if (nearest != NULL)
        return refuse(error, "%.60s: no such command, did you mean %s?", word, nearest);
    return refuse(error, "%.60s: no such command; --help lists them", word);
}

/* An operand behind the first. */
static bool add_word(settings *s, const char *word, detinit_error *error)
{
    char **more = realloc(s->more, (s->more_count + 1) * sizeof *more);
    if (more == NULL)
        return refuse_memory(error);
    s->more = more;
    s->more[s->more_count] = strdup(word);
    return s->more[s->more_count++] != NULL || refuse_memory(error);
}

/* The word that stands alone at place `n`: the verb, then its operands. */
static bool parse_word(settings *s, int n, const char *word, detinit_error *error)
{
    if (n == 1)
        return parse_verb(s, word, error);
    const bool second = verb_takes_two(s->verb) && s->more_count == 0;
    if (s->file != NULL && (second || verb_takes(s->verb, &options[OPTION_MERGE])))
        return add_word(s, word, error);
    if (s->verb == &verb_print && verb_find(word) != NULL)
        return refuse(error, "%s: a command comes before all options: detinit %s ...", word, word);
    if (s->verb->operand == NULL || s->file != NULL)
        return refuse(error, WORD_TOO_MANY, word);
    s->file = strdup(word);
    return s->file != NULL || refuse_memory(error);
}

bool arguments_parse(settings *s, int count, char *const *arguments, detinit_error *error)
{
    typed_values typed = {NULL};
    s->verb = &verb_print;
    for (int n = 1; n < count; n++) {
        const char *word = arguments[n];
        bool is_option = word[0] == '-' && word[1] != '\0';
        if (!(is_option ? parse_option(s, typed, count, arguments, &n, error)
                        : parse_word(s, n, word, error)))
            return false;
    }
    s->session.interactive = s->session.interactive || s->session.resume;
    return s->help || s->version || (check_initializer(s, typed, error) && rules_check(s, error));
}

void arguments_print_usage(FILE *out)
{
    fputs("usage: detinit [--seed N] [--rows N] [--cols N] [--mode M] [OPTION ...]\n"
          "       detinit --help lists all options; on a terminal, detinit alone explores\n",
          out);
}

/* ---------------------------------------------------------------------- help */

#define HELP_WIDTH  80
#define HELP_INDENT 22

/* Prints words behind what stands in the line already, and goes on below it. */
static void print_words(FILE *out, const char *text)
{
    size_t column = HELP_INDENT;
    while (*text != '\0') {
        const size_t length = strcspn(text, " ");
        if (column > HELP_INDENT && column + 1 + length > HELP_WIDTH) {
            fprintf(out, "\n%*s", HELP_INDENT, "");
            column = HELP_INDENT;
        } else if (column > HELP_INDENT) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", (int)length, text);
        column += length;
        text += length + strspn(text + length, " ");
    }
    fputc('\n', out);
}

/* What an option does with a command (NULL: with any). */
static const char *help_with(const verb *v, const option *which, char *buffer, size_t size)
{
    for (size_t n = 0; v != NULL && n < VERB_TOLD && v->told[n].help != NULL; n++)
        if (which == &options[v->told[n].id])
            return v->told[n].help;
    return option_help(which, buffer, size);
}

static void print_option(FILE *out, const verb *v, const option *which)
{
    char left[64], help[OPTION_HELP_TEXT], text[OPTION_HELP_TEXT + 40];
    int length = 0;
    if (which->letter != 0)
        length = snprintf(left, sizeof left, "-%c, ", which->letter);
    length += snprintf(left + length, sizeof left - (size_t)length, "--%s", which->name);
    if (which->value != NULL)
        snprintf(left + length, sizeof left - (size_t)length, " %s", which->value);
    const bool has_default = which->standard != NULL && which->kind != OPTION_SWITCH;
    snprintf(text, sizeof text, "%s%s%s%s", help_with(v, which, help, sizeof help),
             has_default ? " [" : "", has_default ? which->standard : "", has_default ? "]" : "");
    fprintf(out, "  %-*s", HELP_INDENT - 2, left);
    if (strlen(left) > HELP_INDENT - 3) /* nothing would stand between both */
        fprintf(out, "\n%*s", HELP_INDENT, "");
    print_words(out, text);
}

/* "detinit analyze FILE [OPTION ...]" */
static const char *call_of(const verb *v, char *buffer, size_t size)
{
    const char *const words[] = {v->name, v->operand, v->usage};
    size_t length = (size_t)snprintf(buffer, size, "detinit");
    for (size_t n = 0; n < sizeof words / sizeof words[0] && length < size; n++)
        if (words[n] != NULL)
            length += (size_t)snprintf(buffer + length, size - length, " %s", words[n]);
    return buffer;
}

/* The options of a command, if any, behind an empty line: those that also make a matrix, or only
 * the others. */
static void print_options(FILE *out, const verb *v, bool of_matrix)
{
    const char *before = "\n";
    for (int id = 0; id < OPTION_COUNT; id++)
        if (verb_takes(v, &options[id]) && verb_takes(&verb_print, &options[id]) == of_matrix) {
            fputs(before, out);
            print_option(out, v, &options[id]);
            before = "";
        }
}

/* Those options that only commands take, under the names of these. */
static void print_options_of_commands(FILE *out)
{
    char names[128], names_before[128] = "";
    for (int id = 0; id < OPTION_COUNT; id++) {
        if (verb_takes(&verb_print, &options[id]))
            continue;
        verbs_that_take(&options[id], names, sizeof names);
        if (strcmp(names, names_before) != 0)
            fprintf(out, "\nWith %s:\n", names);
        strcpy(names_before, names);
        print_option(out, NULL, &options[id]);
    }
}

static void print_help_of(FILE *out, const verb *v)
{
    char call[64];
    fprintf(out, "usage: %s\n\n%s: %s. Defaults stand in brackets.\n",
            call_of(v, call, sizeof call), v->name, v->help);
    print_options(out, v, false);
    print_options(out, v, true);
}

static void print_help_of_all(FILE *out)
{
    char call[64];
    for (int n = 0; verbs[n] != NULL; n++)
        fprintf(out, "%-7s%-34s %s\n", n == 0 ? "usage:" : "", call_of(verbs[n], call, sizeof call),
                verbs[n]->help);
    fputs("       detinit                            explore, on a terminal\n"
          "       detinit FILE                       as detinit open FILE\n\n"
          "Deterministic weight initialization: every weight is a function of seed, layer,\n"
          "row and column. Defaults stand in brackets; detinit analyze --help lists what\n"
          "goes with analyze, and so on.\n",
          out);
    print_options(out, &verb_print, true);
    print_options_of_commands(out);
}

void arguments_print_help(FILE *out, const verb *v)
{
    if (v == &verb_print)
        print_help_of_all(out);
    else
        print_help_of(out, v);
    fputs("\nExit status: 0 done, 1 something failed, 2 the request makes no sense.\n", out);
}
