/* Files of tensors in memory whose weights the library makes, and audits of them. */
#ifndef TESTS_AUDIT_CHECK_H
#define TESTS_AUDIT_CHECK_H

#include "check.h"

#include "detinit_audit.h"

#define MOST_TENSORS 400

/* A .safetensors file in memory. */
typedef struct archive {
    size_t count;
    detinit_recipe recipes[MOST_TENSORS];
    char names[MOST_TENSORS][48];
    unsigned char *bytes;
    size_t size, header;
    size_t begins[MOST_TENSORS]; /* of data, from the end of the header on */
} archive;

static inline size_t bytes_of(const detinit_recipe *r)
{
    uint64_t count;
    assert_true(detinit_recipe_count(r, &count));
    return (size_t)count * detinit_dtype_size(r->dtype);
}

static inline void add(archive *a, const char *name, const detinit_recipe *recipe)
{
    assert_true(a->count < MOST_TENSORS);
    snprintf(a->names[a->count], sizeof a->names[0], "%s", name);
    a->recipes[a->count++] = *recipe;
}

/* Writes the header, and every tensor as its recipe makes it. */
static inline void make(archive *a)
{
    static const char *const types[] = {"F64", "F32", "F16", "BF16"};
    char *header = allocate(a->count * 160 + 16);
    size_t length = (size_t)sprintf(header, "{"), data = 0;
    for (size_t n = 0; n < a->count; n++) {
        const detinit_recipe *r = &a->recipes[n];
        a->begins[n] = data;
        data += bytes_of(r);
        length += (size_t)sprintf(header + length, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[",
                                  n > 0 ? "," : "", a->names[n], types[r->dtype]);
        for (size_t d = 0; d < r->rank; d++)
            length += (size_t)sprintf(header + length, "%s%llu", d > 0 ? "," : "",
                                      (unsigned long long)r->shape[d]);
        length +=
            (size_t)sprintf(header + length, "],\"data_offsets\":[%zu,%zu]}", a->begins[n], data);
    }
    length += (size_t)sprintf(header + length, "}");
    a->header = 8 + length;
    a->size = a->header + data;
    a->bytes = allocate(a->size);
    for (size_t n = 0; n < 8; n++)
        a->bytes[n] = (unsigned char)(length >> (8 * n));
    memcpy(a->bytes + 8, header, length);
    free(header);
    for (size_t n = 0; n < a->count; n++) {
        detinit_matrix *matrix;
        assert_int_equal(detinit_matrix_new(&a->recipes[n], NULL, &matrix, NULL), DETINIT_OK);
        assert_int_equal(
            detinit_matrix_fill(matrix, NULL, a->bytes + a->header + a->begins[n], NULL),
            DETINIT_OK);
        detinit_matrix_free(matrix);
    }
}

static inline float *floats_of(const archive *a, size_t n)
{
    float *copy = allocate(bytes_of(&a->recipes[n]));
    memcpy(copy, a->bytes + a->header + a->begins[n], bytes_of(&a->recipes[n]));
    return copy;
}

static inline void put_floats(archive *a, size_t n, float *values)
{
    memcpy(a->bytes + a->header + a->begins[n], values, bytes_of(&a->recipes[n]));
    free(values);
}

typedef struct opened {
    detinit_tensorfile *file;
    detinit_audit *audit;
} opened;

static inline opened audit_of(const archive *a, bool exact, unsigned threads)
{
    const detinit_run run = {.threads = threads};
    opened o;
    assert_int_equal(detinit_tensorfile_open_memory(a->bytes, a->size, "memory", &o.file, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_audit_new(o.file, exact, &run, &o.audit, NULL), DETINIT_OK);
    return o;
}

static inline void end(opened *o)
{
    detinit_audit_free(o->audit);
    detinit_tensorfile_close(o->file);
}

static inline const detinit_audit_tensor *audited(const opened *o, const char *name)
{
    const detinit_audit_tensor *t;
    for (size_t n = 0; (t = detinit_audit_of(o->audit, n)) != NULL; n++)
        if (strcmp(t->tensor->name, name) == 0)
            return t;
    fail_msg("there is no %s", name);
    return NULL;
}

static inline void assert_no_warnings(const opened *o)
{
    const detinit_finding *f = detinit_audit_finding(o->audit, 0);
    if (detinit_audit_warnings(o->audit) > 0)
        fail_msg("%s: %s", detinit_tensorfile_tensor(o->file, f->first)->name, f->text);
}

static inline void finish(archive *a, opened *o)
{
    end(o);
    free(a->bytes);
    free(a);
}

#endif
