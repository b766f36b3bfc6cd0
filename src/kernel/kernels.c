/* The kernels of this build. */
#include "kernel/kernels.h"

#include "kernel/build.h"

extern const draw_kernel OF_BUILD(draw_kernel);
extern const change_kernel OF_BUILD(change_kernel);
extern const orthogonal_kernel OF_BUILD(orthogonal_kernel);

const kernels OF_BUILD(kernels) = {
    .draw = &OF_BUILD(draw_kernel),
    .change = &OF_BUILD(change_kernel),
    .orthogonal = &OF_BUILD(orthogonal_kernel),
};
