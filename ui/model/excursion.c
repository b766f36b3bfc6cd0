#include "model/excursion.h"

#include <stdlib.h>

/* What the user looked at, but for trained networks and races, which stay what they are. */
struct before_lesson {
    undo_step settings;
    view view;
    undo_stack undo, redo;
};

static void look_at(model *m, const view *v)
{
    const bool other_layers = m->view.activation != v->activation;
    m->view = *v;
    if (other_layers)
        model_make_anew(m, PIECE_MODES);
}

/* Threads and colours stay as they are: lessons are not about them. */
static void go_to(model *m, undo_step step)
{
    step.run = m->settings.run;
    step.screen = m->settings.screen;
    model_go_to(m, &step);
}

bool model_begin_lesson(model *m, const lesson *taken)
{
    learning *l = &m->learning;
    if (l->before == NULL) {
        l->before = malloc(sizeof *l->before);
        if (l->before == NULL)
            return false;
        l->before->settings = undo_step_of(&m->settings, &m->viewed);
        l->before->view = m->view;
        l->before->undo = m->undo;
        l->before->redo = m->redo;
    }
    lesson_free(&l->lesson);
    l->lesson = *taken;
    l->step = 0;
    return true;
}

void model_set_out(model *m)
{
    static const viewed none;
    settings standard;
    settings_init(&standard);
    const undo_step step = undo_step_of(&standard, &none);
    settings_free(&standard);
    look_at(m, &(view){.pane = 0});
    go_to(m, step);
}

void model_leave_lesson(model *m)
{
    learning *l = &m->learning;
    if (l->before == NULL)
        return;
    look_at(m, &l->before->view);
    go_to(m, l->before->settings);
    m->undo = l->before->undo;
    m->redo = l->before->redo;
    free(l->before);
    l->before = NULL;
    lesson_free(&l->lesson);
    model_say(m, MESSAGE_INFO, "back where you were before the lesson");
}
