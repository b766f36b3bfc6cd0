#include "base/array.h"

#include <stdlib.h>

void *array_grow(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    const size_t more = *room < 8 ? 8 : *room + *room / 2;
    array = realloc(array, more * size);
    if (array != NULL)
        *room = more;
    return array;
}
