/* The format of NumPy's arrays: one tensor, in either byte order, by rows or by columns. */
#include "file/format.h"

#include "base/error.h"
#include "base/byteorder.h"
#include "file/columns.h"
#include "file/npy.h"
#include "file/tensorwriter.h"

#include <stdlib.h>
#include <string.h>

/* ----------------------------------------------------------------- reading */

/* How the file has its items. */
typedef struct npy_reader {
    bool big_endian;
    columns *turned; /* reads those that lie column by column; else NULL */
} npy_reader;

/* The magic, and something behind it. */
static bool recognizes(const unsigned char *first, size_t count)
{
    return count >= 8 && memcmp(first, "\x93NUMPY", 6) == 0;
}

static detinit_status open_array(format_reader *r, detinit_error *error)
{
    unsigned char head[NPY_READ_MOST];
    npy_array array = {.foreign = false};
    const size_t size = r->in->size < sizeof head ? (size_t)r->in->size : sizeof head;
    detinit_status status = input_read(r->in, 0, head, size, error);
    if (status == DETINIT_OK)
        status = npy_read(head, size, r->in->size, r->in->path, &array, error);
    r->foreign = array.foreign;
    if (status != DETINIT_OK)
        return status;
    npy_reader *own = r->own = calloc(1, sizeof *own);
    member *m = tensorlist_add(&r->list);
    if (own == NULL || m == NULL)
        return input_no_memory(r->in->path, error);
    *m = (member){.tensor = array.tensor, .where = array.offset};
    m->tensor.shape = arena_shape(&r->list.arena, array.tensor.rank, array.shape);
    if (m->tensor.shape == NULL)
        return input_no_memory(r->in->path, error);
    own->big_endian = array.big_endian;
    if (array.column_major) {
        own->turned = columns_new(r->in, array.offset, &array.tensor, COLUMNS_BAND);
        if (own->turned == NULL)
            return input_no_memory(r->in->path, error);
    }
    return tensorlist_index(&r->list, r->in->path, error);
}

static detinit_status read_items(const format_reader *r, const member *m, uint64_t first,
                                 size_t count, void *items, detinit_error *error)
{
    const npy_reader *own = r->own;
    const size_t item = (size_t)m->tensor.item_bytes;
    detinit_status status =
        own->turned != NULL
            ? columns_read(own->turned, first, count, items, error)
            : input_read(r->in, m->where + first * item, items, count * item, error);
    const size_t parts = tensor_type_parts(tensor_type_anywhere(m->tensor.type));
    if (status == DETINIT_OK && own->big_endian)
        swap_bytes(items, item / parts, count * parts);
    return status;
}

static bool plain(const format_reader *r)
{
    const npy_reader *own = r->own;
    return own->turned == NULL && !own->big_endian;
}

static void rest(const format_reader *r)
{
    const npy_reader *own = r->own;
    if (own->turned != NULL)
        columns_rest(own->turned);
}

static void close_array(format_reader *r)
{
    npy_reader *own = r->own;
    if (own != NULL)
        columns_free(own->turned);
    free(own);
}

/* ----------------------------------------------------------------- writing */

typedef struct npy_writer {
    size_t length;
    unsigned char header[NPY_HEADER_MOST];
    uint64_t data; /* bytes of it; UINT64_MAX where no file can be so large */
} npy_writer;

static bool holds(const tensor_type *type)
{
    return type->npy != NULL;
}

static detinit_status announce(detinit_tensorwriter *w, detinit_tensor *tensor,
                               const tensor_type *type, uint64_t *bytes, detinit_error *error)
{
    if (tensor->rank > DETINIT_MAX_RANK)
        return error_set(error, DETINIT_INVALID, "'%.100s' has more than 8 dimensions",
                         tensor->name);
    npy_writer *own = w->own = malloc(sizeof *own);
    if (own == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for '%.200s'", w->out.shown);
    own->length = npy_header_of(type, tensor->rank, tensor->shape, own->header);
    if (tensor_measure(tensor, type, &own->data) != NULL)
        own->data = UINT64_MAX;
    *bytes = own->data;
    return DETINIT_OK;
}

static detinit_status begin(detinit_tensorwriter *w, detinit_error *error)
{
    const npy_writer *own = w->own;
    const bool fits = own->data <= UINT64_MAX - own->length;
    detinit_status status =
        tensorwriter_reserve(w, fits ? own->length + own->data : UINT64_MAX, error);
    return status == DETINIT_OK ? tensorwriter_put(w, own->header, own->length, error) : status;
}

static void discard(detinit_tensorwriter *w)
{
    free(w->own);
}

const file_format format_npy = {
    .name = ".npy",
    .endings = {".npy"},
    .of_matrix = true,
    .matrix = DETINIT_NPY,
    .recognizes = recognizes,
    .open = open_array,
    .read = read_items,
    .plain = plain,
    .rest = rest,
    .close = close_array,
    .holds = holds,
    .announce = announce,
    .begin = begin,
    .discard = discard,
};
