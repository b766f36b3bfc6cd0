/* What audit tells of tensors that are not as others of their kind, in files that the library
 * makes. */
#include "audit_check.h"

/* Twelve layers of one kind, 200 x 96, by he. */
static archive *layers_of_one_kind(void)
{
    archive *a = calloc(1, sizeof *a);
    assert_non_null(a);
    for (size_t n = 0; n < 12; n++) {
        char name[48];
        detinit_recipe r = detinit_recipe_matrix(7, n, 200, 96);
        r.dtype = DETINIT_FLOAT32;
        snprintf(name, sizeof name, "block.%zu.weight", n);
        add(a, name, &r);
    }
    return a;
}

static void assert_found(const opened *o, detinit_finding_kind kind, bool warning, size_t first,
                         const char *text)
{
    const detinit_finding *f;
    for (size_t n = 0; (f = detinit_audit_finding(o->audit, n)) != NULL; n++)
        if (f->kind == kind && f->first == first && f->warning == warning &&
            strstr(f->text, text) != NULL)
            return;
    f = detinit_audit_finding(o->audit, 0);
    fail_msg("no %s of %zu: %s; but %s", detinit_finding_name(kind), first, text,
             f != NULL ? f->text : "nothing");
}

static void a_std_unlike_its_kind_is_told(void **state)
{
    static const struct {
        double gain;
        detinit_finding_kind kind;
        const char *text;
    } cases[] = {
        {2, DETINIT_FINDING_SHARD, "is sqrt(4) = 2 times that of"},
        {1 / 2.2360679774997896, DETINIT_FINDING_STD, "is 1 / sqrt(5) = 0.4472 of that of"},
        {1.23, DETINIT_FINDING_STD, "times that of"},
    };
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        archive *a = layers_of_one_kind();
        a->recipes[5].gain = cases[n].gain;
        make(a);
        opened o = audit_of(a, false, 2);
        assert_found(&o, cases[n].kind, true, 5, cases[n].text);
        assert_int_equal(detinit_audit_warnings(o.audit), 1);
        assert_double_near(detinit_audit_finding(o.audit, 0)->factor, cases[n].gain, 0.02);
        finish(a, &o);
    }
}

static void weights_of_no_law_among_a_kind_are_told(void **state)
{
    (void)state;
    archive *a = layers_of_one_kind();
    make(a);
    float *values = floats_of(a, 3);
    for (size_t n = 0; n < 200 * 96; n++)
        values[n] = 40 * values[n] * values[n] * values[n];
    put_floats(a, 3, values);
    opened o = audit_of(a, false, 2);
    assert_found(&o, DETINIT_FINDING_UNLIKE, true, 3, "he (kaiming)");
    finish(a, &o);
}

static void swapped_fans_are_told(void **state)
{
    (void)state;
    archive *a = layers_of_one_kind();
    a->recipes[4].fan_mode = DETINIT_FAN_MODE_OUT;
    a->recipes[4].shape[0] = 300; /* whose std is that of no other scheme by fan_in */
    detinit_recipe zeros = detinit_recipe_matrix(7, 20, 200, 96); /* which say nothing of fans */
    zeros.dtype = DETINIT_FLOAT32;
    zeros.mode = DETINIT_CONSTANT;
    add(a, "gate.weight", &zeros);
    make(a);
    opened o = audit_of(a, false, 2);
    assert_found(&o, DETINIT_FINDING_FANS, true, 4, "by fan_out 300; by fan_in 96");
    assert_double_near(detinit_audit_finding(o.audit, 0)->factor, sqrt(96.0 / 300), 1e-9);
    finish(a, &o);
}

/* Six layers of a stack, each with two matrices; the second is scaled by `scale`. */
static void add_stack(archive *a, const char *plain, const char *residual, double scale)
{
    char name[48];
    for (size_t n = 0; n < 12; n++) {
        detinit_recipe r = detinit_recipe_matrix(5, a->count, 64, 96);
        r.dtype = DETINIT_FLOAT32;
        r.mode = DETINIT_NORMAL;
        r.std = 0.02 * (n % 2 == 0 ? 1 : scale);
        snprintf(name, sizeof name, n % 2 == 0 ? plain : residual, n / 2);
        add(a, name, &r);
    }
}

/* GPT-2's family scales them by 1 / sqrt(2 layers); of others, those whose stack does so elsewhere.
 */
static void unscaled_residual_projections_are_told(void **state)
{
    static const char *const gpt[] = {"h.%zu.attn.c_attn.weight", "h.%zu.attn.c_proj.weight"};
    static const char *const attention[] = {"layers.%zu.self_attn.q_proj.weight",
                                            "layers.%zu.self_attn.o_proj.weight"};
    static const char *const mlp[] = {"layers.%zu.mlp.up_proj.weight",
                                      "layers.%zu.mlp.down_proj.weight"};
    static const char *const other[] = {"other.%zu.up_proj.weight",
                                        "other.%zu.mlp.down_proj.weight"};
    const double scaled = 1 / sqrt(2 * 6.0);
    const struct {
        const char *const *names;
        double scale;
        const char *const *beside;
        double scale_beside;
        bool told;
    } cases[] = {
        {gpt, 1, NULL, 0, true},
        {gpt, scaled, NULL, 0, false},
        {attention, 1, NULL, 0, false},
        {attention, 1, mlp, 1, false},
        {attention, 1, mlp, scaled, true},
        {attention, scaled, mlp, scaled, false},
        {attention, 1, other, scaled, false},
    };
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        archive *a = calloc(1, sizeof *a);
        add_stack(a, cases[n].names[0], cases[n].names[1], cases[n].scale);
        if (cases[n].beside != NULL)
            add_stack(a, cases[n].beside[0], cases[n].beside[1], cases[n].scale_beside);
        make(a);
        opened o = audit_of(a, false, 1);
        if (!cases[n].told) {
            assert_no_warnings(&o);
        } else {
            assert_found(&o, DETINIT_FINDING_RESIDUAL, true, 1,
                         "residual projections are not scaled: std 0.0");
            assert_found(&o, DETINIT_FINDING_RESIDUAL, true, 1, "/ sqrt(2 x 6 layers) = 0.005");
            assert_int_equal(detinit_audit_finding(o.audit, 0)->count, 6);
            assert_double_near(detinit_audit_finding(o.audit, 0)->factor, sqrt(12), 1e-6);
        }
        finish(a, &o);
    }
}

/* Where a stack has nothing but residual projections, there is nothing to compare them with. */
static void residual_projections_alone_are_not_told(void **state)
{
    (void)state;
    archive *a = calloc(1, sizeof *a);
    for (size_t n = 0; n < 6; n++) {
        detinit_recipe r = detinit_recipe_matrix(5, n, 64, 96);
        char name[48];
        r.dtype = DETINIT_FLOAT32;
        r.mode = DETINIT_NORMAL;
        snprintf(name, sizeof name, "h.%zu.attn.c_proj.weight", n);
        add(a, name, &r);
    }
    make(a);
    opened o = audit_of(a, false, 1);
    assert_double_same(audited(&o, "h.3.attn.c_proj.weight")->recipe.std, 0.02);
    assert_null(detinit_audit_finding(o.audit, 0));
    finish(a, &o);
}

/* A law that no scheme gives is told where most of the file has one; and each is said in words. */
static void laws_of_no_scheme_are_told(void **state)
{
    static const char *const names[] = {"first.weight", "second.weight", "third.weight",
                                        "fourth.weight", "odd.weight"};
    static const struct {
        detinit_dist dist;
        const char *words;
    } cases[] = {
        {DETINIT_DIST_NORMAL, "normal, std 0.18"},
        {DETINIT_DIST_UNIFORM, "uniform within 0.31"},
    };
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        archive *a = calloc(1, sizeof *a);
        char words[DETINIT_AUDIT_WORDS];
        for (size_t k = 0; k < 5; k++) {
            detinit_recipe r = detinit_recipe_matrix(9, k, 120, 100);
            r.dtype = DETINIT_FLOAT32;
            r.dist = k == 4 ? cases[n].dist : DETINIT_DIST_NORMAL;
            r.gain = k == 4 ? 1.3 : 1;
            add(a, names[k], &r);
        }
        make(a);
        opened o = audit_of(a, false, 1);
        const detinit_audit_tensor *odd = audited(&o, "odd.weight");
        assert_int_equal(odd->origin, DETINIT_ORIGIN_LAW);
        assert_non_null(strstr(detinit_audit_words(odd, words), cases[n].words));
        assert_non_null(strstr(words, ": of no scheme in use"));
        assert_found(&o, DETINIT_FINDING_STD, false, 4, "most layers of the file");
        finish(a, &o);
    }
}

/* Those of a kind may have a law that no scheme gives; one that differs from them is told. */
static void a_kind_of_no_scheme_has_a_std(void **state)
{
    (void)state;
    archive *a = layers_of_one_kind();
    for (size_t n = 0; n < a->count; n++)
        a->recipes[n].gain = n == 5 ? 2.6 : 1.3;
    make(a);
    opened o = audit_of(a, false, 2);
    assert_int_equal(audited(&o, "block.0.weight")->origin, DETINIT_ORIGIN_LAW);
    assert_found(&o, DETINIT_FINDING_SHARD, true, 5,
                 "is sqrt(4) = 2 times that of the others of its kind (normal, std 0.18");
    assert_int_equal(detinit_audit_warnings(o.audit), 1);
    finish(a, &o);
}

/* Where each layer has a scheme of its own, none is that of the file, and no law is unlike it. */
static void files_of_many_schemes_have_no_scheme(void **state)
{
    static const double stds[] = {0.02,  1,     0.01,  0.05,   0.001, 0.1,   0.006, 0.002,
                                  0.04,  0.03,  0.005, 0.2,    0.5,   0.015, 0.025, 0.0125,
                                  0.003, 0.004, 0.008, 0.0001, 1e-5,  1e-6,  0.3,   2};
    static const detinit_dist dists[] = {DETINIT_DIST_NORMAL, DETINIT_DIST_TRUNCATED,
                                         DETINIT_DIST_TRUNC_NORMAL};
    enum { STDS = sizeof stds / sizeof stds[0], ALL = STDS * 3 };
    archive *a = calloc(1, sizeof *a);
    char name[48];
    (void)state;
    for (int n = 0; n <= ALL; n++) {
        detinit_recipe r = detinit_recipe_matrix(4, (uint64_t)n, 211, 97);
        r.dtype = DETINIT_FLOAT32;
        r.mode = DETINIT_NORMAL;
        r.std = n < ALL ? stds[n % STDS] : 0.45;
        r.dist = dists[n / STDS % 3];
        snprintf(name, sizeof name, "%c%c.weight", 'a' + n / 10, 'a' + n % 10);
        add(a, name, &r);
    }
    make(a);
    opened o = audit_of(a, false, 2);
    for (size_t n = 0; n < ALL; n++) {
        const detinit_audit_tensor *t = audited(&o, a->names[n]);
        assert_int_equal(t->origin, DETINIT_ORIGIN_SCHEME);
        assert_int_equal(t->recipe.mode, DETINIT_NORMAL);
        assert_int_equal(detinit_recipe_dist(&t->recipe), a->recipes[n].dist);
        assert_double_same(t->recipe.std, a->recipes[n].std);
    }
    assert_int_equal(audited(&o, a->names[ALL])->origin, DETINIT_ORIGIN_LAW);
    assert_null(detinit_audit_finding(o.audit, 0));
    finish(a, &o);
}

static void zeros_and_copies_are_told(void **state)
{
    (void)state;
    archive *a = layers_of_one_kind();
    a->recipes[2].mode = DETINIT_CONSTANT;
    const detinit_recipe *like = &a->recipes[0];
    detinit_recipe bias = detinit_recipe_tensor(7, 50, 1, (const uint64_t[]){200});
    bias.dtype = DETINIT_FLOAT32;
    bias.mode = DETINIT_TORCH;
    bias.fans[0] = bias.fans[1] = 96;
    add(a, "embed.weight", like); /* 12: as block.0.weight */
    add(a, "block.0.bias", &bias);
    add(a, "block.1.bias", &bias);
    a->recipes[6] = a->recipes[7];
    a->recipes[8] = a->recipes[9] = a->recipes[10] = a->recipes[11] = a->recipes[5];
    make(a);
    opened o = audit_of(a, false, 2);
    assert_found(&o, DETINIT_FINDING_EQUAL, true, 5,
                 "equal to 'block.8.weight', 'block.9.weight', 'block.10.weight' and 1 more: ");
    assert_found(&o, DETINIT_FINDING_ZERO, true, 2, "a layer of zeros");
    assert_found(&o, DETINIT_FINDING_TIED, false, 0, "tied to 'embed.weight'");
    assert_found(&o, DETINIT_FINDING_EQUAL, false, 13, "equal to 'block.1.bias'");
    assert_found(&o, DETINIT_FINDING_EQUAL, true, 6, "'block.7.weight'");
    finish(a, &o);
}

/* No alarm in many files as they were drawn: some 0.01 of 12 is what the level lets by. */
static void fresh_files_raise_no_alarm(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 12; seed++) {
        archive *a = calloc(1, sizeof *a);
        for (size_t n = 0; n < MOST_TENSORS; n++) {
            char name[48];
            detinit_recipe r = detinit_recipe_matrix(seed, n, 40 + n % 7 * 9, 30 + n % 11 * 13);
            r.dtype = n % 3 == 0 ? DETINIT_BFLOAT16 : DETINIT_FLOAT32;
            r.mode = n % 2 == 0 ? DETINIT_TORCH : DETINIT_HE;
            snprintf(name, sizeof name, "block%s.%zu.weight", n % 2 == 0 ? "a" : "b", n / 2);
            add(a, name, &r);
        }
        make(a);
        opened o = audit_of(a, false, 2);
        for (size_t n = 0; n < a->count; n++)
            assert_int_equal(detinit_audit_of(o.audit, n)->origin, DETINIT_ORIGIN_SCHEME);
        assert_no_warnings(&o);
        end(&o);
        free(a->bytes);
        free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_std_unlike_its_kind_is_told),
        cmocka_unit_test(weights_of_no_law_among_a_kind_are_told),
        cmocka_unit_test(swapped_fans_are_told),
        cmocka_unit_test(unscaled_residual_projections_are_told),
        cmocka_unit_test(residual_projections_alone_are_not_told),
        cmocka_unit_test(laws_of_no_scheme_are_told),
        cmocka_unit_test(a_kind_of_no_scheme_has_a_std),
        cmocka_unit_test(files_of_many_schemes_have_no_scheme),
        cmocka_unit_test(zeros_and_copies_are_told),
        cmocka_unit_test(fresh_files_raise_no_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
