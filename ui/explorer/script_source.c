#include "explorer/script_source.h"

#include "base/error.h"
#include "file/retry.h"
#include "option/refuse.h"
#include "system/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* While nothing comes, a signal is looked for this often, in milliseconds. */
#define LOOK_EVERY 100

static bool cannot_read(const script_source *s, detinit_error *error)
{
    error_set(error, DETINIT_IO, "--script: cannot read '%.200s': %s", s->name, strerror(errno));
    return false;
}

bool script_source_open(script_source *s, const char *path, const char *text, detinit_error *error)
{
    s->name = text != NULL ? "command" : path;
    s->text = text;
    s->number = 0;
    s->at = s->have = 0;
    s->ended = false;
    s->fd = -1;
    if (text == NULL)
        s->fd = strcmp(path, "-") == 0
                    ? STDIN_FILENO
                    : retry_open(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    return text != NULL || s->fd >= 0 || cannot_read(s, error);
}

void script_source_close(script_source *s)
{
    if (s->fd > STDIN_FILENO)
        close(s->fd);
    s->fd = -1;
}

static void take_text(script_source *s)
{
    const size_t rest = strlen(s->text);
    s->have = rest < sizeof s->bytes ? rest : sizeof s->bytes;
    memcpy(s->bytes, s->text, s->have);
    s->text += s->have;
    s->ended = s->have == 0;
}

/* A pipe that nobody writes to yet is neither ready nor at its end. */
static bool fill(script_source *s, detinit_error *error)
{
    struct pollfd in = {.fd = s->fd, .events = POLLIN};
    s->at = s->have = 0;
    if (s->text != NULL) {
        take_text(s);
        return true;
    }
    while (progress_signal() == 0) {
        if (poll(&in, 1, LOOK_EVERY) <= 0)
            continue;
        const ssize_t count = read(s->fd, s->bytes, sizeof s->bytes);
        if (count < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        s->have = count > 0 ? (size_t)count : 0;
        s->ended = count == 0;
        return count >= 0 || cannot_read(s, error);
    }
    error_set(error, DETINIT_CANCELLED, "interrupted");
    return false;
}

/* What some editors put before a text says nothing. */
static void skip_mark(script_source *s)
{
    static const char mark[] = "\xEF\xBB\xBF";
    const size_t length = sizeof mark - 1;
    if (s->number == 1 && strncmp(s->line, mark, length) == 0)
        memmove(s->line, s->line + length, strlen(s->line + length) + 1);
}

bool script_source_next(script_source *s, bool *got, detinit_error *error)
{
    size_t length = 0;
    bool whole = false;
    s->number++;
    while (!whole && !s->ended) {
        if (s->at == s->have) {
            if (!fill(s, error))
                return false;
            continue;
        }
        const char c = s->bytes[s->at++];
        whole = c == '\n';
        if (whole)
            break;
        if (c == '\0')
            return refuse(error, "the line holds a NUL; a script is text");
        if (length + 1 == sizeof s->line)
            return refuse(error, "the line is too long; expected fewer than %zu bytes",
                          sizeof s->line);
        s->line[length++] = c;
    }
    s->line[length] = '\0';
    s->line[strcspn(s->line, "\r")] = '\0';
    skip_mark(s);
    *got = whole || length > 0;
    return true;
}
