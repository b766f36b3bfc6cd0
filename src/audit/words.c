/* What a tensor is consistent with, in words. */
#include "base/names.h"
#include "base/plain.h"
#include "detinit_audit.h"
#include "number/dist.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const origins[] = {"scheme", "law", "made", "none", "few", "no weights"};
static const name_table origin_names = NAME_TABLE(origins);

static const char *const findings[] = {"not finite", "zero",     "constant", "dead",
                                       "equal",      "tied",     "std",      "shard",
                                       "fans",       "residual", "unlike"};
static const name_table finding_names = NAME_TABLE(findings);

static const char *dist_words(detinit_dist dist)
{
    return dist_rows[dist].words != NULL ? dist_rows[dist].words : detinit_dist_name(dist);
}

const char *detinit_origin_name(detinit_origin origin)
{
    return names_name(&origin_names, (int)origin);
}

const char *detinit_finding_name(detinit_finding_kind kind)
{
    return names_name(&finding_names, (int)kind);
}

static void of_undrawn(const detinit_recipe *r, char *out, size_t size)
{
    if (r->mode != DETINIT_CONSTANT)
        plain_print(out, size, r->gain == 1 ? "%s" : "%s, gain %g", detinit_mode_name(r->mode),
                    r->gain);
    else if (r->value == 0 || r->value == 1)
        plain_print(out, size, "%s", r->value == 0 ? "zeros" : "ones");
    else
        plain_print(out, size, "constant %g", r->value);
}

static void of_stated(const detinit_recipe *r, char *out, size_t size)
{
    const detinit_dist dist = detinit_recipe_dist(r);
    if (dist == DETINIT_DIST_UNIFORM)
        plain_print(out, size, "uniform within %.4g", r->std * sqrt(3));
    else
        plain_print(out, size, "%s, std %.4g", dist_words(dist), r->std);
}

static void of_fans(const detinit_recipe *r, char *out, size_t size)
{
    const double in = detinit_recipe_fan_in(r), of_out = detinit_recipe_fan_out(r);
    char fans[48], gain[48] = "";
    if (r->mode == DETINIT_XAVIER)
        plain_print(fans, sizeof fans, "fans %.0f + %.0f", in, of_out);
    else
        plain_print(fans, sizeof fans,
                    r->fan_mode == DETINIT_FAN_MODE_OUT ? "fan_out %.0f" : "fan_in %.0f",
                    r->fan_mode == DETINIT_FAN_MODE_OUT ? of_out : in);
    if (r->nonlinearity != DETINIT_NONLINEARITY_OF_MODE)
        plain_print(gain, sizeof gain, ", gain of %s", detinit_nonlinearity_name(r->nonlinearity));
    else if (r->gain != 1)
        plain_print(gain, sizeof gain, ", gain %.4g", r->gain);
    if (r->mode == DETINIT_TORCH) {
        plain_print(out, size, "torch default, uniform, %s%s", fans, gain);
    } else {
        const char *alias = detinit_mode_alias(r->mode);
        plain_print(out, size, alias != NULL ? "%s (%s) %s, %s%s" : "%s%s %s, %s%s",
                    detinit_mode_name(r->mode), alias != NULL ? alias : "",
                    dist_words(detinit_recipe_dist(r)), fans, gain);
    }
}

const char *detinit_audit_words(const detinit_audit_tensor *t, char buffer[DETINIT_AUDIT_WORDS])
{
    static const char *const others[] = {[DETINIT_ORIGIN_NONE] = "none: trained or unknown",
                                         [DETINIT_ORIGIN_FEW] = "too few weights to say",
                                         [DETINIT_ORIGIN_NO_WEIGHTS] = "no weights"};
    const detinit_recipe *r = &t->recipe;
    const size_t size = DETINIT_AUDIT_WORDS;
    if (t->origin >= DETINIT_ORIGIN_NONE) {
        plain_print(buffer, size, "%s", others[t->origin]);
    } else if (t->origin == DETINIT_ORIGIN_LAW) {
        of_stated(r, buffer, size);
        plain_print(buffer + strlen(buffer), size - strlen(buffer), ": of no scheme in use");
    } else if (t->origin == DETINIT_ORIGIN_MADE) {
        of_undrawn(r, buffer, size);
    } else if (r->orthogonal) {
        plain_print(buffer, size, "orthogonal, gain %.4g", r->gain);
    } else if (r->mode == DETINIT_NORMAL) {
        of_stated(r, buffer, size);
    } else {
        of_fans(r, buffer, size);
    }
    return buffer;
}
