#include "file/jsondump.h"

#include "file/output.h"

#include <stdlib.h>

typedef struct dump {
    output_memory memory;
    output to;
    detinit_status status; /* of all that was put so far */
} dump;

static int put(const char *text, size_t size, void *context)
{
    dump *d = context;
    if (d->status == DETINIT_OK)
        d->status = output_write(&d->to, text, size, NULL);
    return d->status == DETINIT_OK ? 0 : -1;
}

char *jsondump_text(const json_t *value, size_t flags)
{
    dump d = {.status = DETINIT_OK};
    d.to = output_into(&d.memory, "memory", NULL, 0);
    if (value != NULL && json_dump_callback(value, put, &d, flags) == 0 && put("", 1, &d) == 0)
        return (char *)d.memory.data;
    free(d.memory.data);
    return NULL;
}
