/* The showcase's network and its training. */
#include "scratch.h"

#include "detinit_network.h"
#include "train/dataset.h"
#include "train/prune.h"
#include "train/train.h"

#include <cblas.h>
#include <limits.h>

static const size_t tiny_widths[] = {7, 6, 5, 3};
static const size_t small_widths[] = {60, 12, 4};

static detinit_network recipes_of(const size_t *widths, size_t layers, uint64_t seed)
{
    char text[64];
    detinit_network network;
    detinit_recipe like = detinit_recipe_matrix(seed, 0, 1, 1);
    size_t length = 0;
    like.dtype = DETINIT_FLOAT32;
    for (size_t k = 0; k <= layers; k++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%zu", k > 0 ? "-" : "",
                                   widths[k]);
    assert_int_equal(detinit_network_layers(text, &like, &network, NULL), DETINIT_OK);
    return network;
}

static mlp initialized(const size_t *widths, size_t layers, uint64_t seed)
{
    mlp net;
    detinit_network network = recipes_of(widths, layers, seed);
    assert_int_equal(mlp_new(widths, layers, &net, NULL), DETINIT_OK);
    assert_int_equal(mlp_initialize(&net, &network, NULL, NULL), DETINIT_OK);
    detinit_network_free(&network);
    return net;
}

static dataset made(uint64_t seed, size_t features, size_t classes, size_t train, size_t test)
{
    dataset d;
    assert_int_equal(dataset_make(seed, features, classes, 0.25, train, test, &d, NULL),
                     DETINIT_OK);
    return d;
}

/* ----------------------------------------------------------------- network */

static void initial_weights_are_the_library_s(void **state)
{
    mlp net = initialized(tiny_widths, 3, 42);
    (void)state;
    assert_int_equal(net.weight_count, 7 * 6 + 6 * 5 + 5 * 3);
    assert_int_equal(net.bias_count, 6 + 5 + 3);
    for (size_t k = 0; k < 3; k++) {
        detinit_recipe recipe = detinit_recipe_matrix(42, k, tiny_widths[k + 1], tiny_widths[k]);
        detinit_matrix *matrix;
        recipe.dtype = DETINIT_FLOAT32;
        assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
        const float *weights = net.weights + mlp_first_weight(&net, k);
        for (size_t n = 0; n < mlp_layer_count(&net, k); n++) {
            double w;
            detinit_matrix_weight(matrix, n / tiny_widths[k], n % tiny_widths[k], &w);
            assert_double_same((double)weights[n], w);
        }
        detinit_matrix_free(matrix);
    }
    for (size_t n = 0; n < net.bias_count; n++)
        assert_true(net.biases[n] == 0);
    mlp_free(&net);
}

/* Recipes that would write beside the weights, or in another type, are refused. */
static void foreign_recipes_are_refused(void **state)
{
    static const size_t other_widths[] = {7, 6, 4, 3};
    mlp net = initialized(tiny_widths, 3, 42);
    detinit_network shorter = recipes_of(tiny_widths, 2, 42),
                    doubles = recipes_of(tiny_widths, 3, 42);
    detinit_network other = recipes_of(other_widths, 3, 42);
    detinit_error error;
    (void)state;
    assert_int_equal(mlp_initialize(&net, &shorter, NULL, &error), DETINIT_INVALID);
    assert_int_equal(mlp_initialize(&net, &other, NULL, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "layer 2: expected a float32 matrix 5 x 6");
    doubles.layers[2].recipe.dtype = DETINIT_FLOAT64;
    assert_int_equal(mlp_initialize(&net, &doubles, NULL, &error), DETINIT_INVALID);
    doubles.layers[0].recipe.rank = 1;
    assert_int_equal(mlp_initialize(&net, &doubles, NULL, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "layer 1: expected a float32 matrix 6 x 7");
    doubles.layers[0].recipe.rank = 2;
    doubles.layers[0].recipe.shape[1] = 8;
    assert_int_equal(mlp_initialize(&net, &doubles, NULL, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "layer 1: expected a float32 matrix 6 x 7");
    doubles.layers[0].recipe.shape[1] = 7;
    doubles.layers[0].recipe.mode = DETINIT_MODE_COUNT; /* no recipe at all */
    assert_int_equal(mlp_initialize(&net, &doubles, NULL, &error), DETINIT_INVALID);
    detinit_network_free(&shorter);
    detinit_network_free(&doubles);
    detinit_network_free(&other);
    mlp_free(&net);
}

static void networks_without_sense_are_refused(void **state)
{
    static const size_t none[] = {7, 0}, many[] = {(size_t)1 << 31, 3};
    size_t widths[MLP_MAX_LAYERS + 2];
    mlp net = {.layers = 77};
    mlp_room room = {.rows = 77};
    detinit_error error;
    char message[80];
    (void)state;
    for (size_t k = 0; k < MLP_MAX_LAYERS + 2; k++)
        widths[k] = 2;
    assert_int_equal(mlp_new(widths, 0, &net, &error), DETINIT_INVALID);
    snprintf(message, sizeof message, "expected 1 to %d layers, got 0", MLP_MAX_LAYERS);
    assert_string_equal(error.message, message);
    assert_int_equal(mlp_new(widths, MLP_MAX_LAYERS + 1, &net, &error), DETINIT_INVALID);
    assert_int_equal(mlp_new(none, 1, &net, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "expected widths of 1 to 2^31 - 1, got 0");
    assert_int_equal(mlp_new(many, 1, &net, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "expected widths of 1 to 2^31 - 1, got 2147483648");
    assert_int_equal(net.layers, 77);
    assert_int_equal(mlp_new(widths, MLP_MAX_LAYERS, &net, &error), DETINIT_OK);
    /* More examples than bytes can be counted for. */
    assert_int_equal(mlp_room_new(&net, SIZE_MAX / 4, &room, &error), DETINIT_NO_MEMORY);
    snprintf(message, sizeof message, "not enough memory for %zu examples at once", SIZE_MAX / 4);
    assert_string_equal(error.message, message);
    assert_int_equal(room.rows, 77);
    mlp_free(&net);
}

/* The mean cross-entropy in binary64, from its definition. */
static double loss_by_definition(const mlp *net, const examples *e)
{
    double total = 0;
    for (size_t r = 0; r < e->count; r++) {
        double x[8], y[8], sum = 0;
        for (size_t i = 0; i < e->features; i++)
            x[i] = (double)e->inputs[r * e->features + i];
        for (size_t k = 0; k < net->layers; k++) {
            const float *w = net->weights + mlp_first_weight(net, k);
            const float *b = net->biases + mlp_first_bias(net, k);
            for (size_t n = 0; n < net->widths[k + 1]; n++) {
                y[n] = (double)b[n];
                for (size_t i = 0; i < net->widths[k]; i++)
                    y[n] += (double)w[n * net->widths[k] + i] * x[i];
                if (k + 1 < net->layers && y[n] < 0)
                    y[n] = 0;
            }
            memcpy(x, y, sizeof x);
        }
        for (size_t n = 0; n < e->classes; n++)
            sum += exp(x[n]);
        total += log(sum) - x[e->labels[r]];
    }
    return total / (double)e->count;
}

/* Central differences of the loss by definition in one parameter; short, for the corners of ReLU.
 */
static double slope(const mlp *net, const examples *e, float *parameter)
{
    float kept = *parameter, above = kept + 0x1p-14f, below = kept - 0x1p-14f;
    *parameter = above;
    double rise = loss_by_definition(net, e);
    *parameter = below;
    rise -= loss_by_definition(net, e);
    *parameter = kept;
    return rise / ((double)above - (double)below);
}

/* The mean loss of all examples and its gradient, in a room with a row to spare. */
static double mean_gradient(const mlp *net, const examples *e, float *weights, float *biases)
{
    mlp_room room;
    assert_int_equal(mlp_room_new(net, e->count + 1, &room, NULL), DETINIT_OK);
    double loss = mlp_gradient(net, &room, e, weights, biases) / (double)e->count;
    mlp_room_free(&room);
    return loss;
}

static void gradient_is_the_slope(void **state)
{
    mlp net = initialized(tiny_widths, 3, 5);
    dataset d = made(3, 7, 3, 9, 1);
    float *weights = allocate(net.weight_count * sizeof *weights);
    float *biases = allocate(net.bias_count * sizeof *biases);
    double loss, largest = 0;
    (void)state;
    for (size_t n = 0; n < net.bias_count; n++)
        net.biases[n] = 0.03f * (float)(n + 1); /* away from the corner of ReLU */
    loss = mean_gradient(&net, &d.train, weights, biases);
    assert_double_near(loss, loss_by_definition(&net, &d.train), 1e-6);
    for (size_t n = 0; n < net.weight_count; n++) {
        assert_double_near((double)weights[n], slope(&net, &d.train, &net.weights[n]), 1e-5);
        largest = fmax(largest, fabs((double)weights[n]));
    }
    for (size_t n = 0; n < net.bias_count; n++)
        assert_double_near((double)biases[n], slope(&net, &d.train, &net.biases[n]), 1e-5);
    assert_true(largest > 0.05); /* else all of this would hold of zeros */
    free(weights);
    free(biases);
    dataset_free(&d);
    mlp_free(&net);
}

static const training standard = {.seed = 42, .epochs = 3, .batch = 32, .learning_rate = 0.1};

/* A network trained on a made data set, which has a last batch that is not full. */
static mlp trained(const training *how, uint64_t seed, double *accuracy)
{
    dataset d = made(seed, 60, 4, 1201, 400);
    mlp net = initialized(small_widths, 2, seed);
    detinit_run run = {.threads = 1};
    size_t correct;
    assert_int_equal(train_network(&net, &d.train, how, &run, NULL), DETINIT_OK);
    assert_int_equal(mlp_correct(&net, &d.test, 1, &correct, NULL), DETINIT_OK);
    *accuracy = (double)correct / (double)d.test.count;
    dataset_free(&d);
    return net;
}

static void same_seed_same_network(void **state)
{
    double accuracy[3];
    training other_order = standard;
    (void)state;
    other_order.seed = 43;
    mlp a = trained(&standard, 42, &accuracy[0]), b = trained(&standard, 42, &accuracy[1]);
    mlp c = trained(&other_order, 42, &accuracy[2]);
    size_t bytes = a.weight_count * sizeof *a.weights;
    assert_memory_equal(a.weights, b.weights, bytes);
    assert_memory_equal(a.biases, b.biases, a.bias_count * sizeof *a.biases);
    assert_memory_not_equal(a.weights, c.weights, bytes);
    assert_true(accuracy[0] == accuracy[1]);
    mlp_free(&a);
    mlp_free(&b);
    mlp_free(&c);
}

/* Two epochs are not the first one twice. */
static void each_epoch_has_its_order(void **state)
{
    dataset d = made(42, 60, 4, 1201, 1);
    mlp once = initialized(small_widths, 2, 42), twice = initialized(small_widths, 2, 42);
    training two = standard, one = standard;
    detinit_run run = {.threads = 1};
    (void)state;
    two.epochs = 2;
    one.epochs = 1;
    assert_int_equal(train_network(&once, &d.train, &two, &run, NULL), DETINIT_OK);
    for (int n = 0; n < 2; n++)
        assert_int_equal(train_network(&twice, &d.train, &one, &run, NULL), DETINIT_OK);
    assert_memory_not_equal(once.weights, twice.weights, once.weight_count * sizeof(float));
    mlp_free(&once);
    mlp_free(&twice);
    dataset_free(&d);
}

/* Four classes: chance is 0.25. */
static void accuracy_rises_above_chance(void **state)
{
    double before, after;
    training none = standard;
    (void)state;
    none.epochs = 0;
    mlp untrained = trained(&none, 42, &before), net = trained(&standard, 42, &after);
    assert_true(before < 0.4);
    assert_true(after > 0.5);
    mlp_free(&untrained);
    mlp_free(&net);
}

/* A network of zeros has equal outputs, of which the first counts. */
static void equal_outputs_are_the_first_class(void **state)
{
    dataset d = made(1, 60, 4, 1, 403);
    mlp net;
    size_t correct;
    (void)state;
    assert_int_equal(mlp_new(small_widths, 2, &net, NULL), DETINIT_OK);
    assert_int_equal(mlp_correct(&net, &d.test, 1, &correct, NULL), DETINIT_OK);
    assert_int_equal(correct, 101);
    mlp_free(&net);
    dataset_free(&d);
}

static void shrinking_holds_weights(void **state)
{
    double accuracy;
    training how = standard;
    mlp initial = initialized(small_widths, 2, 42), net;
    size_t count = initial.weight_count, held;
    (void)state;
    how.lambda = 1e6;
    net = trained(&how, 42, &accuracy);
    assert_memory_equal(net.weights, initial.weights, count * sizeof *net.weights);
    assert_true(net.biases[0] != 0);
    mlp_free(&net);

    how.lambda = 0.01;
    net = trained(&how, 42, &accuracy);
    held = prune_count_within(net.weights, initial.weights, count, 0);
    assert_in_range(held, count / 20, count - count / 20);
    mlp_free(&net);
    mlp_free(&initial);
}

/* One step with one example: each weight by hand, pulled back by learning_rate * lambda. */
static void one_step_by_hand(void **state)
{
    static const size_t widths[] = {2, 2};
    mlp plain = initialized(widths, 1, 7), net = initialized(widths, 1, 7);
    mlp pulled = initialized(widths, 1, 7);
    float inputs[] = {1, -2}, weights[4], biases[2];
    unsigned char labels[] = {1};
    examples e = {inputs, labels, 1, 2, 2};
    training how = {.epochs = 1, .batch = 1, .learning_rate = 0.5};
    (void)state;
    mean_gradient(&plain, &e, weights, biases);
    assert_int_equal(train_network(&net, &e, &how, NULL, NULL), DETINIT_OK);
    how.lambda = 0.02;
    assert_int_equal(train_network(&pulled, &e, &how, NULL, NULL), DETINIT_OK);
    for (size_t n = 0; n < 4; n++) {
        double step = -0.5 * (double)weights[n], back = copysign(0.01, step);
        assert_true(fabs(step) > 0.01);
        assert_double_near((double)net.weights[n], (double)plain.weights[n] + step, 1e-6);
        assert_double_near((double)pulled.weights[n], (double)plain.weights[n] + step - back, 1e-6);
    }
    for (size_t n = 0; n < 2; n++)
        assert_double_near((double)net.biases[n], -0.5 * (double)biases[n], 1e-7);
    mlp_free(&plain);
    mlp_free(&net);
    mlp_free(&pulled);
}

/* Four steps by hand, with rates that fall by a quarter of the first, and pulls that fall likewise.
 */
static void the_rate_falls(void **state)
{
    static const size_t widths[] = {2, 2};
    mlp net = initialized(widths, 1, 7), by_hand = initialized(widths, 1, 7);
    mlp initial = initialized(widths, 1, 7);
    float inputs[] = {1, -2}, weights[4], biases[2];
    unsigned char labels[] = {1};
    examples e = {inputs, labels, 1, 2, 2};
    training how = {.epochs = 4, .batch = 1, .learning_rate = 0.5, .decays = true, .lambda = 0.02};
    (void)state;
    assert_int_equal(train_network(&net, &e, &how, NULL, NULL), DETINIT_OK);
    for (int step = 0; step < 4; step++) {
        float rate = 0.5f - 0.125f * (float)step;
        mean_gradient(&by_hand, &e, weights, biases);
        for (size_t n = 0; n < 4; n++) {
            by_hand.weights[n] -= rate * weights[n];
            by_hand.weights[n] -= copysignf(rate * 0.02f, by_hand.weights[n] - initial.weights[n]);
        }
        for (size_t n = 0; n < 2; n++)
            by_hand.biases[n] -= rate * biases[n];
    }
    for (size_t n = 0; n < 4; n++)
        assert_double_near((double)net.weights[n], (double)by_hand.weights[n], 1e-6);
    for (size_t n = 0; n < 2; n++)
        assert_double_near((double)net.biases[n], (double)by_hand.biases[n], 1e-6);
    mlp_free(&net);
    mlp_free(&by_hand);
    mlp_free(&initial);
}

static int by_distance_downwards(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return left > right ? -1 : left < right;
}

/* The furthest `kept` of `moved` keep their change, by a sort; no two here are as far. */
static void keep_by_sort(const float *moved, const float *initial, size_t count, size_t kept,
                         float *out)
{
    double distances[32];
    for (size_t n = 0; n < count; n++)
        distances[n] = fabs((double)moved[n] - (double)initial[n]);
    qsort(distances, count, sizeof distances[0], by_distance_downwards);
    for (size_t n = 0; n < count; n++)
        out[n] = fabs((double)moved[n] - (double)initial[n]) >= distances[kept - 1] ? moved[n]
                                                                                    : initial[n];
}

/*
 * Steps by hand: gradients of the network as it stands, changes of all weights summed up and
 * pulled back by lambda, and the furthest put into the network; or, `forgets`, those of the others
 * lost, as DropBack has it.
 */
static void train_by_hand(mlp *net, const examples *e, const training *how, size_t kept,
                          bool forgets)
{
    float initial[32], moved[32], weights[32], biases[8];
    size_t count = net->weight_count;
    memcpy(initial, net->weights, count * sizeof *initial);
    memcpy(moved, initial, sizeof moved);
    for (size_t step = 0; step < how->epochs; step++) {
        mean_gradient(net, e, weights, biases);
        for (size_t n = 0; n < count; n++) {
            float pull = (float)(how->learning_rate * how->lambda);
            moved[n] -= (float)how->learning_rate * weights[n];
            float change = moved[n] - initial[n];
            moved[n] = initial[n] + copysignf(fmaxf(0, fabsf(change) - pull), change);
        }
        for (size_t n = 0; n < net->bias_count; n++)
            net->biases[n] -= (float)how->learning_rate * biases[n];
        keep_by_sort(moved, initial, count, kept, net->weights);
        if (forgets)
            memcpy(moved, net->weights, count * sizeof *moved);
    }
}

/* After so many steps as there are epochs, each of them of all examples. */
static void the_furthest_keep_their_change(void **state)
{
    static const size_t widths[] = {5, 4, 3}; /* the errors of two outputs would be as large */
    float inputs[] = {1,     -2,    0.5f,  0.25f, 3,    2.2f, 1.1f, -1.4f,
                      0.75f, -0.6f, -1.3f, 0.7f,  2.1f, 0.9f, 0.1f};
    unsigned char labels[] = {1, 0, 2};
    examples e = {inputs, labels, 3, 5, 3};
    training how = {.batch = 3, .learning_rate = 0.1, .lambda = 0.01, .keep = 0.15};
    bool memory_matters = false;
    (void)state;
    for (how.epochs = 1; how.epochs <= 40; how.epochs++) {
        mlp net = initialized(widths, 2, 7), by_hand = initialized(widths, 2, 7);
        mlp forgetful = initialized(widths, 2, 7), initial = initialized(widths, 2, 7);
        size_t changed = 0;
        assert_int_equal(train_network(&net, &e, &how, NULL, NULL), DETINIT_OK);
        train_by_hand(&by_hand, &e, &how, 5, false); /* 32 weights * 0.15 = 4.8 */
        train_by_hand(&forgetful, &e, &how, 5, true);
        for (size_t n = 0; n < net.weight_count; n++) {
            assert_double_near((double)net.weights[n], (double)by_hand.weights[n], 1e-6);
            changed += net.weights[n] != initial.weights[n];
            memory_matters |=
                fabs((double)forgetful.weights[n] - (double)by_hand.weights[n]) > 1e-3;
        }
        for (size_t n = 0; n < net.bias_count; n++)
            assert_double_near((double)net.biases[n], (double)by_hand.biases[n], 1e-6);
        assert_int_equal(changed, 5);
        mlp_free(&net);
        mlp_free(&by_hand);
        mlp_free(&forgetful);
        mlp_free(&initial);
    }
    assert_true(memory_matters);
}

/* Of a larger network so many weights differ in the end, to one; where all are kept it is SGD. */
static void a_share_is_kept(void **state)
{
    static const double shares[] = {1e-9, 0.01, 0.05, 0.5};
    static const size_t kept[] = {1, 8, 39, 384}; /* of 60 * 12 + 12 * 4 = 768 */
    double accuracy[3];
    training how = standard;
    mlp initial = initialized(small_widths, 2, 42), plain = trained(&standard, 42, &accuracy[0]);
    (void)state;
    for (size_t n = 0; n < sizeof shares / sizeof shares[0]; n++) {
        how.keep = shares[n];
        mlp net = trained(&how, 42, &accuracy[1]);
        assert_int_equal(prune_count_within(net.weights, initial.weights, net.weight_count, 0),
                         net.weight_count - kept[n]);
        assert_true(net.biases[0] != 0);
        mlp_free(&net);
    }
    assert_true(accuracy[1] > accuracy[0] - 0.1); /* half of them learn as all do, or nearly */
    how.keep = 1;
    mlp all = trained(&how, 42, &accuracy[2]);
    assert_memory_equal(all.weights, plain.weights, plain.weight_count * sizeof *plain.weights);
    mlp_free(&all);
    mlp_free(&plain);
    mlp_free(&initial);
}

/* What an observer saw. */
typedef struct observed {
    size_t calls, ends, fails_at;
    training_moment last;
} observed;

static detinit_status observe(void *context, const training_moment *moment, detinit_error *error)
{
    observed *o = context;
    bool first = o->calls++ == 0;
    assert_int_equal(moment->steps, 3 * 38);
    assert_true(first == (moment->epoch == 0));
    assert_true(first ? moment->steps_done == 0 : moment->steps_done > o->last.steps_done);
    /* A mean over the examples so far: four classes by chance cost log 4. */
    assert_true(first ? isnan(moment->loss) : moment->loss > 0.2 && moment->loss < 3);
    assert_true(moment->epoch_done == (moment->steps_done == 38 * moment->epoch));
    o->ends += moment->epoch_done;
    o->last = *moment;
    if (o->calls != o->fails_at)
        return DETINIT_OK;
    snprintf(error->message, sizeof error->message, "enough");
    return error->status = DETINIT_IO;
}

/* Calls come at even distances, the epochs' ends among them. */
static void an_observer_is_called(void **state)
{
    static const struct {
        size_t asked, expected;
    } cases[] = {{0, 4}, {1, 4}, {2, 7}, {20, 61}, {38, 115}, {1000, 115}};
    dataset d = made(1, 60, 4, 1201, 8);
    detinit_error error;
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        mlp net = initialized(small_widths, 2, 1);
        observed o = {0};
        training how = standard;
        how.observe = observe;
        how.context = &o;
        how.observations = cases[n].asked;
        assert_int_equal(train_network(&net, &d.train, &how, NULL, NULL), DETINIT_OK);
        assert_int_equal(o.calls, cases[n].expected);
        assert_int_equal(o.ends, 4);
        assert_int_equal(o.last.steps_done, 3 * 38);
        o = (observed){.fails_at = 3};
        how.observations = 2;
        assert_int_equal(train_network(&net, &d.train, &how, NULL, &error), DETINIT_IO);
        assert_string_equal(error.message, "enough");
        assert_int_equal(o.last.steps_done, 38);
        mlp_free(&net);
    }
    dataset_free(&d);
}

static bool stop_at_five(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    assert_int_equal(total, 3 * 38);
    return done < 5;
}

static void training_refuses_and_stops(void **state)
{
    dataset d = made(1, 60, 4, 1201, 8);
    mlp net = initialized(small_widths, 2, 1), narrow = initialized(tiny_widths, 3, 1);
    training wild = standard, empty = standard;
    detinit_run stopped = {.threads = 1, .progress = stop_at_five};
    detinit_error error;
    size_t correct;
    int threads = openblas_get_num_threads();
    (void)state;
    openblas_set_num_threads(2);
    assert_int_equal(train_network(&net, &d.train, &standard, &stopped, &error), DETINIT_CANCELLED);
    assert_int_equal(openblas_get_num_threads(), 2);
    openblas_set_num_threads(threads);
    wild.learning_rate = 1e30;
    assert_int_equal(train_network(&net, &d.train, &wild, NULL, &error), DETINIT_NUMERIC);
    assert_non_null(strstr(error.message, "smaller learning rate"));
    wild.learning_rate = 3e38; /* weights that cannot be ordered any more */
    wild.keep = 0.1;
    assert_int_equal(train_network(&net, &d.train, &wild, NULL, &error), DETINIT_NUMERIC);
    assert_non_null(strstr(error.message, "smaller learning rate"));
    empty.batch = 0;
    assert_int_equal(train_network(&net, &d.train, &empty, NULL, &error), DETINIT_INVALID);
    assert_int_equal(train_network(&narrow, &d.train, &standard, NULL, &error), DETINIT_INVALID);
    assert_int_equal(mlp_correct(&narrow, &d.test, 0, &correct, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "expected examples of 7 inputs and at most 3 classes, got 8 "
                                       "of 60 inputs and 4 classes");
    d.test.count = 0;
    assert_int_equal(mlp_correct(&net, &d.test, 0, &correct, &error), DETINIT_INVALID);
    d.test.count = (size_t)INT_MAX + 1; /* more than BLAS counts */
    assert_int_equal(mlp_correct(&net, &d.test, 0, &correct, &error), DETINIT_INVALID);
    d.test.count = 8;
    d.test.classes = 5;
    assert_int_equal(mlp_correct(&net, &d.test, 0, &correct, &error), DETINIT_INVALID);
    mlp_free(&net);
    mlp_free(&narrow);
    dataset_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(initial_weights_are_the_library_s),
        cmocka_unit_test(foreign_recipes_are_refused),
        cmocka_unit_test(networks_without_sense_are_refused),
        cmocka_unit_test(gradient_is_the_slope),
        cmocka_unit_test(one_step_by_hand),
        cmocka_unit_test(the_rate_falls),
        cmocka_unit_test(same_seed_same_network),
        cmocka_unit_test(each_epoch_has_its_order),
        cmocka_unit_test(accuracy_rises_above_chance),
        cmocka_unit_test(equal_outputs_are_the_first_class),
        cmocka_unit_test(shrinking_holds_weights),
        cmocka_unit_test(the_furthest_keep_their_change),
        cmocka_unit_test(a_share_is_kept),
        cmocka_unit_test(an_observer_is_called),
        cmocka_unit_test(training_refuses_and_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
