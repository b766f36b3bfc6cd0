/* What of a file is looked at, by the panes that show weights. */
#ifndef UI_MODEL_VIEWED_H
#define UI_MODEL_VIEWED_H

#include "trained/subject.h"
#include "trained/tensor_list.h"

/* All zero: no file, the recipe itself. */
typedef struct viewed {
    tensor_list *list; /* of its file, one of the model's; NULL: no file */
    size_t tensor;     /* its number in the file */
    tensor_face face;
    table_choice table;
} viewed;

/* The tensor; NULL: no file is looked at.  What is known of its recipe, or NULL. */
const detinit_tensor *viewed_tensor(const viewed *v);
const detinit_tracked *viewed_tracked(const viewed *v);

/* Whether the recipe says what to expect of the face that is shown. */
bool viewed_is_promised(const viewed *v);

/*
 * What is looked at, where `recipe` is that of the view and `matrix` of the recipe, or NULL; all
 * stay the caller's.
 */
tensor_subject viewed_subject(const viewed *v, const detinit_recipe *recipe,
                              detinit_matrix *matrix);

/* The recipe of its tensor, or, where nothing tells it, one of its shape, mean and std. */
detinit_recipe viewed_recipe(const viewed *v);

/* The same of a face that no recipe promises, by a few numbers of it. */
detinit_recipe viewed_law(const tensor_subject *s, const detinit_recipe *shape);

#endif
