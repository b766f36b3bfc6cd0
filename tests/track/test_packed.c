/* Packed files: unpacked they are what pruning writes; broken ones are refused. */
#include "trained.h"

#include "detinit_track.h"
#include <jansson.h>

static trained t;

static int set_up(void **state)
{
    enter_scratch(state);
    open_trained(&t);
    return 0;
}

static int tear_down(void **state)
{
    close_trained(&t);
    return leave_scratch(state);
}

/* Unpacks a file; the status and the sentence of what fails. */
static detinit_status unpack(const char *from, const char *to, detinit_error *error)
{
    detinit_tensorfile *file;
    detinit_packed *packed;
    detinit_status status = detinit_tensorfile_open(from, &file, error);
    if (status != DETINIT_OK)
        return status;
    status = detinit_packed_open(file, &packed, error);
    if (status == DETINIT_OK) {
        uint64_t bytes;
        size_t size;
        const detinit_run run = {.threads = 2};
        status = detinit_unpack_save(packed, to, &run, &bytes, error);
        detinit_packed_free(packed);
        if (status == DETINIT_OK) {
            free(get_file(to, &size));
            assert_int_equal(size, bytes);
        }
    }
    detinit_tensorfile_close(file);
    return status;
}

static void prune(const detinit_tensorfile *file, const detinit_tracked *tracked, size_t count,
                  double threshold, const char *path)
{
    detinit_pruning pruning;
    assert_int_equal(detinit_pruning_find(tracked, count, threshold, false, NULL, &pruning, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_prune_save(file, tracked, count, DETINIT_PRUNE_INIT, &pruning, path,
                                        NULL, NULL, NULL),
                     DETINIT_OK);
}

/* -------------------------------------------------------------- round trips */

static void test_round_trip(void **state)
{
    (void)state;
    const double thresholds[] = {0, 1e-5, 4e-3, 1e9};
    for (size_t k = 0; k < sizeof thresholds / sizeof thresholds[0]; k++) {
        detinit_packing packing;
        size_t size;
        uint64_t total = 0, stored = 0;
        for (size_t n = 0; n < TRACKED; n++) {
            total += t.known[n].count;
            for (size_t m = 0; m < t.known[n].count; m++)
                stored += !sleeps(&t.known[n], m, thresholds[k]);
        }
        assert_int_equal(detinit_pack_save(t.file, t.tracked, TRACKED, thresholds[k],
                                           "packed.safetensors", NULL, &packing, NULL),
                         DETINIT_OK);
        assert_int_equal(packing.total_weights, total);
        assert_int_equal(packing.stored_weights, stored);
        free(get_file("packed.safetensors", &size));
        assert_int_equal(packing.bytes, size);
        free(get_file("trained.safetensors", &size));
        assert_int_equal(packing.dense_bytes, size);
        prune(t.file, t.tracked, TRACKED, thresholds[k], "pruned.safetensors");
        assert_int_equal(unpack("packed.safetensors", "unpacked.safetensors", NULL), DETINIT_OK);
        assert_same_files("pruned.safetensors", "unpacked.safetensors");
    }
    remove("pruned.safetensors");
    remove("unpacked.safetensors");
}

static void test_threads(void **state)
{
    (void)state;
    const detinit_run one = {.threads = 1}, other = {.threads = 3, .isa = DETINIT_ISA_BASELINE};
    assert_int_equal(
        detinit_pack_save(t.file, t.tracked, TRACKED, 4e-3, "a.safetensors", &one, NULL, NULL),
        DETINIT_OK);
    assert_int_equal(
        detinit_pack_save(t.file, t.tracked, TRACKED, 4e-3, "b.safetensors", &other, NULL, NULL),
        DETINIT_OK);
    assert_same_files("a.safetensors", "b.safetensors");
    remove("a.safetensors");
    remove("b.safetensors");
}

/* Bits and values as documented, under names that nothing else has. */
static void test_layout(void **state)
{
    (void)state;
    detinit_tensorfile *file;
    detinit_packed *packed;
    assert_int_equal(
        detinit_pack_save(t.file, t.tracked, TRACKED, 4e-3, "packed.safetensors", NULL, NULL, NULL),
        DETINIT_OK);
    assert_int_equal(detinit_tensorfile_open("packed.safetensors", &file, NULL), DETINIT_OK);
    assert_true(detinit_tensorfile_is_packed(file));
    assert_false(detinit_tensorfile_is_packed(t.file));
    const detinit_tensor *bits = detinit_tensorfile_find(file, "fc1.awake_");
    const detinit_tensor *values = detinit_tensorfile_find(file, "fc1.values");
    const known_tensor *known = &t.known[0];
    assert_string_equal(detinit_tensorfile_find(file, "fc1.awake")->type, "BOOL");
    assert_int_equal(bits->count, (known->count + 7) / 8);
    unsigned char *mask = allocate(bits->count);
    unsigned char *stored = allocate(4 * values->count), *next = stored;
    assert_int_equal(detinit_tensor_read(file, bits, 0, bits->count, mask, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensor_read(file, values, 0, values->count, stored, NULL), DETINIT_OK);
    for (size_t n = 0; n < known->count; n++) {
        assert_int_equal(mask[n / 8] >> n % 8 & 1, !sleeps(known, n, 4e-3));
        if (sleeps(known, n, 4e-3))
            continue;
        assert_memory_equal(next, known->trained + 4 * n, 4);
        next += 4;
    }
    assert_ptr_equal(next, stored + 4 * values->count);
    assert_int_equal(detinit_packed_open(file, &packed, NULL), DETINIT_OK);
    assert_int_equal(detinit_packed_count(packed), TRACKED + UNTRACKED);
    assert_int_equal(detinit_packed_network(packed)->count, TRACKED);
    assert_string_equal(detinit_packed_network(packed)->layers[1].name, "conv");
    assert_true(detinit_packed_network(packed)->layers[1].recipe.zero_mean);
    assert_double_same(detinit_packed_packing(packed)->threshold, 4e-3);
    detinit_packed_free(packed);
    detinit_tensorfile_close(file);
    free(mask);
    free(stored);
}

/* The array of a .npy file is packed, and unpacked as either format; also over itself. */
static void test_npy(void **state)
{
    (void)state;
    detinit_tensorfile *file;
    detinit_tracked tracked;
    track_npy(&t.known[2], "w.npy", &file, &tracked);
    assert_int_equal(detinit_pack_save(file, &tracked, 1, 4e-3, "w.safetensors", NULL, NULL, NULL),
                     DETINIT_OK);
    prune(file, &tracked, 1, 4e-3, "p.npy");
    prune(file, &tracked, 1, 4e-3, "p.safetensors");
    detinit_tensorfile_close(file);
    assert_int_equal(unpack("w.safetensors", "u.npy", NULL), DETINIT_OK);
    assert_same_files("p.npy", "u.npy");
    assert_int_equal(unpack("w.safetensors", "w.safetensors", NULL), DETINIT_OK);
    assert_same_files("p.safetensors", "w.safetensors");
    assert_int_equal(remove("w.npy") | remove("w.safetensors") | remove("p.npy") |
                         remove("p.safetensors") | remove("u.npy"),
                     0);
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

static void put_together(parts *p, const char *path)
{
    if (p->description != NULL) {
        char *text = json_dumps(p->description, JSON_COMPACT);
        json_object_set_new(p->metadata, "detinit.packed", json_string(text));
        free(text);
    }
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
        return "must have a detinit.manifest";
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
    default:
        return NULL;
    }
}

static const char *break_description(parts *p, int which)
{
    json_t *d = p->description;
    switch (which) {
    case 0:
        json_object_set_new(d, "format", json_integer(2));
        return "its format must be 1";
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
        json_object_set_new(first, "awake", json_string("nothing"));
        return "bits or its values are missing";
    case 11:
        json_object_set_new(first, "awake", json_integer(1));
        return "bits or its values are missing";
    case 12:
        json_object_del(first, "values");
        return "bits or its values are missing";
    case 13:
        json_object_set_new(first, "values", json_string("conv.values"));
        return "its values must be";
    case 14:
        json_object_set_new(first, "values", json_string("fc1.awake_"));
        return "bits or its values are missing";
    case 15:
        json_object_set_new(first, "awake", json_string("conv.awake"));
        return "its bits must be";
    case 16:
        json_object_del(first, "awake");
        return "the file must hold it";
    case 17:
        json_object_set_new(second, "dtype", json_string("I64"));
        return "the file must hold it";
    case 18:
        json_object_set_new(second, "shape", json_pack("[i]", 4));
        return "the file must hold it";
    case 19:
        json_object_set_new(second, "name", json_string("fc1.awake_"));
        return "the file must hold it";
    default:
        return NULL;
    }
}

static const char *break_data(parts *p, int which)
{
    const uint64_t weights = 300 * 251;
    switch (which) {
    case 0: /* a bit more */
        for (size_t n = data_of(p, "fc1.awake_");; n++) {
            if (p->data[n] == 0xFF)
                continue;
            p->data[n] |= (unsigned char)(p->data[n] + 1);
            return "a value for each bit";
        }
    case 1: /* two bits change places */
        for (size_t n = data_of(p, "fc1.awake_");; n++) {
            if ((p->data[n] & 3) != 1)
                continue;
            p->data[n] ^= 3;
            return "does not become what was packed";
        }
    case 2:
        p->data[data_of(p, "fc1.awake_") + weights / 8] |= 0x80;
        return "behind its last weight must be 0";
    case 3: /* a stored weight */
        p->data[data_of(p, "square.values") + 5] ^= 1;
        return "tensor square does not become";
    case 4: /* an untracked tensor */
        p->data[data_of(p, "step")] ^= 1;
        return "tensor step does not become";
    case 5: /* another seed */
        json_object_set_new(p->metadata, "detinit.manifest",
                            json_string("{\"tensors\":[{\"name\":\"fc1\",\"shape\":[300,251],"
                                        "\"dtype\":\"float32\"}]}"));
        return "its recipe is missing";
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
    prune(t.file, t.tracked, TRACKED, 4e-3, "pruned.safetensors");
    take_apart("packed.safetensors", &p);
    put_together(&p, "bad.safetensors");
    assert_int_equal(unpack("bad.safetensors", "out.safetensors", NULL), DETINIT_OK);
    assert_same_files("pruned.safetensors", "out.safetensors");
    remove("out.safetensors");
    remove("pruned.safetensors");
    check_broken(break_metadata, 7);
    check_broken(break_description, 11);
    check_broken(break_entry, 20);
    check_broken(break_data, 6);
    remove("bad.safetensors");
}

/* ------------------------------------------------------------------- failures */

static bool stop(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    assert_true(done <= total);
    return done < 300000;
}

static void test_refused(void **state)
{
    (void)state;
    detinit_error error;
    const detinit_run stopping = {.progress = stop};
    assert_int_equal(
        detinit_pack_save(t.file, t.tracked, 1, NAN, "p.safetensors", NULL, NULL, NULL),
        DETINIT_INVALID);
    assert_int_equal(detinit_pack_save(t.file, t.tracked, 0, 0, "p.safetensors", NULL, NULL, NULL),
                     DETINIT_INVALID);
    assert_int_equal(detinit_pack_save(t.file, t.tracked, 1, 0, "p.npy", NULL, NULL, &error),
                     DETINIT_INVALID);
    assert_non_null(strstr(error.message, "must end in .safetensors"));
    assert_int_equal(unpack("trained.safetensors", "out.safetensors", &error), DETINIT_INVALID);
    assert_non_null(strstr(error.message, "is not a packed file"));
    assert_int_equal(unpack("packed.safetensors", "out.npy", &error), DETINIT_INVALID);
    assert_int_equal(
        detinit_pack_save(t.file, t.tracked, TRACKED, 0, "p.safetensors", &stopping, NULL, &error),
        DETINIT_CANCELLED);
    assert_int_equal(count_entries(NULL), 2);
}

/* A file that shrinks, and one that changes, between the passes. */
static bool meddle(void *context, uint64_t done, uint64_t total)
{
    const bool shrink = context != NULL;
    if (done < total / 2)
        return true;
    if (shrink)
        return truncate("w.npy", 1000) == 0;
    FILE *file = fopen("w.npy", "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 1000, SEEK_SET), 0);
    fputc('x', file);
    assert_int_equal(fclose(file), 0);
    return true;
}

static void test_meddling(void **state)
{
    (void)state;
    for (int shrink = 0; shrink < 2; shrink++) {
        detinit_error error;
        detinit_tensorfile *file;
        detinit_tracked tracked;
        const detinit_run run = {
            .threads = 1, .progress = meddle, .context = shrink ? &error : NULL};
        track_npy(&t.known[0], "w.npy", &file, &tracked);
        assert_int_equal(
            detinit_pack_save(file, &tracked, 1, 4e-3, "p.safetensors", &run, NULL, &error),
            DETINIT_IO);
        assert_non_null(strstr(error.message, shrink ? "became shorter" : "changed while"));
        detinit_tensorfile_close(file);
        assert_int_equal(count_entries(NULL), 3);
    }
    remove("w.npy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_threads),
        cmocka_unit_test(test_npy),        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_broken),     cmocka_unit_test(test_refused),
        cmocka_unit_test(test_meddling),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
