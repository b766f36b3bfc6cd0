#include "trained/measuring.h"

#include "base/error.h"
#include "detinit_pack.h"
#include "base/progress.h"
#include "option/refuse.h"
#include "trained/checkpoint.h"
#include "trained/history.h"
#include "trained/manifest.h"
#include "trained/spectral_norm.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Numbers that are read at once, and stretches of a sample. */
#define BLOCK 4096

/* ------------------------------------------------------------------ moments */

/* Sums of some numbers of a tensor; of finite ones, and whether all were. */
typedef struct moments {
    uint64_t count;
    double sum, squares;
} moments;

static detinit_status add_block(const detinit_tensorfile *file, const detinit_tensor *tensor,
                                uint64_t first, size_t count, moments *m, detinit_error *error)
{
    double values[BLOCK], sum = 0, squares = 0;
    const detinit_status status = detinit_tensor_values(file, tensor, first, count, values, error);
    if (status != DETINIT_OK)
        return status;
    for (size_t n = 0; n < count; n++) {
        sum += values[n];
        squares += values[n] * values[n];
    }
    m->count += count;
    m->sum += sum;
    m->squares += squares;
    return DETINIT_OK;
}

/* Of all weights, or of a sample: as many stretches of BLOCK weights, the first at the beginning,
 * the last at the end. */
static detinit_status find_moments(const detinit_tensorfile *file, const detinit_tensor *tensor,
                                   const detinit_run *run, moments *m, detinit_error *error)
{
    const bool sampled = tensor->count > MEASURE_ALL_UP_TO;
    const uint64_t blocks = sampled ? MEASURE_SAMPLE / BLOCK : (tensor->count + BLOCK - 1) / BLOCK;
    detinit_status status = DETINIT_OK;
    *m = (moments){0};
    for (uint64_t n = 0; n < blocks && status == DETINIT_OK; n++) {
        const uint64_t first =
            sampled ? (uint64_t)((double)(tensor->count - BLOCK) * (double)n / (double)(blocks - 1))
                    : n * BLOCK;
        const uint64_t left = tensor->count - first;
        status = add_block(file, tensor, first, left < BLOCK ? (size_t)left : BLOCK, m, error);
        if (status == DETINIT_OK)
            status = progress_tell(run, n + 1, blocks, error);
    }
    return status;
}

/* ----------------------------------------------------------------- spectrum */

/* *value is NAN where there is none. */
static detinit_status find_spectral(const detinit_tensorfile *file, const detinit_tensor *tensor,
                                    double *value, detinit_error *error)
{
    *value = NAN;
    if (tensor->rank < 2 || tensor->count == 0 || tensor->count > MEASURE_SPECTRUM_UP_TO)
        return DETINIT_OK;
    const size_t count = (size_t)tensor->count, rows = (size_t)tensor->shape[0];
    double *weights = malloc(count * sizeof *weights);
    detinit_status status =
        weights != NULL
            ? detinit_tensor_values(file, tensor, 0, count, weights, error)
            : error_set(error, DETINIT_NO_MEMORY, "not enough memory for '%.100s'", tensor->name);
    if (status == DETINIT_OK) {
        *value = spectral_norm(weights, rows, count / rows);
        if (*value < 0)
            status =
                error_set(error, DETINIT_NO_MEMORY, "not enough memory for '%.100s'", tensor->name);
    }
    free(weights);
    return status;
}

/* ----------------------------------------------------------------- a tensor */

static void put(json_t *figures, history_figure figure, double value)
{
    json_object_set_new(figures, history_figure_name(figure),
                        isfinite(value) ? json_real(value) : json_null());
}

/* Norm, std and spectrum of a tensor, into an object. */
static detinit_status measure_tensor(const detinit_tensorfile *file, const detinit_tensor *tensor,
                                     const detinit_run *run, json_t *figures, detinit_error *error)
{
    moments m;
    double spectral;
    detinit_status status = find_moments(file, tensor, run, &m, error);
    if (status == DETINIT_OK)
        status = find_spectral(file, tensor, &spectral, error);
    if (status != DETINIT_OK)
        return status;
    const double count = (double)m.count, mean = m.sum / count;
    json_object_set_new(figures, "weights", json_integer((json_int_t)tensor->count));
    put(figures, HISTORY_NORM, sqrt(m.squares / count * (double)tensor->count));
    put(figures, HISTORY_STD, sqrt(fmax(m.squares / count - mean * mean, 0)));
    put(figures, HISTORY_SPECTRAL, spectral);
    return DETINIT_OK;
}

/* A measurement under way. */
typedef struct measured {
    uint64_t weights, changed;
    bool sampled;
    json_t *tensors;
} measured;

static detinit_status add_tensor(measured *all, const detinit_tensorfile *file,
                                 const detinit_tensor *tensor, const char *name,
                                 const detinit_run *run, json_t **figures, detinit_error *error)
{
    *figures = json_object();
    if (json_object_set_new(all->tensors, name, *figures) != 0)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory");
    all->weights += tensor->count;
    all->sampled = all->sampled || tensor->count > MEASURE_ALL_UP_TO;
    return measure_tensor(file, tensor, run, *figures, error);
}

/* What an optimizer keeps of each weight says nothing of the network. */
static bool is_of_optimizer(const char *name)
{
    return strncmp(name, "optim", 5) == 0;
}

static detinit_status measure_plain(measured *all, const detinit_tensorfile *file,
                                    const detinit_run *run, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    json_t *figures;
    for (size_t n = 0; n < detinit_tensorfile_count(file) && status == DETINIT_OK; n++) {
        const detinit_tensor *tensor = detinit_tensorfile_tensor(file, n);
        if (!tensor->weights || tensor->count == 0 || is_of_optimizer(tensor->name))
            continue;
        status = add_tensor(all, file, tensor, tensor->name[0] != '\0' ? tensor->name : "weight",
                            run, &figures, error);
    }
    return status;
}

static detinit_status measure_tracked(measured *all, const checkpoint *c, double threshold,
                                      const detinit_run *run, detinit_error *error)
{
    detinit_change change;
    json_t *figures;
    for (size_t n = 0; n < c->count; n++) {
        const detinit_tracked *t = &c->tracked[n];
        if (t->count == 0)
            continue;
        detinit_status status = add_tensor(all, c->file, t->tensor, checkpoint_name(c, t->tensor),
                                           run, &figures, error);
        if (status == DETINIT_OK)
            status = detinit_tracked_change(t, threshold, DETINIT_DECAY_NOT, run, &change, error);
        if (status != DETINIT_OK)
            return status;
        all->changed += change.changed_weights;
        put(figures, HISTORY_AWAKE, (double)change.changed_weights / (double)t->count);
        json_object_set_new(figures, history_figure_name(HISTORY_CHANGED),
                            json_integer((json_int_t)change.changed_weights));
        put(figures, HISTORY_MEAN_DELTA, change.mean_delta);
        put(figures, HISTORY_MAX_DELTA, change.max_delta);
        put(figures, HISTORY_DECAY, change.decay);
    }
    return DETINIT_OK;
}

/* ------------------------------------------------------------------ a file */

/* The step that metadata tell. */
static bool step_of(const detinit_tensorfile *file, uint64_t *step)
{
    static const char *const keys[] = {"step", "global_step", "iteration", "iter", "epoch"};
    for (size_t n = 0; n < sizeof keys / sizeof keys[0]; n++) {
        char *end;
        const char *text = detinit_tensorfile_metadata(file, keys[n]);
        if (text == NULL || text[0] < '0' || text[0] > '9')
            continue;
        errno = 0;
        *step = strtoull(text, &end, 10);
        if (errno == 0 && *end == '\0' && *step <= INT64_MAX)
            return true;
    }
    return false;
}

/* The object of what was measured, which it owns. */
static json_t *line_of(const measured *all, const detinit_tensorfile *file, bool tracked,
                       double threshold)
{
    uint64_t step;
    json_t *line = json_object();
    if (step_of(file, &step))
        json_object_set_new(line, "step", json_integer((json_int_t)step));
    if (tracked) {
        json_object_set_new(line, "threshold", json_real(threshold));
        json_object_set_new(line, "changed", json_integer((json_int_t)all->changed));
        json_object_set_new(
            line, "awake",
            json_real(all->weights > 0 ? (double)all->changed / (double)all->weights : 0));
    }
    json_object_set_new(line, "weights", json_integer((json_int_t)all->weights));
    if (all->sampled)
        json_object_set_new(line, "sampled", json_true());
    json_object_set(line, "tensors", all->tensors);
    return line;
}

static detinit_status measure_with_recipes(measured *all, const char *path, const measure_by *by,
                                           const detinit_run *run, json_t **line,
                                           detinit_error *error)
{
    checkpoint c;
    double threshold;
    const checkpoint_source from = {.file = path, .manifest = by->manifest};
    detinit_status status = checkpoint_open(&from, &c, error);
    if (status != DETINIT_OK)
        return status;
    status = checkpoint_threshold(&c, by->threshold, run, &threshold, error);
    if (status == DETINIT_OK)
        status = measure_tracked(all, &c, threshold, run, error);
    if (status == DETINIT_OK)
        *line = line_of(all, c.file, true, threshold);
    checkpoint_close(&c);
    return status;
}

static detinit_status measure(measured *all, const char *path, const measure_by *by,
                              const detinit_run *run, json_t **line, detinit_error *error)
{
    detinit_tensorfile *file;
    const char *recipes = NULL;
    detinit_status status = detinit_tensorfile_open_unpacked(path, &file, error);
    if (status != DETINIT_OK)
        return refuse_file(status, error);
    if (by->manifest == NULL)
        status = manifest_in_file(file, &recipes, error);
    const bool tracked = by->manifest != NULL || recipes != NULL;
    if (status == DETINIT_OK && !tracked)
        status = measure_plain(all, file, run, error);
    if (status == DETINIT_OK && !tracked)
        *line = line_of(all, file, false, 0);
    detinit_tensorfile_close(file);
    return status == DETINIT_OK && tracked ? measure_with_recipes(all, path, by, run, line, error)
                                           : status;
}

detinit_status measure_checkpoint(const char *path, const measure_by *by, const detinit_run *run,
                                  json_t **line, detinit_error *error)
{
    measured all = {.tensors = json_object()};
    *line = NULL;
    detinit_status status = measure(&all, path, by, run, line, error);
    if (status == DETINIT_OK && json_object_size(all.tensors) == 0)
        status = error_set(error, DETINIT_IO, "'%.200s' holds no weights", path);
    json_decref(all.tensors);
    if (status != DETINIT_OK) {
        json_decref(*line);
        *line = NULL;
    }
    return status;
}
