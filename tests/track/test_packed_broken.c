/* Packed files that were changed: one by one refused, each with its sentence. */
#include "data_offset.h"
#include "packed_file.h"

#include "detinit_pack.h"
#include <jansson.h>
#include <nettle/sha2.h>
#include <zstd.h>

static trained t;

/* A packed file of the old format, which no program of today writes. */
static unsigned char *old;
static size_t old_bytes;

static int set_up(void **state)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/packed1/own.safetensors", getenv("TEST_DATA"));
    old = get_file(path, &old_bytes);
    enter_scratch(state);
    open_trained(&t);
    return 0;
}

static int tear_down(void **state)
{
    free(old);
    close_trained(&t);
    return leave_scratch(state);
}

/* ------------------------------------------------------------------ breaking */

/* A packed file taken apart: its header, the description within it, its data. */
typedef struct parts {
    json_t *header, *metadata, *description;
    unsigned char *data;
    size_t bytes;
} parts;

static void take_apart(const char *path, parts *p)
{
    size_t size;
    unsigned char *file = get_file(path, &size);
    const size_t length = file[0] | (size_t)file[1] << 8 | (size_t)file[2] << 16;
    p->header = json_loadb((const char *)file + 8, length, 0, NULL);
    p->metadata = json_object_get(p->header, "__metadata__");
    p->description =
        json_loads(json_string_value(json_object_get(p->metadata, "detinit.packed")), 0, NULL);
    assert_non_null(p->description);
    p->bytes = size - 8 - length;
    p->data = allocate(p->bytes);
    memcpy(p->data, file + 8 + length, p->bytes);
    free(file);
}

/* Puts the digest under the metadata as they now are, unless it is what was broken. */
static void seal(json_t *metadata)
{
    static const char *const sealed[] = {"detinit.manifest", "detinit.packed", "detinit.version"};
    struct sha256_ctx sha;
    unsigned char digest[SHA256_DIGEST_SIZE];
    char hex[2 * SHA256_DIGEST_SIZE + 1];
    sha256_init(&sha);
    for (size_t n = 0; n < sizeof sealed / sizeof sealed[0]; n++) {
        const char *value = json_string_value(json_object_get(metadata, sealed[n]));
        if (value == NULL)
            continue;
        sha256_update(&sha, strlen(sealed[n]) + 1, (const uint8_t *)sealed[n]);
        sha256_update(&sha, strlen(value) + 1, (const uint8_t *)value);
    }
    sha256_digest(&sha, sizeof digest, digest);
    for (size_t n = 0; n < sizeof digest; n++)
        snprintf(hex + 2 * n, 3, "%02x", digest[n]);
    const char *seal = json_string_value(json_object_get(metadata, "detinit.seal"));
    if (seal != NULL && seal[0] != '\0') /* the old format has none */
        json_object_set_new(metadata, "detinit.seal", json_string(hex));
}

static void put_together(parts *p, const char *path)
{
    if (p->description != NULL) {
        char *text = json_dumps(p->description, JSON_COMPACT);
        json_object_set_new(p->metadata, "detinit.packed", json_string(text));
        free(text);
    }
    seal(p->metadata);
    char *header = json_dumps(p->header, JSON_COMPACT);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    const size_t length = strlen(header);
    for (int n = 0; n < 8; n++)
        fputc((int)(length >> (8 * n) & 0xFF), file);
    fputs(header, file);
    assert_int_equal(fwrite(p->data, 1, p->bytes, file), p->bytes);
    assert_int_equal(fclose(file), 0);
    free(header);
    json_decref(p->header);
    json_decref(p->description);
    free(p->data);
}

/* The entry of a tensor in the list of them, and its place in the data. */
static json_t *entry(const parts *p, size_t n)
{
    return json_array_get(json_object_get(p->description, "tensors"), n);
}

static size_t data_of(const parts *p, const char *name)
{
    json_t *offsets = json_object_get(json_object_get(p->header, name), "data_offsets");
    return (size_t)json_integer_value(json_array_get(offsets, 0));
}

static void put_32(unsigned char *to, size_t value)
{
    for (int n = 0; n < 4; n++)
        to[n] = (unsigned char)(value >> (8 * n));
}

/* Puts one tensor more behind all data. */
static void append(parts *p, const char *name, const char *type, json_t *shape, const void *data,
                   size_t bytes)
{
    p->data = realloc(p->data, p->bytes + bytes);
    assert_non_null(p->data);
    memcpy(p->data + p->bytes, data, bytes);
    json_object_set_new(p->header, name,
                        json_pack("{s:s, s:o, s:[I, I]}", "dtype", type, "shape", shape,
                                  "data_offsets", (json_int_t)p->bytes,
                                  (json_int_t)(p->bytes + bytes)));
    p->bytes += bytes;
}

/* Gives a tensor other blocks; what held them becomes a tensor that has no recipe. */
static void take_other_blocks(parts *p, json_t *tensor, const void *data, size_t bytes)
{
    const char *held = json_string_value(json_object_get(tensor, "blocks"));
    json_t *shape = json_object_get(json_object_get(p->header, held), "shape");
    json_array_append_new(json_object_get(p->description, "tensors"),
                          json_pack("{s:s, s:s, s:O, s:O}", "name", held, "dtype", "U8", "shape",
                                    shape, "sha256", json_object_get(tensor, "sha256")));
    append(p, "other blocks", "U8", json_pack("[I]", (json_int_t)bytes), data, bytes);
    json_object_set_new(tensor, "blocks", json_string("other blocks"));
}

/* Names one of several things to break; 0 .. break_description's last. */
static const char *break_metadata(parts *p, int which)
{
    json_t *metadata = p->metadata;
    switch (which) {
    case 0:
        json_object_del(metadata, "detinit.version");
        return "detinit.version must be";
    case 1:
        json_object_set_new(metadata, "detinit.version", json_string("2"));
        return "detinit.version must be";
    case 2:
        json_object_del(metadata, "detinit.manifest");
        return "its recipe is missing";
    case 3:
        json_object_set_new(metadata, "detinit.manifest", json_string("{}"));
        return "bad.safetensors";
    case 4:
        json_object_del(metadata, "detinit.packed");
        json_decref(p->description);
        p->description = NULL;
        return "is not a packed file";
    case 5:
        json_object_set_new(metadata, "detinit.packed", json_string("[1]"));
        json_decref(p->description);
        p->description = NULL;
        return "must be a JSON object";
    case 6:
        json_object_set_new(metadata, "detinit.packed", json_string("{\"format\":1"));
        json_decref(p->description);
        p->description = NULL;
        return "must be a JSON object";
    case 7:
        json_object_set_new(metadata, "detinit.seal", json_string(""));
        return "its metadata have changed";
    default:
        return NULL;
    }
}

static const char *break_description(parts *p, int which)
{
    json_t *d = p->description;
    switch (which) {
    case 0:
        json_object_set_new(d, "format", json_integer(3));
        return "its format must be 1 or 2";
    case 1:
        json_object_set_new(d, "threshold", json_string("1"));
        return "its threshold must be";
    case 2:
        json_object_set_new(d, "threshold", json_real(-1));
        return "its threshold must be";
    case 3:
        json_object_del(d, "metadata");
        return "must map texts to texts";
    case 4:
        json_object_set_new(json_object_get(d, "metadata"), "a", json_integer(1));
        return "must map texts to texts";
    case 5:
        json_object_set_new(d, "tensors", json_integer(1));
        return "a list of tensors";
    case 6:
        json_array_clear(json_object_get(d, "tensors"));
        return "belongs to no tensor";
    case 7:
        json_array_append_new(json_object_get(d, "tensors"), json_integer(1));
        return "its entry must have";
    case 8:
        json_array_append(json_object_get(d, "tensors"), entry(p, 1));
        return "the file must hold it";
    case 9:
        json_array_remove(json_object_get(d, "tensors"), 1);
        return "belongs to nothing";
    case 10:
        json_array_insert(json_object_get(d, "tensors"), 3, entry(p, 0));
        json_array_remove(json_object_get(d, "tensors"), 0);
        return "stands elsewhere";
    case 11:
        json_object_del(d, "lossless");
        return "whether it is lossless";
    case 12:
        json_object_set_new(d, "lossless", json_true());
        return "fc1";
    case 13:
        json_object_set_new(d, "format", json_real(2));
        return "its format must be 1 or 2";
    case 14:
        json_object_set_new(d, "metadata", json_array());
        return "must map texts to texts";
    case 15:
        json_object_del(d, "format");
        return "its format must be 1 or 2";
    case 16:
        json_object_del(d, "threshold");
        return "its threshold must be";
    case 17:
        json_object_del(d, "tensors");
        return "a list of tensors";
    case 18:
        json_object_set_new(d, "threshold", json_integer(0)); /* a whole number is one, too */
        json_object_del(d, "tensors");
        return "a list of tensors";
    default:
        return NULL;
    }
}

/* What holds the blocks of tensors, and, of one, weights as they are. */
static const char *break_blocks(parts *p, int which)
{
    json_t *first = entry(p, 0), *last = entry(p, TRACKED + UNTRACKED - 1);
    json_t *held = json_object_get(p->header, "fc1.blocks_");
    const json_int_t bytes = json_integer_value(json_array_get(json_object_get(held, "shape"), 0));
    unsigned char blocks[100] = {0};
    switch (which) {
    case 0:
        json_object_set_new(held, "shape", json_pack("[i, I]", 1, bytes));
        return "its blocks must be one list of type U8";
    case 1: /* two blocks, and an index of one */
        take_other_blocks(p, first, blocks, 8);
        return "tensor fc1 is not a good packed file: the index of its blocks is cut short";
    case 2: /* of 61 weights the bits alone take 8 bytes */
        put_32(blocks, ZSTD_compress(blocks + 8, sizeof blocks - 8, "1234567", 7, 1));
        take_other_blocks(p, last, blocks, 8 + blocks[0]);
        return "tensor tiny is not a good packed file: a block of it ends within its bits";
    case 3: /* all bits are 0, and a value follows */
        put_32(blocks, ZSTD_compress(blocks + 8, sizeof blocks - 8, "\0\0\0\0\0\0\0\0vv", 10, 1));
        take_other_blocks(p, last, blocks, 8 + blocks[0]);
        return "tensor tiny is not a good packed file: there must be a value for each bit";
    case 4:
        append(p, "tiny", "F16", json_pack("[i]", 61), t.known[5].trained, 122);
        json_object_del(last, "blocks");
        return "tensor tiny is not a good packed file: its blocks are missing";
    default:
        return NULL;
    }
}

/* Of tensor 0, which is tracked, and of 1, which is not. */
static const char *break_entry(parts *p, int which)
{
    json_t *first = entry(p, 0), *second = entry(p, 1);
    switch (which) {
    case 0:
        json_object_del(first, "name");
        return "its entry must have";
    case 1:
        json_object_set_new(first, "name", json_string("fc2"));
        return "its recipe is missing";
    case 2:
        json_object_set_new(first, "dtype", json_string("F64"));
        return "another type or shape";
    case 3:
        json_object_set_new(first, "dtype", json_integer(4));
        return "its entry must have";
    case 4:
        json_object_set_new(first, "shape", json_pack("[i, i]", 251, 300));
        return "another type or shape";
    case 5:
        json_object_set_new(first, "shape", json_pack("[i, i]", -300, -251));
        return "its entry must have";
    case 6:
        json_object_set_new(first, "shape",
                            json_pack("[I, I]", (json_int_t)1 << 40, (json_int_t)1 << 40));
        return "its entry must have";
    case 7:
        json_object_set_new(first, "shape", json_pack("[s]", "300"));
        return "its entry must have";
    case 8:
        json_object_set_new(first, "sha256", json_string("00"));
        return "its entry must have";
    case 9:
        json_object_set_new(first, "sha256",
                            json_string("zz1111111111111111111111111111111111111"
                                        "1111111111111111111111111"));
        return "its entry must have";
    case 10:
        json_object_set_new(first, "blocks", json_string("nothing"));
        return "its blocks must be one list";
    case 11:
        json_object_set_new(first, "blocks", json_integer(1));
        return "its blocks must be one list";
    case 12:
        json_object_del(first, "blocks");
        return "the file must hold it";
    case 13:
        json_object_set_new(first, "blocks", json_string("step"));
        return "its blocks must be one list";
    case 14:
        json_object_set_new(first, "blocks", json_string("conv.blocks"));
        return "conv is not a good packed file";
    case 15:
        json_object_del(first, "changed");
        return "stands elsewhere";
    case 16:
        json_object_set_new(first, "changed", json_integer(300 * 251 + 1));
        return "how many of its weights are stored";
    case 17:
        json_object_set_new(second, "dtype", json_string("I64"));
        return "the file must hold it";
    case 18:
        json_object_set_new(second, "shape", json_pack("[i]", 4));
        return "the file must hold it";
    case 19:
        json_object_set_new(second, "name", json_string("fc1.blocks"));
        return "the file must hold it";
    case 20:
        json_object_del(first, "shape");
        return "its entry must have";
    case 21:
        json_object_del(first, "sha256");
        return "its entry must have";
    case 22:
        json_object_set_new(first, "dtype", json_string("U32")); /* of no weights */
        return "another type or shape";
    case 23:
        json_object_set_new(first, "shape", json_pack("[i]", 300 * 251));
        return "another type or shape";
    case 24:
        json_object_set_new(first, "changed", json_real(5));
        return "how many of its weights are stored";
    case 25:
        json_object_set_new(first, "changed", json_integer(-1));
        return "how many of its weights are stored";
    default:
        return NULL;
    }
}

static const char *break_data(parts *p, int which)
{
    unsigned char *blocks = p->data + data_of(p, "fc1.blocks_");
    switch (which) {
    case 0: /* within frames */
        blocks[16 + 5000] ^= 1;
        return "tensor fc1 is not a good packed file";
    case 1:
        blocks[12] ^= 1;
        return "its CRC-32 is another";
    case 2: /* the size of a block */
        blocks[0] ^= 1;
        return "do not fill what holds them";
    case 3: /* what is compressed is said not to be */
        blocks[3] ^= 0x80;
        return "a block of it has another size";
    case 4:
        memset(blocks + 16, 0, 4);
        return "is not what zstd makes";
    case 5: /* an untracked tensor */
        p->data[data_of(p, "step")] ^= 1;
        return "tensor step does not become";
    case 6: /* another seed */
        json_object_set_new(p->metadata, "detinit.manifest",
                            json_string("{\"tensors\":[{\"name\":\"fc1\",\"shape\":[300,251],"
                                        "\"dtype\":\"float32\"}]}"));
        return "its recipe is missing";
    default:
        return NULL;
    }
}

/* What stood before the data of a file that was packed without loss. */
static const char *break_head(parts *p, int which)
{
    json_t *head = json_object_get(p->description, "head");
    switch (which) {
    case 0:
        json_object_del(head, "format");
        return "head is not a good packed file: it must be bytes, and tell the format";
    case 1:
        json_object_set_new(head, "format", json_integer(1));
        return "head is not a good packed file: it must be bytes, and tell the format";
    case 2:
        json_object_set_new(head, "dtype", json_string("I8"));
        return "head is not a good packed file: it must be bytes, and tell the format";
    case 3: /* which weights alone do */
        json_object_set_new(head, "changed", json_integer(0));
        return "head is not a good packed file: its recipe is missing";
    case 4:
        json_object_del(head, "sha256");
        return "head is not a good packed file: its entry must have";
    case 5:
        json_object_del(p->description, "head");
        return "it belongs to nothing that was packed";
    default:
        return NULL;
    }
}

/* Of the old format: a bit for each weight, and the values of those whose bit is set. */
static const char *break_old(parts *p, int which)
{
    json_t *square = entry(p, 0);
    json_t *bits = json_object_get(p->header, "square.awake");
    switch (which) {
    case 0:
        json_object_del(p->metadata, "detinit.manifest");
        return "its metadata must have a detinit.manifest";
    case 1:
        json_object_del(p->metadata, "detinit.version");
        return "detinit.version must be";
    case 2:
        json_object_set_new(square, "awake", json_string("nothing"));
        return "tensor square is not a good packed file: its bits or its values are missing";
    case 3:
        json_object_set_new(square, "values", json_integer(1));
        return "its bits or its values are missing";
    case 4:
        json_object_set_new(square, "dtype", json_string("F32"));
        return "its recipe has another type or shape";
    case 5: /* of a tensor that was drawn in another type than it is stored in */
        json_object_del(entry(p, 6), "drawn");
        return "tensor cast is not a good packed file: its recipe has another type or shape";
    case 6:
        json_object_set_new(square, "awake", json_string("step"));
        return "its bits must be of type U8, one for each weight, in whole bytes";
    case 7:
        json_object_set_new(square, "awake", json_string("single.awake"));
        return "its bits must be of type U8, one for each weight, in whole bytes";
    case 8:
        json_object_set_new(bits, "shape", json_pack("[i, i]", 9, 2));
        return "its bits must be of type U8, one for each weight, in whole bytes";
    case 9:
        json_object_set_new(square, "values", json_string("single.values"));
        return "its values must be one list of its own type";
    case 10:
        json_object_set_new(json_object_get(p->header, "square.values"), "shape",
                            json_pack("[i, i]", 7, 10));
        return "its values must be one list of its own type";
    case 11: /* of 340 weights the last four bits stand for none */
        p->data[data_of(p, "single.awake") + 42] |= 0x80;
        return "tensor single is not a good packed file: the bits behind its last weight must be 0";
    case 12:
        p->data[data_of(p, "square.awake")] ^= 1;
        return "tensor square is not a good packed file: there must be a value for each bit";
    case 13:
        p->data[data_of(p, "square.values")] ^= 1;
        return "tensor square does not become what was packed";
    case 14:
        json_object_del(square, "awake");
        return "the file must hold it with that type and shape";
    default:
        return NULL;
    }
}

/* The text with `from`, which is in it, in the place of `to`. */
static json_t *replaced(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    assert_non_null(at);
    return json_sprintf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

/* Metadata that the old format holds without a digest, one by one not what the file vouches for. */
static const char *break_old_metadata(parts *p, int which)
{
    static const char unvouched[] = "nothing says that its 'detinit.manifest' is what was packed";
    json_t *held = json_object_get(p->description, "metadata");
    const char *text = json_string_value(json_object_get(held, "detinit.manifest"));
    const char *const changes[][2] = {
        {"\"tensors\"", "\"tensor\""},     /* no manifest */
        {"  \"version\"", " \"version\""}, /* another text of the same */
        {"\"brain\"", "\"brawn\""},        /* a tensor that the file has not */
        {"\"xavier\"", "\"he\""},          /* another recipe */
        {",\n    {\"name\": \"cast\", \"shape\": [30], \"mode\": \"he\", \"dtype\": \"bfloat16\"}",
         ""}, /* a tensor fewer */
    };
    const int manifests = sizeof changes / sizeof changes[0];
    if (which < manifests) {
        json_object_set_new(held, "detinit.manifest",
                            replaced(text, changes[which][0], changes[which][1]));
        return unvouched;
    }
    switch (which - manifests) {
    case 0:
        json_object_set_new(held, "detinit.version", json_string("2"));
        return "nothing says that its 'detinit.version' is what was packed";
    case 1:
        json_object_set_new(held, "format", json_string("pt2"));
        return "nothing says that its 'format' is what was packed";
    default:
        return NULL;
    }
}

static void check_broken(const char *(*broken)(parts *, int), int least)
{
    for (int which = 0;; which++) {
        parts p;
        detinit_error error;
        take_apart("packed.safetensors", &p);
        const char *expected = broken(&p, which);
        put_together(&p, "bad.safetensors");
        if (expected == NULL) {
            assert_true(which >= least);
            break;
        }
        detinit_status status = unpack("bad.safetensors", "out.safetensors", &error);
        if (status != DETINIT_INVALID || strstr(error.message, expected) == NULL)
            print_error("%d: %s, not %s\n", which, error.message, expected);
        assert_int_equal(status, DETINIT_INVALID);
        assert_non_null(strstr(error.message, expected));
        assert_null(strchr(error.message, '\n'));
        assert_false(exists("out.safetensors"));
    }
    assert_int_equal(count_entries(NULL), 3);
}

static void test_broken(void **state)
{
    (void)state;
    parts p;
    assert_int_equal(detinit_pack_save(t.file, t.tracked, TRACKED, PACK_AT(4e-3),
                                       "packed.safetensors", NULL, NULL, NULL),
                     DETINIT_OK);
    prune(t.file, t.tracked, TRACKED, 4e-3, "pruned.safetensors");
    take_apart("packed.safetensors", &p);
    put_together(&p, "bad.safetensors");
    assert_int_equal(unpack("bad.safetensors", "out.safetensors", NULL), DETINIT_OK);
    assert_same_files("pruned.safetensors", "out.safetensors");
    remove("out.safetensors");
    remove("pruned.safetensors");
    check_broken(break_metadata, 8);
    check_broken(break_description, 19);
    check_broken(break_entry, 26);
    check_broken(break_blocks, 5);
    check_broken(break_data, 7);
    remove("bad.safetensors");
}

static void test_broken_head(void **state)
{
    (void)state;
    const detinit_pack_options how = {.level = 1, .lossless = true};
    assert_int_equal(
        detinit_pack_save(t.file, t.tracked, TRACKED, &how, "packed.safetensors", NULL, NULL, NULL),
        DETINIT_OK);
    check_broken(break_head, 6);
    remove("bad.safetensors");
}

static void put_old(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(old, 1, old_bytes, file), old_bytes);
    assert_int_equal(fclose(file), 0);
}

/* The old format, which has neither digest nor head: one that it is given is passed over. */
static void test_broken_old_format(void **state)
{
    (void)state;
    parts p;
    FILE *file;
    put_old("packed.safetensors");
    assert_int_equal(unpack("packed.safetensors", "whole.safetensors", NULL), DETINIT_OK);
    take_apart("packed.safetensors", &p);
    json_object_set_new(p.description, "head", json_integer(1));
    put_together(&p, "bad.safetensors");
    assert_int_equal(unpack("bad.safetensors", "out.safetensors", NULL), DETINIT_OK);
    assert_same_files("whole.safetensors", "out.safetensors");
    remove("out.safetensors");
    remove("whole.safetensors");
    /* One bit more than when it was opened: a value that there is not. */
    detinit_tensorfile *opened;
    detinit_packed *packed;
    detinit_error error;
    assert_int_equal(detinit_tensorfile_open("packed.safetensors", &opened, NULL), DETINIT_OK);
    assert_int_equal(detinit_packed_open(opened, &packed, NULL), DETINIT_OK);
    file = fopen("packed.safetensors", "r+");
    assert_non_null(file);
    assert_int_equal(
        fseek(file, data_offset(opened, detinit_tensorfile_find(opened, "square.awake")), SEEK_SET),
        0);
    fputs("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(detinit_unpack_save(packed, "out.safetensors", NULL, NULL, &error),
                     DETINIT_IO);
    assert_string_equal(error.message, "'packed.safetensors' changed while it was read");
    assert_false(exists("out.safetensors"));
    detinit_packed_free(packed);
    detinit_tensorfile_close(opened);
    put_old("packed.safetensors");
    check_broken(break_old, 15);
    check_broken(break_old_metadata, 7);
    remove("bad.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_broken_head),
        cmocka_unit_test(test_broken_old_format),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
