/* Indexes of shards: the bytes are one. */
#include "file/shard_index.h"
#include "target.h"

#include <string.h>

TARGET(index)
{
    input in;
    tensorlist list = {0};
    shard_index index = {0};
    detinit_error error;
    fuzz_check(input_of_memory(&in, data, size, "fuzz", NULL) == DETINIT_OK);
    detinit_status status = shard_index_read(&in, &list, &index, &error);
    if (status != DETINIT_OK)
        fuzz_check_error(status, &error);
    else
        fuzz_check(index.count > 0);
    for (size_t n = 0; n < index.count; n++)
        fuzz_check(strchr(index.entries[n].file, '/') == NULL && index.entries[n].name != NULL);
    shard_index_free(&index);
    tensorlist_free(&list);
    input_close(&in);
    return 0;
}
