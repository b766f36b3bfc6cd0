#include "option/settings.h"

#include "option/option.h"
#include "option/place.h"
#include "option/refuse.h"
#include "verb/verb.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(OPTION_COUNT <= sizeof((settings){0}.given), "settings.given is too short");

void settings_init(settings *s)
{
    *s = (settings){
        .recipe = detinit_recipe_matrix(42, 0, 10, 10),
        .threshold = 1e-6,
        .epochs = 3,
        .batch = 128,
        .learning_rate = 0.2,
        .lambda = 5e-5,
        .schedule = SCHEDULE_LINEAR,
    };
}

/* The texts that settings own. */
#define TEXTS 7
static void find_texts(settings *s, char **texts[TEXTS])
{
    char **all[TEXTS] = {&s->save, &s->script,   &s->command, &s->file,
                         &s->net,  &s->manifest, &s->data};
    memcpy(texts, all, sizeof all);
}

void settings_free(settings *s)
{
    char **texts[TEXTS];
    find_texts(s, texts);
    for (int n = 0; n < TEXTS; n++) {
        free(*texts[n]);
        *texts[n] = NULL;
    }
}

bool settings_copy(settings *to, const settings *from)
{
    char **texts[TEXTS];
    bool enough = true;
    *to = *from;
    find_texts(to, texts);
    for (int n = 0; n < TEXTS; n++) {
        const char *text = *texts[n];
        *texts[n] = text != NULL ? strdup(text) : NULL;
        enough = enough && (text == NULL || *texts[n] != NULL);
    }
    if (!enough)
        settings_free(to);
    return enough;
}

/* An option that the command has no use for. */
static bool refuse_option(const settings *s, option_id which, detinit_error *error)
{
    char names[128];
    const verb_row *row = &verbs[s->verb];
    const unsigned takers = verbs_of_option(which);
    if ((options[which].uses & OPTION_IN_RECIPE) != 0)
        return refuse(error, "--%s: does not go with the command %s; %s tells it",
                      options[which].name, row->name, row->told_by);
    if ((takers >> VERB_PRINT & 1) == 0)
        return refuse(error, "--%s: goes with the command %s", options[which].name,
                      verb_names(takers, names, sizeof names));
    return refuse(error, "--%s: does not go with the command %s%s", options[which].name, row->name,
                  which == OPTION_SAVE ? "; --format json or csv, on standard output, keeps the "
                                         "figures"
                                       : "");
}

static bool check_verb(const settings *s, detinit_error *error)
{
    for (int id = 0; id < OPTION_COUNT; id++)
        if (s->given[id] && (verbs_of_option((option_id)id) >> s->verb & 1) == 0)
            return refuse_option(s, (option_id)id, error);
    if (verbs[s->verb].operand != NULL && s->file == NULL)
        return refuse(error, "%s: needs a file: detinit %s %s", verbs[s->verb].name,
                      verbs[s->verb].name, verbs[s->verb].operand);
    if (s->given[OPTION_THRESHOLD] && s->given[OPTION_SPARSITY])
        return refuse(error, "--threshold: cannot be joined with --sparsity; choose one");
    return true;
}

static bool check_place(const settings *s, detinit_error *error)
{
    char expected[80];
    if (s->verb != VERB_WEIGHT)
        return true;
    uint64_t row, col;
    if (!s->given[OPTION_AT] && s->recipe.rank == 2)
        return refuse(error, "weight: needs --at I,J, the row and the column of the weight");
    if (!s->given[OPTION_AT])
        return refuse(error, "weight: needs --at, the place of the weight: %s",
                      place_expected(s->recipe.rank, expected, sizeof expected));
    return place_find(&s->recipe, &s->at, "--at", &row, &col, error);
}

/* What a tensor of another rank cannot have, said by the names of the options. */
static bool check_rank(const settings *s, detinit_error *error)
{
    const detinit_recipe *r = &s->recipe;
    if (s->given[OPTION_SHAPE] && (s->given[OPTION_ROWS] || s->given[OPTION_COLS]))
        return refuse(error, "--shape: cannot be joined with --rows or --cols; it tells both");
    if (r->orthogonal && r->rank != 2)
        return refuse(error, "--orthogonal: needs a matrix; --shape has %zu dimension%s", r->rank,
                      r->rank > 1 ? "s" : "");
    if (r->zero_mean && r->rank != 4)
        return refuse(error, "--zero-mean: needs a convolution, --shape OUT,IN,HEIGHT,WIDTH");
    if (s->given[OPTION_FAN_IN] && r->rank != 2)
        return refuse(error, "--fan-in: needs a matrix; otherwise all dimensions but the first are "
                             "fan_in");
    return true;
}

/* Rules that join several options: what makes no sense, and how to say so. */
bool settings_check(const settings *s, detinit_error *error)
{
    const bool *given = s->given;
    if (given[OPTION_STD] && s->recipe.mode != DETINIT_NORMAL)
        return refuse(error, "--std: needs --mode normal; other modes set their own");
    if (s->matrix && s->format != OUTPUT_JSON)
        return refuse(error, "--matrix: needs --format json");
    if (s->recipe.orthogonal && s->recipe.dist != DETINIT_DIST_OF_MODE &&
        s->recipe.dist != DETINIT_DIST_NORMAL)
        return refuse(error, "--orthogonal: is made from normal draws; leave --dist out");
    if (s->script != NULL && s->command != NULL)
        return refuse(error, "--script: cannot be joined with --command; choose one");
    if (s->interactive && (s->script != NULL || s->command != NULL))
        return refuse(error, "--interactive: cannot be joined with --script or --command");
    if (s->save != NULL && s->save[0] == '-' && s->save[1] == '\0' && s->format != OUTPUT_TEXT)
        return refuse(error, "--save: standard output carries the .npy; leave --format out");
    return check_verb(s, error) && check_rank(s, error) && check_place(s, error) &&
           detinit_recipe_check(&s->recipe, error) == DETINIT_OK;
}

/* As a shell reads it: in quotes where it must be. */
static void shell_word(const char *text, char *buffer, size_t size)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_";
    size_t length = 0;
    if (text[0] != '\0' && text[strspn(text, plain)] == '\0') {
        snprintf(buffer, size, "%s", text);
        return;
    }
    length += (size_t)snprintf(buffer, size, "'");
    for (; *text != '\0' && length < size; text++)
        length +=
            (size_t)snprintf(buffer + length, size - length, *text == '\'' ? "'\\''" : "%c", *text);
    if (length < size)
        snprintf(buffer + length, size - length, "'");
}

/* Whether the command line of a recipe names an option: its value is not the default, or always
 * helps. */
static bool worth_naming(const settings *s, verb of, const settings *standard, int id)
{
    char mine[PLACE_TEXT], theirs[PLACE_TEXT];
    const bool is_matrix = s->recipe.rank == 2;
    const unsigned takers = verbs_of_option((option_id)id);
    const bool own = (options[id].uses & OPTION_IN_RECIPE) != 0 || (takers >> VERB_PRINT & 1) == 0;
    if ((takers >> of & 1) == 0 || !own || id == OPTION_THRESHOLD || id == OPTION_SPARSITY)
        return false;
    if (verbs[of].operand != NULL && (id == OPTION_ROWS || id == OPTION_COLS || id == OPTION_SHAPE))
        return false; /* the file tells them */
    if (verbs[of].operand == NULL && (id == OPTION_SEED || id == OPTION_MODE))
        return true;
    if (id == OPTION_ROWS || id == OPTION_COLS)
        return is_matrix;
    if (id == OPTION_SHAPE || (id == OPTION_FAN_IN && !is_matrix))
        return id == OPTION_SHAPE && !is_matrix;
    if (id == OPTION_STD && s->recipe.mode != DETINIT_NORMAL)
        return false;
    option_text(s, &options[id], mine, sizeof mine);
    option_text(standard, &options[id], theirs, sizeof theirs);
    return strcmp(mine, theirs) != 0;
}

const char *settings_command_line(const settings *s, verb of, char *buffer, size_t size)
{
    settings standard;
    char text[PATH_MAX], word[PATH_MAX + 2];
    const bool has_file = verbs[of].operand != NULL && s->file != NULL;
    settings_init(&standard);
    int length = snprintf(buffer, size, "detinit");
    if (verbs[of].name != NULL)
        length += snprintf(buffer + length, size - (size_t)length, " %s", verbs[of].name);
    if (has_file) {
        shell_word(s->file, word, sizeof word);
        length += snprintf(buffer + length, size - (size_t)length, " %s", word);
    }
    for (int id = 0; id < OPTION_COUNT; id++) {
        const option *which = &options[id];
        if (!worth_naming(s, of, &standard, id) || length < 0 || (size_t)length >= size)
            continue;
        length += snprintf(buffer + length, size - (size_t)length, " --%s", which->name);
        if (which->kind != OPTION_SWITCH && (size_t)length < size) {
            shell_word(option_text(s, which, text, sizeof text), word, sizeof word);
            length += snprintf(buffer + length, size - (size_t)length, " %s", word);
        }
    }
    return buffer;
}
