#include "file/hdf5_type.h"

#include <string.h>

/* Types within types, at most. */
#define DEPTH_MOST 4

static void read_type(hdf5_bytes *b, unsigned depth, hdf5_type *out);

/* ------------------------------------------------------------------ numbers */

static const char *const whole_names[2][9] = {
    {[1] = "U8", [2] = "U16", [4] = "U32", [8] = "U64"},
    {[1] = "I8", [2] = "I16", [4] = "I32", [8] = "I64"},
};

/* Integers, and bits that are one. */
static void read_whole(hdf5_bytes *b, unsigned flags, hdf5_type *out)
{
    enum { BIG_ENDIAN_ORDER = 1, SIGN = 8 };
    const uint64_t offset = hdf5_number(b, 2), precision = hdf5_number(b, 2);
    const unsigned sign = out->class == HDF5_WHOLE && (flags & SIGN) != 0 ? 1 : 0;
    const char *name = out->size <= 8 ? whole_names[sign][out->size] : NULL;
    out->big_endian = (flags & BIG_ENDIAN_ORDER) != 0;
    out->why = "its integers are of another width than 8, 16, 32 or 64 bits";
    if (name != NULL && offset == 0 && precision == 8 * out->size)
        out->type = tensor_type_anywhere(name);
}

/* A floating-point number, whose sign comes first and whose fraction comes last. */
typedef struct float_layout {
    const char *name;
    unsigned size, exponent, fraction, bias;
} float_layout;

static void read_float(hdf5_bytes *b, unsigned flags, hdf5_type *out)
{
    static const float_layout known[] = {
        {"F16", 2, 5, 10, 15},  {"F32", 4, 8, 23, 127},  {"F64", 8, 11, 52, 1023},
        {"BF16", 2, 8, 7, 127}, {"F8_E4M3", 1, 4, 3, 7}, {"F8_E5M2", 1, 5, 2, 15},
    };
    enum { BIG_ENDIAN_ORDER = 1, VAX_ORDER = 0x40, IMPLIED = 2 };
    const uint64_t offset = hdf5_number(b, 2), precision = hdf5_number(b, 2);
    const uint64_t exponent_at = hdf5_number(b, 1), exponent = hdf5_number(b, 1);
    const uint64_t fraction_at = hdf5_number(b, 1), fraction = hdf5_number(b, 1);
    const uint64_t bias = hdf5_number(b, 4);
    const unsigned leading = flags >> 4 & 3, sign_at = flags >> 8 & 0xFF;
    out->big_endian = (flags & BIG_ENDIAN_ORDER) != 0;
    out->why = "its floating-point numbers are of a layout that is not read";
    if ((flags & VAX_ORDER) != 0 || leading != IMPLIED || offset != 0 || fraction_at != 0)
        return;
    for (size_t n = 0; n < sizeof known / sizeof known[0]; n++) {
        const float_layout *k = &known[n];
        if (out->size == k->size && precision == 8 * k->size && exponent == k->exponent &&
            fraction == k->fraction && bias == k->bias && exponent_at == k->fraction &&
            sign_at == 8 * k->size - 1)
            out->type = tensor_type_anywhere(k->name);
    }
}

/* NumPy's void of two bytes is bfloat16, in .npy files, too. */
static void read_opaque(hdf5_bytes *b, unsigned flags, hdf5_type *out)
{
    hdf5_take(b, ((flags & 0xFF) + 7) / 8 * 8);
    out->why = "its items are bytes of which nothing is told";
    if (out->size == 2)
        out->type = tensor_type_anywhere("BF16");
}

/* ---------------------------------------------------------- types of types */

/* A name, which before version 3 is padded to whole eight bytes with its NUL. */
static const char *take_name(hdf5_bytes *b, unsigned version)
{
    const unsigned char *end = b->left > 0 ? memchr(b->at, 0, b->left) : NULL;
    const uint64_t length = end != NULL ? (uint64_t)(end - b->at) + 1 : UINT64_MAX;
    return (const char *)hdf5_take(b, version < 3 && end != NULL ? (length + 7) / 8 * 8 : length);
}

/* The complex type whose parts are of this type, or NULL. */
static const tensor_type *complex_of(const tensor_type *part)
{
    static const char *const names[] = {"C32", "C64", "C128"};
    for (size_t n = 0; part != NULL && part->weights && n < 3; n++) {
        const tensor_type *type = tensor_type_anywhere(names[n]);
        if (type->dtype == part->dtype)
            return type;
    }
    return NULL;
}

/* Two numbers r and i, one behind the other, as h5py stores complex ones. */
static void read_compound(hdf5_bytes *b, unsigned flags, unsigned version, unsigned depth,
                          hdf5_type *out)
{
    static const char *const names[] = {"r", "i"};
    hdf5_type parts[2];
    bool good = (flags & 0xFFFF) == 2;
    out->why = "its items are records of several fields";
    for (unsigned n = 0; n < 2 && good; n++) {
        const char *name = take_name(b, version);
        const uint64_t offset = hdf5_number(b, version < 3 ? 4 : hdf5_bytes_for(out->size));
        const uint64_t rank = version == 1 ? hdf5_number(b, 1) : 0;
        hdf5_take(b, version == 1 ? 27 : 0);
        read_type(b, depth + 1, &parts[n]);
        good = !b->over && name != NULL && strcmp(name, names[n]) == 0 && rank == 0 &&
               offset == n * parts[n].size && parts[n].size * 2 == out->size;
    }
    if (!good || parts[0].type != parts[1].type || parts[0].big_endian != parts[1].big_endian)
        return;
    out->type = complex_of(parts[0].type);
    out->big_endian = parts[0].big_endian;
}

/* NumPy's bool is one of FALSE and TRUE; others are the integers behind their names. */
static void read_enum(hdf5_bytes *b, unsigned flags, unsigned version, unsigned depth,
                      hdf5_type *out)
{
    hdf5_type base;
    read_type(b, depth + 1, &base);
    out->why = base.why;
    out->type = base.size == out->size ? base.type : NULL;
    out->big_endian = base.big_endian;
    if ((flags & 0xFFFF) != 2 || out->size != 1 || out->type == NULL)
        return;
    const char *names[2];
    for (unsigned n = 0; n < 2; n++)
        names[n] = take_name(b, version);
    const uint64_t values = hdf5_number(b, 2);
    if (!b->over && names[0] != NULL && names[1] != NULL && strcmp(names[0], "FALSE") == 0 &&
        strcmp(names[1], "TRUE") == 0 && values == 0x0100)
        out->type = tensor_type_anywhere("BOOL");
}

static void read_complex(hdf5_bytes *b, unsigned depth, hdf5_type *out)
{
    hdf5_type part;
    read_type(b, depth + 1, &part);
    out->why = "its complex numbers are of a layout that is not read";
    out->type = 2 * part.size == out->size ? complex_of(part.type) : NULL;
    out->big_endian = part.big_endian;
}

static void read_type(hdf5_bytes *b, unsigned depth, hdf5_type *out)
{
    static const char *const reasons[] = {
        [HDF5_TIME] = "its items are times",
        [HDF5_TEXT] = "its items are texts",
        [HDF5_REFERENCE] = "its items are references to other objects",
        [HDF5_ANY_LENGTH] = "its items are lists of any length",
        [HDF5_ARRAY] = "its items are arrays",
        [HDF5_CLASSES] = "its items are of a class that is not known",
    };
    const unsigned first = (unsigned)hdf5_number(b, 1), flags = (unsigned)hdf5_number(b, 3);
    const unsigned version = first >> 4, class = first & 15;
    *out = (hdf5_type){.size = hdf5_number(b, 4)};
    out->class = class < HDF5_CLASSES ? (hdf5_class) class : HDF5_CLASSES;
    out->why = reasons[out->class];
    if (depth > DEPTH_MOST)
        out->why = "its items are types within types";
    else if (out->class == HDF5_WHOLE || out->class == HDF5_BITS)
        read_whole(b, flags, out);
    else if (out->class == HDF5_FLOAT)
        read_float(b, flags, out);
    else if (out->class == HDF5_OPAQUE)
        read_opaque(b, flags, out);
    else if (out->class == HDF5_COMPOUND)
        read_compound(b, flags, version, depth, out);
    else if (out->class == HDF5_ENUM)
        read_enum(b, flags, version, depth, out);
    else if (out->class == HDF5_COMPLEX)
        read_complex(b, depth, out);
    out->any_length = out->class == HDF5_ANY_LENGTH && (flags & 15) == 1;
    if (out->any_length)
        out->why = reasons[HDF5_TEXT];
}

detinit_status hdf5_type_read(const hdf5 *h, hdf5_bytes b, hdf5_type *out, detinit_error *error)
{
    const uint64_t where = b.where;
    read_type(&b, 0, out);
    if (b.over || out->size == 0)
        return hdf5_wrong(h, where, "a type of data was expected", error);
    return DETINIT_OK;
}

/* ------------------------------------------------------------------- shapes */

detinit_status hdf5_space_read(const hdf5 *h, hdf5_bytes b, hdf5_space *out, detinit_error *error)
{
    enum { HAS_MOST = 1, NOTHING = 2 };
    const uint64_t where = b.where;
    *out = (hdf5_space){.nothing = false};
    const unsigned version = (unsigned)hdf5_number(&b, 1);
    out->rank = (size_t)hdf5_number(&b, 1);
    const unsigned flags = (unsigned)hdf5_number(&b, 1);
    const unsigned class = (unsigned)hdf5_number(&b, 1);
    hdf5_take(&b, version == 1 ? 4 : 0);
    out->nothing = version == 2 && class == NOTHING;
    if (b.over || version < 1 || version > 2 || out->rank > HDF5_RANK_MOST)
        return hdf5_wrong(h, where, "a shape of at most 32 dimensions was expected", error);
    for (size_t n = 0; n < out->rank; n++)
        out->most[n] = out->shape[n] = hdf5_length(h, &b);
    for (size_t n = 0; n < out->rank && (flags & HAS_MOST) != 0; n++) {
        const uint64_t most = hdf5_length(h, &b);
        out->most[n] = most == UINT64_MAX >> (64 - 8 * h->length_bytes) ? UINT64_MAX : most;
    }
    return b.over ? hdf5_wrong(h, where, "a whole shape was expected", error) : DETINIT_OK;
}
