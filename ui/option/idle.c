#include "option/idle.h"

#include "matrix/recipe_fields.h"
#include "matrix/scheme.h"
#include "option/refuse.h"

#include <stdio.h>

/* The field of recipes that an option sets: it has the same name. NULL: none, or the shape. */
static const recipe_field *field_of(const option *which)
{
    for (size_t n = 0; n < recipe_field_count; n++)
        if (names_alike(recipe_fields[n].name, which->name))
            return &recipe_fields[n];
    return NULL;
}

bool option_counts(const option *which, const detinit_recipe *r)
{
    const recipe_field *field = field_of(which);
    const bool is_address = which == &options[OPTION_SEED] || which == &options[OPTION_LAYER];
    /* Manifests keep the std of an orthogonal tensor, which scales none of its weights. */
    if (which == &options[OPTION_STD] && !detinit_recipe_is_drawn(r))
        return false;
    return field == NULL || is_address || recipe_field_counts(field, r);
}

/* What an option needs of the rest of a recipe; begins with the name of an option. */
static const char *const needs[OPTION_COUNT] = {
    [OPTION_STD] = "mode normal; other modes set their own",
    [OPTION_CUT] = "dist truncated or trunc_normal",
    [OPTION_VALUE] = "mode constant",
};

static bool takes_fans(detinit_mode mode)
{
    return detinit_mode_is_drawn(mode) && !detinit_mode_takes_std(mode);
}

static bool takes_both_fans(detinit_mode mode)
{
    return takes_fans(mode) && !scheme_takes_fan_mode(mode);
}

/* The same of options that some schemes need; NULL where nothing makes the option count. */
static const char *need_of(const option *which, char *buffer, size_t size)
{
    char one[160], both[160], none[160];
    if (which == &options[OPTION_FANS])
        snprintf(buffer, size, "mode %s, which divide by them",
                 scheme_names_with(takes_fans, " or ", one, sizeof one));
    else if (which == &options[OPTION_FAN_MODE])
        snprintf(buffer, size, "mode %s; %s takes both fans, %s none",
                 scheme_names_with(scheme_takes_fan_mode, " or ", one, sizeof one),
                 scheme_names_with(takes_both_fans, " or ", both, sizeof both),
                 scheme_names_with(detinit_mode_takes_std, " or ", none, sizeof none));
    else
        return needs[which - options];
    return buffer;
}

/* Whether it would not do to say what the option needs: orthogonality, or a mode that draws
 * nothing, is in its way. */
static bool is_hindered(const option *which, const detinit_recipe *r)
{
    if (which == &options[OPTION_VALUE])
        return false;
    if (which == &options[OPTION_STD] && !detinit_mode_takes_std(r->mode))
        return false;
    return !detinit_recipe_is_drawn(r);
}

bool option_check_counts(const option *which, const detinit_recipe *r, bool as_flag,
                         detinit_error *error)
{
    char text[600];
    const char *dashes = as_flag ? "--" : "", *needed = need_of(which, text, sizeof text);
    if (option_counts(which, r))
        return true;
    if (needed != NULL && !is_hindered(which, r))
        return refuse(error, "%s%s: needs %s%s", dashes, which->name, dashes, needed);
    if (detinit_mode_is_drawn(r->mode))
        return refuse(error, "%s%s: has no effect on orthogonal weights; leave it out", dashes,
                      which->name);
    return refuse(error, "%s%s: has no effect with %smode %s; leave it out", dashes, which->name,
                  dashes, detinit_mode_name(r->mode));
}
