/* Objects of HDF5 files, groups and sets of data: their headers, which are lists of messages. */
#ifndef DETINIT_FILE_HDF5_OBJECT_H
#define DETINIT_FILE_HDF5_OBJECT_H

#include "file/hdf5.h"

/* The types of messages that are of use here. */
typedef enum hdf5_kind {
    HDF5_SPACE = 1,
    HDF5_LINK_INFO = 2,
    HDF5_TYPE = 3,
    HDF5_OLD_FILL = 4,
    HDF5_FILL = 5,
    HDF5_LINK = 6,
    HDF5_EXTERNAL = 7,
    HDF5_LAYOUT = 8,
    HDF5_FILTERS = 11,
    HDF5_ATTRIBUTE = 12,
    HDF5_CONTINUES = 16,
    HDF5_SYMBOLS = 17,
    HDF5_ATTRIBUTE_INFO = 21,
} hdf5_kind;

typedef struct hdf5_message {
    unsigned kind; /* also others than those above */
    bool shared;   /* it lies elsewhere, and this tells where: see hdf5_follow */
    hdf5_bytes body;
} hdf5_message;

typedef struct hdf5_object {
    uint64_t address;
    size_t count, room;
    hdf5_message *messages; /* in h->blocks */
} hdf5_object;

detinit_status hdf5_object_read(hdf5 *h, uint64_t address, hdf5_object *out, detinit_error *error);

/* The first message of that kind, or NULL. */
const hdf5_message *hdf5_object_find(const hdf5_object *object, hdf5_kind kind);

/* What a message says of itself, or, where it is shared, what the object says that it names. */
detinit_status hdf5_follow(hdf5 *h, const hdf5_message *m, hdf5_bytes *out, detinit_error *error);

/* The same of what stands in `b` of a part of a message, of this kind, that is shared. */
detinit_status hdf5_follow_part(hdf5 *h, hdf5_bytes b, hdf5_kind kind, hdf5_bytes *out,
                                detinit_error *error);

#endif
