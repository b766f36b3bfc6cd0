/* What groups of HDF5 files hold: links by names. */
#ifndef DETINIT_FILE_HDF5_LINKS_H
#define DETINIT_FILE_HDF5_LINKS_H

#include "file/hdf5_object.h"

typedef enum hdf5_link_kind {
    HDF5_HARD = 0,     /* to an object */
    HDF5_SOFT = 1,     /* to a path */
    HDF5_ELSEWHERE = 2 /* to another file, or of a kind that a program made for itself */
} hdf5_link_kind;

/* Texts live in h->blocks. */
typedef struct hdf5_link {
    hdf5_link_kind kind;
    const char *name;
    uint64_t address;   /* of a hard link */
    const char *target; /* of a soft link */
} hdf5_link;

typedef detinit_status hdf5_take_link(void *context, const hdf5_link *link, detinit_error *error);

/* Whether an object is a group. */
bool hdf5_is_group(const hdf5_object *object);

/* Gives all links of a group to `take`, in whatever order. */
detinit_status hdf5_links_each(hdf5 *h, const hdf5_object *group, hdf5_take_link *take,
                               void *context, detinit_error *error);

#endif
