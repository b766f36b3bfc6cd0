/* Pickles: the bytes are one; what it makes is walked through. */
#include "file/pickle.h"
#include "file/pickle_walk.h"
#include "target.h"

static detinit_status found(void *context, member *m, const pickle_tensor *tensor,
                            detinit_error *error)
{
    (void)context, (void)error;
    fuzz_check(m->tensor.rank == tensor->rank && m->tensor.type != NULL);
    fuzz_check(tensor->storage->key != NULL && tensor->rank <= 64);
    return DETINIT_OK;
}

TARGET(pickle)
{
    arena memory = {0};
    pickle_value *value = NULL;
    tensorlist list = {0};
    detinit_error error;
    detinit_status status = pickle_load(data, size, "fuzz", &memory, &value, &error);
    if (status == DETINIT_OK)
        status = pickle_walk(value, &list, "fuzz", found, NULL, &error);
    if (status == DETINIT_OK)
        status = tensorlist_index(&list, "fuzz", &error);
    if (status != DETINIT_OK)
        fuzz_check_error(status, &error);
    tensorlist_free(&list);
    arena_free(&memory);
    return 0;
}
