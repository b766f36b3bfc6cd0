#include "file/zip.h"

#include "base/error.h"
#include "base/utf8.h"
#include "file/inflater.h"

#include <stdlib.h>
#include <string.h>

/* What begins the records of an archive, and how long they are without texts behind them. */
#define LOCAL_MARK     0x04034B50u
#define LOCAL_BYTES    30
#define ENTRY_MARK     0x02014B50u
#define ENTRY_BYTES    46
#define END_MARK       0x06054B50u
#define END_BYTES      22
#define END64_MARK     0x06064B50u
#define END64_BYTES    56
#define LOCATOR_MARK   0x07064B50u
#define LOCATOR_BYTES  20
#define COMMENT_MOST   65535
#define EXTRA_OF_ZIP64 1

static uint64_t number(const unsigned char *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t n = bytes; n-- > 0;)
        value = value << 8 | at[n];
    return value;
}

static detinit_status wrong(const zip *z, const char *what, detinit_error *error)
{
    return error_set(error, DETINIT_INVALID, "'%.200s' is no whole zip archive: %s", z->in->path,
                     what);
}

static detinit_status entry_wrong(const zip *z, const char *name, const char *what,
                                  detinit_error *error)
{
    return error_set(error, DETINIT_INVALID, "'%.160s', member '%.100s': %s", z->in->path, name,
                     what);
}

bool zip_begins(const unsigned char *first, size_t count)
{
    return count >= 4 && (number(first, 4) == LOCAL_MARK || number(first, 4) == END_MARK);
}

/* ------------------------------------------------------------ the end record */

/* Where the directory is. */
typedef struct directory {
    uint64_t count, size, offset;
    uint64_t end; /* where what follows it begins */
} directory;

/* The end of an archive with more than 65,534 members or 4 GB, which stands before the usual one.
 */
static detinit_status read_end64(const zip *z, uint64_t end, directory *d, detinit_error *error)
{
    unsigned char locator[LOCATOR_BYTES], record[END64_BYTES];
    if (end < LOCATOR_BYTES)
        return DETINIT_OK;
    detinit_status status = input_read(z->in, end - LOCATOR_BYTES, locator, sizeof locator, error);
    if (status != DETINIT_OK || number(locator, 4) != LOCATOR_MARK)
        return status;
    const uint64_t at = number(locator + 8, 8);
    if (at > end - LOCATOR_BYTES || end - LOCATOR_BYTES - at < END64_BYTES)
        return wrong(z, "its zip64 end record lies outside", error);
    status = input_read(z->in, at, record, sizeof record, error);
    if (status != DETINIT_OK)
        return status;
    if (number(record, 4) != END64_MARK || number(record + 16, 4) != 0 ||
        number(record + 20, 4) != 0 || number(record + 24, 8) != number(record + 32, 8))
        return wrong(z, "its zip64 end record is none, or one of several disks", error);
    *d = (directory){number(record + 32, 8), number(record + 40, 8), number(record + 48, 8), at};
    return DETINIT_OK;
}

/* The end record: the last one whose comment ends with the file. */
static detinit_status find_end(const zip *z, directory *d, detinit_error *error)
{
    const uint64_t size = z->in->size;
    const size_t seen =
        size < END_BYTES + COMMENT_MOST ? (size_t)size : (size_t)END_BYTES + COMMENT_MOST;
    unsigned char *tail = malloc(seen + 1);
    if (tail == NULL)
        return input_no_memory(z->in->path, error);
    detinit_status status = input_read(z->in, size - seen, tail, seen, error);
    size_t at = seen < END_BYTES ? 0 : seen - END_BYTES + 1;
    bool found = false;
    while (status == DETINIT_OK && !found && at-- > 0)
        found =
            number(tail + at, 4) == END_MARK && number(tail + at + 20, 2) == seen - at - END_BYTES;
    if (status == DETINIT_OK && !found)
        status = wrong(z, "it has no end record, so that it may have been cut off", error);
    if (status == DETINIT_OK && (number(tail + at + 4, 2) != 0 || number(tail + at + 6, 2) != 0 ||
                                 number(tail + at + 8, 2) != number(tail + at + 10, 2)))
        status = wrong(z, "it is one of several disks", error);
    if (status == DETINIT_OK) {
        const uint64_t end = size - seen + at;
        *d = (directory){number(tail + at + 10, 2), number(tail + at + 12, 4),
                         number(tail + at + 16, 4), end};
        status = read_end64(z, end, d, error);
    }
    free(tail);
    return status;
}

static detinit_status check_directory(const zip *z, const directory *d, detinit_error *error)
{
    if (d->size > d->end || d->offset != d->end - d->size)
        return wrong(z, "its directory does not end where the end record begins", error);
    if (d->size > ZIP_DIRECTORY_MOST)
        return wrong(z, "its directory is larger than 48 MB, the most that is read", error);
    if (d->count > d->size / ENTRY_BYTES)
        return wrong(z, "its directory has no room for all members", error);
    return DETINIT_OK;
}

/* ------------------------------------------------------------- the directory */

/* Takes sizes and places that have 64 bits from the extra field; false where they are missing. */
static bool read_extra(const unsigned char *extra, size_t size, zip_entry *e)
{
    uint64_t *const wide[] = {&e->size, &e->stored, &e->header};
    bool missing = false;
    for (size_t n = 0; n < 3; n++)
        missing = missing || *wide[n] == UINT32_MAX;
    while (missing && size >= 4) {
        const size_t id = (size_t)number(extra, 2), length = (size_t)number(extra + 2, 2);
        if (length > size - 4)
            return false;
        size_t at = 4;
        for (size_t n = 0; n < 3 && id == EXTRA_OF_ZIP64; n++) {
            if (*wide[n] != UINT32_MAX)
                continue;
            if (at + 8 > 4 + length)
                return false;
            *wide[n] = number(extra + at, 8);
            at += 8;
        }
        missing = missing && id != EXTRA_OF_ZIP64;
        extra += 4 + length;
        size -= 4 + length;
    }
    return !missing;
}

/* What is wrong with what the directory says of a member, or NULL. */
static const char *check_entry(const zip_entry *e, const directory *d)
{
    const uint64_t before = LOCAL_BYTES + strlen(e->name);
    if (e->header > d->offset || d->offset - e->header < before ||
        e->stored > d->offset - e->header - before)
        return "it lies outside of the archive";
    if (e->method == 0 && e->stored != e->size)
        return "it is stored, but its two sizes differ";
    if (e->method == 8 && e->size / DEFLATE_MOST > e->stored)
        return "it cannot become as long as it says";
    return NULL;
}

/* One member; *used gets the bytes of its record. */
static detinit_status read_entry(zip *z, const directory *d, const unsigned char *at, size_t left,
                                 size_t *used, detinit_error *error)
{
    if (left < ENTRY_BYTES || number(at, 4) != ENTRY_MARK)
        return wrong(z, "its directory ends before all members", error);
    const size_t name = (size_t)number(at + 28, 2), extra = (size_t)number(at + 30, 2);
    *used = ENTRY_BYTES + name + extra + (size_t)number(at + 32, 2);
    if (*used > left)
        return wrong(z, "its directory ends within a member", error);
    const char *text = (const char *)at + ENTRY_BYTES;
    if (name == 0 || !utf8_is_text(text, name))
        return wrong(z, "the name of a member is not UTF-8 text", error);
    zip_entry *e = &z->entries[z->count++];
    *e = (zip_entry){.name = arena_text(&z->texts, text, name),
                     .header = number(at + 42, 4),
                     .stored = number(at + 20, 4),
                     .size = number(at + 24, 4),
                     .crc = (uint32_t)number(at + 16, 4),
                     .method = (uint16_t)number(at + 10, 2),
                     .flags = (uint16_t)number(at + 8, 2)};
    if (e->name == NULL)
        return input_no_memory(z->in->path, error);
    if (!read_extra(at + ENTRY_BYTES + name, extra, e))
        return entry_wrong(z, e->name, "its zip64 sizes are missing", error);
    const char *what = check_entry(e, d);
    return what != NULL ? entry_wrong(z, e->name, what, error) : DETINIT_OK;
}

static detinit_status read_entries(zip *z, const directory *d, detinit_error *error)
{
    const size_t size = (size_t)d->size;
    unsigned char *bytes = malloc(size + 1);
    z->entries = calloc((size_t)d->count + 1, sizeof *z->entries);
    detinit_status status = bytes == NULL || z->entries == NULL
                                ? input_no_memory(z->in->path, error)
                                : input_read(z->in, d->offset, bytes, size, error);
    size_t at = 0, used = 0;
    for (uint64_t n = 0; n < d->count && status == DETINIT_OK; n++, at += used)
        status = read_entry(z, d, bytes + at, size - at, &used, error);
    if (status == DETINIT_OK && at != size)
        status = wrong(z, "its directory has more than its members", error);
    free(bytes);
    return status;
}

/* ------------------------------------------------------------- order, names */

static int by_place(const void *a, const void *b)
{
    const zip_entry *x = a, *y = b;
    return x->header != y->header ? (x->header < y->header ? -1 : 1) : strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const zip_entry *const *)a)->name, (*(const zip_entry *const *)b)->name);
}

static detinit_status order_places(zip *z, const directory *d, detinit_error *error)
{
    if (z->count > 0)
        qsort(z->entries, z->count, sizeof *z->entries, by_place);
    for (size_t n = 0; n < z->count; n++) {
        zip_entry *e = &z->entries[n];
        e->limit = n + 1 < z->count ? z->entries[n + 1].header : d->offset;
        if (e->limit - e->header < LOCAL_BYTES + strlen(e->name) + e->stored)
            return entry_wrong(z, e->name, "it overlaps with the one that follows", error);
    }
    return DETINIT_OK;
}

static detinit_status order_names(zip *z, detinit_error *error)
{
    z->by_name = malloc((z->count + 1) * sizeof *z->by_name);
    if (z->by_name == NULL)
        return input_no_memory(z->in->path, error);
    for (size_t n = 0; n < z->count; n++)
        z->by_name[n] = &z->entries[n];
    qsort(z->by_name, z->count, sizeof *z->by_name, by_name);
    for (size_t n = 1; n < z->count; n++)
        if (by_name(&z->by_name[n - 1], &z->by_name[n]) == 0)
            return entry_wrong(z, z->by_name[n]->name, "it is there twice", error);
    return DETINIT_OK;
}

detinit_status zip_open(zip *z, const input *in, detinit_error *error)
{
    directory d = {0};
    *z = (zip){.in = in};
    detinit_status status = find_end(z, &d, error);
    if (status == DETINIT_OK)
        status = check_directory(z, &d, error);
    if (status == DETINIT_OK)
        status = read_entries(z, &d, error);
    if (status == DETINIT_OK)
        status = order_places(z, &d, error);
    return status == DETINIT_OK ? order_names(z, error) : status;
}

void zip_close(zip *z)
{
    inflater_free(z->inflater);
    free(z->entries);
    free(z->by_name);
    arena_free(&z->texts);
    *z = (zip){0};
}

const zip_entry *zip_find(const zip *z, const char *name)
{
    const zip_entry wanted = {.name = name}, *key = &wanted;
    const zip_entry *const *found =
        z->count == 0 ? NULL : bsearch(&key, z->by_name, z->count, sizeof key, by_name);
    return found != NULL ? *found : NULL;
}
