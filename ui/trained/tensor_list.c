#include "trained/tensor_list.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const list_order_names[LIST_ORDER_COUNT] = {
    [LIST_NAME] = "name", [LIST_BYTES] = "bytes", [LIST_STD] = "std", [LIST_AWAKE] = "awake"};

/* A list of no more tensors is shown unfolded at first. */
#define UNFOLDED_MOST 60

/* -------------------------------------------------------------------- rows */

const tensor_node *tensor_list_node(const tensor_list *l, size_t row)
{
    return &l->file->tree.nodes[l->rows[row]];
}

static void list_tree(tensor_list *l)
{
    const tensor_tree *t = &l->file->tree;
    l->row_count = 0;
    for (size_t n = 0; n < t->count;) {
        const bool closed = t->nodes[n].tensor == TENSOR_NONE && !l->unfolded[n];
        l->rows[l->row_count++] = n;
        n = closed ? t->nodes[n].end : n + 1;
    }
}

/* What a tensor is sorted by, least first; what is not known comes last. */
typedef struct sorted_row {
    double key;
    size_t node;
} sorted_row;

static int compare_rows(const void *a, const void *b)
{
    const sorted_row *left = a, *right = b;
    if (left->key != right->key)
        return left->key < right->key ? -1 : 1;
    return left->node < right->node ? -1 : left->node > right->node;
}

static double key_of(const tensor_list *l, const tensor_node *node)
{
    const tensor_figures *f = &l->figures[node->tensor];
    const double value = l->order == LIST_BYTES ? (double)node->bytes
                         : !f->there            ? NAN
                         : l->order == LIST_STD ? f->std
                                                : f->awake;
    return isnan(value) ? INFINITY : -value;
}

static void list_sorted(tensor_list *l)
{
    const tensor_tree *t = &l->file->tree;
    sorted_row *all = malloc((t->count + 1) * sizeof *all);
    size_t count = 0;
    if (all == NULL) {
        l->order = LIST_NAME;
        list_tree(l);
        return;
    }
    for (size_t n = 0; n < t->count; n++)
        if (t->nodes[n].tensor != TENSOR_NONE)
            all[count++] = (sorted_row){key_of(l, &t->nodes[n]), n};
    qsort(all, count, sizeof *all, compare_rows);
    for (size_t n = 0; n < count; n++)
        l->rows[n] = all[n].node;
    l->row_count = count;
    free(all);
}

/* The row of a node, or of the innermost folder around it that is listed; or 0. */
static size_t row_of(const tensor_list *l, size_t node)
{
    const tensor_tree *t = &l->file->tree;
    for (; node != TENSOR_NONE; node = t->nodes[node].parent)
        for (size_t row = 0; row < l->row_count; row++)
            if (l->rows[row] == node)
                return row;
    return 0;
}

static void list_anew(tensor_list *l, size_t at)
{
    (l->order == LIST_NAME ? list_tree : list_sorted)(l);
    l->cursor = row_of(l, at);
}

/* --------------------------------------------------------- beginning and end */

tensor_list *tensor_list_new(opened_file *file)
{
    tensor_list *l = calloc(1, sizeof *l);
    const tensor_tree *t = &file->tree;
    const size_t tensors = detinit_tensorfile_count(file->held.file);
    if (l == NULL) {
        opened_file_free(file);
        return NULL;
    }
    l->file = file;
    l->unfolded = calloc(t->count + 1, sizeof *l->unfolded);
    l->rows = malloc((t->count + 1) * sizeof *l->rows);
    l->figures = calloc(tensors + 1, sizeof *l->figures);
    if (l->unfolded == NULL || l->rows == NULL || l->figures == NULL) {
        tensor_list_free(l);
        return NULL;
    }
    for (size_t n = 0; n < t->count; n++)
        l->unfolded[n] = tensors <= UNFOLDED_MOST;
    list_tree(l);
    return l;
}

void tensor_list_free(tensor_list *l)
{
    while (l != NULL) {
        tensor_list *next = l->next;
        opened_file_free(l->file);
        free(l->unfolded);
        free(l->rows);
        free(l->figures);
        free(l);
        l = next;
    }
}

/* ----------------------------------------------------------- folds and order */

void tensor_list_fold(tensor_list *l, bool folded)
{
    const tensor_tree *t = &l->file->tree;
    if (l->row_count == 0 || l->order != LIST_NAME)
        return;
    size_t node = l->rows[l->cursor];
    const bool is_open = t->nodes[node].tensor == TENSOR_NONE && l->unfolded[node];
    if (folded && !is_open && t->nodes[node].parent != TENSOR_NONE)
        node = t->nodes[node].parent;
    l->unfolded[node] = !folded;
    list_anew(l, node);
}

void tensor_list_fold_all(tensor_list *l, bool folded)
{
    const size_t node = l->row_count > 0 ? l->rows[l->cursor] : 0;
    for (size_t n = 0; n < l->file->tree.count; n++)
        l->unfolded[n] = !folded;
    list_anew(l, node);
}

void tensor_list_sort(tensor_list *l, list_order order)
{
    const size_t node = l->row_count > 0 ? l->rows[l->cursor] : 0;
    l->order = order;
    list_anew(l, node);
}

void tensor_list_show(tensor_list *l, size_t tensor)
{
    const tensor_tree *t = &l->file->tree;
    const size_t node = t->node_of[tensor];
    bool changed = false;
    for (size_t n = t->nodes[node].parent; n != TENSOR_NONE; n = t->nodes[n].parent) {
        changed = changed || !l->unfolded[n];
        l->unfolded[n] = true;
    }
    if (changed && l->order == LIST_NAME)
        list_tree(l);
    l->cursor = row_of(l, node);
}

/* ------------------------------------------------------------------- search */

static bool has_capital(const char *text)
{
    while (*text != '\0' && !isupper((unsigned char)*text))
        text++;
    return *text != '\0';
}

bool tensor_name_holds(const char *name, const char *text)
{
    return (has_capital(text) ? strstr(name, text) : strcasestr(name, text)) != NULL;
}

size_t tensor_list_hits(const tensor_list *l, const char *text)
{
    const tensor_tree *t = &l->file->tree;
    size_t hits = 0;
    for (size_t n = 0; n < t->count; n++)
        hits += t->nodes[n].tensor != TENSOR_NONE && tensor_name_holds(t->nodes[n].name, text);
    return hits;
}

/* In a tree all nodes are gone through, folded or not; in a plain list its rows. */
bool tensor_list_find(tensor_list *l, const char *text, int by)
{
    const tensor_tree *t = &l->file->tree;
    const bool tree = l->order == LIST_NAME;
    const size_t count = tree ? t->count : l->row_count;
    if (l->row_count == 0)
        return false;
    size_t at = tree ? l->rows[l->cursor] : l->cursor;
    at = by == 0 ? at : by > 0 ? (at + 1) % count : (at + count - 1) % count;
    for (size_t seen = 0; seen < count; seen++) {
        const tensor_node *node = &t->nodes[tree ? at : l->rows[at]];
        if (node->tensor != TENSOR_NONE && tensor_name_holds(node->name, text)) {
            tensor_list_show(l, node->tensor);
            return true;
        }
        at = by < 0 ? (at + count - 1) % count : (at + 1) % count;
    }
    return false;
}
