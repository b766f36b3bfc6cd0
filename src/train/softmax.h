/*
 * Cross-entropy behind a softmax, from + - * / alone: libm's exp and log differ between machines
 * in their last bits, and a race is the same on all of them.
 */
#ifndef DETINIT_TRAIN_SOFTMAX_H
#define DETINIT_TRAIN_SOFTMAX_H

#include <stddef.h>

/* exp(x) of x <= 0 and ln(x) of x >= 1, to some units in the last place; NaN for NaN. */
double softmax_exp(double x);
double softmax_ln(double x);

/*
 * The cross-entropy of one example, whose outputs stand `stride` apart; they become its
 * derivative, softmax less one in the label's place, times `scale`.
 */
double softmax_loss(float *outputs, size_t classes, size_t stride, size_t label, double scale);

#endif
