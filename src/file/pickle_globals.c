/* The functions and classes that pickles of tensors name, and what is made of them. */
#include "file/pickle_machine.h"

#include "base/error.h"

#include <string.h>

/* Dimensions of a tensor; PyTorch has no more. */
#define RANK_MOST 64

/* ----------------------------------------------------------------- builders */

static detinit_status arguments_wrong(const pickle_machine *m)
{
    return pickle_wrong(m, "a function gets other arguments than it takes");
}

/* OrderedDict(), set([...]), set(): a new collection, of the items of one that is given. */
static detinit_status make_of(pickle_machine *m, const pickle_value *arguments, pickle_kind kind,
                              pickle_value **out)
{
    const pickle_value *from = arguments->count == 1 ? arguments->items[0] : NULL;
    if (arguments->count > 1 ||
        (from != NULL && from->kind != PICKLE_LIST && from->kind != PICKLE_TUPLE))
        return arguments_wrong(m);
    *out = pickle_make(m, kind);
    if (*out == NULL)
        return pickle_no_memory(m);
    if (from != NULL) {
        (*out)->items = from->items;
        (*out)->count = (*out)->room = from->count;
    }
    return DETINIT_OK;
}

/* Python 2 and early files give pairs; those that are given none get them by SETITEMS. */
static detinit_status make_dict(pickle_machine *m, const pickle_value *arguments,
                                pickle_value **out)
{
    return arguments->count == 0 ? make_of(m, arguments, PICKLE_DICT, out) : arguments_wrong(m);
}

static detinit_status make_set(pickle_machine *m, const pickle_value *arguments, pickle_value **out)
{
    return make_of(m, arguments, PICKLE_SET, out);
}

static detinit_status make_size(pickle_machine *m, const pickle_value *arguments,
                                pickle_value **out)
{
    return make_of(m, arguments, PICKLE_TUPLE, out);
}

static detinit_status make_other(pickle_machine *m, const pickle_value *arguments,
                                 pickle_value **out)
{
    (void)arguments;
    *out = pickle_make(m, PICKLE_OTHER);
    return *out != NULL ? DETINIT_OK : pickle_no_memory(m);
}

/* _codecs.encode(text, 'latin1'): bytes, as protocol 2 has them. */
static detinit_status make_bytes(pickle_machine *m, const pickle_value *arguments,
                                 pickle_value **out)
{
    if (arguments->count != 2 || arguments->items[0]->kind != PICKLE_TEXT ||
        arguments->items[1]->kind != PICKLE_TEXT)
        return arguments_wrong(m);
    return make_other(m, arguments, out);
}

/* ------------------------------------------------------------------ tensors */

static bool is_count(const pickle_value *value)
{
    return value->kind == PICKLE_WHOLE && value->whole >= 0;
}

/* A tuple of numbers that are not negative, and no more than 64. */
static uint64_t *take_numbers(pickle_machine *m, const pickle_value *from)
{
    if (from->kind != PICKLE_TUPLE || from->count > RANK_MOST)
        return NULL;
    uint64_t *numbers = arena_new(m->memory, from->count * sizeof *numbers);
    for (uint32_t n = 0; n < from->count && numbers != NULL; n++) {
        if (!is_count(from->items[n]))
            return NULL;
        numbers[n] = (uint64_t)from->items[n]->whole;
    }
    return numbers;
}

/* Whether all items lie within the storage. */
static bool fits(const pickle_tensor *t)
{
    const unsigned bytes = t->type->bits / 8;
    const unsigned of_storage = t->storage->type != NULL ? t->storage->type->bits / 8 : 1;
    uint64_t end = 1, held;
    bool far = __builtin_add_overflow(end, t->offset, &end); /* beyond any storage */
    for (size_t d = 0; d < t->rank; d++) {
        uint64_t step;
        if (t->shape[d] == 0)
            return true;
        far = __builtin_mul_overflow(t->shape[d] - 1, t->strides[d], &step) || far;
        far = __builtin_add_overflow(end, step, &end) || far;
    }
    far = far || __builtin_mul_overflow(end, (uint64_t)bytes, &end);
    return !far &&
           (__builtin_mul_overflow(t->storage->count, (uint64_t)of_storage, &held) || end <= held);
}

/* Metadata tell of conjugates and negatives that are views; nothing is said by none. */
static bool is_plain(const pickle_value *metadata)
{
    return metadata->kind == PICKLE_NONE || (metadata->kind == PICKLE_DICT && metadata->count == 0);
}

/* (storage, offset, shape, strides, requires_grad, hooks ...) */
static detinit_status make_tensor(pickle_machine *m, const pickle_value *arguments,
                                  const tensor_type *type, pickle_value **out)
{
    pickle_value *const *a = arguments->items;
    pickle_tensor *t = arena_new(m->memory, sizeof *t);
    *out = pickle_make(m, PICKLE_TENSOR);
    if (t == NULL || *out == NULL)
        return pickle_no_memory(m);
    if (a[0]->kind != PICKLE_STORAGE || !is_count(a[1]) || a[2]->kind != PICKLE_TUPLE)
        return arguments_wrong(m);
    t->storage = a[0]->storage;
    t->type = type != NULL ? type : t->storage->type;
    t->offset = (uint64_t)a[1]->whole;
    t->rank = a[2]->count;
    t->shape = take_numbers(m, a[2]);
    t->strides = take_numbers(m, a[3]);
    if (t->shape == NULL || t->strides == NULL || a[3]->count != t->rank || t->type == NULL)
        return arguments_wrong(m);
    if (!fits(t))
        return pickle_wrong(m, "a tensor reaches beyond its storage");
    (*out)->tensor = t;
    return DETINIT_OK;
}

static detinit_status make_view(pickle_machine *m, pickle_value **out)
{
    *out = pickle_leave_out(m, "it is a conjugate or a negative of another tensor");
    return *out != NULL ? DETINIT_OK : pickle_no_memory(m);
}

static detinit_status rebuild_tensor(pickle_machine *m, const pickle_value *arguments,
                                     pickle_value **out)
{
    const uint32_t count = arguments->count;
    if (count < 6 || count > 7)
        return arguments_wrong(m);
    if (count == 7 && !is_plain(arguments->items[6]))
        return make_view(m, out);
    return make_tensor(m, arguments, NULL, out);
}

/* The same of bytes, and a dtype. */
static detinit_status rebuild_typed(pickle_machine *m, const pickle_value *arguments,
                                    pickle_value **out)
{
    const uint32_t count = arguments->count;
    const pickle_value *dtype = count >= 7 ? arguments->items[6] : NULL;
    if (count < 7 || count > 8 || dtype->kind != PICKLE_GLOBAL || dtype->global->type == NULL)
        return arguments_wrong(m);
    if (count == 8 && !is_plain(arguments->items[7]))
        return make_view(m, out);
    return make_tensor(m, arguments, tensor_type_anywhere(dtype->global->type), out);
}

static detinit_status rebuild_parameter(pickle_machine *m, const pickle_value *arguments,
                                        pickle_value **out)
{
    const pickle_value *of = arguments->count > 0 ? arguments->items[0] : NULL;
    if (arguments->count < 3 || arguments->count > 4 ||
        (of->kind != PICKLE_TENSOR && of->kind != PICKLE_UNREAD))
        return arguments_wrong(m);
    *out = arguments->items[0];
    return DETINIT_OK;
}

/* (function, class, its arguments, state): a tensor that has attributes, or is a Buffer. */
static detinit_status rebuild_from_type(pickle_machine *m, const pickle_value *arguments,
                                        pickle_value **out)
{
    pickle_value *const *a = arguments->items;
    if (arguments->count != 4 || a[0]->kind != PICKLE_GLOBAL || a[2]->kind != PICKLE_TUPLE ||
        (a[0]->global->call != rebuild_tensor && a[0]->global->call != rebuild_typed &&
         a[0]->global->call != rebuild_parameter))
        return arguments_wrong(m);
    return a[0]->global->call(m, a[2], out);
}

/* --------------------------------------------------------------------- table */

#define CALL(module, name, call)                                                                   \
    {                                                                                              \
        module, name, call, NULL, NULL                                                             \
    }
#define CLASS(module, name)                                                                        \
    {                                                                                              \
        module, name, NULL, NULL, NULL                                                             \
    }
#define ITEMS(name, type)                                                                          \
    {                                                                                              \
        "torch", name, NULL, type, NULL                                                            \
    }
#define UNREAD(name, why)                                                                          \
    {                                                                                              \
        "torch._utils", name, NULL, NULL, why                                                      \
    }

static const pickle_global globals[] = {
    CALL("torch._utils", "_rebuild_tensor_v2", rebuild_tensor),
    CALL("torch._utils", "_rebuild_tensor_v3", rebuild_typed),
    CALL("torch._utils", "_rebuild_parameter", rebuild_parameter),
    CALL("torch._utils", "_rebuild_parameter_with_state", rebuild_parameter),
    CALL("torch._tensor", "_rebuild_from_type_v2", rebuild_from_type),
    CALL("collections", "OrderedDict", make_dict),
    CALL("collections", "Counter", make_other),
    CALL("torch", "device", make_other),
    CALL("torch.serialization", "_get_layout", make_other),
    CALL("torch", "Size", make_size),
    CALL("builtins", "set", make_set),
    CALL("__builtin__", "set", make_set),
    CALL("builtins", "frozenset", make_set),
    CALL("__builtin__", "frozenset", make_set),
    CALL("builtins", "complex", make_other),
    CALL("__builtin__", "complex", make_other),
    CALL("builtins", "bytearray", make_other),
    CALL("__builtin__", "bytearray", make_other),
    CALL("_codecs", "encode", make_bytes),
    CLASS("torch", "Tensor"),
    CLASS("torch.nn.parameter", "Parameter"),
    CLASS("torch.nn.parameter", "Buffer"),
    UNREAD("_rebuild_sparse_tensor", "it is sparse"),
    UNREAD("_rebuild_meta_tensor_no_storage", "it is on the meta device, without values"),
    {"torch.storage", "UntypedStorage", NULL, "", NULL},
    ITEMS("DoubleStorage", "F64"),
    ITEMS("FloatStorage", "F32"),
    ITEMS("HalfStorage", "F16"),
    ITEMS("BFloat16Storage", "BF16"),
    ITEMS("LongStorage", "I64"),
    ITEMS("IntStorage", "I32"),
    ITEMS("ShortStorage", "I16"),
    ITEMS("CharStorage", "I8"),
    ITEMS("ByteStorage", "U8"),
    ITEMS("BoolStorage", "BOOL"),
    ITEMS("ComplexFloatStorage", "C64"),
    ITEMS("ComplexDoubleStorage", "C128"),
    ITEMS("float64", "F64"),
    ITEMS("float32", "F32"),
    ITEMS("float16", "F16"),
    ITEMS("bfloat16", "BF16"),
    ITEMS("int64", "I64"),
    ITEMS("int32", "I32"),
    ITEMS("int16", "I16"),
    ITEMS("int8", "I8"),
    ITEMS("uint8", "U8"),
    ITEMS("uint16", "U16"),
    ITEMS("uint32", "U32"),
    ITEMS("uint64", "U64"),
    ITEMS("bool", "BOOL"),
    ITEMS("complex32", "C32"),
    ITEMS("complex64", "C64"),
    ITEMS("complex128", "C128"),
    ITEMS("float8_e4m3fn", "F8_E4M3"),
    ITEMS("float8_e5m2", "F8_E5M2"),
    ITEMS("float8_e4m3fnuz", "F8_E4M3FNUZ"),
    ITEMS("float8_e5m2fnuz", "F8_E5M2FNUZ"),
    ITEMS("float8_e8m0fnu", "F8_E8M0"),
};

detinit_status pickle_find_global(const pickle_machine *m, const char *module, const char *name,
                                  const pickle_global **out)
{
    for (size_t n = 0; n < sizeof globals / sizeof globals[0]; n++)
        if (strcmp(globals[n].name, name) == 0 && strcmp(globals[n].module, module) == 0) {
            *out = &globals[n];
            return DETINIT_OK;
        }
    return error_set(m->error, DETINIT_INVALID,
                     "'%.160s': its pickle names %.60s.%.60s, which is no part of plain tensors "
                     "and is not run; save a state_dict",
                     m->shown, module, name);
}

/* ('storage', class, key, where it was, items) */
detinit_status pickle_find_storage(pickle_machine *m, const pickle_value *id, pickle_value **out)
{
    pickle_value *const *a = id->items;
    if (id->kind != PICKLE_TUPLE || id->count != 5 || a[0]->kind != PICKLE_TEXT ||
        strcmp(a[0]->text, "storage") != 0 || a[1]->kind != PICKLE_GLOBAL ||
        a[1]->global->type == NULL || a[2]->kind != PICKLE_TEXT || !is_count(a[4]))
        return pickle_wrong(m, "something persistent is no storage of a tensor");
    pickle_storage *storage = arena_new(m->memory, sizeof *storage);
    *out = pickle_make(m, PICKLE_STORAGE);
    if (storage == NULL || *out == NULL)
        return pickle_no_memory(m);
    *storage = (pickle_storage){.key = a[2]->text,
                                .type = tensor_type_anywhere(a[1]->global->type),
                                .count = (uint64_t)a[4]->whole};
    (*out)->storage = storage;
    return DETINIT_OK;
}
