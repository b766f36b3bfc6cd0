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
    const unsigned takers = verbs_of_option((option_id)(which - options));
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
    if ((takers >> VERB_PRINT & 1) == 0)
        printf("With %s: ", verb_names(takers, names, sizeof names));
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
    for (int n = 0; n < VERB_COUNT; n++) {
        if (verbs[n].name == NULL)
            continue;
        printf(".TP\n.B detinit %s%s%s ", verbs[n].name, verbs[n].operand != NULL ? " " : "",
               verbs[n].operand != NULL ? verbs[n].operand : "");
        print_escaped(verbs[n].usage);
        putchar('\n');
        print_escaped(verbs[n].help);
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
