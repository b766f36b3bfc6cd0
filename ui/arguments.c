#include "arguments.h"

#include "option.h"
#include "refuse.h"
#include "verb.h"

#include <string.h>

/* For option_nearest, which needs a name in every place: "" is near to nothing. */
static const char *verb_name(int index)
{
    return verbs[index].name != NULL ? verbs[index].name : "";
}

static const char *option_name(int index)
{
    return options[index].name;
}

static bool unknown_option(const char *word, const char *name, detinit_error *error)
{
    const char *nearest = option_nearest(name, option_name, OPTION_COUNT);
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

/* Reads the option at *index and its value; moves *index to the last word that it used. */
static bool parse_option(settings *s, int count, char *const *arguments, int *index,
                         detinit_error *error)
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
    return option_set(s, which, value, true, error);
}

static bool parse_verb(settings *s, const char *word, detinit_error *error)
{
    for (int n = 0; n < VERB_COUNT; n++) {
        if (strcmp(word, verb_name(n)) == 0) {
            s->verb = (verb)n;
            return true;
        }
    }
    const char *nearest = option_nearest(word, verb_name, VERB_COUNT);
    if (nearest != NULL)
        return refuse(error, "%.60s: no such command, did you mean %s?", word, nearest);
    return refuse(error, "%.60s: no such command; --help lists them", word);
}

/* The word that stands alone at place `n`: the verb, then its operand. */
static bool parse_word(settings *s, int n, const char *word, detinit_error *error)
{
    if (n == 1)
        return parse_verb(s, word, error);
    if (verbs[s->verb].operand == NULL || s->file != NULL)
        return refuse(error, "'%.60s' is a word too many; options begin with --", word);
    s->file = strdup(word);
    return s->file != NULL || refuse(error, "not enough memory");
}

bool arguments_parse(settings *s, int count, char *const *arguments, detinit_error *error)
{
    for (int n = 1; n < count; n++) {
        const char *word = arguments[n];
        bool is_option = word[0] == '-' && word[1] != '\0';
        if (!(is_option ? parse_option(s, count, arguments, &n, error)
                        : parse_word(s, n, word, error)))
            return false;
    }
    return s->help || s->version || settings_check(s, error);
}

void arguments_print_usage(FILE *out)
{
    fputs("usage: detinit [--seed N] [--rows N] [--cols N] [--mode M] [OPTION ...]\n"
          "       detinit --help lists all options; on a terminal, detinit alone explores\n",
          out);
}

static void print_option(FILE *out, const option *which)
{
    char left[64];
    int length = 0;
    if (which->letter != 0)
        length = snprintf(left, sizeof left, "-%c, ", which->letter);
    length += snprintf(left + length, sizeof left - (size_t)length, "--%s", which->name);
    if (which->value != NULL)
        snprintf(left + length, sizeof left - (size_t)length, " %s", which->value);
    fprintf(out, "  %-19s %s", left, which->help);
    if (which->choice != NULL)
        fprintf(out, ":\n  %-19s %s", "", which->choice->described);
    if (which->standard != NULL && which->kind != OPTION_SWITCH)
        fprintf(out, " [%s]", which->standard);
    fputc('\n', out);
}

void arguments_print_help(FILE *out)
{
    for (int n = 0; n < VERB_COUNT; n++) {
        char call[64];
        const verb_row *row = &verbs[n];
        if (n != VERB_PRINT && row->name == NULL)
            continue;
        snprintf(call, sizeof call, "detinit %s%s%s%s%s", row->name != NULL ? row->name : "",
                 row->name != NULL ? " " : "", row->operand != NULL ? row->operand : "",
                 row->operand != NULL ? " " : "", row->usage);
        fprintf(out, "%-7s%-40s %s\n", n == VERB_PRINT ? "usage:" : "", call, row->help);
    }
    fputs("       detinit                                  explore, on a terminal\n\n"
          "Deterministic weight initialization: every weight is a function of seed, layer,\n"
          "row and column. Defaults stand in brackets.\n\n",
          out);
    for (int n = 0; n < OPTION_COUNT; n++)
        print_option(out, &options[n]);
    fputs("\nExit status: 0 done, 1 something failed, 2 the request makes no sense.\n", out);
}
