#include "trained/history.h"

#include "base/error.h"
#include "system/json_memory.h"
#include "option/refuse.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const figure_names[HISTORY_FIGURES] = {
    [HISTORY_AWAKE] = "awake",
    [HISTORY_CHANGED] = "changed",
    [HISTORY_MEAN_DELTA] = "mean_delta",
    [HISTORY_MAX_DELTA] = "max_delta",
    [HISTORY_DECAY] = "decay",
    [HISTORY_NORM] = "norm",
    [HISTORY_STD] = "std",
    [HISTORY_SPECTRAL] = "spectral",
};

const char *history_figure_name(history_figure figure)
{
    return figure_names[figure];
}

/* --------------------------------------------------------------- the arrays */

/* Makes room for one more point in every array. */
static bool make_room(history *h)
{
    const size_t room = h->room == 0 ? 64 : 2 * h->room;
    if (h->count < h->room)
        return true;
    history_point *points = realloc(h->points, room * sizeof *points);
    if (points == NULL)
        return false;
    h->points = points;
    for (size_t n = 0; n < h->layer_count; n++)
        for (int figure = 0; figure < HISTORY_FIGURES; figure++) {
            double *at = realloc(h->layers[n].at[figure], room * sizeof *at);
            if (at == NULL)
                return false; /* what has grown already does no harm */
            h->layers[n].at[figure] = at;
        }
    h->room = room;
    return true;
}

static void free_layer(history_layer *layer)
{
    free(layer->name);
    for (int figure = 0; figure < HISTORY_FIGURES; figure++)
        free(layer->at[figure]);
}

/* A new tensor, of which the points so far tell nothing; there is room for one. */
static bool add_layer(history *h, const char *name)
{
    history_layer *layers = realloc(h->layers, (h->layer_count + 1) * sizeof *layers);
    if (layers == NULL)
        return false;
    h->layers = layers;
    history_layer *layer = &layers[h->layer_count];
    layer->weights = 0;
    bool made = (layer->name = strdup(name)) != NULL;
    for (int figure = 0; figure < HISTORY_FIGURES; figure++) {
        layer->at[figure] = malloc(h->room * sizeof *layer->at[figure]);
        made = made && layer->at[figure] != NULL;
        for (size_t n = 0; layer->at[figure] != NULL && n < h->room; n++)
            layer->at[figure][n] = NAN;
    }
    if (!made)
        free_layer(layer);
    h->layer_count += made;
    return made;
}

/* The tensor of that name, or NULL; lines have them in one order, so that `guess` is nearly always
 * right. */
static history_layer *find_layer(const history *h, const char *name, size_t guess)
{
    if (guess < h->layer_count && strcmp(h->layers[guess].name, name) == 0)
        return &h->layers[guess];
    for (size_t n = 0; n < h->layer_count; n++)
        if (strcmp(h->layers[n].name, name) == 0)
            return &h->layers[n];
    return NULL;
}

/*
 * Begins a point that tells nothing of tensors yet, as number `h->count`, and lays it behind those
 * of smaller steps.  It does not count before it is complete.
 */
static bool begin_point(history *h, const history_point *point)
{
    if (!make_room(h))
        return false;
    while (h->count > 0 && h->points[h->count - 1].step >= point->step)
        h->count--;
    h->points[h->count] = *point;
    for (size_t n = 0; n < h->layer_count; n++)
        for (int figure = 0; figure < HISTORY_FIGURES; figure++)
            h->layers[n].at[figure][h->count] = NAN;
    return true;
}

/* Where the figures of a tensor go that is number `guess` of the point begun; NULL: no memory. */
static history_layer *layer_to_fill(history *h, const char *name, size_t guess)
{
    history_layer *layer = find_layer(h, name, guess);
    if (layer == NULL && add_layer(h, name))
        layer = &h->layers[h->layer_count - 1];
    return layer;
}

static void put_figure(history *h, history_layer *layer, int figure, double value)
{
    layer->at[figure][h->count] = value;
    h->tells[figure] = h->tells[figure] || !isnan(value);
}

/* A share and a count of the same weights say how many there are. */
static void find_weights(history_layer *layer, size_t point)
{
    const double awake = layer->at[HISTORY_AWAKE][point];
    const double changed = layer->at[HISTORY_CHANGED][point];
    if (awake > 0 && changed > 0 && changed / awake < 0x1p63)
        layer->weights = (uint64_t)llround(changed / awake);
}

bool history_join(history *to, const history *from)
{
    for (size_t k = 0; k < from->count; k++) {
        if (!begin_point(to, &from->points[k]))
            return false;
        for (size_t n = 0; n < from->layer_count; n++) {
            history_layer *layer = layer_to_fill(to, from->layers[n].name, n);
            if (layer == NULL)
                return false;
            for (int figure = 0; figure < HISTORY_FIGURES; figure++)
                put_figure(to, layer, figure, from->layers[n].at[figure][k]);
            if (from->layers[n].weights > 0)
                layer->weights = from->layers[n].weights;
        }
        to->count++;
    }
    return true;
}

void history_clear(history *h)
{
    for (size_t n = 0; n < h->layer_count; n++)
        free_layer(&h->layers[n]);
    free(h->layers);
    free(h->points);
    *h = (history){0};
}

/* ------------------------------------------------------------------ reading */

static bool read_whole(const json_t *line, const char *key, uint64_t *value, detinit_error *error)
{
    const json_t *found = json_object_get(line, key);
    if (!json_is_integer(found) || json_integer_value(found) < 0)
        return refuse(error, "'%s' must be a whole number, 0 or more", key);
    *value = (uint64_t)json_integer_value(found);
    return true;
}

static bool is_share(const json_t *value)
{
    return json_is_number(value) && json_number_value(value) >= 0 && json_number_value(value) <= 1;
}

/* What is known where the initial weights are: all three or none. */
static bool read_awake(const json_t *line, history_point *point, detinit_error *error)
{
    const json_t *threshold = json_object_get(line, "threshold");
    const json_t *awake = json_object_get(line, "awake");
    point->threshold = point->awake = NAN;
    if (threshold == NULL && awake == NULL && json_object_get(line, "changed") == NULL)
        return true;
    if (!read_whole(line, "changed", &point->changed, error))
        return false;
    if (!json_is_number(threshold) || json_number_value(threshold) < 0)
        return refuse(error, "'threshold' must be a number, 0 or more");
    if (!is_share(awake))
        return refuse(error, "'awake' must be a share, 0 to 1");
    point->threshold = json_number_value(threshold);
    point->awake = json_number_value(awake);
    return true;
}

static bool read_point(const json_t *line, history_point *point, detinit_error *error)
{
    *point = (history_point){.sampled = json_is_true(json_object_get(line, "sampled"))};
    if (!read_whole(line, "step", &point->step, error) ||
        !read_whole(line, "weights", &point->weights, error) || !read_awake(line, point, error))
        return false;
    point->bytes = (uint64_t)json_integer_value(json_object_get(line, "bytes"));
    point->modified = json_integer_value(json_object_get(line, "modified"));
    return true;
}

/* Checks what a line says of a tensor; figures may be left out, or null where not finite. */
static bool check_tensor(const char *name, const json_t *tensor, detinit_error *error)
{
    if (!json_is_object(tensor))
        return refuse(error, "tensor '%.80s': expected an object of figures", name);
    for (int figure = 0; figure < HISTORY_FIGURES; figure++) {
        const json_t *value = json_object_get(tensor, figure_names[figure]);
        const bool share = figure == HISTORY_AWAKE;
        if (value == NULL || json_is_null(value) ||
            (share ? is_share(value) : json_is_number(value)))
            continue;
        return refuse(error, "tensor '%.80s': '%s' must be %s, or null", name, figure_names[figure],
                      share ? "a share, 0 to 1" : "a number");
    }
    return true;
}

static bool check_tensors(json_t *tensors, detinit_error *error)
{
    const char *name;
    json_t *tensor;
    if (!json_is_object(tensors))
        return refuse(error, "'tensors' must be an object, of figures by name");
    json_object_foreach(tensors, name, tensor)
    {
        if (!check_tensor(name, tensor, error))
            return false;
    }
    return true;
}

/* Of a line that is right. */
static bool take_tensors(history *h, json_t *tensors)
{
    const char *name;
    json_t *tensor;
    size_t n = 0;
    json_object_foreach(tensors, name, tensor)
    {
        history_layer *layer = layer_to_fill(h, name, n++);
        if (layer == NULL)
            return false;
        for (int figure = 0; figure < HISTORY_FIGURES; figure++) {
            const json_t *value = json_object_get(tensor, figure_names[figure]);
            if (json_is_number(value))
                put_figure(h, layer, figure, json_number_value(value));
        }
        find_weights(layer, h->count);
        const json_int_t weights = json_integer_value(json_object_get(tensor, "weights"));
        if (weights > 0)
            layer->weights = (uint64_t)weights;
    }
    return true;
}

detinit_status history_add_json(history *h, const json_t *line, detinit_error *error)
{
    history_point point;
    json_t *tensors = json_object_get(line, "tensors");
    if (!json_is_object(line)) {
        refuse(error, "expected an object, {\"step\": ...}");
        return refuse_file(DETINIT_INVALID, error);
    }
    if (!read_point(line, &point, error) || !check_tensors(tensors, error))
        return refuse_file(DETINIT_INVALID, error);
    if (!begin_point(h, &point) || !take_tensors(h, tensors))
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory");
    h->count++;
    return DETINIT_OK;
}

detinit_status history_add(history *h, const char *text, size_t length, detinit_error *error)
{
    json_error_t why = {0};
    json_t *line = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (line == NULL && json_memory_lacked())
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory");
    if (line == NULL)
        return error_set(error, DETINIT_IO, "not JSON: %.120s at column %d", why.text, why.column);
    const detinit_status status = history_add_json(h, line, error);
    json_decref(line);
    return status;
}

/* ------------------------------------------------------------------ writing */

bool history_is_told(const history_layer *layer, size_t point)
{
    for (int figure = 0; figure < HISTORY_FIGURES; figure++)
        if (!isnan(layer->at[figure][point]))
            return true;
    return false;
}

static json_t *value_json(int figure, double value)
{
    if (isnan(value))
        return json_null();
    return figure == HISTORY_CHANGED ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *tensors_json(const history *h, size_t point)
{
    json_t *tensors = json_object();
    for (size_t n = 0; n < h->layer_count; n++) {
        if (!history_is_told(&h->layers[n], point))
            continue;
        json_t *figures = json_object();
        for (int figure = 0; figure < HISTORY_FIGURES; figure++)
            if (h->tells[figure])
                json_object_set_new(figures, figure_names[figure],
                                    value_json(figure, h->layers[n].at[figure][point]));
        json_object_set_new(tensors, h->layers[n].name, figures);
    }
    return tensors;
}

json_t *history_json(const history *h, size_t point)
{
    const history_point *p = &h->points[point];
    json_t *line =
        json_pack("{s:I, s:I}", "step", (json_int_t)p->step, "weights", (json_int_t)p->weights);
    if (!isnan(p->awake))
        json_object_update_new(line,
                               json_pack("{s:f, s:I, s:f}", "threshold", p->threshold, "changed",
                                         (json_int_t)p->changed, "awake", p->awake));
    if (p->sampled)
        json_object_set_new(line, "sampled", json_true());
    if (p->bytes > 0)
        json_object_update_new(line, json_pack("{s:I, s:I}", "bytes", (json_int_t)p->bytes,
                                               "modified", (json_int_t)p->modified));
    json_object_set_new(line, "tensors", tensors_json(h, point));
    return line;
}

/* -------------------------------------------------------- what it tells of all */

/* Bytes at the beginning, or at the end, that two names share. */
static size_t shared(const char *a, const char *b, bool at_end)
{
    const size_t length = strlen(a), other = strlen(b);
    size_t n = 0;
    while (n < length && n < other &&
           (at_end ? a[length - 1 - n] == b[other - 1 - n] : a[n] == b[n]))
        n++;
    return n;
}

void history_common(const history *h, size_t *before, size_t *behind)
{
    *before = *behind = 0;
    if (h->layer_count < 2)
        return;
    const char *first = h->layers[0].name;
    const size_t length = strlen(first);
    size_t shortest = length;
    *before = *behind = length;
    for (size_t n = 1; n < h->layer_count; n++) {
        const char *name = h->layers[n].name;
        const size_t head = shared(first, name, false), tail = shared(first, name, true);
        *before = head < *before ? head : *before;
        *behind = tail < *behind ? tail : *behind;
        shortest = strlen(name) < shortest ? strlen(name) : shortest;
    }
    while (*before > 0 && first[*before - 1] != '.')
        --*before;
    while (*behind > 0 && first[length - *behind] != '.')
        --*behind;
    if (*before + *behind >= shortest)
        *behind = 0;
    if (*before >= shortest)
        *before = 0;
}

double history_of_all(const history *h, history_figure figure, size_t point)
{
    double squares = 0;
    bool told = false;
    if (figure == HISTORY_AWAKE)
        return h->points[point].awake;
    for (size_t n = 0; figure == HISTORY_NORM && n < h->layer_count; n++) {
        const double norm = h->layers[n].at[figure][point];
        told = told || !isnan(norm);
        squares += isnan(norm) ? 0 : norm * norm;
    }
    return told ? sqrt(squares) : NAN;
}
