/* The command learn: the lessons, and the text of one; on a terminal the explorer shows them. */
#include "base/error.h"
#include "lesson/lesson_list.h"
#include "option/refuse.h"
#include "text/cell.h"
#include "verb/verb.h"

#include <stdio.h>
#include <string.h>

/* Columns of the text, and of what stands before it. */
#define WIDTH  80
#define INDENT 5

/* A text behind a mark, broken into lines. */
static void print_text(const char *mark, const char *text)
{
    printf("%-*s", INDENT, mark);
    for (size_t column = INDENT; *text != '\0';) {
        const size_t length = strcspn(text, " ");
        if (column > INDENT && column + 1 + length > WIDTH) {
            printf("\n%*s", INDENT, "");
            column = INDENT;
        }
        printf("%s%.*s", column > INDENT ? " " : "", (int)length, text);
        column += (size_t)cells_columns(text, length) + (column > INDENT);
        text += length + strspn(text + length, " ");
    }
    putchar('\n');
}

static void print_step(const lesson_step *s, size_t number)
{
    char mark[24];
    snprintf(mark, sizeof mark, "%zu.", number);
    print_text(mark, s->say.text);
    for (size_t n = 0; n < s->commands.count; n++)
        print_text("  :", s->commands.at[n].text);
    if (s->ask.text == NULL)
        return;
    print_text("  ?", s->ask.text);
    for (int n = 0; n < LESSON_ANSWERS && s->answers[n].text != NULL; n++)
        print_text((const char[]){' ', ' ', (char)('a' + n), '\0'}, s->answers[n].text);
    snprintf(mark, sizeof mark, "  %c!", 'a' + s->right);
    print_text(mark, s->why.text);
}

static void print_lesson(const lesson *l)
{
    printf("%s: %s\n", l->name, l->title);
    for (size_t n = 0; n < l->step_count; n++) {
        putchar('\n');
        print_step(&l->steps[n], n + 1);
    }
}

static detinit_status print_list(const settings *s, detinit_error *error)
{
    lesson_list list;
    if (!lesson_list_load(&list, error))
        return error->status;
    for (size_t n = 0; n < list.count; n++)
        printf("%-12s %s\n", list.at[n].name,
               list.at[n].wrong != NULL ? list.at[n].wrong : list.at[n].title);
    if (!s->output.quiet)
        puts("\ndetinit learn NAME on a terminal begins one; in the explorer L lists them.");
    lesson_list_free(&list);
    return DETINIT_OK;
}

/* What is not there is refused before a screen opens. */
static bool check(const settings *s, detinit_error *error)
{
    lesson found;
    if (s->output.format != OUTPUT_TEXT)
        return refuse(error, "--format: learn prints text");
    if (s->file == NULL)
        return true;
    if (!lesson_find(s->file, &found, error))
        return false;
    lesson_free(&found);
    return true;
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    lesson found;
    if (s->file == NULL)
        return print_list(s, error);
    if (!lesson_find(s->file, &found, error))
        return error->status;
    print_lesson(&found);
    lesson_free(&found);
    return DETINIT_OK;
}

const verb verb_learn = {
    .name = "learn",
    .operand = "[NAME]",
    .noun = "lesson",
    .help = "guided tours of the explorer",
    .options = {VERB_OPTION(FORMAT), VERB_OPTION(QUIET), VERB_OPTION(COLOR),
                VERB_OPTION(BACKGROUND), VERB_OPTION(NO_MOUSE), VERB_OPTION(ASCII)},
    .explores = true,
    .operand_word = lesson_built_in_name,
    .check = check,
    .run = run_verb,
};
