#include "system/launcher.h"

#include "base/error.h"
#include "base/whole.h"

#include <inttypes.h>
#include <stdlib.h>

/* A launcher, and the variables in which it tells a process its rank, from 0, and their number. */
typedef struct launcher {
    const char *name, *rank, *size;
    const char *unless;  /* the size is another's where this variable is set; or NULL */
    const char *no_size; /* what to do where there is none, beside giving K/N; or NULL */
} launcher;

static const launcher launchers[] = {
    {"Slurm", "SLURM_PROCID", "SLURM_NTASKS", NULL, NULL},
    {"Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", NULL, NULL},
    {"PMI", "PMI_RANK", "PMI_SIZE", NULL, NULL},
    {"torchrun", "RANK", "WORLD_SIZE", NULL, NULL},
    {"Kubernetes", "JOB_COMPLETION_INDEX", "WORLD_SIZE", "RANK",
     "set WORLD_SIZE to the completions of the job"},
};
#define LAUNCHERS (sizeof launchers / sizeof launchers[0])

/* A variable that is set, and not to nothing; else NULL. */
static const char *variable(const char *name)
{
    const char *value = name != NULL ? getenv(name) : NULL;
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool is_there(const launcher *l)
{
    return variable(l->rank) != NULL && variable(l->unless) == NULL;
}

static detinit_status read_number(const char *name, uint64_t *value, detinit_error *error)
{
    const char *text = variable(name);
    if (whole_parse(text, value) == WHOLE_FINE)
        return DETINIT_OK;
    return error_set(error, DETINIT_INVALID, "%s is '%.60s', which is not a whole number", name,
                     text);
}

static detinit_status read_launcher(const launcher *l, uint64_t *part, uint64_t *parts,
                                    detinit_error *error)
{
    uint64_t rank = 0;
    detinit_status status = read_number(l->rank, &rank, error);
    if (status == DETINIT_OK)
        status = read_number(l->size, parts, error);
    if (status != DETINIT_OK)
        return status;
    if (rank >= *parts)
        return error_set(error, DETINIT_INVALID,
                         "%s is %" PRIu64 " and %s is %" PRIu64 "; ranks run from 0 and stay below "
                         "the size",
                         l->rank, rank, l->size, *parts);
    *part = rank + 1;
    return DETINIT_OK;
}

/* None tells rank and size; one may have told the rank alone. */
static detinit_status none_found(detinit_error *error)
{
    for (const launcher *l = launchers; l < launchers + LAUNCHERS; l++)
        if (is_there(l))
            return error_set(error, DETINIT_INVALID, "auto finds %s but no %s; %s%sgive K/N",
                             l->rank, l->size, l->no_size != NULL ? l->no_size : "",
                             l->no_size != NULL ? ", or " : "");
    return error_set(error, DETINIT_INVALID,
                     "auto finds no rank in the environment, of Slurm, Open MPI, PMI, torchrun or "
                     "Kubernetes; give K/N");
}

detinit_status launcher_part(uint64_t *part, uint64_t *parts, detinit_error *error)
{
    const launcher *found = NULL;
    for (const launcher *l = launchers; l < launchers + LAUNCHERS; l++) {
        uint64_t its_part = 0, its_parts = 0;
        if (!is_there(l) || variable(l->size) == NULL)
            continue;
        detinit_status status = read_launcher(l, &its_part, &its_parts, error);
        if (status != DETINIT_OK)
            return status;
        if (found != NULL && (its_part != *part || its_parts != *parts))
            return error_set(error, DETINIT_INVALID,
                             "auto finds two answers, %" PRIu64 "/%" PRIu64 " of %s and %" PRIu64
                             "/%" PRIu64 " of %s; give K/N",
                             *part, *parts, found->name, its_part, its_parts, l->name);
        found = l;
        *part = its_part;
        *parts = its_parts;
    }
    return found != NULL ? DETINIT_OK : none_found(error);
}
