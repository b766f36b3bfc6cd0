/* Names of tensors are found as training tools write them, by rules, or not at all. */
#include "check.h"

#include "detinit_network.h"
#include "network/name_core.h"

#include <stdlib.h>
#include <string.h>

#define MOST 16

/* -------------------------------------------------------------------- cores */

static bool beside_all(const void *context, const char *name)
{
    (void)context;
    return name[0] != '\0';
}

static void test_cores(void **state)
{
    (void)state;
    /* What PyTorch 2 and Flax write; those of the last column have the siblings that they need. */
    static const struct {
        const char *name, *core, *beside;
    } known[] = {
        {"fc1", "fc1", "fc1"},
        {"fc1.weight", "fc1", "fc1"},
        {"module.fc1.weight", "fc1", "fc1"},
        {"_orig_mod.fc1.weight", "fc1", "fc1"},
        {"module._orig_mod.fc1.weight", "fc1", "fc1"},
        {"_orig_mod.module.fc1.weight", "fc1", "fc1"},
        {"_orig_mod._orig_mod.fc1", "fc1", "fc1"},
        {"state_dict.model.module.fc1.weight", "fc1", "fc1"},
        {"base_model.model.model.layers.0.q.weight", "layers.0.q", "layers.0.q"},
        {"transformer.h.0.attn.c_attn.weight", "h.0.attn.c_attn", "h.0.attn.c_attn"},
        {"_fsdp_wrapped_module.a._fsdp_wrapped_module._checkpoint_wrapped_module.b.weight", "a.b",
         "a.b"},
        {"layers.0._orig_mod.w", "layers.0.w", "layers.0.w"},
        {"x_orig_mod.w", "x_orig_mod.w", "x_orig_mod.w"},
        {"fc1.weight_orig", "fc1", "fc1"},
        {"fc1.bias_orig", "fc1.bias", "fc1.bias"},
        {"fc1.weight_mask", "fc1.weight_mask", "fc1.weight_mask"},
        {"fc1.weight_v", "fc1.weight_v", "fc1"},
        {"fc1.weight_g", "fc1.weight_g", "fc1.weight_g"},
        {"fc1.parametrizations.weight.original", "fc1", "fc1"},
        {"fc1.parametrizations.weight.original1", "fc1.parametrizations.weight.original1", "fc1"},
        {"fc1.parametrizations.weight.original0", "fc1.parametrizations.weight.original0",
         "fc1.parametrizations.weight.original0"},
        {"fc1.parametrizations.bias.original", "fc1.bias", "fc1.bias"},
        {"parametrizations.weight.original", "weight", "weight"},
        {"parametrizations.original", "parametrizations", "parametrizations"},
        {"xparametrizations.weight.original", "xparametrizations.weight.original",
         "xparametrizations.weight.original"},
        {"params.Dense_0.kernel", "Dense_0", "Dense_0"},
        {"dense/kernel:0", "dense", "dense"},
        {"dense/kernel", "dense", "dense"},
        {"fc1.bias", "fc1.bias", "fc1.bias"},
        {"encoder.w", "encoder.w", "encoder.w"},
        {"weight", "weight", "weight"},
        {".weight", ".weight", ".weight"},
        {"module.", "module.", "module."},
        {"module.weight", "weight", "weight"},
        {"mymodule.fc1", "mymodule.fc1", "mymodule.fc1"},
        {"", "", ""},
    };
    for (size_t n = 0; n < sizeof known / sizeof known[0]; n++) {
        char core[128];
        assert_string_equal(name_core(known[n].name, NULL, NULL, core), known[n].core);
        assert_string_equal(name_core(known[n].name, beside_all, NULL, core), known[n].beside);
    }
}

/* ------------------------------------------------------------------ finding */

/* Names between spaces. */
typedef struct list {
    char text[512];
    const char *names[MOST];
    size_t count;
} list;

static void split(const char *text, list *out)
{
    out->count = 0;
    assert_true(strlen(text) < sizeof out->text);
    strcpy(out->text, text);
    for (char *at = strtok(out->text, " "); at != NULL; at = strtok(NULL, " "))
        out->names[out->count++] = at;
}

static detinit_status find(const char *wanted, const char *held, const char *rules, bool partial,
                           detinit_name_place *places, detinit_error *error)
{
    list a, b;
    detinit_name_rules *parsed = NULL;
    split(wanted, &a);
    split(held, &b);
    if (rules != NULL)
        assert_int_equal(detinit_name_rules_parse(rules, "rules", &parsed, error), DETINIT_OK);
    detinit_status status = detinit_names_find(a.names, a.count, "the manifest", b.names, b.count,
                                               "'file'", parsed, partial, places, error);
    detinit_name_rules_free(parsed);
    return status;
}

/*
 * `expected` has a word for each name that is wanted: the number of the one held, "-" for none, and
 * "N+P/Q" or "N|P/Q" for part P of Q.
 */
static void finds(const char *wanted, const char *held, const char *rules, const char *expected)
{
    detinit_name_place places[MOST];
    detinit_error error = {0};
    list words;
    char word[80];
    split(expected, &words);
    detinit_status status = find(wanted, held, rules, true, places, &error);
    assert_string_equal(error.message, "");
    assert_int_equal(status, DETINIT_OK);
    for (size_t n = 0; n < words.count; n++) {
        const detinit_name_place *p = &places[n];
        if (p->held == DETINIT_NAME_MISSING)
            strcpy(word, "-");
        else if (p->stacking == DETINIT_STACKED_NOT)
            snprintf(word, sizeof word, "%zu", p->held);
        else
            snprintf(word, sizeof word, "%zu%c%zu/%zu", p->held,
                     p->stacking == DETINIT_STACKED_ROWS ? '+' : '|', p->part, p->parts);
        assert_string_equal(word, words.names[n]);
    }
}

static void refuses(const char *wanted, const char *held, const char *rules, const char *message)
{
    detinit_name_place places[MOST];
    detinit_error error = {0};
    assert_int_equal(find(wanted, held, rules, false, places, &error), DETINIT_INVALID);
    assert_string_equal(error.message, message);
}

static void test_likeness(void **state)
{
    (void)state;
    finds("fc1 fc2", "fc2.weight fc1.weight fc1.bias", NULL, "1 0");
    finds("fc1.weight fc2.weight", "fc1 fc2", NULL, "0 1");
    finds("model.fc1", "module._orig_mod.fc1.weight", NULL, "0");
    finds("fc1 fc1.bias", "module.fc1.bias module.fc1.weight", NULL, "1 0");
    finds("fc1", "fc1.weight_orig fc1.weight_mask", NULL, "0");
    finds("fc1", "fc1.weight_mask", NULL, "-");
    finds("fc1", "fc1.weight_g fc1.weight_v", NULL, "1");
    finds("fc1", "fc1.weight_orig fc1.weight_u fc1.weight_v", NULL, "0"); /* spectral norm */
    finds("fc1", "fc1.parametrizations.weight.original0 fc1.parametrizations.weight.original1",
          NULL, "1");
    finds("fc1", "fc1.parametrizations.weight.original1", NULL, "-");
    finds("a b c", "", NULL, "- - -");
    /* The letter goes before likeness, and what is called so is nothing else's. */
    finds("fc1", "module.fc1 fc1 fc1.weight", NULL, "1");
    finds("fc1 fc1.weight", "fc1.weight", NULL, "- 0");
    finds("transformer.x model.x", "transformer.x", NULL, "0 -");
    finds("x transformer.x model.x", "module.x transformer.x model.x", NULL, "0 1 2");
    refuses("fc1", "a.fc1 module.fc1 model.fc1.weight", NULL,
            "'file': 'fc1' may be 'module.fc1' and 'model.fc1.weight'; a rule must tell which");
    refuses("fc1", "module.fc1 model.fc1 params.fc1 fc1.kernel", NULL,
            "'file': 'fc1' may be 'module.fc1', 'model.fc1', 'params.fc1', ...; a rule must tell "
            "which");
    /* What is called so to the letter is not told of, though it is like it, too. */
    refuses("fc1 model.fc1", "model.fc1 module.fc1 params.fc1", NULL,
            "'file': 'fc1' may be 'module.fc1' and 'params.fc1'; a rule must tell which");
    refuses("model.x transformer.x", "x.weight", NULL,
            "'file': 'x.weight' may be 'model.x' and 'transformer.x' of the manifest; a rule must "
            "tell which");
}

static void test_rules(void **state)
{
    (void)state;
    finds("a b", "x y", "y = a\nx=b", "1 0");
    finds("a b", "x y", " y = a , x = b # the rest\n# nothing\n\n", "1 0");
    finds("h.0.w h.1.w h.11.w", "m.1.q m.11.q m.0.q", "m.*.q = h.*.w", "2 0 1");
    finds("0.a.w", "net.0.layer.a.b.w", "net.*.layer.*.b.* = *.*.*", "0");
    finds("h.0.q", "my.net.h.0.c", "*.h.*.c = h.*.q", "0"); /* the last ones */
    finds("x.b", "a.b.b", "*.b = x.b", "0");
    finds("2c", "a1b2c", "a*b* = *", "0");
    finds("q.0 k.0", "t.0.w", "t.*.w = q.*, t.*.w = k.*", "0 0"); /* tied */
    finds("embed lm_head", "embed", "embed = lm_head", "0 0");
    finds("q k v bias", "qkv.weight qkv.bias", "qkv.weight = q + k + v", "0+0/3 0+1/3 0+2/3 -");
    finds("h.0.q h.0.k h.1.q h.1.k", "c.1 c.0", "c.* = h.*.q | h.*.k", "1|0/2 1|1/2 0|0/2 0|1/2");
    finds("a,b c=d e*f", "1", "1 = a\\,b, 1 = c\\=d, 1 = e\\*f", "0 0 0");
    finds("a", "*", "\\* = a", "0");
    finds("x", "aba", "ab*ba = x", "-");
    finds("x", "a", "ab*ba = x", "-");
    finds("x", "axc", "a*b*c = x", "-");
    finds("0 1 2 3 4 5 6 7 8 9", "j i h g f e d c b a", "a=0,b=1,c=2,d=3,e=4,f=5,g=6,h=7,i=8,j=9",
          "9 8 7 6 5 4 3 2 1 0");
    finds("x", "abc", "a*b*bc = x", "-");
    finds("x", "abbc", "a*b*bc = x", "0");
    finds("embed lm_head", "model.embed.weight", "model.embed.weight = lm_head", "0 0");
    finds("fc1 other", "module.fc1 model.fc1", "module.fc1 = other", "1 0");
    finds("q k qk", "module.qk", "module.qk = q + k", "0+0/2 0+1/2 -");
    /* Names without what stands in front, where a rule fits none as it is. */
    finds("h.0.q", "module._orig_mod.h.0.c.weight", "h.*.c.weight = h.*.q", "0");
    finds("x", "module.a a", "a = x", "1");
    /* What no recipe is called, a * passes over; the first rule that finds a name has it. */
    finds("w", "net.w net.b", "net.* = *", "0");
    finds("w", "a.w b.w", "b.w = w, *.w = w", "1");
    finds("fc1 fc2", "x.fc1 fc2.weight", "x.* = *", "0 1");
    refuses("w", "a.w b.w", "*.w = w", "rules, line 1, '*.w = w': both 'a.w' and 'b.w' become 'w'");
    refuses("fc1 fc2", "x", "\nx = fc3",
            "rules, line 2, 'x = fc3': the manifest has no tensor 'fc3'; nearest: 'fc1' and 'fc2'");
    refuses("q k", "t", "t = q + v",
            "rules, line 1, 't = q + v': the manifest has no tensor 'v'; nearest: 'q' and 'k'");
    refuses("q.1 k.1", "t.1", "t.* = q.* + v.*",
            "rules, line 1, 't.* = q.* + v.*': the manifest has no tensor 'v.1'; nearest: 'q.1' "
            "and 'k.1'");
    refuses("fc1", "fc1", "module.fc1 = fc1",
            "rules, line 1, 'module.fc1 = fc1': 'file' has no tensor called 'module.fc1'; nearest: "
            "'fc1'");
    finds("fc1", "fc1", "module.fc1 = fc1", "0");         /* of a part */
    finds("a b", "x y", "\ty\t=\ta\r\nx = b\r\n", "1 0"); /* as Windows ends lines */
    finds("x", "m.a.w m.a.b", "m.*.b = x", "1");
    refuses("x", "", "a = x", "rules, line 1, 'a = x': 'file' has no tensor called 'a'");
    refuses("q k", "t", "t = u + v + q",
            "rules, line 1, 't = u + v + q': the manifest has no tensor 'u'; nearest: 'q' and 'k'");
    refuses("q k", "t", "t = q + q + k",
            "rules, line 1, 't = q + q + k': 'q' is in the stack twice");
}

/* Blanks that a backslash stands before are the name's. */
static void test_blanks(void **state)
{
    (void)state;
    const char *const wanted[] = {"a ", " b"}, *const held[] = {" 1 ", "2"};
    detinit_name_place places[2];
    detinit_name_rules *rules;
    assert_int_equal(detinit_name_rules_parse("\\ 1\\  = a\\ ,2=\\ b", "r", &rules, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_names_find(wanted, 2, "m", held, 2, "f", rules, false, places, NULL),
                     DETINIT_OK);
    assert_int_equal(places[0].held, 0);
    assert_int_equal(places[1].held, 1);
    detinit_name_rules_free(rules);
}

static void test_bad_rules(void **state)
{
    (void)state;
#define EXPECTED "FILE-NAME = RECIPE-NAME was expected"
    static const char *const bad[][2] = {
        {"a", "r, line 1, 'a': " EXPECTED},
        {"a = b\n\nc d # = e", "r, line 3, 'c d': " EXPECTED},
        {"a =", "r, line 1, 'a =': " EXPECTED ", and a name on both sides"},
        {" = b", "r, line 1, '= b': " EXPECTED ", and a name on both sides"},
        {"a = b + ", "r, line 1, 'a = b +': " EXPECTED ", and a name on both sides"},
        {"a + b = c", "r, line 1, 'a + b = c': " EXPECTED},
        {"a = b = c", "r, line 1, 'a = b = c': one = was expected; \\= is one in a name"},
        {"a = b + c | d",
         "r, line 1, 'a = b + c | d': either + or | was expected between the names of a stack, not "
         "both"},
        {"x = y, a = *", "r, line 1, 'a = *': there are more * on the right of = than on its left"},
        {"********* = a", "r, line 1, '********* = a': a name can have 8 * at most"},
        {"a\\", "r, line 1, 'a\\': " EXPECTED},
        {"a\\\nb = c", "r, line 1, 'a\\': " EXPECTED},
    };
    for (size_t n = 0; n < sizeof bad / sizeof bad[0]; n++) {
        detinit_name_rules *rules;
        detinit_error error = {0};
        assert_int_equal(detinit_name_rules_parse(bad[n][0], "r", &rules, &error), DETINIT_INVALID);
        assert_string_equal(error.message, bad[n][1]);
    }
}

/* A stack of so many names, each a number, behind "a =". */
static const char *stack_of(size_t count, char *text)
{
    size_t length = (size_t)sprintf(text, "a = ");
    for (size_t n = 0; n < count; n++)
        length += (size_t)sprintf(text + length, "%s%02zu", n > 0 ? "+" : "", n);
    return text;
}

/* 64 names are a stack, 65 are not; of a rule this long the sentence quotes 100 bytes. */
static void test_stack_of_many(void **state)
{
    (void)state;
    char text[400], expected[400];
    detinit_name_rules *rules;
    detinit_error error = {0};
    assert_int_equal(detinit_name_rules_parse(stack_of(64, text), "r", &rules, &error), DETINIT_OK);
    detinit_name_rules_free(rules);
    assert_int_equal(detinit_name_rules_parse(stack_of(65, text), "r", &rules, &error),
                     DETINIT_INVALID);
    sprintf(expected, "r, line 1, '%.100s': a stack can have 64 names at most", text);
    assert_string_equal(error.message, expected);
}

/* A hundred thousand names, half of them called otherwise, are found in their places. */
static void test_many(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    static char texts[2][COUNT][48];
    static const char *names[2][COUNT];
    static detinit_name_place places[COUNT];
    for (size_t n = 0; n < COUNT; n++) {
        const size_t at = n * 7919 % COUNT;
        const bool as_it_is = n % 2 == 0;
        snprintf(texts[0][n], sizeof texts[0][n], "layers.%zu.w", n);
        snprintf(texts[1][at], sizeof texts[1][at], "%slayers.%zu.w%s", as_it_is ? "" : "module.",
                 n, as_it_is ? "" : ".weight");
        names[0][n] = texts[0][n];
        names[1][at] = texts[1][at];
    }
    assert_int_equal(detinit_names_find(names[0], COUNT, "the manifest", names[1], COUNT, "f", NULL,
                                        false, places, NULL),
                     DETINIT_OK);
    for (size_t n = 0; n < COUNT; n++)
        assert_int_equal(places[n].held, n * 7919 % COUNT);
}

static void nearest_are(const char *wanted, const char *held, const char *expected)
{
    list names;
    char text[DETINIT_NAMES_TEXT];
    split(held, &names);
    assert_string_equal(detinit_names_nearest(wanted, names.names, names.count, text), expected);
}

static void test_nearest(void **state)
{
    (void)state;
    nearest_are("fc1", "", "");
    nearest_are("fc1", "steps", "'steps'");
    nearest_are("fc3", "fc1 steps", "'fc1'");
    nearest_are("fc1", "fc10 conv fc2.bias module.fc2.weight fc",
                "'fc10', 'module.fc2.weight' and 'fc'");
    nearest_are("layers.0.atention.w", "layers.0.mlp.w layers.0.attention.w layers.1.attention.w",
                "'layers.0.attention.w', 'layers.1.attention.w' and 'layers.0.mlp.w'");
}

/* Levenshtein's distance, by its whole table. */
static size_t letters_apart(const char *a, const char *b)
{
    size_t table[MOST + 1][MOST + 1];
    for (size_t i = 0; i <= strlen(a); i++)
        for (size_t j = 0; j <= strlen(b); j++) {
            size_t least = i == 0 ? j : j == 0 ? i : SIZE_MAX;
            if (i > 0 && j > 0) {
                const size_t moved =
                    table[i - 1][j] < table[i][j - 1] ? table[i - 1][j] : table[i][j - 1];
                least = table[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
                least = moved + 1 < least ? moved + 1 : least;
            }
            table[i][j] = least;
        }
    return table[strlen(a)][strlen(b)];
}

/* A word of 1 to MOST - 1 of three letters. */
static void any_word(uint64_t number, char word[MOST])
{
    const size_t length = 1 + detinit_hash64(number) % (MOST - 1);
    for (size_t n = 0; n < length; n++)
        word[n] = (char)('x' + detinit_hash64(number * 64 + n + 1) % 3);
    word[length] = '\0';
}

/* The three nearest in their order; those not even half the same only where nothing is nearer. */
static void test_nearest_of_any(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 500; round++) {
        char wanted[MOST], words[8][MOST], text[DETINIT_NAMES_TEXT], expected[DETINIT_NAMES_TEXT];
        const char *names[8];
        size_t near[8], count = 0;
        any_word(round * 9 + 8, wanted);
        for (size_t n = 0; n < 8; n++) {
            any_word(round * 9 + n, words[n]);
            names[n] = words[n];
            size_t at = count++;
            for (; at > 0 &&
                   letters_apart(wanted, words[near[at - 1]]) > letters_apart(wanted, words[n]);
                 at--)
                near[at] = near[at - 1];
            near[at] = n;
        }
        const size_t best = letters_apart(wanted, words[near[0]]);
        for (count = 3; count > 1; count--) {
            const size_t last = letters_apart(wanted, words[near[count - 1]]);
            if (last == best || last <= strlen(wanted) / 2)
                break;
        }
        size_t length = 0;
        for (size_t n = 0; n < count; n++)
            length += (size_t)sprintf(expected + length, "%s'%s'",
                                      n == 0          ? ""
                                      : n + 1 < count ? ", "
                                                      : " and ",
                                      words[near[n]]);
        assert_string_equal(detinit_names_nearest(wanted, names, 8, text), expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cores),          cmocka_unit_test(test_likeness),
        cmocka_unit_test(test_rules),          cmocka_unit_test(test_bad_rules),
        cmocka_unit_test(test_stack_of_many),  cmocka_unit_test(test_blanks),
        cmocka_unit_test(test_many),           cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_nearest_of_any),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
