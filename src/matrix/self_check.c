#include "matrix/self_check.h"

#include "base/error.h"
#include "base/strict.h"
#include "number/address.h"
#include "number/dist.h"

#include <stdatomic.h>

enum { DRAWS = 256 };

static const double CUT = 2; /* of truncated normals */

static uint64_t digest_of(const double *draws)
{
    uint64_t digest = 0;
    for (size_t n = 0; n < DRAWS; n++)
        digest = fold(digest, bits_of_double(draws[n]));
    return digest;
}

static bool draws_as_promised(const draw_kernel *kernel, detinit_dist dist)
{
    const uint64_t row_key = 42;
    uint64_t hashed[DRAWS + DRAW_STEP];
    double bulk[DRAWS], single[DRAWS];
    kernel->hash_indices(0, DRAWS, hashed);
    kernel->draw(dist, CUT, row_key, hashed, DRAWS, 1, DETINIT_FLOAT64, bulk);
    detinit_decode(DETINIT_FLOAT64, bulk, DRAWS, bulk);
    for (size_t n = 0; n < DRAWS; n++)
        single[n] = dist_rows[dist].draw(fold(row_key, n), CUT);
    return digest_of(bulk) == dist_rows[dist].digest && digest_of(single) == dist_rows[dist].digest;
}

detinit_status self_check(const draw_kernel *kernel, detinit_error *error)
{
    /* The one thing that the library remembers of itself: the kernel that was found good last. */
    static const draw_kernel *_Atomic good;
    if (atomic_load_explicit(&good, memory_order_relaxed) == kernel)
        return DETINIT_OK;
    for (int dist = DETINIT_DIST_NORMAL; dist < DETINIT_DIST_COUNT; dist++)
        if (!draws_as_promised(kernel, (detinit_dist)dist))
            return error_set(error, DETINIT_NOT_BUILT,
                             "this build makes other weights than the generator promises: its "
                             "compiler was told to bend arithmetic (-Ofast, -ffp-contract=fast "
                             "...); build it with the flags of ./configure");
    atomic_store_explicit(&good, kernel, memory_order_relaxed);
    return DETINIT_OK;
}
