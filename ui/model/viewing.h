/*
 * A file of tensors that is looked at: opened beside the interface, one tensor chosen, with one of
 * its faces.  Panes have all weights that they show from here, of whatever they are.
 */
#ifndef UI_MODEL_VIEWING_H
#define UI_MODEL_VIEWING_H

#include "model/model.h"

/*
 * Asks for a file to be opened in the place of what is looked at, and compared with its recipes in
 * the place of the network before; false without memory.
 */
bool viewing_ask(model *m, const open_choice *what);

work_make viewing_open, viewing_sample;
void viewing_take(model *m, work_request *r); /* the file goes into the model */
void viewing_fail(model *m, work_request *r); /* there will be none */
void viewing_take_sample(model *m, work_request *r);
bool viewing_is_outdated(const work_request *r, const model *m);
bool viewing_sample_is_outdated(const work_request *r, const model *m);

/* Whether the list that is shown lacks figures, and the request for the next of them. */
bool viewing_lacks_figures(const model *m);
work_request *viewing_ask_figures(const model *m);

/* Takes another tensor, face or table of the file into view, or none; undo takes it back. */
void viewing_show(model *m, const viewed *at);

/* A tensor of a list with the face w where nothing tells its recipe, else as it was. */
void viewing_choose(model *m, tensor_list *list, size_t tensor);

/* Whether a tensor of a file is looked at, and whether it has a recipe. */
bool viewing_is_of_file(const model *m);
bool viewing_has_recipe(const model *m);

/* The tensor, and what it is called: of a .npy file by its path. */
const detinit_tensor *viewing_tensor(const model *m);
const char *viewing_name(const model *m);

/* The command line that shows the same. */
void viewing_command_line(const model *m, char *buffer, size_t size);

/* Whether what is shown is no draw of the recipe: the faces w and w - w0 of a file. */
bool viewing_is_measured(const model *m);

/* The list that the Tensors pane shows: of what is looked at, else of the file opened last. */
tensor_list *viewing_list(const model *m);

/* What is looked at, whose parts stay the model's. */
tensor_subject viewing_subject(const model *m);

/* A window of what is looked at, as subject_window; false where it cannot be had. */
bool viewing_window(const model *m, uint64_t row, uint64_t col, size_t rows, size_t cols,
                    double *out, size_t stride);

/*
 * What is expected of the weights that are shown: the recipe; of a change, or of a tensor that has
 * none, the scheme that an audit finds, or a normal distribution of its mean and std.
 */
const detinit_recipe *viewing_law(const model *m);

/* What an audit found of the weights that are shown; NULL: none was made, or is not through. */
const likely_law *viewing_found(const model *m);

/* Whether what is shown are whole numbers, or bool. */
bool viewing_is_whole(const model *m);

/* Whether a table of two dimensions is looked at, at one index of each other. */
bool viewing_is_table(const model *m);

/* The place of a cell in the tensor seen as a matrix: another only in such a table. */
void viewing_place(const model *m, uint64_t *row, uint64_t *col);

/* All indices of a cell, "3,1,0,2"; what heads a row, and the columns that takes at most. */
const char *viewing_place_text(const model *m, uint64_t row, uint64_t col, char *buffer,
                               size_t size);
const char *viewing_row_text(const model *m, uint64_t row, char *buffer, size_t size);
int viewing_row_width(const model *m);

#endif
