/*
 * Fills the lists of commands and options into the manual page: standard input to standard
 * output, at @COMMANDS@ and @OPTIONS@.
 */
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
    char names[128];
    printf(".TP\n");
    if (which->letter != 0)
        printf(".BR \\-%c \", \" ", which->letter);
    else
        printf(".B ");
    printf("\\-\\-");
    print_escaped(which->name);
    if (which->value != NULL && which->letter == 0)
        printf(" \\fI%s\\fR", which->value);
    putchar('\n');
    if (!verb_takes(&verb_print, which))
        printf("With %s: ", verbs_that_take(which, names, sizeof names));
    print_escaped(which->help);
    if (which->choice != NULL) {
        printf(": ");
        print_escaped(which->choice->described);
    }
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

int main(void)
{
    char line[512];
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "@COMMANDS@\n") == 0)
            print_commands();
        else if (strcmp(line, "@OPTIONS@\n") == 0)
            print_options();
        else
            fputs(line, stdout);
    }
    return ferror(stdout) || fflush(stdout) != 0;
}
