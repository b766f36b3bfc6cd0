#include "file/inflater.h"

#include "base/error.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* What is inflated is kept in parts of so many bytes, so many of them. */
#define PART_BYTES ((size_t)1 << 20)
#define PART_COUNT 48

/* Data that are inflated beside one another, and where each can go on again. */
#define STREAM_COUNT 4
#define POINT_COUNT  48
#define POINT_PARTS  8 /* parts from one point to the next, at first */

#define INPUT_BYTES ((size_t)64 << 10)

typedef struct part {
    const deflated *of; /* NULL: there is none */
    uint64_t index;
    uint64_t last_use;
    unsigned char *bytes;
} part;

/* A state of zlib's after so many parts. */
typedef struct point {
    z_stream zlib;
    uint64_t used; /* deflated bytes; zlib's own count of them may have 32 bits */
    uint64_t parts;
    uint32_t crc;
} point;

typedef struct stream {
    const deflated *of; /* NULL: not in use */
    uint64_t last_use;
    point now;
    size_t point_count;
    uint64_t point_parts;       /* from one point to the next */
    point *points[POINT_COUNT]; /* where they are zlib knows them */
    unsigned char *read;        /* INPUT_BYTES of deflated data */
} stream;

struct inflater {
    pthread_mutex_t lock;
    uint64_t clock;
    part parts[PART_COUNT];
    stream streams[STREAM_COUNT];
};

inflater *inflater_new(void)
{
    inflater *f = calloc(1, sizeof *f);
    if (f != NULL)
        pthread_mutex_init(&f->lock, NULL);
    return f;
}

/* ----------------------------------------------------------------- streams */

static void free_point(point *p)
{
    inflateEnd(&p->zlib);
    free(p);
}

static void end_stream(stream *s)
{
    if (s->of == NULL)
        return;
    inflateEnd(&s->now.zlib);
    for (size_t n = 0; n < s->point_count; n++)
        free_point(s->points[n]);
    free(s->read);
    *s = (stream){0};
}

static detinit_status no_memory(const deflated *d, detinit_error *error)
{
    return input_no_memory(d->shown, error);
}

static detinit_status damaged(const deflated *d, const char *what, detinit_error *error)
{
    return error_set(error, DETINIT_INVALID, "'%.200s' is damaged: %s", d->shown, what);
}

static detinit_status begin_stream(stream *s, const deflated *d, detinit_error *error)
{
    end_stream(s);
    s->read = malloc(INPUT_BYTES);
    if (s->read == NULL || inflateInit2(&s->now.zlib, -MAX_WBITS) != Z_OK) {
        free(s->read);
        *s = (stream){0};
        return no_memory(d, error);
    }
    s->of = d;
    s->point_parts = POINT_PARTS;
    return DETINIT_OK;
}

/* The stream of these data, or the one that was used longest ago, made theirs. */
static detinit_status find_stream(inflater *f, const deflated *d, stream **out,
                                  detinit_error *error)
{
    stream *found = &f->streams[0];
    for (size_t n = 0; n < STREAM_COUNT; n++) {
        stream *s = &f->streams[n];
        if (s->of == d) {
            found = s;
            break;
        }
        if (s->last_use < found->last_use)
            found = s;
    }
    detinit_status status = found->of == d ? DETINIT_OK : begin_stream(found, d, error);
    found->last_use = ++f->clock;
    *out = found;
    return status;
}

/* Keeps the state of this moment; of too many every other goes. */
static void keep_point(stream *s)
{
    const uint64_t last = s->point_count > 0 ? s->points[s->point_count - 1]->parts : 0;
    if (s->now.parts < last + s->point_parts)
        return;
    if (s->point_count == POINT_COUNT) {
        size_t kept = 0;
        for (size_t n = 0; n < POINT_COUNT; n++) {
            if (n % 2 == 1)
                s->points[kept++] = s->points[n];
            else
                free_point(s->points[n]);
        }
        s->point_count = kept;
        s->point_parts *= 2;
        return;
    }
    point *p = malloc(sizeof *p);
    if (p == NULL)
        return; /* going back takes longer then */
    *p = s->now;
    if (inflateCopy(&p->zlib, &s->now.zlib) == Z_OK)
        s->points[s->point_count++] = p;
    else
        free(p);
}

/* Goes back to the last point that is not behind a part, or to the beginning. */
static detinit_status go_back(stream *s, uint64_t index, detinit_error *error)
{
    const deflated *d = s->of;
    size_t n = s->point_count;
    while (n > 0 && s->points[n - 1]->parts > index)
        n--;
    inflateEnd(&s->now.zlib);
    s->now = (point){0};
    if (n > 0)
        s->now = *s->points[n - 1];
    const int made = n > 0 ? inflateCopy(&s->now.zlib, &s->points[n - 1]->zlib)
                           : inflateInit2(&s->now.zlib, -MAX_WBITS);
    s->now.zlib.avail_in = 0;
    if (made == Z_OK)
        return DETINIT_OK;
    s->now.zlib = (z_stream){0};
    end_stream(s);
    return no_memory(d, error);
}

/* --------------------------------------------------------------- inflating */

static detinit_status refill(stream *s, detinit_error *error)
{
    const deflated *d = s->of;
    z_stream *z = &s->now.zlib;
    const uint64_t left = d->stored - s->now.used;
    const size_t size = left < INPUT_BYTES ? (size_t)left : INPUT_BYTES;
    z->next_in = s->read;
    z->avail_in = (uInt)size;
    return input_read(d->in, d->offset + s->now.used, s->read, size, error);
}

/* Inflates exactly so many bytes; *ended gets whether the data say that they end with them. */
static detinit_status inflate_bytes(stream *s, unsigned char *out, size_t size, bool *ended,
                                    detinit_error *error)
{
    z_stream *z = &s->now.zlib;
    int result = Z_OK;
    z->next_out = out;
    z->avail_out = (uInt)size;
    while (z->avail_out > 0 && result != Z_STREAM_END) {
        if (z->avail_in == 0 && s->now.used < s->of->stored) {
            detinit_status status = refill(s, error);
            if (status != DETINIT_OK)
                return status;
        }
        const size_t before = z->avail_out, input_before = z->avail_in;
        result = inflate(z, Z_NO_FLUSH);
        s->now.used += input_before - z->avail_in;
        if (result == Z_MEM_ERROR)
            return no_memory(s->of, error);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return damaged(s->of, "its data cannot be inflated", error);
        if (result != Z_STREAM_END && z->avail_out == before && z->avail_in == input_before)
            break;
    }
    *ended = result == Z_STREAM_END;
    return DETINIT_OK;
}

/* After the last part nothing may follow, and what there was is what it was. */
static detinit_status check_end(stream *s, bool ended, detinit_error *error)
{
    unsigned char more;
    detinit_status status = DETINIT_OK;
    if (!ended) {
        status = inflate_bytes(s, &more, 1, &ended, error);
        if (status == DETINIT_OK && (s->now.zlib.avail_out == 0 || !ended))
            return damaged(s->of, "its data become longer than they should", error);
    }
    if (status == DETINIT_OK && s->now.crc != s->of->crc)
        return damaged(s->of, "its CRC-32 is not the one that it should have", error);
    return status;
}

/* Inflates the next part into `bytes`. */
static detinit_status inflate_part(stream *s, unsigned char *bytes, size_t size,
                                   detinit_error *error)
{
    bool ended;
    keep_point(s);
    detinit_status status = inflate_bytes(s, bytes, size, &ended, error);
    if (status != DETINIT_OK)
        return status;
    if (s->now.zlib.avail_out > 0)
        return damaged(s->of, "its data become shorter than they should", error);
    s->now.crc = (uint32_t)crc32(s->now.crc, bytes, (uInt)size);
    s->now.parts++;
    if ((s->now.parts - 1) * PART_BYTES + size == s->of->size)
        return check_end(s, ended, error);
    return ended ? damaged(s->of, "its data become shorter than they should", error) : DETINIT_OK;
}

/* ------------------------------------------------------------------- parts */

static void drop_part(part *p)
{
    free(p->bytes);
    *p = (part){0};
}

static part *find_part(inflater *f, const deflated *d, uint64_t index)
{
    for (size_t n = 0; n < PART_COUNT; n++)
        if (f->parts[n].of == d && f->parts[n].index == index)
            return &f->parts[n];
    return NULL;
}

/* The place of the part that was used longest ago, with room for another. */
static part *free_part(inflater *f, size_t size)
{
    part *oldest = &f->parts[0];
    for (size_t n = 1; n < PART_COUNT; n++)
        if (f->parts[n].last_use < oldest->last_use)
            oldest = &f->parts[n];
    drop_part(oldest);
    oldest->bytes = malloc(size);
    return oldest->bytes != NULL ? oldest : NULL;
}

static size_t part_size(const deflated *d, uint64_t index)
{
    const uint64_t left = d->size - index * PART_BYTES;
    return left < PART_BYTES ? (size_t)left : PART_BYTES;
}

/* Inflates up to this part, and keeps it and those before it. */
static detinit_status make_part(inflater *f, const deflated *d, uint64_t index, part **out,
                                detinit_error *error)
{
    stream *s;
    detinit_status status = find_stream(f, d, &s, error);
    if (status == DETINIT_OK && s->now.parts > index)
        status = go_back(s, index, error);
    while (status == DETINIT_OK && s->now.parts <= index) {
        const uint64_t next = s->now.parts;
        part *p = free_part(f, part_size(d, next));
        if (p == NULL)
            return no_memory(d, error);
        status = inflate_part(s, p->bytes, part_size(d, next), error);
        if (status != DETINIT_OK) {
            drop_part(p);
            end_stream(s);
            return status;
        }
        *p = (part){d, next, ++f->clock, p->bytes};
        *out = p;
    }
    return status;
}

detinit_status inflater_read(inflater *f, const deflated *d, uint64_t offset, void *out,
                             size_t size, detinit_error *error)
{
    unsigned char *to = out;
    detinit_status status = DETINIT_OK;
    if (offset > d->size || size > d->size - offset)
        return damaged(d, "it ends before what it should hold", error);
    pthread_mutex_lock(&f->lock);
    while (size > 0 && status == DETINIT_OK) {
        const uint64_t index = offset / PART_BYTES;
        const size_t at = (size_t)(offset % PART_BYTES), left = part_size(d, index) - at;
        const size_t count = size < left ? size : left;
        part *p = find_part(f, d, index);
        if (p == NULL)
            status = make_part(f, d, index, &p, error);
        if (status != DETINIT_OK)
            break;
        p->last_use = ++f->clock;
        memcpy(to, p->bytes + at, count);
        to += count;
        offset += count;
        size -= count;
    }
    pthread_mutex_unlock(&f->lock);
    return status;
}

void inflater_forget(inflater *f, const deflated *d)
{
    if (f == NULL)
        return;
    pthread_mutex_lock(&f->lock);
    for (size_t n = 0; n < PART_COUNT; n++)
        if (f->parts[n].of == d)
            drop_part(&f->parts[n]);
    for (size_t n = 0; n < STREAM_COUNT; n++)
        if (f->streams[n].of == d)
            end_stream(&f->streams[n]);
    pthread_mutex_unlock(&f->lock);
}

void inflater_free(inflater *f)
{
    if (f == NULL)
        return;
    for (size_t n = 0; n < PART_COUNT; n++)
        drop_part(&f->parts[n]);
    for (size_t n = 0; n < STREAM_COUNT; n++)
        end_stream(&f->streams[n]);
    pthread_mutex_destroy(&f->lock);
    free(f);
}
