#include "number/dist.h"

#include "base/strict.h"
#include "number/address.h"
#include "number/gaussian.h"

static double draw_normal(uint64_t key, double cut)
{
    (void)cut;
    return gaussian_of_key(key);
}

static double draw_uniform(uint64_t key, double cut)
{
    (void)cut;
    return SQRT_3 * (2.0 * u01(fold_hashed(key, HASHED_DRAW_0)) - 1.0);
}

/* The first z_k within the cut, z_k from draws 2k and 2k + 1, for k = 0, 1, ... Returns k. */
static inline uint64_t find_within_cut(uint64_t key, double cut, double *z)
{
    for (uint64_t k = 0;; k++) {
        *z = gaussian_of_keys(fold(key, 2 * k), fold(key, 2 * k + 1));
        if (__builtin_fabs(*z) <= cut)
            return k;
    }
}

static double draw_trunc_normal(uint64_t key, double cut)
{
    double z;
    find_within_cut(key, cut, &z);
    return z;
}

static double draw_truncated(uint64_t key, double cut)
{
    return draw_trunc_normal(key, cut) / TRUNCATED_STD;
}

static uint64_t cut_off(uint64_t key, double cut)
{
    double z;
    return find_within_cut(key, cut, &z);
}

#define STRING(x) #x
#define TEXT(x)   STRING(x)

const dist_row dist_rows[DETINIT_DIST_COUNT] = {
    [DETINIT_DIST_OF_MODE] = {.names = {.name = "default"}},
    [DETINIT_DIST_NORMAL] = {.names = {.name = "normal", .unspoken = "gaussian"},
                             .draw = draw_normal,
                             .digest = 0x482CAD46E1FF6981u,
                             .of_normal = true,
                             .kurtosis = "0"},
    [DETINIT_DIST_UNIFORM] = {.names = {.name = "uniform"},
                              .draw = draw_uniform,
                              .digest = 0x325B758D31B28F5Cu,
                              .formula = "sqrt(3) (2 u1 - 1)",
                              .brief = "√3 (2 u1 - 1)",
                              .kurtosis = "-1.2"},
    [DETINIT_DIST_TRUNCATED] = {.names = {.name = "truncated"},
                                .draw = draw_truncated,
                                .digest = 0x39377105A76FBFC4u,
                                .cast_away = cut_off,
                                .of_normal = true,
                                .formula = "z / " TEXT(TRUNCATED_STD),
                                .brief = "z / 0.8796",
                                .words = "normal cut at 2 std and rescaled",
                                .kurtosis = "below 0: no tails"},
    [DETINIT_DIST_TRUNC_NORMAL] = {.names = {.name = "trunc_normal"},
                                   .draw = draw_trunc_normal,
                                   .digest = 0xFCC0AAC6DAB3EAF3u,
                                   .cast_away = cut_off,
                                   .of_normal = true,
                                   .words = "normal cut at 2 std",
                                   .kurtosis = "below 0: no tails"},
};

const name_table dist_names = NAME_TABLE(dist_rows);

const char *detinit_dist_name(detinit_dist dist)
{
    return names_name(&dist_names, (int)dist);
}

const char *detinit_dist_alias(detinit_dist dist)
{
    return names_alias(&dist_names, (int)dist);
}

bool detinit_dist_parse(const char *name, detinit_dist *dist)
{
    int value;
    if (!names_find(&dist_names, name, &value))
        return false;
    *dist = (detinit_dist)value;
    return true;
}

const char *detinit_dist_formula(detinit_dist dist)
{
    if ((unsigned)dist >= DETINIT_DIST_COUNT || dist == DETINIT_DIST_OF_MODE)
        return NULL;
    return dist_rows[dist].formula != NULL ? dist_rows[dist].formula : "z";
}
