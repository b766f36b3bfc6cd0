#include "model/request.h"

#include <stdlib.h>
#include <string.h>

work_request *request_new(work_kind kind, uint64_t generation, uint64_t threads)
{
    work_request *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->kind = kind;
    r->generation = generation;
    r->threads = (unsigned)threads;
    atomic_init(&r->give_up, false);
    return r;
}

/* A copy of a text, which may be NULL; false without memory. */
static bool copy_text(char **to, const char *from)
{
    *to = from != NULL ? strdup(from) : NULL;
    return from == NULL || *to != NULL;
}

/* The request, or NULL where its texts could not be copied. */
static work_request *complete(work_request *r, bool enough)
{
    if (enough)
        return r;
    request_free(r);
    return NULL;
}

work_request *request_save(const detinit_recipe *recipe, const char *path, uint64_t generation,
                           uint64_t threads)
{
    work_request *r = request_new(WORK_SAVE, generation, threads);
    if (r == NULL)
        return NULL;
    r->of.save.recipe = *recipe;
    return complete(r, copy_text(&r->of.save.path, path));
}

work_request *request_train(const detinit_recipe *recipe, const training_settings *training,
                            threshold_choice threshold, uint64_t network, uint64_t threads)
{
    work_request *r = request_new(WORK_TRAIN, network, threads);
    if (r == NULL)
        return NULL;
    r->of.train = (train_request){*recipe, *training, threshold};
    return complete(r, copy_text(&r->of.train.training.data, training->data));
}

work_request *request_open(const detinit_recipe *recipe, const open_choice *what, uint64_t network,
                           uint64_t threads)
{
    work_request *r = request_new(WORK_OPEN, network, threads);
    if (r == NULL)
        return NULL;
    r->of.open.recipe = *recipe;
    r->of.open.partial = what->partial;
    const bool enough =
        copy_text(&r->of.open.file, what->file) && copy_text(&r->of.open.manifest, what->manifest);
    return complete(r, copy_text(&r->of.open.names, what->names) && enough);
}

work_request *request_view(const settings *s, const open_choice *what, uint64_t number)
{
    work_request *r = request_new(WORK_VIEW, number, s->run.threads);
    if (r == NULL)
        return NULL;
    r->of.view.recipe = s->recipe;
    memcpy(r->of.view.given, s->given, sizeof r->of.view.given);
    r->of.view.partial = what->partial;
    const bool enough =
        copy_text(&r->of.view.file, what->file) && copy_text(&r->of.view.manifest, what->manifest);
    return complete(r, copy_text(&r->of.view.names, what->names) && enough);
}

work_request *request_file(work_kind kind, detinit_prune way, threshold_choice threshold,
                           const char *path, uint64_t network, uint64_t threads)
{
    work_request *r = request_new(kind, network, threads);
    if (r == NULL)
        return NULL;
    r->of.file = (file_request){.way = way, .threshold = threshold};
    return complete(r, copy_text(&r->of.file.path, path));
}

work_request *request_race(uint64_t seed, const char *data, uint64_t number, uint64_t threads)
{
    work_request *r = request_new(WORK_RACE, number, threads);
    if (r == NULL)
        return NULL;
    r->of.race.seed = seed;
    return complete(r, copy_text(&r->of.race.data, data));
}

work_request *request_watch(follower *f, uint64_t number)
{
    work_request *r = request_new(WORK_WATCH, number, 1);
    if (r == NULL) {
        follower_free(f);
        return NULL;
    }
    r->of.watch.follower = f;
    return r;
}

static void free_contents(work_request *r)
{
    switch (r->kind) {
    case WORK_SAVE:
        detinit_matrix_free(r->of.save.matrix);
        free(r->of.save.path);
        break;
    case WORK_TRAIN:
        free(r->of.train.training.data);
        break;
    case WORK_OPEN:
        free(r->of.open.file);
        free(r->of.open.manifest);
        free(r->of.open.names);
        break;
    case WORK_VIEW:
        free(r->of.view.file);
        free(r->of.view.manifest);
        free(r->of.view.names);
        opened_file_free(r->of.view.opened);
        break;
    case WORK_SAMPLE:
        opened_file_free(r->of.sample.file);
        break;
    case WORK_PRUNE:
    case WORK_PACK:
        free(r->of.file.path);
        break;
    case WORK_RACE:
        free(r->of.race.data);
        break;
    case WORK_WATCH:
        follower_free(r->of.watch.follower);
        history_clear(&r->of.watch.news.told);
        break;
    case WORK_MEASURE:
    case WORK_KIND_COUNT:
        break;
    default: /* a piece */
        opened_file_free(r->of.piece.subject.file);
        detinit_matrix_free(r->of.piece.matrix);
    }
}

void request_free(work_request *r)
{
    if (r == NULL)
        return;
    free_contents(r);
    results_free(&r->made);
    trained_network_free(r->remains);
    free(r);
}

void requests_append(work_request **list, work_request *r)
{
    while (*list != NULL)
        list = &(*list)->next;
    r->next = NULL;
    *list = r;
}

work_request *requests_take(work_request **place)
{
    work_request *r = *place;
    *place = r->next;
    r->next = NULL;
    return r;
}

void requests_free(work_request **list)
{
    while (*list != NULL)
        request_free(requests_take(list));
}
