/*
 * One matrix in many hands: threads share and free it while others make its weights and look at
 * them.  For the thread sanitizer, which ends it with a report where two of them
 * touch the same memory unguarded.
 */
#include "detinit_describe.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 90, COLS = 80, TIMES = 40 };

static detinit_matrix *shared;
static atomic_uint failures;

static void expect(bool good)
{
    if (!good)
        atomic_fetch_add(&failures, 1);
}

static void *share(void *argument)
{
    for (int n = 0; n < 100 * TIMES; n++)
        detinit_matrix_free(detinit_matrix_share(shared));
    return argument;
}

static void *survey(void *argument)
{
    const detinit_run run = {.threads = 2};
    detinit_error error;
    for (int n = 0; n < TIMES; n++) {
        detinit_survey told;
        const detinit_status status =
            detinit_matrix_survey(shared, n % 2 == 0, &run, &told, &error);
        expect(status == DETINIT_OK);
        if (status == DETINIT_OK)
            detinit_survey_free(&told);
    }
    return argument;
}

static void *make_weights(void *argument)
{
    const detinit_run run = {.threads = 3};
    detinit_error error;
    double *all = malloc(ROWS * COLS * sizeof *all), one;
    for (int n = 0; n < TIMES && all != NULL; n++) {
        expect(detinit_matrix_fill(shared, &run, all, &error) == DETINIT_OK);
        expect(detinit_matrix_weight(shared, 7, 9, &one) == DETINIT_OK && one == all[7 * COLS + 9]);
    }
    expect(all != NULL);
    free(all);
    return argument;
}

static void *make_another(void *argument)
{
    detinit_recipe recipe = detinit_recipe_matrix(7, 1, COLS, ROWS);
    const detinit_run run = {.threads = 2};
    detinit_error error;
    recipe.orthogonal = true;
    for (int n = 0; n < TIMES / 4; n++) {
        detinit_matrix *own = NULL;
        expect(detinit_matrix_new(&recipe, &run, &own, &error) == DETINIT_OK);
        detinit_matrix_free(own);
    }
    return argument;
}

int main(void)
{
    void *(*const hands[])(void *) = {share, share, survey, make_weights, make_another};
    enum { HANDS = sizeof hands / sizeof hands[0] };
    const detinit_recipe recipe = detinit_recipe_matrix(1, 2, ROWS, COLS);
    pthread_t threads[HANDS];
    detinit_error error;
    if (detinit_matrix_new(&recipe, NULL, &shared, &error) != DETINIT_OK)
        return 1;
    for (int n = 0; n < HANDS; n++)
        if (pthread_create(&threads[n], NULL, hands[n], NULL) != 0)
            return 1;
    for (int n = 0; n < HANDS; n++)
        pthread_join(threads[n], NULL);
    detinit_matrix_free(shared);
    printf("%u failures\n", atomic_load(&failures));
    return failures > 0;
}
