#include "track/source.h"

#include "file/box.h"
#include "matrix/matrix.h"
#include "track/tracked.h"

source source_of(const detinit_tracked *tracked, const detinit_matrix *matrix,
                 const detinit_run *run)
{
    source s = {.tracked = tracked,
                .matrix = matrix,
                .kernel = kernels_for(run)->draw,
                .item = detinit_dtype_size(tracked->dtype),
                .whole = tracked_is_whole(tracked)};
    if (tracked->file == NULL)
        s.memory = strided_of(tracked->data, s.item, tracked->recipe.rank, tracked->shape,
                              tracked->strides);
    return s;
}

/* ----------------------------------------------------------- initial weights */

/*
 * The largest box of a block's weights that are consecutive from number `first` on, at most
 * `count` of them: offsets in the whole tensor, and sizes.  Returns how many they are.
 */
static size_t next_box(const detinit_tracked *t, uint64_t first, size_t count, uint64_t *offsets,
                       uint64_t *sizes)
{
    box within;
    const size_t part = box_next(t->recipe.rank, t->shape, first, count, &within);
    for (size_t d = 0; d < t->recipe.rank; d++) {
        offsets[d] = t->offsets[d] + within.begin[d];
        sizes[d] = within.sizes[d];
    }
    return part;
}

/* In the type of the recipe. */
static void make_drawn(const source *s, uint64_t first, size_t count, unsigned char *out)
{
    static const detinit_run alone = {.threads = 1};
    const detinit_recipe *recipe = &s->tracked->recipe;
    const uint64_t cols = detinit_recipe_cols(recipe);
    uint64_t offsets[DETINIT_MAX_RANK], sizes[DETINIT_MAX_RANK];
    if (s->whole) {
        const detinit_block place = {
            .row = first / cols, .col = first % cols, .rows = 1, .cols = count};
        matrix_make_block(s->matrix, &place, out);
        return;
    }
    while (count > 0) {
        const size_t part = next_box(s->tracked, first, count, offsets, sizes);
        detinit_matrix_block(s->matrix, offsets, sizes, NULL, &alone, out, NULL);
        first += part;
        count -= part;
        out += part * detinit_dtype_size(recipe->dtype);
    }
}

void source_make(const source *s, uint64_t first, size_t count, void *out)
{
    const detinit_dtype drawn = s->tracked->recipe.dtype, stored = s->tracked->dtype;
    double values[SOURCE_PIECE], narrow[SOURCE_PIECE]; /* room for any type */
    if (drawn == stored) {
        make_drawn(s, first, count, out);
        return;
    }
    for (unsigned char *to = out; count > 0;) {
        const size_t part = count < SOURCE_PIECE ? count : SOURCE_PIECE;
        make_drawn(s, first, part, (unsigned char *)narrow);
        detinit_decode(drawn, narrow, part, values);
        s->kernel->scale(1.0, values, part, stored, to);
        first += part;
        count -= part;
        to += part * s->item;
    }
}

/* ----------------------------------------------------------- trained weights */

detinit_status source_read(const source *s, uint64_t first, size_t count, void *room,
                           detinit_error *error)
{
    const detinit_tracked *t = s->tracked;
    if (t->file != NULL)
        return detinit_tensor_read(t->file, t->tensor, first, count, room, error);
    strided_get(&s->memory, first, count, room);
    return DETINIT_OK;
}

const unsigned char *source_in_place(const source *s, uint64_t first)
{
    if (s->tracked->file != NULL || !strided_is_packed(&s->memory) ||
        (uintptr_t)s->memory.data % s->item != 0)
        return NULL;
    return s->memory.data + first * s->item;
}
