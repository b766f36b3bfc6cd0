/* The showcase as the explorer runs it: where its data come from, and work beside another thread.
 */
#include "scratch.h"

#include "detinit_track.h"
#include "option/option.h"
#include "train/prune.h"
#include "trained/showcase.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

static settings asked(const char *const *pairs)
{
    settings s;
    detinit_error error;
    settings_init(&s);
    for (; *pairs != NULL; pairs += 2)
        if (!option_set(&s, option_find(pairs[0]), pairs[1], true, &error))
            fail_msg("%s", error.message);
    return s;
}

#define ASKED(...) asked((const char *const[]){__VA_ARGS__, NULL})

/* -------------------------------------------------------------------- data */

/* Two training images and a test image of two pixels. */
static void put_bytes(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void put_data(const char *directory)
{
    static const char two_images[] = "\0\0\10\3\0\0\0\2\0\0\0\1\0\0\0\2\1\2\3\4";
    static const char two_labels[] = "\0\0\10\1\0\0\0\2\0\1";
    assert_int_equal(mkdir(directory, 0700), 0);
    assert_int_equal(chdir(directory), 0);
    put_bytes("train-images-idx3-ubyte", two_images, 20);
    put_bytes("train-labels-idx1-ubyte", two_labels, 10);
    put_bytes("t10k-images-idx3-ubyte", two_images, 20);
    put_bytes("t10k-labels-idx1-ubyte", two_labels, 10);
    assert_int_equal(chdir(".."), 0);
}

static void where_data_come_from(void **state)
{
    static const struct {
        const char *option, *value, *installed;
        detinit_status status;
        const char *directory;
        bool missing;
        size_t features;
    } cases[] = {
        {"epochs", "3", "installed", DETINIT_OK, "installed", false, 2},
        {"epochs", "3", "absent", DETINIT_OK, NULL, true, 100},
        {"epochs", "3", "broken", DETINIT_IO, NULL, false, 0},
        {"data", "installed", "absent", DETINIT_OK, "installed", false, 2},
        {"data", "absent", "installed", DETINIT_IO, NULL, false, 0},
        {"data", "absent", "absent", DETINIT_IO, NULL, false, 0},
        {"small", "on", "installed", DETINIT_OK, NULL, false, 100},
        {"small", "on", "absent", DETINIT_OK, NULL, false, 100},
    };
    (void)state;
    put_data("installed");
    put_data("broken");
    put_bytes("broken/t10k-labels-idx1-ubyte", "", 0);
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        settings s = ASKED(cases[n].option, cases[n].value);
        showcase_result r = {0};
        detinit_error error;
        detinit_status status =
            showcase_find_data(&s.training, s.recipe.seed, cases[n].installed, &r, &error);
        if (status != cases[n].status)
            fail_msg("case %zu: status %d", n, status);
        if (status == DETINIT_OK) {
            assert_int_equal(r.data.train.features, cases[n].features);
            assert_true((r.directory == NULL) == (cases[n].directory == NULL));
            if (r.directory != NULL)
                assert_string_equal(r.directory, cases[n].directory);
            assert_true(r.missing == cases[n].missing);
        } else {
            assert_non_null(strstr(error.message, "ubyte"));
        }
        showcase_free(&r);
        settings_free(&s);
    }
}

/* ------------------------------------------------------------- other threads */

/* A training in a thread of its own, and what it hands to the one that draws. */
typedef struct observed_training {
    settings settings;
    showcase_result result;
    detinit_status status;
    atomic_bool cancelled;
    pthread_mutex_t lock;
    pthread_cond_t seen;
    size_t calls, epochs; /* under the lock, as all below */
    size_t odd_calls;     /* whose weights are not what they should be */
    float *weights;       /* at the last call */
    double accuracy;      /* of the last epoch done */
} observed_training;

static void observe(void *context, const showcase_result *r, const training_moment *moment)
{
    observed_training *l = context;
    size_t bytes = r->net.weight_count * sizeof *l->weights;
    pthread_mutex_lock(&l->lock);
    /* At first the initial weights, then others every time. */
    const float *before = l->calls > 0 ? l->weights : r->initial;
    bool same = memcmp(before, r->net.weights, bytes) == 0;
    l->odd_calls += same != (l->calls == 0);
    if (l->weights == NULL)
        l->weights = allocate(bytes);
    memcpy(l->weights, r->net.weights, bytes);
    l->calls++;
    if (moment->epoch_done) {
        l->epochs = moment->epoch;
        l->accuracy = r->epochs[moment->epoch].accuracy;
    }
    pthread_cond_signal(&l->seen);
    pthread_mutex_unlock(&l->lock);
}

static bool goes_on(void *context, uint64_t done, uint64_t total)
{
    observed_training *l = context;
    return done <= total && !atomic_load(&l->cancelled);
}

static void *train(void *context)
{
    observed_training *l = context;
    detinit_run run = {.threads = 1, .progress = goes_on, .context = l};
    const showcase_observer observer = {observe, l};
    l->status =
        showcase_prepare(&l->settings.training, &l->settings.recipe, &l->result, &run, NULL);
    if (l->status == DETINIT_OK)
        l->status = showcase_train(&l->settings.training, l->settings.recipe.seed, &l->result,
                                   &observer, &run, NULL);
    if (l->status == DETINIT_OK)
        l->status = showcase_prune(threshold_chosen(&l->settings), &l->result, &run, NULL);
    return NULL;
}

static void begin(observed_training *l, pthread_t *thread, const char *epochs)
{
    *l = (observed_training){.settings = ASKED("small", "on", "epochs", epochs)};
    assert_int_equal(pthread_mutex_init(&l->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&l->seen, NULL), 0);
    assert_int_equal(pthread_create(thread, NULL, train, l), 0);
}

static void end(observed_training *l)
{
    showcase_free(&l->result);
    settings_free(&l->settings);
    free(l->weights);
    pthread_mutex_destroy(&l->lock);
    pthread_cond_destroy(&l->seen);
}

static void a_thread_is_watched(void **state)
{
    observed_training l;
    pthread_t thread;
    (void)state;
    begin(&l, &thread, "2");
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(l.status, DETINIT_OK);
    assert_int_equal(l.calls, 1 + 2 * SHOWCASE_OBSERVATIONS);
    assert_int_equal(l.odd_calls, 0);
    assert_int_equal(l.epochs, 2);
    size_t correct;
    const showcase_result *r = &l.result;
    assert_int_equal(mlp_correct(&r->net, &r->data.test, 1, &correct, NULL), DETINIT_OK);
    assert_true(l.accuracy == (double)correct / 2000 && l.accuracy == r->epochs[2].accuracy);
    assert_true(isnan(r->epochs[0].loss) && r->epochs[0].accuracy < 0.4);
    assert_true(r->epochs[1].accuracy > 0.5 && r->epochs[2].loss < r->epochs[1].loss);
    assert_memory_equal(l.weights, l.result.net.weights,
                        l.result.net.weight_count * sizeof *l.weights);
    assert_true(showcase_asked(&l.result)->accuracy[DETINIT_PRUNE_INIT] > 0.5);
    end(&l);
}

static void a_thread_is_cancelled(void **state)
{
    observed_training l;
    pthread_t thread;
    (void)state;
    begin(&l, &thread, "1000");
    pthread_mutex_lock(&l.lock);
    while (l.calls < 5)
        pthread_cond_wait(&l.seen, &l.lock);
    pthread_mutex_unlock(&l.lock);
    atomic_store(&l.cancelled, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(l.status, DETINIT_CANCELLED);
    assert_true(l.epochs < 1000);
    end(&l);
}

/* ------------------------------------------------------------------- files */

/* A small network, trained and pruned. */
static showcase_result trained(const settings *s)
{
    showcase_result r = {0};
    detinit_run run = {.threads = 1};
    assert_int_equal(showcase_prepare(&s->training, &s->recipe, &r, &run, NULL), DETINIT_OK);
    assert_int_equal(showcase_train(&s->training, s->recipe.seed, &r, NULL, &run, NULL),
                     DETINIT_OK);
    assert_int_equal(showcase_prune(threshold_chosen(s), &r, &run, NULL), DETINIT_OK);
    return r;
}

static void save(const showcase_result *r, const char *path)
{
    detinit_tensorwriter *writer;
    uint64_t bytes;
    assert_int_equal(showcase_open_file(path, r, NULL, &writer, NULL), DETINIT_OK);
    assert_int_equal(showcase_save(r, writer, &bytes, NULL), DETINIT_OK);
}

/* A saved network is known by its manifest, and the library finds in it what the showcase found. */
static void a_saved_network_is_known(void **state)
{
    settings s = ASKED("small", "on", "epochs", "1", "seed", "7", "mode", "xavier");
    showcase_result r = trained(&s);
    const showcase_level *level = showcase_asked(&r);
    detinit_tensorfile *file;
    detinit_network network;
    detinit_tracked tracked[3];
    detinit_change change;
    double threshold;
    (void)state;
    save(&r, "net.safetensors");
    assert_int_equal(detinit_tensorfile_open("net.safetensors", &file, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_count(file), 6);
    const char *manifest = detinit_tensorfile_metadata(file, "detinit.manifest");
    assert_int_equal(detinit_network_parse(manifest, strlen(manifest), "it", &network, NULL),
                     DETINIT_OK);
    assert_int_equal(network.count, 3);
    for (size_t k = 0; k < 3; k++) {
        const detinit_layer *layer = &network.layers[k];
        assert_true(detinit_recipe_equal(&layer->recipe, &r.network.layers[k].recipe));
        assert_int_equal(layer->recipe.seed, 7);
        assert_int_equal(detinit_track(file, detinit_tensorfile_find(file, layer->name),
                                       &layer->recipe, &tracked[k], NULL),
                         DETINIT_OK);
        assert_int_equal(
            detinit_tracked_change(&tracked[k], level->threshold, false, NULL, &change, NULL),
            DETINIT_OK);
        assert_int_equal(change.sleeping_weights, r.layer_sleeping[k]);
        assert_in_range(change.changed_weights, 1, change.total_weights - 1);
    }
    assert_int_equal(
        detinit_threshold_of_sparsity(tracked, 3, SHOWCASE_SPARSITY, NULL, &threshold, NULL),
        DETINIT_OK);
    assert_double_same(threshold, level->threshold);
    detinit_network_free(&network);
    detinit_tensorfile_close(file);
    showcase_free(&r);
    settings_free(&s);
}

/* Whether a directory is empty; removes it. */
static bool was_empty(const char *path)
{
    return rmdir(path) == 0;
}

static void packing_gives_back_the_bits(void **state)
{
    settings s = ASKED("small", "on", "epochs", "1");
    showcase_result r = trained(&s);
    detinit_run run = {.threads = 1};
    struct stat about;
    (void)state;
    save(&r, "net.safetensors");
    assert_int_equal(stat("net.safetensors", &about), 0);
    for (int saved = 0; saved < 2; saved++) {
        const char *trained = saved ? "net.safetensors" : NULL;
        assert_int_equal(mkdir("rest", 0700), 0);
        assert_int_equal(setenv("TMPDIR", "rest", 1), 0);
        r.unpacks = false;
        assert_int_equal(showcase_pack(&r, trained, &run, NULL), DETINIT_OK);
        assert_true(r.unpacks);
        assert_true(was_empty("rest"));
        assert_int_equal(r.packing.dense_bytes, about.st_size);
        assert_int_equal(r.packing.stored_weights,
                         r.net.weight_count - showcase_asked(&r)->sleeping);
        /* A bit for each weight, and four bytes for each that is stored and each bias. */
        assert_in_range(r.packing.bytes, 6100 / 8 + 4 * (r.packing.stored_weights + 75),
                        6100 / 8 + 4 * (r.packing.stored_weights + 75) + 4096);
    }
    assert_true(unsetenv("TMPDIR") == 0);
    showcase_free(&r);
    settings_free(&s);
}

/* The comparison sees a bit in a weight that is stored, in one that sleeps, and in a bias. */
static void packing_compares(void **state)
{
    settings s = ASKED("small", "on", "epochs", "1");
    showcase_result r = trained(&s);
    detinit_run run = {.threads = 1};
    size_t stored = 0, sleeping = 0;
    (void)state;
    save(&r, "net.safetensors");
    while (prune_distance(r.net.weights[stored], r.initial[stored]) <=
           showcase_asked(&r)->threshold)
        stored++;
    while (prune_distance(r.net.weights[sleeping], r.initial[sleeping]) >=
           showcase_asked(&r)->threshold)
        sleeping++;
    float *const places[] = {&r.net.weights[stored], &r.initial[sleeping], &r.net.biases[74]};
    for (size_t n = 0; n < 3; n++) {
        float kept = *places[n];
        *places[n] = nextafterf(kept, 2 * kept);
        assert_int_equal(showcase_pack(&r, "net.safetensors", &run, NULL), DETINIT_OK);
        assert_false(r.unpacks);
        *places[n] = kept;
    }
    assert_int_equal(showcase_pack(&r, "net.safetensors", &run, NULL), DETINIT_OK);
    assert_true(r.unpacks);
    showcase_free(&r);
    settings_free(&s);
}

static bool never(void *context, uint64_t done, uint64_t total)
{
    (void)context, (void)done, (void)total;
    return false;
}

static void packing_fails_without_litter(void **state)
{
    settings s = ASKED("small", "on", "epochs", "1");
    showcase_result r = trained(&s);
    detinit_run run = {.threads = 1}, stopped = {.threads = 1, .progress = never};
    detinit_error error;
    (void)state;
    save(&r, "net.safetensors");
    assert_int_equal(setenv("TMPDIR", "absent", 1), 0);
    assert_int_equal(showcase_pack(&r, NULL, &run, &error), DETINIT_IO);
    assert_string_equal(error.message, "cannot make a directory in 'absent' to pack the network "
                                       "in: No such file or directory");
    assert_int_equal(mkdir("rest", 0700), 0);
    assert_int_equal(setenv("TMPDIR", "rest", 1), 0);
    assert_int_equal(showcase_pack(&r, "absent.safetensors", &run, &error), DETINIT_IO);
    put_file("broken.safetensors", "no tensors");
    assert_int_equal(showcase_pack(&r, "broken.safetensors", &run, &error), DETINIT_IO);
    assert_int_equal(showcase_pack(&r, "net.safetensors", &stopped, &error), DETINIT_CANCELLED);
    assert_true(was_empty("rest"));
    assert_true(unsetenv("TMPDIR") == 0);
    showcase_free(&r);
    settings_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(where_data_come_from, enter_scratch, leave_scratch),
        cmocka_unit_test(a_thread_is_watched),
        cmocka_unit_test(a_thread_is_cancelled),
        cmocka_unit_test_setup_teardown(a_saved_network_is_known, enter_scratch, leave_scratch),
        cmocka_unit_test_setup_teardown(packing_gives_back_the_bits, enter_scratch, leave_scratch),
        cmocka_unit_test_setup_teardown(packing_compares, enter_scratch, leave_scratch),
        cmocka_unit_test_setup_teardown(packing_fails_without_litter, enter_scratch, leave_scratch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
