/* Manifests by the names that people give: a path, -, or a ready one. */
#ifndef UI_TRAINED_MANIFEST_H
#define UI_TRAINED_MANIFEST_H

#include "detinit_track.h"
#include "option/settings.h"

/*
 * Reads the manifest called `name` into a network, freed by detinit_network_free: a file, the
 * metadata of a .safetensors file, - for standard input, or, where there is no such file, a
 * ready one.  DETINIT_INVALID where there is none of either; DETINIT_IO where it cannot be read,
 * or is wrong.  Each with a sentence.
 *
 * The options of `recipe` that were given as flags, by option_id, stand for those at the
 * manifest's top; both are NULL where there are no flags.
 */
detinit_status manifest_network(const char *name, const detinit_recipe *recipe, const bool *given,
                                detinit_network *out, detinit_error *error);

/*
 * The manifest in the metadata of a file: *text is NULL where there is none, else valid while
 * the file is open.  DETINIT_IO where it is of another generator.
 */
detinit_status manifest_in_file(const detinit_tensorfile *file, const char **text,
                                detinit_error *error);

/* The names of the ready manifests: "cnn, document, rnn". Returns buffer. */
const char *manifest_ready_names(char *buffer, size_t size);

/*
 * The ready manifests, up to one without a name: part of the program, so that they are found
 * wherever it lies.  Makefile.am makes them from manifests/.
 */
typedef struct ready_manifest {
    const char *name, *text;
} ready_manifest;

extern const ready_manifest ready_manifests[];

#endif
