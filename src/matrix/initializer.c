/* Initializers by the names that other libraries give them. */
#include "base/names.h"
#include "detinit.h"
#include "matrix/recipe_names.h"

/*
 * Initializers as people type them from memory.  PyTorch's kaiming_normal_ and xavier_normal_ are
 * normal; he_normal, glorot_normal and lecun_normal, which are Keras' and JAX', truncated.
 */
static const struct initializer {
    const char *name;
    detinit_mode mode;
    detinit_dist dist;
    double value;
    bool orthogonal;
} initializers[] = {
    {.name = "kaiming_normal", .mode = DETINIT_HE, .dist = DETINIT_DIST_NORMAL},
    {.name = "kaiming_uniform", .mode = DETINIT_HE, .dist = DETINIT_DIST_UNIFORM},
    {.name = "xavier_normal", .mode = DETINIT_XAVIER, .dist = DETINIT_DIST_NORMAL},
    {.name = "xavier_uniform", .mode = DETINIT_XAVIER, .dist = DETINIT_DIST_UNIFORM},
    {.name = "he_normal", .mode = DETINIT_HE, .dist = DETINIT_DIST_TRUNCATED},
    {.name = "he_uniform", .mode = DETINIT_HE, .dist = DETINIT_DIST_UNIFORM},
    {.name = "glorot_normal", .mode = DETINIT_XAVIER, .dist = DETINIT_DIST_TRUNCATED},
    {.name = "glorot_uniform", .mode = DETINIT_XAVIER, .dist = DETINIT_DIST_UNIFORM},
    {.name = "lecun_normal", .mode = DETINIT_LECUN, .dist = DETINIT_DIST_TRUNCATED},
    {.name = "lecun_uniform", .mode = DETINIT_LECUN, .dist = DETINIT_DIST_UNIFORM},
    {.name = "trunc_normal", .mode = DETINIT_NORMAL, .dist = DETINIT_DIST_TRUNC_NORMAL},
    {.name = "truncated_normal", .mode = DETINIT_NORMAL, .dist = DETINIT_DIST_TRUNC_NORMAL},
    {.name = "orthogonal", .mode = DETINIT_NORMAL, .orthogonal = true},
    {.name = "zeros", .mode = DETINIT_CONSTANT, .value = 0},
    {.name = "ones", .mode = DETINIT_CONSTANT, .value = 1},
};

#define INITIALIZER_COUNT (sizeof initializers / sizeof initializers[0])

const char *initializer_name(size_t n)
{
    return n < INITIALIZER_COUNT ? initializers[n].name : NULL;
}

bool detinit_recipe_set_initializer(detinit_recipe *r, const char *name)
{
    if (detinit_mode_parse(name, &r->mode))
        return true;
    for (size_t n = 0; n < INITIALIZER_COUNT; n++) {
        const struct initializer *i = &initializers[n];
        if (!names_alike(name, i->name))
            continue;
        r->mode = i->mode;
        r->dist = i->dist;
        r->orthogonal = i->orthogonal;
        if (i->mode == DETINIT_CONSTANT)
            r->value = i->value;
        return true;
    }
    return false;
}
