/* A recipe in words: what it says beside its defaults, how its std and its weights come about. */
#ifndef UI_OPTION_RECIPE_TEXT_H
#define UI_OPTION_RECIPE_TEXT_H

#include "option/option.h"

/*
 * What a heading says of those fields that most recipes leave alone: ", fan_mode=fan_out, cut=3",
 * and of the parts of a fused tensor;
 * "" of most recipes.  Returns buffer.
 */
const char *recipe_more(const detinit_recipe *recipe, char *buffer, size_t size);

/*
 * By what options of the prompt settings differ from those before: "seed 43 -> 42, mode he ->
 * xavier".  Returns buffer.
 */
const char *settings_change(const settings *before, const settings *after, char *buffer,
                            size_t size);

/* Whether an option is one to tell two recipes apart by: matrices have rows and cols, others a
 * shape. */
bool recipe_is_told_by(const option *which, const detinit_recipe *a, const detinit_recipe *b);

/* A sentence on what was asked for and changes nothing in this shape; NULL: there is nothing. */
const char *recipe_note(const detinit_recipe *recipe);

typedef struct weight_step {
    const char *name; /* "std" */
    char made[64];    /* of what: "sqrt(2 / fan_in)", in ASCII */
    char brief[64];   /* the same where room is scarce, in UTF-8 */
    double value;
} weight_step;

/* As many as there can be. */
#define WEIGHT_STEPS_MOST 8

/*
 * The steps of a weight after z, up to the weight itself, which is the last: of a draw how it comes
 * from z, the mean of its slice, its std; else how the mode makes it.  Returns how many.
 */
size_t weight_steps(const detinit_recipe *recipe, const detinit_trace *trace,
                    weight_step steps[WEIGHT_STEPS_MOST]);

/* What an undrawn weight depends on, in a sentence. */
const char *undrawn_note(const detinit_recipe *recipe);

/*
 * About how large the weights of a recipe are, for the digits that they need: their std; or the
 * largest of those that are not drawn.  Above 0.
 */
double weight_size(const detinit_recipe *recipe);

/* How a recipe's std comes about: "sqrt(2 / fan_in)", "sqrt(1 / fan_out) gain(tanh)". Returns
 * buffer. */
const char *std_formula(const detinit_recipe *recipe, char *buffer, size_t size);

/* What the fan in that formula is: "fan_in = 20: what each unit sums over"; "" where there is none.
 * Returns buffer. */
const char *fan_text(const detinit_recipe *recipe, char *buffer, size_t size);

#endif
