/*
 * A file of tensors that is looked at: open, with what is known of its recipes.  It never changes,
 * so that any thread reads it, and goes when the last of its owners lets it go.
 */
#ifndef UI_TRAINED_OPENED_FILE_H
#define UI_TRAINED_OPENED_FILE_H

#include "trained/checkpoint.h"
#include "trained/tensor_tree.h"

#include <stdatomic.h>

typedef struct opened_file {
    atomic_size_t owners;
    checkpoint held;      /* its tensors, and the recipes of those that have one */
    char no_recipes[512]; /* why none has, "" where some do */
    char *manifest;       /* that told the recipes, as it was given; or NULL */
    bool of_view;         /* the recipe of its one tensor is the view's */
    tensor_tree tree;
} opened_file;

/*
 * Opens a file, whatever told its recipes or did not.  A manifest that is named must fit, as for
 * checkpoint_open.  One owner, who lets it go by opened_file_free.
 */
detinit_status opened_file_new(const checkpoint_source *from, opened_file **out,
                               detinit_error *error);
void opened_file_free(opened_file *f);

/* One owner more, in any thread. Returns it. */
opened_file *opened_file_share(opened_file *f);

#endif
