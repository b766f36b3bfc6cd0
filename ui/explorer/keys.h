/* The keys of the explorer: each stands for a command line. */
#ifndef UI_EXPLORER_KEYS_H
#define UI_EXPLORER_KEYS_H

#include "model/model.h"
#include <stddef.h>

/* Keys that are no characters; term.c turns the terminal's into these. */
enum {
    KEY_FIRST_SPECIAL = 0x110000,
    UI_KEY_UP = KEY_FIRST_SPECIAL,
    UI_KEY_DOWN,
    UI_KEY_LEFT,
    UI_KEY_RIGHT,
    UI_KEY_PAGE_UP,
    UI_KEY_PAGE_DOWN,
    UI_KEY_HOME,
    UI_KEY_END,
    UI_KEY_BACK_TAB,
    UI_KEY_F1,
    UI_KEY_BACKSPACE,
    UI_KEY_DELETE,
    UI_KEY_MOUSE
};

/* A key and the command line that it stands for. */
typedef struct key_binding {
    int key;
    const char *label; /* "PgUp" */
    const char *text;  /* as typed at the prompt: "next seed" */
    const char *help;  /* for the help page; NULL: the same as the binding before */
} key_binding;

extern const key_binding *const key_bindings;
extern const int key_binding_count;

/* The binding of a key, or NULL. */
const key_binding *key_find(int key);

/* The same while a lesson or the list of lessons may be open, which take some keys first. */
const key_binding *key_find_now(const model *m, int key);
/* The key that the last line of the screen names so: a character, "Tab", "PgUp", "arrows", of which
 * it is the one down; or 0. */
int key_named(const char *name, size_t length);

#endif
