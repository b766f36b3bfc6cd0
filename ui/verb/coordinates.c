#include "verb/coordinates.h"

#include "base/progress.h"
#include "system/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Slopes up to this are what widths alone vary by. */
#define FLAT 0.15

size_t coordinates_widths(uint64_t widest)
{
    size_t count = 1;
    while (count < COORDINATES_MOST && coordinates_width(count) <= widest)
        count++;
    return count;
}

size_t coordinates_width(size_t n)
{
    return COORDINATES_NARROWEST << n;
}

detinit_coordinate_check coordinates_request(const detinit_recipe *recipe)
{
    detinit_coordinate_check request = detinit_coordinate_check_of(recipe);
    request.base_width = COORDINATES_NARROWEST;
    request.steps = COORDINATES_STEPS;
    return request;
}

detinit_status coordinates_make(const detinit_recipe *recipe, size_t n, const detinit_run *run,
                                coordinates *c, detinit_error *error)
{
    const size_t width = coordinates_width(n);
    shared_progress all = {.run = run, .total = DETINIT_PARAMETRIZATION_COUNT};
    detinit_coordinate_check request = coordinates_request(recipe);
    request.widths = &width;
    request.width_count = 1;
    if (!memory_allows("coordinates: a network of this width", detinit_coordinate_memory(&request),
                       error))
        return DETINIT_INVALID;
    for (int p = 0; p < DETINIT_PARAMETRIZATION_COUNT; p++) {
        const detinit_run part = progress_share(&all, 1);
        double sizes[COORDINATES_TIMES][DETINIT_COORDINATE_LAYERS];
        request.parametrization = (detinit_parametrization)p;
        const detinit_status status = detinit_check_coordinates(&request, &part, sizes[0], error);
        if (status != DETINIT_OK)
            return status;
        for (size_t step = 0; step < COORDINATES_TIMES; step++)
            for (size_t layer = 0; layer < DETINIT_COORDINATE_LAYERS; layer++)
                c->sizes[p][step][layer][n] = sizes[step][layer];
    }
    c->count = n + 1;
    return DETINIT_OK;
}

void coordinates_take(coordinates *to, const coordinates *from)
{
    const size_t last = from->count - 1;
    if (from->refusal[0] != '\0') {
        memcpy(to->refusal, from->refusal, sizeof to->refusal);
        return;
    }
    to->wanted = from->wanted;
    for (int p = 0; p < DETINIT_PARAMETRIZATION_COUNT; p++)
        for (size_t step = 0; step < COORDINATES_TIMES; step++)
            for (size_t layer = 0; layer < DETINIT_COORDINATE_LAYERS; layer++)
                to->sizes[p][step][layer][last] = from->sizes[p][step][layer][last];
    to->count = from->count;
}

bool coordinates_are_whole(const coordinates *c)
{
    return c->refusal[0] != '\0' || (c->count > 0 && c->count >= c->wanted);
}

const char *coordinates_layer_name(size_t layer)
{
    static const char *const names[DETINIT_COORDINATE_LAYERS] = {"input", "hidden", "output"};
    return names[layer];
}

double coordinates_slope(const coordinates *c, detinit_parametrization parametrization, size_t step,
                         size_t layer)
{
    const double *sizes = c->sizes[parametrization][step][layer];
    double x = 0, y = 0, xx = 0, xy = 0;
    for (size_t n = 0; n < c->count; n++) {
        const double a = log((double)coordinates_width(n)), b = log(sizes[n]);
        x += a / (double)c->count;
        y += b / (double)c->count;
        xx += a * a / (double)c->count;
        xy += a * b / (double)c->count;
    }
    const double slope = (xy - x * y) / (xx - x * x);
    return c->count > 1 && isfinite(slope) ? slope : NAN;
}

const char *coordinates_words(const coordinates *c, detinit_parametrization parametrization,
                              size_t step, size_t layer, char buffer[32])
{
    const double slope = coordinates_slope(c, parametrization, step, layer);
    const double widest = c->count > 0 ? c->sizes[parametrization][step][layer][c->count - 1] : NAN;
    if (fabs(slope) <= FLAT)
        snprintf(buffer, 32, "flat");
    else if (!isnan(slope))
        snprintf(buffer, 32, "%s as n^%.2g", slope > 0 ? "grows" : "shrinks", slope);
    else
        snprintf(buffer, 32, "%s", widest == 0 ? "0" : !isfinite(widest) ? "overflows" : "");
    return buffer;
}
