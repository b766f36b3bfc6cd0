#include "explorer/keys.h"

#include "pane/pane.h"

#include <string.h>

/* Panes that have a key: their numbers, as far as one digit goes. */
#define DIGITS        9
#define PANE_KEYS     (PANE_COUNT < DIGITS ? PANE_COUNT : DIGITS)
#define DIGITS_UNUSED (DIGITS - PANE_KEYS)

static const char pane_keys_label[] = {'1', '-', '0' + PANE_KEYS, '\0'};

/* Digits come first and fall, so that those that no pane has can be left out. */
static const key_binding bindings[] = {
    {'9', "9", "pane 9", NULL},
    {'8', "8", "pane 8", NULL},
    {'7', "7", "pane 7", NULL},
    {'6', "6", "pane 6", NULL},
    {'5', "5", "pane 5", NULL},
    {'4', "4", "pane 4", NULL},
    {'3', "3", "pane 3", NULL},
    {'2', "2", "pane 2", NULL},
    {'1', pane_keys_label, "pane 1", "go to a pane"},
    {'\t', "Tab", "pane next", "next pane; Shift-Tab: previous"},
    {UI_KEY_BACK_TAB, "S-Tab", "pane previous", NULL},
    {'z', "z", "zoom", "show the pane alone, or all again"},
    {'\r', "Enter", "choose", "take what the pane's cursor is at; else as z"},
    {'\n', "Enter", "choose", NULL},
    {UI_KEY_UP, "arrows", "move up", "move the cursor; also h j k l"},
    {UI_KEY_DOWN, "Down", "move down", NULL},
    {UI_KEY_LEFT, "Left", "move left", NULL},
    {UI_KEY_RIGHT, "Right", "move right", NULL},
    {'k', "k", "move up", NULL},
    {'j', "j", "move down", NULL},
    {'h', "h", "move left", NULL},
    {'l', "l", "move right", NULL},
    {UI_KEY_PAGE_UP, "PgUp PgDn", "move page-up", "a page of rows up or down"},
    {UI_KEY_PAGE_DOWN, "PgDn", "move page-down", NULL},
    {UI_KEY_HOME, "Home End", "move first", "first or last column"},
    {UI_KEY_END, "End", "move last", NULL},
    {'g', "g G", "move top", "first or last row"},
    {'G', "G", "move bottom", NULL},
    {'+', "+ -", "next seed", "next or previous seed"},
    {'=', "=", "next seed", NULL},
    {'-', "-", "previous seed", NULL},
    {']', "[ ]", "next layer", "previous or next layer"},
    {'[', "[", "previous layer", NULL},
    {'m', "m M", "next mode", "next or previous mode"},
    {'M', "M", "previous mode", NULL},
    {'d', "d", "next dist", "next distribution"},
    {'o', "o", "toggle orthogonal", "orthogonal on or off"},
    {'f', "f", "next fan-in", "the other side is fan_in"},
    {'0', "0", "pane tensors", "go to the tensors of a file"},
    {'x', "x", "face", "the next face of a file's tensor: w, w0, change"},
    {'D', "D", "dims", "other dimensions of a tensor, rows and columns"},
    {')', "( )", "next slice", "the index of its other dimensions"},
    {'(', "(", "previous slice", NULL},
    {'v', "v", "view", "another view: heat map, afar, log scale, Q-Q, tanh"},
    {'a', "a A", "next activation", "next or previous activation of the Signal pane"},
    {'A', "A", "previous activation", NULL},
    {'R', "R", "toggle residual", "residual connections on or off"},
    {'N', "N", "toggle normalization", "layer normalization on or off"},
    {'t', "t T", "train small", "train a network: small, or on all of Fashion-MNIST"},
    {'T', "T", "train", NULL},
    {'C', "C", "train compare", "race five schemes against one another in 20 ReLU layers"},
    {'O', "O", "prompt open", "open a file of tensors"},
    {'>', "< >", "next threshold", "a lower or a higher threshold of change; also , ."},
    {'<', "<", "previous threshold", NULL},
    {'.', ".", "next threshold", NULL},
    {',', ",", "previous threshold", NULL},
    {'}', "{ }", "next tensor", "previous or next tensor"},
    {'{', "{", "previous tensor", NULL},
    {'p', "p P", "prompt prune init pruned.safetensors",
     "save the trained network pruned, or packed"},
    {'P', "P", "prompt pack packed.safetensors", NULL},
    {'L', "L", "learn", "lessons: guided tours of the explorer"},
    {'r', "r", "test-repro", "prove the weights reproducible"},
    {'w', "w", "prompt save weights.npy", "save; the prompt takes the name"},
    {'u', "u Ctrl-R", "undo", "take the last change back; make it anew"},
    {0x12, "Ctrl-R", "redo", NULL},
    {'y', "y", "recipe", "show the command line, to copy"},
    {':', ":", "prompt", "type a command"},
    {'?', "? F1", "help", "what the pane shows, its words, and this page"},
    {UI_KEY_F1, "F1", "help", NULL},
    {'/', "/ n", "prompt help", "search this page; the next place"},
    {'n', "n", "next hit", NULL},
    {0x0C, "Ctrl-L", "redraw", "draw the screen anew"},
    {0x03, "Ctrl-C", "cancel", "stop what is being computed"},
    {0x1A, "Ctrl-Z", "suspend", "go back to the shell for a while"},
    {0x1B, "Esc", "back", "close what is on top; never leaves"},
    {'q', "q", "close", "close what is on top, then leave"},
};
const key_binding *const key_bindings = bindings + DIGITS_UNUSED;
const int key_binding_count = sizeof bindings / sizeof bindings[0] - DIGITS_UNUSED;

const key_binding *key_find(int key)
{
    for (int n = 0; n < key_binding_count; n++)
        if (key_bindings[n].key == key)
            return &key_bindings[n];
    return NULL;
}

int key_named(const char *name, size_t length)
{
    static const struct {
        const char *name;
        int key;
    } others[] = {{"Tab", '\t'},
                  {"Enter", '\r'},
                  {"Space", ' '},
                  {"Left", UI_KEY_LEFT},
                  {"arrows", UI_KEY_DOWN},
                  {"PgUp", UI_KEY_PAGE_UP},
                  {"PgDn", UI_KEY_PAGE_DOWN}};
    if (length == 1)
        return name[0];
    for (size_t n = 0; n < sizeof others / sizeof others[0]; n++)
        if (strlen(others[n].name) == length && strncmp(others[n].name, name, length) == 0)
            return others[n].key;
    return 0;
}
