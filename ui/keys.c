/* The keys of the explorer: each stands for a command line. */
#include "command.h"

const key_binding key_bindings[] = {
    {'1', "1-6", "pane 1", "go to a pane"},
    {'2', "2", "pane 2", NULL},
    {'3', "3", "pane 3", NULL},
    {'4', "4", "pane 4", NULL},
    {'5', "5", "pane 5", NULL},
    {'6', "6", "pane 6", NULL},
    {'\t', "Tab", "pane next", "next pane; Shift-Tab: previous"},
    {UI_KEY_BACK_TAB, "S-Tab", "pane previous", NULL},
    {'\r', "Enter z", "zoom", "show the pane alone, or all again"},
    {'\n', "Enter", "zoom", NULL},
    {'z', "z", "zoom", NULL},
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
    {'v', "v", "view", "another view: heat map, log scale, Q-Q, tanh"},
    {'r', "r", "test-repro", "prove the weights reproducible"},
    {'w', "w", "prompt save weights.npy", "save; the prompt takes the name"},
    {'u', "u", "undo", "take the last change back"},
    {'y', "y", "recipe", "show the command line, to copy"},
    {':', ":", "prompt", "type a command"},
    {'?', "? F1", "help", "this page"},
    {UI_KEY_F1, "F1", "help", NULL},
    {'/', "/", "prompt help", "search this page"},
    {0x0C, "Ctrl-L", "redraw", "draw the screen anew"},
    {0x03, "Ctrl-C", "cancel", "stop what is being computed"},
    {0x1A, "Ctrl-Z", "suspend", "go back to the shell for a while"},
    {0x1B, "Esc", "back", "close what is on top; never leaves"},
    {'q', "q", "close", "close what is on top, then leave"},
};
const int key_binding_count = sizeof key_bindings / sizeof key_bindings[0];

const key_binding *command_key(int key)
{
    for (int n = 0; n < key_binding_count; n++)
        if (key_bindings[n].key == key)
            return &key_bindings[n];
    return NULL;
}
