#include "pane/glossary.h"

#include <string.h>

const glossary_entry glossary[] = {
    {"accuracy", "the share of test examples that the network names rightly"},
    {"activation", "the function that a layer puts its sums through, as ReLU or tanh; also what "
                   "comes out of it"},
    {"Adam", "an optimizer: each weight's step is about as long as the learning rate, however "
             "large its gradient is"},
    {"awake", "further from its initial value than the threshold; all other weights sleep"},
    {"chaotic", "two inputs that are nearly alike part from layer to layer, and gradients grow on "
                "their way back"},
    {"chi", "what one layer multiplies a small difference of two inputs by, squared; 1 is the edge "
            "of chaos"},
    {"condition number", "the largest singular value over the smallest: how much longer the matrix "
                         "makes one direction than another; 1 is best"},
    {"decay",
     "the number c for which c w0 fits a trained tensor best: below 1 where an optimizer's "
     "weight decay shrank it"},
    {"delta", "w - w0: how far training has moved a weight"},
    {"edge of chaos", "between ordered and chaotic: differences and gradients keep their size, so "
                      "that deep networks can learn"},
    {"excess kurtosis", "how heavy the tails are: 0 as a bell curve's, below 0 for lighter tails, "
                        "above 0 for heavier ones"},
    {"fan_in", "how many inputs each unit sums over; of a kernel, inputs x height x width"},
    {"fan_out", "how many units each input goes to; of a kernel, outputs x height x width"},
    {"gain", "a factor on all weights, to make up for what an activation takes away"},
    {"gradient", "how the loss would change with each weight; it begins at the last layer and goes "
                 "back to the first"},
    {"Gram matrix", "the products of all pairs of rows: off its diagonal 0 where rows are "
                    "orthogonal"},
    {"kernel", "the small picture of weights with which a convolution looks at a place of its "
               "input"},
    {"key", "64 bits that the seed, the layer and the indices are hashed into; all draws of a "
            "weight come from it"},
    {"Kolmogorov-Smirnov", "a test of a distribution: the largest distance of the share of weights "
                           "below a value, drawn and promised; p says how often chance goes "
                           "further"},
    {"loss", "what training makes small: how surprised the network is by the right answers"},
    {"Marchenko-Pastur", "the law of the singular values of large random matrices: between which "
                         "edges they lie, and how densely"},
    {"mean field", "a theory of very wide layers: sums of many inputs are normal, and their "
                   "variance follows from layer to layer"},
    {"mode", "the scheme that says how large weights are: he, xavier, lecun, torch, normal; or "
             "weights that are not drawn"},
    {"muP", "a parametrization in which the best learning rate stays the same when a network gets "
            "wider"},
    {"ordered", "all inputs become alike from layer to layer, and gradients vanish on their way "
                "back"},
    {"orthogonal", "rows, or columns, are of one length and at right angles: the matrix keeps "
                   "lengths and angles"},
    {"p", "how often chance alone would lie at least this far off; small values speak against the "
          "recipe"},
    {"prune", "to set weights to their initial values or to zero, so that they need not be "
              "stored"},
    {"Q-Q", "quantiles against quantiles: weights in order, over where the promised distribution "
            "has them; a straight line is a perfect fit"},
    {"r and theta", "a point in the plane: its distance and its angle; z = r cos theta is normal "
                    "where r = sqrt(-2 ln u1) and theta = 2 pi u2"},
    {"saturated", "so far out that the activation is flat there, and its gradient nearly 0"},
    {"seed", "the number from which all weights follow; another seed makes other weights of the "
             "same kind"},
    {"singular values", "how much longer a matrix makes vectors, by direction: a circle becomes an "
                        "ellipse with these half axes"},
    {"skew", "how far a distribution leans to one side; 0 for one that is symmetric"},
    {"sleeping", "no further from its initial value than the threshold: training did not need it"},
    {"standard error", "how far a figure of so many random weights is off by chance, typically; "
                       "beyond 3 of them chance goes once in 370"},
    {"std", "standard deviation: the typical distance of a weight from the mean"},
    {"threshold", "the change |w - w0| above which a weight counts as awake"},
    {"truncated", "normal, but what lies beyond the cut is drawn again"},
    {"u1, u2", "two uniform numbers between 0 and 1, made from a weight's key"},
    {"variance", "the square of the standard deviation"},
    {"w0", "a weight's initial value, before training; made again from the seed whenever needed"},
    {"z", "the draw before it is scaled: normal, with mean 0 and standard deviation 1"},
};
const size_t glossary_count = sizeof glossary / sizeof glossary[0];

const glossary_entry *glossary_find(const char *word)
{
    for (size_t n = 0; n < glossary_count; n++)
        if (strcmp(glossary[n].word, word) == 0)
            return &glossary[n];
    return NULL;
}
