#include "trained/opened_file.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static detinit_status no_memory(const char *path, detinit_error *error)
{
    return error_set(error, DETINIT_NO_MEMORY, "not enough memory to look at '%.200s'", path);
}

/* The manifest, and the tree of names. */
static detinit_status complete(opened_file *f, const checkpoint_source *from, detinit_error *error)
{
    f->of_view = f->held.count > 0 && from->manifest == NULL &&
                 detinit_tensorfile_metadata(f->held.file, "detinit.manifest") == NULL;
    if (from->manifest != NULL && (f->manifest = strdup(from->manifest)) == NULL)
        return no_memory(from->file, error);
    return tensor_tree_make(f->held.file, &f->tree) ? DETINIT_OK : no_memory(from->file, error);
}

detinit_status opened_file_new(const checkpoint_source *from, opened_file **out,
                               detinit_error *error)
{
    opened_file *f = calloc(1, sizeof *f);
    if (f == NULL)
        return no_memory(from->file, error);
    atomic_init(&f->owners, 1);
    detinit_status status =
        checkpoint_look(from, &f->held, f->no_recipes, sizeof f->no_recipes, error);
    if (status == DETINIT_OK)
        status = complete(f, from, error);
    if (status == DETINIT_OK)
        *out = f;
    else
        opened_file_free(f);
    return status;
}

opened_file *opened_file_share(opened_file *f)
{
    atomic_fetch_add(&f->owners, 1);
    return f;
}

void opened_file_free(opened_file *f)
{
    if (f == NULL || atomic_fetch_sub(&f->owners, 1) > 1)
        return;
    tensor_tree_free(&f->tree);
    checkpoint_close(&f->held);
    free(f->manifest);
    free(f);
}
