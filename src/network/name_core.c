#include "network/name_core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * In front: DataParallel's, a model within a task's or within a checkpoint, transformers' and
 * peft's.  Not "encoder." and the like, which tell one half of a model from the other.
 */
static const char *const prefixes[] = {"module.",     "model.",      "transformer.",
                                       "base_model.", "state_dict.", "model_state_dict.",
                                       "params."};

/* Wherever a module was wrapped: by torch.compile, FullyShardedDataParallel, checkpoint, Fabric. */
static const char *const wrappers[] = {"_orig_mod.", "_fsdp_wrapped_module.",
                                       "_checkpoint_wrapped_module.", "_forward_module."};

/* Of a weight that is made of other parameters: the one that it was drawn into. */
typedef struct ending {
    const char *text;
    const char *beside; /* the ending of another tensor that has to be there; or NULL */
} ending;

static const ending made[] = {{"_orig", NULL}, {"_v", "_g"}};
static const ending parametrized[] = {{".original", NULL}, {".original1", ".original0"}};

/* What PyTorch and Flax, and Keras, call the weight of a layer. */
static const ending layers[] = {
    {".weight", NULL}, {".kernel", NULL}, {"/kernel", NULL}, {"/kernel:0", NULL}};

#define PARAMETRIZATIONS "parametrizations."

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static size_t begins(const char *name, const char *const *texts, size_t count)
{
    for (size_t n = 0; n < count; n++)
        if (strncmp(name, texts[n], strlen(texts[n])) == 0)
            return strlen(texts[n]);
    return 0;
}

static void drop_prefixes(char *name)
{
    for (size_t length; (length = begins(name, prefixes, COUNT(prefixes))) > 0;)
        memmove(name, name + length, strlen(name + length) + 1);
}

/* Wrappers begin the name, or stand behind a dot. */
static void drop_wrappers(char *name)
{
    for (char *at = name; *at != '\0';) {
        const size_t length =
            at == name || at[-1] == '.' ? begins(at, wrappers, COUNT(wrappers)) : 0;
        if (length > 0)
            memmove(at, at + length, strlen(at + length) + 1);
        else
            at++;
    }
}

/* Whether "STEM.ENDING" of another ending is there, too: of the name as it is in the file. */
static bool has_sibling(const char *name, const ending *e, name_is_beside *is_beside,
                        const void *context)
{
    const size_t stem = strlen(name) - strlen(e->text), size = stem + strlen(e->beside) + 1;
    char *other = malloc(size);
    if (other == NULL)
        return false;
    snprintf(other, size, "%.*s%s", (int)stem, name, e->beside);
    const bool is = is_beside != NULL && is_beside(context, other);
    free(other);
    return is;
}

/* Drops one of the endings, of a name that is `name` in the file.  Never all of it. */
static bool drop_ending(char *core, const char *name, const ending *endings, size_t count,
                        name_is_beside *is_beside, const void *context)
{
    const size_t length = strlen(core);
    for (size_t n = 0; n < count; n++) {
        const size_t end = strlen(endings[n].text);
        if (length <= end || strcmp(core + length - end, endings[n].text) != 0 ||
            (endings[n].beside != NULL && !has_sibling(name, &endings[n], is_beside, context)))
            continue;
        core[length - end] = '\0';
        return true;
    }
    return false;
}

/* "fc1.parametrizations.weight.original" is "fc1.weight". */
static bool drop_parametrization(char *core, const char *name, name_is_beside *is_beside,
                                 const void *context)
{
    char *at = strstr(core, PARAMETRIZATIONS);
    if (at == NULL || (at != core && at[-1] != '.') ||
        !drop_ending(core, name, parametrized, COUNT(parametrized), is_beside, context))
        return false;
    const size_t length = strlen(PARAMETRIZATIONS);
    if (strlen(at) > length)
        memmove(at, at + length, strlen(at + length) + 1);
    return true;
}

const char *name_behind(const char *name, char *rest)
{
    memcpy(rest, name, strlen(name) + 1);
    drop_wrappers(rest);
    drop_prefixes(rest);
    return rest;
}

const char *name_core(const char *name, name_is_beside *is_beside, const void *context, char *core)
{
    name_behind(name, core);
    if (!drop_parametrization(core, name, is_beside, context))
        drop_ending(core, name, made, COUNT(made), is_beside, context);
    drop_ending(core, name, layers, COUNT(layers), is_beside, context);
    if (core[0] == '\0')
        memcpy(core, name, strlen(name) + 1);
    return core;
}
