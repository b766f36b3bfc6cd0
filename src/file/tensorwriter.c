#include "file/tensorwriter.h"

#include "base/error.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ----------------------------------------------------------------- opening */

/* Goes on to the run that the writer was opened with, and keeps how far the work is. */
static bool report(void *context, uint64_t done, uint64_t total)
{
    detinit_tensorwriter *w = context;
    w->reported = true;
    w->out.done = done;
    w->out.total = total;
    return w->asked->progress(w->asked->context, done, total);
}

const detinit_run *tensorwriter_run(const detinit_tensorwriter *w)
{
    return &w->run;
}

static void free_writer(detinit_tensorwriter *w)
{
    if (w->format->discard != NULL)
        w->format->discard(w);
    free(w);
}

/* A writer that writes nowhere yet; NULL without memory. */
static detinit_tensorwriter *new_writer(const file_format *format, const detinit_run *run)
{
    detinit_tensorwriter *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->format = format;
    w->asked = run;
    w->run.context = w;
    if (run != NULL) {
        w->run.threads = run->threads;
        w->run.isa = run->isa;
        w->run.progress = run->progress != NULL ? report : NULL;
    }
    return w;
}

/* Lets the format begin; ends the writer where it cannot. */
static detinit_status finish_opening(detinit_tensorwriter *w, detinit_tensorwriter **out,
                                     detinit_error *error)
{
    detinit_status status = w->format->create != NULL ? w->format->create(w, error) : DETINIT_OK;
    if (status == DETINIT_OK)
        *out = w;
    else
        detinit_tensorwriter_abandon(w);
    return status;
}

static detinit_status no_memory(detinit_error *error)
{
    return error_set(error, DETINIT_NO_MEMORY, "no memory for a file of tensors");
}

detinit_status tensorwriter_open(const char *path, const file_format *format,
                                 const detinit_run *run, uint64_t total, detinit_tensorwriter **out,
                                 detinit_error *error)
{
    detinit_tensorwriter *w = new_writer(format, run);
    if (w == NULL)
        return no_memory(error);
    detinit_status status = savefile_open(&w->file, path, run, total, error);
    if (status != DETINIT_OK) {
        free(w);
        return status;
    }
    w->saves = true;
    w->out = output_on(w->file.fd, w->file.shown, run, total);
    return finish_opening(w, out, error);
}

detinit_status tensorwriter_open_on(int fd, const char *shown, const file_format *format,
                                    const detinit_run *run, uint64_t total,
                                    detinit_tensorwriter **out, detinit_error *error)
{
    detinit_tensorwriter *w = new_writer(format, run);
    if (w == NULL)
        return no_memory(error);
    w->out = output_on(fd, shown, run, total);
    return finish_opening(w, out, error);
}

detinit_status tensorwriter_open_in_memory(output_memory *memory, const file_format *format,
                                           const detinit_run *run, uint64_t total,
                                           detinit_tensorwriter **out, detinit_error *error)
{
    detinit_tensorwriter *w = new_writer(format, run);
    if (w == NULL)
        return no_memory(error);
    w->out = output_into(memory, "memory", run, total);
    return finish_opening(w, out, error);
}

detinit_status tensorwriter_open_by_ending(const char *path, const detinit_run *run, uint64_t total,
                                           detinit_tensorwriter **out, detinit_error *error)
{
    char networks[FORMAT_NAMES], single[FORMAT_NAMES];
    if (format_of_path_is(path, format_saves_tensors))
        return tensorwriter_open(path, format_of_path(path), run, total, out, error);
    return error_set(
        error, DETINIT_INVALID, "'%.200s' must end in %s, or in %s for a single tensor", path,
        format_names(format_saves_networks, networks), format_names(format_saves_one, single));
}

detinit_status detinit_tensorwriter_open_run(const char *path, const detinit_run *run,
                                             detinit_tensorwriter **out, detinit_error *error)
{
    return tensorwriter_open(path, format_for_network(path), run, 0, out, error);
}

detinit_status detinit_tensorwriter_open(const char *path, detinit_tensorwriter **out,
                                         detinit_error *error)
{
    return detinit_tensorwriter_open_run(path, NULL, out, error);
}

/* -------------------------------------------------------------- announcing */

const char *tensorwriter_name(const detinit_tensor *tensor)
{
    return tensor->name[0] != '\0' ? tensor->name : TENSORWRITER_NAMELESS;
}

detinit_status detinit_tensorwriter_metadata(detinit_tensorwriter *w, const char *key,
                                             const char *value, detinit_error *error)
{
    if (w->began)
        return error_set(error, DETINIT_INVALID, "metadata must come before the data");
    return w->format->pair != NULL ? w->format->pair(w, key, value, error) : DETINIT_OK;
}

/* DETINIT_INVALID where the format has no room for such a tensor beside those before it. */
static detinit_status check_room(const detinit_tensorwriter *w, const tensor_type *type,
                                 detinit_error *error)
{
    char names[FORMAT_NAMES];
    const file_format *format = w->format;
    if (!format->many && w->tensors > 0)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s': a %s file holds one tensor; %s was expected", w->out.shown,
                         format->name, format_names(format_saves_networks, names));
    if (format->holds != NULL && !format->holds(type))
        return error_set(error, DETINIT_INVALID,
                         "'%.200s': %s files have no type %.20s; %s was expected", w->out.shown,
                         format->name, type->name, format_names(format_saves_networks, names));
    return DETINIT_OK;
}

detinit_status detinit_tensorwriter_announce(detinit_tensorwriter *w, const char *name,
                                             const char *type, size_t rank, const uint64_t *shape,
                                             uint64_t *bytes, detinit_error *error)
{
    detinit_tensor tensor = {.name = name, .rank = rank, .shape = shape};
    const tensor_type *known = tensor_type_named(type);
    uint64_t length = 0;
    if (w->began)
        return error_set(error, DETINIT_INVALID, "tensors must be announced before the data");
    if (known == NULL)
        return error_set(error, DETINIT_INVALID, "'%.100s' is not a type that can be written",
                         type);
    detinit_status status = check_room(w, known, error);
    if (status == DETINIT_OK)
        status = w->format->announce(w, &tensor, known, &length, error);
    if (status != DETINIT_OK)
        return status;
    w->tensors++;
    w->announced += length;
    if (bytes != NULL)
        *bytes = length;
    return DETINIT_OK;
}

/* ----------------------------------------------------------------- writing */

detinit_status tensorwriter_put(detinit_tensorwriter *w, const void *bytes, size_t size,
                                detinit_error *error)
{
    detinit_status status = output_write(&w->out, bytes, size, error);
    if (status == DETINIT_OK)
        w->bytes += size;
    return status;
}

detinit_status tensorwriter_reserve(const detinit_tensorwriter *w, uint64_t bytes,
                                    detinit_error *error)
{
    return w->saves ? savefile_reserve(&w->file, bytes, error) : DETINIT_OK;
}

detinit_status tensorwriter_begin(detinit_tensorwriter *w, detinit_error *error)
{
    if (w->began)
        return DETINIT_OK;
    w->began = true;
    if (!w->format->many && w->tensors == 0)
        return error_set(error, DETINIT_INVALID, "'%.200s': a %s file holds one tensor, not none",
                         w->out.shown, w->format->name);
    return w->format->begin != NULL ? w->format->begin(w, error) : DETINIT_OK;
}

/* Text has no size that was told before. */
static bool has_size(const detinit_tensorwriter *w)
{
    return w->format->encode == NULL;
}

detinit_status detinit_tensorwriter_write(detinit_tensorwriter *w, const void *data, size_t bytes,
                                          detinit_error *error)
{
    detinit_status status = tensorwriter_begin(w, error);
    if (status != DETINIT_OK)
        return status;
    if (has_size(w) && bytes > w->announced - w->written)
        return error_set(error, DETINIT_INVALID, "more data than the tensors announced hold");
    if (!w->reported) {
        w->out.done = w->written;
        w->out.total = w->announced;
    }
    status = tensorwriter_put(w, data, bytes, error);
    if (status == DETINIT_OK)
        w->written += bytes;
    return status;
}

/* ------------------------------------------------------------------ ending */

void detinit_tensorwriter_abandon(detinit_tensorwriter *w)
{
    if (w == NULL)
        return;
    if (w->saves)
        savefile_abandon(&w->file);
    free_writer(w);
}

detinit_status detinit_tensorwriter_commit(detinit_tensorwriter *w, uint64_t *bytes,
                                           detinit_error *error)
{
    detinit_status status = tensorwriter_begin(w, error);
    if (status == DETINIT_OK && has_size(w) && w->written != w->announced)
        status = error_set(error, DETINIT_INVALID, "%" PRIu64 " of %" PRIu64 " bytes are missing",
                           w->announced - w->written, w->announced);
    if (status != DETINIT_OK) {
        detinit_tensorwriter_abandon(w);
        return status;
    }
    if (bytes != NULL)
        *bytes = w->bytes;
    if (w->saves)
        status = savefile_commit(&w->file, error);
    free_writer(w);
    return status;
}
