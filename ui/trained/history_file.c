#include "trained/history_file.h"

#include "base/error.h"
#include "base/progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static detinit_status cannot_read(const char *path, detinit_error *error)
{
    return error_set(error, DETINIT_IO, "cannot read '%.300s': %s", path, strerror(errno));
}

static size_t known_bytes(off_t offset)
{
    return offset < HISTORY_KNOWN_BY ? (size_t)offset : HISTORY_KNOWN_BY;
}

/* The bytes that end at `offset`. Returns how many there are. */
static size_t read_before(FILE *file, off_t offset, char bytes[HISTORY_KNOWN_BY])
{
    const size_t wanted = known_bytes(offset);
    if (fseeko(file, offset - (off_t)wanted, SEEK_SET) != 0)
        return 0;
    return fread(bytes, 1, wanted, file);
}

/*
 * Whether the file is the one that was read as far as `from`, and has only grown.  Where it was
 * emptied and written again its size alone may not tell, but what stands before the place does.
 */
static bool goes_on(FILE *file, const struct stat *now, const history_place *from)
{
    char bytes[HISTORY_KNOWN_BY];
    const size_t known = known_bytes(from->offset);
    return from->device == now->st_dev && from->inode == now->st_ino &&
           from->offset <= now->st_size && read_before(file, from->offset, bytes) == known &&
           memcmp(bytes, from->before, known) == 0;
}

static bool is_as_it_was(const struct stat *now, const history_place *from)
{
    return from->there && from->device == now->st_dev && from->inode == now->st_ino &&
           from->size == now->st_size && from->changed.tv_sec == now->st_mtim.tv_sec &&
           from->changed.tv_nsec == now->st_mtim.tv_nsec;
}

static detinit_status take_line(history_news *news, const char *line, size_t length,
                                detinit_error *error)
{
    detinit_error why;
    const detinit_status status = history_add(&news->told, line, length, &why);
    if (status == DETINIT_NO_MEMORY)
        return error_set(error, status, "%s", why.message);
    if (status != DETINIT_OK && news->wrong_lines++ == 0)
        snprintf(news->wrong, sizeof news->wrong, "line %llu: %.360s",
                 (unsigned long long)news->place.lines, why.message);
    return DETINIT_OK;
}

/* From where the file is read now to its last complete line. */
static detinit_status take_lines(FILE *file, history_news *news, const detinit_run *run,
                                 detinit_error *error)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    detinit_status status = DETINIT_OK;
    while (status == DETINIT_OK && (length = getline(&line, &room, file)) > 0 &&
           line[length - 1] == '\n') {
        news->place.offset += length;
        news->place.lines++;
        status = take_line(news, line, (size_t)length - 1, error);
        if (status == DETINIT_OK)
            status = progress_tell(run, 0, 0, error);
    }
    free(line);
    return status;
}

/* Where to begin, and by what the file will be known the next time. */
static void find_place(FILE *file, const struct stat *now, const history_place *from,
                       history_news *news)
{
    const bool same = from->there && goes_on(file, now, from);
    news->anew = from->there && !same;
    news->place = (history_place){.there = true,
                                  .device = now->st_dev,
                                  .inode = now->st_ino,
                                  .size = now->st_size,
                                  .changed = now->st_mtim,
                                  .offset = same ? from->offset : 0,
                                  .lines = same ? from->lines : 0};
}

static detinit_status read_file(FILE *file, const char *path, const history_place *from,
                                history_news *news, const detinit_run *run, detinit_error *error)
{
    struct stat now;
    if (fstat(fileno(file), &now) != 0)
        return cannot_read(path, error);
    find_place(file, &now, from, news);
    if (fseeko(file, news->place.offset, SEEK_SET) != 0)
        return cannot_read(path, error);
    const detinit_status status = take_lines(file, news, run, error);
    if (status == DETINIT_OK && !feof(file)) /* a line that there is no memory for, too */
        return cannot_read(path, error);
    read_before(file, news->place.offset, news->place.before);
    return status;
}

detinit_status history_read(const char *path, const history_place *from, history_news *news,
                            const detinit_run *run, detinit_error *error)
{
    struct stat now;
    *news = (history_news){.place = *from};
    if (stat(path, &now) != 0) {
        if (errno != ENOENT)
            return cannot_read(path, error);
        *news = (history_news){.anew = from->there};
        return DETINIT_OK;
    }
    if (is_as_it_was(&now, from))
        return DETINIT_OK;
    if (!S_ISREG(now.st_mode))
        return error_set(error, DETINIT_IO,
                         "'%.300s' is no file of lines; expected that which a Tracker writes",
                         path);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return cannot_read(path, error);
    const detinit_status status = read_file(file, path, from, news, run, error);
    fclose(file);
    return status;
}

const char *history_wrong_text(const history_news *news, char *buffer, size_t size)
{
    char others[48] = "";
    buffer[0] = '\0';
    if (news->wrong_lines > 1)
        snprintf(others, sizeof others, ", and %llu more",
                 (unsigned long long)news->wrong_lines - 1);
    if (news->wrong_lines > 0)
        snprintf(buffer, size, "%s; skipped%s", news->wrong, others);
    return buffer;
}
