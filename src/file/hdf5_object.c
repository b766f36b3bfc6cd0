#include "file/hdf5_object.h"

#include "base/error.h"

#include <string.h>

#define WHAT "the header of an object"

/* Messages of an object, at most: a set of data has about ten. */
#define MESSAGES_MOST ((size_t)1 << 17)

#define SHARED 2u

/* How the messages of a header are laid out. */
typedef struct layout {
    bool old;     /* version 1 */
    bool ordered; /* version 2, with a number that tells the order of creation */
    size_t next;  /* the first message that may tell of a block that was not read yet */
} layout;

static detinit_status add(hdf5 *h, hdf5_object *object, const hdf5_message *m, detinit_error *error)
{
    if (object->count == MESSAGES_MOST)
        return hdf5_wrong(h, object->address, WHAT " of fewer messages was expected", error);
    if (object->count == object->room) {
        const size_t room = object->room == 0 ? 16 : 2 * object->room;
        hdf5_message *grown = hdf5_new(h, room * sizeof *grown);
        if (grown == NULL)
            return hdf5_no_memory(h, error);
        if (object->count > 0)
            memcpy(grown, object->messages, object->count * sizeof *grown);
        object->messages = grown;
        object->room = room;
    }
    object->messages[object->count++] = *m;
    return DETINIT_OK;
}

/* All messages of a block. */
static detinit_status take_messages(hdf5 *h, hdf5_object *object, const layout *l, hdf5_bytes b,
                                    detinit_error *error)
{
    const size_t head = l->old ? 8 : l->ordered ? 6 : 4;
    detinit_status status = DETINIT_OK;
    while (b.left >= head && status == DETINIT_OK) {
        const uint64_t where = b.where;
        hdf5_message m = {.kind = (unsigned)hdf5_number(&b, l->old ? 2 : 1)};
        const uint64_t size = hdf5_number(&b, 2);
        m.shared = (hdf5_number(&b, 1) & SHARED) != 0;
        hdf5_take(&b, head - (l->old ? 5 : 4));
        m.body = hdf5_part(&b, size);
        if (b.over)
            return hdf5_wrong(h, where, "a message goes beyond " WHAT, error);
        status = m.kind != 0 ? add(h, object, &m, error) : DETINIT_OK;
    }
    return status;
}

/* The blocks that messages tell of, which may tell of others. */
static detinit_status take_others(hdf5 *h, hdf5_object *object, layout *l, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    for (; l->next < object->count && status == DETINIT_OK; l->next++) {
        hdf5_bytes b = object->messages[l->next].body;
        if (object->messages[l->next].kind != HDF5_CONTINUES)
            continue;
        const uint64_t address = hdf5_address(h, &b), size = hdf5_length(h, &b);
        status = l->old ? hdf5_block(h, address, size, WHAT, &b, error)
                        : hdf5_summed_block(h, address, size, "OCHK", WHAT, &b, error);
        if (status == DETINIT_OK)
            status = take_messages(h, object, l, b, error);
    }
    return status;
}

static detinit_status begin_old(hdf5 *h, hdf5_object *object, hdf5_bytes *b, detinit_error *error)
{
    hdf5_take(b, 7);
    const uint64_t size = hdf5_number(b, 4);
    return hdf5_block(h, object->address + 16, size, WHAT, b, error);
}

static detinit_status begin_new(hdf5 *h, hdf5_object *object, layout *l, hdf5_bytes *b,
                                detinit_error *error)
{
    enum { TIMES = 0x20, LIMITS = 0x10, ORDERED = 4, WIDTH = 3 };
    hdf5_take(b, 4);
    if (hdf5_number(b, 1) != 2)
        return hdf5_wrong(h, object->address, WHAT " of version 1 or 2 was expected", error);
    const unsigned flags = (unsigned)hdf5_number(b, 1);
    const unsigned head = 6 + ((flags & TIMES) != 0 ? 16u : 0) + ((flags & LIMITS) != 0 ? 4u : 0);
    const unsigned width = 1u << (flags & WIDTH);
    detinit_status status = hdf5_block(h, object->address, head + width, WHAT, b, error);
    if (status != DETINIT_OK)
        return status;
    hdf5_take(b, head);
    const uint64_t size = hdf5_number(b, width);
    if (size > UINT64_MAX / 2)
        return hdf5_wrong(h, object->address, WHAT " of fewer bytes was expected", error);
    l->ordered = (flags & ORDERED) != 0;
    status = hdf5_summed_block(h, object->address, head + width + size + 4, "OHDR", WHAT, b, error);
    hdf5_take(b, head + width - 4);
    return status;
}

detinit_status hdf5_object_read(hdf5 *h, uint64_t address, hdf5_object *out, detinit_error *error)
{
    layout l = {.old = false};
    hdf5_bytes b;
    *out = (hdf5_object){.address = address};
    detinit_status status = hdf5_block(h, address, 12, WHAT, &b, error);
    if (status != DETINIT_OK)
        return status;
    if (memcmp(b.at, "OHDR", 4) == 0)
        status = begin_new(h, out, &l, &b, error);
    else if (hdf5_number(&b, 1) == 1) {
        l.old = true;
        status = begin_old(h, out, &b, error);
    } else
        return hdf5_wrong(h, address, WHAT " was expected", error);
    if (status == DETINIT_OK)
        status = take_messages(h, out, &l, b, error);
    return status == DETINIT_OK ? take_others(h, out, &l, error) : status;
}

const hdf5_message *hdf5_object_find(const hdf5_object *object, hdf5_kind kind)
{
    for (size_t n = 0; n < object->count; n++)
        if (object->messages[n].kind == kind)
            return &object->messages[n];
    return NULL;
}

detinit_status hdf5_follow_part(hdf5 *h, hdf5_bytes b, hdf5_kind kind, hdf5_bytes *out,
                                detinit_error *error)
{
    enum { IN_HEAP = 1 };
    hdf5_object other;
    const uint64_t where = b.where;
    const unsigned version = (unsigned)hdf5_number(&b, 1), type = (unsigned)hdf5_number(&b, 1);
    if (version == 1)
        hdf5_take(&b, 6 + h->length_bytes);
    const uint64_t address = hdf5_address(h, &b);
    if (b.over || version < 1 || version > 3 || (version == 3 && type == IN_HEAP))
        return hdf5_wrong(h, where, "a message that another object has was expected", error);
    detinit_status status = hdf5_object_read(h, address, &other, error);
    if (status != DETINIT_OK)
        return status;
    const hdf5_message *found = hdf5_object_find(&other, kind);
    if (found == NULL || found->shared)
        return hdf5_wrong(h, address, "an object that has what others share was expected", error);
    *out = found->body;
    return DETINIT_OK;
}

detinit_status hdf5_follow(hdf5 *h, const hdf5_message *m, hdf5_bytes *out, detinit_error *error)
{
    *out = m->body;
    return m->shared ? hdf5_follow_part(h, m->body, (hdf5_kind)m->kind, out, error) : DETINIT_OK;
}
