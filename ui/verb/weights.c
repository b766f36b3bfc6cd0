#include "verb/weights.h"

#include "detinit_track.h"
#include "file/tensorfile.h"
#include "text/grouped.h"
#include "text/one_line.h"
#include "option/place.h"
#include "option/refuse.h"
#include "verb/report.h"
#include "system/memory.h"
#include "system/target.h"
#include "verb/verb.h"

#include <stdio.h>
#include <string.h>

/* A longer name moves the rest of its line. */
#define NAME_WIDTH_MOST 40

/* ----------------------------------------------------------------- opening */

detinit_run weights_run(weights *w, const char *what)
{
    progress_end(&w->bar);
    return progress_run(&w->bar, what, w->settings->run.threads, w->settings->output.quiet);
}

detinit_status weights_open(const settings *s, bool with_threshold, weights *out,
                            detinit_error *error)
{
    *out = (weights){.settings = s};
    const checkpoint_source from = {.file = s->file,
                                    .manifest = s->network.manifest,
                                    .recipe = &s->recipe,
                                    .given = s->given,
                                    .names = s->network.names,
                                    .partial = s->network.partial};
    detinit_status status = checkpoint_open(&from, &out->c, error);
    if (status != DETINIT_OK)
        return status;
    for (size_t n = 0; n < out->c.count; n++)
        out->total += out->c.tracked[n].count;
    const detinit_run run = weights_run(out, "comparing");
    if (with_threshold)
        status = checkpoint_threshold(&out->c, threshold_chosen(s), &run, &out->threshold, error);
    if (status != DETINIT_OK)
        weights_close(out);
    return status;
}

void weights_close(weights *w)
{
    progress_end(&w->bar);
    checkpoint_close(&w->c);
}

bool weights_check_save(const settings *s, bool needed, bool (*fits)(const file_format *format),
                        detinit_error *error)
{
    char names[FORMAT_NAMES];
    const char *expected = format_names(fits, names);
    if (s->output.save == NULL && !needed)
        return true;
    if (s->output.save == NULL)
        return refuse(error, "%s: needs --save FILE, which ends in %s", s->verb->name, expected);
    if (!format_of_path_is(s->output.save, fits))
        return refuse(error, "--save: '%.200s' must end in %s with the command %s", s->output.save,
                      expected, s->verb->name);
    return target_check(s->output.save, error) == DETINIT_OK;
}

/* Asked once, of the largest: orthogonal matrices are made one after the other. */
bool weights_check_memory(const detinit_network *network, detinit_error *error)
{
    char what[160];
    const detinit_layer *largest = NULL;
    uint64_t most = 0;
    for (size_t n = 0; n < network->count; n++) {
        const uint64_t bytes = detinit_matrix_memory(&network->layers[n].recipe);
        largest = bytes > most ? &network->layers[n] : largest;
        most = bytes > most ? bytes : most;
    }
    if (largest == NULL)
        return true;
    snprintf(what, sizeof what, "'%.60s': an orthogonal matrix", largest->name);
    return memory_allows(what, most, error);
}

bool weights_check_count(const settings *s, size_t tensors, detinit_error *error)
{
    char names[FORMAT_NAMES];
    return s->output.save == NULL || tensors == 1 ||
           !format_of_path_is(s->output.save, format_saves_one) ||
           refuse(error, "--save: '%.200s' cannot hold %zu tensors; %s was expected",
                  s->output.save, tensors, format_names(format_saves_networks, names));
}

/* ------------------------------------------------------------------- texts */

const char *weights_name(const weights *w, const detinit_tracked *tracked)
{
    return checkpoint_name(&w->c, tracked->tensor);
}

const char *weights_told_name(const detinit_tensorfile *file, const detinit_tensor *tensor)
{
    return tensor->name[0] == '\0' && tensorfile_format(file)->many ? "\"\"" : tensor->name;
}

const char *weights_short_name(const weights *w, const detinit_tensor *tensor, char *buffer,
                               size_t size)
{
    const char *name = checkpoint_name(&w->c, tensor), *slash = strrchr(name, '/');
    return one_line_cut(tensor->name[0] == '\0' && slash != NULL ? slash + 1 : name, NAME_COLUMNS,
                        buffer, size);
}

const char *weights_shape(const detinit_tracked *tracked, char *buffer, size_t size)
{
    return shape_text(&tracked->recipe, " x ", buffer, size);
}

int weights_name_width(const weights *w, int least)
{
    int width = least;
    for (size_t n = 0; n < w->c.count; n++) {
        const int taken = report_width(weights_name(w, &w->c.tracked[n]));
        if (taken > width)
            width = taken < NAME_WIDTH_MOST ? taken : NAME_WIDTH_MOST;
    }
    return width;
}

double weights_percent(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}

void weights_print_saved(const settings *s, const char *what, uint64_t bytes)
{
    char text[32], path[ONE_LINE];
    printf("\nSaved %s: %s (%s bytes)\n", what, one_line(s->output.save, path),
           grouped(bytes, text));
}

/* -------------------------------------------------------------------- JSON */

json_t *weights_tensor_json(const weights *w, const detinit_tracked *tracked)
{
    return json_pack("{s:o, s:o, s:o}", "name", one_line_json(weights_name(w, tracked)), "shape",
                     report_list(tracked->recipe.shape, tracked->recipe.rank), "weights",
                     report_whole(tracked->count));
}

json_t *weights_saved_json(const settings *s, uint64_t bytes)
{
    return json_pack("{s:o, s:o}", "path", one_line_json(s->output.save), "bytes",
                     report_whole(bytes));
}
