/* Members of archives as inputs. */
#include "file/zip.h"

#include "base/error.h"
#include "file/crc_cover.h"
#include "file/inflater.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LOCAL_BYTES 30
#define ENCRYPTED   1u

typedef struct zip_member {
    zip *archive;
    deflated data; /* of a stored member, too */
    bool stored;
    pthread_mutex_t lock; /* of the cover */
    crc_cover cover;
} zip_member;

static detinit_status member_wrong(const zip *z, const zip_entry *e, const char *what,
                                   detinit_error *error)
{
    return error_set(error, DETINIT_INVALID, "'%.160s', member '%.100s': %s", z->in->path, e->name,
                     what);
}

/* Where the data begin: behind the local header, which must be that of the directory's entry. */
static detinit_status find_data(const zip *z, const zip_entry *e, uint64_t *offset,
                                detinit_error *error)
{
    unsigned char local[LOCAL_BYTES];
    const size_t name = strlen(e->name);
    detinit_status status = input_read(z->in, e->header, local, sizeof local, error);
    if (status != DETINIT_OK)
        return status;
    const size_t length = local[26] | (size_t)local[27] << 8;
    const size_t extra = local[28] | (size_t)local[29] << 8;
    if (memcmp(local, "PK\3\4", 4) != 0 || length != name ||
        (local[8] | local[9] << 8) != e->method)
        return member_wrong(z, e, "its header is not the one that the directory tells", error);
    if (LOCAL_BYTES + length + extra + e->stored > e->limit - e->header)
        return member_wrong(z, e, "it overlaps with what follows", error);
    *offset = e->header + LOCAL_BYTES + length + extra;
    return DETINIT_OK;
}

static detinit_status check_cover(zip_member *m, uint64_t offset, const void *bytes, size_t size,
                                  detinit_error *error)
{
    const deflated *d = &m->data;
    pthread_mutex_lock(&m->lock);
    const bool before = crc_cover_done(&m->cover, d->size);
    if (!before)
        crc_cover_add(&m->cover, offset, bytes, size);
    const bool bad = crc_cover_done(&m->cover, d->size) && !m->cover.given_up &&
                     m->cover.pieces[0].crc != d->crc;
    pthread_mutex_unlock(&m->lock);
    return bad ? error_set(error, DETINIT_INVALID,
                           "'%.200s' is damaged: its CRC-32 is not the one that it should have",
                           d->shown)
               : DETINIT_OK;
}

static detinit_status read_member(void *source, uint64_t offset, void *out, size_t size,
                                  detinit_error *error)
{
    zip_member *m = source;
    const deflated *d = &m->data;
    if (!m->stored)
        return inflater_read(m->archive->inflater, d, offset, out, size, error);
    if (offset > d->size || size > d->size - offset)
        return error_set(error, DETINIT_IO, "'%.200s' ends before what it should hold", d->shown);
    detinit_status status = input_read(d->in, d->offset + offset, out, size, error);
    return status == DETINIT_OK ? check_cover(m, offset, out, size, error) : status;
}

static void end_member(void *source)
{
    zip_member *m = source;
    inflater_forget(m->archive->inflater, &m->data);
    pthread_mutex_destroy(&m->lock);
    crc_cover_free(&m->cover);
    free(m);
}

detinit_status zip_member_open(zip *z, const zip_entry *e, const char *shown, input *out,
                               detinit_error *error)
{
    uint64_t offset = 0;
    if ((e->flags & ENCRYPTED) != 0)
        return member_wrong(z, e, "it is encrypted", error);
    if (e->method != 0 && e->method != 8)
        return member_wrong(z, e, "it is compressed in another way than deflate", error);
    detinit_status status = find_data(z, e, &offset, error);
    if (status != DETINIT_OK)
        return status;
    if (e->method == 8 && z->inflater == NULL)
        z->inflater = inflater_new();
    zip_member *m = calloc(1, sizeof *m);
    char *path = strdup(shown);
    if (m == NULL || path == NULL || (e->method == 8 && z->inflater == NULL)) {
        free(m);
        free(path);
        return input_no_memory(z->in->path, error);
    }
    m->archive = z;
    m->stored = e->method == 0;
    m->data = (deflated){z->in, offset, e->stored, e->size, e->crc, path};
    pthread_mutex_init(&m->lock, NULL);
    *out = (input){.fd = -1,
                   .size = e->size,
                   .path = path,
                   .source = m,
                   .read = read_member,
                   .end = end_member};
    return DETINIT_OK;
}
