/*
 * The distributions, a row each.  A draw is by the scalar definition: one lane of the arithmetic
 * that kernel/draw_kernel.c does in many; what theory expects of it is in describe/theory.c.
 */
#ifndef DETINIT_NUMBER_DIST_H
#define DETINIT_NUMBER_DIST_H

#include "base/names.h"
#include "detinit.h"

/* A truncated normal is cut here, and then divided by what gives it a standard deviation of 1. */
#define TRUNCATED_AT  2.0
#define TRUNCATED_STD 0.87962566103423978

#define SQRT_3 0x1.bb67ae8584caap+0

typedef struct dist_row {
    name_row names;
    /* Of the key of an address; its std is 1, but for a normal that is cut and not divided. */
    double (*draw)(uint64_t key, double cut);
    uint64_t (*cast_away)(uint64_t key, double cut); /* normals before it; NULL: none ever are */
    /* Of its first draws, which matrix/self_check.c makes again: tests/golden/self_check.py. */
    uint64_t digest;

    /* How a draw is made, for people: of the steps of a detinit_trace. */
    bool of_normal;      /* z goes into it; else u1 alone */
    const char *formula; /* "z / 0.8796..." to the last digit, in ASCII; NULL: it is z */
    const char *brief;   /* the same where room is scarce */

    const char *words;    /* in what audit says, where that is not its name */
    const char *kurtosis; /* the excess kurtosis, for people: "below 0: no tails" */
} dist_row;

/* That of DETINIT_DIST_OF_MODE has names alone. */
extern const dist_row dist_rows[DETINIT_DIST_COUNT];
extern const name_table dist_names;

#endif
