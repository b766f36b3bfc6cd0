/* Where all passes have their weights from: trained ones out of a file or memory, initial ones. */
#ifndef DETINIT_TRACK_SOURCE_H
#define DETINIT_TRACK_SOURCE_H

#include "detinit_track.h"
#include "kernel/kernels.h"
#include "track/strided.h"

/* Weights are made in another type at most so many at a time. */
#define SOURCE_PIECE ((size_t)4096)

typedef struct source {
    const detinit_tracked *tracked;
    const detinit_matrix *matrix; /* of its recipe */
    const draw_kernel *kernel;
    size_t item;
    bool whole;     /* no block of a larger tensor */
    strided memory; /* where there is no file */
} source;

/* `matrix` is that of tracked->recipe; both must outlive the source. */
source source_of(const detinit_tracked *tracked, const detinit_matrix *matrix,
                 const detinit_run *run);

/* Makes initial weights: `count` from number `first` on, in the type of the trained ones. */
void source_make(const source *s, uint64_t first, size_t count, void *out);

/* Reads as many trained ones into `room`. */
detinit_status source_read(const source *s, uint64_t first, size_t count, void *room,
                           detinit_error *error);

/* Where the trained weights from number `first` on lie row by row and aligned, or NULL. */
const unsigned char *source_in_place(const source *s, uint64_t first);

#endif
