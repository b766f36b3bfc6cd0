#include "file/crc_cover.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

void crc_cover_free(crc_cover *c)
{
    free(c->pieces);
    *c = (crc_cover){0};
}

bool crc_cover_done(const crc_cover *c, uint64_t size)
{
    return c->given_up || (c->count == 1 && c->pieces[0].begin == 0 && c->pieces[0].end == size);
}

/* Joins piece n with the one behind it, where they touch. */
static void join(crc_cover *c, size_t n)
{
    if (n + 1 >= c->count || c->pieces[n].end != c->pieces[n + 1].begin)
        return;
    const crc_piece *next = &c->pieces[n + 1];
    c->pieces[n].crc =
        (uint32_t)crc32_combine(c->pieces[n].crc, next->crc, (z_off_t)(next->end - next->begin));
    c->pieces[n].end = next->end;
    memmove(&c->pieces[n + 1], &c->pieces[n + 2], (c->count - n - 2) * sizeof c->pieces[0]);
    c->count--;
}

void crc_cover_add(crc_cover *c, uint64_t begin, const void *bytes, size_t size)
{
    const uint64_t end = begin + size;
    size_t n = 0;
    while (n < c->count && c->pieces[n].end <= begin)
        n++;
    if (c->given_up || size == 0 || (n < c->count && c->pieces[n].begin < end))
        return;
    if (c->pieces == NULL)
        c->pieces = malloc(CRC_PIECES * sizeof *c->pieces);
    if (c->pieces == NULL || c->count == CRC_PIECES) {
        c->given_up = true;
        return;
    }
    memmove(&c->pieces[n + 1], &c->pieces[n], (c->count - n) * sizeof c->pieces[0]);
    c->pieces[n] = (crc_piece){begin, end, (uint32_t)crc32_z(0, bytes, size)};
    c->count++;
    join(c, n);
    if (n > 0)
        join(c, n - 1);
}
