#include "verb/report.h"

#include "detinit_files.h"
#include <stdio.h>
#include <unistd.h>

detinit_status report_csv(const answer *a, detinit_error *error)
{
    detinit_run run = {.threads = (unsigned)a->settings->run.threads};
    fflush(stdout);
    return detinit_matrix_write(a->matrix, STDOUT_FILENO, DETINIT_CSV, &run, NULL, NULL, error);
}
