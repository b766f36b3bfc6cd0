/* Audits of files whose weights the library makes itself, against what their recipes say. */
#include "check.h"

#include "audit/eigenvalues.h"
#include "audit/stretches.h"
#include "detinit_audit.h"

#define MOST_TENSORS 400

/* A .safetensors file in memory. */
typedef struct archive {
    size_t count;
    detinit_recipe recipes[MOST_TENSORS];
    char names[MOST_TENSORS][48];
    unsigned char *bytes;
    size_t size, header;
    size_t begins[MOST_TENSORS]; /* of data, from the end of the header on */
} archive;

static void add(archive *a, const char *name, const detinit_recipe *recipe)
{
    assert_true(a->count < MOST_TENSORS);
    snprintf(a->names[a->count], sizeof a->names[0], "%s", name);
    a->recipes[a->count++] = *recipe;
}

static size_t bytes_of(const detinit_recipe *r)
{
    uint64_t count;
    assert_true(detinit_recipe_count(r, &count));
    return (size_t)count * detinit_dtype_size(r->dtype);
}

/* Writes the header, and every tensor as its recipe makes it. */
static void make(archive *a)
{
    static const char *const types[] = {"F64", "F32", "F16", "BF16"};
    char *header = allocate(a->count * 160 + 16);
    size_t length = (size_t)sprintf(header, "{"), data = 0;
    for (size_t n = 0; n < a->count; n++) {
        const detinit_recipe *r = &a->recipes[n];
        a->begins[n] = data;
        data += bytes_of(r);
        length += (size_t)sprintf(header + length, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[",
                                  n > 0 ? "," : "", a->names[n], types[r->dtype]);
        for (size_t d = 0; d < r->rank; d++)
            length += (size_t)sprintf(header + length, "%s%llu", d > 0 ? "," : "",
                                      (unsigned long long)r->shape[d]);
        length +=
            (size_t)sprintf(header + length, "],\"data_offsets\":[%zu,%zu]}", a->begins[n], data);
    }
    length += (size_t)sprintf(header + length, "}");
    a->header = 8 + length;
    a->size = a->header + data;
    a->bytes = allocate(a->size);
    for (size_t n = 0; n < 8; n++)
        a->bytes[n] = (unsigned char)(length >> (8 * n));
    memcpy(a->bytes + 8, header, length);
    free(header);
    for (size_t n = 0; n < a->count; n++) {
        detinit_matrix *matrix;
        assert_int_equal(detinit_matrix_new(&a->recipes[n], NULL, &matrix, NULL), DETINIT_OK);
        assert_int_equal(
            detinit_matrix_fill(matrix, NULL, a->bytes + a->header + a->begins[n], NULL),
            DETINIT_OK);
        detinit_matrix_free(matrix);
    }
}

static float *floats_of(const archive *a, size_t n)
{
    float *copy = allocate(bytes_of(&a->recipes[n]));
    memcpy(copy, a->bytes + a->header + a->begins[n], bytes_of(&a->recipes[n]));
    return copy;
}

static void put_floats(archive *a, size_t n, float *values)
{
    memcpy(a->bytes + a->header + a->begins[n], values, bytes_of(&a->recipes[n]));
    free(values);
}

typedef struct opened {
    detinit_tensorfile *file;
    detinit_audit *audit;
} opened;

static opened audit_of(const archive *a, bool exact, unsigned threads)
{
    const detinit_run run = {.threads = threads};
    opened o;
    assert_int_equal(detinit_tensorfile_open_memory(a->bytes, a->size, "memory", &o.file, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_audit_new(o.file, exact, &run, &o.audit, NULL), DETINIT_OK);
    return o;
}

static void end(opened *o)
{
    detinit_audit_free(o->audit);
    detinit_tensorfile_close(o->file);
}

static const detinit_audit_tensor *audited(const opened *o, const char *name)
{
    const detinit_audit_tensor *t;
    for (size_t n = 0; (t = detinit_audit_of(o->audit, n)) != NULL; n++)
        if (strcmp(t->tensor->name, name) == 0)
            return t;
    fail_msg("there is no %s", name);
    return NULL;
}

static void assert_no_warnings(const opened *o)
{
    const detinit_finding *f = detinit_audit_finding(o->audit, 0);
    if (detinit_audit_warnings(o->audit) > 0)
        fail_msg("%s: %s", detinit_tensorfile_tensor(o->file, f->first)->name, f->text);
}

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

/* ------------------------------------------------------ what is not as its kind is */

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

static void finish(archive *a, opened *o)
{
    end(o);
    free(a->bytes);
    free(a);
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
    make(a);
    opened o = audit_of(a, false, 2);
    assert_found(&o, DETINIT_FINDING_ZERO, true, 2, "a layer of zeros");
    assert_found(&o, DETINIT_FINDING_TIED, false, 0, "tied to 'embed.weight'");
    assert_found(&o, DETINIT_FINDING_EQUAL, false, 13, "equal to 'block.1.bias'");
    assert_found(&o, DETINIT_FINDING_EQUAL, true, 6, "'block.7.weight'");
    finish(a, &o);
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

/* ---------------------------------------------------------------- eigenvalues */

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A symmetric circulant matrix has the cosine sums of its first row. */
static void eigenvalues_of_circulants(void **state)
{
    const double pi = acos(-1);
    (void)state;
    for (size_t n = 1; n < 41; n += 3) {
        double a[1600], c[40], expected[40], values[40], work[80];
        for (size_t j = 0; j <= n / 2; j++)
            c[j] = c[(n - j) % n] = cos(3.7 * (double)j * (double)j) / (1 + (double)j);
        for (size_t i = 0; i < n; i++) {
            expected[i] = 0;
            for (size_t j = 0; j < n; j++) {
                a[i * n + j] = c[(j + n - i) % n];
                expected[i] += c[j] * cos(2 * pi * (double)(i * j) / (double)n);
            }
        }
        assert_true(eigenvalues_of(a, n, values, work));
        qsort(values, n, sizeof *values, ascending);
        qsort(expected, n, sizeof *expected, ascending);
        for (size_t i = 0; i < n; i++)
            assert_double_near(values[i], expected[i], 1e-13 * (double)(n + 4));
    }
}

/* Rows that are diagonal already, numbers so small that their squares are 0, and nearly equal ones.
 */
static void eigenvalues_of_least_numbers(void **state)
{
    const double m = 0x1p-1074;
    double diagonal[] = {3, 0, 0, 0, 1, 0, 0, 0, 2}, values[3], work[6];
    double least[] = {-2 * m, m, 0, m, -2 * m, m, 0, m, 0};
    (void)state;
    assert_true(eigenvalues_of(diagonal, 3, values, work));
    assert_true(values[0] == 3 && values[1] == 1 && values[2] == 2);
    assert_true(eigenvalues_of(least, 3, values, work));
    for (size_t n = 0; n < 3; n++) /* Gershgorin: -4 m .. m, and as much for rounding */
        assert_true(values[n] >= -8 * m && values[n] <= 5 * m);
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
        cmocka_unit_test(a_std_unlike_its_kind_is_told),
        cmocka_unit_test(weights_of_no_law_among_a_kind_are_told),
        cmocka_unit_test(swapped_fans_are_told),
        cmocka_unit_test(unscaled_residual_projections_are_told),
        cmocka_unit_test(residual_projections_alone_are_not_told),
        cmocka_unit_test(laws_of_no_scheme_are_told),
        cmocka_unit_test(schemes_in_words),
        cmocka_unit_test(recipes_in_words),
        cmocka_unit_test(a_kind_of_no_scheme_has_a_std),
        cmocka_unit_test(files_of_many_schemes_have_no_scheme),
        cmocka_unit_test(zeros_and_copies_are_told),
        cmocka_unit_test(recurrent_layers_and_biases_are_named),
        cmocka_unit_test(fresh_files_raise_no_alarm),
        cmocka_unit_test(figures_are_those_of_the_definition),
        cmocka_unit_test(long_rows_can_be_dead),
        cmocka_unit_test(large_tensors_are_sampled),
        cmocka_unit_test(stretches_cover_a_tensor_once),
        cmocka_unit_test(eigenvalues_of_circulants),
        cmocka_unit_test(eigenvalues_of_least_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
