#include "audit/matrix_view.h"

matrix_view matrix_view_of(const detinit_tensor *tensor)
{
    const uint64_t first = tensor->shape[0], last = tensor->shape[tensor->rank - 1];
    if (last > first && first < tensor->count / last)
        return (matrix_view){.rows = tensor->count / last, .cols = last};
    return (matrix_view){.rows = first, .cols = tensor->count / first};
}
