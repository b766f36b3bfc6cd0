/* The format of comma-separated values: a matrix as text. */
#include "file/format.h"

const file_format format_csv = {
    .name = ".csv",
    .endings = {".csv"},
    .of_matrix = true,
    .matrix = DETINIT_CSV,
};
