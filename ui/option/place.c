#include "option/place.h"

#include "base/whole.h"
#include "option/refuse.h"

#include <stdio.h>
#include <string.h>

bool place_parse(const char *text, tensor_place *out)
{
    tensor_place place = {.rank = 0};
    for (const char *at = text; place.rank < DETINIT_MAX_RANK;) {
        char number[32];
        const size_t length = strcspn(at, ",");
        if (length >= sizeof number)
            return false;
        memcpy(number, at, length);
        number[length] = '\0';
        if (whole_parse(number, &place.index[place.rank++]) != WHOLE_FINE)
            return false;
        if (at[length] == '\0') {
            *out = place;
            return true;
        }
        at += length + 1;
    }
    return false;
}

/* Numbers joined, as many as fit. */
static const char *join(const uint64_t *numbers, size_t count, const char *between, char *buffer,
                        size_t size)
{
    size_t length = 0;
    buffer[0] = '\0';
    for (size_t n = 0; n < count && length < size; n++)
        length += (size_t)snprintf(buffer + length, size - length, "%s%llu", n > 0 ? between : "",
                                   (unsigned long long)numbers[n]);
    return buffer;
}

const char *shape_text(const detinit_recipe *recipe, const char *between, char *buffer, size_t size)
{
    if (recipe->rank > 0)
        return join(recipe->shape, recipe->rank, between, buffer, size);
    snprintf(buffer, size, SHAPE_OF_NONE);
    return buffer;
}

const char *shape_noun(const detinit_recipe *recipe, char *buffer, size_t size)
{
    char shape[PLACE_TEXT];
    snprintf(buffer, size, "%s%s", shape_text(recipe, " x ", shape, sizeof shape),
             recipe->rank == 0   ? ""
             : recipe->rank == 2 ? " matrix"
                                 : " tensor");
    return buffer;
}

const char *place_join(const tensor_place *place, char *buffer, size_t size)
{
    return join(place->index, place->rank, ",", buffer, size);
}

const char *place_expected(size_t rank, char *buffer, size_t size)
{
    if (rank == 0)
        snprintf(buffer, size, "a scalar is one weight and has no indices");
    else if (rank == 2)
        snprintf(buffer, size, "row and column as I,J, from 0");
    else if (rank == 4)
        snprintf(buffer, size, "output, input, y and x as O,I,Y,X, from 0");
    else
        snprintf(buffer, size, "%zu %s, from 0", rank,
                 rank == 1 ? "index" : "indices joined by commas");
    return buffer;
}

bool place_find(const detinit_recipe *recipe, const tensor_place *place, const char *name,
                uint64_t *row, uint64_t *col, detinit_error *error)
{
    char text[PLACE_TEXT], more[PLACE_TEXT];
    bool inside = true;
    uint64_t at = 0;
    place_join(place, text, sizeof text);
    if (place->rank != recipe->rank)
        return refuse(error, "%s: '%s' is not a place: %s", name, text,
                      place_expected(recipe->rank, more, sizeof more));
    for (size_t n = 0; n < place->rank; n++)
        inside = inside && place->index[n] < recipe->shape[n];
    if (!inside)
        return refuse(error, "%s: %s lies outside the %s; places count from 0", name, text,
                      shape_noun(recipe, more, sizeof more));
    for (size_t n = 0; n + 1 < place->rank; n++)
        at = at * recipe->shape[n] + place->index[n];
    *row = at;
    *col = place->rank > 0 ? place->index[place->rank - 1] : 0;
    return true;
}

size_t place_indices(const detinit_recipe *recipe, uint64_t row, uint64_t col,
                     uint64_t index[DETINIT_MAX_RANK])
{
    if (recipe->rank == 0)
        return 0;
    index[recipe->rank - 1] = col;
    for (size_t n = recipe->rank - 1; n-- > 0;) {
        const uint64_t size = recipe->shape[n] > 0 ? recipe->shape[n] : 1;
        index[n] = row % size;
        row /= size;
    }
    return recipe->rank;
}

const char *place_text(const detinit_recipe *recipe, uint64_t row, uint64_t col, char *buffer,
                       size_t size)
{
    uint64_t index[DETINIT_MAX_RANK];
    if (recipe->rank > 0)
        return join(index, place_indices(recipe, row, col, index), ",", buffer, size);
    snprintf(buffer, size, "()");
    return buffer;
}

const char *place_row_text(const detinit_recipe *recipe, uint64_t row, char *buffer, size_t size)
{
    uint64_t index[DETINIT_MAX_RANK] = {0};
    const size_t rank = place_indices(recipe, row, 0, index);
    return join(index, rank > 1 ? rank - 1 : 1, ",", buffer, size);
}

int place_row_width(const detinit_recipe *recipe)
{
    char text[PLACE_TEXT];
    const uint64_t rows = detinit_recipe_rows(recipe);
    return (int)strlen(place_row_text(recipe, rows > 0 ? rows - 1 : 0, text, sizeof text));
}

const char *place_index_name(size_t rank, size_t n)
{
    static const char *const matrix[] = {"i", "j"}, *const convolution[] = {"o", "i", "y", "x"};
    static const char *const others[DETINIT_MAX_RANK] = {"i0", "i1", "i2", "i3",
                                                         "i4", "i5", "i6", "i7"};
    return rank == 2 ? matrix[n] : rank == 4 ? convolution[n] : others[n];
}
