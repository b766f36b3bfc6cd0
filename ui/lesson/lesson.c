#include "lesson/lesson.h"

#include "base/error.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a line may say. */
typedef enum lesson_key {
    KEY_TITLE,
    KEY_SAY,
    KEY_DO,
    KEY_SEE,
    KEY_ASK,
    KEY_A,
    KEY_B,
    KEY_C,
    KEY_RIGHT,
    KEY_WHY,
    KEY_COUNT
} lesson_key;

static const char *const key_names[KEY_COUNT] = {"title", "say", "do", "see",   "ask",
                                                 "a",     "b",   "c",  "right", "why"};

typedef struct parser {
    lesson *l;
    const char *shown;
    int line;
    char **last; /* the text that a line which begins with a blank goes on with; NULL: none */
    lesson_line right;
    detinit_error *error;
} parser;

static void lines_free(lesson_lines *lines)
{
    for (size_t n = 0; n < lines->count; n++)
        free(lines->at[n].text);
    free(lines->at);
}

static void step_free(lesson_step *s)
{
    free(s->say.text);
    free(s->ask.text);
    free(s->why.text);
    for (int n = 0; n < LESSON_ANSWERS; n++)
        free(s->answers[n].text);
    lines_free(&s->commands);
    lines_free(&s->sees);
}

void lesson_free(lesson *l)
{
    for (size_t n = 0; n < l->step_count; n++)
        step_free(&l->steps[n]);
    free(l->steps);
    free(l->name);
    free(l->shown);
    free(l->title);
    free(l->wrong);
    *l = (lesson){.name = NULL};
}

/* -------------------------------------------------------------------- errors */

static bool wrong_at(parser *p, int line, const char *why)
{
    error_set(p->error, DETINIT_IO, "%.300s:%d: %s", p->shown, line > 0 ? line : 1, why);
    return false;
}

static bool wrong(parser *p, const char *why)
{
    return wrong_at(p, p->line, why);
}

static bool no_memory(parser *p)
{
    error_set(p->error, DETINIT_NO_MEMORY, "not enough memory for a lesson");
    return false;
}

/* -------------------------------------------------------------------- texts */

static char *copy_part(const char *text, size_t length)
{
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\r'))
        length--;
    return strndup(text, length);
}

/* Keeps a text in a place that may have one. */
static bool keep(parser *p, lesson_line *place, lesson_key key, const char *text, size_t length)
{
    char why[64];
    snprintf(why, sizeof why, "%s: was given twice in this step", key_names[key]);
    if (place->text != NULL)
        return wrong(p, why);
    *place = (lesson_line){copy_part(text, length), p->line};
    p->last = &place->text;
    return place->text != NULL || no_memory(p);
}

/* Keeps a text behind those that are there. */
static bool append(parser *p, lesson_lines *lines, const char *text, size_t length)
{
    lesson_line *at = realloc(lines->at, (lines->count + 1) * sizeof *at);
    if (at == NULL)
        return no_memory(p);
    lines->at = at;
    lines->at[lines->count] = (lesson_line){copy_part(text, length), p->line};
    p->last = &lines->at[lines->count].text;
    return lines->at[lines->count++].text != NULL || no_memory(p);
}

/* Puts a line behind the text before it. */
static bool go_on(parser *p, const char *text, size_t length)
{
    char *part = copy_part(text, length), *whole = NULL;
    if (p->last == NULL) {
        free(part);
        return wrong(p, "expected title: TEXT before all else");
    }
    if (part == NULL || asprintf(&whole, "%s %s", *p->last, part) < 0)
        whole = NULL;
    free(part);
    if (whole == NULL)
        return no_memory(p);
    free(*p->last);
    *p->last = whole;
    return true;
}

/* -------------------------------------------------------------------- steps */

/* The answer that `right:` names; -1 where it is none of the step's. */
static int right_answer(const parser *p, const lesson_step *s)
{
    const char *text = p->right.text;
    const int n = text[0] - 'a';
    return text[1] == '\0' && n >= 0 && n < LESSON_ANSWERS && s->answers[n].text != NULL ? n : -1;
}

/* A question is whole, or there is nothing of one. */
static bool check_question(parser *p, lesson_step *s)
{
    const lesson_line *const parts[] = {&s->answers[0], &s->answers[1], &s->answers[2], &p->right,
                                        &s->why};
    for (size_t n = 0; n < sizeof parts / sizeof parts[0] && s->ask.text == NULL; n++)
        if (parts[n]->text != NULL)
            return wrong_at(p, parts[n]->number, "expected ask: TEXT in the same step");
    if (s->ask.text == NULL)
        return true;
    if (s->answers[0].text == NULL || s->answers[1].text == NULL)
        return wrong_at(p, s->ask.number, "ask: expected the answers a: and b: in the same step");
    if (p->right.text == NULL)
        return wrong_at(p, s->ask.number, "ask: expected right: and the letter of an answer");
    s->right = right_answer(p, s);
    if (s->right < 0)
        return wrong_at(p, p->right.number, "right: expected the letter of an answer: a, b or c");
    return s->why.text != NULL ||
           wrong_at(p, s->ask.number, "ask: expected why: TEXT, which is told after the answer");
}

static bool end_step(parser *p)
{
    lesson *l = p->l;
    bool whole = l->step_count == 0 || check_question(p, &l->steps[l->step_count - 1]);
    free(p->right.text);
    p->right = (lesson_line){.text = NULL};
    return whole;
}

static bool begin_step(parser *p, const char *text, size_t length)
{
    lesson *l = p->l;
    if (!end_step(p))
        return false;
    lesson_step *steps = realloc(l->steps, (l->step_count + 1) * sizeof *steps);
    if (steps == NULL)
        return no_memory(p);
    l->steps = steps;
    l->steps[l->step_count++] = (lesson_step){.right = -1};
    return keep(p, &l->steps[l->step_count - 1].say, KEY_SAY, text, length);
}

static bool take_title(parser *p, const char *text, size_t length)
{
    if (p->l->title != NULL)
        return wrong(p, "title: was given twice");
    p->l->title = copy_part(text, length);
    p->last = &p->l->title;
    return p->l->title != NULL || no_memory(p);
}

/* What belongs to a step that has begun. */
static bool take_part(parser *p, lesson_key key, const char *text, size_t length)
{
    lesson *l = p->l;
    if (l->step_count == 0)
        return wrong(p, "expected say: TEXT, which begins a step");
    lesson_step *s = &l->steps[l->step_count - 1];
    if (key == KEY_DO || key == KEY_SEE)
        return append(p, key == KEY_DO ? &s->commands : &s->sees, text, length);
    lesson_line *place = key == KEY_ASK     ? &s->ask
                         : key == KEY_RIGHT ? &p->right
                         : key == KEY_WHY   ? &s->why
                                            : &s->answers[key - KEY_A];
    return keep(p, place, key, text, length);
}

/* -------------------------------------------------------------------- lines */

static lesson_key find_key(const char *line, size_t length)
{
    int key = 0;
    while (key < KEY_COUNT &&
           (strlen(key_names[key]) != length || strncmp(key_names[key], line, length) != 0))
        key++;
    return (lesson_key)key;
}

/* One line, which does not begin with a blank. */
static bool take_line(parser *p, const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);
    const lesson_key key = colon != NULL ? find_key(line, (size_t)(colon - line)) : KEY_COUNT;
    char why[160];
    if (p->l->title == NULL && key != KEY_TITLE)
        return wrong(p, "expected title: TEXT before all else");
    snprintf(why, sizeof why,
             "'%.*s' is unknown; expected say, do, see, ask, a, b, c, right or "
             "why, and a colon",
             (int)(length < 20 ? length : 20), line);
    if (key == KEY_COUNT)
        return wrong(p, why);
    const char *text = colon + 1, *end = line + length;
    while (text < end && (*text == ' ' || *text == '\r'))
        text++;
    snprintf(why, sizeof why, "%s: expected text behind it", key_names[key]);
    if (text == end)
        return wrong(p, why);
    length = (size_t)(end - text);
    return key == KEY_TITLE ? take_title(p, text, length)
           : key == KEY_SAY ? begin_step(p, text, length)
                            : take_part(p, key, text, length);
}

/* UTF-8 that can be shown: control characters would garble a screen. */
static bool is_text(const char *line, size_t length)
{
    uint32_t rune = 0;
    for (size_t at = 0, taken; at < length; at += taken) {
        taken = utf8_next(line + at, length - at, &rune);
        if (taken == 0 || (!utf8_is_harmless(rune) && rune != '\r'))
            return false;
    }
    return true;
}

static bool take_any_line(parser *p, const char *line, size_t length)
{
    size_t blanks = 0;
    while (blanks < length && (line[blanks] == ' ' || line[blanks] == '\r'))
        blanks++;
    if (!is_text(line, length))
        return wrong(p, "expected UTF-8 text without control characters");
    if (blanks == length || line[0] == '#')
        return true;
    return blanks > 0 ? go_on(p, line + blanks, length - blanks) : take_line(p, line, length);
}

bool lesson_parse(const char *text, const char *name, const char *shown, lesson *out,
                  detinit_error *error)
{
    parser p = {.l = out, .shown = shown, .error = error};
    *out = (lesson){.name = strdup(name), .shown = strdup(shown)};
    bool good = (out->name != NULL && out->shown != NULL) || no_memory(&p);
    while (good && *text != '\0') {
        const size_t length = strcspn(text, "\n");
        p.line++;
        good = take_any_line(&p, text, length);
        text += length + (text[length] == '\n');
    }
    good = good && end_step(&p);
    if (good && out->step_count == 0)
        good = wrong(&p, out->title == NULL ? "expected title: TEXT before all else"
                                            : "expected say: TEXT, which begins a step");
    free(p.right.text);
    if (!good)
        lesson_free(out);
    return good;
}
