/* What the commands on files of trained weights share: opening, texts, JSON. */
#ifndef UI_VERB_WEIGHTS_H
#define UI_VERB_WEIGHTS_H

#include "trained/checkpoint.h"
#include "detinit_track.h"
#include "file/format.h"
#include "system/progress.h"
#include "verb/report_value.h"

/* An open file, and what is asked of it. */
typedef struct weights {
    const settings *settings;
    checkpoint c;
    double threshold;
    uint64_t total; /* weights of all tracked tensors */
    progress bar;
} weights;

/*
 * Opens the file and finds the threshold that is asked for, or takes 0 where none is wanted.
 * Closed by weights_close.
 */
detinit_status weights_open(const settings *s, bool with_threshold, weights *out,
                            detinit_error *error);
void weights_close(weights *w);

/* A run with a bar that says `what` is going on; the bar of the last one goes. */
detinit_run weights_run(weights *w, const char *what);

/*
 * Refuses a --save that is missing where it is `needed`, one whose ending is that of no format
 * which `fits`, and one that no file can be.
 */
bool weights_check_save(const settings *s, bool needed, bool (*fits)(const file_format *format),
                        detinit_error *error);

/* Refuses a network with an orthogonal matrix that the machine cannot hold. */
bool weights_check_memory(const detinit_network *network, detinit_error *error);

/* Refuses a file for one tensor where there are more or none. */
bool weights_check_count(const settings *s, size_t tensors, detinit_error *error);

/* The name of a tensor, and its shape as "256 x 784". */
const char *weights_name(const weights *w, const detinit_tracked *tracked);
const char *weights_shape(const detinit_tracked *tracked, char *buffer, size_t size);

/* A tensor's name as lists tell it: "\"\"" where it has no characters, and "" of the array of a
 * .npy file, which has none. */
const char *weights_told_name(const detinit_tensorfile *file, const detinit_tensor *tensor);

/* The name of a tensor for a line, of one without it the last part of the path. Returns buffer. */
const char *weights_short_name(const weights *w, const detinit_tensor *tensor, char *buffer,
                               size_t size);

/* Columns that the names of the tracked tensors take in a table, at least `least`. */
int weights_name_width(const weights *w, int least);

/* 100 * part / whole; 0 of nothing. */
double weights_percent(double part, double whole);

/* "Saved WHAT: PATH (N bytes)" behind a report. */
void weights_print_saved(const settings *s, const char *what, uint64_t bytes);

/* {name, shape, weights} of a tensor, to which more can be added. */
json_t *weights_tensor_json(const weights *w, const detinit_tracked *tracked);

/* {path, bytes} */
json_t *weights_saved_json(const settings *s, uint64_t bytes);

#endif
