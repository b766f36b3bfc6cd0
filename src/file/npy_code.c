#include "file/npy_code.h"

#include <string.h>

/* A letter, and a name, for what .npy files have as a code. */
typedef struct alias {
    const char *code;
    const char *letters; /* each of them; a byte order may stand before it */
    const char *names;   /* spaces around each; nothing stands before them */
} alias;

static const alias aliases[] = {
    {"f8", "d", " float64 float double "},
    {"f4", "f", " float32 single "},
    {"f2", "e", " float16 half "},
    {"b1", "?", " bool bool_ "},
    {"u1", "B", " uint8 ubyte "},
    {"i1", "b", " int8 byte "},
    {"u2", "H", " uint16 ushort "},
    {"i2", "h", " int16 short "},
    {"u4", "I", " uint32 uintc "},
    {"i4", "i", " int32 intc "},
    {"u8", "LQPN", " uint64 uint ulong ulonglong uintp "},
    {"i8", "lqpn", " int64 int long longlong intp "},
    {"c8", "F", " complex64 csingle "},
    {"c16", "D", " complex128 complex cdouble "},
};

/* Whether one of `names` is this. */
static bool has_name(const char *names, const char *name)
{
    const size_t length = strcspn(name, " ");
    for (const char *at = names; length > 0 && name[length] == 0 && (at = strstr(at, name)) != NULL;
         at++)
        if (at[-1] == ' ' && at[length] == ' ')
            return true;
    return false;
}

static const char *code_of(const char *text, bool ordered)
{
    for (size_t n = 0; n < sizeof aliases / sizeof aliases[0]; n++) {
        const bool letter = strlen(text) == 1 && strchr(aliases[n].letters, text[0]) != NULL;
        if (letter || (!ordered && has_name(aliases[n].names, text)))
            return aliases[n].code;
    }
    return text;
}

const tensor_type *npy_type(const char *descr, bool *big_endian)
{
    const bool ordered = descr[0] != '\0' && strchr("<>|=", descr[0]) != NULL;
    const tensor_type *type = tensor_type_of_npy(code_of(descr + ordered, ordered));
    *big_endian = descr[0] == '>' && type != NULL && type->bits > 8;
    return type;
}
