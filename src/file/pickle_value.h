/* What pickles are made of. */
#ifndef DETINIT_FILE_PICKLE_VALUE_H
#define DETINIT_FILE_PICKLE_VALUE_H

#include "file/tensortype.h"

typedef enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_WHOLE,
    PICKLE_REAL,
    PICKLE_TEXT,
    PICKLE_BYTES,
    PICKLE_TUPLE, /* torch.Size, too */
    PICKLE_LIST,
    PICKLE_DICT, /* items are keys and values in turn */
    PICKLE_SET,
    PICKLE_STORAGE,
    PICKLE_TENSOR,
    PICKLE_GLOBAL,
    PICKLE_OTHER,  /* whole numbers of more than 64 bits, complex numbers, devices */
    PICKLE_UNREAD, /* a tensor of a kind that is not read; the text tells which */
    PICKLE_MARK,   /* within the machine */
} pickle_kind;

typedef struct pickle_value pickle_value;

/* Items that a tensor lies in: a file of the archive. */
typedef struct pickle_storage {
    const char *key;         /* its name */
    const tensor_type *type; /* NULL: of bytes */
    uint64_t count;          /* of items */
} pickle_storage;

typedef struct pickle_tensor {
    const pickle_storage *storage;
    const tensor_type *type;
    uint64_t offset; /* in items of the type */
    size_t rank;
    uint64_t *shape, *strides; /* in items */
} pickle_tensor;

struct pickle_value {
    pickle_kind kind;
    union {
        bool yes;
        int64_t whole;
        double real;
        struct {
            const char *text; /* ended by a NUL */
            size_t length;
        };
        struct {
            pickle_value **items;
            uint32_t count, room;
        };
        const pickle_storage *storage;
        const pickle_tensor *tensor;
        const struct pickle_global *global;
    };
};

#endif
