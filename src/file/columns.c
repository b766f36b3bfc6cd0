#include "file/columns.h"

#include "base/error.h"
#include "file/npy.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Reading this many bytes in vain costs no more than another call. */
#define GAP_MOST 4096

/* What is read at once where columns lie close together. */
#define WINDOW ((size_t)1 << 20)

/* Columns are read and turned in parts of so many bytes, which the nearest caches hold. */
#define PART ((size_t)256 << 10)

/* Bands need no longer runs of a column than this, save for narrow matrices. */
#define RUN_ENOUGH  ((uint64_t)4096)
#define BAND_ENOUGH ((uint64_t)1 << 20)

/* Up to so many items are read one by one rather than with their band. */
#define FEW 256

#define NO_BAND UINT64_MAX

/* The items of consecutive steps along the axis, row-major. */
typedef struct band {
    uint64_t index; /* or NO_BAND */
    unsigned char *items;
    size_t users;
    uint64_t last_use;
    uint64_t begun, done; /* columns that some thread reads or has read, and those read */
    detinit_error error;  /* DETINIT_OK, or why it cannot be read */
} band;

/*
 * An axis is chosen such that one step along it, with all that lies behind in row-major
 * order, fits into a band.  A band is `height` such steps: `width` columns of them, which lie
 * in the file one after another.  What lies before the axis is fixed within a band.
 */
struct columns {
    const input *in;
    uint64_t offset; /* of the data in the file */
    size_t item;     /* bytes */
    size_t rank;     /* without the dimensions of 1 */
    uint64_t shape[NPY_RANK_MOST];
    uint64_t pitch[NPY_RANK_MOST + 1]; /* items from one index to the next in the file */
    size_t axis;
    uint64_t width, height;
    uint64_t bands_along; /* of the axis */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t clock;
    band bands[COLUMNS_BANDS];
};

/* Where a band lies, and which of its columns. */
typedef struct place {
    uint64_t begin; /* its first item in the file, counted in items */
    uint64_t rows;  /* steps along the axis */
} place;

/* Room for reading: columns one after another, and what was read with gaps. */
typedef struct room {
    unsigned char *part, *window;
    uint64_t part_columns;
} room;

/* ------------------------------------------------------------ making, ending */

static void choose_axis(columns *c, size_t most)
{
    const uint64_t items = most < c->item ? 1 : most / c->item;
    c->width = 1;
    c->axis = c->rank - 1;
    while (c->axis > 0 && c->shape[c->axis] <= items / c->width)
        c->width *= c->shape[c->axis--];
    uint64_t height = items / c->width, enough = BAND_ENOUGH / c->width;
    enough = enough > RUN_ENOUGH ? enough : RUN_ENOUGH;
    height = height < enough ? height : enough;
    c->height = height < c->shape[c->axis] ? height : c->shape[c->axis];
    c->bands_along = (c->shape[c->axis] + c->height - 1) / c->height;
}

columns *columns_new(const input *in, uint64_t offset, const detinit_tensor *tensor, size_t most)
{
    columns *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->in = in;
    c->offset = offset;
    c->item = (size_t)tensor->item_bytes;
    c->pitch[0] = 1;
    for (size_t n = 0; n < tensor->rank; n++) {
        if (tensor->shape[n] == 1)
            continue;
        c->shape[c->rank] = tensor->shape[n];
        c->pitch[c->rank + 1] = c->pitch[c->rank] * tensor->shape[n];
        c->rank++;
    }
    choose_axis(c, most);
    for (size_t n = 0; n < COLUMNS_BANDS; n++)
        c->bands[n].index = NO_BAND;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->changed, NULL);
    return c;
}

void columns_free(columns *c)
{
    if (c == NULL)
        return;
    for (size_t n = 0; n < COLUMNS_BANDS; n++)
        free(c->bands[n].items);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* ------------------------------------------------------------------- places */

/* The place in the file of number `number`, row-major, of the indices begin .. end - 1. */
static uint64_t place_in_file(const columns *c, size_t begin, size_t end, uint64_t number)
{
    uint64_t at = 0;
    for (size_t n = end; n-- > begin; number /= c->shape[n])
        at += number % c->shape[n] * c->pitch[n];
    return at;
}

static place place_of_band(const columns *c, uint64_t index)
{
    const uint64_t step = index % c->bands_along * c->height, rest = c->shape[c->axis] - step;
    return (place){
        .begin = place_in_file(c, 0, c->axis, index / c->bands_along) + step * c->pitch[c->axis],
        .rows = rest < c->height ? rest : c->height,
    };
}

/* Where column `number` of the file stands in a row. */
static uint64_t column_in_row(const columns *c, uint64_t number)
{
    uint64_t stride = c->width, at = 0;
    for (size_t n = c->axis + 1; n < c->rank; n++, number /= c->shape[n - 1]) {
        stride /= c->shape[n];
        at += number % c->shape[n] * stride;
    }
    return at;
}

/* ------------------------------------------------------------------ reading */

static detinit_status read_items(const columns *c, uint64_t begin, uint64_t count, void *out,
                                 detinit_error *error)
{
    return input_read(c->in, c->offset + begin * c->item, out, (size_t)count * c->item, error);
}

/* Every stride-th item of `from`, and so many in all, one after another. */
static void pick(size_t item, const unsigned char *from, uint64_t stride, uint64_t count,
                 unsigned char *to)
{
    if (stride == 1) {
        memcpy(to, from, (size_t)count * item);
        return;
    }
    for (uint64_t n = 0; n < count; n++, from += stride * item, to += item)
        memcpy(to, from, item);
}

/* `count` items at a stride: with what lies between them, where that is little. */
static detinit_status read_run(const columns *c, uint64_t begin, uint64_t count,
                               unsigned char *window, unsigned char *out, detinit_error *error)
{
    const uint64_t stride = c->pitch[c->axis];
    const uint64_t most = stride * c->item > GAP_MOST ? 1 : WINDOW / (stride * c->item);
    detinit_status status = DETINIT_OK;
    if (stride == 1)
        return read_items(c, begin, count, out, error);
    for (uint64_t n = 0; n < count && status == DETINIT_OK; n += most) {
        uint64_t items = count - n < most ? count - n : most;
        status = read_items(c, begin + n * stride, (items - 1) * stride + 1, window, error);
        if (status == DETINIT_OK)
            pick(c->item, window, stride, items, out + n * c->item);
    }
    return status;
}

/* Reads columns first .. first + count - 1 of a band into the room's part. */
static detinit_status read_columns(const columns *c, const place *where, uint64_t first,
                                   uint64_t count, const room *r, detinit_error *error)
{
    const uint64_t stride = c->pitch[c->axis], pitch = c->pitch[c->axis + 1];
    const uint64_t span = (where->rows - 1) * stride + 1, run = where->rows * c->item;
    const uint64_t begin = where->begin + first * pitch;
    uint64_t together = 1; /* columns that are read with what lies between them */
    if (span * c->item <= WINDOW && stride * c->item <= GAP_MOST &&
        (pitch - span) * c->item <= GAP_MOST)
        together = 1 + (WINDOW / c->item - span) / pitch;
    detinit_status status = DETINIT_OK;
    for (uint64_t n = 0; n < count && status == DETINIT_OK; n += together) {
        uint64_t cols = count - n < together ? count - n : together;
        if (cols == 1) {
            status =
                read_run(c, begin + n * pitch, where->rows, r->window, r->part + n * run, error);
            continue;
        }
        status = read_items(c, begin + n * pitch, (cols - 1) * pitch + span, r->window, error);
        for (uint64_t k = 0; k < cols && status == DETINIT_OK; k++)
            pick(c->item, r->window + k * pitch * c->item, stride, where->rows,
                 r->part + (n + k) * run);
    }
    return status;
}

/* Puts columns one after another into rows; `item` is a constant wherever this is called. */
static inline void turn(const unsigned char *part, size_t item, uint64_t rows, uint64_t cols,
                        const uint64_t *at, uint64_t width, unsigned char *items)
{
    for (uint64_t row = 0; row < rows; row++)
        for (uint64_t n = 0; n < cols; n++)
            memcpy(items + (row * width + at[n]) * item, part + (n * rows + row) * item, item);
}

static void turn_columns(const columns *c, const room *r, uint64_t rows, uint64_t first,
                         uint64_t count, unsigned char *items)
{
    enum { TURNED = 64 };
    uint64_t at[TURNED];
    for (uint64_t n = 0; n < count; n += TURNED) {
        const unsigned char *part = r->part + n * rows * c->item;
        const uint64_t cols = count - n < TURNED ? count - n : TURNED;
        for (uint64_t k = 0; k < cols; k++)
            at[k] = column_in_row(c, first + n + k);
        switch (c->item) {
        case 1:
            turn(part, 1, rows, cols, at, c->width, items);
            break;
        case 2:
            turn(part, 2, rows, cols, at, c->width, items);
            break;
        case 4:
            turn(part, 4, rows, cols, at, c->width, items);
            break;
        case 8:
            turn(part, 8, rows, cols, at, c->width, items);
            break;
        default:
            turn(part, c->item, rows, cols, at, c->width, items);
        }
    }
}

static bool make_room(const columns *c, room *r)
{
    uint64_t fits = PART / (c->height * c->item);
    r->part_columns = fits == 0 ? 1 : fits < c->width ? fits : c->width;
    r->part = malloc((size_t)(r->part_columns * c->height) * c->item);
    r->window = malloc(WINDOW);
    return r->part != NULL && r->window != NULL;
}

/* ---------------------------------------------------------------- the bands */

static bool is_read(const columns *c, const band *b)
{
    return b->error.status == DETINIT_OK && b->done == c->width;
}

static band *find_band(columns *c, uint64_t index)
{
    for (size_t n = 0; n < COLUMNS_BANDS; n++)
        if (c->bands[n].index == index)
            return &c->bands[n];
    return NULL;
}

/* The band itself, or one that nobody uses made it; waits until there is one. */
static band *claim_band(columns *c, uint64_t index)
{
    for (;;) {
        band *oldest = find_band(c, index);
        if (oldest != NULL)
            return oldest;
        for (size_t n = 0; n < COLUMNS_BANDS; n++)
            if (c->bands[n].users == 0 &&
                (oldest == NULL || c->bands[n].last_use < oldest->last_use))
                oldest = &c->bands[n];
        if (oldest != NULL) {
            oldest->index = index;
            oldest->begun = oldest->done = 0;
            oldest->error.status = DETINIT_OK;
            return oldest;
        }
        pthread_cond_wait(&c->changed, &c->lock);
    }
}

/* Reads columns of a band as long as there are some that no other thread reads; locked. */
static void help_reading(columns *c, band *b)
{
    room r = {0};
    detinit_error error = {.status = DETINIT_OK};
    const place where = place_of_band(c, b->index);
    if (b->items == NULL)
        b->items = malloc((size_t)(c->width * c->height) * c->item);
    if (b->items == NULL || !make_room(c, &r))
        input_no_memory(c->in->path, &error);
    while (error.status == DETINIT_OK && b->error.status == DETINIT_OK && b->begun < c->width) {
        uint64_t first = b->begun, rest = c->width - first;
        uint64_t count = rest < r.part_columns ? rest : r.part_columns;
        b->begun += count;
        pthread_mutex_unlock(&c->lock);
        if (read_columns(c, &where, first, count, &r, &error) == DETINIT_OK)
            turn_columns(c, &r, where.rows, first, count, b->items);
        pthread_mutex_lock(&c->lock);
        b->done += count;
    }
    if (error.status != DETINIT_OK && b->error.status == DETINIT_OK)
        b->error = error;
    free(r.part);
    free(r.window);
}

/* A band that has been read, or cannot be, for this thread until it leaves it. */
static band *enter_band(columns *c, uint64_t index)
{
    pthread_mutex_lock(&c->lock);
    band *b = claim_band(c, index);
    b->users++;
    if (b->begun < c->width) {
        help_reading(c, b);
        pthread_cond_broadcast(&c->changed);
    }
    while (b->error.status == DETINIT_OK && b->done < c->width)
        pthread_cond_wait(&c->changed, &c->lock);
    pthread_mutex_unlock(&c->lock);
    return b;
}

/* One that could not be read is forgotten by the last who waited for it. */
static void leave_band(columns *c, band *b)
{
    pthread_mutex_lock(&c->lock);
    b->last_use = ++c->clock;
    if (--b->users == 0) {
        if (b->error.status != DETINIT_OK)
            b->index = NO_BAND;
        pthread_cond_broadcast(&c->changed);
    }
    pthread_mutex_unlock(&c->lock);
}

void columns_rest(columns *c)
{
    pthread_mutex_lock(&c->lock);
    for (size_t n = 0; n < COLUMNS_BANDS; n++) {
        band *b = &c->bands[n];
        if (b->users > 0)
            continue;
        free(b->items);
        b->items = NULL;
        b->index = NO_BAND;
    }
    pthread_mutex_unlock(&c->lock);
}

/* --------------------------------------------------------------- the reader */

static bool at_hand(columns *c, uint64_t index)
{
    pthread_mutex_lock(&c->lock);
    const band *b = find_band(c, index);
    bool read = b != NULL && is_read(c, b);
    pthread_mutex_unlock(&c->lock);
    return read;
}

static detinit_status read_few(const columns *c, uint64_t first, size_t count, unsigned char *out,
                               detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    for (size_t n = 0; n < count && status == DETINIT_OK; n++)
        status =
            read_items(c, place_in_file(c, 0, c->rank, first + n), 1, out + n * c->item, error);
    return status;
}

detinit_status columns_read(columns *c, uint64_t first, size_t count, void *out,
                            detinit_error *error)
{
    const uint64_t per_axis = c->shape[c->axis] * c->width, per_band = c->height * c->width;
    const bool few = count <= FEW;
    unsigned char *to = out;
    detinit_status status = DETINIT_OK;
    while (count > 0 && status == DETINIT_OK) {
        const uint64_t within = first % per_axis, begin = within % per_band;
        const uint64_t index = first / per_axis * c->bands_along + within / per_band;
        uint64_t rest = per_axis - within < per_band - begin ? per_axis - within : per_band - begin;
        const size_t items = rest < count ? (size_t)rest : count;
        if (few && !at_hand(c, index)) {
            status = read_few(c, first, items, to, error);
        } else {
            band *b = enter_band(c, index);
            if (b->error.status == DETINIT_OK)
                memcpy(to, b->items + begin * c->item, items * c->item);
            else
                status = error_set(error, b->error.status, "%s", b->error.message);
            leave_band(c, b);
        }
        first += items;
        count -= items;
        to += items * c->item;
    }
    return status;
}
