#include "model/excursion.h"

#include "option/option.h"

#include <stdlib.h>
#include <string.h>

/* What the user looked at, but for trained networks and races, which stay what they are. */
struct before_lesson {
    settings settings; /* whose texts are not looked at */
    view view;
    undo_step undo[UNDO_DEPTH];
    size_t undo_count, undo_next;
};

/* The settings that a lesson changes are those of `from`; its recipe is valid. */
static void take_settings(model *m, const settings *from)
{
    settings *s = &m->settings;
    char *data = s->training.data;
    const bool other_widths = s->describe.widest != from->describe.widest;
    const bool other_factors = s->describe.factors != from->describe.factors;
    s->tracking = from->tracking;
    s->training = from->training;
    s->training.data = data;
    s->describe = from->describe;
    s->signal = from->signal;
    s->given[OPTION_THRESHOLD] = from->given[OPTION_THRESHOLD];
    s->given[OPTION_SPARSITY] = from->given[OPTION_SPARSITY];
    model_set_recipe(m, &from->recipe, NULL);
    if (other_widths)
        model_make_anew(m, PIECE_COORDINATES);
    if (other_factors)
        model_make_anew(m, PIECE_PRODUCT);
    m->results.given_up &= ~(PIECES_OF_SIGNALS | PIECE_BIT(PIECE_PHASE));
    model_look_for_signals(m);
    model_apply_threshold(m);
}

static void look_at(model *m, const view *v)
{
    const bool other_layers = m->view.activation != v->activation;
    m->view = *v;
    if (other_layers)
        model_make_anew(m, PIECE_MODES);
}

bool model_begin_lesson(model *m, const lesson *taken)
{
    learning *l = &m->learning;
    if (l->before == NULL) {
        l->before = malloc(sizeof *l->before);
        if (l->before == NULL)
            return false;
        *l->before = (struct before_lesson){.settings = m->settings,
                                            .view = m->view,
                                            .undo_count = m->undo_count,
                                            .undo_next = m->undo_next};
        memcpy(l->before->undo, m->undo, sizeof m->undo);
    }
    lesson_free(&l->lesson);
    l->lesson = *taken;
    l->step = 0;
    return true;
}

void model_set_out(model *m)
{
    settings standard;
    settings_init(&standard);
    look_at(m, &(view){.pane = 0});
    take_settings(m, &standard);
    settings_free(&standard);
}

void model_leave_lesson(model *m)
{
    learning *l = &m->learning;
    if (l->before == NULL)
        return;
    look_at(m, &l->before->view);
    take_settings(m, &l->before->settings);
    memcpy(m->undo, l->before->undo, sizeof m->undo);
    m->undo_count = l->before->undo_count;
    m->undo_next = l->before->undo_next;
    free(l->before);
    l->before = NULL;
    lesson_free(&l->lesson);
    model_say(m, MESSAGE_INFO, "back where you were before the lesson");
}
