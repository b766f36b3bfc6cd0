#include "verb/report.h"

#include "detinit_files.h"
#include <stdio.h>
#include <unistd.h>

detinit_status report_csv(const report_data *d, detinit_error *error)
{
    detinit_run run = {.threads = (unsigned)d->settings->run.threads};
    fflush(stdout);
    return detinit_matrix_write(d->matrix, STDOUT_FILENO, DETINIT_CSV, &run, NULL, NULL, error);
}
