#include "track/pairing.h"

#include "base/error.h"
#include "base/shape.h"
#include "file/tensorfile.h"
#include "network/file_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file and a network while they are joined. */
typedef struct pairer {
    const detinit_tensorfile *file;
    const detinit_network *network;
    const detinit_name_rules *rules;
    bool partial;
    detinit_pairing out;
    char shown[200];     /* the file, in sentences */
    const char **wanted; /* the names of the layers */
    /* Names in the file: its tensors' own, then others that its metadata give them. */
    const char **held;
    size_t *tensor_of; /* of each of these */
    size_t held_count;
    detinit_error *error;
} pairer;

const char *pairing_shape_text(size_t rank, const uint64_t *shape, char *buffer, size_t size)
{
    size_t length = (size_t)snprintf(buffer, size, "%s", rank == 0 ? "a single number" : "");
    for (size_t n = 0; n < rank && length < size; n++)
        length += (size_t)snprintf(buffer + length, size - length, "%s%llu", n > 0 ? " x " : "",
                                   (unsigned long long)shape[n]);
    return buffer;
}

/* -------------------------------------------------------------------- names */

/* The other name that pair `n` of the metadata gives to a tensor, which *tensor gets; or NULL. */
static const char *other_name(const pairer *p, const char *key, size_t *tensor)
{
    const char *value = detinit_tensorfile_metadata(p->file, key);
    const detinit_tensor *named = detinit_tensorfile_find(p->file, value);
    if (named == NULL || detinit_tensorfile_find(p->file, key) != NULL)
        return NULL;
    *tensor = tensorfile_index(p->file, named);
    return key;
}

static bool list_names(pairer *p)
{
    const size_t tensors = detinit_tensorfile_count(p->file);
    size_t pairs = 0;
    while (detinit_tensorfile_metadata_key(p->file, pairs) != NULL)
        pairs++;
    p->wanted = malloc((p->network->count + 1) * sizeof *p->wanted);
    p->held = malloc((tensors + pairs + 1) * sizeof *p->held);
    p->tensor_of = malloc((tensors + pairs + 1) * sizeof *p->tensor_of);
    if (p->wanted == NULL || p->held == NULL || p->tensor_of == NULL)
        return false;
    for (size_t n = 0; n < p->network->count; n++)
        p->wanted[n] = p->network->layers[n].name;
    for (size_t n = 0; n < tensors; n++) {
        p->held[n] = detinit_tensorfile_tensor(p->file, n)->name;
        p->tensor_of[n] = n;
    }
    p->held_count = tensors;
    for (size_t n = 0; n < pairs; n++) {
        const char *key = detinit_tensorfile_metadata_key(p->file, n);
        if (other_name(p, key, &p->tensor_of[p->held_count]) != NULL)
            p->held[p->held_count++] = key;
    }
    return true;
}

/* What a file of one tensor is called, as a folder has the file of a layer: "out/fc1.npy". */
static void name_by_path(const pairer *p, char stem[FILE_STEM_TEXT])
{
    const char *path = detinit_tensorfile_path(p->file);
    const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
    const size_t length = format_stem(tensorfile_format(p->file), base);
    snprintf(stem, FILE_STEM_TEXT, "%.*s", (int)(length < FILE_STEM_MOST ? length : 0), base);
}

static detinit_status find_one(pairer *p, detinit_name_place *places)
{
    char stem[FILE_STEM_TEXT], of_layer[FILE_STEM_TEXT];
    const char *held = stem;
    const size_t count = p->network->count;
    name_by_path(p, stem);
    for (size_t n = 0; n < count; n++)
        places[n] = (detinit_name_place){.held = DETINIT_NAME_MISSING, .parts = 1};
    for (size_t n = 0; n < count; n++) {
        if (count > 1 && strcmp(file_stem_of_name(p->wanted[n], of_layer), stem) != 0)
            continue;
        places[n].held = 0;
        return DETINIT_OK;
    }
    return detinit_names_find(p->wanted, count, "the manifest", &held, stem[0] != '\0', p->shown,
                              p->rules, true, places, p->error);
}

static detinit_status find_names(pairer *p)
{
    detinit_name_place *places = p->out.places;
    if (!tensorfile_format(p->file)->many)
        return find_one(p, places);
    detinit_status status =
        detinit_names_find(p->wanted, p->network->count, "the manifest", p->held, p->held_count,
                           p->shown, p->rules, p->partial, places, p->error);
    for (size_t n = 0; n < p->network->count && status == DETINIT_OK; n++)
        if (places[n].held != DETINIT_NAME_MISSING)
            places[n].held = p->tensor_of[places[n].held];
    return status;
}

static detinit_status check_missing(pairer *p)
{
    char nearest[DETINIT_NAMES_TEXT];
    const file_format *format = tensorfile_format(p->file);
    const size_t count = p->network->count;
    size_t first = count;
    for (size_t n = count; n-- > 0;)
        if (p->out.places[n].held == DETINIT_NAME_MISSING) {
            p->out.missing++;
            first = n;
        }
    if (p->out.missing == 0 || (p->out.missing < count && (p->partial || !format->many)))
        return DETINIT_OK;
    if (!format->many)
        return error_set(p->error, DETINIT_INVALID,
                         "%s: its name is that of none of the network's %zu tensors, such as "
                         "%.60s%s",
                         p->shown, count, p->network->layers[0].name, format->endings[0]);
    detinit_names_nearest(p->wanted[first], p->held, p->held_count, nearest);
    return error_set(p->error, DETINIT_INVALID, "%s has no tensor '%.100s'%s%s%s", p->shown,
                     p->wanted[first], p->partial ? ", nor any other of the manifest" : "",
                     nearest[0] != '\0' ? "; nearest: " : "", nearest);
}

/* ------------------------------------------------------------------ joining */

static bool is_transposed(const detinit_tensor *tensor, const detinit_recipe *recipe)
{
    return tensor->rank == 2 && recipe->rank == 2 && tensor->shape[0] == recipe->shape[1] &&
           tensor->shape[1] == recipe->shape[0];
}

static bool same_shape(const detinit_tensor *tensor, const detinit_recipe *recipe)
{
    return shape_same(tensor->rank, tensor->shape, recipe->rank, recipe->shape);
}

static detinit_status join(pairer *p, const detinit_tensor *tensor, const char *name,
                           const detinit_recipe *recipe)
{
    char held[100], asked[100];
    detinit_error why;
    if (!tensor->weights)
        return error_set(p->error, DETINIT_INVALID, "%s: '%.60s' holds %s, not weights", p->shown,
                         name, tensor->type);
    if (!same_shape(tensor, recipe))
        return error_set(p->error, DETINIT_INVALID,
                         "%s: '%.60s' has the shape %s; %s was expected%s", p->shown, name,
                         pairing_shape_text(tensor->rank, tensor->shape, held, sizeof held),
                         pairing_shape_text(recipe->rank, recipe->shape, asked, sizeof asked),
                         is_transposed(tensor, recipe) ? ", whose transpose it is" : "");
    const detinit_status status =
        detinit_track(p->file, tensor, recipe, &p->out.tracked[p->out.count], &why);
    if (status != DETINIT_OK)
        return name[0] == '\0' ? error_set(p->error, status, "%s: %.200s", p->shown, why.message)
                               : error_set(p->error, status, "%s: '%.60s': %.200s", p->shown, name,
                                           why.message);
    p->out.count++;
    return DETINIT_OK;
}

/* Layers in the order of the tensors that they stand for, those of a stack in its order. */
typedef struct placed {
    size_t layer;
    detinit_name_place place;
} placed;

static int by_place(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    if (x->place.held != y->place.held)
        return x->place.held < y->place.held ? -1 : 1;
    if (x->place.part != y->place.part)
        return x->place.part < y->place.part ? -1 : 1;
    return x->layer < y->layer ? -1 : 1;
}

static const detinit_layer *layer_of(const pairer *p, const placed *one)
{
    return &p->network->layers[one->layer];
}

/* The recipe of a stack, its parts at `parts`. */
static detinit_recipe stack(const pairer *p, const placed *of, size_t count, detinit_recipe *parts)
{
    detinit_recipe whole = layer_of(p, of)->recipe;
    whole.part_count = count;
    whole.parts = parts;
    whole.part_axis = of->place.stacking == DETINIT_STACKED_COLS ? 1 : 0;
    for (size_t n = 0; n < count; n++) {
        parts[n] = layer_of(p, &of[n])->recipe;
        if (n > 0 && parts[n].rank > whole.part_axis && whole.rank > whole.part_axis)
            whole.shape[whole.part_axis] += parts[n].shape[whole.part_axis];
    }
    return whole;
}

/* Whether all that stand for a tensor are a stack, or one and the same recipe. */
static bool agree(const pairer *p, const placed *of, size_t count)
{
    const size_t parts = of->place.parts;
    for (size_t n = 0; n < count; n++)
        if (of[n].place.parts != parts || (parts > 1 && of[n].place.part != n) ||
            (parts == 1 &&
             !detinit_recipe_equal(&layer_of(p, of)->recipe, &layer_of(p, &of[n])->recipe)))
            return false;
    return parts == 1 || parts == count;
}

/* A sentence on those that do not agree: what rules say before leaves a part of a stack. */
static detinit_status disagree(const pairer *p, const char *name, const placed *of, size_t count)
{
    size_t parts = 1, left = 0;
    for (size_t n = 0; n < count; n++)
        parts = of[n].place.parts > parts ? of[n].place.parts : parts;
    for (size_t n = 0; n < count; n++)
        left += of[n].place.parts == parts;
    if (parts == 1)
        return error_set(
            p->error, DETINIT_INVALID,
            "%s: '%.60s' stands for '%.60s' and '%.60s' of the manifest, whose recipes "
            "differ",
            p->shown, name, layer_of(p, of)->name, layer_of(p, &of[count - 1])->name);
    if (left == parts)
        return error_set(p->error, DETINIT_INVALID,
                         "%s: '%.60s' is a stack of %zu tensors, and stands for others, too",
                         p->shown, name, parts);
    return error_set(p->error, DETINIT_INVALID,
                     "%s: '%.60s' is a stack of %zu tensors, of which rules before it leave %zu",
                     p->shown, name, parts, left);
}

/* Joins a tensor of the file with the `count` layers that stand for it. */
static detinit_status join_placed(pairer *p, const placed *of, size_t count, detinit_recipe *parts)
{
    const detinit_tensor *tensor = detinit_tensorfile_tensor(p->file, of->place.held);
    const detinit_layer *first = layer_of(p, of);
    const char *name = tensor->name[0] != '\0' ? tensor->name : first->name;
    if (!agree(p, of, count))
        return disagree(p, name, of, count);
    if (of->place.parts == 1)
        return join(p, tensor, name, &first->recipe);
    const detinit_recipe whole = stack(p, of, count, parts);
    return join(p, tensor, name, &whole);
}

static detinit_status join_all(pairer *p)
{
    const size_t layers = p->network->count;
    size_t count = 0;
    detinit_status status = DETINIT_OK;
    placed *all = malloc((layers + 1) * sizeof *all);
    if (all == NULL)
        return error_set(p->error, DETINIT_NO_MEMORY, "not enough memory for a list of tensors");
    for (size_t n = 0; n < layers; n++)
        if (p->out.places[n].held != DETINIT_NAME_MISSING)
            all[count++] = (placed){n, p->out.places[n]};
    qsort(all, count, sizeof *all, by_place);
    for (size_t first = 0, end; first < count && status == DETINIT_OK; first = end) {
        for (end = first + 1; end < count && all[end].place.held == all[first].place.held;)
            end++;
        status = join_placed(p, &all[first], end - first, &p->out.parts[first]);
    }
    free(all);
    return status;
}

static detinit_status find_pairs(pairer *p)
{
    const size_t layers = p->network->count;
    snprintf(p->shown, sizeof p->shown, "'%.160s'", detinit_tensorfile_path(p->file));
    p->out.tracked = calloc(layers + 1, sizeof *p->out.tracked);
    p->out.places = calloc(layers + 1, sizeof *p->out.places);
    p->out.parts = calloc(layers + 1, sizeof *p->out.parts);
    if (p->out.tracked == NULL || p->out.places == NULL || p->out.parts == NULL || !list_names(p))
        return error_set(p->error, DETINIT_NO_MEMORY, "not enough memory for a list of tensors");
    detinit_status status = find_names(p);
    if (status == DETINIT_OK)
        status = check_missing(p);
    return status == DETINIT_OK ? join_all(p) : status;
}

detinit_status detinit_pairing_find(const detinit_tensorfile *file, const detinit_network *network,
                                    const detinit_name_rules *rules, bool partial,
                                    detinit_pairing *out, detinit_error *error)
{
    pairer p = {
        .file = file, .network = network, .rules = rules, .partial = partial, .error = error};
    detinit_status status = find_pairs(&p);
    free(p.wanted);
    free(p.held);
    free(p.tensor_of);
    if (status == DETINIT_OK)
        *out = p.out;
    else
        detinit_pairing_free(&p.out);
    return status;
}

void detinit_pairing_free(detinit_pairing *pairing)
{
    free(pairing->tracked);
    free(pairing->places);
    free(pairing->parts);
    *pairing = (detinit_pairing){0};
}
