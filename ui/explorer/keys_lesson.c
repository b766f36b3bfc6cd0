/*
 * The keys that a lesson and the list of lessons take for themselves while they are open, and those
 * that mean something else in the pane in focus.
 */
#include "explorer/keys.h"

#include "pane/pane.h"

#include <stddef.h>

static const key_binding list_bindings[] = {
    {'1', "1-9", "learn 1", NULL},
    {'2', "2", "learn 2", NULL},
    {'3', "3", "learn 3", NULL},
    {'4', "4", "learn 4", NULL},
    {'5', "5", "learn 5", NULL},
    {'6', "6", "learn 6", NULL},
    {'7', "7", "learn 7", NULL},
    {'8', "8", "learn 8", NULL},
    {'9', "9", "learn 9", NULL},
    {UI_KEY_UP, "Up", "lesson back", NULL},
    {'k', "k", "lesson back", NULL},
    {UI_KEY_DOWN, "Down", "lesson next", NULL},
    {'j', "j", "lesson next", NULL},
    {'\r', "Enter", "lesson choose", NULL},
    {'\n', "Enter", "lesson choose", NULL},
    {' ', "Space", "lesson choose", NULL},
};

/* Behind these only where a question is asked. */
static const key_binding step_bindings[] = {
    {' ', "Space", "lesson next", NULL},
    {'\r', "Enter", "lesson next", NULL},
    {'\n', "Enter", "lesson next", NULL},
    {UI_KEY_RIGHT, "Right", "lesson next", NULL},
    {UI_KEY_LEFT, "Left", "lesson back", NULL},
    {UI_KEY_BACKSPACE, "Backspace", "lesson back", NULL},
    {0x7F, "Backspace", "lesson back", NULL},
    {0x08, "Backspace", "lesson back", NULL},
};
static const key_binding answer_bindings[] = {
    {'a', "a", "lesson a", NULL},
    {'b', "b", "lesson b", NULL},
    {'c', "c", "lesson c", NULL},
};

#define FIND(bindings, key) find_in(bindings, sizeof bindings / sizeof bindings[0], key)

static const key_binding *find_in(const key_binding *bindings, size_t count, int key)
{
    for (size_t n = 0; n < count; n++)
        if (bindings[n].key == key)
            return &bindings[n];
    return NULL;
}

/* A key of the pane's own; in the main thread alone. */
static const key_binding *find_of_pane(const pane *p, int key)
{
    static key_binding found;
    for (const pane_key *k = p->keys; k != NULL && k->key != 0; k++)
        if (k->key == key) {
            found = (key_binding){.key = key, .text = k->text};
            return &found;
        }
    return NULL;
}

const key_binding *key_find_now(const model *m, int key)
{
    const learning *l = &m->learning;
    const lesson_step *s = learning_step(l);
    const key_binding *found = NULL;
    if (m->view.help)
        return key_find(key);
    if (l->choosing)
        found = FIND(list_bindings, key);
    else if (s != NULL)
        found = FIND(step_bindings, key);
    if (found == NULL && !l->choosing && s != NULL && s->ask.text != NULL)
        found = FIND(answer_bindings, key);
    if (found == NULL && s == NULL && !l->choosing)
        found = find_of_pane(panes[m->view.pane], key);
    return found != NULL ? found : key_find(key);
}
