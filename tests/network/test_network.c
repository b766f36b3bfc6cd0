/* Networks and their manifests: what is read, what is refused and how, and that nothing is lost. */
#include "network_check.h"

#include "detinit_network.h"
static void test_defaults(void **state)
{
    (void)state;
    detinit_network n;
    parse_good("{\"tensors\":[{\"name\":\"a\",\"shape\":[3]},{\"name\":\"b\",\"shape\":[2,5]}]}",
               &n);
    detinit_recipe b = detinit_recipe_matrix(42, 1, 2, 5);
    assert_int_equal(n.count, 2);
    assert_string_equal(n.layers[0].name, "a");
    assert_int_equal(n.layers[0].recipe.rank, 1);
    assert_int_equal(n.layers[0].recipe.layer, 0);
    assert_true(detinit_recipe_equal(&n.layers[1].recipe, &b));
    assert_ptr_equal(detinit_network_find(&n, "b"), &n.layers[1]);
    assert_null(detinit_network_find(&n, "c"));
    detinit_network_free(&n);
    assert_int_equal(n.count, 0);
    assert_null(n.layers);
}

static void test_every_key(void **state)
{
    (void)state;
    detinit_network n;
    parse_good("{\"version\":1,\"about\":\"x\",\"seed\":\"0xffffffffffffffff\",\"mode\":\"normal\","
               "\"std\":0.5,\"dtype\":\"f4\",\"tensors\":["
               "{\"name\":\"conv\",\"about\":\"y\",\"shape\":[4,\"3\",2,2],\"zero_mean\":true},"
               "{\"shape\":[7,5],\"name\":\"q\",\"layer\":9007199254740993,\"mode\":\"glorot\","
               "\"dist\":\"truncated\",\"gain\":2,\"fan_in\":\"rows\",\"dtype\":\"bf16\","
               "\"seed\":3},"
               "{\"name\":\"o\",\"shape\":[3,3],\"orthogonal\":true}]}",
               &n);
    const detinit_recipe *conv = &n.layers[0].recipe, *q = &n.layers[1].recipe;
    assert_true(conv->seed == UINT64_MAX && conv->mode == DETINIT_NORMAL && conv->std == 0.5);
    assert_true(conv->rank == 4 && conv->shape[1] == 3 && conv->zero_mean);
    assert_true(conv->dtype == DETINIT_FLOAT32 && conv->layer == 0);
    assert_true(q->layer == 9007199254740993 && q->seed == 3 && q->gain == 2);
    assert_true(q->mode == DETINIT_XAVIER && q->dist == DETINIT_DIST_TRUNCATED);
    assert_true(q->fan_in == DETINIT_FAN_IN_ROWS && q->dtype == DETINIT_BFLOAT16 && !q->zero_mean);
    assert_true(n.layers[2].recipe.orthogonal && n.layers[2].recipe.layer == 2);
    detinit_network_free(&n);
}

#define ONE(rest)     "{\"tensors\":[{\"name\":\"a\",\"shape\":[2,2]" rest "}]}"
#define TOP(rest)     "{" rest ",\"tensors\":[{\"name\":\"a\",\"shape\":[2,2]}]}"
#define TENSORS(list) "{\"tensors\":[" list "]}"
#define NAMED(name)   TENSORS("{\"name\":" name ",\"shape\":[2]}")
#define NAME_RULE                                                                                  \
    "name must be 1 .. 4096 bytes of UTF-8 text without control characters, and not "              \
    "__metadata__, not "
#define SHAPED(shape) TENSORS("{\"name\":\"a\",\"shape\":" shape "}")
#define SHAPE_RULE    "shape must be a list of 0 .. 8 whole numbers, each 0 .. 2^63-1, not "
#define IN_A          "'m.json', tensor 1 'a': "
#define KEYS_OF_TENSOR                                                                             \
    "about, name, layer, shape, seed, mode, dist, cut, std, gain, mean, value, fan_in, fans, "     \
    "fan_mode, nonlinearity, orthogonal, zero_mean, zero, zero_row, via, dtype, parts"
#define KEYS_OF_TOP                                                                                \
    "version, about, layer, seed, mode, dist, cut, std, gain, mean, value, fan_in, fans, "         \
    "fan_mode, nonlinearity, orthogonal, zero_mean, zero, via, dtype, tensors"
#define MODES                                                                                      \
    "he (kaiming), xavier (glorot), lecun, torch, normal, constant, identity (eye), dirac or "     \
    "delta_orthogonal"
#define DISTS      "default, normal, uniform, truncated or trunc_normal"
#define LAYER_RULE "layer must be a whole number, 0 .. 2^64-1, \"name\" or \"position\", not "
#define WHOLE_RULE "must be a whole number, 0 .. 2^64-1, not "

static const char *const bad[][2] = {
    {"", "'m.json' is not JSON: line 1, column 0: '[' or '{' expected near end of file"},
    {"{", "'m.json' is not JSON: line 1, column 1: string or '}' expected near end of file"},
    {"{\"a\":1,\n\"a\":2}", "'m.json' is not JSON: line 2, column 3: duplicate object key near "
                            "'\"a\"'"},
    {"{\"seed\":1}x", "'m.json' is not JSON: line 1, column 11: end of file expected near 'x'"},
    {"{\"\x1b[2J\n", "'m.json' is not JSON: line 1, column 2: control character 0x1b near '\"'"},
    {"{\"seed\":1}\xc3\xa9", "'m.json' is not JSON: line 1, column 11: end of file expected near '?"
                             "?'"},
    {"{\x1b}", "'m.json' is not JSON: line 1, column 2: string or '}' expected near '?'"},
    {"{\"seed\":18446744073709551615}",
     "'m.json' is not JSON: line 1, column 28: too big integer near '18446744073709551615'; whole "
     "numbers beyond 2^63-1 are written as texts"},
    {"[]", "'m.json': a manifest must be an object with a list of tensors"},
    {"{}", "'m.json': it needs tensors, a list of objects with name and shape"},
    {"{\"tensors\":[]}", "'m.json': tensors must be a list of 1 .. 1048576 objects, not []"},
    {"{\"tensors\":{}}", "'m.json': tensors must be a list of 1 .. 1048576 objects, not an object"},
    {"{\"tensors\":null}", "'m.json': tensors must be a list of 1 .. 1048576 objects, not null"},
    {TENSORS("3"), "'m.json', tensor 1: it must be an object with name and shape, not 3"},
    {TENSORS("{}"), "'m.json', tensor 1: it needs a name"},
    {TENSORS("{\"shape\":[2]}"), "'m.json', tensor 1: it needs a name"},
    {TENSORS("{\"name\":\"a\"}"), IN_A "it needs a shape"},
    {NAMED("\"\""), "'m.json', tensor 1: " NAME_RULE "\"\""},
    {NAMED("\"a\\nb\""), "'m.json', tensor 1: " NAME_RULE "\"a\\nb\""},
    {NAMED("\"\\u001b[2J\""), "'m.json', tensor 1: " NAME_RULE "\"\\u001B[2J\""},
    {NAMED("\"\\u009b2J\""), "'m.json', tensor 1: " NAME_RULE "\"\\u009B2J\""},
    {NAMED("\"a\\u007f\""), "'m.json', tensor 1: " NAME_RULE "\"a?\""},
    {NAMED("\"a\\u0000\""), "'m.json' is not JSON: line 1, column 29: \\u0000 is not allowed "
                            "without JSON_ALLOW_NUL near '\"a\\u0000\"'"},
    {NAMED("\"__metadata__\""), "'m.json', tensor 1: " NAME_RULE "\"__metadata__\""},
    {NAMED("7"), "'m.json', tensor 1: " NAME_RULE "7"},
    {SHAPED("[1,1,1,1,1,1,1,1,1]"), IN_A SHAPE_RULE "[1, 1, 1, 1, 1, 1, 1, 1, 1]"},
    {SHAPED("[-2]"), IN_A SHAPE_RULE "[-2]"},
    {SHAPED("[2.0]"), IN_A SHAPE_RULE "[2.0]"},
    {SHAPED("[\"9223372036854775808\"]"), IN_A SHAPE_RULE "[\"9223372036854775808\"]"},
    {SHAPED("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"), IN_A SHAPE_RULE "a list of 17 items"},
    {SHAPED("[[2]]"), IN_A SHAPE_RULE "[[2]]"},
    {SHAPED("\"2x2\""), IN_A SHAPE_RULE "\"2x2\""},
    {SHAPED("7"), IN_A SHAPE_RULE "7"},
    {SHAPED("[9223372036854775807,2,2]"),
     IN_A "all dimensions but the last must multiply to at most 2^63-1"},
    {ONE(",\"stdd\":1"), IN_A "\"stdd\" is unknown; it takes " KEYS_OF_TENSOR},
    {ONE(",\"version\":1"), IN_A "\"version\" is unknown; it takes " KEYS_OF_TENSOR},
    {ONE(",\"\\u001b[2J\":1"), IN_A "\"\\u001B[2J\" is unknown; it takes " KEYS_OF_TENSOR},
    {TOP("\"layer\":1"), "'m.json': layer must be \"name\" or \"position\", not 1"},
    {TOP("\"name\":\"x\""), "'m.json': \"name\" is unknown; it takes " KEYS_OF_TOP},
    {TOP("\"version\":2"), "'m.json': version must be 1, the generator's version, not 2"},
    {TOP("\"version\":1.0"), "'m.json': version must be 1, the generator's version, not 1.0"},
    {TOP("\"about\":1"), "'m.json': about must be text, not 1"},
    {TOP("\"seed\":-1"), "'m.json': seed " WHOLE_RULE "-1"},
    {TOP("\"seed\":1.5"), "'m.json': seed " WHOLE_RULE "1.5"},
    {TOP("\"seed\":true"), "'m.json': seed " WHOLE_RULE "true"},
    {TOP("\"seed\":\"18446744073709551616\""),
     "'m.json': seed " WHOLE_RULE "\"18446744073709551616\""},
    {TOP("\"seed\":\"\""), "'m.json': seed " WHOLE_RULE "\"\""},
    {TOP("\"seed\":\" 1\""), "'m.json': seed " WHOLE_RULE "\" 1\""},
    {ONE(",\"seed\":\"-1\""), IN_A "seed " WHOLE_RULE "\"-1\""},
    {ONE(",\"layer\":[1]"), IN_A LAYER_RULE "[1]"},
    {ONE(",\"mode\":\"hee\""), IN_A "mode must be " MODES ", not \"hee\""},
    {TOP("\"mode\":1"), "'m.json': mode must be " MODES ", not 1"},
    {ONE(",\"dist\":\"cauchy\""), IN_A "dist must be " DISTS ", not \"cauchy\""},
    {ONE(",\"fan_in\":1"), IN_A "fan_in must be cols or rows, not 1"},
    {ONE(",\"dtype\":\"int8\""), IN_A "dtype must be float64 (f8), float32 (f4), float16 (f2) or "
                                      "bfloat16 (bf16), not \"int8\""},
    {ONE(",\"std\":0.1"), IN_A "std needs the mode normal; other modes set their own"},
    {ONE(",\"mode\":\"normal\",\"std\":0"), IN_A "std must be a number above 0, not 0"},
    {ONE(",\"mode\":\"normal\",\"std\":-1"), IN_A "std must be a number above 0, not -1"},
    {ONE(",\"mode\":\"normal\",\"std\":\"0.1x\""),
     IN_A "std must be a number above 0, not \"0.1x\""},
    {ONE(",\"mode\":\"normal\",\"std\":1e300,\"gain\":1e300"),
     IN_A "std times gain must be a binary64 number above 0; it is inf"},
    {ONE(",\"gain\":null"), IN_A "gain must be a number above 0, not null"},
    {ONE(",\"orthogonal\":1"), IN_A "orthogonal must be true or false, not 1"},
    {ONE(",\"zero_mean\":\"yes\""), IN_A "zero_mean must be true or false, not \"yes\""},
    {ONE(",\"zero_mean\":true"),
     IN_A "zero-mean slices need the four dimensions out, in, height, width"},
    {TENSORS("{\"name\":\"a\",\"shape\":[2],\"orthogonal\":true}"),
     IN_A "only a tensor of 2 dimensions or more can be orthogonal"},
    {TENSORS("{\"name\":\"a\",\"shape\":[2]},{\"name\":\"b\",\"shape\":[2]},"
             "{\"name\":\"b\",\"shape\":[3]},{\"name\":\"a\",\"shape\":[2]}"),
     "'m.json', tensor 3 'b': a tensor before it has the same name"},
    {ONE(",\"dist\":\"0123456789012345678901234567890123456789012345678901234567890123456789\""),
     IN_A "dist must be " DISTS ", not "
          "\"01234567890123456789012345678901234567890123456789012345678..."},
};

static void test_bad_manifests(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof bad / sizeof bad[0]; n++) {
        detinit_network network = {.count = 77};
        detinit_error error = {0};
        assert_int_equal(parse(bad[n][0], &network, &error), DETINIT_INVALID);
        assert_string_equal(error.message, bad[n][1]);
        assert_int_equal(error.status, DETINIT_INVALID);
        assert_int_equal(network.count, 77);
        assert_int_equal(parse(bad[n][0], &network, NULL), DETINIT_INVALID);
    }
}

/* What a text says up to its length counts, whatever comes after. */
static void test_length(void **state)
{
    (void)state;
    detinit_network n;
    const char text[] = ONE("") "garbage";
    assert_int_equal(detinit_network_parse(text, strlen(text) - 7, "m", &n, NULL), DETINIT_OK);
    detinit_network_free(&n);
    for (size_t length = 0; length < strlen(ONE("")); length++)
        assert_int_equal(detinit_network_parse(text, length, "m", &n, NULL), DETINIT_INVALID);
    const char nul[] = "{\"tensors\":[{\"name\":\"a\0b\",\"shape\":[2]}]}";
    assert_int_equal(detinit_network_parse(nul, sizeof nul - 1, "m", &n, NULL), DETINIT_INVALID);
}

static void test_deep(void **state)
{
    (void)state;
    const size_t depth = 1000000;
    detinit_network n;
    char *text = allocate(depth);
    memset(text, '[', depth);
    assert_int_equal(detinit_network_parse(text, depth, "m", &n, NULL), DETINIT_INVALID);
    free(text);
}

/* A manifest of `count` tensors, to be freed. */
static char *many(size_t count)
{
    char *text = allocate(64 + count * 40), *at = text;
    at += sprintf(at, "{\"tensors\":[");
    for (size_t n = 0; n < count; n++)
        at += sprintf(at, "%s{\"name\":\"t%zu\",\"shape\":[1]}", n > 0 ? "," : "", n);
    sprintf(at, "]}");
    return text;
}

static void test_many(void **state)
{
    (void)state;
    detinit_network n;
    detinit_error error;
    char *most = many(DETINIT_NETWORK_MOST), *more = many(DETINIT_NETWORK_MOST + 1);
    assert_int_equal(parse(more, &n, &error), DETINIT_INVALID);
    assert_string_equal(
        error.message,
        "'m.json': tensors must be a list of 1 .. 1048576 objects, not a list of 1048577 items");
    parse_good(most, &n);
    assert_int_equal(n.count, DETINIT_NETWORK_MOST);
    assert_int_equal(n.layers[1048575].recipe.layer, 1048575);
    detinit_network_free(&n);
    free(most);
    free(more);
}

/* ------------------------------------------------------------------ writing */

static void check_round_trip(const detinit_network *network)
{
    detinit_network back;
    char *text = detinit_network_manifest(network), *again;
    assert_non_null(text);
    parse_good(text, &back);
    assert_int_equal(back.count, network->count);
    for (size_t n = 0; n < back.count; n++) {
        assert_string_equal(back.layers[n].name, network->layers[n].name);
        assert_true(detinit_recipe_equal(&back.layers[n].recipe, &network->layers[n].recipe));
    }
    again = detinit_network_manifest(&back);
    assert_string_equal(again, text);
    detinit_network_free(&back);
    free(text);
    free(again);
}

static void test_manifest_text(void **state)
{
    (void)state;
    detinit_network n;
    parse_good("{\"seed\":\"18446744073709551615\",\"tensors\":["
               "{\"name\":\"a \\u00e9\\\"\",\"shape\":[9007199254740993,2],\"mode\":\"normal\","
               "\"std\":0.1},"
               "{\"name\":\"b\",\"shape\":[3,3],\"layer\":7,\"seed\":5,\"orthogonal\":true,"
               "\"gain\":1.5,\"fan_in\":\"rows\",\"dist\":\"uniform\",\"dtype\":\"f2\"},"
               "{\"name\":\"c\",\"shape\":[2,2,3,3],\"zero_mean\":true}]}",
               &n);
    char *text = detinit_network_manifest(&n);
    assert_string_equal(
        text, "{\n  \"version\": 1,\n  \"seed\": \"18446744073709551615\",\n  \"tensors\": [\n"
              "    {\"name\": \"a \xc3\xa9\\\"\", \"shape\": [\"9007199254740993\", 2], \"mode\": "
              "\"normal\", \"std\": 0.10000000000000001, \"dtype\": \"float64\"},\n"
              "    {\"name\": \"b\", \"shape\": [3, 3], \"layer\": 7, \"seed\": 5, \"mode\": "
              "\"he\", \"dist\": \"uniform\", \"gain\": 1.5, \"fan_in\": \"rows\", "
              "\"orthogonal\": true, \"dtype\": \"float16\"},\n"
              "    {\"name\": \"c\", \"shape\": [2, 2, 3, 3], \"mode\": \"he\", \"zero_mean\": "
              "true, \"dtype\": \"float64\"}\n  ]\n}\n");
    free(text);
    check_round_trip(&n);
    detinit_network_free(&n);
}

/* Numbers below `count`, from a stream of hashes. */
static uint64_t any(uint64_t *state, uint64_t count)
{
    return detinit_hash64(++*state) % count;
}

/* A number above 0, with all of its digits. */
static double any_real(uint64_t *state)
{
    const int exponent = (int)any(state, 100) - 50;
    return ldexp(1 + detinit_u01(detinit_hash64(++*state)), exponent);
}

/* A recipe with anything in its fields, most of which are valid together. */
static detinit_recipe any_fields(uint64_t *state)
{
    detinit_recipe r = detinit_recipe_matrix(0, 0, 1, 1);
    const uint64_t seed_shift = any(state, 64), layer_shift = any(state, 64);
    r.seed = detinit_hash64(++*state) >> seed_shift;
    r.layer = detinit_hash64(++*state) >> layer_shift;
    r.rank = any(state, 9);
    for (size_t n = 0; n < r.rank; n++)
        r.shape[n] = any(state, n + 1 == r.rank && any(state, 2) ? DETINIT_MAX_DIMENSION : 99);
    r.mode = (detinit_mode)any(state, DETINIT_MODE_COUNT);
    r.dist = (detinit_dist)any(state, DETINIT_DIST_COUNT);
    r.fan_in = (detinit_axis)any(state, DETINIT_AXIS_COUNT);
    r.dtype = (detinit_dtype)any(state, DETINIT_DTYPE_COUNT);
    r.via = (detinit_dtype)any(state, DETINIT_DTYPE_COUNT);
    r.fan_mode = (detinit_fan_mode)any(state, DETINIT_FAN_MODE_COUNT);
    r.nonlinearity = (detinit_nonlinearity)any(state, DETINIT_NONLINEARITY_COUNT);
    r.slope = any(state, 2) ? -any_real(state) : any_real(state);
    r.std = any_real(state);
    r.value = -any_real(state);
    if (any(state, 2))
        r.gain = any_real(state);
    if (any(state, 2))
        r.mean = any_real(state);
    if (any(state, 2))
        r.cut = 0.5 + 7 * detinit_u01(detinit_hash64(++*state));
    if (any(state, 2))
        r.zero = detinit_u01(detinit_hash64(++*state));
    if (any(state, 2))
        r.fans[0] = r.fans[1] = detinit_hash64(++*state) | 1;
    r.has_zero_row = any(state, 2);
    r.zero_row = any(state, 99);
    r.orthogonal = any(state, 3) == 0;
    r.zero_mean = any(state, 3) == 0;
    return r;
}

static detinit_recipe any_recipe(uint64_t *state)
{
    detinit_recipe r = any_fields(state);
    while (detinit_recipe_check(&r, NULL) != DETINIT_OK)
        r = any_fields(state);
    return r;
}

/* Parts of three rows, or columns, nine altogether, that differ in all that parts can. */
static void any_parts(uint64_t *state, detinit_recipe *whole, detinit_recipe parts[3])
{
    do {
        *whole = any_recipe(state);
        whole->has_zero_row = whole->zero_mean = false;
    } while (whole->rank == 0 || whole->rank == 4);
    whole->part_axis = whole->rank == 2;
    for (size_t n = 0; n < 3; n++) {
        do {
            parts[n] = any_recipe(state);
            parts[n].rank = whole->rank;
            memcpy(parts[n].shape, whole->shape, sizeof whole->shape);
            parts[n].shape[whole->part_axis] = 3;
            parts[n].seed = whole->seed;
            parts[n].fan_in = whole->fan_in;
            parts[n].via = whole->via;
            parts[n].dtype = whole->dtype;
        } while (detinit_recipe_check(&parts[n], NULL) != DETINIT_OK);
    }
    whole->shape[whole->part_axis] = 9;
    whole->part_count = 3;
    whole->parts = parts;
}

static void test_round_trips(void **state)
{
    (void)state;
    detinit_layer layers[50];
    uint64_t random = 1;
    for (int round = 0; round < 40; round++) {
        char names[50][24];
        detinit_recipe parts[5][3];
        for (int n = 0; n < 50; n++) {
            snprintf(names[n], sizeof names[n], "layer/%d: weight", n);
            layers[n] = (detinit_layer){names[n], any_recipe(&random)};
            if (n % 10 == 0)
                any_parts(&random, &layers[n].recipe, parts[n / 10]);
        }
        check_round_trip(&(detinit_network){.count = 50, .layers = layers});
    }
}

static void test_no_manifest(void **state)
{
    (void)state;
    char *const names[] = {"", "__metadata__", "\xff", "\x1b", "a\nb"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        detinit_layer layer = {names[n], detinit_recipe_matrix(42, 0, 2, 2)};
        assert_null(detinit_network_manifest(&(detinit_network){.count = 1, .layers = &layer}));
    }
    detinit_layer layer = {"a", detinit_recipe_matrix(42, 0, UINT64_MAX, 2)};
    assert_null(detinit_network_manifest(&(detinit_network){.count = 1, .layers = &layer}));
}

/* ------------------------------------------------------------------- widths */

static void test_layers(void **state)
{
    (void)state;
    const uint64_t shapes[][2] = {{256, 784}, {128, 256}, {10, 128}};
    detinit_network n;
    detinit_recipe like = detinit_recipe_matrix(7, 5, 1, 1);
    like.dtype = DETINIT_FLOAT16;
    assert_int_equal(detinit_network_layers("784-256-128-10", &like, &n, NULL), DETINIT_OK);
    assert_int_equal(n.count, 3);
    for (size_t k = 0; k < 3; k++) {
        char name[8];
        detinit_recipe expected = detinit_recipe_matrix(7, 5 + k, shapes[k][0], shapes[k][1]);
        expected.dtype = DETINIT_FLOAT16;
        snprintf(name, sizeof name, "fc%zu", k + 1);
        assert_string_equal(n.layers[k].name, name);
        assert_true(detinit_recipe_equal(&n.layers[k].recipe, &expected));
    }
    check_round_trip(&n);
    detinit_network_free(&n);
    like.fan_in = DETINIT_FAN_IN_ROWS;
    assert_int_equal(detinit_network_layers("784-256", &like, &n, NULL), DETINIT_OK);
    assert_int_equal(n.layers[0].recipe.shape[0], 784);
    assert_int_equal(n.layers[0].recipe.shape[1], 256);
    assert_true(detinit_recipe_fan_in(&n.layers[0].recipe) == 784);
    detinit_network_free(&n);
}

/* A network that a program puts together itself has no index. */
static void test_own_layers(void **state)
{
    (void)state;
    detinit_layer layers[] = {{.name = "b"}, {.name = "a"}, {.name = "c"}};
    const detinit_network n = {.layers = layers, .count = 3};
    for (size_t k = 0; k < 3; k++)
        assert_ptr_equal(detinit_network_find(&n, layers[k].name), &layers[k]);
    assert_null(detinit_network_find(&n, "d"));
    assert_null(detinit_network_find(&(detinit_network){.count = 0}, "a"));
}

static void test_bad_layers(void **state)
{
    (void)state;
    const char *const widths[] = {"",
                                  "10",
                                  "-10",
                                  "10-",
                                  "10--5",
                                  "10-0",
                                  "10-a",
                                  "10 5",
                                  "10x5",
                                  "a",
                                  "-",
                                  "10-9223372036854775808",
                                  "1-2 ",
                                  " 1-2",
                                  "1-+2",
                                  "0x1-2",
                                  "3-111111111111111111111111",
                                  "18446744073709551617-2"};
    detinit_recipe like = detinit_recipe_matrix(42, 0, 1, 1);
    detinit_network n = {.count = 77};
    detinit_error error;
    for (size_t k = 0; k < sizeof widths / sizeof widths[0]; k++) {
        char expected[200];
        snprintf(expected, sizeof expected,
                 "'%s' is not a network: two or more widths, each 1 .. 2^63-1, joined by dashes, "
                 "784-256-128-10",
                 widths[k]);
        assert_int_equal(detinit_network_layers(widths[k], &like, &n, &error), DETINIT_INVALID);
        assert_string_equal(error.message, expected);
    }
    like.zero_mean = true;
    assert_int_equal(detinit_network_layers("2-3", &like, &n, &error), DETINIT_INVALID);
    assert_string_equal(error.message,
                        "zero-mean slices need the four dimensions out, in, height, width");
    char *long_widths = allocate(2 * DETINIT_NETWORK_MOST + 8);
    for (size_t k = 0; k < 2 * (DETINIT_NETWORK_MOST + 2); k += 2)
        memcpy(long_widths + k, "1-", 3);
    strcpy(long_widths + 2 * (DETINIT_NETWORK_MOST + 2) - 1, "");
    assert_int_equal(detinit_network_layers(long_widths, &like, &n, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "a network can have 1048576 tensors at most, not 1048577");
    assert_int_equal(n.count, 77);
    free(long_widths);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),      cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_bad_manifests), cmocka_unit_test(test_length),
        cmocka_unit_test(test_deep),          cmocka_unit_test(test_many),
        cmocka_unit_test(test_manifest_text), cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_no_manifest),   cmocka_unit_test(test_layers),
        cmocka_unit_test(test_bad_layers),    cmocka_unit_test(test_own_layers),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
