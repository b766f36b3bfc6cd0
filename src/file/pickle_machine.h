/* What the parts of the machine share. */
#ifndef DETINIT_FILE_PICKLE_MACHINE_H
#define DETINIT_FILE_PICKLE_MACHINE_H

#include "base/arena.h"
#include "file/pickle_value.h"

typedef struct pickle_machine {
    const unsigned char *at, *start, *end; /* `at` is never past `end` */
    const char *shown;
    arena *memory;
    size_t count, room; /* of the stack */
    pickle_value **stack;
    size_t memo_room, memo_puts;
    pickle_value **memo;
    pickle_value small[256]; /* the numbers 0 .. 255 */
    pickle_value none, mark, yes, no;
    detinit_error *error;
} pickle_machine;

/* "'f': its pickle ... at byte 17". */
detinit_status pickle_wrong(const pickle_machine *m, const char *what);
detinit_status pickle_no_memory(const pickle_machine *m);

/* A new value of that kind, zero, or NULL: then it is said why. */
pickle_value *pickle_make(pickle_machine *m, pickle_kind kind);

/* The same of a tensor that is left out; `why` is not copied. */
pickle_value *pickle_leave_out(pickle_machine *m, const char *why);

/* Something that pickles name. */
typedef struct pickle_global {
    const char *module, *name;
    /* Calls it; NULL: it is never called. */
    detinit_status (*call)(pickle_machine *m, const pickle_value *arguments, pickle_value **out);
    const char *type; /* a storage class, or a dtype: the type of its items; "" of bytes */
    const char *why;  /* what it makes is left out, since it is this; or NULL */
} pickle_global;

/* Whether it is known; else DETINIT_INVALID names it. */
detinit_status pickle_find_global(const pickle_machine *m, const char *module, const char *name,
                                  const pickle_global **out);

/* The storage that a persistent id stands for. */
detinit_status pickle_find_storage(pickle_machine *m, const pickle_value *id, pickle_value **out);

#endif
