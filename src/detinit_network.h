/*
 * detinit: all tensors of a network, from a manifest or from its widths, and their files.
 *
 * The conventions of detinit.h hold here too.
 */
#ifndef DETINIT_NETWORK_H
#define DETINIT_NETWORK_H

#include "detinit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The most tensors that a network can have. */
#define DETINIT_NETWORK_MOST 1048576

/*
 * One tensor of a network: its name and the recipe that makes it.  A name is 1 .. 4096 bytes of
 * UTF-8 without control characters; "__metadata__" is not free.  The parts of a fused recipe are
 * malloc'ed as one block and belong to the network.
 */
typedef struct detinit_layer {
    char *name;
    detinit_recipe recipe;
} detinit_layer;

/* All tensors of a network, in order. Freed by detinit_network_free. */
typedef struct detinit_network {
    size_t count;
    detinit_layer *layers;
    /*
     * All layers in the order of their names' bytes, by which they are found; or NULL: they are
     * searched one by one.  Whoever moves or renames layers frees it and sets it to NULL.
     */
    const detinit_layer **by_name;
} detinit_network;

/*
 * Reads a manifest, a JSON object:
 *
 *     {"version": 1, "seed": 42, "about": "...", "mode": "he", ...,
 *      "tensors": [{"name": "fc1", "shape": [256, 784], "mode": "lecun", ...}, ...]}
 *
 * "tensors" must be there, 1 .. DETINIT_NETWORK_MOST of them with different names, and "name" and
 * "shape" in each.  Each field of a recipe may stand at the top, for all tensors, and in a tensor,
 * for it: "seed" (42), "mode" (he), "dist" (default), "cut" (2), "std" (0.02), "gain" (1), "mean"
 * (0), "value" (0), "fan_in" (cols), "fans" ([IN, OUT]), "fan_mode" (fan_in), "nonlinearity"
 * ("tanh", "leaky_relu:0.2"), "orthogonal" and "zero_mean" (false), "zero" (0), "via" (float64) and
 * "dtype" (float64); "zero_row" in a tensor alone.  "mode" takes the names of
 * detinit_recipe_set_initializer, too, which set all that they mean.  A tensor that states what its
 * weights do not depend on, a "std" with mode he, is refused; seed, layer, "fan_in" and types are
 * not.  "version" is DETINIT_GENERATOR_VERSION; "about" is any text, for people.
 *
 * "layer" of a tensor is a number, "position", its place in the list from 0, or "name",
 * detinit_layer_of_name of its name; "position" or "name" at the top is for all that say nothing,
 * and "position" where the top says nothing.
 *
 * Whole numbers may be texts, and beyond 2^63-1 have to be.  Any number may be a text of
 * arithmetic, "0.02 / sqrt(2 * 12)": numbers, + - * /, sqrt(...) and parentheses, in binary64, each
 * operation rounded once from left to right; where a whole number is asked for, one of at most
 * 2^53.
 *
 * "parts": [{"rows": 512, ...}, ...] in a tensor makes it a fused one: recipes stacked along its
 * first dimension, whose rows add up to it; or, where each has "cols", side by side in a matrix.  A
 * part has the tensor's fields but for what it states itself, and neither shape, seed, fan_in, via
 * nor dtype of its own; its fans are those of [rows, the tensor's other dimensions].  Its layer is
 * the number it states, or detinit_layer_of_name of "NAME.0" for the first part of the tensor NAME,
 * "NAME.1" for the second,
 * ...; the tensor itself can say "name", which means the same, but no number.
 *
 * {"repeat": 16, "as": "i", "tensors": [{"name": "layers.{i}.wq", ...}, ...]} in a list of tensors
 * stands for what it holds, 16 times one after the other with i = 0 .. 15, which arithmetic can
 * use: "std": "0.02 / sqrt(2 * (i + 1))".  In names, braces hold arithmetic: "conv{i + 1}". Repeats
 * may hold repeats, up to 8 in one another.  Positions count what was repeated.
 *
 * Nothing of the text is believed before it is checked: DETINIT_INVALID says in one line
 * of plain text which tensor is wrong, by number from 1 and by name, and what was
 * expected; `shown` stands for the text in it.
 */
DETINIT_API detinit_status detinit_network_parse(const char *json, size_t length, const char *shown,
                                                 detinit_network *out, detinit_error *error);

/*
 * The manifest of a network: what detinit_network_parse reads to make the same network
 * (detinit_recipe_equal), each tensor by itself and numbers with 17 digits.  The same network gives
 * the same text.  malloc'ed; NULL without
 * memory, or where a name or a recipe is not valid.
 */
DETINIT_API char *detinit_network_manifest(const detinit_network *network);

/*
 * A fully connected network from its widths: "784-256-128-10" gives matrices fc1 256x784,
 * fc2 128x256, fc3 10x128 (784x256, ... where like->fan_in is rows), at layers
 * like->layer, like->layer + 1, ..., and everything else of their recipes as in `like`.
 */
DETINIT_API detinit_status detinit_network_layers(const char *widths, const detinit_recipe *like,
                                                  detinit_network *out, detinit_error *error);

/*
 * The layer of a name: the first 8 bytes of the SHA-256 of its UTF-8, as a big-endian number.
 */
DETINIT_API uint64_t detinit_layer_of_name(const char *name);

/* The layer of that name, or NULL. */
DETINIT_API const detinit_layer *detinit_network_find(const detinit_network *network,
                                                      const char *name);

/* Frees what a network holds, and leaves it empty. */
DETINIT_API void detinit_network_free(detinit_network *network);

/*
 * Saves all tensors of a network into one .safetensors file, all or nothing, in a few MB of
 * memory (an orthogonal tensor is held).  Its metadata hold the manifest under
 * "detinit.manifest" and the generator's version under "detinit.version".  Names and
 * recipes are checked first: DETINIT_INVALID.  `bytes`, where not NULL, gets the size.
 */
DETINIT_API detinit_status detinit_network_save(const detinit_network *network, const char *path,
                                                const detinit_run *run, uint64_t *bytes,
                                                detinit_error *error);

/*
 * The same into a folder: NAME.npy for each tensor, and manifest.json, which has the names as they
 * are.  In that of a file, a slash, a percent sign and a dot at the beginning become %2F, %25 and
 * %2E, which can be undone; of a name that would be longer than 251 bytes so, the beginning is kept
 * and the SHA-256 of the name put behind it, "BEGINNING%-64 hex digits".  The folder is made beside
 * `path` and takes its place when it is whole; a folder that is there already is replaced if
 * it holds nothing but files that the new one has, too, and refused otherwise.
 */
DETINIT_API detinit_status detinit_network_save_folder(const detinit_network *network,
                                                       const char *path, const detinit_run *run,
                                                       uint64_t *bytes, detinit_error *error);

/* ------------------------------------------------------------------- names */

/*
 * How tensors of one thing are called in another: those of a manifest in a file, say.  A name is
 * found as it is, or else by what it is once both are without what training tools add to names:
 *
 *     in front    module.  model.  transformer.  base_model.  state_dict.  model_state_dict.
 *                 params., however many, in any order
 *     anywhere    _orig_mod.  _fsdp_wrapped_module.  _checkpoint_wrapped_module.  _forward_module.
 *     at the end  .weight  .kernel  /kernel  /kernel:0, behind what is given to parameters that are
 *                 made of others: _orig (torch.nn.utils.prune), _v beside a _g (weight_norm),
 *                 parametrizations.NAME.original, or .original1 beside an .original0
 *
 * so that "fc1" is found as "module._orig_mod.fc1.weight_orig", and the other way around.  A tensor
 * that is called exactly as one that is looked for stands for no other by such likeness.
 *
 * Rules tell names that have nothing in common.  They stand in lines or between commas:
 *
 *     model.layers.*.mlp.weight = h.*.mlp     # behind a # is a comment
 *     qkv.weight = q + k + v                  # stacked: the rows of k lie below those of q
 *     c_attn.weight = q | k | v               # side by side: the columns of k behind those of q
 *
 * On the left of = is what a tensor is called where names are looked for, as it is or, where a rule
 * fits none so, without what stands in front; on the right what is looked for.  A * stands for any
 * text, dots and nothing among it, as little as does; those on the right, in each name of a stack
 * anew, for as many of the left as they are, counted from the last.  A backslash takes their
 * meaning from the characters , = + | * # \ and from blanks at the ends of names.  All rules count:
 * a tensor to which they give two names, or another than its own, stands for both, it is tied.
 * Where two rules find the same name, the first does.
 */
typedef struct detinit_name_rules detinit_name_rules;

/*
 * DETINIT_INVALID tells the line, and what was expected; `shown` stands for the text in it.
 * Freed by detinit_name_rules_free.  No rules at all are fine.
 */
DETINIT_API detinit_status detinit_name_rules_parse(const char *text, const char *shown,
                                                    detinit_name_rules **out, detinit_error *error);
DETINIT_API void detinit_name_rules_free(detinit_name_rules *rules);

/* How several tensors lie in one. */
typedef enum detinit_stacking {
    DETINIT_STACKED_NOT,
    DETINIT_STACKED_ROWS, /* along the first dimension */
    DETINIT_STACKED_COLS  /* along the second of two */
} detinit_stacking;

#define DETINIT_NAME_MISSING SIZE_MAX

/* Where a name was found. */
typedef struct detinit_name_place {
    size_t held; /* the number of the name that it has there, or DETINIT_NAME_MISSING */
    detinit_stacking stacking;
    size_t part, parts; /* which part of a stack it is, from 0, and of how many; else 0 of 1 */
} detinit_name_place;

/*
 * Finds `count` different names among `held_count` others: places[n] says where wanted[n] is, and
 * what is not there is missing.  Several may be found in one place.  `rules` may be NULL.
 * DETINIT_INVALID, with the names in the sentence, where one may be several, where several that
 * are alike may be one, and where a rule without a * names what is not there, or, unless `partial`,
 * any rule fits nothing.  `shown` stands for where names are looked for, and `shown_wanted` for
 * where they come from: "'model.pt'", "the manifest".
 */
DETINIT_API detinit_status detinit_names_find(const char *const *wanted, size_t count,
                                              const char *shown_wanted, const char *const *held,
                                              size_t held_count, const char *shown,
                                              const detinit_name_rules *rules, bool partial,
                                              detinit_name_place *places, detinit_error *error);

/* Room for the text of detinit_names_nearest. */
#define DETINIT_NAMES_TEXT 240

/*
 * The names most like one that is missing, by their edit distance once both are without what
 * training tools add: "'fc2', 'fc3' and 'fc10'", "" where there are none.  Returns buffer.
 */
DETINIT_API const char *detinit_names_nearest(const char *wanted, const char *const *held,
                                              size_t held_count, char buffer[DETINIT_NAMES_TEXT]);

/* ------------------------------------------------------------------ shards */

/*
 * Which tensor of a network stands in which file of Hugging Face's layout.  It depends on the
 * network and the largest size alone, so that any number of processes find the same by
 * themselves.  Freed by detinit_shard_plan_free.
 */
typedef struct detinit_shard_plan {
    size_t count;    /* of tensors */
    size_t files;    /* 1 or more, unless there are no tensors */
    uint64_t bytes;  /* of the data of all tensors */
    size_t *file_of; /* [count]: the file of each tensor, from 0 */
    size_t *tensors; /* [count]: those of the first file, in order, then those of the next, ... */
    size_t *first;   /* [files + 1]: where those of a file begin there; the last is `count` */
    uint64_t *begin; /* [files + 1]: bytes of data in the files before; the last is `bytes` */
} detinit_shard_plan;

/*
 * Splits as huggingface_hub's split_state_dict_into_shards_factory does, in the order of the
 * network: a file is filled until the next tensor would make its data more than `max_shard_size`
 * bytes; a tensor that is larger by itself gets a file of its own, before the one being filled.
 * DETINIT_INVALID for a size of 0, and for a network of 2^63 bytes or more.
 */
DETINIT_API detinit_status detinit_shard_plan_make(const detinit_network *network,
                                                   uint64_t max_shard_size, detinit_shard_plan *out,
                                                   detinit_error *error);
DETINIT_API void detinit_shard_plan_free(detinit_shard_plan *plan);

/* Room for the name of any shard. */
#define DETINIT_SHARD_NAME 64

/* "model-00002-of-00007.safetensors", or "model.safetensors" where it is the only file. Returns
 * buffer. */
DETINIT_API const char *detinit_shard_name(const detinit_shard_plan *plan, size_t file,
                                           char buffer[DETINIT_SHARD_NAME]);

/*
 * Which of `parts` processes, from 1, has to do with `size` bytes that begin behind `begin` of
 * `total`: that in whose equal share of the total their middle lies.  So parts are runs of what
 * stands in order, and none is larger than an equal share and the largest thing together.  1
 * where the total is 0.
 */
DETINIT_API uint64_t detinit_part_of(uint64_t begin, uint64_t size, uint64_t total, uint64_t parts);

/* The process that writes a file: detinit_part_of its data. */
DETINIT_API uint64_t detinit_shard_part(const detinit_shard_plan *plan, size_t file,
                                        uint64_t parts);

/* What one process has saved of a network. */
typedef struct detinit_shards_saved {
    size_t files, all_files; /* written by it; of the network */
    bool index;              /* it also wrote the index */
    uint64_t bytes;          /* of all that it wrote */
} detinit_shards_saved;

/*
 * Saves the share of process `part`, 1 .. `parts`, into a folder in Hugging Face's layout: those
 * files of the plan that detinit_shard_part gives to it, and, as the first process and where there
 * are several files, model.safetensors.index.json.  The processes need not know of one another: all
 * of them, in any order or at once, leave the same bytes whatever their number.
 *
 * Each file is all or nothing, written in a few MB of memory as detinit_network_save does it.  Its
 * metadata hold the manifest of its own tensors alone, and "format": "pt", which transformers asks
 * for.  The folder is made where there is none; files of other names in it stay.  One that holds
 * shards or an index of another number of files is refused, before anything is written:
 * DETINIT_IO.  `out` may be NULL.
 */
DETINIT_API detinit_status detinit_network_save_shards(
    const detinit_network *network, const char *folder, uint64_t max_shard_size, uint64_t part,
    uint64_t parts, const detinit_run *run, detinit_shards_saved *out, detinit_error *error);

#ifdef __cplusplus
}
#endif

#endif
