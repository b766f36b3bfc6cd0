/* A model that has seen a race: a real one, whose figures are the same on every machine. */
#ifndef TESTS_RACE_SAMPLE_H
#define TESTS_RACE_SAMPLE_H

#include "model/model.h"

#include <stdio.h>

/* So many points of the race of seed 42, which is run once; false where it failed. */
static inline bool sample_race(model *m, size_t points)
{
    static race raced;
    dataset data;
    if (raced.point_count == 0 && race_data(42, &data, NULL) == DETINIT_OK) {
        race_run(42, &data, &raced, NULL, NULL, NULL, NULL);
        dataset_free(&data);
    }
    m->race = raced;
    m->race.point_count = points;
    m->races = 1;
    m->race_ended = points == RACE_POINTS + 1;
    snprintf(m->race_line, sizeof m->race_line, "detinit race --seed 42");
    return raced.point_count == RACE_POINTS + 1;
}

#endif
