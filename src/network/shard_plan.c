/* Which tensor stands in which file of Hugging Face's layout, and which process writes it. */
#include "detinit_network.h"

#include "base/error.h"
#include "base/wide.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t detinit_part_of(uint64_t begin, uint64_t size, uint64_t total, uint64_t parts)
{
    if (total == 0)
        return 1;
    if (begin >= total)
        return parts;
    /* (begin + size / 2) * parts / total, where half a byte counts. */
    const wide half = wide_product(size, parts);
    uint64_t rest;
    const wide middle = wide_sum(wide_product(begin, parts),
                                 (wide){half.high >> 1, half.high << 63 | half.low >> 1});
    const uint64_t whole = middle.high < total ? wide_divide(middle, total, &rest) : parts;
    return whole < parts ? whole + 1 : parts;
}

/* The bytes of each tensor's data; false where all together are more than a file can have. */
static bool measure(const detinit_network *network, uint64_t *bytes)
{
    uint64_t total = 0;
    for (size_t n = 0; n < network->count; n++) {
        const detinit_recipe *recipe = &network->layers[n].recipe;
        const uint64_t size = detinit_dtype_size(recipe->dtype);
        uint64_t count;
        if (!detinit_recipe_count(recipe, &count) || count > ((uint64_t)INT64_MAX - total) / size)
            return false;
        bytes[n] = count * size;
        total += bytes[n];
    }
    return true;
}

/*
 * As huggingface_hub splits: a file is filled until the next tensor would be too much, and gets
 * its number then; a larger tensor gets a file of its own at once, before the one being filled.
 * `numbers` has room for one of each tensor.
 */
static void fill(const uint64_t *bytes, uint64_t most, size_t *numbers, detinit_shard_plan *plan)
{
    enum { NONE = -1 };
    size_t begun = 0, filling = (size_t)NONE;
    uint64_t filled = 0;
    for (size_t n = 0; n < plan->count; n++) {
        if (bytes[n] > most) {
            numbers[begun] = plan->files++;
            plan->file_of[n] = begun++;
            continue;
        }
        if (filling != (size_t)NONE && bytes[n] > most - filled) {
            numbers[filling] = plan->files++;
            filling = (size_t)NONE;
        }
        if (filling == (size_t)NONE) {
            filling = begun++;
            filled = 0;
        }
        plan->file_of[n] = filling;
        filled += bytes[n];
    }
    if (filling != (size_t)NONE)
        numbers[filling] = plan->files++;
    for (size_t n = 0; n < plan->count; n++)
        plan->file_of[n] = numbers[plan->file_of[n]];
}

/* Brings the tensors of each file together, and adds up their bytes. */
static void gather(const uint64_t *bytes, size_t *next, detinit_shard_plan *plan)
{
    for (size_t n = 0; n < plan->count; n++) {
        plan->first[plan->file_of[n] + 1]++;
        plan->begin[plan->file_of[n] + 1] += bytes[n];
    }
    for (size_t file = 0; file < plan->files; file++) {
        next[file] = plan->first[file];
        plan->first[file + 1] += plan->first[file];
        plan->begin[file + 1] += plan->begin[file];
    }
    for (size_t n = 0; n < plan->count; n++)
        plan->tensors[next[plan->file_of[n]]++] = n;
    plan->bytes = plan->begin[plan->files];
}

detinit_status detinit_shard_plan_make(const detinit_network *network, uint64_t max_shard_size,
                                       detinit_shard_plan *out, detinit_error *error)
{
    const size_t room = network->count + 1;
    detinit_shard_plan plan = {.count = network->count,
                               .file_of = calloc(room, sizeof *plan.file_of),
                               .tensors = calloc(room, sizeof *plan.tensors),
                               .first = calloc(room, sizeof *plan.first),
                               .begin = calloc(room, sizeof *plan.begin)};
    uint64_t *bytes = calloc(room, sizeof *bytes);
    size_t *numbers = calloc(room, sizeof *numbers);
    detinit_status status = DETINIT_OK;
    if (plan.file_of == NULL || plan.tensors == NULL || plan.first == NULL || plan.begin == NULL ||
        bytes == NULL || numbers == NULL)
        status = error_set(error, DETINIT_NO_MEMORY, "no memory for a plan of %zu tensors",
                           network->count);
    else if (max_shard_size == 0)
        status = error_set(error, DETINIT_INVALID, "the size of a shard must be above 0");
    else if (!measure(network, bytes))
        status = error_set(error, DETINIT_INVALID, "the network is larger than any file can be");
    if (status == DETINIT_OK) {
        fill(bytes, max_shard_size, numbers, &plan);
        gather(bytes, numbers, &plan);
        *out = plan;
    } else {
        detinit_shard_plan_free(&plan);
    }
    free(bytes);
    free(numbers);
    return status;
}

void detinit_shard_plan_free(detinit_shard_plan *plan)
{
    free(plan->file_of);
    free(plan->tensors);
    free(plan->first);
    free(plan->begin);
    *plan = (detinit_shard_plan){0};
}

uint64_t detinit_shard_part(const detinit_shard_plan *plan, size_t file, uint64_t parts)
{
    const uint64_t begin = plan->begin[file];
    return detinit_part_of(begin, plan->begin[file + 1] - begin, plan->bytes, parts);
}

const char *detinit_shard_name(const detinit_shard_plan *plan, size_t file,
                               char buffer[DETINIT_SHARD_NAME])
{
    if (plan->files == 1)
        snprintf(buffer, DETINIT_SHARD_NAME, "model.safetensors");
    else
        snprintf(buffer, DETINIT_SHARD_NAME, "model-%05zu-of-%05zu.safetensors", file + 1,
                 plan->files);
    return buffer;
}
