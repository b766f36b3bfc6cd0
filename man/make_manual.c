/*
 * Fills lists into the manual page, made from the tables of the program: standard input to
 * standard output, where a line is @COMMANDS@ or another of `lists`.
 */
#include "explorer/command.h"
#include "explorer/command_row.h"
#include "explorer/keys.h"
#include "option/option.h"
#include "verb/verb.h"

#include <stdio.h>
#include <string.h>

/* A hyphen in troff is a line-breaking dash unless it is escaped. */
static void print_escaped(const char *text)
{
    for (; *text != '\0'; text++)
        printf(*text == '-' ? "\\-" : "%c", *text);
}

static void print_option(const option *which)
{
    char names[128], help[OPTION_HELP_TEXT];
    printf(".TP\n");
    if (which->letter != 0)
        printf(".BR \\-%c \", \" ", which->letter);
    else
        printf(".B ");
    printf("\\-\\-");
    print_escaped(which->name);
    if (which->value != NULL)
        printf(which->letter == 0 ? " \\fI%s\\fR" : " \" \\fI%s\\fR\"", which->value);
    putchar('\n');
    if (!verb_takes(&verb_print, which))
        printf("With %s: ", verbs_that_take(which, names, sizeof names));
    print_escaped(option_help(which, help, sizeof help));
    if (which->standard != NULL && which->kind != OPTION_SWITCH) {
        printf(" (default: ");
        print_escaped(which->standard);
        putchar(')');
    }
    printf(".\n");
}

static void print_options(void)
{
    for (int n = 0; n < OPTION_COUNT; n++)
        print_option(&options[n]);
}

static void print_commands(void)
{
    for (const verb *const *each = verbs; *each != NULL; each++) {
        const verb *v = *each;
        if (v->name == NULL)
            continue;
        printf(".TP\n.B detinit %s", v->name);
        if (v->operand != NULL)
            printf(" %s", v->operand);
        if (v->usage != NULL)
            putchar(' ');
        print_escaped(v->usage != NULL ? v->usage : "");
        putchar('\n');
        print_escaped(v->help);
        printf(".\n");
    }
}

static void print_sentence(const char *text)
{
    const size_t length = strlen(text);
    print_escaped(text);
    puts(length > 0 && text[length - 1] == '.' ? "" : ".");
}

/* What is in bold, and below it a sentence. */
static void print_item(const char *name, const char *value, const char *help)
{
    printf(".TP\n.B ");
    print_escaped(name);
    if (value != NULL) {
        printf(" \\fI");
        print_escaped(value);
        printf("\\fR");
    }
    putchar('\n');
    print_sentence(help);
}

static void print_keys(void)
{
    for (int n = 0; n < key_binding_count; n++)
        if (key_bindings[n].help != NULL)
            print_item(key_bindings[n].label, NULL, key_bindings[n].help);
}

/* The options that are commands of the prompt, by name. */
static void print_settable(void)
{
    const char *between = "";
    for (int n = 0; n < OPTION_COUNT; n++) {
        if ((options[n].uses & OPTION_AT_PROMPT) == 0)
            continue;
        printf("%s", between);
        print_escaped(options[n].name);
        between = ",\n";
    }
    printf(".\n");
}

static void print_prompt(void)
{
    const command *c;
    char help[200];
    for (int n = 0; (c = command_at(n)) != NULL; n++)
        print_item(c->name, c->value, command_help(c, help, sizeof help));
}

static const struct {
    const char *line;
    void (*print)(void);
} lists[] = {{"@COMMANDS@\n", print_commands},
             {"@OPTIONS@\n", print_options},
             {"@KEYS@\n", print_keys},
             {"@SETTABLE@\n", print_settable},
             {"@PROMPT@\n", print_prompt}};

static void print_line(const char *line)
{
    for (size_t n = 0; n < sizeof lists / sizeof lists[0]; n++) {
        if (strcmp(line, lists[n].line) == 0) {
            lists[n].print();
            return;
        }
    }
    fputs(line, stdout);
}

int main(void)
{
    char line[512];
    while (fgets(line, sizeof line, stdin) != NULL)
        print_line(line);
    return ferror(stdout) || fflush(stdout) != 0;
}
