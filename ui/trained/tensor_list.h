/*
 * A file's tensors as a list to look through: folded folders, an order, a cursor, a search, and
 * figures of a sample of each, as they come.  Touched by one thread.
 */
#ifndef UI_TRAINED_TENSOR_LIST_H
#define UI_TRAINED_TENSOR_LIST_H

#include "trained/opened_file.h"

/* Orders: by name as a tree; by all others a plain list, the most first. */
typedef enum list_order {
    LIST_NAME,
    LIST_BYTES,
    LIST_STD,
    LIST_AWAKE,
    LIST_ORDER_COUNT
} list_order;

extern const char *const list_order_names[LIST_ORDER_COUNT];

/* Of a sample of a tensor. */
typedef struct tensor_figures {
    bool there;
    double std;       /* NAN: there is none */
    double awake;     /* the share with |w - w0| > threshold; NAN: it has no recipe */
    double threshold; /* of that */
    bool not_finite;  /* some are infinite or none */
    bool sampled;     /* not all of it was looked at */
} tensor_figures;

typedef struct tensor_list {
    opened_file *file; /* owned */
    bool *unfolded;    /* by node */
    size_t *rows;      /* the nodes that are listed, in order */
    size_t row_count;
    size_t cursor, top; /* rows */
    list_order order;
    char search[64]; /* "": nothing was looked for */
    bool previews;   /* a search is being typed: what there was before it */
    size_t cursor_before;
    char search_before[64];
    tensor_figures *figures; /* by number of the tensor */
    struct tensor_list *next;
} tensor_list;

/* Takes the file over, whatever comes of it; NULL without memory. */
tensor_list *tensor_list_new(opened_file *file);
void tensor_list_free(tensor_list *l); /* and all behind it */

/* The node at a row, which must be there. */
const tensor_node *tensor_list_node(const tensor_list *l, size_t row);

/* Folds or unfolds the folder at the cursor, or, at a tensor, that around it; all of them. */
void tensor_list_fold(tensor_list *l, bool folded);
void tensor_list_fold_all(tensor_list *l, bool folded);

/* Another order; the cursor stays at its node, or goes to the top where that is not listed. */
void tensor_list_sort(tensor_list *l, list_order order);

/* Puts the cursor at a tensor, whose folders are unfolded. */
void tensor_list_show(tensor_list *l, size_t tensor);

/*
 * The next tensor in the order of the list from the cursor on, whose name holds the text, in any
 * case of letters where it has no capital; by -1: the one before; 0: from the cursor itself on.
 * Around the end.  False where none does, and the cursor stays.
 */
bool tensor_list_find(tensor_list *l, const char *text, int by);

/* What names hold it, in all. */
size_t tensor_list_hits(const tensor_list *l, const char *text);

/* Whether a name does. */
bool tensor_name_holds(const char *name, const char *text);

#endif
