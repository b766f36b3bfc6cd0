/* What the Training pane can be asked for; whoever works beside the interface grants it. */
#ifndef UI_MODEL_TRAINING_WISH_H
#define UI_MODEL_TRAINING_WISH_H

#include "option/settings.h"

typedef enum training_task {
    TRAINING_TRAIN,  /* a network here, as the showcase does */
    TRAINING_OPEN,   /* a trained file */
    TRAINING_PRUNE,  /* what was trained or opened, into a file */
    TRAINING_PACK,   /* likewise */
    TRAINING_MEASURE /* the accuracies after pruning at a threshold */
} training_task;

/* Plain data but for the texts of the settings and the link. */
typedef struct training_wish {
    training_task task;
    settings settings;   /* of the moment of the asking; owned */
    uint64_t generation; /* trainings and openings are counted: which one it is of */
    struct training_wish *next;
} training_wish;

/* Puts a wish behind the others, with a copy of the settings; NULL without memory. */
training_wish *training_wish_add(training_wish **list, training_task task, const settings *s);

/* Frees one wish that is in no list, or a whole list, which becomes empty. */
void training_wish_free(training_wish *wish);
void training_wishes_free(training_wish **list);

#endif
