#include "verb/network_table.h"

#include "detinit_network.h"
#include "text/grouped.h"
#include "option/place.h"
#include "option/recipe_text.h"
#include "text/one_line.h"
#include "verb/report.h"
#include "verb/report_value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for any cell but a name, which is not copied. */
#define CELL_TEXT 256

/* ----------------------------------------------------------------- figures */

/* Tensors, weights and bytes of all; not `counted` where 64 bits do not hold them. */
typedef struct totals {
    bool counted;
    uint64_t weights, bytes;
} totals;

/* Weights of a tensor, and bytes; false where 64 bits do not hold them. */
static bool count(const detinit_recipe *recipe, uint64_t *weights, uint64_t *bytes)
{
    return detinit_recipe_count(recipe, weights) &&
           !__builtin_mul_overflow(*weights, detinit_dtype_size(recipe->dtype), bytes);
}

static totals sum(const detinit_network *network)
{
    totals all = {.counted = true};
    for (size_t n = 0; n < network->count && all.counted; n++) {
        uint64_t weights, bytes;
        all.counted = count(&network->layers[n].recipe, &weights, &bytes) &&
                      !__builtin_add_overflow(all.weights, weights, &all.weights) &&
                      !__builtin_add_overflow(all.bytes, bytes, &all.bytes);
    }
    return all;
}

/* "orthogonal", or the distribution, or "-" without draws; and whether slices have mean 0. */
static const char *drawn_text(const detinit_recipe *recipe, char *buffer, size_t size)
{
    const char *drawn = recipe->orthogonal ? "orthogonal"
                        : detinit_mode_is_drawn(recipe->mode)
                            ? detinit_dist_name(detinit_recipe_dist(recipe))
                            : "-";
    snprintf(buffer, size, "%s%s", drawn,
             recipe->zero_mean && detinit_recipe_is_drawn(recipe) ? ", mean 0" : "");
    return buffer;
}

/* ------------------------------------------------------------------- cells */

static const char *name_cell(const detinit_layer *layer, char *buffer)
{
    (void)buffer;
    return layer->name;
}

static const char *shape_cell(const detinit_layer *layer, char *buffer)
{
    return shape_text(&layer->recipe, "x", buffer, CELL_TEXT);
}

/* "784 cols", "784 rows", "288 = 32x3x3": what is fan_in, and where it lies in the shape, or "64"
 * where it is stated. */
static const char *fan_in_cell(const detinit_layer *layer, char *buffer)
{
    const detinit_recipe *r = &layer->recipe;
    int length = snprintf(buffer, CELL_TEXT, "%.15g", detinit_recipe_fan_in(r));
    if (r->rank == 2 && r->fans[0] == 0)
        snprintf(buffer + length, CELL_TEXT - (size_t)length, " %s", detinit_axis_name(r->fan_in));
    if (r->rank < 3 || r->fans[0] > 0)
        return buffer;
    detinit_recipe inner = {.rank = r->rank - 1};
    char text[PLACE_TEXT];
    const size_t first = r->fan_in == DETINIT_FAN_IN_COLS ? 1 : 0;
    memcpy(inner.shape, r->shape + first, inner.rank * sizeof inner.shape[0]);
    snprintf(buffer + length, CELL_TEXT - (size_t)length, " = %s",
             shape_text(&inner, "x", text, sizeof text));
    return buffer;
}

static const char *layer_cell(const detinit_layer *layer, char *buffer)
{
    if (layer->recipe.part_count > 0)
        return "of parts";
    snprintf(buffer, CELL_TEXT, "%llu", (unsigned long long)layer->recipe.layer);
    return buffer;
}

static const char *seed_cell(const detinit_layer *layer, char *buffer)
{
    snprintf(buffer, CELL_TEXT, "%llu", (unsigned long long)layer->recipe.seed);
    return buffer;
}

static const char *mode_cell(const detinit_layer *layer, char *buffer)
{
    (void)buffer;
    return layer->recipe.part_count > 0 ? "parts" : detinit_mode_name(layer->recipe.mode);
}

/* "-" of a tensor that has no weights to have one. */
static const char *std_cell(const detinit_layer *layer, char *buffer)
{
    const double std = detinit_recipe_std(&layer->recipe);
    if (!isfinite(std))
        return "-";
    snprintf(buffer, CELL_TEXT, "%.6g", std);
    return buffer;
}

static const char *drawn_cell(const detinit_layer *layer, char *buffer)
{
    return drawn_text(&layer->recipe, buffer, CELL_TEXT);
}

/* What else there is: behind the comma that a heading has before it. */
static const char *more_cell(const detinit_layer *layer, char *buffer)
{
    const char *more = recipe_more(&layer->recipe, buffer, CELL_TEXT);
    return more[0] != '\0' ? more + 2 : more;
}

static const char *dtype_cell(const detinit_layer *layer, char *buffer)
{
    (void)buffer;
    return detinit_dtype_name(layer->recipe.dtype);
}

static const char *bytes_cell(const detinit_layer *layer, char *buffer)
{
    uint64_t weights, bytes;
    if (!count(&layer->recipe, &weights, &bytes))
        return "over 2^64";
    return grouped(bytes, buffer);
}

static const struct column {
    const char *heading;
    const char *(*cell)(const detinit_layer *layer, char *buffer);
    bool right; /* aligned there, as figures are */
} columns[] = {
    {"name", name_cell, false},  {"shape", shape_cell, false}, {"fan_in", fan_in_cell, false},
    {"layer", layer_cell, true}, {"seed", seed_cell, true},    {"mode", mode_cell, false},
    {"std", std_cell, false},    {"dist", drawn_cell, false},  {"dtype", dtype_cell, false},
    {"more", more_cell, false},  {"bytes", bytes_cell, true},
};
#define COLUMN_COUNT ((int)(sizeof columns / sizeof columns[0]))

/* -------------------------------------------------------------------- text */

static bool one_seed(const detinit_network *network)
{
    for (size_t n = 1; n < network->count; n++)
        if (network->layers[n].recipe.seed != network->layers[0].recipe.seed)
            return false;
    return true;
}

static bool one_dtype(const detinit_network *network)
{
    for (size_t n = 1; n < network->count; n++)
        if (network->layers[n].recipe.dtype != network->layers[0].recipe.dtype)
            return false;
    return true;
}

static bool none_has_more(const detinit_network *network)
{
    char buffer[CELL_TEXT];
    for (size_t n = 0; n < network->count; n++)
        if (more_cell(&network->layers[n], buffer)[0] != '\0')
            return false;
    return true;
}

/* The width of a column; 0 where it is left out: what is the same for all is told once. */
static int column_width(const detinit_network *network, const struct column *column)
{
    char buffer[CELL_TEXT];
    int width = report_width(column->heading);
    if ((column->cell == seed_cell && one_seed(network)) ||
        (column->cell == dtype_cell && one_dtype(network)) ||
        (column->cell == more_cell && none_has_more(network)))
        return 0;
    for (size_t n = 0; n < network->count; n++) {
        int needed = report_width(column->cell(&network->layers[n], buffer));
        width = needed > width ? needed : width;
    }
    return width;
}

static void print_cell(const char *text, int width, const struct column *column, bool last)
{
    char plain[ONE_LINE];
    const int room = width - report_width(one_line(text, plain));
    printf("  %*s%s", column->right ? room : 0, "", plain);
    if (!column->right && !last)
        printf("%*s", room, "");
}

static void print_row(const detinit_layer *layer, const int *widths)
{
    char buffer[CELL_TEXT];
    for (int n = 0; n < COLUMN_COUNT; n++)
        if (widths[n] > 0)
            print_cell(layer != NULL ? columns[n].cell(layer, buffer) : columns[n].heading,
                       widths[n], &columns[n], n + 1 == COLUMN_COUNT);
    putchar('\n');
}

/* Which axis is fan_in, in the words of those who store their weights that way. */
static void print_axes(const detinit_network *network)
{
    bool cols = false, rows = false, others = false, others_rows = false;
    for (size_t n = 0; n < network->count; n++) {
        const detinit_recipe *r = &network->layers[n].recipe;
        cols |= r->rank == 2 && r->fan_in == DETINIT_FAN_IN_COLS;
        rows |= r->rank == 2 && r->fan_in == DETINIT_FAN_IN_ROWS;
        others |= r->rank > 2 && r->fan_in == DETINIT_FAN_IN_COLS;
        others_rows |= r->rank > 2 && r->fan_in == DETINIT_FAN_IN_ROWS;
    }
    if (cols)
        puts("  fan_in cols: a matrix is (out, in), as PyTorch's nn.Linear stores it");
    if (rows)
        puts("  fan_in rows: a matrix is (in, out), as Keras's Dense and JAX store it");
    if (others)
        puts("  a convolution is (out, in, height, width), as PyTorch's nn.Conv2d stores it");
    if (others_rows)
        puts("  fan_in rows: a convolution is (height, width, in, out), as Keras's Conv2D stores "
             "it");
}

/* What was asked for and changes nothing, with the first tensor of which that is true. */
static void print_notes(const detinit_network *network)
{
    size_t first = network->count, count = 0;
    char name[ONE_LINE];
    for (size_t n = network->count; n-- > 0;)
        if (recipe_note(&network->layers[n].recipe) != NULL) {
            first = n;
            count++;
        }
    if (count == 0)
        return;
    printf("  %s: %s", one_line(network->layers[first].name, name),
           recipe_note(&network->layers[first].recipe));
    if (count > 1)
        printf(", and in %zu other%s", count - 1, count > 2 ? "s" : "");
    putchar('\n');
}

/* "Saved out/: 2 of 7 files, part 1 of 3 (1,234 bytes)"; other saves are one thing. */
static void print_saved(const settings *s, const detinit_shards_saved *saved)
{
    const share_choice *share = &s->parts.share;
    char bytes[32], path[ONE_LINE];
    printf("\nSaved %s", one_line(s->output.save, path));
    if (saved->all_files > 0)
        printf(": %zu of %zu file%s%s", saved->files, saved->all_files,
               saved->all_files > 1 ? "s" : "", saved->index ? " and the index" : "");
    if (share->parts > 0)
        printf(", part %llu of %llu", (unsigned long long)share->part,
               (unsigned long long)share->parts);
    printf(" (%s bytes)\n", grouped(saved->bytes, bytes));
}

static void print_text(const settings *s, const detinit_network *network,
                       const detinit_shards_saved *saved)
{
    char weights[32], bytes[32];
    int widths[COLUMN_COUNT];
    const totals all = sum(network);
    if (!s->output.quiet && one_seed(network))
        printf("NETWORK (seed=%llu)\n", (unsigned long long)network->layers[0].recipe.seed);
    else if (!s->output.quiet)
        puts("NETWORK");
    if (!s->output.quiet)
        puts("============================================================");
    for (int n = 0; n < COLUMN_COUNT; n++)
        widths[n] = column_width(network, &columns[n]);
    print_row(NULL, widths);
    for (size_t n = 0; n < network->count; n++)
        print_row(&network->layers[n], widths);
    putchar('\n');
    print_axes(network);
    print_notes(network);
    printf("  Total: %zu tensor%s, ", network->count, network->count > 1 ? "s" : "");
    if (all.counted)
        printf("%s parameters, %s bytes", grouped(all.weights, weights), grouped(all.bytes, bytes));
    else
        printf("over 2^64 bytes");
    if (one_dtype(network))
        printf(" of %s", detinit_dtype_name(network->layers[0].recipe.dtype));
    putchar('\n');
    if (s->output.save != NULL)
        print_saved(s, saved);
}

/* --------------------------------------------------------------------- CSV */

/* The side of a matrix that is fan_in, or a layout that is not PyTorch's; else "". */
static const char *axis_text(const detinit_recipe *recipe)
{
    return recipe->rank == 2 || recipe->fan_in == DETINIT_FAN_IN_ROWS
               ? detinit_axis_name(recipe->fan_in)
               : "";
}

static void print_csv(const detinit_network *network)
{
    puts("name,shape,layer,seed,mode,std,dist,orthogonal,zero_mean,fan_in,fan_in_axis,fan_out,"
         "dtype,parameters,bytes,more");
    for (size_t n = 0; n < network->count; n++) {
        const detinit_recipe *r = &network->layers[n].recipe;
        char shape[PLACE_TEXT], more[CELL_TEXT];
        uint64_t weights, bytes;
        one_line_field(network->layers[n].name);
        printf(",%s,%llu,%llu,%s,%.17g,%s,%d,%d,%.17g,%s,%.17g,%s",
               shape_text(r, "x", shape, sizeof shape), (unsigned long long)r->layer,
               (unsigned long long)r->seed, detinit_mode_name(r->mode), detinit_recipe_std(r),
               detinit_dist_name(detinit_recipe_dist(r)), r->orthogonal, r->zero_mean,
               detinit_recipe_fan_in(r), axis_text(r), detinit_recipe_fan_out(r),
               detinit_dtype_name(r->dtype));
        if (count(r, &weights, &bytes))
            printf(",%llu,%llu,", (unsigned long long)weights, (unsigned long long)bytes);
        else
            printf(",,,");
        one_line_field(more_cell(&network->layers[n], more));
        putchar('\n');
    }
}

/* -------------------------------------------------------------------- JSON */

static json_t *counted(bool is, uint64_t value)
{
    return is ? report_whole(value) : json_null();
}

static json_t *tensor_of(const detinit_layer *layer)
{
    const detinit_recipe *r = &layer->recipe;
    uint64_t weights = 0, bytes = 0;
    const bool known = count(r, &weights, &bytes);
    json_t *axis = axis_text(r)[0] != '\0' ? json_string(axis_text(r)) : json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:s, s:b, s:b, s:o, s:o, s:o, s:s, s:o, s:o}",
                     "name", one_line_json(layer->name), "shape", report_list(r->shape, r->rank),
                     "layer", report_whole(r->layer), "seed", report_whole(r->seed), "mode",
                     detinit_mode_name(r->mode), "std", report_real(detinit_recipe_std(r)), "dist",
                     detinit_dist_name(detinit_recipe_dist(r)), "orthogonal", r->orthogonal,
                     "zero_mean", r->zero_mean, "fan_in", report_real(detinit_recipe_fan_in(r)),
                     "fan_in_axis", axis, "fan_out", report_real(detinit_recipe_fan_out(r)),
                     "dtype", detinit_dtype_name(r->dtype), "parameters", counted(known, weights),
                     "bytes", counted(known, bytes));
}

/* {path, bytes}, and of shards {files, all_files, index, part, parts}. */
static json_t *saved_of(const settings *s, const detinit_shards_saved *saved)
{
    const share_choice *share = &s->parts.share;
    json_t *object = json_pack("{s:o, s:o}", "path", one_line_json(s->output.save), "bytes",
                               report_whole(saved->bytes));
    if (object == NULL || saved->all_files == 0)
        return object;
    json_object_set_new(object, "files", report_whole(saved->files));
    json_object_set_new(object, "all_files", report_whole(saved->all_files));
    json_object_set_new(object, "index", json_boolean(saved->index));
    json_object_set_new(object, "part", report_whole(share->parts > 0 ? share->part : 1));
    json_object_set_new(object, "parts", report_whole(share->parts > 0 ? share->parts : 1));
    return object;
}

static detinit_status print_json(const settings *s, const detinit_network *network,
                                 const detinit_shards_saved *saved, detinit_error *error)
{
    const totals all = sum(network);
    char *text = detinit_network_manifest(network);
    json_t *manifest = text != NULL ? json_loads(text, 0, NULL) : NULL, *tensors = json_array();
    for (size_t n = 0; n < network->count; n++)
        json_array_append_new(tensors, tensor_of(&network->layers[n]));
    json_t *root = json_pack(
        "{s:i, s:o, s:o, s:{s:o, s:o, s:o}}", "version", DETINIT_GENERATOR_VERSION, "manifest",
        manifest, "tensors", tensors, "total", "tensors", report_whole(network->count),
        "parameters", counted(all.counted, all.weights), "bytes", counted(all.counted, all.bytes));
    free(text);
    if (s->output.save != NULL && root != NULL)
        json_object_set_new(root, "saved", saved_of(s, saved));
    return report_print(root, error);
}

detinit_status network_table_print(const settings *s, const detinit_network *network,
                                   const detinit_shards_saved *saved, detinit_error *error)
{
    if (s->output.format == OUTPUT_JSON)
        return print_json(s, network, saved, error);
    if (s->output.format == OUTPUT_CSV)
        print_csv(network);
    else
        print_text(s, network, saved);
    return DETINIT_OK;
}
