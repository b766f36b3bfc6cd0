#include "model/work.h"

#include "model/pieces.h"
#include "model/racing.h"
#include "model/training.h"
#include "model/viewing.h"
#include "model/watching.h"

#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------------------------ pieces */

static bool is_signal(piece_id id)
{
    return id >= PIECE_SIGNAL && id < PIECE_SIGNAL_END;
}

/* What the making of a piece takes, but for the matrix. */
static piece_request piece_of(const model *m, piece_id id)
{
    piece_request piece = {.recipe = m->settings.recipe};
    if (id == PIECE_SURVEY)
        piece.exact = m->settings.output.exact;
    if (id == PIECE_MODES)
        piece.activation = m->view.activation;
    if (id == PIECE_PRODUCT)
        piece.factors = (unsigned)m->settings.describe.factors;
    if (id == PIECE_COORDINATES) {
        piece.width_number = m->results.coordinates.count;
        piece.widest = m->settings.describe.widest;
    }
    if (id == PIECE_PHASE)
        piece.activation = m->settings.signal.activation;
    if (is_signal(id))
        piece.signal = signal_request(&m->settings, (detinit_mode)(id - PIECE_SIGNAL));
    return piece;
}

static bool piece_is_outdated(const work_request *r, const model *m)
{
    const piece_request now = piece_of(m, (piece_id)r->kind), *asked = &r->of.piece;
    return r->generation != m->generation || asked->exact != now.exact ||
           asked->activation != now.activation || asked->factors != now.factors ||
           asked->width_number != now.width_number || asked->widest != now.widest;
}

/*
 * Of weights and biases of another size or seed it is shown until there is what is asked for: so
 * the curves follow a point, or a seed, that is moved without end.
 */
static bool signal_is_outdated(const work_request *r, const model *m)
{
    const piece_request now = piece_of(m, (piece_id)r->kind);
    return !signal_requests_near(&r->of.piece.signal, &now.signal);
}

/* It is the same whatever the recipe. */
static bool phase_is_outdated(const work_request *r, const model *m)
{
    return r->of.piece.activation != m->settings.signal.activation;
}

static void deliver_signal(model *m, work_request *r)
{
    signals_put(&m->signals, r->made.signal);
    r->made.signal = NULL;
    model_look_for_signals(m);
    m->results.given_up &= ~PIECE_BIT(r->kind);
    m->wanted &= ~PIECE_BIT(r->kind);
}

static void deliver_phase(model *m, work_request *r)
{
    free(m->signals.phase);
    m->signals.phase = r->made.phase;
    r->made.phase = NULL;
    model_look_for_signals(m);
    m->wanted &= ~PIECE_BIT(PIECE_PHASE);
}

/* A piece that comes in parts is wanted until it is whole. */
static void deliver_piece(model *m, work_request *r)
{
    results_take(&m->results, &r->made, (piece_id)r->kind);
    if (m->results.has[r->kind])
        m->wanted &= ~PIECE_BIT(r->kind);
}

/* What figures of a file are expected to be is found with them. */
static void deliver_survey(model *m, work_request *r)
{
    if (viewing_law(m) == &m->law.recipe)
        m->law = r->made.law;
    deliver_piece(m, r);
}

static void deliver_reproducibility(model *m, work_request *r)
{
    deliver_piece(m, r);
    const detinit_reproducibility *found = &m->results.reproducibility;
    model_say(m, found->equal ? MESSAGE_GOOD : MESSAGE_BAD,
              found->equal ? "every bit the same in %llu comparisons, SHA-256 %s"
                           : "THE BITS DIFFER: %llu comparisons, SHA-256 %s",
              (unsigned long long)found->compared, found->sha256);
}

static void forgo_piece(model *m, const work_request *r)
{
    m->results.given_up |= PIECE_BIT(r->kind);
    m->wanted &= ~PIECE_BIT(r->kind);
}

/* All but these are made of the matrix, and wait for an orthogonal one. */
#define WITHOUT_MATRIX                                                                             \
    (PIECE_BIT(PIECE_MODES) | PIECE_BIT(PIECE_SPECTRUM) | PIECE_BIT(PIECE_PRODUCT) |               \
     PIECE_BIT(PIECE_COORDINATES) | PIECES_OF_SIGNALS | PIECE_BIT(PIECE_PHASE))

static void forgo_matrix(model *m, const work_request *r)
{
    forgo_piece(m, r);
    m->wanted &= WITHOUT_MATRIX;
}

/* The pane shows why it has nothing else to show. */
static void fail_spectrum(model *m, work_request *r)
{
    spectrum *s = &m->results.spectrum;
    if (r->error.status == DETINIT_CANCELLED)
        return;
    snprintf(s->refusal, sizeof s->refusal, "%.190s", r->error.message);
    m->results.has[PIECE_SPECTRUM] = true;
}

static bool has_save(const work_request *list)
{
    while (list != NULL && list->kind != WORK_SAVE)
        list = list->next;
    return list != NULL;
}

unsigned work_missing(const model *m)
{
    unsigned wanted = m->wanted, needed = wanted | m->shown_pieces;
    if ((needed & PIECE_BIT(PIECE_SURVEY)) != 0 && model_refines(m))
        needed |= PIECE_BIT(PIECE_EXACT_SURVEY);
    for (int n = 0; n < PIECE_COUNT; n++)
        if (m->results.has[n])
            needed &= ~PIECE_BIT(n);
    if (m->results.matrix == NULL && (needed != 0 || has_save(m->asked))) {
        needed = (needed & WITHOUT_MATRIX) | PIECE_BIT(PIECE_MATRIX);
        if ((wanted & ~WITHOUT_MATRIX) != 0)
            wanted |= PIECE_BIT(PIECE_MATRIX);
    }
    return needed & ~(m->results.given_up & ~wanted);
}

work_request *work_ask_piece(const model *m, piece_id id)
{
    work_request *r = request_new((work_kind)id, m->generation, m->settings.run.threads);
    if (r == NULL)
        return NULL;
    r->of.piece = piece_of(m, id);
    if (m->results.matrix != NULL)
        r->of.piece.matrix = detinit_matrix_share(m->results.matrix);
    if (viewing_is_measured(m)) {
        r->of.piece.subject = viewing_subject(m);
        r->of.piece.promised = viewed_is_promised(&m->viewed);
        opened_file_share(r->of.piece.subject.file);
    }
    return r;
}

void work_renew(const model *m, work_request *r)
{
    piece_request *of = &r->of.piece;
    if (!is_signal((piece_id)r->kind))
        return;
    const piece_request now = piece_of(m, (piece_id)r->kind);
    of->recipe = now.recipe; /* what it shares with the model stays as it is */
    of->signal = now.signal;
}

bool work_prepare(const model *m, work_request *r)
{
    if (r->kind != WORK_SAVE || r->generation != m->generation)
        return true;
    if (m->results.matrix != NULL)
        r->of.save.matrix = detinit_matrix_share(m->results.matrix);
    return m->results.matrix != NULL || (m->results.given_up & PIECE_BIT(PIECE_MATRIX)) != 0;
}

/* ---------------------------------------------------------------- networks */

/* A network that could not be had leaves the one before, if nothing else was asked for since. */
static void fail_network(model *m, work_request *r)
{
    if (!r->lost || r->generation != m->training)
        return;
    m->training = r->remains_of;
    if (r->remains != NULL)
        model_take_trained(m, r->remains);
    r->remains = NULL;
}

bool work_is_unmeasured(const model *m)
{
    const trained_network *t = m->trained;
    return t != NULL && t->steps > 0 && t->ended &&
           trained_find_pruning(t, t->total - t->awake) == NULL &&
           !(m->measured_of == m->training && m->measured_at == t->threshold);
}

work_request *work_ask_measure(const model *m)
{
    work_request *r = request_new(WORK_MEASURE, m->training, m->settings.run.threads);
    if (r != NULL)
        r->of.measure.threshold = m->trained->threshold;
    return r;
}

static bool measure_is_outdated(const work_request *r, const model *m)
{
    return r->generation != m->training || m->trained == NULL ||
           m->trained->threshold != r->of.measure.threshold;
}

/* Once is enough, whatever came of it; the accuracies come with the network that is published. */
static void forgo_measure(model *m, const work_request *r)
{
    m->measured_of = r->generation;
    m->measured_at = r->of.measure.threshold;
}

static void deliver_measure(model *m, work_request *r)
{
    forgo_measure(m, r);
}

/* ------------------------------------------------------------------- races */

static bool race_is_outdated(const work_request *r, const model *m)
{
    return r->generation != m->races;
}

/* However it ends: what it came to stays, and is not gone on with. */
static void end_race(model *m, work_request *r)
{
    (void)r;
    m->race_ended = true;
}

/* -------------------------------------------------------------------- rows */

/* Of each scheme. */
#define SIGNAL_ROW                                                                                 \
    {                                                                                              \
        .name = "sending signals", .shown_after = 0.3, .lane = LANE_SIGNAL, .rank = 1,             \
        .make = piece_signal, .outdated = signal_is_outdated, .deliver = deliver_signal,           \
        .forgo = forgo_piece                                                                       \
    }

const work_row work_rows[WORK_KIND_COUNT] = {
    [PIECE_MATRIX] = {.name = "orthogonalizing",
                      .shown_after = 0.3,
                      .lane = LANE_QUICK,
                      .rank = 0,
                      .make = piece_matrix,
                      .outdated = piece_is_outdated,
                      .deliver = deliver_piece,
                      .forgo = forgo_matrix},
    [PIECE_SURVEY] = {.name = "surveying",
                      .shown_after = 0.3,
                      .lane = LANE_QUICK,
                      .rank = 1,
                      .make = piece_survey,
                      .outdated = piece_is_outdated,
                      .deliver = deliver_survey,
                      .forgo = forgo_piece},
    [PIECE_MODES] = {.name = "comparing modes",
                     .shown_after = 0.3,
                     .lane = LANE_QUICK,
                     .rank = 2,
                     .make = piece_modes,
                     .outdated = piece_is_outdated,
                     .deliver = deliver_piece,
                     .forgo = forgo_piece},
    [PIECE_REPRODUCIBILITY] = {.name = "proving reproducibility",
                               .shown_after = 0.3,
                               .lane = LANE_QUICK,
                               .rank = 3,
                               .make = piece_reproducibility,
                               .outdated = piece_is_outdated,
                               .deliver = deliver_reproducibility,
                               .forgo = forgo_piece},
    [PIECE_SPECTRUM] = {.name = "finding singular values",
                        .shown_after = 0.3,
                        .lane = LANE_SLOW,
                        .rank = 1,
                        .needs_blas = true,
                        .make = piece_spectrum,
                        .outdated = piece_is_outdated,
                        .deliver = deliver_piece,
                        .fail = fail_spectrum,
                        .forgo = forgo_piece},
    [PIECE_PRODUCT] = {.name = "multiplying matrices",
                       .shown_after = 0.3,
                       .lane = LANE_SLOW,
                       .rank = 1,
                       .needs_blas = true,
                       .make = piece_product,
                       .outdated = piece_is_outdated,
                       .deliver = deliver_piece,
                       .forgo = forgo_piece},
    [PIECE_COORDINATES] = {.name = "training wider networks",
                           .shown_after = 0.3,
                           .lane = LANE_SLOW,
                           .rank = 1,
                           .make = piece_coordinates,
                           .outdated = piece_is_outdated,
                           .deliver = deliver_piece,
                           .forgo = forgo_piece},
    [PIECE_EXACT_SURVEY] = {.name = "surveying all weights",
                            .shown_after = 0.3,
                            .lane = LANE_SLOW,
                            .rank = 2,
                            .refines = true,
                            .make = piece_exact_survey,
                            .outdated = piece_is_outdated,
                            .deliver = deliver_survey,
                            .forgo = forgo_piece},
    [PIECE_SIGNAL... PIECE_SIGNAL_END - 1] = SIGNAL_ROW,
    [PIECE_PHASE] = {.name = "mapping phases",
                     .shown_after = 0.3,
                     .lane = LANE_SIGNAL,
                     .rank = 0,
                     .make = piece_phase,
                     .outdated = phase_is_outdated,
                     .deliver = deliver_phase,
                     .forgo = forgo_piece},
    [WORK_SAVE] = {.name = "saving",
                   .shown_after = 0.3,
                   .lane = LANE_SLOW,
                   .rank = 0,
                   .writes_file = true,
                   .make = save_matrix},
    [WORK_TRAIN] = {.name = "training",
                    .lane = LANE_TRAINING,
                    .brings_network = true,
                    .needs_blas = true,
                    .make = training_train,
                    .fail = fail_network},
    [WORK_OPEN] = {.name = "comparing",
                   .lane = LANE_TRAINING,
                   .brings_network = true,
                   .make = training_open,
                   .deliver = fail_network, /* a file without recipes is none */
                   .fail = fail_network},
    [WORK_VIEW] = {.name = "opening",
                   .shown_after = 0.3,
                   .lane = LANE_VIEW,
                   .make = viewing_open,
                   .outdated = viewing_is_outdated,
                   .deliver = viewing_take,
                   .fail = viewing_fail},
    [WORK_SAMPLE] = {.lane = LANE_VIEW,
                     .rank = 1,
                     .make = viewing_sample,
                     .outdated = viewing_sample_is_outdated,
                     .deliver = viewing_take_sample},
    [WORK_PRUNE] = {.name = "pruning",
                    .lane = LANE_TRAINING,
                    .writes_file = true,
                    .make = training_prune},
    [WORK_PACK] = {.name = "packing",
                   .lane = LANE_TRAINING,
                   .writes_file = true,
                   .make = training_pack},
    [WORK_MEASURE] = {.lane = LANE_TRAINING,
                      .rank = 1,
                      .needs_blas = true,
                      .make = training_measure,
                      .outdated = measure_is_outdated,
                      .deliver = deliver_measure,
                      .forgo = forgo_measure},
    [WORK_RACE] = {.name = "racing",
                   .lane = LANE_RACE,
                   .make = racing_race,
                   .outdated = race_is_outdated,
                   .deliver = end_race,
                   .fail = end_race},
    [WORK_WATCH] = {.lane = LANE_WATCH,
                    .make = watching_read,
                    .outdated = watching_is_outdated,
                    .differs = watching_differs,
                    .deliver = watching_take,
                    .fail = watching_fail},
};

bool work_is_outdated(const work_request *r, const model *m)
{
    const work_row *row = &work_rows[r->kind];
    return row->outdated != NULL && row->outdated(r, m);
}

void work_stop(model *m, work_request *r)
{
    const work_row *row = &work_rows[r->kind];
    atomic_store(&r->give_up, true);
    if (row->forgo != NULL && !work_is_outdated(r, m))
        row->forgo(m, r);
}

static void deliver_failure(model *m, work_request *r)
{
    const work_row *row = &work_rows[r->kind];
    if (row->fail != NULL)
        row->fail(m, r);
    if (r->error.status == DETINIT_CANCELLED)
        return;
    if (row->forgo != NULL)
        row->forgo(m, r);
    model_say(m, MESSAGE_BAD, "%s", r->error.message);
}

bool work_deliver(model *m, work_request *r)
{
    const work_row *row = &work_rows[r->kind];
    if (work_is_outdated(r, m))
        return false;
    if (r->error.status != DETINIT_OK) {
        deliver_failure(m, r);
        return true;
    }
    const bool differs = row->differs == NULL || row->differs(r, m);
    if (row->deliver != NULL)
        row->deliver(m, r);
    if (r->said[0] != '\0')
        model_say(m, MESSAGE_GOOD, "%s", r->said);
    return differs;
}
