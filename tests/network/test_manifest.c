/* What manifests can say of many tensors: layers of names, parts, repeats, arithmetic. */
#include "network_check.h"

#include "detinit_network.h"

#include <math.h>

/* ------------------------------------------------------------------- layers */

/* The first 16 hex digits of `printf %s fc1 | sha256sum`, and of fc1.0 and fc1.1. */
#define LAYER_FC1   0xcb107ef919596a96
#define LAYER_FC1_0 0x2ef6b0f4361ed7bc
#define LAYER_FC1_1 0xc647eef98249fa68

static void test_layers_of_names(void **state)
{
    (void)state;
    detinit_network n;
    parse_good("{\"layer\":\"name\",\"tensors\":["
               "{\"name\":\"fc1\",\"shape\":[2]},"
               "{\"name\":\"b\",\"shape\":[2],\"layer\":\"position\"},"
               "{\"name\":\"c\",\"shape\":[2],\"layer\":\"2 * 21\"}]}",
               &n);
    assert_int_equal(n.layers[0].recipe.layer, LAYER_FC1);
    assert_int_equal(n.layers[1].recipe.layer, 1);
    assert_int_equal(n.layers[2].recipe.layer, 42);
    detinit_network_free(&n);
    parse_good("{\"layer\":\"position\",\"tensors\":["
               "{\"name\":\"a\",\"shape\":[2]},"
               "{\"name\":\"fc1\",\"shape\":[2],\"layer\":\"name\"},"
               "{\"name\":\"c\",\"shape\":[2]}]}",
               &n);
    assert_int_equal(n.layers[0].recipe.layer, 0);
    assert_int_equal(n.layers[1].recipe.layer, LAYER_FC1);
    assert_int_equal(n.layers[2].recipe.layer, 2);
    detinit_network_free(&n);
}

/* -------------------------------------------------------------------- parts */

static void test_parts(void **state)
{
    (void)state;
    detinit_network n;
    parse_good("{\"seed\":7,\"gain\":3,\"tensors\":[{\"name\":\"fc1\",\"shape\":[6,4],"
               "\"mode\":\"xavier\",\"dtype\":\"f4\",\"fan_in\":\"rows\",\"parts\":["
               "{\"rows\":1,\"gain\":2},{\"rows\":\"1 + 1\",\"mode\":\"zeros\",\"layer\":\"name\"},"
               "{\"rows\":3,\"layer\":5,\"fans\":[8,9],\"zero_row\":2}]}]}",
               &n);
    const detinit_recipe *whole = &n.layers[0].recipe, *parts = whole->parts;
    const uint64_t rows[] = {1, 2, 3}, layers[] = {LAYER_FC1_0, LAYER_FC1_1, 5};
    assert_int_equal(whole->part_count, 3);
    for (size_t k = 0; k < 3; k++) {
        detinit_recipe part = detinit_recipe_matrix(7, layers[k], rows[k], 4);
        part.mode = k == 1 ? DETINIT_CONSTANT : DETINIT_XAVIER;
        part.gain = k == 0 ? 2 : 3;
        part.dtype = DETINIT_FLOAT32;
        part.fan_in = DETINIT_FAN_IN_ROWS;
        part.fans[0] = k == 2 ? 8 : 0;
        part.fans[1] = k == 2 ? 9 : 0;
        part.has_zero_row = k == 2;
        part.zero_row = 2;
        assert_true(detinit_recipe_equal(&parts[k], &part));
        assert_int_equal(parts[k].layer, layers[k]);
    }
    detinit_network_free(&n);
}

/* A fused tensor of one part is that part, to the bit. */
static void test_one_part(void **state)
{
    (void)state;
    detinit_network n;
    detinit_matrix *matrix[2];
    float weights[2][12];
    parse_good("{\"dtype\":\"f4\",\"tensors\":["
               "{\"name\":\"a\",\"shape\":[3,4],\"parts\":[{\"rows\":3,\"layer\":9}]},"
               "{\"name\":\"b\",\"shape\":[3,4],\"layer\":9}]}",
               &n);
    for (size_t k = 0; k < 2; k++) {
        assert_int_equal(detinit_matrix_new(&n.layers[k].recipe, NULL, &matrix[k], NULL),
                         DETINIT_OK);
        assert_int_equal(detinit_matrix_fill(matrix[k], NULL, weights[k], NULL), DETINIT_OK);
        detinit_matrix_free(matrix[k]);
    }
    assert_memory_equal(weights[0], weights[1], sizeof weights[0]);
    detinit_network_free(&n);
}

/* ------------------------------------------------------------------ repeats */

static void test_repeats(void **state)
{
    (void)state;
    detinit_network n;
    parse_good("{\"mode\":\"normal\",\"tensors\":["
               "{\"name\":\"{i}\",\"shape\":[2]},"
               "{\"about\":\"x\",\"repeat\":2,\"as\":\"i\",\"tensors\":["
               "{\"name\":\"l{i}\",\"shape\":[\"i + 1\"],\"std\":\"0.02 / sqrt(2 * (i + 1))\"},"
               "{\"repeat\":\"i + 1\",\"as\":\"j\",\"tensors\":["
               "{\"name\":\"l{i}.{10 * i + j}\",\"shape\":[2],\"layer\":\"100 * i + j\"}]}]},"
               "{\"name\":\"end\",\"shape\":[2]}]}",
               &n);
    const char *const names[] = {"{i}", "l0", "l0.0", "l1", "l1.10", "l1.11", "end"};
    const uint64_t layers[] = {0, 1, 0, 3, 100, 101, 6};
    assert_int_equal(n.count, 7);
    for (size_t k = 0; k < 7; k++) {
        assert_string_equal(n.layers[k].name, names[k]);
        assert_int_equal(n.layers[k].recipe.layer, layers[k]);
        assert_ptr_equal(detinit_network_find(&n, names[k]), &n.layers[k]);
    }
    assert_true(n.layers[3].recipe.shape[0] == 2 && n.layers[3].recipe.std == 0.01);
    assert_true(n.layers[1].recipe.std == 0.02 / sqrt(2));
    assert_null(detinit_network_find(&n, "l2"));
    detinit_network_free(&n);
}

static void test_initializers(void **state)
{
    (void)state;
    detinit_network n;
    parse_good("{\"mode\":\"Kaiming_Uniform_\",\"tensors\":["
               "{\"name\":\"a\",\"shape\":[2,2]},"
               "{\"name\":\"b\",\"shape\":[2,2],\"mode\":\"he_normal\",\"dist\":\"normal\"},"
               "{\"name\":\"c\",\"shape\":[2,2],\"mode\":\"ones\"},"
               "{\"name\":\"d\",\"shape\":[2,2],\"mode\":\"eye\",\"gain\":\"1 / 4\"},"
               "{\"name\":\"e\",\"shape\":[2,2],\"mode\":\"orthogonal\"},"
               "{\"name\":\"f\",\"shape\":[2,2],\"mode\":\"zeros\",\"orthogonal\":false}]}",
               &n);
    assert_true(n.layers[0].recipe.mode == DETINIT_HE);
    assert_true(n.layers[0].recipe.dist == DETINIT_DIST_UNIFORM);
    assert_true(n.layers[1].recipe.dist == DETINIT_DIST_NORMAL);
    assert_true(n.layers[2].recipe.mode == DETINIT_CONSTANT && n.layers[2].recipe.value == 1);
    assert_true(n.layers[3].recipe.mode == DETINIT_IDENTITY && n.layers[3].recipe.gain == 0.25);
    assert_true(n.layers[4].recipe.orthogonal);
    assert_true(n.layers[5].recipe.mode == DETINIT_CONSTANT && n.layers[5].recipe.value == 0);
    detinit_network_free(&n);
}

/* ------------------------------------------------------------------ refusals */

#define TENSORS(list)    "{\"tensors\":[" list "]}"
#define ONE(rest)        TENSORS("{\"name\":\"a\",\"shape\":[4,2]" rest "}")
#define PARTS(list)      ONE(",\"parts\":[" list "]")
#define REPEAT(rest)     TENSORS("{\"repeat\":2" rest "}")
#define LOOP(name, rest) REPEAT(",\"as\":\"i\",\"tensors\":[{\"name\":\"" name "\"" rest "}]")
#define TOO_DEEP                                                                                   \
    "{\"repeat\":1,\"as\":\"a1\",\"tensors\":[{\"repeat\":1,\"as\":\"a2\",\"tensors\":["           \
    "{\"repeat\":1,\"as\":\"a3\",\"tensors\":[{\"repeat\":1,\"as\":\"a4\",\"tensors\":["           \
    "{\"repeat\":1,\"as\":\"a5\",\"tensors\":[{\"repeat\":1,\"as\":\"a6\",\"tensors\":["           \
    "{\"repeat\":1,\"as\":\"a7\",\"tensors\":[{\"repeat\":1,\"as\":\"a8\",\"tensors\":["           \
    "{\"repeat\":1,\"as\":\"a9\",\"tensors\":[{}]}]}]}]}]}]}]}]}]}"
#define IN_A         "'m.json', tensor 1 'a': "
#define IN_PART      "'m.json', tensor 1 'a', part "
#define IN_1         "'m.json', tensor 1: "
#define NO_EFFECT(x) " has no effect on " x "; leave it out"
#define BRACES_RULE                                                                                \
    "name must be text that is a name when each {...} in it is a whole number, an arithmetic "     \
    "of the repeats' own names, not "
#define NAME_RULE                                                                                  \
    "name must be 1 .. 4096 bytes of UTF-8 text without control characters, and not "              \
    "__metadata__, not "
#define AS_RULE                                                                                    \
    "as must be letters, digits and underscores, other than sqrt, name, position and the repeats " \
    "around it, not "
#define FANS_RULE "fans must be a list of two whole numbers, fan_in and fan_out, not "
#define LIST_RULE " must be a list of 1 .. 1048576 objects, not "

static const char *const bad[][2] = {
    /* What has no effect. */
    {ONE(",\"mean\":1,\"mode\":\"zeros\""), IN_A "mean" NO_EFFECT("mode constant")},
    {ONE(",\"value\":1"), IN_A "value" NO_EFFECT("mode he")},
    {ONE(",\"cut\":3"), IN_A "cut" NO_EFFECT("dist normal")},
    {ONE(",\"cut\":2,\"dist\":\"uniform\""), IN_A "cut" NO_EFFECT("dist uniform")},
    {ONE(",\"fan_mode\":\"fan_out\",\"mode\":\"xavier\""),
     IN_A "fan_mode" NO_EFFECT("mode xavier")},
    {ONE(",\"fan_mode\":\"fan_out\",\"mode\":\"normal\""),
     IN_A "fan_mode" NO_EFFECT("mode normal")},
    {ONE(",\"fans\":[2,3],\"mode\":\"normal\""), IN_A "fans" NO_EFFECT("mode normal")},
    {ONE(",\"fans\":[2,3],\"orthogonal\":true"), IN_A "fans" NO_EFFECT("an orthogonal tensor")},
    {ONE(",\"mean\":1,\"orthogonal\":true"), IN_A "mean" NO_EFFECT("an orthogonal tensor")},
    {ONE(",\"zero\":0.5,\"mode\":\"eye\""), IN_A "zero" NO_EFFECT("mode identity")},
    {ONE(",\"gain\":2,\"mode\":\"ones\""), IN_A "gain" NO_EFFECT("mode constant")},
    {ONE(",\"dist\":\"normal\",\"mode\":\"ones\""), IN_A "dist" NO_EFFECT("mode constant")},
    {ONE(",\"nonlinearity\":\"relu\",\"mode\":\"ones\""),
     IN_A "nonlinearity" NO_EFFECT("mode constant")},
    {ONE(",\"std\":1,\"mode\":\"zeros\""),
     IN_A "std needs the mode normal; other modes set their own"},
    {ONE(",\"orthogonal\":true,\"mode\":\"constant\""), IN_A "mode constant cannot be orthogonal"},
    /* Values. */
    {ONE(",\"mean\":\"1 / 0\""), IN_A "mean must be a number, not \"1 / 0\""},
    {ONE(",\"mean\":\"i\""), IN_A "mean must be a number, not \"i\""},
    {ONE(",\"gain\":\"2 -\""), IN_A "gain must be a number above 0, not \"2 -\""},
    {ONE(",\"gain\":\"1 - 1\""), IN_A "gain must be a number above 0, not \"1 - 1\""},
    {ONE(",\"zero\":1.5"), IN_A "zero must be a share, 0 .. 1, not 1.5"},
    {ONE(",\"fans\":[1]"), IN_A "fans must be a list of two whole numbers, fan_in and fan_out, "
                                "not [1]"},
    {ONE(",\"zero_row\":4"), IN_A "zero_row must be a row of the first dimension, below 4, not 4"},
    {ONE(",\"layer\":\"names\""),
     IN_A "layer must be a whole number, 0 .. 2^64-1, \"name\" or \"position\", not \"names\""},
    {ONE(",\"layer\":\"1 / 2\""),
     IN_A "layer must be a whole number, 0 .. 2^64-1, \"name\" or \"position\", not \"1 / 2\""},
    {ONE(",\"layer\":\"2 * 9007199254740992\""),
     IN_A "layer must be a whole number, 0 .. 2^64-1, \"name\" or \"position\", not "
          "\"2 * 9007199254740992\""},
    {"{\"layer\":\"5\",\"tensors\":[{}]}",
     "'m.json': layer must be \"name\" or \"position\", not \"5\""},
    {ONE(",\"fans\":\"2\""), IN_A FANS_RULE "\"2\""},
    {ONE(",\"fans\":[-1,2]"), IN_A FANS_RULE "[-1, 2]"},
    {ONE(",\"fans\":[2,\"x\"]"), IN_A FANS_RULE "[2, \"x\"]"},
    {ONE(",\"fans\":[0,2]"), IN_A FANS_RULE "[0, 2]"},
    {ONE(",\"fans\":[2,0]"), IN_A FANS_RULE "[2, 0]"},
    {ONE(",\"fans\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]"),
     IN_A FANS_RULE "a list of 17 items"},
    {ONE(",\"mean\":[]"), IN_A "mean must be a number, not []"},
    {ONE(",\"zero\":-0.5"), IN_A "zero must be a share, 0 .. 1, not -0.5"},
    /* Parts. */
    {PARTS("{\"rows\":\"9223372036854775808\"}"),
     IN_PART "1: rows must be a whole number, 0 .. 2^63-1, not \"9223372036854775808\""},
    {PARTS("{\"rows\":\"x\"}"), IN_PART "1: rows must be a whole number, 0 .. 2^63-1, not \"x\""},
    {PARTS("{\"rows\":2,\"layer\":\"x\"}"),
     IN_PART "1: layer must be a whole number, 0 .. 2^64-1, or \"name\", not \"x\""},
    {ONE(",\"layer\":\"position\",\"parts\":[{\"rows\":4}]"),
     IN_A "a tensor of parts has no layer of its own; its parts state theirs"},
    {PARTS(""), IN_A "parts" LIST_RULE "[]"},
    {ONE(",\"parts\":{}"), IN_A "parts" LIST_RULE "an object"},
    {PARTS("4"), IN_PART "1: it must be an object with rows, not 4"},
    {PARTS("{\"mode\":\"he\"}"), IN_PART "1: it needs rows"},
    {PARTS("{\"rows\":-1}"), IN_PART "1: rows must be a whole number, 0 .. 2^63-1, not -1"},
    {PARTS("{\"rows\":2},{\"rows\":3}"),
     IN_A "the rows of its parts must add up to its first dimension"},
    {PARTS("{\"rows\":2},{\"rows\":1}"),
     IN_A "the rows of its parts must add up to its first dimension"},
    {PARTS("{\"rows\":2},{\"rows\":2,\"dtype\":\"f4\"}"), IN_PART
     "2: \"dtype\" is unknown; it takes about, rows, cols, layer, mode, dist, cut, std, gain, "
     "mean, value, fans, fan_mode, nonlinearity, orthogonal, zero_mean, zero, zero_row"},
    {PARTS("{\"rows\":2},{\"rows\":2,\"layer\":\"position\"}"),
     IN_PART "2: layer must be a whole number, 0 .. 2^64-1, or \"name\", not \"position\""},
    {PARTS("{\"cols\":4},{\"rows\":2}"), IN_PART "2: it needs cols"},
    {PARTS("{\"cols\":4,\"rows\":2}"),
     IN_PART "1: it has rows or cols, as the other parts, not both"},
    {PARTS("{\"cols\":2},{\"cols\":1}"),
     IN_A "the columns of its parts must add up to its second dimension"},
    {PARTS("{\"rows\":4,\"value\":2}"), IN_PART "1: value" NO_EFFECT("mode he")},
    {PARTS("{\"rows\":4,\"mode\":\"dirac\"}"),
     IN_PART "1: mode dirac needs a kernel of 3 to 5 dimensions, not 2"},
    {ONE(",\"layer\":3,\"parts\":[{\"rows\":4}]"),
     IN_A "a tensor of parts has no layer of its own; its parts state theirs"},
    {ONE(",\"value\":3,\"parts\":[{\"rows\":4}]"),
     IN_A "value" NO_EFFECT("a tensor of such parts")},
    {ONE(",\"zero_row\":3,\"parts\":[{\"rows\":4}]"),
     IN_A "zero_row" NO_EFFECT("a tensor of such parts")},
    {TENSORS("{\"name\":\"a\",\"shape\":[],\"parts\":[{\"rows\":0}]}"),
     IN_A "a single number has no parts"},
    /* Repeats. */
    {REPEAT(""), IN_1 "a repeat needs as, the name of its number"},
    {REPEAT(",\"as\":\"i\""), IN_1 "a repeat needs tensors, a list of objects"},
    {REPEAT(",\"as\":\"i\",\"tensors\":[]"), IN_1 "tensors" LIST_RULE "[]"},
    {REPEAT(",\"as\":\"i\",\"tensors\":[3]"),
     IN_1 "it must be an object with name and shape, not 3"},
    {REPEAT(",\"as\":\"i j\",\"tensors\":[{}]"), IN_1 AS_RULE "\"i j\""},
    {REPEAT(",\"as\":\"1i\",\"tensors\":[{}]"), IN_1 AS_RULE "\"1i\""},
    {REPEAT(",\"as\":\"sqrt\",\"tensors\":[{}]"), IN_1 AS_RULE "\"sqrt\""},
    {REPEAT(",\"as\":\"name\",\"tensors\":[{}]"), IN_1 AS_RULE "\"name\""},
    {REPEAT(",\"as\":7,\"tensors\":[{}]"), IN_1 AS_RULE "7"},
    {REPEAT(",\"as\":\"i\",\"tensors\":[{\"repeat\":1,\"as\":\"i\",\"tensors\":[{}]}]"),
     IN_1 AS_RULE "\"i\""},
    {REPEAT(",\"name\":\"a\""), IN_1 "\"name\" is unknown; it takes about, repeat, as, tensors"},
    {TENSORS("{\"repeat\":0,\"as\":\"i\",\"tensors\":[{}]}"),
     IN_1 "repeat must be a whole number, 1 .. 1048576, not 0"},
    {TENSORS("{\"repeat\":1048577,\"as\":\"i\",\"tensors\":[{}]}"),
     IN_1 "repeat must be a whole number, 1 .. 1048576, not 1048577"},
    {TENSORS("{\"repeat\":\"2 / 4\",\"as\":\"i\",\"tensors\":[{}]}"),
     IN_1 "repeat must be a whole number, 1 .. 1048576, not \"2 / 4\""},
    {TENSORS("{\"name\":\"z\",\"shape\":[2]},{\"repeat\":2,\"as\":\"i\",\"tensors\":[{\"name\":"
             "\"l{i}\",\"shape\":[\"1 - i\", \"i - 1\"]}]}"),
     "'m.json', tensor 2 'l0': shape must be a list of 0 .. 8 whole numbers, each 0 .. 2^63-1, "
     "not [\"1 - i\", \"i - 1\"]"},
    {TENSORS(TOO_DEEP), IN_1 "there are more than 8 repeats in one another"},
    {LOOP("l", ",\"shape\":[2]"), "'m.json', tensor 2 'l': a tensor before it has the same name"},
    {LOOP("l{j}", ",\"shape\":[2]"), IN_1 BRACES_RULE "\"l{j}\""},
    {LOOP("l{i", ",\"shape\":[2]"), IN_1 BRACES_RULE "\"l{i\""},
    {LOOP("l{i / 3 + 1}", ",\"shape\":[2]"), "'m.json', tensor 2: " BRACES_RULE "\"l{i / 3 + 1}\""},
    {LOOP("l{}", ",\"shape\":[2]"), IN_1 BRACES_RULE "\"l{}\""},
    {LOOP("l{i}", ""), "'m.json', tensor 1 'l0': it needs a shape"},
    {TENSORS("{\"repeat\":1048576,\"as\":\"i\",\"tensors\":[{\"name\":\"a{i}\",\"shape\":[1]},"
             "{\"name\":\"b{i}\",\"shape\":[1]}]}"),
     "'m.json', tensor 1048577: a network can have 1048576 tensors at most"},
};

static void test_bad_manifests(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof bad / sizeof bad[0]; n++) {
        detinit_network network = {.count = 77};
        detinit_error error = {0};
        assert_int_equal(parse(bad[n][0], &network, &error), DETINIT_INVALID);
        assert_string_equal(error.message, bad[n][1]);
        assert_int_equal(network.count, 77);
        assert_int_equal(parse(bad[n][0], &network, NULL), DETINIT_INVALID);
    }
}

/* 1024 tensors of 1024 parts are as many parts as a network can have. */
static void test_most_parts(void **state)
{
    (void)state;
    char text[1024 * 11 + 200];
    detinit_network network = {.count = 77};
    detinit_error error = {0};
    size_t length =
        (size_t)sprintf(text, "{\"mode\":\"ones\",\"tensors\":[{\"repeat\":1025,\"as\":\"i\","
                              "\"tensors\":[{\"name\":\"l{i}\",\"shape\":[1024],\"parts\":[");
    for (size_t n = 0; n < 1024; n++)
        length += (size_t)sprintf(text + length, "%s{\"rows\":1}", n > 0 ? "," : "");
    sprintf(text + length, "]}]}]}");
    assert_int_equal(parse(text, &network, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "'m.json', tensor 1025 'l1024': its network has more than "
                                       "1048576 parts");
    assert_int_equal(network.count, 77);
    memcpy(strstr(text, "1025"), "   2", 4);
    parse_good(text, &network);
    assert_int_equal(network.layers[1].recipe.part_count, 1024);
    detinit_network_free(&network);
}

/* -------------------------------------------------------------------- names */

static void test_names(void **state)
{
    (void)state;
    char longest[4200], text[4300];
    const char *const names[] = {"encoder/layer_0/kernel:0",
                                 "..",
                                 ".hidden",
                                 "/",
                                 " ",
                                 "a b ",
                                 "m\\\\n",
                                 "\xc3\xa9",
                                 "%2F",
                                 "{",
                                 longest};
    detinit_network n, back;
    memset(longest, 'x', 4096);
    longest[4096] = '\0';
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        snprintf(text, sizeof text, "{\"tensors\":[{\"name\":\"%s\",\"shape\":[2]}]}", names[k]);
        parse_good(text, &n);
        char *manifest = detinit_network_manifest(&n);
        parse_good(manifest, &back);
        assert_string_equal(back.layers[0].name, n.layers[0].name);
        assert_int_equal(strlen(n.layers[0].name), strlen(names[k]) - (names[k][0] == 'm'));
        free(manifest);
        detinit_network_free(&back);
        detinit_network_free(&n);
    }
    /* As long as that, and longer, by what stands in braces. */
    memcpy(longest + 4093, "{i}", 4);
    snprintf(text, sizeof text,
             "{\"tensors\":[{\"repeat\":1001,\"as\":\"i\",\"tensors\":[{\"name\":\"%s\","
             "\"shape\":[2]}]}]}",
             longest);
    detinit_error error = {0};
    assert_int_equal(parse(text, &n, &error), DETINIT_INVALID);
    assert_non_null(strstr(error.message, "'m.json', tensor 1001: name must be text"));
    char *count = strstr(text, "1001");
    memcpy(count, "1000", 4);
    parse_good(text, &n);
    assert_int_equal(strlen(n.layers[999].name), 4096);
    assert_string_equal(n.layers[999].name + 4093, "999");
    detinit_network_free(&n);
    memset(longest, 'x', 4096);
    strcpy(longest + 4096, "x{i}");
    snprintf(
        text, sizeof text,
        "{\"tensors\":[{\"repeat\":1,\"as\":\"i\",\"tensors\":[{\"name\":\"%s\",\"shape\":[2]}]"
        "}]}",
        longest);
    assert_int_equal(parse(text, &n, NULL), DETINIT_INVALID);
    strcpy(longest + 4096, "x");
    snprintf(text, sizeof text, "{\"tensors\":[{\"name\":\"%s\",\"shape\":[2]}]}", longest);
    assert_int_equal(parse(text, &n, NULL), DETINIT_INVALID);
}

/* A million tensors in a line of text, each found at once; one by one they would take hours. */
static void test_million(void **state)
{
    (void)state;
    detinit_network n, back;
    char name[32];
    parse_good("{\"tensors\":[{\"repeat\":1000,\"as\":\"i\",\"tensors\":[{\"repeat\":1000,"
               "\"as\":\"j\",\"tensors\":[{\"name\":\"l{i}/{j}\",\"shape\":[2,2]}]}]}]}",
               &n);
    assert_int_equal(n.count, 1000000);
    for (size_t k = 0; k < n.count; k++) {
        snprintf(name, sizeof name, "l%zu/%zu", k / 1000, k % 1000);
        assert_ptr_equal(detinit_network_find(&n, name), &n.layers[k]);
    }
    char *text = detinit_network_manifest(&n);
    parse_good(text, &back);
    assert_int_equal(back.count, n.count);
    free(text);
    detinit_network_free(&back);
    detinit_network_free(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers_of_names), cmocka_unit_test(test_parts),
        cmocka_unit_test(test_one_part),        cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_initializers),    cmocka_unit_test(test_bad_manifests),
        cmocka_unit_test(test_names),           cmocka_unit_test(test_million),
        cmocka_unit_test(test_most_parts),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
