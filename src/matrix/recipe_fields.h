/*
 * The fields of a recipe, a row each: for whoever reads, writes or compares recipes field by
 * field.  A new field is a member of detinit_recipe, whose default detinit_recipe_matrix sets,
 * and a row here.
 */
#ifndef DETINIT_MATRIX_RECIPE_FIELDS_H
#define DETINIT_MATRIX_RECIPE_FIELDS_H

#include "base/names.h"
#include "detinit.h"

typedef enum recipe_kind {
    RECIPE_WHOLE,        /* uint64_t, any */
    RECIPE_REAL,         /* double, above 0 */
    RECIPE_NUMBER,       /* double, finite */
    RECIPE_SHARE,        /* double, 0 .. 1 */
    RECIPE_CHOICE,       /* an enumeration, which is an int */
    RECIPE_SWITCH,       /* bool */
    RECIPE_FANS,         /* two of uint64_t, above 0; 0, 0: none stated */
    RECIPE_ROW,          /* has_zero_row and zero_row together */
    RECIPE_NONLINEARITY, /* nonlinearity and slope together */
    RECIPE_SHAPE         /* rank and shape together */
} recipe_kind;

typedef struct recipe_field {
    const char *name; /* as manifests have it: "fan_in" */
    recipe_kind kind;
    size_t offset;           /* in a detinit_recipe; 0 for a shape */
    const name_table *names; /* RECIPE_CHOICE */
    bool of_tensor;          /* no two tensors share it: there is no default for all */
    bool of_whole;           /* no two parts of a tensor differ in it */
    bool written;            /* also where it is the default */
    bool (*counts)(const detinit_recipe *recipe); /* whether weights depend on it; NULL: they do */
} recipe_field;

/* In the order in which manifests tell them. */
extern const recipe_field recipe_fields[];
extern const size_t recipe_field_count;

/* The field itself. */
static inline void *recipe_field_of(const recipe_field *field, detinit_recipe *recipe)
{
    return (char *)recipe + field->offset;
}

static inline const void *recipe_field_in(const recipe_field *field, const detinit_recipe *recipe)
{
    return (const char *)recipe + field->offset;
}

/* What it can be, for a sentence: "a number above 0", "cols or rows". Returns buffer. */
const char *recipe_field_expected(const recipe_field *field, char *buffer, size_t size);

/* Whether two recipes have the same in it. */
bool recipe_field_equal(const recipe_field *field, const detinit_recipe *a,
                        const detinit_recipe *b);

/* Whether the weights of a recipe depend on it. */
bool recipe_field_counts(const recipe_field *field, const detinit_recipe *recipe);

#endif
