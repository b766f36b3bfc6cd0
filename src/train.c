#include "train.h"

#include "error.h"

#include <cblas.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Examples that are tested at once. */
#define TEST_ROWS 1000

/* The layer that the order of the examples is drawn from: one that no network reaches. */
#define SHUFFLE_LAYER (UINT64_MAX - 3)

/* ----------------------------------------------------------------- network */

void mlp_free(mlp *net)
{
    free(net->weights);
    free(net->biases);
    *net = (mlp){0};
}

detinit_status mlp_new(const size_t *widths, size_t layers, mlp *out, detinit_error *error)
{
    mlp net = {.layers = layers};
    if (layers < 1 || layers > MLP_MAX_LAYERS)
        return error_set(error, DETINIT_INVALID, "expected 1 to %d layers, got %zu", MLP_MAX_LAYERS,
                         layers);
    for (size_t k = 0; k <= layers; k++) {
        if (widths[k] < 1 || widths[k] > INT_MAX)
            return error_set(error, DETINIT_INVALID, "expected widths of 1 to 2^31 - 1, got %zu",
                             widths[k]);
        net.widths[k] = widths[k];
    }
    for (size_t k = 0; k < layers; k++) {
        net.bias_count += widths[k + 1];
        net.weight_count += widths[k] * widths[k + 1];
    }
    net.weights = calloc(net.weight_count, sizeof *net.weights);
    net.biases = calloc(net.bias_count, sizeof *net.biases);
    if (net.weights == NULL || net.biases == NULL) {
        mlp_free(&net);
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for the network");
    }
    *out = net;
    return DETINIT_OK;
}

size_t mlp_layer_count(const mlp *net, size_t layer)
{
    return net->widths[layer] * net->widths[layer + 1];
}

size_t mlp_first_weight(const mlp *net, size_t layer)
{
    size_t first = 0;
    for (size_t k = 0; k < layer; k++)
        first += mlp_layer_count(net, k);
    return first;
}

size_t mlp_first_bias(const mlp *net, size_t layer)
{
    size_t first = 0;
    for (size_t k = 0; k < layer; k++)
        first += net->widths[k + 1];
    return first;
}

detinit_recipe mlp_recipe(const mlp *net, size_t layer, const detinit_recipe *like)
{
    detinit_recipe recipe = *like;
    recipe.layer = layer;
    recipe.rank = 2;
    recipe.shape[0] = net->widths[layer + 1];
    recipe.shape[1] = net->widths[layer];
    recipe.fan_in = DETINIT_FAN_IN_COLS;
    recipe.zero_mean = false;
    recipe.dtype = DETINIT_FLOAT32;
    return recipe;
}

detinit_status mlp_initialize(mlp *net, const detinit_recipe *like, const detinit_run *run,
                              detinit_error *error)
{
    detinit_run quiet = {.threads = run != NULL ? run->threads : 0};
    for (size_t k = 0; k < net->layers; k++) {
        detinit_recipe recipe = mlp_recipe(net, k, like);
        detinit_matrix *matrix;
        detinit_status status = detinit_matrix_new(&recipe, &quiet, &matrix, error);
        if (status == DETINIT_OK) {
            status =
                detinit_matrix_fill(matrix, &quiet, net->weights + mlp_first_weight(net, k), error);
            detinit_matrix_free(matrix);
        }
        if (status != DETINIT_OK)
            return status;
    }
    memset(net->biases, 0, net->bias_count * sizeof *net->biases);
    return DETINIT_OK;
}

/* ------------------------------------------------------------------ passes */

/* Room for the outputs of every layer for up to `rows` examples, and for what flows back. */
typedef struct room {
    size_t rows;
    float *outputs[MLP_MAX_LAYERS]; /* of layer k, rows x widths[k + 1] */
    float *errors[MLP_MAX_LAYERS];  /* d loss / d output before ReLU; NULL in a room to test in */
} room;

static void room_free(room *r)
{
    for (size_t k = 0; k < MLP_MAX_LAYERS; k++) {
        free(r->outputs[k]);
        free(r->errors[k]);
    }
    *r = (room){0};
}

static detinit_status room_new(const mlp *net, size_t rows, bool trains, room *out,
                               detinit_error *error)
{
    room r = {.rows = rows};
    bool enough = true;
    for (size_t k = 0; k < net->layers; k++) {
        size_t bytes = rows * net->widths[k + 1] * sizeof(float);
        r.outputs[k] = malloc(bytes);
        r.errors[k] = trains ? malloc(bytes) : NULL;
        enough = enough && r.outputs[k] != NULL && (r.errors[k] != NULL || !trains);
    }
    if (!enough) {
        room_free(&r);
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for %zu examples at once",
                         rows);
    }
    *out = r;
    return DETINIT_OK;
}

/* c = beta c + a b, a (or its transpose) m x k and b (or its transpose) k x n, row-major. */
static void multiply(CBLAS_TRANSPOSE turn_a, CBLAS_TRANSPOSE turn_b, size_t m, size_t n, size_t k,
                     const float *a, const float *b, float beta, float *c)
{
    cblas_sgemm(CblasRowMajor, turn_a, turn_b, (int)m, (int)n, (int)k, 1, a,
                (int)(turn_a == CblasTrans ? m : k), b, (int)(turn_b == CblasTrans ? k : n), beta,
                c, (int)n);
}

/* The outputs of layer k from its inputs; ReLU unless it is the last. */
static void forward_layer(const mlp *net, size_t k, const float *inputs, size_t rows,
                          float *outputs)
{
    size_t width = net->widths[k + 1];
    const float *biases = net->biases + mlp_first_bias(net, k);
    for (size_t r = 0; r < rows; r++)
        memcpy(outputs + r * width, biases, width * sizeof *outputs);
    multiply(CblasNoTrans, CblasTrans, rows, width, net->widths[k], inputs,
             net->weights + mlp_first_weight(net, k), 1, outputs);
    for (size_t n = 0; n < rows * width && k + 1 < net->layers; n++)
        outputs[n] = outputs[n] > 0 ? outputs[n] : 0;
}

static const float *forward(const mlp *net, const float *inputs, size_t rows, const room *r)
{
    for (size_t k = 0; k < net->layers; k++) {
        forward_layer(net, k, inputs, rows, r->outputs[k]);
        inputs = r->outputs[k];
    }
    return inputs;
}

/* The summed cross-entropy; errors become (softmax - one in the label's place) / rows. */
static double softmax_loss(const float *outputs, const unsigned char *labels, size_t rows,
                           size_t classes, float *errors)
{
    double loss = 0;
    for (size_t r = 0; r < rows; r++, outputs += classes, errors += classes) {
        float largest = outputs[0], sum = 0;
        for (size_t c = 1; c < classes; c++)
            largest = outputs[c] > largest ? outputs[c] : largest;
        for (size_t c = 0; c < classes; c++)
            sum += errors[c] = expf(outputs[c] - largest);
        loss += log((double)sum) + (double)largest - (double)outputs[labels[r]];
        for (size_t c = 0; c < classes; c++)
            errors[c] /= sum * (float)rows;
        errors[labels[r]] -= 1.0f / (float)rows;
    }
    return loss;
}

/* Sums the errors of layer k into its gradients. */
static void layer_gradient(const mlp *net, size_t k, const float *inputs, size_t rows,
                           const float *errors, float *weight_gradient, float *bias_gradient)
{
    size_t width = net->widths[k + 1];
    float *biases = bias_gradient + mlp_first_bias(net, k);
    multiply(CblasTrans, CblasNoTrans, width, net->widths[k], rows, errors, inputs, 0,
             weight_gradient + mlp_first_weight(net, k));
    memset(biases, 0, width * sizeof *biases);
    for (size_t r = 0; r < rows; r++)
        for (size_t n = 0; n < width; n++)
            biases[n] += errors[r * width + n];
}

/* The summed loss of a batch, and the gradient of its mean. */
static double gradient(const mlp *net, const float *inputs, const unsigned char *labels,
                       size_t rows, const room *r, float *weight_gradient, float *bias_gradient)
{
    size_t last = net->layers - 1;
    const float *outputs = forward(net, inputs, rows, r);
    double loss = softmax_loss(outputs, labels, rows, net->widths[net->layers], r->errors[last]);
    for (size_t k = last; k > 0; k--) {
        const float *below = r->outputs[k - 1];
        size_t width = net->widths[k];
        layer_gradient(net, k, below, rows, r->errors[k], weight_gradient, bias_gradient);
        multiply(CblasNoTrans, CblasNoTrans, rows, width, net->widths[k + 1], r->errors[k],
                 net->weights + mlp_first_weight(net, k), 0, r->errors[k - 1]);
        for (size_t n = 0; n < rows * width; n++)
            if (!(below[n] > 0))
                r->errors[k - 1][n] = 0;
    }
    layer_gradient(net, 0, inputs, rows, r->errors[0], weight_gradient, bias_gradient);
    return loss;
}

/* Whether the network can take these examples. */
static detinit_status check_fit(const mlp *net, const examples *e, detinit_error *error)
{
    if (e->count > 0 && e->count <= INT_MAX && e->features == net->widths[0] &&
        e->classes <= net->widths[net->layers])
        return DETINIT_OK;
    return error_set(error, DETINIT_INVALID,
                     "expected examples of %zu inputs and at most %zu classes, got %zu of %zu "
                     "inputs and %zu classes",
                     net->widths[0], net->widths[net->layers], e->count, e->features, e->classes);
}

detinit_status mlp_gradient(const mlp *net, const examples *batch, double *loss,
                            float *weight_gradient, float *bias_gradient, detinit_error *error)
{
    room r = {0};
    detinit_status status = check_fit(net, batch, error);
    if (status == DETINIT_OK)
        status = room_new(net, batch->count, true, &r, error);
    if (status == DETINIT_OK)
        *loss = gradient(net, batch->inputs, batch->labels, batch->count, &r, weight_gradient,
                         bias_gradient) /
                (double)batch->count;
    room_free(&r);
    return status;
}

/* ----------------------------------------------------------------- testing */

/* Gives OpenBLAS so many threads (0: as many as it has), and returns how many it had. */
static int use_threads(unsigned threads)
{
    int before = openblas_get_num_threads();
    if (threads > 0 && threads <= INT_MAX)
        openblas_set_num_threads((int)threads);
    return before;
}

static size_t count_correct(const float *outputs, const unsigned char *labels, size_t rows,
                            size_t classes)
{
    size_t correct = 0;
    for (size_t r = 0; r < rows; r++, outputs += classes) {
        size_t best = 0;
        for (size_t c = 1; c < classes; c++)
            best = outputs[c] > outputs[best] ? c : best;
        correct += best == labels[r];
    }
    return correct;
}

detinit_status mlp_correct(const mlp *net, const examples *tested, unsigned threads,
                           size_t *correct, detinit_error *error)
{
    room r = {0};
    size_t found = 0;
    detinit_status status = check_fit(net, tested, error);
    if (status == DETINIT_OK)
        status = room_new(net, TEST_ROWS, false, &r, error);
    if (status != DETINIT_OK)
        return status;
    int before = use_threads(threads);
    for (size_t first = 0; first < tested->count; first += TEST_ROWS) {
        size_t rows = tested->count - first < TEST_ROWS ? tested->count - first : TEST_ROWS;
        const float *outputs = forward(net, tested->inputs + first * tested->features, rows, &r);
        found += count_correct(outputs, tested->labels + first, rows, net->widths[net->layers]);
    }
    openblas_set_num_threads(before);
    room_free(&r);
    *correct = found;
    return DETINIT_OK;
}

/* ---------------------------------------------------------------- training */

/* All that training holds beside the network. */
typedef struct trainer {
    mlp *net;
    const examples *train;
    const training *how;
    const detinit_run *run;
    room room;
    size_t *order;         /* of the examples in this epoch */
    float *initial;        /* weights; NULL where lambda is 0 */
    float *inputs;         /* of a batch, gathered */
    unsigned char *labels; /* likewise */
    float *weight_gradient, *bias_gradient;
    uint64_t steps_done, steps;
} trainer;

static void trainer_free(trainer *t)
{
    room_free(&t->room);
    free(t->order);
    free(t->initial);
    free(t->inputs);
    free(t->labels);
    free(t->weight_gradient);
    free(t->bias_gradient);
}

static detinit_status trainer_new(mlp *net, const examples *train, const training *how,
                                  const detinit_run *run, trainer *out, detinit_error *error)
{
    size_t batch = how->batch < train->count ? how->batch : train->count;
    trainer t = {.net = net, .train = train, .how = how, .run = run};
    t.steps = (uint64_t)how->epochs * ((train->count + batch - 1) / batch);
    t.order = malloc(train->count * sizeof *t.order);
    t.inputs = malloc(batch * train->features * sizeof *t.inputs);
    t.labels = malloc(batch);
    t.weight_gradient = malloc(net->weight_count * sizeof *t.weight_gradient);
    t.bias_gradient = malloc(net->bias_count * sizeof *t.bias_gradient);
    if (how->lambda > 0)
        t.initial = malloc(net->weight_count * sizeof *t.initial);
    if (t.order == NULL || t.inputs == NULL || t.labels == NULL || t.weight_gradient == NULL ||
        t.bias_gradient == NULL || (how->lambda > 0 && t.initial == NULL)) {
        trainer_free(&t);
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory to train the network");
    }
    if (t.initial != NULL)
        memcpy(t.initial, net->weights, net->weight_count * sizeof *t.initial);
    detinit_status status = room_new(net, batch, true, &t.room, error);
    if (status != DETINIT_OK) {
        trainer_free(&t);
        return status;
    }
    *out = t;
    return DETINIT_OK;
}

/* Fisher and Yates's shuffle; its draws are hashes of seed, epoch and place. */
static void shuffle(size_t *order, size_t count, uint64_t seed, uint64_t epoch)
{
    for (size_t n = 0; n < count; n++)
        order[n] = n;
    for (size_t n = count; n > 1; n--) {
        const uint64_t place[] = {SHUFFLE_LAYER, epoch, n};
        size_t other = (size_t)(detinit_u01(detinit_key(seed, place, 3)) * (double)n);
        size_t kept = order[n - 1];
        order[n - 1] = order[other];
        order[other] = kept;
    }
}

static void gather(const trainer *t, size_t first, size_t rows)
{
    size_t features = t->train->features;
    for (size_t r = 0; r < rows; r++) {
        size_t from = t->order[first + r];
        memcpy(t->inputs + r * features, t->train->inputs + from * features,
               features * sizeof *t->inputs);
        t->labels[r] = t->train->labels[from];
    }
}

static void descend(float *values, const float *slope, size_t count, float rate)
{
    for (size_t n = 0; n < count; n++)
        values[n] -= rate * slope[n];
}

/* Moves every weight by `pull` towards its initial value, and not past it. */
static void shrink(float *weights, const float *initial, size_t count, float pull)
{
    for (size_t n = 0; n < count; n++) {
        float change = weights[n] - initial[n];
        float kept = fabsf(change) - pull;
        weights[n] = kept <= 0 ? initial[n] : initial[n] + copysignf(kept, change);
    }
}

/* One step of SGD on `rows` examples from place `first` of the order; adds to the loss. */
static void step(const trainer *t, size_t first, size_t rows, double *loss)
{
    mlp *net = t->net;
    gather(t, first, rows);
    *loss +=
        gradient(net, t->inputs, t->labels, rows, &t->room, t->weight_gradient, t->bias_gradient);
    float rate = (float)t->how->learning_rate;
    descend(net->weights, t->weight_gradient, net->weight_count, rate);
    descend(net->biases, t->bias_gradient, net->bias_count, rate);
    if (t->initial != NULL)
        shrink(net->weights, t->initial, net->weight_count,
               (float)(t->how->learning_rate * t->how->lambda));
}

static detinit_status train_epoch(trainer *t, size_t epoch, detinit_error *error)
{
    size_t count = t->train->count, batch = t->room.rows;
    const detinit_run *run = t->run;
    double loss = 0;
    shuffle(t->order, count, t->how->seed, epoch);
    for (size_t first = 0; first < count; first += batch) {
        step(t, first, count - first < batch ? count - first : batch, &loss);
        t->steps_done++;
        if (!isfinite(loss))
            return error_set(error, DETINIT_NUMERIC,
                             "the loss is no longer finite after %" PRIu64
                             " steps: expected a smaller learning rate than %g",
                             t->steps_done, t->how->learning_rate);
        if (run != NULL && run->progress != NULL &&
            !run->progress(run->context, t->steps_done, t->steps))
            return error_set(error, DETINIT_CANCELLED, "cancelled");
    }
    if (t->how->epoch_done == NULL)
        return DETINIT_OK;
    return t->how->epoch_done(t->how->context, epoch, loss / (double)count, error);
}

detinit_status train_network(mlp *net, const examples *train, const training *how,
                             const detinit_run *run, detinit_error *error)
{
    trainer t;
    detinit_status status = check_fit(net, train, error);
    if (status == DETINIT_OK && how->batch == 0)
        status = error_set(error, DETINIT_INVALID, "expected at least 1 example in a step");
    if (status == DETINIT_OK)
        status = trainer_new(net, train, how, run, &t, error);
    if (status != DETINIT_OK)
        return status;
    int before = use_threads(run != NULL ? run->threads : 0);
    for (size_t epoch = 1; epoch <= how->epochs && status == DETINIT_OK; epoch++)
        status = train_epoch(&t, epoch, error);
    openblas_set_num_threads(before);
    trainer_free(&t);
    return status;
}
