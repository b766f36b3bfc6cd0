/*
 * Files to be looked at: of a small network, trained a little by a formula, which tells its
 * recipes; and one of all kinds of tensors, which tells none.
 */
#ifndef TESTS_FILE_SAMPLE_H
#define TESTS_FILE_SAMPLE_H

#include "detinit_files.h"
#include "detinit_network.h"

#include <math.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_MANIFEST                                                                            \
    "{\"seed\": 7, \"layer\": \"name\", \"dtype\": \"float32\", \"tensors\": ["                    \
    "{\"name\": \"embed.weight\", \"shape\": [40, 24], \"mode\": \"normal\"},"                     \
    "{\"repeat\": 2, \"as\": \"i\", \"tensors\": ["                                                \
    "{\"name\": \"layers.{i}.attn.qkv.weight\", \"shape\": [72, 24], \"mode\": \"xavier\"},"       \
    "{\"name\": \"layers.{i}.attn.bias\", \"shape\": [72], \"mode\": \"zeros\"},"                  \
    "{\"name\": \"layers.{i}.conv.weight\", \"shape\": [6, 4, 3, 3]}]}]}"

/* What training did to weight number n: every third went a little. */
static inline float sample_change(uint64_t n)
{
    return n % 3 == 0 ? 0.01f * (float)(n % 7) - 0.02f : 0;
}

/* Both paths are those of files that are made; false where it failed. */
static inline bool sample_trained_file(const char *initial, const char *trained)
{
    detinit_network network;
    detinit_tensorfile *file;
    detinit_tensorwriter *w;
    const char *key;
    bool good = detinit_network_parse(SAMPLE_MANIFEST, strlen(SAMPLE_MANIFEST), "sample", &network,
                                      NULL) == DETINIT_OK &&
                detinit_network_save(&network, initial, NULL, NULL, NULL) == DETINIT_OK &&
                detinit_tensorfile_open(initial, &file, NULL) == DETINIT_OK &&
                detinit_tensorwriter_open(trained, &w, NULL) == DETINIT_OK;
    if (!good)
        return false;
    for (size_t n = 0; (key = detinit_tensorfile_metadata_key(file, n)) != NULL; n++)
        detinit_tensorwriter_metadata(w, key, detinit_tensorfile_metadata(file, key), NULL);
    const size_t count = detinit_tensorfile_count(file);
    for (size_t n = 0; n < count; n++) {
        const detinit_tensor *t = detinit_tensorfile_tensor(file, n);
        detinit_tensorwriter_announce(w, t->name, t->type, t->rank, t->shape, NULL, NULL);
    }
    for (size_t n = 0; n < count && good; n++) {
        const detinit_tensor *t = detinit_tensorfile_tensor(file, n);
        float *values = malloc((size_t)t->count * sizeof *values);
        good = values != NULL &&
               detinit_tensor_read(file, t, 0, (size_t)t->count, values, NULL) == DETINIT_OK;
        for (uint64_t k = 0; good && k < t->count; k++)
            values[k] += sample_change(k);
        good = good && detinit_tensorwriter_write(w, values, (size_t)t->count * sizeof *values,
                                                  NULL) == DETINIT_OK;
        free(values);
    }
    good = detinit_tensorwriter_commit(w, NULL, NULL) == DETINIT_OK && good;
    detinit_tensorfile_close(file);
    detinit_network_free(&network);
    return good;
}

/* The tensors of a file of all kinds, in its order; "kernel" counts from 0 in steps of 1/8. */
static const struct {
    const char *name, *type;
    size_t rank;
    uint64_t shape[5];
} sample_tensors[] = {
    {"kernel", "F32", 5, {2, 3, 4, 5, 6}},
    {"broken", "F32", 2, {3, 4}},
    {"counts", "I32", 2, {5, 12}},
    {"ones", "F32", 1, {9}},
    {"single", "F32", 0, {0}},
    {"evil\x1b[2Jname", "F32", 2, {2, 2}},
    {"empty", "F32", 2, {0, 7}},
    {"mask", "BOOL", 2, {8, 9}},
    {"small.f8", "F8_E4M3", 2, {16, 16}},
};
#define SAMPLE_TENSORS (sizeof sample_tensors / sizeof sample_tensors[0])

static inline void sample_item(const char *name, uint64_t k, unsigned char *to)
{
    float value = (float)k / 8;
    int32_t count = (int32_t)k * 1000 - 7000;
    if (strcmp(name, "broken") == 0)
        value = k == 3 ? NAN : k == 5 ? -INFINITY : value;
    if (strcmp(name, "ones") == 0)
        value = 1;
    if (strcmp(name, "mask") == 0 || strcmp(name, "small.f8") == 0)
        *to = (unsigned char)(*name == 'm' ? k % 5 == 0 : k % 0x70);
    else if (strcmp(name, "counts") == 0)
        memcpy(to, &count, sizeof count);
    else
        memcpy(to, &value, sizeof value);
}

static inline bool sample_mixed_file(const char *path)
{
    detinit_tensorwriter *w;
    unsigned char data[8192];
    if (detinit_tensorwriter_open(path, &w, NULL) != DETINIT_OK)
        return false;
    for (size_t n = 0; n < SAMPLE_TENSORS; n++)
        detinit_tensorwriter_announce(w, sample_tensors[n].name, sample_tensors[n].type,
                                      sample_tensors[n].rank, sample_tensors[n].shape, NULL, NULL);
    for (size_t n = 0; n < SAMPLE_TENSORS; n++) {
        const char *type = sample_tensors[n].type;
        const size_t item = strcmp(type, "F32") == 0 || strcmp(type, "I32") == 0 ? 4 : 1;
        uint64_t count = 1;
        for (size_t d = 0; d < sample_tensors[n].rank; d++)
            count *= sample_tensors[n].shape[d];
        for (uint64_t k = 0; k < count; k++)
            sample_item(sample_tensors[n].name, k, data + k * item);
        if (count > 0)
            detinit_tensorwriter_write(w, data, (size_t)count * item, NULL);
    }
    return detinit_tensorwriter_commit(w, NULL, NULL) == DETINIT_OK;
}

#endif
