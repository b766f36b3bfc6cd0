/*
 * The names of a file's tensors as a tree: "h.0.attn.weight" lies in h, 0 and attn.  Never changes.
 */
#ifndef UI_TRAINED_TENSOR_TREE_H
#define UI_TRAINED_TENSOR_TREE_H

#include "detinit_files.h"

/* In the place of a tensor: it is a folder. */
#define TENSOR_NONE SIZE_MAX

/* A tensor, or a folder of what begins alike up to a dot or slash. */
typedef struct tensor_node {
    const char *name; /* of a tensor, or of one in the folder: its part of it is at `from` */
    size_t from, length;
    size_t tensor;          /* its number in the file, or TENSOR_NONE */
    size_t end;             /* of those within it, which follow it: the first that does not */
    size_t parent;          /* TENSOR_NONE at the top */
    unsigned depth;         /* folders around it */
    size_t tensors;         /* in it; 1 of a tensor */
    uint64_t values, bytes; /* likewise */
} tensor_node;

/* Folders stand before what they hold, names in the order of people: 2 before 10. */
typedef struct tensor_tree {
    size_t count;
    tensor_node *nodes;
    size_t *node_of; /* by the number of the tensor */
} tensor_tree;

/* Of a file that must stay open; false without memory.  Freed by tensor_tree_free. */
bool tensor_tree_make(const detinit_tensorfile *file, tensor_tree *out);
void tensor_tree_free(tensor_tree *t);

/* The numbers that a tensor is of: of a complex type two for each item. */
uint64_t tensor_value_count(const detinit_tensor *tensor);

/* Two names in that order, as strcmp. */
int tensor_name_compare(const char *a, const char *b);

#endif
