/* Commands of lessons: the list of them, a lesson, its steps. */
#include "explorer/command.h"

#include "base/error.h"
#include "model/excursion.h"
#include "option/option.h"
#include "option/refuse.h"
#include "pane/layout.h"
#include "pane/lesson_box.h"

#include <stdlib.h>
#include <string.h>

/* -------------------------------------------------------------------- steps */

/* Whether leaving a lesson takes back what an option sets. */
static bool is_taken_back(const option *which)
{
    const unsigned groups =
        GROUPS_OF_RECIPE | GROUP_FIGURES | GROUP_THRESHOLD | GROUP_TRAINING | GROUP_SIGNAL;
    return which == &options[OPTION_FACTORS] || which == &options[OPTION_WIDEST] ||
           ((which->group & groups) != 0 && which != &options[OPTION_DATA]);
}

/* A lesson writes no file, does not leave, and begins no other; no command is neither. */
static bool is_for_users(const char *name)
{
    static const char *const for_lessons[] = {"goto",   "move",   "next",  "pane", "previous",
                                              "tensor", "toggle", "train", "view", "zoom"};
    const option *which = option_find(name);
    for (size_t n = 0; n < sizeof for_lessons / sizeof for_lessons[0]; n++)
        if (strcmp(name, for_lessons[n]) == 0)
            return false;
    return command_find(name) != NULL || (which != NULL && !is_taken_back(which));
}

/* The commands of one line of a lesson. */
static bool run_line(model *m, const char *line, detinit_error *error)
{
    char *copy = strdup(line), *rest = copy;
    command_call call;
    bool done = copy != NULL || refuse_memory(error);
    while (done && command_cut(&rest, &call))
        done = is_for_users(call.name)
                   ? refuse(error, "%.60s: is for users alone, not for lessons", call.name)
                   : command_do(m, &call, error);
    free(copy);
    return done;
}

/* Puts "FILE:LINE: " before the sentence: a mistake of the lesson, not of its user. */
static bool fail_at(const lesson *l, const lesson_line *line, detinit_error *error)
{
    const detinit_error why = *error;
    error_set(error, DETINIT_IO, "%.150s:%d: %.300s", l->shown, line->number, why.message);
    return false;
}

/* Shows a step; where that fails the lesson is over, and all is as it was before it. */
static bool open_step(model *m, size_t step, detinit_error *error)
{
    learning *l = &m->learning;
    const lesson_lines *lines = &l->lesson.steps[step].commands;
    l->step = step;
    l->above = 0;
    l->answer = 0;
    model_set_out(m);
    for (size_t n = 0; n < lines->count; n++) {
        if (run_line(m, lines->at[n].text, error))
            continue;
        fail_at(&l->lesson, &lines->at[n], error);
        model_leave_lesson(m);
        return false;
    }
    m->undo.count = m->redo.count = 0; /* what the step did is not for the user to take back */
    return true;
}

/* --------------------------------------------------------------------- list */

static bool open_list(model *m, detinit_error *error)
{
    learning *l = &m->learning;
    lesson_list_free(&l->list);
    if (!lesson_list_load(&l->list, error))
        return false;
    l->choosing = true;
    m->view.help = false;
    if (l->chosen >= l->list.count)
        l->chosen = 0;
    return true;
}

static bool begin(model *m, const char *name, detinit_error *error)
{
    lesson found;
    if (!lesson_find(name, &found, error))
        return false;
    if (!model_begin_lesson(m, &found)) {
        lesson_free(&found);
        return refuse_memory(error);
    }
    m->learning.choosing = false;
    return open_step(m, 0, error);
}

static bool run_learn(model *m, const char *value, detinit_error *error)
{
    return value != NULL ? begin(m, value, error) : open_list(m, error);
}

/* ------------------------------------------------------------------- motion */

static bool need_lesson(const model *m, detinit_error *error)
{
    return learning_step(&m->learning) != NULL ||
           refuse(error, "lesson: none runs; learn NAME begins one, learn lists them");
}

/* From step to step, or from line to line of the list. */
static bool step_lesson(model *m, int by, detinit_error *error)
{
    learning *l = &m->learning;
    if (l->choosing) {
        learning_choose(l, by);
        return true;
    }
    if (!need_lesson(m, error))
        return false;
    if (lesson_box_scroll(m, layout_make(m, m->width, m->height).lesson, by))
        return true;
    if (by > 0 ? l->step + 1 < l->lesson.step_count : l->step > 0)
        return open_step(m, by > 0 ? l->step + 1 : l->step - 1, error);
    model_say(m, MESSAGE_INFO,
              by > 0 ? "this is the last step; go on alone, or q: back to where you were"
                     : "this is the first step");
    return true;
}

static bool choose_lesson(model *m, int by, detinit_error *error)
{
    learning *l = &m->learning;
    (void)by;
    if (!l->choosing || l->chosen >= l->list.count)
        return refuse(error, "lesson: learn opens the list to choose from");
    return begin(m, l->list.at[l->chosen].name, error);
}

static bool answer(model *m, int letter, detinit_error *error)
{
    if (!need_lesson(m, error))
        return false;
    const lesson_step *s = learning_step(&m->learning);
    if (s->ask.text == NULL || s->answers[letter - 'a'].text == NULL)
        return refuse(error, "lesson: this step has no answer %c", letter);
    m->learning.answer = letter;
    lesson_box_scroll_to_end(m, layout_make(m, m->width, m->height).lesson);
    return true;
}

static bool leave(model *m, int by, detinit_error *error)
{
    (void)by;
    if (!need_lesson(m, error))
        return false;
    model_leave_lesson(m);
    return true;
}

static command_word lesson_words(int n)
{
    static const command_word words[] = {
        {"next", step_lesson, 1, true}, {"back", step_lesson, -1, true},
        {"a", answer, 'a', true},       {"b", answer, 'b', false},
        {"c", answer, 'c', false},      {"choose", choose_lesson, 0, false},
        {"leave", leave, 0, true},      {.name = NULL},
    };
    return words[n];
}

/* Who names a lesson wants it. */
static bool run_lesson(model *m, const char *value, detinit_error *error)
{
    const char *name;
    for (int n = 0; (name = lesson_built_in_name(n)) != NULL; n++)
        if (strcmp(name, value) == 0)
            return begin(m, value, error);
    return command_run_word(m, "lesson", lesson_words, value, error);
}

/* The words of learn, for completion alone: it takes other names, too. */
static command_word learn_words(int n)
{
    return (command_word){.name = lesson_built_in_name(n)};
}

const command lesson_commands[] = {
    {.name = "learn",
     .value = "[NAME]",
     .words = learn_words,
     .help = "begin a lesson, or list them",
     .run = run_learn},
    {.name = "lesson",
     .value = "WHERE",
     .words = lesson_words,
     .help = "in a lesson:",
     .run = run_lesson},
    {.name = NULL},
};
