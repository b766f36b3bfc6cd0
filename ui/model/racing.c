#include "model/racing.h"

#include "option/refuse.h"

#include <stdio.h>

static detinit_status publish(void *context, const race *now, detinit_error *error)
{
    const work_tools *tools = context;
    (void)error;
    tools->publish_race(tools->context, now);
    return DETINIT_OK;
}

detinit_status racing_race(work_request *r, const work_tools *tools, detinit_error *error)
{
    const race_request *asked = &r->of.race;
    work_tools passed = *tools;
    dataset data;
    race raced;
    detinit_status status = asked->data != NULL
                                ? refuse_file(dataset_read(asked->data, &data, error), error)
                                : race_data(asked->seed, &data, error);
    if (status != DETINIT_OK)
        return status;
    status = race_run(asked->seed, &data, &raced, publish, &passed, tools->run, error);
    dataset_free(&data);
    if (status == DETINIT_OK)
        snprintf(r->said, sizeof r->said, "%s",
                 race_is_as_theory_says(&raced)
                     ? "as theory says: he and orthogonal learn, the others do not"
                     : "not what theory says of these data: see who learned");
    return status;
}
