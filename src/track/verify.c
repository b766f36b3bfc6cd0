/* Whether a tensor is what its recipe says. */
#include "track/pairs.h"

#include "base/byteorder.h"
#include "detinit_track.h"
#include <string.h>

typedef struct verify_context {
    detinit_dtype dtype;
    size_t item;
    detinit_verification *out;
} verify_context;

static void map_verify(void *context, const weight_pair *pair, void *partial)
{
    const size_t item = ((const verify_context *)context)->item;
    uint64_t different = 0;
    if (memcmp(pair->initial, pair->trained, pair->count * item) != 0)
        for (size_t n = 0; n < pair->count; n++)
            different += memcmp(pair->initial + n * item, pair->trained + n * item, item) != 0;
    *(uint64_t *)partial = different;
}

static uint64_t bits_of(const unsigned char *stored, size_t item)
{
    uint64_t bits = 0;
    memcpy(&bits, stored, item);
    turn_little_endian(&bits, sizeof bits, 1);
    return bits;
}

static void describe_first(const verify_context *c, const weight_pair *pair)
{
    detinit_verification *out = c->out;
    size_t n = 0;
    while (memcmp(pair->initial + n * c->item, pair->trained + n * c->item, c->item) == 0)
        n++;
    out->first = pair->first + n;
    out->found = bits_of(pair->trained + n * c->item, c->item);
    out->expected = bits_of(pair->initial + n * c->item, c->item);
    detinit_decode(c->dtype, pair->trained + n * c->item, 1, &out->found_value);
    detinit_decode(c->dtype, pair->initial + n * c->item, 1, &out->expected_value);
}

static detinit_status take_verify(void *context, const weight_pair *pair, const void *partial,
                                  detinit_error *error)
{
    const verify_context *c = context;
    const uint64_t different = *(const uint64_t *)partial;
    (void)error;
    if (c->out->different == 0 && different > 0)
        describe_first(c, pair);
    c->out->different += different;
    return DETINIT_OK;
}

detinit_status detinit_tracked_verify(const detinit_tracked *tracked, const detinit_run *run,
                                      detinit_verification *out, detinit_error *error)
{
    const uint64_t total = tracked->count;
    const detinit_dtype dtype = tracked->dtype;
    detinit_verification found = {.total_weights = total, .first = total};
    verify_context context = {dtype, detinit_dtype_size(dtype), &found};
    const pair_sink sink = {sizeof(uint64_t), map_verify, take_verify, &context};
    detinit_status status = tracked_stream(tracked, run, &sink, error);
    if (status == DETINIT_OK)
        *out = found;
    return status;
}
