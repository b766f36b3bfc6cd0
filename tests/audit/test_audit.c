/* Audits of files whose weights the library makes itself, against what their recipes say. */
#include "audit_check.h"

#include "audit/stretches.h"

/* One tensor alone has the same figures, and of each layout the same scheme. */
static void assert_same_alone(const opened *o)
{
    const detinit_audit_tensor *t;
    for (size_t n = 0; (t = detinit_audit_of(o->audit, n)) != NULL; n++) {
        detinit_audit_tensor alone;
        assert_int_equal(detinit_audit_one(o->file, t->tensor, false, NULL, &alone, NULL),
                         DETINIT_OK);
        assert_ptr_equal(alone.tensor, t->tensor);
        assert_int_equal(alone.looked_at, t->looked_at);
        assert_double_same(alone.std, t->std);
        assert_double_same(alone.max, t->max);
        assert_int_equal(alone.ks_count, t->ks_count);
        assert_int_equal(alone.origin, t->origin);
        assert_double_near(detinit_recipe_std(&alone.recipe), detinit_recipe_std(&t->recipe), 1e-9);
    }
}

/* ------------------------------------------------------- every scheme is named */

static void assert_named(const detinit_audit_tensor *t, const detinit_recipe *meant)
{
    char words[DETINIT_AUDIT_WORDS];
    if (t->origin != DETINIT_ORIGIN_SCHEME ||
        detinit_recipe_dist(&t->recipe) != detinit_recipe_dist(meant) ||
        fabs(detinit_recipe_std(&t->recipe) / detinit_recipe_std(meant) - 1) > 1e-9)
        fail_msg("%s is '%s', not of std %g", t->tensor->name, detinit_audit_words(t, words),
                 detinit_recipe_std(meant));
}

static void add_schemes(archive *a, uint64_t seed, detinit_dtype dtype, detinit_axis axis)
{
    static const detinit_dist dists[] = {DETINIT_DIST_NORMAL, DETINIT_DIST_UNIFORM,
                                         DETINIT_DIST_TRUNCATED};
    char name[48];
    for (detinit_mode mode = DETINIT_HE; mode < DETINIT_SCHEME_COUNT; mode++)
        for (size_t d = 0; d < 3; d++) {
            detinit_recipe r = detinit_recipe_matrix(seed, a->count, 200, 96);
            r.mode = mode;
            r.dist = mode == DETINIT_TORCH ? DETINIT_DIST_UNIFORM : dists[d];
            r.dist = mode == DETINIT_NORMAL && d > 0 ? DETINIT_DIST_TRUNC_NORMAL : r.dist;
            r.std = 0.02;
            r.dtype = dtype;
            r.fan_in = axis;
            snprintf(name, sizeof name, "mode%c.dist%c.%s", 'a' + (int)mode, 'a' + (int)d,
                     axis == DETINIT_FAN_IN_COLS ? "weight" : "kernel");
            add(a, name, &r);
        }
}

static void schemes_are_named(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++)
        for (detinit_dtype dtype = 0; dtype < DETINIT_DTYPE_COUNT; dtype++)
            for (detinit_axis axis = 0; axis < DETINIT_AXIS_COUNT; axis++) {
                archive *a = calloc(1, sizeof *a);
                add_schemes(a, seed, dtype, axis);
                make(a);
                opened o = audit_of(a, false, 2);
                for (size_t n = 0; n < a->count; n++)
                    assert_named(audited(&o, a->names[n]), &a->recipes[n]);
                assert_no_warnings(&o);
                if (seed == 0)
                    assert_same_alone(&o);
                end(&o);
                free(a->bytes);
                free(a);
            }
}

static void undrawn_and_orthogonal_are_named(void **state)
{
    archive *a = calloc(1, sizeof *a);
    const uint64_t kernel[] = {24, 16, 3, 3};
    detinit_recipe r = detinit_recipe_matrix(3, 0, 60, 100);
    (void)state;
    r.dtype = DETINIT_FLOAT32;
    r.mode = DETINIT_IDENTITY;
    add(a, "eye.weight", &r);
    r.mode = DETINIT_NORMAL;
    r.std = 1;
    r.orthogonal = true;
    r.gain = 0.5;
    add(a, "wide.weight", &r);
    r.shape[0] = 150;
    r.dtype = DETINIT_BFLOAT16;
    add(a, "tall.weight", &r);
    r = detinit_recipe_tensor(3, 0, 4, kernel);
    r.mode = DETINIT_DIRAC;
    add(a, "dirac.weight", &r);
    make(a);
    opened o = audit_of(a, false, 1);
    assert_int_equal(audited(&o, "eye.weight")->recipe.mode, DETINIT_IDENTITY);
    assert_int_equal(audited(&o, "dirac.weight")->recipe.mode, DETINIT_DIRAC);
    assert_true(audited(&o, "wide.weight")->recipe.orthogonal);
    assert_true(audited(&o, "tall.weight")->recipe.orthogonal);
    assert_double_same(audited(&o, "wide.weight")->recipe.gain, 0.5);
    char words[DETINIT_AUDIT_WORDS];
    assert_string_equal(detinit_audit_words(audited(&o, "wide.weight"), words),
                        "orthogonal, gain 0.5");
    assert_string_equal(detinit_audit_words(audited(&o, "eye.weight"), words), "identity");
    assert_no_warnings(&o);
    assert_same_alone(&o);
    end(&o);
    free(a->bytes);
    free(a);
}

/* Cosines at the places between: columns of length 1 that are orthogonal to one another. */
static void put_cosines(archive *a, size_t n, double gain)
{
    const size_t rows = (size_t)a->recipes[n].shape[0], cols = (size_t)a->recipes[n].shape[1];
    const double pi = acos(-1), length = gain * sqrt(2.0 / (double)rows);
    float *values = floats_of(a, n);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            values[i * cols + j] =
                (float)(length * cos(pi * ((double)i + 0.5) * (double)(j + 1) / (double)rows));
    put_floats(a, n, values);
}

/* Any gain is named of a tensor that is not large; of a large one those that are in use. */
static void gains_of_orthogonal_tensors_are_named(void **state)
{
    static const struct {
        uint64_t rows, cols;
        double gain;
        bool found;
    } cases[] = {
        {300, 80, 1.3, true}, {4200, 260, 0.75, true}, {4200, 260, 1.3, false}, /* over 2^20 */
    };
    archive *a = calloc(1, sizeof *a);
    char name[48];
    (void)state;
    for (size_t n = 0; n < 3; n++) {
        detinit_recipe r = detinit_recipe_matrix(3, n, cases[n].rows, cases[n].cols);
        r.dtype = DETINIT_FLOAT32;
        r.mode = DETINIT_CONSTANT;
        snprintf(name, sizeof name, "%c.weight", 'a' + (int)n);
        add(a, name, &r);
    }
    make(a);
    for (size_t n = 0; n < 3; n++)
        put_cosines(a, n, cases[n].gain);
    opened o = audit_of(a, false, 2);
    for (size_t n = 0; n < 3; n++) {
        const detinit_audit_tensor *t = audited(&o, a->names[n]);
        assert_true(t->recipe.orthogonal == cases[n].found);
        if (cases[n].found)
            assert_double_near(t->recipe.gain, cases[n].gain, n == 1 ? 0 : 1e-6);
    }
    end(&o);
    free(a->bytes);
    free(a);
}

/* A recurrent layer's four gates, each orthogonal. */
static void orthogonal_blocks_of_rows_are_named(void **state)
{
    archive *a = calloc(1, sizeof *a);
    detinit_recipe r = detinit_recipe_matrix(3, 0, 160, 40), gates[4];
    char words[DETINIT_AUDIT_WORDS];
    (void)state;
    r.dtype = DETINIT_FLOAT32;
    for (uint64_t n = 0; n < 4; n++) {
        gates[n] = detinit_recipe_matrix(3, n, 40, 40);
        gates[n].dtype = DETINIT_FLOAT32;
        gates[n].mode = DETINIT_XAVIER;
        gates[n].orthogonal = true;
    }
    r.parts = gates;
    r.part_count = 4;
    add(a, "lstm.weight_hh_l0", &r);
    make(a);
    opened o = audit_of(a, false, 1);
    const detinit_audit_tensor *t = audited(&o, "lstm.weight_hh_l0");
    assert_string_equal(detinit_audit_words(t, words), "orthogonal, gain 1");
    assert_string_equal(t->also, "in blocks of rows");
    end(&o);
    free(a->bytes);
    free(a);
}

/* Of a matrix nearly all of zeros, whose sampled rows hold nothing else. */
static void zeros_have_no_spectrum(void **state)
{
    archive *a = calloc(1, sizeof *a);
    detinit_recipe r = detinit_recipe_matrix(3, 0, 20000, 20);
    (void)state;
    r.dtype = DETINIT_FLOAT32;
    r.mode = DETINIT_CONSTANT;
    add(a, "w", &r);
    make(a);
    float *values = floats_of(a, 0);
    for (size_t n = 0; n < 20; n++)
        values[19999 * 20 + n] = (float)n - 9.75f;
    put_floats(a, 0, values);
    opened o = audit_of(a, true, 1);
    const detinit_audit_tensor *t = audited(&o, "w");
    assert_true(t->std > 0 && t->dead_rows == 19999);
    assert_true(t->block_rows == 0 && t->block_cols == 0);
    end(&o);
    free(a->bytes);
    free(a);
}

/* Rows of zeros are told as dead, and say nothing of how the others were drawn. */
static void dead_rows_are_left_out_of_norms(void **state)
{
    archive *a = calloc(1, sizeof *a);
    detinit_recipe r = detinit_recipe_matrix(3, 0, 200, 96);
    (void)state;
    r.dtype = DETINIT_FLOAT32;
    add(a, "w.weight", &r);
    make(a);
    memset(a->bytes + a->header + 7 * 96 * 4, 0, 3 * 96 * 4);
    opened o = audit_of(a, false, 1);
    const detinit_audit_tensor *t = audited(&o, "w.weight");
    assert_int_equal(t->dead_rows, 3);
    assert_true(t->norms_p > 1e-3 && t->norms_p <= 1);
    end(&o);
    free(a->bytes);
    free(a);
}

/* A file of one header and of normal numbers of std 0.02, or uniform ones, as its bytes. */
static void make_of_header(archive *a, const char *header, size_t count, double uniform)
{
    const size_t length = strlen(header);
    a->header = 8 + length;
    a->size = a->header + count * sizeof(float);
    a->bytes = allocate(a->size);
    for (size_t n = 0; n < 8; n++)
        a->bytes[n] = (unsigned char)(length >> (8 * n));
    memcpy(a->bytes + 8, header, length);
    for (uint64_t n = 0; n < count; n++) {
        const float value =
            (float)(uniform > 0 ? uniform * (2 * detinit_u01(detinit_key(6, &n, 1)) - 1)
                                : 0.02 * detinit_gaussian(6, &n, 1));
        memcpy(a->bytes + a->header + n * sizeof value, &value, sizeof value);
    }
}

/* A recipe has 8 dimensions at most: figures are had of a tensor of more, and no scheme. */
static void tensors_of_nine_dimensions_have_figures_alone(void **state)
{
    archive a = {0};
    (void)state;
    make_of_header(&a,
                   "{\"w\":{\"dtype\":\"F32\",\"shape\":[4,4,4,4,4,2,2,2,2],"
                   "\"data_offsets\":[0,65536]}}",
                   16384, 0);
    opened o = audit_of(&a, false, 1);
    const detinit_audit_tensor *t = audited(&o, "w");
    assert_int_equal(t->looked_at, 16384);
    assert_double_near(t->std, 0.02, 0.02 * 5 / sqrt(2 * 16384.0));
    assert_int_equal(t->origin, DETINIT_ORIGIN_NONE);
    end(&o);
    free(a.bytes);
}

/* The weight beside a bias tells its fan, but for names of 500 bytes and more. */
static void a_bias_of_a_long_name_has_no_weight_beside_it(void **state)
{
    (void)state;
    for (int length = 480; length < 560; length += 60) {
        archive a = {0};
        char header[2000], name[600] = "", bias[610];
        memset(name, 'x', (size_t)length);
        snprintf(bias, sizeof bias, "%s.bias", name);
        snprintf(header, sizeof header,
                 "{\"%s\":{\"dtype\":\"F32\",\"shape\":[3000],\"data_offsets\":[0,12000]},"
                 "\"%s.weight\":{\"dtype\":\"F32\",\"shape\":[20,61],"
                 "\"data_offsets\":[12000,16880]}}",
                 bias, name);
        make_of_header(&a, header, 4220, 1 / sqrt(61));
        opened o = audit_of(&a, false, 1);
        const detinit_audit_tensor *t = audited(&o, bias);
        assert_int_equal(t->origin, length < 500 ? DETINIT_ORIGIN_SCHEME : DETINIT_ORIGIN_LAW);
        assert_true(t->recipe.fans[0] == (length < 500 ? 61 : 0));
        end(&o);
        free(a.bytes);
    }
}

/* Neither name nor neighbours tell the layout: values do. */
static void a_tensor_alone_tells_its_layout(void **state)
{
    archive *a = calloc(1, sizeof *a);
    (void)state;
    for (detinit_axis axis = 0; axis < DETINIT_AXIS_COUNT; axis++) {
        detinit_recipe r = detinit_recipe_matrix(1, 0, 200, 96);
        r.dtype = DETINIT_FLOAT32;
        r.fan_in = axis;
        add(a, axis == DETINIT_FAN_IN_ROWS ? "rows" : "cols", &r);
    }
    make(a);
    opened o = audit_of(a, false, 1);
    for (size_t n = 0; n < a->count; n++) {
        const detinit_tensor *t = detinit_tensorfile_find(o.file, a->names[n]);
        detinit_audit_tensor alone;
        detinit_error error;
        detinit_tensor stranger = *t;
        assert_int_equal(detinit_audit_one(o.file, t, true, NULL, &alone, NULL), DETINIT_OK);
        assert_named(&alone, &a->recipes[n]);
        assert_int_equal(alone.recipe.fan_mode, DETINIT_FAN_MODE_IN);
        assert_double_same(detinit_recipe_fan_in(&alone.recipe),
                           detinit_recipe_fan_in(&a->recipes[n]));
        assert_int_equal(detinit_audit_one(o.file, &stranger, true, NULL, &alone, &error),
                         DETINIT_INVALID);
        assert_non_null(strstr(error.message, "expected a tensor of the file"));
    }
    end(&o);
    free(a->bytes);
    free(a);
}

static void schemes_in_words(void **state)
{
    static const struct {
        detinit_mode mode;
        detinit_dist dist;
        double gain;
        const char *words;
    } cases[] = {
        {DETINIT_XAVIER, DETINIT_DIST_UNIFORM, 1, "xavier (glorot) uniform, fans 96 + 200"},
        {DETINIT_HE, DETINIT_DIST_NORMAL, 1, "he (kaiming) normal, fan_in 96"},
        {DETINIT_LECUN, DETINIT_DIST_TRUNCATED, 1,
         "lecun normal cut at 2 std and rescaled, fan_in 96"},
        {DETINIT_TORCH, DETINIT_DIST_UNIFORM, 1, "torch default, uniform, fan_in 96"},
        {DETINIT_XAVIER, DETINIT_DIST_NORMAL, 5.0 / 3,
         "xavier (glorot) normal, fans 96 + 200, gain of tanh"},
    };
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        archive *a = calloc(1, sizeof *a);
        char words[DETINIT_AUDIT_WORDS];
        detinit_recipe r = detinit_recipe_matrix(2, n, 200, 96);
        r.dtype = DETINIT_FLOAT32;
        r.mode = cases[n].mode;
        r.dist = cases[n].dist;
        r.gain = cases[n].gain;
        add(a, "layer.weight", &r);
        make(a);
        opened o = audit_of(a, false, 1);
        assert_string_equal(detinit_audit_words(audited(&o, "layer.weight"), words),
                            cases[n].words);
        finish(a, &o);
    }
}

/* What a recipe says, where no file is needed to tell. */
static void recipes_in_words(void **state)
{
    static const struct {
        detinit_origin origin;
        detinit_mode mode;
        detinit_dist dist;
        detinit_fan_mode fan_mode;
        double gain, number;
        const char *words;
    } cases[] = {
        {DETINIT_ORIGIN_SCHEME, DETINIT_NORMAL, DETINIT_DIST_UNIFORM, 0, 1, 0.1,
         "uniform within 0.1732"},
        {DETINIT_ORIGIN_SCHEME, DETINIT_NORMAL, DETINIT_DIST_NORMAL, 0, 1, 0.02,
         "normal, std 0.02"},
        {DETINIT_ORIGIN_SCHEME, DETINIT_HE, DETINIT_DIST_NORMAL, DETINIT_FAN_MODE_OUT, 1, 1,
         "he (kaiming) normal, fan_out 200"},
        {DETINIT_ORIGIN_SCHEME, DETINIT_HE, DETINIT_DIST_UNIFORM, DETINIT_FAN_MODE_OUT, 1.5, 1,
         "he (kaiming) uniform, fan_out 200, gain 1.5"},
        {DETINIT_ORIGIN_SCHEME, DETINIT_TORCH, DETINIT_DIST_UNIFORM, 0, 0.5, 1,
         "torch default, uniform, fan_in 96, gain 0.5"},
        {DETINIT_ORIGIN_MADE, DETINIT_IDENTITY, 0, 0, 2, 0, "identity, gain 2"},
        {DETINIT_ORIGIN_MADE, DETINIT_CONSTANT, 0, 0, 1, 1, "ones"},
        {DETINIT_ORIGIN_MADE, DETINIT_CONSTANT, 0, 0, 1, 0.25, "constant 0.25"},
        {DETINIT_ORIGIN_NONE, 0, 0, 0, 1, 0, "none: trained or unknown"},
        {DETINIT_ORIGIN_FEW, 0, 0, 0, 1, 0, "too few weights to say"},
        {DETINIT_ORIGIN_NO_WEIGHTS, 0, 0, 0, 1, 0, "no weights"},
    };
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        detinit_audit_tensor t = {.origin = cases[n].origin,
                                  .recipe = detinit_recipe_matrix(0, 0, 200, 96)};
        char words[DETINIT_AUDIT_WORDS];
        t.recipe.mode = cases[n].mode;
        t.recipe.dist = cases[n].dist;
        t.recipe.fan_mode = cases[n].fan_mode;
        t.recipe.gain = cases[n].gain;
        t.recipe.std = t.recipe.value = cases[n].number;
        assert_string_equal(detinit_audit_words(&t, words), cases[n].words);
    }
}

/* PyTorch's layers that know another fan than their shape tells. */
static void recurrent_layers_and_biases_are_named(void **state)
{
    archive *a = calloc(1, sizeof *a);
    detinit_recipe r = detinit_recipe_matrix(9, 0, 400, 60);
    char words[DETINIT_AUDIT_WORDS];
    (void)state;
    r.dtype = DETINIT_FLOAT32;
    r.mode = DETINIT_TORCH;
    r.fans[0] = r.fans[1] = 100;
    add(a, "lstm.weight_ih_l0", &r);
    r = detinit_recipe_tensor(9, 1, 1, (const uint64_t[]){400});
    r.mode = DETINIT_CONSTANT;
    r.dtype = DETINIT_FLOAT32;
    add(a, "other.bias", &r);
    r = detinit_recipe_matrix(9, 2, 3000, 60);
    r.dtype = DETINIT_FLOAT32;
    r.mode = DETINIT_TORCH;
    add(a, "fc.weight", &r);
    r = detinit_recipe_tensor(9, 3, 1, (const uint64_t[]){3000});
    r.dtype = DETINIT_FLOAT32;
    r.mode = DETINIT_TORCH;
    r.fans[0] = r.fans[1] = 60;
    add(a, "fc.bias", &r);
    add(a, "last.bias", &a->recipes[1]);
    make(a);
    float *values = floats_of(a, 4);
    for (size_t n = 300; n < 400; n++)
        values[n] = 1;
    put_floats(a, 4, values);
    values = floats_of(a, 1);
    for (size_t n = 100; n < 200; n++)
        values[n] = 1;
    put_floats(a, 1, values);
    opened o = audit_of(a, false, 2);
    assert_named(audited(&o, "lstm.weight_ih_l0"), &a->recipes[0]);
    assert_named(audited(&o, "fc.bias"), &a->recipes[3]);
    assert_string_equal(detinit_audit_words(audited(&o, "lstm.weight_ih_l0"), words),
                        "torch default, uniform, fan_in 100");
    const detinit_audit_tensor *gate = audited(&o, "other.bias");
    assert_int_equal(gate->origin, DETINIT_ORIGIN_MADE);
    assert_string_equal(detinit_audit_words(gate, words), "zeros");
    assert_string_equal(gate->also, "with 1 for the forget gate");
    const detinit_audit_tensor *last = audited(&o, "last.bias"); /* ones, but in another gate */
    assert_int_not_equal(last->origin, DETINIT_ORIGIN_MADE);
    assert_string_equal(last->also, "");
    assert_no_warnings(&o);
    finish(a, &o);
}

/* ------------------------------------------------------------------- figures */

static void figures_are_those_of_the_definition(void **state)
{
    archive *a = calloc(1, sizeof *a);
    detinit_recipe r = detinit_recipe_matrix(5, 0, 300, 500);
    double sum = 0, m2 = 0, m3 = 0, m4 = 0;
    (void)state;
    r.dtype = DETINIT_FLOAT32;
    r.mean = 0.3;
    add(a, "w", &r);
    make(a);
    float *values = floats_of(a, 0);
    for (size_t n = 0; n < 500; n++)
        values[7 * 500 + n] = values[299 * 500 + n] = 0;
    for (size_t n = 0; n < 300; n++)
        values[n * 500 + 11] = 0;
    values[4] = NAN;
    values[5] = INFINITY;
    for (size_t n = 0; n < 150000; n++)
        sum += isfinite(values[n]) ? values[n] : 0;
    const double count = 149998, mean = sum / count;
    for (size_t n = 0; n < 150000; n++) {
        const double d = isfinite(values[n]) ? values[n] - mean : 0;
        m2 += d * d / count;
        m3 += d * d * d / count;
        m4 += d * d * d * d / count;
    }
    put_floats(a, 0, values);
    for (unsigned threads = 1; threads < 4; threads++) {
        opened o = audit_of(a, true, threads);
        const detinit_audit_tensor *t = audited(&o, "w");
        assert_true(t->looked_at == 150000 && t->nan == 1 && t->infinite == 1);
        assert_int_equal(t->zeros, 2 * 500 + 300 - 2);
        assert_true(t->rows == 300 && t->dead_rows == 2 && t->cols == 500 && t->dead_cols == 1);
        assert_double_near(t->mean, mean, 1e-13);
        assert_double_near(t->std, sqrt(m2), 1e-12);
        assert_double_near(t->skewness, m3 / (m2 * sqrt(m2)), 1e-10);
        assert_double_near(t->excess_kurtosis, m4 / (m2 * m2) - 3, 1e-10);
        assert_int_equal(detinit_audit_finding(o.audit, 0)->kind, DETINIT_FINDING_NOT_FINITE);
        assert_int_equal(detinit_audit_finding(o.audit, 1)->kind, DETINIT_FINDING_DEAD);
        end(&o);
    }
    free(a->bytes);
    free(a);
}

/* A row that several steps look at. */
static void long_rows_can_be_dead(void **state)
{
    archive *a = calloc(1, sizeof *a);
    detinit_recipe r = detinit_recipe_matrix(5, 0, 3, 200000);
    (void)state;
    r.dtype = DETINIT_FLOAT32;
    add(a, "w", &r);
    make(a);
    memset(a->bytes + a->header + 200000 * 4, 0, 200000 * 4);
    opened o = audit_of(a, false, 2);
    assert_true(audited(&o, "w")->rows == 3 && audited(&o, "w")->dead_rows == 1);
    end(&o);
    free(a->bytes);
    free(a);
}

static void large_tensors_are_sampled(void **state)
{
    archive *a = calloc(1, sizeof *a);
    detinit_recipe r = detinit_recipe_matrix(5, 0, 2200, 2000);
    (void)state;
    r.dtype = DETINIT_FLOAT32;
    add(a, "w", &r);
    make(a);
    opened o = audit_of(a, false, 2), all = audit_of(a, true, 2);
    const detinit_audit_tensor *t = audited(&o, "w"), *whole = audited(&all, "w");
    assert_true(t->sampled && !whole->sampled && whole->looked_at == 4400000);
    assert_true(t->looked_at >= DETINIT_AUDIT_SAMPLE &&
                t->looked_at < DETINIT_AUDIT_SAMPLE + 2000 && t->looked_at % 2000 == 0);
    assert_double_near(t->std / whole->std, 1, 5 / sqrt(2.0 * (double)DETINIT_AUDIT_SAMPLE));
    assert_int_equal(t->origin, DETINIT_ORIGIN_SCHEME);
    end(&o);
    end(&all);
    free(a->bytes);
    free(a);
}

static void stretches_cover_a_tensor_once(void **state)
{
    static const uint64_t shapes[][2] = {{1, 1},     {3, 200000}, {70000, 1},
                                         {300, 500}, {5, 65537},  {0, 5}};
    (void)state;
    for (size_t n = 0; n < sizeof shapes / sizeof *shapes; n++) {
        const detinit_tensor tensor = {
            .rank = 2, .shape = shapes[n], .count = shapes[n][0] * shapes[n][1]};
        const stretches s = stretches_of(&tensor, true);
        uint64_t next = 0;
        size_t length;
        for (uint64_t k = 0; k < s.count; k++) {
            assert_true(stretches_place(&s, k, &length) == next);
            assert_true(length > 0 && length * s.per_step <= STRETCHES_STEP + length);
            next += length;
        }
        assert_true(next == tensor.count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemes_are_named),
        cmocka_unit_test(undrawn_and_orthogonal_are_named),
        cmocka_unit_test(gains_of_orthogonal_tensors_are_named),
        cmocka_unit_test(orthogonal_blocks_of_rows_are_named),
        cmocka_unit_test(zeros_have_no_spectrum),
        cmocka_unit_test(dead_rows_are_left_out_of_norms),
        cmocka_unit_test(tensors_of_nine_dimensions_have_figures_alone),
        cmocka_unit_test(a_bias_of_a_long_name_has_no_weight_beside_it),
        cmocka_unit_test(a_tensor_alone_tells_its_layout),
        cmocka_unit_test(schemes_in_words),
        cmocka_unit_test(recipes_in_words),
        cmocka_unit_test(recurrent_layers_and_biases_are_named),
        cmocka_unit_test(figures_are_those_of_the_definition),
        cmocka_unit_test(long_rows_can_be_dead),
        cmocka_unit_test(large_tensors_are_sampled),
        cmocka_unit_test(stretches_cover_a_tensor_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
