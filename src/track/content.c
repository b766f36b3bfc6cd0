#include "track/content.h"

#include "base/error.h"
#include "file/tensorfile.h"
#include "file/tensorwriter.h"

#include <stdlib.h>

void content_free(content *c)
{
    free(c->parts);
    *c = (content){0};
}

static content_part part_of_tracked(const detinit_tracked *tracked)
{
    return (content_part){.tracked = tracked,
                          .name = tracked_name(tracked),
                          .type = detinit_dtype_safetensors(tracked->dtype),
                          .rank = tracked->recipe.rank,
                          .shape = tracked->shape,
                          .count = tracked->count};
}

static content_part part_of_tensor(const detinit_tensor *tensor)
{
    return (content_part){.tensor = tensor,
                          .name = tensorwriter_name(tensor),
                          .type = tensor->type,
                          .rank = tensor->rank,
                          .shape = tensor->shape,
                          .count = tensor->count};
}

/* Puts a tracked tensor to its place among those of its file. */
static bool place(content *c, const detinit_tracked *tracked)
{
    const size_t index =
        tracked->file == c->file ? tensorfile_index(c->file, tracked->tensor) : SIZE_MAX;
    if (index >= c->count || c->parts[index].tracked != NULL)
        return false;
    c->parts[index] = part_of_tracked(tracked);
    return true;
}

detinit_status content_of(const detinit_tensorfile *file, const detinit_tracked *tracked,
                          size_t count, content *out, detinit_error *error)
{
    content c = {.file = file, .count = file != NULL ? detinit_tensorfile_count(file) : count};
    c.parts = calloc(c.count + 1, sizeof *c.parts);
    if (c.parts == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for a list of %zu tensors", c.count);
    for (size_t n = 0; n < c.count; n++)
        c.parts[n] = file != NULL ? part_of_tensor(detinit_tensorfile_tensor(file, n))
                                  : part_of_tracked(&tracked[n]);
    for (size_t n = 0; n < count && file != NULL; n++) {
        if (place(&c, &tracked[n]))
            continue;
        content_free(&c);
        return error_set(error, DETINIT_INVALID,
                         "the tracked tensor '%.100s' is not one of '%.200s', or comes twice",
                         tracked[n].name, detinit_tensorfile_path(file));
    }
    for (size_t n = 0; n < c.count; n++)
        c.items += c.parts[n].count;
    *out = c;
    return DETINIT_OK;
}
