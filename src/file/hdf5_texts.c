#include "file/hdf5_texts.h"

#include "base/error.h"
#include "base/utf8.h"
#include "file/hdf5_dense.h"
#include "file/hdf5_heap.h"
#include "file/hdf5_type.h"

#include <string.h>

typedef struct giving {
    hdf5 *h;
    hdf5_take_text *take;
    void *context;
} giving;

/* An attribute's parts. */
typedef struct attribute {
    hdf5_bytes name, type, space, value;
} attribute;

static hdf5_bytes take_padded(hdf5_bytes *b, uint64_t size, bool padded)
{
    hdf5_bytes part = hdf5_part(b, size);
    hdf5_take(b, padded ? (8 - size % 8) % 8 : 0);
    return part;
}

static detinit_status read_attribute(hdf5 *h, hdf5_bytes b, attribute *out, detinit_error *error)
{
    enum { TYPE_SHARED = 1, SPACE_SHARED = 2 };
    const uint64_t where = b.where;
    const unsigned version = (unsigned)hdf5_number(&b, 1), flags = (unsigned)hdf5_number(&b, 1);
    const uint64_t name = hdf5_number(&b, 2), type = hdf5_number(&b, 2), space = hdf5_number(&b, 2);
    hdf5_take(&b, version == 3 ? 1 : 0);
    out->name = take_padded(&b, name, version == 1);
    out->type = take_padded(&b, type, version == 1);
    out->space = take_padded(&b, space, version == 1);
    out->value = b;
    if (b.over || version < 1 || version > 3)
        return hdf5_wrong(h, where, "a whole attribute was expected", error);
    detinit_status status = DETINIT_OK;
    if (version > 1 && (flags & TYPE_SHARED) != 0)
        status = hdf5_follow_part(h, out->type, HDF5_TYPE, &out->type, error);
    if (status == DETINIT_OK && version > 1 && (flags & SPACE_SHARED) != 0)
        status = hdf5_follow_part(h, out->space, HDF5_SPACE, &out->space, error);
    return status;
}

/* A text of any length lies in a heap, and the attribute tells where: length, heap, index. */
static detinit_status find_text(hdf5 *h, hdf5_bytes *value, detinit_error *error)
{
    hdf5_bytes b = *value;
    const uint64_t length = hdf5_number(&b, 4), heap = hdf5_address(h, &b);
    const uint64_t index = hdf5_number(&b, 4);
    if (b.over || length == 0 || heap == HDF5_NOWHERE || heap == 0) {
        value->left = 0;
        return DETINIT_OK;
    }
    detinit_status status = hdf5_global_object(h, heap, index, value, error);
    if (status == DETINIT_OK && value->left > length)
        value->left = (size_t)length;
    return status;
}

/* A copy up to the first NUL; NULL where it is no text, or, and then *full, without memory. */
static const char *text_of(hdf5 *h, hdf5_bytes b, bool *full)
{
    const size_t length = b.left > 0 ? strnlen((const char *)b.at, b.left) : 0;
    if (length > 0 && !utf8_is_text((const char *)b.at, length))
        return NULL;
    char *copy = hdf5_new(h, (uint64_t)length + 1);
    *full = copy == NULL;
    return copy == NULL || length == 0 ? copy : memcpy(copy, b.at, length);
}

static detinit_status take_attribute(void *context, hdf5_bytes b, detinit_error *error)
{
    giving *g = context;
    attribute a;
    hdf5_type type;
    hdf5_space space;
    bool full = false;
    detinit_status status = read_attribute(g->h, b, &a, error);
    if (status == DETINIT_OK)
        status = hdf5_type_read(g->h, a.type, &type, error);
    if (status == DETINIT_OK)
        status = hdf5_space_read(g->h, a.space, &space, error);
    if (status != DETINIT_OK)
        return status;
    if (space.rank > 0 || space.nothing || (type.class != HDF5_TEXT && !type.any_length))
        return DETINIT_OK;
    if (type.class == HDF5_TEXT && type.size < a.value.left)
        a.value.left = (size_t)type.size;
    if (type.any_length)
        status = find_text(g->h, &a.value, error);
    if (status != DETINIT_OK)
        return status;
    const char *name = text_of(g->h, a.name, &full);
    const char *text = name != NULL ? text_of(g->h, a.value, &full) : NULL;
    if (full)
        return hdf5_no_memory(g->h, error);
    return text != NULL ? g->take(g->context, name, text, error) : DETINIT_OK;
}

detinit_status hdf5_texts_each(hdf5 *h, const hdf5_object *object, hdf5_take_text *take,
                               void *context, detinit_error *error)
{
    giving g = {.h = h, .take = take, .context = context};
    detinit_status status = DETINIT_OK;
    for (size_t n = 0; n < object->count && status == DETINIT_OK; n++) {
        const hdf5_message *m = &object->messages[n];
        if (m->kind == HDF5_ATTRIBUTE && !m->shared)
            status = take_attribute(&g, m->body, error);
        else if (m->kind == HDF5_ATTRIBUTE_INFO)
            status = hdf5_dense_each(h, HDF5_DENSE_ATTRIBUTES, m->body, take_attribute, &g, error);
    }
    return status;
}
