#include "trained/tensor_tree.h"

#include "file/tensortype.h"

#include <stdlib.h>
#include <string.h>

uint64_t tensor_value_count(const detinit_tensor *tensor)
{
    uint64_t count = tensor_type_parts(tensor_type_anywhere(tensor->type));
    for (size_t d = 0; d < tensor->rank; d++)
        count *= tensor->shape[d];
    return count;
}

/* ------------------------------------------------------------------- order */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_end(char c)
{
    return c == '.' || c == '/';
}

/* Where the digits end, and where those that are not leading zeros begin. */
static size_t digits(const char *text, size_t *zeros)
{
    size_t length = 0;
    *zeros = 0;
    while (is_digit(text[length])) {
        if (text[length] == '0' && *zeros == length)
            ++*zeros;
        length++;
    }
    return length;
}

/* Runs of digits by their value, and of one value the shorter; moves on where they are the same. */
static int compare_digits(const char **a, const char **b)
{
    size_t zeros_a, zeros_b;
    const size_t length_a = digits(*a, &zeros_a), length_b = digits(*b, &zeros_b);
    const size_t real_a = length_a - zeros_a, real_b = length_b - zeros_b;
    if (real_a != real_b)
        return real_a < real_b ? -1 : 1;
    const int order = memcmp(*a + zeros_a, *b + zeros_b, real_a);
    if (order != 0 || length_a != length_b)
        return order != 0 ? order : length_a < length_b ? -1 : 1;
    *a += length_a;
    *b += length_b;
    return 0;
}

/* What ends a part comes before all that goes on with it, so that folders stay together. */
static int rank_of(char c)
{
    return c == '\0' ? 0 : is_end(c) ? 1 : 2 + (unsigned char)c;
}

int tensor_name_compare(const char *a, const char *b)
{
    for (;;) {
        if (is_digit(*a) && is_digit(*b)) {
            const int order = compare_digits(&a, &b);
            if (order != 0)
                return order;
            continue;
        }
        const int order = rank_of(*a) - rank_of(*b);
        if (order != 0)
            return order;
        if (*a == '\0')
            return 0;
        if (*a != *b) /* a dot and a slash */
            return *a < *b ? -1 : 1;
        a++;
        b++;
    }
}

static int compare(const void *a, const void *b)
{
    const detinit_tensor *const *left = a, *const *right = b;
    return tensor_name_compare((*left)->name, (*right)->name);
}

/* -------------------------------------------------------------------- tree */

/* The tensors in order, and the tree that is being made of them. */
typedef struct building {
    const detinit_tensor **sorted;
    const size_t *numbers; /* in the file, by the place in its memory */
    const detinit_tensorfile *file;
    tensor_tree *tree;
} building;

/* The length of the part of a name from `from` on, with its end. */
static size_t part_length(const char *name, size_t from)
{
    size_t length = 0;
    while (name[from + length] != '\0' && !is_end(name[from + length]))
        length++;
    return length + (name[from + length] != '\0');
}

static bool is_folder(const char *name, size_t from)
{
    const size_t length = part_length(name, from);
    return length > 0 && is_end(name[from + length - 1]) && name[from + length] != '\0';
}

/* The first from `first` on that does not begin as that does, up to `length`. */
static size_t end_of(const building *b, size_t first, size_t last, size_t length)
{
    const char *name = b->sorted[first]->name;
    size_t low = first + 1, high = last; /* all in the order: those alike stand together */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strncmp(b->sorted[middle]->name, name, length) == 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static tensor_node *add(building *b, size_t first, size_t from, size_t length, size_t parent)
{
    tensor_tree *t = b->tree;
    tensor_node *node = &t->nodes[t->count++];
    *node = (tensor_node){.name = b->sorted[first]->name,
                          .from = from,
                          .length = length,
                          .tensor = TENSOR_NONE,
                          .parent = parent,
                          .depth = parent == TENSOR_NONE ? 0 : t->nodes[parent].depth + 1};
    return node;
}

static void add_tensor(building *b, size_t at, size_t from, size_t parent)
{
    const detinit_tensor *tensor = b->sorted[at];
    tensor_node *node = add(b, at, from, strlen(tensor->name + from), parent);
    node->tensor = b->numbers[at];
    node->end = b->tree->count;
    node->tensors = 1;
    node->values = tensor_value_count(tensor);
    node->bytes = tensor->count * tensor->item_bytes;
    b->tree->node_of[node->tensor] = b->tree->count - 1;
}

/* Those from first to last begin alike up to `from`. */
static void add_all(building *b, size_t first, size_t last, size_t from, size_t parent)
{
    while (first < last) {
        const char *name = b->sorted[first]->name;
        size_t length = part_length(name, from), end;
        if (!is_folder(name, from) || (end = end_of(b, first, last, from + length)) == first + 1) {
            add_tensor(b, first++, from, parent);
            continue;
        }
        /* A folder that holds one folder alone is one with it. */
        while (is_folder(name, from + length) &&
               end_of(b, first, end, from + length + part_length(name, from + length)) == end)
            length += part_length(name, from + length);
        const size_t folder = b->tree->count;
        add(b, first, from, length, parent);
        add_all(b, first, end, from + length, folder);
        tensor_node *node = &b->tree->nodes[folder];
        node->end = b->tree->count;
        for (size_t n = folder + 1; n < node->end; n = b->tree->nodes[n].end) {
            node->tensors += b->tree->nodes[n].tensors;
            node->values += b->tree->nodes[n].values;
            node->bytes += b->tree->nodes[n].bytes;
        }
        first = end;
    }
}

/* A tensor and its number, to be sorted together. */
typedef struct numbered {
    const detinit_tensor *tensor; /* first, for compare */
    size_t number;
} numbered;

static bool sort(building *b, size_t count, size_t *numbers)
{
    numbered *all = malloc((count + 1) * sizeof *all);
    if (all == NULL)
        return false;
    for (size_t n = 0; n < count; n++)
        all[n] = (numbered){detinit_tensorfile_tensor(b->file, n), n};
    qsort(all, count, sizeof *all, compare);
    for (size_t n = 0; n < count; n++) {
        b->sorted[n] = all[n].tensor;
        numbers[n] = all[n].number;
    }
    free(all);
    return true;
}

/* There are fewer folders than tensors, since none holds only one thing. */
bool tensor_tree_make(const detinit_tensorfile *file, tensor_tree *out)
{
    const size_t count = detinit_tensorfile_count(file);
    size_t *numbers = malloc((count + 1) * sizeof *numbers);
    building b = {malloc((count + 1) * sizeof *b.sorted), numbers, file, out};
    *out = (tensor_tree){.nodes = malloc((2 * count + 1) * sizeof *out->nodes),
                         .node_of = malloc((count + 1) * sizeof *out->node_of)};
    const bool enough = numbers != NULL && b.sorted != NULL && out->nodes != NULL &&
                        out->node_of != NULL && sort(&b, count, numbers);
    if (enough)
        add_all(&b, 0, count, 0, TENSOR_NONE);
    else
        tensor_tree_free(out);
    free(b.sorted);
    free(numbers);
    return enough;
}

void tensor_tree_free(tensor_tree *t)
{
    free(t->nodes);
    free(t->node_of);
    *t = (tensor_tree){.count = 0};
}
