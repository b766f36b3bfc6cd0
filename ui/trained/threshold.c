#include "trained/threshold.h"

#include "option/option.h"

threshold_choice threshold_chosen(const settings *s)
{
    if (s->given[OPTION_SPARSITY])
        return (threshold_choice){THRESHOLD_SHARE, s->tracking.sparsity};
    return (threshold_choice){s->given[OPTION_THRESHOLD] ? THRESHOLD_VALUE : THRESHOLD_UNSAID,
                              s->tracking.threshold};
}
