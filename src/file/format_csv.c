/* The format of comma-separated values: a matrix as text, a line for each row. */
#include "file/csv.h"
#include "file/format.h"

static bool holds(const tensor_type *type)
{
    return type->weights;
}

/* Text has no size that could be told before, and so no limit. */
static detinit_status announce(detinit_tensorwriter *w, detinit_tensor *tensor,
                               const tensor_type *type, uint64_t *bytes, detinit_error *error)
{
    (void)w, (void)tensor, (void)type, (void)error;
    *bytes = 0;
    return DETINIT_OK;
}

const file_format format_csv = {
    .name = ".csv",
    .endings = {".csv"},
    .of_matrix = true,
    .matrix = DETINIT_CSV,
    .holds = holds,
    .announce = announce,
    .encode = csv_format,
    .weight_most = CSV_WEIGHT_MOST,
};
