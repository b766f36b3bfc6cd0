#include "verb/report.h"

#include "detinit_files.h"
#include "system/progress.h"

#include <stdio.h>
#include <unistd.h>

detinit_status report_csv(const report_data *d, detinit_error *error)
{
    progress silent;
    const detinit_run run = progress_run(&silent, "printing", d->settings->run.threads, true);
    fflush(stdout);
    return detinit_matrix_write(d->matrix, STDOUT_FILENO, DETINIT_CSV, &run, NULL, NULL, error);
}
