/* The kernels of this build. */
#include "kernel/kernels.h"

#include "kernel/build.h"

extern const draw_kernel OF_BUILD(draw_kernel);
extern const change_kernel OF_BUILD(change_kernel);
extern const effect_kernel OF_BUILD(effect_kernel);
extern const orthogonal_kernel OF_BUILD(orthogonal_kernel);
extern const survey_kernel OF_BUILD(survey_kernel);

const kernels OF_BUILD(kernels) = {
    .draw = &OF_BUILD(draw_kernel),
    .change = &OF_BUILD(change_kernel),
    .effect = &OF_BUILD(effect_kernel),
    .orthogonal = &OF_BUILD(orthogonal_kernel),
    .survey = &OF_BUILD(survey_kernel),
};
